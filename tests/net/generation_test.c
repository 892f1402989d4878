/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generations on real packets, with nft's part replaced by a stand-in.
 *
 * Catches, among others: a flip without its waits, a counter that is lost or
 * charged twice, a restart that lets packets through, a link that outlives its
 * device, a foreign program that is pushed out, a table that is loaded again
 * although it did not change, or kept although it did.
 *
 *	FLYWALL_SWAPS	swaps with a million addresses, default 300
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/devices.h"
#include "tests/net/veth.h"

#define S(n) (1u << (n))		/* the source 10.9.0.(2 + n) */
#define ALL (S(VETH_SOURCES) - 1)

static struct fw_apply *apply;

/* --- helpers -------------------------------------------------------------- */
static void open_apply(void)
{
	struct fw_plan_options options = {.flows = 4096};
	struct fw_apply_error error;

	if (fw_apply_open(veth_config(), &options, &apply, &error))
		fail_msg("open: %s", error.text);
}

static int setup(void **state)
{
	(void)state;
	memset(veth_nft, 0, sizeof(*veth_nft));
	open_apply();
	return 0;
}

static int teardown(void **state)
{
	struct fw_apply_error error;
	int r = fw_apply_flush(apply, &error);

	(void)state;
	fw_apply_close(apply);
	apply = NULL;
	return r;
}

static void restart(void)
{
	fw_apply_close(apply);
	open_apply();
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

static int64_t packets_of(const char *rule)
{
	const struct fw_plan *plan = fw_apply_plan(apply);
	struct fw_rule_count counts[VETH_RULES_MAX];

	assert_int_equal(fw_apply_rule_counts(apply, counts), 0);
	for (size_t i = 0; i < plan->n_rules; i++)
		if (!strcmp(plan->rules[i].text, rule))
			return counts[i].packets;
	fail_msg("no rule %s", rule);
	return -1;
}

static const struct fw_device_status *device(const char *name)
{
	const struct fw_device_status *devices;
	size_t n = fw_apply_devices(apply, &devices);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(devices[i].name, name))
			return &devices[i];
	fail_msg("no device %s", name);
	return NULL;
}

/* Two policies: sources 0 and 7 pass in both, 1 is dropped by both but by
 * different rules, 2 and 3 by one each, 4 by the same rule in both. */
static const struct veth_policy first = {
	.device = "fw0",
	.tc = true,
	.rules = {{"both", S(4)}, {"first", S(1) | S(2)}},
};
static const struct veth_policy second = {
	.device = "fw0",
	.tc = true,
	.rules = {{"second", S(1) | S(3)}, {"other", S(6)}, {"both", S(4)}},
};

/* --- tests ---------------------------------------------------------------- */
static void test_drop(void **state)
{
	uint64_t stats[FW_STAT_MAX_];

	(void)state;
	assert_int_equal(veth_probe(), ALL);
	assert_int_equal(fw_apply_generation(apply), 0);
	commit(&first);
	assert_int_equal(fw_apply_generation(apply), 1);
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
	assert_int_equal(packets_of("first"), 2);
	assert_int_equal(packets_of("both"), 1);
	assert_int_equal(fw_apply_stats(apply, stats), 0);
	assert_int_equal(stats[FW_STAT_XDP_DROP_RULE], 3);
	assert_string_equal(device("fw0")->xdp, "native");
	assert_string_equal(device("fw0")->state, "attached");
	assert_true(device("fw0")->tc);
}

static void test_empty_generation(void **state)
{
	struct veth_policy none = {.device = "fw0", .no_xdp = true};

	(void)state;
	commit(&none);
	assert_int_equal(fw_apply_generation(apply), 1);
	assert_int_equal(veth_probe(), ALL);
	assert_string_equal(device("fw0")->xdp, "off");
	commit(&first);
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
	/* Drivers lose packets when a program goes: it stays until told. */
	commit(&none);
	assert_int_equal(veth_probe(), ALL);
	assert_string_equal(device("fw0")->xdp, "native");
	none.attach = FW_ATTACH_OFF;
	commit(&none);
	assert_string_equal(device("fw0")->xdp, "off");
	assert_int_equal(veth_probe(), ALL);
}

