/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owned tables in a real kernel, each test in a network namespace of its own.
 *
 * Catches, among others: a rule that is touched though it did not change, a
 * run-time element that a reload loses, a table of somebody else's that is
 * overwritten, a refused transaction that leaves traces, a state file that
 * disagrees with the kernel after a kill, a queue rule that loses packets.
 */
#define _GNU_SOURCE 1

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apply/nft.h"
#include "apply/nft_child.h"
#include "util/cleanup.h"

#define PORT 4444
#define SKIP 77
#define COUNTS_MAX 8

static char state_dir[] = "/tmp/flywall-nft-XXXXXX";
static struct fw_apply_config config = {.instance = "test", .state_dir = state_dir};
static struct fw_nft *nft;
static struct fw_apply_error error;

/* --- the namespace ---------------------------------------------------------- */
static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Exit status of a command of ours. */
static int shell(const char *format, ...)
{
	char command[1024];
	va_list ap;
	int status;

	va_start(ap, format);
	(void)vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whether a listing of nft's has a line with this text. */
static bool listed(const char *what, const char *text)
{
	return shell("nft -a list %s 2>&1 | grep -qF -- '%s'", what, text) == 0;
}

static int loopback_up(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq req = {.ifr_name = "lo"};

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &req))
		return -errno;
	req.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &req) ? -errno : 0;
}

/* n datagrams to a port of loopback, from 127.0.0.host. */
static void send_from(unsigned host, uint16_t port, unsigned n)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xffffff00) | host),
	};

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	for (unsigned i = 0; i < n; i++)
		(void)sendto(fd, &i, sizeof(i), MSG_DONTWAIT,
			     (struct sockaddr *)&to, sizeof(to));
}

static void send_datagrams(uint16_t port, unsigned n)
{
	send_from(1, port, n);
}

static void open_nft(void)
{
	if (fw_nft_open(&config, &nft, &error) < 0)
		fail_msg("open: %s", error.text);
}

static int setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) || loopback_up())
		return -1;
	config.take_over = false;
	open_nft();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fw_nft_close(nft);
	nft = NULL;
	return 0;
}

/* --- plans ------------------------------------------------------------------ */
static struct fw_nft_object epoch_set = {
	.kind = "set",
	.name = "epoch",
	.body = "type mark",
	.elements = (const char *const[]){"$flywall_epoch"},
	.n_elements = 1,
};

#define RULES(...)                                                       \
	.rules = (const struct fw_nft_rule[]){__VA_ARGS__},              \
	.n_rules = FW_ARRAY_SIZE(((const struct fw_nft_rule[]){__VA_ARGS__}))
#define ELEMENTS(...)                                                    \
	.elements = (const char *const[]){__VA_ARGS__},                  \
	.n_elements = FW_ARRAY_SIZE(((const char *const[]){__VA_ARGS__}))

/* A plan of one user table and the own one, on the caller's stack. */
struct setting {
	struct fw_plan plan;
	struct fw_nft_table tables[2];
	struct fw_profile profile;
};

static void set_up_plan(struct setting *s, const struct fw_nft_chain *chains,
			size_t n_chains, const struct fw_nft_object *objects,
			size_t n_objects)
{
	*s = (struct setting){
		.plan = {
			.options = {.marks = 0xff000000, .mark_shift = 24},
			.n_rules = COUNTS_MAX,
			.n_tables = 2,
		},
		.tables = {
			{
				.family = "inet", .name = "user",
				.chains = chains, .n_chains = n_chains,
				.objects = objects, .n_objects = n_objects,
			}, {
				.family = "inet", .name = "flywall", .own = true,
				.objects = &epoch_set, .n_objects = 1,
			},
		},
	};
	s->plan.tables = s->tables;
	s->plan.profiles = &s->profile;
	s->plan.n_profiles = 1;
}

static int apply(struct setting *s, uint64_t epoch)
{
	int r = fw_nft_stage(nft, &s->plan, epoch, epoch & 1, &error);

	if (r == 0)
		r = fw_nft_commit(nft, &error);
	if (r == 0)
		r = fw_nft_retire(nft);
	return r;
}

