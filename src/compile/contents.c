/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content of Flywall's own sets, into the plan.
 *
 * In: what a rule asks, in the compilation's memory. Out: the plan's copy of
 * it, made once however many rules ask: a set may have a million names. Fails
 * only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"

/* Pairs of what was copied and its copy. */
struct fw_contents {
	size_t room;		/* of each array */
	const void **from_domains, **from_texts, **from_patterns;
	struct fw_domain_set *domains;
	struct fw_text_set *texts;
	struct fw_pattern_set *patterns;
};

/* How many may ask: each asks for one of each at most. */
static size_t count_askers(const struct fw_typed *typed)
{
	size_t n = 1;	/* monitor dns { local } */

	for (size_t i = 0; i < typed->n_profiles; i++)
		n += typed->profiles[i].n_rules;
	for (size_t t = 0; t < typed->n_tables; t++)
		for (size_t c = 0; c < typed->tables[t].n_chains; c++) {
			const struct fw_typed_chain *chain =
				&typed->tables[t].chains[c];

			for (size_t i = 0; i < chain->n_rules; i++)
				for (size_t p = 0; p < chain->rules[i].n_parts;
				     p++)
					n += chain->rules[i].parts[p].kind ==
					     FW_PART_DNS_NAME;
		}
	return n;
}

static struct fw_contents *open_contents(struct fw_typed *typed,
					 struct fw_plan *plan)
{
	struct fw_arena *arena = typed->arena;
	struct fw_contents *c = typed->contents;

	if (c)
		return c;
	c = fw_arena_alloc(arena, sizeof(*c));
	if (!c)
		return NULL;
	c->room = count_askers(typed);
	c->from_domains = fw_arena_array(arena, c->room, sizeof(void *));
	c->from_texts = fw_arena_array(arena, c->room, sizeof(void *));
	c->from_patterns = fw_arena_array(arena, c->room, sizeof(void *));
	c->domains = fw_arena_array(plan->arena, c->room, sizeof(*c->domains));
	c->texts = fw_arena_array(plan->arena, c->room, sizeof(*c->texts));
	c->patterns = fw_arena_array(plan->arena, c->room,
				     sizeof(*c->patterns));
	if (!c->from_domains || !c->from_texts || !c->from_patterns ||
	    !c->domains || !c->texts || !c->patterns)
		return NULL;
	typed->contents = c;
	return c;
}

static bool find(const void *const *from, size_t n, const void *set,
		 size_t *ret)
{
	for (*ret = 0; *ret < n; ++*ret)
		if (from[*ret] == set)
			return true;
	return false;
}

/* --- names ---------------------------------------------------------------- */
static int copy_domains(struct fw_arena *arena,
			const struct fw_domain_set *from,
			struct fw_domain_set *to)
{
	struct fw_domain *domains;

	domains = fw_arena_array(arena, from->n_domains, sizeof(*domains));
	to->name = fw_arena_strdup(arena, from->name);
	if (!domains || !to->name)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_domains; i++) {
		domains[i] = from->domains[i];
		domains[i].name = fw_arena_strdup(arena, domains[i].name);
		if (!domains[i].name)
			return -ENOMEM;
	}
	to->domains = domains;
	to->n_domains = from->n_domains;
	return 0;
}

int fw_contents_domains(struct fw_typed *typed, struct fw_plan *plan,
			const struct fw_domain_set **set)
{
	struct fw_contents *c = *set ? open_contents(typed, plan) : NULL;
	size_t i;

	if (!*set)
		return 0;
	if (!c)
		return -ENOMEM;
	if (!find(c->from_domains, plan->n_domain_sets, *set, &i)) {
		if (copy_domains(plan->arena, *set, &c->domains[i]) < 0)
			return -ENOMEM;
		c->from_domains[i] = *set;
		plan->domain_sets = c->domains;
		plan->n_domain_sets++;
	}
	*set = &c->domains[i];
	return 0;
}

/* --- texts ---------------------------------------------------------------- */
static int copy_texts(struct fw_arena *arena, const struct fw_text_set *from,
		      struct fw_text_set *to)
{
	const char **texts = fw_arena_array(arena, from->n_texts,
					    sizeof(*texts));

	to->name = fw_arena_strdup(arena, from->name);
	if (!texts || !to->name)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_texts; i++) {
		texts[i] = fw_arena_strdup(arena, from->texts[i]);
		if (!texts[i])
			return -ENOMEM;
	}
	to->texts = texts;
	to->n_texts = from->n_texts;
	return 0;
}

int fw_contents_texts(struct fw_typed *typed, struct fw_plan *plan,
		      const struct fw_text_set **set)
{
	struct fw_contents *c = *set ? open_contents(typed, plan) : NULL;
	size_t i;

	if (!*set)
		return 0;
	if (!c)
		return -ENOMEM;
	if (!find(c->from_texts, plan->n_text_sets, *set, &i)) {
		if (copy_texts(plan->arena, *set, &c->texts[i]) < 0)
			return -ENOMEM;
		c->from_texts[i] = *set;
		plan->text_sets = c->texts;
		plan->n_text_sets++;
	}
	*set = &c->texts[i];
	return 0;
}

/* --- patterns ------------------------------------------------------------- */
static int copy_patterns(struct fw_arena *arena,
			 const struct fw_pattern_set *from,
			 struct fw_pattern_set *to)
{
	struct fw_pattern *patterns;

	patterns = fw_arena_array(arena, from->n_patterns, sizeof(*patterns));
	to->name = fw_arena_strdup(arena, from->name);
	if (!patterns || !to->name)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_patterns; i++) {
		const struct fw_pattern *p = &from->patterns[i];

		patterns[i].name = fw_arena_strdup(arena, p->name);
		patterns[i].regex = fw_arena_strdup(arena, p->regex);
		patterns[i].flags = fw_arena_strdup(arena, p->flags);
		if (!patterns[i].name || !patterns[i].regex ||
		    !patterns[i].flags)
			return -ENOMEM;
	}
	to->patterns = patterns;
	to->n_patterns = from->n_patterns;
	return 0;
}

int fw_contents_patterns(struct fw_typed *typed, struct fw_plan *plan,
			 const struct fw_pattern_set **set)
{
	struct fw_contents *c = *set ? open_contents(typed, plan) : NULL;
	size_t i;

	if (!*set)
		return 0;
	if (!c)
		return -ENOMEM;
	if (!find(c->from_patterns, plan->n_pattern_sets, *set, &i)) {
		if (copy_patterns(plan->arena, *set, &c->patterns[i]) < 0)
			return -ENOMEM;
		c->from_patterns[i] = *set;
		plan->pattern_sets = c->patterns;
		plan->n_pattern_sets++;
	}
	*set = &c->patterns[i];
	return 0;
}
