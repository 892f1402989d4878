/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of a profile: `tls sni @badnames drop`.
 *
 * In: a line. Out: a rule of the profile, and the rule of the plan that shows
 * it. A fact, a relation, then statements: counter, log, qos class, audit, and
 * last a verdict. A wrong word is a diagnostic; only memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/inspect.h"
#include "util/cleanup.h"

/* --- facts ---------------------------------------------------------------- */
static const struct {
	const char *words[2];	/* the second may be NULL */
	enum fw_fact_kind fact;
	enum fw_operand operand;
	const char *example;
} facts[] = {
	{ { "tls", "sni" }, FW_FACT_TLS_SNI, FW_OPERAND_NAMES,
	  "tls sni @names drop" },
	{ { "tls", "ja3" }, FW_FACT_TLS_JA3, FW_OPERAND_JA3,
	  "tls ja3 @fingerprints drop" },
	{ { "tls", "ja4" }, FW_FACT_TLS_JA4, FW_OPERAND_JA4,
	  "tls ja4 @fingerprints drop" },
	{ { "tls", "version" }, FW_FACT_TLS_VERSION, FW_OPERAND_TLS_VERSION,
	  "tls version < 1.2 drop" },
	{ { "tls", "alpn" }, FW_FACT_TLS_ALPN, FW_OPERAND_TEXTS,
	  "tls alpn \"h2\" drop" },
	{ { "http", "host" }, FW_FACT_HTTP_HOST, FW_OPERAND_NAMES,
	  "http host @names drop" },
	{ { "ssh", "version" }, FW_FACT_SSH_VERSION, FW_OPERAND_SSH_VERSION,
	  "ssh version < 2.0 drop" },
	{ { "dns", "qname" }, FW_FACT_DNS_QNAME, FW_OPERAND_NAMES,
	  "dns qname @names drop" },
	{ { "dns", "qtype" }, FW_FACT_DNS_QTYPE, FW_OPERAND_QTYPE,
	  "dns qtype any drop" },
	{ { "payload", NULL }, FW_FACT_PAYLOAD, FW_OPERAND_PATTERNS,
	  "payload @patterns drop" },
};
_Static_assert(FW_ARRAY_SIZE(facts) == FW_FACT_MAX_, "facts");

const char *fw_inspect_fact_words(size_t i, const char **ret_second)
{
	if (i >= FW_ARRAY_SIZE(facts))
		return NULL;
	*ret_second = facts[i].words[1];
	return facts[i].words[0];
}

/* The fact that begins the line; SIZE_MAX after a diagnostic. */
static size_t find_fact(struct fw_checker *checker, const struct fw_line *line)
{
	const struct fw_word *word = line->n_words > 1 ? &line->words[1] : NULL;
	const char *names[FW_ARRAY_SIZE(facts)];
	const char *example = "";
	size_t n = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(facts); i++) {
		const char *second = facts[i].words[1];

		if (!fw_word_is(&line->words[0], facts[i].words[0]))
			continue;
		if (!second || (word && fw_word_is(word, second)))
			return i;
		if (!n)
			example = facts[i].example;
		names[n++] = second;
	}
	if (word && word->kind == FW_WORD_PLAIN)
		fw_check_none_of(checker, word,
				 fw_arena_printf(checker->arena, "fact of %s",
						 line->words[0].text),
				 names, n);
	else
		fw_check_takes(checker, line, example);
	return SIZE_MAX;
}

/* --- relations ------------------------------------------------------------ */
enum relation { EQ, NE, LT, GT, LE, GE };

static const char *const relations[] = {
	[EQ] = "==", [NE] = "!=", [LT] = "<",
	[GT] = ">",  [LE] = "<=", [GE] = ">=",
};

static bool take_relation(const struct fw_word *word, enum relation *ret)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(relations); i++) {
		if (!fw_mark_is(word, relations[i]))
			continue;
		*ret = (enum relation)i;
		return true;
	}
	*ret = EQ;
	return false;
}

/* `< 1.2` as an interval; only versions are in an order. */
static bool compare(struct fw_checker *checker, enum relation relation,
		    const struct fw_word *sign, enum fw_operand operand,
		    struct fw_inspect_rule *rule)
{
	struct fw_interval *value =
		(struct fw_interval *)(uintptr_t)rule->numbers;

	rule->negate = relation == NE;
	if (relation <= NE)
		return true;
	if (operand != FW_OPERAND_TLS_VERSION &&
	    operand != FW_OPERAND_SSH_VERSION) {
		fw_error(checker->diags, "bad-relation", &sign->loc,
			 "'%s' is for versions; here '==' and '!=' can stand",
			 sign->text);
		return false;
	}
	if (rule->n_numbers != 1 || value->lo != value->hi) {
		fw_error(checker->diags, "bad-relation", &sign->loc,
			 "'%s' takes one version", sign->text);
		return false;
	}
	if (relation == LT || relation == LE) {
		value->hi = value->lo - (relation == LT);
		value->lo = 0;
	} else {
		value->lo += relation == GT;
		value->hi = UINT16_MAX;
	}
	return true;
}

