/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form that a rule with statements of Flywall's own has in nft.
 *
 * In: a typed rule. Out: its words as nft can take them, or none where the rule
 * as a whole is nothing for nft. Fails only for want of memory.
 *
 *	inspect NAME		jump to the profile's chain
 *	learn			a bit of the connection's mark, for conntrack to tell of
 *	qos class NAME		the priority that tells of the class (abi_qos.h)
 *	audit VERDICT		a counter, unless it has one, and a log: the verdict
 *				is not carried out
 *	block for TIME		jump to the table's chain for that time
 *	dns …			the whole rule stays out: without its match it
 *				would hit packets that are not meant
 *	synproxy at ingress	TCP is accepted, with the number in the mark
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "compile/vocabulary.h"

typedef FW_VEC(struct fw_word) word_vec;

bool fw_form_is_nfts(const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		if (part->kind == FW_PART_DNS_NAME ||
		    part->kind == FW_PART_DNS_TYPE ||
		    part->kind == FW_PART_DNS_REPLY)
			return false;
	}
	return true;
}

/* At ingress the programs have the options, and nft's rules the mark. */
bool fw_object_is_nfts(const char *family, const char *kind)
{
	return strcmp(family, "netdev") != 0 || strcmp(kind, "synproxy") != 0;
}

/* A word of our own in the place of one of the user's. */
static int put(struct fw_arena *arena, word_vec *out, const char *text,
	       const struct fw_loc *loc)
{
	struct fw_word *word = text ? fw_vec_push(arena, out) : NULL;

	if (!word)
		return -ENOMEM;
	*word = (struct fw_word){ .kind = FW_WORD_PLAIN, .text = text,
				  .loc = *loc, .space = true };
	return 0;
}

static int keep(struct fw_arena *arena, word_vec *out,
		const struct fw_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct fw_word *word = fw_vec_push(arena, out);

		if (!word)
			return -ENOMEM;
		*word = words[i];
	}
	return 0;
}

/* The number goes on in the mark, to nft's synproxy behind (gate.c). */
static char *synproxy_words(const struct fw_typed *typed,
			    struct fw_arena *arena, const struct fw_part *part)
{
	unsigned shift = typed->options.mark_shift;
	unsigned number = part->synproxy;

	if (typed->options.syn_cookies == FW_SYN_COOKIES_OFF)
		return fw_arena_strdup(arena, "meta l4proto 6 accept");
	return fw_arena_printf(arena, "meta l4proto 6 meta mark set meta mark & "
			       "0x%08x | 0x%08x accept",
			       ~((uint32_t)FW_MARK_SYNPROXY << shift),
			       number << FW_MARK_SYNPROXY_SHIFT << shift);
}

static char *class_words(const struct fw_typed *typed, struct fw_arena *arena,
			 const struct fw_part *part)
{
	uint32_t number = typed->qos[part->class].number;

	return fw_arena_printf(arena, "meta priority set 0x%08x",
			       FW_QOS_CARRIER | number << FW_QOS_NUMBER_SHIFT);
}

static bool counts(const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < rule->n_parts; i++)
		if (rule->parts[i].kind == FW_PART_COUNTER)
			return true;
	return false;
}

static char *audit_words(struct fw_arena *arena,
			 const struct fw_typed_rule *rule)
{
	return fw_arena_printf(arena, "%slog prefix \"%s \"",
			       counts(rule) ? "" : "counter ",
			       fw_rule_audit(rule));
}

static int put_part(struct fw_typed *typed, struct fw_arena *arena,
		    const struct fw_typed_rule *rule,
		    const struct fw_part *part, word_vec *out)
{
	const struct fw_loc *loc = &part->words[0].loc;
	int r;

	switch (part->kind) {
	case FW_PART_MUTED:
		return 0;
	case FW_PART_LEARN:
		return put(arena, out, fw_gate_learn_words(typed, arena), loc);
	case FW_PART_QOS:
		return put(arena, out, class_words(typed, arena, part), loc);
	case FW_PART_AUDIT:
		return put(arena, out, audit_words(arena, rule), loc);
	case FW_PART_BLOCK:
		r = put(arena, out, "jump", loc);
		return r ? r : put(arena, out, fw_blocked_name(arena, part->ms),
				   loc);
	case FW_PART_SYNPROXY:
		return put(arena, out, synproxy_words(typed, arena, part), loc);
	case FW_PART_INSPECT:
		r = put(arena, out, "jump", loc);
		return r ? r : put(arena, out, fw_gate_inspect_name(
			arena, typed->profiles[part->profile].name), loc);
	default:
		return keep(arena, out, part->words, part->n_words);
	}
}

static bool is_own(const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < rule->n_parts; i++)
		if (rule->parts[i].kind == FW_PART_INSPECT ||
		    (rule->parts[i].kind >= FW_PART_LEARN &&
		     rule->parts[i].kind < FW_PART_RAW))
			return true;
	return false;
}

int fw_form(struct fw_typed *typed, struct fw_arena *arena,
	    const struct fw_typed_rule *rule, const struct fw_word **ret_words,
	    size_t *ret_n)
{
	const struct fw_word *rest = rule->words;
	word_vec out = { 0 };
	int r = 0;

	*ret_words = rule->words;
	*ret_n = rule->n_words;
	if (!is_own(rule))
		return 0;
	for (size_t i = 0; r == 0 && i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		r = put_part(typed, arena, rule, part, &out);
		rest = part->words + part->n_words;
	}
	/* nft takes no rule without a statement. */
	if (r == 0 && out.n == 0)
		r = put(arena, &out, "continue", &rule->words[0].loc);
	/* What is no part: a comment. */
	if (r == 0)
		r = keep(arena, &out, rest, rule->n_words -
			 (size_t)(rest - rule->words));
	*ret_words = out.items;
	*ret_n = out.n;
	return r;
}
