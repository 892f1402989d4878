/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statements of rules: nft's that are understood, and Flywall's own.
 *
 * In: a rule at a word that begins no match. Out: a part; what is not known is
 * nft's affair. A statement of Flywall's own that is not written so, or stands
 * where it cannot, is a diagnostic. Only memory fails.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "compile/blocks.h"
#include "compile/inspect.h"
#include "compile/rule.h"
#include "util/cleanup.h"

/* --- nft's ----------------------------------------------------------------- */
/* `counter name web`; where a map gives the object, it is nft's affair. */
static int check_named_counter(struct fw_rule_check *check)
{
	size_t at = check->parts.n;
	int r = fw_rule_raw(check);
	struct fw_part *part;

	if (r || check->parts.n == at)
		return r;
	part = &check->parts.items[at];
	if (part->n_words != 3 || (part->words[2].kind != FW_WORD_PLAIN &&
				   part->words[2].kind != FW_WORD_STRING))
		return 0;
	part->kind = FW_PART_COUNTER;
	part->reason = NULL;
	part->counter = part->words[2].text;
	return 0;
}

static int check_counter(struct fw_rule_check *check)
{
	size_t n = 1;

	while (fw_rule_at(check, n) && fw_rule_at(check, n + 1) &&
	       (fw_word_is(fw_rule_at(check, n), "packets") ||
		fw_word_is(fw_rule_at(check, n), "bytes")))
		n += 2;
	if (n == 1 && fw_rule_at(check, 1) &&
	    fw_word_is(fw_rule_at(check, 1), "name"))
		return check_named_counter(check);
	if (n == 1 && fw_rule_at(check, 1) &&
	    fw_rule_at(check, 1)->kind == FW_WORD_STRING)
		return fw_rule_raw(check);
	return fw_rule_push(check, FW_PART_COUNTER, n) ? 0 : -ENOMEM;
}

static int check_limit(struct fw_rule_check *check)
{
	size_t at = check->parts.n;
	struct fw_plan_limit limit;
	int r = fw_rule_raw(check);
	struct fw_part *part;

	if (r || check->parts.n == at)
		return r;
	part = &check->parts.items[at];
	if (!fw_rule_limit(part->words, part->n_words, &limit))
		return 0;
	part->limit = fw_arena_memdup(check->checker->arena, &limit,
				      sizeof(limit));
	return part->limit ? 0 : -ENOMEM;
}

/* log prefix "text" level LEVEL: as an event says it. The rest is nft's. */
static void read_log(struct fw_part *part)
{
	const char *prefix = NULL, *level = "warn";

	for (size_t i = 1; i < part->n_words; i += 2) {
		const char **to = fw_word_is(&part->words[i], "prefix") ?
					  &prefix :
				  fw_word_is(&part->words[i], "level") ?
					  &level : NULL;

		if (!to || i + 1 == part->n_words)
			return;
		*to = part->words[i + 1].text;
	}
	/* To the audit subsystem, not to a log. */
	if (!strcmp(level, "audit"))
		return;
	part->log_prefix = prefix;
	part->log_level = level;
}

static int check_log(struct fw_rule_check *check)
{
	size_t at = check->parts.n;
	int r = fw_rule_raw(check);

	if (!r && check->parts.n > at)
		read_log(&check->parts.items[at]);
	return r;
}

static int check_update(struct fw_rule_check *check)
{
	size_t at = check->parts.n;
	int r = fw_rule_raw(check);

	return r || check->parts.n == at ?
		       r : fw_rule_meter(check, &check->parts.items[at]);
}

static int check_accept(struct fw_rule_check *check)
{
	struct fw_part *part = fw_rule_push(check, FW_PART_VERDICT, 1);

	if (!part)
		return -ENOMEM;
	part->verdict = FW_VERDICT_ACCEPT;
	return 0;
}

