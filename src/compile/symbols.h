/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of numbers, as nft knows them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fw_symbol {
	const char *name;
	uint32_t value;
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
	FW_SYMBOLS_IFACE_TYPE,
	FW_SYMBOLS_NFPROTO,
	FW_SYMBOLS_PKTTYPE,
	FW_SYMBOLS_ARP_OP,
	FW_SYMBOLS_DSCP,
	FW_SYMBOLS_ECN,
	FW_SYMBOLS_CT_STATE,
	FW_SYMBOLS_CT_STATUS,
	FW_SYMBOLS_CT_DIRECTION,
	FW_SYMBOLS_BOOLEAN,
	FW_SYMBOLS_LOG_LEVEL,
	FW_SYMBOLS_MAX_,
};

/* NULL when the table has no such name. */
const struct fw_symbol *fw_symbol_find(enum fw_symbols table, const char *name);
/* The name that is most like it, for "did you mean"; NULL for none. */
const char *fw_symbol_nearest(enum fw_symbols table, const char *name);
/* A whole table, sorted by name. */
const struct fw_symbol *fw_symbols(enum fw_symbols table, size_t *ret_n);
