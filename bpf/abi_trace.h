/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tracepoint programs tell (bpf/trace.bpf.c). Their maps are not pinned:
 * they live as long as the daemon that loaded them. */
#pragma once

#include <linux/types.h>

enum fw_trace_kind {
	FW_TRACE_DROP,			/* skb:kfree_skb */
	FW_TRACE_RETRANSMIT,		/* tcp:tcp_retransmit_skb */
	FW_TRACE_SYNACK,		/* tcp:tcp_retransmit_synack */
	FW_TRACE_RESET_RECEIVED,	/* tcp:tcp_receive_reset */
	FW_TRACE_RESET_SENT,		/* tcp:tcp_send_reset */
	FW_TRACE_CONNECT,		/* sock:inet_sock_set_state: failed */
	FW_TRACE_MAX_,
};

/* Behind a counter for each kind. */
enum fw_trace_count {
	FW_TRACE_LEFT_OUT = FW_TRACE_MAX_,	/* above FW_TRACE_TICK */
	FW_TRACE_LOST,				/* ring full */
	FW_TRACE_UNPLACED,			/* no room for one more place */
	FW_TRACE_COUNTS_,
};

/* Events of a kind that a CPU tells of in a tick of the kernel's clock. */
#define FW_TRACE_TICK 4
#define FW_TRACE_PLACES 1024
#define FW_TRACE_PLACE_NAME 48

struct fw_trace_settings {
	__u32 netns;		/* inode number of the namespace that counts */
	__u32 told;		/* bits of kinds that are events */
};

struct fw_trace_place {
	__u64 address;
	__u32 reason;		/* enum skb_drop_reason of this kernel */
	__u32 pad;
};

struct fw_trace_drops {
	__u64 packets;
	char name[FW_TRACE_PLACE_NAME];	/* the kernel's function */
};

struct fw_trace_event {
	__u64 time_ns;		/* boot clock */
	__u32 kind;
	__u32 ifindex;		/* 0: not known */
	__u32 reason;		/* DROP */
	__u32 length;		/* 0: not known */
	__u16 sport, dport;	/* host order; 0: none */
	__u8 family;		/* 4, 6, 0: neither, no addresses */
	__u8 proto;
	__u8 pad[2];
	__u8 saddr[16];		/* be; IPv4 in the first four */
	__u8 daddr[16];
	char place[FW_TRACE_PLACE_NAME];	/* DROP */
};

_Static_assert(sizeof(struct fw_trace_settings) == 8, "layout");
_Static_assert(sizeof(struct fw_trace_place) == 16, "layout");
_Static_assert(sizeof(struct fw_trace_drops) == 56, "layout");
_Static_assert(sizeof(struct fw_trace_event) == 112, "layout");
