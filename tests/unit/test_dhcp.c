/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCP messages: what is told of them, what is none; cut off at each byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

#include "monitor/dhcp4.h"
#include "monitor/dhcp6.h"
#include "tests/unit/dhcp_bytes.h"
#include "util/cleanup.h"

static void assert_address(int family, const void *bytes, const char *text)
{
	char found[INET6_ADDRSTRLEN];

	assert_non_null(inet_ntop(family, bytes, found, sizeof(found)));
	assert_string_equal(found, text);
}

static void assert_text(const struct fw_dhcp_bytes *bytes, const char *text)
{
	char found[FW_DHCP_BYTES_MAX + 1];

	assert_int_equal(fw_dhcp_text(bytes, found), strlen(text));
	assert_string_equal(found, text);
}

static void assert_state(enum fw_dhcp_state found, enum fw_dhcp_state wanted)
{
	assert_string_equal(fw_dhcp_state_name(found),
			    fw_dhcp_state_name(wanted));
}

/* --- IPv4 ------------------------------------------------------------------ */
static void offer(struct dhcp_bytes *m)
{
	dhcp4_begin(m, 2, 0xcafe1234, 7);
	dhcp4_fixed(m, 16, "192.0.2.33");
	dhcp4_fixed(m, 24, "192.0.2.254");
	dhcp4_number(m, 53, FW_DHCP4_OFFER);
	dhcp4_address(m, 54, "192.0.2.1");
	dhcp4_seconds(m, 51, 3600);
	dhcp4_address(m, 1, "255.255.255.0");
	dhcp4_option(m, 3, "\xc0\0\2\1\xc0\0\2\2", 8);
	dhcp4_option(m, 6, "\xc0\0\2\x35\xc0\0\2\x36", 8);
	dhcp4_text(m, 15, "example");
	dhcp_put(m, "\xff", 1);
}

static void offers_are_told(void **state)
{
	struct dhcp_bytes m;
	struct fw_dhcp4 d;

	(void)state;
	offer(&m);
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_MESSAGE);
	assert_string_equal(fw_dhcp4_type_name(d.type), "offer");
	assert_int_equal(d.xid, 0xcafe1234);
	assert_int_equal(d.hlen, 6);
	assert_memory_equal(d.chaddr, "\x02\x00\x5e\x10\x00\x07", 6);
	assert_address(AF_INET, d.yiaddr, "192.0.2.33");
	assert_address(AF_INET, d.giaddr, "192.0.2.254");
	assert_int_equal(d.has, FW_DHCP4_HAS_SERVER | FW_DHCP4_HAS_LEASE |
					FW_DHCP4_HAS_MASK | FW_DHCP4_HAS_ROUTER);
	assert_address(AF_INET, d.server, "192.0.2.1");
	assert_address(AF_INET, d.router, "192.0.2.1");
	assert_int_equal(d.lease_s, 3600);
	assert_int_equal(d.dns.len, 8);
	assert_text(&d.domain, "example");
	assert_int_equal(d.order.len, 7);
	assert_memory_equal(d.order.data, "\x35\x36\x33\x01\x03\x06\x0f", 7);
}

/* An offer that is cut off holds no option that is not whole, and where it ends
 * between two of them, it has what was before. */
static void cut_messages_are_malformed(void **state)
{
	struct dhcp_bytes m;
	struct fw_dhcp4 d;
	size_t at;

	(void)state;
	offer(&m);
	for (size_t len = 0; len < 236; len++)
		assert_state(fw_dhcp4_read(m.data, len, &d), FW_DHCP_MALFORMED);
	for (size_t len = 236; len < 240; len++)
		assert_state(fw_dhcp4_read(m.data, len, &d), FW_DHCP_OTHER);
	at = 240;
	for (size_t len = 240; len < m.len - 1; len++) {
		if (len == at + 2 + m.data[at + 1])
			at = len;
		assert_state(fw_dhcp4_read(m.data, len, &d),
			     len == at ? FW_DHCP_MESSAGE : FW_DHCP_MALFORMED);
	}
}

