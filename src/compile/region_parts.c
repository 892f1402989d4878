/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of rules: what each tests, and what it writes.
 *
 * In: a part, typed or not. Out: its tests, and whether it holds just where they
 * do; the fields that later rules may find changed. Fails only for want of
 * memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/regions.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

/* --- devices -------------------------------------------------------------- */
/* 16 bytes, as in the kernel (IFNAMSIZ): the first is the highest. */
static bool device_interval(const char *name, struct fw_interval *ret)
{
	size_t len = strlen(name);
	bool wildcard = len && name[len - 1] == '*';

	len -= wildcard;
	if (len > 15)
		return false;
	*ret = (struct fw_interval){ 0, 0 };
	for (size_t i = 0; i < 16; i++) {
		unsigned char byte = i < len ? (unsigned char)name[i] : 0;

		ret->lo = ret->lo << 8 | byte;
		ret->hi = ret->hi << 8 | (i < len ? byte : wildcard ? 0xff : 0);
	}
	return true;
}

/* An index and a name are not the same: a device may be made anew. */
static enum fw_field device_field(const struct fw_part *part)
{
	const struct fw_word *word = &part->words[0];
	bool index;

	if (fw_word_is(word, "meta"))
		word++;
	index = fw_word_is(word, "iif") || fw_word_is(word, "oif");
	if (part->kind == FW_PART_IIF)
		return (enum fw_field)(index ? FW_REGION_IIF :
					       FW_REGION_IIFNAME);
	return (enum fw_field)(index ? FW_REGION_OIF : FW_REGION_OIFNAME);
}

static int device_test(const struct fw_regions *regions,
		       const struct fw_part *part, struct fw_match *ret,
		       bool *ret_exact)
{
	struct fw_interval *names = fw_arena_array(regions->arena,
						   part->n_names,
						   sizeof(*names));
	size_t n = 0;

	if (!names)
		return -ENOMEM;
	*ret_exact = part->n_names > 0;
	for (size_t i = 0; i < part->n_names; i++)
		if (device_interval(part->names[i], &names[n]))
			n++;
		else
			*ret_exact = false;
	*ret = (struct fw_match){ .field = device_field(part),
				  .intervals = names };
	ret->n_intervals = fw_intervals_merge(names, n);
	if (!part->negate || !*ret_exact)
		return 0;
	ret->intervals = fw_intervals_complement(regions->arena, names,
						 ret->n_intervals,
						 ~(fw_u128)0,
						 &ret->n_intervals);
	return ret->intervals ? 0 : -ENOMEM;
}

/* --- named sets ----------------------------------------------------------- */
static const struct fw_typed_set *set_of(const struct fw_regions *regions,
					 const char *name)
{
	const struct fw_res_set *set = fw_res_set(regions->source, name);

	if (set)
		return &regions->typed->sets[set->index];
	for (size_t i = 0; i < regions->typed->n_sets; i++)
		if (!regions->typed->sets[i].table &&
		    !strcmp(regions->typed->sets[i].name, name))
			return &regions->typed->sets[i];
	return NULL;
}

bool fw_region_names_set(const struct fw_part *part)
{
	return part->n_words &&
	       part->words[part->n_words - 1].kind == FW_WORD_SET;
}

static bool is_negated(const struct fw_part *part)
{
	static const char *const words[] = { "!=", "ne", "!", "not" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(words); i++)
		if (part->n_words > 1 &&
		    !strcmp(part->words[part->n_words - 2].text, words[i]))
			return true;
	return false;
}

/* In place of what the set holds now: whether the value is in it. False where
 * looking it up does more than that. */
static bool member_test(const struct fw_regions *regions,
			const struct fw_part *part, enum fw_field field,
			struct fw_match *ret)
{
	static const struct fw_interval values[] = { { 0, 0 }, { 1, 1 } };
	const struct fw_typed_set *set =
		set_of(regions, part->words[part->n_words - 1].text);

	/* An element may run out, or have a limit of its own. */
	if (!set || (!set->constant && (!set->live || set->dynamic)))
		return false;
	ret->field = (enum fw_field)(
		FW_REGION_SETS +
		(unsigned)(set - regions->typed->sets) * FW_REGION_SETS +
		(unsigned)field);
	ret->intervals = &values[!is_negated(part)];
	ret->n_intervals = 1;
	return true;
}

/* --- parts ---------------------------------------------------------------- */
static bool has_field(const struct fw_tuple *tuple, enum fw_field field)
{
	for (size_t i = 0; i < tuple->n_fields; i++)
		if (tuple->fields[i] == field)
			return true;
	return false;
}

int fw_region_part(const struct fw_regions *regions, const struct fw_part *part,
		   struct fw_match *ret, size_t *ret_n, bool *ret_exact)
{
	bool device = part->kind == FW_PART_IIF || part->kind == FW_PART_OIF;
	size_t n = 0;
	int r = 0;

