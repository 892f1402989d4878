/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/2: frames up to the end of the first request's headers (RFC 9113), which
 * HPACK (RFC 7541) packs.
 *
 * In: the client's bytes, in any portions. Out: a state, and the facts with
 * DONE. Nothing fails but by a state.
 *
 * What servers must refuse is malformed: no SETTINGS first, a header block that
 * another frame interrupts, two authorities, or one that a host field
 * contradicts; else the host that we see need not be the one that is served.
 */
#include "inspect/http2.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "util/cleanup.h"

/* Clients keep to the table's size that the server granted: common servers grant
 * 4 or 64 KiB. */
#define TABLE_MAX 65536
#define INFLATER_BYTES 2048	/* about; the table grows by itself */

/* Section 6; the flags of frames with a header block. */
#define TYPE_HEADERS 1
#define TYPE_SETTINGS 4
#define TYPE_CONTINUATION 9
#define FLAG_ACK 0x1
#define FLAG_END_HEADERS 0x4
#define FLAG_PADDED 0x8
#define FLAG_PRIORITY 0x20
#define PRIORITY_BYTES 5

void fw_http2_init(struct fw_http2 *http2)
{
	memset(http2, 0, sizeof(*http2));
}

void fw_http2_done(struct fw_http2 *http2)
{
	if (http2->inflater)
		nghttp2_hd_inflate_del(http2->inflater);
	http2->inflater = NULL;
}

size_t fw_http2_held(const struct fw_http2 *http2)
{
	return http2->inflater ?
		       INFLATER_BYTES +
			       nghttp2_hd_inflate_get_dynamic_table_size(
				       http2->inflater) : 0;
}

static enum fw_parse_state preface(struct fw_http2 *http2, uint8_t byte)
{
	static const char text[] = FW_HTTP2_PREFACE;

	if (byte != (uint8_t)text[http2->taken])
		return FW_PARSE_OTHER;
	if (++http2->taken < sizeof(text) - 1)
		return FW_PARSE_NEED_MORE;
	http2->taken = 0;
	http2->part = FW_HTTP2_HEAD;
	return FW_PARSE_NEED_MORE;
}

/* --- fields --------------------------------------------------------------- */
static void request_add(struct fw_http2 *http2, const char *text, size_t len)
{
	size_t room = FW_HTTP_REQUEST_MAX - http2->request_len;

	if (len > room)
		len = room;
	if (len)
		memcpy(http2->request + http2->request_len, text, len);
	http2->request_len += len;
}

static bool take_method(struct fw_http2 *http2, const char *text, size_t len)
{
	request_add(http2, text, len);
	return true;
}

static bool take_path(struct fw_http2 *http2, const char *text, size_t len)
{
	request_add(http2, " ", 1);
	request_add(http2, text, len);
	return true;
}

static bool take_authority(struct fw_http2 *http2, const char *text, size_t len)
{
	bool first = !http2->authority_seen;

	http2->authority_seen = true;
	return first && fw_authority_host(&http2->host, text, len);
}

static bool take_host(struct fw_http2 *http2, const char *text, size_t len)
{
	bool first = !http2->host_seen;

	http2->host_seen = true;
	return first && fw_authority_host(&http2->host_field, text, len);
}

static const struct {
	const char *name;
	bool (*take)(struct fw_http2 *http2, const char *text, size_t len);
} fields[] = {
	{ ":method", take_method },
	{ ":path", take_path },
	{ ":authority", take_authority },
	{ "host", take_host },
};

/* False for what makes a request malformed (section 8.3). */
static bool take_field(struct fw_http2 *http2, const nghttp2_nv *field)
{
	bool pseudo = field->namelen && *field->name == ':';

	if (pseudo && http2->field_seen)
		return false;
	http2->field_seen = !pseudo;
	for (size_t i = 0; i < FW_ARRAY_SIZE(fields); i++)
		if (field->namelen == strlen(fields[i].name) &&
		    !memcmp(field->name, fields[i].name, field->namelen))
			return fields[i].take(http2, (const char *)field->value,
					      field->valuelen);
	return true;
}

static enum fw_parse_state end_of_block(struct fw_http2 *http2)
{
	static const char version[] = " HTTP/2";

	if (http2->host_seen && !http2->authority_seen)
		http2->host = http2->host_field;
	else if (http2->host_seen &&
		 strcmp(http2->host.name, http2->host_field.name) != 0)
		return FW_PARSE_MALFORMED;
	request_add(http2, version, sizeof(version) - 1);
	return FW_PARSE_DONE;
}

/* --- header blocks --------------------------------------------------------- */
static bool open_block(struct fw_http2 *http2)
{
	return http2->inflater ||
	       (nghttp2_hd_inflate_new(&http2->inflater) == 0 &&
		nghttp2_hd_inflate_change_table_size(http2->inflater,
						     TABLE_MAX) == 0);
}

/* last: nothing of the block comes behind these bytes. */
static enum fw_parse_state inflate(struct fw_http2 *http2, const uint8_t *data,
				   size_t len, bool last)
{
	for (;;) {
		nghttp2_nv field;
		int flags = 0;
		ssize_t n = nghttp2_hd_inflate_hd2(http2->inflater, &field,
						   &flags, data, len, last);

		if (n < 0)
			return FW_PARSE_MALFORMED;
		data += n;
		len -= (size_t)n;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) &&
		    !take_field(http2, &field))
			return FW_PARSE_MALFORMED;
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			return end_of_block(http2);
		if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && !len)
			return FW_PARSE_NEED_MORE;
	}
}

