/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's side and the user's side say to each other: the layout of
 * every map's keys and values, of metadata and of events. No struct stands
 * twice. Numbers are in host order unless a name or a comment says be (big
 * endian, as on the wire). Padding has a name and is zero.
 */
#pragma once

#include <linux/types.h>

#include "abi_addresses.h"
#include "abi_syn.h"

#define FW_ABI_VERSION 21	/* of the pinned maps; raise on any change */

/* --- control word --------------------------------------------------------
 * bit 0 active slot, bit 1 overlap, bits 2..63 epoch. Map "control": ARRAY,
 * one u64, BPF_F_MMAPABLE. Written by one release store, read once a packet.
 */
#define FW_CONTROL_SLOT 1ULL
#define FW_CONTROL_OVERLAP 2ULL
#define FW_CONTROL_EPOCH_SHIFT 2

/* --- marks ---------------------------------------------------------------
 * Eight bits of packet and connection mark, here as a byte; struct fw_gen has
 * the shift at which they stand.
 */
#define FW_MARK_TRUST 0x01	/* worker: trust; consumed behind the queue */
#define FW_MARK_BLOCK 0x02	/* worker: block; likewise */
#define FW_MARK_CARRY(slot) (0x04 << (slot))	/* accepted by XDP, slot 0|1 */
#define FW_MARK_TRUSTED 0x10	/* hint for QoS and routing, never believed */
#define FW_MARK_SYNPROXY_SHIFT 5	/* number of the rule's `synproxy` */
#define FW_MARK_SYNPROXY 0xe0
/* From ingress to prerouting, of UDP only: five bits, to be written in these. */
#define FW_MARK_QUERY 0xe3

#define FW_CTMARK_LEARN 0x01	/* a rule or a device says `learn` */
#define FW_CTMARK_STATE 0x0c
#define FW_CTMARK_NONE 0x00
#define FW_CTMARK_UNVETTED 0x04
#define FW_CTMARK_TRUSTED 0x08
#define FW_CTMARK_BLOCKED 0x0c
#define FW_CTMARK_PROFILE 0xf0
#define FW_CTMARK_PROFILE_SHIFT 4
#define FW_PROFILES 16

/* --- fields of the classifier --------------------------------------------
 * A field that a packet lacks (or that nft could not load) matches no rule
 * that tests it: the classifier then takes gen.absent[field].
 */
enum fw_field {
	FW_FIELD_L3,		/* enum fw_l3: what skb->protocol says */
	FW_FIELD_SADDR4,
	FW_FIELD_DADDR4,
	FW_FIELD_SADDR6,
	FW_FIELD_DADDR6,
	FW_FIELD_NEXTHDR,	/* the byte in the IP header: ip protocol,
				   ip6 nexthdr */
	FW_FIELD_L4PROTO,	/* meta l4proto: behind extension headers */
	FW_FIELD_SPORT,		/* TCP, UDP, UDP-Lite, SCTP, DCCP; host order */
	FW_FIELD_DPORT,
	FW_FIELD_TCP_FLAGS,
	FW_FIELD_ICMP_TYPE,	/* ICMP and ICMPv6 */
	FW_FIELD_ICMP_CODE,
	FW_FIELD_MAX_,

