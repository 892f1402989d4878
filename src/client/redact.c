/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text in, the same without secrets out. Rather too much is struck out than
 * too little: the reader has asked for a report of faults. Cannot fail.
 */
#include "client/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "util/cleanup.h"

/* Ends of words whose value is a secret, however the word begins. */
static const char *const words[] = {
	"password", "passwd", "passphrase", "secret", "token", "apikey",
	"api_key", "api-key", "private_key", "private-key", "authorization",
	"bearer",
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool ends_value(char c)
{
	return c == '\n' || c == '\0' || c == '"' || c == '\'' || c == ';' ||
	       c == ',' || c == '}' || is_blank(c);
}

static char *strike(char *from, const char *end, bool (*is_end)(char c))
{
	while (from < end && !is_end(*from))
		*from++ = '*';
	return from;
}

/* --- behind a word -------------------------------------------------------- */
static size_t word_at(const char *text, const char *end)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);

		if (len <= (size_t)(end - text) &&
		    !strncasecmp(text, words[i], len) &&
		    (text + len == end || !isalnum((unsigned char)text[len])))
			return len;
	}
	return 0;
}

static bool is_between(char c)
{
	return is_blank(c) || c == '=' || c == ':' || c == '"' || c == '\'';
}

static bool ends_line(char c)
{
	return c == '\n' || c == '\0';
}

static bool ends_quoted(char c)
{
	return ends_line(c) || c == '"' || c == '\'';
}

/* `token: Bearer X` and a quoted value with blanks go whole; a word that nothing
 * but prose follows loses its next word. */
static char *strike_value(char *at, const char *end)
{
	bool is_quoted = false, is_named = false;

	for (; at < end && is_between(*at); at++) {
		is_named |= *at == '=' || *at == ':';
		is_quoted = *at == '"' || *at == '\'';
	}
	if (is_quoted)
		return strike(at, end, ends_quoted);
	at = strike(at, end, ends_value);
	if (is_named && end - at > 1 && is_blank(*at) && at[-1] == '*' &&
	    !is_blank(at[1]))
		at = strike(at + 1, end, ends_value);
	return at;
}

/* --- URLs ----------------------------------------------------------------- */
static bool ends_url(char c)
{
	return ends_value(c) || c == '>' || c == ')';
}

static char *strike_url(char *host, const char *end)
{
	char *at = NULL, *p;

	for (p = host; p < end && !ends_url(*p) && *p != '/' && *p != '?'; p++)
		if (*p == '@')
			at = p;
	if (at)
		memset(host, '*', (size_t)(at - host));
	for (; p < end && !ends_url(*p); p++)
		if (*p == '?')
			return strike(p + 1, end, ends_url);
	return p;
}

void fw_redact(char *text, size_t len)
{
	const char *end = text + len;
	char *at = text;

	while (at < end) {
		size_t n = word_at(at, end);

		if (n > 0)
			at = strike_value(at + n, end);
		else if (end - at > 3 && !strncmp(at, "://", 3))
			at = strike_url(at + 3, end);
		else
			at++;
	}
}
