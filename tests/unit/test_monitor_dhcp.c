/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor dhcp: messages in, leases and records out, by a clock of the test's
 * own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/dhcp.h"
#include "monitor/dhcp_clients.h"
#include "monitor/monitor.h"
#include "tests/unit/dhcp_bytes.h"
#include "tests/unit/records.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define S UINT64_C(1000000000)
#define SERVER "192.0.2.1"
#define OTHER "192.0.2.66"

/* --- what comes out ------------------------------------------------------- */
static const char *text(const json_t *record, const char *key)
{
	const char *found = json_string_value(json_object_get(record, key));

	return found ? found : "-";
}

/* The next record, of that type; action may be NULL. */
static const json_t *told(const char *type, const char *action)
{
	const json_t *record;

	if (records.read == records.n)
		fail_msg("no %s", type);
	record = records.items[records.read++];
	assert_string_equal(text(record, "type"), type);
	if (action)
		assert_string_equal(text(record, "action"), action);
	return record;
}

static void nothing_more(void)
{
	if (records.read != records.n) {
		char *line = json_dumps(records.items[records.read], 0);

		fail_msg("also %s", line);
	}
}

/* --- what goes in --------------------------------------------------------- */
static struct {
	void *monitor;
	struct fw_plan *plan;
	struct fw_plan_address servers[1];
	uint64_t stats[FW_STAT_MAX_], now;
	struct fw_monitor_out out;
	struct dhcp_bytes bytes;
} lab;

static int set_up(void **state)
{
	(void)state;
	memset(&lab, 0, sizeof(lab));
	lab.out = (struct fw_monitor_out){
		.record = records_take, .wall_ns = records_wall,
		.stats = lab.stats,
	};
	lab.now = 1000 * S;
	lab.plan = fw_plan_new();
	lab.servers[0] = (struct fw_plan_address){ false, 0, 0xc0000201 };
	lab.plan->monitors.dhcp_servers = lab.servers;
	lab.plan->monitors.n_dhcp_servers = 1;
	lab.plan->monitors.dhcp_leases = true;
	lab.plan->monitors.dhcp_alerts = (1u << FW_DHCP_ALERT_MAX_) - 1;
	lab.monitor = fw_monitor_dhcp.new(&lab.out);
	assert_non_null(lab.monitor);
	return fw_monitor_dhcp.plan(lab.monitor, lab.plan);
}

static int tear_down(void **state)
{
	(void)state;
	fw_monitor_dhcp.free(lab.monitor);
	fw_plan_unref(lab.plan);
	records_forget();
	return 0;
}

/* Sends lab.bytes; src is the sender's address, mac the last byte of its. */
static void put(const char *src, uint8_t mac)
{
	struct fw_seen seen = {
		.time_ns = lab.now, .ifindex = 7, .device = "lan",
		.mac = { 2, 0, 0x5e, 0x10, 0, mac }, .proto = 17,
		.family = strchr(src, ':') ? 6 : 4, .payload = lab.bytes.data,
		.len = lab.bytes.len, .length = lab.bytes.len, .whole = true,
	};

	assert_int_equal(inet_pton(seen.family == 4 ? AF_INET : AF_INET6, src,
				   seen.src), 1);
	fw_monitor_dhcp.seen(lab.monitor, &seen);
}

static void later(uint64_t seconds)
{
	lab.now += seconds * S;
	fw_monitor_dhcp.tick(lab.monitor, lab.now);
}

static size_t leases(void)
{
	return fw_leases_count(fw_dhcp_leases(lab.monitor));
}

/* A client's message that asks for an address, or gives it up. */
static void client(uint8_t type, uint32_t xid, uint8_t mac, const char *address)
{
	dhcp4_begin(&lab.bytes, 1, xid, mac);
	dhcp4_number(&lab.bytes, 53, type);
	if (type == FW_DHCP4_RELEASE)
		dhcp4_fixed(&lab.bytes, 12, address);
	else if (address)
		dhcp4_address(&lab.bytes, 50, address);
	dhcp4_text(&lab.bytes, 12, "laptop");
	dhcp4_option(&lab.bytes, 55,
		     "\1\3\6\17\37\41\53\54\56\57\167\171\371\374", 14);
	dhcp4_text(&lab.bytes, 60, "MSFT 5.0");
	put("0.0.0.0", mac);
}

