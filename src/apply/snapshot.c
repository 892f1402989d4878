/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: rows. Out: inner maps in a slot. May fail: memory, a table that does not
 * fit, a kernel that gives back other rows than it was given.
 *
 * Each update of an outer map waits for RCU (16 to 30 ms on a stock kernel), so
 * what stands in its slot already is left there.
 */
#include "apply/snapshot.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "plan/trie.h"
#include "util/cleanup.h"

int fw_snapshot_init(struct fw_snapshot *snapshot, const struct fw_bpf *bpf,
		     bool adopted)
{
	const struct fw_inner none = {.fd = -1, .unknown = adopted};

	snapshot->n = 0;
	for (size_t i = 0; i < bpf->n_maps; i++)
		if (bpf->maps[i].outer)
			snapshot->outers[snapshot->n++] = (struct fw_outer){
				.map = &bpf->maps[i],
				.slot = {none, none},
			};
	return getrandom(&snapshot->key, sizeof(snapshot->key), 0) ==
			       sizeof(snapshot->key) ? 0 : -EIO;
}

/* Both slots may hold one descriptor. */
static void set_inner(struct fw_outer *outer, unsigned slot,
		      const struct fw_inner *inner)
{
	int old = outer->slot[slot].fd;

	outer->slot[slot] = *inner;
	if (old >= 0 && old != outer->slot[0].fd && old != outer->slot[1].fd)
		(void)close(old);
}

void fw_snapshot_done(struct fw_snapshot *snapshot)
{
	const struct fw_inner none = {.fd = -1};

	for (size_t i = 0; i < snapshot->n; i++) {
		set_inner(&snapshot->outers[i], 0, &none);
		set_inner(&snapshot->outers[i], 1, &none);
	}
	snapshot->n = 0;
}

static int update_batch(int fd, const void *keys, const void *values, __u32 n)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	__u32 done = n;

	if (!n)
		return 0;
	if (bpf_map_update_batch(fd, keys, values, &done, &opts))
		return -errno;
	return done == n ? 0 : -EIO;
}

