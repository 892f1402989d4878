/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps of abi.h, the same in every program object, so that the objects
 * share them by name: through pins, or by reuse of descriptors.
 *
 * Generational tables are arrays of two inner maps. Their templates give sizes
 * and no BTF types: kernels before 6.4 compare an inner map's BTF with the
 * template's, and so any map of the right sizes fits. Hashes and tries may have
 * any max_entries; of the arrays only those with BPF_F_INNER_MAP may
 * differ in size, at the price of a look-up that is not inlined.
 */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi.h"

#ifndef FW_GENERATIONAL	/* tests/bench/fixed.bpf.c does without */
#define FW_GENERATIONAL(name, inner_type, key, value, entries, flags)   \
	struct {                                                        \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);               \
		__uint(max_entries, FW_SLOTS);                          \
		__uint(key_size, sizeof(__u32));                        \
		__array(values, struct {                                \
			__uint(type, inner_type);                       \
			__uint(key_size, key);                          \
			__uint(value_size, value);                      \
			__uint(max_entries, entries);                   \
			__uint(map_flags, flags);                       \
		});                                                     \
	} name SEC(".maps")
#endif

#define FW_GENERATIONAL_ARRAY(name, value, entries, flags)              \
	FW_GENERATIONAL(name, BPF_MAP_TYPE_ARRAY, sizeof(__u32), value, \
			entries, flags)

#define FW_GENERATIONAL_TRIE(name, key)                                     \
	FW_GENERATIONAL(name, BPF_MAP_TYPE_LPM_TRIE, key, sizeof(__u32), 1, \
			BPF_F_NO_PREALLOC)

/* Written by the loader through its own memory: there may be a million lines.
 * So they begin at a page, and each is one line of the cache. */
#define FW_GENERATIONAL_LINES(name)                            \
	FW_GENERATIONAL_ARRAY(name, sizeof(struct fw_trie_line), 1, \
			      BPF_F_INNER_MAP | BPF_F_MMAPABLE)

FW_GENERATIONAL_ARRAY(gen, sizeof(struct fw_gen), 1, 0);
FW_GENERATIONAL_ARRAY(dev, sizeof(struct fw_dev), FW_DEVICES_MAX, 0);
FW_GENERATIONAL_LINES(saddr4);
FW_GENERATIONAL_LINES(daddr4);
FW_GENERATIONAL_TRIE(saddr4_lpm, sizeof(struct fw_lpm4));
FW_GENERATIONAL_TRIE(daddr4_lpm, sizeof(struct fw_lpm4));
FW_GENERATIONAL(saddr6, BPF_MAP_TYPE_HASH, sizeof(struct fw_lpm6),
		sizeof(__u32), 1, 0);
FW_GENERATIONAL(daddr6, BPF_MAP_TYPE_HASH, sizeof(struct fw_lpm6),
		sizeof(__u32), 1, 0);
FW_GENERATIONAL_ARRAY(saddr6_bits, sizeof(__u64), 1, BPF_F_INNER_MAP);
FW_GENERATIONAL_ARRAY(daddr6_bits, sizeof(__u64), 1, BPF_F_INNER_MAP);
FW_GENERATIONAL_TRIE(saddr6_lpm, sizeof(struct fw_lpm6));
FW_GENERATIONAL_TRIE(daddr6_lpm, sizeof(struct fw_lpm6));
FW_GENERATIONAL_ARRAY(sport, sizeof(__u32), 65536, 0);
FW_GENERATIONAL_ARRAY(dport, sizeof(__u32), 65536, 0);
FW_GENERATIONAL_ARRAY(small, sizeof(__u32), FW_SMALL_MAX, 0);
FW_GENERATIONAL_ARRAY(tests, sizeof(struct fw_test), FW_TESTS_MAX, 0);
FW_GENERATIONAL_ARRAY(cuts, sizeof(struct fw_cut), 1, BPF_F_INNER_MAP);
FW_GENERATIONAL_ARRAY(rows, sizeof(struct fw_row), 1, BPF_F_INNER_MAP);
FW_GENERATIONAL_ARRAY(actions, sizeof(struct fw_action), FW_RULES_MAX, 0);
FW_GENERATIONAL_ARRAY(syn, sizeof(struct fw_syn), 1, 0);
FW_GENERATIONAL_ARRAY(qos_profiles, sizeof(struct fw_qos), FW_QOS_CLASSES, 0);
FW_GENERATIONAL(watch, BPF_MAP_TYPE_HASH, sizeof(__u32),
		sizeof(struct fw_watch), FW_DEVICES_MAX, 0);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FW_COUNTERS_MAX);
	__type(key, __u32);
	__type(value, struct fw_counter);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FW_LIMITS_MAX);
	__type(key, __u32);
	__type(value, struct fw_limit);
} limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * FW_QOS_CLASSES);
	__type(key, __u32);
	__type(value, __u64);
} qos_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * FW_QOS_CLASSES);
	__type(key, __u32);
	__type(value, struct fw_qos_counter);
} tc_stats SEC(".maps");

/* Entries come from user space only, so none has to be set aside. The loader
 * sets max_entries to the configuration's `flows`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct fw_flow_key);
	__type(value, struct fw_flow);
} flow_map SEC(".maps");

/* As many as in flow_map; likewise from user space only. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct fw_flow_key);
	__type(value, struct fw_grant);
} flow_road SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} road_turn SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FW_DEVICES_MAX);
	__type(key, __u32);
	__type(value, struct fw_road_port);
} road_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, FW_DEVICES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} road_devices SEC(".maps");

/* The loader sets max_entries to the configuration's `rate-sources`. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct fw_limit_key);
	__type(value, __u64);
} sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_flow_counts);
} flow_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FW_SETS_MAX);
	__type(key, __u64);
	__type(value, struct fw_set);
} sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FW_SET_MEMBERS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct fw_set_host);
	__type(value, struct fw_set_member);
} set_hosts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, FW_SET_MEMBERS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct fw_set_net);
	__type(value, struct fw_set_member);
} set_nets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_syn_rate);
} syn_rate SEC(".maps");

/* The XDP programs that another one goes on to. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, FW_PROGRAM_MAX_);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

/* This CPU's. */
static __always_inline struct fw_stats *fw_stats_of(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&stats, &key);
}

/* The barrier keeps the compiler from checking another number than is used, which
 * the verifier would not follow. */
static __always_inline void fw_stat_sum(struct fw_stats *to, __u32 stat,
					__u64 n)
{
	if (!__builtin_constant_p(stat))
		barrier_var(stat);
	if (to && stat < FW_STAT_MAX_)
		to->n[stat] += n;
}

static __always_inline void fw_stat_count(struct fw_stats *to, __u32 stat)
{
	fw_stat_sum(to, stat, 1);
}

/* Where none has been looked up. */
static __always_inline void fw_stat_add(enum fw_stat stat)
{
	fw_stat_count(fw_stats_of(), stat);
}

/* The control word, once: everything that a packet meets goes by this copy. */
static __always_inline __u64 fw_control_read(void)
{
	__u32 key = 0;
	__u64 *word = bpf_map_lookup_elem(&control, &key);

	return word ? *(volatile __u64 *)word : 0;
}

static __always_inline __u32 fw_control_slot(__u64 word)
{
	return word & FW_CONTROL_SLOT;
}
