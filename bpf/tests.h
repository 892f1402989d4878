/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests (struct fw_test): numbers of a packet that no table of the classifier
 * looks up, and the rows of rules that admit them. A device says which tests its
 * rules need; all of them together leave one row, in the scratch of the CPU.
 *
 * A program says before it includes this header:
 *
 *	fw_ctx_load_link(ctx, offset, to, size)	as fw_ctx_load(), of a link
 *				header that has its tag; at 12 and 14, 2 bytes
 */
#pragma once

#include "dns_name.h"
#include "rows.h"

/* What one XDP program tells the next one of the packet. */
struct fw_handover {
	__u64 word;		/* the control word that the packet has met */
	__u16 carry;		/* FW_META_CARRY() */
	__u8 slot, number;	/* of the rule's `synproxy` */
};

/* What this CPU has told in the tick at hand, by type. */
struct fw_told {
	__u64 tick;
	__u32 n[FW_EVENT_MAX_];
	__u32 pad;
};

/* Too large for the stack, and used by one packet at a time. */
struct fw_scratch {
	struct fw_packet packet;
	struct fw_row tested;
	/* What events say of the rules of the active slot: */
	__u32 n_logs;		/* that said `log`; the first ones' ids */
	__u32 logs[FW_EVENTS_PACKET];
	__u32 decided;		/* id of the last one with a verdict */
	__u32 limited;		/* it had a limit */
	__u32 pad;
	struct fw_handover handover;
	struct fw_told told;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_scratch);
} scratch SEC(".maps");

static __always_inline struct fw_scratch *fw_scratch_of(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&scratch, &key);
}

static __always_inline struct fw_packet *fw_packet_room(void)
{
	struct fw_scratch *room = fw_scratch_of();

	return room ? &room->packet : NULL;
}

/* --- numbers --------------------------------------------------------------- */
#define FW_NOTHING (~0ULL)	/* the packet has no such number */
#define FW_PROTOCOL_802_3 0x0001	/* ETH_P_802_3, ETH_P_802_2: no type, but */
#define FW_PROTOCOL_802_2 0x0004	/* a length stands there */

static __always_inline bool fw_place_fits(const struct fw_place *place,
					  const struct fw_packet *pkt)
{
	return !place->protocols[0] || pkt->l4proto == place->protocols[0] ||
	       pkt->l4proto == place->protocols[1];
}

static __always_inline __u64 fw_place_value(FW_CTX *ctx,
					    const struct fw_packet *pkt,
					    const struct fw_place *place)
{
	__u32 size = ((place->size - 1) & 7) + 1, offset = place->offset;
	__be16 outer = 0;
	__u64 value = 0;
	long missing;

	switch (place->base) {
	case FW_BASE_VLAN:
		if (fw_ctx_load_link(ctx, 12, &outer, 2) ||
		    outer != bpf_htons(ETH_P_8021Q))
			return FW_NOTHING;
		missing = fw_ctx_load_link(ctx, offset, &value, size);
		break;
	case FW_BASE_LINK:
		missing = fw_ctx_load_link(ctx, offset, &value, size);
		break;
	case FW_BASE_NETWORK:
		missing = fw_ctx_load(ctx, pkt->l3_off + offset, &value, size);
		break;
	case FW_BASE_TRANSPORT:
		if (!pkt->whole_l4 || !fw_place_fits(place, pkt))
			return FW_NOTHING;
		missing = fw_ctx_load(ctx, pkt->l4_off + offset, &value, size);
		break;
	default:
		return FW_NOTHING;
	}
	if (missing)
		return FW_NOTHING;
	value = bpf_be64_to_cpu(value) >> (64 - 8 * size);
	return value >> (place->shift & 63) &
	       ((1ULL << (place->bits & 63)) - 1);
}

static __always_inline __u64 fw_protocol(FW_CTX *ctx,
					 const struct fw_packet *pkt)
{
	__u16 first = 0;

	if (pkt->type >= FW_ETH_TYPE_MIN)
		return pkt->type;
	if (!fw_ctx_load(ctx, pkt->l3_off, &first, 2) && first == 0xffff)
		return FW_PROTOCOL_802_3;
	return FW_PROTOCOL_802_2;
}

/* As far as a fragment header, past all others (nft's exthdr expression). */
struct fw_search {
	FW_CTX *ctx;
	__u32 total;		/* of the frame, Ethernet header included */
	__u32 left;		/* from the header at hand on */
	__u32 next;		/* protocol of the header at hand */
	__u32 found;
};