static int check_drop(struct fw_rule_check *check)
{
	struct fw_part *part = fw_rule_push(check, FW_PART_VERDICT, 1);

	if (!part)
		return -ENOMEM;
	part->verdict = FW_VERDICT_DROP;
	return 0;
}

static int check_jump(struct fw_rule_check *check)
{
	const struct fw_word *word = fw_rule_at(check, 0);
	const struct fw_word *target = fw_rule_at(check, 1);
	struct fw_part *part;

	if (!target || (target->kind != FW_WORD_PLAIN &&
			target->kind != FW_WORD_STRING)) {
		if (target && target->kind == FW_WORD_BRACE)
			return fw_rule_raw(check);
		fw_error(check->checker->diags, "syntax", &word->loc,
			 "%s where? The name of a chain is missing",
			 word->text);
		check->failed = true;
		return 0;
	}
	part = fw_rule_push(check, FW_PART_JUMP, 2);
	if (!part)
		return -ENOMEM;
	part->chain = target->text;
	part->go = fw_word_is(word, "goto");
	return 0;
}

static int check_return(struct fw_rule_check *check)
{
	return fw_rule_push(check, FW_PART_JUMP, 1) ? 0 : -ENOMEM;
}

static int check_comment(struct fw_rule_check *check)
{
	const struct fw_word *text = fw_rule_at(check, 1);

	if (!text || text->kind == FW_WORD_BRACE) {
		fw_error(check->checker->diags, "syntax", &fw_rule_at(check, 0)->loc,
			 "the text of the comment is missing");
		check->failed = true;
		return 0;
	}
	check->pos += 2;
	return 0;
}

/* --- Flywall's own -------------------------------------------------------- */
/* The index is found by the end of the blocks: profiles stand in any place. */
static int check_inspect(struct fw_rule_check *check)
{
	struct fw_checker *checker = check->checker;
	const struct fw_typed *typed = checker->typed;
	const struct fw_word *name = fw_rule_at(check, 1);
	FW_VEC(const char *) names = { 0 };
	struct fw_part *part;
	struct fw_diag *diag;
	const char *near;

	if (!name || (name->kind != FW_WORD_PLAIN &&
		      name->kind != FW_WORD_STRING)) {
		fw_error(checker->diags, "syntax", &fw_rule_at(check, 0)->loc,
			 "inspect with which profile?");
		check->failed = true;
		return 0;
	}
	for (uint32_t i = 0; i < typed->n_profiles; i++) {
		const char **slot;

		if (!strcmp(typed->profiles[i].name, name->text)) {
			part = fw_rule_push(check, FW_PART_INSPECT, 2);
			if (!part)
				return -ENOMEM;
			part->profile = i;
			checker->profiles[i].named = true;
			return 0;
		}
		slot = fw_vec_push(checker->arena, &names);
		if (!slot)
			return -ENOMEM;
		*slot = typed->profiles[i].name;
	}
	diag = fw_error(checker->diags, "unknown-profile", &name->loc,
			"there is no profile '%s'", name->text);
	near = fw_nearest(name->text, names.items, names.n);
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '%s'?", near);
	else
		fw_diag_hint(checker->diags, diag,
			     "a block 'inspect %s { … }' makes one",
			     name->text);
	check->failed = true;
	return 0;
}

static int fails(struct fw_rule_check *check, size_t ahead, const char *text,
		 const char *example)
{
	const struct fw_word *word = fw_rule_at(check, ahead) ?
					     fw_rule_at(check, ahead) :
					     fw_rule_at(check, 0);
	struct fw_diag *diag = fw_error(check->checker->diags, "syntax",
					&word->loc, "%s", text);

	fw_diag_hint(check->checker->diags, diag, "%s", example);
	check->failed = true;
	return 0;
}

/* The next n words as a part that stays in nft for that reason, and a line of
 * what this version does not run. NULL when memory runs out. */
