/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * View: a copy of the parts of a plan that inspect, in shared memory.
 *
 * In: plans. Out: copies, pointers and all. Fails without memory, and when a copy
 * is larger than its place.
 *
 * A set that several rules name is copied once.
 */
#include "inspect/view.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "inspect/shared.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/vec.h"

#define PLACE_SIZE ((size_t)4 << 30)
#define ALL_SIZE (FW_VIEW_PLACES * PLACE_SIZE)

/* All by this lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fw_shared places;	/* none before the first view */
static struct fw_view *views;	/* that are in use */

static char *start_of(unsigned place)
{
	return (char *)places.p + place * PLACE_SIZE;
}

/* --- copies --------------------------------------------------------------- */
struct copied {
	const void *from;
	const void *to;
};

struct copier {
	char *at, *end;
	bool failed;
	struct fw_arena *arena;		/* of: */
	FW_VEC(struct copied) sets;
};

/* NULL, and failed, when the place is full. */
static void *room(struct copier *copier, size_t n, size_t size)
{
	const size_t align = alignof(max_align_t);
	size_t total;
	void *p = copier->at;

	if (__builtin_mul_overflow(n, size, &total) ||
	    total > (size_t)(copier->end - copier->at) - align) {
		copier->failed = true;
		return NULL;
	}
	copier->at += (total + align - 1) / align * align;
	return p;
}

static void *copy(struct copier *copier, const void *from, size_t n,
		  size_t size)
{
	void *to = room(copier, n, size);

	return to && n ? memcpy(to, from, n * size) : to;
}

static const char *copy_text(struct copier *copier, const char *text)
{
	return text ? copy(copier, text, strlen(text) + 1, 1) : NULL;
}

static const void *seen(const struct copier *copier, const void *from)
{
	for (size_t i = 0; i < copier->sets.n; i++)
		if (copier->sets.items[i].from == from)
			return copier->sets.items[i].to;
	return NULL;
}

/* Room for the set's head, a copy; it is known from now on. */
static void *begin_set(struct copier *copier, const void *from, size_t size)
{
	void *to = copy(copier, from, 1, size);
	struct copied *set = fw_vec_push(copier->arena, &copier->sets);

	if (set)
		*set = (struct copied){ from, to };
	else
		copier->failed = true;
	return to;
}

static const struct fw_domain_set *
copy_domains(struct copier *copier, const struct fw_domain_set *from)
{
	const struct fw_domain_set *known = seen(copier, from);
	struct fw_domain_set *set;
	struct fw_domain *domains;

	if (!from || known)
		return known;
	set = begin_set(copier, from, sizeof(*set));
	domains = copy(copier, from->domains, from->n_domains, sizeof(*domains));
	if (!set || !domains)
		return NULL;
	for (size_t i = 0; i < set->n_domains; i++)
		domains[i].name = copy_text(copier, domains[i].name);
	set->name = copy_text(copier, set->name);
	set->domains = domains;
	return set;
}

static const struct fw_text_set *copy_texts(struct copier *copier,
					    const struct fw_text_set *from)
{
	const struct fw_text_set *known = seen(copier, from);
	struct fw_text_set *set;
	const char **texts;

	if (!from || known)
		return known;
	set = begin_set(copier, from, sizeof(*set));
	texts = copy(copier, from->texts, from->n_texts, sizeof(*texts));
	if (!set || !texts)
		return NULL;
	for (size_t i = 0; i < set->n_texts; i++)
		texts[i] = copy_text(copier, texts[i]);
	set->name = copy_text(copier, set->name);
	set->texts = texts;
	return set;
}

/* Expressions, too: their hash is what compiled patterns are found by. */
static const struct fw_pattern_set *
copy_patterns(struct copier *copier, const struct fw_pattern_set *from)
{
	const struct fw_pattern_set *known = seen(copier, from);
	struct fw_pattern_set *set;
	struct fw_pattern *patterns;

	if (!from || known)
		return known;
	set = begin_set(copier, from, sizeof(*set));
	patterns = copy(copier, from->patterns, from->n_patterns,
			sizeof(*patterns));
	if (!set || !patterns)
		return NULL;
	for (size_t i = 0; i < set->n_patterns; i++) {
		patterns[i].name = copy_text(copier, patterns[i].name);
		patterns[i].regex = copy_text(copier, patterns[i].regex);
		patterns[i].flags = copy_text(copier, patterns[i].flags);
	}
	set->name = copy_text(copier, set->name);
	set->patterns = patterns;
	return set;
}

static const struct fw_inspect_rule *
copy_rules(struct copier *copier, const struct fw_inspect_rule *from, size_t n)
{
	struct fw_inspect_rule *rules = copy(copier, from, n, sizeof(*rules));

	for (size_t i = 0; rules && i < n; i++) {
		struct fw_inspect_rule *rule = &rules[i];

		rule->domains = copy_domains(copier, rule->domains);
		rule->texts = copy_texts(copier, rule->texts);
		rule->patterns = copy_patterns(copier, rule->patterns);
		rule->numbers = copy(copier, rule->numbers, rule->n_numbers,
				     sizeof(*rule->numbers));
		/* who logs has the whole plan */
		rule->log_prefix = rule->log_level = NULL;
	}
	return rules;
}

