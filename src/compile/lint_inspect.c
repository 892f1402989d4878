/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of vetting: what is not tracked cannot be vetted.
 *
 * In: a chain. Out: a warning at each `notrack` whose packets a rule that says
 * inspect may meet, with that rule. Only memory fails.
 */
#include <errno.h>

#include "compile/lint.h"
#include "compile/lower.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

/* What a packet keeps from where it comes in to where it is accepted. Untracked,
 * it is not translated either. */
static bool stays(enum fw_field field)
{
	static const enum fw_field fields[] = {
		FW_FIELD_SADDR4,    FW_FIELD_DADDR4,	FW_FIELD_SADDR6,
		FW_FIELD_DADDR6,    FW_FIELD_NEXTHDR,	FW_FIELD_L4PROTO,
		FW_FIELD_SPORT,	    FW_FIELD_DPORT,	FW_FIELD_ICMP_TYPE,
		FW_FIELD_ICMP_CODE, FW_FIELD_TH_SPORT,	FW_FIELD_TH_DPORT,
		FW_FIELD_L3,	    FW_FIELD_NFPROTO,
		(enum fw_field)FW_REGION_IIFNAME,
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(fields); i++)
		if (fields[i] == field)
			return true;
	return false;
}

/* What stands before a part of the rule, as far as it stays so. */
static int box_before(const struct fw_regions *regions,
		      const struct fw_typed_rule *rule, size_t part,
		      struct fw_box *ret)
{
	int r = fw_region_family(regions, ret);

	for (size_t p = 0; !r && p < part; p++) {
		const struct fw_part *at = &rule->parts[p];
		struct fw_match *tests = fw_arena_array(
			regions->arena, at->n_matches + 1, sizeof(*tests));
		bool exact;
		size_t n;

		if (!tests)
			return -ENOMEM;
		r = fw_region_part(regions, at, tests, &n, &exact);
		for (size_t i = 0; !r && i < n; i++)
			if (stays(tests[i].field))
				r = fw_box_add(regions->arena, ret, &tests[i]);
	}
	return r ? r : fw_region_infer(regions, ret);
}

/* The first rule of the file that hands packets of the box over, or NULL. */
struct search {
	struct fw_checker *checker;
	size_t *work;
	const struct fw_box *box;
	const struct fw_typed_rule *found;
};

static int search_rule(struct search *search, const struct fw_regions *regions,
		       const struct fw_typed_rule *rule)
{
	for (size_t p = 0; p < rule->n_parts; p++) {
		struct fw_match tests[FW_BOX_TESTS];
		struct fw_box box = { tests, 0 };
		int r;

		if (rule->parts[p].kind != FW_PART_INSPECT)
			continue;
		r = box_before(regions, rule, p, &box);
		if (r)
			return r;
		if (!fw_matches_disjoint(box.tests, box.n, search->box->tests,
					 search->box->n))
			search->found = rule;
	}
	return 0;
}

static int search_all(struct search *search)
{
	const struct fw_typed *typed = search->checker->typed;
	int r = 0;

	for (size_t t = 0; t < typed->n_tables; t++) {
		const struct fw_regions regions = {
			.arena = search->checker->arena,
			.typed = typed,
			.table = &typed->tables[t],
			.source = search->checker->resolved->tables.items[t],
		};

		for (size_t c = 0; c < regions.table->n_chains; c++) {
			const struct fw_typed_chain *chain =
				&regions.table->chains[c];

			for (size_t i = 0; !r && !search->found &&
			     i < chain->n_rules &&
			     ++*search->work < FW_LINT_WORK; i++)
				r = search_rule(search, &regions,
						&chain->rules[i]);
		}
	}
	return r;
}

static int check_notrack(const struct fw_lint_chain *lint,
			 const struct fw_typed_rule *rule, size_t part)
{
	struct fw_match tests[FW_BOX_TESTS];
	struct fw_box box = { tests, 0 };
	struct search search = { .checker = lint->checker,
				 .work = lint->work, .box = &box };
	struct fw_diag *diag;
	struct fw_loc loc;
	int r = box_before(lint->regions, rule, part, &box);

	if (!r)
		r = search_all(&search);
	if (r || !search.found)
		return r;
	loc = fw_lint_rule_loc(search.found);
	diag = fw_lint_add(lint->checker->diags, FW_LINT_NOTRACK_INSPECT,
			   &rule->parts[part].words[0].loc,
			   "what is not tracked is dropped where a rule says "
			   "inspect");
	fw_diag_related(lint->checker->diags, diag, &loc, "this one");
	return 0;
}

int fw_lint_inspect(const struct fw_lint_chain *lint)
{
	const struct fw_typed_chain *chain = lint->chain;
	int r = 0;

	if (!lint->checker->typed->n_profiles)
		return 0;
	for (size_t i = 0; !r && i < chain->n_rules; i++)
		for (size_t p = 0; !r && p < chain->rules[i].n_parts; p++)
			if (chain->rules[i].parts[p].kind == FW_PART_RAW &&
			    fw_word_is(chain->rules[i].parts[p].words,
				       "notrack"))
				r = check_notrack(lint, &chain->rules[i], p);
	return r;
}
