/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nft says when it refuses: one record for each of its errors. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/* Who refuses. Only the first does so everywhere. */
enum fw_nft_source {
	FW_NFT_LANGUAGE,	/* no ruleset can say that */
	FW_NFT_HOST,		/* a name that is looked up on the host: a
				   device, a user, a line of some file in /etc */
	FW_NFT_KERNEL,		/* this kernel, as it stands */
};

/* One error of nft's, with its place in the script; line and columns count
 * from 1, line 0 says that nft named no place. */
struct fw_nft_complaint {
	uint32_t line, col, end_col;
	enum fw_nft_source source;
	const char *text;	/* without nft's own "Could not process rule" */
};

struct fw_nft_complaints {
	struct fw_nft_complaint *items;
	size_t n, cap;
};

/* Takes the error text of a refusal apart; gives at least one complaint. 0 or
 * -ENOMEM. */
int fw_nft_complaints_parse(struct fw_arena *arena, const char *errors,
			    struct fw_nft_complaints *ret);