static const struct fw_profile *copy_profiles(struct copier *copier,
					      const struct fw_plan *plan)
{
	struct fw_profile *profiles = copy(copier, plan->profiles,
					   plan->n_profiles, sizeof(*profiles));

	for (size_t i = 0; profiles && i < plan->n_profiles; i++) {
		profiles[i].name = copy_text(copier, profiles[i].name);
		profiles[i].rules = copy_rules(copier, profiles[i].rules,
					       profiles[i].n_rules);
	}
	return profiles;
}

static const struct fw_query_rule *copy_queries(struct copier *copier,
						const struct fw_plan_queries *from)
{
	struct fw_query_rule *rules = copy(copier, from->rules, from->n_rules,
					   sizeof(*rules));

	for (size_t i = 0; rules && i < from->n_rules; i++)
		rules[i].tests = copy_rules(copier, rules[i].tests,
					    rules[i].n_tests);
	return rules;
}

/* Pages of rules that do not inspect stay untouched. */
static const struct fw_plan_rule *copy_keys(struct copier *copier,
					    const struct fw_plan *plan)
{
	struct fw_plan_rule *rules = room(copier, plan->n_rules, sizeof(*rules));

	for (size_t i = 0; rules && i < plan->n_rules; i++)
		if (plan->rules[i].layer == FW_LAYER_INSPECT)
			rules[i].key = plan->rules[i].key;
	return rules;
}

static void copy_compiled(struct copier *copier, const struct fw_profile *profile,
			  struct fw_packed_patterns *ret)
{
	_cleanup_free_ char *bytes = NULL;
	struct fw_patterns *patterns;

	if (fw_patterns_open(profile, &patterns) ||
	    fw_patterns_pack(patterns, ret))
		copier->failed = true;
	fw_patterns_unref(patterns);
	bytes = ret->bytes;
	ret->bytes = copy(copier, bytes, ret->len, 1);
}

static int fill(unsigned place, const struct fw_plan *plan)
{
	struct copier copier = {
		.at = start_of(place),
		.end = start_of(place + 1),
		.arena = fw_arena_new(),
	};
	struct fw_view_content *content;

	if (!copier.arena)
		return -ENOMEM;
	content = room(&copier, 1, sizeof(*content));
	content->plan.hash = plan->hash;
	content->plan.options = plan->options;
	content->plan.rules = copy_keys(&copier, plan);
	content->plan.n_rules = plan->n_rules;
	content->plan.profiles = copy_profiles(&copier, plan);
	content->plan.n_profiles = plan->n_profiles;
	content->plan.queries = plan->queries;
	content->plan.queries.rules = copy_queries(&copier, &plan->queries);
	for (size_t i = 0; i < plan->n_profiles && i < FW_PROFILES; i++)
		copy_compiled(&copier, &plan->profiles[i],
			      &content->patterns[i]);
	fw_arena_free(copier.arena);
	return copier.failed ? -ENOMEM : 0;
}

/* --- places --------------------------------------------------------------- */
static void clear(unsigned place)
{
	(void)madvise(start_of(place), PLACE_SIZE, MADV_REMOVE);
}

static unsigned free_place(void)
{
	unsigned taken = 0, place = 0;

	for (const struct fw_view *view = views; view; view = view->next)
		taken |= 1u << view->place;
	while (place < FW_VIEW_PLACES && taken >> place & 1)
		place++;
	return place;
}

/* With the lock held. */
static int make(const struct fw_plan *plan, struct fw_view **ret)
{
	_cleanup_free_ struct fw_view *view = calloc(1, sizeof(*view));
	int r = places.p ? 0 :
			  fw_shared_new("flywall-views", ALL_SIZE, &places);

	if (r || !view)
		return r ? r : -ENOMEM;
	view->place = free_place();
	if (view->place == FW_VIEW_PLACES)
		return -ENOSPC;
	r = fill(view->place, plan);
	if (r) {
		clear(view->place);
		return r;
	}
	view->refs = 1;
	view->plan = fw_plan_ref(plan);
	view->next = views;
	views = view;
	*ret = FW_TAKE(view);
	return 0;
}

int fw_view_open(const struct fw_plan *plan, struct fw_view **ret)
{
	int r = 0;

	pthread_mutex_lock(&lock);
	for (*ret = views; *ret && (*ret)->plan != plan;)
		*ret = (*ret)->next;
	if (*ret)
		(*ret)->refs++;
	else
		r = make(plan, ret);
	pthread_mutex_unlock(&lock);
	return r;
}

struct fw_view *fw_view_ref(struct fw_view *view)
{
	pthread_mutex_lock(&lock);
	view->refs++;
	pthread_mutex_unlock(&lock);
	return view;
}

void fw_view_unref(struct fw_view *view)
{
	struct fw_view **at = &views;
	bool last;

	if (!view)
		return;
	pthread_mutex_lock(&lock);
	last = --view->refs == 0;
	if (last) {
		while (*at != view)
			at = &(*at)->next;
		*at = view->next;
		clear(view->place);
	}
	pthread_mutex_unlock(&lock);
	if (!last)
		return;
	fw_plan_unref(view->plan);
	free(view);
}

const struct fw_view_content *fw_view_content(unsigned place)
{
	return (const void *)start_of(place);
}

unsigned fw_view_place(const void *p)
{
	size_t offset = (size_t)((uintptr_t)p - (uintptr_t)places.p);

	return offset < ALL_SIZE ? (unsigned)(offset / PLACE_SIZE) :
				   FW_VIEW_PLACES;
}

int fw_view_protect(void)
{
	return fw_shared_protect(&places);
}
