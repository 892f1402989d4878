/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other people's tables.
 *
 * In: a configuration, and what `nft list ruleset` says here, which is a
 * configuration itself. Out: warnings at lines of that listing. Nothing fails:
 * what cannot be listed is not spoken of.
 *
 * It is read as words: a chain that names `drop` anywhere may drop. That is
 * more than is so, and the admin decides.
 */
#include "offline/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "compile/located.h"
#include "compile/typed.h"
#include "grammar/parse.h"
#include "nft/child.h"
#include "offline/load.h"
#include "util/cleanup.h"

static bool is_plain(const struct fw_word *word, const char *text)
{
	return word->kind == FW_WORD_PLAIN && !strcmp(word->text, text);
}

static bool is_ours(const struct fw_plan *plan, const struct fw_item *table)
{
	const char *family = table->family ? table->family : "ip";

	for (size_t i = 0; i < plan->n_tables; i++)
		if (!strcmp(plan->tables[i].family, family) &&
		    !strcmp(plan->tables[i].name, table->name))
			return true;
	return false;
}

/* --- drops ---------------------------------------------------------------- */
/* In verdict maps, too. */
static const struct fw_word *find_drop(const struct fw_word *words, size_t n)
{
	const struct fw_word *found = NULL;

	for (size_t i = 0; !found && i < n; i++) {
		if (is_plain(&words[i], "drop") || is_plain(&words[i], "reject"))
			found = &words[i];
		else if (words[i].kind == FW_WORD_BRACE)
			found = find_drop(words[i].words, words[i].n_words);
	}
	return found;
}

/* --- marks ---------------------------------------------------------------- */
/* `mark & MASK | VALUE`, either or both, that leave Flywall's bits alone. */
static bool keeps_bits(const struct fw_word *words, size_t n, uint32_t bits)
{
	size_t i = 0;
	bool keeps = true;

	if (i < n && (is_plain(&words[i], "meta") || is_plain(&words[i], "ct")))
		i++;
	if (i + 2 >= n || !is_plain(&words[i], "mark"))
		return false;
	for (i++; i + 1 < n && words[i].kind == FW_WORD_MARK; i += 2) {
		unsigned long value = strtoul(words[i + 1].text, NULL, 0);

		if (!strcmp(words[i].text, "&"))
			keeps = keeps && !(~value & bits);
		else
			keeps = keeps && !strcmp(words[i].text, "|") &&
				!(value & bits);
	}
	return keeps;
}

static const struct fw_word *find_mark(const struct fw_word *words, size_t n,
				       uint32_t bits)
{
	for (size_t i = 0; i + 2 < n; i++)
		if (is_plain(&words[i], "mark") && is_plain(&words[i + 1], "set") &&
		    !keeps_bits(&words[i + 2], n - i - 2, bits))
			return &words[i];
	return NULL;
}

/* --- chains --------------------------------------------------------------- */
struct foreign {
	struct fw_load *load;
	const struct fw_item *table;
	bool manages;		/* the configuration has management */
};

/* One warning of each kind is enough for a chain. */
static void look_at_chain(const struct foreign *f, const struct fw_item *chain)
{
	const struct fw_word *drop = NULL, *mark = NULL;
	const char *family = f->table->family ? f->table->family : "ip";

	for (size_t i = 0; i < chain->n_items; i++) {
		const struct fw_line *line = &chain->items[i].line;

		if (!drop)
			drop = find_drop(line->words, line->n_words);
		if (!mark)
			mark = find_mark(line->words, line->n_words,
					 f->load->plan->options.marks);
	}
	if (drop && f->manages)
		fw_warning(&f->load->diags, "foreign-table", &drop->loc,
			   "chain %s of table %s %s is not Flywall's and may drop "
			   "management", chain->name, family, f->table->name);
	if (mark)
		fw_warning(&f->load->diags, "foreign-table", &mark->loc,
			   "chain %s of table %s %s is not Flywall's and writes "
			   "bits of marks that are", chain->name, family,
			   f->table->name);
}

static bool has_hook(const struct fw_item *table)
{
	for (size_t i = 0; i < table->n_items; i++)
		for (size_t k = 0; table->items[i].kind == FW_ITEM_CHAIN &&
		     k < table->items[i].n_items; k++) {
			const struct fw_line *line =
				&table->items[i].items[k].line;

			if (line->n_words > 2 && is_plain(&line->words[2], "hook"))
				return true;
		}
	return false;
}

static const struct fw_ast *list(struct fw_arena *arena)
{
	const struct fw_nft_job job = { .script = "list ruleset" };
	struct fw_parse_options none = { 0 };
	struct fw_nft_complaints complaints;
	struct fw_diags ignored;
	struct fw_ast *ast;
	const char *text;

	fw_diags_init(&ignored, arena);
	if (fw_nft_child_do(arena, &job, &complaints, &text) ||
	    fw_parse_text(arena, "nft list ruleset", text, strlen(text), &none,
			  &ignored, &ast))
		return NULL;
	return ast;
}

void fw_foreign(struct fw_load *load)
{
	const struct fw_ast *ast = list(load->arena);
	struct foreign f = {
		.load = load,
		.manages = load->located->typed->n_management > 0,
	};

	for (size_t i = 0; ast && i < ast->n_items; i++) {
		f.table = &ast->items[i];
		if (f.table->kind != FW_ITEM_TABLE ||
		    is_ours(load->plan, f.table) || !has_hook(f.table))
			continue;
		for (size_t k = 0; k < f.table->n_items; k++)
			if (f.table->items[k].kind == FW_ITEM_CHAIN)
				look_at_chain(&f, &f.table->items[k]);
	}
}
