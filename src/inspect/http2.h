/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/2 in clear text (RFC 9113): the first request's line, and its authority.
 * The client's bytes in any portions; what HPACK needs is on the heap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/authority.h"
#include "inspect/http.h"
#include "inspect/parse.h"

#define FW_HTTP2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"	/* section 3.4 */
#define FW_HTTP2_FRAME_HEAD 9

struct nghttp2_hd_inflater;

/* Parts of a frame; its own names are those of section 6.2. */
enum fw_http2_part {
	FW_HTTP2_PREFACE_PART,
	FW_HTTP2_HEAD,
	FW_HTTP2_PAD_LENGTH,
	FW_HTTP2_PRIORITY,
	FW_HTTP2_BLOCK,
	FW_HTTP2_REST,		/* padding, or a frame of no interest */
};

struct fw_http2 {
	enum fw_parse_state state;
	/* The facts, valid with DONE: */
	struct fw_host host;
	char request[FW_HTTP_REQUEST_MAX + 1];	/* as HTTP/1 would say it */

	/* Below: where the parser stands. */
	enum fw_http2_part part;
	uint8_t taken;		/* of the preface, or of a frame's head */
	uint8_t head[FW_HTTP2_FRAME_HEAD];
	uint32_t left;		/* bytes of the part */
	uint32_t block, rest;	/* bytes of the parts that follow */
	bool settled;		/* the first frame was SETTINGS, as it must be */
	bool in_block;		/* more of the header block is to come */
	bool last;		/* this frame ends it */
	uint32_t stream;	/* that the block is of */
	bool authority_seen, host_seen, field_seen;
	struct fw_host host_field;
	size_t request_len;
	struct nghttp2_hd_inflater *inflater;	/* from the first block on */
};

void fw_http2_init(struct fw_http2 *http2);
/* Frees what HPACK needs, but not http2 itself; the bytes that it takes. */
void fw_http2_done(struct fw_http2 *http2);
size_t fw_http2_held(const struct fw_http2 *http2);

/* Feeds the next len bytes; OTHER only within the preface, of which the bytes
 * before were `taken`. Without memory it is MALFORMED. After another state than
 * NEED_MORE further bytes are not looked at. Returns the state. */
enum fw_parse_state fw_http2_feed(struct fw_http2 *http2, const uint8_t *data,
				  size_t len);
