/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Located text: that each word of it leads back to the user's.
 *
 * Catches: a word mapped to its neighbour or to another line, a line's end that
 * leads nowhere, words of Flywall's own that go to nft, sets of its types that
 * do, a rule that is in no command of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compile/compile.h"
#include "grammar/parse.h"

static const char config[] =
	"define ports = { 80, 443 }\n"
	"set lan { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 } }\n"
	"table netdev early {\n"
	"	chain c {\n"
	"		type filter hook ingress devices = { wan, lan } priority -1;\n"
	"		ip saddr 198.51.100.1 drop; ip saddr 198.51.100.2 drop\n"
	"	}\n"
	"}\n"
	"table inet t {\n"
	"	set names { type domain; elements = { \"evil.example\" } }\n"
	"	set s {\n"
	"		type ipv4_addr . inet_service\n"
	"		elements = { 192.0.2.1 . 22,\n"
	"			     192.0.2.2 . 23 comment \"two\n"
	"lines\" }\n"
	"	}\n"
	"	counter hits { packets 1 bytes 2 }\n"
	"	chain c {\n"
	"		type filter hook input priority filter; policy drop;\n"
	"		iifname \"lan*\" tcp dport \\\n"
	"			$ports counter name hits accept\n"
	"		ip saddr @lan log prefix \"a b\" level \\\n"
	"			info inspect web\n"
	"		inspect web\n"
	"	}\n"
	"}\n"
	"inspect web { queue 0; tls sni @names drop; }\n";

struct run {
	struct fw_arena *arena;
	struct fw_diags diags;
	struct fw_plan *plan;
	struct fw_located *located;
};

static int setup(void **state)
{
	static struct run run;
	struct fw_ast *ast;

	run = (struct run){ .arena = fw_arena_new() };
	assert_non_null(run.arena);
	fw_diags_init(&run.diags, run.arena);
	assert_int_equal(fw_parse_text(run.arena, "t", config,
				       sizeof(config) - 1, NULL, &run.diags,
				       &ast), 0);
	assert_int_equal(fw_compile_located(run.arena, ast, &fw_facts_empty,
					    &run.diags, &run.plan,
					    &run.located), 0);
	assert_int_equal(run.diags.n_errors, 0);
	assert_non_null(run.located);
	*state = &run;
	return 0;
}

static int teardown(void **state)
{
	struct run *run = *state;

	fw_plan_unref(run->plan);
	fw_arena_free(run->arena);
	return 0;
}

/* Line and column in the located text, as nft would say them. */
static void place_of(const struct run *run, const char *at, uint32_t *line,
		     uint32_t *col)
{
	*line = *col = 1;
	for (const char *p = run->located->text; p < at; p++) {
		*col = *p == '\n' ? 1 : *col + 1;
		*line += *p == '\n';
	}
}

/* What the user wrote at the place that the len bytes at `at` lead to. */
static struct fw_loc find(const struct run *run, const char *at, size_t len,
			  const struct fw_located_command **ret)
{
	const struct fw_located_command *command;
	uint32_t line, col;
	size_t word, n;

	place_of(run, at, &line, &col);
	command = fw_located_find(run->located, line, col,
				  col + (uint32_t)len - 1, &word, &n);
	assert_non_null(command);
	assert_true(n > 0);
	if (ret)
		*ret = command;
	return fw_located_loc(run->located, word, n);
}

static void leads_to(const struct run *run, const char *text, uint32_t line,
		     uint32_t col, uint32_t end_col)
{
	const char *at = strstr(run->located->text, text);
	struct fw_loc loc;

	assert_non_null(at);
	loc = find(run, at, strlen(text), NULL);
	assert_int_equal(loc.line, line);
	assert_int_equal(loc.col, col);
	assert_int_equal(loc.end_col, end_col);
}