/* n swaps of two policies under traffic: of what both decide alike no packet is
 * decided otherwise. */
static void flip(const struct veth_policy *one, const struct veth_policy *other,
		 unsigned n)
{
	uint64_t sent[VETH_SOURCES], got[VETH_SOURCES];
	struct fw_plan *plans[] = {veth_plan(one), veth_plan(other)};
	struct fw_apply_error error;

	assert_int_equal(fw_apply_commit(apply, plans[0], &error), 0);
	veth_traffic_on();
	for (unsigned i = 1; i <= n; i++) {
		veth_traffic_wait(3);
		if (fw_apply_commit(apply, plans[i % 2], &error))
			fail_msg("commit: %s", error.text);
	}
	veth_traffic_off(sent, got);
	print_message("%u swaps: %lu of %lu and %lu of %lu packets that both "
		      "accept arrived, %lu and %lu that both drop\n", n,
		      (unsigned long)got[0], (unsigned long)sent[0],
		      (unsigned long)got[7], (unsigned long)sent[7],
		      (unsigned long)got[1], (unsigned long)got[4]);
	assert_true(sent[0] >= 3ull * n);
	assert_int_equal(got[0], sent[0]);
	assert_int_equal(got[7], sent[7]);
	assert_int_equal(got[1], 0);
	assert_int_equal(got[4], 0);
	assert_in_range(got[2], 1, sent[2] - 1);
	assert_in_range(got[3], 1, sent[3] - 1);
	/* One rule in both: each of its packets was counted once. */
	assert_int_equal(packets_of("both"), sent[4]);
	assert_int_equal(fw_apply_generation(apply), n + 1);
	assert_int_equal(veth_nft->epoch, n + 1);
	fw_plan_unref(plans[0]);
	fw_plan_unref(plans[1]);
}

static void test_flips(void **state)
{
	(void)state;
	flip(&first, &second, 200);
}

/* The kernel's number of the table that stands in a slot; 0: none. */
static uint32_t table_in(const char *name, unsigned slot)
{
	const struct fw_bpf_map *map = fw_bpf_map(&apply->bpf, name);
	uint32_t id = 0;

	assert_non_null(map);
	(void)bpf_map_lookup_elem(map->fd, &slot, &id);
	return id;
}

/* With a million addresses in a table that is the same in both: it is loaded
 * once, and with one more address again. */
static void test_crowd(void **state)
{
	const char *swaps = getenv("FLYWALL_SWAPS");
	struct veth_policy one = first, other = second;
	uint32_t id;

	(void)state;
	one.crowd = other.crowd = 1000000;
	flip(&one, &other, swaps ? (unsigned)atoi(swaps) : 300);
	id = table_in("saddr4", 0);
	assert_int_not_equal(id, 0);
	commit(&one);
	assert_int_equal(table_in("saddr4", 0), id);
	assert_int_equal(table_in("saddr4", 1), id);
	one.crowd++;
	commit(&one);
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
	assert_int_not_equal(table_in("saddr4", fw_apply_generation(apply) % 2),
			     id);
}

/* A limit of which two generations have the same rule, and one of one's own:
 * each is charged once a packet, in overlap too, and the first lives on. */
