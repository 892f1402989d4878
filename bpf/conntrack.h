/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether conntrack knows a connection. Kernels that cannot be asked (before
 * 6.0, or without CONFIG_NF_CONNTRACK and its BTF) are taken to know all.
 */
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* The kernel's, of which nothing is read. */
struct nf_conn {
	unsigned long status;
};

/* The kernel's struct of that name. */
struct bpf_ct_opts {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

extern struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *ctx,
					 struct bpf_sock_tuple *tuple,
					 __u32 tuple_size,
					 struct bpf_ct_opts *opts,
					 __u32 opts_size) __ksym __weak;
extern void bpf_ct_release(struct nf_conn *conn) __ksym __weak;

static __always_inline bool fw_is_tracked(struct xdp_md *ctx,
					  struct bpf_sock_tuple *tuple,
					  __u32 size)
{
	struct bpf_ct_opts opts = {
		.netns_id = BPF_F_CURRENT_NETNS,
		.l4proto = IPPROTO_TCP,
	};
	struct nf_conn *conn;

	/* Not the functions' addresses, which libbpf before 1.2 gets wrong where
	 * conntrack is a module: the kernel refuses the program then. */
	if (!bpf_core_type_exists(struct bpf_ct_opts))
		return true;
	conn = bpf_xdp_ct_lookup(ctx, tuple, size, &opts, sizeof(opts));
	if (!conn)
		return false;
	bpf_ct_release(conn);
	return true;
}
