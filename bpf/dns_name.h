/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question of a DNS query over UDP, and in which sets its name is.
 *
 * A query is judged only where nothing about it is odd: a standard query with
 * one question whose name is whole, without pointers, and no records but one
 * more, which is EDNS as a rule. Of any other message nothing is said.
 *
 * The name is hashed as abi.h tells, from its last label on, and each suffix on
 * the way is looked up: the state goes on, a copy of it is finished. The search
 * ends at the first suffix that is not there, so that the depth of a name costs
 * nothing where the sets have nothing below.
 *
 * What a packet asks stands in a scratch value of the CPU until the next one is
 * read: programs run to their end in one softirq. The loops keep their state
 * there too: kernels before 6.7 check a step once, with what they know of the
 * state then, and of a map's value they know nothing.
 */
#pragma once

#include "rows.h"

#define FW_DNS_PORT 53
#define FW_DNS_KIND 0xf800	/* QR and opcode, RFC 1035 section 4.1.1 */
#define FW_DNS_LABELS 127	/* of one byte */
#define FW_DNS_OPT_SIZE 11	/* EDNS without options, RFC 6891 section 6.1.2 */
/* Name, type, class, and what may stand behind them. */
#define FW_DNS_QUESTION_MAX (FW_DNS_NAME_MAX + 4 + FW_DNS_OPT_SIZE)
#define FW_DNS_QUESTION_ROOM 512	/* a power of two: bounds by masks */

FW_GENERATIONAL_ARRAY(name_head, sizeof(struct fw_name_head), 1, 0);
FW_GENERATIONAL_ARRAY(name_filter, sizeof(__u64), 1, BPF_F_INNER_MAP);
FW_GENERATIONAL_ARRAY(names, sizeof(struct fw_name_bucket), 1, BPF_F_INNER_MAP);

enum fw_dns_asked {
	FW_DNS_UNREAD,
	FW_DNS_NONE,		/* not for UDP port 53, or no query */
	FW_DNS_ODD,		/* that cannot be judged */
	FW_DNS_ASKED,
};

struct fw_dns_head {
	__be16 source, dest, len, check;	/* UDP */
	__be16 id, flags;
	__be16 questions, answers, authorities, additional;
};

struct fw_dns {
	__u64 v0, v1, v2, v3;	/* SipHash */
	__u32 hashed;		/* bytes */
	__u32 class;		/* of the longest suffix so far */
	__u32 len;		/* of question, as far as the message reaches */
	__u32 at;		/* the label at hand */
	__u32 labels;		/* that are known */
	__u32 left;		/* of them, to be hashed */
	__u32 end;		/* of the name, its root's 0 included; else 0 */
	__u32 qtype;
	__u8 label[FW_DNS_LABELS + 1];	/* where each begins */
	struct fw_dns_head head;	/* from here on as on the wire */
	__u8 question[FW_DNS_QUESTION_ROOM + FW_DNS_OPT_SIZE + 1];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_dns);
} dns_scratch SEC(".maps");

static __always_inline struct fw_dns *fw_dns_scratch(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&dns_scratch, &key);
}

/* --- the question --------------------------------------------------------- */
struct fw_dns_walk {
	struct fw_dns *dns;
};

/* One label. 1: that was the root, or something odd, and end is 0. */
static long fw_dns_label(__u32 i, struct fw_dns_walk *walk)
{
	struct fw_dns *dns = walk->dns;
	__u32 at = dns->at, labels = dns->labels;
	__u8 size;

	(void)i;
	if (at >= dns->len || at >= FW_DNS_NAME_MAX || labels > FW_DNS_LABELS)
		return 1;
	size = dns->question[at];
	if (!size) {
		dns->end = at + 1;
		return 1;
	}
	if (size > FW_DNS_LABEL_MAX)
		return 1;
	dns->label[labels] = at;
	dns->labels = labels + 1;
	dns->at = at + 1 + size;
	return 0;
}

/* Copies the question of a message that ends at end. */
static __always_inline bool fw_dns_load(FW_CTX *ctx, struct fw_dns *dns,
					__u32 at, __u32 end)
{
	__u32 len = end - at;

	if (at >= end)
		return false;
	if (len > FW_DNS_QUESTION_MAX)
		len = FW_DNS_QUESTION_MAX;
	/* Changes nothing, and says 1 to 512 in a way that a verifier sees which
	 * does not take it from a comparison with 0 (6.1). */
	barrier_var(len);
	len = ((len - 1) & (FW_DNS_QUESTION_ROOM - 1)) + 1;
	dns->len = len;
	return !fw_ctx_load(ctx, at, dns->question, len);
}

