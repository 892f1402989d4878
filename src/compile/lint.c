/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints: what is valid, and may well not be meant.
 *
 * In: the typed configuration. Out: warnings, and notes where something could
 * only be better. Each has a name, its id, that `# flywall: allow NAME` at the
 * end of the line silences. Rules are judged by what is understood of them: a
 * lint keeps silent where it cannot know.
 *
 *	no-management	a chain that drops by default may lock the admin out
 *	no-neighbours	a drop-policy ingress chain lets no ARP, neighbour
 *			discovery or packet-too-big through
 *	could-be-early	a drop that would run in XDP in an ingress chain
 */
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

struct lint {
	struct fw_checker *checker;
	const struct fw_typed_chain *chain;
	const struct fw_res_chain *source;
};

/* Names behind `allow` stand apart by commas or spaces. */
static bool allowed(const char *names, const char *id)
{
	size_t len = strlen(id);

	for (const char *p = names; p && *p;) {
		size_t n = strcspn(p, ", \t");

		if (n == len && !strncmp(p, id, n))
			return true;
		p += n + strspn(p + n, ", \t");
	}
	return false;
}

static const struct fw_line *line_of(const struct lint *lint, const char *word)
{
	for (size_t i = 0; i < lint->source->lines.n; i++)
		if (fw_word_is(&lint->source->lines.items[i].words[0], word))
			return &lint->source->lines.items[i];
	return NULL;
}

static bool drops_by_default(const struct fw_typed_chain *chain)
{
	return chain->hook && chain->policy == FW_VERDICT_DROP &&
	       !strcmp(chain->type, "filter");
}

/* --- no-management -------------------------------------------------------- */
static void check_management(const struct lint *lint)
{
	const struct fw_line *policy = line_of(lint, "policy");
	struct fw_diag *diag;

	if (!drops_by_default(lint->chain) || !policy ||
	    lint->checker->typed->n_management ||
	    (lint->chain->hook != FW_HOOK_INPUT &&
	     lint->chain->hook != FW_HOOK_INGRESS) ||
	    allowed(policy->allow, "no-management"))
		return;
	diag = fw_warning(lint->checker->diags, "no-management", &policy->loc,
			  "this chain drops by default, and no management is "
			  "let through before it");
	fw_diag_hint(lint->checker->diags, diag,
		     "options { management { ip saddr 192.0.2.0/24 tcp dport "
		     "22 } }");
}

/* --- no-neighbours -------------------------------------------------------- */
/* A packet by the fields that tell it. */
struct probe {
	const char *name;
	const char *word;	/* in a rule that is not understood */
	int l3, l4, type;	/* or FW_ANY */
};

static const struct probe probes[] = {
	{ "ARP", "arp", FW_L3_ARP, FW_ANY, FW_ANY },
	{ "neighbour discovery", "icmpv6", FW_L3_IP6, 58, 135 },
	{ "packet-too-big", "icmpv6", FW_L3_IP6, 58, 2 },
};

static bool admits(const struct fw_match *match, int value)
{
	for (size_t i = 0; value != FW_ANY && i < match->n_intervals; i++)
		if (match->intervals[i].lo <= (fw_u128)value &&
		    (fw_u128)value <= match->intervals[i].hi)
			return true;
	return false;
}

/* Fields that the probe does not tell may be anything, if it has them. */
static bool may_match(const struct fw_match *match, const struct probe *probe)
{
	switch (match->field) {
	case FW_FIELD_L3:
		return admits(match, probe->l3);
	case FW_FIELD_L4PROTO:
	case FW_FIELD_NEXTHDR:
		return admits(match, probe->l4);
	case FW_FIELD_ICMP_TYPE:
		return admits(match, probe->type);
	default:
		return match->n_intervals > 0 && probe->l4 != FW_ANY;
	}
}

static bool names_word(const struct fw_part *part, const char *word)
{
	for (size_t i = 0; i < part->n_words; i++)
		if (fw_word_is(&part->words[i], word))
			return true;
	return false;
}

