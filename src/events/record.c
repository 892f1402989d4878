/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members in, a line of JSON (RFC 8259) out. Nothing fails but memory, which
 * the buffer remembers until the end.
 *
 * JSON is written by hand here, because an event is a flat object whose text
 * comes from packets: every byte must be accounted for.
 */
#include "events/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/cleanup.h"

#define NS_PER_S UINT64_C(1000000000)

static const char *const type_names[] = {
	[FW_RECORD_DNS_QUERY] = "dns-query",
	[FW_RECORD_DNS_REBIND] = "dns-rebind",
	[FW_RECORD_DNS_MISMATCH] = "dns-mismatch",
	[FW_RECORD_DNS_NXDOMAIN_FLOOD] = "dns-nxdomain-flood",
	[FW_RECORD_DNS_TUNNEL] = "dns-tunnel",
	[FW_RECORD_TLS_HANDSHAKE] = "tls-handshake",
	[FW_RECORD_DHCP_LEASE] = "dhcp-lease",
	[FW_RECORD_DHCP_ROGUE] = "dhcp-rogue",
	[FW_RECORD_DHCP_CONFLICT] = "dhcp-conflict",
	[FW_RECORD_DHCP_STARVATION] = "dhcp-starvation",
	[FW_RECORD_LOG] = "log",
	[FW_RECORD_DROP] = "drop",
	[FW_RECORD_GENERATION] = "generation",
	[FW_RECORD_FLOW] = "flow",
	[FW_RECORD_ORDER] = "order",
	[FW_RECORD_BLOCK] = "block",
	[FW_RECORD_DEVICE] = "device",
	[FW_RECORD_INSPECTOR] = "inspector",
	[FW_RECORD_LEARN] = "learn",
	[FW_RECORD_ERROR] = "error",
	[FW_RECORD_LOST] = "lost",
	[FW_RECORD_ALERT] = "alert",
	[FW_RECORD_KERNEL_DROP] = "kernel-drop",
	[FW_RECORD_RETRANSMIT] = "retransmit",
	[FW_RECORD_RESET] = "reset",
};
_Static_assert(FW_ARRAY_SIZE(type_names) == FW_RECORD_MAX_, "event names");

const char *fw_record_type_name(enum fw_record_type type)
{
	return type_names[type];
}

int fw_record_type_find(const char *name)
{
	for (int i = 0; i < FW_RECORD_MAX_; i++) {
		if (!strcmp(type_names[i], name))
			return i;
	}
	return -ENOENT;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t fw_record_now(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t fw_record_wall(uint64_t boot_ns)
{
	uint64_t boot = clock_ns(CLOCK_BOOTTIME);
	uint64_t age = boot > boot_ns ? boot - boot_ns : 0;

	return fw_record_now() - age;
}

/* Length of the UTF-8 sequence at s (RFC 3629 section 4), 0 for none. Reads no
 * further than a byte that cannot continue it, so not behind the NUL. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void add_string(struct fw_buf *buf, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	fw_buf_addc(buf, '"');
	while (*s) {
		size_t n = utf8_length(s);

		if (n == 0) {
			fw_buf_add(buf, "\\ufffd");
			s++;
		} else if (*s == '"' || *s == '\\') {
			fw_buf_addc(buf, '\\');
			fw_buf_addc(buf, (char)*s++);
		} else if (*s < 0x20 || *s == 0x7f) {
			fw_buf_printf(buf, "\\u%04x", *s++);
		} else {
			fw_buf_addn(buf, (const char *)s, n);
			s += n;
		}
	}
	fw_buf_addc(buf, '"');
}

static void add_key(struct fw_record *record, const char *key)
{
	fw_buf_add(&record->line, ", ");
	add_string(&record->line, key);
	fw_buf_add(&record->line, ": ");
}

/* Time as RFC 3339, UTC, to the microsecond. */
void fw_record_begin(struct fw_record *record, enum fw_record_type type,
		     uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char date[sizeof("2026-11-22T10:30:00")] = "";
	struct tm tm;

	*record = (struct fw_record){ .type = type };
	if (gmtime_r(&seconds, &tm))
		(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	fw_buf_printf(&record->line, "{\"time\": \"%s.%06" PRIu64 "Z\"", date,
		      wall_ns % NS_PER_S / 1000);
	fw_record_text(record, "type", fw_record_type_name(type));
}

void fw_record_text(struct fw_record *record, const char *key, const char *text)
{
	if (!text)
		return;
	add_key(record, key);
	add_string(&record->line, text);
}

void fw_record_number(struct fw_record *record, const char *key,
		      uint64_t number)
{
	add_key(record, key);
	fw_buf_printf(&record->line, "%" PRIu64, number);
}

void fw_record_decimal(struct fw_record *record, const char *key, double number)
{
	add_key(record, key);
	fw_buf_printf(&record->line, "%.2f", number);
}

void fw_record_address(struct fw_record *record, const char *key,
		       uint8_t family, const uint8_t addr[16])
{
	char text[INET6_ADDRSTRLEN];

	if (family != 4 && family != 6)
		return;
	if (inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text,
		      sizeof(text)))
		fw_record_text(record, key, text);
}

const char *fw_proto_text(uint8_t proto, char text[static FW_PROTO_MAX])
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {
		{ 1, "icmp" },	 { 6, "tcp" },	  { 17, "udp" },
		{ 33, "dccp" },	 { 58, "icmpv6" }, { 132, "sctp" },
		{ 136, "udplite" },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++) {
		if (names[i].proto == proto)
			return names[i].name;
	}
	(void)snprintf(text, FW_PROTO_MAX, "%u", proto);
	return text;
}

char *fw_record_end(struct fw_record *record)
{
	fw_buf_addc(&record->line, '}');
	return fw_buf_take(&record->line);
}
