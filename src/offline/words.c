/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall --words: the words that the language adds to nft's, for completion,
 * the check of the manual and tests. A line each on standard output: where it
 * stands, a tab, the word. Nothing fails.
 */
#include <stdio.h>

#include "compile/words.h"
#include "offline/offline.h"

static void print(void *ctx, const char *place, const char *word)
{
	(void)ctx;
	printf("%s\t%s\n", place, word);
}

void fw_offline_words(void)
{
	fw_words_each(print, NULL);
}
