/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules with `dns` that could not move to XDP.
 *
 * In: typed chains, and what fw_lower_xdp() left of them. Out: typed->queries and
 * the plan's, of the rules that nft and the inspector can carry out together;
 * what is not run of the others. Fails only for want of memory.
 *
 * nft cannot read a question, and no packet can be queued at ingress. So the
 * rule is cut in three: at its place in the chain stands what is left of its
 * question, and marks the packets that the question is to be asked of; before
 * conntrack they are queued, and the inspector says which rule takes them, if
 * any; and behind the queue stands what is right of the question (gate.c).
 *
 * A packet so goes through the rest of its chain before it is judged, which is
 * the same as long as the rule drops: later rules could only drop it too. So it
 * is not done for other verdicts. Nor for statements that belong to the user's
 * table, or hold for some packets only. A rule that only counts is counted by the
 * inspector.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "compile/lower.h"
#include "util/cleanup.h"

#define DNS_PORT 53

struct cut {
	struct fw_typed *typed;
	FW_VEC(struct fw_word) early, late;
	FW_VEC(struct fw_inspect_rule) tests;
	struct fw_match matches[FW_FIELD_ALL_MAX_];
	size_t n_matches;
	unsigned rcode;
	bool asked;		/* a question was met */
	bool acted;		/* a statement behind it: */
	bool counted, logged;
	bool ended;		/* it drops; else it goes on */
	const char *reason;	/* why it cannot be done; or NULL */
};

static bool is_question(const struct fw_part *part)
{
	return part->kind == FW_PART_DNS_NAME ||
	       part->kind == FW_PART_DNS_TYPE ||
	       part->kind == FW_PART_DNS_REPLY;
}

static bool asks(const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < rule->n_parts; i++)
		if (is_question(&rule->parts[i]))
			return true;
	return false;
}

/* --- cutting a rule --------------------------------------------------------- */
static const char *first_word(const struct fw_part *part)
{
	return part->reason ? part->reason : part->words[0].text;
}

static int put_words(struct cut *c, const struct fw_part *part, bool late)
{
	for (size_t i = 0; i < part->n_words; i++) {
		struct fw_word *word = late ?
			fw_vec_push(c->typed->arena, &c->late) :
			fw_vec_push(c->typed->arena, &c->early);

		if (!word)
			return -ENOMEM;
		*word = part->words[i];
	}
	return 0;
}

static int put_match(struct cut *c, const struct fw_part *part)
{
	int r = 0;

	if (c->acted)
		c->reason = "a match behind a statement";
	for (size_t i = 0; !r && i < part->n_matches; i++)
		r = fw_matches_add(c->typed->arena, c->matches, &c->n_matches,
				   &part->matches[i]);
	return r ? r : put_words(c, part, false);
}

static int put_test(struct cut *c, const struct fw_part *part)
{
	bool name = part->kind == FW_PART_DNS_NAME;
	struct fw_inspect_rule *test =
		fw_vec_push(c->typed->arena, &c->tests);

	if (!test)
		return -ENOMEM;
	if (c->acted)
		c->reason = "a match behind a statement";
	c->asked = true;
	*test = (struct fw_inspect_rule){
		.fact = name ? FW_FACT_DNS_QNAME : FW_FACT_DNS_QTYPE,
		.negate = part->negate,
		.domains = name ? part->domains : NULL,
		.numbers = part->qtypes,
		.n_numbers = part->n_qtypes,
		.class = FW_NO_CLASS,
	};
	return 0;
}

static int put_statement(struct cut *c, const struct fw_part *part)
{
	/* A named counter is in the user's table. */
	if (c->asked && part->counter)
		c->reason = "counter name";
	else if (c->asked && part->kind != FW_PART_COUNTER && !part->log_level)
		c->reason = first_word(part);
	if (c->asked) {
		c->acted = true;
		c->counted |= part->kind == FW_PART_COUNTER;
		c->logged |= part->kind != FW_PART_COUNTER;
	}
	return put_words(c, part, c->asked);
}

