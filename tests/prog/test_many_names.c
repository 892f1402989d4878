/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Very many names in one set, asked of the program by the ten thousand: random
 * names, names that differ a little from one of the set, the set's own in mixed
 * case, and what is below them. The set itself, searched as it stands, says which
 * are in it: the program must say so of these and of no others.
 *
 *	FLYWALL_NAMES	random names, default 100000. The set has twice as many,
 *			at most a million; so many are asked in three forms each
 *	FLYWALL_SEED	default 1
 *
 * Catches, among others: a hash that two names share, a name that is lost where
 * buckets are full, a filter that has no bit of one, a case or a length of name
 * that is hashed otherwise in the kernel, an exception that a wider entry hides.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/lower.h"
#include "compile/typecheck.h"
#include "domains.h"
#include "names.h"
#include "util/cleanup.h"

#define SET_MOST 1000000
#define NAME_MOST (NAMES_QUESTION_SIZE - 6)	/* as text */
#define TOLD_MOST 10		/* failures in full */

struct test {
	struct names names;
	struct rng rng;
	struct fw_arena *arena;
	struct fw_domain_set set;
	struct fw_suffixes suffixes;
	/* the batch that is being made */
	uint8_t questions[NAMES_QUESTIONS][NAMES_QUESTION_SIZE];
	bool member[NAMES_QUESTIONS];
	uint32_t n;
	unsigned long asked, members, false_positive, false_negative, odd;
};

static void fail(const char *what, int r)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-r));
	exit(1);
}

/* --- names ---------------------------------------------------------------- */
static const char *const tops[] = { "com", "net", "org", "example", "co.uk" };

/* By the order of their bytes. */
static const char letters[] = "-0123456789_abcdefghijklmnopqrstuvwxyz";
#define LETTERS (uint32_t)(sizeof(letters) - 1)

/* 1 to most letters, digits and the like behind the text. */
static void add_label(struct rng *rng, uint32_t most, char *name)
{
	size_t at = strlen(name);

	for (uint32_t n = 1 + rng_below(rng, most); n > 0; n--)
		name[at++] = letters[rng_below(rng, LETTERS)];
	name[at] = '\0';
}

/* Two to four labels: of few letters now and then, so that some meet. front is
 * what the first one begins with. */
static void random_name(struct rng *rng, const char *front, char *ret)
{
	strcpy(ret, front);
	for (uint32_t n = 1 + rng_below(rng, 3); n > 0; n--) {
		add_label(rng, rng_percent(rng, 5) ? 3 : 14, ret);
		strcat(ret, ".");
	}
	strcat(ret, tops[rng_below(rng, FW_ARRAY_SIZE(tops))]);
}

/* The name with one letter more, less or changed, or without its first label. */
static void change(struct rng *rng, char *name)
{
	size_t len = strlen(name), at = rng_below(rng, (uint32_t)len);
	char *dot = strchr(name, '.');

	switch (rng_below(rng, 4)) {
	case 0:
		memmove(name + 1, name, len + 1);
		name[0] = 'x';
		break;
	case 1:
		if (name[1] != '.')
			memmove(name, name + 1, len);
		break;
	case 2:
		if (name[at] != '.')
			name[at] = name[at] == 'q' ? 'p' : 'q';
		break;
	default:
		memmove(name, dot + 1, strlen(dot));
	}
}

/* The name with up to four labels in front, as many as fit. */
static void go_below(struct rng *rng, const char *name, char *ret)
{
	char front[NAME_MOST + 1];

	(void)snprintf(ret, NAME_MOST + 1, "%s", name);
	for (uint32_t n = 1 + rng_below(rng, 4); n > 0; n--) {
		size_t size;

		*front = '\0';
		add_label(rng, 6, front);
		size = strlen(front) + 1;
		if (size + strlen(ret) > NAME_MOST)
			return;
		memmove(ret + size, ret, strlen(ret) + 1);
		memcpy(ret, front, size - 1);
		ret[size - 1] = '.';
	}
}

/* --- the set -------------------------------------------------------------- */
/* What the i-th name begins with: nearly in order, they are sorted soon. */
static void front_of(size_t i, size_t n, char ret[static 4])
{
	size_t number = i * LETTERS * LETTERS * LETTERS / n;

	ret[0] = letters[number / LETTERS / LETTERS % LETTERS];
	ret[1] = letters[number / LETTERS % LETTERS];
	ret[2] = letters[number % LETTERS];
	ret[3] = '\0';
}

