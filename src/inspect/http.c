/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/1: the first request, up to the end of its headers (RFC 9112).
 *
 * In: the client's bytes, in any portions. Out: a state, and the facts with
 * DONE. Nothing fails but by a state.
 *
 * A line is kept as far as it is of interest and read when it is whole. What
 * servers must refuse is malformed here: two hosts, a space before the colon, a
 * host that goes on in the next line, a CR in the middle of one; else the host
 * that we see need not be the one that the server serves.
 */
#include "inspect/http.h"

#include <string.h>
#include <strings.h>

#define METHOD_MAX 32
#define EMPTY_LINES_MAX 8	/* before the request; servers skip some */

void fw_http_init(struct fw_http *http)
{
	memset(http, 0, sizeof(*http));
}

/* By ASCII, whatever the locale. */
static bool alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* --- the request's line ---------------------------------------------------- */
/* RFC 9110 section 5.6.2. */
static bool token_character(char c)
{
	return alphanumeric(c) || (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Whether the line, as far as it has come, may be a request's. */
static bool request_plausible(const struct fw_http *http)
{
	size_t at = http->line_len - 1u;
	const char *space = memchr(http->line, ' ', at + 1);

	if (space)
		return space > http->line &&
		       (unsigned char)http->line[at] >= ' ';
	return at < METHOD_MAX && token_character(http->line[at]);
}

/* The host of a target in absolute form or of CONNECT (section 3.2). */
static bool target_host(struct fw_http *http, const char *target, size_t len)
{
	bool connect = !strncmp(http->line, "CONNECT ", 8);
	const char *at = connect ? target : memmem(target, len, "://", 3);
	const char *end = target + len;
	size_t n;

	if (!at || *target == '/')
		return true;
	if (!connect)
		at += 3;
	for (n = 0; at + n < end && !memchr("/?#", at[n], 3); n++)
		;
	http->in_target = true;
	/* what was not kept may be more of it */
	return !(http->cut && at + n == end) && fw_authority_host(&http->host, at, n);
}

static bool is_version(const char *text, size_t len)
{
	return len == 8 && !memcmp(text, "HTTP/1.", 7) &&
	       text[7] >= '0' && text[7] <= '9';
}

static enum fw_parse_state read_request(struct fw_http *http)
{
	const char *line = http->line, *end = line + http->line_len;
	const char *target = memchr(line, ' ', http->line_len);
	const char *last = memrchr(line, ' ', http->line_len);

	if (!target)
		return FW_PARSE_OTHER;
	target++;
	if (!http->cut) {
		if (last < target ||
		    !is_version(last + 1, (size_t)(end - last - 1)))
			return FW_PARSE_OTHER;
		end = last;
	}
	memcpy(http->request, line,
	       http->line_len < FW_HTTP_REQUEST_MAX ? http->line_len :
						      FW_HTTP_REQUEST_MAX);
	http->request_done = true;
	return target_host(http, target, (size_t)(end - target)) ?
		       FW_PARSE_NEED_MORE : FW_PARSE_MALFORMED;
}

/* --- headers --------------------------------------------------------------- */
static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static enum fw_parse_state read_header(struct fw_http *http)
{
	static const char name[] = "host";
	const char *line = http->line, *end = line + http->line_len;
	const char *value = line + sizeof(name) - 1;
	bool folded = blank(*line);

	/* what goes on, and what servers take for a host in one way or another */
	if (folded)
		return http->host_open ? FW_PARSE_MALFORMED :
					 FW_PARSE_NEED_MORE;
	http->host_open = false;
	if (http->line_len < sizeof(name) - 1 ||
	    strncasecmp(line, name, sizeof(name) - 1) != 0)
		return FW_PARSE_NEED_MORE;
	if (value < end && blank(*value))
		return FW_PARSE_MALFORMED;
	if (value == end || *value != ':')
		return FW_PARSE_NEED_MORE;
	if (http->host_seen || http->cut)
		return FW_PARSE_MALFORMED;
	http->host_seen = http->host_open = true;
	if (http->in_target)
		return FW_PARSE_NEED_MORE;	/* that one counts */
	for (value++; value < end && blank(*value); value++)
		;
	while (end > value && blank(end[-1]))
		end--;
	return fw_authority_host(&http->host, value, (size_t)(end - value)) ?
		       FW_PARSE_NEED_MORE : FW_PARSE_MALFORMED;
}

/* --- lines ----------------------------------------------------------------- */
static enum fw_parse_state end_of_line(struct fw_http *http)
{
	enum fw_parse_state state;

	if (!http->line_len && http->request_done)
		return FW_PARSE_DONE;
	if (!http->line_len)
		return ++http->empty_lines > EMPTY_LINES_MAX ?
			       FW_PARSE_OTHER : FW_PARSE_NEED_MORE;
	state = http->request_done ? read_header(http) : read_request(http);
	http->line_len = 0;
	http->cut = false;
	return state;
}

static enum fw_parse_state take(struct fw_http *http, char byte)
{
	bool cr = http->cr;

	http->cr = byte == '\r';
	if (byte == '\n')
		return end_of_line(http);
	if (cr)
		return http->request_done ? FW_PARSE_MALFORMED :
					    FW_PARSE_OTHER;
	if (http->cr)
		return FW_PARSE_NEED_MORE;
	if (http->line_len == FW_HTTP_LINE_MAX) {
		http->cut = true;
		return FW_PARSE_NEED_MORE;
	}
	http->line[http->line_len++] = byte;
	if (!http->request_done && !request_plausible(http))
		return FW_PARSE_OTHER;
	return FW_PARSE_NEED_MORE;
}

enum fw_parse_state fw_http_feed(struct fw_http *http, const uint8_t *data,
				 size_t len)
{
	for (size_t i = 0; i < len && http->state == FW_PARSE_NEED_MORE; i++)
		http->state = take(http, (char)data[i]);
	return http->state;
}
