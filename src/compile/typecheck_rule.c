/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: a run of words, to parts.
 *
 * In: the words of a rule, defines replaced. Out: one part for each match and
 * statement (statements.c), in order; a `comment "…"` at the end is none.
 * Matches of the vocabulary carry the tests that nft's netdev hook makes, its implied ones
 * first; what is not understood is a RAW part with the words that keep it in
 * nft. A wrong value of a known match, and a set that is not there or has
 * another type, are diagnostics.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "compile/lint.h"
#include "compile/rule.h"
#include "compile/symbols.h"
#include "util/cleanup.h"

/* --- parts ---------------------------------------------------------------- */
/* The next n words become a part. */
struct fw_part *fw_rule_push(struct fw_rule_check *check,
				 enum fw_part_kind kind, size_t n)
{
	struct fw_part *part = fw_vec_push(check->checker->arena,
					   &check->parts);

	if (part) {
		part->kind = kind;
		part->words = fw_rule_at(check, 0);
		part->n_words = n;
		check->pos += n;
	}
	return part;
}

/* --- sets that rules name ------------------------------------------------- */
/* @th,16,32 is a place in the packet, not a set. */
bool fw_rule_is_payload(const struct fw_word *words, size_t n, size_t i)
{
	static const char *const bases[] = { "ll", "nh", "th", "ih" };

	if (i + 1 >= n || !fw_mark_is(&words[i + 1], ","))
		return false;
	if (words[i].text[0] >= '0' && words[i].text[0] <= '9')
		return true;	/* tcp option @255,8,8 */
	for (size_t k = 0; k < FW_ARRAY_SIZE(bases); k++)
		if (!strcmp(words[i].text, bases[k]))
			return true;
	return false;
}

static bool is_flowtable(const struct fw_rule_check *check, const char *name)
{
	const struct fw_resolved *resolved = check->checker->resolved;
	const struct fw_res_table *table =
		check->table ? fw_res_table(resolved, check->table->family,
					    check->table->name) : NULL;

	return table && fw_res_object(table, "flowtable", name);
}

/* Sets named among words that are not understood are there, and used. A meter
 * of an earlier rule may be looked up by its name; nft makes it. */
static void look_at_sets(struct fw_rule_check *check, const struct fw_word *words,
			 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct fw_typed_set *set;

		if (words[i].kind == FW_WORD_BRACE)
			look_at_sets(check, words[i].words, words[i].n_words);
		if (words[i].kind != FW_WORD_SET ||
		    fw_rule_is_payload(words, n, i) ||
		    is_flowtable(check, words[i].text))
			continue;
		set = fw_check_set_name(check->checker, check->table,
					&words[i]);
		if (set && set->type >= FW_SET_DOMAIN)
			fw_check_set_mismatch(check->checker, set, &words[i],
					      "a type that nft knows");
		check->failed = check->failed || !set ||
				set->type >= FW_SET_DOMAIN;
	}
}

/* --- raw ------------------------------------------------------------------ */
/* log level wanr: nft says so too, but at the end of the line. */
static void look_at_level(struct fw_rule_check *check, const struct fw_part *part)
{
	struct fw_diags *diags = check->checker->diags;

	for (size_t i = 1; fw_word_is(&part->words[0], "log") &&
	     i + 1 < part->n_words; i++) {
		const struct fw_word *level = &part->words[i + 1];
		struct fw_diag *diag;
		const char *near;

		if (!fw_word_is(&part->words[i], "level") ||
		    fw_word_is(&part->words[i - 1], "prefix") ||
		    level->kind != FW_WORD_PLAIN ||
		    fw_symbol_find(FW_SYMBOLS_LOG_LEVEL, level->text))
			continue;
		check->failed = true;
		diag = fw_error(diags, "bad-value", &level->loc,
				"there is no log level '%s'", level->text);
		near = fw_symbol_nearest(FW_SYMBOLS_LOG_LEVEL, level->text);
		if (near)
			fw_diag_hint(diags, diag, "did you mean '%s'?", near);
	}
}