static struct fw_part *push_own(struct fw_rule_check *check,
				enum fw_part_kind kind, size_t n,
				const char *reason)
{
	const struct fw_word *word = fw_rule_at(check, 0);
	struct fw_part *part = fw_rule_push(check, kind, n);

	if (!part || fw_pending_note(check->checker, "rule", word->text, NULL,
				     &word->loc))
		return NULL;
	part->reason = reason;
	return part;
}

static int check_learn(struct fw_rule_check *check)
{
	if (!check->checker->typed->learn.given)
		fw_learn_default(check->checker);
	return push_own(check, FW_PART_LEARN, 1, "learn") ? 0 : -ENOMEM;
}

/* qos class NAME */
static int check_qos(struct fw_rule_check *check)
{
	const struct fw_word *class = fw_rule_at(check, 1);
	const struct fw_word *name = fw_rule_at(check, 2);
	struct fw_part *part;
	uint32_t index;

	if (!class || !fw_word_is(class, "class") || !name ||
	    (name->kind != FW_WORD_PLAIN && name->kind != FW_WORD_STRING))
		return fails(check, 1, "the name of a class is missing",
			     "qos class NAME");
	if (!fw_check_class(check->checker, name, &index)) {
		check->failed = true;
		return 0;
	}
	part = push_own(check, FW_PART_QOS, 3, "qos class");
	if (!part)
		return -ENOMEM;
	part->class = index;
	return 0;
}

/* Verdicts that may be tried out, and what a trial is called. */
static const struct {
	const char *verdict, *trial;
} audible[] = {
	{ "accept", "AUDIT-ACCEPT" },	{ "drop", "AUDIT-DROP" },
	{ "reject", "AUDIT-REJECT" },	{ "inspect", "AUDIT-INSPECT" },
	{ "block", "AUDIT-BLOCK" },	{ "jump", "AUDIT-JUMP" },
	{ "goto", "AUDIT-GOTO" },
};

const char *fw_rule_audit(const struct fw_typed_rule *rule)
{
	const struct fw_part *verdict = NULL;

	for (size_t i = 1; i < rule->n_parts && !verdict; i++)
		if (rule->parts[i - 1].kind == FW_PART_AUDIT)
			verdict = &rule->parts[i];
	for (size_t i = 0; verdict && i < FW_ARRAY_SIZE(audible); i++)
		if (fw_word_is(&verdict->words[0], audible[i].verdict))
			return audible[i].trial;
	return NULL;
}

static int check_audit(struct fw_rule_check *check)
{
	const struct fw_word *audit = fw_rule_at(check, 0);
	const struct fw_word *next = fw_rule_at(check, 1);
	struct fw_diag *diag;

	if (!next || fw_word_is(next, "comment"))
		return fails(check, 0, "audit what? A verdict is missing",
			     "audit drop");
	for (size_t i = 0; i < FW_ARRAY_SIZE(audible); i++)
		if (fw_word_is(next, audible[i].verdict))
			return fw_rule_push(check, FW_PART_AUDIT, 1) ?
				       0 : -ENOMEM;
	diag = fw_error(check->checker->diags, "audit-place", &next->loc,
			"'%s' cannot stand behind 'audit'", next->text);
	fw_diag_related(check->checker->diags, diag, &audit->loc,
			"it stands right before accept, drop, reject, inspect, "
			"block, jump or goto");
	check->failed = true;
	return 0;
}

/* block for 10x */
static int broken_time(struct fw_rule_check *check)
{
	const struct fw_word *time = fw_rule_at(check, 2);
	size_t n = 1 + fw_words_touching(time, fw_rule_left(check) - 2, 1);
	struct fw_loc loc = fw_loc_span(&time[0].loc, &time[n - 1].loc);
	const char *text = fw_words_as_one(check->checker->arena, time, n);
	struct fw_diag *diag;

	if (!text)
		return -ENOMEM;
	diag = fw_error(check->checker->diags, "bad-value", &loc,
			"'%s' is no time", text);
	fw_diag_hint(check->checker->diags, diag, "block for 10m");
	check->failed = true;
	return 0;
}

