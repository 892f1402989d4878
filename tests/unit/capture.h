/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures, pcap and pcapng, as far as tests need them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Calls fn for each packet that has an IP header: data begins with it. Returns
 * the number of packets, or -errno; -EINVAL for a file of another kind.
 */
int capture_read(const char *path,
		 void (*fn)(void *ctx, const uint8_t *data, size_t len),
		 void *ctx);
