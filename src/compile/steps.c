/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The meaning of chains: what the plan says of every rule, on whatever layer it
 * runs.
 *
 * In: the typed configuration. Out: plan->chains, the chains as they were
 * written, with management in front where it stands. The model walks packets
 * through them; nothing is loaded from them. Fails only for want of memory.
 */
#include "compile/steps.h"

#include <errno.h>
#include <string.h>

#include "util/cleanup.h"

/* --- copies --------------------------------------------------------------- */
static int dup_text(struct fw_arena *arena, const char *from, const char **to)
{
	*to = from ? fw_arena_strdup(arena, from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int copy_matches(struct fw_steps *s, const struct fw_part *part,
			bool mirrored, struct fw_step *step)
{
	struct fw_match *m = fw_arena_memdup(s->arena, part->matches,
					     part->n_matches * sizeof(*m));

	if (!m)
		return -ENOMEM;
	for (size_t i = 0; i < part->n_matches; i++) {
		if (mirrored)
			m[i].field = fw_management_mirror(m[i].field);
		m[i].intervals = fw_steps_share(s, m[i].intervals,
						m[i].n_intervals);
		if (!m[i].intervals)
			return -ENOMEM;
	}
	step->matches = m;
	step->n_matches = part->n_matches;
	return 0;
}

static int copy_tuple(struct fw_steps *s, const struct fw_tuple *from,
		      bool mirrored, struct fw_step *step)
{
	struct fw_step_tuple *t = fw_arena_alloc(s->arena, sizeof(*t));
	enum fw_field *fields = fw_arena_memdup(s->arena, from->fields,
						from->n_fields *
							sizeof(*fields));

	if (!t || !fields)
		return -ENOMEM;
	for (size_t i = 0; mirrored && i < from->n_fields; i++)
		fields[i] = fw_management_mirror(fields[i]);
	t->fields = fields;
	t->n_fields = from->n_fields;
	t->boxes = fw_steps_share(s, from->boxes,
				  from->n_boxes * from->n_fields);
	t->n_boxes = from->n_boxes;
	t->negate = from->negate;
	step->tuple = t;
	return t->boxes ? 0 : -ENOMEM;
}

static int copy_names(struct fw_steps *s, const struct fw_part *part,
		      struct fw_step *step)
{
	const char **names = fw_arena_array(s->arena, part->n_names,
					    sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < part->n_names; i++)
		if (dup_text(s->arena, part->names[i], &names[i]) < 0)
			return -ENOMEM;
	step->names = names;
	step->n_names = part->n_names;
	step->negate = part->negate;
	return 0;
}

/* --- ends ----------------------------------------------------------------- */
struct fw_step_end fw_steps_end(const struct fw_steps *s, const char *chain,
				bool go)
{
	struct fw_step_end end = { .kind = FW_STEP_RETURN };

	if (!chain || !s->table)
		return end;
	for (size_t i = 0; i < s->table->n_chains; i++)
		if (strcmp(s->table->chains[i].name, chain) == 0)
			return (struct fw_step_end){
				.kind = go ? FW_STEP_GOTO : FW_STEP_JUMP,
				.chain = s->first_chain + (uint32_t)i,
			};
	return end;	/* reach.c has seen to it that there is one */
}

static int copy_ends(struct fw_steps *s, const struct fw_part *part,
		     struct fw_step *step)
{
	size_t n = part->tuple.n_boxes;
	struct fw_step_end *ends = fw_arena_array(s->arena, n, sizeof(*ends));

	if (!ends)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct fw_vmap_verdict *v = &part->verdicts[i];

		if (v->kind == FW_PART_VERDICT)
			ends[i] = (struct fw_step_end){
				.kind = FW_STEP_VERDICT,
				.verdict = v->verdict,
			};
		else
			ends[i] = fw_steps_end(s, v->chain, v->go);
	}
	step->ends = ends;
	step->n_ends = n;
	return 0;
}

/* --- parts ---------------------------------------------------------------- */
static const enum fw_step_kind kinds[] = {
	[FW_PART_MATCH] = FW_STEP_MATCH,     [FW_PART_TUPLE] = FW_STEP_TUPLE,
	[FW_PART_IIF] = FW_STEP_IIF,	     [FW_PART_OIF] = FW_STEP_OIF,
	[FW_PART_COUNTER] = FW_STEP_COUNTER, [FW_PART_VERDICT] = FW_STEP_VERDICT,
	[FW_PART_JUMP] = FW_STEP_JUMP,	     [FW_PART_VMAP] = FW_STEP_VMAP,
	[FW_PART_INSPECT] = FW_STEP_INSPECT, [FW_PART_LEARN] = FW_STEP_EFFECT,
	[FW_PART_QOS] = FW_STEP_EFFECT,	     [FW_PART_AUDIT] = FW_STEP_AUDIT,
	[FW_PART_BLOCK] = FW_STEP_BLOCK,     [FW_PART_DNS_NAME] = FW_STEP_NAME,
	[FW_PART_DNS_TYPE] = FW_STEP_MATCH,  [FW_PART_DNS_REPLY] = FW_STEP_STOP,
	[FW_PART_SYNPROXY] = FW_STEP_STOP,   [FW_PART_MUTED] = FW_STEP_STOP,
	[FW_PART_RAW] = FW_STEP_UNKNOWN,
};

_Static_assert(FW_ARRAY_SIZE(kinds) == FW_PART_RAW + 1, "a step a part");

static int fill(struct fw_steps *s, const struct fw_part *part, bool mirrored,
		struct fw_step *step)
{
	switch (part->kind) {
	case FW_PART_TUPLE:
		return copy_tuple(s, &part->tuple, mirrored, step);
	case FW_PART_VMAP:
		if (copy_tuple(s, &part->tuple, mirrored, step) < 0)
			return -ENOMEM;
		return copy_ends(s, part, step);
	case FW_PART_IIF:
	case FW_PART_OIF:
		if (mirrored)
			step->kind = part->kind == FW_PART_IIF ? FW_STEP_OIF :
								 FW_STEP_IIF;
		return copy_names(s, part, step);
	case FW_PART_VERDICT:
		step->end.kind = FW_STEP_VERDICT;
		step->end.verdict = part->verdict;
		return 0;
	case FW_PART_JUMP:
		step->end = fw_steps_end(s, part->chain, part->go);
		step->kind = step->end.kind;
		return 0;
	case FW_PART_INSPECT:
		step->profile = part->profile;
		return 0;
	case FW_PART_DNS_NAME:
		step->negate = part->negate;
		step->domains = part->domains;
		return fw_contents_domains(s->typed, s->plan, &step->domains);
	case FW_PART_DNS_REPLY:
		step->end.verdict = FW_VERDICT_DROP;
		return 0;
	case FW_PART_RAW:
		return fw_steps_raw(s, part, step);
	default:
		return 0;
	}
}

int fw_steps_part(struct fw_steps *s, const struct fw_part *part, bool mirrored,
		  fw_step_vec *ret)
{
	struct fw_step *step = fw_vec_push(s->arena, ret);
	int r;

	if (!step)
		return -ENOMEM;
	step->kind = kinds[part->kind];
	step->words = fw_words_text(s->arena, part->words, part->n_words);
	if (!step->words)
		return -ENOMEM;
	r = copy_matches(s, part, mirrored, step);
	return r < 0 ? r : fill(s, part, mirrored, step);
}

int fw_steps_verdict(struct fw_steps *s, enum fw_verdict verdict,
		     fw_step_vec *ret)
{
	struct fw_step *step = fw_vec_push(s->arena, ret);

	if (!step)
		return -ENOMEM;
	step->kind = step->end.kind = FW_STEP_VERDICT;
	step->end.verdict = verdict;
	return 0;
}

/* --- rules and chains ----------------------------------------------------- */
int fw_steps_rule(struct fw_steps *s, uint32_t rule, const fw_step_vec *steps,
		  fw_chain_rule_vec *ret)
{
	struct fw_chain_rule *r = fw_vec_push(s->arena, ret);

	if (!r)
		return -ENOMEM;
	r->rule = rule;
	r->steps = steps->items;
	r->n_steps = steps->n;
	return 0;
}

static int add_rule(struct fw_steps *s, const struct fw_typed_rule *rule,
		    fw_chain_rule_vec *ret)
{
	fw_step_vec steps = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < rule->n_parts; i++)
		r = fw_steps_part(s, &rule->parts[i], false, &steps);
	return r < 0 ? r : fw_steps_rule(s, rule->rule, &steps, ret);
}

