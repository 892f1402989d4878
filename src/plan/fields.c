/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a packet: their names in plans and messages, their widths, and
 * which of them a chain tests.
 * Nothing may fail.
 */
#include <assert.h>

#include "plan/plan.h"
#include "util/cleanup.h"

static const struct {
	const char *name;
	unsigned bits;
} fields[] = {
	[FW_FIELD_L3] = { "l3", 2 },
	[FW_FIELD_SADDR4] = { "saddr4", 32 },
	[FW_FIELD_DADDR4] = { "daddr4", 32 },
	[FW_FIELD_SADDR6] = { "saddr6", 128 },
	[FW_FIELD_DADDR6] = { "daddr6", 128 },
	[FW_FIELD_NEXTHDR] = { "nexthdr", 8 },
	[FW_FIELD_L4PROTO] = { "l4proto", 8 },
	[FW_FIELD_SPORT] = { "sport", 16 },
	[FW_FIELD_DPORT] = { "dport", 16 },
	[FW_FIELD_TCP_FLAGS] = { "tcp-flags", 8 },
	[FW_FIELD_ICMP_TYPE] = { "icmp-type", 8 },
	[FW_FIELD_ICMP_CODE] = { "icmp-code", 8 },
	[FW_FIELD_PROTOCOL] = { "protocol", 16 },
	[FW_FIELD_NFPROTO] = { "nfproto", 8 },
	[FW_FIELD_PKTTYPE] = { "pkttype", 8 },
	[FW_FIELD_LENGTH] = { "length", 32 },
	[FW_FIELD_MARK] = { "mark", 32 },
	[FW_FIELD_SKUID] = { "skuid", 32 },
	[FW_FIELD_SKGID] = { "skgid", 32 },
	[FW_FIELD_ETHER_TYPE] = { "ether-type", 16 },
	[FW_FIELD_ETHER_SADDR] = { "ether-saddr", 48 },
	[FW_FIELD_ETHER_DADDR] = { "ether-daddr", 48 },
	[FW_FIELD_VLAN_ID] = { "vlan-id", 12 },
	[FW_FIELD_VLAN_PCP] = { "vlan-pcp", 3 },
	[FW_FIELD_VLAN_DEI] = { "vlan-dei", 1 },
	[FW_FIELD_VLAN_TYPE] = { "vlan-type", 16 },
	[FW_FIELD_ARP_OPERATION] = { "arp-operation", 16 },
	[FW_FIELD_ARP_SADDR4] = { "arp-saddr4", 32 },
	[FW_FIELD_ARP_DADDR4] = { "arp-daddr4", 32 },
	[FW_FIELD_ARP_SADDR] = { "arp-saddr", 48 },
	[FW_FIELD_ARP_DADDR] = { "arp-daddr", 48 },
	[FW_FIELD_IP_LENGTH] = { "ip-length", 16 },
	[FW_FIELD_IP_ID] = { "ip-id", 16 },
	[FW_FIELD_FRAG_OFF] = { "frag-off", 16 },
	[FW_FIELD_FRAG] = { "frag", 1 },
	[FW_FIELD_TTL] = { "ttl", 8 },
	[FW_FIELD_DSCP] = { "dscp", 6 },
	[FW_FIELD_ECN] = { "ecn", 2 },
	[FW_FIELD_FLOWLABEL] = { "flowlabel", 20 },
	[FW_FIELD_TH_SPORT] = { "th-sport", 16 },
	[FW_FIELD_TH_DPORT] = { "th-dport", 16 },
	[FW_FIELD_UDP_LENGTH] = { "udp-length", 16 },
	[FW_FIELD_TCP_WINDOW] = { "tcp-window", 16 },
	[FW_FIELD_ICMP_ID] = { "icmp-id", 16 },
	[FW_FIELD_ICMP_SEQUENCE] = { "icmp-sequence", 16 },
	[FW_FIELD_CT_STATE] = { "ct-state", 7 },
	[FW_FIELD_CT_STATUS] = { "ct-status", 15 },
	[FW_FIELD_CT_DIRECTION] = { "ct-direction", 1 },
	[FW_FIELD_CT_MARK] = { "ct-mark", 32 },
	[FW_FIELD_DNS_QTYPE] = { "dns-qtype", 16 },
	[FW_FIELD_DNS_CLASS] = { "dns-class", 32 },
	[FW_FIELD_IIFTYPE] = { "iiftype", 16 },
};
_Static_assert(FW_ARRAY_SIZE(fields) == FW_FIELD_ALL_MAX_, "a row a field");

