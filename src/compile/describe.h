/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet described in nft's matches. */
#pragma once

#include "ast/ast.h"
#include "plan/plan.h"

struct fw_description {
	uint64_t given;		/* bit f: field f has value[f] */
	fw_u128 value[FW_FIELD_ALL_MAX_];
	const char *iif, *oif;	/* device names, or NULL */
	const char *qname;	/* that a DNS query asks for, or NULL */
};

/* Each match says one value of a field, with what it implies. 0 also with errors
 * in diags; -ENOMEM. */
int fw_describe(struct fw_arena *arena, const struct fw_line *line,
		struct fw_diags *diags, struct fw_description *ret);
