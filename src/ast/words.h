/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words to text: what ast_print.c and words_text.c share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ast/ast.h"
#include "util/buf.h"

struct fw_words_style {
	bool wide_commas;	/* a, b also outside braces: Flywall's blocks */
	bool wrap;		/* long lists over several lines */
	size_t indent;		/* tabs in front of such a line */
	/* Told where each word came to stand in the buffer, a brace behind its
	 * children; or NULL. */
	void (*placed)(void *ctx, const struct fw_word *word, size_t from,
		       size_t to);
	void *ctx;
};

void fw_words_add(struct fw_buf *buf, const struct fw_words_style *style,
		  const struct fw_word *words, size_t n_words);
