/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft's complaints about a script: what can be helped, and what to tell. */
#pragma once

#include <stdbool.h>

#include "apply/generation.h"
#include "apply/nft_script.h"
#include "nft/complaints.h"

enum fw_nft_remedy {
	FW_NFT_RUN_AGAIN,	/* lines were switched off */
	FW_NFT_DIFF_AGAIN,	/* an object's content is to be replaced */
	FW_NFT_REFUSED,
};

/*
 * An element that was to be taken out is no longer there (it ran out, or
 * someone deleted it): its line is switched off. An element that cannot come in
 * beside what was added at run time: the object is marked for a reset. All
 * other complaints are the plan's own fault.
 */
enum fw_nft_remedy fw_nft_remedy_for(struct fw_nft_script *script,
				     const struct fw_nft_complaints *complaints);

/* Marks every object that is complained of for a reset: too many of its
 * elements went their own way. */
void fw_nft_reset_complained(const struct fw_nft_script *script,
			     const struct fw_nft_complaints *complaints);

/* Fills ret_error from the first complaint that is not about run-time
 * elements, with the plan's rule where it has one. */
void fw_nft_tell(const struct fw_nft_script *script,
		 const struct fw_nft_complaints *complaints,
		 struct fw_apply_error *ret_error);
