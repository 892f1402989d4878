/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owned tables in a real kernel.
 *
 * Catches, among others: a rule that is touched though it did not change, a
 * run-time element that a reload loses, a table of somebody else's that is
 * overwritten, a refused transaction that leaves traces, a state file that
 * disagrees with the kernel after a kill.
 */
#include "tests/net/nft_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nft/child.h"

/* --- rules ------------------------------------------------------------------ */
static void keeps_counters_of_other_rules(void **state)
{
	struct fw_nft_chain before[] = {{
		.name = "input", .base = LAB_INPUT,
		RULES({"meta mark & " FW_NFT_CARRY " != 0 accept", FW_NO_RULE},
		      {"udp dport 4444 counter", 0},
		      {"udp dport 1 counter drop", 1},
		      {"udp dport 4444 counter", 2},
		      {"udp dport 2 drop", 3}),
	}};
	struct fw_nft_chain after[] = {{
		.name = "input", .base = LAB_INPUT,
		RULES({"meta mark & " FW_NFT_CARRY " != 0 accept", FW_NO_RULE},
		      {"udp dport 9 counter", 4},
		      {"udp dport 4444 counter", 0},
		      {"udp dport 7 counter", 5},
		      {"udp dport 8 counter", 6},
		      {"udp dport 4444 counter", 2}),
	}};
	struct lab_plan s;

	(void)state;
	lab_plan(&s, before, 1, NULL, 0);
	lab_must_apply(&s, 1);
	assert_true(lab_listed("chain inet user input", "0x08000000"));
	lab_send(LAB_PORT, 3);
	assert_int_equal(lab_count(&s, 0), 3);
	assert_int_equal(lab_count(&s, 1), 0);
	assert_int_equal(lab_count(&s, 3), -1);
	lab_plan(&s, after, 1, NULL, 0);
	lab_must_apply(&s, 2);
	assert_true(lab_listed("chain inet user input", "0x04000000"));
	assert_false(lab_listed("chain inet user input", "0x08000000"));
	lab_send(LAB_PORT, 2);
	assert_int_equal(lab_count(&s, 0), 5);
	assert_int_equal(lab_count(&s, 2), 5);
	assert_int_equal(lab_count(&s, 4), 0);
	assert_int_equal(lab_shell("nft list chain inet user input | grep -o "
			       "'dport [0-9]*' | tr -d '\\n' | grep -qx "
			       "'dport 9dport 4444dport 7dport 8dport 4444'"), 0);
}

/* A rule that nft itself does not know, one that the kernel refuses, and one
 * whose set is missing: each is named, and nothing has changed. */
static void refused_rule_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"udp dport nonsense drop", "ip saddr @nowhere drop",
		"jump nowhere",
	};
	struct fw_nft_chain chain = {
		.name = "input", .base = LAB_INPUT,
		RULES({"udp dport 4444 counter", 0}, {"udp dport 5 drop", 1}),
	};
	struct lab_plan s;

	(void)state;
	lab_plan(&s, &chain, 1, NULL, 0);
	lab_must_apply(&s, 1);
	lab_send(LAB_PORT, 2);
	for (size_t i = 0; i < FW_ARRAY_SIZE(bad); i++) {
		struct fw_nft_chain worse = {
			.name = "input", .base = LAB_INPUT,
			RULES({"udp dport 4444 counter", 0}, {bad[i], 5},
			      {"udp dport 6 drop", 2}),
		};
		struct lab_plan refused;

		lab_plan(&refused, &worse, 1, NULL, 0);
		lab_error = (struct fw_apply_error){0};
		assert_true(fw_nft_stage(lab_nft, &refused.plan, 2, 0, &lab_error) < 0);
		assert_int_equal(lab_error.code, 69);
		assert_int_equal(lab_error.rule, 5);
		assert_non_null(strstr(lab_error.text, bad[i]));
		assert_int_equal(fw_nft_epoch(lab_nft), 1);
		assert_true(lab_listed("chain inet user input", "udp dport 5 drop"));
		assert_false(lab_listed("chain inet user input", "udp dport 6 drop"));
		assert_int_equal(lab_count(&s, 0), 2);
	}
	lab_must_apply(&s, 2);
	assert_int_equal(lab_count(&s, 0), 2);
}

