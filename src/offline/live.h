/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check --live: would this machine run the configuration? */
#pragma once

struct fw_load;

/*
 * load is of fw_load_located(), without errors so far; file its name. What is
 * missing here or refused is an error and makes the status 69; other people's
 * tables that may undo what the configuration says are warnings. Changes
 * nothing; only root may ask.
 */
void fw_live(struct fw_load *load, const char *file);
