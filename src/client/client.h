/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that ask the daemon. Each prints its answer and returns the exit
 * status that goes with it; 69 where no daemon answers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/table.h"

struct fw_client {
	const char *socket;	/* path of the instance's control socket */
	const char *instance;	/* for messages */
	bool json;		/* -j */
};

int fw_client_status(const struct fw_client *client);
/* what: "rules", "sets", "flows" or "config". */
int fw_client_list(const struct fw_client *client, const char *what);
/* Of classes, as `list classes` and `status` show them. */
#define FW_CLASS_COLUMNS 7
extern const struct fw_column fw_class_columns[FW_CLASS_COLUMNS];
/* The words that fw_client_list() knows; the last one is NULL. */
extern const char *const fw_client_lists[];
int fw_client_events(const struct fw_client *client, bool follow,
		     char *const *types, size_t n_types);
/* file: NULL for the one that runs. trial_ms: it goes back after that, unless
 * it is confirmed; 0: it does not. */
int fw_client_reload(const struct fw_client *client, const char *file,
		     uint64_t trial_ms);
/* words: [FAMILY TABLE] NAME VERB ELEMENT… [timeout T] */
int fw_client_set(const struct fw_client *client, char *const *words, size_t n);
/* The verbs; the last one is NULL. */
extern const char *const fw_client_verbs[];
/* words: trust|block|forget SELECTOR */
int fw_client_flow(const struct fw_client *client, char *const *words, size_t n);
/* words: [list | show N | apply N | reject N] */
int fw_client_learn(const struct fw_client *client, char *const *words,
		    size_t n);
/* Prometheus' text. */
int fw_client_metrics(const struct fw_client *client);
int fw_client_confirm(const struct fw_client *client);
int fw_client_abort(const struct fw_client *client);
int fw_client_stop(const struct fw_client *client, bool flush);
/* Of the running generation. packet: in nft's matches. */
int fw_client_explain(const struct fw_client *client, const char *packet);
/* file: NULL for the one that runs. */
int fw_client_diff(const struct fw_client *client, const char *file);
/* To standard output, with or without a daemon. file: the configuration. */
int fw_client_report(const struct fw_client *client, const char *file);
/* Whether a daemon answers; says nothing. */
bool fw_client_answers(const struct fw_client *client);