static void server(uint8_t type, uint32_t xid, uint8_t mac,
		   const char *address, const char *from, uint32_t seconds)
{
	dhcp4_begin(&lab.bytes, 2, xid, mac);
	dhcp4_number(&lab.bytes, 53, type);
	if (address)
		dhcp4_fixed(&lab.bytes, 16, address);
	dhcp4_address(&lab.bytes, 54, from);
	if (seconds)
		dhcp4_seconds(&lab.bytes, 51, seconds);
	dhcp4_address(&lab.bytes, 3, from);
	put(from, 0xee);
}

static void lease(uint32_t xid, uint8_t mac, const char *address,
		  uint32_t seconds)
{
	client(FW_DHCP4_DISCOVER, xid, mac, NULL);
	server(FW_DHCP4_OFFER, xid, mac, address, SERVER, seconds);
	client(FW_DHCP4_REQUEST, xid, mac, address);
	server(FW_DHCP4_ACK, xid, mac, address, SERVER, seconds);
}

/* --- leases ------------------------------------------------------------------ */
static void leases_begin_and_end(void **state)
{
	const json_t *r;

	(void)state;
	lease(1, 9, "192.0.2.33", 3600);
	r = told("dhcp-lease", "new");
	assert_string_equal(text(r, "device"), "lan");
	assert_string_equal(text(r, "address"), "192.0.2.33");
	assert_string_equal(text(r, "mac"), "02:00:5e:10:00:09");
	assert_string_equal(text(r, "host"), "laptop");
	assert_string_equal(text(r, "vendor"), "MSFT 5.0");
	assert_string_equal(text(r, "kind"), "Windows 10 or 11");
	assert_string_equal(text(r, "params"),
			    "1,3,6,15,31,33,43,44,46,47,119,121,249,252");
	assert_string_equal(text(r, "server"), SERVER);
	assert_int_equal(json_integer_value(json_object_get(r, "lease_s")),
			 3600);
	/* the server says it again, and later anew */
	server(FW_DHCP4_ACK, 1, 9, "192.0.2.33", SERVER, 3600);
	nothing_more();
	later(1800);
	client(FW_DHCP4_REQUEST, 2, 9, NULL);
	server(FW_DHCP4_ACK, 2, 9, "192.0.2.33", SERVER, 3600);
	(void)told("dhcp-lease", "renew");
	/* some keep the number, and may ask soon; a question and its answer may be
	 * sent twice */
	later(1);
	client(FW_DHCP4_REQUEST, 2, 9, NULL);
	client(FW_DHCP4_REQUEST, 2, 9, NULL);
	server(FW_DHCP4_ACK, 2, 9, "192.0.2.33", SERVER, 3599);
	lab.now++;
	server(FW_DHCP4_ACK, 2, 9, "192.0.2.33", SERVER, 3599);
	(void)told("dhcp-lease", "renew");
	lab.now--;
	/* past the first grant's end, not past the second's */
	later(3598);
	nothing_more();
	assert_int_equal(leases(), 1);
	later(2);
	r = told("dhcp-lease", "expire");
	assert_string_equal(text(r, "address"), "192.0.2.33");
	assert_string_equal(text(r, "kind"), "Windows 10 or 11");
	assert_int_equal(leases(), 0);
	nothing_more();
}

static void only_holders_give_back(void **state)
{
	(void)state;
	lease(1, 9, "192.0.2.33", 3600);
	(void)told("dhcp-lease", "new");
	client(FW_DHCP4_RELEASE, 2, 8, "192.0.2.33");
	client(FW_DHCP4_RELEASE, 2, 9, "192.0.2.34");
	nothing_more();
	assert_int_equal(leases(), 1);
	client(FW_DHCP4_RELEASE, 2, 9, "192.0.2.33");
	(void)told("dhcp-lease", "release");
	assert_int_equal(leases(), 0);
	nothing_more();
}

