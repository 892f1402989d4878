/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks in users' rules: Flywall's eight bits stay Flywall's.
 *
 * In: the words of a rule. Out: the same words, with
 *
 *	meta mark set 0x1		meta mark set meta mark & M | 0x1
 *	ct mark set ct mark & 0xff	ct mark set ct mark & (0xff | M)
 *	ct mark set ct mark | K		ct mark set ct mark | (K & ~M)
 *	meta mark 0x1			meta mark & ~M 0x1
 *	meta mark set ct mark		meta mark set ct mark & ~M
 *	flow add @f			ct mark & U == 0 flow add @f
 *
 * where M are Flywall's bits and U the one that unvetted and blocked have in
 * common. `ct mark set` of anything else would put what it likes into them: the
 * error mark-overwrite. Fails otherwise only for want of memory.
 *
 * In a concatenation nft takes no mask: there is a warning instead.
 *
 * Only the rule's own words are looked at, not what stands in braces: set and
 * map elements are constants of their own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/lint.h"
#include "compile/lower.h"
#include "util/cleanup.h"

typedef FW_VEC(struct fw_word) word_vec;

struct rewrite {
	struct fw_typed *typed;
	struct fw_arena *arena;
	const struct fw_word *words;
	size_t n;
	uint32_t marks;
	bool inspects;		/* the connection mark is in use, too */
	bool changed;
	word_vec out;
};

enum mark {
	MARK_NONE,
	MARK_PACKET,
	MARK_CT,
};

static const struct fw_word *word_at(const struct rewrite *rw, size_t i)
{
	static const struct fw_word none = { .text = "" };

	return i < rw->n ? &rw->words[i] : &none;
}

static bool is_plain(const struct rewrite *rw, size_t i, const char *text)
{
	const struct fw_word *w = word_at(rw, i);

	return w->kind == FW_WORD_PLAIN && strcmp(w->text, text) == 0;
}

static bool is_sign(const struct rewrite *rw, size_t i, const char *text)
{
	const struct fw_word *w = word_at(rw, i);

	return w->kind == FW_WORD_MARK && strcmp(w->text, text) == 0;
}

/* --- output --------------------------------------------------------------- */
static int put(struct rewrite *rw, enum fw_word_kind kind, const char *text)
{
	struct fw_word *w = fw_vec_push(rw->arena, &rw->out);

	if (!w)
		return -ENOMEM;
	*w = (struct fw_word){ .kind = kind, .text = text, .space = true };
	if (rw->n > 0)
		w->loc = rw->words[0].loc;
	return 0;
}

static int put_number(struct rewrite *rw, uint32_t value)
{
	const char *text = fw_arena_printf(rw->arena, "0x%08x", value);

	return text ? put(rw, FW_WORD_PLAIN, text) : -ENOMEM;
}

/* Words from i on; returns 0 and leaves counting to the caller. */
static int copy(struct rewrite *rw, size_t i, size_t n)
{
	for (size_t k = i; k < i + n && k < rw->n; k++) {
		struct fw_word *w = fw_vec_push(rw->arena, &rw->out);

		if (!w)
			return -ENOMEM;
		*w = rw->words[k];
	}
	return 0;
}

static int put_masked(struct rewrite *rw, uint32_t mask)
{
	int r = put(rw, FW_WORD_MARK, "&");

	rw->changed = true;
	return r < 0 ? r : put_number(rw, mask);
}

static int put_selector(struct rewrite *rw, enum mark mark)
{
	int r = put(rw, FW_WORD_PLAIN, mark == MARK_CT ? "ct" : "meta");

	return r < 0 ? r : put(rw, FW_WORD_PLAIN, "mark");
}

/* --- input ---------------------------------------------------------------- */
/* `mark` by itself is nft's short form, but also what a user may call a chain
 * or write in a comment. */
static bool names_something(const struct rewrite *rw, size_t i)
{
	static const char *const before[] = {
		"comment", "counter", "expectation", "goto", "group", "helper",
		"jump", "level", "limit", "name", "prefix", "quota", "set",
		"synproxy", "timeout",
	};

	for (size_t k = 0; i > 0 && k < FW_ARRAY_SIZE(before); k++)
		if (is_plain(rw, i - 1, before[k]))
			return true;
	return false;
}

