/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading packets of the queue: headers of both families, every length cut off,
 * padding, fragments, and lengths that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/packet.h"
#include "tests/unit/packets.h"
#include "util/cleanup.h"

static const uint8_t families[] = { 4, 6 };

static enum fw_stat reason;	/* of the last one */

static int read_bytes(const uint8_t *data, size_t len, size_t full,
		      struct fw_packet *ret)
{
	return fw_packet_read(data, len, full, ret, &reason);
}

static int read_packet(const struct packet *packet, struct fw_packet *ret)
{
	return read_bytes(packet->data, packet->len, packet->len, ret);
}

static void tcp(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++) {
		struct fw_tuple tuple = packet_tuple(families[i], IPPROTO_TCP);
		struct packet p = packet_make(&tuple, 0x18, 0x01020304,
					      0x05060708, "hello", 5);
		struct fw_packet out;

		assert_int_equal(read_packet(&p, &out), 0);
		assert_true(fw_tuple_equal(&out.tuple, &tuple));
		assert_int_equal(out.tcp_flags, 0x18);
		assert_int_equal(out.seq, 0x01020304);
		assert_int_equal(out.ack, 0x05060708);
		assert_int_equal(out.payload_len, 5);
		assert_int_equal(out.payload_full, 5);
		assert_memory_equal(out.payload, "hello", 5);
	}
}

/* Link-layer padding is no payload; TCP options are skipped. */
static void padding_and_options(void **state)
{
	struct fw_tuple tuple = packet_tuple(4, IPPROTO_TCP);
	struct packet p = packet_make(&tuple, 0x10, 1, 1, "\1\1\1\1xy", 6);
	struct fw_packet out;

	(void)state;
	p.data[20 + 12] = 6 << 4;
	assert_int_equal(read_bytes(p.data, p.len + 10, p.len + 10, &out),
			 0);
	assert_int_equal(out.payload_len, 2);
	assert_memory_equal(out.payload, "xy", 2);
}

static void udp(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++) {
		struct fw_tuple tuple = packet_tuple(families[i], IPPROTO_UDP);
		struct packet p = packet_make(&tuple, 0, 0, 0, "hello", 5);
		size_t ip = families[i] == 4 ? 20 : 40;
		struct fw_packet out;

		assert_int_equal(read_packet(&p, &out), 0);
		assert_true(fw_tuple_equal(&out.tuple, &tuple));
		assert_int_equal(out.payload_len, 5);
		p.data[ip + 5] = 11;	/* shorter than the IP packet */
		assert_int_equal(read_packet(&p, &out), 0);
		assert_int_equal(out.payload_len, 3);
		p.data[ip + 5] = 14;	/* longer */
		assert_int_equal(read_packet(&p, &out), -EINVAL);
		p.data[ip + 5] = 7;
		assert_int_equal(read_packet(&p, &out), -EINVAL);
	}
}

static void others(void **state)
{
	struct fw_tuple tuple = packet_tuple(4, IPPROTO_ICMP);
	struct packet p = packet_make(&tuple, 0, 0, 0, "\10\0\0\0\1\2\3\4", 8);
	struct fw_packet out;

	(void)state;
	assert_int_equal(read_packet(&p, &out), 0);
	assert_int_equal(out.tuple.sport, 0);
	assert_int_equal(out.payload_len, 8);
}

/* Every cut is refused, or, where only payload is missing, reads as a packet of
 * which a part is here. Under a sanitizer this also shows each bound. */