static void must_apply(struct setting *s, uint64_t epoch)
{
	if (apply(s, epoch) < 0)
		fail_msg("generation %u: %s", (unsigned)epoch, error.text);
	if (fw_nft_warning(nft))
		fail_msg("generation %u: %s", (unsigned)epoch,
			 fw_nft_warning(nft));
	assert_int_equal(fw_nft_epoch(nft), epoch);
}

static int64_t count_of(struct setting *s, uint32_t rule)
{
	struct fw_rule_count counts[COUNTS_MAX];

	memset(counts, 0xff, sizeof(counts));
	assert_int_equal(fw_nft_rule_counts(nft, &s->plan, counts), 0);
	return counts[rule].packets;
}

#define INPUT "type filter hook input priority 0; policy accept;"

/* --- rules ------------------------------------------------------------------ */
static void keeps_counters_of_other_rules(void **state)
{
	struct fw_nft_chain before[] = {{
		.name = "input", .base = INPUT,
		RULES({"meta mark & " FW_NFT_CARRY " != 0 accept", FW_NO_RULE},
		      {"udp dport 4444 counter", 0},
		      {"udp dport 1 counter drop", 1},
		      {"udp dport 4444 counter", 2},
		      {"udp dport 2 drop", 3}),
	}};
	struct fw_nft_chain after[] = {{
		.name = "input", .base = INPUT,
		RULES({"meta mark & " FW_NFT_CARRY " != 0 accept", FW_NO_RULE},
		      {"udp dport 9 counter", 4},
		      {"udp dport 4444 counter", 0},
		      {"udp dport 7 counter", 5},
		      {"udp dport 8 counter", 6},
		      {"udp dport 4444 counter", 2}),
	}};
	struct setting s;

	(void)state;
	set_up_plan(&s, before, 1, NULL, 0);
	must_apply(&s, 1);
	assert_true(listed("chain inet user input", "0x08000000"));
	send_datagrams(PORT, 3);
	assert_int_equal(count_of(&s, 0), 3);
	assert_int_equal(count_of(&s, 1), 0);
	assert_int_equal(count_of(&s, 3), -1);
	set_up_plan(&s, after, 1, NULL, 0);
	must_apply(&s, 2);
	assert_true(listed("chain inet user input", "0x04000000"));
	assert_false(listed("chain inet user input", "0x08000000"));
	send_datagrams(PORT, 2);
	assert_int_equal(count_of(&s, 0), 5);
	assert_int_equal(count_of(&s, 2), 5);
	assert_int_equal(count_of(&s, 4), 0);
	assert_int_equal(shell("nft list chain inet user input | grep -o "
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
		.name = "input", .base = INPUT,
		RULES({"udp dport 4444 counter", 0}, {"udp dport 5 drop", 1}),
	};
	struct setting s;

	(void)state;
	set_up_plan(&s, &chain, 1, NULL, 0);
	must_apply(&s, 1);
	send_datagrams(PORT, 2);
	for (size_t i = 0; i < FW_ARRAY_SIZE(bad); i++) {
		struct fw_nft_chain worse = {
			.name = "input", .base = INPUT,
			RULES({"udp dport 4444 counter", 0}, {bad[i], 5},
			      {"udp dport 6 drop", 2}),
		};
		struct setting refused;

		set_up_plan(&refused, &worse, 1, NULL, 0);
		assert_true(fw_nft_stage(nft, &refused.plan, 2, 0, &error) < 0);
		assert_int_equal(error.code, 69);
		assert_int_equal(error.rule, 5);
		assert_non_null(strstr(error.text, bad[i]));
		assert_int_equal(fw_nft_epoch(nft), 1);
		assert_true(listed("chain inet user input", "udp dport 5 drop"));
		assert_false(listed("chain inet user input", "udp dport 6 drop"));
		assert_int_equal(count_of(&s, 0), 2);
	}
	must_apply(&s, 2);
	assert_int_equal(count_of(&s, 0), 2);
}

static void policy_changes_in_place(void **state)
{
	struct fw_nft_chain open_chain = {
		.name = "input", .base = INPUT,
		RULES({"udp dport 4444 counter", 0}),
	};
	struct fw_nft_chain closed = open_chain, moved = open_chain;
	struct setting s;

	(void)state;
	closed.base = "type filter hook input priority 0; policy drop;";
	moved.base = "type filter hook input priority 5; policy drop;";
	set_up_plan(&s, &open_chain, 1, NULL, 0);
	assert_int_equal(fw_nft_stage(nft, &s.plan, 1, 1, &error), 0);
	assert_true(fw_nft_moves_base_chains(nft));
	fw_nft_abort(nft);
	assert_false(fw_nft_moves_base_chains(nft));
	must_apply(&s, 1);
	send_datagrams(PORT, 1);
	set_up_plan(&s, &closed, 1, NULL, 0);
	assert_int_equal(fw_nft_stage(nft, &s.plan, 2, 0, &error), 0);
	assert_false(fw_nft_moves_base_chains(nft));
	must_apply(&s, 2);
	assert_true(listed("chain inet user input", "policy drop"));
	assert_int_equal(count_of(&s, 0), 1);
	set_up_plan(&s, &moved, 1, NULL, 0);
	assert_int_equal(fw_nft_stage(nft, &s.plan, 3, 1, &error), 0);
	assert_true(fw_nft_moves_base_chains(nft));
	must_apply(&s, 3);
	assert_true(listed("chain inet user input", "priority filter + 5"));
	assert_int_equal(count_of(&s, 0), 0);
	set_up_plan(&s, NULL, 0, NULL, 0);
	must_apply(&s, 4);
	assert_false(listed("table inet user", "input"));
}

/* --- sets, maps, objects ---------------------------------------------------- */
static const struct fw_nft_chain set_users[] = {
	{.name = "left", RULES({"counter", 1})},
	{.name = "right", RULES({"counter", 2})},
	{.name = "input", .base = INPUT,
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
	struct setting s;

	(void)state;
	set_up_plan(&s, set_users, 3, objects, 5);
	must_apply(&s, 1);
	send_datagrams(PORT, 2);
	assert_int_equal(count_of(&s, 1), 2);
	assert_int_equal(shell("nft add element inet user plain '{ 203.0.113.7 }'"), 0);
	assert_int_equal(shell("nft add element inet user wide '{ 172.16.0.0/12 }'"), 0);
	assert_int_equal(shell("nft delete element inet user plain "
			       "'{ 192.0.2.1, 192.0.2.2 }'"), 0);
	/* .2 and .3 leave the file; .2 has left the kernel by itself. */
	objects[1].elements = (const char *const[]){"192.0.2.1", "192.0.2.4"};
	objects[1].n_elements = 2;
	objects[3].elements = (const char *const[]){"4444 : jump right"};
	objects[3].n_elements = 1;
	objects[4].n_elements = 1;
	set_up_plan(&s, set_users, 3, objects, 5);
	must_apply(&s, 2);
	assert_false(listed("set inet user aging", "192.0.2.2"));
	assert_true(listed("set inet user aging", "192.0.2.1"));
	assert_true(listed("set inet user plain", "203.0.113.7"));
	assert_true(listed("set inet user plain", "192.0.2.4"));
	assert_false(listed("set inet user plain", "192.0.2.1"));
	assert_false(listed("set inet user plain", "192.0.2.3"));
	assert_true(listed("set inet user wide", "172.16.0.0/12"));
	send_datagrams(PORT, 3);
	assert_int_equal(count_of(&s, 1), 2);
	assert_int_equal(count_of(&s, 2), 3);
	assert_true(listed("counter inet user named", "packets 5"));
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
	struct setting s;

	(void)state;
	set_up_plan(&s, set_users, 3, objects, 4);
	must_apply(&s, 1);
	assert_int_equal(shell("nft add element inet user ports '{ 4444 : drop }'"), 0);
	objects[3].elements = (const char *const[]){"1 : drop", "4444 : jump left"};
	objects[3].n_elements = 2;
	set_up_plan(&s, set_users, 3, objects, 4);
	must_apply(&s, 2);
	send_datagrams(PORT, 1);
	assert_int_equal(count_of(&s, 1), 1);
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
		.name = "input", .base = INPUT, RULES({"counter", 0})};
	struct setting s;

	(void)state;
	set_up_plan(&s, set_users, 3, objects, 5);
	must_apply(&s, 1);
	objects[0].body = "comment \"new\"";
	objects[1].body = "type ipv4_addr\nflags timeout";
	objects[3].body = "type inet_service : verdict\nflags interval";
	set_up_plan(&s, set_users, 3, objects, 5);
	must_apply(&s, 2);
	assert_true(listed("set inet user plain", "flags timeout"));
	assert_true(listed("map inet user names", "127.0.0.1 : \"named\""));
	send_datagrams(PORT, 1);
	assert_int_equal(count_of(&s, 1), 1);
	set_up_plan(&s, &plain_input, 1, NULL, 0);
	must_apply(&s, 3);
	assert_false(listed("table inet user", "plain"));
	assert_false(listed("table inet user", "left"));
}

/* --- whose table ------------------------------------------------------------ */
static const struct fw_nft_chain one_chain = {
	.name = "input", .base = INPUT, RULES({"udp dport 4444 counter", 0})};

static void foreign_tables_are_refused(void **state)
{
	struct setting s;

	(void)state;
	set_up_plan(&s, &one_chain, 1, NULL, 0);
	assert_int_equal(shell("nft 'table inet user { chain mine { "
			       "type filter hook input priority 0; drop; }; }'"), 0);
	assert_int_equal(apply(&s, 1), -EBUSY);
	assert_int_equal(error.code, 75);
	assert_non_null(strstr(error.text, "inet user"));
	assert_true(listed("table inet user", "mine"));
	s.tables[0].take_over = true;
	must_apply(&s, 1);
	assert_false(listed("table inet user", "mine"));
	assert_true(listed("table inet user", "udp dport 4444"));
}

static void reserved_name_is_refused(void **state)
{
	static const char *const families[] = {"ip", "inet"};
	struct setting s;

	(void)state;
	set_up_plan(&s, &one_chain, 1, NULL, 0);
	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++) {
		assert_int_equal(shell("nft 'table %s flywall { set epoch { "
				       "type mark; elements = { 9 }; }; chain c { "
				       "}; }'", families[i]), 0);
		assert_int_equal(apply(&s, 1), -EBUSY);
		assert_int_equal(error.code, 75);
		assert_non_null(strstr(error.text, "flywall"));
		assert_int_equal(shell("nft delete table %s flywall", families[i]), 0);
	}
	assert_int_equal(shell("nft 'table ip flywall { }; table inet flywall { "
			       "set epoch { type mark; elements = { 9 }; }; "
			       "chain c { }; }'"), 0);
	teardown(NULL);
	config.take_over = true;
	open_nft();
	must_apply(&s, 1);
	assert_false(listed("tables", "ip flywall"));
	assert_false(listed("table inet flywall", "chain c"));
}