static void test_limits(void **state)
{
	static const struct fw_plan_limit fifty = {
		.rate = {1, 604800}, .burst = 50, .over = true};
	static const struct veth_policy odd = {
		.device = "fw0",
		.tc = true,
		.rules = {{"slow", S(5), &fifty}, {"mine", S(6), &fifty}},
	}, even = {
		.device = "fw0",
		.tc = true,
		.rules = {{"gone", S(1)}, {"slow", S(5), &fifty}},
	};
	uint64_t sent[VETH_SOURCES], got[VETH_SOURCES];
	int i = 0;

	(void)state;
	commit(&even);
	veth_traffic_on();
	for (; i < 100; i++) {
		veth_traffic_wait(1);
		commit(i % 2 ? &even : &odd);
	}
	veth_traffic_off(sent, got);
	assert_true(sent[5] > 60);
	assert_int_equal(got[5], 50);
	assert_int_equal(packets_of("slow"), sent[5] - 50);
	assert_int_equal(got[7], sent[7]);
	/* Another rule, another bucket: this one was given up each time. */
	assert_true(got[6] > 50);
	restart();
	commit(&odd);
	assert_int_equal(veth_probe(), ALL & ~S(5));
}

/* The same content is shared by both slots, until it changes. */
static void test_shared_tables(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		commit(&first);
		commit(&first);
		assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
		commit(&second);
		assert_int_equal(veth_probe(),
				 ALL & ~(S(1) | S(3) | S(4) | S(6)));
	}
}

static void test_slots_of_counters(void **state)
{
	struct fw_map_status maps[FW_BPF_MAPS_MAX];
	size_t n;

	(void)state;
	commit(&first);
	(void)veth_probe();
	commit(&second);
	commit(&first);
	/* Given up and given anew: counts from nothing. */
	assert_int_equal(packets_of("first"), 0);
	assert_int_equal(packets_of("both"), 1);
	n = fw_apply_maps(apply, maps, FW_BPF_MAPS_MAX);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(maps[i].name, "counters"))
			assert_int_equal(maps[i].entries, 3);
}

static void test_refused_by_nft(void **state)
{
	struct fw_apply_error error;

	(void)state;
	commit(&first);
	(void)veth_probe();
	veth_nft->fail_commit = -EINVAL;
	assert_int_equal(try_commit(&second, &error), -EINVAL);
	assert_string_equal(error.text, "commit refused");
	assert_int_equal(error.code, 69);
	assert_int_equal(veth_nft->aborts, 1);
	assert_int_equal(fw_apply_generation(apply), 1);
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
	assert_int_equal(packets_of("first"), 4);
	veth_nft->fail_commit = 0;
	commit(&second);
	assert_int_equal(fw_apply_generation(apply), 2);
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(3) | S(4) | S(6)));
}

static void test_restart(void **state)
{
	uint64_t sent[VETH_SOURCES], got[VETH_SOURCES];

	(void)state;
	commit(&first);
	veth_traffic_on();
	for (int i = 0; i < 10; i++) {
		veth_traffic_wait(5);
		restart();
		assert_int_equal(fw_apply_generation(apply), 1 + i);
		veth_traffic_wait(5);
		commit(&first);
	}
	veth_traffic_off(sent, got);
	assert_int_equal(got[1], 0);
	assert_int_equal(got[4], 0);
	assert_int_equal(got[0], sent[0]);
	assert_int_equal(packets_of("both"), sent[4]);
	assert_int_equal(packets_of("first"), sent[1] + sent[2]);
}

/* Another policy after a restart: devices that left it are let go. */
static void test_restart_without(void **state)
{
	static const struct veth_policy elsewhere = {
		.device = "lo",
		.rules = {{"lo", 0}},
	};

	(void)state;
	commit(&first);
	restart();
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
	commit(&elsewhere);
	assert_int_equal(veth_probe(), ALL);
	veth_run("! tc filter show dev fw0 ingress | grep -q fw_tc");
	veth_run("! ip link show fw0 2>&1 | grep -q xdp");
}

