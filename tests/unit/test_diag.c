/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diagnostics: their order, their text to the byte, "did you mean"; hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/diag.h"
#include "util/sha256.h"

static struct fw_source source(const char *name, const char *text,
			       const struct fw_source *includer, uint32_t line)
{
	return (struct fw_source){ name, text, strlen(text), includer, line };
}

static struct fw_loc at(const struct fw_source *source, uint32_t line, uint32_t col,
			uint32_t end_col)
{
	return (struct fw_loc){ source, source->name, line, col, line, end_col };
}

/* What the diagnostics print; the caller frees it. */
static char *printed(struct fw_diags *diags)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fw_diags_sort(diags);
	fw_diags_print(diags, out);
	fclose(out);
	return text;
}

static void test_print(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_source main_conf =
		source("main.conf", "include \"a.conf\"\n\tä ü x\n", NULL, 0);
	struct fw_source inner = source("a.conf", "tabel ip x\n", &main_conf, 1);
	struct fw_loc loc = at(&inner, 1, 1, 5), tabbed = at(&main_conf, 2, 5, 6);
	struct fw_loc whole = { .file = "lists/x", .line = 7 };
	_cleanup_free_ char *text = NULL;
	struct fw_diags diags;
	struct fw_diag *diag;

	(void)state;
	fw_diags_init(&diags, arena);
	fw_warning(&diags, "w", &tabbed, "odd \x1b word");
	fw_error(&diags, "l", &whole, "too long");
	diag = fw_error(&diags, "u", &loc, "unknown statement '%s'", "tabel");
	fw_diag_related(&diags, diag, &tabbed, "seen here");
	fw_diag_hint(&diags, diag, "did you mean '%s'?", "table");
	fw_error(&diags, "n", NULL, "no place at all");
	text = printed(&diags);
	assert_string_equal(text,
			    "a.conf:1:1-5: Error: unknown statement 'tabel'\n"
			    "tabel ip x\n"
			    "^^^^^\n"
			    "included from main.conf:1\n"
			    "main.conf:2:5-6: seen here\n"
			    "\tä ü x\n"
			    "\t  ^\n"
			    "  did you mean 'table'?\n"
			    "main.conf:2:5-6: Warning: odd ? word\n"
			    "\tä ü x\n"
			    "\t  ^\n"
			    "Error: no place at all\n"
			    "lists/x:7: Error: too long\n");
	assert_int_equal(diags.n_errors, 3);
	assert_int_equal(diags.n_warnings, 1);
	fw_arena_free(arena);
}

/* Places in the order in which they are read, errors first in one place. */
static void test_sort(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_source top = source("z.conf", "", NULL, 0);
	struct fw_source a = source("y.conf", "", &top, 3), aa = source("x.conf", "", &a, 2);
	struct fw_source b = source("a.conf", "", &top, 5);
	const struct { struct fw_loc loc; enum fw_severity severity; const char *text; } in[] = {
		{ at(&b, 1, 1, 1), FW_SEVERITY_ERROR, "7" },
		{ at(&top, 4, 1, 1), FW_SEVERITY_ERROR, "6" },
		{ at(&aa, 9, 9, 9), FW_SEVERITY_ERROR, "4" },
		{ at(&top, 2, 9, 9), FW_SEVERITY_NOTE, "2" },
		{ at(&a, 3, 1, 1), FW_SEVERITY_ERROR, "5" },
		{ at(&top, 2, 9, 9), FW_SEVERITY_ERROR, "1" },
		{ at(&a, 1, 1, 1), FW_SEVERITY_ERROR, "3" },
		{ at(&b, 1, 1, 1), FW_SEVERITY_ERROR, "8" },
		{ at(&top, 2, 8, 9), FW_SEVERITY_WARNING, "0" },
	};
	struct fw_diags diags;

	(void)state;
	fw_diags_init(&diags, arena);
	for (size_t i = 0; i < FW_ARRAY_SIZE(in); i++)
		fw_diag_add(&diags, in[i].severity, "x", &in[i].loc, "%s", in[i].text);
	fw_diags_sort(&diags);
	for (size_t i = 0; i < diags.n; i++)
		assert_int_equal(diags.items[i].text[0], '0' + (int)i);
	fw_arena_free(arena);
}

