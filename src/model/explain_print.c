/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An explanation for people, and for programs.
 *
 * In: what explain found. Out: text, or one JSON object in one line, in a
 * buffer. Fails as buffers do.
 *
 * Keys of the object may be added, never changed.
 */
#include <stdio.h>
#include <string.h>

#include "model/explain.h"
#include "util/json_text.h"

static const char *const ways[] = {
	[FW_HOOK_INPUT] = "input",
	[FW_HOOK_FORWARD] = "forward",
	[FW_HOOK_OUTPUT] = "output",
};

static const char *const hooks[] = {
	[FW_HOOK_NONE] = "",
	[FW_HOOK_INGRESS] = "ingress",
	[FW_HOOK_PREROUTING] = "prerouting",
	[FW_HOOK_INPUT] = "input",
	[FW_HOOK_FORWARD] = "forward",
	[FW_HOOK_OUTPUT] = "output",
	[FW_HOOK_POSTROUTING] = "postrouting",
	[FW_HOOK_EGRESS] = "egress",
};

/* --- text ----------------------------------------------------------------- */
static void add_rule(const struct fw_plan *plan, const struct fw_explain_rule *r,
		     struct fw_buf *ret)
{
	const struct fw_plan_chain *c = &plan->chains[r->chain];

	fw_buf_printf(ret, "  %-4s ", fw_layer_name(r->layer));
	if (r->rule == FW_NO_RULE)
		fw_buf_add(ret, "management");
	else
		fw_buf_printf(ret, "%s:%u: %s", plan->rules[r->rule].file,
			      plan->rules[r->rule].line,
			      plan->rules[r->rule].text);
	if (r->chain != r->base)
		fw_buf_printf(ret, "  [%s]", c->name);
	fw_buf_printf(ret, "\n       %s%s",
		      r->certain ? "" : r->doubt ? "cannot be told: " : "maybe: ",
		      r->effect);
	if (r->counted)
		fw_buf_printf(ret, ", counted%s%s", r->counter ? " by " : "",
			      r->counter ? r->counter : "");
	if (r->doubt)
		fw_buf_printf(ret, " (%s)", r->doubt);
	fw_buf_addc(ret, '\n');
}

static void add_chain(const struct fw_plan *plan,
		      const struct fw_explain *explain, size_t nth,
		      struct fw_buf *ret)
{
	const struct fw_explain_chain *at = &explain->chains.items[nth];
	const struct fw_plan_chain *c = &plan->chains[at->chain];

	fw_buf_printf(ret, "%s %s %s, %s %d: %s\n", c->family, c->table, c->name,
		      hooks[c->hook], c->priority, at->outcome);
	for (size_t i = 0; i < explain->rules.n; i++)
		if (explain->rules.items[i].base == at->chain)
			add_rule(plan, &explain->rules.items[i], ret);
}

static void add_assumed(const struct fw_explain *explain, struct fw_buf *ret)
{
	const char *gap = "assumed: ";

	for (unsigned f = 0; f < FW_FIELD_ALL_MAX_; f++) {
		char text[64];

		if (!(explain->assumed >> f & 1))
			continue;
		fw_buf_printf(ret, "%s%s", gap,
			      fw_told_assumption(explain->told,
						 (enum fw_field)f, text));
		gap = ", ";
	}
	if (gap[0] == ',')
		fw_buf_addc(ret, '\n');
}

void fw_explain_text(const struct fw_plan *plan, const struct fw_explain *explain,
		     struct fw_buf *ret)
{
	for (size_t i = 0; i < explain->chains.n; i++)
		add_chain(plan, explain, i, ret);
	add_assumed(explain, ret);
	fw_buf_printf(ret, "%s: %s (%s), %s\n", ways[explain->way],
		      fw_explain_verdict_name(explain->verdict),
		      fw_layer_name(explain->layer), explain->reason);
	if (explain->other)
		fw_buf_printf(ret, "%s: %s (%s), %s\n",
			      ways[explain->other->way],
			      fw_explain_verdict_name(explain->other->verdict),
			      fw_layer_name(explain->other->layer),
			      explain->other->reason);
}