static void cut_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++) {
		struct fw_tuple tuple = packet_tuple(families[i], IPPROTO_TCP);
		struct packet p = packet_make(&tuple, 0, 1, 1, "hello", 5);
		struct fw_packet out;

		for (size_t len = 0; len < p.len; len++) {
			uint8_t *copy = malloc(len ? len : 1);

			memcpy(copy, p.data, len);
			assert_int_equal(read_bytes(copy, len, len, &out),
					 -EINVAL);
			if (len + 5 < p.len)
				assert_int_equal(read_bytes(copy, len,
								p.len, &out),
						 -EINVAL);
			else
				assert_int_equal(read_bytes(copy, len,
								p.len, &out),
						 0);
			free(copy);
		}
		assert_int_equal(read_bytes(p.data, p.len - 3, p.len, &out),
				 0);
		assert_int_equal(out.payload_len, 2);
		assert_int_equal(out.payload_full, 5);
	}
}

static void faults(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *what;
	} cases[] = {
		{ 0, 0x55, "version" },
		{ 0, 0x44, "header length" },
		{ 3, 19, "total length below the header" },
		{ 2, 1, "total length past the packet" },
		{ 6, 0x20, "first fragment" },
		{ 7, 1, "later fragment" },
		{ 20 + 12, 0x40, "TCP header length" },
		{ 20 + 12, 0xf0, "TCP header past the packet" },
	};
	struct fw_tuple tuple = packet_tuple(4, IPPROTO_TCP);

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct packet p = packet_make(&tuple, 0, 1, 1, "hello", 5);
		struct fw_packet out;

		p.data[cases[i].at] = cases[i].value;
		if (read_packet(&p, &out) != -EINVAL)
			fail_msg("%s", cases[i].what);
	}
}

/* Puts an extension header of 8 bytes in front of what follows IPv6's. */
static struct packet with_extension(const struct packet *p, uint8_t type,
				    const char body[8])
{
	struct packet out = *p;

	memmove(out.data + 48, p->data + 40, p->len - 40);
	memcpy(out.data + 40, body, 8);
	out.data[40] = p->data[6];
	out.data[6] = type;
	out.data[5] = (uint8_t)(out.data[5] + 8);
	out.len += 8;
	return out;
}

static void extension_headers(void **state)
{
	struct fw_tuple tuple = packet_tuple(6, IPPROTO_TCP);
	struct packet plain = packet_make(&tuple, 0, 1, 1, "hello", 5), p;
	struct fw_packet out;

	(void)state;
	p = with_extension(&plain, IPPROTO_DSTOPTS, "\0\0\0\0\0\0\0\0");
	p = with_extension(&p, IPPROTO_HOPOPTS, "\0\0\0\0\0\0\0\0");
	assert_int_equal(read_packet(&p, &out), 0);
	assert_true(fw_tuple_equal(&out.tuple, &tuple));
	assert_memory_equal(out.payload, "hello", 5);
	/* an atomic fragment is whole */
	p = with_extension(&plain, IPPROTO_FRAGMENT, "\0\0\0\0\0\0\0\1");
	assert_int_equal(read_packet(&p, &out), 0);
	p = with_extension(&plain, IPPROTO_FRAGMENT, "\0\0\0\1\0\0\0\1");
	assert_int_equal(read_packet(&p, &out), -EINVAL);
	p = with_extension(&plain, IPPROTO_FRAGMENT, "\0\0\0\10\0\0\0\1");
	assert_int_equal(read_packet(&p, &out), -EINVAL);
	p = with_extension(&plain, IPPROTO_DSTOPTS, "\0\40\0\0\0\0\0\0");
	assert_int_equal(read_packet(&p, &out), -EINVAL);
}

static void inverse(void **state)
{
	struct fw_tuple tuple = packet_tuple(4, IPPROTO_TCP);
	struct fw_tuple turned = fw_tuple_inverse(&tuple), back;

	(void)state;
	assert_false(fw_tuple_equal(&tuple, &turned));
	assert_int_equal(turned.sport, 443);
	back = fw_tuple_inverse(&turned);
	assert_true(fw_tuple_equal(&tuple, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp),
		cmocka_unit_test(padding_and_options),
		cmocka_unit_test(udp),
		cmocka_unit_test(others),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(faults),
		cmocka_unit_test(extension_headers),
		cmocka_unit_test(inverse),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