/* The mark that is named at i, and by how many words. */
static enum mark mark_at(const struct rewrite *rw, size_t i, size_t *ret_n)
{
	*ret_n = 2;
	if (is_plain(rw, i + 1, "mark")) {
		if (is_plain(rw, i, "meta"))
			return MARK_PACKET;
		if (is_plain(rw, i, "ct"))
			return MARK_CT;
	}
	*ret_n = 1;
	if (is_plain(rw, i, "mark") && !names_something(rw, i))
		return MARK_PACKET;
	return MARK_NONE;
}

static bool number_at(const struct rewrite *rw, size_t i, uint32_t *ret)
{
	const struct fw_word *w = word_at(rw, i);
	bool hex = w->text[0] == '0' && (w->text[1] | 0x20) == 'x';
	unsigned long long value;
	char *end;

	if (w->kind != FW_WORD_PLAIN || w->text[0] < '0' || w->text[0] > '9')
		return false;
	errno = 0;
	value = strtoull(w->text, &end, hex ? 16 : 10);
	if (errno || *end || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

enum op {
	OP_NONE,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_OTHER,
};

static enum op op_at(const struct rewrite *rw, size_t i)
{
	static const struct {
		const char *sign, *word;
		enum op op;
	} ops[] = {
		{ "&", "and", OP_AND },
		{ "|", "or", OP_OR },
		{ "^", "xor", OP_XOR },
		{ "<<", "lshift", OP_OTHER },
		{ ">>", "rshift", OP_OTHER },
	};

	for (size_t k = 0; k < FW_ARRAY_SIZE(ops); k++)
		if (is_sign(rw, i, ops[k].sign) || is_plain(rw, i, ops[k].word))
			return ops[k].op;
	return OP_NONE;
}

/* --- writes --------------------------------------------------------------- */
/* How many words from i on are `op number` pairs that leave each bit to
 * itself; 0 where something else follows them. */
static size_t bit_ops(const struct rewrite *rw, size_t i)
{
	size_t n = 0;
	uint32_t value;

	for (enum op op; (op = op_at(rw, i + n)) != OP_NONE; n += 2)
		if (op == OP_OTHER || !number_at(rw, i + n + 1, &value))
			return 0;
	return n;
}

/* The operators of a mark that is combined with itself, each made to leave
 * Flywall's bits as they are. */
static int put_bit_ops(struct rewrite *rw, size_t i, size_t n)
{
	int r = 0;

	for (size_t k = i; r == 0 && k < i + n; k += 2) {
		uint32_t value = 0;

		number_at(rw, k + 1, &value);
		r = copy(rw, k, 1);
		if (r == 0)
			r = put_number(rw, op_at(rw, k) == OP_AND ?
				       value | rw->marks : value & ~rw->marks);
	}
	rw->changed = true;
	return r;
}

static void refuse(struct rewrite *rw, size_t i, size_t n)
{
	struct fw_loc loc = fw_loc_span(&rw->words[i].loc,
					&rw->words[i + n].loc);
	struct fw_diag *d = fw_lint_add(rw->typed->diags,
				     FW_LINT_MARK_OVERWRITE, &loc,
				     "this overwrites the whole connection "
				     "mark, Flywall's bits 0x%08x included",
				     rw->marks);

	fw_diag_hint(rw->typed->diags, d, "while inspect is in use, set a "
		     "number, or the mark itself with &, | or ^ and numbers");
}

/* `meta mark set …` at i, n words long as far as `mark`. */
static int write_mark(struct rewrite *rw, enum mark mark, size_t i, size_t n,
		      size_t *ret_next)
{
	size_t at = i + n + 1, from_n, ops;
	uint32_t value;
	enum mark from = mark_at(rw, at, &from_n);
	int r = copy(rw, i, n + 1);

	/* 1. a number */
	if (r == 0 && number_at(rw, at, &value) &&
	    op_at(rw, at + 1) == OP_NONE) {
		*ret_next = at + 1;
		r = put_selector(rw, mark);
		if (r == 0)
			r = put_masked(rw, rw->marks);
		if (r == 0)
			r = put(rw, FW_WORD_MARK, "|");
		return r < 0 ? r : put_number(rw, value & ~rw->marks);
	}
	/* 2. itself */
	ops = from == mark ? bit_ops(rw, at + from_n) : 0;
	if (r == 0 && ops > 0) {
		*ret_next = at + from_n + ops;
		r = copy(rw, at, from_n);
		return r < 0 ? r : put_bit_ops(rw, at + from_n, ops);
	}
	/* 3. anything else */
	if (r == 0 && mark == MARK_CT)
		refuse(rw, i, n);
	*ret_next = at;
	if (r == 0 && from != MARK_NONE) {
		*ret_next = at + from_n;
		r = copy(rw, at, from_n);
		if (r == 0 && from == MARK_CT)
			r = put_masked(rw, ~rw->marks);
	}
	return r;
}

/* --- the rule ------------------------------------------------------------- */
static int read_mark(struct rewrite *rw, size_t i, size_t n)
{
	int r = copy(rw, i, n);

	/* At the end of a rule, or as what is hashed, it is no match. */
	if (r < 0 || i + n >= rw->n || (i > 0 && is_plain(rw, i - 1, "jhash")))
		return r;
	if (is_sign(rw, i + n, ".") || (i > 0 && is_sign(rw, i - 1, "."))) {
		struct fw_loc loc = fw_loc_span(&rw->words[i].loc,
						&rw->words[i + n - 1].loc);

		fw_lint_add(rw->typed->diags, FW_LINT_MARK_UNMASKED, &loc,
			   "this sees Flywall's bits 0x%08x of the mark too: "
			   "nft takes no mask in a concatenation", rw->marks);
		return 0;
	}
	return put_masked(rw, ~rw->marks);
}

static int guard_flow(struct rewrite *rw)
{
	uint32_t open = (uint32_t)FW_CTMARK_UNVETTED
			<< rw->typed->options.mark_shift;
	int r = put_selector(rw, MARK_CT);

	if (r == 0)
		r = put_masked(rw, open);
	if (r == 0)
		r = put(rw, FW_WORD_MARK, "==");
	return r < 0 ? r : put_number(rw, 0);
}

static int rewrite_at(struct rewrite *rw, size_t i, size_t *ret_next)
{
	size_t n;
	enum mark mark = mark_at(rw, i, &n);
	int r = 0;

	*ret_next = i + 1;
	if (rw->inspects && is_plain(rw, i, "flow") &&
	    (is_plain(rw, i + 1, "add") || is_plain(rw, i + 1, "offload")))
		r = guard_flow(rw);
	if (mark == MARK_NONE || (mark == MARK_CT && !rw->inspects))
		return r < 0 ? r : copy(rw, i, 1);
	if (is_plain(rw, i + n, "set"))
		return write_mark(rw, mark, i, n, ret_next);
	*ret_next = i + n;
	return read_mark(rw, i, n);
}

int fw_marks_rewrite(struct fw_typed *typed, struct fw_arena *arena,
		     const struct fw_word *words, size_t n_words,
		     const struct fw_word **ret_words, size_t *ret_n)
{
	struct rewrite rw = {
		.typed = typed,
		.arena = arena,
		.words = words,
		.n = n_words,
		.marks = typed->options.marks,
		.inspects = typed->n_profiles > 0 || typed->n_queries > 0 ||
			    typed->learn.given,
	};

	*ret_words = words;
	*ret_n = n_words;
	if (!rw.inspects && !fw_lower_carries(typed))
		return 0;
	for (size_t i = 0, next; i < n_words; i = next) {
		int r = rewrite_at(&rw, i, &next);

		if (r < 0)
			return r;
	}
	if (rw.changed) {
		*ret_words = rw.out.items;
		*ret_n = rw.out.n;
	}
	return 0;
}
