/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The classifier's tables of a plan, built the plain way: value by value,
 * segment by segment. What the compiler's own builder is tested against.
 */
#pragma once

#include "plan/plan.h"

/* Fills plan->xdp.tables. Returns 0 or -ENOMEM. */
int tables_build(struct fw_plan *plan);
