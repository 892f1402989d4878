/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nft ruleset of a plan as one text.
 *
 * In: a plan. Out: text that `nft -f` takes (with the two defines in front that
 * plan.h names). A buffer that failed says that memory ran out.
 */
#include <string.h>

#include "plan/print.h"

/* Each line of text, indented; text may end without a newline. */
static void add_lines(struct fw_buf *buf, const char *indent, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		if (len > 0) {
			fw_buf_add(buf, indent);
			fw_buf_addn(buf, text, len);
			fw_buf_addc(buf, '\n');
		}
		text += len + (text[len] == '\n');
	}
}

/* A terse text still shows short sets. */
#define TERSE_ELEMENTS 8

static void add_elements(struct fw_buf *buf, const struct fw_nft_object *o,
			 bool terse)
{
	if (!o->n_elements)
		return;
	if (terse && o->n_elements > TERSE_ELEMENTS) {
		fw_buf_printf(buf, "\t\t# %zu elements\n", o->n_elements);
		return;
	}
	fw_buf_add(buf, "\t\telements = { ");
	for (size_t i = 0; i < o->n_elements; i++) {
		if (i > 0)
			fw_buf_add(buf, ",\n\t\t\t     ");
		fw_buf_add(buf, o->elements[i]);
	}
	fw_buf_add(buf, " }\n");
}

static void add_object(struct fw_buf *buf, const struct fw_nft_object *o,
		       bool terse)
{
	fw_buf_printf(buf, "\t%s %s {\n", o->kind, o->name);
	add_lines(buf, "\t\t", o->body);
	add_elements(buf, o, terse);
	fw_buf_add(buf, "\t}\n");
}

/* What apply puts into a queue chain, as a comment: the kernel may have to be
 * asked for it in other words than nft's. */
static void add_queue(struct fw_buf *buf, const struct fw_nft_chain *c)
{
	fw_buf_printf(buf, "\t\t# queue num %u", c->queue_first);
	if (c->queue_last > c->queue_first)
		fw_buf_printf(buf, "-%u", c->queue_last);
	fw_buf_add(buf, c->bypass ? " bypass\n" : "\n");
}

static void add_chain(struct fw_buf *buf, const struct fw_nft_chain *c)
{
	fw_buf_printf(buf, "\tchain %s {\n", c->name);
	if (c->comment)
		fw_buf_printf(buf, "\t\tcomment \"%s\"\n", c->comment);
	add_lines(buf, "\t\t", c->base);
	if (c->queue)
		add_queue(buf, c);
	for (size_t i = 0; i < c->n_rules; i++)
		fw_buf_printf(buf, "\t\t%s\n", c->rules[i].text);
	fw_buf_add(buf, "\t}\n");
}

static void add_table(struct fw_buf *buf, const struct fw_nft_table *t, bool terse)
{
	fw_buf_printf(buf, "table %s %s {\n", t->family, t->name);
	add_lines(buf, "\t", t->body);
	for (size_t i = 0; i < t->n_objects; i++)
		add_object(buf, &t->objects[i], terse);
	for (size_t i = 0; i < t->n_chains; i++)
		add_chain(buf, &t->chains[i]);
	fw_buf_add(buf, "}\n");
}

void fw_plan_nft_text(const struct fw_plan *plan, bool terse,
		      struct fw_buf *ret)
{
	for (size_t i = 0; i < plan->n_tables; i++)
		add_table(ret, &plan->tables[i], terse);
}

void fw_plan_print_nft(const struct fw_plan *plan, FILE *out)
{
	struct fw_buf buf = { 0 };

	fw_plan_nft_text(plan, false, &buf);
	if (buf.text && !buf.failed)
		fwrite(buf.text, 1, buf.len, out);
	fw_buf_done(&buf);
}
