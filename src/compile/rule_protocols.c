/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft tests before a field: the protocols a match depends on.
 *
 * In: what a match needs, and what earlier parts of the rule have settled. Out:
 * the tests that nft adds, or a diagnostic where no packet could be both. Fails
 * only for want of memory.
 *
 * nft keeps, for link, network and transport layer, the protocols that the rule
 * has named so far. A field of another protocol is a conflict; where nothing was
 * named, nft names it by a test of its own, the cheapest that it has:
 *
 *	network		behind a tag `vlan type`, behind Ethernet `ether type`,
 *			else `meta protocol` (`meta nfproto` in inet)
 *	transport	`meta l4proto`
 *
 * Families differ in the details; `nft --debug=netlink` of 1.0.6 shows them.
 */
#include <errno.h>
#include <string.h>

#include "compile/rule.h"
#include "util/cleanup.h"

#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define IIFTYPE_ETHER 1

static const struct {
	const char *name;
	unsigned ethertype, nfproto;
} l3_protocols[FW_L3_MAX_] = {
	[FW_L3_IP] = { "ip", 0x0800, 2 },
	[FW_L3_IP6] = { "ip6", 0x86dd, 10 },
	[FW_L3_ARP] = { "arp", 0x0806, 3 },
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

static const char *name(enum fw_rule_layer layer, int protocol)
{
	static const char *const links[] = {
		[FW_LINK_OTHER] = "another link layer",
		[FW_LINK_ETHER] = "ether",
		[FW_LINK_VLAN] = "vlan",
	};
	const char *text;

	if (layer == FW_RULE_LINK)
		return links[protocol];
	text = layer == FW_RULE_NETWORK ? l3_protocols[protocol].name :
					  l4_name(protocol);
	return text ? text : "another protocol";
}

static bool is_family(const struct fw_rule_check *check, const char *family)
{
	return check->table && !strcmp(check->table->family, family);
}

/* --- what is known -------------------------------------------------------- */
/* Of link and network the last one named counts, of transport each; of a family
 * what it says until the rule says more. */
static int note(struct fw_rule_check *check, enum fw_rule_layer layer,
		int protocol, const struct fw_loc *loc)
{
	struct fw_rule_protocol *slot;
	size_t n = check->layers[layer].n;

	for (size_t i = 0; i < n; i++)
		if (check->layers[layer].items[i].protocol == protocol &&
		    check->layers[layer].items[i].loc)
			return 0;
	if (layer != FW_RULE_TRANSPORT)
		check->layers[layer].n = 0;
	slot = fw_vec_push(check->checker->arena, &check->layers[layer]);
	if (!slot)
		return -ENOMEM;
	*slot = (struct fw_rule_protocol){ protocol, loc };
	return 0;
}

static bool known(const struct fw_rule_check *check, enum fw_rule_layer layer)
{
	return check->layers[layer].n > 0;
}

static bool has(const struct fw_rule_check *check, enum fw_rule_layer layer,
		int protocol)
{
	for (size_t i = 0; i < check->layers[layer].n; i++)
		if (check->layers[layer].items[i].protocol == protocol)
			return true;
	return false;
}

/* One that is not this one. */
static const struct fw_rule_protocol *
other(const struct fw_rule_check *check, enum fw_rule_layer layer, int protocol)
{
	for (size_t i = 0; i < check->layers[layer].n; i++)
		if (check->layers[layer].items[i].protocol != protocol)
			return &check->layers[layer].items[i];
	return NULL;
}

int fw_rule_begin(struct fw_rule_check *check)
{
	check->icmp_type = FW_ANY;
	for (int i = 0; i < FW_L3_MAX_; i++)
		if (l3_protocols[i].name &&
		    is_family(check, l3_protocols[i].name))
			return note(check, FW_RULE_NETWORK, i, NULL);
	if (is_family(check, "bridge"))
		return note(check, FW_RULE_LINK, FW_LINK_ETHER, NULL);
	return 0;
}

/* --- conflicts ------------------------------------------------------------ */
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

static void conflict_with(struct fw_rule_check *check, const struct fw_loc *loc,
			  const char *want, enum fw_rule_layer layer,
			  const struct fw_rule_protocol *have)
{
	conflict(check, loc, want, name(layer, have->protocol), have->loc);
}

/* A packet may well be the one; nft wants the rule to say so. */
static void conflict_in_list(struct fw_rule_check *check,
			     const struct fw_loc *loc, int l4,
			     const struct fw_rule_protocol *have)
{
	struct fw_diags *diags = check->checker->diags;
	struct fw_diag *diag;

	check->failed = true;
	diag = fw_error(diags, "conflicting-protocols", loc,
			"this asks for %s, but the list before it has %s too",
			l4_name(l4), name(FW_RULE_TRANSPORT, have->protocol));
	fw_diag_related(diags, diag, have->loc, "the list");
	fw_diag_hint(diags, diag,
		     "th dport and th sport are the ports of all of them; %s "
		     "alone needs a rule of its own", l4_name(l4));
}

/* --- tests that nft adds -------------------------------------------------- */
static int add(struct fw_rule_check *check, struct fw_part *part,
	       enum fw_field field, unsigned value)
{
	struct fw_interval *interval =
		fw_arena_alloc(check->checker->arena, sizeof(*interval));

	if (!interval)
		return -ENOMEM;
	interval->lo = interval->hi = value;
	part->matches[part->n_matches++] =
		(struct fw_match){ field, interval, 1 };
	return 0;
}

static int need_ether(struct fw_rule_check *check, struct fw_part *part,
		      const struct fw_loc *loc)
{
	const struct fw_rule_protocol *have =
		other(check, FW_RULE_LINK, FW_LINK_ETHER);
	int r;

	if (has(check, FW_RULE_LINK, FW_LINK_VLAN) ||
	    (known(check, FW_RULE_LINK) && !have))
		return 0;
	if (have) {
		conflict_with(check, loc, "ether", FW_RULE_LINK, have);
		return 0;
	}
	r = note(check, FW_RULE_LINK, FW_LINK_ETHER, loc);
	return r ? r : add(check, part, FW_FIELD_IIFTYPE, IIFTYPE_ETHER);
}

static int need_vlan(struct fw_rule_check *check, struct fw_part *part,
		     const struct fw_loc *loc)
{
	int r;

	if (has(check, FW_RULE_LINK, FW_LINK_VLAN))
		return 0;
	/* The rule has looked behind Ethernet and seen no tag. */
	if (known(check, FW_RULE_NETWORK) &&
	    (check->layers[FW_RULE_NETWORK].items[0].loc ||
	     known(check, FW_RULE_LINK))) {
		conflict_with(check, loc, "vlan",
			      known(check, FW_RULE_LINK) ? FW_RULE_LINK :
							   FW_RULE_NETWORK,
			      known(check, FW_RULE_LINK) ?
			      &check->layers[FW_RULE_LINK].items[0] :
			      &check->layers[FW_RULE_NETWORK].items[0]);
		return 0;
	}
	r = need_ether(check, part, loc);
	if (!r)
		r = note(check, FW_RULE_LINK, FW_LINK_VLAN, loc);
	return r ? r : add(check, part, FW_FIELD_ETHER_TYPE, ETHERTYPE_VLAN);
}

static int add_network(struct fw_rule_check *check, struct fw_part *part, int l3,
		       bool special)
{
	unsigned ethertype = l3_protocols[l3].ethertype;

	/* That of a further tag is no field of ours. */
	if (check->stacked)
		return 0;
	if (has(check, FW_RULE_LINK, FW_LINK_VLAN))
		return add(check, part, FW_FIELD_VLAN_TYPE, ethertype);
	if (has(check, FW_RULE_LINK, FW_LINK_ETHER) &&
	    (!is_family(check, "bridge") || special || l3 == FW_L3_ARP))
		return add(check, part, FW_FIELD_ETHER_TYPE, ethertype);
	return add(check, part, FW_FIELD_L3, (unsigned)l3);
}

static int need_network(struct fw_rule_check *check, struct fw_part *part,
			const struct fw_needs *needs, const struct fw_loc *loc)
{
	const struct fw_rule_protocol *have =
		other(check, FW_RULE_NETWORK, needs->l3);
	const char *want = needs->exthdr ? "ip6, which alone has extension "
					   "headers" : l3_protocols[needs->l3].name;
	int r;

	if (known(check, FW_RULE_NETWORK)) {
		if (have && (!needs->special || needs->exthdr))
			conflict_with(check, loc, want, FW_RULE_NETWORK, have);
		return 0;
	}
	if (needs->l3 == FW_L3_ARP && is_family(check, "inet") &&
	    !known(check, FW_RULE_LINK)) {
		conflict(check, loc, want, "inet", NULL);
		return 0;
	}
	r = add_network(check, part, needs->l3, needs->special);
	return r ? r : note(check, FW_RULE_NETWORK, needs->l3, loc);
}

static int need_transport(struct fw_rule_check *check, struct fw_part *part,
			  int l4, const struct fw_loc *loc)
{
	const struct fw_rule_protocol *have =
		other(check, FW_RULE_TRANSPORT, l4);
	int r;

	if (have && has(check, FW_RULE_TRANSPORT, l4))
		conflict_in_list(check, loc, l4, have);
	else if (have)
		conflict_with(check, loc, l4_name(l4), FW_RULE_TRANSPORT, have);
	/* What was settled is not asked again, whatever came between. */
	if (have || known(check, FW_RULE_TRANSPORT))
		return 0;
	for (size_t i = 0; i < check->layers[FW_RULE_NETWORK].n; i++) {
		const struct fw_rule_protocol *below =
			&check->layers[FW_RULE_NETWORK].items[i];

		if (below->protocol == FW_L3_IP || below->protocol == FW_L3_IP6)
			continue;
		conflict_with(check, loc, l4_name(l4), FW_RULE_NETWORK, below);
		return 0;
	}
	r = add(check, part, FW_FIELD_L4PROTO, (unsigned)l4);
	return r ? r : note(check, FW_RULE_TRANSPORT, l4, loc);
}

/* id and sequence are those of an echo or its reply. */
static int need_echo(struct fw_rule_check *check, struct fw_part *part, int l4,
		     const struct fw_loc *loc)
{
	static const struct fw_interval icmp[] = { { 0, 0 }, { 8, 8 } };
	static const struct fw_interval icmpv6[] = { { 128, 129 } };
	struct fw_match match = { FW_FIELD_ICMP_TYPE, icmp, 2 };
	struct fw_diag *diag;

	if (l4 == 58)
		match = (struct fw_match){ FW_FIELD_ICMP_TYPE, icmpv6, 1 };
	if (check->icmp_type == FW_ANY) {
		part->matches[part->n_matches++] = match;
		check->icmp_type = (int)match.intervals[0].lo;
		return 0;
	}
	for (size_t i = 0; i < match.n_intervals; i++)
		if ((fw_u128)check->icmp_type >= match.intervals[i].lo &&
		    (fw_u128)check->icmp_type <= match.intervals[i].hi)
			return 0;
	diag = fw_error(check->checker->diags, "conflicting-protocols", loc,
			"only echo-request and echo-reply have this field, but "
			"the rule asks for type %d", check->icmp_type);
	fw_diag_hint(check->checker->diags, diag,
		     "a rule of its own can match the other type");
	check->failed = true;
	return 0;
}

int fw_rule_imply(struct fw_rule_check *check, struct fw_part *part,
		  const struct fw_needs *needs, const struct fw_loc *loc)
{
	int r = 0;

	if (needs->link == FW_LINK_ETHER)
		r = need_ether(check, part, loc);
	else if (needs->link == FW_LINK_VLAN)
		r = need_vlan(check, part, loc);
	if (!r && !check->failed && needs->l3 != FW_ANY)
		r = need_network(check, part, needs, loc);
	if (!r && !check->failed && needs->l4 != FW_ANY)
		r = need_transport(check, part, needs->l4, loc);
	if (!r && !check->failed && needs->echo)
		r = need_echo(check, part, needs->l4, loc);
	return r;
}

/* --- what a match settles ------------------------------------------------- */
static int learn_ethertype(struct fw_rule_check *check, unsigned value,
			   enum fw_field field, const struct fw_loc *loc)
{
	for (int i = 0; i < FW_L3_MAX_; i++)
		if (l3_protocols[i].name && l3_protocols[i].ethertype == value)
			return note(check, FW_RULE_NETWORK, i, loc);
	if (value != ETHERTYPE_VLAN && value != ETHERTYPE_QINQ)
		return 0;
	if (field == FW_FIELD_VLAN_TYPE)
		check->stacked = true;
	return note(check, FW_RULE_LINK, FW_LINK_VLAN, loc);
}

/* meta protocol says nothing to nft where the family has said it. */
static int learn_protocol(struct fw_rule_check *check, int l3,
			  const struct fw_loc *loc)
{
	if (!is_family(check, "netdev") && !is_family(check, "bridge"))
		return 0;
	return note(check, FW_RULE_NETWORK, l3, loc);
}

static int learn_wire(struct fw_rule_check *check, unsigned value,
		      const struct fw_loc *loc)
{
	for (int i = 0; i < FW_L3_MAX_; i++)
		if (l3_protocols[i].name && l3_protocols[i].ethertype == value)
			return learn_protocol(check, i, loc);
	return learn_protocol(check, FW_L3_OTHER, loc);
}

static int learn_nfproto(struct fw_rule_check *check, unsigned value,
			 const struct fw_loc *loc)
{
	int l3 = FW_L3_OTHER;

	for (int i = 0; i < FW_L3_MAX_; i++)
		if (l3_protocols[i].name && l3_protocols[i].nfproto == value)
			l3 = i;
	return note(check, FW_RULE_NETWORK, l3, loc);
}

static int learn_value(struct fw_rule_check *check, enum fw_field field,
		       unsigned value, const struct fw_loc *loc)
{
	int l4 = l4_name((int)value) ? (int)value : FW_RULE_L4_OTHER;

	switch (field) {
	case FW_FIELD_IIFTYPE:
		return is_family(check, "bridge") ? 0 :
		       note(check, FW_RULE_LINK, value == IIFTYPE_ETHER ?
			    FW_LINK_ETHER : FW_LINK_OTHER, loc);
	case FW_FIELD_ETHER_TYPE:
	case FW_FIELD_VLAN_TYPE:
		return learn_ethertype(check, value, field, loc);
	case FW_FIELD_L3:
		return learn_protocol(check, (int)value, loc);
	case FW_FIELD_PROTOCOL:
		return learn_wire(check, value, loc);
	case FW_FIELD_NFPROTO:
		return learn_nfproto(check, value, loc);
	case FW_FIELD_NEXTHDR:
		return l4 == FW_RULE_L4_OTHER ? 0 :
		       note(check, FW_RULE_TRANSPORT, l4, loc);
	case FW_FIELD_L4PROTO:
		return note(check, FW_RULE_TRANSPORT, l4, loc);
	default:
		/* To nft, type 0 is one not told. */
		check->icmp_type = value ? (int)value : FW_ANY;
		return 0;
	}
}

int fw_rule_learn(struct fw_rule_check *check, const struct fw_match *match,
		  const struct fw_loc *loc)
{
	static const enum fw_field telling[] = {
		FW_FIELD_IIFTYPE,  FW_FIELD_ETHER_TYPE, FW_FIELD_VLAN_TYPE,
		FW_FIELD_L3,	   FW_FIELD_PROTOCOL,	FW_FIELD_NFPROTO,
		FW_FIELD_NEXTHDR,  FW_FIELD_L4PROTO,	FW_FIELD_ICMP_TYPE,
	};
	bool tells = false;
	int r = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(telling); i++)
		tells = tells || telling[i] == match->field;
	check->loose = check->loose || (tells && match->n_intervals > 1 &&
					match->field != FW_FIELD_ICMP_TYPE);
	for (size_t i = 0; tells && !r && i < match->n_intervals; i++)
		if (match->intervals[i].lo == match->intervals[i].hi)
			r = learn_value(check, match->field,
					(unsigned)match->intervals[i].lo, loc);
	return r;
}

bool fw_rule_is_loose(const struct fw_rule_check *check,
		      const struct fw_needs *needs)
{
	/* Behind a second tag nft looks at other bytes. */
	if (check->stacked && (needs->link == FW_LINK_VLAN ||
			       (needs->l3 != FW_ANY &&
				!known(check, FW_RULE_NETWORK))))
		return true;
	return check->loose && (needs->l3 != FW_ANY || needs->l4 != FW_ANY ||
				needs->link != FW_ANY);
}
