/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: programs as ELF, plans. Out: loaded programs and filled maps. Whatever the
 * kernel refuses comes back as -errno, said on standard error.
 */
#define _GNU_SOURCE 1	/* unshare */

#include "kernel.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <sys/resource.h>

#include "plan/trie.h"
#include "util/cleanup.h"

/* Generated; of each only the bytes of the object are used. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "bpf/dns.skel.h"
#include "bpf/tls.skel.h"
#include "bpf/dhcp.skel.h"
#include "bpf/road.skel.h"
#include "bpf/syn.skel.h"
#include "bpf/tc.skel.h"
#include "bpf/trace.skel.h"
#include "bpf/watch.skel.h"
#include "bpf/xdp.skel.h"
#pragma GCC diagnostic pop

static const void *elf_bytes(enum kernel_program program, size_t *size)
{
	switch (program) {
	case KERNEL_XDP:
		return fw_xdp_bpf__elf_bytes(size);
	case KERNEL_SYN:
		return fw_syn_bpf__elf_bytes(size);
	case KERNEL_ROAD:
		return fw_road_bpf__elf_bytes(size);
	case KERNEL_TC:
		return fw_tc_bpf__elf_bytes(size);
	case KERNEL_WATCH:
		return fw_watch_bpf__elf_bytes(size);
	case KERNEL_DHCP:
		return fw_dhcp_bpf__elf_bytes(size);
	case KERNEL_TLS:
		return fw_tls_bpf__elf_bytes(size);
	case KERNEL_TRACE:
		return fw_trace_bpf__elf_bytes(size);
	default:
		return fw_dns_bpf__elf_bytes(size);
	}
}

static int say_warnings(enum libbpf_print_level level, const char *format,
			va_list ap)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, ap) : 0;
}

static void skip(const char *reason)
{
	fprintf(stderr, "%s\n", reason);
	exit(77);
}

void kernel_needs(void)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int fd;

	if (geteuid() != 0)
		skip("needs root");
	(void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 4, 1, NULL);
	if (fd < 0)
		skip("needs bpf(), which is refused");
	(void)close(fd);
}

static int share_maps(struct bpf_object *object, const struct kernel *from)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, object) {
		struct bpf_map *other;

		if (bpf_map__is_internal(map))
			continue;
		other = bpf_object__find_map_by_name(from->object,
						     bpf_map__name(map));
		if (!r && other)
			r = bpf_map__reuse_fd(map, bpf_map__fd(other));
	}
	return r;
}

/* Those of the program that has most. */
static uint32_t count_instructions(struct bpf_object *object)
{
	struct bpf_program *program;
	uint32_t most = 0;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info,
					    &len) &&
		    info.verified_insns > most)
			most = info.verified_insns;
	}
	return most;
}

int kernel_open_bytes(struct kernel *kernel, const void *elf, size_t size,
		      const struct kernel *share)
{
	struct bpf_program *program;
	int r = 0;

	memset(kernel, 0, sizeof(*kernel));
	libbpf_set_print(say_warnings);
	kernel_needs();
	kernel->object = bpf_object__open_mem(elf, size, NULL);
	if (!kernel->object)
		return -errno;
	if (share)
		r = share_maps(kernel->object, share);
	if (!r)
		r = bpf_object__load(kernel->object);
	if (r) {
		kernel_close(kernel);
		return r;
	}
	program = bpf_object__next_program(kernel->object, NULL);
	kernel->program = bpf_program__fd(program);
	kernel->instructions = count_instructions(kernel->object);
	return 0;
}

int kernel_open(struct kernel *kernel, enum kernel_program which,
		const struct kernel *share)
{
	size_t size;
	const void *elf = elf_bytes(which, &size);

	return kernel_open_bytes(kernel, elf, size, share);
}

void kernel_close(struct kernel *kernel)
{
	bpf_object__close(kernel->object);
	kernel->object = NULL;
}

int kernel_map(const struct kernel *kernel, const char *name)
{
	return bpf_object__find_map_fd_by_name(kernel->object, name);
}

