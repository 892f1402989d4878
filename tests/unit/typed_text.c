/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/typed_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/parse.h"
#include "util/buf.h"

void typed_text_open(struct typed_text *t, const char *text)
{
	static const struct fw_parse_options options;

	*t = (struct typed_text){ .arena = fw_arena_new() };
	assert_non_null(t->arena);
	fw_diags_init(&t->diags, t->arena);
	assert_int_equal(fw_parse_text(t->arena, "test.conf", text,
				       strlen(text), &options, &t->diags,
				       &t->ast), 0);
	assert_int_equal(fw_typecheck(t->arena, t->ast, &fw_facts_empty,
				      &t->diags, &t->typed), 0);
}

void typed_text_close(struct typed_text *t)
{
	fw_arena_free(t->arena);
}

void typed_text_rule(struct typed_text *t, const char *rule)
{
	typed_text_rule_in(t, "netdev", rule);
}

void typed_text_rule_in(struct typed_text *t, const char *family,
			const char *rule)
{
	char text[4096];

	(void)snprintf(text, sizeof(text),
		       "inspect web { queue 0 }\n"
		       "table %s t {\n"
		       "set four { type ipv4_addr; flags interval; elements = "
		       "{ 10.0.0.0/8, 192.0.2.1 } }\n"
		       "set late { type ipv4_addr; timeout 5m; }\n"
		       "set pairs { type ipv4_addr . inet_service; "
		       "flags interval; elements = { 10.0.0.1 . 22, "
		       "10.0.0.0/24 . 80-90 } }\n"
		       "set late2 { type ipv4_addr . inet_service; timeout 5m }\n"
		       "set devices { type ifname; elements = { \"a\", b } }\n"
		       "set marks { typeof meta mark; elements = { 1, 7 } }\n"
		       "set ports { typeof tcp dport; elements = { 22 } }\n"
		       "map verdicts { type ipv4_addr : verdict; elements = { "
		       "10.0.0.1 : accept, 10.0.0.2 comment \"x\" : jump other, "
		       "* : drop } }\n"
		       "map marked { type ipv4_addr : mark; elements = { "
		       "10.0.0.1 : 5 } }\n"
		       "counter hits { }\n"
		       "synproxy fast { mss 1400; wscale 7; comment \"x\"; }\n"
		       "chain other { }\n"
		       "chain c {\n%s\n}\n}\n", family, rule);
	typed_text_open(t, text);
}

const char *typed_text_error(const struct typed_text *t)
{
	for (size_t i = 0; i < t->diags.n; i++)
		if (t->diags.items[i].severity == FW_SEVERITY_ERROR)
			return t->diags.items[i].id;
	return "";
}

static void print_number(struct fw_buf *buf, fw_u128 value)
{
	if (value >> 64)
		fw_buf_printf(buf, "0x%llx%016llx",
			      (unsigned long long)(value >> 64),
			      (unsigned long long)value);
	else
		fw_buf_printf(buf, "%llu", (unsigned long long)value);
}

static void print_matches(struct fw_buf *buf, const struct fw_part *part)
{
	for (size_t i = 0; i < part->n_matches; i++) {
		const struct fw_match *m = &part->matches[i];

		fw_buf_printf(buf, "%s%s", i ? "; " : " ",
			      fw_field_name(m->field));
		for (size_t k = 0; k < m->n_intervals; k++) {
			fw_buf_addc(buf, ' ');
			print_number(buf, m->intervals[k].lo);
			if (m->intervals[k].lo == m->intervals[k].hi)
				continue;
			fw_buf_addc(buf, '-');
			print_number(buf, m->intervals[k].hi);
		}
	}
}

static void print_interval(struct fw_buf *buf, const struct fw_interval *v)
{
	print_number(buf, v->lo);
	if (v->lo == v->hi)
		return;
	fw_buf_addc(buf, '-');
	print_number(buf, v->hi);
}

