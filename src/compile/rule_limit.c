/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rate limits, `limit rate [over] 10/second burst 5 packets`, as nft 1.0.6 reads
 * them.
 *
 * In: the words of the statement. Out: the limit, or nothing where it is not
 * written so or the kernel would refuse it: nft is the judge of those.
 */
#include <string.h>

#include "compile/rule.h"
#include "util/cleanup.h"

#define BURST_PACKETS 5		/* nft's, where none is given; of bytes 0 */

/* The words from pos on. */
struct reader {
	const struct fw_word *words;
	size_t n, pos;
};

static const struct fw_word *next(struct reader *r)
{
	return r->pos < r->n ? &r->words[r->pos++] : NULL;
}

static bool take(struct reader *r, const char *text)
{
	if (r->pos >= r->n || !(fw_word_is(&r->words[r->pos], text) ||
				fw_mark_is(&r->words[r->pos], text)))
		return false;
	r->pos++;
	return true;
}

static bool take_number(struct reader *r, uint64_t *ret)
{
	const struct fw_word *word = next(r);

	return word && word->kind == FW_WORD_PLAIN &&
	       fw_number(word->text, ret) && *ret <= UINT32_MAX;
}

/* kbytes, and what is behind it in the same word: "" or "/second". */
static bool take_size(struct reader *r, uint64_t *amount, const char **rest)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = { { "bytes", 0 }, { "kbytes", 10 }, { "mbytes", 20 } };
	const struct fw_word *word = next(r);

	for (size_t i = 0; word && word->kind == FW_WORD_PLAIN &&
			   i < FW_ARRAY_SIZE(units); i++) {
		size_t len = strlen(units[i].name);

		if (strncmp(word->text, units[i].name, len) ||
		    (word->text[len] && word->text[len] != '/'))
			continue;
		*amount <<= units[i].shift;
		*rest = word->text + len;
		return true;
	}
	return false;
}

/* 10/second; 10 kbytes/second. */
static bool take_rate(struct reader *r, struct fw_plan_limit *limit)
{
	const char *rest = "";
	const struct fw_word *unit;

	if (!take_number(r, &limit->rate.amount) || !limit->rate.amount)
		return false;
	if (!take(r, "/")) {
		limit->bytes = true;
		if (!take_size(r, &limit->rate.amount, &rest))
			return false;
		if (*rest)
			return fw_period(rest + 1, &limit->rate.seconds);
		if (!take(r, "/"))
			return false;
	}
	unit = next(r);
	return unit && unit->kind == FW_WORD_PLAIN &&
	       fw_period(unit->text, &limit->rate.seconds);
}

static bool take_burst(struct reader *r, struct fw_plan_limit *limit)
{
	const char *rest;

	limit->burst = limit->bytes ? 0 : BURST_PACKETS;
	if (!take(r, "burst"))
		return true;
	if (!take_number(r, &limit->burst))
		return false;
	if (limit->bytes)
		return take_size(r, &limit->burst, &rest) && !*rest &&
		       limit->burst <= UINT32_MAX;
	return limit->burst && take(r, "packets");
}

bool fw_rule_limit(const struct fw_word *words, size_t n,
		   struct fw_plan_limit *ret)
{
	struct reader r = { .words = words, .n = n };
	struct fw_limit tried;

	*ret = (struct fw_plan_limit){ .bytes = false };
	if (!take(&r, "limit") || !take(&r, "rate"))
		return false;
	ret->over = take(&r, "over");
	return take_rate(&r, ret) && take_burst(&r, ret) && r.pos == r.n &&
	       fw_plan_limit_make(ret, 0, &tried);
}
