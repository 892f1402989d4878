/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a configuration is at fault, so that the rest of it can be judged
 * without. What names a thing that is left out is left out as well.
 */
#pragma once

#include "compile/resolve.h"
#include "compile/typed.h"
#include "util/diag.h"

struct fw_faults;

/* *ret is NULL where the rest does not stand by itself. 0 or -ENOMEM. */
int fw_faults_find(const struct fw_typed *typed, const struct fw_diags *diags,
		   const struct fw_faults **ret);

/* faults NULL: of a configuration without errors. */
bool fw_faults_in_rule(const struct fw_faults *faults,
		       const struct fw_res_rule *rule);
bool fw_faults_in_chain(const struct fw_faults *faults,
			const struct fw_res_chain *chain);	/* its lines */
bool fw_faults_in_set(const struct fw_faults *faults,
		      const struct fw_res_set *set);	/* but its elements */
bool fw_faults_in_words(const struct fw_faults *faults,
			const struct fw_word *words, size_t n);