	*ret_exact = part->kind == FW_PART_MATCH;
	for (size_t i = 0; i < part->n_matches; i++)
		if (!fw_region_names_set(part) ||
		    !has_field(&part->tuple, part->matches[i].field))
			ret[n++] = part->matches[i];
	if (device && fw_region_names_set(part)) {
		*ret_exact = member_test(regions, part, device_field(part),
					 &ret[n]);
		n += *ret_exact;
	} else if (device) {
		r = device_test(regions, part, &ret[n], ret_exact);
		n += *ret_exact;
	} else if (part->kind == FW_PART_MATCH && n && fw_region_names_set(part)) {
		n--;
		*ret_exact = member_test(regions, part, ret[n].field, &ret[n]);
		n += *ret_exact;
	} else if (part->live) {
		*ret_exact = member_test(regions, part, part->field, &ret[n]);
		n += *ret_exact;
	}
	*ret_n = n;
	return r;
}

bool fw_region_only_looks(const struct fw_part *part)
{
	static const char *const acting[] = { "set", "vmap", "count", "numgen",
					      "limit", "quota" };

	switch (part->kind) {
	case FW_PART_MATCH:
	case FW_PART_TUPLE:
	case FW_PART_IIF:
	case FW_PART_OIF:
	case FW_PART_DNS_NAME:
	case FW_PART_DNS_TYPE:
		return true;
	case FW_PART_RAW:
		break;
	default:
		return false;
	}
	for (size_t i = 0; part->is_match && i < part->n_words; i++)
		for (size_t k = 0; k < FW_ARRAY_SIZE(acting); k++)
			if (fw_word_is(&part->words[i], acting[k]))
				return false;
	return part->is_match;
}

/* --- what is written ------------------------------------------------------ */
/* Fields that share a bit are held for changed together: silence, no fault. */
#define BIT(field) (1ull << ((field) % 64))
#define ALL UINT64_MAX

uint64_t fw_region_reads(const struct fw_match *test)
{
	unsigned field = test->field;

	return BIT(field < FW_REGION_SETS ? field : field % FW_REGION_SETS);
}

/* `… set …`: what stands before it, and the fields that it changes. */
static const struct {
	const char *words[2];
	uint64_t fields;
} writes[] = {
	{ { "meta", "mark" }, BIT(FW_FIELD_MARK) },
	{ { "ct", "mark" }, BIT(FW_FIELD_CT_MARK) },
	{ { "meta", "priority" }, 0 },
	{ { "meta", "nftrace" }, 0 },
	{ { "meta", "secmark" }, 0 },
	{ { "ct", "secmark" }, 0 },
	{ { "ct", "helper" }, 0 },
	{ { "ct", "timeout" }, 0 },
	{ { "ct", "expectation" }, 0 },
	{ { "ct", "event" }, 0 },
	{ { "ct", "label" }, 0 },
};

static uint64_t raw_writes(const struct fw_part *part)
{
	static const char *const harmless[] = {
		"log",	  "counter", "limit",	   "quota",    "reject",
		"queue",  "dup",     "masquerade", "redirect", "snat",
		"dnat",	  "flow",    "last",
	};
	const struct fw_word *words = part->words;

	if (fw_region_only_looks(part))
		return 0;
	for (size_t i = 0; !part->is_match && i < FW_ARRAY_SIZE(harmless); i++)
		if (fw_word_is(&words[0], harmless[i]))
			return 0;
	for (size_t i = 0; part->n_words > 3 && i < FW_ARRAY_SIZE(writes); i++)
		if (fw_word_is(&words[0], writes[i].words[0]) &&
		    fw_word_is(&words[1], writes[i].words[1]) &&
		    fw_word_is(&words[2], "set"))
			return writes[i].fields;
	return ALL;
}

static uint64_t chain_writes(const struct fw_regions *regions,
			     const char *name)
{
	const struct fw_res_chain *chain = fw_res_chain(regions->source, name);

	return chain && regions->known[chain->index] ?
		       regions->writes[chain->index] : ALL;
}

uint64_t fw_region_part_writes(const struct fw_regions *regions,
			       const struct fw_part *part)
{
	uint64_t fields = 0;

	if (part->kind == FW_PART_RAW)
		return raw_writes(part);
	if (part->kind == FW_PART_QOS)
		return ALL;	/* a class may write DSCP, and what not */
	if (part->kind == FW_PART_JUMP && part->chain)
		return chain_writes(regions, part->chain);
	for (size_t i = 0; part->kind == FW_PART_VMAP &&
	     i < part->tuple.n_boxes; i++)
		if (part->verdicts[i].kind == FW_PART_JUMP &&
		    part->verdicts[i].chain)
			fields |= chain_writes(regions,
					       part->verdicts[i].chain);
	return fields;
}

uint64_t fw_region_writes(const struct fw_regions *regions,
			  const struct fw_typed_rule *rule)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < rule->n_parts; i++)
		fields |= fw_region_part_writes(regions, &rule->parts[i]);
	return fields;
}
