/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as nft writes them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "1h30m", "10m", "500ms", or a plain number of seconds, in milliseconds. False
 * for what is none, and for what is beyond 10,000,000 days. */
bool fw_duration_read(const char *text, uint64_t *ret_ms);
