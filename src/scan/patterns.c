/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns: what hyperscan makes of a profile's pattern sets.
 *
 * In: profiles, and the bytes of streams. Out: a bit for each set of which a
 * pattern matched. Fails for want of memory, and for patterns that hyperscan
 * does not take.
 *
 * A compiled database is found again by the hash of what it was made of: the
 * workers of a profile, and the generations that do not change it, share one.
 */
#include "scan/patterns.h"

#include <errno.h>
#include <hs.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/sha256.h"

struct fw_patterns {
	struct fw_patterns *next;
	struct fw_hash hash;
	unsigned refs;
	hs_database_t *database;
	size_t stream_size;
};

struct fw_search {
	struct fw_patterns *patterns;
	hs_stream_t *stream;
};

/* All that are in use, by this lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fw_patterns *shared;

/* Extended syntax has no flag of hyperscan's: the pattern says it itself. */
static const struct {
	char letter;
	unsigned flag;
} flags[] = {
	{ 'i', HS_FLAG_CASELESS },
	{ 'm', HS_FLAG_MULTILINE },
	{ 's', HS_FLAG_DOTALL },
	{ 'u', HS_FLAG_UTF8 },
};

static unsigned flags_of(const char *text)
{
	unsigned all = HS_FLAG_SINGLEMATCH;	/* that it matches is enough */

	for (size_t i = 0; i < FW_ARRAY_SIZE(flags); i++)
		if (strchr(text, flags[i].letter))
			all |= flags[i].flag;
	return all;
}

/* Allocated; NULL without memory. The line's end ends a comment. */
static char *expression(const char *regex, const char *text)
{
	bool extended = strchr(text, 'x');
	char *whole;

	return asprintf(&whole, "%s%s%s", extended ? "(?x)" : "", regex,
			extended ? "\n" : "") < 0 ? NULL : whole;
}

/* In our words where hyperscan's are about its interface. */
static const char *reason(const hs_compile_error_t *error)
{
	if (!error)
		return "no reason is known";
	return strstr(error->message, "HS_FLAG_ALLOWEMPTY") ?
		       "it matches an empty text" : error->message;
}

int fw_pattern_compiles(const char *regex, const char *text, char *ret_why,
			size_t size)
{
	_cleanup_free_ char *whole = expression(regex, text);
	hs_compile_error_t *error = NULL;
	hs_database_t *database = NULL;
	hs_error_t r;

	if (!whole)
		return -ENOMEM;
	r = hs_compile(whole, flags_of(text), HS_MODE_STREAM, NULL, &database,
		       &error);
	if (r == HS_COMPILER_ERROR)
		(void)snprintf(ret_why, size, "%s", reason(error));
	if (error)
		(void)hs_free_compile_error(error);
	if (database)
		(void)hs_free_database(database);
	return r == HS_SUCCESS ? 0 : r == HS_COMPILER_ERROR ? -EINVAL : -ENOMEM;
}

/* --- databases ------------------------------------------------------------ */
/* The patterns of a profile, side by side as hyperscan takes them. */
struct sources {
	char **expressions;
	unsigned *flags, *ids;	/* ids: the number of the set */
	unsigned n;
};

static void sources_done(struct sources *sources)
{
	for (unsigned i = 0; i < sources->n; i++)
		free(sources->expressions[i]);
	free(sources->expressions);
	free(sources->flags);
	free(sources->ids);
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

static int take_set(struct sources *sources, const struct fw_inspect_rule *rule,
		    struct fw_hasher *hasher)
{
	const struct fw_pattern_set *set = rule->patterns;

	fw_hasher_add_u64(hasher, rule->pattern_set);
	fw_hasher_add_u64(hasher, set->n_patterns);
	for (size_t i = 0; i < set->n_patterns; i++) {
		const struct fw_pattern *p = &set->patterns[i];
		char *whole = expression(p->regex, p->flags);

		if (!whole)
			return -ENOMEM;
		sources->expressions[sources->n] = whole;
		sources->flags[sources->n] = flags_of(p->flags);
		sources->ids[sources->n++] = rule->pattern_set;
		fw_hasher_add_text(hasher, whole);
		fw_hasher_add_u64(hasher, flags_of(p->flags));
	}
	return 0;
}

static int collect(const struct fw_profile *profile, struct sources *sources,
		   struct fw_hasher *hasher)
{
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < profile->n_rules; i++)
		if (asks_first(profile, i))
			n += profile->rules[i].patterns->n_patterns;
	if (!n)
		return 0;
	sources->expressions = calloc(n, sizeof(*sources->expressions));
	sources->flags = calloc(n, sizeof(*sources->flags));
	sources->ids = calloc(n, sizeof(*sources->ids));
	if (!sources->expressions || !sources->flags || !sources->ids)
		return -ENOMEM;
	for (size_t i = 0; !err && i < profile->n_rules; i++)
		if (asks_first(profile, i))
			err = take_set(sources, &profile->rules[i], hasher);
	return err;
}

