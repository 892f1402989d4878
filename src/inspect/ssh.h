/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SSH (RFC 4253 section 4.2): the line with which a client begins.
 * Its bytes in any portions; nothing is allocated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/parse.h"

#define FW_SSH_BANNER_MAX 253	/* without CR LF */

struct fw_ssh {
	enum fw_parse_state state;
	/* The facts, valid with DONE: */
	uint16_t version;	/* major and minor number, a byte each */
	uint16_t banner_len;
	char banner[FW_SSH_BANNER_MAX + 2];	/* the whole line, without end */
};

void fw_ssh_init(struct fw_ssh *ssh);
/* Feeds the next len bytes. After another state than NEED_MORE further bytes
 * are not looked at. Returns the state. */
enum fw_parse_state fw_ssh_feed(struct fw_ssh *ssh, const uint8_t *data,
				size_t len);
