/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the sealing share. Only plan/ looks at it. */
#pragma once

#include "plan/plan.h"

/* --- seal.c --------------------------------------------------------------- */
/* NULL is not the empty text. */
void fw_seal_text(struct fw_hasher *h, const char *text);
void fw_seal_domains(struct fw_hasher *h, const struct fw_domain_set *set);

/* --- blocks_seal.c -------------------------------------------------------- */
void fw_seal_block_options(struct fw_hasher *h,
			   const struct fw_plan_options *options);
/* What seal.c does not hash of a rule of a profile. */
void fw_seal_inspect_rule(struct fw_hasher *h,
			  const struct fw_inspect_rule *rule);
void fw_seal_blocks(struct fw_hasher *h, const struct fw_plan *plan);