static struct fw_patterns *find(const struct fw_hash *hash)
{
	struct fw_patterns *patterns = shared;

	while (patterns && memcmp(&patterns->hash, hash, sizeof(*hash)) != 0)
		patterns = patterns->next;
	if (patterns)
		patterns->refs++;
	return patterns;
}

/* Takes the database. The caller has the lock. */
static int keep(hs_database_t *database, const struct fw_hash *hash,
		struct fw_patterns **ret)
{
	struct fw_patterns *patterns = calloc(1, sizeof(*patterns));

	if (!patterns || hs_stream_size(database, &patterns->stream_size) !=
				 HS_SUCCESS) {
		(void)hs_free_database(database);
		free(patterns);
		return -ENOMEM;
	}
	patterns->database = database;
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
	hs_compile_error_t *error = NULL;
	hs_database_t *database;
	hs_error_t r;

	r = hs_compile_multi((const char *const *)sources->expressions,
			     sources->flags, sources->ids, sources->n,
			     HS_MODE_STREAM, NULL, &database, &error);
	if (error)
		(void)hs_free_compile_error(error);
	if (r != HS_SUCCESS)
		return r == HS_COMPILER_ERROR ? -EINVAL : -ENOMEM;
	return keep(database, hash, ret);
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
		(void)hs_free_database(patterns->database);
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
	return hs_serialize_database(patterns->database, &ret->bytes,
				     &ret->len) == HS_SUCCESS ? 0 : -ENOMEM;
}

int fw_patterns_unpack(const struct fw_packed_patterns *packed,
		       struct fw_patterns **ret)
{
	hs_database_t *database;
	hs_error_t r = HS_SUCCESS;
	int err = 0;

	*ret = NULL;
	if (!packed->len)
		return 0;
	pthread_mutex_lock(&lock);
	*ret = find(&packed->hash);
	if (!*ret) {
		r = hs_deserialize_database(packed->bytes, packed->len,
					    &database);
		if (r == HS_SUCCESS)
			err = keep(database, &packed->hash, ret);
	}
	pthread_mutex_unlock(&lock);
	if (r != HS_SUCCESS)
		err = r == HS_NOMEM ? -ENOMEM : -EINVAL;
	return err;
}

void fw_patterns_forked(void)
{
	(void)pthread_mutex_init(&lock, NULL);
	shared = NULL;
}

/* --- streams -------------------------------------------------------------- */
/* Hyperscan's working memory: one for each thread, as large as the largest
 * database needs. */
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static pthread_key_t scratch_key;
static bool scratch_kept;

static void free_scratch(void *scratch)
{
	(void)hs_free_scratch(scratch);
}

static void make_scratch_key(void)
{
	scratch_kept = pthread_key_create(&scratch_key, free_scratch) == 0;
}

static hs_scratch_t *scratch_for(const struct fw_patterns *patterns)
{
	hs_scratch_t *scratch;

	(void)pthread_once(&scratch_once, make_scratch_key);
	if (!scratch_kept)
		return NULL;
	scratch = pthread_getspecific(scratch_key);
	if (hs_alloc_scratch(patterns->database, &scratch) != HS_SUCCESS)
		return NULL;
	return pthread_setspecific(scratch_key, scratch) ? NULL : scratch;
}

int fw_search_open(struct fw_patterns *patterns, struct fw_search **ret)
{
	struct fw_search *scan = calloc(1, sizeof(*scan));

	if (!scan || hs_open_stream(patterns->database, 0, &scan->stream) !=
			     HS_SUCCESS) {
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
	/* without scratch: what would match at the end is not asked for */
	(void)hs_close_stream(scan->stream, NULL, NULL, NULL);
	fw_patterns_unref(scan->patterns);
	free(scan);
}

const struct fw_patterns *fw_search_patterns(const struct fw_search *scan)
{
	return scan ? scan->patterns : NULL;
}

size_t fw_search_held(const struct fw_search *scan)
{
	return scan ? sizeof(*scan) + scan->patterns->stream_size : 0;
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to,
		    unsigned match_flags, void *ctx)
{
	uint64_t *matched = ctx;

	(void)from;
	(void)to;
	(void)match_flags;
	*matched |= UINT64_C(1) << id;
	return 0;
}

int fw_search_feed(struct fw_search *scan, const uint8_t *data, size_t len,
		 uint64_t *matched)
{
	hs_scratch_t *scratch = scratch_for(scan->patterns);

	if (!scratch)
		return -ENOMEM;
	return hs_scan_stream(scan->stream, (const char *)data, (unsigned)len, 0,
			      scratch, on_match, matched) == HS_SUCCESS ?
		       0 : -ENOMEM;
}

void fw_search_restart(struct fw_search *scan)
{
	(void)hs_reset_stream(scan->stream, 0, NULL, NULL, NULL);
}
