/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp flags, ct state, ct status: any form that nft has, as a set of values.
 *
 *	tcp flags syn			any of them
 *	tcp flags syn,ack		the same
 *	tcp flags ! syn			none of them
 *	tcp flags == syn		exactly
 *	tcp flags { syn, syn | ack }	exactly one of these
 *	tcp flags { syn }		as without braces
 *	tcp flags syn / syn,ack		of those behind the slash, exactly these
 *	tcp flags & (syn | ack) == syn	bit arithmetic; also with { … }
 *
 * In: words from `tcp` on. Each value that the field may have is put through the
 * expression, with nft's precedence (<< >>, then &, then ^, then |): TCP's flags
 * are a byte, a conntrack state is one bit of five. A status has too many
 * values, so that only the first form is understood. What does not read as one of
 * these forms is nft's affair; a word that is no flag is an error.
 */
#include <string.h>

#include "compile/symbols.h"
#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

struct reader {
	struct fw_checker *checker;
	enum fw_value_type type;
	const struct fw_word *words;
	size_t n, pos;
	size_t keywords;
	unsigned flags;		/* what `tcp flags` stands for */
	unsigned any;		/* of the first form: its flags */
	bool wrong;		/* a diagnostic was added */
	bool other;		/* a form that is not known */
};

static unsigned or_expression(struct reader *r);

static const struct fw_word *peek(const struct reader *r)
{
	return r->pos < r->n ? &r->words[r->pos] : NULL;
}

static bool take(struct reader *r, const char *mark, const char *word)
{
	const struct fw_word *w = peek(r);

	if (!w || !(fw_mark_is(w, mark) || (word && fw_word_is(w, word))))
		return false;
	r->pos++;
	return true;
}

static unsigned term(struct reader *r)
{
	const struct fw_word *w = peek(r);
	struct fw_interval value;
	unsigned inner;

	if (!w) {
		r->other = true;
		return 0;
	}
	if (take(r, "(", NULL)) {
		inner = or_expression(r);
		r->other = r->other || !take(r, ")", NULL);
		return inner;
	}
	if ((w->kind != FW_WORD_PLAIN && w->kind != FW_WORD_STRING) ||
	    fw_word_is(w, "vmap") || fw_word_is(w, "map") ||
	    fw_word_is(w, "set")) {
		r->other = true;
		return 0;
	}
	r->pos++;
	if (fw_value_read(r->checker->diags, r->type, w, 1, &value)) {
		r->wrong = true;
		return 0;
	}
	return (unsigned)value.lo;
}

/* The left side begins with `tcp flags` itself. */
static unsigned start(struct reader *r, bool left)
{
	return left ? r->flags : term(r);
}

static unsigned shift_expression(struct reader *r, bool left)
{
	unsigned value = start(r, left);

	for (;;) {
		if (take(r, "<<", "lshift"))
			value <<= term(r) & 7;
		else if (take(r, ">>", "rshift"))
			value >>= term(r) & 7;
		else
			return value;
	}
}

static unsigned and_expression(struct reader *r, bool left)
{
	unsigned value = shift_expression(r, left);

	while (take(r, "&", "and"))
		value &= shift_expression(r, false);
	return value;
}

static unsigned xor_expression(struct reader *r, bool left)
{
	unsigned value = and_expression(r, left);

	while (take(r, "^", "xor"))
		value ^= and_expression(r, false);
	return value;
}

static unsigned either_expression(struct reader *r, bool left)
{
	unsigned value = xor_expression(r, left);

	while (take(r, "|", "or"))
		value |= xor_expression(r, false);
	return value;
}

static unsigned or_expression(struct reader *r)
{
	return either_expression(r, false);
}

/* syn,ack */
static unsigned list(struct reader *r)
{
	unsigned value = or_expression(r);

	while (take(r, ",", NULL))
		value |= or_expression(r);
	return value;
}

/* { syn, syn | ack } */
static bool in_set(struct reader *r, const struct fw_word *brace,
		   unsigned left)
{
	struct reader inner = { .checker = r->checker, .type = r->type,
				.words = brace->words, .n = brace->n_words };
	bool found = false;

	while (inner.pos < inner.n && !inner.other) {
		if (or_expression(&inner) == left)
			found = true;
		if (inner.pos < inner.n && !take(&inner, ",", NULL))
			inner.other = true;
	}
	r->wrong = r->wrong || inner.wrong;
	r->other = r->other || inner.other || !inner.n;
	return found;
}