/* --- tables --------------------------------------------------------------- */
struct inner {
	const char *name;
	enum bpf_map_type type;
	uint32_t key_size, value_size, n, max;
	const void *keys, *values;
};

static enum bpf_map_type map_type(enum fw_table_kind kind)
{
	switch (kind) {
	case FW_TABLE_HASH:
		return BPF_MAP_TYPE_HASH;
	case FW_TABLE_LPM:
		return BPF_MAP_TYPE_LPM_TRIE;
	default:
		return BPF_MAP_TYPE_ARRAY;
	}
}

static uint32_t map_flags(const struct inner *inner)
{
	static const char *const sized[] = {"rows", "cuts", "saddr6_bits",
					    "daddr6_bits"};

	if (strcmp(inner->name, "saddr4") == 0 ||
	    strcmp(inner->name, "daddr4") == 0)
		return BPF_F_INNER_MAP | BPF_F_MMAPABLE;
	if (inner->type == BPF_MAP_TYPE_LPM_TRIE)
		return BPF_F_NO_PREALLOC;
	for (size_t i = 0; i < FW_ARRAY_SIZE(sized); i++)
		if (strcmp(inner->name, sized[i]) == 0)
			return BPF_F_INNER_MAP;
	return 0;
}

static int fill_inner(int fd, const struct inner *inner)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	const void *keys = inner->keys;
	uint32_t n = inner->n;

	if (!n)
		return 0;
	if (!keys) {
		numbers = calloc(n, sizeof(*numbers));
		if (!numbers)
			return -ENOMEM;
		for (uint32_t i = 0; i < n; i++)
			numbers[i] = i;
		keys = numbers;
	}
	return bpf_map_update_batch(fd, keys, inner->values, &n, NULL);
}

static int put_inner(struct kernel *kernel, uint32_t slot,
		     const struct inner *inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = map_flags(inner));
	const struct bpf_map *map =
		bpf_object__find_map_by_name(kernel->object, inner->name);
	_cleanup_close_ int fd = -1;
	int r;

	if (map && bpf_map__type(map) != BPF_MAP_TYPE_ARRAY_OF_MAPS)
		return fill_inner(bpf_map__fd(map), inner);

	fd = bpf_map_create(inner->type, inner->name, inner->key_size,
			    inner->value_size, inner->max ? inner->max : 1,
			    &opts);
	if (fd < 0)
		return fd;
	r = fill_inner(fd, inner);
	if (r)
		return r;
	return bpf_map_update_elem(kernel_map(kernel, inner->name), &slot, &fd,
				   BPF_ANY);
}

/* A fresh limit, and its number: of this slot's rule. */
static uint32_t put_limit(struct kernel *kernel, uint32_t slot, uint32_t rule,
			  const struct fw_plan_limit *from)
{
	uint32_t at = slot * FW_RULES_MAX + rule;
	struct fw_limit limit;
	bool made = fw_plan_limit_make(from, 65536, &limit);

	limit.id = at;
	if (!made ||
	    bpf_map_update_elem(kernel_map(kernel, "limits"), &at, &limit,
				BPF_ANY))
		return UINT32_MAX;	/* holds for nothing */
	return at + 1;
}

static int put_actions(struct kernel *kernel, uint32_t slot,
		       const struct fw_plan *plan)
{
	_cleanup_free_ struct fw_action *actions =
		calloc(FW_RULES_MAX, sizeof(*actions));

	if (!actions)
		return -ENOMEM;
	for (uint32_t r = 0; r < plan->xdp.n_rules; r++) {
		const struct fw_xdp_rule *rule = &plan->xdp.rules[r];

		actions[r].verdict = (uint8_t)FW_VERDICT_WITH(rule->verdict,
							      rule->synproxy);
		actions[r].skip_to = rule->skip_to;
		actions[r].id = slot * KERNEL_COUNTERS + r + 1;
		actions[r].flags = rule->log ? FW_ACTION_LOG : 0;
		actions[r].counter = rule->counted ? slot * KERNEL_COUNTERS + r
						   : FW_NO_COUNTER;
		if (rule->limit)
			actions[r].limit = put_limit(kernel, slot, r,
						     rule->limit);
	}
	return put_inner(kernel, slot,
			 &(struct inner){"actions", BPF_MAP_TYPE_ARRAY, 4,
					 sizeof(*actions), FW_RULES_MAX,
					 FW_RULES_MAX, NULL, actions});
}

