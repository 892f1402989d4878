/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions by pcre2, one after the other, where hyperscan is not to be had.
 *
 * In: expressions, bytes. Out: engine.h's bits. Fails for want of memory, for
 * expressions that fw_syntax_refuses() or pcre2 refuses, and where one would take
 * more steps than it is given.
 *
 * pcre2 knows texts, not streams: the bytes at which a match may have begun are
 * kept, and looked at again with those that follow. Of what an expression might
 * match without end, the last KEPT_MAX bytes are kept.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "scan/engine.h"

#include <errno.h>
#include <pcre2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/syntax.h"
#include "util/cleanup.h"

#define KEPT_MAX 16384
#define STEPS_MAX 1000000	/* of one look, as pcre2 counts them */
#define HEAP_MAX 4096		/* KiB, likewise */

const char fw_engine_name[] = "pcre2";

struct compiled {
	pcre2_code *code;
	unsigned id;
	uint32_t before;	/* bytes that it asks for before a match */
	uint32_t behind;	/* and those that it must have seen behind one */
	bool utf8;
};

struct fw_engine {
	pcre2_match_context *limits;
	unsigned n;
	struct compiled of[];
};

/* Where an expression has to look on; DONE: it has matched. */
#define DONE UINT32_MAX

struct fw_engine_stream {
	const struct fw_engine *engine;
	uint8_t *kept;
	size_t len, size;
	uint32_t from[];
};

/* --- expressions ---------------------------------------------------------- */
static const struct {
	char letter;
	uint32_t option;
} flags[] = {
	{ 'i', PCRE2_CASELESS },
	{ 'm', PCRE2_MULTILINE },
	{ 's', PCRE2_DOTALL },
	{ 'u', PCRE2_UTF | PCRE2_MATCH_INVALID_UTF },
	{ 'x', PCRE2_EXTENDED },
};

static uint32_t options_of(const char *text)
{
	uint32_t all = PCRE2_DOLLAR_ENDONLY;

	for (size_t i = 0; i < FW_ARRAY_SIZE(flags); i++)
		if (strchr(text, flags[i].letter))
			all |= flags[i].option;
	return all;
}

static void compile_context_done(pcre2_compile_context **context)
{
	pcre2_compile_context_free(*context);
}

/* NULL: without memory, or why not. */
static pcre2_code *code_of(const struct fw_expression *expression, char *ret_why,
			   size_t size)
{
	_cleanup_(compile_context_done) pcre2_compile_context *context =
		pcre2_compile_context_create(NULL);
	const char *refused = fw_syntax_refuses(expression->regex);
	size_t offset;
	int error;
	pcre2_code *code;

	ret_why[0] = '\0';
	if (!context || pcre2_set_newline(context, PCRE2_NEWLINE_LF))
		return NULL;
	if (refused) {
		(void)snprintf(ret_why, size, "%s is not supported", refused);
		return NULL;
	}
	code = pcre2_compile((PCRE2_SPTR)expression->regex, PCRE2_ZERO_TERMINATED,
			     options_of(expression->flags), &error, &offset,
			     context);
	if (!code && error != PCRE2_ERROR_NOMEMORY &&
	    pcre2_get_error_message(error, (PCRE2_UCHAR *)ret_why, size) == 0)
		(void)snprintf(ret_why, size, "no reason is known");
	return code;
}

static uint32_t asked(const pcre2_code *code, uint32_t what)
{
	uint32_t value = 0;

	(void)pcre2_pattern_info(code, what, &value);
	return value;
}

/* 0, -ENOMEM, or -EINVAL and why. */
static int compile_one(const struct fw_expression *expression,
		       struct compiled *ret, char *ret_why, size_t size)
{
	pcre2_code *code = code_of(expression, ret_why, size);

	if (!code)
		return ret_why[0] ? -EINVAL : -ENOMEM;
	if (asked(code, PCRE2_INFO_MATCHEMPTY)) {
		pcre2_code_free(code);
		(void)snprintf(ret_why, size, "it matches an empty text");
		return -EINVAL;
	}
	*ret = (struct compiled){
		.code = code,
		.id = expression->id,
		.before = 1 + 4 * asked(code, PCRE2_INFO_MAXLOOKBEHIND),
		.behind = fw_syntax_behind(expression->regex),
		.utf8 = strchr(expression->flags, 'u') != NULL,
	};
	return 0;
}

