/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vetting: one flow under inspection, from its first packet at the queue to
 * its verdict and shortly beyond.
 *
 * Directions: 0 is the side that opened the flow, 1 the other one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/app.h"
#include "inspect/kept.h"
#include "inspect/packet.h"
#include "inspect/reassembly.h"
#include "inspect/verdict.h"
#include "inspect/worker.h"
#include "scan/patterns.h"

/* How long a flow stays in the table without a packet: a list each. */
enum fw_flow_class {
	FW_FLOW_DECIDED,	/* only packets that were queued before come */
	FW_FLOW_CLOSING,	/* a FIN or RST was seen */
	FW_FLOW_ONE_SIDED,	/* only one direction was seen, no payload */
	FW_FLOW_OPEN,
	FW_FLOW_CLASS_MAX_,
};

/* What the flows of a profile share in one worker. */
struct fw_memory {
	uint64_t used, max;	/* bytes, of reassembly and parsers */
	struct fw_patterns *patterns;	/* NULL where its rules ask for none */
};

/* What only an undecided flow with payload has. */
struct fw_streams {
	struct fw_stream stream[2];
	struct fw_app *app[2];		/* NULL before its first byte */
	struct fw_search *scan[2];	/* NULL without patterns */
	bool either;			/* which side is the client's is not
					   certain */
};

/* What is told of a TLS client when its hello has gone. */
struct fw_client {
	char ja3[FW_JA3_SIZE], ja4[FW_JA4_SIZE];
	char sni[FW_HELLO_NAME_MAX + 1];	/* "" where there was none */
};

struct fw_vetting {
	/* Of the table. */
	struct fw_vetting *chain;
	struct fw_vetting *older, *newer;
	enum fw_flow_class class;
	uint64_t touched_ms;

	uint64_t id;
	uint32_t renewals;		/* that it knows of */
	bool again;			/* an earlier verdict was taken back */
	struct fw_kept *kept;		/* of a flow that is judged anew: what
					   facts point to; else NULL */
	bool told;			/* the verdict, and what is to be kept */
	struct fw_tuple tuple;		/* of direction 0 */
	const struct fw_plan *plan;	/* a reference; holds profile */
	const struct fw_profile *profile;	/* NULL while not known */
	unsigned profile_tries;		/* packets let through without one */
	uint64_t packets, bytes;	/* all that came, both directions */
	uint32_t ifindex[2];
	bool seen[2];			/* a packet of that direction */
	struct fw_judgement judgement;
	bool has_qos;
	uint16_t qos;			/* number of the class that its rules
					   gave it last; valid with has_qos */
	size_t acted;			/* so many of its profile's rules have
					   had their statements carried out */
	struct fw_client *client;	/* NULL when not seen */
	struct fw_dns_question *question;	/* the last one; likewise */

	struct fw_window window;
	uint64_t full_ms, full_bytes;	/* when the window was full */
	bool full;
	bool payload;			/* some came, new or not */
	bool closing;
	bool has_isn[2];
	uint32_t isn[2];
	bool reopening;			/* a SYN came that does not fit: */
	bool reopen_dir;		/* its direction */
	uint32_t reopen_isn;		/* and number */
	struct fw_streams *streams;	/* NULL without payload, or decided */
	uint64_t held;			/* bytes of streams and their data */
};

/* Whether a packet of this tuple begins another connection: a SYN that does not
 * fit where nothing of the old one can follow, or the answer to one. */
bool fw_vetting_reopens(struct fw_vetting *vetting,
			const struct fw_packet *packet, bool reply);

/*
 * Takes a packet in. Reassembles, parses, counts and, where the flow has a
 * profile and no verdict, judges it. memory is that of the profile. Running
 * out of memory is a trouble of the flow, judged by on-overload. What it holds
 * stays until fw_vetting_settle(), also when the verdict has fallen.
 */
void fw_vetting_add(struct fw_vetting *vetting, const struct fw_packet *packet,
		    bool reply, uint64_t now_ms, struct fw_memory *memory);
/* The next rule that the flow has met and whose statements are to be carried
 * out: once for each; NULL when there is none. */
const struct fw_inspect_rule *fw_vetting_act(struct fw_vetting *vetting);
/* The parser that has read what the client said first, or NULL: which side that
 * is follows from what it said, where the handshake was not seen. */
const struct fw_app *fw_vetting_app(const struct fw_vetting *vetting);
/* A flow, fresh, that was judged before: what it said first is known from then,
 * and what is not known never will be; only what it says from now on counts.
 * 0 or -ENOMEM. */
int fw_vetting_again(struct fw_vetting *vetting, const struct fw_kept *kept);
/* What is to be kept of it for then. */
void fw_vetting_keep(const struct fw_vetting *vetting, struct fw_kept *ret);
/* Its profile now is this one of another plan, or none. */
void fw_vetting_rebind(struct fw_vetting *vetting, const struct fw_plan *plan,
		       const struct fw_profile *profile);
/* Whether it can go on with these patterns: it has them, or no payload yet. */
bool fw_vetting_scans(const struct fw_vetting *vetting,
		      const struct fw_patterns *patterns);
/* Frees what only an undecided flow needs. */
void fw_vetting_settle(struct fw_vetting *vetting, struct fw_memory *memory);