/* reject with tcp reset, with icmp and with icmpv6: only of such packets. */
static const struct fw_needs *reject_needs(const struct fw_part *part)
{
	static const char *const answers[][2] = {
		{ "tcp", "tcp" }, { "icmp", "ip" }, { "icmpv6", "ip6" },
	};

	for (size_t i = 0; part->n_words > 2 && i < FW_ARRAY_SIZE(answers); i++)
		if (fw_word_is(&part->words[0], "reject") &&
		    fw_word_is(&part->words[2], answers[i][0]))
			return fw_vocab_implies(answers[i][1]);
	return NULL;
}

/* What nft tests before a part that is not understood; NULL: nothing. */
static const struct fw_needs *raw_needs(const struct fw_part *part)
{
	if (!part->is_match)
		return reject_needs(part);
	/* Nothing before an option, though only TCP has them. */
	if (part->words[0].kind != FW_WORD_PLAIN ||
	    (part->n_words > 1 && fw_word_is(&part->words[0], "tcp") &&
	     fw_word_is(&part->words[1], "option")))
		return NULL;
	return fw_vocab_implies(part->words[0].text);
}

/* `dnat ip to` in a table of both families: packets of the other go on. */
static int only_family(struct fw_rule_check *check, struct fw_part *part)
{
	static const char *const statements[] = { "snat", "dnat", "tproxy" };
	static const struct fw_interval families[] = {
		{ FW_L3_IP, FW_L3_IP }, { FW_L3_IP6, FW_L3_IP6 },
	};
	const struct fw_match test = {
		FW_FIELD_L3,
		&families[part->n_words > 1 && fw_word_is(&part->words[1], "ip6")],
		1,
	};
	bool is_one = false;

	for (size_t i = 0; i < FW_ARRAY_SIZE(statements); i++)
		is_one = is_one || fw_word_is(&part->words[0], statements[i]);
	if (!is_one || !check->table ||
	    strcmp(check->table->family, "inet") != 0 || part->n_words < 2 ||
	    !(fw_word_is(&part->words[1], "ip") ||
	      fw_word_is(&part->words[1], "ip6")))
		return 0;
	part->matches = fw_arena_memdup(check->checker->arena, &test,
					sizeof(test));
	part->n_matches = part->matches ? 1 : 0;
	return part->matches ? 0 : -ENOMEM;
}

int fw_rule_push_raw(struct fw_rule_check *check, size_t n, const char *reason,
		    bool is_match)
{
	struct fw_part *part = fw_rule_push(check, FW_PART_RAW, n);
	const struct fw_needs *needs;

	if (!part || !reason)
		return -ENOMEM;
	part->reason = reason;
	part->is_match = is_match;
	look_at_sets(check, part->words, part->n_words);
	look_at_level(check, part);
	if (!check->failed)
		check->failed = !fw_rule_follows(check, part->words,
						 part->n_words);
	needs = raw_needs(part);
	if (!needs)
		return is_match ? 0 : only_family(check, part);
	part->matches = fw_arena_array(check->checker->arena, FW_RULE_IMPLIED,
				       sizeof(*part->matches));
	return part->matches ? fw_rule_imply(check, part, needs,
					     &part->words[0].loc) : -ENOMEM;
}

/* Words that may follow a statement's first. */
static const struct {
	const char *statement;
	const char *words[8];
} options[] = {
	{ "log", { "prefix", "level", "group", "snaplen", "queue-threshold",
		   "flags" } },
	{ "reject", { "with" } },
	{ "snat", { "to", "random", "fully-random", "persistent" } },
	{ "dnat", { "to", "random", "persistent" } },
	{ "masquerade", { "to", "random", "fully-random", "persistent" } },
	{ "redirect", { "to", "random", "fully-random", "persistent" } },
	{ "limit", { "burst", "packets", "bytes" } },
	{ "queue", { "num", "flags", "to", "bypass", "fanout" } },
	{ "counter", { "packets", "bytes", "name" } },
	{ "synproxy", { "mss", "wscale", "timestamp", "sack-perm", "name" } },
};

