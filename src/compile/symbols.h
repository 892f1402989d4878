/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of numbers, as nft knows them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fw_symbol {
	const char *name;
	uint16_t value;
};

enum fw_symbols {
	FW_SYMBOLS_SERVICE,
	FW_SYMBOLS_PROTO,
	FW_SYMBOLS_ETHER_TYPE,
	FW_SYMBOLS_ICMP_TYPE,
	FW_SYMBOLS_ICMP_CODE,
	FW_SYMBOLS_ICMPV6_TYPE,
	FW_SYMBOLS_ICMPV6_CODE,
	FW_SYMBOLS_TCP_FLAG,
	FW_SYMBOLS_MAX_,
};

/* NULL when the table has no such name. */
const struct fw_symbol *fw_symbol_find(enum fw_symbols table, const char *name);
/* A whole table, sorted by name. */
const struct fw_symbol *fw_symbols(enum fw_symbols table, size_t *ret_n);
