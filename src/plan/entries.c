/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in a map, in words.
 *
 * In: one table of a plan. Out: its entries as pairs of texts, runs of equal
 * ones as one. Fails with -ENOMEM, or with what the caller's function returns.
 *
 * The shape of a table's keys and values is abi.h's; a row below says which
 * printer fits which table.
 */
#include "plan/print.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "util/cleanup.h"

struct sink {
	fw_plan_entry_fn fn;
	void *ctx;
};

static uint32_t row_at(const struct fw_plan_table *t, size_t i)
{
	uint32_t row;

	memcpy(&row, t->values + i * sizeof(row), sizeof(row));
	return row;
}

static int say_row(const struct sink *sink, const char *key, uint32_t row)
{
	char value[32];

	snprintf(value, sizeof(value), "row %" PRIu32, row);
	return sink->fn(sink->ctx, key, value);
}

/* lo..hi of an array of rows, as runs of equal ones; numbers in the keys count
 * from lo, behind prefix. */
static int say_runs(const struct sink *sink, const struct fw_plan_table *t,
		    const char *prefix, size_t lo, size_t hi)
{
	for (size_t i = lo, end; i <= hi; i = end + 1) {
		char key[64];
		int r;

		for (end = i; end < hi && row_at(t, end + 1) == row_at(t, i);)
			end++;
		if (end > i)
			snprintf(key, sizeof(key), "%s%zu-%zu", prefix, i - lo,
				 end - lo);
		else
			snprintf(key, sizeof(key), "%s%zu", prefix, i - lo);
		r = say_row(sink, key, row_at(t, i));
		if (r)
			return r;
	}
	return 0;
}

static int say_ports(const struct sink *sink, const struct fw_plan_table *t)
{
	return t->n ? say_runs(sink, t, "", 0, t->n - 1) : 0;
}

/* Where each field's values stand in "small", and how many there are. */
static const struct {
	enum fw_field field;
	size_t base, n;
} small_parts[] = {
	{ FW_FIELD_L3, FW_SMALL_L3, FW_L3_MAX_ },
	{ FW_FIELD_NEXTHDR, FW_SMALL_NEXTHDR, 256 },
	{ FW_FIELD_L4PROTO, FW_SMALL_L4PROTO, 256 },
	{ FW_FIELD_TCP_FLAGS, FW_SMALL_TCP_FLAGS, 256 },
	{ FW_FIELD_ICMP_TYPE, FW_SMALL_ICMP_TYPE, 256 },
	{ FW_FIELD_ICMP_CODE, FW_SMALL_ICMP_CODE, 256 },
};

static int say_small(const struct sink *sink, const struct fw_plan_table *t)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(small_parts); i++) {
		size_t base = small_parts[i].base;
		char prefix[32];
		int r;

		if (base + small_parts[i].n > t->n)
			continue;
		snprintf(prefix, sizeof(prefix), "%s ",
			 fw_field_name(small_parts[i].field));
		r = say_runs(sink, t, prefix, base, base + small_parts[i].n - 1);
		if (r)
			return r;
	}
	return 0;
}

static int say_prefixes(const struct sink *sink, const struct fw_plan_table *t)
{
	int family = t->key_size == sizeof(struct fw_lpm4) ? AF_INET : AF_INET6;

	for (size_t i = 0; i < t->n; i++) {
		const uint8_t *key = t->keys + i * t->key_size;
		char addr[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];
		char class[32];
		uint32_t len;
		int r;

		memcpy(&len, key, sizeof(len));
		if (!inet_ntop(family, key + sizeof(len), addr, sizeof(addr)))
			return -EINVAL;
		snprintf(text, sizeof(text), "%s/%" PRIu32, addr, len);
		snprintf(class, sizeof(class), "class %" PRIu32, row_at(t, i));
		r = sink->fn(sink->ctx, text, class);
		if (r)
			return r;
	}
	return 0;
}