static void policy_changes_in_place(void **state)
{
	struct fw_nft_chain open_chain = {
		.name = "input", .base = LAB_INPUT,
		RULES({"udp dport 4444 counter", 0}),
	};
	struct fw_nft_chain closed = open_chain, moved = open_chain;
	struct lab_plan s;

	(void)state;
	closed.base = "type filter hook input priority 0; policy drop;";
	moved.base = "type filter hook input priority 5; policy drop;";
	lab_plan(&s, &open_chain, 1, NULL, 0);
	assert_int_equal(fw_nft_stage(lab_nft, &s.plan, 1, 1, &lab_error), 0);
	assert_true(fw_nft_moves_base_chains(lab_nft));
	fw_nft_abort(lab_nft);
	assert_false(fw_nft_moves_base_chains(lab_nft));
	lab_must_apply(&s, 1);
	lab_send(LAB_PORT, 1);
	lab_plan(&s, &closed, 1, NULL, 0);
	assert_int_equal(fw_nft_stage(lab_nft, &s.plan, 2, 0, &lab_error), 0);
	assert_false(fw_nft_moves_base_chains(lab_nft));
	lab_must_apply(&s, 2);
	assert_true(lab_listed("chain inet user input", "policy drop"));
	assert_int_equal(lab_count(&s, 0), 1);
	lab_plan(&s, &moved, 1, NULL, 0);
	assert_int_equal(fw_nft_stage(lab_nft, &s.plan, 3, 1, &lab_error), 0);
	assert_true(fw_nft_moves_base_chains(lab_nft));
	lab_must_apply(&s, 3);
	assert_true(lab_listed("chain inet user input", "priority filter + 5"));
	assert_int_equal(lab_count(&s, 0), 0);
	lab_plan(&s, NULL, 0, NULL, 0);
	lab_must_apply(&s, 4);
	assert_false(lab_listed("table inet user", "input"));
}

/* --- sets, maps, objects ---------------------------------------------------- */
static const struct fw_nft_chain set_users[] = {
	{.name = "left", RULES({"counter", 1})},
	{.name = "right", RULES({"counter", 2})},
	{.name = "input", .base = LAB_INPUT,
	 RULES({"ip saddr @plain counter", 0},
	       {"ip saddr @wide counter", 3},
	       {"udp dport vmap @ports", FW_NO_RULE},
	       {"udp dport 4444 counter name \"named\"", FW_NO_RULE})},
};

static void run_time_elements_stay(void **state)
{
	struct fw_nft_object objects[] = {
		{.kind = "counter", .name = "named", .body = ""},
		{.kind = "set", .name = "plain", .body = "type ipv4_addr",
		 ELEMENTS("192.0.2.1", "192.0.2.2", "192.0.2.3")},
		{.kind = "set", .name = "wide",
		 .body = "type ipv4_addr\nflags interval\nauto-merge",
		 .merges = true, ELEMENTS("10.0.0.0/8", "10.1.0.0/16")},
		{.kind = "map", .name = "ports",
		 .body = "type inet_service : verdict",
		 ELEMENTS("4444 : jump left", "5 : jump right")},
		{.kind = "set", .name = "aging",
		 .body = "type ipv4_addr\nflags timeout",
		 ELEMENTS("192.0.2.1 timeout 1h", "192.0.2.2 timeout 1h comment \"x\"",
			  "192.0.2.3 timeout 1ms")},
	};
	struct lab_plan s;

	(void)state;
	lab_plan(&s, set_users, 3, objects, 5);
	lab_must_apply(&s, 1);
	lab_send(LAB_PORT, 2);
	assert_int_equal(lab_count(&s, 1), 2);
	assert_int_equal(lab_shell("nft add element inet user plain '{ 203.0.113.7 }'"), 0);
	assert_int_equal(lab_shell("nft add element inet user wide '{ 172.16.0.0/12 }'"), 0);
	assert_int_equal(lab_shell("nft delete element inet user plain "
			       "'{ 192.0.2.1, 192.0.2.2 }'"), 0);
	/* .2 and .3 leave the file; .2 has left the kernel by itself. */
	objects[1].elements = (const char *const[]){"192.0.2.1", "192.0.2.4"};
	objects[1].n_elements = 2;
	objects[3].elements = (const char *const[]){"4444 : jump right"};
	objects[3].n_elements = 1;
	objects[4].n_elements = 1;
	lab_plan(&s, set_users, 3, objects, 5);
	lab_must_apply(&s, 2);
	assert_false(lab_listed("set inet user aging", "192.0.2.2"));
	assert_true(lab_listed("set inet user aging", "192.0.2.1"));
	assert_true(lab_listed("set inet user plain", "203.0.113.7"));
	assert_true(lab_listed("set inet user plain", "192.0.2.4"));
	assert_false(lab_listed("set inet user plain", "192.0.2.1"));
	assert_false(lab_listed("set inet user plain", "192.0.2.3"));
	assert_true(lab_listed("set inet user wide", "172.16.0.0/12"));
	lab_send(LAB_PORT, 3);
	assert_int_equal(lab_count(&s, 1), 2);
	assert_int_equal(lab_count(&s, 2), 3);
	assert_true(lab_listed("counter inet user named", "packets 5"));
}