static __always_inline bool fw_dns_read(FW_CTX *ctx, struct fw_dns *dns,
					__u32 at, __u32 end)
{
	struct fw_dns_walk walk = {dns};

	if (!fw_dns_load(ctx, dns, at, end))
		return false;
	dns->at = 0;
	dns->labels = 0;
	dns->end = 0;
	bpf_loop(FW_DNS_LABELS + 1, fw_dns_label, &walk, 0);
	at = dns->end;
	if (!at || at > FW_DNS_NAME_MAX || at + 4 > dns->len)
		return false;
	dns->qtype = (__u32)dns->question[at] << 8 | dns->question[at + 1];
	return true;
}

/* Reads the question into the scratch value: enum fw_dns_asked. Not static:
 * verified by itself, once. */
__noinline int fw_dns_ask(FW_CTX *ctx, const struct fw_packet *pkt)
{
	struct fw_dns *dns = fw_dns_scratch();
	const struct fw_dns_head *head;
	__u32 len;

	if (!pkt || !dns || !(pkt->present & FW_HAS(FW_FIELD_DPORT)) ||
	    pkt->l4proto != IPPROTO_UDP || pkt->dport != FW_DNS_PORT)
		return FW_DNS_NONE;
	head = &dns->head;
	if (fw_ctx_load(ctx, pkt->l4_off, &dns->head, sizeof(*head)))
		return FW_DNS_ODD;
	len = bpf_ntohs(head->len);
	if (len < sizeof(*head) || pkt->l4_off + len > pkt->l3_off + pkt->len)
		return FW_DNS_ODD;
	if (head->flags & bpf_htons(FW_DNS_KIND))
		return FW_DNS_NONE;
	if (head->questions != bpf_htons(1) || head->answers ||
	    head->authorities || (head->additional & ~bpf_htons(1)) ||
	    !fw_dns_read(ctx, dns, pkt->l4_off + sizeof(*head),
			 pkt->l4_off + len))
		return FW_DNS_ODD;
	return FW_DNS_ASKED;
}

/* --- hashing -------------------------------------------------------------- */
static __always_inline __u64 fw_rotate(__u64 x, int n)
{
	return x << n | x >> (64 - n);
}

#define FW_SIP_ROUND(v0, v1, v2, v3)                      \
	do {                                              \
		v0 += v1;                                 \
		v2 += v3;                                 \
		v1 = fw_rotate(v1, 13) ^ v0;              \
		v3 = fw_rotate(v3, 16) ^ v2;              \
		v0 = fw_rotate(v0, 32);                   \
		v2 += v1;                                 \
		v0 += v3;                                 \
		v1 = fw_rotate(v1, 17) ^ v2;              \
		v3 = fw_rotate(v3, 21) ^ v0;              \
		v2 = fw_rotate(v2, 32);                   \
	} while (0)

static __always_inline void fw_sip_init(struct fw_dns *dns, const __u64 key[2])
{
	dns->v0 = key[0] ^ 0x736f6d6570736575ULL;
	dns->v1 = key[1] ^ 0x646f72616e646f6dULL ^ 0xee;	/* 128 bits */
	dns->v2 = key[0] ^ 0x6c7967656e657261ULL;
	dns->v3 = key[1] ^ 0x7465646279746573ULL;
	dns->hashed = 0;
}

#define FW_BYTES(byte) (0x0101010101010101ULL * (byte))

/* A word of the name, first byte lowest. Words begin at any byte: an
 * architecture that cannot read them so refuses the program. */
