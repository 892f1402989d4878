/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan's XDP rules, one after the other.
 *
 * In: a plan and a frame. Out: what the plan says of it. Nothing may fail.
 *
 * The rules are read as the plan has them, matches and intervals; the tables
 * that the programs use (classes, rows) are not looked at, so that a fault in
 * either shows.
 */
#include "model/model.h"

#include <string.h>

#include "model/dns.h"

enum fw_truth fw_model_match(const struct fw_match *match,
			     const struct fw_model_packet *packet)
{
	fw_u128 value = packet->value[match->field];
	size_t lo = 0, hi = match->n_intervals;

	if (packet->open >> match->field & 1)
		return match->n_intervals ? FW_TRUTH_UNKNOWN : FW_TRUTH_NO;
	if (!packet->has[match->field])
		return FW_TRUTH_NO;
	/* the first interval that does not end before the value */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (match->intervals[mid].hi < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < match->n_intervals && match->intervals[lo].lo <= value ?
		       FW_TRUTH_YES :
		       FW_TRUTH_NO;
}

static bool live_holds(const struct fw_live_match *match,
		       const struct fw_model_packet *packet,
		       const struct fw_model_sets *sets)
{
	if (!packet->has[match->field])
		return false;
	return match->negate !=
	       (sets && sets->has(sets->ctx, match->set, match->field,
				  packet->value[match->field]));
}

bool fw_model_rule_matches(const struct fw_xdp_rule *rule,
			   const struct fw_model_packet *packet,
			   const struct fw_model_sets *sets)
{
	for (size_t i = 0; i < rule->n_lives; i++)
		if (!live_holds(&rule->lives[i], packet, sets))
			return false;
	for (size_t i = 0; i < rule->n_matches; i++)
		if (fw_model_match(&rule->matches[i], packet) != FW_TRUTH_YES)
			return false;
	return true;
}

/*
 * nft's inet ingress hook looks at IP alone, and drops what has no proper IP
 * header, before any rule. True when it has decided.
 */
static bool inet_hook(const struct fw_model_packet *packet,
		      struct fw_model_result *result)
{
	fw_u128 l3 = packet->value[FW_FIELD_L3];

	if (l3 != FW_L3_IP && l3 != FW_L3_IP6)
		return true;
	if (packet->has[FW_FIELD_L4PROTO])
		return false;
	result->verdict = FW_VERDICT_DROP;
	return true;
}

static void walk(const struct fw_plan *plan, const struct fw_xdp_device *chain,
		 const struct fw_model_packet *packet,
		 const struct fw_model_sets *sets,
		 struct fw_model_result *result)
{
	uint32_t first = chain->first_word * 64u;

	for (uint32_t r = first; r < first + chain->n_words * 64u; r++) {
		const struct fw_xdp_rule *rule = &plan->xdp.rules[r];

		if (!fw_model_rule_matches(rule, packet, sets))
			continue;
		if (rule->limit && rule->limit->over)
			continue;
		result->met[r / 64] |= UINT64_C(1) << r % 64;
		if (rule->verdict == FW_VERDICT_NONE)
			continue;
		if (rule->verdict == FW_VERDICT_SKIP) {
			r = rule->skip_to - 1;
			continue;
		}
		result->rule = r;
		/* What comes of a SYN is the host's to know. */
		result->verdict = rule->verdict == FW_VERDICT_SYNPROXY ?
					  FW_VERDICT_ACCEPT : rule->verdict;
		result->carried = result->verdict == FW_VERDICT_ACCEPT &&
				  chain->policy == FW_VERDICT_NONE;
		return;
	}
	result->policy = true;
	if (chain->policy == FW_VERDICT_DROP)
		result->verdict = FW_VERDICT_DROP;
}

static void set_class(const struct fw_plan *plan, const uint8_t *frame,
		      size_t len, struct fw_model_packet *packet)
{
	struct fw_model_question question;

	if (fw_model_dns(frame, len, packet, &question) == FW_MODEL_ASKED)
		fw_model_packet_set(packet, FW_FIELD_DNS_CLASS,
				    fw_model_dns_class(&plan->xdp.suffixes,
						       question.name));
}

struct fw_model_result fw_model_xdp(const struct fw_plan *plan,
				    const char *device, const uint8_t *frame,
				    size_t len,
				    const struct fw_model_sets *sets)
{
	struct fw_model_result result = {
		.verdict = FW_VERDICT_ACCEPT,
		.rule = FW_NO_RULE,
	};
	struct fw_model_packet packet;
	unsigned n = 0;

	fw_model_packet_parse(frame, len, &packet);
	result.malformed = packet.malformed;
	if (packet.malformed && plan->options.malformed_drop) {
		result.verdict = FW_VERDICT_DROP;
		return result;
	}
	set_class(plan, frame, len, &packet);
	for (size_t i = 0; i < plan->xdp.n_devices; i++) {
		const struct fw_xdp_device *chain = &plan->xdp.devices[i];

		if (strcmp(chain->device, device) != 0)
			continue;
		result.policy = false;
		result.rule = FW_NO_RULE;
		if (strcmp(chain->family, "inet") != 0 ||
		    !inet_hook(&packet, &result))
			walk(plan, chain, &packet, sets, &result);
		result.policies |= (uint8_t)(result.policy << n++);
		if (result.verdict != FW_VERDICT_ACCEPT)
			break;
	}
	return result;
}