static void others_are_left_alone(void **state)
{
	struct fw_nft_chain moved = one_chain;
	struct setting s;

	(void)state;
	assert_int_equal(shell("nft 'table inet other { chain c { counter; }; }'"), 0);
	set_up_plan(&s, &one_chain, 1, NULL, 0);
	must_apply(&s, 1);
	moved.base = "type filter hook input priority 9;";
	set_up_plan(&s, &moved, 1, NULL, 0);
	must_apply(&s, 2);
	assert_int_equal(fw_nft_flush(nft, &error), 0);
	assert_int_equal(fw_nft_epoch(nft), 0);
	assert_int_equal(shell("test \"$(nft list tables)\" = 'table inet other'"), 0);
	assert_true(listed("table inet other", "counter"));
	must_apply(&s, 3);
}

/* What somebody else did inside our tables is put right by the next commit. */
static void intruders_are_put_right(void **state)
{
	struct fw_nft_chain chain = {
		.name = "input", .base = INPUT,
		RULES({"udp dport 4444 counter", 0}, {"udp dport 5 counter", 1},
		      {"udp dport 6 counter", 2}),
	};
	struct setting s;

	(void)state;
	set_up_plan(&s, &chain, 1, NULL, 0);
	must_apply(&s, 1);
	send_datagrams(PORT, 4);
	assert_int_equal(shell("nft insert rule inet user input tcp dport 1 accept"), 0);
	assert_int_equal(shell("nft add chain inet user input2 "
			       "'{ type filter hook input priority 1; }'"), 0);
	assert_int_equal(shell("nft delete rule inet user input handle "
			       "$(nft -a list chain inet user input | "
			       "sed -n 's/.*dport 5 .*handle //p')"), 0);
	assert_int_equal(count_of(&s, 0), 4);
	must_apply(&s, 2);
	assert_false(listed("table inet user", "tcp dport 1"));
	assert_false(listed("table inet user", "input2"));
	assert_true(listed("table inet user", "udp dport 5"));
	assert_int_equal(count_of(&s, 0), 4);
	assert_int_equal(count_of(&s, 1), 0);
	assert_int_equal(shell("nft flush ruleset"), 0);
	must_apply(&s, 3);
	assert_true(listed("table inet user", "udp dport 5"));
	assert_int_equal(count_of(&s, 0), 0);
	assert_int_equal(shell("nft 'flush ruleset; table inet user { }'"), 0);
	assert_int_equal(apply(&s, 4), -EBUSY);
}

