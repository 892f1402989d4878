/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ordered rules over a parsed packet: for each field the row of rules that
 * admit its value, ANDed; the bits that are left are the rules that match, in
 * order. (Lakshman and Stiliadis, SIGCOMM 1998.) A row begins with a word that
 * says which of its words are not empty, so that empty ones cost nothing.
 * (Baboescu and Varghese, SIGCOMM 2001.)
 *
 * Only the device's words are looked at, and only fields that one of its rules
 * tests.
 *
 * A row that is not there, which a staged generation never has, is a row of no
 * rules.
 */
#pragma once

#include "addresses.h"
#include "events.h"
#include "limits.h"
#include "rows.h"
#include "tests.h"

#define FW_JUDGED_DROP 1u
#define FW_JUDGED_POLICY 2u	/* no rule with a verdict matched */
#define FW_JUDGED_CARRY 4u	/* accepted, and the rest is in nft */
#define FW_JUDGED_NXDOMAIN 8u	/* to be answered */
#define FW_JUDGED_REFUSED 16u
#define FW_JUDGED_ANSWER (FW_JUDGED_NXDOMAIN | FW_JUDGED_REFUSED)
#define FW_JUDGED_MALFORMED 32u	/* dropped for that, before any rule */
#define FW_JUDGED_SYNPROXY_SHIFT 6	/* the number of its options */
#define FW_JUDGED_SYNPROXY ((FW_SYNPROXIES - 1) << FW_JUDGED_SYNPROXY_SHIFT)

/* What one slot has for a device; gen and dev are NULL when that is nothing. */
struct fw_view {
	const struct fw_gen *gen;
	const struct fw_dev *dev;
	__u32 slot;
};

/* How a packet is charged: the slot, and whether its counters count; FW_ASK_*. */
#define FW_SCAN_SLOT 1u
#define FW_SCAN_CHARGE 2u

/* The matching rules of one word, in order. */
struct fw_scan {
	__u64 bits;		/* not acted on yet */
	__u32 how;		/* FW_SCAN_* */
	__u32 first;		/* the word's first rule */
	__u32 verdict;		/* enum fw_verdict */
	__u32 skip_to;		/* the next rule that may act */
	__u32 bytes;
};

/* NULL: the slot has nothing for the device. */
static __always_inline const struct fw_dev *fw_dev_find(__u32 slot,
							__u32 ifindex)
{
	void *inner = fw_inner(dev, slot);

	for (__u32 i = 0; inner && i < FW_DEVICES_MAX; i++) {
		__u32 place = FW_DEV_PLACE(ifindex, i);
		const struct fw_dev *dev = bpf_map_lookup_elem(inner, &place);

		if (!dev || !dev->ifindex)
			return NULL;
		if (dev->ifindex == ifindex)
			return dev;
	}
	return NULL;
}

static __always_inline void fw_view_init(struct fw_view *view, __u32 slot,
					 __u32 ifindex)
{
	const struct fw_gen *gen = fw_gen_of(slot);

	view->slot = slot;
	view->gen = NULL;
	view->dev = NULL;
	if (!gen || !(gen->flags & FW_GEN_CLASSIFY))
		return;
	view->dev = fw_dev_find(slot, ifindex);
	if (view->dev)
		view->gen = gen;
}

/* True when the slot has rules for the device. The barrier keeps the compiler
 * from ORing pointers, which no verifier takes. */
static __always_inline bool fw_view_judges(const struct fw_view *view)
{
	__u64 judges = view->dev != NULL;

	barrier_var(judges);
	return judges;
}

/* The row of a value, from a table that has all of them; 0 without one. */
#define fw_row_of(table, slot, key)                                         \
	({                                                                  \
		void *inner_ = fw_inner(table, slot);                       \
		const __u32 *row_ = NULL;                                   \
		if (inner_)                                                 \
			row_ = bpf_map_lookup_elem(inner_, (key));          \
		row_ ? *row_ : 0;                                           \
	})

static __always_inline __u32 fw_id_small(__u32 slot, __u32 base, __u32 value)
{
	__u32 key = base + value;

	return fw_row_of(small, slot, &key);
}

/*
 * The row of each dimension that most rules test. A packet has an address of one
 * version, and the rows of its classes leave out the rules that test the other
 * one: so both are one dimension. A table that is not there gives row 0, or class
 * 0, which has no rules that test it.
 */
