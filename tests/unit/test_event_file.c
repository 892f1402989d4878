/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of events: whole lines, whatever the disk does. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "events/file.h"

#define HEAD "{\"schema\": \"flywall/1\"}\n"

struct place {
	char dir[64], path[96], other[96];
};

static struct place place_new(void)
{
	struct place p = { .dir = "/tmp/fw-test-events-XXXXXX" };

	assert_non_null(mkdtemp(p.dir));
	(void)snprintf(p.path, sizeof(p.path), "%s/events.json", p.dir);
	(void)snprintf(p.other, sizeof(p.other), "%s/other", p.dir);
	return p;
}

static void place_done(const struct place *p)
{
	(void)unlink(p->path);
	(void)unlink(p->other);
	assert_int_equal(rmdir(p->dir), 0);
}

static void has(const char *path, const char *expected)
{
	char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(fd >= 0 && n >= 0);
	text[n] = '\0';
	(void)close(fd);
	assert_string_equal(text, expected);
}

static void test_written(void **state)
{
	struct fw_event_file file = { .fd = -1 };
	struct place p = place_new();
	mode_t mask = umask(077);
	struct stat st;

	(void)state;
	fw_event_file_add(&file, "to nowhere");
	assert_int_equal(fw_event_file_set(&file, p.path), 0);
	(void)umask(mask);
	assert_int_equal(stat(p.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	fw_event_file_add(&file, "{1}");
	fw_event_file_add(&file, "{2}");
	assert_int_equal(fw_event_file_flush(&file), 0);
	has(p.path, HEAD "{1}\n{2}\n");
	/* rotated: the old file is complete, the new one begins anew */
	assert_int_equal(rename(p.path, p.other), 0);
	fw_event_file_add(&file, "{3}");
	assert_int_equal(fw_event_file_reopen(&file), 0);
	fw_event_file_add(&file, "{4}");
	assert_int_equal(fw_event_file_set(&file, p.path), 0);
	assert_int_equal(fw_event_file_set(&file, NULL), 0);
	fw_event_file_add(&file, "{5}");
	assert_int_equal(fw_event_file_flush(&file), 0);
	has(p.other, HEAD "{1}\n{2}\n{3}\n");
	has(p.path, HEAD "{4}\n");
	/* a file that goes on has one head */
	assert_int_equal(fw_event_file_set(&file, p.path), 0);
	fw_event_file_add(&file, "{6}");
	assert_int_equal(file.lost_total, 0);
	fw_event_file_done(&file);
	has(p.path, HEAD "{4}\n{6}\n");
	place_done(&p);
}

/* A limit of the file's size stands for a disk that fills up in the midst of a
 * line. */
static void limit_size(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_full(void **state)
{
	struct fw_event_file file = { .fd = -1 };
	struct place p = place_new();
	char expected[256], told[256], text[512] = "";
	uint64_t lost = 0;
	FILE *stream;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(fw_event_file_set(&file, p.path), 0);
	limit_size(sizeof(HEAD) - 1 + 10);
	fw_event_file_add(&file, "{1234}");
	fw_event_file_add(&file, "{5678}");
	fw_event_file_add(&file, "{9}");
	assert_int_equal(fw_event_file_flush(&file), -EFBIG);
	has(p.path, HEAD "{1234}\n");
	assert_true(file.failing);
	fw_event_file_add(&file, "{a}");
	assert_int_equal(fw_event_file_flush(&file), 0);
	assert_true(fw_event_file_retry(&file, &lost) < 0);
	has(p.path, HEAD "{1234}\n");
	assert_int_equal(file.lost_total, 3);
	limit_size(RLIM_INFINITY);
	assert_int_equal(fw_event_file_retry(&file, &lost), 0);
	assert_int_equal(lost, 3);
	fw_event_file_add(&file, "{b}");
	fw_event_file_done(&file);
	assert_int_equal(file.lost_total, 3);

	stream = fopen(p.path, "r");
	(void)snprintf(expected, sizeof(expected), "%s", HEAD "{1234}\n");
	assert_true(fread(text, 1, sizeof(text) - 1, stream) > 0);
	(void)fclose(stream);
	assert_memory_equal(text, expected, strlen(expected));
	assert_int_equal(sscanf(text + strlen(expected),
				"{\"time\": \"%*[^\"]\", %255[^\n]\n", told), 1);
	assert_string_equal(told, "\"type\": \"lost\", \"of\": \"this file\", "
				  "\"reason\": \"disk\", \"count\": 3}");
	assert_non_null(strstr(text, "}\n{b}\n"));
	place_done(&p);
}

/* No room even for the head: the file is empty, and gets it later. */
static void test_full_at_once(void **state)
{
	struct fw_event_file file = { .fd = -1 };
	struct place p = place_new();
	uint64_t lost;

	(void)state;
	limit_size(5);
	assert_int_equal(fw_event_file_set(&file, p.path), -EFBIG);
	has(p.path, "");
	limit_size(RLIM_INFINITY);
	assert_int_equal(fw_event_file_retry(&file, &lost), 0);
	assert_int_equal(lost, 0);
	fw_event_file_done(&file);
	has(p.path, HEAD);
	place_done(&p);
}

/* What is no place for a file, or has nobody behind it, is an error at once. */
static void test_refused(void **state)
{
	struct fw_event_file file = { .fd = -1 };
	struct place p = place_new();
	uint64_t lost;

	(void)state;
	assert_int_equal(fw_event_file_set(&file, p.dir), -EISDIR);
	fw_event_file_add(&file, "{1}");
	assert_int_equal(mkfifo(p.path, 0600), 0);
	assert_int_equal(fw_event_file_set(&file, p.path), -ENXIO);
	fw_event_file_add(&file, "{2}");
	assert_int_equal(unlink(p.path), 0);
	assert_int_equal(fw_event_file_retry(&file, &lost), 0);
	assert_int_equal(lost, 1);
	fw_event_file_done(&file);
	place_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_full_at_once),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
