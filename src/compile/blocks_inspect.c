/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect NAME { … }: a profile.
 *
 * In: the block's lines. Out: a struct fw_profile with its defaults; its rules
 * are read by inspect_rules.c. A wrong value is a diagnostic; only memory
 * fails.
 */
#include <string.h>

#include "compile/inspect.h"
#include "util/cleanup.h"

static int queue(struct fw_checker *checker, void *ctx,
		 const struct fw_line *line)
{
	struct fw_profile_check *check = ctx;
	uint64_t first, last;

	check->queue = true;
	if ((line->n_words != 2 && line->n_words != 4) ||
	    (line->n_words == 4 && !fw_mark_is(&line->words[2], "-"))) {
		fw_check_takes(checker, line, "queue 0-1");
		return 0;
	}
	if (!fw_check_count(checker, &line->words[1], UINT16_MAX, &first))
		return 0;
	last = first;
	if (line->n_words == 4 &&
	    !fw_check_count(checker, &line->words[3], UINT16_MAX, &last))
		return 0;
	if (last < first) {
		struct fw_loc span = fw_loc_span(&line->words[1].loc,
						 &line->words[3].loc);

		fw_error(checker->diags, "bad-range", &span,
			 "this range ends before it begins");
		return 0;
	}
	check->profile->queue_first = (uint16_t)first;
	check->profile->queue_last = (uint16_t)last;
	return 0;
}

/* 10 packets, 32 kbytes */
static int window(struct fw_checker *checker, void *ctx,
		  const struct fw_line *line)
{
	struct fw_profile_check *check = ctx;
	struct fw_profile *profile = check->profile;
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1, taken;
	uint64_t packets;

	if (n >= 2 && fw_word_is(&words[1], "packets")) {
		if (!fw_check_count(checker, &words[0], UINT32_MAX, &packets))
			return 0;
		if (!packets) {
			fw_error(checker->diags, "bad-value", &words[0].loc,
				 "a window of no packets sees nothing");
			return 0;
		}
		profile->window_packets = (uint32_t)packets;
		if (n == 2)
			return 0;
		if (!fw_mark_is(&words[2], ",") || n == 3) {
			fw_check_takes(checker, line, "window 10 packets, 32 kbytes");
			return 0;
		}
		words += 3;
		n -= 3;
	}
	if (n && fw_check_bytes(checker, words, n, &profile->window_bytes,
				&taken) && taken == n)
		return 0;
	if (!n || checker->diags->n_errors == 0)
		fw_check_takes(checker, line, "window 10 packets, 32 kbytes");
	return 0;
}

static int memory(struct fw_checker *checker, void *ctx,
		  const struct fw_line *line)
{
	struct fw_profile_check *check = ctx;
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1, taken;

	if (!n) {
		fw_check_takes(checker, line, "memory 64 mbytes per-flow 256 kbytes");
		return 0;
	}
	if (!fw_word_is(&words[0], "per-flow")) {
		if (!fw_check_bytes(checker, words, n, &check->profile->memory,
				    &taken))
			return 0;
		words += taken;
		n -= taken;
		if (!n)
			return 0;
	}
	if (n < 2 || !fw_word_is(&words[0], "per-flow")) {
		fw_check_takes(checker, line, "memory 64 mbytes per-flow 256 kbytes");
		return 0;
	}
	if (fw_check_bytes(checker, words + 1, n - 1,
			   &check->profile->memory_flow, &taken) &&
	    taken != n - 1)
		fw_check_takes(checker, line, "memory 64 mbytes per-flow 256 kbytes");
	return 0;
}

/* 64 kbytes, 30s */
static int max(struct fw_checker *checker, void *ctx,
	       const struct fw_line *line)
{
	struct fw_profile_check *check = ctx;
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1, taken = 0;

	if (n >= 2 && !fw_mark_is(&words[1], ",")) {
		if (!fw_check_bytes(checker, words, n,
				    &check->profile->max_bytes, &taken))
			return 0;
		if (taken == n)
			return 0;
		if (!fw_mark_is(&words[taken], ",")) {
			fw_check_takes(checker, line, "max 64 kbytes, 30s");
			return 0;
		}
		taken++;
	}
	if (n - taken != 1)
		fw_check_takes(checker, line, "max 64 kbytes, 30s");
	else
		(void)fw_check_time(checker, &words[taken],
				    &check->profile->max_ms);
	return 0;
}

