/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a run of words that is not understood: a match, an effect,
 * or an end.
 *
 * In: a RAW part. Out: the kind of its step, how it may end, and the fields
 * that are not the same behind it. What has no row below may do anything.
 * Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/steps.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

#define BIT(field) (UINT64_C(1) << (field))
#define SOURCE (BIT(FW_FIELD_SADDR4) | BIT(FW_FIELD_SADDR6) | \
		BIT(FW_FIELD_SPORT) | BIT(FW_FIELD_TH_SPORT))
#define DESTINATION (BIT(FW_FIELD_DADDR4) | BIT(FW_FIELD_DADDR6) | \
		     BIT(FW_FIELD_DPORT) | BIT(FW_FIELD_TH_DPORT))
#define STATUS BIT(FW_FIELD_CT_STATUS)

/* --- statements ----------------------------------------------------------- */
/* By their first word. STOP with NONE: the packet leaves nft's hands. */
static const struct {
	const char *word;
	enum fw_step_kind kind;
	enum fw_verdict verdict;
	uint64_t changes;
} statements[] = {
	{ "reject", FW_STEP_STOP, FW_VERDICT_DROP, 0 },
	{ "queue", FW_STEP_STOP, FW_VERDICT_NONE, 0 },
	{ "fwd", FW_STEP_STOP, FW_VERDICT_NONE, 0 },
	{ "synproxy", FW_STEP_STOP, FW_VERDICT_NONE, 0 },
	{ "snat", FW_STEP_STOP, FW_VERDICT_ACCEPT, SOURCE | STATUS },
	{ "masquerade", FW_STEP_STOP, FW_VERDICT_ACCEPT, SOURCE | STATUS },
	{ "dnat", FW_STEP_STOP, FW_VERDICT_ACCEPT, DESTINATION | STATUS },
	{ "redirect", FW_STEP_STOP, FW_VERDICT_ACCEPT, DESTINATION | STATUS },
	{ "tproxy", FW_STEP_EFFECT, FW_VERDICT_NONE, BIT(FW_FIELD_MARK) },
	{ "notrack", FW_STEP_EFFECT, FW_VERDICT_NONE, BIT(FW_FIELD_CT_STATE) },
	{ "counter", FW_STEP_COUNTER, FW_VERDICT_NONE, 0 },
	{ "log", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "continue", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "dup", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "flow", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "reset", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "delete", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "set", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "add", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "update", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "meter", FW_STEP_EFFECT, FW_VERDICT_NONE, 0 },
	{ "limit", FW_STEP_UNKNOWN, FW_VERDICT_NONE, 0 },
	{ "quota", FW_STEP_UNKNOWN, FW_VERDICT_NONE, 0 },
	{ "ct", FW_STEP_UNKNOWN, FW_VERDICT_NONE, 0 },	/* ct count */
};

/* --- limits --------------------------------------------------------------- */
/* A rate, quota or count in the words, those in braces too; by its first one:
 * `limit rate over 5/second` fails for a packet that comes alone, `limit rate
 * 5/second` holds. Of one that is named only its object knows. */
static enum fw_step_alone alone(const struct fw_word *words, size_t n)
{
	static const char *const limits[] = { "limit", "quota", "count" };

	for (size_t i = 0; i < n; i++) {
		enum fw_step_alone inner = FW_ALONE_UNKNOWN;

		if (words[i].kind == FW_WORD_BRACE)
			inner = alone(words[i].words, words[i].n_words);
		if (inner != FW_ALONE_UNKNOWN)
			return inner;
		for (size_t k = 0; k < FW_ARRAY_SIZE(limits); k++) {
			size_t at = i + 1;

			if (!fw_word_is(&words[i], limits[k]))
				continue;
			if (at < n && fw_word_is(&words[at], "rate"))
				at++;
			if (at < n && fw_word_is(&words[at], "name"))
				return FW_ALONE_UNKNOWN;
			return at < n && fw_word_is(&words[at], "over") ?
				       FW_ALONE_FAILS :
				       FW_ALONE_HOLDS;
		}
	}
	return FW_ALONE_UNKNOWN;
}

