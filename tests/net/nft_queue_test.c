/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queue chains in a real kernel, with listeners that hold packets.
 *
 * Catches, among others: a commit that drops held packets, a queue rule that
 * does not follow its profile or is not brought back, a profile whose chain
 * comes too late.
 */
#include "tests/net/nft_lab.h"

#include <arpa/inet.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GATE "type filter hook input priority 10; policy accept;"

/* The first one is set_up_gate()'s, to be changed by tests. */
static struct fw_nft_chain gate_chains[] = {
	{.name = "vet_web", .queue = true},
	{.name = "vet", RULES({"jump vet_web", FW_NO_RULE},
			      {"counter drop", 2})},
	{.name = "gate_input", .base = GATE,
	 RULES({"udp dport 4444 counter jump vet", 1})},
};

static void set_up_gate(struct lab_plan *s, const struct fw_nft_chain *user)
{
	lab_plan(s, user, 1, NULL, 0);
	s->tables[1].chains = gate_chains;
	s->tables[1].n_chains = FW_ARRAY_SIZE(gate_chains);
	gate_chains[0].queue_first = 3;
	gate_chains[0].queue_last = 4;
	gate_chains[0].bypass = false;
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
		.sin_port = htons(LAB_PORT),
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
		.name = "input", .base = LAB_INPUT,
		RULES({"udp dport 5 counter", 3}, {"udp dport 4444 counter", 0}),
	};
	_cleanup_close_ int sink = server();
	struct listener l;
	struct lab_plan s;

	(void)state;
	set_up_gate(&s, &lab_one_chain);
	gate_chains[0].queue_last = 3;
	lab_must_apply(&s, 1);
	listen_on(&l, 3);
	lab_send(LAB_PORT, 10);
	assert_int_equal(take(&l, 10), 10);
	for (uint64_t epoch = 2; epoch < 12; epoch++) {
		set_up_gate(&s, epoch % 2 ? &lab_one_chain : &more);
		gate_chains[0].queue_last = 3;
		assert_int_equal(fw_nft_stage(lab_nft, &s.plan, epoch, epoch & 1,
					      &lab_error), 0);
		assert_false(fw_nft_moves_base_chains(lab_nft));
		lab_must_apply(&s, epoch);
	}
	for (size_t i = 0; i < l.n; i++)
		assert_true(nfq_set_verdict(l.q, l.ids[i], NF_ACCEPT, 0, NULL) >= 0);
	assert_int_equal(received(sink, 10), 10);
	assert_int_equal(lab_count(&s, 1), 10);
	assert_int_equal(lab_count(&s, 2), 0);
	unlisten(&l);
}

static void queue_follows_the_profile(void **state)
{
	_cleanup_close_ int sink = server();
	struct listener l;
	struct lab_plan s;

	(void)state;
	set_up_gate(&s, &lab_one_chain);
	lab_must_apply(&s, 1);
	/* nobody listens, on-absent drop */
	lab_send(LAB_PORT, 3);
	assert_int_equal(received(sink, 1), 0);
	gate_chains[0].bypass = true;
	lab_must_apply(&s, 2);
	lab_send(LAB_PORT, 3);
	assert_int_equal(received(sink, 3), 3);
	gate_chains[0].bypass = false;
	gate_chains[0].queue_first = gate_chains[0].queue_last = 7;
	lab_must_apply(&s, 3);
	listen_on(&l, 7);
	lab_send(LAB_PORT, 3);
	assert_int_equal(take(&l, 3), 3);
	/* a transaction that is refused brings the old rule back */
	gate_chains[0].queue_first = gate_chains[0].queue_last = 8;
	(void)setenv("FLYWALL_FAULT", "nft-transaction", 1);
	assert_true(lab_apply(&s, 4) < 0);
	(void)unsetenv("FLYWALL_FAULT");
	lab_send(LAB_PORT, 3);
	assert_int_equal(take(&l, 3), 3);
	gate_chains[0].queue_first = gate_chains[0].queue_last = 7;
	lab_must_apply(&s, 4);
	lab_send(LAB_PORT, 3);
	assert_int_equal(take(&l, 3), 3);
	assert_int_equal(lab_count(&s, 2), 0);
	unlisten(&l);
}

/* A base chain goes and one comes: the trial harms no packet, the commit waits
 * for those that get their verdict in time, and tells of those that do not. */