/* Twenty are shown, errors before anything else, the rest is counted. */
static void test_many(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_source conf = source("c", "x\n", NULL, 0);
	struct fw_loc loc = at(&conf, 1, 1, 1);
	_cleanup_free_ char *text = NULL;
	struct fw_diags diags;
	size_t errors = 0, warnings = 0;

	(void)state;
	fw_diags_init(&diags, arena);
	for (int i = 0; i < 30; i++)
		fw_warning(&diags, "w", &loc, "w");
	for (int i = 0; i < 15; i++)
		fw_error(&diags, "e", &loc, "e");
	text = printed(&diags);
	for (char *p = text; (p = strstr(p, "Error: e")); p++)
		errors++;
	for (char *p = text; (p = strstr(p, "Warning: w")); p++)
		warnings++;
	assert_int_equal(errors, 15);
	assert_int_equal(warnings, 5);
	assert_non_null(strstr(text, "... and 25 more\n"));
	fw_arena_free(arena);
}

/* Of a line without end only the part in question is shown. */
static void test_long_line(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	_cleanup_free_ char *line = malloc(100001), *text = NULL;
	struct fw_source conf;
	struct fw_loc loc;
	struct fw_diags diags;

	(void)state;
	memset(line, 'a', 100000);
	memcpy(line + 50000, "WORD", 4);
	line[100000] = '\0';
	conf = source("c", line, NULL, 0);
	loc = at(&conf, 1, 50001, 50004);
	fw_diags_init(&diags, arena);
	fw_error(&diags, "e", &loc, "e");
	text = printed(&diags);
	assert_true(strlen(text) < 500);
	assert_non_null(strstr(text, "aWORDa"));
	assert_non_null(strstr(text, " ^^^^\n"));
	/* the carets stand under the word */
	assert_int_equal(strchr(strstr(text, "... "), 'W') - strstr(text, "... "),
			 strchr(text, '^') - strchr(strstr(text, "... "), '\n') - 1);
	fw_arena_free(arena);
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "table", "chain", "set", "counter", "ip", "ip6" };

	(void)state;
	assert_string_equal(fw_nearest("tabel", names, 6), "table");
	assert_string_equal(fw_nearest("chian", names, 6), "chain");
	assert_string_equal(fw_nearest("couter", names, 6), "counter");
	assert_string_equal(fw_nearest("ste", names, 6), "set");
	assert_string_equal(fw_nearest("ip4", names, 6), "ip");
	assert_null(fw_nearest("xyzzy", names, 6));
	assert_null(fw_nearest("table", names, 1));	/* nothing to correct */
	assert_null(fw_nearest("", names, 6));
	assert_null(fw_nearest("table", NULL, 0));
}

/* FIPS 180-4 has no lengths in front of pieces; what must hold is this. */
static struct fw_hash hash_of(const char *a, const char *b)
{
	struct fw_hasher *hasher = fw_hasher_new();
	struct fw_hash hash;

	fw_hasher_add_text(hasher, a);
	if (b)
		fw_hasher_add_text(hasher, b);
	fw_hasher_end(hasher, &hash);
	return hash;
}

static void test_hash(void **state)
{
	struct fw_hash ab = hash_of("a", "b"), again = hash_of("a", "b");
	struct fw_hash one = hash_of("ab", NULL);
	char hex[FW_HASH_HEX];

	(void)state;
	assert_memory_equal(&ab, &again, sizeof(ab));
	assert_memory_not_equal(&ab, &one, sizeof(ab));
	/* printf '\0\0\0\0\0\0\0\002ab' | sha256sum */
	fw_hash_hex(&one, hex);
	assert_string_equal(hex,
			    "9caccc24b5d7e06c21c0277b6530d66664273e11f326515c58eaa3691afccfff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
