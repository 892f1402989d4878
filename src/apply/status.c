/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the active generation. Out: what it counts and how full it is, which
 * devices and features it runs on, and why something is not as wished. May
 * fail: no memory.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/features.h"
#include "apply/settings.h"
#include "util/cleanup.h"
#include "util/vec.h"

/* --- counters ------------------------------------------------------------- */
int fw_apply_rule_counts(struct fw_apply *apply, struct fw_rule_count *counts)
{
	const struct fw_plan *plan = apply->plan;
	struct fw_counter counter;

	if (!plan)
		return -ENOENT;
	for (size_t i = 0; i < plan->n_rules; i++) {
		const struct fw_plan_rule *rule = &plan->rules[i];

		counts[i] = (struct fw_rule_count){-1, -1};
		/* XDP may count also of rules that stand in nft: they moved on
		 * some devices, or are jumped to from both. */
		if (!rule->counted ||
		    fw_counters_read(&apply->counters, &rule->key, &counter))
			continue;
		counts[i] = (struct fw_rule_count){
			(int64_t)counter.packets, (int64_t)counter.bytes};
	}
	return fw_nft_rule_counts(apply->nft, plan, counts);
}

int fw_apply_counter_counts(struct fw_apply *apply,
			    struct fw_rule_count *counts)
{
	const struct fw_plan *plan = apply->plan;

	if (!plan)
		return -ENOENT;
	for (size_t i = 0; i < plan->n_counters; i++) {
		struct fw_counter counter = {0};

		(void)fw_counters_read(&apply->counters, &plan->counters[i].key,
				       &counter);
		counts[i] = (struct fw_rule_count){
			(int64_t)counter.packets, (int64_t)counter.bytes};
	}
	return fw_nft_counter_counts(apply->nft, plan, counts);
}

int fw_apply_credit(struct fw_apply *apply, const struct fw_hash *key,
		    const struct fw_rule_count *more)
{
	struct fw_hash credit = fw_credit_key(key);
	struct fw_counter counter = { (uint64_t)more->packets,
				      (uint64_t)more->bytes };

	return fw_counters_add(&apply->counters, &credit, &counter);
}

struct fw_rule_count fw_apply_credited(const struct fw_apply *apply,
				       const struct fw_hash *key)
{
	struct fw_hash credit = fw_credit_key(key);
	struct fw_counter counter = {0};

	(void)fw_counters_read(&apply->counters, &credit, &counter);
	return (struct fw_rule_count){ (int64_t)counter.packets,
				       (int64_t)counter.bytes };
}

int fw_apply_stats(struct fw_apply *apply, uint64_t stats[FW_STAT_MAX_])
{
	int fd = fw_bpf_map_fd(&apply->bpf, "stats");
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct fw_stats *values = NULL;
	__u32 key = 0;

	memset(stats, 0, FW_STAT_MAX_ * sizeof(*stats));
	if (fd < 0)
		return 0;
	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &key, values))
		return -errno;
	for (int i = 0; i < cpus; i++)
		for (int stat = 0; stat < FW_STAT_MAX_; stat++)
			stats[stat] += values[i].n[stat];
	return 0;
}

/* --- maps ----------------------------------------------------------------- */
static int count_one(void *ctx, const struct fw_flow_key *key,
		     const struct fw_flow *flow)
{
	(void)key;
	(void)flow;
	++*(uint64_t *)ctx;
	return 0;
}

static uint64_t outer_room(const struct fw_outer *outer, unsigned slot)
{
	const struct fw_bpf_inner *inner = &outer->map->inner;

	/* Hashes, tries and arrays of any size are made as they are needed. */
	return inner->type == BPF_MAP_TYPE_ARRAY &&
	       !(inner->flags & BPF_F_INNER_MAP) ?
		       inner->max_entries : outer->slot[slot].n;
}

