/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ordered rules over a parsed packet: for each field the row of rules that
 * admit its value, ANDed; the bits that are left are the rules that match, in
 * order. (Lakshman and Stiliadis, SIGCOMM 1998.)
 *
 * Only the device's words are looked at, only fields that one of its rules
 * tests, cheap ones first, and none any more once no rule is left.
 *
 * A row that is not there, which a staged generation never has, is a row of no
 * rules.
 */
#pragma once

#include "maps.h"
#include "packet.h"

#define FW_JUDGED_DROP 1u
#define FW_JUDGED_POLICY 2u	/* no rule with a verdict matched */
#define FW_JUDGED_CARRY 4u	/* accepted, and the rest is in nft */

/* What one slot has for a device; dev is NULL when that is nothing. */
struct fw_view {
	const struct fw_gen *gen;
	const struct fw_dev *dev;
	__u32 slot;
};

/* Where a packet's rules are found and what is left of them. */
struct fw_scan {
	__u64 words[FW_ROW_WORDS];	/* of the window, from 0 */
	__u64 any;
	__u32 slot;
	__u32 first;		/* word of the window's word 0 */
	__u32 n;		/* words in the window */
	__u32 at;		/* the word that the walk is in */
	__u32 verdict;		/* enum fw_verdict */
	__u32 charge;		/* counters are charged, with this many bytes */
	__u32 bytes;
};

/* Position of the lowest set bit by multiplication with a de Bruijn sequence
 * (Leiserson, Prokop, Randall 1998); value is not 0. */
#define FW_DE_BRUIJN 0x03f79d71b4cb0a89ULL

