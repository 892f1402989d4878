/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdict: a profile's rules over the facts of a flow.
 *
 * In: profile and window. Out: a judgement. Pure; nothing fails.
 *
 * Order of precedence:
 *
 *  1. a retransmission that differed: on-overlap
 *  2. the rules in order, up to one whose fact is not known yet. It waits, and
 *     no later one overtakes it; one that has no verdict, or only tells of it,
 *     is passed. A pattern that has matched is known at once,
 *     that none will is known when the window is full. A fact that cannot be
 *     had any more, since its message is broken or too large, ends the matter
 *     by its keyword.
 *  3. all rules decided: default
 *  4. window not full: undecided
 *  5. window full, and no message that a waiting rule needs has begun: default
 *  6. such a message may go on within max; then on-incomplete
 */
#include "inspect/verdict.h"

#include <string.h>

#include "util/cleanup.h"

static const struct fw_judgement undecided = { .verdict = FW_FLOW_UNVETTED,
					       .rule = FW_NO_RULE };

static struct fw_judgement act(enum fw_inspect_action action,
			       const char *reason, uint32_t rule)
{
	switch (action) {
	case FW_INSPECT_DROP:
	case FW_INSPECT_BLOCK:
		return (struct fw_judgement){ FW_FLOW_BLOCKED, reason, rule, 0 };
	case FW_INSPECT_TRUST:
		return (struct fw_judgement){ FW_FLOW_TRUSTED, reason, rule, 0 };
	default:
		return undecided;
	}
}

static struct fw_judgement keyword(bool accept, const char *reason)
{
	return act(accept ? FW_INSPECT_TRUST : FW_INSPECT_DROP, reason,
		   FW_NO_RULE);
}

/* How a fact that cannot be had any more ends the matter. Where the reason is
 * NULL the state is none of these. */
static const struct {
	const char *reason;
	bool overload;		/* by on-overload, else by on-incomplete */
} troubles[] = {
	[FW_FACT_MALFORMED] = { "malformed", false },
	[FW_FACT_NO_ROOM] = { "memory", false },
	[FW_FACT_NO_MEMORY] = { "memory", true },
};
_Static_assert(FW_ARRAY_SIZE(troubles) == FW_FACT_STATE_MAX_, "troubles");

static bool among(const struct fw_inspect_rule *rule, uint64_t number)
{
	for (size_t i = 0; i < rule->n_numbers; i++)
		if (rule->numbers[i].lo <= number &&
		    number <= rule->numbers[i].hi)
			return true;
	return false;
}

/* Whether one of the names, each behind a byte with its length, is in the
 * set. */
static bool any_in(const struct fw_text_set *set, const char *names, size_t len)
{
	for (size_t at = 0; at < len; at += 1u + (uint8_t)names[at])
		if (fw_text_set_has(set, names + at + 1, (uint8_t)names[at]))
			return true;
	return false;
}

/* A set of patterns, of which one matched. */
static bool found(const struct fw_inspect_rule *rule, const struct fw_fact *fact)
{
	return rule->patterns && fact->number >> rule->pattern_set & 1;
}

bool fw_verdict_matches(const struct fw_inspect_rule *rule,
			const struct fw_fact *fact)
{
	bool in;

	if (rule->domains)
		in = fw_domain_set_has(rule->domains, fact->text, fact->len);
	else if (rule->fact == FW_FACT_TLS_ALPN)
		in = any_in(rule->texts, fact->text, fact->len);
	else if (rule->patterns)
		in = found(rule, fact);
	else if (rule->texts)
		in = fw_text_set_has(rule->texts, fact->text, fact->len);
	else
		in = among(rule, fact->number);
	return in != rule->negate;
}

/* Whether a rule from i on waits for a message of which a part is here. */
static bool message_open(const struct fw_profile *profile, size_t i,
			 const struct fw_window *window)
{
	for (; i < profile->n_rules; i++) {
		const struct fw_fact *fact =
			&window->facts[profile->rules[i].fact];

		if (fact->state == FW_FACT_UNKNOWN && fact->begun)
			return true;
	}
	return false;
}

bool fw_window_full(const struct fw_profile *profile,
		    const struct fw_window *window)
{
	return window->packets >= profile->window_packets ||
	       window->bytes >= profile->window_bytes;
}

static bool is_known(const struct fw_inspect_rule *rule,
		     const struct fw_fact *fact)
{
	return fact->state == FW_FACT_KNOWN || found(rule, fact);
}

bool fw_verdict_met(const struct fw_inspect_rule *rule,
		    const struct fw_window *window)
{
	const struct fw_fact *fact = &window->facts[rule->fact];

	return is_known(rule, fact) && fw_verdict_matches(rule, fact);
}

static bool ends(const struct fw_inspect_rule *rule)
{
	return !rule->audit && rule->action != FW_INSPECT_NONE;
}

/* ret gets the number of rules that are decided. */
static struct fw_judgement walk(const struct fw_profile *profile,
				const struct fw_window *window, size_t *ret)
{
	size_t i;

	*ret = 0;
	if (window->conflict && !profile->on_overlap_first)
		return keyword(false, "on-overlap");
	for (i = 0; i < profile->n_rules; i++) {
		const struct fw_inspect_rule *rule = &profile->rules[i];
		const struct fw_fact *fact = &window->facts[rule->fact];
		bool known = is_known(rule, fact);

		if (!known && fact->state == FW_FACT_UNKNOWN)
			break;
		if (!known && troubles[fact->state].reason)
			return keyword(troubles[fact->state].overload ?
					       profile->on_overload :
					       profile->on_incomplete,
				       troubles[fact->state].reason);
		*ret = i + 1;
		if (fw_verdict_met(rule, window) && ends(rule))
			return act(rule->action, "rule", rule->rule);
	}
	if (i == profile->n_rules)
		return act(profile->fallback, "default", FW_NO_RULE);
	if (!fw_window_full(profile, window))
		return undecided;
	if (!message_open(profile, i, window))
		return act(profile->fallback, "default", FW_NO_RULE);
	if (window->bytes_after < profile->max_bytes &&
	    window->ms_after < profile->max_ms)
		return undecided;
	return keyword(profile->on_incomplete, "on-incomplete");
}

struct fw_judgement fw_verdict_judge(const struct fw_profile *profile,
				     const struct fw_window *window)
{
	size_t decided;
	struct fw_judgement judgement = walk(profile, window, &decided);

	judgement.decided = decided;
	return judgement;
}

const char *fw_verdict_reason(const char *text)
{
	static const char *const reasons[] = {
		"default",    "malformed", "memory", "on-incomplete",
		"on-overlap", "rule",
	};

	for (size_t i = 0; text && i < FW_ARRAY_SIZE(reasons); i++)
		if (!strcmp(reasons[i], text))
			return reasons[i];
	return NULL;
}
