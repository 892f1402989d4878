/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of element files to fields, one function a format.
 *
 * In: a line. Out: its fields, to the callback. A line that is no text, too
 * long or without the field asked for gives a diagnostic and -EINVAL.
 */
#include "lists/line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define BLANKS " \t"
#define COMMENTS "#;"
#define GUESS_LINES 32	/* with content */

/* Names of the local host that hosts files open with; they are no entries. */
static const char *const local_names[] = {
	"localhost", "localhost.localdomain", "local", "broadcasthost",
	"ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix",
	"ip6-allnodes", "ip6-allrouters", "ip6-allhosts", "0.0.0.0",
};

static struct fw_loc place(const struct fw_list_run *run, const char *line,
			   const char *at, size_t len)
{
	uint32_t col = (uint32_t)(at - line) + 1;

	return (struct fw_loc){
		.file = run->file, .line = run->line, .end_line = run->line,
		.col = col, .end_col = col + (uint32_t)(len ? len - 1 : 0),
	};
}

static int refuse(struct fw_list_run *run, const char *line, const char *at, size_t len,
		  const char *text)
{
	struct fw_loc loc = place(run, line, at, len);
	struct fw_diag *diag = fw_error(run->diags, "list-line", &loc, "%s", text);

	if (run->named_at)
		fw_diag_related(run->diags, diag, run->named_at, "the list is named here");
	run->stopped = true;
	return -EINVAL;
}

static int give(struct fw_list_run *run, const char *line, char *text, size_t len)
{
	struct fw_list_field field = {
		.text = text, .len = len, .loc = place(run, line, text, len),
	};
	char saved = text[len];
	int err;

	text[len] = '\0';
	run->n_fields++;
	err = run->fn(run->ctx, &field);
	text[len] = saved;
	run->stopped = err != 0;
	return err;
}

/* Length of the UTF-8 character at text (RFC 3629), 0 where there is none. */
static size_t utf8_length(const unsigned char *text, size_t len)
{
	size_t n = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 :
		   text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return n;
}

/* What no list holds: it is an archive, an error page, the wrong file. */
static int check_line(struct fw_list_run *run, const char *line, size_t len)
{
	size_t blanks = strspn(line, BLANKS), n;

	for (size_t i = 0; i < len && i <= FW_LIST_MAX_LINE; i += n) {
		unsigned char c = (unsigned char)line[i];

		n = utf8_length((const unsigned char *)line + i, len - i);
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return refuse(run, line, line + i, 1,
				      "a control character: this is no text file");
		if (!n)
			return refuse(run, line, line + i, 1,
				      "not UTF-8: this is no text file");
	}
	if (len > FW_LIST_MAX_LINE)
		return refuse(run, line, line, 1, "the line is longer than 4096 bytes");
	if (line[blanks] == '<')
		return refuse(run, line, line + blanks, len - blanks,
			      "this is HTML or XML, not a list");
	return 0;
}

static bool is_address(const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(AF_INET, copy, &addr) == 1 || inet_pton(AF_INET6, copy, &addr) == 1;
}

/* Who writes two addresses in a line means both. Said of the first such line. */
static void tell_unread(struct fw_list_run *run, const char *line, const char *rest,
			const char *hint)
{
	const char *more = rest + strspn(rest, BLANKS "-");
	size_t len = strcspn(more, BLANKS COMMENTS ",/-");
	struct fw_diag *diag;
	struct fw_loc loc;

	if (run->told_unread || !is_address(more, len))
		return;
	run->told_unread = true;
	loc = place(run, line, more, len);
	diag = fw_warning(run->diags, "list-line", &loc,
			  "of each line only the first field is read: this address is not");
	fw_diag_hint(run->diags, diag, "%s", hint);
}

/* plain and netset: the first field; what follows white space is ignored. */
static int first_field(struct fw_list_run *run, char *line)
{
	char *field = line + strspn(line, BLANKS);
	size_t len = strcspn(field, BLANKS COMMENTS);

	tell_unread(run, line, field + len,
		    "write each element in a line of its own, a range without blanks");
	return len ? give(run, line, field, len) : 0;
}

/* A pattern may hold blanks and number signs. */
static int whole_line(struct fw_list_run *run, char *line)
{
	char *field = line + strspn(line, BLANKS);
	size_t len = strlen(field);

	while (len && strchr(BLANKS, field[len - 1]))
		len--;
	return len && *field != '#' ? give(run, line, field, len) : 0;
}