static void print_says(struct fw_buf *buf, const struct fw_vmap_verdict *says)
{
	if (says->kind == FW_PART_VERDICT)
		fw_buf_printf(buf, " : %s", fw_verdict_name(says->verdict));
	else if (says->chain)
		fw_buf_printf(buf, " : %s %s", says->go ? "goto" : "jump",
			      says->chain);
	else
		fw_buf_add(buf, " : return");
}

/* tuple saddr4 . dport != 1 . 2, 3 . 4-5 [l4proto 6] */
static void print_tuple(struct fw_buf *buf, const struct fw_part *part)
{
	const struct fw_tuple *t = &part->tuple;

	fw_buf_add(buf, part->kind == FW_PART_VMAP ? "vmap" : "tuple");
	for (size_t i = 0; i < t->n_fields; i++)
		fw_buf_printf(buf, "%s%s", i ? " . " : " ",
			      fw_field_name(t->fields[i]));
	fw_buf_add(buf, t->negate ? " !=" : "");
	for (size_t b = 0; b < t->n_boxes; b++) {
		fw_buf_add(buf, b ? ", " : " ");
		for (size_t i = 0; i < t->n_fields; i++) {
			fw_buf_add(buf, i ? " . " : "");
			print_interval(buf, &t->boxes[b * t->n_fields + i]);
		}
		if (part->kind == FW_PART_VMAP)
			print_says(buf, &part->verdicts[b]);
	}
	fw_buf_add(buf, " [");
	print_matches(buf, part);
	fw_buf_add(buf, " ]");
}

static void print_part(struct fw_buf *buf, const struct fw_part *part)
{
	switch (part->kind) {
	case FW_PART_MATCH:
		fw_buf_add(buf, "match");
		if (part->reason)
			fw_buf_printf(buf, " (%s)", part->reason);
		print_matches(buf, part);
		break;
	case FW_PART_TUPLE:
	case FW_PART_VMAP:
		print_tuple(buf, part);
		break;
	case FW_PART_IIF:
	case FW_PART_OIF:
		fw_buf_printf(buf, "%s%s",
			      part->kind == FW_PART_IIF ? "iif" : "oif",
			      part->negate ? " !=" : "");
		for (size_t i = 0; i < part->n_names; i++)
			fw_buf_printf(buf, " %s", part->names[i]);
		break;
	case FW_PART_COUNTER:
		fw_buf_add(buf, "counter");
		break;
	case FW_PART_SYNPROXY:
		fw_buf_printf(buf, "synproxy %u", part->synproxy);
		break;
	case FW_PART_VERDICT:
		fw_buf_add(buf, fw_verdict_name(part->verdict));
		break;
	case FW_PART_JUMP:
		if (part->chain)
			fw_buf_printf(buf, "%s %s", part->go ? "goto" : "jump",
				      part->chain);
		else
			fw_buf_add(buf, "return");
		break;
	case FW_PART_INSPECT:
		fw_buf_printf(buf, "inspect %u", part->profile);
		break;
	case FW_PART_RAW:
		fw_buf_printf(buf, "raw (%s)", part->reason);
		print_matches(buf, part);
		break;
	default:
		fw_buf_printf(buf, "part %d", (int)part->kind);
		break;
	}
}

const char *typed_text_parts(const struct typed_text *t)
{
	const struct fw_typed_table *table = &t->typed->tables[0];
	struct fw_buf buf = { 0 };
	char *text;
	const char *kept;

	for (size_t c = 0; c < table->n_chains; c++) {
		const struct fw_typed_chain *chain = &table->chains[c];

		if (!chain->n_rules)
			continue;
		for (size_t i = 0; i < chain->rules[0].n_parts; i++) {
			if (i)
				fw_buf_addc(&buf, '\n');
			print_part(&buf, &chain->rules[0].parts[i]);
		}
		break;
	}
	text = fw_buf_take(&buf);
	assert_non_null(text);
	kept = fw_arena_strdup(t->arena, text);
	free(text);
	assert_non_null(kept);
	return kept;
}