/* --- frames --------------------------------------------------------------- */
/* Sets the parts of a frame with a header block; false where they do not fit. */
static bool lay_out(struct fw_http2 *http2, uint32_t len, uint8_t flags)
{
	uint32_t before = (flags & FLAG_PADDED ? 1u : 0) +
			  (flags & FLAG_PRIORITY ? PRIORITY_BYTES : 0);

	if (len < before)
		return false;
	http2->block = len - before;
	http2->part = flags & FLAG_PADDED ? FW_HTTP2_PAD_LENGTH :
					    FW_HTTP2_PRIORITY;
	http2->left = flags & FLAG_PADDED   ? 1u :
		      flags & FLAG_PRIORITY ? PRIORITY_BYTES : 0;
	return true;
}

static enum fw_parse_state begin_block(struct fw_http2 *http2, uint32_t len,
				       uint8_t flags)
{
	if (http2->head[3] == TYPE_CONTINUATION)
		flags &= FLAG_END_HEADERS;
	http2->last = flags & FLAG_END_HEADERS;
	http2->in_block = true;
	return lay_out(http2, len, flags) && open_block(http2) ?
		       FW_PARSE_NEED_MORE : FW_PARSE_MALFORMED;
}

static enum fw_parse_state begin_frame(struct fw_http2 *http2)
{
	const uint8_t *head = http2->head;
	uint32_t len = (uint32_t)head[0] << 16 | (uint32_t)head[1] << 8 | head[2];
	uint32_t stream = (uint32_t)(head[5] & 0x7f) << 24 |
			  (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 |
			  head[8];
	uint8_t type = head[3], flags = head[4];
	bool goes_on = type == TYPE_CONTINUATION;

	http2->rest = 0;
	if (!http2->settled && (type != TYPE_SETTINGS || flags & FLAG_ACK))
		return FW_PARSE_MALFORMED;
	http2->settled = true;
	if (goes_on != http2->in_block || (goes_on && stream != http2->stream))
		return FW_PARSE_MALFORMED;
	if (goes_on || type == TYPE_HEADERS) {
		http2->stream = stream;
		return stream & 1 ? begin_block(http2, len, flags) :
				    FW_PARSE_MALFORMED;
	}
	http2->part = FW_HTTP2_REST;
	http2->left = len;
	return FW_PARSE_NEED_MORE;
}

static enum fw_parse_state end_of_part(struct fw_http2 *http2)
{
	switch (http2->part) {
	case FW_HTTP2_PAD_LENGTH:
		http2->part = FW_HTTP2_PRIORITY;
		http2->left = http2->head[4] & FLAG_PRIORITY ? PRIORITY_BYTES : 0;
		return FW_PARSE_NEED_MORE;
	case FW_HTTP2_PRIORITY:
		http2->part = FW_HTTP2_BLOCK;
		http2->left = http2->block;
		return FW_PARSE_NEED_MORE;
	case FW_HTTP2_BLOCK:
		http2->part = FW_HTTP2_REST;
		http2->left = http2->rest;
		return http2->last ? inflate(http2, http2->head, 0, true) :
				     FW_PARSE_NEED_MORE;
	case FW_HTTP2_REST:
		http2->part = FW_HTTP2_HEAD;
		http2->taken = 0;
		return FW_PARSE_NEED_MORE;
	case FW_HTTP2_PREFACE_PART:
	case FW_HTTP2_HEAD:
		break;
	}
	return FW_PARSE_NEED_MORE;
}

static enum fw_parse_state pad_length(struct fw_http2 *http2, uint8_t byte)
{
	if (byte > http2->block)
		return FW_PARSE_MALFORMED;
	http2->rest = byte;
	http2->block -= byte;
	return FW_PARSE_NEED_MORE;
}

/* One byte of what is read by bytes. */
static enum fw_parse_state take_byte(struct fw_http2 *http2, uint8_t byte)
{
	if (http2->part == FW_HTTP2_PREFACE_PART)
		return preface(http2, byte);
	http2->head[http2->taken++] = byte;
	return http2->taken < FW_HTTP2_FRAME_HEAD ? FW_PARSE_NEED_MORE :
						    begin_frame(http2);
}

/* n bytes of the part. */
static enum fw_parse_state take_part(struct fw_http2 *http2, const uint8_t *data,
				     uint32_t n)
{
	http2->left -= n;
	if (n && http2->part == FW_HTTP2_PAD_LENGTH)
		return pad_length(http2, *data);
	if (n && http2->part == FW_HTTP2_BLOCK)
		return inflate(http2, data, n, false);
	return FW_PARSE_NEED_MORE;
}

enum fw_parse_state fw_http2_feed(struct fw_http2 *http2, const uint8_t *data,
				  size_t len)
{
	while (http2->state == FW_PARSE_NEED_MORE) {
		uint32_t n = 1;

		if (http2->part > FW_HTTP2_HEAD && !http2->left) {
			http2->state = end_of_part(http2);
			continue;
		}
		if (!len)
			break;
		if (http2->part > FW_HTTP2_HEAD) {
			n = len < http2->left ? (uint32_t)len : http2->left;
			http2->state = take_part(http2, data, n);
		} else {
			http2->state = take_byte(http2, *data);
		}
		data += n;
		len -= n;
	}
	if (http2->state != FW_PARSE_NEED_MORE)
		fw_http2_done(http2);
	return http2->state;
}
