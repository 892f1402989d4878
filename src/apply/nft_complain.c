/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From nft's complaints back to the plan.
 *
 * In: a script and the lines that nft complains of. Out: lines switched off,
 * or an error for the admin. Nothing fails.
 */
#include "apply/nft_complain.h"

#include <stdio.h>
#include <string.h>

#include "apply/error.h"

static struct fw_nft_line *line_of(const struct fw_nft_script *script,
				   const struct fw_nft_complaint *complaint)
{
	if (complaint->line == 0 || complaint->line > script->n)
		return NULL;
	return &script->lines[complaint->line - 1];
}

static enum fw_nft_remedy remedy_for_line(const struct fw_nft_line *line)
{
	if (!line || !line->origin.element)
		return FW_NFT_REFUSED;
	if (line->origin.removal)
		return FW_NFT_RUN_AGAIN;
	return line->origin.object->reset ? FW_NFT_REFUSED : FW_NFT_DIFF_AGAIN;
}

enum fw_nft_remedy fw_nft_remedy_for(struct fw_nft_script *script,
				     const struct fw_nft_complaints *complaints)
{
	enum fw_nft_remedy worst = FW_NFT_RUN_AGAIN;

	for (size_t i = 0; i < complaints->n; i++) {
		struct fw_nft_line *line = line_of(script, &complaints->items[i]);
		enum fw_nft_remedy remedy = remedy_for_line(line);

		if (remedy == FW_NFT_RUN_AGAIN)
			line->off = true;
		else if (remedy == FW_NFT_DIFF_AGAIN)
			line->origin.object->reset = true;
		if (remedy > worst)
			worst = remedy;
	}
	return worst;
}

void fw_nft_reset_complained(const struct fw_nft_script *script,
			     const struct fw_nft_complaints *complaints)
{
	for (size_t i = 0; i < complaints->n; i++) {
		const struct fw_nft_line *line =
			line_of(script, &complaints->items[i]);

		if (line && line->origin.object)
			line->origin.object->reset = true;
	}
}

/* What of text nft points at, or nothing. */
static void put_pointed(char *out, size_t size, const char *text,
			const struct fw_nft_complaint *complaint)
{
	size_t len = strlen(text);

	*out = '\0';
	if (complaint->col >= 1 && complaint->end_col >= complaint->col &&
	    complaint->end_col <= len)
		(void)snprintf(out, size, " (at \"%.*s\")",
			       (int)(complaint->end_col - complaint->col + 1),
			       text + complaint->col - 1);
}

static void tell_of_line(const struct fw_nft_line *line,
			 const struct fw_nft_complaint *complaint,
			 struct fw_apply_error *ret)
{
	const struct fw_nft_origin *origin = &line->origin;
	const struct fw_nft_rec_table *table = origin->table;
	char pointed[160];

	put_pointed(pointed, sizeof(pointed), line->text, complaint);
	if (origin->rule)
		(void)fw_apply_fail(ret, FW_APPLY_REFUSED, 0,
				    "nft refuses \"%.400s\" in chain %s of table "
				    "%s %s: %s%s", origin->rule->text,
				    origin->chain->name, table->family,
				    table->name, complaint->text, pointed);
	else if (origin->object || origin->chain)
		(void)fw_apply_fail(ret, FW_APPLY_REFUSED, 0,
				    "nft refuses %s %s of table %s %s: %s%s",
				    origin->object ? origin->object->kind : "chain",
				    origin->object ? origin->object->name :
				    origin->chain->name, table->family,
				    table->name, complaint->text, pointed);
	else
		(void)fw_apply_fail(ret, FW_APPLY_REFUSED, 0,
				    "nft refuses \"%.400s\" for table %s %s: %s",
				    line->text + strspn(line->text, "\t "),
				    table->family, table->name, complaint->text);
	if (ret && origin->rule)
		ret->rule = origin->rule->rule;
}

void fw_nft_tell(const struct fw_nft_script *script,
		 const struct fw_nft_complaints *complaints,
		 struct fw_apply_error *ret_error)
{
	const struct fw_nft_complaint *told = &complaints->items[0];
	const struct fw_nft_line *line;

	for (size_t i = complaints->n; i-- > 0;)
		if (remedy_for_line(line_of(script, &complaints->items[i])) ==
		    FW_NFT_REFUSED)
			told = &complaints->items[i];
	line = line_of(script, told);
	if (line)
		tell_of_line(line, told, ret_error);
	else
		(void)fw_apply_fail(ret_error, FW_APPLY_REFUSED, 0,
				    "nft refuses the tables: %s", told->text);
}