/* --- the next daemon -------------------------------------------------------- */
static void next_daemon_goes_on(void **state)
{
	struct fw_nft_chain more = {
		.name = "input", .base = INPUT,
		RULES({"udp dport 5 counter", 1}, {"udp dport 4444 counter", 0}),
	};
	struct setting s;

	(void)state;
	set_up_plan(&s, &one_chain, 1, NULL, 0);
	must_apply(&s, 41);
	send_datagrams(PORT, 2);
	teardown(NULL);
	open_nft();
	assert_int_equal(fw_nft_epoch(nft), 41);
	set_up_plan(&s, &more, 1, NULL, 0);
	must_apply(&s, 42);
	assert_int_equal(count_of(&s, 0), 2);
}

/* Another process commits and is killed at point; then this one opens. */
static void kill_at(const char *point, struct setting *s, uint64_t epoch)
{
	char fault[64];
	int status;
	pid_t pid;

	fw_nft_close(FW_TAKE(nft));
	pid = fork();
	if (pid == 0) {
		(void)snprintf(fault, sizeof(fault), "%s:kill", point);
		(void)setenv("FLYWALL_FAULT", fault, 1);
		if (fw_nft_open(&config, &nft, &error) == 0)
			(void)apply(s, epoch);
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	open_nft();
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
		.name = "input", .base = INPUT,
		RULES({"udp dport 5 counter", 1}, {"udp dport 4444 counter", 0},
		      {"udp dport 6 counter", 2}),
	};
	struct setting before, after;
	uint64_t epoch = 0;

	(void)state;
	set_up_plan(&before, &one_chain, 1, NULL, 0);
	set_up_plan(&after, &more, 1, NULL, 0);
	for (size_t i = 0; i < FW_ARRAY_SIZE(points); i++) {
		int64_t packets;

		must_apply(&before, ++epoch);
		send_datagrams(PORT, 1);
		packets = count_of(&before, 0);
		kill_at(points[i].point, &after, epoch + 1);
		assert_int_equal(fw_nft_epoch(nft), epoch + points[i].done);
		assert_int_equal(listed("table inet user", "udp dport 5"),
				 points[i].done);
		epoch++;
		must_apply(&after, ++epoch);
		assert_int_equal(count_of(&after, 0), packets);
	}
	/* and on the way to the first generation */
	for (size_t i = 0; i < FW_ARRAY_SIZE(points); i++) {
		assert_int_equal(fw_nft_flush(nft, &error), 0);
		kill_at(points[i].point, &before, ++epoch);
		assert_int_equal(fw_nft_epoch(nft), points[i].done ? epoch : 0);
		must_apply(&after, ++epoch);
	}
}

