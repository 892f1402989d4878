/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: what a plan means, in plain C. A packet in, the rules it meets and
 * the verdict out. Slow and simple; the oracle of the programs' tests, and what
 * explain answers from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/packet.h"
#include "plan/plan.h"

struct fw_model_result {
	enum fw_verdict verdict;	/* ACCEPT: goes on; DROP; NXDOMAIN, REFUSED:
					   a query is answered */
	bool carried;		/* accepted by a rule while the rest of the
				   chain is in nft, which has to heed it */
	enum fw_stat malformed;	/* FW_STAT_MALFORMED_*, or 0; what `malformed
				   drop` drops meets no rule */
	bool policy;		/* the last chain's policy decided */
	uint8_t policies;	/* bit i: that of the device's i-th chain did */
	uint32_t rule;		/* that decided there, in plan->xdp.rules; else
				   FW_NO_RULE */
	uint64_t met[FW_ROW_WORDS];	/* bit r % 64 of word r / 64: rule r
					   matched, and acted */
};

/* Who is in a live set (its number) now; NULL: nobody is. */
struct fw_model_sets {
	bool (*has)(void *ctx, uint64_t set, enum fw_field field,
		    fw_u128 value);
	void *ctx;
};

/*
 * What the lowered chains of a device do with a frame (len bytes from the
 * Ethernet header on) that comes alone, within every limit. A device
 * without any: accepted, neither carried nor by policy; unless malformed.
 */
struct fw_model_result fw_model_xdp(const struct fw_plan *plan,
				    const char *device, const uint8_t *frame,
				    size_t len,
				    const struct fw_model_sets *sets);

enum fw_truth {
	FW_TRUTH_NO,
	FW_TRUTH_YES,
	FW_TRUTH_UNKNOWN,	/* nobody said what the packet has there */
};

/* Whether a match holds: the one definition of it. */
enum fw_truth fw_model_match(const struct fw_match *match,
			     const struct fw_model_packet *packet);
/* True when all of the rule's matches hold, for certain. */
bool fw_model_rule_matches(const struct fw_xdp_rule *rule,
			   const struct fw_model_packet *packet,
			   const struct fw_model_sets *sets);