/* RFC 2132 section 9.3 and RFC 3396: the file's name, then the server's; pieces
 * of one option are joined. */
static void options_stand_in_three_places(void **state)
{
	struct dhcp_bytes m;
	struct fw_dhcp4 d;

	(void)state;
	dhcp4_begin(&m, 1, 1, 1);
	dhcp4_number(&m, 53, FW_DHCP4_REQUEST);
	dhcp4_number(&m, 52, 3);
	dhcp4_text(&m, 12, "lap");
	dhcp_put(&m, "\xff", 1);
	memcpy(m.data + 108, "\x0c\x03top\0\0\x37\x02\x01\x03\xff", 12);
	memcpy(m.data + 44, "\x0c\x02-2\xff", 5);
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_MESSAGE);
	assert_text(&d.host, "laptop-2");
	assert_int_equal(d.params.len, 2);
	assert_memory_equal(d.order.data, "\x35\x34\x0c\x37", 4);
	assert_int_equal(d.order.len, 4);

	/* only one of them, as it says */
	m.data[245] = 2;
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_MESSAGE);
	assert_text(&d.host, "lap-2");
	assert_int_equal(d.params.len, 0);

	/* an option that ends outside of the server's name */
	memcpy(m.data + 44 + 62, "\x0c\x01", 2);
	memset(m.data + 44, 0, 62);
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_MALFORMED);
}

static void odd_messages_are_told_apart(void **state)
{
	struct dhcp_bytes m;
	struct fw_dhcp4 d;

	(void)state;
	dhcp4_begin(&m, 1, 1, 1);
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_MESSAGE);
	assert_int_equal(d.type, FW_DHCP4_BOOTP);
	m.data[236] ^= 1;
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_OTHER);
	dhcp4_begin(&m, 3, 1, 1);
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_OTHER);
	dhcp4_begin(&m, 1, 1, 1);
	m.data[2] = 17;
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_MALFORMED);
	dhcp4_begin(&m, 1, 1, 1);
	dhcp4_option(&m, 53, "", 0);
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_MALFORMED);
	/* lengths that fit no address, no time */
	dhcp4_begin(&m, 2, 1, 1);
	dhcp4_option(&m, 54, "\xc0\0\2", 3);
	dhcp4_option(&m, 51, "\0\0\1", 3);
	dhcp4_option(&m, 12, "a\tb\0c", 5);
	assert_state(fw_dhcp4_read(m.data, m.len, &d), FW_DHCP_MESSAGE);
	assert_int_equal(d.has, 0);
	assert_text(&d.host, "a?b");
}

/* --- IPv6 ------------------------------------------------------------------ */
static void reply(struct dhcp_bytes *m)
{
	dhcp6_begin(m, FW_DHCP6_REPLY, 0xabcdef);
	dhcp6_duid(m, 1, 9);
	dhcp6_duid(m, 2, 1);
	dhcp6_address(m, 77, "2001:db8::9", 600);
	dhcp6_prefix(m, 78, "2001:db8:5600::", 56, UINT32_MAX);
	dhcp6_option(m, 13, "\0\0fine", 6);
	dhcp6_option(m, 6, "\0\x17\0\x18", 4);
	dhcp6_option(m, 16, "\0\0\1\x37\0\x08MSFT 5.0", 14);
	dhcp6_option(m, 39, "\1\3lap\7example\0", 14);
	dhcp6_option(m, 14, "", 0);
}

