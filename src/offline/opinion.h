/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft's opinion of a configuration that Flywall took.
 *
 * What nft refuses wherever it runs is an error at the user's own words; what
 * only this host or its kernel refuses is a note. Where no namespace can be made
 * in which to ask, there is no opinion, which verbose tells.
 */
#pragma once

#include <stdbool.h>

struct fw_load;

/* load is of fw_load_located(), without errors so far. */
void fw_opinion(struct fw_load *load, bool verbose);

/* The same of this network namespace and its kernel: what they refuse is an
 * error, too, and makes the status 69. devices: those that the file names are
 * all there. */
void fw_opinion_live(struct fw_load *load, bool devices);