static bool may_accept(const struct fw_typed_rule *rule,
		       const struct probe *probe)
{
	for (size_t p = 0; p < rule->n_parts; p++) {
		const struct fw_part *part = &rule->parts[p];

		switch (part->kind) {
		case FW_PART_MATCH:
			for (size_t i = 0; i < part->n_matches; i++)
				if (!may_match(&part->matches[i], probe))
					return false;
			break;
		case FW_PART_VERDICT:
			return part->verdict == FW_VERDICT_ACCEPT;
		case FW_PART_JUMP:
			return part->chain;
		case FW_PART_RAW:
			if (names_word(part, "vmap"))
				return true;
			if (!names_word(part, probe->word))
				return false;
			break;
		default:
			break;
		}
	}
	return false;
}

static bool lets_through(const struct fw_typed_chain *chain,
			 const struct probe *probe)
{
	for (size_t i = 0; i < chain->n_rules; i++)
		if (may_accept(&chain->rules[i], probe))
			return true;
	return false;
}

/* Management implies them on its devices. */
static void check_neighbours(const struct lint *lint)
{
	const struct fw_line *policy = line_of(lint, "policy");
	const char *missing = NULL;

	if (!drops_by_default(lint->chain) || !policy ||
	    lint->chain->hook != FW_HOOK_INGRESS ||
	    lint->checker->typed->n_management ||
	    allowed(policy->allow, "no-neighbours"))
		return;
	for (size_t i = 0; i < FW_ARRAY_SIZE(probes); i++) {
		if (lets_through(lint->chain, &probes[i]))
			continue;
		missing = missing ? fw_arena_printf(lint->checker->arena,
						    "%s, %s", missing,
						    probes[i].name) :
				    probes[i].name;
	}
	if (missing)
		fw_warning(lint->checker->diags, "no-neighbours", &policy->loc,
			   "this chain drops by default and accepts no %s",
			   missing);
}

/* --- could-be-early ------------------------------------------------------- */
/* What XDP could do: typed matches, a counter, drop. */
static bool is_plain_drop(const struct fw_typed_rule *rule)
{
	bool drops = false;

	for (size_t p = 0; p < rule->n_parts; p++) {
		const struct fw_part *part = &rule->parts[p];

		drops = part->kind == FW_PART_VERDICT &&
			part->verdict == FW_VERDICT_DROP;
		if (!drops && part->kind != FW_PART_MATCH &&
		    part->kind != FW_PART_IIF && part->kind != FW_PART_COUNTER)
			return false;
	}
	return drops;
}

/* Only at the head: a rule before it might have accepted. */
static void check_early(const struct lint *lint)
{
	const struct fw_typed_chain *chain = lint->chain;

	if (chain->hook != FW_HOOK_PREROUTING || strcmp(chain->type, "filter"))
		return;
	for (size_t i = 0; i < chain->n_rules; i++) {
		struct fw_loc span;
		struct fw_diag *diag;

		if (!is_plain_drop(&chain->rules[i]))
			return;
		if (allowed(lint->source->rules.items[i].allow,
			    "could-be-early"))
			continue;
		span = lint->source->rules.items[i].loc;
		diag = fw_note(lint->checker->diags, "could-be-early", &span,
			       "in an ingress chain this rule would drop in "
			       "XDP");
		fw_diag_hint(lint->checker->diags, diag,
			     "table netdev … { chain … { type filter hook "
			     "ingress device … priority 0; %s } }",
			     chain->rules[i].text);
	}
}

void fw_lint(struct fw_checker *checker)
{
	const struct fw_typed *typed = checker->typed;

	for (size_t t = 0; t < typed->n_tables; t++) {
		const struct fw_typed_table *table = &typed->tables[t];
		const struct fw_res_table *source =
			checker->resolved->tables.items[t];

		for (size_t c = 0; c < table->n_chains; c++) {
			const struct lint lint = { checker, &table->chains[c],
						   source->chains.items[c] };

			check_management(&lint);
			check_neighbours(&lint);
			check_early(&lint);
		}
	}
}