/* block for 10m */
static int check_block(struct fw_rule_check *check)
{
	const struct fw_word *word = fw_rule_at(check, 1);
	const struct fw_word *time = fw_rule_at(check, 2);
	struct fw_part *part;
	uint64_t ms;

	if (!word || !fw_word_is(word, "for") || !time)
		return fails(check, 1, "blocked for how long?",
			     "block for 10m");
	if (fw_words_touching(time, fw_rule_left(check) - 2, 1))
		return broken_time(check);
	if (!fw_check_time(check->checker, time, &ms)) {
		check->failed = true;
		return 0;
	}
	if (!ms)
		return fails(check, 2, "blocked for no time is not blocked",
			     "block for 10m");
	part = push_own(check, FW_PART_BLOCK, 3, "block");
	if (!part)
		return -ENOMEM;
	part->ms = ms;
	return 0;
}

/* --- dns ------------------------------------------------------------------ */
/* What is asked goes to UDP port 53; room for one match more. */
static int match_queries(struct fw_rule_check *check, struct fw_part *part)
{
	static const struct fw_interval udp = { IPPROTO_UDP, IPPROTO_UDP };
	static const struct fw_interval port = { 53, 53 };

	part->matches = fw_arena_array(check->checker->arena, 3,
				       sizeof(*part->matches));
	if (!part->matches)
		return -ENOMEM;
	part->matches[0] = (struct fw_match){ FW_FIELD_L4PROTO, &udp, 1 };
	part->matches[1] = (struct fw_match){ FW_FIELD_DPORT, &port, 1 };
	part->n_matches = 2;
	return 0;
}

/* Names become a match where all sets are known (questions.c). */
static int match_type(struct fw_rule_check *check, struct fw_part *part)
{
	struct fw_match *match = &part->matches[part->n_matches++];

	*match = (struct fw_match){ FW_FIELD_DNS_QTYPE, part->qtypes,
				    part->n_qtypes };
	if (part->negate)
		match->intervals = fw_intervals_complement(
			check->checker->arena, part->qtypes, part->n_qtypes,
			fw_field_max(FW_FIELD_DNS_QTYPE), &match->n_intervals);
	return match->intervals ? 0 : -ENOMEM;
}

/* dns qname @set, dns qtype a, aaaa */
static int check_question(struct fw_rule_check *check, bool type)
{
	struct fw_inspect_rule values = { .n_numbers = 0 };
	const struct fw_word *word = fw_rule_at(check, 2);
	size_t from = 2, taken;
	struct fw_part *part;
	bool negate;
	int r;

	negate = word && fw_mark_is(word, "!=");
	from += negate || (word && fw_mark_is(word, "=="));
	if (!fw_rule_at(check, from))
		return fails(check, 1, "what it is compared with is missing",
			     type ? "dns qtype a, aaaa" : "dns qname @names");
	r = fw_inspect_operand(check->checker, check->table,
			       type ? FW_OPERAND_QTYPE : FW_OPERAND_NAMES,
			       fw_rule_at(check, from),
			       fw_rule_left(check) - from, &values, &taken);
	if (r)
		return r;
	if (!taken) {
		check->failed = true;
		return 0;
	}
	part = fw_rule_push(check, type ? FW_PART_DNS_TYPE : FW_PART_DNS_NAME,
			    from + taken);
	if (!part || match_queries(check, part))
		return -ENOMEM;
	part->negate = negate;
	part->domains = values.domains;
	part->qtypes = values.numbers;
	part->n_qtypes = values.n_numbers;
	return type ? match_type(check, part) : 0;
}

