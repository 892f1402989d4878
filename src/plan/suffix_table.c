/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Suffixes to the tables that the programs look them up in.
 *
 * In: suffixes, a key. Out: a bit filter and buckets, of a size that fits their
 * number. Fails only for want of memory.
 *
 * Each suffix has two buckets of four ways. Where both are full one of those in
 * them goes to its other bucket, and so on (cuckoo hashing: Pagh and Rodler
 * 2004; with buckets: Dietzfelbinger and Weidling 2007). With two and four, nine
 * tenths of the room can be filled; here it is seven eighths. Where it does not
 * come out, as may be with a handful, there are more buckets.
 */
#include <errno.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/suffixes.h"
#include "util/cleanup.h"

#define FILTER_BITS 16		/* a suffix */
#define FILTER_BITS_MIN 64
#define MOVES_MAX 1000

/* 127 labels of one byte, a word each. */
#define HASHED_MAX (8 * (FW_DNS_NAME_MAX / 2))

/* --- hashing -------------------------------------------------------------- */
static size_t put_label(uint8_t *at, const uint8_t *label, size_t len)
{
	size_t size = (len + 8) & ~(size_t)7;	/* with the length byte */

	memset(at, 0, size);
	at[0] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		at[1 + i] = label[i] >= 'A' && label[i] <= 'Z' ?
				    (uint8_t)(label[i] + ('a' - 'A')) : label[i];
	return size;
}

static struct fw_siphash128 hash_name(const struct fw_siphash_key *key,
				      const char *name)
{
	const char *end = name + strlen(name);
	uint8_t bytes[HASHED_MAX];
	size_t n = 0;

	while (end > name) {
		const char *label = end;

		while (label > name && label[-1] != '.')
			label--;
		n += put_label(bytes + n, (const uint8_t *)label,
			       (size_t)(end - label));
		end = label > name ? label - 1 : label;
	}
	return fw_siphash128(key, bytes, n);
}

/* --- building ------------------------------------------------------------- */
struct item {
	uint64_t low, check;
	uint32_t whole, below;
};

static uint32_t bucket_of(const struct fw_suffix_table *table, uint64_t low,
			  int which)
{
	return FW_NAME_BUCKET(low, which, table->head.buckets);
}

/* The same place in an array beside the buckets, for the half of the hash that
 * they do not keep. */
static uint64_t *low_of(uint64_t *lows, uint32_t bucket, unsigned way)
{
	return &lows[(size_t)bucket * FW_NAME_WAYS + way];
}

static void swap(struct fw_name_bucket *bucket, unsigned way, uint64_t *low,
		 struct item *item)
{
	struct item old = { *low, bucket->check[way], bucket->whole[way],
			    bucket->below[way] };

	*low = item->low;
	bucket->check[way] = item->check;
	bucket->whole[way] = item->whole;
	bucket->below[way] = item->below;
	*item = old;
}

static bool put_free(struct fw_suffix_table *table, uint64_t *lows,
		     uint32_t bucket, struct item *item)
{
	for (unsigned way = 0; way < FW_NAME_WAYS; way++) {
		if (table->buckets[bucket].check[way])
			continue;
		swap(&table->buckets[bucket], way, low_of(lows, bucket, way),
		     item);
		return true;
	}
	return false;
}

/* False where one is left over. Who has to go is told by the moves so far, so
 * that the same suffixes give the same table. */
static bool put(struct fw_suffix_table *table, uint64_t *lows, struct item item)
{
	uint32_t at = bucket_of(table, item.low, 0);

	if (put_free(table, lows, at, &item) ||
	    put_free(table, lows, bucket_of(table, item.low, 1), &item))
		return true;
	for (unsigned move = 0; move < MOVES_MAX; move++) {
		unsigned way = (move + move / FW_NAME_WAYS) % FW_NAME_WAYS;

		swap(&table->buckets[at], way, low_of(lows, at, way), &item);
		/* the other one of what stood there */
		at = bucket_of(table, item.low,
			       bucket_of(table, item.low, 0) == at);
		if (put_free(table, lows, at, &item))
			return true;
	}
	return false;
}

