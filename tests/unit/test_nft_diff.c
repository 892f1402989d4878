/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differences of nft records, played on a model of the kernel's chains.
 *
 * Catches: a rule that is touched though it stayed, one put at the wrong place,
 * a set deleted under its users, an element list with a hole, lines whose
 * numbers move when one is switched off, a placeholder left in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/nft_complain.h"
#include "apply/nft_diff.h"
#include "apply/nft_lcs.h"
#include "apply/nft_record.h"
#include "nft/complaints.h"
#include "util/cleanup.h"

#define RULES_MAX 32

/* --- records made by hand ---------------------------------------------------- */
struct chain_text {
	const char *rules[RULES_MAX];
	size_t n;
};

/* One table inet t with a chain c. Handles are first_handle and on; 0: none. */
static struct fw_nft_record *make_record(const struct chain_text *text,
					 uint64_t first_handle,
					 const struct fw_nft_rec_object *objects,
					 size_t n_objects)
{
	struct fw_nft_record *record = fw_nft_record_new();
	struct fw_nft_rec_table *table;
	struct fw_nft_rec_chain *chain;

	assert_non_null(record);
	table = fw_arena_alloc(record->arena, sizeof(*table));
	chain = fw_arena_alloc(record->arena, sizeof(*chain));
	record->tables = table;
	record->n_tables = 1;
	table->family = "inet";
	table->name = "t";
	table->handle = 1;
	table->chains = chain;
	table->n_chains = 1;
	table->objects = fw_arena_memdup(record->arena, objects,
					 n_objects * sizeof(*objects));
	table->n_objects = n_objects;
	chain->name = "c";
	chain->rules = fw_arena_array(record->arena, text->n,
				      sizeof(*chain->rules));
	chain->n_rules = text->n;
	for (size_t i = 0; i < text->n; i++) {
		chain->rules[i].text = text->rules[i];
		chain->rules[i].handle = first_handle ? first_handle + i : 0;
		chain->rules[i].rule = (uint32_t)i;
	}
	return record;
}

FW_CLEANUP_PTR(struct fw_nft_record *, fw_nft_record_free)

/* The script from live to next, in next's arena. */
static struct fw_nft_script diff(const struct fw_nft_record *live,
				 struct fw_nft_record *next)
{
	static const struct fw_nft_diff_options options = {.queue_rules = true};
	struct fw_nft_script script = {.arena = next->arena};

	assert_int_equal(fw_nft_diff(live, next, &options, &script), 0);
	return script;
}

/* --- a chain of the kernel's -------------------------------------------------- */
struct kernel {
	struct {
		uint64_t handle;
		const char *text;
	} rules[2 * RULES_MAX];
	size_t n, touched;
};

static size_t find_handle(const struct kernel *kernel, uint64_t handle)
{
	for (size_t i = 0; i < kernel->n; i++)
		if (kernel->rules[i].handle == handle)
			return i;
	fail_msg("no rule with handle %" PRIu64, handle);
	return 0;
}

static void put_rule(struct kernel *kernel, size_t at, const char *text)
{
	memmove(&kernel->rules[at + 1], &kernel->rules[at],
		(kernel->n - at) * sizeof(kernel->rules[0]));
	kernel->rules[at].handle = 1000 + kernel->touched;
	kernel->rules[at].text = text;
	kernel->n++;
}

static void play(struct kernel *kernel, const char *line)
{
	uint64_t handle;
	int end = 0;

	if (sscanf(line, "delete rule inet t c handle %" SCNu64, &handle) == 1) {
		size_t at = find_handle(kernel, handle);

		kernel->n--;
		memmove(&kernel->rules[at], &kernel->rules[at + 1],
			(kernel->n - at) * sizeof(kernel->rules[0]));
	} else if (sscanf(line, "insert rule inet t c handle %" SCNu64 " %n",
			  &handle, &end) == 1) {
		put_rule(kernel, find_handle(kernel, handle), line + end);
	} else if (sscanf(line, "add rule inet t c %n", &end) == 0 && end) {
		put_rule(kernel, kernel->n, line + end);
	} else {
		return;
	}
	kernel->touched++;
}

/* Plays the difference and checks the outcome; returns how many rules it
 * deleted or added. */
static size_t touched(const struct chain_text *from, const struct chain_text *to)
{
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *live =
		make_record(from, 10, NULL, 0);
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *next =
		make_record(to, 0, NULL, 0);
	struct fw_nft_script script = diff(live, next);
	struct kernel kernel = {0};

	for (size_t i = 0; i < from->n; i++)
		kernel.rules[i].handle = 10 + i;
	for (size_t i = 0; i < from->n; i++)
		kernel.rules[i].text = from->rules[i];
	kernel.n = from->n;
	for (size_t i = 0; i < script.n; i++)
		play(&kernel, script.lines[i].text);
	assert_int_equal(kernel.n, to->n);
	for (size_t i = 0; i < to->n; i++) {
		uint64_t handle = next->tables[0].chains[0].rules[i].handle;

		assert_string_equal(kernel.rules[i].text, to->rules[i]);
		if (handle)
			assert_int_equal(kernel.rules[i].handle, handle);
		else
			assert_true(kernel.rules[i].handle >= 1000);
	}
	return kernel.touched;
}

