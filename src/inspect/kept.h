/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kept: what a flow has said first, for the day when it is judged anew. Its first
 * messages do not come again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/verdict.h"

/* All but patterns are told by what a client says first. */
#define FW_FACTS_TOLD FW_FACT_PAYLOAD

#define FW_KEPT_TEXTS 640	/* a name, a host, fingerprints, protocols */
#define FW_KEPT_TEXT_MAX 255	/* of each; of protocols all together */

struct fw_kept {
	uint32_t known;		/* a bit for each fact */
	uint32_t size;		/* of texts, used */
	uint64_t number[FW_FACTS_TOLD];
	uint8_t texts[FW_KEPT_TEXTS];	/* of each known fact, in their order:
					   two bytes with its length, then so
					   many */
};

/* The facts that are known, for which there is room. */
void fw_kept_take(struct fw_kept *ret, const struct fw_fact facts[FW_FACT_MAX_]);
/* Bytes of it that say something, from the first on. */
size_t fw_kept_size(const struct fw_kept *kept);
/* False for one that fw_kept_take() does not make. */
bool fw_kept_valid(const struct fw_kept *kept);
/* Facts as they were; those that were not known are ABSENT, for they never will
 * be. The texts are those in kept. */
void fw_kept_give(const struct fw_kept *kept, struct fw_fact facts[FW_FACT_MAX_]);
