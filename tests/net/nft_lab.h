/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab for tests of owned tables: a network namespace for each test, with
 * loopback for the traffic, and plans of one user table beside Flywall's own.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "apply/nft.h"
#include "util/cleanup.h"

#define LAB_PORT 4444
#define LAB_RULES 8	/* of every plan */
#define LAB_INPUT "type filter hook input priority 0; policy accept;"

extern char lab_state_dir[];
extern struct fw_apply_config lab_config;
extern struct fw_nft *lab_nft;		/* open while a test runs */
extern struct fw_apply_error lab_error;	/* of the last apply or stage */

/* --- the namespace ---------------------------------------------------------- */
int lab_setup(void **state);
int lab_teardown(void **state);
#define LAB_TEST(name) \
	cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)
/* Around all tests: what main() returns, where it is not 0 (77 without root),
 * and what it returns in the end. */
int lab_begin(void);
int lab_end(int failed);
void lab_open(void);
/* Exit status of a command of ours. */
int lab_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether a listing of nft's has a line with this text. */
bool lab_listed(const char *what, const char *text);
/* n datagrams to a port of loopback, from 127.0.0.host. */
void lab_send_from(unsigned host, uint16_t port, unsigned n);
void lab_send(uint16_t port, unsigned n);

/* --- plans ------------------------------------------------------------------ */
#define RULES(...)                                                       \
	.rules = (const struct fw_nft_rule[]){__VA_ARGS__},              \
	.n_rules = FW_ARRAY_SIZE(((const struct fw_nft_rule[]){__VA_ARGS__}))
#define ELEMENTS(...)                                                    \
	.elements = (const char *const[]){__VA_ARGS__},                  \
	.n_elements = FW_ARRAY_SIZE(((const char *const[]){__VA_ARGS__}))

/* A plan of table inet user and the own one, on the caller's stack. */
struct lab_plan {
	struct fw_plan plan;
	struct fw_nft_table tables[2];
};

/* A chain with one rule: it counts datagrams to LAB_PORT as rule 0. */
extern const struct fw_nft_chain lab_one_chain;

void lab_plan(struct lab_plan *s, const struct fw_nft_chain *chains,
	      size_t n_chains, const struct fw_nft_object *objects,
	      size_t n_objects);
/* Stage, commit and retire. */
int lab_apply(struct lab_plan *s, uint64_t epoch);
void lab_must_apply(struct lab_plan *s, uint64_t epoch);
/* Another process applies and is killed at a fault point; then this one opens
 * anew. */
void lab_kill_at(const char *point, struct lab_plan *s, uint64_t epoch);
/* Packets of a rule, -1 where it is not counted. */
int64_t lab_count(struct lab_plan *s, uint32_t rule);
