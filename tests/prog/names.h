/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program of names.bpf.c, its tables filled, fed by BPF_PROG_TEST_RUN. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names_corpus.h"
#include "plan/suffixes.h"

struct fw_names_bpf;

struct names {
	struct fw_names_bpf *bpf;
	int ask, reply, rotate;	/* programs */
};

/* Exits 77 with the reason where BPF cannot be had. 0 or -errno. */
int names_open(struct names *names);
void names_close(struct names *names);

/* Fills a slot and makes it the active one. */
int names_fill(struct names *names, uint32_t slot,
	       const struct fw_suffix_table *table);

/* As enum fw_dns_asked of bpf/dns_name.h has it: nothing, oddly, and with class
 * and type. */
enum names_asked {
	NAMES_NOTHING,
	NAMES_ODDLY,
	NAMES_ASKED,
};

enum names_asked names_ask(struct names *names, const uint8_t *frame, size_t len,
			   uint32_t *class, uint16_t *qtype);

/* The answer in place of the query, to be sent back; false where there is none. */
bool names_reply(struct names *names, uint8_t *frame, size_t *len);

/* A question for type A in ret, of NAMES_QUESTION_SIZE bytes. */
void names_question(const char *name, uint8_t *ret);
/* What names_time() and names_sweep() ask, NAMES_QUESTIONS of them. 0 or
 * -errno. */
int names_load(struct names *names, const void *questions);
/* Asks each of them once. Returns their classes, below 255; 255: it was not
 * understood. */
const uint8_t *names_sweep(struct names *names);
/* Nanoseconds that one of them takes; bare: only to put it into a frame. */
double names_time(struct names *names, bool bare);