/* A map's element that was given another value at run time is in the way of
 * the declared one: then the declared content replaces all. */
static void declared_elements_come_in(void **state)
{
	struct fw_nft_object objects[] = {
		{.kind = "counter", .name = "named", .body = ""},
		{.kind = "set", .name = "plain", .body = "type ipv4_addr"},
		{.kind = "set", .name = "wide",
		 .body = "type ipv4_addr\nflags interval"},
		{.kind = "map", .name = "ports",
		 .body = "type inet_service : verdict", ELEMENTS("1 : drop")},
	};
	struct lab_plan s;

	(void)state;
	lab_plan(&s, set_users, 3, objects, 4);
	lab_must_apply(&s, 1);
	assert_int_equal(lab_shell("nft add element inet user ports '{ 4444 : drop }'"), 0);
	objects[3].elements = (const char *const[]){"1 : drop", "4444 : jump left"};
	objects[3].n_elements = 2;
	lab_plan(&s, set_users, 3, objects, 4);
	lab_must_apply(&s, 2);
	lab_send(LAB_PORT, 1);
	assert_int_equal(lab_count(&s, 1), 1);
}

/* The declaration changes under rules and maps that use it, and everything
 * goes at the end. */
static void objects_change_and_go(void **state)
{
	struct fw_nft_object objects[] = {
		{.kind = "counter", .name = "named", .body = ""},
		{.kind = "set", .name = "plain", .body = "type ipv4_addr",
		 ELEMENTS("192.0.2.1")},
		{.kind = "set", .name = "wide",
		 .body = "type ipv4_addr\nflags interval"},
		{.kind = "map", .name = "ports",
		 .body = "type inet_service : verdict",
		 ELEMENTS("4444 : jump left")},
		{.kind = "map", .name = "names",
		 .body = "type ipv4_addr : counter",
		 ELEMENTS("127.0.0.1 : \"named\"")},
	};
	struct fw_nft_chain plain_input = {
		.name = "input", .base = LAB_INPUT, RULES({"counter", 0})};
	struct lab_plan s;

	(void)state;
	lab_plan(&s, set_users, 3, objects, 5);
	lab_must_apply(&s, 1);
	objects[0].body = "comment \"new\"";
	objects[1].body = "type ipv4_addr\nflags timeout";
	objects[3].body = "type inet_service : verdict\nflags interval";
	lab_plan(&s, set_users, 3, objects, 5);
	lab_must_apply(&s, 2);
	assert_true(lab_listed("set inet user plain", "flags timeout"));
	assert_true(lab_listed("map inet user names", "127.0.0.1 : \"named\""));
	lab_send(LAB_PORT, 1);
	assert_int_equal(lab_count(&s, 1), 1);
	lab_plan(&s, &plain_input, 1, NULL, 0);
	lab_must_apply(&s, 3);
	assert_false(lab_listed("table inet user", "plain"));
	assert_false(lab_listed("table inet user", "left"));
}

/* --- whose table ------------------------------------------------------------ */
static void foreign_tables_are_refused(void **state)
{
	struct lab_plan s;

	(void)state;
	lab_plan(&s, &lab_one_chain, 1, NULL, 0);
	assert_int_equal(lab_shell("nft 'table inet user { chain mine { "
			       "type filter hook input priority 0; drop; }; }'"), 0);
	assert_int_equal(lab_apply(&s, 1), -EBUSY);
	assert_int_equal(lab_error.code, 75);
	assert_non_null(strstr(lab_error.text, "inet user"));
	assert_true(lab_listed("table inet user", "mine"));
	s.tables[0].take_over = true;
	lab_must_apply(&s, 1);
	assert_false(lab_listed("table inet user", "mine"));
	assert_true(lab_listed("table inet user", "udp dport 4444"));
}

