/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of a table of addresses, by what is in it.
 *
 * In: prefixes with classes. Out: the field's tables; those of forms that were
 * not chosen have no entries. Fails only for want of memory.
 *
 *	IPv4	a trie of lines, with bits for each /24 before it where that makes
 *		it smaller, or the kernel's LPM trie where either would be larger
 *		than FW_TRIE_LINES_MAX
 *	IPv6	a hash with a filter before it, to be asked for each length, or
 *		the LPM trie where there are more than FW_LENGTHS_MAX lengths
 */
#include <errno.h>
#include <string.h>

#include "compile/classes.h"
#include "plan/trie.h"

#define WIDTH_MAX 128
#define FILTER_BITS 16	/* a prefix, at least */

struct form {
	const char *best;
	const char *filter;	/* NULL: needs none */
	const char *lpm;
	uint32_t flag;		/* of gen, where lpm stands for the best */
	uint32_t bits;		/* of gen, where the best has bits before it */
};

static const struct form forms[] = {
	[FW_FIELD_SADDR4] = { "saddr4", NULL, "saddr4_lpm", FW_GEN_SADDR4_LPM,
			      FW_GEN_SADDR4_BITS },
	[FW_FIELD_DADDR4] = { "daddr4", NULL, "daddr4_lpm", FW_GEN_DADDR4_LPM,
			      FW_GEN_DADDR4_BITS },
	[FW_FIELD_SADDR6] = { "saddr6", "saddr6_bits", "saddr6_lpm",
			      FW_GEN_SADDR6_LPM, 0 },
	[FW_FIELD_DADDR6] = { "daddr6", "daddr6_bits", "daddr6_lpm",
			      FW_GEN_DADDR6_LPM, 0 },
};

/* --- keys ----------------------------------------------------------------- */
struct keyed {
	size_t key_size;
	uint8_t *keys;
	uint32_t *values;
};

static void put(struct keyed *to, size_t at, const struct fw_prefix_class *p,
		unsigned width)
{
	uint8_t *key = to->keys + at * to->key_size;
	const uint32_t len = p->len;

	memcpy(key, &len, sizeof(len));
	for (unsigned i = 0; i < width / 8; i++)
		key[sizeof(len) + i] =
			(uint8_t)(p->addr >> (width - 8 - 8 * i));
	to->values[at] = p->class;
}

/* In the order of addresses, as they come, or of the keys' bytes: abi.h's length
 * first. */
static int put_keys(struct fw_arena *arena,
		    const struct fw_prefix_classes *prefixes, bool by_bytes,
		    struct keyed *ret)
{
	size_t n = prefixes->n, starts[WIDTH_MAX + 2] = { 0 };

	ret->key_size = sizeof(uint32_t) + prefixes->width / 8;
	ret->keys = fw_arena_array(arena, n, ret->key_size);
	ret->values = fw_arena_array(arena, n, sizeof(*ret->values));
	if (!ret->keys || !ret->values)
		return -ENOMEM;
	for (size_t i = 0; by_bytes && i < n; i++)
		starts[prefixes->items[i].len + 1]++;
	for (unsigned len = 0; len < prefixes->width; len++)
		starts[len + 1] += starts[len];
	for (size_t i = 0; i < n; i++) {
		const struct fw_prefix_class *p = &prefixes->items[i];

		put(ret, by_bytes ? starts[p->len]++ : i, p, prefixes->width);
	}
	return 0;
}

static int put_table(struct fw_classes *b, const char *name,
		     enum fw_table_kind kind,
		     const struct fw_prefix_classes *prefixes)
{
	struct keyed keyed;
	int r = put_keys(b->plan->arena, prefixes, kind != FW_TABLE_TRIE,
			 &keyed);

	return r ? r : fw_classes_table(b, name, kind, keyed.key_size,
					sizeof(*keyed.values), prefixes->n,
					keyed.keys, keyed.values);
}

