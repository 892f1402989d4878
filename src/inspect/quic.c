/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QUIC: from a client's datagrams to its ClientHello.
 *
 * In: payloads of UDP. Out: a state, and the facts of the ClientHello with DONE.
 * Fails for want of memory only.
 *
 * A datagram is packets, of which the Initial ones are opened (RFC 9000 section
 * 17.2.2, RFC 9001 section 5); their CRYPTO frames come in any order and make a
 * stream, which is the hello. Keys follow from the connection ID of the client's
 * first Initial; after a Retry the client begins anew with another one.
 */
#include "inspect/quic.h"

#include <errno.h>
#include <string.h>

#include "inspect/quic_keys.h"

#define LONG_HEADER 0x80
#define FIXED_BIT 0x40
#define VERSION_2 0x6b3343cfu
#define PACKET_MAX 65535
#define SAMPLE_SIZE 16
#define TAG_SIZE 16

#define FRAME_PADDING 0x00
#define FRAME_PING 0x01
#define FRAME_ACK 0x02
#define FRAME_ACK_ECN 0x03
#define FRAME_CRYPTO 0x06
#define FRAME_CLOSE 0x1c

/* Bytes that are read one after the other; short: there were not enough. */
struct reader {
	const uint8_t *at, *end;
	bool short_;
};

static const uint8_t *take(struct reader *r, uint64_t n)
{
	const uint8_t *bytes = r->at;

	if (n > (uint64_t)(r->end - r->at)) {
		r->short_ = true;
		r->at = r->end;
		return NULL;
	}
	r->at += n;
	return bytes;
}