static int put_part(struct cut *c, const struct fw_part *part)
{
	switch (part->kind) {
	case FW_PART_MATCH:
	case FW_PART_TUPLE:
	case FW_PART_IIF:
		return put_match(c, part);
	case FW_PART_RAW:
		return part->is_match ? put_match(c, part) :
					put_statement(c, part);
	case FW_PART_COUNTER:
		return put_statement(c, part);
	case FW_PART_DNS_NAME:
	case FW_PART_DNS_TYPE:
		return put_test(c, part);
	case FW_PART_DNS_REPLY:
		c->rcode = part->rcode;
		c->ended = true;
		return 0;
	case FW_PART_VERDICT:
		c->ended = part->verdict == FW_VERDICT_DROP;
		if (!c->ended)
			c->reason = first_word(part);
		return 0;
	default:
		c->reason = first_word(part);
		return 0;
	}
}

static int cut_rule(struct cut *c, const struct fw_typed_rule *rule)
{
	int r = 0;

	for (size_t i = 0; !r && !c->reason && i < rule->n_parts; i++)
		r = put_part(c, &rule->parts[i]);
	if (!c->reason && !c->ended && c->logged)
		c->reason = "log and no verdict";
	return r;
}

/* Whether any query over UDP can meet what is left of the question. */
static int meets_queries(struct cut *c, bool *ret)
{
	static const struct fw_interval udp = { IPPROTO_UDP, IPPROTO_UDP };
	static const struct fw_interval port = { DNS_PORT, DNS_PORT };
	static const struct fw_match wanted[] = {
		{ FW_FIELD_L4PROTO, &udp, 1 },
		{ FW_FIELD_DPORT, &port, 1 },
	};
	int r = 0;

	for (size_t i = 0; !r && i < FW_ARRAY_SIZE(wanted); i++)
		r = fw_matches_add(c->typed->arena, c->matches, &c->n_matches,
				   &wanted[i]);
	*ret = fw_matches_possible(c->matches, c->n_matches);
	return r;
}

/* --- the queries of a configuration ----------------------------------------- */
#define NONE SIZE_MAX

struct queries {
	struct fw_typed *typed;
	struct fw_plan *plan;
	FW_VEC(struct fw_typed_query) items;
	FW_VEC(struct fw_plan_pending) pending;
	unsigned groups;
	unsigned numbers;
	size_t last;		/* of the rule right before, in the same chain;
				   or NONE */
};

static int note_pending(struct queries *q, const struct fw_typed_rule *rule,
			const char *reason)
{
	const struct fw_plan_rule *told = &q->typed->rules[rule->rule];
	struct fw_plan_pending *slot =
		fw_vec_push(q->typed->arena, &q->pending);

	if (!slot)
		return -ENOMEM;
	slot->what = fw_arena_printf(q->typed->arena,
				     "dns outside XDP (%s) with %s",
				     told->reason ? told->reason : "nft", reason);
	slot->file = told->file;
	slot->line = told->line;
	return slot->what ? 0 : -ENOMEM;
}

/* Rules one behind the other that test the same besides the question share a
 * group: where one of them marks a packet, all of them meet it. */
static const char *number_query(struct queries *q, struct fw_typed_query *query,
				bool ends)
{
	const struct fw_typed_query *last =
		q->last == NONE ? NULL : &q->items.items[q->last];

	if (last && !strcmp(last->early_text, query->early_text))
		query->rule.group = last->rule.group;
	else if (q->groups < FW_QUERY_GROUPS)
		query->rule.group = (uint8_t)q->groups++;
	else
		return "too many different matches";
	if (ends && ++q->numbers > FW_QUERY_NUMBERS)
		return "too many such rules";
	query->rule.number = ends ? (uint8_t)q->numbers : 0;
	return NULL;
}

static int add_query(struct queries *q, struct cut *c,
		     const struct fw_typed_rule *rule)
{
	struct fw_arena *arena = q->typed->arena;
	struct fw_typed_query *query, new = {
		.early = c->early.items,
		.n_early = c->early.n,
		.early_text = fw_words_text(arena, c->early.items, c->early.n),
		.rule = {
			.tests = c->tests.items,
			.n_tests = c->tests.n,
			.rcode = c->rcode,
			.rule = rule->rule,
		},
	};
	const char *late = fw_words_text(arena, c->late.items, c->late.n);
	const char *reason;

	if (!new.early_text || !late)
		return -ENOMEM;
	reason = number_query(q, &new, c->ended);
	if (reason)
		return note_pending(q, rule, reason);
	/* What XDP drops it counts anyway. */
	new.late = fw_arena_printf(arena, "%s%s%sdrop",
				   c->counted ? "" : "counter ", late,
				   *late ? " " : "");
	query = fw_vec_push(arena, &q->items);
	if (!query || !new.late)
		return -ENOMEM;
	*query = new;
	q->last = q->items.n - 1;
	q->typed->rules[rule->rule].layer = FW_LAYER_INSPECT;
	q->typed->rules[rule->rule].counted |= c->ended;
	return 0;
}