/* An option of the statement before, misspelt? */
static const char *nearest_option(const struct fw_rule_check *check,
				  const char *word)
{
	const struct fw_part *before =
		check->parts.n ? &check->parts.items[check->parts.n - 1] : NULL;
	size_t n = 0;

	for (size_t i = 0; before && before->n_words &&
			   i < FW_ARRAY_SIZE(options); i++) {
		if (!fw_word_is(&before->words[0], options[i].statement))
			continue;
		while (n < FW_ARRAY_SIZE(options[i].words) &&
		       options[i].words[n])
			n++;
		return fw_nearest(word, options[i].words, n);
	}
	return NULL;
}

/* What other firewalls call it: pf, ufw, iptables. */
static const char *elsewhere(const char *word)
{
	static const struct {
		const char *theirs, *ours;
	} words[] = {
		{ "allow", "accept" },	{ "pass", "accept" },
		{ "permit", "accept" },	{ "deny", "drop" },
		{ "discard", "drop" },	{ "ACCEPT", "accept" },
		{ "DROP", "drop" },	{ "REJECT", "reject" },
		{ "RETURN", "return" },	{ "LOG", "log" },
		{ "DNAT", "dnat" },	{ "SNAT", "snat" },
		{ "REDIRECT", "redirect" },
		{ "MASQUERADE", "masquerade" },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(words); i++)
		if (!strcasecmp(words[i].theirs, word))
			return words[i].ours;
	return NULL;
}

/* A word that begins nothing in nft. nft is the judge, but it is worth a word
 * before it is loaded. */
static void warn_unknown(struct fw_rule_check *check)
{
	struct fw_diags *diags = check->checker->diags;
	const struct fw_word *word = fw_rule_at(check, 0);
	size_t n, n_own = 0;
	const char *const *words = fw_shape_words(&n);
	/* Lines of a chain, which only stand at a rule's head. */
	static const char *const lines[] = { "type", "policy", "comment" };
	const char *own[32];
	struct fw_diag *diag;
	const char *near;

	if (word->kind != FW_WORD_PLAIN)
		return;
	diag = fw_lint_add(diags, FW_LINT_UNKNOWN_WORD, &word->loc,
			  "'%s' begins no match or statement that is known; "
			  "the rest of the rule is passed to nft as it stands",
			  word->text);
	while (n_own < FW_ARRAY_SIZE(own) && fw_rule_own_word(n_own)) {
		own[n_own] = fw_rule_own_word(n_own);
		n_own++;
	}
	near = elsewhere(word->text);
	if (!near)
		near = nearest_option(check, word->text);
	if (!near)
		near = fw_nearest(word->text, own, n_own);
	if (!near)
		near = fw_nearest(word->text, words, n);
	/* A line of the chain is meant only where it is nearer than they are. */
	if (!check->pos && !elsewhere(word->text)) {
		const char *both[] = {
			fw_nearest(word->text, lines, FW_ARRAY_SIZE(lines)), near,
		};

		if (both[0])
			near = fw_nearest(word->text, both, near ? 2 : 1);
	}
	if (near)
		fw_diag_hint(diags, diag, "did you mean '%s'?", near);
}

/* `meta mark set 0xzz`: the end of a number that is none. */
static bool is_no_number(struct fw_rule_check *check)
{
	const struct fw_word *words = check->rule->words, *first;
	size_t n = fw_words_touching(words, check->rule->n_words, check->pos);
	struct fw_loc loc;
	const char *text;

	if (!n || !isdigit((unsigned char)*words[check->pos - 1].text))
		return false;
	first = &words[check->pos - 1];
	loc = fw_loc_span(&first->loc, &first[n].loc);
	text = fw_words_as_one(check->checker->arena, first, n + 1);
	check->checker->diags->oom |= !text;
	if (text)
		fw_error(check->checker->diags, "bad-value", &loc,
			 "'%s' is no number", text);
	return true;
}

