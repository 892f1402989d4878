/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How oracle_text.c, oracle_values.c and oracle_matches.c write one ruleset. */
#pragma once

#include <stdint.h>

#include "tests/net/oracle_text.h"
#include "util/cleanup.h"

enum text_type { IP4, IP6, PORT, PROTO, TEXT_TYPES };

struct text {
	struct rng *rng;
	const struct oracle_wish *wish;
	struct oracle_ruleset *out;
	size_t ours, twin;
	bool sets[TEXT_TYPES];	/* declared in the present table */
	unsigned n_files;
	bool regular;		/* inside a regular chain */
	bool has_regular;	/* the table has one to jump to */
	bool named;		/* the table has a counter k */
	const struct text_meter *meter;	/* of the present table, or NULL */
	/* what the present rule is about, or NULL: nft refuses a rule that
	 * contradicts itself in these */
	const char *l3, *l4;
};

/* A match or map, and which protocols a rule with it is about. */
struct text_form {
	const char *text, *l3, *l4;
	bool measures;		/* what offloads change */
};

static inline uint32_t below(struct text *t, uint32_t n)
{
	return rng_below(t->rng, n);
}

static inline bool often(struct text *t, uint32_t percent)
{
	return rng_percent(t->rng, percent);
}

#define PICK(t, words) ((words)[below(t, FW_ARRAY_SIZE(words))])

/* --- oracle_values.c ------------------------------------------------------ */
#define PRINTF_LIKE __attribute__((format(printf, 2, 3)))
void PRINTF_LIKE text_ours(struct text *t, const char *format, ...);
void PRINTF_LIKE text_twin(struct text *t, const char *format, ...);
void PRINTF_LIKE text_both(struct text *t, const char *format, ...);
/* The device's and the tables' names, in either spelling. */
void text_name(struct text *t, char last);
void text_elements(struct text *t, enum text_type type);
void text_operand(struct text *t, enum text_type type);
void text_byte_operand(struct text *t);

/* --- oracle_matches.c ----------------------------------------------------- */
/* May a match that needs the protocol stand here? Then it is the rule's. Now and
 * then in any case. */
bool text_agree(struct text *t, const char **has, const char *wants);
void text_match(struct text *t);