/* Every second chain claims nothing of untested fields: both must do. */
static int put_devices(struct kernel *kernel, uint32_t slot,
		       const struct fw_plan *plan, uint32_t flags)
{
	struct fw_dev values[FW_DEVICES_MAX] = {0}, *dev = NULL;

	if (plan->options.malformed_drop)
		flags |= FW_DEV_DROP_MALFORMED;
	for (uint32_t d = 0; d < plan->xdp.n_devices; d++) {
		const struct fw_xdp_device *device = &plan->xdp.devices[d];
		struct fw_plan_tested tested =
			fw_plan_tested(&plan->xdp, device);
		bool inet = strcmp(device->family, "inet") == 0;

		if (!d || strcmp(device[-1].device, device->device)) {
			uint32_t ifindex = if_nametoindex(device->device);

			dev = ifindex ? fw_dev_take(values, ifindex) : NULL;
			if (!dev)
				return -ENODEV;
			dev->flags = flags;
		}
		dev->chains[dev->n_chains++] = (struct fw_chain){
			.words = fw_plan_words(device),
			.tests = tested.tests,
			.policy = (uint8_t)device->policy,
			.flags = inet ? FW_CHAIN_INET : 0,
			.skip = d % 2 ? 0 : tested.skip,
			.policy_counter = slot * KERNEL_COUNTERS +
					  FW_RULES_MAX + d,
		};
	}
	return put_inner(kernel, slot,
			 &(struct inner){"dev", BPF_MAP_TYPE_ARRAY, 4,
					 sizeof(*values), FW_DEVICES_MAX,
					 FW_DEVICES_MAX, NULL, values});
}

static int put_trie(struct kernel *kernel, uint32_t slot,
		    const struct fw_plan_table *table)
{
	_cleanup_free_ struct fw_trie_line *lines =
		calloc(table->lines, sizeof(*lines));

	if (!lines)
		return -ENOMEM;
	fw_trie_write(table, lines);
	return put_inner(kernel, slot,
			 &(struct inner){table->name, BPF_MAP_TYPE_ARRAY, 4,
					 sizeof(*lines), table->lines,
					 table->lines, NULL, lines});
}

int kernel_fill(struct kernel *kernel, uint32_t slot,
		const struct fw_plan *plan, uint32_t flags)
{
	int r = put_actions(kernel, slot, plan);

	if (!r)
		r = put_devices(kernel, slot, plan, flags);
	for (size_t i = 0; !r && i < plan->xdp.n_tables; i++) {
		const struct fw_plan_table *table = &plan->xdp.tables[i];

		if (!table->n) {
			(void)bpf_map_delete_elem(
				kernel_map(kernel, table->name), &slot);
			continue;
		}
		if (table->lines) {
			r = put_trie(kernel, slot, table);
			continue;
		}
		r = put_inner(kernel, slot,
			      &(struct inner){table->name,
					      map_type(table->kind),
					      table->key_size,
					      table->value_size, table->n,
					      table->n, table->keys,
					      table->values});
		if (r)
			fprintf(stderr, "table %s: %s\n", table->name,
				strerror(-r));
	}
	return r;
}

int kernel_watch(struct kernel *kernel, uint32_t slot, const uint32_t *devices,
		 size_t n)
{
	struct fw_watch values[FW_DEVICES_MAX];

	for (size_t i = 0; i < n; i++)
		values[i].flags = FW_WATCH(FW_WATCHER_DNS);
	return put_inner(kernel, slot,
			 &(struct inner){"watch", BPF_MAP_TYPE_HASH, 4,
					 sizeof(*values), (uint32_t)n,
					 FW_DEVICES_MAX, devices, values});
}

