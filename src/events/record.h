/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records: events as the log and subscribers see them, one JSON object a line.
 *
 * A record is begun, gets its members, and is ended:
 *
 *	struct fw_record record;
 *
 *	fw_record_begin(&record, FW_RECORD_GENERATION, fw_record_now());
 *	fw_record_number(&record, "generation", 8);
 *	line = fw_record_end(&record);
 *
 * Members that are not known (NULL, zero addresses of no family) are left out.
 * Memory that runs out shows at the end: NULL.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

/* One name table for `flywall events TYPE`, the log and the manual. */
enum fw_record_type {
	FW_RECORD_DNS_QUERY,
	FW_RECORD_DNS_REBIND,
	FW_RECORD_DNS_MISMATCH,
	FW_RECORD_DNS_NXDOMAIN_FLOOD,
	FW_RECORD_DNS_TUNNEL,
	FW_RECORD_TLS_HANDSHAKE,
	FW_RECORD_DHCP_LEASE,
	FW_RECORD_DHCP_ROGUE,
	FW_RECORD_DHCP_CONFLICT,
	FW_RECORD_DHCP_STARVATION,
	FW_RECORD_LOG,
	FW_RECORD_DROP,
	FW_RECORD_GENERATION,
	FW_RECORD_FLOW,
	FW_RECORD_ORDER,
	FW_RECORD_BLOCK,
	FW_RECORD_DEVICE,
	FW_RECORD_INSPECTOR,
	FW_RECORD_LEARN,
	FW_RECORD_ERROR,
	FW_RECORD_LOST,
	FW_RECORD_ALERT,
	FW_RECORD_KERNEL_DROP,
	FW_RECORD_RETRANSMIT,
	FW_RECORD_RESET,
	FW_RECORD_MAX_,
};

#define FW_RECORD_ALL ((1u << FW_RECORD_MAX_) - 1)

const char *fw_record_type_name(enum fw_record_type type);
/* The type of that name, or -ENOENT. */
int fw_record_type_find(const char *name);

struct fw_record {
	enum fw_record_type type;
	struct fw_buf line;
};

/* Nanoseconds of the wall clock now, and of a moment of the boot clock. */
uint64_t fw_record_now(void);
uint64_t fw_record_wall(uint64_t boot_ns);

void fw_record_begin(struct fw_record *record, enum fw_record_type type,
		     uint64_t wall_ns);
/* text is UTF-8; bytes that are not become U+FFFD. */
void fw_record_text(struct fw_record *record, const char *key,
		    const char *text);
void fw_record_number(struct fw_record *record, const char *key,
		      uint64_t number);
/* With two digits behind the point. */
void fw_record_decimal(struct fw_record *record, const char *key, double number);
/* family is 4 or 6; addr is in network byte order. */
void fw_record_address(struct fw_record *record, const char *key,
		       uint8_t family, const uint8_t addr[16]);

#define FW_PROTO_MAX 16

/* "tcp", as nft prints it; the number where it has no name. */
const char *fw_proto_text(uint8_t proto, char text[static FW_PROTO_MAX]);

/* The line, without a newline, which the caller frees; NULL: no memory. */
char *fw_record_end(struct fw_record *record);
