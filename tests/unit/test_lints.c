/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints: what they say of random chains, against every packet there is; what
 * names a chain.
 *
 * A rule is made at random as bit sets of small values, written as a line of
 * the configuration, and tried on all packets by those bits. What is said to be
 * never reached no packet may reach; and where nothing writes the mark, what no
 * packet reaches must be said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile/lint.h"
#include "tests/unit/typed_text.h"

#define RULES 12
#define ROUNDS 400

/* Values of a field: 0..6 are written, 7 stands for all others. */
#define VALUES 8

enum { SADDR, DPORT, DEVICE, MARK, FIELDS };

/* What a rule asks of a field; several bits: a list or range. */
struct test {
	unsigned bits;
	bool negate;
};

struct rule {
	bool asks[FIELDS];
	struct test tests[FIELDS];
	int proto;		/* 0 none, 1 tcp, 2 udp */
	bool again;		/* one more test of the port */
	struct test more;
	bool counter;
	bool pairs;		/* of address and port: more of them, both
				   tested at once */
	unsigned pair[3][2];
	enum { ACCEPT, DROP, COUNT, SET_MARK, ENDS, COMES_BACK, MAP } does;
	/* of a map: what it says of each pair, ACCEPT, DROP or COUNT, which
	 * is to go on */
	unsigned verdicts[3];
	unsigned mark;
};

struct packet {
	unsigned values[FIELDS];
	int proto;		/* 0 none of both */
	bool port;		/* a later fragment has none */
};

/* --- making --------------------------------------------------------------- */
static unsigned pick(unsigned *seed, unsigned n)
{
	return (unsigned)rand_r(seed) % n;
}

static struct test make_test(unsigned *seed)
{
	struct test test = { .negate = pick(seed, 4) == 0 };
	unsigned kind = pick(seed, 3), lo = pick(seed, 7), hi;

	hi = lo + pick(seed, 7 - lo);
	if (kind == 0)
		hi = lo;
	for (unsigned v = lo; v <= hi; v++)
		test.bits |= 1u << v;
	if (kind == 2)
		test.bits |= 1u << pick(seed, 7) | 1u << pick(seed, 7);
	return test;
}

static struct rule make_rule(unsigned *seed, bool marks)
{
	struct rule rule = { .proto = (int)pick(seed, 3) };

	for (int f = 0; f < FIELDS; f++) {
		rule.asks[f] = pick(seed, 2) && (f != MARK || marks);
		rule.tests[f] = make_test(seed);
	}
	if (!rule.proto)
		rule.asks[DPORT] = false;
	if (!rule.asks[SADDR] && !rule.asks[DEVICE] && !rule.asks[DPORT])
		rule.asks[SADDR] = true;
	rule.again = rule.asks[DPORT] && pick(seed, 6) == 0;
	rule.more = make_test(seed);
	rule.counter = pick(seed, 3) == 0;
	rule.does = pick(seed, 7);
	if (rule.does == SET_MARK && !marks)
		rule.does = ACCEPT;
	if (rule.does == MAP && !rule.proto)
		rule.does = DROP;
	rule.pairs = rule.does == MAP || (rule.proto && pick(seed, 4) == 0);
	for (unsigned i = 0; i < 3; i++) {
		/* Apart: nft takes no pair twice. */
		rule.pair[i][0] = pick(seed, 7);
		rule.pair[i][1] = 2 * i + pick(seed, 2);
		rule.verdicts[i] = pick(seed, 3);
	}
	rule.mark = pick(seed, 7);
	return rule;
}

/* --- writing -------------------------------------------------------------- */
static void put_value(FILE *out, int field, unsigned v)
{
	if (field == SADDR)
		(void)fprintf(out, "10.0.0.%u", v);
	else if (field == DEVICE)
		(void)fprintf(out, "\"d%u\"", v);
	else
		(void)fprintf(out, "%u", v);
}

static void put_test(FILE *out, int field, const struct test *test)
{
	const char *gap = "{ ";

	(void)fputs(test->negate ? "!= " : "", out);
	for (unsigned v = 0; v < 7; v++) {
		if (!(test->bits >> v & 1))
			continue;
		(void)fputs(gap, out);
		put_value(out, field, v);
		gap = ", ";
	}
	(void)fputs(" } ", out);
}

static void put_pairs(FILE *out, const struct rule *rule, const char *proto)
{
	static const char *const verdicts[] = { "accept", "drop", "continue" };

	(void)fprintf(out, "ip saddr . %s dport %s{ ", proto,
		      rule->does == MAP ? "vmap " : "");
	for (unsigned i = 0; i < 3; i++) {
		(void)fprintf(out, "%s10.0.0.%u . %u", i ? ", " : "",
			      rule->pair[i][0], rule->pair[i][1]);
		if (rule->does == MAP)
			(void)fprintf(out, " : %s",
				      verdicts[rule->verdicts[i]]);
	}
	(void)fputs(" } ", out);
}

