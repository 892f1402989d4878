/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator's word on flows: a request of the control socket. */
#pragma once

#include <jansson.h>

struct fw_conn;

/* arguments: verb (trust, block or forget), selector in nft's matches. */
void fw_flow_order(void *ctx, struct fw_conn *conn, const json_t *arguments);
