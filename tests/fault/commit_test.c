/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A commit that fails, or whose process is killed, at each of its steps, under
 * traffic. Source 1 is dropped by both generations and source 0 passes in both:
 * at no time may the one arrive or the other be lost.
 *
 * Catches: a step that changes what packets meet before the last one that can
 * fail, a failure that is not backed out, a cut-off commit that the next
 * process neither finishes nor undoes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/net/veth.h"

#define S(n) (1u << (n))
#define ALL (S(VETH_SOURCES) - 1)
#define BY_FIRST (ALL & ~(S(1) | S(2)))
#define BY_SECOND (ALL & ~(S(1) | S(3)))

static const struct veth_policy first = {
	.device = "fw0",
	.tc = true,
	.rules = {{"first", S(1) | S(2)}},
};
static const struct veth_policy second = {
	.device = "fw0",
	.tc = true,
	.watch = true,
	.rules = {{"second", S(1) | S(3)}},
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

static int try_commit(const struct veth_policy *policy,
		      struct fw_apply_error *error)
{
	struct fw_plan *plan = veth_plan(policy);
	int r = fw_apply_commit(apply, plan, error);

	fw_plan_unref(plan);
	return r;
}

static void commit(const struct veth_policy *policy)
{
	struct fw_apply_error error;

	if (try_commit(policy, &error))
		fail_msg("commit: %s", error.text);
}

static int setup(void **state)
{
	(void)state;
	memset(veth_nft, 0, sizeof(*veth_nft));
	if (open_apply())
		return -1;
	commit(&first);
	veth_traffic_on();
	return 0;
}

static int teardown(void **state)
{
	struct fw_apply_error error;

	(void)state;
	(void)unsetenv("FLYWALL_FAULT");
	(void)fw_apply_flush(apply, &error);
	fw_apply_close(apply);
	apply = NULL;
	return 0;
}

static void end_of_traffic(void)
{
	uint64_t sent[VETH_SOURCES], got[VETH_SOURCES];

	veth_traffic_off(sent, got);
	assert_true(sent[0] > 0);
	assert_int_equal(got[0], sent[0]);
	assert_int_equal(got[1], 0);
}

/* --- steps that fail ------------------------------------------------------ */
static void fails_at(const char *point)
{
	struct fw_apply_error error;

	assert_int_equal(setenv("FLYWALL_FAULT", point, 1), 0);
	assert_int_equal(try_commit(&second, &error), -EIO);
	assert_true(error.text[0] != '\0');
	assert_true(error.code == 69 || error.code == 71);
	assert_int_equal(unsetenv("FLYWALL_FAULT"), 0);
	veth_traffic_wait(3);
	end_of_traffic();
	assert_int_equal(fw_apply_generation(apply), 1);
	assert_int_equal(veth_nft->epoch, 1);
	assert_int_equal(veth_probe(), BY_FIRST);
	/* And nothing is left that the next commit stumbles over. */
	veth_traffic_on();
	commit(&second);
	veth_traffic_wait(3);
	end_of_traffic();
	assert_int_equal(fw_apply_generation(apply), 2);
	assert_int_equal(veth_probe(), BY_SECOND);
}

static void test_fails(void **state)
{
	fails_at(*state);
}

/* Behind the flip nothing can be refused any more: the generation is active,
 * and the slot is cleared by the next commit. */
static void test_fails_late(void **state)
{
	struct fw_apply_error error;

	assert_int_equal(setenv("FLYWALL_FAULT", *state, 1), 0);
	assert_int_equal(try_commit(&second, &error), 0);
	assert_int_equal(unsetenv("FLYWALL_FAULT"), 0);
	assert_int_equal(fw_apply_generation(apply), 2);
	veth_traffic_wait(3);
	commit(&first);
	veth_traffic_wait(3);
	commit(&second);
	end_of_traffic();
	assert_int_equal(fw_apply_generation(apply), 4);
	assert_int_equal(veth_probe(), BY_SECOND);
}

/* Devices that the commit has attached already are let go. */
static void test_fails_on_device(void **state)
{
	static const struct veth_policy late = {
		.device = "late",
		.tc = true,
		.watch = true,
		.rules = {{"late", 0}},
	};
	struct fw_apply_error error;

	veth_run("ip link add late type veth peer name late2");
	assert_int_equal(setenv("FLYWALL_FAULT", *state, 1), 0);
	if (!strcmp(*state, "attach-xdp"))	/* TC would do instead */
		assert_int_equal(try_commit(&late, &error), 0);
	else
		assert_int_equal(try_commit(&late, &error), -EIO);
	assert_int_equal(unsetenv("FLYWALL_FAULT"), 0);
	veth_run("! ip link show late 2>&1 | grep -q xdp");
	if (strcmp(*state, "attach-xdp")) {
		veth_run("! tc filter show dev late ingress | grep -q fw_tc");
		end_of_traffic();
		assert_int_equal(veth_probe(), BY_FIRST);
	}
	veth_run("ip link delete late");
}

/* --- processes that are killed -------------------------------------------- */
static void killed_at(const char *point)
{
	struct fw_apply_error error;
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
			(void)try_commit(&second, &error);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	veth_traffic_wait(3);
}

/* *state: "POINT N", N the generation that the next process finds. */
static void test_killed(void **state)
{
	char point[32];
	unsigned found;

	assert_int_equal(sscanf(*state, "%31s %u", point, &found), 2);
	killed_at(point);
	assert_int_equal(open_apply(), 0);
	veth_traffic_wait(3);
	end_of_traffic();
	assert_int_equal(fw_apply_generation(apply), found);
	assert_int_equal(veth_probe(), found == 1 ? BY_FIRST : BY_SECOND);
	veth_traffic_on();
	commit(&second);
	veth_traffic_wait(3);
	end_of_traffic();
	assert_int_equal(fw_apply_generation(apply), found + 1);
	assert_int_equal(veth_probe(), BY_SECOND);
}

static int open_with(const char *point, struct fw_apply **ret,
		     struct fw_apply_error *error)
{
	struct fw_plan_options options = {.flows = 4096};
	int r;

	assert_int_equal(setenv("FLYWALL_FAULT", point, 1), 0);
	r = fw_apply_open(veth_config(), &options, ret, error);
	assert_int_equal(unsetenv("FLYWALL_FAULT"), 0);
	return r;
}

/* A start whose program the kernel refuses says why. Where an earlier one's is
 * attached it ends there, and that goes on; else it goes on without. */
static void test_refused_at_start(void **state)
{
	struct fw_apply *other = NULL;
	struct fw_apply_error error;
	const char *reason;

	assert_int_equal(open_with(*state, &other, &error), -EIO);
	assert_null(other);
	assert_int_equal(error.code, 69);
	assert_non_null(strstr(error.text, *state));
	assert_non_null(strstr(error.text, "/verifier.log"));
	assert_int_equal(veth_probe(), BY_FIRST);

	assert_int_equal(fw_apply_flush(apply, &error), 0);
	assert_int_equal(open_with(*state, &other, &error), 0);
	assert_true(fw_apply_lacks(other, &reason));
	assert_non_null(strstr(reason, *state));
	assert_non_null(strstr(reason, "/verifier.log"));
	assert_int_equal(fw_apply_flush(other, &error), 0);
	fw_apply_close(other);
	veth_run("test -z \"$(ls %s/test)\"", veth_config()->bpffs);
}

static bool reads_frames(void)
{
	const struct fw_feature_status *features;
	size_t n = fw_apply_features(apply, &features);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(features[i].name, "monitor ", 8))
			return features[i].reason && features[i].fallback;
	return false;
}

