/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet described in nft's matches and `dns`: the same words, symbols and
 * messages as in a rule.
 *
 * In: a run of words. Out: fields and their values, the devices. What has no
 * single value (a set, a range, a negation), what is no match, and two values
 * of one field are diagnostics. Fails only for want of memory.
 */
#include "compile/describe.h"

#include <errno.h>
#include <string.h>

#include "compile/rule.h"
#include "util/cleanup.h"

struct describer {
	struct fw_arena *arena;
	struct fw_diags *diags;
	struct fw_description *out;
	const struct fw_loc *said[FW_FIELD_ALL_MAX_];	/* where */
	const struct fw_loc *said_iif, *said_oif, *said_qname;
};

/* In a rule a flag without a relation asks whether it is there among others;
 * here it says that it is there alone. */
static bool is_flags(const struct fw_word *words, size_t n)
{
	static const char *const flags[][2] = {
		{ "tcp", "flags" }, { "ct", "status" },
	};

	for (size_t i = 0; n > 2 && i < FW_ARRAY_SIZE(flags); i++)
		if (fw_word_is(&words[0], flags[i][0]) &&
		    fw_word_is(&words[1], flags[i][1]))
			return words[2].kind == FW_WORD_PLAIN &&
			       !(n > 3 && (fw_mark_is(&words[3], "/") ||
					   fw_mark_is(&words[3], "&")));
	return false;
}

static int copy_words(struct fw_arena *arena, const struct fw_line *line,
		      struct fw_typed_rule *rule)
{
	struct fw_word *words = fw_arena_array(arena, line->n_words * 2,
					       sizeof(*words));
	size_t n = 0, equal = SIZE_MAX;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < line->n_words; i++) {
		if (i == equal)
			words[n++] = (struct fw_word){
				.kind = FW_WORD_MARK,
				.text = "==",
				.loc = line->words[i].loc,
				.space = true,
			};
		if (is_flags(line->words + i, line->n_words - i))
			equal = i + 2;
		words[n++] = line->words[i];
	}
	rule->words = words;
	rule->n_words = n;
	return 0;
}

/* --- values --------------------------------------------------------------- */
static struct fw_loc place_of(const struct fw_part *part)
{
	return fw_loc_span(&part->words[0].loc,
			   &part->words[part->n_words - 1].loc);
}

static void complain(struct describer *d, const struct fw_part *part,
		     const char *id, const char *text)
{
	struct fw_loc loc = place_of(part);

	fw_error(d->diags, id, &loc, "%s", text);
}

static void say_twice(struct describer *d, const struct fw_part *part,
		      const struct fw_loc *before)
{
	struct fw_loc loc = place_of(part);
	struct fw_diag *diag = fw_error(d->diags, "conflicting-values", &loc,
					"a packet has one value here, and "
					"another one was said before");

	fw_diag_related(d->diags, diag, before, "said here");
}

static void say(struct describer *d, const struct fw_part *part,
		enum fw_field field, const struct fw_interval *intervals,
		size_t n)
{
	if (n != 1 || intervals[0].lo != intervals[0].hi) {
		complain(d, part, "not-one-value",
			 "a packet has one value here, not a set, a range or a "
			 "negation");
		return;
	}
	if (d->out->given >> field & 1 &&
	    d->out->value[field] != intervals[0].lo) {
		say_twice(d, part, d->said[field]);
		return;
	}
	if (!d->said[field])
		d->said[field] = &part->words[0].loc;
	d->out->given |= UINT64_C(1) << field;
	d->out->value[field] = intervals[0].lo;
}

static void say_device(struct describer *d, const struct fw_part *part,
		       const char **device, const struct fw_loc **said)
{
	const char *name = part->n_names == 1 ? part->names[0] : "*";

	if (part->negate || strchr(name, '*'))
		complain(d, part, "not-one-value",
			 "a packet has one device here, not a set, a wildcard "
			 "or a negation");
	else if (*device && strcmp(*device, name) != 0)
		say_twice(d, part, *said);
	else {
		*device = name;
		*said = &part->words[0].loc;
	}
}

static void say_qname(struct describer *d, const struct fw_part *part)
{
	const struct fw_domain_set *set = part->domains;

	if (part->negate || set->n_domains != 1 || set->domains[0].exact ||
	    set->domains[0].exception)
		complain(d, part, "not-one-value",
			 "a query asks for one name here, not for a set or a "
			 "negation");
	else if (d->out->qname && strcmp(d->out->qname, set->domains[0].name))
		say_twice(d, part, d->said_qname);
	else {
		d->out->qname = set->domains[0].name;
		d->said_qname = &part->words[0].loc;
	}
}