static bool accept_or_drop(struct fw_checker *checker,
			   const struct fw_line *line, bool *ret)
{
	static const char *const choices[] = { "drop", "accept" };
	size_t i;

	if (!fw_check_choice(checker, line, choices, 2, &i))
		return false;
	*ret = i;
	return true;
}

static int on_incomplete(struct fw_checker *checker, void *ctx,
			 const struct fw_line *line)
{
	struct fw_profile_check *check = ctx;

	(void)accept_or_drop(checker, line, &check->profile->on_incomplete);
	return 0;
}

static int on_overload(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	struct fw_profile_check *check = ctx;

	(void)accept_or_drop(checker, line, &check->profile->on_overload);
	return 0;
}

static int on_absent(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line)
{
	struct fw_profile_check *check = ctx;

	(void)accept_or_drop(checker, line, &check->profile->on_absent);
	return 0;
}

static int on_overlap(struct fw_checker *checker, void *ctx,
		      const struct fw_line *line)
{
	static const char *const choices[] = { "drop", "first" };
	struct fw_profile_check *check = ctx;
	size_t i;

	if (fw_check_choice(checker, line, choices, 2, &i))
		check->profile->on_overlap_first = i;
	return 0;
}

static int fallback(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line)
{
	static const char *const choices[] = {
		[FW_INSPECT_DROP] = "drop",
		[FW_INSPECT_TRUST] = "trust",
		[FW_INSPECT_KEEP] = "keep-inspecting",
	};
	struct fw_profile_check *check = ctx;
	size_t i;

	if (fw_check_choice(checker, line, choices, FW_ARRAY_SIZE(choices), &i))
		check->profile->fallback = (enum fw_inspect_action)i;
	return 0;
}

static int recheck(struct fw_checker *checker, void *ctx,
		   const struct fw_line *line)
{
	struct fw_profile_check *check = ctx;

	(void)fw_check_time_line(checker, line, "recheck 10m",
				 &check->profile->recheck_ms);
	return 0;
}

static const struct fw_block_key keys[] = {
	{ "queue", queue, false },
	{ "window", window, false },
	{ "memory", memory, false },
	{ "max", max, false },
	{ "on-incomplete", on_incomplete, false },
	{ "on-overlap", on_overlap, false },
	{ "on-overload", on_overload, false },
	{ "on-absent", on_absent, false },
	{ "default", fallback, false },
	{ "recheck", recheck, false },
	{ "tls", fw_inspect_rule, true },
	{ "http", fw_inspect_rule, true },
	{ "ssh", fw_inspect_rule, true },
	{ "dns", fw_inspect_rule, true },
	{ "payload", fw_inspect_rule, true },
};
const struct fw_block_keys fw_inspect_keys = FW_BLOCK_KEYS(keys);

int fw_check_inspect(struct fw_checker *checker,
		     const struct fw_res_block *block,
		     struct fw_profile *profile)
{
	struct fw_profile_check check = {
		.profile = profile,
		.seq = block->seq,
	};
	int r;

	profile->window_packets = 16;
	profile->window_bytes = 64 << 10;
	profile->max_bytes = 64 << 10;
	profile->max_ms = 30000;
	profile->memory = 64 << 20;
	profile->memory_flow = 256 << 10;
	profile->fallback = FW_INSPECT_TRUST;
	r = fw_check_keys(checker, "inspect", block->lines.items,
			  block->lines.n, &fw_inspect_keys, &check);
	if (!r && !check.queue)
		fw_error(checker->diags, "no-queue", &block->name_loc,
			 "profile '%s' has no queue", profile->name);
	if (!r && profile->memory_flow > profile->memory)
		fw_error(checker->diags, "bad-value", &block->name_loc,
			 "a flow of '%s' may use more memory than all of them",
			 profile->name);
	profile->rules = check.rules.items;
	profile->n_rules = check.rules.n;
	return r;
}