static void damaged_state_gives_nothing(void **state)
{
	struct setting s;

	(void)state;
	set_up_plan(&s, &one_chain, 1, NULL, 0);
	must_apply(&s, 1);
	teardown(NULL);
	assert_int_equal(shell("head -c 150 %s/nft.state > %s/x && "
			       "mv %s/x %s/nft.state", state_dir, state_dir,
			       state_dir, state_dir), 0);
	open_nft();
	assert_int_equal(apply(&s, 2), -EBUSY);
	assert_int_equal(error.code, 75);
}

/* --- queue ------------------------------------------------------------------ */
#define GATE "type filter hook input priority 10; policy accept;"

static const struct fw_nft_chain gate_chains[] = {
	{.name = "vet_web", .queue = true, .profile = 0},
	{.name = "vet", RULES({"jump vet_web", FW_NO_RULE},
			      {"counter drop", 2})},
	{.name = "gate_input", .base = GATE,
	 RULES({"udp dport 4444 counter jump vet", 1})},
};

static void set_up_gate(struct setting *s, const struct fw_nft_chain *user)
{
	set_up_plan(s, user, 1, NULL, 0);
	s->tables[1].chains = gate_chains;
	s->tables[1].n_chains = FW_ARRAY_SIZE(gate_chains);
	s->profile = (struct fw_profile){
		.name = "web", .queue_first = 3, .queue_last = 4};
}

