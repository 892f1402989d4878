/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Units: counts, bytes (`32 kbytes`, `1 mbytes`; 1024 each, as in nft) and
 * times (`1h30m`, `10m`, `500ms`; a plain number is seconds).
 *
 * In: words. Out: a number; false after a diagnostic.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

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
	diag = fw_error(checker->diags, "bad-unit",
			n > 1 ? &words[1].loc : &words[0].loc,
			"a unit is missing behind %s", words[0].text);
	fw_diag_hint(checker->diags, diag, "bytes, kbytes, mbytes, gbytes");
	return false;
}

static bool read_time(const char *text, uint64_t *ret_ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "ms", 1 },	   { "s", 1000 },
		      { "m", 60000 },	   { "h", 3600000 },
		      { "d", 86400000 } };
	uint64_t total = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	while (*text) {
		char *end;
		unsigned long value = strtoul(text, &end, 10);
		size_t len = strspn(end, "dhms"), i = 0;

		if (end == text || value > 1000000000)
			return false;
		if (!*end) {
			total += value * 1000;
			break;
		}
		while (i < FW_ARRAY_SIZE(units) &&
		       (len != strlen(units[i].name) ||
			strncmp(end, units[i].name, len)))
			i++;
		if (i == FW_ARRAY_SIZE(units))
			return false;
		total += value * units[i].ms;
		text = end + len;
	}
	*ret_ms = total;
	return true;
}

bool fw_check_time(struct fw_checker *checker, const struct fw_word *word,
		   uint64_t *ret_ms)
{
	struct fw_diag *diag;

	if (word->kind == FW_WORD_PLAIN && read_time(word->text, ret_ms))
		return true;
	diag = fw_error(checker->diags, "bad-value", &word->loc,
			"'%s' is no time", word->text);
	fw_diag_hint(checker->diags, diag, "written as 1h30m, 10m, 30s, 500ms");
	return false;
}
