/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions by hyperscan: one database for all of them, streams of a size that
 * is known beforehand.
 *
 * In: expressions, bytes. Out: engine.h's bits. Fails for want of memory, and for
 * what hyperscan does not take.
 */
#include "scan/engine.h"

#include <errno.h>
#include <hs.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

const char fw_engine_name[] = "hyperscan";

struct fw_engine {
	hs_database_t *database;
	size_t stream_size;
};

struct fw_engine_stream {
	const struct fw_engine *engine;
	hs_stream_t *stream;
};

/* --- expressions ---------------------------------------------------------- */
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
static char *text_of(const struct fw_expression *expression)
{
	bool extended = strchr(expression->flags, 'x');
	char *whole;

	return asprintf(&whole, "%s%s%s", extended ? "(?x)" : "",
			expression->regex, extended ? "\n" : "") < 0 ?
		       NULL : whole;
}

/* In our words where hyperscan's are about its interface. */
static const char *reason(const hs_compile_error_t *error)
{
	if (!error)
		return "no reason is known";
	return strstr(error->message, "HS_FLAG_ALLOWEMPTY") ?
		       "it matches an empty text" : error->message;
}

int fw_engine_try(const struct fw_expression *expression, char *ret_why,
		  size_t size)
{
	_cleanup_free_ char *whole = text_of(expression);
	hs_compile_error_t *error = NULL;
	hs_database_t *database = NULL;
	hs_error_t r;

	if (!whole)
		return -ENOMEM;
	r = hs_compile(whole, flags_of(expression->flags), HS_MODE_STREAM, NULL,
		       &database, &error);
	if (r == HS_COMPILER_ERROR)
		(void)snprintf(ret_why, size, "%s", reason(error));
	if (error)
		(void)hs_free_compile_error(error);
	if (database)
		(void)hs_free_database(database);
	return r == HS_SUCCESS ? 0 : r == HS_COMPILER_ERROR ? -EINVAL : -ENOMEM;
}

/* --- databases ------------------------------------------------------------ */
/* Expressions side by side, as hyperscan takes them. */
struct columns {
	char **texts;
	unsigned *flags, *ids;
	unsigned n;
};

static void columns_done(struct columns *columns)
{
	for (unsigned i = 0; columns->texts && i < columns->n; i++)
		free(columns->texts[i]);
	free(columns->texts);
	free(columns->flags);
	free(columns->ids);
}

static int columns_of(const struct fw_expression *expressions, unsigned n,
		      struct columns *ret)
{
	ret->n = n;
	ret->texts = calloc(n, sizeof(*ret->texts));
	ret->flags = calloc(n, sizeof(*ret->flags));
	ret->ids = calloc(n, sizeof(*ret->ids));
	if (!ret->texts || !ret->flags || !ret->ids)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		ret->texts[i] = text_of(&expressions[i]);
		ret->flags[i] = flags_of(expressions[i].flags);
		ret->ids[i] = expressions[i].id;
		if (!ret->texts[i])
			return -ENOMEM;
	}
	return 0;
}

/* Takes the database. */
static int keep(hs_database_t *database, struct fw_engine **ret)
{
	struct fw_engine *engine = calloc(1, sizeof(*engine));

	if (!engine || hs_stream_size(database, &engine->stream_size) !=
			       HS_SUCCESS) {
		(void)hs_free_database(database);
		free(engine);
		return -ENOMEM;
	}
	engine->database = database;
	*ret = engine;
	return 0;
}

int fw_engine_compile(const struct fw_expression *expressions, unsigned n,
		      struct fw_engine **ret)
{
	_cleanup_(columns_done) struct columns columns = { 0 };
	hs_compile_error_t *error = NULL;
	hs_database_t *database;
	hs_error_t r;

	if (columns_of(expressions, n, &columns))
		return -ENOMEM;
	r = hs_compile_multi((const char *const *)columns.texts, columns.flags,
			     columns.ids, n, HS_MODE_STREAM, NULL, &database,
			     &error);
	if (error)
		(void)hs_free_compile_error(error);
	if (r != HS_SUCCESS)
		return r == HS_COMPILER_ERROR ? -EINVAL : -ENOMEM;
	return keep(database, ret);
}

void fw_engine_free(struct fw_engine *engine)
{
	if (!engine)
		return;
	(void)hs_free_database(engine->database);
	free(engine);
}

int fw_engine_pack(const struct fw_engine *engine, char **ret_bytes,
		   size_t *ret_len)
{
	return hs_serialize_database(engine->database, ret_bytes, ret_len) ==
		       HS_SUCCESS ? 0 : -ENOMEM;
}

int fw_engine_unpack(const char *bytes, size_t len, struct fw_engine **ret)
{
	hs_database_t *database;
	hs_error_t r = hs_deserialize_database(bytes, len, &database);

	if (r != HS_SUCCESS)
		return r == HS_NOMEM ? -ENOMEM : -EINVAL;
	return keep(database, ret);
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

static hs_scratch_t *scratch_for(const struct fw_engine *engine)
{
	hs_scratch_t *scratch;

	(void)pthread_once(&scratch_once, make_scratch_key);
	if (!scratch_kept)
		return NULL;
	scratch = pthread_getspecific(scratch_key);
	if (hs_alloc_scratch(engine->database, &scratch) != HS_SUCCESS)
		return NULL;
	return pthread_setspecific(scratch_key, scratch) ? NULL : scratch;
}

int fw_engine_open(const struct fw_engine *engine, struct fw_engine_stream **ret)
{
	struct fw_engine_stream *stream = calloc(1, sizeof(*stream));

	if (!stream || hs_open_stream(engine->database, 0, &stream->stream) !=
			       HS_SUCCESS) {
		free(stream);
		return -ENOMEM;
	}
	stream->engine = engine;
	*ret = stream;
	return 0;
}

void fw_engine_close(struct fw_engine_stream *stream)
{
	if (!stream)
		return;
	/* without scratch: what would match at the end is not asked for */
	(void)hs_close_stream(stream->stream, NULL, NULL, NULL);
	free(stream);
}

size_t fw_engine_held(const struct fw_engine_stream *stream)
{
	return sizeof(*stream) + stream->engine->stream_size;
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

int fw_engine_feed(struct fw_engine_stream *stream, const uint8_t *data,
		   size_t len, uint64_t *matched)
{
	hs_scratch_t *scratch = scratch_for(stream->engine);

	if (!scratch)
		return -ENOMEM;
	return hs_scan_stream(stream->stream, (const char *)data, (unsigned)len,
			      0, scratch, on_match, matched) == HS_SUCCESS ?
		       0 : -ENOMEM;
}

void fw_engine_restart(struct fw_engine_stream *stream)
{
	(void)hs_reset_stream(stream->stream, 0, NULL, NULL, NULL);
}
