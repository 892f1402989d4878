/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fields say of one another, so that boxes in different words compare.
 *
 * In: a box of packets. Out: the same packets, with the tests that they pass
 * anyway. Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include <net/ethernet.h>
#include <netinet/in.h>

#include "compile/regions.h"
#include "util/cleanup.h"

#define NFPROTO_IPV4 2
#define NFPROTO_IPV6 10

static bool is_ip_family(const char *family)
{
	return !strcmp(family, "ip") || !strcmp(family, "ip6") ||
	       !strcmp(family, "inet");
}

int fw_region_family(const struct fw_regions *regions, struct fw_box *ret)
{
	static const struct {
		const char *family;
		struct fw_interval l3;
	} families[] = {
		{ "ip", { FW_L3_IP, FW_L3_IP } },
		{ "ip6", { FW_L3_IP6, FW_L3_IP6 } },
		{ "inet", { FW_L3_IP, FW_L3_IP6 } },
		{ "arp", { FW_L3_ARP, FW_L3_ARP } },
	};
	_Static_assert(FW_L3_IP + 1 == FW_L3_IP6, "one interval");

	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++) {
		const struct fw_match test = { FW_FIELD_L3, &families[i].l3,
					       1 };

		if (!strcmp(regions->table->family, families[i].family))
			return fw_box_add(regions->arena, ret, &test);
	}
	return 0;
}

/* Where all of a field's values are this one, so are all of another's. */
struct fact {
	enum fw_field field, other;
	unsigned value, other_value;
};

static const struct fact ip_facts[] = {
	{ FW_FIELD_NFPROTO, FW_FIELD_L3, NFPROTO_IPV4, FW_L3_IP },
	{ FW_FIELD_NFPROTO, FW_FIELD_L3, NFPROTO_IPV6, FW_L3_IP6 },
	{ FW_FIELD_L3, FW_FIELD_NFPROTO, FW_L3_IP, NFPROTO_IPV4 },
	{ FW_FIELD_L3, FW_FIELD_NFPROTO, FW_L3_IP6, NFPROTO_IPV6 },
};

/* On the hooks of the link layer. A tag says otherwise, the other way round:
 * `meta protocol` is what stands behind it. */
static const struct fact link_facts[] = {
	{ FW_FIELD_ETHER_TYPE, FW_FIELD_L3, ETHERTYPE_IP, FW_L3_IP },
	{ FW_FIELD_ETHER_TYPE, FW_FIELD_L3, ETHERTYPE_IPV6, FW_L3_IP6 },
	{ FW_FIELD_ETHER_TYPE, FW_FIELD_L3, ETHERTYPE_ARP, FW_L3_ARP },
};

static bool is_just(const struct fw_box *box, enum fw_field field,
		    fw_u128 value)
{
	const struct fw_match *test = fw_box_test(box, field);

	return test && test->n_intervals == 1 &&
	       test->intervals[0].lo == value && test->intervals[0].hi == value;
}

/* The field has the values of another one. */
static int copy_test(const struct fw_regions *regions, struct fw_box *box,
		     enum fw_field from, enum fw_field to)
{
	const struct fw_match *test = fw_box_test(box, from);
	struct fw_match copy;

	if (!test)
		return 0;
	copy = *test;
	copy.field = to;
	return fw_box_add(regions->arena, box, &copy);
}

/* Whether no value of the test is one of IPv6's extension headers, behind which
 * the L4 protocol is another. */
static bool ends_headers(const struct fw_match *test)
{
	static const uint8_t extensions[] = {
		IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT, IPPROTO_AH,
		IPPROTO_NONE, IPPROTO_DSTOPTS, IPPROTO_MH,
	};

	for (size_t i = 0; test && i < FW_ARRAY_SIZE(extensions); i++) {
		size_t k = fw_intervals_from(test->intervals, test->n_intervals,
					     extensions[i]);

		if (k < test->n_intervals &&
		    test->intervals[k].lo <= extensions[i])
			return false;
	}
	return test;
}

/* What each packet has, and each one of a network protocol on the hooks of IP:
 * a rule that does not ask for it sees all its values. */
static const struct {
	enum fw_field field;
	int l3;			/* 0: of any */
} present[] = {
	{ FW_FIELD_MARK, 0 },
	{ (enum fw_field)FW_REGION_IIFNAME, 0 },
	{ (enum fw_field)FW_REGION_OIFNAME, 0 },
	{ FW_FIELD_SADDR4, FW_L3_IP },
	{ FW_FIELD_DADDR4, FW_L3_IP },
	{ FW_FIELD_L4PROTO, FW_L3_IP },
	{ FW_FIELD_SADDR6, FW_L3_IP6 },
	{ FW_FIELD_DADDR6, FW_L3_IP6 },
};

static int add_present(const struct fw_regions *regions, struct fw_box *box,
		       bool ip)
{
	int r = 0;

	for (size_t i = 0; !r && i < FW_ARRAY_SIZE(present); i++) {
		enum fw_field field = present[i].field;
		struct fw_match test = { .field = field, .n_intervals = 1 };
		struct fw_interval *every;

		if (present[i].l3 &&
		    (!ip || !is_just(box, FW_FIELD_L3,
				     (fw_u128)present[i].l3)))
			continue;
		if (fw_box_test(box, field))
			continue;
		every = fw_arena_alloc(regions->arena, sizeof(*every));
		if (!every)
			return -ENOMEM;
		every->hi = field < FW_FIELD_ALL_MAX_ ? fw_field_max(field) :
							~(fw_u128)0;
		test.intervals = every;
		r = fw_box_add(regions->arena, box, &test);
	}
	return r;
}

static int add_facts(const struct fw_regions *regions, struct fw_box *box,
		     const struct fact *facts, size_t n)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		struct fw_interval *value;

		if (!is_just(box, facts[i].field, facts[i].value))
			continue;
		value = fw_arena_alloc(regions->arena, sizeof(*value));
		if (!value)
			return -ENOMEM;
		value->lo = value->hi = facts[i].other_value;
		r = fw_box_add(regions->arena, box, &(struct fw_match){
			facts[i].other, value, 1 });
	}
	return r;
}

int fw_region_infer(const struct fw_regions *regions, struct fw_box *box)
{
	bool ip = is_ip_family(regions->table->family);
	int r = ip ? add_facts(regions, box, ip_facts,
			       FW_ARRAY_SIZE(ip_facts)) :
		     add_facts(regions, box, link_facts,
			       FW_ARRAY_SIZE(link_facts));

	if (!r)
		r = add_present(regions, box, ip);
	/* IPv4 has no extension headers; where nft could not look behind the
	 * header there is no L4 protocol, but on the hooks of IP it could. */
	if (!r && is_just(box, FW_FIELD_L3, FW_L3_IP))
		r = copy_test(regions, box, FW_FIELD_L4PROTO, FW_FIELD_NEXTHDR);
	if (!r && ip && (is_just(box, FW_FIELD_L3, FW_L3_IP) ||
			 (is_just(box, FW_FIELD_L3, FW_L3_IP6) &&
			  ends_headers(fw_box_test(box, FW_FIELD_NEXTHDR)))))
		r = copy_test(regions, box, FW_FIELD_NEXTHDR, FW_FIELD_L4PROTO);
	/* A port is the first or second word of the transport header. */
	if (!r)
		r = copy_test(regions, box, FW_FIELD_SPORT, FW_FIELD_TH_SPORT);
	if (!r)
		r = copy_test(regions, box, FW_FIELD_DPORT, FW_FIELD_TH_DPORT);
	return r;
}
