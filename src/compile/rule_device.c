/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices by name: iif, iifname, oif, oifname.
 *
 * In: the words behind them: a name, or a list of names, a last `*` being a
 * wildcard. Out: an IIF or OIF part; a RAW one where there is more to it (a
 * map, an index, a set whose names are not known here). Fails only for want of
 * memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/rule.h"

typedef FW_VEC(const char *) name_vec;

/* A device by its name, or names that begin so (`eth*`); another wildcard or
 * an index is nft's affair. */
static bool is_device(const struct fw_word *word)
{
	size_t len = strlen(word->text);

	return (word->kind == FW_WORD_STRING || word->kind == FW_WORD_PLAIN) &&
	       len > 0 && strcspn(word->text, "*\\") >= len - 1 &&
	       word->text[len - 1] != '\\' && strcmp(word->text, "*") &&
	       strspn(word->text, "0123456789") != len;
}

/* The names of a set, where they are known here. */
static bool set_names(struct fw_rule_check *check, const struct fw_word *word,
		      name_vec *ret)
{
	const struct fw_typed_set *set = fw_check_set_name(
		check->checker, check->table, word);

	check->failed = check->failed || !set;
	if (set && (set->map || set->n_types > 1 ||
		    (set->n_types == 1 && set->types[0] != FW_VALUE_IFNAME &&
		     set->types[0] != FW_VALUE_IFINDEX))) {
		(void)fw_check_set_mismatch(check->checker, set, word,
					    fw_value_name(FW_VALUE_IFNAME));
		check->failed = true;
		return false;
	}
	if (!set || !set->constant || set->map || !set->n_names)
		return false;
	for (size_t i = 0; i < set->n_names; i++) {
		const struct fw_word name = { .kind = FW_WORD_STRING,
					      .text = set->names[i] };
		const char **slot = fw_vec_push(check->checker->arena, ret);

		if (!slot)
			check->checker->diags->oom = true;
		if (!slot || !is_device(&name))
			return false;
		*slot = set->names[i];
	}
	return true;
}

/* False where nft must judge. */
static bool read_names(struct fw_rule_check *check, const struct fw_word *word,
		       name_vec *ret)
{
	const struct fw_word *words = word;
	size_t n = 1;

	if (word->kind == FW_WORD_SET)
		return set_names(check, word, ret);
	if (word->kind == FW_WORD_BRACE) {
		words = word->words;
		n = word->n_words;
	}
	for (size_t i = 0; i < n; i += 2) {
		const char **slot;

		if (!is_device(&words[i]) ||
		    (i + 1 < n && !fw_mark_is(&words[i + 1], ",")))
			return false;
		slot = fw_vec_push(check->checker->arena, ret);
		if (!slot) {
			check->checker->diags->oom = true;
			return false;
		}
		*slot = words[i].text;
	}
	return ret->n > 0;
}

int fw_rule_device(struct fw_rule_check *check, bool out, size_t ahead)
{
	enum fw_relation relation;
	size_t start = ahead + fw_rule_relation(fw_rule_at(check, ahead),
						&relation);
	const struct fw_word *word = fw_rule_at(check, start);
	name_vec names = { 0 };
	struct fw_part *part;

	if (start == ahead && word &&
	    (fw_mark_is(word, ".") || fw_word_is(word, "vmap")))
		return fw_rule_tuple(check);
	if (!word || relation > FW_RELATION_NE ||
	    fw_rule_goes_on(fw_rule_at(check, start + 1)) ||
	    !read_names(check, word, &names))
		return check->failed ? 0 : fw_rule_raw(check);
	part = fw_rule_push(check, out ? FW_PART_OIF : FW_PART_IIF, start + 1);
	if (!part)
		return -ENOMEM;
	part->names = names.items;
	part->n_names = names.n;
	part->negate = relation == FW_RELATION_NE;
	if (out)
		part->reason = part->words[ahead - 1].text;
	return 0;
}
