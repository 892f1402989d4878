/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authority: the host that a request is for.
 *
 * In: the text of a Host header, of a target or of :authority. Out: the host in
 * lower case. Fails for what no server takes.
 */
#include "inspect/authority.h"

#include <string.h>

bool fw_authority_host(struct fw_host *ret, const char *text, size_t len)
{
	const char *user = memrchr(text, '@', len);
	const char *end;

	if (user) {
		len -= (size_t)(user + 1 - text);
		text = user + 1;
	}
	if (len && *text == '[') {
		end = memchr(text, ']', len);
		if (!end)
			return false;
		end++;
	} else {
		end = memchr(text, ':', len);
	}
	if (end)
		len = (size_t)(end - text);
	if (len && text[len - 1] == '.')
		len--;
	if (len > FW_HOST_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
		ret->name[i] = text[i];
		if (text[i] >= 'A' && text[i] <= 'Z')
			ret->name[i] = (char)(text[i] - 'A' + 'a');
	}
	ret->name[len] = '\0';
	ret->len = (uint16_t)len;
	return true;
}
