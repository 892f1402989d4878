/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft tests before a field: the protocols a match depends on.
 *
 * In: a match's L3 and L4 protocol, and what earlier parts of the rule have
 * settled. Out: the tests that nft's netdev hook makes, or a diagnostic where
 * no packet could be both.
 */
#include <errno.h>
#include <string.h>

#include "compile/rule.h"

static const char *const l3_names[FW_L3_MAX_] = {
	[FW_L3_IP] = "ip",
	[FW_L3_IP6] = "ip6",
	[FW_L3_ARP] = "arp",
};

/* NULL for a protocol that nft knows no header of. */
static const char *l4_name(int proto)
{
	switch (proto) {
	case 1: return "icmp";
	case 2: return "igmp";
	case 6: return "tcp";
	case 17: return "udp";
	case 33: return "dccp";
	case 50: return "esp";
	case 51: return "ah";
	case 58: return "icmpv6";
	case 108: return "comp";
	case 132: return "sctp";
	case 136: return "udplite";
	default: return NULL;
	}
}

static void conflict(struct fw_rule_check *check, const struct fw_loc *loc,
		     const char *want, const char *have,
		     const struct fw_loc *have_loc)
{
	struct fw_diags *diags = check->checker->diags;
	struct fw_diag *diag;

	check->failed = true;
	if (!have_loc) {
		fw_error(diags, "conflicting-protocols", loc,
			 "this asks for %s, but the table is of family %s",
			 want, have);
		return;
	}
	diag = fw_error(diags, "conflicting-protocols", loc,
			"this asks for %s, but the rule has asked for %s: no "
			"packet is both", want, have);
	fw_diag_related(diags, diag, have_loc, "asked for here");
}

static struct fw_match single_value(struct fw_checker *checker,
				    enum fw_field field, int value)
{
	struct fw_interval *interval =
		fw_arena_alloc(checker->arena, sizeof(*interval));

	if (interval)
		interval->lo = interval->hi = (fw_u128)(unsigned)value;
	return (struct fw_match){ field, interval, interval ? 1 : 0 };
}

/* The first words that ask for a protocol are the ones that are shown. */
static void note_l3(struct fw_rule_check *check, int l3, const struct fw_loc *loc)
{
	if (check->l3 == FW_ANY)
		check->l3_loc = loc;
	check->l3 = l3;
	check->l3_list = false;
}

static void note_l4(struct fw_rule_check *check, int l4, const struct fw_loc *loc)
{
	if (check->l4 == FW_ANY)
		check->l4_loc = loc;
	check->l4 = l4;
	check->l4_list = false;
}

/* Puts the implied tests at the head of the part's matches, with room for one
 * more. As in nft, icmp implies IPv4 only where no L3 protocol is known. */
int fw_rule_imply(struct fw_rule_check *check, struct fw_part *part, int l3,
		  int l4, const struct fw_loc *loc)
{
	struct fw_checker *checker = check->checker;

	part->matches = fw_arena_array(checker->arena, 3,
				       sizeof(*part->matches));
	if (!part->matches)
		return -ENOMEM;
	if (l3 != FW_ANY && l4 != FW_ANY && check->l3 != FW_ANY)
		l3 = FW_ANY;
	if (l4 != FW_ANY && check->l3 == FW_L3_ARP)
		conflict(check, loc, l4_name(l4), l3_names[FW_L3_ARP],
			 check->l3_loc);
	if (l3 != FW_ANY && check->l3 != FW_ANY && check->l3 != l3)
		conflict(check, loc, l3_names[l3], l3_names[check->l3],
			 check->l3_loc);
	if (l4 != FW_ANY && check->l4 != FW_ANY && check->l4 != l4)
		conflict(check, loc, l4_name(l4), l4_name(check->l4) ?
			 l4_name(check->l4) : "another protocol",
			 check->l4_loc);
	if (l3 != FW_ANY) {
		note_l3(check, l3, loc);
		part->matches[part->n_matches++] =
			single_value(checker, FW_FIELD_L3, l3);
	}
	if (l4 != FW_ANY) {
		note_l4(check, l4, loc);
		part->matches[part->n_matches++] =
			single_value(checker, FW_FIELD_L4PROTO, l4);
	}
	for (size_t i = 0; i < part->n_matches; i++)
		if (!part->matches[i].intervals)
			return -ENOMEM;
	return 0;
}

/* A positive test of a protocol field settles what may follow. */
void fw_rule_learn(struct fw_rule_check *check, enum fw_field field,
			   const struct fw_match *match, bool list,
			   const struct fw_loc *loc)
{
	bool l4 = field == FW_FIELD_NEXTHDR || field == FW_FIELD_L4PROTO;

	if (!l4 && field != FW_FIELD_L3)
		return;
	if (match->n_intervals != 1 ||
	    match->intervals[0].lo != match->intervals[0].hi) {
		check->l3_list |= list && !l4;
		check->l4_list |= list && l4;
		return;
	}
	if (field == FW_FIELD_L4PROTO ||
	    (l4 && l4_name((int)match->intervals[0].lo)))
		note_l4(check, (int)match->intervals[0].lo, loc);
	else if (!l4)
		note_l3(check, (int)match->intervals[0].lo, loc);
}

int fw_rule_l3(const struct fw_typed_table *table)
{
	if (!table)
		return FW_ANY;
	for (int i = 0; i < FW_L3_MAX_; i++)
		if (l3_names[i] && !strcmp(l3_names[i], table->family))
			return i;
	return FW_ANY;
}