/* Both maps of live sets' members, where there is room. */
static size_t set_maps(struct fw_apply *apply, struct fw_map_status *ret,
		       size_t max)
{
	uint64_t hosts, nets;

	if (max < 2 || fw_sets_count(&apply->sets, &hosts, &nets) < 0)
		return 0;
	ret[0] = (struct fw_map_status){ "set_hosts", hosts,
					 FW_SET_MEMBERS_MAX };
	ret[1] = (struct fw_map_status){ "set_nets", nets, FW_SET_MEMBERS_MAX };
	return 2;
}

#define SOURCES_BATCH 4096

/* Sources that rate limits remember. */
static uint64_t count_sources(const struct fw_bpf_map *map)
{
	_cleanup_free_ struct fw_limit_key *keys =
		calloc(SOURCES_BATCH, sizeof(*keys));
	_cleanup_free_ uint64_t *values = calloc(SOURCES_BATCH,
						 sizeof(*values));
	uint32_t cursor = 0, n;
	uint64_t sum = 0;
	bool first = true;
	int r = 0;

	if (!keys || !values)
		return 0;
	while (!r) {
		n = SOURCES_BATCH;
		r = bpf_map_lookup_batch(map->fd, first ? NULL : &cursor,
					 &cursor, keys, values, &n, NULL);
		if (!r || r == -ENOENT)
			sum += n;
		first = false;
	}
	return sum;
}

size_t fw_apply_maps(struct fw_apply *apply, struct fw_map_status *ret,
		     size_t max)
{
	const struct fw_bpf_map *flows = fw_bpf_map(&apply->bpf, "flow_map");
	const struct fw_bpf_map *sources = fw_bpf_map(&apply->bpf, "sources");
	unsigned slot = fw_control_slot(&apply->control);
	size_t n = 0;

	for (size_t i = 0; i < apply->snapshot.n && n < max; i++) {
		const struct fw_outer *outer = &apply->snapshot.outers[i];

		ret[n++] = (struct fw_map_status){
			.name = outer->map->name,
			.entries = outer->slot[slot].n,
			.max = outer_room(outer, slot),
		};
	}
	if (n < max)
		ret[n++] = (struct fw_map_status){
			.name = "counters",
			.entries = fw_counters_used(&apply->counters),
			.max = FW_COUNTERS_MAX,
		};
	if (n < max)
		ret[n++] = (struct fw_map_status){
			.name = "limits",
			.entries = fw_counters_used(&apply->limits),
			.max = FW_LIMITS_MAX,
		};
	if (flows && n < max) {
		ret[n] = (struct fw_map_status){
			.name = flows->name,
			.max = flows->max_entries,
		};
		(void)fw_apply_flows(apply, count_one, &ret[n++].entries);
	}
	if (sources && n < max)
		ret[n++] = (struct fw_map_status){
			.name = sources->name,
			.entries = count_sources(sources),
			.max = sources->max_entries,
		};
	return n + set_maps(apply, ret + n, max - n);
}

/* --- devices and features ------------------------------------------------- */
struct description {
	struct fw_arena *arena;
	FW_VEC(struct fw_device_status) devices;
	FW_VEC(struct fw_feature_status) features;
	bool oom;
};

static const char *copy(struct description *d, const char *text)
{
	char *copied;

	if (!text || !text[0])
		return NULL;
	copied = fw_arena_strdup(d->arena, text);
	d->oom |= !copied;
	return copied;
}

/* name, fallback and reason must live as long as the arena. */
static void add_feature(struct description *d, const char *name,
			const char *layer, const char *fallback,
			const char *reason)
{
	struct fw_feature_status *f = fw_vec_push(d->arena, &d->features);

	d->oom |= !f || !name;
	if (f)
		*f = (struct fw_feature_status){name, layer, fallback,
						fallback ? reason : NULL};
}

