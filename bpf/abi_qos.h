/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Part of abi.h: qos classes.
 *
 *	qos_profiles ARRAY[FW_QOS_CLASSES]	struct fw_qos, by the class's
 *				number; generational
 *	qos_state ARRAY[2 * FW_QOS_CLASSES]	u64, when the bucket is full
 *				again (boot clock); by FW_QOS_INDEX
 *	tc_stats  PERCPU_ARRAY[2 * FW_QOS_CLASSES]	struct fw_qos_counter,
 *				likewise
 *
 * A class's number is drawn from its name, so that it is the same in each
 * generation, and its state and its counters go on. Each direction of a flow has a
 * bucket and counters of its own.
 *
 * nft tells TC egress of a packet's class by the packet's priority, in handles of
 * which no qdisc can be: FW_QOS_CARRIER, the direction, the number. What TC egress
 * lets through has another priority.
 */
#pragma once

#include <linux/types.h>

#define FW_QOS_CLASSES 4096

#define FW_QOS_CARRIER 0xfff00000u
#define FW_QOS_CARRIER_MASK 0xfffe0000u
#define FW_QOS_REPLY 0x00010000u
#define FW_QOS_NUMBER_SHIFT 4	/* below: bits that qdiscs take for a band */

#define FW_QOS_IS_CARRIER(priority) \
	(((priority) & FW_QOS_CARRIER_MASK) == FW_QOS_CARRIER)
#define FW_QOS_NUMBER(priority) \
	((priority) >> FW_QOS_NUMBER_SHIFT & (FW_QOS_CLASSES - 1))
#define FW_QOS_INDEX(number, reply) ((number) * 2 + !!(reply))

/* GCRA: a packet passes where the bucket lacks no more than depth before it. So
 * one that is larger than the bucket passes too, and is waited for. */
struct fw_qos {
	__u64 period;		/* ns in which so many bytes pass; */
	__u64 rate;		/* 0: as many as come */
	__u64 depth;		/* ns */
	__u32 priority;		/* valid with FW_QOS_PRIORITY */
	__u8 flags;		/* FW_QOS_* */
	__u8 dscp;		/* valid with FW_QOS_DSCP */
	__u8 pad[2];
};

#define FW_QOS_KNOWN 1u		/* else no class has this number */
#define FW_QOS_DSCP 2u
#define FW_QOS_PRIORITY 4u

/* Merged packets count as what they are on the wire; bytes are those of IP, as
 * nft counts them. */
struct fw_qos_counter {
	__u64 packets;		/* that passed */
	__u64 bytes;
	__u64 dropped;		/* packets above the rate */
	__u64 dropped_bytes;
	__u64 delayed;		/* packets that passed later */
	__u64 marked;		/* packets whose DSCP was another one */
};
