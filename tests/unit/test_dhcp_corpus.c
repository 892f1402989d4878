/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCP messages of captures that others made, field by field against tshark:
 * those of FLYWALL_CORPUS, and those that are named on the command line.
 *
 * Not compared: options 255 and 0, which tshark lists and which say nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/dhcp4.h"
#include "monitor/dhcp6.h"
#include "tests/unit/capture.h"
#include "util/buf.h"
#include "util/cleanup.h"

static char *const *named;

/* --- what is told ----------------------------------------------------------- */
static void add_address(struct fw_buf *buf, bool there, int family,
			const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (there)
		(void)inet_ntop(family, address, text, sizeof(text));
	fw_buf_printf(buf, "\t%s", text);
}

static void add_text(struct fw_buf *buf, const struct fw_dhcp_bytes *bytes)
{
	char text[FW_DHCP_BYTES_MAX + 1];

	(void)fw_dhcp_text(bytes, text);
	fw_buf_printf(buf, "\t%s", text);
}

static void add_list(struct fw_buf *buf, const struct fw_dhcp_bytes *bytes)
{
	for (size_t i = 0; i < bytes->len; i++)
		fw_buf_printf(buf, "%s%u", i ? "," : "\t", bytes->data[i]);
	if (!bytes->len)
		fw_buf_add(buf, "\t");
}

static void add_router(struct fw_buf *buf, const struct fw_dhcp4 *d)
{
	add_address(buf, d->has & FW_DHCP4_HAS_ROUTER, AF_INET, d->router);
	fw_buf_add(buf, "\t");
	for (size_t i = 0; i + 4 <= d->dns.len; i += 4) {
		char text[INET_ADDRSTRLEN];

		fw_buf_printf(buf, "%s%s", i ? "," : "",
			      inet_ntop(AF_INET, d->dns.data + i, text,
					sizeof(text)));
	}
}

static void tell4(struct fw_buf *buf, const struct fw_dhcp4 *d)
{
	char mac[3 * 16 + 1];

	fw_dhcp_hex(d->chaddr, d->hlen, mac, sizeof(mac));
	fw_buf_printf(buf, "%u\t0x%02x\t%u\t%u\t0x%08x\t%u\t0x%04x", d->op,
		      d->htype, d->hlen, d->hops, d->xid, d->secs, d->flags);
	add_address(buf, true, AF_INET, d->ciaddr);
	add_address(buf, true, AF_INET, d->yiaddr);
	add_address(buf, true, AF_INET, d->siaddr);
	add_address(buf, true, AF_INET, d->giaddr);
	fw_buf_printf(buf, "\t%s\t", mac);
	if (d->type)
		fw_buf_printf(buf, "%u", d->type);
	add_address(buf, d->has & FW_DHCP4_HAS_REQUESTED, AF_INET,
		    d->requested);
	add_address(buf, d->has & FW_DHCP4_HAS_SERVER, AF_INET, d->server);
	fw_buf_add(buf, "\t");
	if (d->has & FW_DHCP4_HAS_LEASE)
		fw_buf_printf(buf, "%" PRIu32, d->lease_s);
	add_address(buf, d->has & FW_DHCP4_HAS_MASK, AF_INET, d->mask);
	add_router(buf, d);
	add_text(buf, &d->host);
	add_text(buf, &d->vendor);
	add_text(buf, &d->domain);
	add_text(buf, &d->message);
	add_list(buf, &d->params);
	add_list(buf, &d->order);
	fw_buf_add(buf, "\n");
}

static const char fields4[] =
	" -Y dhcp -e dhcp.type -e dhcp.hw.type -e dhcp.hw.len -e dhcp.hops"
	" -e dhcp.id -e dhcp.secs -e dhcp.flags -e dhcp.ip.client"
	" -e dhcp.ip.your -e dhcp.ip.server -e dhcp.ip.relay"
	" -e dhcp.hw.mac_addr -e dhcp.option.dhcp"
	" -e dhcp.option.requested_ip_address -e dhcp.option.dhcp_server_id"
	" -e dhcp.option.ip_address_lease_time -e dhcp.option.subnet_mask"
	" -e dhcp.option.router -e dhcp.option.domain_name_server"
	" -e dhcp.option.hostname -e dhcp.option.vendor_class_id"
	" -e dhcp.option.domain_name -e dhcp.option.message"
	" -e dhcp.option.request_list_item -e dhcp.option.type";

static void add_duids(struct fw_buf *buf, const struct fw_dhcp6 *d)
{
	const struct fw_dhcp_bytes *duids[] = { &d->client, &d->server };
	bool first = true;

	fw_buf_add(buf, "\t");
	for (size_t i = 0; i < d->n_order; i++) {
		const struct fw_dhcp_bytes *duid;

		if (d->order[i] != 1 && d->order[i] != 2)
			continue;
		duid = duids[d->order[i] - 1];
		if (!first)
			fw_buf_add(buf, ",");
		first = false;
		for (size_t j = 0; j < duid->len; j++)
			fw_buf_printf(buf, "%02x", duid->data[j]);
	}
}