/* "0 2-5 64", or "none" for the empty row. */
static void row_text(const struct fw_row *row, struct fw_buf *ret)
{
	const char *gap = "";

	for (unsigned i = 0, end; i < FW_RULES_MAX; i = end) {
		end = i + 1;
		if (!(row->words[i / 64] >> (i % 64) & 1))
			continue;
		while (end < FW_RULES_MAX &&
		       row->words[end / 64] >> (end % 64) & 1)
			end++;
		fw_buf_printf(ret, "%s%u", gap, i);
		if (end > i + 1)
			fw_buf_printf(ret, "-%u", end - 1);
		gap = " ";
	}
	if (!*gap)
		fw_buf_add(ret, "none");
}

static int say_rows(const struct sink *sink, const struct fw_plan_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		_cleanup_(fw_buf_done) struct fw_buf rules = { 0 };
		struct fw_row row;
		char key[32];
		int r;

		memcpy(&row, t->values + i * sizeof(row), sizeof(row));
		row_text(&row, &rules);
		if (rules.failed)
			return -ENOMEM;
		snprintf(key, sizeof(key), "row %zu", i);
		r = sink->fn(sink->ctx, key, rules.text);
		if (r)
			return r;
	}
	return 0;
}

static int say_gen(const struct sink *sink, const struct fw_plan_table *t)
{
	struct fw_gen gen;
	char text[64];
	int r;

	if (t->n != 1)
		return 0;
	memcpy(&gen, t->values, sizeof(gen));
	snprintf(text, sizeof(text), "%" PRIu32, (uint32_t)gen.rules);
	r = sink->fn(sink->ctx, "rules", text);
	if (!r)
		r = sink->fn(sink->ctx, "classify",
			     gen.flags & FW_GEN_CLASSIFY ? "yes" : "no");
	snprintf(text, sizeof(text), "%" PRIu32, (uint32_t)gen.mark_shift);
	if (!r)
		r = sink->fn(sink->ctx, "mark-shift", text);
	if (!r)
		r = say_row(sink, "every", gen.every);
	for (int f = 0; !r && f < FW_FIELD_MAX_; f++) {
		char key[64];

		snprintf(key, sizeof(key), "%s absent", fw_field_name(f));
		r = say_row(sink, key, gen.absent[f]);
		if (r || f < FW_FIELD_SADDR4 || f > FW_FIELD_DADDR6)
			continue;
		snprintf(key, sizeof(key), "%s class 0", fw_field_name(f));
		r = say_row(sink, key, gen.other[f]);
	}
	return r;
}

static int say_tests(const struct sink *sink, const struct fw_plan_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct fw_test test;
		const char *name = "live set";
		char value[80];
		int r;

		memcpy(&test, t->values + i * sizeof(test), sizeof(test));
		if (test.kind == FW_TEST_NONE)
			continue;
		snprintf(value, sizeof(value), "cuts %" PRIu32 "-%" PRIu32
			 ", absent row %" PRIu32, (uint32_t)test.first,
			 (uint32_t)(test.first + test.n - 1),
			 (uint32_t)test.absent);
		if (test.kind != FW_TEST_SET)
			name = fw_field_name((enum fw_field)(FW_FIELD_MAX_ + i));
		r = sink->fn(sink->ctx, name, value);
		if (r)
			return r;
	}
	return 0;
}

static int say_cuts(const struct sink *sink, const struct fw_plan_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct fw_cut cut;
		char key[64];
		int r;

		memcpy(&cut, t->values + i * sizeof(cut), sizeof(cut));
		snprintf(key, sizeof(key), "cut %zu from %" PRIu64, i,
			 (uint64_t)cut.from);
		r = say_row(sink, key, cut.row);
		if (r)
			return r;
	}
	return 0;
}

static const struct {
	const char *table;
	int (*say)(const struct sink *sink, const struct fw_plan_table *t);
} printers[] = {
	{ "gen", say_gen },
	{ "saddr4", say_prefixes },
	{ "daddr4", say_prefixes },
	{ "saddr4_lpm", say_prefixes },
	{ "daddr4_lpm", say_prefixes },
	{ "saddr6", say_prefixes },
	{ "daddr6", say_prefixes },
	{ "saddr6_lpm", say_prefixes },
	{ "daddr6_lpm", say_prefixes },
	{ "sport", say_ports },
	{ "dport", say_ports },
	{ "tests", say_tests },
	{ "cuts", say_cuts },
	{ "small", say_small },
	{ "rows", say_rows },
};