/* --- rules ------------------------------------------------------------------ */
static void touches_only_what_differs(void **state)
{
	static const struct {
		struct chain_text from, to;
		size_t touched;
	} cases[] = {
		{{{"a", "b", "c"}, 3}, {{"a", "b", "c"}, 3}, 0},
		{{{"a", "b", "c"}, 3}, {{"a", "x", "c"}, 3}, 2},
		{{{"a", "b", "c"}, 3}, {{"x", "a", "b", "c"}, 4}, 1},
		{{{"a", "b", "c"}, 3}, {{"a", "b", "c", "x"}, 4}, 1},
		{{{"a", "b", "c"}, 3}, {{"b", "c"}, 2}, 1},
		{{{"a", "b", "c"}, 3}, {{NULL}, 0}, 3},
		{{{NULL}, 0}, {{"a", "b"}, 2}, 2},
		{{{"a", "b", "c", "d"}, 4}, {{"d", "a", "b", "c"}, 4}, 2},
		{{{"a", "a", "b", "a"}, 4}, {{"a", "a", "a"}, 3}, 1},
		{{{"k", "a", "k"}, 3}, {{"k", "b", "k"}, 3}, 2},
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		assert_int_equal(touched(&cases[i].from, &cases[i].to),
				 cases[i].touched);
}

static void any_chain_becomes_any_other(void **state)
{
	static const char *const words[] = {"a", "b", "c", "d", "e", "f", "g"};
	struct chain_text from, to;

	(void)state;
	srandom(1);
	for (int round = 0; round < 5000; round++) {
		from.n = (size_t)random() % RULES_MAX;
		to.n = (size_t)random() % RULES_MAX;
		for (size_t i = 0; i < RULES_MAX; i++) {
			from.rules[i] = words[random() % 7];
			to.rules[i] = words[random() % 7];
		}
		(void)touched(&from, &to);
	}
}

static void unknown_rules_go(void **state)
{
	static const struct chain_text from = {{"a", "", "b"}, 3};
	static const struct chain_text to = {{"a", "b"}, 2};

	(void)state;
	assert_int_equal(touched(&from, &to), 1);
}

static void many_equal_rules_cost_little(void **state)
{
	enum { MANY = 20000 };
	const char **a = calloc(MANY, sizeof(*a)), **b = calloc(MANY, sizeof(*b));
	size_t *match = calloc(MANY, sizeof(*match));

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		a[i] = i % 2 ? "x" : "y";
		b[i] = i % 3 ? "x" : "y";
	}
	assert_int_equal(fw_nft_common_run(a, MANY, b, MANY, match), 0);
	for (size_t i = 1, last = 0; i < MANY; i++) {
		if (match[i] == FW_NFT_NO_MATCH)
			continue;
		assert_true(match[i] > last);
		assert_string_equal(a[match[i]], b[i]);
		last = match[i];
	}
	free(a);
	free(b);
	free(match);
}

/* --- sets -------------------------------------------------------------------- */
static const char *script_between(const struct fw_nft_record *live,
				  struct fw_nft_record *next)
{
	struct fw_nft_script script = diff(live, next);

	return fw_nft_script_render(&script, true);
}

#define SET(body_, merges_, ...)                                         \
	{                                                                \
		.kind = "set", .name = "s", .body = (body_),             \
		.elements = (const char *[]){__VA_ARGS__},               \
		.n_elements = FW_ARRAY_SIZE(((const char *[]){__VA_ARGS__})), \
		.merges = (merges_),                                     \
	}

static void assert_set_script(const struct fw_nft_rec_object *from,
			      const struct fw_nft_rec_object *to,
			      const char *expected)
{
	static const struct chain_text text = {
		{"ip saddr @s drop", "ip saddr @s2 drop", "ip daddr @s accept"}, 3};
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *live =
		make_record(&text, 10, from, 1);
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *next =
		make_record(&text, 0, to, 1);

	assert_string_equal(script_between(live, next), expected);
}

static void sets_change_by_element(void **state)
{
	struct fw_nft_rec_object from = SET("type ipv4_addr", false, "1.1.1.1",
					    "2.2.2.2", "3.3.3.3");
	struct fw_nft_rec_object to = SET("type ipv4_addr", false, "4.4.4.4",
					  "3.3.3.3", "1.1.1.1");

	(void)state;
	assert_set_script(&from, &from, "");
	assert_set_script(&from, &to,
			  "delete element inet t s {\n2.2.2.2,\n}\n"
			  "add element inet t s {\n4.4.4.4,\n}\n");
}

static void merging_sets_are_replaced(void **state)
{
	struct fw_nft_rec_object from = SET("type ipv4_addr", true, "1.0.0.0/8");
	struct fw_nft_rec_object to = SET("type ipv4_addr", true, "1.0.0.0/8",
					  "2.0.0.0/8");

	(void)state;
	assert_set_script(&from, &from, "");
	assert_set_script(&from, &to,
			  "flush set inet t s\n"
			  "add element inet t s {\n1.0.0.0/8,\n2.0.0.0/8,\n}\n");
}