static long fw_search_step(__u32 i, struct fw_search *search)
{
	struct fw_extension ext = {0};
	__u32 proto = search->next;
	__u32 need = 2, size;

	(void)i;
	if (!fw_is_extension(proto) || proto == IPPROTO_NONE)
		return 1;
	if (proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT)
		need = 4;
	if (search->left < need ||
	    fw_ctx_load(search->ctx, search->total - search->left, &ext, 2))
		return 1;
	if (proto == IPPROTO_FRAGMENT) {
		search->found = 1;
		return 1;
	}
	size = ext.size * (proto == IPPROTO_AH ? 4 : 8) + 8;
	search->next = ext.next;
	search->left = search->left > size ? search->left - size : 0;
	return 0;
}

static __noinline __u64 fw_has_fragment(FW_CTX *ctx,
					const struct fw_packet *pkt)
{
	struct fw_search search = {
		.ctx = ctx,
		.total = pkt->l3_off + pkt->len,
		.left = pkt->len - sizeof(struct ipv6hdr),
		.next = pkt->nexthdr,
		.found = pkt->l3 != FW_L3_IP6,	/* unknown to 6.1: see fw_walk */
	};

	if (pkt->l3 != FW_L3_IP6)
		return FW_NOTHING;
	if (pkt->len < sizeof(struct ipv6hdr))
		return 0;
	bpf_loop(FW_IP6_EXTENSIONS, fw_search_step, &search, 0);
	return search.found;
}

/* What the packet asks, read once: enum fw_dns_asked. */
static __always_inline __u8 fw_dns_read_once(FW_CTX *ctx,
					     const struct fw_packet *pkt)
{
	struct fw_packet *room = fw_packet_room();

	if (!room)
		return FW_DNS_NONE;
	if (room->dns == FW_DNS_UNREAD)
		room->dns = fw_dns_ask(ctx, pkt);
	return room->dns;
}

#define FW_TESTS_DNS                                     \
	(1ULL << (FW_FIELD_DNS_QTYPE - FW_FIELD_MAX_) |  \
	 1ULL << (FW_FIELD_DNS_CLASS - FW_FIELD_MAX_))

/* Leaves in the scratch values what tests of questions need, before rules are
 * scanned: there is no room on the stack for it later. Not static: verified by
 * itself, once. */
__noinline int fw_dns_look(FW_CTX *ctx, const struct fw_packet *pkt, __u32 slot)
{
	if (pkt && pkt->dport == FW_DNS_PORT &&
	    fw_dns_read_once(ctx, pkt) == FW_DNS_ASKED)
		fw_dns_class(slot);
	return 0;
}

/* As fw_dns_look() has left it. */
static __always_inline __u64 fw_dns_number(const struct fw_packet *pkt,
					   __u32 kind)
{
	const struct fw_dns *dns = fw_dns_scratch();

	if (!dns || pkt->dns != FW_DNS_ASKED)
		return FW_NOTHING;
	return kind == FW_TEST_DNS_CLASS ? dns->class : dns->qtype;
}

/* --- live sets ------------------------------------------------------------- */
static __always_inline bool fw_is_member(const struct fw_set_member *member)
{
	__u64 until = member ? *(volatile const __u64 *)&member->until_ns : 1;

	return !until || (member && until > bpf_ktime_get_boot_ns());
}

/* 1, 0, or -1 where the set is not filled yet. Not static: verified by itself,
 * once, with the keys on a stack of its own. */
__noinline int fw_in_set(__u64 set, const struct fw_address *address)
{
	const struct fw_set *of = bpf_map_lookup_elem(&sets, &set);
	union {
		struct fw_set_host host;
		struct fw_set_net net;
	} key = {0};

	if (!of || !address)
		return -1;
	if (of->flags & FW_SET_HOSTS) {
		key.host.set = set;
		__builtin_memcpy(key.host.addr, address->words,
				 sizeof(key.host.addr));
		if (fw_is_member(bpf_map_lookup_elem(&set_hosts, &key)))
			return 1;
	}
	if (!(of->flags & FW_SET_NETS))
		return 0;
	key.net.prefix_len = 64 + address->prefix_len;
	__builtin_memcpy(key.net.set, &set, sizeof(key.net.set));
	__builtin_memcpy(key.net.addr, address->words, sizeof(key.net.addr));
	return fw_is_member(bpf_map_lookup_elem(&set_nets, &key));
}

