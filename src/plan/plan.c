/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan's life and its names.
 *
 * In: nothing, or a plan. Out: a plan with one more or one fewer reference,
 * the words that print its enums. Only fw_plan_new() may fail: NULL when
 * memory runs out.
 *
 * The plan stands in its own arena, so the last reference frees everything at
 * once.
 */
#include "plan/plan.h"

#include <string.h>

#include "util/cleanup.h"

struct fw_plan *fw_plan_new(void)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_plan *plan;

	if (!arena)
		return NULL;
	plan = fw_arena_alloc(arena, sizeof(*plan));
	if (!plan) {
		fw_arena_free(arena);
		return NULL;
	}
	plan->arena = arena;
	plan->refs = 1;
	return plan;
}

/* The count is the one member that changes after the plan was made. */
struct fw_plan *fw_plan_ref(const struct fw_plan *plan)
{
	struct fw_plan *p = (struct fw_plan *)plan;

	__atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
	return p;
}

void fw_plan_unref(struct fw_plan *plan)
{
	if (plan && __atomic_sub_fetch(&plan->refs, 1, __ATOMIC_ACQ_REL) == 0)
		fw_arena_free(plan->arena);
}

const struct fw_plan_table *fw_plan_table(const struct fw_plan *plan,
					  const char *name)
{
	for (size_t i = 0; i < plan->xdp.n_tables; i++)
		if (strcmp(plan->xdp.tables[i].name, name) == 0)
			return &plan->xdp.tables[i];
	return NULL;
}

const struct fw_plan_set *fw_plan_set_like(const struct fw_plan *plan,
					   const struct fw_plan_set *set)
{
	for (size_t i = 0; i < plan->n_sets; i++) {
		const struct fw_plan_set *like = &plan->sets[i];

		if (!strcmp(like->name, set->name) &&
		    !strcmp(like->table, set->table) &&
		    !strcmp(like->family, set->family) &&
		    !strcmp(like->type, set->type))
			return like;
	}
	return NULL;
}