/* --- statements ----------------------------------------------------------- */
struct tail {
	struct fw_checker *checker;
	const struct fw_word *words;
	size_t n, pos;
	struct fw_inspect_rule *rule;
	const struct fw_word *audit;	/* where it stands, or NULL */
};

static const struct fw_word *at(const struct tail *tail, size_t ahead)
{
	return tail->pos + ahead < tail->n ? &tail->words[tail->pos + ahead] :
					     NULL;
}

static bool fails(struct tail *tail, const char *text)
{
	fw_error(tail->checker->diags, "syntax", &tail->words[tail->pos].loc,
		 "%s", text);
	return false;
}

static bool take_counter(struct tail *tail)
{
	tail->rule->counter = true;
	tail->pos++;
	return true;
}

static bool take_level(struct tail *tail, const struct fw_word *word)
{
	static const char *const levels[] = {
		"emerg", "alert", "crit", "err", "warn", "notice", "info",
		"debug",
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(levels); i++)
		if (!strcmp(word->text, levels[i])) {
			tail->rule->log_level = levels[i];
			return true;
		}
	fw_check_none_of(tail->checker, word, "level", levels,
			 FW_ARRAY_SIZE(levels));
	return false;
}

/* Options of nft's that only a kernel's log has. */
static bool is_kernels(const struct fw_word *word)
{
	static const char *const words[] = { "group", "snaplen",
					     "queue-threshold", "flags" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(words); i++)
		if (fw_word_is(word, words[i]))
			return true;
	return false;
}

/* log prefix "text" level info, in any order; of two the last, as in nft */
static bool take_log(struct tail *tail)
{
	tail->rule->log = true;
	tail->rule->log_prefix = "";
	tail->rule->log_level = "warn";
	for (tail->pos++; at(tail, 0); tail->pos += 2) {
		bool prefix = fw_word_is(at(tail, 0), "prefix");
		const struct fw_word *value = at(tail, 1);

		if (is_kernels(at(tail, 0)))
			return fails(tail, "this is for logs of the kernel's; "
				     "here 'prefix' and 'level' can stand");
		if (!prefix && !fw_word_is(at(tail, 0), "level"))
			break;
		if (!value || (value->kind != FW_WORD_PLAIN &&
			       value->kind != FW_WORD_STRING))
			return fails(tail, prefix ? "which prefix?" :
						    "which level?");
		if (prefix)
			tail->rule->log_prefix = value->text;
		else if (!take_level(tail, value))
			return false;
	}
	return true;
}

static bool take_qos(struct tail *tail)
{
	if (!at(tail, 1) || !fw_word_is(at(tail, 1), "class") || !at(tail, 2))
		return fails(tail, "written 'qos class NAME'");
	if (!fw_check_class(tail->checker, at(tail, 2), &tail->rule->class))
		return false;
	tail->pos += 3;
	return true;
}

static bool take_audit(struct tail *tail)
{
	if (tail->audit)
		return fails(tail, "'audit' stands here already");
	tail->audit = at(tail, 0);
	tail->rule->audit = true;
	tail->pos++;
	return true;
}

static bool take_drop(struct tail *tail)
{
	tail->rule->action = FW_INSPECT_DROP;
	tail->pos++;
	return true;
}

static bool take_block(struct tail *tail)
{
	if (!at(tail, 1) || !fw_word_is(at(tail, 1), "for") || !at(tail, 2))
		return fails(tail, "blocked for how long? 'block for 10m'");
	if (!fw_check_time(tail->checker, at(tail, 2), &tail->rule->block_ms))
		return false;
	if (!tail->rule->block_ms) {
		fw_error(tail->checker->diags, "bad-value", &at(tail, 2)->loc,
			 "blocked for no time is not blocked");
		return false;
	}
	tail->rule->action = FW_INSPECT_BLOCK;
	tail->pos += 3;
	return true;
}

static const struct {
	const char *word;
	bool (*take)(struct tail *tail);
	bool verdict;
} statements[] = {
	{ "counter", take_counter, false }, { "log", take_log, false },
	{ "qos", take_qos, false },	    { "audit", take_audit, false },
	{ "drop", take_drop, true },	    { "block", take_block, true },
};