static void test_fallback(void **state)
{
	static struct veth_policy lo = {
		.device = "lo",
		.rules = {{"lo", 0}},
	};
	struct fw_apply_error error;

	(void)state;
	lo.attach = FW_ATTACH_AUTO;
	commit(&lo);
	assert_string_equal(device("lo")->xdp, "generic");
	assert_non_null(device("lo")->reason);
	assert_non_null(strstr(device("lo")->reason, "native"));
	assert_non_null(strstr(device("lo")->reason, "driver"));
	lo.device = "fw0";
	commit(&lo);
	lo.device = "lo";
	lo.attach = FW_ATTACH_NATIVE;
	assert_true(try_commit(&lo, &error) < 0);
	assert_non_null(strstr(error.text, "device lo: no native XDP"));
	assert_int_equal(error.code, 69);
}

static int hold(const char *name)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	int prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "stranger", "GPL", pass, 2,
				 NULL);
	int link;

	assert_true(prog >= 0);
	link = bpf_link_create(prog, (int)if_nametoindex(name), BPF_XDP, &opts);
	assert_true(link >= 0);
	(void)close(prog);
	return link;
}

static void test_held_by_another(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct veth_policy policy = first;
	const struct fw_fact_device *fact;
	struct fw_apply_error error;
	struct fw_facts facts;
	int link;

	(void)state;
	link = hold("fw0");
	assert_int_equal(fw_apply_facts(arena, NULL, &facts), 0);
	fact = fw_facts_device(&facts, "fw0");
	assert_non_null(fact);
	assert_true(fact->no_xdp);
	assert_non_null(strstr(fact->reason, "stranger (id "));
	policy.attach = FW_ATTACH_NATIVE;
	assert_int_equal(try_commit(&policy, &error), -EBUSY);
	assert_non_null(strstr(error.text, "the program stranger (id "));
	/* With the choice left open TC judges, wanted for itself or not. */
	policy.attach = FW_ATTACH_AUTO;
	policy.tc = false;
	commit(&policy);
	assert_string_equal(device("fw0")->xdp, "off");
	assert_non_null(strstr(device("fw0")->reason, "stranger"));
	assert_true(device("fw0")->tc);
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
	assert_int_equal(packets_of("first"), 2);
	/* It goes; the next commit takes XDP. */
	(void)close(link);
	commit(&policy);
	assert_string_equal(device("fw0")->xdp, "native");
	assert_false(device("fw0")->tc);
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
	assert_int_equal(packets_of("first"), 4);
	assert_int_equal(fw_apply_facts(arena, NULL, &facts), 0);
	assert_false(fw_facts_device(&facts, "fw0")->no_xdp);
	fw_arena_free(arena);
}

static void test_device_comes_and_goes(void **state)
{
	static const struct veth_policy late = {
		.device = "late.1",
		.tc = true,
		.watch = true,
		.rules = {{"late", 0}},
	};

	(void)state;
	commit(&late);
	assert_string_equal(device("late.1")->state, "waiting");
	for (int i = 0; i < 2; i++) {
		veth_run("ip link add late.1 type veth peer name late.2");
		commit(&late);
		assert_string_equal(device("late.1")->state, "attached");
		assert_string_equal(device("late.1")->xdp, "native");
		assert_true(device("late.1")->watch);
		veth_run("ip link show late.1 2>&1 | grep -q xdp");
		veth_run("ip link delete late.1");
		assert_string_equal(device("late.1")->state, "waiting");
	}
	restart();
	commit(&late);
	assert_string_equal(device("late.1")->state, "waiting");
}

/* Pins of another version: built beside, taken over without a gap. */
static void test_other_version(void **state)
{
	uint64_t sent[VETH_SOURCES], got[VETH_SOURCES];

	(void)state;
	commit(&first);
	fw_apply_close(apply);
	veth_run("mv %s/test/v%d %s/test/v0", veth_config()->bpffs,
		 FW_ABI_VERSION, veth_config()->bpffs);
	veth_traffic_on();
	veth_traffic_wait(5);
	open_apply();
	assert_int_equal(fw_apply_generation(apply), 1);
	veth_traffic_wait(5);
	commit(&first);
	veth_traffic_wait(5);
	veth_traffic_off(sent, got);
	assert_int_equal(fw_apply_generation(apply), 2);
	assert_int_equal(got[1], 0);
	assert_int_equal(got[0], sent[0]);
	assert_in_range(packets_of("both"), 1, sent[4] - 1);
	veth_run("test ! -e %s/test/v0", veth_config()->bpffs);
	restart();
	assert_int_equal(veth_probe(), ALL & ~(S(1) | S(2) | S(4)));
}

