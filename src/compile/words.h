/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flywall's own words, as the tables of the compiler have them: for completion,
 * the check of the manual, and the test that none of them is reserved.
 */
#pragma once

/* place is "block", a block's title ("monitor dns"), "class", "device", "set",
 * "type", "statement", "match" or "value". */
typedef void (*fw_words_fn)(void *ctx, const char *place, const char *word);

/* Calls fn for each; a word may come several times. */
void fw_words_each(fw_words_fn fn, void *ctx);
