/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random ingress rulesets, each for one device, in two spellings: Flywall's, and
 * nft's for the twin of the device, whose tables have names of their own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tests/prog/random.h"

#define ORACLE_TEXT_MAX 8192

/* Packets from here pass every chain before any other rule. */
#define ORACLE_MARKER 0x0affffffu	/* 10.255.255.255 */

struct oracle_wish {
	unsigned slot;		/* names tables and devices: x00, y00 */
	const char *folder;	/* for element files */
	bool merged;		/* packets may come merged: nothing that counts
				   or measures */
};

struct oracle_ruleset {
	char ours[ORACLE_TEXT_MAX];
	char twin[ORACLE_TEXT_MAX];
	bool transport;		/* it reads the transport header */
};

void oracle_ruleset(struct rng *rng, const struct oracle_wish *wish,
		    struct oracle_ruleset *ret);
