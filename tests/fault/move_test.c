/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A drop that moves from XDP to nft and back, with the real nft, while commits
 * are made, refused and killed at each step under traffic. Source 1 is dropped
 * by every policy: not one of its packets may arrive. Source 0 passes in all
 * of them: not one may be lost.
 *
 * Catches: a commit without overlap or without the wait behind it, a start
 * that does not tell which half of a commit was done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/net/veth.h"

#define S(n) (1u << (n))
#define ALL (S(VETH_SOURCES) - 1)
#define MOVES 100

static const struct veth_policy in_xdp = {
	.device = "fw0",
	.tc = true,
	.rules = {{"drop", S(1) | S(2)}},
};
static const struct veth_policy in_nft = {
	.device = "fw0",
	.tc = true,
	.rules = {{"nobody", 0}},
	.nft = S(1) | S(3),
};

static struct fw_apply *apply;

static int open_apply(void)
{
	struct fw_plan_options options = {.flows = 4096};
	struct fw_apply_error error;
	int r = fw_apply_open(veth_config(), &options, &apply, &error);

	if (r)
		print_message("open: %s\n", error.text);
	return r;
}

static int commit(const struct veth_policy *policy)
{
	struct fw_plan *plan = veth_plan(policy);
	struct fw_apply_error error;
	int r = fw_apply_commit(apply, plan, &error);

	if (r)
		print_message("commit: %s\n", error.text);
	fw_plan_unref(plan);
	return r;
}

static int setup(void **state)
{
	(void)state;
	if (open_apply() || commit(&in_xdp))
		return -1;
	veth_traffic_on();
	return 0;
}

static int teardown(void **state)
{
	struct fw_apply_error error;
	int r;

	(void)state;
	(void)unsetenv("FLYWALL_FAULT");
	r = fw_apply_flush(apply, &error);
	fw_apply_close(apply);
	apply = NULL;
	return r;
}

static void end_of_traffic(void)
{
	uint64_t sent[VETH_SOURCES], got[VETH_SOURCES];

	veth_traffic_wait(3);
	veth_traffic_off(sent, got);
	assert_int_equal(got[1], 0);
	assert_int_equal(got[0], sent[0]);
}

static void test_moves(void **state)
{
	(void)state;
	for (int i = 0; i < MOVES; i++) {
		assert_int_equal(commit(i % 2 ? &in_xdp : &in_nft), 0);
		veth_traffic_wait(3);
	}
	end_of_traffic();
	assert_int_equal(fw_apply_generation(apply), MOVES + 1);
}

/* *state: a point at which the move fails. */
static void test_fails(void **state)
{
	assert_int_equal(setenv("FLYWALL_FAULT", *state, 1), 0);
	assert_true(commit(&in_nft) < 0);
	assert_int_equal(unsetenv("FLYWALL_FAULT"), 0);
	end_of_traffic();
	assert_int_equal(fw_apply_generation(apply), 1);
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2)));
	veth_traffic_on();
	assert_int_equal(commit(&in_nft), 0);
	end_of_traffic();
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(3)));
}

static void killed_at(const char *point, const struct veth_policy *policy)
{
	char fault[64];
	int status;
	pid_t pid;

	(void)snprintf(fault, sizeof(fault), "%s:kill", point);
	fw_apply_close(apply);
	apply = NULL;
	pid = fork();
	if (!pid) {
		(void)setenv("FLYWALL_FAULT", fault, 1);
		if (!open_apply())
			(void)commit(policy);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	veth_traffic_wait(3);
}

/* *state: "POINT N", N the generation that the next process finds; there and
 * back. */
static void test_killed(void **state)
{
	unsigned found;
	char point[32];

	assert_int_equal(sscanf(*state, "%31s %u", point, &found), 2);
	killed_at(point, &in_nft);
	assert_int_equal(open_apply(), 0);
	assert_int_equal(fw_apply_generation(apply), found);
	end_of_traffic();
	assert_int_equal(veth_probe(),
			 ALL & ~(S(1) | (found == 1 ? S(2) : S(3))));
	veth_traffic_on();
	assert_int_equal(commit(&in_nft), 0);
	killed_at(point, &in_xdp);
	assert_int_equal(open_apply(), 0);
	end_of_traffic();
	assert_int_equal(veth_probe(),
			 ALL & ~(S(1) | (found == 1 ? S(3) : S(2))));
	veth_traffic_on();
	assert_int_equal(commit(&in_xdp), 0);
	end_of_traffic();
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2)));
}

int main(void)
{
#define TEST(f, text) {#f " " text, f, setup, teardown, (void *)(text)}
	const struct CMUnitTest tests[] = {
		TEST(test_moves, ""),
		TEST(test_fails, "overlap"),
		TEST(test_fails, "settle"),
		TEST(test_fails, "nft"),
		TEST(test_fails, "nft-transaction"),
		TEST(test_killed, "stage 1"),
		TEST(test_killed, "overlap 1"),
		TEST(test_killed, "settle 1"),
		TEST(test_killed, "nft 1"),
		TEST(test_killed, "nft-transaction 1"),
		TEST(test_killed, "flip 2"),
		TEST(test_killed, "drain 2"),
		TEST(test_killed, "retire 2"),
	};
	int r;

	veth_up();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	veth_down();
	return r;
}