static void refusals_end_leases(void **state)
{
	(void)state;
	lease(1, 9, "192.0.2.33", 3600);
	(void)told("dhcp-lease", "new");
	/* of another address; then of this one */
	client(FW_DHCP4_REQUEST, 2, 9, "192.0.2.99");
	server(FW_DHCP4_NAK, 2, 9, NULL, SERVER, 0);
	nothing_more();
	client(FW_DHCP4_REQUEST, 3, 9, "192.0.2.33");
	server(FW_DHCP4_NAK, 3, 9, NULL, SERVER, 0);
	(void)told("dhcp-lease", "refuse");
	assert_int_equal(leases(), 0);
	nothing_more();
}

/* Offers, and what INFORM is answered, are no leases. */
static void not_all_is_a_lease(void **state)
{
	(void)state;
	client(FW_DHCP4_DISCOVER, 1, 9, NULL);
	server(FW_DHCP4_OFFER, 1, 9, "192.0.2.33", SERVER, 3600);
	client(FW_DHCP4_INFORM, 2, 9, NULL);
	server(FW_DHCP4_ACK, 2, 9, NULL, SERVER, 0);
	client(FW_DHCP4_INFORM, 3, 9, NULL);
	server(FW_DHCP4_ACK, 3, 9, "192.0.2.33", SERVER, 3600);
	nothing_more();
	assert_int_equal(leases(), 0);
	assert_int_equal(lab.stats[FW_STAT_DHCP_MESSAGES], 6);
	lab.bytes.len = 239;
	put("0.0.0.0", 1);
	lab.bytes.len = 200;
	put("0.0.0.0", 1);
	assert_int_equal(lab.stats[FW_STAT_DHCP_ODD], 1);
	nothing_more();
}

static void room_is_bounded(void **state)
{
	(void)state;
	lab.plan->options.leases = 2;
	assert_int_equal(fw_monitor_dhcp.plan(lab.monitor, lab.plan), 0);
	lease(1, 1, "192.0.2.11", 3600);
	lease(2, 2, "192.0.2.12", 60);
	lease(3, 3, "192.0.2.13", 3600);
	assert_int_equal(leases(), 2);
	assert_int_equal(lab.stats[FW_STAT_DHCP_NO_ROOM], 1);
	for (int i = 0; i < 3; i++)
		(void)told("dhcp-lease", "new");
	later(60);
	(void)told("dhcp-lease", "expire");
	lease(4, 4, "192.0.2.14", 3600);
	(void)told("dhcp-lease", "new");
	assert_int_equal(leases(), 2);
	assert_int_equal(lab.stats[FW_STAT_DHCP_NO_ROOM], 1);
}

/* 300 leases of odd times end in their order, but for those that never do. */
static void leases_end_in_order(void **state)
{
	uint64_t ended = 0;

	(void)state;
	lab.plan->monitors.dhcp_leases = false;
	for (unsigned i = 0; i < 300; i++) {
		char address[32];
		uint32_t seconds = i * 7919 % 1000 + 1;

		(void)snprintf(address, sizeof(address), "192.0.%u.%u", i / 250,
			       i % 250 + 1);
		server(FW_DHCP4_ACK, i, (uint8_t)i, address, SERVER,
		       i % 50 ? seconds : UINT32_MAX);
		if (i % 3 == 1)	/* again, with another end */
			server(FW_DHCP4_ACK, i + 5000, (uint8_t)i, address,
			       SERVER, i % 50 ? 1001 - seconds : UINT32_MAX);
	}
	assert_int_equal(leases(), 300);
	for (unsigned t = 1; t <= 1000; t++) {
		uint64_t due = 0;

		later(1);
		for (unsigned i = 0; i < 300; i++) {
			uint32_t seconds = i * 7919 % 1000 + 1;

			if (i % 3 == 1)
				seconds = 1001 - seconds;
			due += i % 50 && seconds <= t;
		}
		ended = 300 - leases();
		assert_int_equal(ended, due);
	}
	assert_int_equal(leases(), 6);
}

