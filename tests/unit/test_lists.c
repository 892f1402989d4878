/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Element files: the fields of each format, and what is refused at which line. */
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

#include "lists/lists.h"
#include "util/buf.h"
#include "util/cleanup.h"

struct run {
	char path[64];
	struct fw_arena *arena;
	struct fw_diags diags;
	struct fw_buf fields;	/* "line:col text\n" each */
	int err;
};

static int collect(void *ctx, const struct fw_list_field *field)
{
	struct run *run = ctx;

	assert_int_equal(strlen(field->text), field->len);
	assert_int_equal(field->loc.end_col, field->loc.col + field->len - 1);
	assert_string_equal(field->loc.file, run->path);
	fw_buf_printf(&run->fields, "%u:%u %s\n", field->loc.line, field->loc.col, field->text);
	return strcmp(field->text, "stop") ? 0 : -7;
}

static struct run read_bytes(enum fw_list_format format, unsigned column, const void *data,
			     size_t len)
{
	struct fw_loc loc = { .file = "f.conf", .line = 3, .col = 7, .end_line = 3, .end_col = 9 };
	struct run run = { .path = "/tmp/fw-test-lists-XXXXXX" };
	int fd = mkstemp(run.path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
	run.arena = fw_arena_new();
	fw_diags_init(&run.diags, run.arena);
	run.err = fw_list_read(run.path, format, column, NULL, &run.diags, &loc, collect, &run);
	unlink(run.path);
	return run;
}

static struct run read_text(enum fw_list_format format, unsigned column, const char *text)
{
	return read_bytes(format, column, text, strlen(text));
}

static void done(struct run *run)
{
	fw_buf_done(&run->fields);
	fw_arena_free(run->arena);
}

static void check_fields(enum fw_list_format format, unsigned column, const char *text,
			 const char *fields)
{
	struct run run = read_text(format, column, text);

	assert_int_equal(run.diags.n, 0);
	assert_int_equal(run.err, 0);
	assert_string_equal(run.fields.text, fields);
	done(&run);
}

static void test_plain(void **state)
{
	static const char text[] = "# head\n\n192.0.2.1\t17\n  192.0.2.0/24 # why\n"
				   "; old\n192.0.2.9;SBL1\n2001:db8::1\r\nlast";

	(void)state;
	for (enum fw_list_format f = FW_LIST_AUTO; f <= FW_LIST_NETSET; f++)
		check_fields(f, 0, text,
			     "3:1 192.0.2.1\n4:3 192.0.2.0/24\n6:1 192.0.2.9\n"
			     "7:1 2001:db8::1\n8:1 last\n");
	check_fields(FW_LIST_AUTO, 0, "\xef\xbb\xbf" "a.example\n", "1:1 a.example\n");
}

static void test_hosts(void **state)
{
	static const char text[] = "# hosts\n127.0.0.1 localhost\n::1 localhost ip6-loopback\n"
				   "0.0.0.0 bad.example worse.example # both\n"
				   "0.0.0.0\t0.0.0.0.example\n::  last.example";

	(void)state;
	check_fields(FW_LIST_HOSTS, 0, text,
		     "4:9 bad.example\n4:21 worse.example\n5:9 0.0.0.0.example\n"
		     "6:5 last.example\n");
	check_fields(FW_LIST_AUTO, 0, text,
		     "4:9 bad.example\n4:21 worse.example\n5:9 0.0.0.0.example\n"
		     "6:5 last.example\n");
}

static void test_csv(void **state)
{
	static const char text[] = "# id,ip\n1, 192.0.2.1 ,x\n"
				   "2,\"192.0.2.2\",\"a \"\"b\"\", c\"\n3,192.0.2.3\n4,,\n";

	(void)state;
	check_fields(FW_LIST_CSV, 2, text, "2:4 192.0.2.1\n3:4 192.0.2.2\n4:3 192.0.2.3\n");
	check_fields(FW_LIST_CSV, 1, text, "2:1 1\n3:1 2\n4:1 3\n5:1 4\n");
	check_fields(FW_LIST_CSV, 3, "a,b,\"a \"\"b\"\", c\"\n", "1:6 a \"b\", c\n");
	check_fields(FW_LIST_AUTO, 0, "192.0.2.1,3\n192.0.2.2,4\n",
		     "1:1 192.0.2.1\n2:1 192.0.2.2\n");
}

struct refusal {
	enum fw_list_format format;
	const char *text;
	size_t len;		/* 0: of a string */
	uint32_t line, col;	/* 0: where the configuration names the file */
	const char *why;
};

static void test_refused(void **state)
{
	static const struct refusal refusals[] = {
		{ FW_LIST_AUTO, "a\nb\0c\n", 6, 2, 2, "a control character" },
		{ FW_LIST_PLAIN, "a\n\x1f\x8b\x08\n", 0, 2, 1, "a control character" },
		{ FW_LIST_PLAIN, "a\nb\n\nc\xffz\n", 0, 4, 2, "not UTF-8" },
		{ FW_LIST_PLAIN, "\xc0\xaf\n", 0, 1, 1, "not UTF-8" },
		{ FW_LIST_PLAIN, "\xed\xa0\x80\n", 0, 1, 1, "not UTF-8" },
		{ FW_LIST_PLAIN, "a \xc3", 0, 1, 3, "not UTF-8" },
		{ FW_LIST_AUTO, "\n <!DOCTYPE html>\n<p>moved</p>\n", 0, 2, 2,
		  "this is HTML or XML" },
		{ FW_LIST_HOSTS, "0.0.0.0 a\nb c\n", 0, 2, 1, "expected an address and a name" },
		{ FW_LIST_HOSTS, "0.0.0.0 a\n0.0.0.0 # b\n", 0, 2, 1, "no name behind" },
		{ FW_LIST_CSV, "a,b\nc\n", 0, 2, 1, "too few columns" },
		{ FW_LIST_AUTO, "", 0, 0, 0, "has no elements" },
		{ FW_LIST_AUTO, "# nothing\n\n", 0, 0, 0, "has no elements" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct run run = read_bytes(r->format, 2, r->text,
					    r->len ? r->len : strlen(r->text));
		const struct fw_diag *diag = run.diags.items;

		assert_int_equal(run.err, -22);
		assert_int_equal(run.diags.n_errors, 1);
		assert_non_null(strstr(diag->text, r->why));
		assert_string_equal(diag->loc.file, r->line ? run.path : "f.conf");
		assert_int_equal(diag->loc.line, r->line ? r->line : 3);
		assert_int_equal(diag->loc.col, r->line ? r->col : 7);
		done(&run);
	}
}

/* Lines up to the bound, and one byte more; also where the buffer ends in one. */
static void test_long_lines(void **state)
{
	enum { LINES = 40 };
	_cleanup_free_ char *text = malloc((FW_LIST_MAX_LINE + 1) * LINES + 1);
	struct run run;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		memset(text + len, 'a', FW_LIST_MAX_LINE);
		len += FW_LIST_MAX_LINE;
		text[len++] = '\n';
	}
	run = read_bytes(FW_LIST_PLAIN, 0, text, len);
	assert_int_equal(run.err, 0);
	assert_int_equal(run.fields.len, LINES * (FW_LIST_MAX_LINE + 5) + 31);
	done(&run);

	text[len - 1] = 'a';	/* the last line gets one more */
	run = read_bytes(FW_LIST_PLAIN, 0, text, len);
	assert_int_equal(run.err, -22);
	assert_int_equal(run.diags.items[0].loc.line, LINES);
	assert_non_null(strstr(run.diags.items[0].text, "4096 bytes"));
	done(&run);
}

static void test_callback_stops(void **state)
{
	struct run run = read_text(FW_LIST_PLAIN, 0, "a\nstop\nb\n");

	(void)state;
	assert_int_equal(run.err, -7);
	assert_int_equal(run.diags.n, 0);
	assert_string_equal(run.fields.text, "1:1 a\n2:1 stop\n");
	done(&run);
}

static void check_unreadable(const char *path, const char *why)
{
	struct fw_loc loc = { .file = "f.conf", .line = 3, .col = 7 };
	struct fw_arena *arena = fw_arena_new();
	struct fw_diags diags;

	fw_diags_init(&diags, arena);
	assert_int_equal(fw_list_read(path, FW_LIST_AUTO, 0, NULL, &diags, &loc, collect, NULL),
			 -22);
	assert_int_equal(diags.n_errors, 1);
	assert_non_null(strstr(diags.items[0].text, why));
	assert_string_equal(diags.items[0].loc.file, "f.conf");
	fw_arena_free(arena);
}

static int grow(void *ctx, const struct fw_list_field *field)
{
	if (field->loc.line > 1)
		return 0;
	return write(*(int *)ctx, "b\n", 2) == 2 ? 0 : -5;
}

/* Half of a file that is being written is no list. */
static void test_changes(void **state)
{
	enum { LINES = 40000 };	/* more than is read at once */
	char path[] = "/tmp/fw-test-grow-XXXXXX";
	struct fw_arena *arena = fw_arena_new();
	struct fw_diags diags;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (int i = 0; i < LINES; i++)
		assert_int_equal(write(fd, "a\n", 2), 2);
	fw_diags_init(&diags, arena);
	assert_int_equal(fw_list_read(path, FW_LIST_PLAIN, 0, NULL, &diags, NULL, grow, &fd), -22);
	assert_non_null(strstr(diags.items[0].text, "it changed while it was read"));
	close(fd);
	unlink(path);
	fw_arena_free(arena);
}

/* A pipe must not hang the compiler. */
static void test_unreadable(void **state)
{
	char path[] = "/tmp/fw-test-fifo-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(path));
	check_unreadable(path, "not a regular file");
	assert_int_equal(rmdir(path), 0);
	check_unreadable(path, "No such file");
	assert_int_equal(mkfifo(path, 0600), 0);
	check_unreadable(path, "not a regular file");
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_callback_stops),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