static int check_reply(struct fw_rule_check *check)
{
	static const struct {
		const char *word;
		unsigned rcode;		/* RFC 1035 section 4.1.1 */
	} replies[] = { { "nxdomain", 3 }, { "refused", 5 } };
	const struct fw_word *word = fw_rule_at(check, 2);
	struct fw_part *part;

	for (size_t i = 0; word && i < FW_ARRAY_SIZE(replies); i++) {
		if (!fw_word_is(word, replies[i].word))
			continue;
		part = fw_rule_push(check, FW_PART_DNS_REPLY, 3);
		if (!part || match_queries(check, part))
			return -ENOMEM;
		part->rcode = replies[i].rcode;
		return 0;
	}
	return fails(check, word ? 2 : 1, "reply with what?",
		     "dns reply nxdomain, dns reply refused");
}

static int check_dns(struct fw_rule_check *check)
{
	static const char *const words[] = { "qname", "qtype", "reply" };
	const struct fw_word *word = fw_rule_at(check, 1);

	if (word && fw_word_is(word, "qname"))
		return check_question(check, false);
	if (word && fw_word_is(word, "qtype"))
		return check_question(check, true);
	if (word && fw_word_is(word, "reply"))
		return check_reply(check);
	if (!word)
		return fails(check, 0, "dns what?", "dns qname @names");
	fw_check_none_of(check->checker, word, "word of dns", words,
			 FW_ARRAY_SIZE(words));
	check->failed = true;
	return 0;
}

/* Facts of streams: an ingress chain or a router sees packets. */
static int check_fact(struct fw_rule_check *check)
{
	const struct fw_word *word = fw_rule_at(check, 0);
	struct fw_diag *diag = fw_error(
		check->checker->diags, "misplaced", &word->loc,
		"'%s' stands in profiles, not in chains", word->text);

	fw_diag_hint(check->checker->diags, diag,
		     "a rule hands flows over with 'inspect NAME'");
	check->failed = true;
	return 0;
}

/* --- all ------------------------------------------------------------------ */
static const struct {
	const char *word;
	int (*check)(struct fw_rule_check *check);
	bool ends;		/* a verdict: nothing may follow but a comment */
	bool own;
} statements[] = {
	{ "counter", check_counter, false, false },
	{ "limit", check_limit, false, false },
	{ "log", check_log, false, false },
	{ "update", check_update, false, false },
	{ "add", check_update, false, false },
	{ "accept", check_accept, true, false },
	{ "drop", check_drop, true, false },
	{ "jump", check_jump, true, false },
	{ "goto", check_jump, true, false },
	{ "return", check_return, true, false },
	{ "comment", check_comment, true, false },
	{ "inspect", check_inspect, true, true },
	{ "learn", check_learn, false, true },
	{ "qos", check_qos, false, true },
	{ "audit", check_audit, false, true },
	{ "block", check_block, true, true },
	{ "dns", check_dns, false, true },
	{ "tls", check_fact, false, true },
	{ "http", check_fact, false, true },
	{ "ssh", check_fact, false, true },
	{ "payload", check_fact, false, true },
};

const char *fw_rule_own_word(size_t i)
{
	for (size_t k = 0; k < FW_ARRAY_SIZE(statements); k++)
		if (statements[k].own && !i--)
			return statements[k].word;
	return NULL;
}

int fw_rule_statement(struct fw_rule_check *check, bool *ret_ends)
{
	const struct fw_word *word = fw_rule_at(check, 0);

	*ret_ends = false;
	for (size_t i = 0; i < FW_ARRAY_SIZE(statements); i++) {
		size_t before = check->parts.n;
		int r;

		if (!fw_word_is(word, statements[i].word))
			continue;
		*ret_ends = statements[i].ends;
		r = statements[i].check(check);
		/* `dns reply` is the one verdict among its words. */
		if (!r && check->parts.n > before &&
		    check->parts.items[before].kind == FW_PART_DNS_REPLY)
			*ret_ends = true;
		return r;
	}
	return fw_rule_raw(check);
}
