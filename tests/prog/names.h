/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program of names.bpf.c, its tables filled, fed by BPF_PROG_TEST_RUN. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/suffixes.h"

struct fw_names_bpf;

struct names {
	struct fw_names_bpf *bpf;
	int ask, reply;		/* programs */
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