static void put_rule(FILE *out, const struct rule *rule)
{
	static const char *const protos[] = { "", "tcp", "udp" };
	static const char *const does[] = { "accept", "drop", "counter", "",
					    "jump ends", "jump back", "" };

	(void)fputs("\t\t", out);
	if (rule->asks[DEVICE]) {
		(void)fputs("iifname ", out);
		put_test(out, DEVICE, &rule->tests[DEVICE]);
	}
	if (rule->counter)
		(void)fputs("counter ", out);
	if (rule->asks[SADDR]) {
		(void)fputs("ip saddr ", out);
		put_test(out, SADDR, &rule->tests[SADDR]);
	}
	if (rule->proto && !rule->asks[DPORT])
		(void)fprintf(out, "meta l4proto %s ", protos[rule->proto]);
	if (rule->asks[DPORT]) {
		(void)fprintf(out, "%s dport ", protos[rule->proto]);
		put_test(out, DPORT, &rule->tests[DPORT]);
	}
	if (rule->again) {
		(void)fprintf(out, "%s dport ", protos[rule->proto]);
		put_test(out, DPORT, &rule->more);
	}
	if (rule->asks[MARK]) {
		(void)fputs("meta mark ", out);
		put_test(out, MARK, &rule->tests[MARK]);
	}
	if (rule->pairs)
		put_pairs(out, rule, protos[rule->proto]);
	(void)fputs(does[rule->does], out);
	if (rule->does == SET_MARK)
		(void)fprintf(out, "meta mark set %u", rule->mark);
	(void)fputs("\n", out);
}

/* The first rule stands in line 6. */
#define FIRST_LINE 6

static char *write_chain(const struct rule *rules)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)fputs("table ip t {\n"
		    "\tchain ends { ip saddr 10.0.0.1 accept; drop; }\n"
		    "\tchain back { ip saddr 10.0.0.1 counter; }\n"
		    "\tchain c {\n"
		    "\t\ttype filter hook input priority 0\n", out);
	for (size_t i = 0; i < RULES; i++)
		put_rule(out, &rules[i]);
	(void)fputs("\t}\n}\n", out);
	(void)fclose(out);
	return text;
}

/* --- trying --------------------------------------------------------------- */
static bool passes(const struct test *test, unsigned value)
{
	return (test->bits >> value & 1) != test->negate;
}

/* Which of the rule's pairs the packet has, or -1. */
static int pair_of(const struct rule *rule, const struct packet *p)
{
	for (int i = 0; p->port && i < 3; i++)
		if (rule->pair[i][0] == p->values[SADDR] &&
		    rule->pair[i][1] == p->values[DPORT])
			return i;
	return -1;
}

/* What a rule does with a packet that it matches. */
static unsigned does(const struct rule *rule, const struct packet *p)
{
	return rule->does == MAP ? rule->verdicts[pair_of(rule, p)] :
				   (unsigned)rule->does;
}

/* The tests in front of the counter, and then all. */
static bool matches(const struct rule *rule, const struct packet *p,
		    bool to_counter)
{
	if (rule->asks[DEVICE] &&
	    !passes(&rule->tests[DEVICE], p->values[DEVICE]))
		return false;
	if (to_counter)
		return true;
	if (rule->asks[SADDR] && !passes(&rule->tests[SADDR], p->values[SADDR]))
		return false;
	if (rule->proto && p->proto != rule->proto)
		return false;
	if (rule->asks[DPORT] &&
	    (!p->port || !passes(&rule->tests[DPORT], p->values[DPORT])))
		return false;
	if (rule->again && !passes(&rule->more, p->values[DPORT]))
		return false;
	if (rule->pairs && pair_of(rule, p) < 0)
		return false;
	return !rule->asks[MARK] || passes(&rule->tests[MARK], p->values[MARK]);
}

/* Of each rule: does a packet get to its first effect, and does one match it,
 * wherever it stands? */
struct truth {
	bool reached[RULES], matched[RULES];
};

static void walk(const struct rule *rules, struct packet p, struct truth *truth)
{
	bool gone = false;

	for (size_t i = 0; i < RULES; i++) {
		const struct rule *rule = &rules[i];
		bool all = matches(rule, &p, false);

		if (!gone && matches(rule, &p, rule->counter))
			truth->reached[i] = true;
		if (all && !gone && rule->does == SET_MARK)
			p.values[MARK] = rule->mark;
		if (all && (does(rule, &p) == ACCEPT ||
			    does(rule, &p) == DROP || does(rule, &p) == ENDS))
			gone = true;
	}
}

