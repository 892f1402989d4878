/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nf_tables holds right now, read by netlink dumps: names and handles,
 * in the kernel's order. Reads only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

struct mnl_socket;

struct fw_nft_kernel_rule {
	uint64_t handle;
	bool counted;		/* it has a counter of its own */
	uint64_t packets, bytes;	/* valid with counted */
};

struct fw_nft_kernel_chain {
	const char *name;
	bool base;
	struct fw_nft_kernel_rule *rules;	/* in order */
	size_t n_rules, cap_rules;
};

struct fw_nft_kernel_name {
	const char *name;
	bool counter;
	uint64_t packets, bytes;	/* valid with counter */
};

/* A table with what stands in it. objects: names of sets, maps, flowtables and
 * stateful objects, anonymous ones left out. */
struct fw_nft_kernel_table {
	const char *family, *name;
	uint64_t handle;
	struct fw_nft_kernel_chain *chains;
	size_t n_chains, cap_chains;
	struct fw_nft_kernel_name *objects;
	size_t n_objects, cap_objects;
};

struct fw_nft_kernel_tables {
	struct fw_nft_kernel_table *items;
	size_t n, cap;
};

/* Every table of the namespace, names and handles only. 0 or -errno. */
int fw_nft_kernel_tables(struct mnl_socket *nl, struct fw_arena *arena,
			 struct fw_nft_kernel_tables *ret);
/* Fills in chains, rules and objects of a table. 0 or -errno. */
int fw_nft_kernel_table(struct mnl_socket *nl, struct fw_arena *arena,
			struct fw_nft_kernel_table *table);
/* NULL when it is not there. */
struct fw_nft_kernel_table *
fw_nft_kernel_find(const struct fw_nft_kernel_tables *tables,
		   const char *family, const char *name);
const struct fw_nft_kernel_chain *
fw_nft_kernel_chain(const struct fw_nft_kernel_table *table, const char *name);
/* NULL where the table has no counter of that name. */
const struct fw_nft_kernel_name *
fw_nft_kernel_counter(const struct fw_nft_kernel_table *table, const char *name);
bool fw_nft_kernel_has_object(const struct fw_nft_kernel_table *table,
			      const char *name);

/* The one element of set "epoch" in table inet flywall: the low 32 bits of the
 * epoch (the set is of type mark); 0 where there is none. 0 or -errno. */
int fw_nft_kernel_epoch(struct mnl_socket *nl, uint32_t *ret);

/* What a set holds, of one key without concatenation: a value each; of interval
 * sets a value where an interval begins, and one (end) behind its last. */
struct fw_nft_kernel_element {
	uint8_t key[16];
	size_t len;		/* of key, as on the wire */
	uint32_t data;		/* of a map: what it says, where that is so long */
	bool end;
	bool timed;
	uint64_t timeout_ms, left_ms;	/* valid with timed; timeout 0: the
					   set's own */
};

struct fw_nft_kernel_elements {
	struct fw_nft_kernel_element *items;
	size_t n, cap;
};

/* Keys that do not fit are without their bytes. 0; -ENOENT without such a set;
 * -errno. */
int fw_nft_kernel_elements(struct mnl_socket *nl, struct fw_arena *arena,
			   const char *family, const char *table,
			   const char *set, struct fw_nft_kernel_elements *ret);

/* "inet" and the like, and NFPROTO_*; NULL and -1 for others. */
const char *fw_nft_family_name(int family);
int fw_nft_family_number(const char *name);
