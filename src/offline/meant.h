/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean", for words that nft refuses. */
#pragma once

/*
 * complaint: what nft says. word: what it says it of; before: the word in front
 * of it, "" for none. Returns the name that was meant, NULL where nothing is
 * like the word; ret (at least FW_MEANT_MAX bytes) may hold it.
 */
#define FW_MEANT_MAX 64
const char *fw_meant(const char *complaint, const char *word,
		     const char *before, char *ret);
