/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/1 (RFC 9112): the first request's line, and the host that it is for.
 * The client's bytes in any portions; nothing is allocated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/authority.h"
#include "inspect/parse.h"

#define FW_HTTP_LINE_MAX 1024	/* of what is kept of a line to be read */
#define FW_HTTP_REQUEST_MAX 255	/* of what is kept of the request's line */

struct fw_http {
	enum fw_parse_state state;
	/* The facts, valid with DONE: */
	struct fw_host host;
	bool request_done;	/* its line is whole: */
	char request[FW_HTTP_REQUEST_MAX + 1];	/* as it came, without end */

	/* Below: where the parser stands. */
	bool in_target;		/* the host stood in the request's line */
	bool host_seen;		/* a Host header was there */
	bool host_open;		/* it is the last one so far */
	bool cr;		/* the last byte was one */
	uint8_t empty_lines;	/* before the request */
	bool cut;		/* the line is longer than is kept */
	uint16_t line_len;
	char line[FW_HTTP_LINE_MAX];
};

void fw_http_init(struct fw_http *http);
/* Feeds the next len bytes. After another state than NEED_MORE further bytes
 * are not looked at. Returns the state. */
enum fw_parse_state fw_http_feed(struct fw_http *http, const uint8_t *data,
				 size_t len);