	/* What has no table of its own: some of it is found by a test (below),
	 * the rest is typed, linted and explained. */
	FW_FIELD_PROTOCOL = FW_FIELD_MAX_,	/* meta protocol, as on the
						   wire; L3 where that knows */
	FW_FIELD_NFPROTO,	/* meta nfproto: NFPROTO_* */
	FW_FIELD_PKTTYPE,	/* PACKET_* */
	FW_FIELD_LENGTH,	/* meta length: bytes behind Ethernet */
	FW_FIELD_MARK,		/* meta mark */
	FW_FIELD_SKUID,
	FW_FIELD_SKGID,
	FW_FIELD_ETHER_TYPE,
	FW_FIELD_ETHER_SADDR,	/* 48 bits */
	FW_FIELD_ETHER_DADDR,
	FW_FIELD_VLAN_ID,
	FW_FIELD_VLAN_PCP,
	FW_FIELD_VLAN_DEI,
	FW_FIELD_VLAN_TYPE,
	FW_FIELD_ARP_OPERATION,
	FW_FIELD_ARP_SADDR4,
	FW_FIELD_ARP_DADDR4,
	FW_FIELD_ARP_SADDR,	/* ether */
	FW_FIELD_ARP_DADDR,
	FW_FIELD_IP_LENGTH,	/* ip length, ip6 length: the header's own */
	FW_FIELD_IP_ID,
	FW_FIELD_FRAG_OFF,	/* ip frag-off: flags and offset, 16 bits */
	FW_FIELD_FRAG,		/* exthdr frag exists: 0, 1 */
	FW_FIELD_TTL,		/* ip ttl, ip6 hoplimit */
	FW_FIELD_DSCP,		/* 6 bits, of either version */
	FW_FIELD_ECN,
	FW_FIELD_FLOWLABEL,
	FW_FIELD_TH_SPORT,	/* the first two bytes of any transport */
	FW_FIELD_TH_DPORT,
	FW_FIELD_UDP_LENGTH,
	FW_FIELD_TCP_WINDOW,
	FW_FIELD_ICMP_ID,
	FW_FIELD_ICMP_SEQUENCE,
	FW_FIELD_CT_STATE,	/* one bit of NF_CT_STATE_BIT() */
	FW_FIELD_CT_STATUS,
	FW_FIELD_CT_DIRECTION,
	FW_FIELD_CT_MARK,
	FW_FIELD_DNS_QTYPE,
	FW_FIELD_DNS_CLASS,	/* of the name that is asked for: which of the
				   rules' sets have it */
	FW_FIELD_IIFTYPE,	/* ARPHRD_* */
	FW_FIELD_ALL_MAX_,
};

/* The same address in the other version of IP. */
#define FW_FIELD_BESIDE(address) ((address) <= FW_FIELD_DADDR4 ? \
				  (address) + 2 : (address) - 2)

enum fw_l3 {
	FW_L3_OTHER,
	FW_L3_IP,
	FW_L3_IP6,
	FW_L3_ARP,
	FW_L3_MAX_,
};

/* Fields of at most a byte stand in one table "small": row of value v of field
 * f is small[FW_SMALL_BASE(f) + v]. */
#define FW_SMALL_L3 0
#define FW_SMALL_NEXTHDR 256
#define FW_SMALL_L4PROTO 512
#define FW_SMALL_TCP_FLAGS 768
#define FW_SMALL_ICMP_TYPE 1024
#define FW_SMALL_ICMP_CODE 1280
#define FW_SMALL_MAX 1536

/* --- generational tables -------------------------------------------------
 * Each is an ARRAY_OF_MAPS of two slots; inner maps:
 *
 *	gen	ARRAY[1]	struct fw_gen
 *	dev	ARRAY[FW_DEVICES_MAX]	struct fw_dev, by ifindex; see there
 *	saddr4	ARRAY		struct fw_trie_line, or none; daddr4 likewise
 *	saddr4_lpm LPM_TRIE	struct fw_lpm4 -> u32 class, where saddr4 is
 *				not; daddr4_lpm likewise
 *	saddr6	HASH		struct fw_lpm6 -> u32 class; daddr6 likewise
 *	saddr6_bits ARRAY	u64: filter before saddr6; daddr6_bits likewise
 *	saddr6_lpm LPM_TRIE	struct fw_lpm6 -> u32 class, where saddr6 is
 *				not; daddr6_lpm likewise
 *	sport	ARRAY[65536]	u32 row; dport likewise
 *	small	ARRAY[FW_SMALL_MAX]	u32 row
 *	tests	ARRAY[FW_TESTS_MAX]	struct fw_test
 *	cuts	ARRAY		struct fw_cut
 *	rows	ARRAY		struct fw_row
 *	actions	ARRAY		struct fw_action, by rule
 *	syn	ARRAY[1]	struct fw_syn
 *	watch	HASH		u32 ifindex -> struct fw_watch (socket filter)
 *
 * Row numbers index "rows"; equal rows are one row. A device that has no entry
 * in "dev" has no lowered rules: all its packets pass, uncarried.
 */
#define FW_SLOTS 2
#define FW_ROW_WORDS 64
#define FW_RULES_MAX (FW_ROW_WORDS * 64)
#define FW_DEVICES_MAX 64

/* Bit r of the row is set when rule r admits the field's value. Rule r stands
 * in word r / 64, bit r % 64; lower rules come first. */
struct fw_row {
	__u64 any;		/* bit w is set when words[w] is not 0 */
	__u64 words[FW_ROW_WORDS];
};

