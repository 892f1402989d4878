/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who changes nft's sets: nf_tables says so to all that listen. */
#pragma once

#include <stdbool.h>

#include "plan/plan.h"

struct fw_set_watch;

/* 0 or -errno. */
int fw_set_watch_open(struct fw_set_watch **ret);
void fw_set_watch_close(struct fw_set_watch *watch);	/* NULL is fine */
int fw_set_watch_fd(const struct fw_set_watch *watch);
struct fw_set_news {
	bool live;		/* elements of one of the plan's live sets may be
				   others now */
	bool compiled;		/* another process has changed one that is
				   compiled in */
};

/* Takes all messages. */
struct fw_set_news fw_set_watch_drain(struct fw_set_watch *watch,
				      const struct fw_plan *plan);
