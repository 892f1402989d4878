/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns: what an engine of regular expressions makes of a profile's pattern
 * sets.
 *
 * In: profiles, and the bytes of streams. Out: a bit for each set of which a
 * pattern matched. Fails for want of memory, and for patterns that the engine
 * does not take.
 *
 * What was compiled is found again by the hash of what it was made of: the
 * workers of a profile, and the generations that do not change it, share one.
 */
#include "scan/patterns.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "scan/engine.h"
#include "util/cleanup.h"
#include "util/sha256.h"

struct fw_patterns {
	struct fw_patterns *next;
	struct fw_hash hash;
	unsigned refs;
	struct fw_engine *engine;
};

struct fw_search {
	struct fw_patterns *patterns;
	struct fw_engine_stream *stream;
};

/* All that are in use, by this lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fw_patterns *shared;

const char *fw_patterns_engine(void)
{
	return fw_engine_name;
}

int fw_pattern_compiles(const char *regex, const char *flags, char *ret_why,
			size_t size)
{
	const struct fw_expression expression = { regex, flags, 0 };

	return fw_engine_try(&expression, ret_why, size);
}

/* --- what a profile asks for ---------------------------------------------- */
struct sources {
	struct fw_expression *expressions;	/* of the plan's texts */
	unsigned n;
};

static void sources_done(struct sources *sources)
{
	free(sources->expressions);
}

/* Whether the rule at i is the first of the profile that asks for its set. */
static bool asks_first(const struct fw_profile *profile, size_t i)
{
	const struct fw_pattern_set *set = profile->rules[i].patterns;

	for (size_t k = 0; set && k < i; k++)
		if (profile->rules[k].patterns == set)
			return false;
	return set != NULL;
}

static void take_set(struct sources *sources, const struct fw_inspect_rule *rule,
		     struct fw_hasher *hasher)
{
	const struct fw_pattern_set *set = rule->patterns;

	fw_hasher_add_u64(hasher, rule->pattern_set);
	fw_hasher_add_u64(hasher, set->n_patterns);
	for (size_t i = 0; i < set->n_patterns; i++) {
		const struct fw_pattern *p = &set->patterns[i];

		sources->expressions[sources->n++] = (struct fw_expression){
			.regex = p->regex,
			.flags = p->flags,
			.id = rule->pattern_set,
		};
		fw_hasher_add_text(hasher, p->regex);
		fw_hasher_add_text(hasher, p->flags);
	}
}

static int collect(const struct fw_profile *profile, struct sources *sources,
		   struct fw_hasher *hasher)
{
	size_t n = 0;

	for (size_t i = 0; i < profile->n_rules; i++)
		if (asks_first(profile, i))
			n += profile->rules[i].patterns->n_patterns;
	if (!n)
		return 0;
	sources->expressions = calloc(n, sizeof(*sources->expressions));
	if (!sources->expressions)
		return -ENOMEM;
	for (size_t i = 0; i < profile->n_rules; i++)
		if (asks_first(profile, i))
			take_set(sources, &profile->rules[i], hasher);
	return 0;
}

/* --- what is shared -------------------------------------------------------- */
static struct fw_patterns *find(const struct fw_hash *hash)
{
	struct fw_patterns *patterns = shared;

	while (patterns && memcmp(&patterns->hash, hash, sizeof(*hash)) != 0)
		patterns = patterns->next;
	if (patterns)
		patterns->refs++;
	return patterns;
}

/* Takes the engine. The caller has the lock. */
static int keep(struct fw_engine *engine, const struct fw_hash *hash,
		struct fw_patterns **ret)
{
	struct fw_patterns *patterns = calloc(1, sizeof(*patterns));

	if (!patterns) {
		fw_engine_free(engine);
		return -ENOMEM;
	}
	patterns->engine = engine;
	patterns->hash = *hash;
	patterns->refs = 1;
	patterns->next = shared;
	shared = patterns;
	*ret = patterns;
	return 0;
}

