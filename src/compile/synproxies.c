/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `synproxy` in ingress chains, where nft has none.
 *
 * In: the parts that nobody has read, of chains whose place is known, and the
 * objects that they name. Out: parts of their own, with options; different options
 * have a number, which programs and marks know them by. A number that nft would
 * refuse, or an option too many, is a diagnostic. Objects of netdev tables are
 * looked at here alone, as nft has none there.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/values.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

#define MSS_MAX 65535
#define WSCALE_MAX 14		/* RFC 7323 section 2.3 */

static const struct {
	const char *word;
	uint8_t offer;
	uint64_t max;		/* of the number behind it; 0: none */
} options[] = {
	{ "mss", FW_SYN_MSS, MSS_MAX },
	{ "wscale", FW_SYN_WSCALE, WSCALE_MAX },
	{ "timestamp", FW_SYN_TIMESTAMP, 0 },
	{ "sack-perm", FW_SYN_SACK, 0 },
};

static void keep(struct fw_synproxy *synproxy, uint8_t offer, uint64_t value)
{
	synproxy->offers |= offer;
	if (offer == FW_SYN_MSS)
		synproxy->mss = (uint16_t)value;
	else if (offer == FW_SYN_WSCALE)
		synproxy->wscale = (uint8_t)value;
}

/* The words are those of a statement, or of an object's line. The number of words
 * that were read, 0 where there is an error. */
static size_t read_option(struct fw_checker *checker,
			  const struct fw_word *words, size_t n,
			  struct fw_synproxy *ret)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(options); i++) {
		uint64_t value = 0;

		if (!fw_word_is(&words[0], options[i].word))
			continue;
		if (options[i].max &&
		    (n < 2 || !fw_number(words[1].text, &value) ||
		     value > options[i].max)) {
			fw_error(checker->diags, "value",
				 &words[n < 2 ? 0 : 1].loc,
				 "'%s' takes a number up to %llu",
				 options[i].word,
				 (unsigned long long)options[i].max);
			return 0;
		}
		keep(ret, options[i].offer, value);
		return options[i].max ? 2 : 1;
	}
	fw_error(checker->diags, "unknown-word", &words[0].loc,
		 "'%s' is no option of synproxy", words[0].text);
	return 0;
}

/* Equal options have one number. */
static int number(struct fw_checker *checker, const struct fw_synproxy *from,
		  const struct fw_loc *loc, uint8_t *ret)
{
	struct fw_typed *typed = checker->typed;
	uint8_t i = 1;

	while (i <= typed->n_synproxies &&
	       memcmp(&typed->synproxies[i], from, sizeof(*from)) != 0)
		i++;
	if (i == FW_SYNPROXIES) {
		fw_error(checker->diags, "too-many", loc,
			 "synproxy has more than %d different sets of options",
			 FW_SYNPROXIES - 1);
		return 0;
	}
	if (i > typed->n_synproxies)
		typed->synproxies[++typed->n_synproxies] = *from;
	*ret = i;
	return 0;
}

/* TCP segments whose header is there: nft's statement lets others go on. */
static int match_segments(struct fw_checker *checker, struct fw_part *part)
{
	static const struct fw_interval any = { 0, 255 };
	static const struct fw_interval tcp = { IPPROTO_TCP, IPPROTO_TCP };

	part->matches = fw_arena_array(checker->arena, 2,
				       sizeof(*part->matches));
	if (!part->matches)
		return -ENOMEM;
	part->matches[0] = (struct fw_match){ FW_FIELD_L4PROTO, &tcp, 1 };
	part->matches[1] = (struct fw_match){ FW_FIELD_TCP_FLAGS, &any, 1 };
	part->n_matches = 2;
	return 0;
}

static bool is_ingress_synproxy(const struct fw_typed_chain *chain,
				const struct fw_part *part)
{
	return part->kind == FW_PART_RAW && !part->is_match &&
	       part->n_words > 0 && fw_word_is(&part->words[0], "synproxy") &&
	       (chain->hook == FW_HOOK_INGRESS ||
		strcmp(chain->table->family, "netdev") == 0);
}

static bool read_options(struct fw_checker *checker, const struct fw_word *words,
			 size_t n, struct fw_synproxy *ret)
{
	size_t i = 0, taken = 1;

	while (taken && i < n) {
		taken = read_option(checker, &words[i], n - i, ret);
		i += taken;
	}
	return taken;
}

