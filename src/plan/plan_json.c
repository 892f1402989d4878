/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan as one JSON document, for programs.
 *
 * In: a plan. Out: the document on a stream, keys in a fixed order. Fails with
 * -ENOMEM, or -EIO where the stream did not take it.
 *
 * Keys may be added, never changed.
 */
#include <errno.h>

#include "plan/json.h"
#include "plan/print.h"
#include "util/cleanup.h"

int fw_plan_json_append(json_t *array, json_t *value)
{
	return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

int fw_plan_json_set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

/* Length of the UTF-8 character at text (RFC 3629), 0 where there is none. */
static size_t utf8_len(const char *text)
{
	const unsigned char *t = (const unsigned char *)text;
	size_t n = t[0] < 0x80 ? 1 : t[0] >= 0xc2 && t[0] < 0xe0 ? 2 :
		   t[0] >= 0xe0 && t[0] < 0xf0 ? 3 :
		   t[0] >= 0xf0 && t[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((t[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong, surrogates, beyond U+10FFFF. */
	if ((t[0] == 0xe0 && t[1] < 0xa0) || (t[0] == 0xed && t[1] > 0x9f) ||
	    (t[0] == 0xf0 && t[1] < 0x90) || (t[0] == 0xf4 && t[1] > 0x8f))
		return 0;
	return n;
}

/* Configurations are bytes, JSON is UTF-8: what is none becomes U+FFFD. NULL
 * gives null. */
json_t *fw_plan_json_text(const char *text)
{
	_cleanup_(fw_buf_done) struct fw_buf clean = { 0 };

	if (!text)
		return json_null();
	while (*text) {
		size_t n = utf8_len(text);

		if (n > 0)
			fw_buf_addn(&clean, text, n);
		else
			fw_buf_add(&clean, "\xef\xbf\xbd");
		text += n > 0 ? n : 1;
	}
	if (clean.failed)
		return NULL;
	return json_string(clean.text ? clean.text : "");
}

static void add_table_name(void *ctx, const char *table)
{
	/* a failure shows in the array's size */
	(void)fw_plan_json_append(ctx, json_string(table));
}

/* What the rule became: its places in the bit vectors, and the tables in which
 * it has rows. */
static json_t *map_rules(const struct fw_plan *plan, uint32_t rule)
{
	const struct fw_plan_xdp *xdp = &plan->xdp;
	json_t *rules = json_array();

	for (uint32_t i = 0; rules && i < xdp->n_rules; i++) {
		json_t *tables;

		if (xdp->rules[i].rule != rule)
			continue;
		tables = json_array();
		fw_plan_rule_tables(plan, &xdp->rules[i], add_table_name,
				    tables);
		if (fw_plan_json_append(rules, json_pack(
			    "{s:i, s:i, s:i, s:o}", "rule", (int)i, "word",
			    (int)(i / 64), "bit", (int)(i % 64), "tables",
			    tables)) < 0) {
			json_decref(rules);
			return NULL;
		}
	}
	return rules;
}

static int add_rules(json_t *doc, const struct fw_plan *plan)
{
	json_t *rules = json_array();
	int r = fw_plan_json_set(doc, "rules", rules);

	for (size_t i = 0; r == 0 && i < plan->n_rules; i++) {
		const struct fw_plan_rule *p = &plan->rules[i];

		r = fw_plan_json_append(rules, json_pack(
			"{s:o, s:i, s:i, s:s, s:s, s:s, s:s, s:o, s:b, s:o, s:o}",
			"file", fw_plan_json_text(p->file), "line", (int)p->line,
			"column", (int)p->column,
			"family", p->family, "table", p->table,
			"chain", p->chain, "layer", fw_layer_name(p->layer),
			"reason", fw_plan_json_text(p->reason), "counted", p->counted,
			"text", fw_plan_json_text(p->text),
			"maps", map_rules(plan, (uint32_t)i)));
	}
	return r;
}

static int add_devices(json_t *doc, const struct fw_plan *plan)
{
	json_t *devices = json_array();
	int r = fw_plan_json_set(doc, "devices", devices);

	for (size_t i = 0; r == 0 && i < plan->n_devices; i++) {
		const struct fw_plan_device *d = &plan->devices[i];

		r = fw_plan_json_append(devices, json_pack(
			"{s:o, s:s, s:b, s:b, s:b, s:b, s:b, s:b}",
			"name", fw_plan_json_text(d->name),
			"attach", fw_attach_name(d->attach), "xdp", d->xdp,
			"tc", d->tc, "monitor_dns", d->watch_dns,
			"monitor_tls", d->watch_tls,
			"monitor_dhcp", d->watch_dhcp, "learn", d->learn));
	}
	return r;
}

static int add_entry(void *ctx, const char *key, const char *value)
{
	return fw_plan_json_append(ctx, json_pack("[s, s]", key, value));
}

/* *ret_content: where its entries are to stand; NULL where they are left out. */
static int add_table_head(json_t *tables, bool terse, const char *name,
			  const char *kind, size_t entries, size_t bytes,
			  json_t **ret_content)
{
	json_t *table = json_pack("{s:s, s:s, s:I, s:I}", "name", name,
				  "kind", kind,
				  "entries", (json_int_t)entries,
				  "bytes", (json_int_t)bytes);
	int r = fw_plan_json_append(tables, table);

	*ret_content = NULL;
	if (r < 0 || terse)
		return r;
	*ret_content = json_array();
	return fw_plan_json_set(table, "content", *ret_content);
}

static int add_table(json_t *tables, const struct fw_plan_table *t, bool terse)
{
	json_t *content;
	int r = add_table_head(tables, terse, t->name,
			       fw_table_kind_name(t->kind), t->n,
			       fw_plan_table_bytes(t), &content);

	return r < 0 || !content ?
		       r : fw_plan_table_entries(t, add_entry, content);
}

static int add_names(json_t *tables, const struct fw_suffixes *suffixes,
		     bool terse)
{
	json_t *content;
	int r = add_table_head(tables, terse, FW_NAMES_TABLE, "hash",
			       suffixes->n, fw_suffix_table_bytes(suffixes),
			       &content);

	return r < 0 || !content ?
		       r : fw_plan_name_entries(suffixes, add_entry, content);
}

static int add_tables(json_t *doc, const struct fw_plan *plan, bool terse)
{
	json_t *tables = json_array();
	int r = fw_plan_json_set(doc, "tables", tables);

	for (size_t i = 0; r == 0 && i < plan->xdp.n_tables; i++)
		r = add_table(tables, &plan->xdp.tables[i], terse);
	if (r == 0 && plan->xdp.suffixes.n_sets)
		r = add_names(tables, &plan->xdp.suffixes, terse);
	return r;
}

static int add_profiles(json_t *doc, const struct fw_plan *plan)
{
	json_t *profiles = json_array();
	int r = fw_plan_json_set(doc, "profiles", profiles);

	for (size_t i = 0; r == 0 && i < plan->n_profiles; i++) {
		const struct fw_profile *p = &plan->profiles[i];

		r = fw_plan_json_append(profiles, json_pack(
			"{s:o, s:i, s:[i, i], s:I, s:I, s:b, s:b}",
			"name", fw_plan_json_text(p->name), "id", (int)p->id,
			"queues", (int)p->queue_first, (int)p->queue_last,
			"window_packets", (json_int_t)p->window_packets,
			"window_bytes", (json_int_t)p->window_bytes,
			"on_overload_accept", p->on_overload,
			"on_absent_accept", p->on_absent));
	}
	return r;
}

static int add_nft(json_t *doc, const struct fw_plan *plan, bool terse)
{
	_cleanup_(fw_buf_done) struct fw_buf text = { 0 };

	fw_plan_nft_text(plan, terse, &text);
	if (text.failed)
		return -ENOMEM;
	return fw_plan_json_set(doc, "nft", fw_plan_json_text(text.text ? text.text : ""));
}

int fw_plan_print_json(const struct fw_plan *plan, bool terse, FILE *out)
{
	char hash[FW_HASH_HEX];
	json_t *doc;
	int r;

	fw_hash_hex(&plan->hash, hash);
	doc = json_pack("{s:s, s:s}", "schema", "flywall/1", "hash", hash);
	if (!doc)
		return -ENOMEM;
	r = add_rules(doc, plan);
	if (r == 0)
		r = add_devices(doc, plan);
	if (r == 0)
		r = add_tables(doc, plan, terse);
	if (r == 0)
		r = add_profiles(doc, plan);
	if (r == 0)
		r = fw_plan_json_blocks(doc, plan);
	if (r == 0)
		r = add_nft(doc, plan, terse);
	if (r == 0 && (json_dumpf(doc, out, JSON_INDENT(1)) < 0 ||
		       fputc('\n', out) == EOF))
		r = -EIO;
	json_decref(doc);
	return r;
}
