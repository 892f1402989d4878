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

/*
 * The way around the stack of one direction of a trusted flow. TC egress opens it
 * when it sees a packet of the flow leave, which so has passed the user's chains
 * and been routed; XDP, between two devices that are ports, or else TC ingress
 * sends those behind it the same way. It is closed
 * again after FW_ROAD_NS, with the generation, and when the turn changes: then
 * the next packet goes through the stack, and opens it anew or does not.
 */
#define FW_ROAD_NS 1000000000ULL

/*
 * Several CPUs may open a road and take it at the same time, without a lock or an
 * order among their stores: so each word carries in its low 16 bits the number of
 * the opening that wrote it, and words of different openings are no road. 0 is
 * never such a number.
 */
enum fw_road_word {
	FW_ROAD_UNTIL,		/* boot clock, its low 16 bits left out */
	FW_ROAD_WHEN,		/* 32 bits of the epoch, 16 of the turn */
	FW_ROAD_TO,		/* destination MAC, as in memory */
	FW_ROAD_FROM,		/* source MAC */
	FW_ROAD_OUT,		/* 32 bits of the egress device's ifindex, 16 of
				   the longest packet, or segment of a merged
				   one, that the stack has sent on: what is
				   longer may have to be fragmented */
	FW_ROAD_WORDS,
};
#define FW_ROAD_NUMBER 0xffffULL

struct fw_road {
	__u64 packets;		/* that took it */
	__u64 bytes;
	__u64 words[FW_ROAD_WORDS];	/* 0: never open yet */
	__u32 openings;		/* so far */
	__u8 closed;		/* 1: for good, a FIN or RST was sent on */
	__u8 translated;	/* 1: packets leave with other addresses or
				   ports, those of the flow's struct fw_grant */
	__u8 pad[2];
};

/* A flow that may have a road, and the addresses and ports with which its packets
 * leave: as in struct fw_flow_key. Turned around, those are the other direction's
 * as they arrive. */
struct fw_grant {
	__u64 pair;		/* of the flow */
	__u8 saddr[16];
	__u8 daddr[16];
	__be16 sport;
	__be16 dport;
	__u8 pad[4];
};

/* A device from which XDP may send packets to another such one, which is in the
 * map of devices, too: the daemon knows of nothing there that would have to see
 * them. It looks again each second. */
#define FW_ROAD_PORT_NS 15000000000ULL

struct fw_road_port {
	__u64 until;		/* boot clock */
	__u8 mac[6];		/* the device's own */
	__u8 pad[2];
};

/* Packets and bytes are those of this direction, counted by TC, or by XDP on its
 * road. */
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
	struct fw_road road;
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