struct fw_gen {
	__u32 magic;		/* FW_GEN_MAGIC; 0 in a slot never filled */
	__u32 flags;		/* FW_GEN_* */
	__u32 mark_shift;	/* the eight mark bits begin here */
	__u32 rules;		/* in use, at most FW_RULES_MAX */
	__u32 every;		/* row of all rules in use */
	__u32 absent[FW_FIELD_MAX_];	/* row where the packet has no such
					   field: rules that do not test it;
					   of an address, in neither version */
	__u32 other[FW_FIELD_MAX_];	/* row of class 0 of an address, those
					   of the others follow; other fields: 0 */
	struct fw_bits saddr4, daddr4;	/* valid with FW_GEN_*_BITS */
	struct fw_lengths saddr6, daddr6;
};

#define FW_GEN_MAGIC 0x66773031
#define FW_GEN_CLASSIFY 1u	/* devices are judged; else none is looked up */
#define FW_GEN_SADDR4_LPM 2u	/* saddr4_lpm is in use, not saddr4 */
#define FW_GEN_DADDR4_LPM 4u
#define FW_GEN_SADDR6_LPM 8u
#define FW_GEN_DADDR6_LPM 16u
#define FW_GEN_SADDR4_BITS 32u	/* saddr4 begins with bits for each /24 */
#define FW_GEN_DADDR4_BITS 64u

/*
 * Tests: what the tables above do not look up. A test finds a number in the
 * packet, and the number's row among its cuts; or the packet has no such
 * number, and the row is "absent". A device names the tests of its rules, and
 * their rows are ANDed with those of the fields.
 */
#define FW_TESTS_MAX 64

enum fw_test_kind {
	FW_TEST_NONE,
	FW_TEST_LOAD,		/* bytes of a header */
	FW_TEST_LENGTH,		/* bytes from the network header on */
	FW_TEST_PROTOCOL,	/* skb->protocol */
	FW_TEST_FRAGMENT,	/* IPv6: 1 where there is a fragment header */
	FW_TEST_DNS_QTYPE,	/* of a query that can be judged; likewise */
	FW_TEST_DNS_CLASS,
	FW_TEST_SET,		/* an address: 1 where it is in a live set */
	FW_TEST_MAX_,
};

enum fw_base {
	FW_BASE_NONE,		/* packets of this L3 have no such number */
	FW_BASE_LINK,
	FW_BASE_VLAN,		/* link, where the outer tag is 802.1Q */
	FW_BASE_NETWORK,
	FW_BASE_TRANSPORT,
};

/* A big-endian number: size bytes from offset on, shifted right, its low bits
 * alone. protocols, where not 0: other packets have no such number. */
struct fw_place {
	__u8 base;		/* enum fw_base */
	__u8 offset;
	__u8 size;		/* 1 to 6 */
	__u8 shift;
	__u8 bits;
	__u8 protocols[2];
	__u8 pad;
};

struct fw_test {
	__u32 kind;		/* enum fw_test_kind */
	__u32 absent;		/* row */
	__u32 first, n;		/* its cuts, sorted; the first is at 0 */
	struct fw_place place[FW_L3_MAX_];	/* FW_TEST_LOAD, by L3 */
	__u64 set;		/* FW_TEST_SET: its number … */
	__u32 field;		/* … and the address that is looked up */
	__u32 pad;
};

/* From this number to the next cut. */
struct fw_cut {
	__u64 from;
	__u32 row;
	__u32 pad;
};

/*
 * The lowered chains of a device, in the order in which the kernel runs them. A
 * chain's rules are whole words of their own. The first of them that matches and
 * has a verdict ends the chain; where none does, policy. Drop ends it all, after
 * accept the next chain goes on. Policy NONE says that the rest of the chain
 * stayed in nft, and so all behind it: the packet goes on there, and an accept
 * has to be carried there (metadata, then packet mark).
 */
#define FW_CHAINS_MAX 4

struct fw_chain {
	__u64 words;		/* bit w: word w is its own */
	__u64 tests;		/* bit t: its rules need test t */
	__u32 policy_counter;	/* slot in "counters" of the policy's packets,
				   or FW_NO_COUNTER */
	__u16 skip;		/* bit f: none of its rules tests field f, so
				   that it needs no look-up; 0 is always right */
	__u8 policy;		/* enum fw_verdict */
	__u8 flags;		/* FW_CHAIN_* */
};

/* The chain is of family inet, whose ingress hook sees IP alone: other packets
 * pass, uncarried, and an IP header that nft refuses is a drop. */
