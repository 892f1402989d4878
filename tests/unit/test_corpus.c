/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real rulesets and lists: every ruleset of $FLYWALL_CORPUS/nft parses, and its
 * canonical text prints as itself; the two forms of one domain list in
 * $FLYWALL_CORPUS/lists give the same names. Without a corpus: 77.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/parse.h"
#include "lists/lists.h"
#include "util/cleanup.h"
#include "util/sha256.h"

static const char *corpus;

static char *print(const struct fw_ast *ast)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fw_ast_print(ast, out);
	fclose(out);
	return text;
}

static void check_ruleset(const char *path)
{
	struct fw_arena *arena = fw_arena_new();
	_cleanup_free_ char *text = NULL, *again = NULL;
	struct fw_ast *ast = NULL;
	struct fw_diags diags;

	fw_diags_init(&diags, arena);
	assert_int_equal(fw_parse_file(arena, path, NULL, &diags, &ast), 0);
	fw_diags_print(&diags, stderr);
	assert_int_equal(diags.n, 0);
	text = print(ast);
	assert_int_equal(fw_parse_text(arena, path, text, strlen(text), NULL, &diags, &ast), 0);
	fw_diags_print(&diags, stderr);
	assert_int_equal(diags.n, 0);
	again = print(ast);
	assert_string_equal(text, again);
	fw_arena_free(arena);
}

static void test_rulesets(void **state)
{
	glob_t found = { 0 };
	char pattern[4096];

	(void)state;
	(void)snprintf(pattern, sizeof(pattern), "%s/nft/*.nft", corpus);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_ruleset(found.gl_pathv[i]);
	globfree(&found);
}

struct names {
	struct fw_hasher *hasher;
	size_t n;
};

static int add_name(void *ctx, const struct fw_list_field *field)
{
	struct names *names = ctx;

	names->n++;
	fw_hasher_add_text(names->hasher, field->text);
	return 0;
}

static size_t read_list(const char *name, enum fw_list_format format, struct fw_hash *ret)
{
	struct names names = { .hasher = fw_hasher_new() };
	struct fw_arena *arena = fw_arena_new();
	struct fw_diags diags;
	char path[4096];

	fw_diags_init(&diags, arena);
	(void)snprintf(path, sizeof(path), "%s/lists/%s", corpus, name);
	assert_int_equal(fw_list_read(path, format, 0, NULL, &diags, NULL, add_name, &names), 0);
	fw_diags_print(&diags, stderr);
	assert_int_equal(diags.n, 0);
	fw_hasher_end(names.hasher, ret);
	fw_arena_free(arena);
	return names.n;
}

static void test_lists(void **state)
{
	struct fw_hash hosts, plain, guessed, scored;

	(void)state;
	assert_int_equal(read_list("basic-hosts.txt", FW_LIST_HOSTS, &hosts), 76036);
	assert_int_equal(read_list("basic-plain.txt", FW_LIST_PLAIN, &plain), 76036);
	assert_memory_equal(&hosts, &plain, sizeof(hosts));
	read_list("basic-hosts.txt", FW_LIST_AUTO, &guessed);
	assert_memory_equal(&guessed, &plain, sizeof(plain));
	assert_int_equal(read_list("ipsum.txt", FW_LIST_AUTO, &scored), 120430);
	assert_int_equal(read_list("ipsum-level3.txt", FW_LIST_AUTO, &scored), 14217);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rulesets),
		cmocka_unit_test(test_lists),
	};

	corpus = getenv("FLYWALL_CORPUS");
	if (!corpus) {
		(void)fputs("FLYWALL_CORPUS is not set: no corpus to parse\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