/* --- JSON ----------------------------------------------------------------- */
static void key(struct fw_buf *ret, const char *name, const char *text)
{
	fw_buf_printf(ret, ", \"%s\": ", name);
	fw_buf_add_json(ret, text);
}

static void json_rule(const struct fw_plan *plan, const struct fw_explain_rule *r,
		      struct fw_buf *ret)
{
	const struct fw_plan_chain *c = &plan->chains[r->chain];
	const struct fw_plan_rule *rule =
		r->rule == FW_NO_RULE ? NULL : &plan->rules[r->rule];

	fw_buf_add(ret, "{\"file\": ");
	fw_buf_add_json(ret, rule ? rule->file : NULL);
	if (rule)
		fw_buf_printf(ret, ", \"line\": %u", rule->line);
	else
		fw_buf_add(ret, ", \"line\": null");
	key(ret, "family", c->family);
	key(ret, "table", c->table);
	key(ret, "chain", c->name);
	key(ret, "layer", fw_layer_name(r->layer));
	key(ret, "effect", r->doubt ? "unknown" : r->effect);
	fw_buf_printf(ret, ", \"certain\": %s", r->certain ? "true" : "false");
	if (r->doubt) {
		key(ret, "would", r->effect);
		key(ret, "undecided", r->doubt);
	}
	fw_buf_printf(ret, ", \"counted\": %s", r->counted ? "true" : "false");
	key(ret, "counter", r->counter);
	key(ret, "text", rule ? rule->text : "management");
	fw_buf_addc(ret, '}');
}

static void json_chain(const struct fw_plan *plan,
		       const struct fw_explain_chain *at, struct fw_buf *ret)
{
	const struct fw_plan_chain *c = &plan->chains[at->chain];

	fw_buf_add(ret, "{\"family\": ");
	fw_buf_add_json(ret, c->family);
	key(ret, "table", c->table);
	key(ret, "chain", c->name);
	key(ret, "hook", hooks[c->hook]);
	fw_buf_printf(ret, ", \"priority\": %d", c->priority);
	key(ret, "outcome", at->outcome);
	fw_buf_addc(ret, '}');
}

static void json_head(const struct fw_explain *explain, struct fw_buf *ret)
{
	fw_buf_add(ret, "\"way\": ");
	fw_buf_add_json(ret, ways[explain->way]);
	key(ret, "verdict", fw_explain_verdict_name(explain->verdict));
	key(ret, "layer", fw_layer_name(explain->layer));
	key(ret, "reason", explain->reason);
}

static void json_assumed(const struct fw_explain *explain, struct fw_buf *ret)
{
	const char *gap = "";

	fw_buf_add(ret, ", \"assumed\": [");
	for (unsigned f = 0; f < FW_FIELD_ALL_MAX_; f++) {
		char text[64];

		if (!(explain->assumed >> f & 1))
			continue;
		fw_buf_add(ret, gap);
		fw_buf_add_json(ret, fw_told_assumption(explain->told,
							(enum fw_field)f, text));
		gap = ", ";
	}
	fw_buf_addc(ret, ']');
}

void fw_explain_json(const struct fw_plan *plan, const struct fw_explain *explain,
		     size_t packet, struct fw_buf *ret)
{
	if (packet > 0)
		fw_buf_printf(ret, "{\"packet\": %zu, ", packet);
	else
		fw_buf_add(ret, "{\"schema\": \"flywall/1\", ");
	json_head(explain, ret);
	fw_buf_add(ret, ", \"rules\": [");
	for (size_t i = 0; i < explain->rules.n; i++) {
		fw_buf_add(ret, i > 0 ? ", " : "");
		json_rule(plan, &explain->rules.items[i], ret);
	}
	fw_buf_add(ret, "], \"chains\": [");
	for (size_t i = 0; i < explain->chains.n; i++) {
		fw_buf_add(ret, i > 0 ? ", " : "");
		json_chain(plan, &explain->chains.items[i], ret);
	}
	fw_buf_addc(ret, ']');
	json_assumed(explain, ret);
	if (explain->other) {
		fw_buf_add(ret, ", \"other\": {");
		json_head(explain->other, ret);
		fw_buf_addc(ret, '}');
	}
	fw_buf_addc(ret, '}');
}
