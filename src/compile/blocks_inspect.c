/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect NAME { … }: a profile.
 *
 * In: the block's lines. Out: a struct fw_profile with its defaults, and its
 * rules, each one also a line of the plan. Facts and actions that nothing runs
 * yet are refused.
 */
#include <errno.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

struct profile_check {
	struct fw_profile *profile;
	const struct fw_res_block *block;
	FW_VEC(struct fw_inspect_rule) rules;
	uint32_t seq;
	bool queue;
};

static void takes(struct fw_checker *checker, const struct fw_line *line,
		  const char *example)
{
	struct fw_diag *diag = fw_error(checker->diags, "syntax", &line->loc,
					"'%s' is not written so",
					line->words[0].text);

	fw_diag_hint(checker->diags, diag, "%s", example);
}

static int queue(struct fw_checker *checker, void *ctx,
		 const struct fw_line *line)
{
	struct profile_check *check = ctx;
	uint64_t first, last;

	check->queue = true;
	if ((line->n_words != 2 && line->n_words != 4) ||
	    (line->n_words == 4 && !fw_mark_is(&line->words[2], "-"))) {
		takes(checker, line, "queue 0-1");
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
	struct profile_check *check = ctx;
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
			takes(checker, line, "window 10 packets, 32 kbytes");
			return 0;
		}
		words += 3;
		n -= 3;
	}
	if (n && fw_check_bytes(checker, words, n, &profile->window_bytes,
				&taken) && taken == n)
		return 0;
	if (!n || checker->diags->n_errors == 0)
		takes(checker, line, "window 10 packets, 32 kbytes");
	return 0;
}

static int memory(struct fw_checker *checker, void *ctx,
		  const struct fw_line *line)
{
	struct profile_check *check = ctx;
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1, taken;

	if (!n) {
		takes(checker, line, "memory 64 mbytes per-flow 256 kbytes");
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
		takes(checker, line, "memory 64 mbytes per-flow 256 kbytes");
		return 0;
	}
	if (fw_check_bytes(checker, words + 1, n - 1,
			   &check->profile->memory_flow, &taken) &&
	    taken != n - 1)
		takes(checker, line, "memory 64 mbytes per-flow 256 kbytes");
	return 0;
}

/* 64 kbytes, 30s */
static int max(struct fw_checker *checker, void *ctx,
	       const struct fw_line *line)
{
	struct profile_check *check = ctx;
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1, taken = 0;

	if (n >= 2 && !fw_mark_is(&words[1], ",")) {
		if (!fw_check_bytes(checker, words, n,
				    &check->profile->max_bytes, &taken))
			return 0;
		if (taken == n)
			return 0;
		if (!fw_mark_is(&words[taken], ",")) {
			takes(checker, line, "max 64 kbytes, 30s");
			return 0;
		}
		taken++;
	}
	if (n - taken != 1)
		takes(checker, line, "max 64 kbytes, 30s");
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
	struct profile_check *check = ctx;

	(void)accept_or_drop(checker, line, &check->profile->on_incomplete);
	return 0;
}

static int on_overload(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	struct profile_check *check = ctx;

	(void)accept_or_drop(checker, line, &check->profile->on_overload);
	return 0;
}

static int on_absent(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line)
{
	struct profile_check *check = ctx;

	(void)accept_or_drop(checker, line, &check->profile->on_absent);
	return 0;
}

static int on_overlap(struct fw_checker *checker, void *ctx,
		      const struct fw_line *line)
{
	static const char *const choices[] = { "drop", "first" };
	struct profile_check *check = ctx;
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
	struct profile_check *check = ctx;
	size_t i;

	if (fw_check_choice(checker, line, choices, FW_ARRAY_SIZE(choices), &i))
		check->profile->fallback = (enum fw_inspect_action)i;
	return 0;
}

static int recheck(struct fw_checker *checker, void *ctx,
		   const struct fw_line *line)
{
	struct profile_check *check = ctx;

	if (line->n_words != 2)
		takes(checker, line, "recheck 10m");
	else
		(void)fw_check_time(checker, &line->words[1],
				    &check->profile->recheck_ms);
	return 0;
}

/* --- rules ---------------------------------------------------------------- */
static int literal(struct fw_checker *checker, const struct fw_word *word,
		   const struct fw_domain_set **ret)
{
	struct fw_value_error error = { .hint = "" };
	struct fw_domain *domain = fw_arena_alloc(checker->arena,
						  sizeof(*domain));
	struct fw_domain_set *set = fw_arena_alloc(checker->arena,
						   sizeof(*set));
	struct fw_diag *diag;
	int r;

	if (!domain || !set)
		return -ENOMEM;
	r = fw_domain_read(checker->arena, word->text, domain, &error);
	if (!r && domain->exception) {
		fw_error(checker->diags, "bad-name", &word->loc,
			 "an exception stands in sets only; '!=' negates");
		return 0;
	}
	if (r == -EINVAL) {
		diag = fw_error(checker->diags, error.id, &word->loc, "%s",
				error.text);
		if (error.hint[0])
			fw_diag_hint(checker->diags, diag, "%s", error.hint);
		return 0;
	}
	*set = (struct fw_domain_set){ "", domain, 1 };
	*ret = set;
	return r;
}

