/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Suggestions: which rules the flows that were seen ask for.
 *
 * Pure functions of what the store has, of what the configuration wants to see,
 * and of what was rejected. The clock is the store's: it was asked for some days.
 *
 * What hostile traffic can do, and cannot:
 *
 *	- Only flows that were answered are ever kept: a TCP connection that was
 *	  established and then carried something, packets of both directions
 *	  otherwise. A scan and a flood of SYNs leave nothing.
 *	- A client counts for UDP, and all else without a handshake, only where it
 *	  has shown by an answered TCP connection that it hears what is sent to its
 *	  address. Forged sources that nobody has give nothing.
 *	- A client's flows count up to the number that `minimum` asks for: a flood
 *	  of one host is one peer, and `peers` have to be others.
 *	- Each client that a rule names has met the service itself. No rule is
 *	  suggested for clients who are too many to be named.
 *	- Servers are named, unless as many clients as `peers` asks for have met
 *	  them in many networks, each by itself.
 *	- Whatever was suggested is a text until somebody applies it.
 *
 * It does not tell friend from foe where hosts that are believed do what is
 * wanted of a peer, for days: several hosts of an attacker behind a `learn` device
 * that talk to a service which answers them are its clients.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/flow.h"
#include "learn/store.h"
#include "plan/plan.h"
#include "util/arena.h"
#include "util/vec.h"

#define FW_SUGGEST_NAMES 8	/* names shown */
#define FW_SUGGEST_ELEMENTS 256	/* of a set in a rule */
#define FW_SUGGEST_SAMPLES 16	/* pairs by which a policy is asked */
#define FW_SUGGEST_SPREAD 8	/* networks (/16, /32 of IPv6) that a client meets
				   for which servers are anywhere */

enum fw_suggest_state {
	FW_SUGGEST_NEW,		/* no rule decides of these flows */
	FW_SUGGEST_ALLOWED,	/* a rule accepts them */
	FW_SUGGEST_DROPPED,	/* a rule drops them: it would have to go first */
	FW_SUGGEST_UNKNOWN,	/* the model cannot tell, or there is no chain */
	FW_SUGGEST_STATE_MAX_,
};

struct fw_suggestion {
	struct fw_learn_key key;	/* in, out, family, proto; the first of
					   its services */
	uint64_t flows, peers, days;	/* as they were seen */
	uint64_t first, last;		/* seconds of the wall clock */
	uint32_t confidence;		/* millionths */
	const char *names[FW_SUGGEST_NAMES];	/* of servers */
	size_t n_names;
	const char *ports;	/* "443", "{ 80, 443 }"; NULL: none to tell */
	const char *servers;	/* likewise; NULL: anywhere */
	const char *clients;	/* NULL: this host itself */
	const char *rule;	/* matches and verdict, without a comment */
	const struct fw_learn_pair *samples[FW_SUGGEST_SAMPLES];
	size_t n_samples;
	const struct fw_learn_decision *services;	/* what a no would be
							   about */
	size_t n_services;

	uint64_t number;	/* fw_store_number() of rule; 0: none yet */

	/* by fw_suggest_judge() */
	enum fw_suggest_state state;
	const char *policy;	/* "already allowed by FILE:LINE: …" */
	const char *family, *table, *chain;	/* where it belongs; NULL:
						   nowhere */
};

typedef FW_VEC(struct fw_suggestion) fw_suggestions;

struct fw_suggest_input {
	const struct fw_learn_pair *pairs;	/* sorted here */
	size_t n_pairs;
	const struct fw_learn_decision *rejected;
	size_t n_rejected;
	const struct fw_plan_learn *limits;
	/* What it allows already is not put together with what it does not;
	 * or NULL. */
	const struct fw_plan *plan;
};

/* Those for which there is evidence enough, by service; not judged yet. Texts
 * live in arena, samples in the input. 0 or -ENOMEM. */
int fw_suggest(struct fw_arena *arena, const struct fw_suggest_input *input,
	       fw_suggestions *ret);

/* What the policy makes of its flows (a rule with its fw_learn_comment() says that
 * it has been applied), and where the rule would stand: in the
 * table's regular chain "learned" where there is one, else at the end of the base
 * chain that has no rule for them. Texts live in arena, or are the plan's. 0 or
 * -ENOMEM. */
int fw_suggest_judge(struct fw_arena *arena, const struct fw_plan *plan,
		     struct fw_suggestion *suggestion);

/* Of flows, peers and days or time, each over its minimum, in millionths. */
uint32_t fw_suggest_confidence(const struct fw_plan_learn *limits,
			       uint64_t flows, uint64_t peers, uint64_t days,
			       uint64_t seconds);
const char *fw_suggest_state_name(enum fw_suggest_state state);
