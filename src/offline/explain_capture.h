/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets of a capture through a plan. */
#pragma once

#include "offline/offline.h"
#include "plan/plan.h"

/* Explains each packet of options->capture, which came in by iif and leaves by
 * oif (either may be NULL). Returns the exit status. */
int fw_explain_capture(const struct fw_plan *plan,
		       const struct fw_offline_options *options,
		       const char *iif, const char *oif);