int fw_engine_try(const struct fw_expression *expression, char *ret_why,
		  size_t size)
{
	struct compiled compiled = { 0 };
	int r = compile_one(expression, &compiled, ret_why, size);

	pcre2_code_free(compiled.code);
	return r;
}

static struct fw_engine *new_engine(unsigned n)
{
	struct fw_engine *engine =
		calloc(1, sizeof(*engine) + n * sizeof(engine->of[0]));

	if (!engine)
		return NULL;
	engine->n = n;
	engine->limits = pcre2_match_context_create(NULL);
	if (!engine->limits) {
		free(engine);
		return NULL;
	}
	(void)pcre2_set_match_limit(engine->limits, STEPS_MAX);
	(void)pcre2_set_heap_limit(engine->limits, HEAP_MAX);
	return engine;
}

int fw_engine_compile(const struct fw_expression *expressions, unsigned n,
		      struct fw_engine **ret)
{
	struct fw_engine *engine = new_engine(n);
	char why[128];
	int r = engine ? 0 : -ENOMEM;

	for (unsigned i = 0; !r && i < n; i++)
		r = compile_one(&expressions[i], &engine->of[i], why,
				sizeof(why));
	if (r)
		fw_engine_free(engine);
	else
		*ret = engine;
	return r;
}

void fw_engine_free(struct fw_engine *engine)
{
	if (!engine)
		return;
	for (unsigned i = 0; i < engine->n; i++)
		pcre2_code_free(engine->of[i].code);
	pcre2_match_context_free(engine->limits);
	free(engine);
}

/* --- as bytes -------------------------------------------------------------- */
/* How many bytes there are, the number of expressions, what is known of each, their
 * codes as pcre2 writes them; for the same program on the same machine. */
struct packed {
	size_t len;
	unsigned n;
	struct compiled of[];
};

int fw_engine_pack(const struct fw_engine *engine, char **ret_bytes,
		   size_t *ret_len)
{
	size_t known = engine->n * sizeof(engine->of[0]);
	struct packed *packed = NULL;
	const pcre2_code **codes = calloc(engine->n, sizeof(*codes));
	PCRE2_SIZE size = 0;
	uint8_t *coded = NULL;
	int32_t n = -1;

	for (unsigned i = 0; codes && i < engine->n; i++)
		codes[i] = engine->of[i].code;
	if (codes)
		n = pcre2_serialize_encode(codes, (int32_t)engine->n, &coded,
					   &size, NULL);
	free(codes);
	if (n >= 0)
		packed = malloc(sizeof(*packed) + known + size);
	if (packed) {
		packed->len = sizeof(*packed) + known + size;
		packed->n = engine->n;
		memcpy(packed->of, engine->of, known);
		memcpy((uint8_t *)packed->of + known, coded, size);
		*ret_bytes = (char *)packed;
		*ret_len = packed->len;
	}
	pcre2_serialize_free(coded);
	return packed ? 0 : -ENOMEM;
}

int fw_engine_unpack(const char *bytes, size_t len, struct fw_engine **ret)
{
	struct packed packed;
	struct fw_engine *engine;
	pcre2_code **codes;
	size_t known;
	int32_t n = -1;

	if (len < sizeof(packed))
		return -EINVAL;
	memcpy(&packed, bytes, sizeof(packed));
	known = packed.n * sizeof(struct compiled);
	if (len != packed.len)
		return -EINVAL;
	bytes += sizeof(packed);
	engine = new_engine(packed.n);
	codes = calloc(packed.n, sizeof(pcre2_code *));
	if (engine && codes)
		n = pcre2_serialize_decode(codes, (int32_t)packed.n,
					   (const uint8_t *)bytes + known, NULL);
	if (engine && n == (int32_t)packed.n) {
		memcpy(engine->of, bytes, known);
		for (unsigned i = 0; i < packed.n; i++)
			engine->of[i].code = codes[i];
		*ret = engine;
	} else {
		fw_engine_free(engine);
	}
	free(codes);
	return n == (int32_t)packed.n ? 0 :
	       n == PCRE2_ERROR_NOMEMORY || n == -1 ? -ENOMEM : -EINVAL;
}