static void reserved_name_is_refused(void **state)
{
	static const char *const families[] = {"ip", "inet"};
	struct lab_plan s;

	(void)state;
	lab_plan(&s, &lab_one_chain, 1, NULL, 0);
	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++) {
		assert_int_equal(lab_shell("nft 'table %s flywall { set epoch { "
				       "type mark; elements = { 9 }; }; chain c { "
				       "}; }'", families[i]), 0);
		assert_int_equal(lab_apply(&s, 1), -EBUSY);
		assert_int_equal(lab_error.code, 75);
		assert_non_null(strstr(lab_error.text, "flywall"));
		assert_int_equal(lab_shell("nft delete table %s flywall", families[i]), 0);
	}
	assert_int_equal(lab_shell("nft 'table ip flywall { }; table inet flywall { "
			       "set epoch { type mark; elements = { 9 }; }; "
			       "chain c { }; }'"), 0);
	lab_teardown(NULL);
	lab_config.take_over = true;
	lab_open();
	lab_must_apply(&s, 1);
	assert_false(lab_listed("tables", "ip flywall"));
	assert_false(lab_listed("table inet flywall", "chain c"));
	/* It was for once. */
	assert_int_equal(lab_shell("nft 'delete table inet user; "
				   "table inet user { }'"), 0);
	assert_int_equal(lab_apply(&s, 2), -EBUSY);
}

static void others_are_left_alone(void **state)
{
	struct fw_nft_chain moved = lab_one_chain;
	struct lab_plan s;

	(void)state;
	assert_int_equal(lab_shell("nft 'table inet other { chain c { counter; }; }'"), 0);
	lab_plan(&s, &lab_one_chain, 1, NULL, 0);
	lab_must_apply(&s, 1);
	moved.base = "type filter hook input priority 9;";
	lab_plan(&s, &moved, 1, NULL, 0);
	lab_must_apply(&s, 2);
	assert_int_equal(fw_nft_flush(lab_nft, &lab_error), 0);
	assert_int_equal(fw_nft_epoch(lab_nft), 0);
	assert_int_equal(lab_shell("test \"$(nft list tables)\" = 'table inet other'"), 0);
	assert_true(lab_listed("table inet other", "counter"));
	lab_must_apply(&s, 3);
}

/* What somebody else did inside our tables is put right by the next commit. */
static void intruders_are_put_right(void **state)
{
	struct fw_nft_chain chain = {
		.name = "input", .base = LAB_INPUT,
		RULES({"udp dport 4444 counter", 0}, {"udp dport 5 counter", 1},
		      {"udp dport 6 counter", 2}),
	};
	struct lab_plan s;

	(void)state;
	lab_plan(&s, &chain, 1, NULL, 0);
	lab_must_apply(&s, 1);
	lab_send(LAB_PORT, 4);
	assert_int_equal(lab_shell("nft insert rule inet user input tcp dport 1 accept"), 0);
	assert_int_equal(lab_shell("nft add chain inet user input2 "
			       "'{ type filter hook input priority 1; }'"), 0);
	assert_int_equal(lab_shell("nft delete rule inet user input handle "
			       "$(nft -a list chain inet user input | "
			       "sed -n 's/.*dport 5 .*handle //p')"), 0);
	assert_int_equal(lab_count(&s, 0), 4);
	lab_must_apply(&s, 2);
	assert_false(lab_listed("table inet user", "tcp dport 1"));
	assert_false(lab_listed("table inet user", "input2"));
	assert_true(lab_listed("table inet user", "udp dport 5"));
	assert_int_equal(lab_count(&s, 0), 4);
	assert_int_equal(lab_count(&s, 1), 0);
	assert_int_equal(lab_shell("nft flush ruleset"), 0);
	lab_must_apply(&s, 3);
	assert_true(lab_listed("table inet user", "udp dport 5"));
	assert_int_equal(lab_count(&s, 0), 0);
	assert_int_equal(lab_shell("nft 'flush ruleset; table inet user { }'"), 0);
	assert_int_equal(lab_apply(&s, 4), -EBUSY);
}

/* --- the next daemon -------------------------------------------------------- */
static void next_daemon_goes_on(void **state)
{
	struct fw_nft_chain more = {
		.name = "input", .base = LAB_INPUT,
		RULES({"udp dport 5 counter", 1}, {"udp dport 4444 counter", 0}),
	};
	struct lab_plan s;

	(void)state;
	lab_plan(&s, &lab_one_chain, 1, NULL, 0);
	lab_must_apply(&s, 41);
	lab_send(LAB_PORT, 2);
	lab_teardown(NULL);
	lab_open();
	assert_int_equal(fw_nft_epoch(lab_nft), 41);
	lab_plan(&s, &more, 1, NULL, 0);
	lab_must_apply(&s, 42);
	assert_int_equal(lab_count(&s, 0), 2);
}