const char *fw_field_name(enum fw_field field)
{
	return (unsigned)field < FW_FIELD_ALL_MAX_ ? fields[field].name : "?";
}

fw_u128 fw_field_max(enum fw_field field)
{
	assert((unsigned)field < FW_FIELD_ALL_MAX_);
	if (field == FW_FIELD_L3)
		return FW_L3_MAX_ - 1;
	if (fields[field].bits == 128)
		return ~(fw_u128)0;
	return ((fw_u128)1 << fields[field].bits) - 1;
}

static const struct fw_match *find_match(const struct fw_xdp_rule *rule,
					 enum fw_field field)
{
	for (size_t m = 0; m < rule->n_matches; m++)
		if (rule->matches[m].field == field)
			return &rule->matches[m];
	return NULL;
}

static bool admits(const struct fw_match *match, fw_u128 value)
{
	for (size_t i = 0; i < match->n_intervals; i++)
		if (match->intervals[i].lo <= value &&
		    value <= match->intervals[i].hi)
			return true;
	return false;
}

/* The rule tests an address, which packets of an L3 that it admits have alone. */
static bool implies_l3(const struct fw_xdp_rule *rule)
{
	const struct fw_match *l3 = find_match(rule, FW_FIELD_L3);

	if (find_match(rule, FW_FIELD_SADDR4) ||
	    find_match(rule, FW_FIELD_DADDR4))
		return admits(l3, FW_L3_IP);
	if (find_match(rule, FW_FIELD_SADDR6) ||
	    find_match(rule, FW_FIELD_DADDR6))
		return admits(l3, FW_L3_IP6);
	return false;
}

static void add_tested(const struct fw_plan_xdp *xdp,
		       const struct fw_xdp_rule *rule,
		       struct fw_plan_tested *tested)
{
	for (size_t i = 0; i < rule->n_lives; i++)
		tested->tests |= UINT64_C(1) << FW_LIVE_TEST(
			fw_plan_live_test(xdp, &rule->lives[i]));
	for (size_t m = 0; m < rule->n_matches; m++) {
		enum fw_field f = rule->matches[m].field;

		if (f == FW_FIELD_L3 && implies_l3(rule))
			continue;
		if (f < FW_FIELD_MAX_)
			tested->skip &= (uint16_t)~(1u << f);
		else
			tested->tests |= UINT64_C(1) << FW_TEST_OF(f);
	}
}

struct fw_plan_tested fw_plan_tested(const struct fw_plan_xdp *xdp,
				     const struct fw_xdp_device *device)
{
	uint32_t end = (device->first_word + device->n_words) * 64u;
	struct fw_plan_tested ret = { .skip = (1u << FW_FIELD_MAX_) - 1 };

	_Static_assert(FW_FIELD_MAX_ <= 16, "a bit for each field");
	_Static_assert(FW_TEST_OF(FW_FIELD_ALL_MAX_) <= FW_TESTS_MAX,
		       "a test for each of the rest");
	for (uint32_t r = device->first_word * 64u; r < end && r < xdp->n_rules;
	     r++)
		if (fw_xdp_rule_acts(&xdp->rules[r]))
			add_tested(xdp, &xdp->rules[r], &ret);
	return ret;
}