/* --- IPv4: lines ---------------------------------------------------------- */
/* 1, or 0 where it would be too large: the table has no entries then. */
static int put_trie(struct fw_classes *b, enum fw_field field,
		    const struct form *form,
		    const struct fw_prefix_classes *prefixes)
{
	struct fw_plan_table *table;
	int r = put_table(b, form->best, FW_TABLE_TRIE, prefixes);

	if (r < 0)
		return r;
	table = &b->tables.items[b->tables.n - 1];
	r = fw_trie_fit(table);
	if (r < 0)
		return r;
	if (table->lines > FW_TRIE_LINES_MAX) {
		table->kind = FW_TABLE_TRIE;
		table->n = table->lines = 0;
		return 0;
	}
	if (table->kind == FW_TABLE_BITS) {
		b->gen.flags |= form->bits;
		*(field == FW_FIELD_SADDR4 ? &b->gen.saddr4 : &b->gen.daddr4) =
			table->bits;
	}
	return 1;
}

/* --- IPv6: lengths -------------------------------------------------------- */
static void set_length(struct fw_length *to, unsigned len)
{
	to->len = len;
	for (unsigned i = 0; i < len; i++)
		((uint8_t *)to->mask)[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

/* The longest first; false where they are too many. */
static bool find_lengths(const struct fw_prefix_classes *prefixes,
			 struct fw_lengths *ret)
{
	bool used[WIDTH_MAX + 1] = { false };

	for (size_t i = 0; i < prefixes->n; i++)
		used[prefixes->items[i].len] = true;
	for (unsigned len = WIDTH_MAX + 1; len-- > 0;) {
		if (!used[len])
			continue;
		if (ret->n == FW_LENGTHS_MAX)
			return false;
		set_length(&ret->of[ret->n++], len);
	}
	return true;
}

static int put_filter(struct fw_classes *b, const char *name,
		      const struct fw_plan_table *hash,
		      struct fw_lengths *lengths)
{
	size_t words = 1;
	uint64_t *filter;

	while (words * 64 < hash->n * (size_t)FILTER_BITS)
		words *= 2;
	filter = fw_arena_array(b->plan->arena, words, sizeof(*filter));
	if (!filter)
		return -ENOMEM;
	lengths->words = (uint32_t)words - 1;
	for (size_t i = 0; i < hash->n; i++) {
		uint32_t key[sizeof(struct fw_lpm6) / sizeof(uint32_t)];
		uint64_t h;

		memcpy(key, hash->keys + i * sizeof(key), sizeof(key));
		h = fw_prefix_hash(key + 1, key[0]);
		filter[h & lengths->words] |= FW_PREFIX_BITS(h);
	}
	return fw_classes_table(b, name, FW_TABLE_ARRAY, sizeof(uint32_t),
				sizeof(*filter), hash->n ? words : 0, NULL,
				filter);
}

/* 1, or 0 where there are too many lengths. */
static int put_hash(struct fw_classes *b, enum fw_field field,
		    const struct form *form,
		    const struct fw_prefix_classes *prefixes)
{
	struct fw_prefix_classes none = { .width = prefixes->width };
	struct fw_lengths *lengths = field == FW_FIELD_SADDR6 ? &b->gen.saddr6
							      : &b->gen.daddr6;
	bool fits = find_lengths(prefixes, lengths);
	int r;

	if (!fits) {
		*lengths = (struct fw_lengths){ 0 };
		prefixes = &none;
	}
	r = put_table(b, form->best, FW_TABLE_HASH, prefixes);
	if (r == 0)
		r = put_filter(b, form->filter,
			       &b->tables.items[b->tables.n - 1], lengths);
	return r < 0 ? r : fits;
}

int fw_classes_put(struct fw_classes *b, enum fw_field field,
		   const struct fw_prefix_classes *prefixes)
{
	const struct form *form = &forms[field];
	int r = form->filter ? put_hash(b, field, form, prefixes)
			     : put_trie(b, field, form, prefixes);

	if (r)
		return r < 0 ? r : 0;
	b->gen.flags |= form->flag;
	return put_table(b, form->lpm, FW_TABLE_LPM, prefixes);
}
