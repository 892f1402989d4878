/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random names and sets of them, from few labels, so that they meet. */
#pragma once

#include "plan/plan.h"
#include "random.h"

/* A name of 1 to depth labels as text, in lower case. */
void domain_random(struct rng *rng, uint32_t depth, char ret[static 254]);
/* The same name, some letters in upper case. */
void domain_mix_case(struct rng *rng, char *name);
/* Wire form, with the root's 0; returns its size. */
size_t domain_wire(const char *name, uint8_t ret[static 255]);

/* Up to 60 names, some exact, some exceptions. NULL when memory runs out. */
struct fw_domain_set *domain_set_random(struct rng *rng,
					struct fw_arena *arena);
