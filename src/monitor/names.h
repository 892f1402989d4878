/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names by which addresses were given out: what clients asked for, and what they
 * were answered, with the answer's time to live. A bounded number; the oldest make
 * room. Beyond its time a name stays known, for flows that go on, until then.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of one address: more push out the oldest. */
#define FW_NAMES_OF_ADDRESS 8

struct fw_names;

/* NULL when memory or random numbers run out. */
struct fw_names *fw_names_new(size_t room);
void fw_names_free(struct fw_names *names);

/* Only memory fails: then the name is not known. */
void fw_names_add(struct fw_names *names, uint8_t family,
		  const uint8_t address[16], const char *name, uint32_t ttl_s,
		  uint64_t now_ns);

/* The name by which the address was given out last, or NULL; lent until the next
 * fw_names_add(). */
const char *fw_names_find(const struct fw_names *names, uint8_t family,
			  const uint8_t address[16]);

struct fw_name_entry {
	uint8_t family;		/* 4, 6 */
	uint8_t address[16];	/* be; IPv4 in the first four, rest 0 */
	const char *name;	/* lent */
	uint64_t seen_ns, until_ns;	/* boot clock: of the last answer */
};

/* Those whose time is not over, oldest first. A return that is not 0 ends it, and
 * is returned. */
int fw_names_each(const struct fw_names *names, uint64_t now_ns,
		  int (*fn)(void *ctx, const struct fw_name_entry *entry),
		  void *ctx);
