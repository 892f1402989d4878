/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compile: tree and facts to a plan.
 *
 * In: the tree. Out: a sealed plan with memory of its own, or none where there
 * are errors. The order of the steps is that of typed.h: what one of them
 * decides, the next ones read.
 */
#include "compile/compile.h"

#include <errno.h>
#include <string.h>

#include "compile/faults.h"
#include "compile/lint.h"
#include "compile/lower.h"

static bool copy(struct fw_arena *arena, const char **text)
{
	if (!*text)
		return true;
	*text = fw_arena_strdup(arena, *text);
	return *text;
}

/* After the lowerings, which fill layer, reason, key and counted. */
static int copy_rules(const struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_plan_rule *rules = fw_arena_memdup(
		plan->arena, typed->rules,
		typed->n_rules * sizeof(*typed->rules));

	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; i < typed->n_rules; i++)
		if (!copy(plan->arena, &rules[i].file) ||
		    !copy(plan->arena, &rules[i].family) ||
		    !copy(plan->arena, &rules[i].table) ||
		    !copy(plan->arena, &rules[i].chain) ||
		    !copy(plan->arena, &rules[i].reason) ||
		    !copy(plan->arena, &rules[i].text) ||
		    !copy(plan->arena, &rules[i].log_prefix) ||
		    !copy(plan->arena, &rules[i].log_level))
			return -ENOMEM;
	plan->rules = rules;
	plan->n_rules = typed->n_rules;
	return 0;
}

static int copy_files(const struct fw_typed *typed, struct fw_plan *plan)
{
	const char **files = fw_arena_memdup(
		plan->arena, typed->files,
		typed->n_files * sizeof(*typed->files));

	if (!files)
		return -ENOMEM;
	for (size_t i = 0; i < typed->n_files; i++)
		if (!copy(plan->arena, &files[i]))
			return -ENOMEM;
	plan->files = files;
	plan->n_files = typed->n_files;
	return 0;
}

static int lower(struct fw_typed *typed, struct fw_plan *plan)
{
	int r;

	plan->options = typed->options;
	memcpy(plan->synproxies, typed->synproxies, sizeof(plan->synproxies));
	plan->n_synproxies = typed->n_synproxies;
	plan->log_dns_queries = typed->dns_log_queries;
	r = fw_device_insist(typed);
	if (!r)
		r = fw_lower_steps(typed, plan);
	if (!r)
		r = fw_lower_questions(typed, plan);
	if (!r)
		r = fw_lower_xdp(typed, plan);
	if (!r)
		r = fw_lower_queries(typed, plan);
	if (!r)
		r = fw_classes_build(typed, plan);
	if (!r)
		r = fw_lower_inspect(typed, plan);
	if (!r)
		r = fw_lower_blocks(typed, plan);
	if (!r)
		r = fw_lower_nft(typed, plan);
	if (!r)
		r = copy_rules(typed, plan);
	if (!r)
		r = copy_files(typed, plan);
	return r ? r : fw_plan_seal(plan);
}

/* As fw_compile(), before lints are silenced. *ret_typed is there also where
 * there are errors. */
static int compile(struct fw_arena *arena, const struct fw_ast *ast,
		   const struct fw_facts *facts, struct fw_diags *diags,
		   struct fw_plan **ret, struct fw_typed **ret_typed)
{
	struct fw_plan *plan;
	int r;

	*ret = NULL;
	r = fw_typecheck(arena, ast, facts, diags, ret_typed);
	if (r || diags->n_errors)
		return r;
	plan = fw_plan_new();
	if (!plan)
		return -ENOMEM;
	r = lower(*ret_typed, plan);
	if (!r && diags->oom)
		r = -ENOMEM;
	if (!r && !diags->n_errors) {
		*ret = plan;
		return 0;
	}
	fw_plan_unref(plan);
	return r;
}

/* compile(), and lints are silenced. */
static int compile_lint(struct fw_arena *arena, const struct fw_ast *ast,
			const struct fw_facts *facts, struct fw_diags *diags,
			struct fw_plan **ret, struct fw_typed **ret_typed)
{
	int r = compile(arena, ast, facts, diags, ret, ret_typed);

	if (!r)
		r = fw_lint_silence(arena, ast, diags);
	if (!r || !*ret)
		return r;
	fw_plan_unref(*ret);
	*ret = NULL;
	return r;
}

int fw_compile(struct fw_arena *arena, const struct fw_ast *ast,
	       const struct fw_facts *facts, struct fw_diags *diags,
	       struct fw_plan **ret)
{
	struct fw_typed *typed;

	return compile_lint(arena, ast, facts, diags, ret, &typed);
}

int fw_compile_located(struct fw_arena *arena, const struct fw_ast *ast,
		       const struct fw_facts *facts, struct fw_diags *diags,
		       struct fw_plan **ret,
		       struct fw_located **ret_located)
{
	struct fw_located_options options = { 0 };
	struct fw_typed *typed;
	int r = compile_lint(arena, ast, facts, diags, ret, &typed);

	*ret_located = NULL;
	if (!r && !*ret)
		r = fw_faults_find(typed, diags, &options.faults);
	if (r || (!*ret && !options.faults))
		return r;
	return fw_located_build(typed, &options, ret_located);
}
