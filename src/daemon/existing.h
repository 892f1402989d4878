/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that are older than an `inspect` rule. */
#pragma once

#include "daemon/flows.h"
#include "plan/plan.h"

/* The keys of the plan's rules that say `inspect`, in memory of the caller's; NULL
 * where memory runs out. */
struct fw_hash *fw_existing_rules(const struct fw_plan *plan, size_t *ret_n);

struct mnl_socket;

/* Which of the plan's rules that say `inspect` has handed a flow over to a profile,
 * by the tuple that its packets show at the queue: the first one that its first
 * packet may have met; FW_NO_RULE where none is known. */
uint32_t fw_existing_rule(const struct fw_plan *plan,
			  const struct fw_inspecting *rules, size_t n_rules,
			  struct mnl_socket *routes,
			  const struct fw_tuple *tuple, unsigned profile);

/*
 * Behind a commit: what the plan's `inspect` rules would have made of connections
 * that no rule has handed over yet; known are the keys of rules that were there
 * before, which have seen their connections. ret_n: of so many the mark was
 * written. 0 or -errno.
 */
int fw_existing_mark(struct fw_flows *flows, const struct fw_plan *plan,
		     const struct fw_hash *known, size_t n_known,
		     size_t *ret_n);
