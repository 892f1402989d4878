/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes of numbers of so many bits. Nothing may fail. */
#pragma once

#include "plan/plan.h"

/* The last number of a prefix. */
static inline fw_u128 fw_prefix_last(fw_u128 addr, unsigned len, unsigned width)
{
	if (len == 0)
		return width == 128 ? ~(fw_u128)0 : ((fw_u128)1 << width) - 1;
	return addr | (((fw_u128)1 << (width - len)) - 1);
}

/* The length of the largest prefix that begins at addr and ends at hi or
 * before. */
static inline unsigned fw_prefix_length(fw_u128 addr, fw_u128 hi, unsigned width)
{
	unsigned len = width;

	while (len > 0 && !(addr & ((fw_u128)1 << (width - len))) &&
	       fw_prefix_last(addr, len - 1, width) <= hi)
		len--;
	return len;
}
