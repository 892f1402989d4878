/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers that are one document: as it is with -j, else as a person reads it. */
#pragma once

#include "client/request.h"

typedef void (*fw_document_fn)(const json_t *document);

/* Like fw_request(); text prints the document where -j was not given. */
int fw_document(const struct fw_client *client, const char *command,
		json_t *arguments, fw_document_fn text);

/* file as the daemon knows it, which has a working directory of its own; NULL
 * for NULL. The exit status, after a message, for what is no file. */
int fw_client_path(const char *file, char **ret);
