/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Units: counts, bytes (`32 kbytes`, `1 mbytes`; 1024 each, as in nft), times
 * (`1h30m`, `10m`, `500ms`; a plain number is seconds), rates (`10/second`,
 * `5 mbytes/second`) and decimals (`0.9`, `50%`).
 *
 * In: words. Out: a number; false after a diagnostic.
 */
#include <ctype.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"
#include "util/duration.h"

bool fw_check_count(struct fw_checker *checker, const struct fw_word *word,
		    uint64_t max, uint64_t *ret)
{
	if (word->kind != FW_WORD_PLAIN || !fw_number(word->text, ret)) {
		fw_error(checker->diags, "bad-value", &word->loc,
			 "a number is meant here, not '%s'", word->text);
		return false;
	}
	if (*ret > max) {
		fw_error(checker->diags, "bad-value", &word->loc,
			 "%s is beyond %llu", word->text,
			 (unsigned long long)max);
		return false;
	}
	return true;
}

bool fw_check_bytes(struct fw_checker *checker, const struct fw_word *words,
		    size_t n, uint64_t *ret, size_t *ret_n)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = { { "bytes", 0 }, { "kbytes", 10 }, { "mbytes", 20 },
		      { "gbytes", 30 } };
	struct fw_diag *diag;

	if (!fw_check_count(checker, &words[0], UINT32_MAX, ret))
		return false;
	for (size_t i = 0; n > 1 && i < FW_ARRAY_SIZE(units); i++) {
		if (!fw_word_is(&words[1], units[i].name))
			continue;
		*ret <<= units[i].shift;
		*ret_n = 2;
		return true;
	}
	if (n > 1 && words[1].kind == FW_WORD_PLAIN)
		diag = fw_error(checker->diags, "bad-unit", &words[1].loc,
				"'%s' is no unit of size", words[1].text);
	else
		diag = fw_error(checker->diags, "bad-unit",
				n > 1 ? &words[1].loc : &words[0].loc,
				"a unit is missing behind %s", words[0].text);
	fw_diag_hint(checker->diags, diag, "bytes, kbytes, mbytes, gbytes");
	return false;
}

bool fw_check_time(struct fw_checker *checker, const struct fw_word *word,
		   uint64_t *ret_ms)
{
	struct fw_diag *diag;

	if (word->kind == FW_WORD_PLAIN &&
	    fw_duration_read(word->text, ret_ms))
		return true;
	diag = fw_error(checker->diags, "bad-value", &word->loc,
			"'%s' is no time", word->text);
	fw_diag_hint(checker->diags, diag, "written as 1h30m, 10m, 30s, 500ms");
	return false;
}

/* --- rates ---------------------------------------------------------------- */
bool fw_period(const char *name, uint32_t *ret)
{
	static const struct {
		const char *name;
		uint32_t seconds;
	} periods[] = { { "second", 1 },
			{ "minute", 60 },
			{ "hour", 3600 },
			{ "day", 86400 },
			{ "week", 604800 } };

	for (size_t i = 0; i < FW_ARRAY_SIZE(periods); i++) {
		if (strcmp(name, periods[i].name))
			continue;
		*ret = periods[i].seconds;
		return true;
	}
	return false;
}

static bool period(struct fw_checker *checker, const char *name,
		   const struct fw_loc *loc, uint32_t *ret)
{
	struct fw_diag *diag;

	if (fw_period(name, ret))
		return true;
	diag = fw_error(checker->diags, "bad-unit", loc,
			"'%s' is no unit of time for a rate", name);
	fw_diag_hint(checker->diags, diag, "second, minute, hour, day, week");
	return false;
}

static bool no_rate(struct fw_checker *checker, const struct fw_word *words,
		    const char *example)
{
	struct fw_diag *diag = fw_error(checker->diags, "bad-value",
					&words[0].loc, "a rate is meant here");

	fw_diag_hint(checker->diags, diag, "%s", example);
	return false;
}

