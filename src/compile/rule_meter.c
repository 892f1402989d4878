/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Meters: `update @set { ip saddr & 255.255.255.0 . tcp dport limit rate over
 * 10/second } drop`, a limit for each source, prefix of it, or source and port.
 *
 * In: the part of the statement. Out: its limit, and as matches what a packet
 * must have so that nft finds the key; nothing where XDP could not do the same,
 * which then is nft's. Fails only for want of memory.
 *
 * XDP forgets sources when it has no room, and a full bucket is as good as a
 * forgotten one: so a set may forget its elements, but not before they are full.
 */
#include <errno.h>
#include <string.h>

#include "compile/rule.h"
#include "util/cleanup.h"
#include "util/duration.h"

struct key {
	const struct fw_word *words;
	size_t n, pos;
	struct fw_meter meter;
	const struct fw_vocab_match *source, *port;	/* port: or NULL */
};

static bool take(struct key *k, const char *mark, const char *word)
{
	if (k->pos >= k->n || !(fw_mark_is(&k->words[k->pos], mark) ||
				fw_word_is(&k->words[k->pos], word)))
		return false;
	k->pos++;
	return true;
}

static const struct fw_vocab_match *take_field(struct key *k)
{
	size_t n;
	const struct fw_vocab_match *match =
		fw_vocab_find(k->words + k->pos, k->n - k->pos, &n);

	k->pos += match ? n : 0;
	return match;
}

/* One address, as a mask. */
static bool take_mask(struct key *k)
{
	struct fw_value_error error;
	struct fw_interval mask;

	if (!take(k, "&", "and"))
		return true;
	if (k->pos >= k->n || k->words[k->pos].kind != FW_WORD_PLAIN ||
	    fw_value_text(k->source->value, k->words[k->pos].text, &mask,
			  &error) != FW_VALUE_OK || mask.lo != mask.hi)
		return false;
	k->pos++;
	k->meter.mask = mask.lo;
	return true;
}

/* ip saddr [& mask] [. tcp dport], up to `timeout` or `limit`. */
static bool take_key(struct key *k)
{
	k->source = take_field(k);
	if (!k->source || (k->source->field != FW_FIELD_SADDR4 &&
			   k->source->field != FW_FIELD_SADDR6))
		return false;
	k->meter.field = k->source->field;
	k->meter.mask = fw_field_max(k->source->field);
	if (!take_mask(k))
		return false;
	if (!take(k, ".", "."))
		return true;
	k->port = take_field(k);
	k->meter.port = true;
	return k->port && k->port->field == FW_FIELD_DPORT;
}

/* The timeout of the set's own lines; 0: none. */
static bool set_timeout(const struct fw_typed_set *set, uint64_t *ret_ms)
{
	const char *at = set->body ? strstr(set->body, "timeout ") : NULL;
	char text[32];
	size_t len;

	*ret_ms = 0;
	if (!at)
		return true;
	at += strlen("timeout ");
	len = strcspn(at, "\n; ");
	if (len >= sizeof(text))
		return false;
	memcpy(text, at, len);
	text[len] = '\0';
	return fw_duration_read(text, ret_ms);
}

/* `update` begins a timeout anew with each packet, `add` does not. */
static bool forgets_in_time(const struct fw_typed_set *set, struct key *k,
			    const struct fw_plan_limit *limit, bool update)
{
	struct fw_limit made;
	uint64_t ms;

	if (!set_timeout(set, &ms))
		return false;
	if (take(k, "timeout", "timeout") &&
	    (k->pos >= k->n || k->words[k->pos].kind != FW_WORD_PLAIN ||
	     !fw_duration_read(k->words[k->pos++].text, &ms)))
		return false;
	return !ms || (update && fw_plan_limit_make(limit, 0, &made) &&
		       made.depth / 1000000 < ms);
}

static int imply(struct fw_rule_check *check, struct fw_part *part,
		 const struct fw_vocab_match *field)
{
	struct fw_interval *all = fw_arena_array(check->checker->arena, 1,
						 sizeof(*all));
	int r = all ? fw_rule_imply(check, part, &field->needs,
				    &part->words[0].loc) : -ENOMEM;

	if (r || check->failed)
		return r;
	all->hi = fw_field_max(field->field);
	part->matches[part->n_matches++] = (struct fw_match){
		.field = field->field, .intervals = all, .n_intervals = 1 };
	return 0;
}

int fw_rule_meter(struct fw_rule_check *check, struct fw_part *part)
{
	struct fw_arena *arena = check->checker->arena;
	const struct fw_typed_set *set;
	struct fw_plan_limit limit;
	struct key k = { .pos = 0 };
	size_t at = 0;
	int r;

	if (check->failed || part->n_words != 3 || part->words[1].kind != FW_WORD_SET ||
	    part->words[2].kind != FW_WORD_BRACE || !check->table)
		return 0;
	k.words = part->words[2].words;
	k.n = part->words[2].n_words;
	while (at < k.n && !fw_word_is(&k.words[at], "limit"))
		at++;
	set = fw_check_set_name(check->checker, check->table, &part->words[1]);
	if (!set || !set->table || set->n_intervals || set->n_boxes || set->n_elements ||
	    !fw_rule_limit(k.words + at, k.n - at, &limit) || !take_key(&k) ||
	    !forgets_in_time(set, &k, &limit,
			     fw_word_is(&part->words[0], "update")) ||
	    k.pos != at)
		return 0;
	limit.meter = fw_arena_memdup(arena, &k.meter, sizeof(k.meter));
	part->limit = fw_arena_memdup(arena, &limit, sizeof(limit));
	part->matches = fw_arena_array(arena, 2 * (FW_RULE_IMPLIED + 1),
				       sizeof(*part->matches));
	if (!limit.meter || !part->limit || !part->matches)
		return -ENOMEM;
	r = imply(check, part, k.source);
	return r || !k.port || check->failed ? r : imply(check, part, k.port);
}