#define FW_CHAIN_INET 1u

/* A device stands at FW_DEV_PLACE(ifindex, 0), or where that is another's, at the
 * next place that is not: so one that is not found before a free place is not
 * there. */
struct fw_dev {
	__u32 ifindex;		/* 0: a free place */
	__u32 flags;		/* FW_DEV_* */
	__u32 n_chains;
	__u32 pad;
	struct fw_chain chains[FW_CHAINS_MAX];
};

#define FW_DEV_PLACE(ifindex, i) (((ifindex) + (i)) % FW_DEVICES_MAX)

/* Takes a free place of a table that is being made; NULL: there is none. */
static inline struct fw_dev *fw_dev_take(struct fw_dev *table, __u32 ifindex)
{
	for (__u32 i = 0; i < FW_DEVICES_MAX; i++) {
		struct fw_dev *dev = &table[FW_DEV_PLACE(ifindex, i)];

		if (dev->ifindex)
			continue;
		dev->ifindex = ifindex;
		return dev;
	}
	return (struct fw_dev *)0;
}

/* No XDP program runs on the device: TC judges its packets and counts them. */
#define FW_DEV_NO_XDP 1u
#define FW_DEV_DROP_MALFORMED 2u	/* whatever its rules say */

enum fw_verdict {
	FW_VERDICT_NONE,	/* the rule acts and the scan goes on */
	FW_VERDICT_ACCEPT,
	FW_VERDICT_DROP,
	FW_VERDICT_SKIP,	/* the scan goes on at another rule */
	FW_VERDICT_NXDOMAIN,	/* a query is answered, or dropped where it */
	FW_VERDICT_REFUSED,	/* cannot be */
	FW_VERDICT_SYNPROXY,	/* an accept, but of what a cookie answers or
				   shows to be forged */
	FW_VERDICT_MAX_,
};

/* In struct fw_action: SYNPROXY's has the number of its options, from 1. */
#define FW_VERDICT_WITH(verdict, number) ((verdict) | (number) << 4)
#define FW_VERDICT_OF(verdict) ((verdict) & 0xf)
#define FW_VERDICT_NUMBER(verdict) ((verdict) >> 4)

struct fw_action {
	__u32 counter;		/* slot in "counters", or FW_NO_COUNTER */
	__u32 skip_to;		/* SKIP: a later rule, or the chain's end */
	__u32 limit;		/* number in "limits", from 1; 0: none. Where it
				   does not hold, the rule has not matched */
	__u32 id;		/* in events: FW_RULE_ID(), or 0 */
	__u8 verdict;		/* FW_VERDICT_WITH() */
	__u8 flags;		/* FW_ACTION_* */
	__u8 pad[6];
};

#define FW_ACTION_LOG 1u	/* an event for each packet */

/* The rule that an event is of: its key's first bytes, whatever generation. */
#define FW_RULE_ID(key) \
	((__u32)(key)[0] << 24 | (__u32)(key)[1] << 16 | \
	 (__u32)(key)[2] << 8 | (__u32)(key)[3])

#define FW_NO_COUNTER 0xffffffffu

struct fw_lpm4 {
	__u32 prefix_len;
	__u8 addr[4];		/* be */
};

struct fw_lpm6 {
	__u32 prefix_len;
	__u8 addr[16];		/* be */
};

/* --- names of the DNS -----------------------------------------------------
 * In which sets the name of a question is: its class. Generational tables:
 *
 *	name_head	ARRAY[1]	struct fw_name_head
 *	name_filter	ARRAY		u64: bits
 *	names		ARRAY		struct fw_name_bucket
 *
 * A suffix is hashed from its last label to its first, each with its length in
 * front, in lower case, filled up with zeros to words of 8 bytes: SipHash-1-3
 * with 128 bits, the first 64 of which say where it is to be found, the others
 * are the check. A suffix whose bit of the filter is not set is not there; one
 * that is there stands in one of two buckets, and all suffixes that it is below
 * are there too.
 */
#define FW_DNS_NAME_MAX 255	/* bytes in wire form, RFC 1035 section 2.3.4 */
#define FW_DNS_LABEL_MAX 63

struct fw_name_head {
	__u64 key[2];		/* drawn by the daemon */
	__u32 buckets;		/* 0: there are no names */
	__u32 filter_mask;	/* bits in the filter, less 1 */
};

