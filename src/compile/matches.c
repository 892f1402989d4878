/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the matches of a rule say together, and of two rules.
 *
 * In: matches with merged intervals. Out: one match a field, or what is known
 * of two rules' packets. Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"

/* What is in both, into out, or only counted where that is NULL. */
static size_t cross(const struct fw_match *few, const struct fw_match *many,
		    struct fw_interval *out)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < few->n_intervals; i++) {
		const struct fw_interval *x = &few->intervals[i];

		at += fw_intervals_from(many->intervals + at,
					many->n_intervals - at, x->lo);
		for (size_t k = at; k < many->n_intervals; k++) {
			const struct fw_interval *y = &many->intervals[k];

			if (y->lo > x->hi)
				break;
			if (out)
				out[n] = (struct fw_interval){
					x->lo > y->lo ? x->lo : y->lo,
					x->hi < y->hi ? x->hi : y->hi };
			n++;
		}
	}
	return n;
}

/* One may be an address and the other a set of a million. */
static const struct fw_interval *intersect(struct fw_arena *arena,
					   const struct fw_match *a,
					   const struct fw_match *b,
					   size_t *ret_n)
{
	bool fewer = a->n_intervals < b->n_intervals;
	const struct fw_match *few = fewer ? a : b, *many = fewer ? b : a;
	struct fw_interval *out;

	if (few->n_intervals && a->intervals == b->intervals) {
		*ret_n = few->n_intervals;
		return few->intervals;
	}
	*ret_n = cross(few, many, NULL);
	out = fw_arena_array(arena, *ret_n, sizeof(*out));
	if (out)
		(void)cross(few, many, out);
	return out;
}

int fw_matches_add(struct fw_arena *arena, struct fw_match *matches, size_t *n,
		   const struct fw_match *match)
{
	size_t at = 0;
	struct fw_match both;

	while (at < *n && matches[at].field < match->field)
		at++;
	if (at == *n || matches[at].field != match->field) {
		memmove(&matches[at + 1], &matches[at],
			(*n - at) * sizeof(*matches));
		matches[at] = *match;
		(*n)++;
		return 0;
	}
	both.field = match->field;
	both.intervals = intersect(arena, &matches[at], match,
				   &both.n_intervals);
	if (!both.intervals)
		return -ENOMEM;
	matches[at] = both;
	return 0;
}

bool fw_matches_possible(const struct fw_match *matches, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!matches[i].n_intervals)
			return false;
	return true;
}

/* --- fields that speak of the same thing ---------------------------------- */
#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_IP6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define NFPROTO_IP 2
#define NFPROTO_IP6 10

#define ALL_L3 ((1u << FW_L3_MAX_) - 1)

static bool has(const struct fw_match *m, fw_u128 value)
{
	for (size_t i = 0; i < m->n_intervals; i++)
		if (m->intervals[i].lo <= value && value <= m->intervals[i].hi)
			return true;
	return false;
}

static fw_u128 count(const struct fw_match *m)
{
	fw_u128 n = 0;

	for (size_t i = 0; i < m->n_intervals; i++)
		n += m->intervals[i].hi - m->intervals[i].lo + 1;
	return n;
}

/* Bit p: the match may hold for packets of enum fw_l3 p, by Ethernet's number
 * for it. Behind a tag anything may be. */
static unsigned l3_of_ether(const struct fw_match *m)
{
	unsigned l3 = 0;
	fw_u128 known;

	if (has(m, ETHERTYPE_VLAN) || has(m, ETHERTYPE_QINQ))
		return ALL_L3;
	l3 |= has(m, ETHERTYPE_IP) ? 1u << FW_L3_IP : 0;
	l3 |= has(m, ETHERTYPE_IP6) ? 1u << FW_L3_IP6 : 0;
	l3 |= has(m, ETHERTYPE_ARP) ? 1u << FW_L3_ARP : 0;
	known = (fw_u128)__builtin_popcount(l3);
	return count(m) > known ? l3 | 1u << FW_L3_OTHER : l3;
}

/* nfproto tells IP apart in family inet alone; elsewhere it is another one. */
static unsigned l3_of_nfproto(const struct fw_match *m)
{
	unsigned l3 = 0;
	fw_u128 known;

	l3 |= has(m, NFPROTO_IP) ? 1u << FW_L3_IP : 0;
	l3 |= has(m, NFPROTO_IP6) ? 1u << FW_L3_IP6 : 0;
	known = (fw_u128)__builtin_popcount(l3);
	return count(m) > known ? ALL_L3 : l3;
}

static unsigned l3_of(const struct fw_match *matches, size_t n)
{
	unsigned l3 = ALL_L3;

	for (size_t i = 0; i < n; i++) {
		const struct fw_match *m = &matches[i];

		switch (m->field) {
		case FW_FIELD_L3:
			for (unsigned p = 0; p < FW_L3_MAX_; p++)
				l3 &= has(m, p) ? ~0u : ~(1u << p);
			break;
		case FW_FIELD_PROTOCOL:
		case FW_FIELD_ETHER_TYPE:
		case FW_FIELD_VLAN_TYPE:
			l3 &= l3_of_ether(m);
			break;
		case FW_FIELD_NFPROTO:
			l3 &= l3_of_nfproto(m);
			break;
		default:
			break;
		}
	}
	return l3;
}

/* Headers of IPv6 behind which the transport protocol is still to come. */
static bool has_extensions(const struct fw_match *m)
{
	static const uint8_t headers[] = { 0, 43, 44, 51, 60 };

	for (size_t i = 0; i < sizeof(headers); i++)
		if (has(m, headers[i]))
			return true;
	return false;
}

/* Whether a packet whose protocol byte passes may have this transport
 * protocol: in IPv4 they are one. */
static bool nexthdr_meets(const struct fw_match *nexthdr, unsigned l3,
			  const struct fw_match *l4proto)
{
	if (l3 & 1u << FW_L3_IP6 && has_extensions(nexthdr))
		return true;
	return fw_intervals_meet(nexthdr->intervals, nexthdr->n_intervals,
				 l4proto->intervals, l4proto->n_intervals);
}

/* Two matches whose fields differ but are read from the same bytes. */
static bool related_meet(const struct fw_match *a, const struct fw_match *b,
			 unsigned l3)
{
	if (a->field == FW_FIELD_NEXTHDR && b->field == FW_FIELD_L4PROTO)
		return nexthdr_meets(a, l3, b);
	if ((a->field == FW_FIELD_TH_SPORT && b->field == FW_FIELD_SPORT) ||
	    (a->field == FW_FIELD_TH_DPORT && b->field == FW_FIELD_DPORT))
		return fw_intervals_meet(a->intervals, a->n_intervals,
					 b->intervals, b->n_intervals);
	return true;
}

bool fw_matches_disjoint(const struct fw_match *a, size_t n_a,
			 const struct fw_match *b, size_t n_b)
{
	unsigned l3;

	if (!fw_matches_possible(a, n_a) || !fw_matches_possible(b, n_b))
		return true;
	for (size_t i = 0; i < n_a; i++)
		for (size_t j = 0; j < n_b; j++)
			if (a[i].field == b[j].field &&
			    !fw_intervals_meet(a[i].intervals,
					       a[i].n_intervals,
					       b[j].intervals,
					       b[j].n_intervals))
				return true;
	l3 = l3_of(a, n_a) & l3_of(b, n_b);
	for (size_t i = 0; l3 && i < n_a; i++)
		for (size_t j = 0; j < n_b; j++)
			if (!related_meet(&a[i], &b[j], l3) ||
			    !related_meet(&b[j], &a[i], l3))
				return true;
	return !l3;
}
