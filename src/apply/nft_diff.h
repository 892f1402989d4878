/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one record of owned tables to another: the script of a transaction that
 * touches only what differs.
 */
#pragma once

#include <stdbool.h>

#include "apply/nft_record.h"
#include "apply/nft_script.h"

struct fw_nft_diff_options {
	bool queue_rules;	/* the script makes queue rules; else somebody
				   else does */
};

/*
 * Fills script with what leads from live to next, in an order that nft takes:
 * what goes first, users before what they use; then what comes. Rules that
 * stay get their handle in next; so do queue rules that are not the script's
 * to make and whose text is the same.
 *
 * Both records must outlive the script. 0 or -ENOMEM.
 */
int fw_nft_diff(const struct fw_nft_record *live, struct fw_nft_record *next,
		const struct fw_nft_diff_options *options,
		struct fw_nft_script *script);
