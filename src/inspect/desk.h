/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Desk: what a worker and its inspector's process have between them.
 *
 * The worker lays a batch of messages on it and says a word through a socket; the
 * process lays verdicts and records on it, and says one. One of them works, the
 * other waits.
 *
 * What the process lays there, and what it says, is to be believed by nobody: it
 * has read what attackers send.
 */
#pragma once

#include <stdint.h>

#include "inspect/answer.h"
#include "inspect/hello.h"
#include "inspect/ja.h"
#include "inspect/kept.h"
#include "inspect/queue.h"
#include "inspect/worker.h"

enum fw_desk_kind {
	/* to the process; each but GO_ON is answered by DONE */
	FW_DESK_JUDGE,		/* n messages */
	FW_DESK_VIEW,		/* of place n, from now on */
	FW_DESK_SWEEP,		/* a second has passed */
	FW_DESK_GO_ON,		/* n: the answer to ASK */
	/* from it */
	FW_DESK_READY,		/* once, at the start. n: the walls around it */
	FW_DESK_DONE,		/* n records */
	FW_DESK_FULL,		/* n records, and there will be more */
	FW_DESK_ASK,		/* of out->asked. n: enum fw_desk_question */
};

enum fw_desk_question {
	FW_DESK_PROFILE,	/* door->profile: its answer */
	FW_DESK_AGAIN,		/* door->again: 0 no, 1 yes, 3 yes and turned;
				   in->kept */
	FW_DESK_ENDED,		/* door->ended: 0 no, 1 yes */
};

struct fw_desk_word {
	uint32_t kind;
	uint32_t n;
};

/* --- what the worker lays there --------------------------------------------- */
/* The process reads it only. */
struct fw_desk_in {
	struct fw_queue_message messages[FW_QUEUE_BATCH];
	uint32_t renewals;	/* door->renewals, of a batch */
	struct fw_kept kept;	/* of the last AGAIN */
};

/* --- what the process lays there -------------------------------------------- */
enum fw_desk_record_kind {
	FW_DESK_KEPT,		/* of the FLOW behind it */
	FW_DESK_FLOW,		/* door->flow */
	FW_DESK_MET,		/* door->met */
	FW_DESK_ANSWER,		/* door->answer */
	FW_DESK_COUNTED,	/* door->counted */
};

#define FW_DESK_REASON_MAX 24
#define FW_DESK_NO_PROFILE UINT32_MAX

/* A report (worker.h) without what the message says already. */
struct fw_desk_flow {
	uint64_t id;
	struct fw_tuple tuple;
	uint32_t ifindex[2];
	uint32_t profile;	/* index in the view's plan, or NO_PROFILE */
	uint32_t verdict;
	uint64_t packets, bytes;
	uint32_t rule;
	bool again;
	char reason[FW_DESK_REASON_MAX];	/* texts: "" for none */
	char ja3[FW_JA3_SIZE], ja4[FW_JA4_SIZE];
	char sni[FW_HELLO_NAME_MAX + 1];
};

struct fw_desk_record {
	uint32_t kind;
	uint32_t message;	/* index in the batch */
	uint32_t place;		/* of the view whose profile or rule it is */
	uint32_t rule;		/* MET: of the profile; COUNTED: of the plan */
	union {
		struct fw_desk_flow flow;	/* FLOW, MET */
		struct fw_kept kept;
		struct {
			uint32_t len;
			uint8_t bytes[FW_ANSWER_MAX];
		} answer;
	};
};

#define FW_DESK_RECORDS 64

struct fw_desk_out {
	struct fw_queue_verdict verdicts[FW_QUEUE_BATCH];
	struct fw_tuple asked;
	uint32_t places;	/* a bit for each view that it still needs */
	struct fw_worker_stats stats;
	struct fw_desk_record records[FW_DESK_RECORDS];
};
