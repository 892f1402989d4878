/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nobody else is to read, struck out of a text. */
#pragma once

#include <stddef.h>

/*
 * Overwrites with '*', in place and of the same length, in text of len bytes:
 * what stands before the '@' of a URL's host, URLs' queries, and values behind
 * words such as "password", "token" or "api_key".
 */
void fw_redact(char *text, size_t len);