static void base_chains_wait_for_the_queue(void **state)
{
	const struct timespec moment = {.tv_nsec = 30000000};
	const struct sched_param soon = {.sched_priority = 1};
	struct fw_nft_chain moved = lab_one_chain;
	_cleanup_close_ int sink = server();
	struct listener l;
	struct lab_plan s;
	pid_t worker;

	(void)state;
	moved.base = "type filter hook input priority 1; policy accept;";
	set_up_gate(&s, &lab_one_chain);
	gate_chains[0].queue_last = 3;
	lab_must_apply(&s, 1);
	listen_on(&l, 3);
	lab_send(LAB_PORT, 3);
	assert_int_equal(take(&l, 3), 3);
	s.tables[0].chains = &moved;
	assert_int_equal(fw_nft_stage(lab_nft, &s.plan, 2, 0, &lab_error), 0);
	worker = fork();
	if (worker == 0) {
		/* a busy machine must not make it late */
		(void)sched_setscheduler(0, SCHED_FIFO, &soon);
		(void)nanosleep(&moment, NULL);
		for (size_t i = 0; i < l.n; i++)
			(void)nfq_set_verdict(l.q, l.ids[i], NF_ACCEPT, 0, NULL);
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(fw_nft_commit(lab_nft, &lab_error), 0);
	assert_null(fw_nft_warning(lab_nft));
	assert_int_equal(fw_nft_retire(lab_nft), 0);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	assert_int_equal(received(sink, 3), 3);
	lab_send(LAB_PORT, 2);
	assert_int_equal(take(&l, 2), 2);
	s.tables[0].chains = &lab_one_chain;
	assert_int_equal(lab_apply(&s, 3), 0);
	assert_non_null(fw_nft_warning(lab_nft));
	assert_non_null(strstr(fw_nft_warning(lab_nft), "2 packets"));
	unlisten(&l);
}

/* Each flow goes to one queue of the range, and both have some. */
static void flows_spread_over_the_range(void **state)
{
	struct listener a, b;
	struct lab_plan s;

	(void)state;
	set_up_gate(&s, &lab_one_chain);
	lab_must_apply(&s, 1);
	listen_on(&a, 3);
	listen_on(&b, 4);
	for (unsigned host = 1; host <= 16; host++)
		lab_send_from(host, LAB_PORT, 2);
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
		{.name = "vet_web", .queue = true, .queue_first = 3,
		 .queue_last = 4},
		{.name = "vet_mail", .queue = true, .queue_first = 5,
		 .queue_last = 5},
		{.name = "vet", RULES({"udp sport 1 jump vet_mail", FW_NO_RULE},
				      {"jump vet_web", FW_NO_RULE},
				      {"counter drop", 2})},
		gate_chains[2],
	};
	struct lab_plan s;

	(void)state;
	set_up_gate(&s, &lab_one_chain);
	lab_must_apply(&s, 1);
	s.tables[1].chains = chains;
	s.tables[1].n_chains = FW_ARRAY_SIZE(chains);
	assert_int_equal(fw_nft_stage(lab_nft, &s.plan, 2, 0, &lab_error), 0);
	assert_true(fw_nft_has_queue(lab_nft) ||
		    lab_listed("table inet flywall", "vet_mail"));
	fw_nft_abort(lab_nft);
	assert_false(lab_listed("table inet flywall", "vet_mail"));
	lab_kill_at("nft-transaction", &s, 2);
	lab_must_apply(&s, 2);
	assert_true(lab_listed("chain inet flywall vet_mail", "queue"));
	set_up_gate(&s, &lab_one_chain);
	lab_must_apply(&s, 3);
	assert_false(lab_listed("table inet flywall", "vet_mail"));
	assert_int_equal(fw_nft_flush(lab_nft, &lab_error), 0);
	assert_false(lab_listed("tables", "flywall"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LAB_TEST(held_packets_survive_a_change),
		LAB_TEST(queue_follows_the_profile),
		LAB_TEST(base_chains_wait_for_the_queue),
		LAB_TEST(flows_spread_over_the_range),
		LAB_TEST(profiles_come_and_go),
	};
	int r = lab_begin();

	return r ? r : lab_end(cmocka_run_group_tests(tests, NULL, NULL));
}