/* The row of a key: where it must stand in rows, or NULL. */
static const uint8_t *expected(const struct fw_rows *rows, const void *keys,
			       const void *key)
{
	const uint8_t *base = keys;
	size_t low = 0, high = rows->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = memcmp(key, base + mid * rows->key_size,
			       rows->key_size);

		if (!c)
			return (const uint8_t *)rows->values +
			       mid * rows->value_size;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

#define READ_BATCH 4096

/* A hash or trie holds these rows and no others. */
static int verify_keyed(int fd, const struct fw_rows *rows)
{
	_cleanup_free_ uint8_t *keys = calloc(READ_BATCH, rows->key_size);
	_cleanup_free_ uint8_t *values = calloc(READ_BATCH, rows->value_size);
	uint8_t cursor[64];	/* a key at most, or a bucket's number */
	uint32_t seen = 0, n;
	bool first = true;
	int r;

	if (!keys || !values)
		return -ENOMEM;
	if (rows->key_size > sizeof(cursor))
		return -E2BIG;
	do {
		n = READ_BATCH;
		r = bpf_map_lookup_batch(fd, first ? NULL : cursor, cursor,
					 keys, values, &n, NULL) ? -errno : 0;
		if (r && r != -ENOENT)
			return r;
		for (uint32_t i = 0; i < n; i++) {
			const uint8_t *want =
				expected(rows, rows->keys,
					 keys + (size_t)i * rows->key_size);

			if (!want || memcmp(want,
					    values + (size_t)i * rows->value_size,
					    rows->value_size))
				return -EIO;
		}
		seen += n;
		first = false;
	} while (!r);
	return seen == rows->n ? 0 : -EIO;
}

static int verify_array(int fd, const struct fw_rows *rows,
			const uint32_t *indices)
{
	_cleanup_free_ uint32_t *keys = calloc(rows->n, sizeof(*keys));
	_cleanup_free_ uint8_t *values = calloc(rows->n, rows->value_size);
	uint32_t cursor, n = rows->n;

	if (!keys || !values)
		return -ENOMEM;
	if (bpf_map_lookup_batch(fd, NULL, &cursor, keys, values, &n, NULL) &&
	    errno != ENOENT)
		return -errno;
	if (n != rows->n || memcmp(keys, indices, n * sizeof(*keys)) ||
	    memcmp(values, rows->values, (size_t)n * rows->value_size))
		return -EIO;
	return 0;
}

/* Batches of arrays take keys too. */
static uint32_t *count_up(uint32_t n)
{
	uint32_t *keys = calloc(n ? n : 1, sizeof(*keys));

	for (uint32_t i = 0; keys && i < n; i++)
		keys[i] = i;
	return keys;
}

static int fill_array(int fd, const struct fw_rows *rows)
{
	_cleanup_free_ uint32_t *keys = count_up(rows->n);
	int r;

	if (!keys)
		return -ENOMEM;
	if (!rows->n)
		return 0;
	r = update_batch(fd, keys, rows->values, rows->n);
	return r ? r : verify_array(fd, rows, keys);
}

static int fill_keyed(int fd, const struct fw_rows *rows)
{
	int r = update_batch(fd, rows->keys, rows->values, rows->n);

	return r ? r : verify_keyed(fd, rows);
}

/* Into the map's own memory, so that what was written is what is there. */
static int fill_trie(int fd, const struct fw_rows *rows)
{
	size_t size = rows->n * sizeof(struct fw_trie_line);
	struct fw_trie_line *lines = mmap(NULL, size, PROT_READ | PROT_WRITE,
					  MAP_SHARED, fd, 0);

	if (lines == MAP_FAILED)
		return -errno;
	fw_trie_write(rows->trie, lines);
	(void)munmap(lines, size);
	return 0;
}

static int fill(int fd, const struct fw_bpf_inner *shape,
		const struct fw_rows *rows)
{
	if (rows->trie)
		return fill_trie(fd, rows);
	return shape->type == BPF_MAP_TYPE_ARRAY ? fill_array(fd, rows)
						 : fill_keyed(fd, rows);
}

static int new_inner(const struct fw_outer *outer, const struct fw_rows *rows,
		     struct fw_inner *ret)
{
	const struct fw_bpf_inner *shape = &outer->map->inner;
	_cleanup_close_ int fd = -1;
	int r;

	if (rows->key_size != shape->key_size ||
	    rows->value_size != shape->value_size)
		return -EINVAL;
	fd = fw_bpf_inner_new(shape, rows->name, rows->n);
	if (fd < 0)
		return fd;
	r = fill(fd, shape, rows);
	if (r)
		return r;
	*ret = (struct fw_inner){
		.hash = rows->hash,
		.n = rows->n,
		.fd = FW_TAKE_FD(fd),
	};
	return 0;
}

static bool holds(const struct fw_inner *inner, const struct fw_hash *hash)
{
	return inner->fd >= 0 && !memcmp(&inner->hash, hash, sizeof(*hash));
}

int fw_snapshot_fill(struct fw_outer *outer, unsigned slot,
		     const struct fw_rows *rows)
{
	struct fw_inner inner;
	__u32 key = slot;
	int r = 0;

	if (holds(&outer->slot[slot], &rows->hash))
		return 0;
	if (holds(&outer->slot[!slot], &rows->hash))
		inner = outer->slot[!slot];
	else
		r = new_inner(outer, rows, &inner);
	if (r)
		return r;
	if (bpf_map_update_elem(outer->map->fd, &key, &inner.fd, BPF_ANY)) {
		r = -errno;
		if (inner.fd != outer->slot[!slot].fd)
			(void)close(inner.fd);
		return r;
	}
	set_inner(outer, slot, &inner);
	return 0;
}

int fw_snapshot_clear(struct fw_outer *outer, unsigned slot)
{
	const struct fw_inner none = {.fd = -1};
	const struct fw_inner *in = &outer->slot[slot];
	__u32 key = slot;

	if (in->fd < 0 && !in->unknown)
		return 0;
	if (bpf_map_delete_elem(outer->map->fd, &key) && errno != ENOENT)
		return -errno;
	set_inner(outer, slot, &none);
	return 0;
}

int fw_snapshot_retire(struct fw_snapshot *snapshot, unsigned slot)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->n && !r; i++) {
		struct fw_outer *outer = &snapshot->outers[i];
		const struct fw_inner *in = outer->slot;

		if (in[slot].fd < 0 || in[slot].fd != in[!slot].fd)
			r = fw_snapshot_clear(outer, slot);
	}
	return r;
}
