/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab of oracle_test: a network namespace with pairs of devices x000 and
 * y000 to x150 and y150, a daemon on the x, nft on the y.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <jansson.h>

#include "tests/net/oracle_text.h"
#include "tests/prog/packets.h"

#define ORACLE_SLOTS 16
#define ORACLE_FRAMES 4096	/* numbers of a batch's frames end here */

struct oracle_lab {
	char folder[64];	/* of this worker; element files, texts, log */
	char instance[32];
	pid_t daemon;
	int devices[2][ORACLE_SLOTS];	/* the ends that frames go in at: x, y */
	int inner[2][ORACLE_SLOTS];	/* where they come out */
	int sender;
	int listeners[8];
	FILE *ours, *twin;	/* the batch that is being written */
	char *undo;		/* for nft: deletes the twins that stand */
	char *next_undo;	/* those that are being written */
	uint8_t seen[2][ORACLE_FRAMES];
	bool marked[2][ORACLE_SLOTS];
	uint64_t payload[2][ORACLE_FRAMES];	/* bytes, of flows */
};

/* Skips (exit 77) where this cannot be made. */
void oracle_up(struct oracle_lab *lab);
void oracle_down(struct oracle_lab *lab);
/* GRO, GSO and TSO of all devices. */
void oracle_offloads(const struct oracle_lab *lab, bool on);

/* A batch: begun, filled, loaded on both sides. False where one refuses. */
void oracle_begin(struct oracle_lab *lab);
void oracle_add(struct oracle_lab *lab, const char *ours, const char *twin);
bool oracle_load(struct oracle_lab *lab);
/* nft OPTION -f - with the text. */
bool oracle_nft(const struct oracle_lab *lab, const char *option,
		const char *text);

/* Does a socket see the frame, if nft lets it pass? transport: rules look at
 * the transport header, where nft reads later fragments' data. */
bool oracle_observable(const struct packet *frame, bool transport);
/* Sends the frame on both sides, its number in it. */
void oracle_send(struct oracle_lab *lab, unsigned slot, struct packet *frame,
		 uint32_t number);
/* Markers on all slots, then waits for them; fills seen. */
bool oracle_receive(struct oracle_lab *lab, unsigned slots);
/* Flows that offloads merge and cut; returns how many differ, and prints the
 * first with the ruleset of its slot. */
unsigned oracle_flows(struct oracle_lab *lab, unsigned slots, uint64_t seed,
		      const char *(*ruleset)(unsigned slot));

/* `flywall list WHAT -j`; `nft -j list ruleset`. */
json_t *oracle_list(const struct oracle_lab *lab, const char *what);
/* NULL where nft itself fails: version 1.0.6 trips over some of its own rules when
 * it lists them. */
json_t *oracle_twin(const struct oracle_lab *lab);
