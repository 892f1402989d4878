/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values: what the words of a match or an element mean, by type. */
#pragma once

#include "ast/ast.h"
#include "plan/plan.h"

enum fw_value_type {
	FW_VALUE_IPV4,
	FW_VALUE_IPV6,
	FW_VALUE_SERVICE,
	FW_VALUE_PROTO,
	FW_VALUE_ETHER_TYPE,
	FW_VALUE_ICMP_TYPE,
	FW_VALUE_ICMP_CODE,
	FW_VALUE_ICMPV6_TYPE,
	FW_VALUE_ICMPV6_CODE,
	FW_VALUE_TCP_FLAGS,
	FW_VALUE_ETHER_ADDR,
	FW_VALUE_IFACE_TYPE,
	FW_VALUE_NFPROTO,
	FW_VALUE_PKTTYPE,
	FW_VALUE_MARK,
	FW_VALUE_UID,
	FW_VALUE_GID,
	FW_VALUE_ARP_OP,
	FW_VALUE_DSCP,
	FW_VALUE_ECN,
	FW_VALUE_CT_STATE,
	FW_VALUE_CT_STATUS,
	FW_VALUE_CT_DIRECTION,
	FW_VALUE_BOOLEAN,
	FW_VALUE_IFNAME,	/* devices have no numbers here: never read */
	FW_VALUE_IFINDEX,
	FW_VALUE_INT1,		/* numbers, by the bits of their field */
	FW_VALUE_INT3,
	FW_VALUE_INT12,
	FW_VALUE_INT8,
	FW_VALUE_INT16,
	FW_VALUE_INT20,
	FW_VALUE_INT32,
	FW_VALUE_MAX_,
};

/* FW_VALUE_INT*: nft calls them all "integer". */
static inline bool fw_value_is_integer(enum fw_value_type type)
{
	return type >= FW_VALUE_INT1 && type <= FW_VALUE_INT32;
}

/* What is wrong with a value. */
struct fw_value_error {
	const char *id;
	char text[256];
	char hint[128];		/* "" for none */
};

enum fw_value_result {
	FW_VALUE_OK,
	FW_VALUE_WRONG,		/* error is filled, or a diagnostic added */
	FW_VALUE_OTHER,		/* no value, prefix or range: nft's affair */
};

/* The type that nft calls so; of the integers none. */
bool fw_value_named(const char *name, enum fw_value_type *ret);
/* nft's name of the type: "ipv4_addr"; and in prose: "IPv4 address". */
const char *fw_value_name(enum fw_value_type type);
const char *fw_value_prose(enum fw_value_type type);
const char *fw_value_article(enum fw_value_type type);	/* "a" or "an" */
fw_u128 fw_value_max(enum fw_value_type type);

/* One value, prefix or range as a text without spaces: `10.0.0.0/8`,
 * `1000-2000`, `http`. */
enum fw_value_result fw_value_text(enum fw_value_type type, const char *text,
				   struct fw_interval *ret,
				   struct fw_value_error *error);

/* How many of the words are a value, prefix or range; 0 for none. */
size_t fw_value_words(const struct fw_word *words, size_t n_words);
/* The same, read. A wrong one is a diagnostic at its words. */
enum fw_value_result fw_value_read(struct fw_diags *diags,
				   enum fw_value_type type,
				   const struct fw_word *words, size_t n_words,
				   struct fw_interval *ret);

/* A plain number, decimal, octal or hexadecimal. */
bool fw_number(const char *text, uint64_t *ret);
/* An interval as nft writes it: a value, a prefix where it is one, a range.
 * NULL when memory runs out. */
const char *fw_value_print(struct fw_arena *arena, enum fw_value_type type,
			   const struct fw_interval *interval);