/* A listener of one queue: ids of the packets it holds. */
struct listener {
	struct nfq_handle *h;
	struct nfq_q_handle *q;
	uint32_t ids[64];
	size_t n;
};

static int hold(struct nfq_q_handle *q, struct nfgenmsg *msg,
		struct nfq_data *data, void *ctx)
{
	struct listener *l = ctx;
	const struct nfqnl_msg_packet_hdr *head = nfq_get_msg_packet_hdr(data);

	(void)q;
	(void)msg;
	if (head && l->n < FW_ARRAY_SIZE(l->ids))
		l->ids[l->n++] = ntohl(head->packet_id);
	return 0;
}

static void listen_on(struct listener *l, uint16_t queue)
{
	*l = (struct listener){.h = nfq_open()};
	assert_non_null(l->h);
	l->q = nfq_create_queue(l->h, queue, hold, l);
	assert_non_null(l->q);
	assert_true(nfq_set_mode(l->q, NFQNL_COPY_PACKET, 64) >= 0);
}

static void unlisten(struct listener *l)
{
	(void)nfq_destroy_queue(l->q);
	(void)nfq_close(l->h);
}

/* Waits for n more packets, or until none has come for 300 ms. */
static size_t take(struct listener *l, size_t n)
{
	struct pollfd ready = {.fd = nfq_fd(l->h), .events = POLLIN};
	size_t before = l->n;
	char buf[8192];

	while (l->n < before + n && poll(&ready, 1, 300) == 1) {
		ssize_t len = recv(ready.fd, buf, sizeof(buf), 0);

		if (len > 0)
			(void)nfq_handle_packet(l->h, buf, (int)len);
	}
	return l->n - before;
}

static int server(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval wait = {.tv_usec = 300000};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait,
				    sizeof(wait)), 0);
	return fd;
}

static size_t received(int fd, size_t n)
{
	uint32_t word;
	size_t got = 0;

	while (got < n && recv(fd, &word, sizeof(word), 0) == sizeof(word))
		got++;
	return got;
}

static void held_packets_survive_a_change(void **state)
{
	struct fw_nft_chain more = {
		.name = "input", .base = INPUT,
		RULES({"udp dport 5 counter", 3}, {"udp dport 4444 counter", 0}),
	};
	_cleanup_close_ int sink = server();
	struct listener l;
	struct setting s;

	(void)state;
	set_up_gate(&s, &one_chain);
	s.profile.queue_last = 3;
	must_apply(&s, 1);
	listen_on(&l, 3);
	send_datagrams(PORT, 10);
	assert_int_equal(take(&l, 10), 10);
	for (uint64_t epoch = 2; epoch < 12; epoch++) {
		set_up_gate(&s, epoch % 2 ? &one_chain : &more);
		s.profile.queue_last = 3;
		assert_int_equal(fw_nft_stage(nft, &s.plan, epoch, epoch & 1,
					      &error), 0);
		assert_false(fw_nft_moves_base_chains(nft));
		must_apply(&s, epoch);
	}
	for (size_t i = 0; i < l.n; i++)
		assert_true(nfq_set_verdict(l.q, l.ids[i], NF_ACCEPT, 0, NULL) >= 0);
	assert_int_equal(received(sink, 10), 10);
	assert_int_equal(count_of(&s, 1), 10);
	assert_int_equal(count_of(&s, 2), 0);
	unlisten(&l);
}

