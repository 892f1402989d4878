/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flywall's own words, collected from the tables that read them.
 *
 * In: the tables of blocks, keys, set options, statements and facts. Out: each
 * word with its place. Nothing fails. What stands behind a word and is in no
 * table of its own stands in the one here.
 */
#include "compile/words.h"

#include "compile/inspect.h"
#include "compile/rule.h"
#include "compile/sets.h"
#include "util/cleanup.h"

static const struct {
	const char *place;
	const struct fw_block_keys *keys;
} key_tables[] = {
	{ "options", &fw_options_keys },
	{ "device", &fw_device_keys },
	{ "inspect", &fw_inspect_keys },
	{ "qos", &fw_qos_keys },
	{ "class", &fw_class_keys },
	{ "monitor dns", &fw_dns_keys },
	{ "monitor tls", &fw_tls_keys },
	{ "monitor dhcp", &fw_dhcp_keys },
	{ "monitor kernel", &fw_kernel_keys },
	{ "events", &fw_events_keys },
	{ "learn", &fw_learn_keys },
};

static const char *const blocks[] = { "options", "inspect", "qos",
				      "monitor", "events",  "learn" };

/* Behind keys and statements. */
static const char *const values[] = {
	"packets",    "per-flow",  "for",	 "class",   "reply",
	"nxdomain",   "refused",   "burst",	 "above",   "group",
	"read",	      "full",	   "listen",	 "level",   "queries",
	"handshakes", "leases",	   "deviation",	 "over",    "per",
	"flows",      "peers",	   "trust",	 "keep",    "native",
	"generic",    "offload",   "keep-inspecting",	    "first",
	"syslog",     "journal",   "stderr",
};

static void each_monitor(fw_words_fn fn, void *ctx)
{
	for (unsigned i = 0; i < FW_DNS_ALERT_MAX_; i++)
		fn(ctx, "value", fw_dns_alert_name((enum fw_dns_alert)i));
	for (unsigned i = 0; i < FW_DHCP_ALERT_MAX_; i++)
		fn(ctx, "value", fw_dhcp_alert_name((enum fw_dhcp_alert)i));
	for (unsigned i = 0; i < FW_KERNEL_LOG_MAX_; i++)
		fn(ctx, "value", fw_kernel_log_name((enum fw_kernel_log)i));
}

void fw_words_each(fw_words_fn fn, void *ctx)
{
	const char *word, *second;

	for (size_t i = 0; i < FW_ARRAY_SIZE(blocks); i++)
		fn(ctx, "block", blocks[i]);
	for (size_t i = 0; i < FW_ARRAY_SIZE(key_tables); i++)
		for (size_t k = 0; k < key_tables[i].keys->n; k++)
			fn(ctx, key_tables[i].place,
			   key_tables[i].keys->keys[k].name);
	for (size_t i = 0; (word = fw_set_own_key(i)); i++)
		fn(ctx, "set", word);
	for (int t = FW_SET_DOMAIN; t <= FW_SET_PATTERN; t++)
		fn(ctx, "type", fw_set_type_name((enum fw_set_type)t));
	for (size_t i = 0; (word = fw_rule_own_word(i)); i++)
		fn(ctx, "statement", word);
	for (size_t i = 0; (word = fw_inspect_fact_words(i, &second)); i++) {
		fn(ctx, "match", word);
		if (second)
			fn(ctx, "match", second);
	}
	each_monitor(fn, ctx);
	for (size_t i = 0; i < FW_ARRAY_SIZE(values); i++)
		fn(ctx, "value", values[i]);
}
