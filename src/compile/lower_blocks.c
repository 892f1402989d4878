/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Flywall's own blocks, set keys and statements say, into the plan.
 *
 * In: the typed configuration. Out: plan->service, classes, monitors, events,
 * learn, sets, statements and pending, in the plan's memory. Fails only for
 * want of memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/lower.h"
#include "compile/steps.h"

static bool copy(struct fw_arena *arena, const char **text)
{
	if (*text)
		*text = fw_arena_strdup(arena, *text);
	return *text;
}

/* The same where there may be none. */
static bool copy_given(struct fw_arena *arena, const char **text)
{
	return !*text || copy(arena, text);
}

/* --- blocks --------------------------------------------------------------- */
static int lower_service(const struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_plan_service *to = &plan->service;
	struct fw_control_group *groups;

	*to = typed->service;
	groups = fw_arena_memdup(plan->arena, to->groups,
				 to->n_groups * sizeof(*groups));
	if (!groups || !copy_given(plan->arena, &to->metrics_listen) ||
	    !copy_given(plan->arena, &to->metrics_file))
		return -ENOMEM;
	for (size_t i = 0; i < to->n_groups; i++)
		if (!copy(plan->arena, &groups[i].name))
			return -ENOMEM;
	to->groups = groups;
	return 0;
}

static int lower_classes(const struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_qos_class *classes = fw_arena_memdup(
		plan->arena, typed->qos, typed->n_qos * sizeof(*classes));

	if (!classes)
		return -ENOMEM;
	for (size_t i = 0; i < typed->n_qos; i++)
		if (!copy(plan->arena, &classes[i].name))
			return -ENOMEM;
	plan->classes = classes;
	plan->n_classes = typed->n_qos;
	return 0;
}

static int lower_prints(struct fw_prints *prints, struct fw_arena *arena)
{
	struct fw_print *items = fw_arena_memdup(arena, prints->items,
						 prints->n * sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < prints->n; i++) {
		if (!copy(arena, &items[i].name))
			return -ENOMEM;
		for (size_t j = 0; j < FW_PRINT_MAX_; j++)
			if (!copy_given(arena, &items[i].patterns[j]))
				return -ENOMEM;
	}
	prints->items = items;
	return 0;
}

static int lower_monitors(struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_plan_monitors *to = &plan->monitors;

	*to = typed->monitors;
	to->dhcp_servers = fw_arena_memdup(
		plan->arena, to->dhcp_servers,
		to->n_dhcp_servers * sizeof(*to->dhcp_servers));
	if (!to->dhcp_servers ||
	    !copy_given(plan->arena, &to->dhcp_fingerprints) ||
	    lower_prints(&to->dhcp_prints, plan->arena))
		return -ENOMEM;
	return fw_contents_domains(typed, plan, &to->dns_local);
}

static int lower_events(const struct fw_typed *typed, struct fw_plan *plan)
{
	plan->events = typed->events;
	plan->learn = typed->learn;
	if (!copy_given(plan->arena, &plan->events.file) ||
	    !copy_given(plan->arena, &plan->learn.database) ||
	    !copy_given(plan->arena, &plan->learn.output))
		return -ENOMEM;
	return 0;
}

/* --- sets ----------------------------------------------------------------- */
static int lower_timed(struct fw_arena *arena, struct fw_plan_set *set)
{
	struct fw_timed_element *timed = fw_arena_memdup(
		arena, set->timed, set->n_timed * sizeof(*timed));

	if (!timed)
		return -ENOMEM;
	for (size_t i = 0; i < set->n_timed; i++)
		if (!copy(arena, &timed[i].text))
			return -ENOMEM;
	set->timed = timed;
	return 0;
}

static int lower_sets(struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_plan_set *sets = fw_arena_array(plan->arena, typed->n_sets,
						  sizeof(*sets));
	struct fw_steps steps = {
		.typed = typed,
		.plan = plan,
		.arena = plan->arena,
		.shared = typed->shared,
	};
	size_t n = 0;

	if (!sets)
		return -ENOMEM;
	for (size_t i = 0; i < typed->n_sets; i++) {
		const struct fw_typed_set *set = &typed->sets[i];
		struct fw_plan_set *to = &sets[n];

		*to = set->options;
		to->own = set->type >= FW_SET_DOMAIN;
		to->map = set->map;
		to->interval = set->interval;
		to->open = !set->constant;
		to->live = set->live;
		to->values = set->type != FW_SET_OTHER && !to->own;
		to->n_declared = set->n_declared;
		to->declared = fw_steps_share(&steps, set->declared,
					      set->n_declared);
		to->family = set->table ? set->table->family : "";
		to->table = set->table ? set->table->name : "";
		to->name = set->name;
		if (!copy(plan->arena, &to->family) ||
		    !copy(plan->arena, &to->table) ||
		    !copy(plan->arena, &to->name) ||
		    !copy(plan->arena, &to->type) ||
		    !copy_given(plan->arena, &to->file) ||
		    !copy_given(plan->arena, &to->path) ||
		    !copy_given(plan->arena, &to->format) ||
		    !to->declared || lower_timed(plan->arena, to) < 0)
			return -ENOMEM;
		n++;
	}
	plan->sets = sets;
	plan->n_sets = n;
	return 0;
}

