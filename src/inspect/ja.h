/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fingerprints of TLS clients, from the facts of a whole ClientHello. */
#pragma once

#include "inspect/hello.h"

#define FW_JA3_SIZE 33		/* with the final NUL */
#define FW_JA4_SIZE 37

/* JA3: the MD5 of what the hello lists, in its own order; hex. */
void fw_ja3(const struct fw_hello *hello, char ret[FW_JA3_SIZE]);
/* JA4 of a client: what the hello lists, sorted. transport: 't' for TCP, 'q' for
 * QUIC. */
void fw_ja4(const struct fw_hello *hello, char transport,
	    char ret[FW_JA4_SIZE]);