int kernel_watcher(struct kernel *watch, const struct kernel *dns)
{
	uint32_t key = FW_WATCHER_DNS;

	return bpf_map_update_elem(kernel_map(watch, "watchers"), &key,
				   &dns->program, BPF_ANY);
}

int kernel_syn(struct kernel *xdp, const struct kernel *syn, uint32_t slot,
	       const struct fw_syn *config)
{
	uint32_t key = FW_PROGRAM_SYN;
	int r = put_inner(xdp, slot,
			  &(struct inner){"syn", BPF_MAP_TYPE_ARRAY, 4,
					  sizeof(*config), 1, 1, NULL, config});

	return r ? r : bpf_map_update_elem(kernel_map(xdp, "programs"), &key,
					   &syn->program, BPF_ANY);
}

int kernel_control(struct kernel *kernel, uint64_t word)
{
	uint32_t key = 0;

	return bpf_map_update_elem(kernel_map(kernel, "control"), &key, &word,
				   BPF_ANY);
}

/* --- what they counted ---------------------------------------------------- */
int kernel_counter(const struct kernel *kernel, uint32_t number,
		   struct fw_counter *ret)
{
	int cpus = libbpf_num_possible_cpus();
	struct fw_counter values[cpus > 0 ? cpus : 1];
	int r = bpf_map_lookup_elem(kernel_map(kernel, "counters"), &number,
				    values);

	*ret = (struct fw_counter){0};
	for (int i = 0; !r && i < cpus; i++) {
		ret->packets += values[i].packets;
		ret->bytes += values[i].bytes;
	}
	return r;
}

int kernel_stat(const struct kernel *kernel, enum fw_stat stat, uint64_t *ret)
{
	int cpus = libbpf_num_possible_cpus();
	struct fw_stats values[cpus > 0 ? cpus : 1];
	uint32_t key = 0;
	int r = bpf_map_lookup_elem(kernel_map(kernel, "stats"), &key, values);

	*ret = 0;
	for (int i = 0; !r && i < cpus; i++)
		*ret += values[i].n[stat];
	return r;
}

int kernel_zero(const struct kernel *kernel)
{
	int cpus = libbpf_num_possible_cpus();
	struct fw_counter counters[cpus > 0 ? cpus : 1];
	int r = kernel_zero_stats(kernel);

	memset(counters, 0, sizeof(counters));
	for (uint32_t i = 0; !r && i < FW_SLOTS * KERNEL_COUNTERS; i++)
		r = bpf_map_update_elem(kernel_map(kernel, "counters"), &i,
					counters, BPF_ANY);
	return r;
}

int kernel_zero_stats(const struct kernel *kernel)
{
	int cpus = libbpf_num_possible_cpus();
	struct fw_stats stats[cpus > 0 ? cpus : 1];
	uint32_t key = 0;

	memset(stats, 0, sizeof(stats));
	return bpf_map_update_elem(kernel_map(kernel, "stats"), &key, stats,
				   BPF_ANY);
}

/* --- a place of its own --------------------------------------------------- */
/* Without addresses of their own the devices are silent. */
void kernel_namespace(const char *const *pairs, size_t n)
{
	char command[256];

	if (geteuid() != 0)
		skip("needs root");
	if (unshare(CLONE_NEWNET) != 0)
		skip("needs a network namespace, which is refused");
	if (system("ip link set lo up") != 0)
		skip("needs ip(8)");
	for (size_t i = 0; i < n; i++) {
		snprintf(command, sizeof(command),
			 "ip link add %s0 type veth peer name %s1 && "
			 "ip link set %s0 addrgenmode none up && "
			 "ip link set %s1 addrgenmode none up",
			 pairs[i], pairs[i], pairs[i], pairs[i]);
		if (system(command) != 0)
			skip("needs veth devices");
	}
}
