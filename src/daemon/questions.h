/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about the running plan: what it does with a packet, and what a
 * reload would change in it. Requests of the control socket. */
#pragma once

#include <jansson.h>

struct fw_conn;
struct fw_diags;

/* Diagnostics of what was asked, to the one who asked. 0 or -ENOMEM. */
int fw_question_tell(struct fw_conn *conn, struct fw_diags *diags);

/* arguments: packet, in nft's matches. */
void fw_question_explain(void *ctx, struct fw_conn *conn,
			 const json_t *arguments);
/* arguments: file, or none for the one that runs. */
void fw_question_diff(void *ctx, struct fw_conn *conn, const json_t *arguments);