/* `tcp dprot`: a header's field that nft does not know, and that is near to one
 * it does. */
static bool is_misspelt(struct fw_rule_check *check, const struct fw_word *words,
			size_t n)
{
	struct fw_diags *diags = check->checker->diags;
	const char *const *fields;
	struct fw_diag *diag;
	const char *near;
	size_t n_fields;

	if (n < 2 || words[0].kind != FW_WORD_PLAIN ||
	    words[1].kind != FW_WORD_PLAIN)
		return false;
	fields = fw_selector_fields(words[0].text, &n_fields);
	for (size_t i = 0; i < n_fields; i++)
		if (!strcmp(words[1].text, fields[i]))
			return false;
	near = fw_nearest(words[1].text, fields, n_fields);
	if (!near)
		return false;
	diag = fw_error(diags, "unknown-word", &words[1].loc,
			"'%s' is no field of %s", words[1].text, words[0].text);
	fw_diag_hint(diags, diag, "did you mean '%s'?", near);
	return true;
}

int fw_rule_raw(struct fw_rule_check *check)
{
	struct fw_shape shape;
	int r = fw_shape(check->checker->arena, fw_rule_at(check, 0),
			 fw_rule_left(check),
			 &shape);

	if (r)
		return r;
	for (size_t i = 0; i < shape.n_words && !check->failed; i++)
		if (!i || fw_mark_is(fw_rule_at(check, i - 1), "."))
			check->failed = is_misspelt(check, fw_rule_at(check, i),
						    shape.n_words - i);
	if (shape.kind == FW_SHAPE_UNKNOWN) {
		if (is_no_number(check))
			check->failed = true;
		else
			warn_unknown(check);
	}
	return fw_rule_push_raw(check, shape.n_words, shape.reason,
			shape.kind == FW_SHAPE_MATCH);
}

/* --- rules ---------------------------------------------------------------- */
static int check_statement(struct fw_rule_check *check, bool *ret_ends)
{
	const struct fw_word *word = fw_rule_at(check, 0);
	size_t n;
	const struct fw_vocab_match *match =
		fw_vocab_find(word, fw_rule_left(check), &n);
	bool out;

	*ret_ends = false;
	if (match)
		return fw_rule_match(check, match, n);
	if (fw_vocab_device(word, fw_rule_left(check), &out, &n))
		return fw_rule_device(check, out, n);
	return fw_rule_statement(check, ret_ends);
}

static void nothing_follows(struct fw_rule_check *check,
			    const struct fw_word *verdict)
{
	const struct fw_word *word = fw_rule_at(check, 0);
	struct fw_diag *diag;

	if (!word || fw_word_is(word, "comment"))
		return;
	diag = fw_error(check->checker->diags, "unreachable-statement",
			&word->loc, "'%s' ends the rule; nothing can follow it",
			verdict->text);
	fw_diag_related(check->checker->diags, diag, &verdict->loc,
			"the verdict");
	check->failed = true;
}

int fw_check_rule(struct fw_checker *checker, struct fw_typed_table *table,
		  struct fw_typed_rule *rule)
{
	struct fw_rule_check check = {
		.checker = checker,
		.table = table,
		.rule = rule,
	};
	int r = fw_rule_begin(&check);

	if (!r)
		r = fw_rule_objects(&check);
	while (!r && !check.failed && fw_rule_left(&check)) {
		const struct fw_word *word = fw_rule_at(&check, 0);
		bool ends;

		r = check_statement(&check, &ends);
		if (!r && ends && !check.failed)
			nothing_follows(&check, word);
	}
	if (!r && !check.failed)
		fw_rule_order(&check);
	rule->parts = check.parts.items;
	rule->n_parts = check.parts.n;
	return r;
}
