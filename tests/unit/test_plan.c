/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan's life, hash and prints: references, what the hash heeds and what not,
 * the same bytes twice, JSON that reads back, names of every number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "typed_build.h"
#include "util/cleanup.h"

static const char *const wan[] = { "wan", NULL };

/* A bit of everything. */
static void fill(struct build *b)
{
	struct fw_typed_chain *c;

	build_init(b);
	build_profile(b, "web");
	build_management_of(b, P_DPORT("tcp dport 22", 22));
	c = build_chain(b, build_table(b, "netdev", "early"), "in",
			FW_HOOK_INGRESS, -100, FW_VERDICT_DROP, "type filter "
			"hook ingress device \"wan\" priority -100; policy "
			"drop;", wan);
	build_rule_of(b, c, P_SADDR("ip saddr 10.0.0.0/8", 0x0a000000,
				    0x0affffff), P_COUNTER, P_DROP);
	build_rule_of(b, c, P_RAW("ip ttl 1"), P_DROP);
	c = build_chain(b, build_table(b, "inet", "filter"), "forward",
			FW_HOOK_FORWARD, 0, FW_VERDICT_DROP, "type filter "
			"hook forward priority 0; policy drop;", NULL);
	build_rule_of(b, c, P_DPORT("tcp dport 443", 443),
		      P_INSPECT("inspect web", 0));
	build_lower(b);
}

static char *printed(const struct fw_plan *plan, bool terse, bool json)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (json)
		assert_int_equal(fw_plan_print_json(plan, terse, out), 0);
	else
		fw_plan_print(plan, terse, out);
	fclose(out);
	return text;
}

static void references_keep_it_alive(void **state)
{
	struct fw_plan *plan = fw_plan_new();
	struct fw_plan *other = fw_plan_ref(plan);

	(void)state;
	assert_ptr_equal(plan, other);
	fw_plan_unref(plan);
	other->n_rules = 0;	/* ASan would see a use after free */
	assert_null(fw_plan_table(other, "rows"));
	fw_plan_unref(other);
	fw_plan_unref(NULL);
}

static void same_input_same_bytes(void **state)
{
	struct build one, two;

	(void)state;
	fill(&one);
	fill(&two);
	for (int i = 0; i < 4; i++) {
		_cleanup_free_ char *a = printed(one.plan, i & 1, i & 2);
		_cleanup_free_ char *b = printed(two.plan, i & 1, i & 2);

		assert_string_equal(a, b);
	}
	assert_memory_equal(&one.plan->hash, &two.plan->hash,
			    sizeof(one.plan->hash));
	build_done(&one);
	build_done(&two);
}

static struct fw_hash hash_of(struct build *b)
{
	assert_int_equal(fw_plan_seal(b->plan), 0);
	return b->plan->hash;
}

static void hash_heeds_meaning_only(void **state)
{
	struct fw_hash before, after;
	struct build b;
	struct fw_plan_rule *rule;

	(void)state;
	fill(&b);
	before = hash_of(&b);
	rule = &b.typed.rules[0];
	rule->line = 77;
	rule->file = "other.conf";
	rule->reason = "after line 70";
	after = hash_of(&b);
	assert_memory_equal(&before, &after, sizeof(before));

#define ASSERT_HEEDED(lvalue, value)                                        \
	do {                                                                \
		__typeof__(lvalue) saved_ = (lvalue);                       \
		(lvalue) = (value);                                         \
		after = hash_of(&b);                                        \
		assert_memory_not_equal(&before, &after, sizeof(before));   \
		(lvalue) = saved_;                                          \
	} while (0)
	ASSERT_HEEDED(rule->text, "ip saddr 10.0.0.0/9 counter drop");
	ASSERT_HEEDED(rule->layer, FW_LAYER_NFT);
	ASSERT_HEEDED(b.plan->options.flows, 1);
	ASSERT_HEEDED(b.plan->options.marks, 1);
	ASSERT_HEEDED(b.plan->log_dns_queries, true);
	ASSERT_HEEDED(((struct fw_profile *)b.plan->profiles)->on_absent,
		      true);
	ASSERT_HEEDED(((struct fw_profile *)b.plan->profiles)->queue_last, 9);
	ASSERT_HEEDED(((struct fw_plan_device *)b.plan->devices)->tc, false);
	ASSERT_HEEDED(((struct fw_xdp_device *)b.plan->xdp.devices)->policy,
		      FW_VERDICT_ACCEPT);
	ASSERT_HEEDED(((struct fw_nft_table *)b.plan->tables)->name, "x");
	ASSERT_HEEDED(((struct fw_nft_table *)b.plan->tables)->take_over,
		      true);
	after = hash_of(&b);
	assert_memory_equal(&before, &after, sizeof(before));
	build_done(&b);
}