int fw_plan_table_entries(const struct fw_plan_table *table,
			  fw_plan_entry_fn fn, void *ctx)
{
	const struct sink sink = { fn, ctx };

	for (size_t i = 0; i < FW_ARRAY_SIZE(printers); i++)
		if (strcmp(printers[i].table, table->name) == 0)
			return printers[i].say(&sink, table);
	return 0;
}

/* --- names ---------------------------------------------------------------- */
static void class_text(const struct fw_suffixes *suffixes, uint32_t class,
		       struct fw_buf *ret)
{
	const char *gap = "";

	for (size_t set = 0; set < suffixes->n_sets; set++) {
		const char *name = suffixes->sets[set]->name;

		if (!fw_class_has(suffixes, class, set))
			continue;
		fw_buf_printf(ret, "%s%s", gap, *name ? name : "(in a rule)");
		gap = " ";
	}
	if (!*gap)
		fw_buf_add(ret, "none");
}

int fw_plan_name_entries(const struct fw_suffixes *suffixes,
			 fw_plan_entry_fn fn, void *ctx)
{
	int r = 0;

	for (size_t i = 0; !r && i < suffixes->n; i++) {
		const struct fw_suffix *suffix = &suffixes->items[i];
		_cleanup_(fw_buf_done) struct fw_buf sets = { 0 };

		class_text(suffixes, suffix->whole, &sets);
		if (suffix->below != suffix->whole) {
			fw_buf_add(&sets, ", below it ");
			class_text(suffixes, suffix->below, &sets);
		}
		if (sets.failed)
			return -ENOMEM;
		r = fn(ctx, suffix->name, sets.text);
	}
	return r;
}

/* True where it is by this table that the field is looked up: a test, a table of
 * its name, or one of its name and form, or else a part of "small". */
static bool is_table_of(const struct fw_plan *plan, enum fw_field field,
			const char *table)
{
	const char *name = fw_field_name(field);
	size_t len = strlen(name);

	if (field >= FW_FIELD_MAX_)
		return strcmp(table, "tests") == 0;
	if (field >= FW_FIELD_SADDR4 && field <= FW_FIELD_DADDR6)
		return strncmp(table, name, len) == 0 &&
		       (!table[len] || strcmp(table + len, "_lpm") == 0);
	return strcmp(table, fw_plan_table(plan, name) ? name : "small") == 0;
}

void fw_plan_rule_tables(const struct fw_plan *plan,
			 const struct fw_xdp_rule *rule,
			 void (*fn)(void *ctx, const char *table), void *ctx)
{
	for (size_t i = 0; i < plan->xdp.n_tables; i++) {
		const char *name = plan->xdp.tables[i].name;

		if (rule->n_lives > 0 && strcmp(name, "tests") == 0) {
			fn(ctx, name);
			continue;
		}
		for (size_t k = 0; k < rule->n_matches; k++)
			if (is_table_of(plan, rule->matches[k].field, name)) {
				fn(ctx, name);
				break;
			}
	}
	for (size_t k = 0; k < rule->n_matches; k++)
		if (rule->matches[k].field == FW_FIELD_DNS_CLASS)
			fn(ctx, FW_NAMES_TABLE);
}

const char *fw_table_kind_name(enum fw_table_kind kind)
{
	static const char *const names[] = {
		[FW_TABLE_ARRAY] = "array",
		[FW_TABLE_HASH] = "hash by length",
		[FW_TABLE_LPM] = "lpm",
		[FW_TABLE_TRIE] = "trie",
		[FW_TABLE_BITS] = "bits for each /24",
	};

	_Static_assert(FW_ARRAY_SIZE(names) == FW_TABLE_KIND_MAX_, "names");
	return (size_t)kind < FW_ARRAY_SIZE(names) ? names[kind] : "?";
}

size_t fw_plan_table_bytes(const struct fw_plan_table *table)
{
	size_t key = table->keys ? table->key_size : 0;

	if (table->lines)
		return (size_t)table->lines * sizeof(struct fw_trie_line);
	return (size_t)table->n * (key + table->value_size);
}
