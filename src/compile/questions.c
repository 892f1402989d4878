/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of chains that ask for DNS questions.
 *
 * In: typed chains. Out: plan->xdp.suffixes, of all the sets that `dns qname`
 * asks, and in each such part a match of the classes that it means. More names than a table may
 * have are a diagnostic; else it fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "util/cleanup.h"

static bool is_question(const struct fw_part *part)
{
	return part->kind == FW_PART_DNS_NAME ||
	       part->kind == FW_PART_DNS_TYPE ||
	       part->kind == FW_PART_DNS_REPLY;
}

typedef int (*part_fn)(void *ctx, const struct fw_typed_rule *rule,
		       struct fw_part *part);

static int each_question(const struct fw_typed *typed, part_fn fn, void *ctx)
{
	int r = 0;

	for (size_t t = 0; t < typed->n_tables; t++)
		for (size_t c = 0; c < typed->tables[t].n_chains; c++) {
			struct fw_typed_chain *chain =
				&typed->tables[t].chains[c];

			for (size_t i = 0; i < chain->n_rules; i++)
				for (size_t p = 0;
				     !r && p < chain->rules[i].n_parts; p++)
					if (is_question(
						    &chain->rules[i].parts[p]))
						r = fn(ctx, &chain->rules[i],
						       &chain->rules[i].parts[p]);
		}
	return r;
}

/* --- names ---------------------------------------------------------------- */
struct questions {
	struct fw_typed *typed;
	struct fw_plan *plan;
	FW_VEC(const struct fw_domain_set *) sets;	/* the plan's */
	const struct fw_loc *last;	/* of the parts that ask for names */
};

static size_t find_set(const struct questions *q,
		       const struct fw_domain_set *set)
{
	size_t i = 0;

	while (i < q->sets.n && q->sets.items[i] != set)
		i++;
	return i;
}

static int collect(void *ctx, const struct fw_typed_rule *rule,
		   struct fw_part *part)
{
	struct questions *q = ctx;
	const struct fw_domain_set *set = part->domains, **slot;
	int r;

	(void)rule;
	if (part->kind != FW_PART_DNS_NAME)
		return 0;
	q->last = &part->words[0].loc;
	r = fw_contents_domains(q->typed, q->plan, &set);
	if (r || find_set(q, set) < q->sets.n)
		return r;
	slot = fw_vec_push(q->plan->arena, &q->sets);
	if (!slot)
		return -ENOMEM;
	*slot = set;
	return 0;
}

/* The classes that have the set, or have not. */
static int match_classes(struct questions *q, size_t set, bool negate,
			 struct fw_match *match)
{
	const struct fw_suffixes *suffixes = &q->plan->xdp.suffixes;
	FW_VEC(struct fw_interval) runs = { 0 };

	for (uint32_t class = 0; class < suffixes->n_classes; class++) {
		struct fw_interval *run;

		if (fw_class_has(suffixes, class, set) == negate)
			continue;
		if (runs.n && runs.items[runs.n - 1].hi + 1 == class) {
			runs.items[runs.n - 1].hi++;
			continue;
		}
		run = fw_vec_push(q->typed->arena, &runs);
		if (!run)
			return -ENOMEM;
		run->lo = run->hi = class;
	}
	*match = (struct fw_match){ FW_FIELD_DNS_CLASS, runs.items, runs.n };
	return 0;
}

static int fill(void *ctx, const struct fw_typed_rule *rule,
		struct fw_part *part)
{
	struct questions *q = ctx;
	const struct fw_domain_set *set = part->domains;
	int r;

	(void)rule;
	if (part->kind != FW_PART_DNS_NAME)
		return 0;
	r = fw_contents_domains(q->typed, q->plan, &set);
	return r ? r : match_classes(q, find_set(q, set), part->negate,
				     &part->matches[part->n_matches++]);
}

int fw_lower_questions(struct fw_typed *typed, struct fw_plan *plan)
{
	struct questions q = { .typed = typed, .plan = plan };
	int r = each_question(typed, collect, &q);

	if (r || !q.sets.n)
		return r;
	r = fw_suffixes_build(plan->arena, q.sets.items, q.sets.n,
			      &plan->xdp.suffixes);
	if (r == -E2BIG) {
		fw_error(typed->diags, "too-many-names", q.last,
			 "the names that 'dns qname' asks for are more than "
			 "XDP can hold: %u, with all that they are below",
			 FW_SUFFIXES_MAX);
		return 0;
	}
	return r ? r : each_question(typed, fill, &q);
}