/* --- parts ---------------------------------------------------------------- */
static void say_part(struct describer *d, const struct fw_part *part)
{
	size_t errors = d->diags->n_errors;

	for (size_t i = 0; i < part->n_matches && d->diags->n_errors == errors;
	     i++)
		say(d, part, part->matches[i].field, part->matches[i].intervals,
		    part->matches[i].n_intervals);
	if (d->diags->n_errors > errors)
		return;
	switch (part->kind) {
	case FW_PART_MATCH:
	case FW_PART_DNS_TYPE:
		break;
	case FW_PART_DNS_NAME:
		say_qname(d, part);
		break;
	case FW_PART_IIF:
		say_device(d, part, &d->out->iif, &d->said_iif);
		break;
	case FW_PART_OIF:
		say_device(d, part, &d->out->oif, &d->said_oif);
		break;
	case FW_PART_TUPLE:
		if (part->tuple.n_boxes != 1 || part->tuple.negate)
			complain(d, part, "not-one-value",
				 "a packet has one value here, not a set or a "
				 "negation");
		for (size_t i = 0; part->tuple.n_boxes == 1 &&
		     i < part->tuple.n_fields; i++)
			say(d, part, part->tuple.fields[i],
			    &part->tuple.boxes[i], 1);
		break;
	case FW_PART_RAW:
		complain(d, part, "not-described",
			 part->is_match ?
				 "explain knows nothing of this match: leave it "
				 "out, and rules that ask for it cannot be told" :
				 "a packet is described by matches alone");
		break;
	default:
		complain(d, part, "not-described",
			 "a packet is described by matches alone");
		break;
	}
}

/* The words as the parts of a rule. */
static int read_parts(struct fw_arena *arena, const struct fw_line *line,
		      struct fw_diags *diags, struct fw_typed_rule *rule)
{
	struct fw_facts facts = fw_facts_empty;
	struct fw_resolved resolved = { 0 };
	struct fw_typed typed = { .arena = arena, .diags = diags,
				  .facts = &facts };
	struct fw_checker checker = {
		.arena = arena, .diags = diags, .resolved = &resolved,
		.typed = &typed,
	};
	int r = copy_words(arena, line, rule);

	for (size_t i = 0; r == 0 && i < rule->n_words; i++) {
		if (rule->words[i].kind != FW_WORD_DEFINE)
			continue;
		fw_error(diags, "undefined", &rule->words[i].loc,
			 "nothing is defined in the description of a packet");
		return 0;
	}
	return r < 0 ? r : fw_check_rule(&checker, NULL, rule);
}

int fw_describe(struct fw_arena *arena, const struct fw_line *line,
		struct fw_diags *diags, struct fw_description *ret)
{
	struct describer d = { .arena = arena, .diags = diags, .out = ret };
	struct fw_typed_rule rule = { .rule = FW_NO_RULE };
	int r = read_parts(arena, line, diags, &rule);

	*ret = (struct fw_description){ 0 };
	for (size_t i = 0; r == 0 && i < rule.n_parts && !diags->n_errors; i++)
		say_part(&d, &rule.parts[i]);
	return r < 0 ? r : diags->oom ? -ENOMEM : 0;
}

/* --- flows ---------------------------------------------------------------- */
static bool is_of_tuple(enum fw_field field)
{
	static const enum fw_field fields[] = {
		FW_FIELD_L3,	  FW_FIELD_SADDR4,   FW_FIELD_DADDR4,
		FW_FIELD_SADDR6,  FW_FIELD_DADDR6,   FW_FIELD_NEXTHDR,
		FW_FIELD_L4PROTO, FW_FIELD_SPORT,    FW_FIELD_DPORT,
		FW_FIELD_PROTOCOL, FW_FIELD_NFPROTO, FW_FIELD_TH_SPORT,
		FW_FIELD_TH_DPORT,
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(fields); i++)
		if (fields[i] == field)
			return true;
	return false;
}

static bool is_of_flows(const struct fw_part *part)
{
	for (size_t i = 0; i < part->n_matches; i++)
		if (!is_of_tuple(part->matches[i].field))
			return false;
	return part->kind == FW_PART_MATCH;
}

int fw_select(struct fw_arena *arena, const struct fw_line *line,
	      struct fw_diags *diags, struct fw_selector *ret)
{
	struct describer d = { .diags = diags };
	struct fw_typed_rule rule = { .rule = FW_NO_RULE };
	int r = read_parts(arena, line, diags, &rule);
	FW_VEC(struct fw_select) matches = { 0 };

	for (size_t i = 0; r == 0 && i < rule.n_parts && !diags->n_errors; i++) {
		const struct fw_part *part = &rule.parts[i];

		if (!is_of_flows(part)) {
			complain(&d, part, "not-of-flows",
				 "flows are known by addresses, protocol and "
				 "ports");
			break;
		}
		for (size_t k = 0; k < part->n_matches; k++) {
			struct fw_select *match = fw_vec_push(arena, &matches);

			if (!match)
				return -ENOMEM;
			*match = (struct fw_select){
				part->matches[k].field,
				part->matches[k].intervals,
				part->matches[k].n_intervals,
			};
		}
	}
	ret->matches = matches.items;
	ret->n_matches = matches.n;
	return r < 0 ? r : diags->oom ? -ENOMEM : 0;
}