static void changed_sets_take_their_rules_along(void **state)
{
	struct fw_nft_rec_object from = SET("type ipv4_addr", false, "1.1.1.1");
	struct fw_nft_rec_object to = SET("type ipv4_addr\nflags timeout", false,
					  "1.1.1.1");

	(void)state;
	assert_set_script(&from, &to,
			  "delete rule inet t c handle 10\n"
			  "delete rule inet t c handle 12\n"
			  "delete set inet t s\n"
			  "table inet t {\n\tset s {\n\t\ttype ipv4_addr\n"
			  "\t\tflags timeout\n\t}\n}\n"
			  "add element inet t s {\n1.1.1.1,\n}\n"
			  "insert rule inet t c handle 11 ip saddr @s drop\n"
			  "add rule inet t c ip daddr @s accept\n");
}

static void lines_keep_their_numbers(void **state)
{
	static const struct chain_text text = {{NULL}, 0};
	struct fw_nft_rec_object from = SET("type ipv4_addr", false, "1.1.1.1",
					    "2.2.2.2");
	struct fw_nft_rec_object to = SET("type ipv4_addr", false, "3.3.3.3");
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *live =
		make_record(&text, 10, &from, 1);
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *next =
		make_record(&text, 0, &to, 1);
	struct fw_nft_script script = diff(live, next);

	(void)state;
	assert_true(script.lines[1].origin.element);
	assert_true(script.lines[1].origin.removal);
	script.lines[1].off = true;
	assert_string_equal(fw_nft_script_render(&script, true),
			    "delete element inet t s {\n\\\n2.2.2.2,\n}\n"
			    "add element inet t s {\n3.3.3.3,\n}\n");
	script.lines[2].off = true;
	assert_string_equal(fw_nft_script_render(&script, true),
			    "\\\n\\\n\\\n\\\nadd element inet t s {\n3.3.3.3,\n}\n");
}

/* --- plans ------------------------------------------------------------------- */
static void placeholders_become_numbers(void **state)
{
	static const struct fw_nft_rule rule = {
		"meta mark & $flywall_carry == $flywall_carry accept", 3};
	static const struct fw_nft_chain chain = {
		.name = "c",
		.base = "type filter  hook input\n priority 0 ;policy  drop ;",
		.rules = &rule,
		.n_rules = 1,
	};
	static const struct fw_nft_table table = {
		.family = "inet", .name = "t", .chains = &chain, .n_chains = 1};
	struct fw_plan plan = {
		.options = {.mark_shift = 16}, .tables = &table, .n_tables = 1};
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *record = NULL;
	const struct fw_nft_rec_chain *made;

	(void)state;
	assert_int_equal(fw_nft_record_from_plan(&plan, 7, 1, &record), 0);
	made = &record->tables[0].chains[0];
	assert_string_equal(made->base, "type filter hook input; priority 0; ");
	assert_string_equal(made->policy, "drop");
	assert_string_equal(made->rules[0].text,
			    "meta mark & 0x00080000 == 0x00080000 accept");
	assert_int_equal(made->rules[0].rule, 3);
	assert_int_equal(made->rules[0].handle, 0);
}

/* --- complaints -------------------------------------------------------------- */
static void complaints_have_places(void **state)
{
	static const char text[] =
		"<cmdline>:10:1-7: Error: Could not process rule: No such file or directory\n"
		"9.9.9.9,\n^^^^^^^\n"
		"<cmdline>:17:29-30: Error: syntax error, unexpected newline\n"
		"internal:0:0-0: Error: Could not process rule: Operation not permitted\n"
		"Error: out of luck\n";
	struct fw_arena *arena = fw_arena_new();
	struct fw_nft_complaints complaints = {0};

	(void)state;
	assert_int_equal(fw_nft_complaints_parse(arena, text, &complaints), 0);
	assert_int_equal(complaints.n, 4);
	assert_int_equal(complaints.items[0].line, 10);
	assert_int_equal(complaints.items[0].end_col, 7);
	assert_string_equal(complaints.items[0].text, "No such file or directory");
	assert_int_equal(complaints.items[1].line, 17);
	assert_int_equal(complaints.items[1].col, 29);
	assert_int_equal(complaints.items[2].line, 0);
	assert_string_equal(complaints.items[3].text, "out of luck");
	fw_arena_free(arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(touches_only_what_differs),
		cmocka_unit_test(any_chain_becomes_any_other),
		cmocka_unit_test(unknown_rules_go),
		cmocka_unit_test(many_equal_rules_cost_little),
		cmocka_unit_test(sets_change_by_element),
		cmocka_unit_test(merging_sets_are_replaced),
		cmocka_unit_test(changed_sets_take_their_rules_along),
		cmocka_unit_test(lines_keep_their_numbers),
		cmocka_unit_test(placeholders_become_numbers),
		cmocka_unit_test(complaints_have_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