static void assert_reply(const struct fw_dhcp6 *d)
{
	assert_string_equal(fw_dhcp6_type_name(d->type), "reply");
	assert_int_equal(d->xid, 0xabcdef);
	assert_int_equal(d->client.len, 10);
	assert_int_equal(d->server.len, 10);
	assert_true(d->has_mac);
	assert_memory_equal(d->mac, "\x02\x00\x5e\x10\x00\x09", 6);
	assert_int_equal(d->n_bindings, 2);
	assert_address(AF_INET6, d->bindings[0].address, "2001:db8::9");
	assert_int_equal(d->bindings[0].bits, 128);
	assert_int_equal(d->bindings[0].iaid, 77);
	assert_int_equal(d->bindings[0].preferred_s, 300);
	assert_int_equal(d->bindings[0].valid_s, 600);
	assert_int_equal(d->bindings[1].kind, FW_DHCP6_PREFIX);
	assert_address(AF_INET6, d->bindings[1].address, "2001:db8:5600::");
	assert_int_equal(d->bindings[1].bits, 56);
	assert_int_equal(d->bindings[1].valid_s, UINT32_MAX);
	assert_true(d->has_status && d->status == 0 && d->rapid);
	assert_text(&d->message, "fine");
	assert_int_equal(d->n_requested, 2);
	assert_int_equal(d->requested[1], 24);
	assert_int_equal(d->enterprise, 311);
	assert_text(&d->vendor, "MSFT 5.0");
	assert_text(&d->host, "lap.example");
	assert_int_equal(d->n_order, 9);
}

static void replies_are_told(void **state)
{
	struct dhcp_bytes m;
	struct fw_dhcp6 d;

	(void)state;
	reply(&m);
	assert_state(fw_dhcp6_read(m.data, m.len, &d), FW_DHCP_MESSAGE);
	assert_reply(&d);
	assert_false(d.relayed);
}

static void cut_replies_are_malformed(void **state)
{
	struct dhcp_bytes m;
	struct fw_dhcp6 d;
	size_t at = 4;

	(void)state;
	reply(&m);
	for (size_t len = 0; len < m.len; len++) {
		if (len == at + 4 + (m.data[at + 2] * 256u + m.data[at + 3]))
			at = len;
		assert_state(fw_dhcp6_read(m.data, len, &d),
			     len == at ? FW_DHCP_MESSAGE : FW_DHCP_MALFORMED);
	}
	/* an address that ends outside of its association */
	dhcp6_begin(&m, FW_DHCP6_REPLY, 1);
	dhcp6_address(&m, 1, "2001:db8::9", 600);
	m.data[4 + 4 + 12 + 3]++;
	assert_state(fw_dhcp6_read(m.data, m.len, &d), FW_DHCP_MALFORMED);
}

static void wrap(struct dhcp_bytes *m, uint8_t hops)
{
	struct dhcp_bytes inner = *m;
	uint8_t head[34] = { FW_DHCP6_RELAY_REPL, hops };

	head[2 + 15] = 1;
	head[18 + 15] = hops;
	memset(m, 0, sizeof(*m));
	dhcp_put(m, head, sizeof(head));
	dhcp6_option(m, 18, "port", 4);
	if (!hops)
		dhcp6_option(m, 79, "\0\1\2\0\x5e\x20\0\1", 8);
	dhcp6_option(m, 9, inner.data, inner.len);
}

/* Eight relays are what RFC 8415 allows behind the first one. */
static void relays_are_unwrapped(void **state)
{
	struct dhcp_bytes m;
	struct fw_dhcp6 d;

	(void)state;
	reply(&m);
	for (uint8_t hops = 0; hops < 12; hops++) {
		wrap(&m, hops);
		if (hops > 8) {
			assert_state(fw_dhcp6_read(m.data, m.len, &d),
				     FW_DHCP_MALFORMED);
			continue;
		}
		assert_state(fw_dhcp6_read(m.data, m.len, &d), FW_DHCP_MESSAGE);
		assert_true(d.relayed);
		assert_address(AF_INET6, d.peer, "::");
		assert_memory_equal(d.mac, "\2\0\x5e\x20\0\1", 6);
		assert_int_equal(d.n_bindings, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_are_told),
		cmocka_unit_test(cut_messages_are_malformed),
		cmocka_unit_test(options_stand_in_three_places),
		cmocka_unit_test(odd_messages_are_told_apart),
		cmocka_unit_test(replies_are_told),
		cmocka_unit_test(cut_replies_are_malformed),
		cmocka_unit_test(relays_are_unwrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
