/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnftables' child: what it answers, and that it cannot keep its parent.
 *
 * nft hangs where a script includes a FIFO that nobody writes: it is opened, and
 * opening waits. Catches: patience that is not kept, that counts the script's
 * time instead, or that is asked of a child that has answered; a child that is
 * left behind, running or as a zombie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nft/child.h"

#define PATIENCE_MS 300
#define FAR_BEYOND_MS 8000	/* of a busy machine; the default is 30 s */

static int64_t now_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int ask(const char *script, unsigned patience_ms)
{
	const struct fw_nft_job job = {
		.script = script, .dry_run = true, .apart = true,
		.patience_ms = patience_ms,
	};
	struct fw_nft_complaints complaints;
	struct fw_arena *arena = fw_arena_new();
	int r;

	assert_non_null(arena);
	r = fw_nft_child_do(arena, &job, &complaints, NULL);
	fw_arena_free(arena);
	if (r == -EPERM)
		skip();		/* no network namespace can be made here */
	return r;
}

static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void answers(void **state)
{
	(void)state;
	assert_int_equal(ask("define x = 1\n", 0), 0);
	assert_int_equal(ask("define x = drop\n", 0), 1);
	no_child_is_left();
}

static void a_child_that_hangs_is_left_in_time(void **state)
{
	char dir[] = "/tmp/fw-nft-child-XXXXXX", fifo[64], script[96];
	int64_t began, took;
	int r;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	(void)snprintf(script, sizeof(script), "include \"%s\"\n", fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	began = now_ms();
	r = ask(script, PATIENCE_MS);
	took = now_ms() - began;
	(void)unlink(fifo);
	(void)rmdir(dir);
	assert_int_equal(r, -ETIMEDOUT);
	assert_true(took >= PATIENCE_MS && took < FAR_BEYOND_MS);
	no_child_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(a_child_that_hangs_is_left_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
