/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Part of abi.h: the flow map, and what XDP tells TC of a packet.
 */
#pragma once

#include <linux/types.h>

/* Raw tuple as it arrives at ingress, source first. */
struct fw_flow_key {
	__u32 ifindex;
	__u16 vlan;		/* id, 0 untagged */
	__u8 family;		/* 4, 6 */
	__u8 proto;
	__u8 saddr[16];		/* be; IPv4 in the first four, rest zero */
	__u8 daddr[16];
	__be16 sport;
	__be16 dport;
};

enum fw_flow_verdict {
	FW_FLOW_UNVETTED,
	FW_FLOW_TRUSTED,
	FW_FLOW_BLOCKED,
};

/* Packets and bytes are those of this direction, counted by TC. */
struct fw_flow {
	__u64 packets;
	__u64 bytes;
	__u64 first_ns;		/* boot clock */
	__u64 last_ns;
	__u64 user_packets;	/* both directions, seen by the inspector */
	__u64 user_bytes;
	__u64 pair;		/* the same number in both directions */
	__u32 epoch;		/* low bits, of the generation that judged */
	__u8 verdict;		/* enum fw_flow_verdict */
	__u8 profile;
	__u8 reply;		/* 1: the reply direction */
	__u8 pad;
};

/* How many are in the map: where there are none, none is looked up. */
struct fw_flow_counts {
	__u64 all;
	__u64 blocked;
};

/* --- metadata, XDP to TC -------------------------------------------------
 * Eight bytes in front of the frame.
 */
#define FW_META_MAGIC 0x6677
#define FW_META_CARRY(slot) (1u << (slot))	/* accepted by that slot */
#define FW_META_OVERLAP 4u		/* judged by both generations */
#define FW_META_SYNPROXY_SHIFT 4	/* number of the `synproxy` that is to */
#define FW_META_SYNPROXY (7u << FW_META_SYNPROXY_SHIFT)	/* look at it */

struct fw_meta {
	__u16 magic;
	__u16 flags;		/* FW_META_* */
	__u32 epoch;		/* low 32 bits of the active one */
};
