/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QUIC's Initial packets, sealed as a client does it: versions, frames in any
 * order, hellos over several datagrams, a Retry, and what must be left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "inspect/quic_keys.h"
#include "tests/unit/hello.h"
#include "tests/unit/quic_seal.h"
#include "util/cleanup.h"

#define V1 QUIC_V1
#define V2 QUIC_V2
#define ID QUIC_ID
#define ID_LEN QUIC_ID_LEN

/* RFC 9001 appendix A.1, RFC 9369 appendix A.1. */
static void keys_of_the_standard(void **state)
{
	static const struct {
		uint32_t version;
		const char *key, *iv, *mask;
	} samples[] = {
		{ V1,
		  "\x1f\x36\x96\x13\xdd\x76\xd5\x46\x77\x30\xef\xcb\xe3\xb1"
		  "\xa2\x2d",
		  "\xfa\x04\x4b\x2f\x42\xa3\xfd\x3b\x46\xfb\x25\x5c",
		  "\x9f\x50\x44\x9e\x04\xa0\xe8\x10\x28\x3a\x1e\x99\x33\xad"
		  "\xed\xd2" },
		{ V2,
		  "\x8b\x1a\x0b\xc1\x21\x28\x42\x90\xa2\x9e\x09\x71\xb5\xcd"
		  "\x04\x5d",
		  "\x91\xf7\x3e\x23\x51\xd8\xfa\x91\x66\x0e\x90\x9f",
		  "\x45\xb9\x5e\x15\x23\x5d\x6f\x45\xa6\xb1\x9c\xbc\xb0\x29"
		  "\x4b\xa9" },
	};
	struct fw_quic_keys keys;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(samples); i++) {
		assert_true(fw_quic_keys(samples[i].version,
					 (const uint8_t *)ID, ID_LEN, &keys));
		assert_memory_equal(keys.key, samples[i].key, 16);
		assert_memory_equal(keys.iv, samples[i].iv, 12);
		assert_memory_equal(keys.mask, samples[i].mask, 16);
	}
	assert_false(fw_quic_keys(0xff00001d, (const uint8_t *)ID, ID_LEN,
				  &keys));
}

/* --- a client ------------------------------------------------------------- */
struct bytes {
	size_t len;
	uint8_t data[4096];
};

static void put(struct bytes *bytes, const void *data, size_t len)
{
	assert_true(bytes->len + len <= sizeof(bytes->data));
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
}

/* A number of two bytes on the wire. */
static void put_varint(struct bytes *bytes, size_t value)
{
	put(bytes, (uint8_t[]){ (uint8_t)(0x40 | value >> 8),
				(uint8_t)value }, 2);
}

static void put_crypto(struct bytes *frames, const struct hello *hello,
		       size_t at, size_t len)
{
	put(frames, "\x06", 1);
	put_varint(frames, at);
	put_varint(frames, len);
	put(frames, hello->data + at, len);
}

static void seal(struct bytes *out, uint32_t version, const char *id,
		 const char *keys_of, const struct bytes *frames)
{
	assert_true(out->len + QUIC_SEALED(frames->len) <= sizeof(out->data));
	out->len += quic_seal(out->data + out->len, version, id, keys_of,
			      frames->data, frames->len);
}

static const struct bytes padding = { .len = 40 };

static void finds(const struct bytes *datagrams, size_t n,
		  enum fw_parse_state state)
{
	struct fw_quic quic;

	fw_quic_init(&quic);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(fw_quic_add(&quic, datagrams[i].data,
					     datagrams[i].len), 0);
	assert_int_equal(quic.state, state);
	if (state == FW_PARSE_DONE)
		assert_string_equal(quic.hello.sni, "a.example");
	fw_quic_done(&quic);
}

static void in_one_packet(void **state)
{
	static const uint32_t versions[] = { V1, V2 };
	struct hello hello = hello_message("a.example", 900);

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(versions); i++) {
		struct bytes frames = { 0 }, datagram = { 0 };

		put(&frames, "\0\0\1\2\5\0\1\1\1\1", 10);	/* PING, ACK */
		put_crypto(&frames, &hello, 0, hello.len);
		put(&frames, "\0\0\0", 3);
		seal(&datagram, versions[i], ID, ID, &frames);
		finds(&datagram, 1, FW_PARSE_DONE);
		/* a bit of it is another one: nothing is believed */
		datagram.data[datagram.len - 40] ^= 1;
		finds(&datagram, 1, FW_PARSE_OTHER);
	}
}

