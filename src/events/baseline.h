/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is usual for a counter, and whether what it counts now is not.
 *
 * Each second has a value. Its exponentially weighted mean and variance (West
 * 1979, in the form of Finch 2009) are kept for each hour of the day, and over
 * all of them, for hours that are not known yet. The average of the last three
 * values is compared with mean + times * deviation, where the deviation is never
 * below that of counts as such (the root of the mean), nor below the counter's
 * floor. What is over it is not learnt from, unless it lasts: then it is usual.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define FW_BASELINE_WINDOW 3		/* s that are averaged */
#define FW_BASELINE_LEARN 10		/* s without an alert at first */
#define FW_BASELINE_HOUR 600		/* s until an hour's own counts */
#define FW_BASELINE_BORDER 300		/* s about its ends: its neighbour's too */
#define FW_BASELINE_MEMORY 600		/* s of the weights' time constant */
#define FW_BASELINE_LASTS 600		/* s after which a level is learnt */
#define FW_BASELINE_AGAIN 60		/* s between alerts of one episode */
#define FW_BASELINE_CALM 5		/* s that end an episode */

struct fw_baseline_cell {
	double mean, variance;
	uint64_t n;
};

/* Zeros are a beginning. */
struct fw_baseline {
	struct fw_baseline_cell all, hours[24];
	double window[FW_BASELINE_WINDOW];
	unsigned at;
	/* of an episode */
	bool over;
	unsigned lasting, calm, untold;
};

struct fw_baseline_view {
	double value, mean, deviation;
	double times;		/* how many deviations the value is off */
};

/* Takes the value of that second of the day (0 to 86399). True where an alert is
 * due; *ret is filled in any case. times 0: no alert ever. */
bool fw_baseline_add(struct fw_baseline *baseline, unsigned second, double value,
		     double floor, double times, struct fw_baseline_view *ret);

/* Lines "NAME HOUR N MEAN VARIANCE", hour 24 for all. Nothing of an episode. */
void fw_baseline_write(const struct fw_baseline *baseline, const char *name,
		       FILE *out);
/* The name of a line (64 bytes) and its cell; false: no such line. */
bool fw_baseline_read(const char *line, char name[static 64], unsigned *ret_hour,
		      struct fw_baseline_cell *ret);