static void queue_follows_the_profile(void **state)
{
	_cleanup_close_ int sink = server();
	struct listener l;
	struct setting s;

	(void)state;
	set_up_gate(&s, &one_chain);
	must_apply(&s, 1);
	/* nobody listens, on-absent drop */
	send_datagrams(PORT, 3);
	assert_int_equal(received(sink, 1), 0);
	s.profile.on_absent = true;
	must_apply(&s, 2);
	send_datagrams(PORT, 3);
	assert_int_equal(received(sink, 3), 3);
	s.profile.on_absent = false;
	s.profile.queue_first = s.profile.queue_last = 7;
	must_apply(&s, 3);
	listen_on(&l, 7);
	send_datagrams(PORT, 3);
	assert_int_equal(take(&l, 3), 3);
	/* a transaction that is refused brings the old rule back */
	s.profile.queue_first = s.profile.queue_last = 8;
	(void)setenv("FLYWALL_FAULT", "nft-transaction", 1);
	assert_true(apply(&s, 4) < 0);
	(void)unsetenv("FLYWALL_FAULT");
	send_datagrams(PORT, 3);
	assert_int_equal(take(&l, 3), 3);
	s.profile.queue_first = s.profile.queue_last = 7;
	must_apply(&s, 4);
	send_datagrams(PORT, 3);
	assert_int_equal(take(&l, 3), 3);
	assert_int_equal(count_of(&s, 2), 0);
	unlisten(&l);
}

/* A base chain goes and one comes: the trial harms no packet, the commit waits
 * for those that get their verdict in time, and tells of those that do not. */