#define FW_ID_ADDRESS(which, field4, field6)                                  \
	static __always_inline __u32 fw_id_##which(                           \
		const struct fw_packet *pkt, const struct fw_gen *gen,        \
		__u32 slot)                                                   \
	{                                                                     \
		if (pkt->present & FW_HAS(field4))                            \
			return gen->other[field4] +                           \
			       fw_class_##which##4(pkt, gen, slot);           \
		if (pkt->present & FW_HAS(field6))                            \
			return gen->other[field6] +                           \
			       (__u32)fw_class_##which##6(pkt, slot);         \
		return gen->absent[field4];                                   \
	}

FW_ID_ADDRESS(saddr, FW_FIELD_SADDR4, FW_FIELD_SADDR6)
FW_ID_ADDRESS(daddr, FW_FIELD_DADDR4, FW_FIELD_DADDR6)

#define FW_ID_PORT(which, field)                                              \
	static __always_inline __u32 fw_id_##which(                           \
		const struct fw_packet *pkt, const struct fw_gen *gen,        \
		__u32 slot)                                                   \
	{                                                                     \
		__u32 port = pkt->which;                                      \
                                                                              \
		return pkt->present & FW_HAS(field)                           \
			       ? fw_row_of(which, slot, &port)                \
			       : gen->absent[field];                          \
	}

FW_ID_PORT(sport, FW_FIELD_SPORT)
FW_ID_PORT(dport, FW_FIELD_DPORT)

static __always_inline __u32 fw_id_l4proto(const struct fw_packet *pkt,
					   const struct fw_gen *gen, __u32 slot)
{
	if (!(pkt->present & FW_HAS(FW_FIELD_L4PROTO)))
		return gen->absent[FW_FIELD_L4PROTO];
	return fw_id_small(slot, FW_SMALL_L4PROTO, pkt->l4proto);
}

/* Of one of the other fields, which is a constant. */
static __always_inline __u32 fw_id_seldom(const struct fw_packet *pkt,
					  const struct fw_gen *gen, __u32 slot,
					  const int field)
{
	if (!(pkt->present & FW_HAS(field)))
		return gen->absent[field];
	switch (field) {
	case FW_FIELD_L3:
		return fw_id_small(slot, FW_SMALL_L3, pkt->l3);
	case FW_FIELD_NEXTHDR:
		return fw_id_small(slot, FW_SMALL_NEXTHDR, pkt->nexthdr);
	case FW_FIELD_TCP_FLAGS:
		return fw_id_small(slot, FW_SMALL_TCP_FLAGS, pkt->tcp_flags);
	case FW_FIELD_ICMP_TYPE:
		return fw_id_small(slot, FW_SMALL_ICMP_TYPE, pkt->icmp_type);
	case FW_FIELD_ICMP_CODE:
		return fw_id_small(slot, FW_SMALL_ICMP_CODE, pkt->icmp_code);
	default:
		return 0;
	}
}

#define FW_SELDOM                                                      \
	(FW_HAS(FW_FIELD_L3) | FW_HAS(FW_FIELD_NEXTHDR) |              \
	 FW_HAS(FW_FIELD_TCP_FLAGS) | FW_HAS(FW_FIELD_ICMP_TYPE) |     \
	 FW_HAS(FW_FIELD_ICMP_CODE))