/* Every cut into two frames, the second one first; in one packet, in two of one
 * datagram, in two datagrams. */
static void in_any_order(void **state)
{
	struct hello hello = hello_message("a.example", 600);

	(void)state;
	for (size_t cut = 1; cut < hello.len; cut++) {
		struct bytes one = { 0 }, two = { 0 }, both = { 0 };
		struct bytes coalesced = { 0 }, apart[2] = { { 0 }, { 0 } };

		put_crypto(&two, &hello, cut, hello.len - cut);
		put_crypto(&one, &hello, 0, cut);
		put(&one, padding.data, padding.len);
		put(&two, padding.data, padding.len);
		put(&both, two.data, two.len);
		put(&both, one.data, one.len);
		seal(&coalesced, V1, ID, ID, &both);
		finds(&coalesced, 1, FW_PARSE_DONE);
		coalesced.len = 0;
		seal(&coalesced, V1, ID, ID, &two);
		seal(&coalesced, V1, ID, ID, &one);
		finds(&coalesced, 1, FW_PARSE_DONE);
		seal(&apart[0], V1, ID, ID, &two);
		finds(apart, 1, FW_PARSE_NEED_MORE);
		/* the server has chosen an ID: the keys stay */
		seal(&apart[1], V1, "serverid", ID, &one);
		finds(apart, 2, FW_PARSE_DONE);
	}
}

/* Behind a Retry there are new keys, and a hello from its begin. */
static void behind_a_retry(void **state)
{
	struct hello first = hello_message("b.example", 900);
	struct hello second = hello_message("a.example", 900);
	struct bytes datagrams[2] = { { 0 }, { 0 } }, frames = { 0 };

	(void)state;
	put_crypto(&frames, &first, 0, 200);
	seal(&datagrams[0], V1, ID, ID, &frames);
	frames.len = 0;
	put_crypto(&frames, &second, 0, second.len);
	seal(&datagrams[1], V1, "retry-id", "retry-id", &frames);
	finds(datagrams, 2, FW_PARSE_DONE);
}

static void what_no_server_takes(void **state)
{
	struct hello hello = hello_message("a.example", 0);
	struct bytes frames = { 0 }, datagram = { 0 };
	static const struct bytes others[] = {
		{ 1, "\x40" }, { 4, "\xc0\0\0\0" },
		{ 12, "\xc0\0\0\0\x02\4idid\0\0" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(others); i++)
		finds(&others[i], 1, FW_PARSE_OTHER);

	put_crypto(&frames, &hello, 0, 50);	/* two versions of a byte */
	frames.data[frames.len - 1] ^= 1;
	put_crypto(&frames, &hello, 10, hello.len - 10);
	seal(&datagram, V1, ID, ID, &frames);
	finds(&datagram, 1, FW_PARSE_MALFORMED);

	frames.len = datagram.len = 0;	/* STREAM is for later packets */
	put(&frames, "\x08\0\0", 3);
	put(&frames, padding.data, padding.len);
	seal(&datagram, V1, ID, ID, &frames);
	finds(&datagram, 1, FW_PARSE_MALFORMED);

	frames.len = datagram.len = 0;	/* another handshake message */
	hello.data[0] = 2;
	put_crypto(&frames, &hello, 0, hello.len);
	seal(&datagram, V1, ID, ID, &frames);
	finds(&datagram, 1, FW_PARSE_MALFORMED);

	frames.len = datagram.len = 0;	/* a frame that goes on past the end */
	put(&frames, padding.data, padding.len);
	put(&frames, "\x06\0\x40\x50", 4);
	seal(&datagram, V1, ID, ID, &frames);
	finds(&datagram, 1, FW_PARSE_MALFORMED);
}

/* Cut off at each byte: nothing is made of a part. */
static void cut_off(void **state)
{
	struct hello hello = hello_message("a.example", 0);
	struct bytes frames = { 0 }, datagram = { 0 };
	size_t whole;

	(void)state;
	put_crypto(&frames, &hello, 0, hello.len);
	seal(&datagram, V1, ID, ID, &frames);
	whole = datagram.len;
	for (datagram.len = 0; datagram.len < whole; datagram.len++)
		finds(&datagram, 1, FW_PARSE_OTHER);
	finds(&datagram, 1, FW_PARSE_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_the_standard),
		cmocka_unit_test(in_one_packet),
		cmocka_unit_test(in_any_order),
		cmocka_unit_test(behind_a_retry),
		cmocka_unit_test(what_no_server_takes),
		cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
