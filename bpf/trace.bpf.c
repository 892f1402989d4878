/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw tracepoints: what the kernel says of packets that it drops, sends again or
 * resets, and of connections that fail.
 *
 * In: the kernel's own structures, read by CO-RE. Out: counters, drops by reason
 * and place, and, of kinds that are told, some events. Only what belongs to the
 * daemon's network namespace counts: by the packet's device, else its socket;
 * what has neither is nobody's.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi_trace.h"

char _license[] SEC("license") = "GPL";

#define TCP_SYN_SENT 2	/* the kernel's net/tcp_states.h */
#define TCP_CLOSE 7
#define INET 2		/* AF_INET */
#define INET6 10

/* Of the kernel's structures, what is read. */
#define KERNELS __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} KERNELS;

struct net {
	struct ns_common ns;
} KERNELS;

typedef struct {
	struct net *net;
} KERNELS possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} KERNELS;

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
} KERNELS;

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
} KERNELS;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
} KERNELS;

struct ipv4 {
	__u8 ihl : 4, version : 4;	/* on a big-endian machine the other way */
	__u8 tos;
	__be16 len, id, fragment;
	__u8 ttl, protocol;
	__be16 check;
	__u8 saddr[4], daddr[4];
};

struct ipv6 {
	__u8 version_class, flow[3];
	__be16 len;
	__u8 next, hops;
	__u8 saddr[16], daddr[16];
};

struct told {
	__u64 tick;
	__u32 n, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_trace_settings);
} trace_settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FW_TRACE_COUNTS_);
	__type(key, __u32);
	__type(value, __u64);
} trace_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FW_TRACE_MAX_);
	__type(key, __u32);
	__type(value, struct told);
} trace_told SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FW_TRACE_PLACES);
	__type(key, struct fw_trace_place);
	__type(value, struct fw_trace_drops);
} trace_places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} trace_ring SEC(".maps");

static const char symbol[] = "%ps";

static __always_inline void count(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&trace_counts, &which);

	if (n)
		(*n)++;
}

/* --- whose it is ---------------------------------------------------------- */

static __always_inline bool is_ours(struct net *net,
				    const struct fw_trace_settings *settings)
{
	return net && BPF_CORE_READ(net, ns.inum) == settings->netns;
}

static __always_inline struct net *net_of_sock(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net);
}

static __always_inline struct net *net_of_packet(struct sk_buff *skb)
{
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	struct sock *sk;

	if (dev)
		return BPF_CORE_READ(dev, nd_net.net);
	sk = BPF_CORE_READ(skb, sk);
	return sk ? net_of_sock(sk) : NULL;
}

static __always_inline const struct fw_trace_settings *settings_of(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&trace_settings, &key);
}

/* --- events --------------------------------------------------------------- */

/* NULL: not one of those that are told, or one too many. */
static __always_inline struct fw_trace_event *
begin(const struct fw_trace_settings *settings, __u32 kind)
{
	struct fw_trace_event *event;
	__u64 tick = bpf_jiffies64();
	struct told *told;

	if (!(settings->told & 1u << kind))
		return NULL;
	told = bpf_map_lookup_elem(&trace_told, &kind);
	if (!told)
		return NULL;
	if (told->tick != tick) {
		told->tick = tick;
		told->n = 0;
	}
	if (told->n >= FW_TRACE_TICK) {
		count(FW_TRACE_LEFT_OUT);
		return NULL;
	}
	told->n++;
	event = bpf_ringbuf_reserve(&trace_ring, sizeof(*event), 0);
	if (!event) {
		count(FW_TRACE_LOST);
		return NULL;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->time_ns = bpf_ktime_get_boot_ns();
	event->kind = kind;
	return event;
}

static __always_inline void fill_ports(struct fw_trace_event *event,
				       const unsigned char *at)
{
	__be16 ports[2];

	if ((event->proto != IPPROTO_TCP && event->proto != IPPROTO_UDP &&
	     event->proto != IPPROTO_SCTP) ||
	    bpf_probe_read_kernel(ports, sizeof(ports), at))
		return;
	event->sport = bpf_ntohs(ports[0]);
	event->dport = bpf_ntohs(ports[1]);
}

static __always_inline void fill_ipv4(struct fw_trace_event *event,
				      const unsigned char *at)
{
	struct ipv4 ip;
	__u8 first;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), at) ||
	    bpf_probe_read_kernel(&first, 1, at) || first >> 4 != 4)
		return;
	event->family = 4;
	event->proto = ip.protocol;
	__builtin_memcpy(event->saddr, ip.saddr, 4);
	__builtin_memcpy(event->daddr, ip.daddr, 4);
	if (!(ip.fragment & bpf_htons(0x1fff)))
		fill_ports(event, at + (first & 15) * 4);
}

static __always_inline void fill_ipv6(struct fw_trace_event *event,
				      const unsigned char *at)
{
	struct ipv6 ip;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), at) ||
	    ip.version_class >> 4 != 6)
		return;
	event->family = 6;
	event->proto = ip.next;
	__builtin_memcpy(event->saddr, ip.saddr, 16);
	__builtin_memcpy(event->daddr, ip.daddr, 16);
	fill_ports(event, at + sizeof(ip));
}

static __always_inline void fill_packet(struct fw_trace_event *event,
					struct sk_buff *skb)
{
	const unsigned char *at = BPF_CORE_READ(skb, head) +
				  BPF_CORE_READ(skb, network_header);
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	__be16 protocol = BPF_CORE_READ(skb, protocol);

