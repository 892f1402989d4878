/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes to a JSON string (RFC 8259 section 7).
 *
 * In: a text. Out: the string, quotes and all, at the end of a buffer. Fails as
 * buffers do.
 */
#include "util/json_text.h"

/* Length of the UTF-8 character at text (RFC 3629), 0 where there is none. */
static size_t character(const unsigned char *t)
{
	size_t n = t[0] < 0x80			? 1 :
		   t[0] >= 0xc2 && t[0] < 0xe0	? 2 :
		   t[0] >= 0xe0 && t[0] < 0xf0	? 3 :
		   t[0] >= 0xf0 && t[0] < 0xf5	? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((t[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong, surrogates, beyond U+10FFFF. */
	if ((t[0] == 0xe0 && t[1] < 0xa0) || (t[0] == 0xed && t[1] > 0x9f) ||
	    (t[0] == 0xf0 && t[1] < 0x90) || (t[0] == 0xf4 && t[1] > 0x8f))
		return 0;
	return n;
}

void fw_buf_add_json(struct fw_buf *buf, const char *text)
{
	if (!text) {
		fw_buf_add(buf, "null");
		return;
	}
	fw_buf_addc(buf, '"');
	while (*text) {
		const unsigned char *t = (const unsigned char *)text;
		size_t n = character(t);

		if (n == 0)
			fw_buf_add(buf, "\xef\xbf\xbd");
		else if (*t == '"' || *t == '\\')
			fw_buf_printf(buf, "\\%c", *t);
		else if (*t < 0x20 || *t == 0x7f)
			fw_buf_printf(buf, "\\u%04x", *t);
		else
			fw_buf_addn(buf, text, n);
		text += n > 0 ? n : 1;
	}
	fw_buf_addc(buf, '"');
}