/* A device that is missing gets its rules when it is there. */
static bool is_left(const struct queries *q, const struct fw_typed_rule *rule)
{
	const struct fw_plan_rule *told = &q->typed->rules[rule->rule];

	return told->layer != FW_LAYER_XDP &&
	       !(told->reason && !strcmp(told->reason, "no device"));
}

static int take_rule(struct queries *q, const struct fw_typed_rule *rule)
{
	struct cut c = { .typed = q->typed };
	bool met = false;
	int r;

	if (!asks(rule) || !is_left(q, rule)) {
		q->last = NONE;
		return 0;
	}
	r = cut_rule(&c, rule);
	if (!r && c.reason)
		return note_pending(q, rule, c.reason);
	if (!r)
		r = meets_queries(&c, &met);
	return r || !met ? r : add_query(q, &c, rule);
}

static int take_chains(struct queries *q)
{
	int r = 0;

	for (size_t t = 0; t < q->typed->n_tables; t++)
		for (size_t c = 0; c < q->typed->tables[t].n_chains; c++) {
			const struct fw_typed_chain *chain =
				&q->typed->tables[t].chains[c];

			q->last = NONE;
			for (size_t i = 0; !r && i < chain->n_rules; i++)
				r = take_rule(q, &chain->rules[i]);
		}
	return r;
}

/* --- into the plan ---------------------------------------------------------- */
static int copy_tests(struct queries *q, struct fw_query_rule *rule)
{
	struct fw_inspect_rule *tests =
		fw_arena_memdup(q->plan->arena, rule->tests,
				rule->n_tests * sizeof(*tests));
	int r = tests ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < rule->n_tests; i++) {
		tests[i].numbers = fw_arena_memdup(
			q->plan->arena, tests[i].numbers,
			tests[i].n_numbers * sizeof(*tests[i].numbers));
		r = tests[i].numbers ? fw_contents_domains(q->typed, q->plan,
							   &tests[i].domains) :
				       -ENOMEM;
	}
	rule->tests = tests;
	return r;
}

/* The highest one that no profile has. */
static uint16_t free_queue(const struct fw_typed *typed)
{
	uint32_t queue = UINT16_MAX;

	for (size_t i = 0; i < typed->n_profiles; i++)
		if (typed->profiles[i].queue_first <= queue &&
		    queue <= typed->profiles[i].queue_last) {
			queue = typed->profiles[i].queue_first - 1u;
			i = SIZE_MAX;	/* from the first profile on */
		}
	return (uint16_t)queue;
}

int fw_lower_queries(struct fw_typed *typed, struct fw_plan *plan)
{
	struct queries q = {
		.typed = typed,
		.plan = plan,
		.pending = { typed->pending, typed->n_pending,
			     typed->n_pending },
	};
	int r = take_chains(&q);
	struct fw_query_rule *rules =
		fw_arena_array(plan->arena, q.items.n, sizeof(*rules));

	if (!r && !rules)
		r = -ENOMEM;
	for (size_t i = 0; !r && i < q.items.n; i++) {
		rules[i] = q.items.items[i].rule;
		r = copy_tests(&q, &rules[i]);
	}
	typed->queries = q.items.items;
	typed->n_queries = q.items.n;
	typed->pending = q.pending.items;
	typed->n_pending = q.pending.n;
	plan->queries.rules = rules;
	plan->queries.n_rules = q.items.n;
	plan->queries.queue = free_queue(typed);
	return r;
}

const struct fw_typed_query *fw_query_of(const struct fw_typed *typed,
					 const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < typed->n_queries; i++)
		if (typed->queries[i].rule.rule == rule->rule)
			return &typed->queries[i];
	return NULL;
}
