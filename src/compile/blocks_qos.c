/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qos { class NAME { rate …; dscp …; priority … } … }
 *
 * In: the blocks `qos`. Out: typed->qos, and which class a name means. A wrong
 * value is a diagnostic; only memory fails.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/blocks.h"
#include "util/cleanup.h"

#define CLASSES_MAX 256

/* --- a class -------------------------------------------------------------- */
/* rate 50 mbytes/second burst 1 mbytes */
static int rate(struct fw_checker *checker, void *ctx,
		const struct fw_line *line)
{
	static const char example[] = "rate 50 mbytes/second burst 1 mbytes";
	struct fw_qos_class *class = ctx;
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1, taken;

	if (!n) {
		fw_check_takes(checker, line, example);
		return 0;
	}
	if (!fw_check_byte_rate(checker, words, n, &class->rate, &taken))
		return 0;
	words += taken;
	n -= taken;
	if (!n)
		return 0;
	if (n < 2 || !fw_word_is(&words[0], "burst")) {
		fw_check_takes(checker, line, example);
		return 0;
	}
	if (!fw_check_bytes(checker, words + 1, n - 1, &class->burst, &taken))
		return 0;
	if (taken != n - 1)
		fw_check_takes(checker, line, example);
	else if (!class->burst)
		fw_error(checker->diags, "bad-value", &words[1].loc,
			 "a burst of nothing lets nothing through");
	return 0;
}

static int dscp(struct fw_checker *checker, void *ctx,
		const struct fw_line *line)
{
	struct fw_qos_class *class = ctx;
	struct fw_interval value;

	if (line->n_words != 2) {
		fw_check_takes(checker, line, "dscp ef");
		return 0;
	}
	switch (fw_value_read(checker->diags, FW_VALUE_DSCP, &line->words[1], 1,
			      &value)) {
	case FW_VALUE_OK:
		class->has_dscp = true;
		class->dscp = (uint8_t)value.lo;
		break;
	case FW_VALUE_OTHER:
		fw_error(checker->diags, "bad-value", &line->words[1].loc,
			 "a DSCP is meant here, not '%s'", line->words[1].text);
		break;
	default:
		break;
	}
	return 0;
}

static bool half(const char *text, size_t len, uint32_t *ret)
{
	char digits[5] = "";
	char *end;

	if (!len || len > 4)
		return false;
	memcpy(digits, text, len);
	*ret = (uint32_t)strtoul(digits, &end, 16);
	return !*end;
}

/* 1:30, both hexadecimal, as tc writes handles; one word to the lexer. */
static int priority(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line)
{
	struct fw_qos_class *class = ctx;
	const struct fw_word *word = &line->words[line->n_words > 1];
	const char *colon = strchr(word->text, ':');
	uint32_t major, minor;
	struct fw_diag *diag;

	if (line->n_words == 2 && word->kind == FW_WORD_PLAIN && colon &&
	    half(word->text, (size_t)(colon - word->text), &major) &&
	    half(colon + 1, strlen(colon + 1), &minor)) {
		class->has_priority = true;
		class->priority = major << 16 | minor;
		return 0;
	}
	diag = fw_error(checker->diags, "bad-value",
			line->n_words > 1 ? &word->loc : &line->loc,
			"a priority is two hexadecimal numbers, as tc writes "
			"handles");
	fw_diag_hint(checker->diags, diag, "priority 1:30");
	return 0;
}

static const struct fw_block_key of_class[] = {
	{ "rate", rate, false },
	{ "dscp", dscp, false },
	{ "priority", priority, false },
};
const struct fw_block_keys fw_class_keys = FW_BLOCK_KEYS(of_class);

/* --- the block ------------------------------------------------------------ */
static const struct fw_line *class_line(const struct fw_block *block,
					const char *name)
{
	for (size_t i = 0; i < block->lines.n; i++) {
		const struct fw_line *line = &block->lines.items[i];

		if (line->n_words == 2 && !strcmp(line->words[1].text, name))
			return line;
	}
	return NULL;
}

static bool is_new(struct fw_checker *checker, const struct fw_block *block,
		   const struct fw_line *line)
{
	const struct fw_line *first = class_line(block, line->words[1].text);
	struct fw_diag *diag;

	if (!first || first == line)
		return true;
	diag = fw_error(checker->diags, "declared-twice", &line->words[1].loc,
			"there is a class '%s' already", line->words[1].text);
	fw_diag_related(checker->diags, diag, &first->words[1].loc,
			"declared here");
	return false;
}

static int class_key(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line)
{
	const struct fw_block *block = ctx;
	struct fw_typed *typed = checker->typed;
	struct fw_qos_class *class;
	int r;

	if (line->n_words != 2 || !line->has_body ||
	    (line->words[1].kind != FW_WORD_PLAIN &&
	     line->words[1].kind != FW_WORD_STRING)) {
		fw_check_takes(checker, line,
			       "class bulk { rate 50 mbytes/second }");
		return 0;
	}
	if (!is_new(checker, block, line))
		return 0;
	if (typed->n_qos == CLASSES_MAX) {
		fw_error(checker->diags, "too-many-classes", &line->loc,
			 "there can be %d classes at most", CLASSES_MAX);
		return 0;
	}
	checker->classes[typed->n_qos].loc = line->words[1].loc;
	class = &typed->qos[typed->n_qos++];
	class->name = line->words[1].text;
	r = fw_plan_class_number(typed->qos, typed->n_qos - 1);
	if (r < 0)
		return r;
	r = fw_check_keys(checker, "class", line->body, line->n_body,
			  &fw_class_keys, class);
	if (!r && !line->n_body)
		fw_error(checker->diags, "empty-class", &line->loc,
			 "class '%s' does nothing", class->name);
	return r;
}

static const struct fw_block_key keys[] = {
	{ "class", class_key, true },
};
const struct fw_block_keys fw_qos_keys = FW_BLOCK_KEYS(keys);

int fw_check_qos(struct fw_checker *checker, const struct fw_block *block)
{
	struct fw_block own = *block;

	checker->typed->qos = fw_arena_array(checker->arena, CLASSES_MAX,
					     sizeof(struct fw_qos_class));
	checker->classes = fw_arena_array(checker->arena, CLASSES_MAX,
					  sizeof(*checker->classes));
	if (!checker->typed->qos || !checker->classes)
		return -ENOMEM;
	return fw_check_keys(checker, block->title, block->lines.items,
			     block->lines.n, &fw_qos_keys, &own);
}

bool fw_check_class(struct fw_checker *checker, const struct fw_word *name,
		    uint32_t *ret)
{
	const struct fw_typed *typed = checker->typed;
	FW_VEC(const char *) names = { 0 };
	struct fw_diag *diag;
	const char *near;

	for (uint32_t i = 0; i < typed->n_qos; i++) {
		const char **slot = fw_vec_push(checker->arena, &names);

		if (slot)
			*slot = typed->qos[i].name;
		if (strcmp(typed->qos[i].name, name->text))
			continue;
		checker->classes[i].named = true;
		*ret = i;
		return true;
	}
	diag = fw_error(checker->diags, "unknown-class", &name->loc,
			"there is no class '%s'", name->text);
	near = fw_nearest(name->text, names.items, names.n);
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '%s'?", near);
	else
		fw_diag_hint(checker->diags, diag,
			     "a line 'class %s { … }' in a block 'qos' makes "
			     "one", name->text);
	return false;
}