static void add_bindings(struct fw_buf *buf, const struct fw_dhcp6 *d,
			 bool prefix)
{
	const char *comma = "";

	fw_buf_add(buf, "\t");
	for (size_t i = 0; i < d->n_bindings; i++) {
		const struct fw_dhcp6_binding *b = &d->bindings[i];
		char text[INET6_ADDRSTRLEN];

		if ((b->kind == FW_DHCP6_PREFIX) != prefix)
			continue;
		fw_buf_printf(buf, "%s%s", comma,
			      inet_ntop(AF_INET6, b->address, text,
					sizeof(text)));
		comma = ",";
	}
	comma = "";
	fw_buf_add(buf, "\t");
	for (size_t i = 0; i < d->n_bindings; i++) {
		const struct fw_dhcp6_binding *b = &d->bindings[i];

		if ((b->kind == FW_DHCP6_PREFIX) != prefix)
			continue;
		fw_buf_printf(buf, "%s%" PRIu32, comma, b->valid_s);
		comma = ",";
	}
}

static void tell6(struct fw_buf *buf, const struct fw_dhcp6 *d)
{
	fw_buf_printf(buf, "%u\t0x%06x", d->type, d->xid);
	add_duids(buf, d);
	add_bindings(buf, d, false);
	add_bindings(buf, d, true);
	fw_buf_add(buf, "\t");
	for (size_t i = 0; i < d->n_requested; i++)
		fw_buf_printf(buf, "%s%u", i ? "," : "", d->requested[i]);
	fw_buf_add(buf, "\n");
}

static const char fields6[] =
	" -Y 'dhcpv6 && !dhcpv6.peeraddr' -e dhcpv6.msgtype -e dhcpv6.xid"
	" -e dhcpv6.duid.bytes -e dhcpv6.iaaddr.ip"
	" -e dhcpv6.iaaddr.valid_lifetime -e dhcpv6.iaprefix.pref_addr"
	" -e dhcpv6.iaprefix.valid_lifetime -e dhcpv6.requested_option_code";

struct told {
	struct fw_buf v4, v6;
	unsigned n;
};

static bool is_port(unsigned port, unsigned a, unsigned b)
{
	return port == a || port == b;
}

static void on_packet(void *ctx, const uint8_t *data, size_t len)
{
	bool v6 = data[0] >> 4 == 6;
	size_t head = v6 ? 40 : (size_t)(data[0] & 15) * 4;
	struct told *told = ctx;
	static struct fw_dhcp4 d4;
	static struct fw_dhcp6 d6;
	unsigned port;

	if (len < head + 8 || data[v6 ? 6 : 9] != 17)
		return;
	port = (unsigned)data[head + 2] << 8 | data[head + 3];
	data += head + 8;
	len -= head + 8;
	if (!v6 && is_port(port, 67, 68) &&
	    fw_dhcp4_read(data, len, &d4) == FW_DHCP_MESSAGE) {
		tell4(&told->v4, &d4);
		told->n++;
	} else if (v6 && is_port(port, 546, 547) &&
		   fw_dhcp6_read(data, len, &d6) == FW_DHCP_MESSAGE &&
		   !d6.relayed) {
		tell6(&told->v6, &d6);
		told->n++;
	}
}

/* --- what tshark says ------------------------------------------------------- */
/* Its lines, without the options that say nothing, and of routers the first. */
static char *ask_tshark(const char *path, const char *fields)
{
	_cleanup_free_ char *command = NULL, *line = NULL;
	struct fw_buf buf = { 0 };
	size_t room = 0;
	ssize_t n;
	FILE *in;

	assert_true(asprintf(&command,
			     "tshark -r '%s' -T fields -E separator=/t -E "
			     "aggregator=,%s 2>/dev/null", path, fields) > 0);
	in = popen(command, "r");
	assert_non_null(in);
	while ((n = getline(&line, &room, in)) > 0) {
		line[--n] = '\0';
		while (n > 2 && !strcmp(line + n - 2, ",0"))
			line[n -= 2] = '\0';
		fw_buf_printf(&buf, "%s\n", line);
	}
	assert_int_equal(pclose(in), 0);
	fw_buf_add(&buf, "");
	return fw_buf_take(&buf);
}

static void compare(const char *path)
{
	struct told told = { 0 };
	_cleanup_free_ char *v4 = ask_tshark(path, fields4);
	_cleanup_free_ char *v6 = ask_tshark(path, fields6);

	assert_true(capture_read(path, on_packet, &told) > 0);
	fw_buf_add(&told.v4, "");
	fw_buf_add(&told.v6, "");
	print_message("%s: %u messages\n", path, told.n);
	assert_string_equal(told.v4.text ? told.v4.text : "", v4 ? v4 : "");
	assert_string_equal(told.v6.text ? told.v6.text : "", v6 ? v6 : "");
	assert_true(told.n > 0);
	fw_buf_done(&told.v4);
	fw_buf_done(&told.v6);
}

static void captures_agree(void **state)
{
	const char *corpus = getenv("FLYWALL_CORPUS");
	char path[4096];
	struct dirent *entry;
	DIR *dir;

	(void)state;
	for (char *const *name = named; *name; name++)
		compare(*name);
	if (*named)
		return;
	(void)snprintf(path, sizeof(path), "%s/pcap/dhcp", corpus);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".pcap"))
			continue;
		(void)snprintf(path, sizeof(path), "%s/pcap/dhcp/%s", corpus,
			       entry->d_name);
		compare(path);
	}
	(void)closedir(dir);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_agree),
	};

	named = argv + 1;
	if ((argc < 2 && !getenv("FLYWALL_CORPUS")) ||
	    system("tshark --version >/dev/null 2>&1") != 0) {
		(void)fprintf(stderr, "skip: FLYWALL_CORPUS is not set, or "
				      "there is no tshark\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
