/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions that wait for their answer, or had it a short while ago: a bounded
 * number, the oldest make room.
 */
#pragma once

#include "monitor/dns_message.h"
#include "monitor/seen.h"

enum fw_asked_state {
	FW_ASKED_WAITS,
	FW_ASKED_ANSWERED,
	FW_ASKED_SILENT,	/* nobody answered in time */
};

/* One question. */
struct fw_asked {
	uint64_t time_ns;
	uint64_t answer;	/* the first answer's content, a hash: the
				   caller's; likewise how many answers came */
	uint32_t times, answers;	/* times: that it was asked */
	enum fw_asked_state state;
	bool tells;		/* its answer is to be told of: not forwarded */
	bool tcp;
	uint8_t family;
	uint8_t name_len;
	uint8_t name[FW_DNS_WIRE_MAX];
	uint32_t ifindex;
	uint16_t id, qtype, client_port, server_port;
	uint8_t client[16], server[16];
};

struct fw_pending;

/* Room for so many. NULL: no memory. gone is told of each question that is left
 * without an answer when its time or its place is over. */
struct fw_pending *fw_pending_new(size_t room,
				  void (*gone)(void *ctx,
					       const struct fw_asked *asked),
				  void *ctx);
void fw_pending_free(struct fw_pending *pending);

/* A question; true where it was here already, and is only asked once more. */
bool fw_pending_ask(struct fw_pending *pending, const struct fw_seen *seen,
		    const struct fw_dns_message *message, bool tells);

/* How an answer fits what was asked; the first that holds. */
enum fw_pending_fit {
	FW_FIT_ANSWERS,		/* as it should be */
	FW_FIT_AGAIN,		/* an answer was here: *ret says which */
	FW_FIT_LATE,		/* nobody waits for it any more */
	FW_FIT_CASE,		/* the name's letters are not as they were sent */
	FW_FIT_NAME,		/* another name or type, under that id */
	FW_FIT_SERVER,		/* from another address or port */
	FW_FIT_ID,		/* the client waits for that server, but with
				   other ids */
	FW_FIT_NOBODY,		/* nobody asked */
};

/* *ret, where there is a question (up to SERVER), stays until the next call. */
enum fw_pending_fit fw_pending_answer(struct fw_pending *pending,
				      const struct fw_seen *seen,
				      const struct fw_dns_message *message,
				      struct fw_asked **ret);

/* What is older than it may be is over. */
void fw_pending_tick(struct fw_pending *pending, uint64_t now_ns);

/* Questions that had to make room while they waited. */
uint64_t fw_pending_lost(const struct fw_pending *pending);
