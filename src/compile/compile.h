/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiler's door: tree and facts to a plan.
 *
 * Pure but for the element files that the configuration names, which are read
 * through lists/. No system call otherwise, no kernel; same input, same bytes.
 */
#pragma once

#include "ast/ast.h"
#include "compile/located.h"
#include "facts/facts.h"
#include "plan/plan.h"
#include "util/diag.h"

/*
 * arena: the compilation's. The plan has its own and survives it. Returns 0
 * and a plan with one reference; 0 and *ret == NULL when diags has errors;
 * -ENOMEM.
 */
int fw_compile(struct fw_arena *arena, const struct fw_ast *ast,
	       const struct fw_facts *facts, struct fw_diags *diags,
	       struct fw_plan **ret);

/* The same, and the configuration as nft's own text (located.h): with a plan
 * the whole of it, where there are errors what can be judged without the faulty
 * parts, or NULL. */
int fw_compile_located(struct fw_arena *arena, const struct fw_ast *ast,
		       const struct fw_facts *facts, struct fw_diags *diags,
		       struct fw_plan **ret,
		       struct fw_located **ret_located);
