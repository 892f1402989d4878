/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host in an authority of HTTP, as a set's element would have it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_HOST_MAX 255

struct fw_host {
	uint16_t len;
	char name[FW_HOST_MAX + 1];	/* lower case, without final dot */
};

/* Of an authority (RFC 3986 section 3.2) without its user and port; empty where
 * there is none. False for what is no host. */
bool fw_authority_host(struct fw_host *ret, const char *text, size_t len);
