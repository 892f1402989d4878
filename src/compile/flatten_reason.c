/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps a rule of an ingress chain in nft, whatever stands around it.
 *
 * In: the typed rule, its table, the device. Out: the reason, or NULL. Never
 * fails.
 */
#include <string.h>

#include "compile/flatten.h"
#include "util/cleanup.h"

bool fw_field_reads_tag(enum fw_field field)
{
	return field == FW_FIELD_ETHER_TYPE || field == FW_FIELD_VLAN_ID ||
	       field == FW_FIELD_VLAN_PCP || field == FW_FIELD_VLAN_DEI ||
	       field == FW_FIELD_VLAN_TYPE;
}

/* Does the match look at a tag, which the device takes out? */
static bool lacks_tag(const struct fw_typed *typed,
		      const struct fw_fact_device *device,
		      const struct fw_part *part)
{
	if (!device || !device->vlan_offload ||
	    (typed->options.vlan_offload_off && !device->vlan_fixed))
		return false;
	for (size_t i = 0; i < part->n_matches; i++)
		if (fw_field_reads_tag(part->matches[i].field))
			return true;
	return false;
}

/* The field that a part asks for one value, or MAX_. */
static enum fw_field field_of_value(const struct fw_part *part)
{
	const struct fw_match *last;

	if (part->kind != FW_PART_MATCH || !part->n_matches)
		return FW_FIELD_ALL_MAX_;
	last = &part->matches[part->n_matches - 1];
	return last->n_intervals == 1 &&
			       last->intervals[0].lo == last->intervals[0].hi ?
		       last->field : FW_FIELD_ALL_MAX_;
}

/* Fields that stand side by side in a header. */
static bool are_neighbours(enum fw_field a, enum fw_field b)
{
	static const enum fw_field pairs[][2] = {
		{ FW_FIELD_SADDR4, FW_FIELD_DADDR4 },
		{ FW_FIELD_SADDR6, FW_FIELD_DADDR6 },
		{ FW_FIELD_SPORT, FW_FIELD_DPORT },
		{ FW_FIELD_TH_SPORT, FW_FIELD_TH_DPORT },
		{ FW_FIELD_ICMP_TYPE, FW_FIELD_ICMP_CODE },
		{ FW_FIELD_ICMP_ID, FW_FIELD_ICMP_SEQUENCE },
		{ FW_FIELD_ETHER_SADDR, FW_FIELD_ETHER_DADDR },
		{ FW_FIELD_ETHER_SADDR, FW_FIELD_ETHER_TYPE },
		{ FW_FIELD_IP_LENGTH, FW_FIELD_IP_ID },
		{ FW_FIELD_IP_ID, FW_FIELD_FRAG_OFF },
		{ FW_FIELD_TTL, FW_FIELD_NEXTHDR },
		{ FW_FIELD_TTL, FW_FIELD_SADDR6 },
		{ FW_FIELD_DPORT, FW_FIELD_UDP_LENGTH },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(pairs); i++)
		if ((a == pairs[i][0] && b == pairs[i][1]) ||
		    (a == pairs[i][1] && b == pairs[i][0]))
			return true;
	return false;
}

static bool asks_fragment(const struct fw_part *part)
{
	for (size_t i = 0; i < part->n_matches; i++)
		if (part->matches[i].field == FW_FIELD_FRAG)
			return true;
	return false;
}

/* nft 1.0.6 joins tests of neighbouring fields, and where a single one stands
 * before a counter it joins across that: the counter then counts what the first
 * test would not have let through. And what exthdr needs it tests at the head of
 * the rule. */
static bool joins_over_counter(const struct fw_typed_rule *rule)
{
	enum fw_field before = FW_FIELD_ALL_MAX_;
	bool counter = false;
	size_t n = 0;

	for (size_t i = 0; i < rule->n_parts; i++) {
		enum fw_field field = field_of_value(&rule->parts[i]);

		counter |= rule->parts[i].kind == FW_PART_COUNTER ||
			   rule->parts[i].log_level;
		if (counter && asks_fragment(&rule->parts[i]))
			return true;
		if (field == FW_FIELD_ALL_MAX_ || field == FW_FIELD_L3 ||
		    field == FW_FIELD_L4PROTO)
			continue;
		if (counter && n == 1 && are_neighbours(before, field))
			return true;
		if (counter)
			continue;
		before = field;
		n++;
	}
	return false;
}

static const char *part_reason(const struct fw_part *part)
{
	if (part->limit || part->live || part->log_level)
		return NULL;
	if (part->kind == FW_PART_RAW && !part->reason)
		return "not understood";
	return part->kind == FW_PART_INSPECT ? "inspect" : part->reason;
}

static size_t count_uses(const struct fw_word *words, size_t n,
			 const char *set)
{
	size_t uses = 0;

	for (size_t i = 0; i < n; i++)
		if (words[i].kind == FW_WORD_BRACE)
			uses += count_uses(words[i].words, words[i].n_words,
					   set);
		else
			uses += words[i].kind == FW_WORD_SET &&
				strcmp(words[i].text, set) == 0;
	return uses;
}

/* A meter whose set is more than its buckets: another rule asks it. */
static bool is_shared_meter(const struct fw_typed_table *table,
			    const struct fw_part *part)
{
	size_t uses = 0;

	if (!part->limit || !part->limit->meter)
		return false;
	for (size_t i = 0; i < table->n_chains; i++)
		for (size_t k = 0; k < table->chains[i].n_rules; k++)
			uses += count_uses(table->chains[i].rules[k].words,
					   table->chains[i].rules[k].n_words,
					   part->words[1].text);
	return uses > 1;
}

const char *fw_flatten_reason(const struct fw_typed *typed,
			      const struct fw_typed_table *table,
			      const char *name, const struct fw_typed_rule *rule)
{
	const struct fw_fact_device *device =
		fw_facts_device(typed->facts, name);
	size_t counters = 0, limits = 0, logs = 0;

	for (size_t i = 0; i < rule->n_parts; i++) {
		const char *reason = part_reason(&rule->parts[i]);

		if (reason)
			return reason;
		if (lacks_tag(typed, device, &rule->parts[i]))
			return "vlan offload";
		if (is_shared_meter(table, &rule->parts[i]))
			return rule->parts[i].reason;
		counters += rule->parts[i].kind == FW_PART_COUNTER;
		limits += rule->parts[i].limit != NULL;
		logs += rule->parts[i].log_level != NULL;
	}
	if (counters > 1 || limits > 1)
		return counters > 1 ? "several counters" : "several limits";
	if (logs > 1)
		return "several logs";
	if (joins_over_counter(rule))
		return counters ? "counter" : "log";
	return NULL;
}