static void try_all(const struct rule *rules, struct truth *truth)
{
	static const struct packet kinds[] = {
		{ .proto = 0 },
		{ .proto = 1, .port = true },
		{ .proto = 2, .port = true },
		{ .proto = 1 },
		{ .proto = 2 },
	};
	const unsigned n_kinds = sizeof(kinds) / sizeof(*kinds);

	for (unsigned n = 0;
	     n < VALUES * VALUES * VALUES * VALUES * n_kinds; n++) {
		struct packet p = kinds[n % n_kinds];
		unsigned rest = n / n_kinds;

		for (int f = 0; f < FIELDS; f++, rest /= VALUES)
			p.values[f] = rest % VALUES;
		if (!p.port && p.values[DPORT])
			continue;
		for (size_t i = 0; i < RULES; i++)
			truth->matched[i] |= matches(&rules[i], &p, false);
		walk(rules, p, truth);
	}
}

/* --- the lints ------------------------------------------------------------ */
static void read_lints(const struct typed_text *t, struct truth *told)
{
	for (size_t i = 0; i < RULES; i++)
		told->reached[i] = told->matched[i] = true;
	for (size_t i = 0; i < t->diags.n; i++) {
		const struct fw_diag *diag = &t->diags.items[i];
		size_t rule = diag->loc.line - FIRST_LINE;

		if (diag->loc.line < FIRST_LINE || rule >= RULES)
			continue;
		if (!strcmp(diag->id, fw_lints[FW_LINT_NEVER_REACHED].id))
			told->reached[rule] = false;
		if (!strcmp(diag->id, fw_lints[FW_LINT_NEVER_MATCHES].id))
			told->matched[rule] = false;
	}
}

static void try_chain(unsigned *seed, bool marks, size_t *dead)
{
	struct rule rules[RULES];
	struct truth truth = { 0 }, told;
	struct typed_text t;
	char *text;

	for (size_t i = 0; i < RULES; i++)
		rules[i] = make_rule(seed, marks);
	text = write_chain(rules);
	typed_text_open(&t, text);
	assert_string_equal(typed_text_error(&t), "");
	try_all(rules, &truth);
	read_lints(&t, &told);
	for (size_t i = 0; i < RULES; i++) {
		bool dies = truth.matched[i] && !truth.reached[i];

		/* Never said of a rule that lives. */
		if ((!told.reached[i] && truth.reached[i]) ||
		    (!told.matched[i] && truth.matched[i]))
			fail_msg("rule %zu lives:\n%s", i + 1, text);
		/* Always said of one that does not. */
		if (!truth.matched[i] && told.matched[i])
			fail_msg("rule %zu never matches:\n%s", i + 1, text);
		if (!marks && dies && told.reached[i])
			fail_msg("rule %zu is never reached:\n%s", i + 1, text);
		*dead += dies;
	}
	typed_text_close(&t);
	free(text);
}

static void lints_know_every_packet(void **state)
{
	unsigned seed = 3;
	size_t dead = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++)
		try_chain(&seed, round % 2, &dead);
	assert_true(dead > ROUNDS);
}

/* --- names ---------------------------------------------------------------- */
static bool says(const char *text, enum fw_lint lint)
{
	struct typed_text t;
	bool said = false;

	typed_text_open(&t, text);
	assert_string_equal(typed_text_error(&t), "");
	for (size_t i = 0; i < t.diags.n; i++)
		said = said || !strcmp(t.diags.items[i].id, fw_lints[lint].id);
	typed_text_close(&t);
	return said;
}

/* Whoever adds the map to a rule later finds the chain there. */
static void elements_of_maps_name_chains(void **state)
{
	(void)state;
	assert_true(says("table ip t {\n\tchain x { }\n}\n",
			 FW_LINT_UNUSED_CHAIN));
	assert_false(says("table ip t {\n"
			  "\tmap m {\n"
			  "\t\ttype inet_service : verdict\n"
			  "\t\telements = { 1 : jump x }\n"
			  "\t}\n"
			  "\tchain x { }\n"
			  "}\n", FW_LINT_UNUSED_CHAIN));
	assert_true(says("table ip t {\n"
			 "\tmap m {\n"
			 "\t\ttype inet_service : verdict\n"
			 "\t\telements = { 1 : jump x }\n"
			 "\t}\n"
			 "\tchain x { }\n"
			 "}\n", FW_LINT_UNUSED_SET));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lints_know_every_packet),
		cmocka_unit_test(elements_of_maps_name_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
