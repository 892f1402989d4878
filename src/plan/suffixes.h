/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the DNS by their suffixes: in which of several sets is a name?
 *
 * A class is the answer for all sets at once. Class 0: in none of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "util/siphash.h"

struct fw_domain_set;

/* More would not fit a table of a sensible size. */
#define FW_SUFFIXES_MAX (1u << 22)

struct fw_suffix {
	const char *name;	/* lower case, without final dot */
	uint32_t whole;		/* class of the name that is this suffix */
	uint32_t below;		/* class of the names below it, where no longer
				   suffix says more */
	bool leaf;		/* there is no longer one */
};

/* Without its first label each suffix is one too, so that a search from the
 * right may end at the first that is not there. */
struct fw_suffixes {
	const struct fw_domain_set *const *sets;
	size_t n_sets;
	const struct fw_suffix *items;	/* each behind the one it is below */
	size_t n;
	const uint64_t *classes;	/* n_classes * words */
	size_t n_classes, words;
};

static inline bool fw_class_has(const struct fw_suffixes *suffixes,
				uint32_t class, size_t set)
{
	return suffixes->classes[class * suffixes->words + set / 64] >>
		       set % 64 & 1;
}

/*
 * The same as the programs look it up: tables of abi.h. Keyed, so that nobody
 * outside can choose what falls into one bucket.
 */
struct fw_suffix_table {
	struct fw_name_head head;
	uint64_t *filter;		/* n_filter */
	struct fw_name_bucket *buckets;	/* head.buckets */
	size_t n_filter;
};

/* 0 or -ENOMEM. */
int fw_suffix_table_build(const struct fw_suffixes *suffixes,
			  const struct fw_siphash_key *key,
			  struct fw_suffix_table *ret);
/* What it takes at first; with bad luck in hashing, more. */
size_t fw_suffix_table_bytes(const struct fw_suffixes *suffixes);
void fw_suffix_table_done(struct fw_suffix_table *table);

/* The class of a name in wire form (RFC 1035 section 3.1), len bytes with the
 * root's 0, whole and without pointers. */
uint32_t fw_suffix_table_class(const struct fw_suffix_table *table,
			       const uint8_t *wire, size_t len);
