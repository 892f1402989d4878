/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What owned tables hold, as text and kernel handles: the form in which the
 * standing state and a plan can be compared, and which is kept on disk.
 *
 * A record has all its memory in one arena. Records are three in a commit:
 * live (what stands in the kernel), next (what will), and the one in the state
 * file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"
#include "util/arena.h"

struct fw_nft_kernel_table;
struct fw_nft_kernel_tables;

struct fw_nft_rec_rule {
	const char *text;	/* as nft took it; "" where it is not known: the
				   rule is another's, or was lost from sight */
	uint64_t handle;	/* 0 until the kernel has given one */
	uint32_t rule;		/* index in plan->rules, or FW_NO_RULE; not on
				   disk */
};

struct fw_nft_rec_chain {
	const char *name;
	const char *base;	/* without the policy, in single spaces; "" is a
				   base chain of which no more is known; NULL
				   is a regular chain */
	const char *policy;	/* valid with base */
	const char *comment;	/* or NULL */
	bool queue;
	uint16_t queue_first, queue_last;	/* valid with queue */
	bool bypass;
	struct fw_nft_rec_rule *rules;
	size_t n_rules;
};

struct fw_nft_rec_object {
	const char *kind, *name, *body;
	const char **elements;
	size_t n_elements;
	bool merges;
	bool reset;		/* the content is replaced, not amended */
};

struct fw_nft_rec_table {
	const char *family, *name;
	const char *body;	/* or NULL */
	uint64_t handle;	/* 0 until the kernel has given one */
	bool own;
	bool foreign;		/* stands in the kernel and is to be deleted
				   whole: taken over */
	bool take_over;		/* the file says so */
	struct fw_nft_rec_object *objects;
	size_t n_objects;
	struct fw_nft_rec_chain *chains;
	size_t n_chains;
};

struct fw_nft_record {
	struct fw_arena *arena;
	uint64_t epoch;
	struct fw_nft_rec_table *tables;
	size_t n_tables, cap_tables;
};

/* An empty record, or NULL. */
struct fw_nft_record *fw_nft_record_new(void);
void fw_nft_record_free(struct fw_nft_record *record);

/* The plan's tables with the placeholders filled in; no handles. 0, -ENOMEM. */
int fw_nft_record_from_plan(const struct fw_plan *plan, uint64_t epoch,
			    unsigned slot, struct fw_nft_record **ret);

/*
 * Brings a record in line with the kernel: tables, chains and objects that are
 * gone leave it, chains and rules that it does not know come in with unknown
 * text, each at its place. A table that stands under another handle is
 * another's, and gone. Reads each table of the record into tables. 0 or -errno.
 */
struct mnl_socket;
int fw_nft_record_reconcile(struct fw_nft_record *record, struct mnl_socket *nl,
			    struct fw_nft_kernel_tables *tables);

/*
 * Learns handles of what a transaction has made: of each table, and of each
 * rule by its place in its chain. Where the kernel's rules do not fit, the
 * chain's rules become unknown. Returns the number of such chains, or -errno.
 */
int fw_nft_record_read_back(struct fw_nft_record *record, struct mnl_socket *nl,
			    struct fw_nft_kernel_tables *tables);

struct fw_nft_rec_table *
fw_nft_record_table(const struct fw_nft_record *record, const char *family,
		    const char *name);
struct fw_nft_rec_chain *
fw_nft_rec_chain(const struct fw_nft_rec_table *table, const char *name);
