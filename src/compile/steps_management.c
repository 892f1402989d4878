/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Management in the meaning of chains: what management.c writes for nft and for
 * XDP, as steps.
 *
 * In: the lines of `management { … }`, a chain. Out: rules of Flywall's own at
 * the chain's head. Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/steps.h"
#include "util/cleanup.h"

/* --- lines ---------------------------------------------------------------- */
static int add_line(struct fw_steps *s, const struct fw_typed_rule *line,
		    bool mirrored, fw_chain_rule_vec *ret)
{
	fw_step_vec steps = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < line->n_parts; i++)
		r = fw_steps_part(s, &line->parts[i], mirrored, &steps);
	if (r == 0)
		r = fw_steps_verdict(s, FW_VERDICT_ACCEPT, &steps);
	return r < 0 ? r : fw_steps_rule(s, FW_NO_RULE, &steps, ret);
}

static const struct fw_part *iif_of(const struct fw_typed_rule *line)
{
	for (size_t i = 0; i < line->n_parts; i++)
		if (line->parts[i].kind == FW_PART_IIF)
			return &line->parts[i];
	return NULL;
}

/* --- what is implied ------------------------------------------------------ */
static const struct fw_interval is_related[] = { { 4, 4 } };
static const struct fw_interval is_icmp[] = { { 1, 1 } };
static const struct fw_interval is_icmp6[] = { { 58, 58 } };
static const struct fw_interval is_ip6[] = { { FW_L3_IP6, FW_L3_IP6 } };
static const struct fw_interval is_arp[] = { { FW_L3_ARP, FW_L3_ARP } };
static const struct fw_interval neighbours[] = { { 130, 136 }, { 143, 143 } };

#define MATCH(field, intervals) \
	{ (field), (intervals), FW_ARRAY_SIZE(intervals) }

static const struct fw_match arp[] = { MATCH(FW_FIELD_L3, is_arp) };
static const struct fw_match listeners[] = {
	MATCH(FW_FIELD_L3, is_ip6),
	MATCH(FW_FIELD_L4PROTO, is_icmp6),
	MATCH(FW_FIELD_ICMP_TYPE, neighbours),
};
static const struct fw_match related[] = {
	MATCH(FW_FIELD_L4PROTO, is_icmp),
	MATCH(FW_FIELD_CT_STATE, is_related),
};
static const struct fw_match related6[] = {
	MATCH(FW_FIELD_L4PROTO, is_icmp6),
	MATCH(FW_FIELD_CT_STATE, is_related),
};

/* One accept, on the devices of scope (NULL: all). */
static int add_accept(struct fw_steps *s, const struct fw_part *scope,
		      bool mirrored, const struct fw_match *matches, size_t n,
		      fw_chain_rule_vec *ret)
{
	const struct fw_part part = {
		.kind = FW_PART_MATCH,
		.matches = (struct fw_match *)(uintptr_t)matches,
		.n_matches = n,
	};
	fw_step_vec steps = { 0 };
	int r = scope ? fw_steps_part(s, scope, mirrored, &steps) : 0;

	if (r == 0)
		r = fw_steps_part(s, &part, false, &steps);
	if (r == 0)
		r = fw_steps_verdict(s, FW_VERDICT_ACCEPT, &steps);
	return r < 0 ? r : fw_steps_rule(s, FW_NO_RULE, &steps, ret);
}

static int add_scope(struct fw_steps *s, const struct fw_typed_chain *chain,
		     const struct fw_part *scope, bool mirrored,
		     fw_chain_rule_vec *ret)
{
	const struct fw_management_sides sides =
		fw_management_sides(chain->hook);
	const char *family = chain->table->family;
	bool l2 = !strcmp(family, "netdev") || !strcmp(family, "bridge");
	bool inet = !strcmp(family, "inet");
	int r = 0;

	if (!strcmp(family, "arp"))
		return add_accept(s, scope, mirrored, NULL, 0, ret);
	if (sides.local && l2)
		r = add_accept(s, scope, mirrored, arp, 1, ret);
	if (r == 0 && sides.local && (l2 || inet || !strcmp(family, "ip6")))
		r = add_accept(s, scope, mirrored, listeners, 3, ret);
	if (r == 0 && sides.conntrack && (inet || !strcmp(family, "ip")))
		r = add_accept(s, scope, mirrored, related, 2, ret);
	if (r == 0 && sides.conntrack && (inet || !strcmp(family, "ip6")))
		r = add_accept(s, scope, mirrored, related6, 2, ret);
	return r;
}

/* At ingress there is no conntrack: errors pass by their types. */
static int add_ingress(struct fw_steps *s, const struct fw_part *scope,
		       fw_chain_rule_vec *ret)
{
	const struct fw_match *matches;
	size_t n;
	int r = 0;

	for (size_t i = 0;
	     r == 0 && fw_management_implied(i, &matches, &n); i++)
		r = add_accept(s, scope, false, matches, n, ret);
	return r;
}

static int add_implied(struct fw_steps *s, const struct fw_typed_chain *chain,
		       const struct fw_part *scope, fw_chain_rule_vec *ret)
{
	const struct fw_management_sides sides =
		fw_management_sides(chain->hook);
	int r = 0;

	if (chain->hook == FW_HOOK_INGRESS)
		return add_ingress(s, scope, ret);
	if (sides.in || !scope)
		r = add_scope(s, chain, scope, false, ret);
	if (r == 0 && sides.out && scope)
		r = add_scope(s, chain, scope, true, ret);
	return r;
}

/* -------------------------------------------------------------------------- */
int fw_steps_management(struct fw_steps *s, const struct fw_typed_chain *chain,
			fw_chain_rule_vec *ret)
{
	const struct fw_typed *typed = s->typed;
	struct fw_management_sides sides;
	bool everywhere = false;
	int r = 0;

	if (chain->hook == FW_HOOK_NONE || !chain->type ||
	    strcmp(chain->type, "filter") != 0)
		return 0;
	sides = fw_management_sides(chain->hook);
	for (size_t i = 0; r == 0 && i < typed->n_management; i++) {
		const struct fw_typed_rule *line = &typed->management[i];
		bool device = iif_of(line) != NULL;

		everywhere |= !device;
		if (!fw_management_fits(line, chain->table->family))
			continue;
		if (sides.in || !device)
			r = add_line(s, line, false, ret);
		if (r == 0 && (sides.out || !device))
			r = add_line(s, line, true, ret);
	}
	if (r == 0 && everywhere)
		return add_implied(s, chain, NULL, ret);
	for (size_t i = 0; r == 0 && i < typed->n_management; i++)
		r = add_implied(s, chain, iif_of(&typed->management[i]), ret);
	return r;
}