static void killed_commit_is_settled(void **state)
{
	static const struct {
		const char *point;
		bool done;
	} points[] = {
		{"nft-intent", false}, {"nft-transaction", false},
		{"nft-done", true}, {"nft-retire", true},
	};
	struct fw_nft_chain more = {
		.name = "input", .base = LAB_INPUT,
		RULES({"udp dport 5 counter", 1}, {"udp dport 4444 counter", 0},
		      {"udp dport 6 counter", 2}),
	};
	struct lab_plan before, after;
	uint64_t epoch = 0;

	(void)state;
	lab_plan(&before, &lab_one_chain, 1, NULL, 0);
	lab_plan(&after, &more, 1, NULL, 0);
	for (size_t i = 0; i < FW_ARRAY_SIZE(points); i++) {
		int64_t packets;

		lab_must_apply(&before, ++epoch);
		lab_send(LAB_PORT, 1);
		packets = lab_count(&before, 0);
		lab_kill_at(points[i].point, &after, epoch + 1);
		assert_int_equal(fw_nft_epoch(lab_nft), epoch + points[i].done);
		assert_int_equal(lab_listed("table inet user", "udp dport 5"),
				 points[i].done);
		epoch++;
		lab_must_apply(&after, ++epoch);
		assert_int_equal(lab_count(&after, 0), packets);
	}
	/* and on the way to the first generation */
	for (size_t i = 0; i < FW_ARRAY_SIZE(points); i++) {
		assert_int_equal(fw_nft_flush(lab_nft, &lab_error), 0);
		lab_kill_at(points[i].point, &before, ++epoch);
		assert_int_equal(fw_nft_epoch(lab_nft), points[i].done ? epoch : 0);
		lab_must_apply(&after, ++epoch);
	}
}

static void damaged_state_gives_nothing(void **state)
{
	struct lab_plan s;

	(void)state;
	lab_plan(&s, &lab_one_chain, 1, NULL, 0);
	lab_must_apply(&s, 1);
	lab_teardown(NULL);
	assert_int_equal(lab_shell("head -c 150 %s/nft.state > %s/x && "
			       "mv %s/x %s/nft.state", lab_state_dir, lab_state_dir,
			       lab_state_dir, lab_state_dir), 0);
	lab_open();
	assert_int_equal(lab_apply(&s, 2), -EBUSY);
	assert_int_equal(lab_error.code, 75);
}

/* --- the child -------------------------------------------------------------- */
/* Waits until somebody opens the pipe to read, and kills every other child of
 * our parent's. */
static _Noreturn void kill_reader(const char *pipe)
{
	char path[64];
	int fd = open(pipe, O_WRONLY), child;
	FILE *children;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getppid(),
		       getppid());
	children = fopen(path, "re");
	while (fd >= 0 && children && fscanf(children, "%d", &child) == 1)
		if (child != getpid())
			(void)kill(child, SIGKILL);
	_exit(EXIT_SUCCESS);
}

static void child_may_die(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_nft_complaints complaints;
	char pipe[64], script[128];
	pid_t killer;

	(void)state;
	(void)snprintf(pipe, sizeof(pipe), "%s/pipe", lab_state_dir);
	(void)snprintf(script, sizeof(script),
		       "add table inet t\ninclude \"%s\"\n", pipe);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	killer = fork();
	if (killer == 0)
		kill_reader(pipe);
	assert_int_equal(fw_nft_child_run(arena, script, false, &complaints),
			 -ECHILD);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
	assert_false(lab_listed("tables", "inet t"));
	assert_int_equal(fw_nft_child_run(arena, "add table inet t\n", true,
					  &complaints), 0);
	assert_false(lab_listed("tables", "inet t"));
	assert_int_equal(fw_nft_child_run(arena, "add table inet t\n", false,
					  &complaints), 0);
	assert_true(lab_listed("tables", "inet t"));
	assert_int_equal(fw_nft_child_run(arena, "\nadd rule inet t\n", false,
					  &complaints), 1);
	assert_int_equal(complaints.items[0].line, 2);
	fw_arena_free(arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LAB_TEST(keeps_counters_of_other_rules),
		LAB_TEST(refused_rule_changes_nothing),
		LAB_TEST(policy_changes_in_place),
		LAB_TEST(run_time_elements_stay),
		LAB_TEST(declared_elements_come_in),
		LAB_TEST(objects_change_and_go),
		LAB_TEST(foreign_tables_are_refused),
		LAB_TEST(reserved_name_is_refused),
		LAB_TEST(others_are_left_alone),
		LAB_TEST(intruders_are_put_right),
		LAB_TEST(next_daemon_goes_on),
		LAB_TEST(killed_commit_is_settled),
		LAB_TEST(damaged_state_gives_nothing),
		LAB_TEST(child_may_die),
	};
	int r = lab_begin();

	return r ? r : lab_end(cmocka_run_group_tests(tests, NULL, NULL));
}
