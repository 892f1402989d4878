/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets for benchmarks: 65,536 different ones, a single warm one flatters; and
 * what Flywall is compared with.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define FW_CTX struct xdp_md
#define FW_CTX_LINEAR(ctx) 1
#define fw_ctx_len(ctx) ((__u32)bpf_xdp_get_buff_len(ctx))
#define fw_ctx_load(ctx, offset, to, size) \
	bpf_xdp_load_bytes(ctx, offset, to, size)
#define fw_ctx_vlan(ctx) FW_NO_VLAN
#define fw_ctx_gso(ctx) false
#define fw_ctx_load_link(ctx, offset, to, size) \
	bpf_xdp_load_bytes(ctx, offset, to, size)

#include "bpf/addresses.h"
#include "bpf/limits.h"
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CORPUS_PACKETS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, CORPUS_SIZE);
} corpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next_program SEC(".maps");

__u32 corpus_next, corpus_device;
__u32 found;	/* so that look-ups are not optimised away */

static __always_inline int put_next(struct xdp_md *ctx)
{
	__u32 key = corpus_next++ % CORPUS_PACKETS;
	const void *packet = bpf_map_lookup_elem(&corpus, &key);

	return packet ? bpf_xdp_store_bytes(ctx, 0, (void *)packet, CORPUS_SIZE)
		      : -1;
}

/* The next packet, to the program that is measured. */
SEC("xdp.frags")
int corpus_rotate(struct xdp_md *ctx)
{
	if (!put_next(ctx))
		bpf_tail_call(ctx, &next_program, 0);
	return XDP_ABORTED;
}

/* The next packet out of a device. */
SEC("xdp")
int corpus_flood(struct xdp_md *ctx)
{
	return put_next(ctx) ? XDP_ABORTED : bpf_redirect(corpus_device, 0);
}

/* What the kernel's native XDP costs without any work in it. */
SEC("xdp.frags")
int pass_all(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* A receiver that costs nothing. */
SEC("xdp")
int drop_all(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

/* --- one address among many ----------------------------------------------- */
static __always_inline __u32 next_address(struct fw_address *ret)
{
	__u32 key = corpus_next++ % CORPUS_PACKETS;
	const __u8 *packet = bpf_map_lookup_elem(&corpus, &key);

	*ret = (struct fw_address){ .prefix_len = 32 };
	if (packet)
		ret->words[0] = *(const __u32 *)(packet + CORPUS_SADDR);
	return ret->words[0];
}

SEC("xdp")
int address_none(struct xdp_md *ctx)
{
	struct fw_address address;

	(void)ctx;
	found = next_address(&address);
	return XDP_DROP;
}

struct fw_bits address_bits;	/* all 0: the table has none */

SEC("xdp")
int address_lines(struct xdp_md *ctx)
{
	void *lines = fw_inner(saddr4, 0);
	struct fw_address address;

	(void)ctx;
	(void)next_address(&address);
	found = address_bits.class[1] ?
			fw_class_bits(lines, &address_bits,
				      (__u8 *)address.words) :
			fw_class_trie(lines, (__u8 *)address.words);
	return XDP_DROP;
}

SEC("xdp")
int address_lpm(struct xdp_md *ctx)
{
	struct fw_address address;

	(void)ctx;
	(void)next_address(&address);
	found = fw_class_lpm(fw_inner(saddr4_lpm, 0), &address);
	return XDP_DROP;
}

/* --- a bucket that all CPUs ask ------------------------------------------- */
SEC("xdp")
int bucket_swap(struct xdp_md *ctx)
{
	(void)ctx;
	found = (__u32)fw_limit_holds(0, FW_ASK_LIMITS, CORPUS_SIZE);
	return XDP_DROP;
}

/* The same bucket by tokens, under a lock. */
struct locked_bucket {
	struct bpf_spin_lock lock;
	__u32 pad;
	__u64 tokens, last;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked_bucket);
} locked_buckets SEC(".maps");

#define LOCKED_COST 1000	/* ns a packet */
#define LOCKED_DEPTH 1000000

SEC("xdp")
int bucket_lock(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct locked_bucket *bucket =
		bpf_map_lookup_elem(&locked_buckets, &key);
	__u64 now = bpf_ktime_get_boot_ns();

	(void)ctx;
	if (!bucket)
		return XDP_ABORTED;
	bpf_spin_lock(&bucket->lock);
	if (now > bucket->last) {
		bucket->tokens += now - bucket->last;
		bucket->last = now;
	}
	if (bucket->tokens > LOCKED_DEPTH)
		bucket->tokens = LOCKED_DEPTH;
	if (bucket->tokens >= LOCKED_COST) {
		bucket->tokens -= LOCKED_COST;
		found = 1;
	}
	bpf_spin_unlock(&bucket->lock);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