static void read_statement(const struct fw_part *part, struct fw_step *step)
{
	step->kind = FW_STEP_VMAP;	/* it may end in any way */
	for (size_t i = 0; i < FW_ARRAY_SIZE(statements); i++) {
		if (!fw_word_is(&part->words[0], statements[i].word))
			continue;
		step->kind = statements[i].kind;
		step->end.verdict = statements[i].verdict;
		step->changes = statements[i].changes;
		break;
	}
	step->alone = alone(part->words, part->n_words);
	if (step->kind == FW_STEP_EFFECT && step->alone != FW_ALONE_UNKNOWN)
		step->kind = FW_STEP_UNKNOWN;
}

/* --- vmaps ---------------------------------------------------------------- */
/* The ends that a verdict map of literals names, and going on. */
static int read_ends(struct fw_steps *s, const struct fw_word *words, size_t n,
		     struct fw_step *step)
{
	FW_VEC(struct fw_step_end) ends = { 0 };
	struct fw_step_end *slot = fw_vec_push(s->arena, &ends);

	if (!slot)
		return -ENOMEM;
	slot->kind = FW_STEP_EFFECT;
	for (size_t i = 0; i < n; i++) {
		bool go = fw_word_is(&words[i], "goto");
		struct fw_step_end end = { .kind = FW_STEP_VERDICT };

		if (fw_word_is(&words[i], "accept"))
			end.verdict = FW_VERDICT_ACCEPT;
		else if (fw_word_is(&words[i], "drop"))
			end.verdict = FW_VERDICT_DROP;
		else if (fw_word_is(&words[i], "return"))
			end.kind = FW_STEP_RETURN;
		else if (i + 1 < n && (go || fw_word_is(&words[i], "jump")))
			end = fw_steps_end(s, words[++i].text, go);
		else
			continue;
		slot = fw_vec_push(s->arena, &ends);
		if (!slot)
			return -ENOMEM;
		*slot = end;
	}
	step->ends = ends.items;
	step->n_ends = ends.n;
	return 0;
}

/* A map by its name may hold anything: no ends. */
static int read_vmap(struct fw_steps *s, const struct fw_part *part,
		     struct fw_step *step)
{
	const struct fw_word *last = &part->words[part->n_words - 1];

	step->kind = FW_STEP_VMAP;
	if (last->kind != FW_WORD_BRACE)
		return 0;
	return read_ends(s, last->words, last->n_words, step);
}

/* --- matches and `… set …` ------------------------------------------------ */
static const struct fw_word *find_word(const struct fw_part *part,
				       const char *text)
{
	for (size_t i = 1; i < part->n_words; i++)
		if (fw_word_is(&part->words[i], text))
			return &part->words[i];
	return NULL;
}

/* `meta mark set 5`: one number behind the word, and nothing more. */
static void read_value(const struct fw_part *part, struct fw_step *step)
{
	const struct fw_word *last = &part->words[part->n_words - 1];
	uint64_t value;

	if (part->n_words < 2 || !fw_word_is(last - 1, "set") ||
	    last->kind != FW_WORD_PLAIN || !fw_number(last->text, &value))
		return;
	step->known = true;
	step->value = value;
}

int fw_steps_raw(struct fw_steps *s, const struct fw_part *part,
		 struct fw_step *step)
{
	const struct fw_vocab_match *match;

	if (!part->is_match) {
		read_statement(part, step);
		return 0;
	}
	if (find_word(part, "vmap"))
		return read_vmap(s, part, step);
	if (!find_word(part, "set"))
		return 0;
	step->kind = FW_STEP_EFFECT;
	match = fw_vocab_match(part->words, part->n_words);
	if (match)
		step->changes = BIT(match->field);
	if (match && (match->field == FW_FIELD_MARK ||
		      match->field == FW_FIELD_CT_MARK))
		read_value(part, step);
	return 0;
}