static bool is_local_name(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(local_names) / sizeof(local_names[0]); i++) {
		if (strlen(local_names[i]) == len && !strncmp(local_names[i], text, len))
			return true;
	}
	return false;
}

/* hosts(5): an address, then names. */
static int names_of_host(struct fw_list_run *run, char *line)
{
	char *field = line + strspn(line, BLANKS);
	size_t len = strcspn(field, BLANKS "#");
	char *name = field + len + strspn(field + len, BLANKS);

	if (!len)
		return 0;
	if (!is_address(field, len))
		return refuse(run, line, field, len,
			      "expected an address and a name, as in a hosts file");
	if (!*name || *name == '#')
		return refuse(run, line, field, len, "no name behind the address");
	for (field = name; (len = strcspn(field, BLANKS "#")); ) {
		int err = is_local_name(field, len) ? 0 : give(run, line, field, len);

		if (err)
			return err;
		field += len + strspn(field + len, BLANKS);
	}
	return 0;
}

/*
 * One cell of a row (RFC 4180, without newlines in cells): its text, unquoted in
 * place. Returns where the next one begins, NULL behind the last.
 */
static char *cut_cell(char *at, char **ret, size_t *ret_len)
{
	char *to;

	at += strspn(at, BLANKS);
	*ret = at;
	if (*at != '"') {
		*ret_len = strcspn(at, ",");
		at += *ret_len;
		while (*ret_len && strchr(BLANKS, (*ret)[*ret_len - 1]))
			--*ret_len;
		return *at ? at + 1 : NULL;
	}
	*ret = to = ++at;
	for (; *at && (*at != '"' || at[1] == '"'); at++) {
		if (*at == '"')
			at++;
		*to++ = *at;
	}
	*ret_len = (size_t)(to - *ret);
	at += strcspn(at, ",");
	return *at ? at + 1 : NULL;
}

static int cell(struct fw_list_run *run, char *line)
{
	char *at = line + strspn(line, BLANKS), *text = NULL;
	size_t len = 0;

	if (!*at || strchr(COMMENTS, *at))
		return 0;
	for (unsigned i = 0; i < run->column; i++) {
		if (!at)
			return refuse(run, line, line, strlen(line),
				      "the line has too few columns");
		at = cut_cell(at, &text, &len);
	}
	if (at && run->guessed)
		tell_unread(run, line, at,
			    "the commas make this csv: write each element in a line of "
			    "its own, or 'format csv:1' where this is meant");
	return len ? give(run, line, text, len) : 0;
}

int fw_list_line(struct fw_list_run *run, enum fw_list_format format, char *line, size_t len)
{
	int err;

	if (len && line[len - 1] == '\r')
		line[--len] = '\0';
	err = check_line(run, line, len);
	if (err)
		return err;
	switch (format) {
	case FW_LIST_HOSTS:
		return names_of_host(run, line);
	case FW_LIST_CSV:
		return cell(run, line);
	case FW_LIST_LINES:
		return whole_line(run, line);
	default:
		return first_field(run, line);
	}
}

/* Is it "address name"? A number behind an address is a score, not a name. */
static bool is_host_line(const char *line, size_t len)
{
	size_t first = 0, second;

	while (first < len && !strchr(BLANKS, line[first]))
		first++;
	second = first;
	while (second < len && strchr(BLANKS, line[second]))
		second++;
	if (!is_address(line, first))
		return false;
	for (; second < len && !strchr(BLANKS COMMENTS, line[second]); second++) {
		char c = line[second];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			return true;
	}
	return false;
}

/* hosts where most of the first lines are such, csv where they have commas. */
enum fw_list_format fw_list_guess(const char *text, size_t len)
{
	size_t lines = 0, hosts = 0, commas = 0;

	while (len && lines < GUESS_LINES) {
		const char *stop = memchr(text, '\n', len);
		size_t n = stop ? (size_t)(stop - text) : len, rest = stop ? n + 1 : n;

		while (n && *text && strchr(BLANKS, *text))
			text++, n--, rest--, len--;
		if (n && *text && !strchr(COMMENTS "\r", *text)) {
			lines++;
			hosts += is_host_line(text, n);
			commas += memchr(text, ',', n) != NULL;
		}
		text += rest;
		len -= rest;
	}
	if (hosts * 2 > lines)
		return FW_LIST_HOSTS;
	return commas * 2 > lines ? FW_LIST_CSV : FW_LIST_PLAIN;
}
