/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Part of abi.h: what socket filters watch, and what programs tell of packets. */
#pragma once

#include <linux/types.h>

#define FW_WATCH_DNS 1u

struct fw_watch {
	__u32 flags;		/* FW_WATCH_* */
};

enum fw_event_type {
	FW_EVENT_NONE,
	FW_EVENT_DNS_QUERY,
	FW_EVENT_LOG,		/* a rule said `log` */
	FW_EVENT_DROP,		/* a sample */
	FW_EVENT_MAX_,
};

/* Packets that a CPU tells of in a tick of the kernel's clock. */
#define FW_EVENTS_LOG 64
#define FW_EVENTS_DROP 1
/* `log` rules that one packet is told to have met. */
#define FW_EVENTS_PACKET 4

struct fw_event_head {
	__u16 type;		/* enum fw_event_type */
	__u16 size;		/* of the whole record */
	__u32 ifindex;
	__u64 time_ns;		/* boot clock */
};

struct fw_event_dns {
	struct fw_event_head head;
	__u8 family;		/* 4, 6 */
	__u8 name_len;		/* wire form: labels with length bytes, with
				   the root's 0 */
	__u16 qtype;
	__u16 id;
	__u16 pad;
	__u8 client[16];	/* be; IPv4 in the first four */
	__u8 server[16];
	__be16 client_port;
	__be16 server_port;
	__u8 name[FW_DNS_NAME_MAX + 1];
};

/* LOG, DROP: what is known of a packet. What it lacks is 0. */
struct fw_event_packet {
	struct fw_event_head head;
	__u32 rule;		/* its id; 0: none */
	__u32 length;		/* from the network header on */
	__u16 reason;		/* enum fw_stat: why it was dropped; or 0 */
	__u16 malformed;	/* enum fw_stat, or 0 */
	__u16 type;		/* EtherType */
	__u16 vlan;		/* id, 0 untagged */
	__u8 family;		/* 4, 6, or 0 */
	__u8 proto;		/* valid with has_proto */
	__u8 has_proto, has_ports, has_flags, has_icmp;	/* 1: valid */
	__u8 tcp_flags;
	__u8 icmp_type, icmp_code;
	__u8 pad;
	__u16 sport, dport;	/* host order */
	__u8 saddr[16];		/* be; IPv4 in the first four */
	__u8 daddr[16];
};