	event->length = BPF_CORE_READ(skb, len);
	if (dev)
		event->ifindex = (__u32)BPF_CORE_READ(dev, ifindex);
	if (protocol == bpf_htons(ETH_P_IP))
		fill_ipv4(event, at);
	else if (protocol == bpf_htons(ETH_P_IPV6))
		fill_ipv6(event, at);
}

/* As the socket sends. */
static __always_inline void fill_sock(struct fw_trace_event *event,
				      struct sock *sk)
{
	unsigned short family = BPF_CORE_READ(sk, __sk_common.skc_family);

	event->proto = IPPROTO_TCP;
	event->sport = BPF_CORE_READ(sk, __sk_common.skc_num);
	event->dport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (family == INET) {
		event->family = 4;
		BPF_CORE_READ_INTO((__be32 *)event->saddr, sk,
				   __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__be32 *)event->daddr, sk,
				   __sk_common.skc_daddr);
	} else if (family == INET6 &&
		   bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		event->family = 6;
		BPF_CORE_READ_INTO((struct in6_addr *)event->saddr, sk,
				   __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)event->daddr, sk,
				   __sk_common.skc_v6_daddr);
	}
}

/* The other way round: an answer to the packet, or what came to the socket. */
static __always_inline void turn(struct fw_trace_event *event)
{
	__u16 port = event->sport;
	__u8 addr[16];

	event->sport = event->dport;
	event->dport = port;
	__builtin_memcpy(addr, event->saddr, 16);
	__builtin_memcpy(event->saddr, event->daddr, 16);
	__builtin_memcpy(event->daddr, addr, 16);
}

/* --- drops ---------------------------------------------------------------- */

static __always_inline void count_place(__u64 address, __u32 reason)
{
	struct fw_trace_place place = { .address = address, .reason = reason };
	struct fw_trace_drops fresh = { .packets = 1 };
	struct fw_trace_drops *drops;

	drops = bpf_map_lookup_elem(&trace_places, &place);
	if (drops) {
		__sync_fetch_and_add(&drops->packets, 1);
		return;
	}
	(void)bpf_snprintf(fresh.name, sizeof(fresh.name), symbol, &address,
			   sizeof(address));
	if (bpf_map_update_elem(&trace_places, &place, &fresh, BPF_NOEXIST))
		count(FW_TRACE_UNPLACED);
}

SEC("raw_tp/kfree_skb")
int fw_trace_drop(struct bpf_raw_tracepoint_args *ctx)
{
	const struct fw_trace_settings *settings = settings_of();
	struct sk_buff *skb = (struct sk_buff *)ctx->args[0];
	__u64 address = ctx->args[1];
	__u32 reason = (__u32)ctx->args[2];
	struct fw_trace_event *event;

	if (!settings || !is_ours(net_of_packet(skb), settings))
		return 0;
	count(FW_TRACE_DROP);
	count_place(address, reason);
	event = begin(settings, FW_TRACE_DROP);
	if (!event)
		return 0;
	event->reason = reason;
	(void)bpf_snprintf(event->place, sizeof(event->place), symbol, &address,
			   sizeof(address));
	fill_packet(event, skb);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* --- TCP ------------------------------------------------------------------ */

/* Of a socket that sends, or that something came to. */
static __always_inline void tell_sock(struct sock *sk, __u32 kind, bool turned)
{
	const struct fw_trace_settings *settings = settings_of();
	struct fw_trace_event *event;

	if (!settings || !is_ours(net_of_sock(sk), settings))
		return;
	count(kind);
	event = begin(settings, kind);
	if (!event)
		return;
	fill_sock(event, sk);
	if (turned)
		turn(event);
	bpf_ringbuf_submit(event, 0);
}

SEC("raw_tp/tcp_retransmit_skb")
int fw_trace_resend(struct bpf_raw_tracepoint_args *ctx)
{
	tell_sock((struct sock *)ctx->args[0], FW_TRACE_RETRANSMIT, false);
	return 0;
}

/* The socket is the one that listens, so that an event would say nothing of the
 * other end. */
SEC("raw_tp/tcp_retransmit_synack")
int fw_trace_synack(struct bpf_raw_tracepoint_args *ctx)
{
	tell_sock((struct sock *)ctx->args[0], FW_TRACE_SYNACK, false);
	return 0;
}

SEC("raw_tp/tcp_receive_reset")
int fw_trace_reset(struct bpf_raw_tracepoint_args *ctx)
{
	tell_sock((struct sock *)ctx->args[0], FW_TRACE_RESET_RECEIVED, true);
	return 0;
}

/* The packet is the one that a reset answers; there may be none, or no socket. */
SEC("raw_tp/tcp_send_reset")
int fw_trace_refuse(struct bpf_raw_tracepoint_args *ctx)
{
	const struct fw_trace_settings *settings = settings_of();
	struct sk_buff *skb = (struct sk_buff *)ctx->args[1];
	struct fw_trace_event *event;

	if (!skb) {
		tell_sock((struct sock *)ctx->args[0], FW_TRACE_RESET_SENT,
			  false);
		return 0;
	}
	if (!settings || !is_ours(net_of_packet(skb), settings))
		return 0;
	count(FW_TRACE_RESET_SENT);
	event = begin(settings, FW_TRACE_RESET_SENT);
	if (!event)
		return 0;
	fill_packet(event, skb);
	event->length = 0;
	turn(event);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("raw_tp/inet_sock_set_state")
int fw_trace_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (struct sock *)ctx->args[0];

	if ((int)ctx->args[1] == TCP_SYN_SENT && (int)ctx->args[2] == TCP_CLOSE &&
	    BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP)
		tell_sock(sk, FW_TRACE_CONNECT, false);
	return 0;
}
