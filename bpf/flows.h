/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow map: looked up, never filled, by programs.
 */
#pragma once

#include "maps.h"
#include "packet.h"

static __always_inline void fw_flow_key_of(__u32 ifindex,
					   const struct fw_packet *pkt,
					   struct fw_flow_key *key)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->ifindex = ifindex;
	key->vlan = pkt->vlan;
	key->family = pkt->l3 == FW_L3_IP ? 4 : 6;
	key->proto = pkt->l4proto;
	__builtin_memcpy(key->saddr, pkt->saddr.words, sizeof(key->saddr));
	__builtin_memcpy(key->daddr, pkt->daddr.words, sizeof(key->daddr));
	key->sport = bpf_htons(pkt->sport);
	key->dport = bpf_htons(pkt->dport);
}

/* Not inlined, so that its key is not on the stack while rules are scanned. Only
 * protocols with ports have flows. */
static __noinline struct fw_flow *fw_flow_find(__u32 ifindex,
					       const struct fw_packet *pkt)
{
	struct fw_flow_key key;

	if (!(pkt->present & FW_HAS(FW_FIELD_DPORT)))
		return NULL;
	fw_flow_key_of(ifindex, pkt, &key);
	return bpf_map_lookup_elem(&flow_map, &key);
}

static __always_inline void fw_flow_charge(struct fw_flow *flow, __u32 packets,
					   __u32 bytes)
{
	__sync_fetch_and_add(&flow->packets, packets);
	__sync_fetch_and_add(&flow->bytes, bytes);
	flow->last_ns = bpf_ktime_get_boot_ns();
}

static __always_inline const struct fw_flow_counts *fw_flow_counts_of(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&flow_counts, &key);
}

/* Where there is none, none need be looked up. */
static __always_inline bool fw_flows_any(void)
{
	const struct fw_flow_counts *counts = fw_flow_counts_of();

	return counts && counts->all;
}

static __always_inline bool fw_flows_blocked(void)
{
	const struct fw_flow_counts *counts = fw_flow_counts_of();

	return counts && counts->blocked;
}