/* --- names ---------------------------------------------------------------- */
#define ASSERT_NAMES(table, max) \
	_Static_assert(FW_ARRAY_SIZE(table) == (max), #table)

static const char *const layer_names[] = {
	[FW_LAYER_XDP] = "xdp",
	[FW_LAYER_NFT] = "nft",
	[FW_LAYER_INSPECT] = "inspect",
};
ASSERT_NAMES(layer_names, FW_LAYER_MAX_);

static const char *const verdict_names[] = {
	[FW_VERDICT_NONE] = "none",
	[FW_VERDICT_ACCEPT] = "accept",
	[FW_VERDICT_DROP] = "drop",
	[FW_VERDICT_SKIP] = "skip",
	[FW_VERDICT_NXDOMAIN] = "nxdomain",
	[FW_VERDICT_REFUSED] = "refused",
	[FW_VERDICT_SYNPROXY] = "synproxy",
};
ASSERT_NAMES(verdict_names, FW_VERDICT_MAX_);

static const char *const attach_names[] = {
	[FW_ATTACH_AUTO] = "auto",
	[FW_ATTACH_NATIVE] = "native",
	[FW_ATTACH_GENERIC] = "generic",
	[FW_ATTACH_OFFLOAD] = "offload",
	[FW_ATTACH_OFF] = "off",
};
ASSERT_NAMES(attach_names, FW_ATTACH_MAX_);

static const char *const stat_names[] = {
	[FW_STAT_XDP_PACKETS] = "xdp-packets",
	[FW_STAT_XDP_ACCEPT] = "xdp-accept",
	[FW_STAT_XDP_DROP_RULE] = "xdp-drop-rule",
	[FW_STAT_XDP_DROP_RATE] = "xdp-drop-rate",
	[FW_STAT_XDP_DROP_POLICY] = "xdp-drop-policy",
	[FW_STAT_XDP_DROP_BLOCKED] = "xdp-drop-blocked",
	[FW_STAT_XDP_OVERLAP] = "xdp-overlap",
	[FW_STAT_XDP_NO_META] = "xdp-no-meta",
	[FW_STAT_XDP_DROP_MALFORMED] = "xdp-drop-malformed",
	[FW_STAT_XDP_DNS_ODD] = "xdp-dns-odd",
	[FW_STAT_XDP_DNS_ANSWERED] = "xdp-dns-answered",
	[FW_STAT_XDP_DROP_UNANSWERED] = "xdp-drop-unanswered",
	[FW_STAT_XDP_SYN] = "xdp-syn",
	[FW_STAT_XDP_SYN_ANSWERED] = "xdp-syn-answered",
	[FW_STAT_XDP_SYN_PASSED] = "xdp-syn-passed",
	[FW_STAT_XDP_COOKIE] = "xdp-cookie",
	[FW_STAT_XDP_DROP_COOKIE] = "xdp-drop-cookie",
	[FW_STAT_XDP_ROAD] = "xdp-road",
	[FW_STAT_TC_PACKETS] = "tc-packets",
	[FW_STAT_TC_META] = "tc-meta",
	[FW_STAT_TC_RECLASSIFIED] = "tc-reclassified",
	[FW_STAT_TC_DROP_RECLASSIFIED] = "tc-drop-reclassified",
	[FW_STAT_TC_DROP_POLICY] = "tc-drop-policy",
	[FW_STAT_TC_FLOW_HIT] = "tc-flow-hit",
	[FW_STAT_TC_ROAD] = "tc-road",
	[FW_STAT_TC_DROP_BLOCKED] = "tc-drop-blocked",
	[FW_STAT_TC_DROP_MALFORMED] = "tc-drop-malformed",
	[FW_STAT_DNS_PACKETS] = "dns-packets",
	[FW_STAT_DNS_QUERIES] = "dns-queries",
	[FW_STAT_DNS_ODD] = "dns-odd",
	[FW_STAT_DNS_CUT] = "dns-cut",
	[FW_STAT_DNS_ANSWERED] = "dns-answered",
	[FW_STAT_DNS_UNANSWERED] = "dns-unanswered",
	[FW_STAT_DNS_STRAY] = "dns-stray",
	[FW_STAT_DHCP_MESSAGES] = "dhcp-messages",
	[FW_STAT_DHCP_ODD] = "dhcp-odd",
	[FW_STAT_DHCP_NO_ROOM] = "dhcp-no-room",
	[FW_STAT_TLS_HANDSHAKES] = "tls-handshakes",
	[FW_STAT_TLS_ODD] = "tls-odd",
	[FW_STAT_MESSAGES_LOST] = "messages-lost",
	[FW_STAT_MESSAGES_LEFT_OUT] = "messages-left-out",
	[FW_STAT_EVENTS_LOST] = "events-lost",
	[FW_STAT_LOGS_LEFT_OUT] = "logs-left-out",
	[FW_STAT_DROPS_LEFT_OUT] = "drops-left-out",
	[FW_STAT_MALFORMED_ETHERNET] = "malformed-ethernet",
	[FW_STAT_MALFORMED_VLAN] = "malformed-vlan",
	[FW_STAT_MALFORMED_IP_CUT] = "malformed-ip-cut",
	[FW_STAT_MALFORMED_IP_VERSION] = "malformed-ip-version",
	[FW_STAT_MALFORMED_IP_HEADER] = "malformed-ip-header",
	[FW_STAT_MALFORMED_IP_LENGTH] = "malformed-ip-length",
	[FW_STAT_MALFORMED_IP6_CUT] = "malformed-ip6-cut",
	[FW_STAT_MALFORMED_IP6_LENGTH] = "malformed-ip6-length",
	[FW_STAT_MALFORMED_IP6_EXTENSION] = "malformed-ip6-extension",
	[FW_STAT_MALFORMED_L4_CUT] = "malformed-l4-cut",
	[FW_STAT_MALFORMED_TCP_HEADER] = "malformed-tcp-header",
	[FW_STAT_MALFORMED_UDP_LENGTH] = "malformed-udp-length",
};
ASSERT_NAMES(stat_names, FW_STAT_MAX_);

/* A number that is none of ours (from a map of another version) has no name. */
#define NAME_OF(table, value)                                               \
	((size_t)(value) < FW_ARRAY_SIZE(table) ? (table)[(size_t)(value)]  \
						: "?")

const char *fw_layer_name(enum fw_layer layer)
{
	return NAME_OF(layer_names, layer);
}

const char *fw_verdict_name(enum fw_verdict verdict)
{
	return NAME_OF(verdict_names, verdict);
}

const char *fw_attach_name(enum fw_attach attach)
{
	return NAME_OF(attach_names, attach);
}

const char *fw_stat_name(enum fw_stat stat)
{
	return NAME_OF(stat_names, stat);
}

const struct fw_profile *fw_plan_profile(const struct fw_plan *plan,
					 unsigned id)
{
	for (size_t i = 0; i < plan->n_profiles; i++)
		if (plan->profiles[i].id == id)
			return &plan->profiles[i];
	return NULL;
}