/* The best that the wish leaves open: "xdp-native eth0", "xdp-offload eth0". */
static char *wished(struct description *d, const struct fw_device *device)
{
	enum fw_attach best = device->wish == FW_ATTACH_OFFLOAD ?
				      FW_ATTACH_OFFLOAD : FW_ATTACH_NATIVE;

	return fw_arena_printf(d->arena, "xdp-%s %s", fw_attach_name(best),
			       device->name);
}

/* `malformed drop`: where neither program runs, nobody but nft judges. */
static void describe_malformed(struct description *d,
			       const struct fw_device *device)
{
	add_feature(d,
		    fw_arena_printf(d->arena, "malformed-drop %s",
				    device->name),
		    device->on & FW_PART_XDP ? "xdp" : "tc",
		    device->on & (FW_PART_XDP | FW_PART_TC) ? NULL : "nft",
		    "neither XDP nor TC judges the device's packets");
}

static void describe_classes(struct description *d,
			     const struct fw_device *device)
{
	add_feature(d, fw_arena_printf(d->arena, "qos %s", device->name), "tc",
		    device->on & FW_PART_ROAD ? NULL : "none",
		    "no program at the device's TC egress: classes are not "
		    "applied");
}

static void describe_xdp(struct description *d, const struct fw_device *device,
			 const char *reason)
{
	bool fallen = device->mode != FW_ATTACH_NATIVE ||
		      device->wish == FW_ATTACH_OFFLOAD;

	add_feature(d, wished(d, device), "xdp",
		    fallen ? fw_attach_name(device->mode) : NULL,
		    reason ? reason : "as the configuration says");
	if (!(device->on & FW_PART_TC))
		add_feature(d, fw_arena_printf(d->arena, "tc %s", device->name),
			    "tc", "none",
			    "packets held behind XDP may meet another generation");
}

static void describe_device(struct description *d,
			    const struct fw_apply *apply,
			    const struct fw_plan_device *from)
{
	const struct fw_device *device =
		fw_devices_find(&apply->devices, from->name);
	struct fw_device_status *s = fw_vec_push(d->arena, &d->devices);
	char held[256];

	if (!s) {
		d->oom = true;
		return;
	}
	*s = (struct fw_device_status){
		.name = copy(d, from->name),
		.xdp = "off",
		.state = "waiting",
	};
	if (!device || !device->ifindex) {
		s->reason = "there is no such device";
		return;
	}
	s->state = "attached";
	s->tc = device->on & FW_PART_TC;
	s->watch = device->on & FW_PART_WATCH;
	if (s->watch && device->watch_reads)
		add_feature(d, fw_arena_printf(d->arena, "monitor %s", s->name),
			    "monitor", "packet reader",
			    fw_watch_lacks(&apply->bpf, device->watch_flags));
	s->reason = copy(d, device->reason);
	if (device->on & FW_PART_XDP) {
		s->xdp = fw_attach_name(device->mode);
		describe_xdp(d, device, s->reason);
	} else if (device->want & FW_PART_XDP) {
		add_feature(d, wished(d, device), "xdp", "tc", s->reason);
	} else if (from->attach == FW_ATTACH_AUTO &&
		   apply->bpf.prog[FW_BPF_XDP] < 0) {
		s->reason = copy(d, apply->bpf.reason[FW_BPF_XDP]);
		add_feature(d, wished(d, device), "xdp", "nft", s->reason);
	} else if (from->tc && from->attach == FW_ATTACH_AUTO &&
		   fw_xdp_held(device->ifindex, held, sizeof(held))) {
		/* The compiler knew, and has left the rules to nft. */
		s->reason = copy(d, held);
		add_feature(d, wished(d, device), "xdp", "nft", s->reason);
	}
	if (apply->plan->options.malformed_drop)
		describe_malformed(d, device);
	if (apply->plan->n_classes)
		describe_classes(d, device);
}

/* Of the host, and not of a device. */
static void add_host(struct description *d, enum fw_feature feature,
		     bool missing, const char *reason)
{
	const struct fw_feature_row *row = &fw_features[feature];

	add_feature(d, row->name, row->layer, missing ? row->fallback : NULL,
		    reason);
}