#define FW_NAME_WAYS 4

struct fw_name_bucket {
	__u64 check[FW_NAME_WAYS];	/* FW_NAME_CHECK; 0: free */
	__u32 whole[FW_NAME_WAYS];	/* class of the suffix itself */
	__u32 below[FW_NAME_WAYS];	/* of names below it, unless a longer
					   suffix is there; or FW_NAME_LEAF:
					   there is none */
};

#define FW_NAME_LEAF 0x80000000u

#define FW_NAME_CHECK(high) ((high) | 1)
/* The bucket of which (0, 1) of two. */
#define FW_NAME_BUCKET(low, which, buckets) \
	((__u32)((__u64)(__u32)((low) >> 32 * (which)) * (buckets) >> 32))

/* --- state that outlives generations -------------------------------------
 *	counters  PERCPU_ARRAY[FW_COUNTERS_MAX]	struct fw_counter
 *	stats	  PERCPU_ARRAY[1]	struct fw_stats
 *	limits	  ARRAY[FW_LIMITS_MAX]	struct fw_limit, by number - 1
 *	flow_map  HASH	struct fw_flow_key -> struct fw_flow
 *	flow_road HASH	struct fw_flow_key -> struct fw_grant: flows that may
 *		take a road
 *	road_turn ARRAY[1]	u32: roads of another turn are closed
 *	road_ports HASH	u32 ifindex -> struct fw_road_port
 *	road_devices DEVMAP_HASH	u32 ifindex -> itself, of the same
 *	sources	  LRU_HASH	struct fw_limit_key -> u64, a limit's `until`
 *	flow_counts ARRAY[1]	struct fw_flow_counts
 *	syn_rate  ARRAY[1]	struct fw_syn_rate
 *	programs  PROG_ARRAY[FW_PROGRAM_MAX_]
 *	events	  RINGBUF	struct fw_event_head + body
 *	watchers  PROG_ARRAY[FW_WATCHER_MAX_]
 *	watched	  RINGBUF	struct fw_message + payload
 */
#define FW_COUNTERS_MAX 16384

struct fw_counter {
	__u64 packets;
	__u64 bytes;		/* frame without Ethernet header: nft's length
				   in netdev chains, meta length */
};

/*
 * A rate limit, nft's token bucket as GCRA (ITU-T I.371): a full bucket is depth
 * ns deep, a packet costs so many of them, and `until` says when the bucket will
 * be full again. All but that is written before a rule names the limit; a limit
 * that changed is another one.
 */
#define FW_LIMITS_MAX FW_COUNTERS_MAX

struct fw_limit {
	__u64 until;		/* boot clock; 0: never charged */
	__u64 depth;		/* ns */
	__u64 cost;		/* ns a packet */
	__u64 period;		/* with BYTES: ns in which so many bytes pass; */
	__u64 rate;		/* cost is not used then */
	__u32 flags;		/* FW_LIMIT_* */
	__u32 id;		/* with BY_SOURCE: of its entries in "sources" */
	__u32 mask[4];		/* be; of the source address, likewise */
	__u64 entry;		/* likewise: ns of depth that a source costs which
				   is not in "sources" yet; until is theirs */
};

/* The source address of all that find no room in "sources" now: no host's. */
#define FW_LIMIT_CROWD 0xffffffffu

#define FW_LIMIT_OVER 1u	/* holds for what the bucket has no room for */
#define FW_LIMIT_BYTES 2u
#define FW_LIMIT_BY_SOURCE 4u	/* a bucket for each, in "sources" */
#define FW_LIMIT_BY_DPORT 8u	/* with BY_SOURCE: and for each port */

struct fw_limit_key {
	__u32 limit;		/* id */
	__u16 dport;		/* or 0 */
	__u16 pad;
	__u32 saddr[4];		/* be, masked; IPv4 in the first */
};

/*
 * Live sets: address sets whose elements come and go while a generation runs. A
 * set's number is drawn from its family, table and name, so that the next
 * generation, and the next daemon, finds its elements.
 *
 *	sets	  HASH	u64 number -> struct fw_set
 *	set_hosts HASH	struct fw_set_host -> struct fw_set_member
 *	set_nets  LPM_TRIE	struct fw_set_net -> struct fw_set_member
 *
 * The prefixes of a set neither touch the same address twice nor hold one of its
 * hosts. A set that is not in "sets" is not filled yet: no rule that asks it
 * holds, be it negated or not.
 */
