/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events { … } and learn { … }.
 *
 * In: the blocks. Out: typed->events and typed->learn with their defaults. A
 * wrong value is a diagnostic; only memory fails.
 */
#include <string.h>

#include "compile/blocks.h"
#include "util/cleanup.h"

#define DAY_MS 86400000ull

/* --- events --------------------------------------------------------------- */
static int events_file(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	(void)ctx;
	(void)fw_check_path(checker, line,
			    "file \"/var/log/flywall/events.json\"",
			    &checker->typed->events.file);
	return 0;
}

/* limit 100/second per type */
static int events_limit(struct fw_checker *checker, void *ctx,
			const struct fw_line *line)
{
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1, taken;

	(void)ctx;
	if (n < 3 || n > 5) {
		fw_check_takes(checker, line, "limit 100/second per type");
		return 0;
	}
	if (!fw_check_rate(checker, words, n, &checker->typed->events.limit,
			   &taken))
		return 0;
	if (n != taken + 2 || !fw_word_is(&words[taken], "per") ||
	    !fw_word_is(&words[taken + 1], "type"))
		fw_check_takes(checker, line, "limit 100/second per type");
	return 0;
}

static const struct fw_block_key of_events[] = {
	{ "file", events_file, false },
	{ "limit", events_limit, false },
};
const struct fw_block_keys fw_events_keys = FW_BLOCK_KEYS(of_events);

int fw_check_events(struct fw_checker *checker, const struct fw_block *block)
{
	return fw_check_keys(checker, block->title, block->lines.items,
			     block->lines.n, &fw_events_keys, NULL);
}

/* --- learn ---------------------------------------------------------------- */
static int learn_devices(struct fw_checker *checker, void *ctx,
			 const struct fw_line *line)
{
	struct fw_device_list *devices = &checker->typed->learn_devices;

	(void)ctx;
	return fw_check_devices(checker, line->words + 1, line->n_words - 1,
				&line->loc, &devices->names, &devices->n);
}

static int learn_database(struct fw_checker *checker, void *ctx,
			  const struct fw_line *line)
{
	(void)ctx;
	(void)fw_check_path(checker, line,
			    "database \"/var/lib/flywall/flows.db\"",
			    &checker->typed->learn.database);
	return 0;
}

static int learn_output(struct fw_checker *checker, void *ctx,
			const struct fw_line *line)
{
	(void)ctx;
	(void)fw_check_path(checker, line,
			    "output \"/etc/flywall/learned.conf\"",
			    &checker->typed->learn.output);
	return 0;
}

/* N flows, N peers; *n words are left behind them. */
static bool take_count(struct fw_checker *checker, const struct fw_word **words,
		       size_t *n, const char *what, uint64_t *ret)
{
	if (*n < 2 || !fw_word_is(&(*words)[1], what))
		return false;
	if (!fw_check_count(checker, &(*words)[0], UINT32_MAX, ret))
		*n = 0;	/* said already */
	else if (!*ret)
		fw_error(checker->diags, "bad-value", &(*words)[0].loc,
			 "evidence of no %s is none", what);
	*words += *n ? 2 : 0;
	*n -= *n ? 2 : 0;
	return true;
}

/* `2 days`, `12 hours`, or a time such as 36h. */
static bool take_span(struct fw_checker *checker, const struct fw_word *words,
		      size_t n, uint64_t *ret_ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "day", DAY_MS },	{ "days", DAY_MS },
		      { "hour", 3600000 },	{ "hours", 3600000 },
		      { "week", 7 * DAY_MS },	{ "weeks", 7 * DAY_MS } };
	uint64_t count;

	if (n == 1)
		return fw_check_time(checker, &words[0], ret_ms);
	for (size_t i = 0; n == 2 && i < FW_ARRAY_SIZE(units); i++) {
		if (!fw_word_is(&words[1], units[i].name))
			continue;
		if (fw_check_count(checker, &words[0], 100000, &count))
			*ret_ms = count * units[i].ms;
		return true;
	}
	return false;
}

/* minimum 10 flows from 3 peers over 2 days */
static int learn_minimum(struct fw_checker *checker, void *ctx,
			 const struct fw_line *line)
{
	static const char example[] =
		"minimum 10 flows from 3 peers over 2 days";
	struct fw_plan_learn *learn = &checker->typed->learn;
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1, errors = checker->diags->n_errors;

	(void)ctx;
	if (!take_count(checker, &words, &n, "flows", &learn->flows)) {
		fw_check_takes(checker, line, example);
		return 0;
	}
	if (n && fw_word_is(&words[0], "from")) {
		words++;
		n--;
		if (!take_count(checker, &words, &n, "peers", &learn->peers)) {
			fw_check_takes(checker, line, example);
			return 0;
		}
	}
	if (n && (!fw_word_is(&words[0], "over") ||
		  !take_span(checker, words + 1, n - 1, &learn->ms)) &&
	    errors == checker->diags->n_errors)
		fw_check_takes(checker, line, example);
	return 0;
}

static int learn_confidence(struct fw_checker *checker, void *ctx,
			    const struct fw_line *line)
{
	uint64_t value;

	(void)ctx;
	if (line->n_words != 2) {
		fw_check_takes(checker, line, "confidence 0.9");
		return 0;
	}
	if (!fw_check_decimal(checker, &line->words[1], &value))
		return 0;
	if (value > FW_MILLION) {
		fw_error(checker->diags, "bad-value", &line->words[1].loc,
			 "a confidence is between 0 and 1");
		return 0;
	}
	checker->typed->learn.confidence = (uint32_t)value;
	return 0;
}

static int learn_retention(struct fw_checker *checker, void *ctx,
			   const struct fw_line *line)
{
	(void)ctx;
	(void)fw_check_time_line(checker, line, "retention 30d",
				 &checker->typed->learn.retention_ms);
	return 0;
}

static const struct fw_block_key of_learn[] = {
	{ "devices", learn_devices, false },
	{ "database", learn_database, false },
	{ "minimum", learn_minimum, false },
	{ "confidence", learn_confidence, false },
	{ "retention", learn_retention, false },
	{ "output", learn_output, false },
};
const struct fw_block_keys fw_learn_keys = FW_BLOCK_KEYS(of_learn);

void fw_learn_default(struct fw_checker *checker)
{
	checker->typed->learn = (struct fw_plan_learn){
		.given = true,
		.database = "/var/lib/flywall/flows.db",
		.output = "/etc/flywall/learned.conf",
		.flows = 10,
		.peers = 3,
		.ms = 2 * DAY_MS,
		.confidence = FW_MILLION / 10 * 9,
		.retention_ms = 30 * DAY_MS,
	};
}

int fw_check_learn(struct fw_checker *checker, const struct fw_block *block)
{
	fw_learn_default(checker);
	return fw_check_keys(checker, block->title, block->lines.items,
			     block->lines.n, &fw_learn_keys, NULL);
}
