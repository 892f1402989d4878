/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of options, and texts of them. Nothing fails: what has no room is cut. */
#include "monitor/dhcp_text.h"

#include <string.h>

#include "util/cleanup.h"

static const char *const state_names[] = {
	[FW_DHCP_MESSAGE] = "message",
	[FW_DHCP_OTHER] = "other",
	[FW_DHCP_MALFORMED] = "malformed",
};
_Static_assert(FW_ARRAY_SIZE(state_names) == FW_DHCP_STATE_MAX_, "state_names");

const char *fw_dhcp_state_name(enum fw_dhcp_state state)
{
	return state_names[state];
}

void fw_dhcp_bytes_add(struct fw_dhcp_bytes *bytes, const uint8_t *data,
		       size_t len)
{
	size_t room = sizeof(bytes->data) - bytes->len;

	if (len > room)
		len = room;
	if (len)
		memcpy(bytes->data + bytes->len, data, len);
	bytes->len = (uint16_t)(bytes->len + len);
}

size_t fw_dhcp_text(const struct fw_dhcp_bytes *bytes,
		    char ret[FW_DHCP_BYTES_MAX + 1])
{
	size_t n;

	for (n = 0; n < bytes->len && bytes->data[n]; n++) {
		uint8_t c = bytes->data[n];

		ret[n] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	ret[n] = '\0';
	return n;
}

void fw_dhcp_hex(const uint8_t *data, size_t len, char *ret, size_t max)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < len && at + 4 <= max; i++) {
		if (i)
			ret[at++] = ':';
		ret[at++] = digits[data[i] >> 4];
		ret[at++] = digits[data[i] & 15];
	}
	ret[at] = '\0';
}