static bool some(struct fw_checker *checker, const struct fw_word *word,
		 const struct fw_rate *rate)
{
	if (rate->amount)
		return true;
	fw_error(checker->diags, "bad-value", &word->loc,
		 "a rate of nothing lets nothing through");
	return false;
}

/* 1000/second: three words. */
bool fw_check_rate(struct fw_checker *checker, const struct fw_word *words,
		   size_t n, struct fw_rate *ret, size_t *ret_n)
{
	if (n < 3 || !fw_mark_is(&words[1], "/"))
		return no_rate(checker, words, "1000/second");
	*ret_n = 3;
	return fw_check_count(checker, &words[0], UINT32_MAX, &ret->amount) &&
	       some(checker, &words[0], ret) &&
	       period(checker, words[2].text, &words[2].loc, &ret->seconds);
}

/* 5 mbytes/second: two words, as nft cuts them; with spaces more. */
bool fw_check_byte_rate(struct fw_checker *checker,
			const struct fw_word *words, size_t n,
			struct fw_rate *ret, size_t *ret_n)
{
	struct fw_word unit[2];
	const char *slash, *time;
	size_t used;

	if (n < 2 || words[1].kind != FW_WORD_PLAIN)
		return no_rate(checker, words, "5 mbytes/second");
	slash = strchr(words[1].text, '/');
	*ret_n = slash ? 2 : 4;
	if (!slash && (n < 4 || !fw_mark_is(&words[2], "/")))
		return no_rate(checker, words, "5 mbytes/second");
	time = slash ? slash + 1 : words[3].text;
	unit[0] = words[0];
	unit[1] = words[1];
	if (slash)
		unit[1].text = fw_arena_strndup(checker->arena, words[1].text,
						(size_t)(slash -
							 words[1].text));
	if (!unit[1].text) {
		checker->diags->oom = true;
		return false;
	}
	return fw_check_bytes(checker, unit, 2, &ret->amount, &used) &&
	       some(checker, &words[0], ret) &&
	       period(checker, time, &words[slash ? 1 : 3].loc, &ret->seconds);
}

/* --- decimals ------------------------------------------------------------- */
/* Digits, and behind a dot six of them at most, as millionths. */
static bool read_decimal(const char *text, uint64_t *ret, const char **rest)
{
	uint64_t whole = 0, part = 0, scale = FW_MILLION;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		whole = whole * 10 + (uint64_t)(*text - '0');
		if (whole > UINT32_MAX)
			return false;
	}
	if (*text == '.' && isdigit((unsigned char)text[1])) {
		for (text++; isdigit((unsigned char)*text); text++) {
			scale /= 10;
			part += (uint64_t)(*text - '0') * scale;
		}
	}
	*ret = whole * FW_MILLION + part;
	*rest = text;
	return true;
}

bool fw_check_decimal(struct fw_checker *checker, const struct fw_word *word,
		      uint64_t *ret)
{
	const char *rest;

	if (word->kind == FW_WORD_PLAIN &&
	    read_decimal(word->text, ret, &rest) && !*rest)
		return true;
	fw_error(checker->diags, "bad-value", &word->loc,
		 "a number such as 0.9 is meant here, not '%s'", word->text);
	return false;
}

bool fw_check_percent(struct fw_checker *checker, const struct fw_word *word,
		      uint32_t *ret)
{
	uint64_t value;
	const char *rest;

	if (word->kind != FW_WORD_PLAIN ||
	    !read_decimal(word->text, &value, &rest) || strcmp(rest, "%")) {
		fw_error(checker->diags, "bad-value", &word->loc,
			 "a percentage such as 50%% is meant here, not '%s'",
			 word->text);
		return false;
	}
	if (value > 100ull * FW_MILLION) {
		fw_error(checker->diags, "bad-value", &word->loc,
			 "%s is more than the whole", word->text);
		return false;
	}
	*ret = (uint32_t)(value / 100);
	return true;
}