static int add_devices(struct fw_steps *s, const struct fw_typed_chain *from,
		       struct fw_plan_chain *to)
{
	const char **devices = fw_arena_array(s->arena, from->n_devices,
					      sizeof(*devices));

	if (!devices)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_devices; i++)
		if (dup_text(s->arena, from->devices[i], &devices[i]) < 0)
			return -ENOMEM;
	to->devices = devices;
	to->n_devices = from->n_devices;
	return 0;
}

static int add_chain(struct fw_steps *s, const struct fw_typed_chain *from,
		     struct fw_plan_chain *to)
{
	fw_chain_rule_vec rules = { 0 };
	const char *body = from->table->body;
	int r;

	to->hook = from->hook;
	to->priority = from->priority;
	to->policy = from->policy ? from->policy : FW_VERDICT_ACCEPT;
	to->dormant = body && strstr(body, "dormant");
	if (dup_text(s->arena, from->table->family, &to->family) < 0 ||
	    dup_text(s->arena, from->table->name, &to->table) < 0 ||
	    dup_text(s->arena, from->name, &to->name) < 0 ||
	    dup_text(s->arena, from->type, &to->type) < 0 ||
	    add_devices(s, from, to) < 0)
		return -ENOMEM;
	r = fw_steps_management(s, from, &rules);
	for (size_t i = 0; r == 0 && i < from->n_rules; i++)
		r = add_rule(s, &from->rules[i], &rules);
	to->rules = rules.items;
	to->n_rules = rules.n;
	return r;
}

/* Flywall's own stand behind the others, and know what no plan says: who is
 * blocked now. */
static size_t count_chains(const struct fw_typed_table *table)
{
	size_t n = table->n_chains;

	while (n > 0 && table->chains[n - 1].own)
		n--;
	return n;
}

int fw_lower_steps(struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_steps s = { .typed = typed, .plan = plan,
			      .arena = plan->arena };
	struct fw_plan_chain *chains;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < typed->n_tables; i++)
		n += count_chains(&typed->tables[i]);
	chains = fw_arena_array(plan->arena, n, sizeof(*chains));
	if (!chains)
		return -ENOMEM;
	plan->chains = chains;
	plan->n_chains = n;
	for (size_t i = 0; i < typed->n_tables; i++) {
		size_t own = count_chains(&typed->tables[i]);

		s.table = &typed->tables[i];
		for (size_t k = 0; r == 0 && k < own; k++)
			r = add_chain(&s, &s.table->chains[k],
				      &chains[s.first_chain + k]);
		s.first_chain += (uint32_t)own;
	}
	typed->shared = s.shared;
	return r;
}