static __always_inline __u64 fw_membership(const struct fw_packet *pkt,
					   const struct fw_test *test)
{
	__u32 field = test->field;
	int in;

	if (!(pkt->present & FW_HAS(field & 15)))
		return FW_NOTHING;
	if (field == FW_FIELD_SADDR4 || field == FW_FIELD_SADDR6)
		in = fw_in_set(test->set, &pkt->saddr);
	else
		in = fw_in_set(test->set, &pkt->daddr);
	return in < 0 ? FW_NOTHING : in != 0;
}

/* --- rows ------------------------------------------------------------------ */
/* The row of a number: that of the last cut at or before it. */
static __always_inline __u32 fw_cut_row(__u32 slot, const struct fw_test *test,
					__u64 value)
{
	void *inner = fw_inner(cuts, slot);
	__u32 at = test->first, n = test->n;
	const struct fw_cut *cut;

	if (!inner)
		return 0;
	for (int i = 0; i < 20 && n > 1; i++) {
		__u32 middle = at + n / 2;

		cut = bpf_map_lookup_elem(inner, &middle);
		if (!cut)
			return 0;
		if (cut->from <= value) {
			n -= n / 2;
			at = middle;
		} else {
			n /= 2;
		}
	}
	cut = bpf_map_lookup_elem(inner, &at);
	return cut ? cut->row : 0;
}

/* Not static: verified by itself, once. Row 0 has no rules. */
__noinline int fw_test_row(FW_CTX *ctx, const struct fw_packet *pkt, __u32 slot,
			   __u32 number)
{
	void *inner = fw_inner(tests, slot & 1);
	const struct fw_test *test;
	__u64 value;

	if (!pkt || !inner)
		return 0;
	test = bpf_map_lookup_elem(inner, &number);
	if (!test)
		return 0;
	switch (test->kind) {
	case FW_TEST_LOAD:
		value = fw_place_value(ctx, pkt,
				      &test->place[pkt->l3 % FW_L3_MAX_]);
		break;
	case FW_TEST_LENGTH:
		value = pkt->len;
		break;
	case FW_TEST_PROTOCOL:
		value = fw_protocol(ctx, pkt);
		break;
	case FW_TEST_FRAGMENT:
		value = fw_has_fragment(ctx, pkt);
		break;
	case FW_TEST_DNS_QTYPE:
	case FW_TEST_DNS_CLASS:
		value = fw_dns_number(pkt, test->kind);
		break;
	case FW_TEST_SET:
		value = fw_membership(pkt, test);
		break;
	default:
		return 0;
	}
	if (value == FW_NOTHING)
		return (int)test->absent;
	return (int)fw_cut_row(slot & 1, test, value);
}

/* The row that fw_narrow() narrows: of all rules in these words. */
static __always_inline const struct fw_row *fw_tested_begin(__u64 words)
{
	struct fw_scratch *room = fw_scratch_of();

	if (!room)
		return NULL;
	room->tested.any = words;
	for (int i = 0; i < FW_ROW_WORDS && words; i++) {
		room->tested.words[fw_lowest_bit(words) % FW_ROW_WORDS] = ~0ULL;
		words &= words - 1;
	}
	return &room->tested;
}

/* ANDs a row into the tested one; 1 where nothing is left. Words in which nothing
 * is left are not looked at again. Not static, as above. */
__noinline int fw_narrow(__u32 slot, __u32 id)
{
	struct fw_scratch *room = fw_scratch_of();
	void *inner = fw_inner(rows, slot & 1);
	const struct fw_row *row = NULL;
	__u64 words;

	if (!room)
		return 1;
	if (inner)
		row = bpf_map_lookup_elem(inner, &id);
	words = row ? room->tested.any & row->any : 0;
	room->tested.any = words;
	for (int i = 0; row && i < FW_ROW_WORDS && words; i++) {
		__u32 w = fw_lowest_bit(words) % FW_ROW_WORDS;

		words &= words - 1;
		room->tested.words[w] &= row->words[w];
	}
	return !room->tested.any;
}

/* ANDs the rows of these tests into the tested one. Not static, as above. */
__noinline int fw_run_tests(FW_CTX *ctx, const struct fw_packet *pkt, __u32 slot,
			    __u64 numbers)
{
	if (!pkt)
		return 0;
	for (int i = 0; i < FW_TESTS_MAX && numbers; i++) {
		__u32 id = fw_test_row(ctx, pkt, slot, fw_lowest_bit(numbers));

		numbers &= numbers - 1;
		if (fw_narrow(slot, id))
			return 0;
	}
	return 0;
}
