/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STARTTLS: conversations in text that may turn to TLS.
 *
 * In: the client's bytes, in any portions. Out: a state and the protocol. Nothing
 * fails but by a state.
 *
 * The first line must be one that a client of these protocols begins with; from
 * then on every line is looked at until one asks for TLS. Whether the server
 * agrees is not asked: where it does not, what follows is no TLS.
 */
#include "inspect/starttls.h"

#include <string.h>
#include <strings.h>

#include "util/cleanup.h"

static const struct {
	const char *protocol;
	bool tagged;		/* a word of the client's own stands in front */
	const char *word;
	bool asks;		/* for TLS */
} commands[] = {
	{ "smtp", false, "ehlo", false }, { "smtp", false, "helo", false },
	{ "smtp", false, "lhlo", false }, { "smtp", false, "starttls", true },
	{ "pop3", false, "capa", false }, { "pop3", false, "user", false },
	{ "pop3", false, "apop", false }, { "pop3", false, "auth", false },
	{ "pop3", false, "stls", true },  { "imap", true, "capability", false },
	{ "imap", true, "id", false },	  { "imap", true, "noop", false },
	{ "imap", true, "login", false }, { "imap", true, "starttls", true },
};

void fw_starttls_init(struct fw_starttls *starttls)
{
	memset(starttls, 0, sizeof(*starttls));
}

static size_t word_len(const char *text, size_t len)
{
	const char *end = memchr(text, ' ', len);

	return end ? (size_t)(end - text) : len;
}

static bool is_word(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && !strncasecmp(word, text, len);
}

static void read_line(struct fw_starttls *s)
{
	size_t first = word_len(s->line, s->len);
	size_t at = first < s->len ? first + 1 : s->len;
	size_t second = word_len(s->line + at, s->len - at);

	for (size_t i = 0; i < FW_ARRAY_SIZE(commands); i++) {
		bool tagged = commands[i].tagged;

		if (s->protocol && strcmp(s->protocol, commands[i].protocol))
			continue;
		if (!is_word(commands[i].word, tagged ? s->line + at : s->line,
			     tagged ? second : first))
			continue;
		s->protocol = commands[i].protocol;
		if (commands[i].asks)
			s->state = FW_PARSE_DONE;
		return;
	}
	if (!s->protocol)
		s->state = FW_PARSE_OTHER;
}

/* XMPP has elements instead of lines: <starttls .../> or <starttls ...>
 * </starttls> asks. */
static void read_element(struct fw_starttls *s)
{
	static const char ask[] = "<starttls", asked[] = "</starttls";
	bool closed = s->len && s->line[s->len - 1] == '/';

	if (s->len >= sizeof(ask) - 1 && !memcmp(s->line, ask, sizeof(ask) - 1))
		s->asked = true;
	else
		closed = s->len >= sizeof(asked) - 1 &&
			 !memcmp(s->line, asked, sizeof(asked) - 1);
	if (s->asked && closed)
		s->state = FW_PARSE_DONE;
}

static void keep(struct fw_starttls *s, char byte)
{
	/* the last byte counts, that of an element's end */
	if (s->len == sizeof(s->line))
		s->len--;
	s->line[s->len++] = byte;
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' && c != '\t' && c != '\r' && c != '\n';
}

static void take(struct fw_starttls *s, char byte)
{
	bool first = !s->protocol && !s->len;

	if (first && byte == '<')
		s->protocol = "xmpp";
	if (!s->protocol && is_control(byte))
		s->state = FW_PARSE_OTHER;
	if (s->protocol && !strcmp(s->protocol, "xmpp")) {
		if (byte == '<')
			s->len = 0;
		if (byte != '>')
			keep(s, byte);
		else
			read_element(s);
	} else if (byte == '\n') {
		read_line(s);
		s->len = 0;
	} else if (byte != '\r') {
		keep(s, byte);
	}
}

size_t fw_starttls_feed(struct fw_starttls *s, const uint8_t *data, size_t len)
{
	size_t i = 0;

	while (i < len && s->state == FW_PARSE_NEED_MORE)
		take(s, (char)data[i++]);
	return i;
}