static __always_inline __u64 fw_name_word(const __u8 *at)
{
	__u64 word = *(const __u64 *)at;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* A to Z in lower case, eight bytes at once: of the low seven bits of each, one
 * sum carries into the eighth from 'A' on, the other behind 'Z'. A length byte
 * is less than either. */
static __always_inline __u64 fw_lower(__u64 word)
{
	__u64 low = word & FW_BYTES(0x7f);
	__u64 from_a = low + FW_BYTES(0x80 - 'A');
	__u64 behind_z = low + FW_BYTES(0x7f - 'Z');

	return word | ((from_a ^ behind_z) & ~word & FW_BYTES(0x80)) >> 2;
}

/* One more label, at its length byte. */
static __always_inline void fw_name_absorb(struct fw_dns *dns, __u8 at)
{
	const __u8 *label = dns->question + at;
	__u64 v0 = dns->v0, v1 = dns->v1, v2 = dns->v2, v3 = dns->v3;
	__u32 left = (label[0] & FW_DNS_LABEL_MAX) + 1;

	dns->hashed += (left + 7) & ~7u;
#pragma unroll
	for (int w = 0; w < (FW_DNS_LABEL_MAX + 1) / 8; w++) {
		__u64 word = fw_lower(fw_name_word(label + 8 * w));

		if (left < 8)
			word &= (1ULL << 8 * left) - 1;
		v3 ^= word;
		FW_SIP_ROUND(v0, v1, v2, v3);
		v0 ^= word;
		if (left <= 8)
			break;
		left -= 8;
	}
	dns->v0 = v0;
	dns->v1 = v1;
	dns->v2 = v2;
	dns->v3 = v3;
}

/* --- looking up ----------------------------------------------------------- */
struct fw_name_walk {
	struct fw_dns *dns;
	const struct fw_name_head *head;
	__u32 slot;
};

static __always_inline bool fw_name_maybe(const struct fw_name_walk *walk,
					  __u64 low)
{
	__u32 bit = (__u32)low & walk->head->filter_mask;
	void *inner = fw_inner(name_filter, walk->slot);
	__u32 index = bit / 64;
	const __u64 *word = NULL;

	if (inner)
		word = bpf_map_lookup_elem(inner, &index);
	return word && *word >> bit % 64 & 1;
}

/* True with the class, as it stands there. */
static __always_inline bool fw_name_in(const struct fw_name_bucket *bucket,
				       __u64 check, bool whole, __u32 *class)
{
#pragma unroll
	for (int way = 0; way < FW_NAME_WAYS; way++) {
		if (bucket->check[way] != check)
			continue;
		*class = whole ? bucket->whole[way] : bucket->below[way];
		return true;
	}
	return false;
}

/* The suffix that has been hashed so far; whole: it is the name. */
static __always_inline bool fw_name_find(const struct fw_name_walk *walk,
					 struct fw_dns *dns, bool whole)
{
	__u64 v0 = dns->v0, v1 = dns->v1, v2 = dns->v2, v3 = dns->v3;
	__u64 length = (__u64)dns->hashed << 56, low, check;
	void *inner = fw_inner(names, walk->slot);
	const struct fw_name_bucket *bucket;
	__u32 index;

	v3 ^= length;
	FW_SIP_ROUND(v0, v1, v2, v3);
	v0 ^= length;
	v2 ^= 0xee;
	FW_SIP_ROUND(v0, v1, v2, v3);
	FW_SIP_ROUND(v0, v1, v2, v3);
	FW_SIP_ROUND(v0, v1, v2, v3);
	low = v0 ^ v1 ^ v2 ^ v3;
	if (!inner || !fw_name_maybe(walk, low))
		return false;
	v1 ^= 0xdd;
	FW_SIP_ROUND(v0, v1, v2, v3);
	FW_SIP_ROUND(v0, v1, v2, v3);
	FW_SIP_ROUND(v0, v1, v2, v3);
	check = FW_NAME_CHECK(v0 ^ v1 ^ v2 ^ v3);
	index = FW_NAME_BUCKET(low, 0, walk->head->buckets);
	bucket = bpf_map_lookup_elem(inner, &index);
	if (bucket && fw_name_in(bucket, check, whole, &dns->class))
		return true;
	index = FW_NAME_BUCKET(low, 1, walk->head->buckets);
	bucket = bpf_map_lookup_elem(inner, &index);
	return bucket && fw_name_in(bucket, check, whole, &dns->class);
}

/* One suffix. 1: nothing longer is there, or it is the name. */
static long fw_name_step(__u32 i, struct fw_name_walk *walk)
{
	struct fw_dns *dns = walk->dns;
	__u32 left = dns->left;

	(void)i;
	if (!left)
		return 1;
	left = (left - 1) & FW_DNS_LABELS;
	dns->left = left;
	fw_name_absorb(dns, dns->label[left]);
	if (!fw_name_find(walk, dns, !left))
		return 1;
	if (!(dns->class & FW_NAME_LEAF))
		return 0;
	dns->class &= ~FW_NAME_LEAF;
	return 1;
}

/* Finds the class of the name that was asked for, in a slot. Not static, as
 * above. */
__noinline int fw_dns_class(__u32 slot)
{
	struct fw_name_walk walk = {
		.dns = fw_dns_scratch(),
		.slot = slot & FW_CONTROL_SLOT,
	};
	void *inner = fw_inner(name_head, walk.slot);
	__u32 key = 0;

	if (!walk.dns)
		return 0;
	walk.dns->class = 0;
	if (!inner)
		return 0;
	walk.head = bpf_map_lookup_elem(inner, &key);
	if (!walk.head || !walk.head->buckets)
		return 0;
	fw_sip_init(walk.dns, walk.head->key);
	walk.dns->left = walk.dns->labels;
	bpf_loop(FW_DNS_LABELS, fw_name_step, &walk, 0);
	return (int)walk.dns->class;
}