/* --- streams -------------------------------------------------------------- */
int fw_engine_open(const struct fw_engine *engine, struct fw_engine_stream **ret)
{
	struct fw_engine_stream *stream =
		calloc(1, sizeof(*stream) +
				  engine->n * sizeof(stream->from[0]));

	if (!stream)
		return -ENOMEM;
	stream->engine = engine;
	*ret = stream;
	return 0;
}

void fw_engine_close(struct fw_engine_stream *stream)
{
	if (!stream)
		return;
	free(stream->kept);
	free(stream);
}

size_t fw_engine_held(const struct fw_engine_stream *stream)
{
	return sizeof(*stream) +
	       stream->engine->n * sizeof(stream->from[0]) + stream->size;
}

void fw_engine_restart(struct fw_engine_stream *stream)
{
	stream->len = 0;
	for (unsigned i = 0; i < stream->engine->n; i++)
		if (stream->from[i] != DONE)
			stream->from[i] = 0;
}

static int append(struct fw_engine_stream *stream, const uint8_t *data,
		  size_t len)
{
	if (stream->len + len > stream->size) {
		size_t size = stream->len + len;
		uint8_t *kept = realloc(stream->kept, size);

		if (!kept)
			return -ENOMEM;
		stream->kept = kept;
		stream->size = size;
	}
	memcpy(stream->kept + stream->len, data, len);
	stream->len += len;
	return 0;
}

/* Without the beginning of a character at the end. */
static size_t whole_characters(const uint8_t *text, size_t len)
{
	size_t tail = 0;

	while (tail < 3 && tail < len && (text[len - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail < len) {
		uint8_t first = text[len - 1 - tail];
		size_t all = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 :
			     first >= 0xc0 ? 2 : 1;

		if (all > tail + 1)
			return len - 1 - tail;
	}
	return len;
}

/* One expression over what is kept. 0 or -ENOMEM. */
static int look(struct fw_engine_stream *stream, unsigned i,
		pcre2_match_data *data, uint64_t *matched)
{
	const struct compiled *compiled = &stream->engine->of[i];
	size_t len = compiled->utf8 ?
			     whole_characters(stream->kept, stream->len) :
			     stream->len;
	const size_t *span = pcre2_get_ovector_pointer(data);
	int r;

	if (stream->from[i] >= len)
		return 0;
	r = pcre2_match(compiled->code, stream->kept, len, stream->from[i],
			PCRE2_PARTIAL_SOFT, data, stream->engine->limits);
	if (r == PCRE2_ERROR_NOMATCH) {
		stream->from[i] = (uint32_t)len;
	} else if (r == PCRE2_ERROR_PARTIAL ||
		   (r >= 0 && span[1] + compiled->behind > len)) {
		stream->from[i] = (uint32_t)span[0];
	} else if (r >= 0) {
		stream->from[i] = DONE;
		*matched |= UINT64_C(1) << compiled->id;
	} else {
		return -ENOMEM;
	}
	return 0;
}

/* What nobody will look at any more. */
static void drop(struct fw_engine_stream *stream)
{
	size_t gone = stream->len;

	for (unsigned i = 0; i < stream->engine->n; i++) {
		uint32_t before = stream->engine->of[i].before;
		uint32_t from = stream->from[i];

		if (from != DONE && gone > (from > before ? from - before : 0))
			gone = from > before ? from - before : 0;
	}
	if (stream->len - gone > KEPT_MAX)
		gone = stream->len - KEPT_MAX;
	stream->len -= gone;
	memmove(stream->kept, stream->kept + gone, stream->len);
	for (unsigned i = 0; i < stream->engine->n; i++)
		if (stream->from[i] != DONE)
			/* never at the first byte, which would be the stream's */
			stream->from[i] = stream->from[i] > gone ?
				(uint32_t)(stream->from[i] - gone) : gone > 0;
}

int fw_engine_feed(struct fw_engine_stream *stream, const uint8_t *data,
		   size_t len, uint64_t *matched)
{
	pcre2_match_data *match;
	int r;

	if (!len)
		return 0;
	r = len > UINT32_MAX / 2 ? -ENOMEM : append(stream, data, len);
	if (r)
		return r;
	match = pcre2_match_data_create(1, NULL);
	if (!match)
		return -ENOMEM;
	for (unsigned i = 0; !r && i < stream->engine->n; i++)
		if (stream->from[i] != DONE)
			r = look(stream, i, match, matched);
	pcre2_match_data_free(match);
	drop(stream);
	return r;
}