/* --- alerts ------------------------------------------------------------------ */
static void rogues_are_told_once(void **state)
{
	const json_t *r;

	(void)state;
	server(FW_DHCP4_OFFER, 1, 9, "192.0.2.133", OTHER, 60);
	r = told("dhcp-rogue", NULL);
	assert_string_equal(text(r, "device"), "lan");
	assert_string_equal(text(r, "server"), OTHER);
	assert_string_equal(text(r, "src"), OTHER);
	assert_string_equal(text(r, "src_mac"), "02:00:5e:10:00:ee");
	assert_string_equal(text(r, "message"), "offer");
	assert_string_equal(text(r, "address"), "192.0.2.133");
	assert_string_equal(text(r, "router"), OTHER);
	assert_string_equal(text(r, "mac"), "02:00:5e:10:00:09");
	for (int i = 0; i < 90; i++) {
		later(50);
		server(FW_DHCP4_OFFER, 1, 9, "192.0.2.133", OTHER, 60);
	}
	nothing_more();
	later(3601);
	server(FW_DHCP4_NAK, 1, 9, NULL, OTHER, 0);
	(void)told("dhcp-rogue", NULL);
	nothing_more();
}

/* One that gives itself a listed server's name, or its address. */
static void liars_are_rogues(void **state)
{
	const json_t *r;

	(void)state;
	server(FW_DHCP4_OFFER, 1, 9, "192.0.2.33", SERVER, 60);
	nothing_more();
	dhcp4_begin(&lab.bytes, 2, 1, 9);
	dhcp4_number(&lab.bytes, 53, FW_DHCP4_OFFER);
	dhcp4_address(&lab.bytes, 54, SERVER);
	put(OTHER, 0x66);
	r = told("dhcp-rogue", NULL);
	assert_string_equal(text(r, "server"), SERVER);
	assert_string_equal(text(r, "src"), OTHER);
	/* what a relay carries comes from the relay */
	dhcp4_fixed(&lab.bytes, 24, "192.0.2.254");
	put("192.0.2.254", 0xfe);
	nothing_more();
	dhcp4_begin(&lab.bytes, 2, 1, 9);
	dhcp4_number(&lab.bytes, 53, FW_DHCP4_OFFER);
	dhcp4_address(&lab.bytes, 54, OTHER);
	put(SERVER, 0x66);
	(void)told("dhcp-rogue", NULL);
	nothing_more();
}

static void conflicts_are_told_once(void **state)
{
	const json_t *r;

	(void)state;
	lease(1, 9, "192.0.2.33", 3600);
	(void)told("dhcp-lease", "new");
	later(10);
	lease(2, 8, "192.0.2.33", 3600);
	r = told("dhcp-conflict", NULL);
	assert_string_equal(text(r, "reason"), "leased twice");
	assert_string_equal(text(r, "address"), "192.0.2.33");
	assert_string_equal(text(r, "mac"), "02:00:5e:10:00:08");
	assert_string_equal(text(r, "other_mac"), "02:00:5e:10:00:09");
	assert_string_equal(text(r, "other_server"), SERVER);
	assert_int_equal(json_integer_value(json_object_get(r, "other_age_s")),
			 10);
	(void)told("dhcp-lease", "new");
	assert_int_equal(leases(), 1);
	lease(3, 9, "192.0.2.33", 3600);
	(void)told("dhcp-lease", "new");
	nothing_more();
	/* another address is another conflict */
	lease(4, 9, "192.0.2.34", 3600);
	(void)told("dhcp-lease", "new");
	client(FW_DHCP4_DECLINE, 5, 9, "192.0.2.34");
	r = told("dhcp-conflict", NULL);
	assert_string_equal(text(r, "reason"), "declined");
	assert_string_equal(text(r, "address"), "192.0.2.34");
	assert_string_equal(text(r, "other_mac"), "-");
	(void)told("dhcp-lease", "decline");
	client(FW_DHCP4_DECLINE, 6, 9, "192.0.2.34");
	nothing_more();
}

static void addresses_may_be_leased_again(void **state)
{
	(void)state;
	lease(1, 9, "192.0.2.33", 60);
	(void)told("dhcp-lease", "new");
	later(60);
	(void)told("dhcp-lease", "expire");
	lease(2, 8, "192.0.2.33", 60);
	(void)told("dhcp-lease", "new");
	client(FW_DHCP4_RELEASE, 3, 8, "192.0.2.33");
	(void)told("dhcp-lease", "release");
	lease(4, 7, "192.0.2.33", 60);
	(void)told("dhcp-lease", "new");
	nothing_more();
}

