/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of a configuration: includes and their bounds, defines of the command
 * line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "parsed.h"
#include "util/buf.h"
#include "util/cleanup.h"

static char dir[] = "/tmp/fw-test-parse-XXXXXX";

static void write_file(const char *name, const char *text)
{
	FILE *out = fopen(name, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static struct run parse_file(const char *path, const struct fw_parse_options *options)
{
	struct run run;

	begin(&run);
	run.err = fw_parse_file(run.arena, path, options, &run.diags, &run.ast);
	fw_diags_sort(&run.diags);
	return run;
}

static void check_file(const char *path, const struct fw_parse_options *options,
		       const char *printed, const char *faults)
{
	struct run run = parse_file(path, options);
	_cleanup_free_ char *text = NULL, *found = places(&run);

	assert_int_equal(run.err, 0);
	assert_string_equal(found, faults);
	text = print(run.ast);
	assert_string_equal(text, printed);
	done(&run);
}

static void test_includes(void **state)
{
	const char *dirs[] = { "none", "lib" };
	const struct fw_parse_options options = { .include_dirs = dirs, .n_include_dirs = 2 };

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(mkdir("sub/d.conf", 0700), 0);
	assert_int_equal(mkdir("lib", 0700), 0);
	write_file("sub/b.conf", "define b = 1");	/* no newline at its end */
	write_file("sub/a.conf", "define a = 1\ninclude \"inner.inc\"\n");
	write_file("sub/inner.inc", "define inner = 1\n");
	write_file("sub/chain.inc", "chain c { accept }\n");
	write_file("lib/lib.conf", "define lib = 1\n");
	write_file("lib/sub.inc", "define wrong = 1\n");
	write_file("main.conf", "define z = 1; include \"sub/*.conf\"; define y = 2\n"
				"include \"lib.conf\"\ninclude \"sub/no*.conf\"\n"
				"table ip x {\n include \"sub/chain.inc\" }\n");

	/* sorted; relative to the includer; in its place; folders left out */
	check_file("main.conf", &options,
		   "define z = 1\ndefine a = 1\ndefine inner = 1\ndefine b = 1\n"
		   "define y = 2\ndefine lib = 1\n\n"
		   "table ip x {\n\tchain c {\n\t\taccept\n\t}\n}\n", "");
	write_file("bad.conf", "include \"gone.conf\"\ninclude \"sub\"\ndefine a = 1\n");
	check_file("bad.conf", &options, "define a = 1\n",
		   "1:9-19 cannot read 'gone.conf': there is no such file\n"
		   "2:9-13 cannot read 'sub': there is no such file\n");
}

/* An include closes what it opens, and nothing else. */
static void test_include_braces(void **state)
{
	(void)state;
	write_file("open.inc", "table ip x {\n");
	write_file("close.inc", "}\n");
	write_file("braces.conf",
		   "include \"open.inc\"\ntable ip y {\n include \"close.inc\"\n}\n");
	check_file("braces.conf", NULL, "table ip x {\n}\n\ntable ip y {\n}\n",
		   "1:12-12 '{' is not closed\n"
		   "1:1-1 unexpected '}': no brace is open here\n");
}

static void check_loop(const char *path, const char *id)
{
	struct run run = parse_file(path, NULL);

	assert_int_equal(run.err, 0);
	assert_int_equal(run.diags.n_errors, 1);
	assert_string_equal(run.diags.items[0].id, id);
	done(&run);
}

static void test_include_bounds(void **state)
{
	struct fw_buf many = { 0 };

	(void)state;
	write_file("loop.conf", "include \"loop.conf\"\ninclude \"loop.conf\"\n");
	check_loop("loop.conf", "include-depth");
	write_file("glob.conf", "include \"glob*.conf\"\n");
	check_loop("glob.conf", "include-depth");

	write_file("empty.inc", "");
	for (int i = 0; i < 5000; i++)
		fw_buf_add(&many, "include \"empty.inc\"\n");
	write_file("many.conf", many.text);
	fw_buf_done(&many);
	check_loop("many.conf", "include-count");
}

static void test_include_odd_files(void **state)
{
	struct run run;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	write_file("odd.conf", "include \"pipe\"\n");
	run = parse_file("odd.conf", NULL);
	assert_int_equal(run.diags.n_errors, 1);
	assert_non_null(strstr(run.diags.items[0].text, "not a regular file"));
	done(&run);

	run = parse_file("gone.conf", NULL);
	assert_int_equal(run.err, -ENOENT);
	assert_int_equal(run.diags.n, 0);
	done(&run);
	run = parse_file("sub", NULL);
	assert_int_equal(run.err, -EISDIR);
	done(&run);
}

static void test_defines(void **state)
{
	const char *good[] = { "ports={ 22, 80 }", "net=10.0.0.0/8" };
	const char *bad[] = { "x", "5=1", "a=1; flush ruleset", "b=" , "" };
	struct fw_parse_options options = { .defines = good, .n_defines = 2 };
	struct run run;

	(void)state;
	write_file("defines.conf", "define x = $net\n");
	check_file("defines.conf", &options,
		   "define ports = { 22, 80 }\ndefine net = 10.0.0.0/8\ndefine x = $net\n", "");
	for (size_t i = 0; i < FW_ARRAY_SIZE(bad); i++) {
		options = (struct fw_parse_options){ .defines = &bad[i], .n_defines = 1 };
		run = parse_file("defines.conf", &options);
		assert_int_equal(run.diags.n_errors, 1);
		assert_string_equal(run.diags.items[0].loc.source->name, "-D");
		assert_int_equal(run.ast->n_items, 1);
		done(&run);
	}
}

static int enter_dir(void **state)
{
	(void)state;
	return !mkdtemp(dir) || chdir(dir);
}

static int leave_dir(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return chdir("/") || system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_include_braces),
		cmocka_unit_test(test_include_bounds),
		cmocka_unit_test(test_include_odd_files),
		cmocka_unit_test(test_defines),
	};

	return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
