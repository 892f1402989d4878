/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file read in order: defines, scopes, repeated blocks, commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compile/symbols.h"
#include "tests/unit/typed_text.h"

static void open_valid(struct typed_text *t, const char *text)
{
	typed_text_open(t, text);
	if (*typed_text_error(t))
		fail_msg("%s: %s", text, t->diags.items[0].text);
}

/* The texts of a chain's rules, one after the other. */
static void rules_are(const struct typed_text *t, size_t table, size_t chain,
		      const char *const *texts, size_t n)
{
	const struct fw_typed_chain *c =
		&t->typed->tables[table].chains[chain];

	assert_int_equal(c->n_rules, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(c->rules[i].text, texts[i]);
}

#define RULES(t, table, chain, ...)                                    \
	do {                                                           \
		static const char *const texts_[] = { __VA_ARGS__ };   \
		rules_are(t, table, chain, texts_,                     \
			  sizeof(texts_) / sizeof(texts_[0]));         \
	} while (0)

static void is_wrong(const char *text, const char *id)
{
	struct typed_text t;

	typed_text_open(&t, text);
	if (strcmp(typed_text_error(&t), id))
		fail_msg("%s: '%s' not '%s'", text, typed_text_error(&t), id);
	typed_text_close(&t);
}

static void defines_are_spliced(void **state)
{
	struct typed_text t;

	(void)state;
	open_valid(&t,
		   "define web = { 80, 443 }\n"
		   "define none = {}\n"
		   "define ssh = 22\n"
		   "define all = { $web, $ssh }\n"
		   "define nets = 10.0.0.0/8\n"
		   "define where = \"lab\"\n"
		   "table ip t {\n"
		   "chain c {\n"
		   "tcp dport { $all, 8080 }\n"
		   "tcp dport $web\n"
		   "tcp dport { $none, 1 }\n"
		   "tcp dport { 1, $none }\n"
		   "ip saddr $nets\n"
		   "log prefix \"from $where: \"\n"
		   "}\n}\n");
	RULES(&t, 0, 0, "tcp dport { 80, 443, 22, 8080 }",
	      "tcp dport { 80, 443 }", "tcp dport { 1 }", "tcp dport { 1 }",
	      "ip saddr 10.0.0.0/8", "log prefix \"from lab: \"");
	typed_text_close(&t);
}

static void defines_have_scopes_and_an_order(void **state)
{
	struct typed_text t;

	(void)state;
	open_valid(&t,
		   "define p = 1\n"
		   "table ip t {\n"
		   "define p = 2\n"
		   "chain c {\n"
		   "tcp dport $p\n"
		   "define p = 3\n"
		   "tcp dport $p\n"
		   "redefine p = 4\n"
		   "tcp dport $p\n"
		   "undefine p\n"
		   "tcp dport $p\n"
		   "}\n}\n"
		   "table ip u { chain c { tcp dport $p; } }\n"
		   "redefine p = 5\n"
		   "table ip u { chain c { tcp dport $p; } }\n");
	RULES(&t, 0, 0, "tcp dport 2", "tcp dport 3", "tcp dport 4",
	      "tcp dport 2");
	RULES(&t, 1, 0, "tcp dport 1", "tcp dport 5");
	typed_text_close(&t);
}

static void blocks_take_defines(void **state)
{
	struct typed_text t;

	(void)state;
	open_valid(&t,
		   "define q = 3-5\n"
		   "define bits = 0x00ff0000\n"
		   "define out = { wan, lan }\n"
		   "options { marks $bits; devices = $out; }\n"
		   "inspect web { define name = \"evil.example\"\n"
		   "queue $q\n"
		   "tls sni $name drop\n"
		   "}\n");
	assert_int_equal(t.typed->options.marks, 0x00ff0000);
	assert_int_equal(t.typed->options.mark_shift, 16);
	assert_int_equal(t.typed->n_road_devices, 2);
	assert_string_equal(t.typed->road_devices[1], "lan");
	assert_int_equal(t.typed->profiles[0].queue_first, 3);
	assert_int_equal(t.typed->profiles[0].queue_last, 5);
	assert_string_equal(
		t.typed->profiles[0].rules[0].domains->domains[0].name,
		"evil.example");
	typed_text_close(&t);
}

static void repeated_blocks_merge(void **state)
{
	struct typed_text t;

	(void)state;
	open_valid(&t,
		   "table t {\n"
		   "set s { type ipv4_addr; elements = { 10.0.0.1 } }\n"
		   "chain c { type filter hook input priority 0; accept; }\n"
		   "}\n"
		   "table ip t {\n"
		   "set s { type ipv4_addr; elements = { 10.0.0.2 } }\n"
		   "chain c { type filter hook input priority 0; policy drop;\n"
		   "drop; }\n"
		   "}\n");
	assert_int_equal(t.typed->n_tables, 1);
	assert_string_equal(t.typed->tables[0].family, "ip");
	RULES(&t, 0, 0, "accept", "drop");
	assert_int_equal(t.typed->tables[0].chains[0].policy, FW_VERDICT_DROP);
	assert_int_equal(t.typed->n_sets, 1);
	assert_int_equal(t.typed->sets[0].n_elements, 2);
	typed_text_close(&t);
}

static void commands_build(void **state)
{
	struct typed_text t;

	(void)state;
	open_valid(&t,
		   "add table inet t\n"
		   "add chain inet t c { type filter hook input priority 0; "
		   "policy drop; }\n"
		   "add rule inet t c tcp dport 22 accept\n"
		   "rule inet t c tcp dport 80 accept\n"
		   "insert rule inet t c tcp dport 1 accept\n"
		   "add set inet t s { type inet_service; }\n"
		   "add element inet t s { 22, 80 }\n"
		   "delete element inet t s { 22 }\n"
		   "create chain inet t d\n"
		   "add counter inet t hits\n"
		   "add chain inet t gone\n"
		   "delete chain inet t gone\n");
	RULES(&t, 0, 0, "tcp dport 1 accept", "tcp dport 22 accept",
	      "tcp dport 80 accept");
	assert_int_equal(t.typed->tables[0].n_chains, 2);
	assert_int_equal(t.typed->tables[0].n_objects, 1);
	assert_string_equal(t.typed->tables[0].objects[0].kind, "counter");
	assert_int_equal(t.typed->sets[0].n_intervals, 1);
	assert_true(t.typed->sets[0].intervals[0].lo == 80);
	/* insert changes the order of the chain, not that of the file. */
	assert_string_equal(t.typed->rules[2].text, "tcp dport 1 accept");
	assert_int_equal(t.typed->tables[0].chains[0].rules[0].rule, 2);
	typed_text_close(&t);
}

static void flush_empties(void **state)
{
	struct typed_text t;

	(void)state;
	open_valid(&t,
		   "table ip t { chain c { accept; }\n"
		   "set s { type ipv4_addr; elements = { 10.0.0.1 } }\n"
		   "}\n"
		   "flush chain ip t c\n"
		   "flush set ip t s\n"
		   "add rule ip t c drop\n");
	RULES(&t, 0, 0, "drop");
	assert_int_equal(t.typed->sets[0].n_elements, 0);
	assert_false(t.typed->tables[0].take_over);
	typed_text_close(&t);
}

static void heads_take_over(void **state)
{
	static const char *const heads[] = {
		"flush ruleset\n",
		"delete table inet t\n",
		"table inet t\ndelete table inet t\n",
		"define x = 1\nadd table inet t\ndelete table inet t\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct typed_text t;
		char text[256];

		(void)snprintf(text, sizeof(text), "%stable inet t { chain c "
			       "{ accept; } }\ntable inet u { }\n", heads[i]);
		open_valid(&t, text);
		assert_int_equal(t.typed->n_tables, 2);
		assert_true(t.typed->tables[0].take_over);
		assert_int_equal(t.typed->tables[1].take_over, i == 0);
		typed_text_close(&t);
	}
}

static void what_is_not_there(void **state)
{
	(void)state;
	is_wrong("table ip t { chain c { accept; } }\ndelete table ip u\n",
		 "unknown-name");
	is_wrong("add chain ip t c\n", "unknown-name");
	is_wrong("table ip t { }\nadd rule ip t c accept\n", "unknown-name");
	is_wrong("table ip t { }\ncreate table ip t\n", "declared-twice");
	is_wrong("list ruleset\n", "refused-command");
	is_wrong("table ip t { chain c { } }\n"
		 "insert rule ip t c position 3 accept\n", "refused-command");
	is_wrong("add table ip flywall\n", "reserved-table");
	is_wrong("define a = 1\ndefine a = 2\n", "redefined");
	is_wrong("redefine b = $a\n", "unknown-define");
}

/* Names are found by halving. */
static void symbol_tables_are_sorted(void **state)
{
	(void)state;
	for (int table = 0; table < FW_SYMBOLS_MAX_; table++) {
		size_t n;
		const struct fw_symbol *symbols =
			fw_symbols((enum fw_symbols)table, &n);

		for (size_t i = 0; i < n; i++) {
			if (i)
				assert_true(strcmp(symbols[i - 1].name,
						   symbols[i].name) < 0);
			assert_ptr_equal(fw_symbol_find((enum fw_symbols)table,
							symbols[i].name),
					 &symbols[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defines_are_spliced),
		cmocka_unit_test(defines_have_scopes_and_an_order),
		cmocka_unit_test(blocks_take_defines),
		cmocka_unit_test(repeated_blocks_merge),
		cmocka_unit_test(commands_build),
		cmocka_unit_test(flush_empties),
		cmocka_unit_test(heads_take_over),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(symbol_tables_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
