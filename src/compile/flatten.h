/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule of an ingress chain as XDP rules, with all that it jumps to.
 */
#pragma once

#include "compile/lower.h"

/* skip_to: behind the chain's last rule, wherever that comes to stand. */
#define FW_FLAT_END UINT32_MAX

typedef FW_VEC(struct fw_xdp_rule) fw_xdp_rule_vec;

struct fw_flat {
	const char *reason;	/* why XDP cannot take it, or NULL */
	fw_xdp_rule_vec rules;	/* valid without reason; skip_to counts from
				   the first of them, or is FW_FLAT_END */
	FW_VEC(uint32_t) met;	/* rules of the file that stand in there */
	/* The packets that its first effect can meet */
	struct fw_match *first;
	size_t n_first;
};

/* room: so many rules at most. rules point to intervals of the compilation. */
int fw_flatten(const struct fw_typed *typed, const struct fw_typed_chain *chain,
	       const char *device, const struct fw_typed_rule *rule, size_t room,
	       struct fw_flat *ret);

/* Is it of a tag, or of what stands behind one? (flatten_reason.c) */
bool fw_field_reads_tag(enum fw_field field);
/* What keeps the rule itself in nft on that device, or NULL (flatten_reason.c). */
const char *fw_flatten_reason(const struct fw_typed *typed,
			      const struct fw_typed_table *table,
			      const char *device,
			      const struct fw_typed_rule *rule);
