/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdict: what a profile makes of what is known about a flow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

enum fw_fact_state {
	FW_FACT_UNKNOWN,	/* may still come */
	FW_FACT_ABSENT,		/* never will: no rule that tests it matches */
	FW_FACT_KNOWN,
	FW_FACT_MALFORMED,	/* its message is one that no peer takes */
	FW_FACT_NO_ROOM,	/* its message needs more than memory per-flow */
	FW_FACT_NO_MEMORY,	/* the profile's memory is used up */
	FW_FACT_STATE_MAX_,
};

struct fw_fact {
	enum fw_fact_state state;
	bool begun;		/* UNKNOWN: a part of its message is here */
	const char *text;	/* valid with KNOWN, of names and texts */
	size_t len;
	uint64_t number;	/* likewise, of numbers; of patterns, at any
				   time, a bit for each set that matched */
};

/* How much of a flow was looked at; both directions. */
struct fw_window {
	struct fw_fact facts[FW_FACT_MAX_];
	uint64_t packets, bytes;	/* with new payload; of new payload */
	uint64_t bytes_after, ms_after;	/* since the window was full */
	bool conflict;		/* a retransmission differed */
};

struct fw_judgement {
	enum fw_flow_verdict verdict;
	const char *reason;	/* "rule", "default", "on-incomplete",
				   "on-overlap", "malformed", "memory"; NULL
				   while unvetted */
	uint32_t rule;		/* index in the plan's rules, or FW_NO_RULE */
	size_t decided;		/* of the profile's rules, so many from the first
				   on are known to match or not */
};

bool fw_window_full(const struct fw_profile *profile,
		    const struct fw_window *window);

/* Whether a fact that is KNOWN meets the rule's test. */
bool fw_verdict_matches(const struct fw_inspect_rule *rule,
			const struct fw_fact *fact);

/* Whether a rule that is decided matches. */
bool fw_verdict_met(const struct fw_inspect_rule *rule,
		    const struct fw_window *window);

struct fw_judgement fw_verdict_judge(const struct fw_profile *profile,
				     const struct fw_window *window);

/* The reason that this text names, as judgements have it; NULL for NULL and for
 * what is none. */
const char *fw_verdict_reason(const char *text);
