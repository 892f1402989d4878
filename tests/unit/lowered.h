/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ingress chains by hand, and on which layer their rules came to stand. */
#pragma once

#include "typed_build.h"

extern const char *const wan[];		/* devices of a chain */
extern const char wan_base[];		/* the line of its hook */

/* Chain "in" of table "early", policy drop, on wan or on lan and wan. */
struct fw_typed_chain *wan_chain(struct build *b);
struct fw_typed_chain *both_chain(struct build *b);

void assert_xdp(const struct build *b, uint32_t rule);
void assert_nft(const struct build *b, uint32_t rule, const char *why);
const struct fw_xdp_device *xdp_device(const struct build *b, const char *name);
const struct fw_xdp_rule *xdp_rule(const struct build *b, const char *device,
				   unsigned i);
