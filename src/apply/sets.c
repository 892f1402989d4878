/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the live sets of a plan, nft's content. Out: the maps of live sets. May
 * fail: reading nft, memory, full maps.
 *
 * A member comes before another goes, so that an address which stays is a
 * member throughout: when its interval grows, or its time is another one.
 */
#include "apply/sets.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan/prefixes.h"
#include "util/cleanup.h"
#include "util/vec.h"

#define BATCH 1024
/* nft says what is left in milliseconds, and time passes while it says so. */
#define SAME_NS 50000000u

/* One of either map; keys of both sort by their bytes. */
struct member {
	union {
		struct fw_set_host host;
		struct fw_set_net net;
		uint8_t bytes[sizeof(struct fw_set_net)];
	} key;
	uint64_t until_ns;
	bool wanted;
};

typedef FW_VEC(struct member) member_vec;

enum kind {
	HOSTS,
	NETS,
	KINDS,
};

static const size_t key_size[KINDS] = {
	[HOSTS] = sizeof(struct fw_set_host),
	[NETS] = sizeof(struct fw_set_net),
};

struct follow {
	const struct fw_sets *sets;
	const struct fw_plan *plan;
	struct fw_arena *arena;
	uint64_t now_ns;
	int fd[KINDS];
	member_vec there[KINDS];	/* what the maps hold, sorted */
	int error;			/* the first */
};

static int by_host(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct fw_set_host));
}

static int by_net(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct fw_set_net));
}

static int (*const by_key[KINDS])(const void *a, const void *b) = {
	[HOSTS] = by_host,
	[NETS] = by_net,
};

static uint64_t set_of(const struct member *member, enum kind kind)
{
	uint64_t set = member->key.host.set;

	if (kind == NETS)
		memcpy(&set, member->key.net.set, sizeof(set));
	return set;
}

static void fail(struct follow *f, int r)
{
	if (!f->error)
		f->error = r;
}

/* --- what there is -------------------------------------------------------- */
static int keep(struct follow *f, enum kind kind, const uint8_t *keys,
		const struct fw_set_member *values, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct member *m = fw_vec_push(f->arena, &f->there[kind]);

		if (!m)
			return -ENOMEM;
		memcpy(m->key.bytes, keys + i * key_size[kind], key_size[kind]);
		m->until_ns = values[i].until_ns;
	}
	return 0;
}

static int read_map(struct follow *f, enum kind kind)
{
	_cleanup_free_ uint8_t *keys = calloc(BATCH, key_size[kind]);
	_cleanup_free_ struct fw_set_member *values =
		calloc(BATCH, sizeof(*values));
	uint8_t cursor[sizeof(struct fw_set_net)];
	bool first = true;
	int end = 0, r = keys && values ? 0 : -ENOMEM;

	while (r == 0 && end == 0) {
		uint32_t n = BATCH;

		end = bpf_map_lookup_batch(f->fd[kind], first ? NULL : cursor,
					   cursor, keys, values, &n, NULL) ?
			      -errno : 0;
		if (end && end != -ENOENT)
			return end;
		r = keep(f, kind, keys, values, n);
		first = false;
	}
	if (r == 0 && f->there[kind].n > 0)
		qsort(f->there[kind].items, f->there[kind].n,
		      sizeof(struct member), by_key[kind]);
	return r;
}

