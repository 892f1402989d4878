/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects that a rule names: `counter name "web"`, `ct helper set "ftp"`.
 *
 * In: the rule's words. Out: an error for each object that its table has not,
 * which the kernel would refuse. Which of them a map gives (`counter name ip
 * saddr map ...`) only its elements know. Nothing can fail.
 */
#include <string.h>

#include "compile/rule.h"
#include "util/cleanup.h"

#define NAMES_MAX 64

static const struct {
	const char *words[3];		/* what stands before the name */
	const char *kind;		/* as it is declared */
} references[] = {
	{ { "counter", "name" }, "counter" },
	{ { "quota", "name" }, "quota" },
	{ { "limit", "name" }, "limit" },
	{ { "synproxy", "name" }, "synproxy" },
	{ { "ct", "helper", "set" }, "ct helper" },
	{ { "ct", "timeout", "set" }, "ct timeout" },
	{ { "ct", "expectation", "set" }, "ct expectation" },
};

static const char *kind_named_at(const struct fw_word *words, size_t n, size_t *ret)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(references); i++) {
		size_t k = 0;

		while (k < FW_ARRAY_SIZE(references[i].words) && k < n &&
		       references[i].words[k] &&
		       fw_word_is(&words[k], references[i].words[k]))
			k++;
		if (k < n && (k == FW_ARRAY_SIZE(references[i].words) ||
			      !references[i].words[k])) {
			*ret = k;
			return references[i].kind;
		}
	}
	return NULL;
}

static void unknown_object(struct fw_rule_check *check,
			   const struct fw_res_table *table, const char *kind,
			   const struct fw_word *name)
{
	const char *names[NAMES_MAX], *near;
	struct fw_diag *diag = fw_error(check->checker->diags, "unknown-object",
					&name->loc,
					"there is no %s '%s' in table %s %s",
					kind, name->text, table->family,
					table->name);
	size_t n = 0;

	for (size_t i = 0; i < table->objects.n && n < NAMES_MAX; i++)
		if (!strcmp(table->objects.items[i]->kind, kind))
			names[n++] = table->objects.items[i]->name;
	near = fw_nearest(name->text, names, n);
	if (near)
		fw_diag_hint(check->checker->diags, diag, "did you mean '%s'?",
			     near);
	check->failed = true;
}

void fw_rule_objects(struct fw_rule_check *check)
{
	const struct fw_word *words = check->rule->words;
	size_t n = check->rule->n_words, skip;
	const struct fw_res_table *table =
		check->table ? fw_res_table(check->checker->resolved,
					    check->table->family,
					    check->table->name) : NULL;

	for (size_t i = 0; table && i < n; i++)
		if (fw_word_is(&words[i], "map"))
			return;
	for (size_t i = 0; table && i < n; i++) {
		const char *kind = kind_named_at(words + i, n - i, &skip);
		const struct fw_word *name = kind ? &words[i + skip] : NULL;

		if (name && (name->kind == FW_WORD_PLAIN ||
			     name->kind == FW_WORD_STRING) &&
		    !fw_res_object(table, kind, name->text))
			unknown_object(check, table, kind, name);
	}
}