static void describe_programs(struct description *d, const struct fw_bpf *bpf)
{
	for (int i = 0; i < FW_BPF_PROGRAM_MAX_; i++)
		add_host(d, (enum fw_feature)i, bpf->prog[i] < 0,
			 bpf->reason[i]);
}

/* Of the kernel, as synproxy needs them. */
static void describe_settings(struct description *d, const struct fw_plan *plan)
{
	unsigned needed = fw_settings_needed(plan);
	unsigned lacking = fw_settings_lacking(plan);
	char reason[64];

	for (int i = 0; i < FW_SETTING_MAX_; i++) {
		if (!(needed & 1u << i))
			continue;
		fw_setting_explain((enum fw_setting)i, reason, sizeof(reason));
		add_feature(d, fw_settings[i].name, "kernel",
			    lacking & 1u << i ? fw_settings[i].without : NULL,
			    copy(d, reason));
	}
}

static void describe_host(struct description *d, const struct fw_apply *apply)
{
	const struct fw_bpf_map *flows = fw_bpf_map(&apply->bpf, "flow_map");
	const struct fw_bpf_map *sources = fw_bpf_map(&apply->bpf, "sources");
	__u32 wanted = apply->plan ? apply->plan->options.rate_sources : 0;
	bool queue = fw_nft_has_queue(apply->nft);
	const char *warning = fw_nft_warning(apply->nft);

	add_host(d, FW_FEATURE_NFT_QUEUE, !queue,
		 "this kernel has no nft queue expression");
	if (warning)
		add_feature(d, "nft", "nft", "not all of it", copy(d, warning));
	if (apply->fs.reason[0])
		add_feature(d, "bpffs", "pins", apply->fs.root,
			    apply->fs.reason);
	if (flows && flows->max_entries != apply->flows)
		add_feature(d, "flows", "flow map",
			    fw_arena_printf(d->arena, "%u entries",
					    flows->max_entries),
			    "the map that was adopted keeps its size until flywall stop --flush");
	if (sources && wanted && sources->max_entries != wanted)
		add_feature(d, "rate-sources", "rate limits",
			    fw_arena_printf(d->arena, "%u entries",
					    sources->max_entries),
			    "the map gets its new size when the daemon starts again");
}

int fw_apply_describe(struct fw_apply *apply)
{
	struct description d = {.arena = fw_arena_new()};
	const struct fw_plan *plan = apply->plan;

	if (!d.arena)
		return -ENOMEM;
	describe_programs(&d, &apply->bpf);
	describe_host(&d, apply);
	if (plan)
		describe_settings(&d, plan);
	for (size_t i = 0; plan && i < plan->n_devices; i++)
		describe_device(&d, apply, &plan->devices[i]);
	if (d.oom) {
		fw_arena_free(d.arena);
		return -ENOMEM;
	}
	fw_arena_free(apply->status);
	apply->status = d.arena;
	apply->devices_status = d.devices.items;
	apply->n_devices = d.devices.n;
	apply->features = d.features.items;
	apply->n_features = d.features.n;
	return 0;
}

/* A device may have gone since the commit. */
size_t fw_apply_devices(const struct fw_apply *apply,
			const struct fw_device_status **ret)
{
	for (size_t i = 0; i < apply->n_devices; i++) {
		struct fw_device_status *s = &apply->devices_status[i];
		const struct fw_device *device =
			fw_devices_find(&apply->devices, s->name);

		if (device && device->ifindex &&
		    if_nametoindex(s->name) != device->ifindex) {
			s->state = "waiting";
			s->xdp = "off";
			s->tc = s->watch = false;
			s->reason = "the device is gone";
		}
	}
	*ret = apply->devices_status;
	return apply->n_devices;
}

size_t fw_apply_features(const struct fw_apply *apply,
			 const struct fw_feature_status **ret)
{
	*ret = apply->features;
	return apply->n_features;
}