/* ANDs their rows into the tested one. Not static: verified by itself, once. */
__noinline int fw_run_fields(const struct fw_packet *pkt,
			     const struct fw_gen *gen, __u32 slot, __u32 fields)
{
	if (!pkt || !gen)
		return 0;
	slot &= 1;
#pragma unroll
	for (int f = 0; f < FW_FIELD_MAX_; f++)
		if (FW_SELDOM & fields & FW_HAS(f) &&
		    fw_narrow(slot, fw_id_seldom(pkt, gen, slot, f)))
			return 0;
	return 0;
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

/* Of the 64 rules from first on, those that a skip to this rule leaves. */
static __always_inline __u64 fw_bits_from(__u32 first, __u32 skip_to)
{
	if (skip_to <= first)
		return ~0ULL;
	return skip_to - first < 64 ? ~0ULL << ((skip_to - first) & 63) : 0;
}

/* One matching rule: acts, clears its bit. 1: that was the end. */
static long fw_scan_step(__u32 i, struct fw_scan *scan)
{
	const struct fw_action *action = NULL;
	__u64 bits = scan->bits;
	void *inner;
	__u32 rule;

	(void)i;
	if (!bits)
		return 1;
	scan->bits = bits & (bits - 1);
	rule = scan->first + fw_lowest_bit(bits);
	inner = fw_inner(actions, scan->how & FW_SCAN_SLOT);
	if (inner)
		action = bpf_map_lookup_elem(inner, &rule);
	if (!action)
		return 0;
	if (action->limit &&
	    !fw_limit_holds(action->limit - 1, scan->how, scan->bytes))
		return 0;
	if (scan->how & FW_SCAN_CHARGE) {
		fw_charge(action->counter, scan->bytes);
		fw_note(action);
	}
	if (action->verdict == FW_VERDICT_SKIP) {
		scan->skip_to = action->skip_to;
		scan->bits &= fw_bits_from(scan->first, action->skip_to);
		return 0;
	}
	scan->verdict = action->verdict;
	return action->verdict != FW_VERDICT_NONE;
}

/* The matching rules of a word, to the first with a verdict: FW_SCANNED(that,
 * where a skip goes). Not static: verified by itself, once. Most words end at
 * their first rule. */
#define FW_SCANNED(verdict, skip_to) ((int)((verdict) | (skip_to) << 8))
#define FW_SCANNED_VERDICT(scanned) ((__u32)(scanned) & 0xff)
#define FW_SCANNED_SKIP(scanned) ((__u32)(scanned) >> 8)

__noinline int fw_scan_word(__u32 how, __u32 first, __u64 bits, __u32 bytes)
{
	struct fw_scan scan = {
		.bits = bits,
		.how = how,
		.first = first,
		.verdict = FW_VERDICT_NONE,
		.bytes = bytes,
	};

	if (!fw_scan_step(0, &scan) && scan.bits)
		bpf_loop(64, fw_scan_step, &scan, 0);
	return FW_SCANNED(scan.verdict, scan.skip_to);
}

/* Of a dimension that the chain's rules test, by these fields: its row, which
 * narrows the words; of others, the row of all rules. */
#define FW_ROW(dimension, fields)                                         \
	const struct fw_row *dimension = every;                           \
	if (~chain->skip & (fields)) {                                    \
		id = fw_id_##dimension(pkt, gen, slot);                   \
		dimension = bpf_map_lookup_elem(rows_, &id);              \
		if (!dimension)                                           \
			return FW_VERDICT_NONE;                           \
		words &= dimension->any;                                  \
	}

/*
 * The rows of all dimensions, then word by word what they have in common. The
 * verdict of the chain's rules, or NONE. Not static, as above.
 */
__noinline int fw_scan_rules(FW_CTX *ctx, const struct fw_packet *pkt,
			     const struct fw_chain *chain,
			     const struct fw_gen *gen, __u32 how)
{
	__u32 slot = how & FW_SCAN_SLOT, skip_to = 0, id;
	const struct fw_row *every, *tested;
	void *rows_ = fw_inner(rows, slot);
	__u64 words;

	if (!pkt || !chain || !gen || !rows_)
		return FW_VERDICT_NONE;
	words = chain->words;
	id = gen->every;
	every = tested = bpf_map_lookup_elem(rows_, &id);
	if (!every)
		return FW_VERDICT_NONE;
	FW_ROW(saddr, FW_HAS(FW_FIELD_SADDR4) | FW_HAS(FW_FIELD_SADDR6))
	FW_ROW(daddr, FW_HAS(FW_FIELD_DADDR4) | FW_HAS(FW_FIELD_DADDR6))
	FW_ROW(dport, FW_HAS(FW_FIELD_DPORT))
	FW_ROW(sport, FW_HAS(FW_FIELD_SPORT))
	FW_ROW(l4proto, FW_HAS(FW_FIELD_L4PROTO))
	if (words && (chain->tests || ~chain->skip & FW_SELDOM)) {
		tested = fw_tested_begin(words);
		if (!tested)
			return FW_VERDICT_NONE;
		fw_run_fields(pkt, gen, slot, ~chain->skip & FW_SELDOM);
		fw_run_tests(ctx, pkt, slot, chain->tests);
		words &= tested->any;
	}
	for (__u32 i = 0; i < FW_ROW_WORDS && words; i++) {
		__u32 w = fw_lowest_bit(words) % FW_ROW_WORDS;
		__u64 bits = saddr->words[w] & daddr->words[w] &
			     dport->words[w];
		int scanned;

		words &= words - 1;
		if (!bits)
			continue;
		bits &= sport->words[w] & l4proto->words[w] &
			tested->words[w] & fw_bits_from(w * 64, skip_to);
		if (!bits)
			continue;
		scanned = fw_scan_word(how, w * 64, bits, pkt->len);
		if (FW_SCANNED_VERDICT(scanned) != FW_VERDICT_NONE)
			return FW_SCANNED_VERDICT(scanned);
		if (FW_SCANNED_SKIP(scanned))
			skip_to = FW_SCANNED_SKIP(scanned);
	}
	return FW_VERDICT_NONE;
}

/* The same of a chain whose rules are one word, as most are: its word of each row,
 * what is found by one look first, until nothing is left. */
#define FW_BITS(dimension, fields)                                        \
	if (~chain->skip & (fields)) {                                    \
		id = fw_id_##dimension(pkt, gen, slot);                   \
		row = bpf_map_lookup_elem(rows_, &id);                    \
		bits &= row ? row->words[w] : 0;                          \
		if (!bits)                                                \
			return FW_VERDICT_NONE;                           \
	}

/* Not static, as above. */
__noinline int fw_scan_few(FW_CTX *ctx, const struct fw_packet *pkt,
			   const struct fw_chain *chain,
			   const struct fw_gen *gen, __u32 how)
{
	__u32 slot = how & FW_SCAN_SLOT, w, id;
	void *rows_ = fw_inner(rows, slot);
	const struct fw_row *row;
	__u64 bits = ~0ULL;

	if (!pkt || !chain || !gen || !rows_ || !chain->words)
		return FW_VERDICT_NONE;
	w = fw_lowest_bit(chain->words) % FW_ROW_WORDS;
	FW_BITS(dport, FW_HAS(FW_FIELD_DPORT))
	FW_BITS(saddr, FW_HAS(FW_FIELD_SADDR4) | FW_HAS(FW_FIELD_SADDR6))
	FW_BITS(daddr, FW_HAS(FW_FIELD_DADDR4) | FW_HAS(FW_FIELD_DADDR6))
	FW_BITS(sport, FW_HAS(FW_FIELD_SPORT))
	FW_BITS(l4proto, FW_HAS(FW_FIELD_L4PROTO))
	if (chain->tests || ~chain->skip & FW_SELDOM) {
		row = fw_tested_begin(chain->words);
		if (!row)
			return FW_VERDICT_NONE;
		fw_run_fields(pkt, gen, slot, ~chain->skip & FW_SELDOM);
		fw_run_tests(ctx, pkt, slot, chain->tests);
		bits &= row->any ? row->words[w] : 0;
	}
	if (!(bits + 1)) {	/* nothing was tested */
		id = gen->every;
		row = bpf_map_lookup_elem(rows_, &id);
		bits = row ? row->words[w] : 0;
	}
	if (!bits)
		return FW_VERDICT_NONE;
	return FW_SCANNED_VERDICT(fw_scan_word(how, w * 64, bits, pkt->len));
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

/* FW_JUDGED_* of one chain. */
static __always_inline __u32 fw_judge_chain(FW_CTX *ctx,
					    const struct fw_packet *pkt,
					    const struct fw_chain *chain,
					    const struct fw_gen *gen, __u32 how)
{
	__u32 judged;
	int verdict;

	if (chain->flags & FW_CHAIN_INET && fw_judge_inet(pkt, &judged))
		return judged;
	if (chain->tests & FW_TESTS_DNS)
		fw_dns_look(ctx, pkt, how & FW_SCAN_SLOT);
	verdict = chain->words & (chain->words - 1) ?
			  fw_scan_rules(ctx, pkt, chain, gen, how) :
			  fw_scan_few(ctx, pkt, chain, gen, how);
	if (verdict == FW_VERDICT_DROP)
		return FW_JUDGED_DROP;
	if (verdict == FW_VERDICT_NXDOMAIN)
		return FW_JUDGED_NXDOMAIN;
	if (verdict == FW_VERDICT_REFUSED)
		return FW_JUDGED_REFUSED;
	if (verdict == FW_VERDICT_ACCEPT ||
	    FW_VERDICT_OF(verdict) == FW_VERDICT_SYNPROXY) {
		judged = FW_VERDICT_NUMBER(verdict) << FW_JUDGED_SYNPROXY_SHIFT;
		return chain->policy == FW_VERDICT_NONE ?
			       judged | FW_JUDGED_CARRY : judged;
	}
	if (how & FW_SCAN_CHARGE)
		fw_charge(chain->policy_counter, pkt->len);
	return FW_JUDGED_POLICY |
	       (chain->policy == FW_VERDICT_DROP ? FW_JUDGED_DROP : 0);
}

/* Of all chains of the device: the first that drops or answers, else the last,
 * with the first `synproxy`. Not static, as above. */
__noinline int fw_judge(FW_CTX *ctx, const struct fw_packet *pkt,
			const struct fw_dev *dev, const struct fw_gen *gen,
			__u32 how)
{
	__u32 judged = FW_JUDGED_POLICY, synproxy = 0;

	if (!pkt || !dev || !gen)
		return (int)judged;
	if (pkt->malformed && dev->flags & FW_DEV_DROP_MALFORMED)
		return FW_JUDGED_DROP | FW_JUDGED_MALFORMED;
	for (__u32 i = 0; i < FW_CHAINS_MAX; i++) {
		if (i >= dev->n_chains)
			break;
		judged = fw_judge_chain(ctx, pkt, &dev->chains[i], gen, how);
		if (judged & (FW_JUDGED_DROP | FW_JUDGED_ANSWER))
			break;
		if (!synproxy)
			synproxy = judged & FW_JUDGED_SYNPROXY;
	}
	return (int)((judged & ~FW_JUDGED_SYNPROXY) | synproxy);
}

struct fw_judgement {
	__u32 active, other;	/* FW_JUDGED_*; other: only in overlap */
	bool drop;
	__u8 answer;		/* one of FW_JUDGED_ANSWER, or 0; unless drop */
	__u16 carry;		/* FW_META_CARRY() of the slots */
	__u8 synproxy;		/* number of a `synproxy`, or 0; unless drop */
	__u8 synproxy_slot;	/* valid with it */
};

static __always_inline __u8 fw_judged_synproxy(__u32 judged)
{
	return (judged & FW_JUDGED_SYNPROXY) >> FW_JUDGED_SYNPROXY_SHIFT;
}

/* By the active slot, in overlap by both: drop wins, then an answer; each
 * slot's accept is carried by a bit of its own, only the active one's counters
 * are charged, and a limit that stands in both once. Without FW_ASK_LIMITS nothing
 * is: an earlier program has done it. */
static __always_inline void fw_judge_word(FW_CTX *ctx,
					  struct fw_judgement *judgement,
					  __u64 word,
					  const struct fw_view *active,
					  const struct fw_view *other,
					  const struct fw_packet *pkt,
					  __u32 ask)
{
	__u32 charge = ask & FW_ASK_LIMITS ? FW_SCAN_CHARGE : 0;

	judgement->active = FW_JUDGED_POLICY;
	judgement->other = FW_JUDGED_POLICY;
	if (charge && word & FW_CONTROL_OVERLAP) {
		ask |= FW_ASK_ONCE;
		fw_answers_begin();
	}
	if (active->dev)
		judgement->active = (__u32)fw_judge(ctx, pkt, active->dev,
						    active->gen,
						    ask | active->slot | charge);
	if (word & FW_CONTROL_OVERLAP && other->dev)
		judgement->other = (__u32)fw_judge(ctx, pkt, other->dev,
						   other->gen,
						   ask | other->slot);
	judgement->drop =
		(judgement->active | judgement->other) & FW_JUDGED_DROP;
	judgement->answer = judgement->active & FW_JUDGED_ANSWER;
	if (!judgement->answer)
		judgement->answer = judgement->other & FW_JUDGED_ANSWER;
	judgement->synproxy = fw_judged_synproxy(judgement->active);
	judgement->synproxy_slot = active->slot;
	if (!judgement->synproxy) {
		judgement->synproxy = fw_judged_synproxy(judgement->other);
		judgement->synproxy_slot = other->slot;
	}
	judgement->carry = 0;
	if (judgement->active & FW_JUDGED_CARRY)
		judgement->carry |= FW_META_CARRY(active->slot);
	if (judgement->other & FW_JUDGED_CARRY)
		judgement->carry |= FW_META_CARRY(other->slot);
}
