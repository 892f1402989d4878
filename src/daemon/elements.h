/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of sets at run time: `flywall set`.
 *
 * What a set holds besides its declared elements is part of what a generation
 * is compiled from (fw_load.changes); so a change of such a set is a generation
 * of the running text. Sets whose content is nft's alone are changed there.
 * Changes wait for a reload that is under way.
 */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

/* 0 or -errno. */
int fw_elements_open(struct fw_daemon *daemon);
void fw_elements_close(struct fw_daemon *daemon);
/* Another generation runs: its changes are written down, and elements are taken
 * out when their time ends. */
void fw_elements_run(struct fw_daemon *daemon);
/* No reload is under way: what waited for its end is done. */
void fw_elements_go_on(struct fw_daemon *daemon);

/* Others have changed nft's sets that are compiled in: what they added or deleted
 * counts as added or deleted at run time. */
void fw_elements_follow(struct fw_daemon *daemon);

/* Command of the control socket. */
void fw_elements_set(void *ctx, struct fw_conn *conn, const json_t *arguments);