/* --- what there is to be --------------------------------------------------- */
static void put_address(uint8_t to[16], fw_u128 value, bool v6)
{
	size_t width = v6 ? 16 : 4;

	for (size_t i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static enum kind make_member(const struct fw_live_set *set, fw_u128 addr,
			     unsigned len, struct member *ret)
{
	if (len == (set->v6 ? 128 : 32)) {
		ret->key.host.set = set->number;
		put_address(ret->key.host.addr, addr, set->v6);
		return HOSTS;
	}
	ret->key.net.prefix_len = 64 + len;
	memcpy(ret->key.net.set, &set->number, sizeof(set->number));
	put_address(ret->key.net.addr, addr, set->v6);
	return NETS;
}

static bool is_same(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a == b;
	return (a > b ? a - b : b - a) < SAME_NS;
}

static int put_member(struct follow *f, enum kind kind,
		      const struct member *member)
{
	const struct fw_set_member value = { .until_ns = member->until_ns };
	struct member *old = NULL;

	if (f->there[kind].n > 0)
		old = bsearch(member, f->there[kind].items, f->there[kind].n,
			      sizeof(*old), by_key[kind]);
	if (old)
		old->wanted = true;
	if (old && is_same(old->until_ns, member->until_ns))
		return 0;
	return bpf_map_update_elem(f->fd[kind], &member->key, &value, BPF_ANY) ?
		       -errno : 0;
}

static int put_range(struct follow *f, const struct fw_live_set *set,
		     const struct fw_nft_range *range, uint32_t *flags)
{
	const unsigned width = set->v6 ? 128 : 32;
	fw_u128 at = range->lo;

	for (;;) {
		unsigned len = fw_prefix_length(at, range->hi, width);
		fw_u128 last = fw_prefix_last(at, len, width);
		struct member member = {
			.until_ns = range->timed ?
				f->now_ns + range->left_ms * 1000000u : 0,
		};
		enum kind kind = make_member(set, at, len, &member);
		int r = put_member(f, kind, &member);

		if (r < 0)
			return r;
		*flags |= kind == HOSTS ? FW_SET_HOSTS : FW_SET_NETS;
		if (last >= range->hi)
			return 0;
		at = last + 1;
	}
}

/* What is not known to be wanted stays where the set could not be done. */
static void spare(struct follow *f, uint64_t number)
{
	for (enum kind kind = HOSTS; kind < KINDS; kind++)
		for (size_t i = 0; i < f->there[kind].n; i++)
			if (set_of(&f->there[kind].items[i], kind) == number)
				f->there[kind].items[i].wanted = true;
}

static int follow_set(struct follow *f, const struct fw_live_set *set)
{
	struct fw_nft_ranges ranges;
	struct fw_set value = { .flags = 0 };
	int r = fw_nft_set_ranges(f->sets->nft, f->arena, set,
				  set->v6 ? 128 : 32, &ranges);

	for (size_t i = 0; r == 0 && i < ranges.n; i++)
		r = put_range(f, set, &ranges.items[i], &value.flags);
	if (r == 0 && bpf_map_update_elem(f->sets->sets, &set->number, &value,
					  BPF_ANY))
		r = -errno;
	return r;
}

/* --- what is to go -------------------------------------------------------- */
static bool is_planned(const struct fw_plan *plan, uint64_t number)
{
	for (size_t i = 0; i < plan->xdp.n_live_sets; i++)
		if (plan->xdp.live_sets[i].number == number)
			return true;
	return false;
}

/* Of the plan's sets what is not wanted, or of all others everything. */
static void take_out(struct follow *f, bool others)
{
	for (enum kind kind = HOSTS; kind < KINDS; kind++)
		for (size_t i = 0; i < f->there[kind].n; i++) {
			struct member *m = &f->there[kind].items[i];

			if (m->wanted ||
			    is_planned(f->plan, set_of(m, kind)) == others)
				continue;
			if (bpf_map_delete_elem(f->fd[kind], &m->key) &&
			    errno != ENOENT)
				fail(f, -errno);
		}
}

/* -------------------------------------------------------------------------- */
static int open_follow(struct follow *f, const struct fw_sets *sets,
		       const struct fw_plan *plan)
{
	struct timespec now;
	int r;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	*f = (struct follow){
		.sets = sets,
		.plan = plan,
		.arena = fw_arena_new(),
		.now_ns = (uint64_t)now.tv_sec * 1000000000u +
			  (uint64_t)now.tv_nsec,
		.fd = { [HOSTS] = sets->hosts, [NETS] = sets->nets },
	};
	if (!f->arena)
		return -ENOMEM;
	r = read_map(f, HOSTS);
	return r ? r : read_map(f, NETS);
}

int fw_sets_follow(const struct fw_sets *sets, const struct fw_plan *plan)
{
	struct follow f;
	int r;

	if (!plan->xdp.n_live_sets)
		return 0;
	r = open_follow(&f, sets, plan);
	for (size_t i = 0; r == 0 && i < plan->xdp.n_live_sets; i++) {
		const struct fw_live_set *set = &plan->xdp.live_sets[i];
		int one = follow_set(&f, set);

		if (one == 0)
			continue;
		fail(&f, one);
		spare(&f, set->number);
	}
	if (r == 0)
		take_out(&f, false);
	fw_arena_free(f.arena);
	return r ? r : f.error;
}

static int retire_sets(const struct fw_sets *sets, const struct fw_plan *plan)
{
	uint64_t key, next;
	bool first = true;
	int r = 0;

	while (!bpf_map_get_next_key(sets->sets, first ? NULL : &key, &next)) {
		if (is_planned(plan, next)) {
			key = next;
			first = false;
			continue;
		}
		/* From where the walk stands, the next one is another. */
		if (bpf_map_delete_elem(sets->sets, &next) && errno != ENOENT)
			return -errno;
		r = 1;
	}
	return r;
}

int fw_sets_retire(const struct fw_sets *sets, const struct fw_plan *plan)
{
	struct follow f;
	int r = retire_sets(sets, plan);

	if (r <= 0)
		return r;
	r = open_follow(&f, sets, plan);
	if (r == 0)
		take_out(&f, true);
	fw_arena_free(f.arena);
	return r ? r : f.error;
}

int fw_sets_count(const struct fw_sets *sets, uint64_t *ret_hosts,
		  uint64_t *ret_nets)
{
	struct follow f;
	int r = open_follow(&f, sets, NULL);

	*ret_hosts = f.there[HOSTS].n;
	*ret_nets = f.there[NETS].n;
	fw_arena_free(f.arena);
	return r;
}