#define FW_SETS_MAX 1024
#define FW_SET_MEMBERS_MAX 262144	/* of each map, all sets together */

struct fw_set {
	__u32 flags;		/* FW_SET_*: what it has */
	__u32 pad;
};

#define FW_SET_HOSTS 1u
#define FW_SET_NETS 2u

struct fw_set_host {
	__u64 set;
	__u8 addr[16];		/* be; IPv4 in the first four, rest zero */
};

struct fw_set_net {
	__u32 prefix_len;	/* 64 and the prefix's own */
	__u8 set[8];		/* the number, as it stands in memory */
	__u8 addr[16];		/* be, as above */
};

struct fw_set_member {
	__u64 until_ns;		/* boot clock; 0: it does not end */
};

/* One name table for status, metrics, events and docs: fw_stat_name[]. Those of
 * a drop are the reasons that events give. */
enum fw_stat {
	FW_STAT_XDP_PACKETS,		/* judged by XDP */
	FW_STAT_XDP_ACCEPT,
	FW_STAT_XDP_DROP_RULE,
	FW_STAT_XDP_DROP_RATE,		/* by a rule with a limit */
	FW_STAT_XDP_DROP_POLICY,
	FW_STAT_XDP_DROP_BLOCKED,	/* flow map */
	FW_STAT_XDP_OVERLAP,		/* judged by two generations */
	FW_STAT_XDP_NO_META,		/* no room for metadata */
	FW_STAT_XDP_DROP_MALFORMED,
	FW_STAT_XDP_DNS_ODD,		/* a query that is not judged by its
					   question */
	FW_STAT_XDP_DNS_ANSWERED,
	FW_STAT_XDP_DROP_UNANSWERED,	/* `dns reply` of what has no answer */
	FW_STAT_XDP_SYN,		/* met `synproxy`: answered or passed */
	FW_STAT_XDP_SYN_ANSWERED,	/* with a cookie */
	FW_STAT_XDP_SYN_PASSED,
	FW_STAT_XDP_COOKIE,		/* came back, and is right */
	FW_STAT_XDP_DROP_COOKIE,	/* an ACK without connection or cookie */
	FW_STAT_XDP_ROAD,		/* sent on around the stack */
	FW_STAT_TC_PACKETS,
	FW_STAT_TC_META,		/* generation taken from XDP */
	FW_STAT_TC_RECLASSIFIED,	/* judged anew: no or stale metadata */
	FW_STAT_TC_DROP_RECLASSIFIED,	/* by a rule */
	FW_STAT_TC_DROP_POLICY,		/* likewise judged anew */
	FW_STAT_TC_FLOW_HIT,
	FW_STAT_TC_ROAD,		/* sent on around the stack */
	FW_STAT_TC_DROP_BLOCKED,
	FW_STAT_TC_DROP_MALFORMED,
	FW_STAT_DNS_PACKETS,		/* with payload, seen by monitor dns */
	FW_STAT_DNS_QUERIES,
	FW_STAT_DNS_ODD,		/* port 53, but no message to be read */
	FW_STAT_DNS_CUT,		/* over TCP, in pieces */
	FW_STAT_DNS_ANSWERED,		/* questions */
	FW_STAT_DNS_UNANSWERED,		/* in time */
	FW_STAT_DNS_STRAY,		/* answers that fit no question */
	FW_STAT_DHCP_MESSAGES,		/* seen by monitor dhcp */
	FW_STAT_DHCP_ODD,		/* … that cannot be read */
	FW_STAT_DHCP_NO_ROOM,		/* leases that there is no room for */
	FW_STAT_TLS_HANDSHAKES,		/* seen by monitor tls */
	FW_STAT_TLS_ODD,		/* that began and cannot be read */
	FW_STAT_MESSAGES_LOST,		/* for a monitor: ring full */
	FW_STAT_MESSAGES_LEFT_OUT,	/* above FW_MESSAGES_TICK */
	FW_STAT_EVENTS_LOST,		/* ring full */
	FW_STAT_LOGS_LEFT_OUT,		/* above FW_EVENTS_*: no events */
	FW_STAT_DROPS_LEFT_OUT,

