/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One ingress chain on one device: which of its rules XDP can take.
 */
#pragma once

#include "compile/flatten.h"

/* In the compilation's arena; rules point to its intervals. */
struct fw_judged {
	const char *device;
	const char **reasons;	/* by rule of the chain: why it stays, or NULL */
	fw_xdp_rule_vec rules;	/* in order, management first; skip_to
				   counts from the first, or is FW_FLAT_END */
	FW_VEC(uint32_t) met;	/* rules of the file that moved, also those
				   of chains that are jumped to */
	bool lowered;		/* XDP takes something of the chain */
	bool whole;		/* all of it: the policy too */
	bool carry;		/* accepts have to skip the rest in nft */
};

/* capacity: how many XDP rules there is room for. */
int fw_judge_chain(const struct fw_typed *typed,
		   const struct fw_typed_chain *chain, const char *device,
		   size_t capacity, struct fw_judged *ret);
/* The whole chain stays, for one reason. */
int fw_judge_stays(const struct fw_typed *typed,
		   const struct fw_typed_chain *chain, const char *device,
		   const char *reason, struct fw_judged *ret);