/* Of ten names one is exact, and one has an exception below it. */
static void make_set(struct test *t, size_t n)
{
	struct fw_domain_vec domains = { 0 };
	const char *clash;

	for (size_t i = 0; i < n; i++) {
		struct fw_domain *domain = fw_vec_push(t->arena, &domains);
		char name[NAME_MOST + 1], below[NAME_MOST + 1], front[4];

		front_of(i, n, front);
		random_name(&t->rng, front, name);
		if (!domain || !(domain->name = fw_arena_strdup(t->arena, name)))
			fail("names", -ENOMEM);
		domain->exact = rng_percent(&t->rng, 10);
		if (!rng_percent(&t->rng, 10))
			continue;
		go_below(&t->rng, name, below);
		domain = fw_vec_push(t->arena, &domains);
		if (!domain ||
		    !(domain->name = fw_arena_strdup(t->arena, below)))
			fail("names", -ENOMEM);
		domain->exception = true;
	}
	while (fw_domains_sort(&domains, &clash))
		for (size_t i = 0; i < domains.n; i++)
			if (!strcmp(domains.items[i].name, clash))
				domains.items[i].exception = true;
	t->set = (struct fw_domain_set){ "s", domains.items, domains.n };
}

static void load(struct test *t)
{
	const struct fw_siphash_key key = { rng_next(&t->rng),
					    rng_next(&t->rng) };
	static const struct fw_domain_set *sets[1];
	struct fw_suffix_table table;
	int r;

	sets[0] = &t->set;
	r = fw_suffixes_build(t->arena, sets, 1, &t->suffixes);
	if (!r)
		r = fw_suffix_table_build(&t->suffixes, &key, &table);
	if (r)
		fail("tables", r);
	r = names_fill(&t->names, 0, &table);
	if (r)
		fail("maps", r);
	fw_suffix_table_done(&table);
}

/* --- asking --------------------------------------------------------------- */
static void judge(struct test *t, uint32_t i, uint8_t class)
{
	bool odd = class >= t->suffixes.n_classes, have;
	unsigned long wrong;

	have = !odd && fw_class_has(&t->suffixes, class, 0);
	t->asked++;
	t->members += t->member[i];
	t->odd += odd;
	t->false_positive += !odd && have && !t->member[i];
	t->false_negative += !odd && !have && t->member[i];
	wrong = t->odd + t->false_positive + t->false_negative;
	if ((odd || have != t->member[i]) && wrong <= TOLD_MOST)
		fprintf(stderr, "FAIL %s: %.*s\n",
			odd ? "not understood" :
			have ? "not in the set" : "in the set",
			NAMES_QUESTION_SIZE, (char *)t->questions[i] + 1);
}

static void flush(struct test *t)
{
	const uint8_t *classes;
	int r = names_load(&t->names, t->questions);

	if (r)
		fail("questions", r);
	classes = names_sweep(&t->names);
	for (uint32_t i = 0; i < t->n; i++)
		judge(t, i, classes[i]);
	t->n = 0;
}

static void ask(struct test *t, char *name)
{
	domain_mix_case(&t->rng, name);
	names_question(name, t->questions[t->n]);
	t->member[t->n] = fw_domain_set_has(&t->set, name, strlen(name));
	if (++t->n == NAMES_QUESTIONS)
		flush(t);
}

static void ask_own(struct test *t, const char *own)
{
	char name[NAME_MOST + 2];

	(void)snprintf(name, sizeof(name), "%s", own);
	ask(t, name);
	go_below(&t->rng, own, name);
	ask(t, name);
	(void)snprintf(name, sizeof(name), "%.*s", NAME_MOST - 1, own);
	change(&t->rng, name);
	ask(t, name);
}

static void run(struct test *t, unsigned long n)
{
	size_t own = n < t->set.n_domains ? n : t->set.n_domains;
	unsigned long members;

	for (unsigned long i = 0; i < n; i++) {
		char name[NAME_MOST + 1];

		random_name(&t->rng, "", name);
		ask(t, name);
	}
	flush(t);
	members = t->members;
	for (size_t i = 0; i < own; i++)
		ask_own(t, t->set.domains[i * t->set.n_domains / own].name);
	flush(t);
	printf("%zu names: %lu random ones (%lu of them in the set), %lu near "
	       "the set's own (%lu): %lu false positives, %lu false negatives\n",
	       t->set.n_domains, n, members, t->asked - n, t->members - members,
	       t->false_positive, t->false_negative);
	/* Each name or what is below it is in the set, but for exceptions. */
	if (t->members - members < own)
		fail("the set's own names are not asked", -EINVAL);
}

int main(void)
{
	const char *names = getenv("FLYWALL_NAMES"), *seed = getenv("FLYWALL_SEED");
	unsigned long n = names ? strtoul(names, NULL, 0) : 100000;
	static struct test t;
	int r = names_open(&t.names);

	if (r)
		fail("programs", r);
	t.rng.state = seed ? strtoull(seed, NULL, 0) : 1;
	t.arena = fw_arena_new();
	if (!t.arena)
		fail("memory", -ENOMEM);
	make_set(&t, 2 * n < SET_MOST ? 2 * n : SET_MOST);
	load(&t);
	run(&t, n);
	names_close(&t.names);
	fw_arena_free(t.arena);
	return t.false_positive || t.false_negative || t.odd;
}