static void words_lead_back(void **state)
{
	const struct run *run = *state;

	leads_to(run, "198.51.100.1", 6, 12, 23);
	leads_to(run, "198.51.100.2", 6, 40, 51);
	leads_to(run, "\"lan*\"", 20, 11, 16);
	leads_to(run, "ports = { 80", 1, 8, 19);
	leads_to(run, "443 } counter", 21, 4, 17);	/* where the define is used */
	leads_to(run, "23 comment", 14, 21, 30);
	leads_to(run, "name hits", 21, 19, 27);
	leads_to(run, "packets 1", 17, 17, 25);
	leads_to(run, "inet_service", 12, 20, 31);
	leads_to(run, "policy drop", 19, 43, 53);
}

/* All words of the text, wherever they stand. */
static void no_word_is_another(void **state)
{
	const struct run *run = *state;
	const struct fw_located *l = run->located;
	size_t seen = 0;

	for (size_t i = 0; i < l->words.n; i++) {
		const struct fw_located_word *word = &l->words.items[i];
		const struct fw_source *source = word->loc->source;
		const char *line = source->text;

		for (uint32_t n = 1; n < word->loc->line; n++)
			line = strchr(line, '\n') + 1;
		line += word->loc->col - 1;
		if (*line == '$' || !strncmp(line, "inspect", 7) ||
		    !strncmp(line, "devices", 7))
			continue;	/* stands for something else */
		assert_memory_equal(line, l->text + word->from,
				    word->to - word->from);
		seen++;
	}
	assert_true(seen > 60);
}

/* nft says "unexpected newline" there. */
static void ends_of_lines_lead_to_the_last_word(void **state)
{
	const struct run *run = *state;
	const char *at = strstr(run->located->text, "name hits accept\n");
	struct fw_loc loc;

	assert_non_null(at);
	loc = find(run, at + strlen("name hits accept"), 1, NULL);
	assert_int_equal(loc.line, 21);
	assert_int_equal(loc.col, 29);
}

static void a_run_that_crosses_lines_is_one_place(void **state)
{
	const struct run *run = *state;
	const char *at = strstr(run->located->text, "tcp dport {");
	struct fw_loc loc;

	assert_non_null(at);
	loc = find(run, at, strcspn(at, "}"), NULL);
	assert_int_equal(loc.line, 20);
	assert_int_equal(loc.col, 18);
	assert_int_equal(loc.end_line, 21);
	assert_int_equal(loc.end_col, 9);
}

static void flywalls_own_stays_out(void **state)
{
	const struct run *run = *state;
	const char *text = run->located->text;

	assert_null(strstr(text, "inspect"));
	assert_null(strstr(text, "domain"));
	assert_null(strstr(text, "wan"));
	assert_non_null(strstr(text, "set lan {"));
	assert_non_null(strstr(text, "level info accept\n"));
}

static void each_rule_is_a_command(void **state)
{
	const struct run *run = *state;
	const struct fw_located_command *a, *b;
	size_t rules = 0;

	for (size_t i = 0; i < run->located->commands.n; i++)
		rules += run->located->commands.items[i].is_rule;
	assert_int_equal(rules, 5);
	(void)find(run, strstr(run->located->text, "198.51.100.1"), 1, &a);
	(void)find(run, strstr(run->located->text, "198.51.100.2"), 1, &b);
	assert_true(a->is_rule && b->is_rule && a != b);
	assert_memory_equal(run->located->text + b->from,
			    "add rule netdev early c ip saddr 198.51.100.2 drop\n",
			    b->to - b->from);
	(void)find(run, strstr(run->located->text, "inet_service"), 1, &a);
	assert_false(a->is_rule);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_lead_back),
		cmocka_unit_test(no_word_is_another),
		cmocka_unit_test(ends_of_lines_lead_to_the_last_word),
		cmocka_unit_test(a_run_that_crosses_lines_is_one_place),
		cmocka_unit_test(flywalls_own_stays_out),
		cmocka_unit_test(each_rule_is_a_command),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