static int compile(const struct sources *sources, const struct fw_hash *hash,
		   struct fw_patterns **ret)
{
	struct fw_engine *engine;
	int err = fw_engine_compile(sources->expressions, sources->n, &engine);

	return err ? err : keep(engine, hash, ret);
}

int fw_patterns_open(const struct fw_profile *profile, struct fw_patterns **ret)
{
	_cleanup_(sources_done) struct sources sources = { 0 };
	struct fw_hasher *hasher = fw_hasher_new();
	struct fw_hash hash;
	int err;

	*ret = NULL;
	if (!hasher)
		return -ENOMEM;
	err = collect(profile, &sources, hasher);
	fw_hasher_end(hasher, &hash);
	if (err || !sources.n)
		return err;
	pthread_mutex_lock(&lock);
	*ret = find(&hash);
	if (!*ret)
		err = compile(&sources, &hash, ret);
	pthread_mutex_unlock(&lock);
	return err;
}

struct fw_patterns *fw_patterns_ref(struct fw_patterns *patterns)
{
	if (!patterns)
		return NULL;
	pthread_mutex_lock(&lock);
	patterns->refs++;
	pthread_mutex_unlock(&lock);
	return patterns;
}

void fw_patterns_unref(struct fw_patterns *patterns)
{
	struct fw_patterns **at = &shared;

	if (!patterns)
		return;
	pthread_mutex_lock(&lock);
	if (--patterns->refs == 0) {
		while (*at != patterns)
			at = &(*at)->next;
		*at = patterns->next;
		fw_engine_free(patterns->engine);
		free(patterns);
	}
	pthread_mutex_unlock(&lock);
}

/* --- processes ------------------------------------------------------------ */
int fw_patterns_pack(const struct fw_patterns *patterns,
		     struct fw_packed_patterns *ret)
{
	*ret = (struct fw_packed_patterns){ 0 };
	if (!patterns)
		return 0;
	ret->hash = patterns->hash;
	return fw_engine_pack(patterns->engine, &ret->bytes, &ret->len);
}

int fw_patterns_unpack(const struct fw_packed_patterns *packed,
		       struct fw_patterns **ret)
{
	struct fw_engine *engine;
	int err = 0;

	*ret = NULL;
	if (!packed->len)
		return 0;
	pthread_mutex_lock(&lock);
	*ret = find(&packed->hash);
	if (!*ret)
		err = fw_engine_unpack(packed->bytes, packed->len, &engine);
	if (!*ret && !err)
		err = keep(engine, &packed->hash, ret);
	pthread_mutex_unlock(&lock);
	return err;
}

void fw_patterns_forked(void)
{
	(void)pthread_mutex_init(&lock, NULL);
	shared = NULL;
}

/* --- streams -------------------------------------------------------------- */
int fw_search_open(struct fw_patterns *patterns, struct fw_search **ret)
{
	struct fw_search *scan = calloc(1, sizeof(*scan));

	if (!scan || fw_engine_open(patterns->engine, &scan->stream)) {
		free(scan);
		return -ENOMEM;
	}
	scan->patterns = fw_patterns_ref(patterns);
	*ret = scan;
	return 0;
}

void fw_search_close(struct fw_search *scan)
{
	if (!scan)
		return;
	fw_engine_close(scan->stream);
	fw_patterns_unref(scan->patterns);
	free(scan);
}

const struct fw_patterns *fw_search_patterns(const struct fw_search *scan)
{
	return scan ? scan->patterns : NULL;
}

size_t fw_search_held(const struct fw_search *scan)
{
	return scan ? sizeof(*scan) + fw_engine_held(scan->stream) : 0;
}

int fw_search_feed(struct fw_search *scan, const uint8_t *data, size_t len,
		   uint64_t *matched)
{
	return fw_engine_feed(scan->stream, data, len, matched);
}

void fw_search_restart(struct fw_search *scan)
{
	fw_engine_restart(scan->stream);
}