static const __u8 fw_bit_position[64] = {
	0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

static __always_inline __u32 fw_lowest_bit(__u64 value)
{
	return fw_bit_position[((value & -value) * FW_DE_BRUIJN) >> 58];
}

#define fw_inner(table, slot)                              \
	({                                                 \
		__u32 key_ = (slot);                       \
		bpf_map_lookup_elem(&(table), &key_);      \
	})

static __always_inline const struct fw_gen *fw_gen_of(__u32 slot)
{
	void *inner = fw_inner(gen, slot);
	const struct fw_gen *header;
	__u32 key = 0;

	if (!inner)
		return NULL;
	header = bpf_map_lookup_elem(inner, &key);
	return header && header->magic == FW_GEN_MAGIC ? header : NULL;
}

static __always_inline void fw_view_init(struct fw_view *view, __u32 slot,
					 __u32 ifindex)
{
	void *inner;

	view->slot = slot;
	view->dev = NULL;
	view->gen = fw_gen_of(slot);
	if (!view->gen || !(view->gen->flags & FW_GEN_CLASSIFY))
		return;
	inner = fw_inner(dev, slot);
	if (inner)
		view->dev = bpf_map_lookup_elem(inner, &ifindex);
}

/* True when the slot has rules for the device. The barrier keeps the compiler
 * from ORing pointers, which no verifier takes. */
static __always_inline bool fw_view_judges(const struct fw_view *view)
{
	__u64 judges = view->dev != NULL;

	barrier_var(judges);
	return judges;
}

/* Not static: verified by itself, once, instead of once for each way that leads
 * to one of its twelve calls. */
__noinline int fw_scan_and(struct fw_scan *scan, __u32 row)
{
	const struct fw_row *words = NULL;
	__u64 any = 0;
	void *inner;

	if (!scan)
		return 0;
	inner = fw_inner(rows, scan->slot);
	if (inner)
		words = bpf_map_lookup_elem(inner, &row);
	if (words) {
#pragma unroll
		for (__u32 w = 0; w < FW_ROW_WORDS; w++) {
			if (w >= scan->n)
				break;
			scan->words[w] &= words->words[(scan->first + w) %
						       FW_ROW_WORDS];
			any |= scan->words[w];
		}
	}
	scan->any = any;
	return 0;
}

/* The row of a value, from a table that has all of them, or an address trie.
 * A table that is not there gives a row that is not there. */
#define fw_row_of(table, slot, key, otherwise)                              \
	({                                                                  \
		void *inner_ = fw_inner(table, slot);                       \
		const __u32 *row_ = NULL;                                   \
		if (inner_)                                                 \
			row_ = bpf_map_lookup_elem(inner_, (key));          \
		row_ ? *row_ : (otherwise);                                 \
	})

#define FW_NO_ROW 0xffffffffu

/* Runs row (an expression) only where it is needed. */
#define fw_scan_field(scan, view, pkt, field, row)                          \
	do {                                                                \
		if ((scan)->any && !((view)->dev->skip & FW_HAS(field)))    \
			fw_scan_and(scan, (pkt)->present & FW_HAS(field)    \
					? (row)                             \
					: (view)->gen->absent[field]);      \
	} while (0)

#define fw_scan_small(scan, view, pkt, field, base, value)                  \
	fw_scan_field(scan, view, pkt, field, ({                            \
		__u32 small_key_ = (base) + (value);                        \
		fw_row_of(small, (view)->slot, &small_key_, FW_NO_ROW);     \
	}))

#define fw_scan_port(scan, view, pkt, field, table, value)                  \
	fw_scan_field(scan, view, pkt, field, ({                            \
		__u32 port_key_ = (value);                                  \
		fw_row_of(table, (view)->slot, &port_key_, FW_NO_ROW);      \
	}))

#define fw_scan_address(scan, view, pkt, field, table, address)             \
	fw_scan_field(scan, view, pkt, field,                               \
		      fw_row_of(table, (view)->slot, (address),             \
				(view)->gen->other[field]))

static __always_inline void fw_scan_fields(struct fw_scan *scan,
					   const struct fw_view *view,
					   const struct fw_packet *pkt)
{
	fw_scan_small(scan, view, pkt, FW_FIELD_L3, FW_SMALL_L3, pkt->l3);
	fw_scan_small(scan, view, pkt, FW_FIELD_L4PROTO, FW_SMALL_L4PROTO,
		      pkt->l4proto);
	fw_scan_port(scan, view, pkt, FW_FIELD_DPORT, dport, pkt->dport);
	fw_scan_port(scan, view, pkt, FW_FIELD_SPORT, sport, pkt->sport);
	fw_scan_small(scan, view, pkt, FW_FIELD_TCP_FLAGS, FW_SMALL_TCP_FLAGS,
		      pkt->tcp_flags);
	fw_scan_small(scan, view, pkt, FW_FIELD_ICMP_TYPE, FW_SMALL_ICMP_TYPE,
		      pkt->icmp_type);
	fw_scan_small(scan, view, pkt, FW_FIELD_ICMP_CODE, FW_SMALL_ICMP_CODE,
		      pkt->icmp_code);
	fw_scan_small(scan, view, pkt, FW_FIELD_NEXTHDR, FW_SMALL_NEXTHDR,
		      pkt->nexthdr);
	fw_scan_address(scan, view, pkt, FW_FIELD_SADDR4, saddr4, &pkt->saddr);
	fw_scan_address(scan, view, pkt, FW_FIELD_DADDR4, daddr4, &pkt->daddr);
	fw_scan_address(scan, view, pkt, FW_FIELD_SADDR6, saddr6, &pkt->saddr);
	fw_scan_address(scan, view, pkt, FW_FIELD_DADDR6, daddr6, &pkt->daddr);
}

static __always_inline void fw_charge(__u32 counter, __u32 bytes)
{
	struct fw_counter *count;

	if (counter == FW_NO_COUNTER)
		return;
	count = bpf_map_lookup_elem(&counters, &counter);
	if (count) {
		count->packets++;
		count->bytes += bytes;
	}
}

/* One matching rule: acts, clears its bit. 1: that was the end. */
static long fw_scan_step(__u32 i, struct fw_scan *scan)
{
	const struct fw_action *action = NULL;
	__u32 at = scan->at % FW_ROW_WORDS;
	__u64 bits = scan->words[at];
	void *inner;
	__u32 rule;

	(void)i;
	if (!bits) {
		scan->at = at + 1;
		return scan->at >= scan->n;
	}
	scan->words[at] = bits & (bits - 1);
	rule = (scan->first + at) * 64 + fw_lowest_bit(bits);
	inner = fw_inner(actions, scan->slot);
	if (inner)
		action = bpf_map_lookup_elem(inner, &rule);
	if (!action)
		return 0;
	if (scan->charge)
		fw_charge(action->counter, scan->bytes);
	scan->verdict = action->verdict;
	return action->verdict != FW_VERDICT_NONE;
}

/* What nft's inet ingress hook does before its chain: true, with *judged. */
static __always_inline bool fw_judge_inet(const struct fw_packet *pkt,
					  __u32 *judged)
{
	if (pkt->l3 != FW_L3_IP && pkt->l3 != FW_L3_IP6) {
		*judged = FW_JUDGED_POLICY;
		return true;
	}
	if (!(pkt->present & FW_HAS(FW_FIELD_L4PROTO))) {
		*judged = FW_JUDGED_POLICY | FW_JUDGED_DROP;
		return true;
	}
	return false;
}

/* FW_JUDGED_*; view->dev is not NULL. charge: the counters are charged. */
static __noinline __u32 fw_judge(const struct fw_view *view,
				 const struct fw_packet *pkt, __u32 charge)
{
	const struct fw_dev *dev = view->dev;
	struct fw_scan scan;
	__u32 judged;

	if (!dev)
		return FW_JUDGED_POLICY;
	if (dev->flags & FW_DEV_INET && fw_judge_inet(pkt, &judged))
		return judged;
	scan.slot = view->slot;
	scan.first = dev->first_word;
	scan.n = dev->n_words;
	scan.at = 0;
	scan.verdict = FW_VERDICT_NONE;
	scan.charge = charge;
	scan.bytes = pkt->len;
	scan.any = scan.n;
	__builtin_memset(scan.words, 0xff, sizeof(scan.words));
	fw_scan_fields(&scan, view, pkt);
	if (scan.any)
		bpf_loop(FW_RULES_MAX + FW_ROW_WORDS, fw_scan_step, &scan, 0);
	if (scan.verdict == FW_VERDICT_DROP)
		return FW_JUDGED_DROP;
	if (scan.verdict == FW_VERDICT_ACCEPT)
		return dev->policy == FW_VERDICT_NONE ? FW_JUDGED_CARRY : 0;
	if (charge)
		fw_charge(dev->policy_counter, pkt->len);
	return FW_JUDGED_POLICY |
	       (dev->policy == FW_VERDICT_DROP ? FW_JUDGED_DROP : 0);
}

struct fw_judgement {
	__u32 active, other;	/* FW_JUDGED_*; other: only in overlap */
	bool drop;
	__u16 carry;		/* FW_META_CARRY() of the slots */
};

/* By the active slot, in overlap by both: drop wins, each slot's accept is
 * carried by a bit of its own, only the active one's counters are charged. */
static __always_inline void fw_judge_word(struct fw_judgement *judgement,
					  __u64 word,
					  const struct fw_view *active,
					  const struct fw_view *other,
					  const struct fw_packet *pkt,
					  __u32 charge)
{
	judgement->active = FW_JUDGED_POLICY;
	judgement->other = FW_JUDGED_POLICY;
	if (active->dev)
		judgement->active = fw_judge(active, pkt, charge);
	if (word & FW_CONTROL_OVERLAP && other->dev)
		judgement->other = fw_judge(other, pkt, 0);
	judgement->drop =
		(judgement->active | judgement->other) & FW_JUDGED_DROP;
	judgement->carry = 0;
	if (judgement->active & FW_JUDGED_CARRY)
		judgement->carry |= FW_META_CARRY(active->slot);
	if (judgement->other & FW_JUDGED_CARRY)
		judgement->carry |= FW_META_CARRY(other->slot);
}
