/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Part of abi.h: what socket filters watch, and what programs tell of packets. */
#pragma once

#include <linux/types.h>

/* Monitors of packets: each has a program that the watching one goes on to, at
 * its number in "watchers". */
enum fw_watcher {
	FW_WATCHER_DNS,		/* port 53 over UDP and TCP */
	FW_WATCHER_TLS,		/* TCP otherwise, UDP to port 443 */
	FW_WATCHER_DHCP,	/* UDP ports 67, 68, 546, 547 */
	FW_WATCHER_MAX_,
};

#define FW_WATCH(watcher) (1u << (watcher))

/* Of a packet with TCP or else UDP, ports in host order; MAX_: nobody's. */
static inline enum fw_watcher fw_watcher_of(int tcp, __u16 sport, __u16 dport)
{
	if (sport == 53 || dport == 53)
		return FW_WATCHER_DNS;
	if (tcp || dport == 443)
		return FW_WATCHER_TLS;
	if (dport == 67 || dport == 68 || dport == 546 || dport == 547)
		return FW_WATCHER_DHCP;
	return FW_WATCHER_MAX_;
}

struct fw_watch {
	__u32 flags;		/* FW_WATCH() of those that see the device */
};

/* A packet's payload as a monitor's program sends it to user space: this, then
 * kept bytes. */
struct fw_message {
	__u64 time_ns;		/* boot clock */
	__u32 ifindex;
	__u16 watcher;		/* enum fw_watcher */
	__u16 kept;		/* bytes of payload behind this */
	__u32 length;		/* of the payload in the packet */
	__u32 seq;		/* TCP: of its first byte */
	__u16 vlan;		/* id, 0 untagged */
	__u16 sport, dport;	/* host order */
	__u8 family;		/* 4, 6 */
	__u8 proto;		/* TCP, UDP */
	__u8 flags;		/* FW_MESSAGE_* */
	__u8 tcp_flags;
	__u8 mac[6];		/* source of the frame */
	__u8 saddr[16];		/* be; IPv4 in the first four, rest zero */
	__u8 daddr[16];
};

#define FW_MESSAGE_OUT 1	/* leaves by the device */
#define FW_MESSAGE_FORWARDED 2	/* and came in by one that is watched too */

/* Bytes of payload that a message has at most; a power of two. */
#define FW_MESSAGE_MAX 4096
/* Messages of a watcher that a CPU sends in a tick of the kernel's clock. */
#define FW_MESSAGES_TICK 256

enum fw_event_type {
	FW_EVENT_NONE,
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