	/* Why a packet is malformed: the first that holds. Counted by the
	 * first layer that judges it, the inspector included. */
	FW_STAT_MALFORMED_ETHERNET,	/* header cut off */
	FW_STAT_MALFORMED_VLAN,		/* tag cut off */
	FW_STAT_MALFORMED_IP_CUT,	/* fewer than 20 bytes */
	FW_STAT_MALFORMED_IP_VERSION,	/* not what the frame says */
	FW_STAT_MALFORMED_IP_HEADER,	/* its length: below 20, or above the
					   total */
	FW_STAT_MALFORMED_IP_LENGTH,	/* total: longer than the frame */
	FW_STAT_MALFORMED_IP6_CUT,	/* fewer than 40 bytes */
	FW_STAT_MALFORMED_IP6_LENGTH,	/* payload: longer than the frame */
	FW_STAT_MALFORMED_IP6_EXTENSION,	/* beyond the payload */
	FW_STAT_MALFORMED_L4_CUT,	/* transport header beyond the end */
	FW_STAT_MALFORMED_TCP_HEADER,	/* data offset: below 5, or beyond */
	FW_STAT_MALFORMED_UDP_LENGTH,	/* below 8, or beyond the end */
	FW_STAT_MAX_,
};

/* Together, so that a program looks for its CPU's once. */
struct fw_stats {
	__u64 n[FW_STAT_MAX_];
};

#define FW_STAT_MALFORMED_FIRST FW_STAT_MALFORMED_ETHERNET
#define FW_STATS_MALFORMED \
	(FW_STAT_MALFORMED_UDP_LENGTH + 1 - FW_STAT_MALFORMED_FIRST)

#include "abi_events.h"
#include "abi_flows.h"
#include "abi_qos.h"

#define FW_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), #type)

FW_ASSERT_SIZE(struct fw_row, 8 + 8 * FW_ROW_WORDS);
FW_ASSERT_SIZE(struct fw_trie_line, 64);
FW_ASSERT_SIZE(struct fw_lengths, 8 + 20 * FW_LENGTHS_MAX);
FW_ASSERT_SIZE(struct fw_bits, 4 * FW_BITS_CLASSES);
FW_ASSERT_SIZE(struct fw_gen, 20 + 8 * FW_FIELD_MAX_ + 2 * (16 + 8 + 20 * FW_LENGTHS_MAX));
FW_ASSERT_SIZE(struct fw_place, 8);
FW_ASSERT_SIZE(struct fw_test, 64);
FW_ASSERT_SIZE(struct fw_cut, 16);
FW_ASSERT_SIZE(struct fw_chain, 24);
FW_ASSERT_SIZE(struct fw_dev, 16 + 24 * FW_CHAINS_MAX);
FW_ASSERT_SIZE(struct fw_action, 24);
FW_ASSERT_SIZE(struct fw_lpm4, 8);
FW_ASSERT_SIZE(struct fw_lpm6, 20);
FW_ASSERT_SIZE(struct fw_name_head, 24);
FW_ASSERT_SIZE(struct fw_name_bucket, 64);
FW_ASSERT_SIZE(struct fw_synproxy, 4);
FW_ASSERT_SIZE(struct fw_syn, 24 + 4 * FW_SYNPROXIES);
FW_ASSERT_SIZE(struct fw_syn_rate, 24);
FW_ASSERT_SIZE(struct fw_counter, 16);
FW_ASSERT_SIZE(struct fw_limit, 72);
FW_ASSERT_SIZE(struct fw_limit_key, 24);
FW_ASSERT_SIZE(struct fw_set, 8);
FW_ASSERT_SIZE(struct fw_set_host, 24);
FW_ASSERT_SIZE(struct fw_set_net, 28);
FW_ASSERT_SIZE(struct fw_set_member, 8);
FW_ASSERT_SIZE(struct fw_flow_key, 44);
FW_ASSERT_SIZE(struct fw_road, 64);
FW_ASSERT_SIZE(struct fw_grant, 48);
FW_ASSERT_SIZE(struct fw_road_port, 16);
FW_ASSERT_SIZE(struct fw_flow, 128);
FW_ASSERT_SIZE(struct fw_flow_counts, 16);
FW_ASSERT_SIZE(struct fw_meta, 8);
FW_ASSERT_SIZE(struct fw_qos, 32);
FW_ASSERT_SIZE(struct fw_qos_counter, 48);
FW_ASSERT_SIZE(struct fw_watch, 4);
FW_ASSERT_SIZE(struct fw_event_head, 16);
FW_ASSERT_SIZE(struct fw_message, 72);
FW_ASSERT_SIZE(struct fw_event_packet, 80);