static bool no_statement(struct tail *tail)
{
	static const char *const verdicts[] = { "drop", "block for 10m" };
	const struct fw_word *word = at(tail, 0);
	const char *names[FW_ARRAY_SIZE(statements) + 2] = { "prefix",
							     "level" };
	struct fw_diag *diag = fw_error(
		tail->checker->diags, "bad-value", &word->loc,
		"'%s' is no verdict of a profile's rule", word->text);
	const char *near;

	for (size_t i = 0; i < FW_ARRAY_SIZE(statements); i++)
		names[i + 2] = statements[i].word;
	near = fw_nearest(word->text, names, FW_ARRAY_SIZE(names));
	if (near)
		fw_diag_hint(tail->checker->diags, diag, "did you mean '%s'?",
			     near);
	else
		fw_diag_hint(tail->checker->diags, diag, "%s, %s", verdicts[0],
			     verdicts[1]);
	return false;
}

static bool behind_verdict(struct tail *tail, const struct fw_word *verdict)
{
	struct fw_diag *diag;

	if (!at(tail, 0))
		return true;
	diag = fw_error(tail->checker->diags, "unreachable-statement",
			&at(tail, 0)->loc,
			"'%s' ends the rule; nothing can follow it",
			verdict->text);
	fw_diag_related(tail->checker->diags, diag, &verdict->loc,
			"the verdict");
	return false;
}

/* All words behind the values. False after a diagnostic. */
static bool take_statements(struct tail *tail, int *ret_error)
{
	const struct fw_word *last = NULL;

	while (at(tail, 0)) {
		const struct fw_word *word = at(tail, 0);
		size_t i = 0;

		while (i < FW_ARRAY_SIZE(statements) &&
		       !fw_word_is(word, statements[i].word))
			i++;
		if (i == FW_ARRAY_SIZE(statements))
			return no_statement(tail);
		if (last && fw_word_is(last, "audit") && !statements[i].verdict) {
			fw_error(tail->checker->diags, "audit-place",
				 &last->loc, "'audit' stands right before a "
				 "verdict");
			return false;
		}
		*ret_error = fw_pending_note(tail->checker, "inspect rule",
					     word->text, NULL, &word->loc);
		if (*ret_error || !statements[i].take(tail))
			return false;
		if (statements[i].verdict)
			return behind_verdict(tail, word);
		last = word;
	}
	if (!last || !fw_word_is(last, "audit"))
		return true;
	fw_error(tail->checker->diags, "audit-place", &last->loc,
		 "'audit' stands right before a verdict");
	return false;
}

/* --- rules ---------------------------------------------------------------- */
static int push_rule(struct fw_checker *checker, struct fw_profile_check *check,
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
		.column = line->loc.col,
		.family = "",
		.table = "inspect",
		.chain = check->profile->name,
		.layer = FW_LAYER_INSPECT,
		.text = fw_words_text(checker->arena, line->words,
				      line->n_words),
	};
	return plan->rule.text ? 0 : -ENOMEM;
}

/* Sets of patterns are numbered in the order in which rules name them first.
 * False after a diagnostic. */
static bool number_patterns(struct fw_checker *checker,
			    const struct fw_profile_check *check,
			    const struct fw_line *line,
			    struct fw_inspect_rule *rule)
{
	for (size_t i = 0; rule->patterns && i < check->rules.n; i++) {
		const struct fw_inspect_rule *before = &check->rules.items[i];

		if (before->patterns == rule->patterns) {
			rule->pattern_set = before->pattern_set;
			return true;
		}
		if (before->patterns && before->pattern_set >= rule->pattern_set)
			rule->pattern_set = before->pattern_set + 1;
	}
	if (rule->pattern_set < FW_PATTERN_SETS)
		return true;
	fw_error(checker->diags, "too-many", &line->loc,
		 "a profile asks for at most %d sets of patterns",
		 FW_PATTERN_SETS);
	return false;
}

int fw_inspect_rule(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line)
{
	struct fw_inspect_rule rule = { .class = FW_NO_CLASS,
					.action = FW_INSPECT_NONE };
	size_t i = find_fact(checker, line), taken, from;
	enum relation relation;
	struct tail tail = { .checker = checker, .rule = &rule };
	int r = 0;

	if (i == SIZE_MAX)
		return 0;
	rule.fact = facts[i].fact;
	from = facts[i].words[1] ? 2 : 1;
	if (from < line->n_words &&
	    take_relation(&line->words[from], &relation))
		from++;
	else
		relation = EQ;
	if (from >= line->n_words) {
		fw_check_takes(checker, line, facts[i].example);
		return 0;
	}
	r = fw_inspect_operand(checker, NULL, facts[i].operand,
			       &line->words[from], line->n_words - from, &rule,
			       &taken);
	if (r || !taken || !compare(checker, relation, &line->words[from - 1],
				    facts[i].operand, &rule))
		return r;
	tail.words = &line->words[from + taken];
	tail.n = line->n_words - from - taken;
	if (!tail.n) {
		fw_check_takes(checker, line, facts[i].example);
		return 0;
	}
	if (!take_statements(&tail, &r))
		return r;
	return number_patterns(checker, ctx, line, &rule) ?
		       push_rule(checker, ctx, line, &rule) : 0;
}