/* --- statements ----------------------------------------------------------- */
struct statements {
	struct fw_typed *typed;
	struct fw_plan *plan;
	FW_VEC(struct fw_plan_statement) items;
};

static bool is_statement(const struct fw_part *part,
			 enum fw_statement_kind *ret)
{
	switch (part->kind) {
	case FW_PART_LEARN:
		*ret = FW_STATEMENT_LEARN;
		return true;
	case FW_PART_QOS:
		*ret = FW_STATEMENT_QOS;
		return true;
	case FW_PART_AUDIT:
		*ret = FW_STATEMENT_AUDIT;
		return true;
	case FW_PART_BLOCK:
		*ret = FW_STATEMENT_BLOCK;
		return true;
	case FW_PART_DNS_NAME:
		*ret = FW_STATEMENT_DNS_QNAME;
		return true;
	case FW_PART_DNS_TYPE:
		*ret = FW_STATEMENT_DNS_QTYPE;
		return true;
	case FW_PART_DNS_REPLY:
		*ret = FW_STATEMENT_DNS_REPLY;
		return true;
	case FW_PART_SYNPROXY:
		*ret = FW_STATEMENT_SYNPROXY;
		return true;
	default:
		return false;
	}
}

static int push_statement(struct statements *s, uint32_t rule,
			  enum fw_statement_kind kind,
			  const struct fw_part *part)
{
	struct fw_plan_statement *to = fw_vec_push(s->plan->arena, &s->items);

	if (!to)
		return -ENOMEM;
	to->rule = rule;
	to->kind = kind;
	to->negate = part->negate;
	to->class = kind == FW_STATEMENT_QOS ? part->class : FW_NO_CLASS;
	to->ms = part->ms;
	to->rcode = part->rcode;
	to->domains = part->domains;
	to->qtypes = fw_arena_memdup(s->plan->arena, part->qtypes,
				     part->n_qtypes * sizeof(*to->qtypes));
	to->n_qtypes = part->n_qtypes;
	if (!to->qtypes)
		return -ENOMEM;
	return fw_contents_domains(s->typed, s->plan, &to->domains);
}

static int chain_statements(struct statements *s,
			    const struct fw_typed_chain *chain)
{
	enum fw_statement_kind kind;
	int r = 0;

	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct fw_typed_rule *rule = &chain->rules[i];

		for (size_t p = 0; r == 0 && p < rule->n_parts; p++)
			if (is_statement(&rule->parts[p], &kind))
				r = push_statement(s, rule->rule, kind,
						   &rule->parts[p]);
	}
	return r;
}

static int by_rule(const void *a, const void *b)
{
	const struct fw_plan_statement *const *x = a, *const *y = b;

	if ((*x)->rule != (*y)->rule)
		return (*x)->rule < (*y)->rule ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

static int lower_statements(struct fw_typed *typed, struct fw_plan *plan)
{
	struct statements s = { .typed = typed, .plan = plan };
	const struct fw_plan_statement **order;
	struct fw_plan_statement *sorted;
	int r = 0;

	for (size_t t = 0; t < typed->n_tables; t++)
		for (size_t c = 0; r == 0 && c < typed->tables[t].n_chains; c++)
			r = chain_statements(&s, &typed->tables[t].chains[c]);
	order = fw_arena_array(typed->arena, s.items.n, sizeof(*order));
	sorted = fw_arena_array(plan->arena, s.items.n, sizeof(*sorted));
	if (r < 0 || !order || !sorted)
		return -ENOMEM;
	for (size_t i = 0; i < s.items.n; i++)
		order[i] = &s.items.items[i];
	if (s.items.n > 0)
		qsort(order, s.items.n, sizeof(*order), by_rule);
	for (size_t i = 0; i < s.items.n; i++)
		sorted[i] = *order[i];
	plan->statements = sorted;
	plan->n_statements = s.items.n;
	return 0;
}

/* --- what is not run ------------------------------------------------------ */
static int by_place(const void *a, const void *b)
{
	const struct fw_plan_pending *x = a, *y = b;
	int r = strcmp(x->file, y->file);

	if (r == 0 && x->line != y->line)
		r = x->line < y->line ? -1 : 1;
	return r != 0 ? r : strcmp(x->what, y->what);
}

static int lower_pending(const struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_plan_pending *pending = fw_arena_memdup(
		plan->arena, typed->pending,
		typed->n_pending * sizeof(*pending));

	if (!pending)
		return -ENOMEM;
	for (size_t i = 0; i < typed->n_pending; i++)
		if (!copy(plan->arena, &pending[i].what) ||
		    !copy(plan->arena, &pending[i].file))
			return -ENOMEM;
	if (typed->n_pending > 0)
		qsort(pending, typed->n_pending, sizeof(*pending), by_place);
	plan->pending = pending;
	plan->n_pending = typed->n_pending;
	return 0;
}

int fw_lower_blocks(struct fw_typed *typed, struct fw_plan *plan)
{
	int r = lower_service(typed, plan);

	if (r == 0)
		r = lower_classes(typed, plan);
	if (r == 0)
		r = lower_monitors(typed, plan);
	if (r == 0)
		r = lower_events(typed, plan);
	if (r == 0)
		r = lower_sets(typed, plan);
	if (r == 0)
		r = lower_statements(typed, plan);
	return r < 0 ? r : lower_pending(typed, plan);
}
