/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random rule sets, as plans with XDP rules and no more. */
#pragma once

#include "plan/plan.h"
#include "random.h"

/* A plan for the devices named, its rules with matches, verdicts, devices; its
 * tables are not built. NULL when memory runs out. */
struct fw_plan *plan_random(struct rng *rng, const char *const *devices,
			    size_t n_devices);

/* A value of the field near a boundary of one of the plan's rules, so that
 * packets meet them. fallback where no rule tests the field. */
fw_u128 plan_pick(const struct fw_plan *plan, struct rng *rng,
		  enum fw_field field, fw_u128 fallback);

/* The largest value of a field. */
fw_u128 field_max(enum fw_field field);