static void filter_add(struct fw_suffix_table *table, uint64_t low)
{
	uint64_t bit = low & table->head.filter_mask;

	table->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* 1, or 0 where there are too few buckets. */
static int fill(const struct fw_suffixes *suffixes,
		const struct fw_siphash_key *key, struct fw_suffix_table *table)
{
	_cleanup_free_ uint64_t *lows = calloc(
		(size_t)table->head.buckets * FW_NAME_WAYS, sizeof(*lows));

	if (!lows)
		return -ENOMEM;
	for (size_t i = 0; i < suffixes->n; i++) {
		const struct fw_suffix *suffix = &suffixes->items[i];
		struct fw_siphash128 hash = hash_name(key, suffix->name);
		struct item item = { hash.low, FW_NAME_CHECK(hash.high),
				     suffix->whole,
				     suffix->leaf ?
					     suffix->below | FW_NAME_LEAF :
					     suffix->below };

		filter_add(table, hash.low);
		if (!put(table, lows, item))
			return 0;
	}
	return 1;
}

static size_t filter_bits(const struct fw_suffixes *suffixes)
{
	size_t bits = FILTER_BITS_MIN;

	while (bits < suffixes->n * FILTER_BITS)
		bits *= 2;
	return bits;
}

static size_t first_buckets(const struct fw_suffixes *suffixes)
{
	return suffixes->n / FW_NAME_WAYS * 8 / 7 + 1;
}

size_t fw_suffix_table_bytes(const struct fw_suffixes *suffixes)
{
	return sizeof(struct fw_name_head) + filter_bits(suffixes) / 8 +
	       first_buckets(suffixes) * sizeof(struct fw_name_bucket);
}

static int try_build(const struct fw_suffixes *suffixes,
		     const struct fw_siphash_key *key, uint32_t buckets,
		     struct fw_suffix_table *ret)
{
	_cleanup_(fw_suffix_table_done) struct fw_suffix_table table = { 0 };
	size_t bits = filter_bits(suffixes);
	int r;

	table.head = (struct fw_name_head){ { key->k0, key->k1 }, buckets,
					    (uint32_t)(bits - 1) };
	table.n_filter = bits / 64;
	table.filter = calloc(table.n_filter, sizeof(*table.filter));
	table.buckets = calloc(buckets, sizeof(*table.buckets));
	if (!table.filter || !table.buckets)
		return -ENOMEM;
	r = fill(suffixes, key, &table);
	if (r == 1) {
		*ret = table;
		table = (struct fw_suffix_table){ 0 };
	}
	return r;
}

int fw_suffix_table_build(const struct fw_suffixes *suffixes,
			  const struct fw_siphash_key *key,
			  struct fw_suffix_table *ret)
{
	size_t buckets = first_buckets(suffixes);
	int r;

	do {
		r = try_build(suffixes, key, (uint32_t)buckets, ret);
		buckets += buckets / 8 + 1;
	} while (r == 0);
	return r < 0 ? r : 0;
}

void fw_suffix_table_done(struct fw_suffix_table *table)
{
	free(table->filter);
	free(table->buckets);
	*table = (struct fw_suffix_table){ 0 };
}

/* --- looking up ----------------------------------------------------------- */
/* True with the class of a suffix, as it stands there. */
static bool find(const struct fw_suffix_table *table, struct fw_siphash128 hash,
		 bool whole, uint32_t *class)
{
	uint64_t bit = hash.low & table->head.filter_mask;

	if (!(table->filter[bit / 64] >> bit % 64 & 1))
		return false;
	for (int which = 0; which < 2; which++) {
		const struct fw_name_bucket *bucket =
			&table->buckets[bucket_of(table, hash.low, which)];

		for (int way = 0; way < FW_NAME_WAYS; way++) {
			if (bucket->check[way] != FW_NAME_CHECK(hash.high))
				continue;
			*class = whole ? bucket->whole[way]
				       : bucket->below[way];
			return true;
		}
	}
	return false;
}

uint32_t fw_suffix_table_class(const struct fw_suffix_table *table,
			       const uint8_t *wire, size_t len)
{
	const struct fw_siphash_key key = { table->head.key[0],
					    table->head.key[1] };
	uint8_t labels[FW_DNS_NAME_MAX], bytes[HASHED_MAX];
	uint32_t class = 0;
	size_t n = 0, size = 0;

	for (size_t at = 0; at < len && wire[at]; at += 1u + wire[at])
		labels[n++] = (uint8_t)at;
	if (!table->head.buckets)
		return 0;
	while (n-- > 0) {
		const uint8_t *label = wire + labels[n];

		size += put_label(bytes + size, label + 1, *label);
		if (!find(table, fw_siphash128(&key, bytes, size), n == 0,
			  &class) || class & FW_NAME_LEAF)
			break;
	}
	return class & ~FW_NAME_LEAF;
}
