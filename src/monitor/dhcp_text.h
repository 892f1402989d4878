/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both versions of DHCP say of a message, and how bytes of one are kept. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum fw_dhcp_state {
	FW_DHCP_MESSAGE,	/* the facts are known */
	FW_DHCP_OTHER,		/* none of this protocol's */
	FW_DHCP_MALFORMED,	/* cut off, or an option that ends outside */
	FW_DHCP_STATE_MAX_,
};

const char *fw_dhcp_state_name(enum fw_dhcp_state state);

/* What an option holds. What is longer is cut off: no client or server in the
 * field sends more in those that are kept. */
#define FW_DHCP_BYTES_MAX 255

struct fw_dhcp_bytes {
	uint16_t len;		/* 0: not there */
	uint8_t data[FW_DHCP_BYTES_MAX];
};

/* Adds to what is there, as far as there is room. */
void fw_dhcp_bytes_add(struct fw_dhcp_bytes *bytes, const uint8_t *data,
		       size_t len);

/* The bytes as text: up to the first NUL (some clients count one in), a '?' for
 * each control character. Returns its length. */
size_t fw_dhcp_text(const struct fw_dhcp_bytes *bytes,
		    char ret[FW_DHCP_BYTES_MAX + 1]);
/* "02:00:5e:10:00:01": two digits a byte, for at most max - 1 characters. */
void fw_dhcp_hex(const uint8_t *data, size_t len, char *ret, size_t max);