static void table_hash_heeds_content(void **state)
{
	struct build b;
	struct fw_plan_table *t;
	struct fw_hash before;

	(void)state;
	fill(&b);
	t = (struct fw_plan_table *)fw_plan_table(b.plan, "rows");
	assert_non_null(t);
	before = t->hash;
	((uint8_t *)t->values)[0] ^= 1;
	hash_of(&b);
	assert_memory_not_equal(&before, &t->hash, sizeof(before));
	build_done(&b);
}

static void text_says_layer_and_reason(void **state)
{
	struct build b;
	_cleanup_free_ char *text = NULL, *terse = NULL;

	(void)state;
	fill(&b);
	text = printed(b.plan, false, false);
	terse = printed(b.plan, true, false);
	assert_non_null(strstr(text, "xdp      test.conf:1: ip saddr "
			       "10.0.0.0/8 counter drop  "
			       "[map rule "));
	assert_non_null(strstr(text, "nft      test.conf:2: ip ttl 1 drop  "
			       "(ip ttl 1)\n"));
	assert_non_null(strstr(text, "\n    10.0.0.0/8: class "));
	assert_null(strstr(terse, "10.0.0.0-10.255.255.255: row "));
	assert_non_null(strstr(terse, "saddr4: trie, 1 entries, 262144 bytes\n"));
	assert_non_null(strstr(text, "policy in nft"));
	build_done(&b);
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void json_reads_back(void **state)
{
	struct build b;
	_cleanup_free_ char *text = NULL;
	json_t *doc, *rules, *tables;

	(void)state;
	fill(&b);
	text = printed(b.plan, false, true);
	doc = json_loads(text, 0, NULL);
	assert_non_null(doc);
	assert_string_equal(string_at(doc, "schema"), "flywall/1");
	assert_int_equal(strlen(string_at(doc, "hash")), 64);
	assert_non_null(strstr(string_at(doc, "nft"), "table inet flywall {"));
	rules = json_object_get(doc, "rules");
	assert_int_equal(json_array_size(rules), 3);
	assert_string_equal(string_at(json_array_get(rules, 0), "layer"),
			    "xdp");
	assert_true(json_is_null(json_object_get(json_array_get(rules, 0),
						 "reason")));
	assert_string_equal(string_at(json_array_get(rules, 1), "reason"),
			    "ip ttl 1");
	assert_string_equal(string_at(json_array_get(rules, 2), "chain"),
			    "forward");
	tables = json_object_get(doc, "tables");
	assert_string_equal(string_at(json_array_get(tables, 0), "name"),
			    "saddr4");
	assert_string_equal(string_at(json_array_get(tables, 0), "kind"),
			    "trie");
	json_decref(doc);
	build_done(&b);
}

/* nft text may hold what is no UTF-8; JSON may not. */
static void json_takes_any_bytes(void **state)
{
	struct build b;
	_cleanup_free_ char *text = NULL;
	json_t *doc;

	(void)state;
	fill(&b);
	b.typed.rules[0].text = "log prefix \"caf\xe9 \xc3\xa9\"";
	text = printed(b.plan, true, true);
	doc = json_loads(text, 0, NULL);
	assert_non_null(doc);
	assert_string_equal(string_at(json_array_get(
		json_object_get(doc, "rules"), 0), "text"),
		"log prefix \"caf\xef\xbf\xbd \xc3\xa9\"");
	json_decref(doc);
	build_done(&b);
}

static void every_number_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < FW_STAT_MAX_; i++)
		assert_true(strlen(fw_stat_name((enum fw_stat)i)) > 1);
	for (int i = 0; i < FW_FIELD_MAX_; i++)
		assert_true(strlen(fw_field_name((enum fw_field)i)) > 1);
	assert_string_equal(fw_stat_name(FW_STAT_MAX_), "?");
	assert_string_equal(fw_layer_name(FW_LAYER_INSPECT), "inspect");
	assert_string_equal(fw_attach_name(FW_ATTACH_OFF), "off");
	assert_string_equal(fw_verdict_name(FW_VERDICT_DROP), "drop");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_keep_it_alive),
		cmocka_unit_test(same_input_same_bytes),
		cmocka_unit_test(hash_heeds_meaning_only),
		cmocka_unit_test(table_hash_heeds_content),
		cmocka_unit_test(text_says_layer_and_reason),
		cmocka_unit_test(json_reads_back),
		cmocka_unit_test(json_takes_any_bytes),
		cmocka_unit_test(every_number_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
