/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an engine of regular expressions has to do: hyperscan's
 * (engine_hyperscan.c), or pcre2's where that is missing (engine_pcre2.c); one of
 * them is built in. Both take the same expressions and mean the same by them.
 *
 * An expression's end is looked for in a stream that has none: what would match
 * only there does not match.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fw_engine;		/* compiled expressions; any thread */
struct fw_engine_stream;	/* one thread at a time */

struct fw_expression {
	const char *regex;
	const char *flags;	/* some of "imsxu" */
	unsigned id;		/* below 64 */
};

extern const char fw_engine_name[];

/* 0, -ENOMEM, or -EINVAL and why in ret_why. */
int fw_engine_try(const struct fw_expression *expression, char *ret_why,
		  size_t size);

/* All of them together. 0, -ENOMEM, or -EINVAL where fw_engine_try() refuses one. */
int fw_engine_compile(const struct fw_expression *expressions, unsigned n,
		      struct fw_engine **ret);
void fw_engine_free(struct fw_engine *engine);

/* As bytes that the caller frees, and back. 0, -ENOMEM or -EINVAL. */
int fw_engine_pack(const struct fw_engine *engine, char **ret_bytes,
		   size_t *ret_len);
int fw_engine_unpack(const char *bytes, size_t len, struct fw_engine **ret);

/* A stream from its first byte on. The engine outlives it. 0 or -ENOMEM. */
int fw_engine_open(const struct fw_engine *engine,
		   struct fw_engine_stream **ret);
void fw_engine_close(struct fw_engine_stream *stream);
/* Bytes that it takes now. */
size_t fw_engine_held(const struct fw_engine_stream *stream);

/* The next bytes: adds the bit of each id that matched. 0, or -ENOMEM where it
 * would take more memory or steps than an expression is given. */
int fw_engine_feed(struct fw_engine_stream *stream, const uint8_t *data,
		   size_t len, uint64_t *matched);
/* The next byte is a stream's first again. */
void fw_engine_restart(struct fw_engine_stream *stream);