static int count_flow(void *ctx, const struct fw_flow_key *key,
		      const struct fw_flow *flow)
{
	(void)key;
	*(uint64_t *)ctx += flow->pair;
	return 0;
}

/* What the programs believe of the flow map. */
static void flow_counts_are(uint64_t all, uint64_t blocked)
{
	struct fw_flow_counts n = {UINT64_MAX, UINT64_MAX};
	uint32_t key = 0;
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/test/v%d/map_flow_counts",
		       veth_config()->bpffs, FW_ABI_VERSION);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &key, &n), 0);
	(void)close(fd);
	assert_int_equal(n.all, all);
	assert_int_equal(n.blocked, blocked);
}

static void test_flow_counts(void **state)
{
	struct fw_flow_key key = {.family = 4, .proto = 6};
	struct fw_flow flow = {.verdict = FW_FLOW_BLOCKED};

	(void)state;
	assert_int_equal(fw_apply_flow_delete(apply, &key), -ENOENT);
	for (key.ifindex = 1; key.ifindex <= 3; key.ifindex++)
		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(fw_apply_flow_set(apply, &key, &flow),
					 0);
	flow_counts_are(3, 3);
	flow.verdict = FW_FLOW_TRUSTED;
	key.ifindex = 2;
	assert_int_equal(fw_apply_flow_set(apply, &key, &flow), 0);
	flow_counts_are(3, 2);
	restart();
	flow_counts_are(3, 2);
	for (key.ifindex = 1; key.ifindex <= 3; key.ifindex++)
		assert_int_equal(fw_apply_flow_delete(apply, &key), 0);
	flow_counts_are(0, 0);
}

static void test_flows(void **state)
{
	struct fw_flow_key key = {.family = 4, .proto = 6};
	struct fw_flow flow = {.verdict = FW_FLOW_TRUSTED}, got;
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 1; i <= 3000; i++) {
		key.ifindex = i;
		flow.pair = i;
		assert_int_equal(fw_apply_flow_set(apply, &key, &flow), 0);
	}
	assert_int_equal(fw_apply_flow_get(apply, &key, &got), 0);
	assert_memory_equal(&got, &flow, sizeof(got));
	assert_int_equal(fw_apply_flows(apply, count_flow, &sum), 0);
	assert_int_equal(sum, 3000 * 3001 / 2);
	assert_int_equal(fw_apply_flow_delete(apply, &key), 0);
	assert_int_equal(fw_apply_flow_get(apply, &key, &got), -ENOENT);
	/* State: outlives the process. */
	restart();
	key.ifindex = 1;
	assert_int_equal(fw_apply_flow_get(apply, &key, &got), 0);
}

static void test_flush(void **state)
{
	struct fw_apply_error error;

	(void)state;
	commit(&first);
	assert_int_equal(fw_apply_flush(apply, &error), 0);
	assert_int_equal(veth_probe(), ALL);
	veth_run("test ! -e %s/test", veth_config()->bpffs);
	restart();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_drop),
		TEST(test_empty_generation),
		TEST(test_flips),
		TEST(test_crowd),
		TEST(test_limits),
		TEST(test_shared_tables),
		TEST(test_slots_of_counters),
		TEST(test_refused_by_nft),
		TEST(test_restart),
		TEST(test_restart_without),
		TEST(test_fallback),
		TEST(test_held_by_another),
		TEST(test_device_comes_and_goes),
		TEST(test_other_version),
		TEST(test_flows),
		TEST(test_flow_counts),
		TEST(test_flush),
	};
	int r;

	veth_up();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	veth_down();
	return r;
}