/* What the fact is compared with: @set or "name". *ret stays NULL after a
 * diagnostic. */
static int operand(struct fw_checker *checker, const struct fw_word *word,
		   const struct fw_domain_set **ret)
{
	const struct fw_typed_set *set;

	if (word->kind == FW_WORD_STRING || word->kind == FW_WORD_PLAIN)
		return literal(checker, word, ret);
	if (word->kind != FW_WORD_SET) {
		fw_error(checker->diags, "syntax", &word->loc,
			 "a set or a name is meant here");
		return 0;
	}
	set = fw_check_set_name(checker, NULL, word);
	if (!set)
		return 0;
	if (set->type != FW_SET_DOMAIN) {
		fw_check_set_mismatch(checker, set, word, "domain");
		return 0;
	}
	*ret = set->domains;
	return 0;
}

static int push_rule(struct fw_checker *checker, struct profile_check *check,
		     const struct fw_line *line,
		     const struct fw_inspect_rule *rule)
{
	struct fw_inspect_rule *slot = fw_vec_push(checker->arena,
						   &check->rules);
	struct fw_seq_rule *plan = fw_vec_push(checker->arena,
					       &checker->rules);

	if (!slot || !plan)
		return -ENOMEM;
	*slot = *rule;
	/* An index in checker->rules for now; fw_typecheck() puts them in the
	 * order of the file. */
	slot->rule = (uint32_t)(checker->rules.n - 1);
	plan->seq = check->seq;
	plan->rule = (struct fw_plan_rule){
		.file = line->loc.file,
		.line = line->loc.line,
		.family = "",
		.table = "inspect",
		.chain = check->profile->name,
		.layer = FW_LAYER_INSPECT,
		.text = fw_words_text(checker->arena, line->words,
				      line->n_words),
	};
	return plan->rule.text ? 0 : -ENOMEM;
}

static bool action(struct fw_checker *checker, const struct fw_word *word,
		   enum fw_inspect_action *ret)
{
	static const char *const later[] = { "audit", "block", "qos" };
	struct fw_diag *diag;

	if (fw_word_is(word, "drop")) {
		*ret = FW_INSPECT_DROP;
		return true;
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(later); i++) {
		if (!fw_word_is(word, later[i]))
			continue;
		fw_error(checker->diags, "unsupported", &word->loc,
			 "'%s' is not supported by this version", later[i]);
		return false;
	}
	diag = fw_error(checker->diags, "bad-value", &word->loc,
			"'%s' is no verdict of a profile's rule", word->text);
	fw_diag_hint(checker->diags, diag, "drop");
	return false;
}

/* tls sni [==|!=] @set drop */
static int tls(struct fw_checker *checker, void *ctx,
	       const struct fw_line *line)
{
	struct profile_check *check = ctx;
	struct fw_inspect_rule rule = { .fact = FW_FACT_TLS_SNI };
	const struct fw_word *words = line->words;
	size_t i = 2, n = line->n_words;
	int r;

	if (n < 2 || !fw_word_is(&words[1], "sni")) {
		static const char *const later[] = { "ja3", "ja4", "version",
						     "alpn" };

		for (size_t k = 0; n >= 2 && k < FW_ARRAY_SIZE(later); k++) {
			struct fw_loc span;

			if (!fw_word_is(&words[1], later[k]))
				continue;
			span = fw_loc_span(&words[0].loc, &words[1].loc);
			fw_error(checker->diags, "unsupported", &span,
				 "'tls %s' is not supported by this version",
				 later[k]);
			return 0;
		}
		takes(checker, line, "tls sni @names drop");
		return 0;
	}
	if (i < n && (fw_mark_is(&words[i], "!=") || fw_mark_is(&words[i], "==")))
		rule.negate = !strcmp(words[i++].text, "!=");
	if (n - i != 2) {
		if (n > i + 2 && fw_word_is(&words[i + 1], "audit"))
			(void)action(checker, &words[i + 1], &rule.action);
		else if (n > i + 2 && fw_word_is(&words[i + 1], "block"))
			(void)action(checker, &words[i + 1], &rule.action);
		else
			takes(checker, line, "tls sni @names drop");
		return 0;
	}
	r = operand(checker, &words[i], &rule.domains);
	if (r || !action(checker, &words[i + 1], &rule.action) || !rule.domains)
		return r;
	return push_rule(checker, check, line, &rule);
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
	{ "tls", tls, true },
	{ "http", NULL, true },
	{ "dns", NULL, true },
	{ "ssh", NULL, true },
	{ "payload", NULL, true },
	{ "qos", NULL, true },
	{ "audit", NULL, true },
	{ "block", NULL, true },
};

int fw_check_inspect(struct fw_checker *checker,
		     const struct fw_res_block *block,
		     struct fw_profile *profile)
{
	struct profile_check check = {
		.profile = profile,
		.block = block,
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
			  block->lines.n, keys, FW_ARRAY_SIZE(keys), &check);
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