/* --- objects -------------------------------------------------------------- */
/* What nft would refuse of one is said once, however many rules name it. */
static void read_object(struct fw_checker *checker,
			const struct fw_res_object *object,
			struct fw_synproxy *ret)
{
	for (size_t i = 0; i < object->lines.n; i++) {
		const struct fw_line *line = &object->lines.items[i];

		if (line->n_words && !fw_word_is(&line->words[0], "comment"))
			(void)read_options(checker, line->words,
					   line->n_words, ret);
	}
}

/* By their place in the table; those of other kinds hold nothing. */
static struct fw_synproxy *read_objects(struct fw_checker *checker,
					const struct fw_res_table *source)
{
	struct fw_synproxy *objects = fw_arena_array(
		checker->arena, source->objects.n, sizeof(*objects));

	for (size_t i = 0; objects && i < source->objects.n; i++)
		if (!strcmp(source->objects.items[i]->kind, "synproxy"))
			read_object(checker, source->objects.items[i],
				    &objects[i]);
	return objects;
}

/* --- rules ---------------------------------------------------------------- */
/* A table's ingress rules, and the objects that they may name. */
struct reading {
	struct fw_checker *checker;
	const struct fw_res_table *source;
	const struct fw_synproxy *objects;	/* as source has them */
};

/* False where there is none: whoever looked for it has said so. */
static bool find_object(const struct reading *r, const char *name,
			struct fw_synproxy *ret)
{
	for (size_t i = 0; i < r->source->objects.n; i++) {
		const struct fw_res_object *object = r->source->objects.items[i];

		if (strcmp(object->kind, "synproxy") != 0 ||
		    strcmp(object->name, name) != 0)
			continue;
		*ret = r->objects[i];
		return true;
	}
	return false;
}

static bool is_named(const struct fw_part *part)
{
	return part->n_words > 1 && fw_word_is(&part->words[1], "name");
}

/* The options that stand in the rule, or those of the object that it names. */
static bool read_what(const struct reading *r, const struct fw_part *part,
		      struct fw_synproxy *ret)
{
	if (is_named(part))
		return part->n_words > 2 &&
		       find_object(r, part->words[2].text, ret);
	return read_options(r->checker, &part->words[1], part->n_words - 1, ret);
}

static int read_part(const struct reading *r, struct fw_part *part, bool last)
{
	struct fw_checker *checker = r->checker;
	struct fw_synproxy synproxy = { 0 };

	if (is_named(part) && part->n_words > 3)
		return fw_pending_note(checker, "rule", "synproxy", "map",
				       &part->words[0].loc);
	if (!read_what(r, part, &synproxy))
		return 0;
	if (!last)
		fw_error(checker->diags, "after-verdict", &part->words[0].loc,
			 "'synproxy' decides; nothing may follow it");
	part->kind = FW_PART_SYNPROXY;
	part->reason = NULL;
	if (number(checker, &synproxy, &part->words[0].loc, &part->synproxy))
		return -ENOMEM;
	return match_segments(checker, part);
}

static int read_rule(const struct reading *r,
		     const struct fw_typed_chain *chain,
		     const struct fw_typed_rule *rule)
{
	int e = 0;

	for (size_t i = 0; !e && i < rule->n_parts; i++)
		if (is_ingress_synproxy(chain, &rule->parts[i]))
			e = read_part(r, &rule->parts[i],
				      i + 1 == rule->n_parts);
	return e;
}

static bool is_netdev(const struct fw_typed_table *table)
{
	return !strcmp(table->family, "netdev");
}

static bool has_ingress(const struct fw_typed_table *table)
{
	for (size_t c = 0; c < table->n_chains; c++)
		if (table->chains[c].hook == FW_HOOK_INGRESS)
			return true;
	return is_netdev(table);
}

int fw_check_synproxies(struct fw_checker *checker,
			const struct fw_typed_table *table)
{
	struct reading reading = {
		.checker = checker,
		.source = checker->resolved->tables.items[
			table - checker->typed->tables],
	};
	int r = 0;

	if (!has_ingress(table))
		return 0;
	reading.objects = read_objects(checker, reading.source);
	if (!reading.objects)
		return -ENOMEM;
	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t i = 0; !r && i < table->chains[c].n_rules; i++)
			r = read_rule(&reading, &table->chains[c],
				      &table->chains[c].rules[i]);
	return r;
}