static bool has_comma(const struct fw_word *brace)
{
	for (size_t i = 0; i < brace->n_words; i++)
		if (fw_mark_is(&brace->words[i], ","))
			return true;
	return false;
}

/* { syn }, as `tcp flags syn` */
static bool intersects(struct reader *r, const struct fw_word *brace)
{
	struct reader inner = { .checker = r->checker, .type = r->type,
				.words = brace->words, .n = brace->n_words };
	unsigned value = or_expression(&inner);

	r->wrong = r->wrong || inner.wrong;
	r->other = r->other || inner.other || inner.pos < inner.n;
	r->any = value;
	return r->flags & value;
}

static const struct {
	const char *mark, *word;
} relations[] = {
	{ "==", "eq" }, { "!=", "ne" }, { "<", "lt" },	{ ">", "gt" },
	{ "<=", "le" }, { ">=", "ge" }, { "!", "not" },
};

static bool holds(size_t relation, unsigned left, unsigned right)
{
	switch (relation) {
	case 0: return left == right;
	case 1: return left != right;
	case 2: return left < right;
	case 3: return left > right;
	case 4: return left <= right;
	case 5: return left >= right;
	default: return !(left & right);
	}
}

/* Whether the match holds for r->flags. */
static bool evaluate(struct reader *r)
{
	size_t relation = 0, before;
	bool arithmetic, implicit;
	unsigned left, right;

	r->pos = r->keywords;
	left = either_expression(r, true);
	arithmetic = r->pos > r->keywords;
	while (relation < FW_ARRAY_SIZE(relations) &&
	       !take(r, relations[relation].mark, relations[relation].word))
		relation++;
	implicit = relation == FW_ARRAY_SIZE(relations);
	if (peek(r) && peek(r)->kind == FW_WORD_BRACE) {
		const struct fw_word *brace = peek(r);

		r->pos++;
		if (!implicit && relation > 1)
			r->other = true;
		/* nft takes a set of one for its element. */
		if (implicit && !arithmetic && !has_comma(brace))
			return intersects(r, brace);
		return in_set(r, brace, left) == (implicit || !relation);
	}
	before = r->pos;
	right = list(r);
	if (take(r, "/", NULL)) {
		size_t mask = r->pos;

		left &= list(r);
		/* nft's grammar wants a comma there. */
		r->other = r->other || r->pos < mask + 3;
		/* With arithmetic or another relation nft says no. */
		r->other = r->other || arithmetic || (!implicit && relation > 1);
		return (left == right) == (implicit || !relation);
	}
	if (before == r->pos)
		r->other = true;
	if (!implicit)
		return holds(relation, left, right);
	r->any = arithmetic ? 0 : right;
	return arithmetic ? left == right : left & right;
}

/* The values that the field may have, in order. */
static const unsigned char states[] = { 1, 2, 4, 8, 64 };

static bool next_value(enum fw_value_type type, size_t i, unsigned *ret)
{
	switch (type) {
	case FW_VALUE_TCP_FLAGS:
		*ret = (unsigned)i;
		return i < 256;
	case FW_VALUE_CT_STATE:
		*ret = i < FW_ARRAY_SIZE(states) ? states[i] : 0;
		return i < FW_ARRAY_SIZE(states);
	default:
		*ret = 0;
		return i < 1;
	}
}

enum fw_value_result fw_check_flags(struct fw_checker *checker,
				    enum fw_value_type type,
				    const struct fw_word *words, size_t n,
				    size_t keywords, struct fw_interval *values,
				    size_t *ret_n_values, struct fw_flags *ret)
{
	struct reader r = { .checker = checker, .type = type, .words = words,
			    .n = n, .keywords = keywords };
	size_t k = 0;

	for (size_t i = 0; next_value(type, i, &r.flags); i++) {
		r.any = 0;
		if (evaluate(&r)) {
			if (k && values[k - 1].hi + 1 == r.flags)
				values[k - 1].hi = r.flags;
			else
				values[k++] = (struct fw_interval){ r.flags,
								    r.flags };
		}
		if (r.wrong)
			return FW_VALUE_WRONG;
		if (r.other)
			return FW_VALUE_OTHER;
	}
	*ret_n_values = k;
	*ret = (struct fw_flags){ r.pos, r.any };
	return FW_VALUE_OK;
}