static void discover(unsigned number)
{
	dhcp4_begin(&lab.bytes, 1, number, 1);
	dhcp4_number(&lab.bytes, 53, FW_DHCP4_DISCOVER);
	lab.bytes.data[32] = (uint8_t)(number >> 8);
	lab.bytes.data[33] = (uint8_t)number;
	put("0.0.0.0", 1);
}

static void floods_of_clients_are_told_once(void **state)
{
	const json_t *r;
	unsigned n = 1000;

	(void)state;
	lab.plan->monitors.dhcp_leases = false;
	/* forty a minute for an hour, all new; and forty that ask again */
	for (int i = 0; i < 60 * (int)FW_STARVATION_CLIENTS; i++) {
		lab.now += 61 * S / FW_STARVATION_CLIENTS;
		discover(n++);
	}
	lab.now += 61 * S;
	for (int i = 0; i < 400; i++)
		discover(n - (unsigned)i % FW_STARVATION_CLIENTS - 1);
	nothing_more();
	for (unsigned i = 0; i < FW_STARVATION_CLIENTS; i++)
		discover(n++);
	nothing_more();
	lab.now += S;
	discover(n++);
	r = told("dhcp-starvation", NULL);
	assert_int_equal(json_integer_value(json_object_get(r, "clients")),
			 FW_STARVATION_CLIENTS + 1);
	assert_int_equal(json_integer_value(json_object_get(r, "over_ms")),
			 1000);
	assert_string_equal(text(r, "device"), "lan");
	for (unsigned i = 0; i < 1000; i++) {
		lab.now += S;
		discover(n++);
	}
	nothing_more();
	lab.now += 62 * S;
	for (unsigned i = 0; i <= FW_STARVATION_CLIENTS; i++)
		discover(n++);
	(void)told("dhcp-starvation", NULL);
	nothing_more();
}

static void alerts_are_asked_for(void **state)
{
	(void)state;
	lab.plan->monitors.dhcp_alerts = 0;
	lab.plan->monitors.dhcp_leases = false;
	server(FW_DHCP4_OFFER, 1, 9, "192.0.2.133", OTHER, 60);
	lease(1, 9, "192.0.2.33", 3600);
	lease(2, 8, "192.0.2.33", 3600);
	for (unsigned i = 0; i < 100; i++)
		discover(i);
	nothing_more();
	assert_int_equal(leases(), 1);
}

/* --- IPv6 ------------------------------------------------------------------ */
#define SERVER6 "fe80::1"

static void client6(uint8_t type, uint32_t xid, uint8_t mac,
		    const char *address)
{
	dhcp6_begin(&lab.bytes, type, xid);
	dhcp6_duid(&lab.bytes, 1, mac);
	dhcp6_address(&lab.bytes, 1, address, 600);
	dhcp6_option(&lab.bytes, 39, "\1\6laptop", 8);
	put("fe80::9", mac);
}

static void server6(uint8_t type, uint32_t xid, uint8_t mac, uint32_t valid_s)
{
	dhcp6_begin(&lab.bytes, type, xid);
	dhcp6_duid(&lab.bytes, 1, mac);
	dhcp6_duid(&lab.bytes, 2, 0xee);
	dhcp6_address(&lab.bytes, 1, "2001:db8::33", valid_s);
	dhcp6_prefix(&lab.bytes, 1, "2001:db8:5600::", 56, 2 * valid_s);
	put(SERVER6, 0xee);
}

static void list6(void)
{
	lab.servers[0] = (struct fw_plan_address){ true, 0xfe80000000000000,
						   1 };
}