static void base_chains_wait_for_the_queue(void **state)
{
	const struct timespec moment = {.tv_nsec = 50000000};
	struct fw_nft_chain moved = one_chain;
	_cleanup_close_ int sink = server();
	struct listener l;
	struct setting s;
	pid_t worker;

	(void)state;
	moved.base = "type filter hook input priority 1; policy accept;";
	set_up_gate(&s, &one_chain);
	s.profile.queue_last = 3;
	must_apply(&s, 1);
	listen_on(&l, 3);
	send_datagrams(PORT, 3);
	assert_int_equal(take(&l, 3), 3);
	s.tables[0].chains = &moved;
	assert_int_equal(fw_nft_stage(nft, &s.plan, 2, 0, &error), 0);
	worker = fork();
	if (worker == 0) {
		(void)nanosleep(&moment, NULL);
		for (size_t i = 0; i < l.n; i++)
			(void)nfq_set_verdict(l.q, l.ids[i], NF_ACCEPT, 0, NULL);
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(fw_nft_commit(nft, &error), 0);
	assert_null(fw_nft_warning(nft));
	assert_int_equal(fw_nft_retire(nft), 0);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	assert_int_equal(received(sink, 3), 3);
	send_datagrams(PORT, 2);
	assert_int_equal(take(&l, 2), 2);
	s.tables[0].chains = &one_chain;
	assert_int_equal(apply(&s, 3), 0);
	assert_non_null(fw_nft_warning(nft));
	assert_non_null(strstr(fw_nft_warning(nft), "2 packets"));
	unlisten(&l);
}

/* Each flow goes to one queue of the range, and both have some. */
static void flows_spread_over_the_range(void **state)
{
	struct listener a, b;
	struct setting s;

	(void)state;
	set_up_gate(&s, &one_chain);
	must_apply(&s, 1);
	listen_on(&a, 3);
	listen_on(&b, 4);
	for (unsigned host = 1; host <= 16; host++)
		send_from(host, PORT, 2);
	(void)take(&a, 32);
	(void)take(&b, 32 - a.n);
	assert_int_equal(a.n + b.n, 32);
	assert_true(a.n && b.n);
	assert_true(a.n % 2 == 0);
	unlisten(&a);
	unlisten(&b);
}

/* A second profile comes into a table that stands, and goes again. */
static void profiles_come_and_go(void **state)
{
	struct fw_nft_chain chains[] = {
		gate_chains[0],
		{.name = "vet_mail", .queue = true, .profile = 1},
		{.name = "vet", RULES({"udp sport 1 jump vet_mail", FW_NO_RULE},
				      {"jump vet_web", FW_NO_RULE},
				      {"counter drop", 2})},
		gate_chains[2],
	};
	struct fw_profile profiles[] = {
		{.name = "web", .queue_first = 3, .queue_last = 4},
		{.name = "mail", .queue_first = 5, .queue_last = 5},
	};
	struct setting s;

	(void)state;
	set_up_gate(&s, &one_chain);
	must_apply(&s, 1);
	s.tables[1].chains = chains;
	s.tables[1].n_chains = FW_ARRAY_SIZE(chains);
	s.plan.profiles = profiles;
	s.plan.n_profiles = 2;
	assert_int_equal(fw_nft_stage(nft, &s.plan, 2, 0, &error), 0);
	assert_true(fw_nft_has_queue(nft) ||
		    listed("table inet flywall", "vet_mail"));
	fw_nft_abort(nft);
	assert_false(listed("table inet flywall", "vet_mail"));
	kill_at("nft-transaction", &s, 2);
	must_apply(&s, 2);
	assert_true(listed("chain inet flywall vet_mail", "queue"));
	set_up_gate(&s, &one_chain);
	must_apply(&s, 3);
	assert_false(listed("table inet flywall", "vet_mail"));
	assert_int_equal(fw_nft_flush(nft, &error), 0);
	assert_false(listed("tables", "flywall"));
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
	(void)snprintf(pipe, sizeof(pipe), "%s/pipe", state_dir);
	(void)snprintf(script, sizeof(script),
		       "add table inet t\ninclude \"%s\"\n", pipe);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	killer = fork();
	if (killer == 0)
		kill_reader(pipe);
	assert_int_equal(fw_nft_child_run(arena, script, false, &complaints),
			 -ECHILD);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
	assert_false(listed("tables", "inet t"));
	assert_int_equal(fw_nft_child_run(arena, "add table inet t\n", true,
					  &complaints), 0);
	assert_false(listed("tables", "inet t"));
	assert_int_equal(fw_nft_child_run(arena, "add table inet t\n", false,
					  &complaints), 0);
	assert_true(listed("tables", "inet t"));
	assert_int_equal(fw_nft_child_run(arena, "\nadd rule inet t\n", false,
					  &complaints), 1);
	assert_int_equal(complaints.items[0].line, 2);
	fw_arena_free(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(keeps_counters_of_other_rules),
	TEST(refused_rule_changes_nothing),
	TEST(policy_changes_in_place),
	TEST(run_time_elements_stay),
	TEST(declared_elements_come_in),
	TEST(objects_change_and_go),
	TEST(foreign_tables_are_refused),
	TEST(reserved_name_is_refused),
	TEST(others_are_left_alone),
	TEST(intruders_are_put_right),
	TEST(next_daemon_goes_on),
	TEST(killed_commit_is_settled),
	TEST(damaged_state_gives_nothing),
	TEST(held_packets_survive_a_change),
	TEST(queue_follows_the_profile),
	TEST(base_chains_wait_for_the_queue),
	TEST(flows_spread_over_the_range),
	TEST(profiles_come_and_go),
	TEST(child_may_die),
};

int main(void)
{
	int failed;

	if (geteuid() != 0) {
		puts("needs root: network namespaces");
		return SKIP;
	}
	if (!mkdtemp(state_dir))
		return EXIT_FAILURE;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)shell("rm -rf %s", state_dir);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