static uint64_t take_number(struct reader *r, size_t n)
{
	const uint8_t *bytes = take(r, n);
	uint64_t value = 0;

	for (size_t i = 0; bytes && i < n; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* RFC 9000 section 16: the first two bits say how many bytes. */
static uint64_t take_varint(struct reader *r)
{
	size_t n = r->at < r->end ? (size_t)1 << (*r->at >> 6) : 1;
	uint64_t value = take_number(r, n);

	return value & (UINT64_MAX >> (66 - 8 * n));
}

/* --- frames ---------------------------------------------------------------- */
static void skip_ack(struct reader *r, bool ecn)
{
	uint64_t ranges;

	(void)take_varint(r);	/* largest, delay */
	(void)take_varint(r);
	ranges = take_varint(r);
	for (uint64_t i = 0; i < 2 * ranges + 1 && !r->short_; i++)
		(void)take_varint(r);
	for (int i = 0; ecn && i < 3; i++)
		(void)take_varint(r);
}

static int take_crypto(struct fw_quic *quic, struct reader *r)
{
	uint64_t offset = take_varint(r);
	uint64_t len = take_varint(r);
	const uint8_t *data = take(r, len);
	size_t fresh;
	int bits;

	if (!data || offset > FW_QUIC_CRYPTO_MAX ||
	    offset + len > FW_QUIC_CRYPTO_MAX) {
		quic->state = FW_PARSE_MALFORMED;
		return 0;
	}
	bits = fw_stream_add(&quic->crypto, (uint32_t)offset, data, len,
			     FW_QUIC_CRYPTO_MAX, &fresh);
	if (bits < 0)
		return bits;
	/* two versions of a byte: whose connection is this? */
	if (bits & FW_STREAM_CONFLICT)
		quic->state = FW_PARSE_MALFORMED;
	return 0;
}

/* Frames that a client's Initial may have (RFC 9000 section 12.4). */
static int take_frames(struct fw_quic *quic, struct reader *r)
{
	int err = 0;

	while (!err && r->at < r->end && !r->short_ &&
	       quic->state == FW_PARSE_NEED_MORE) {
		uint64_t type = take_varint(r);

		switch (type) {
		case FRAME_PADDING:
		case FRAME_PING:
			break;
		case FRAME_ACK:
		case FRAME_ACK_ECN:
			skip_ack(r, type == FRAME_ACK_ECN);
			break;
		case FRAME_CRYPTO:
			err = take_crypto(quic, r);
			break;
		case FRAME_CLOSE:
			return 0;	/* nothing follows */
		default:
			quic->state = FW_PARSE_MALFORMED;
		}
	}
	if (r->short_)
		quic->state = FW_PARSE_MALFORMED;
	return err;
}

/* --- packets --------------------------------------------------------------- */
/* A packet with a long header, as it arrived. */
struct packet {
	const uint8_t *start;
	uint32_t version;
	bool initial;
	const uint8_t *id;	/* of the destination */
	size_t id_len;
	size_t number_at;	/* from start */
	size_t len;		/* of it all */
};

/* False for what is none, or cut off. */
static bool read_packet(const uint8_t *data, size_t len, struct packet *ret)
{
	struct reader r = { data, data + len, false };
	uint64_t first = take_number(&r, 1), n;
	unsigned type = (unsigned)first >> 4 & 3;

	if (!(first & LONG_HEADER) || !(first & FIXED_BIT))
		return false;
	ret->start = data;
	ret->version = (uint32_t)take_number(&r, 4);
	ret->initial = type == (ret->version == VERSION_2 ? 1 : 0);
	ret->id_len = take_number(&r, 1);
	ret->id = take(&r, ret->id_len);
	n = take_number(&r, 1);		/* source */
	if (ret->id_len > FW_QUIC_ID_MAX || n > FW_QUIC_ID_MAX)
		return false;
	(void)take(&r, n);
	if (ret->initial)
		(void)take(&r, take_varint(&r));	/* token */
	n = take_varint(&r);
	ret->number_at = (size_t)(r.at - data);
	(void)take(&r, n);
	ret->len = (size_t)(r.at - data);
	return !r.short_;
}

/* Opens a packet with these keys, in room; ret_plain gets what was inside. False
 * for what was not sealed with them. A client's first packets have numbers so
 * small that none is cut short. */
static bool open_packet(const struct fw_quic_keys *keys, const struct packet *p,
			uint8_t room[PACKET_MAX], struct reader *ret_plain)
{
	uint8_t *at = room + p->number_at, mask[16];
	uint64_t number = 0;
	size_t n, sealed;

	if (p->len < p->number_at + 4 + SAMPLE_SIZE + TAG_SIZE)
		return false;
	memcpy(room, p->start, p->len);
	fw_quic_mask(keys, at + 4, mask);
	room[0] ^= mask[0] & 0x0f;
	n = (room[0] & 3) + 1u;
	for (size_t i = 0; i < n; i++) {
		at[i] ^= mask[1 + i];
		number = number << 8 | at[i];
	}
	at += n;
	sealed = p->len - (size_t)(at - room);
	*ret_plain = (struct reader){ at, at + sealed - TAG_SIZE, false };
	return fw_quic_open(keys, number, room, (size_t)(at - room), at, sealed,
			    at);
}

/* Begins a connection: the client's first one, or that behind a Retry. */
static void begin(struct fw_quic *quic, const struct fw_quic_keys *keys,
		  uint32_t version)
{
	fw_quic_done(quic);
	fw_quic_init(quic);
	quic->keys = *keys;
	quic->version = version;
}

static int take_initial(struct fw_quic *quic, const struct packet *p)
{
	uint8_t room[PACKET_MAX];
	struct fw_quic_keys keys;
	struct reader plain;

	if (quic->version == p->version &&
	    open_packet(&quic->keys, p, room, &plain))
		return take_frames(quic, &plain);
	if (!fw_quic_keys(p->version, p->id, p->id_len, &keys) ||
	    !open_packet(&keys, p, room, &plain))
		return 0;
	begin(quic, &keys, p->version);
	return take_frames(quic, &plain);
}

/* --- datagrams ------------------------------------------------------------- */
void fw_quic_init(struct fw_quic *quic)
{
	memset(quic, 0, sizeof(*quic));
	fw_hello_init(&quic->hello);
	fw_stream_init(&quic->crypto, true);
	fw_stream_begin(&quic->crypto, 0);
}

void fw_quic_done(struct fw_quic *quic)
{
	fw_stream_done(&quic->crypto);
}

static void feed_hello(struct fw_quic *quic)
{
	size_t len;
	const uint8_t *bytes = fw_stream_take(&quic->crypto, &len);
	enum fw_parse_state state = fw_hello_feed(&quic->hello, bytes, len);

	if (state == FW_PARSE_OTHER)
		state = FW_PARSE_MALFORMED;	/* nothing else may be there */
	if (state != FW_PARSE_NEED_MORE)
		fw_stream_done(&quic->crypto);
	quic->state = state;
}

int fw_quic_add(struct fw_quic *quic, const uint8_t *data, size_t len)
{
	struct packet p;
	int err = 0;

	while (!err && len && len <= PACKET_MAX &&
	       quic->state == FW_PARSE_NEED_MORE && read_packet(data, len, &p)) {
		if (p.initial)
			err = take_initial(quic, &p);
		data += p.len;
		len -= p.len;
	}
	if (!quic->version)
		quic->state = FW_PARSE_OTHER;
	else if (!err && quic->state == FW_PARSE_NEED_MORE)
		feed_hello(quic);
	return err;
}