/* Without its programs a monitor reads frames, and all else is as ever. */
static void test_no_monitor(void **state)
{
	const struct fw_device_status *devices;
	struct fw_apply *before = apply;
	struct fw_apply_error error;

	assert_int_equal(fw_apply_flush(before, &error), 0);
	assert_int_equal(open_with(*state, &apply, &error), 0);
	commit(&second);
	assert_int_equal(veth_probe(), BY_SECOND);
	assert_int_equal(fw_apply_devices(apply, &devices), 1);
	assert_true(devices[0].watch);
	assert_true(reads_frames());
	assert_int_equal(fw_apply_flush(apply, &error), 0);
	fw_apply_close(apply);
	apply = before;
}

/* The first start of all: no half-filled folder is adopted. */
static void test_killed_at_start(void **state)
{
	uint64_t sent[VETH_SOURCES], got[VETH_SOURCES];
	struct fw_apply_error error;

	assert_int_equal(fw_apply_flush(apply, &error), 0);
	killed_at(*state);
	veth_traffic_off(sent, got);
	assert_int_equal(open_apply(), 0);
	assert_int_equal(fw_apply_generation(apply), 0);
	commit(&second);
	assert_int_equal(veth_probe(), BY_SECOND);
}

int main(void)
{
#define TEST(f, text) {#f " " text, f, setup, teardown, (void *)(text)}
	const struct CMUnitTest tests[] = {
		TEST(test_fails, "stage"),
		TEST(test_fails, "attach-watch"),
		TEST(test_fails, "overlap"),
		TEST(test_fails, "settle"),
		TEST(test_fails, "nft"),
		TEST(test_fails_late, "drain"),
		TEST(test_fails_late, "retire"),
		TEST(test_fails_on_device, "attach-xdp"),
		TEST(test_fails_on_device, "attach-tc"),
		TEST(test_fails_on_device, "attach-watch"),
		TEST(test_fails_on_device, "overlap"),
		TEST(test_killed, "stage 1"),
		TEST(test_killed, "attach-tc 1"),
		TEST(test_killed, "attach-watch 1"),
		TEST(test_killed, "overlap 1"),
		TEST(test_killed, "settle 1"),
		TEST(test_killed, "nft 1"),
		TEST(test_killed, "flip 2"),
		TEST(test_killed, "drain 2"),
		TEST(test_killed, "retire 2"),
		TEST(test_refused_at_start, "xdp"),
		TEST(test_refused_at_start, "tc"),
		TEST(test_no_monitor, "dns"),
		TEST(test_no_monitor, "watch"),
		TEST(test_killed_at_start, "xdp"),
		TEST(test_killed_at_start, "dns"),
	};
	int r;

	veth_up();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	veth_down();
	return r;
}