static void version_6_has_leases_too(void **state)
{
	const json_t *r;

	(void)state;
	list6();
	client6(FW_DHCP6_SOLICIT, 1, 9, NULL);
	server6(FW_DHCP6_ADVERTISE, 1, 9, 600);
	nothing_more();
	client6(FW_DHCP6_REQUEST, 2, 9, "2001:db8::33");
	server6(FW_DHCP6_REPLY, 2, 9, 600);
	r = told("dhcp-lease", "new");
	assert_string_equal(text(r, "address"), "2001:db8::33");
	assert_string_equal(text(r, "client_id"),
			    "00:03:00:01:02:00:5e:10:00:09");
	assert_string_equal(text(r, "mac"), "02:00:5e:10:00:09");
	assert_string_equal(text(r, "host"), "laptop");
	assert_string_equal(text(r, "server"), SERVER6);
	r = told("dhcp-lease", "new");
	assert_string_equal(text(r, "address"), "2001:db8:5600::/56");
	later(300);
	client6(FW_DHCP6_RENEW, 3, 9, "2001:db8::33");
	server6(FW_DHCP6_REPLY, 3, 9, 600);
	(void)told("dhcp-lease", "renew");
	(void)told("dhcp-lease", "renew");
	client6(FW_DHCP6_RELEASE, 4, 9, "2001:db8::33");
	(void)told("dhcp-lease", "release");
	server6(FW_DHCP6_REPLY, 4, 9, 600);
	nothing_more();
	assert_int_equal(leases(), 1);
	/* no time left: the prefix is taken back */
	client6(FW_DHCP6_REBIND, 5, 9, NULL);
	server6(FW_DHCP6_REPLY, 5, 9, 0);
	(void)told("dhcp-lease", "refuse");
	nothing_more();
	assert_int_equal(leases(), 0);
}

static void version_6_has_alerts_too(void **state)
{
	const json_t *r;

	(void)state;
	server6(FW_DHCP6_ADVERTISE, 1, 9, 600);
	r = told("dhcp-rogue", NULL);
	assert_string_equal(text(r, "server"), SERVER6);
	assert_string_equal(text(r, "message"), "advertise");
	assert_string_equal(text(r, "duid"), "00:03:00:01:02:00:5e:10:00:ee");
	list6();
	client6(FW_DHCP6_DECLINE, 4, 9, "2001:db8::33");
	r = told("dhcp-conflict", NULL);
	assert_string_equal(text(r, "address"), "2001:db8::33");
	for (unsigned i = 0; i <= FW_STARVATION_CLIENTS; i++)
		client6(FW_DHCP6_SOLICIT, i, (uint8_t)(i + 100), NULL);
	(void)told("dhcp-starvation", NULL);
	nothing_more();
}

/* --- fingerprints ------------------------------------------------------------ */
static void own_fingerprints_go_first(void **state)
{
	struct fw_print prints[2];
	struct fw_arena *arena = fw_arena_new();
	const char *error;

	(void)state;
	assert_int_equal(fw_print_read(arena, "Ours: host LAP*", &prints[0],
				       &error), 0);
	assert_int_equal(fw_print_read(arena, "Mine: params 1,3,6,*; vendor "
					      "MSFT 5.0", &prints[1],
				       &error), 0);
	lab.plan->monitors.dhcp_prints = (struct fw_prints){ prints, 2 };
	lease(1, 9, "192.0.2.33", 60);
	assert_string_equal(text(told("dhcp-lease", "new"), "kind"), "Mine");
	lab.plan->monitors.dhcp_prints.n = 1;
	lease(2, 8, "192.0.2.34", 60);
	assert_string_equal(text(told("dhcp-lease", "new"), "kind"), "Ours");
	fw_arena_free(arena);
}

static void lines_that_are_none_are_told(void **state)
{
	static const char *const lines[] = {
		"", "Name", "Name:", ": host a", "Name: hots a", "Name: host",
		"Name: host a; host b", "Name: params 1, 3", "Name: params a",
		"Name: params 1,", "Name: params 65536", "Name: params 1;",
		"A name of more than sixty-three bytes is longer than a line of a "
		"table can be: host a",
	};
	struct fw_arena *arena = fw_arena_new();
	struct fw_print print;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(lines); i++) {
		const char *error = NULL;

		assert_int_equal(fw_print_read(arena, lines[i], &print, &error),
				 -EINVAL);
		assert_non_null(error);
	}
	fw_arena_free(arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(leases_begin_and_end),
		TEST(only_holders_give_back),
		TEST(refusals_end_leases),
		TEST(not_all_is_a_lease),
		TEST(room_is_bounded),
		TEST(leases_end_in_order),
		TEST(rogues_are_told_once),
		TEST(liars_are_rogues),
		TEST(conflicts_are_told_once),
		TEST(addresses_may_be_leased_again),
		TEST(floods_of_clients_are_told_once),
		TEST(alerts_are_asked_for),
		TEST(version_6_has_leases_too),
		TEST(version_6_has_alerts_too),
		TEST(own_fingerprints_go_first),
		TEST(lines_that_are_none_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
