/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only many messages show: clients that are told again and again that a name
 * does not exist, and names that carry data out. Bounded memory; by the clock of
 * what is shown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fw_dns_rates;

struct fw_dns_rates *fw_dns_rates_new(void);
void fw_dns_rates_free(struct fw_dns_rates *rates);

struct fw_dns_flood {
	uint32_t nxdomain, answers;	/* in the window */
	unsigned seconds;
};

/* An answer to a client (family, then 16 bytes). True with *ret each time that
 * the client is in a flood. */
bool fw_dns_rates_answer(struct fw_dns_rates *rates, uint8_t family,
			 const uint8_t client[16], bool nxdomain,
			 uint64_t now_ns, struct fw_dns_flood *ret);

struct fw_dns_tunnel {
	uint32_t names;		/* new ones under the parent, in the window */
	uint32_t length;	/* mean bytes below the parent */
	uint32_t entropy;	/* of these, in thousandths of a bit a byte */
	size_t parent;		/* where the parent begins in the wire form */
	unsigned seconds;
};

/* A question's name in wire form. True with *ret each time that the client's
 * names under one parent look like data. */
bool fw_dns_rates_name(struct fw_dns_rates *rates, uint8_t family,
		       const uint8_t client[16], const uint8_t *name,
		       size_t len, uint64_t now_ns, struct fw_dns_tunnel *ret);

/* Where the parent of a name begins: its last two labels, or three where the
 * last two are as short as those of co.uk. len: it has nothing below one. */
size_t fw_dns_parent(const uint8_t *name, size_t len);

/* Shannon's entropy of what was counted, in thousandths of a bit. */
uint32_t fw_dns_entropy(const uint16_t counts[256]);
