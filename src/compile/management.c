/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Management: what must get through, whatever the rules say.
 *
 * In: the lines of `management { … }`, matches without a verdict. Out: accepts
 * for the head of an ingress chain in XDP, and the same as nft rules for the
 * head of every base chain of type filter. Fails only for want of memory.
 *
 * A line lets its packets through and, for the replies, its mirror image, in
 * which addresses, ports and devices change sides. A line that names a device
 * where packets come in has no mirror at ingress: on another device `tcp sport
 * 22` would let anyone in. What management implies on its devices: ARP, IPv6
 * neighbour and multicast listener discovery, ICMP errors.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "compile/lower.h"
#include "util/cleanup.h"

/* --- ingress: matches ----------------------------------------------------- */
/* Lines of a device; *ret says that there was one. */
static bool line_meets(const struct fw_typed_rule *line, const char *device)
{
	for (size_t i = 0; i < line->n_parts; i++)
		if (line->parts[i].kind == FW_PART_IIF &&
		    !fw_device_meets(&line->parts[i], device))
			return false;
	return true;
}

static const struct fw_part *iif_of(const struct fw_typed_rule *line)
{
	for (size_t i = 0; i < line->n_parts; i++)
		if (line->parts[i].kind == FW_PART_IIF)
			return &line->parts[i];
	return NULL;
}

enum fw_field fw_management_mirror(enum fw_field field)
{
	switch (field) {
	case FW_FIELD_SADDR4:
		return FW_FIELD_DADDR4;
	case FW_FIELD_DADDR4:
		return FW_FIELD_SADDR4;
	case FW_FIELD_SADDR6:
		return FW_FIELD_DADDR6;
	case FW_FIELD_DADDR6:
		return FW_FIELD_SADDR6;
	case FW_FIELD_SPORT:
		return FW_FIELD_DPORT;
	case FW_FIELD_DPORT:
		return FW_FIELD_SPORT;
	default:
		return field;
	}
}

static int add_accept(struct fw_arena *arena, fw_management_vec *out,
		      const struct fw_match *matches, size_t n, bool raw)
{
	struct fw_management *m = fw_vec_push(arena, out);

	if (!m)
		return -ENOMEM;
	m->matches = fw_arena_memdup(arena, matches, n * sizeof(*matches));
	m->n_matches = n;
	m->raw = raw;
	return m->matches ? 0 : -ENOMEM;
}

static int add_line(struct fw_arena *arena, fw_management_vec *out,
		    const struct fw_typed_rule *line, bool mirror)
{
	struct fw_match matches[FW_FIELD_ALL_MAX_];
	size_t n = 0;
	bool raw = false;

	for (size_t i = 0; i < line->n_parts; i++) {
		const struct fw_part *part = &line->parts[i];

		raw |= part->kind == FW_PART_RAW || part->reason != NULL;
		for (size_t k = 0; k < part->n_matches; k++) {
			struct fw_match m = part->matches[k];

			if (mirror)
				m.field = fw_management_mirror(m.field);
			if (fw_matches_add(arena, matches, &n, &m) < 0)
				return -ENOMEM;
		}
	}
	return add_accept(arena, out, matches, n, raw);
}

/* What implied_ingress below says in nft's words. */
static const struct fw_interval is_arp[] = { { FW_L3_ARP, FW_L3_ARP } };
static const struct fw_interval is_ip[] = { { FW_L3_IP, FW_L3_IP } };
static const struct fw_interval is_ip6[] = { { FW_L3_IP6, FW_L3_IP6 } };
static const struct fw_interval is_icmp[] = { { 1, 1 } };
static const struct fw_interval is_icmp6[] = { { 58, 58 } };
/* RFC 792: unreachable, time exceeded, parameter problem. */
static const struct fw_interval icmp_errors[] = { { 3, 3 }, { 11, 12 } };
/* RFC 4443: errors; RFC 2710, 4861 and 3810: listeners and neighbours. */
static const struct fw_interval icmp6_types[] = {
	{ 1, 4 }, { 130, 136 }, { 143, 143 },
};

#define MATCH(field, intervals) \
	{ (field), (intervals), FW_ARRAY_SIZE(intervals) }

static const struct fw_match implied_arp[] = {
	MATCH(FW_FIELD_L3, is_arp),
};
static const struct fw_match implied_icmp[] = {
	MATCH(FW_FIELD_L3, is_ip),
	MATCH(FW_FIELD_L4PROTO, is_icmp),
	MATCH(FW_FIELD_ICMP_TYPE, icmp_errors),
};
static const struct fw_match implied_icmp6[] = {
	MATCH(FW_FIELD_L3, is_ip6),
	MATCH(FW_FIELD_L4PROTO, is_icmp6),
	MATCH(FW_FIELD_ICMP_TYPE, icmp6_types),
};

static const struct {
	const struct fw_match *matches;
	size_t n;
	const char *text;
} implied_ingress[] = {
	{ implied_arp, FW_ARRAY_SIZE(implied_arp), "meta protocol arp" },
	{ implied_icmp, FW_ARRAY_SIZE(implied_icmp), "icmp type { 3, 11, 12 }" },
	{ implied_icmp6, FW_ARRAY_SIZE(implied_icmp6),
	  "icmpv6 type { 1-4, 130-136, 143 }" },
};

bool fw_management_implied(size_t i, const struct fw_match **ret, size_t *ret_n)
{
	if (i >= FW_ARRAY_SIZE(implied_ingress))
		return false;
	*ret = implied_ingress[i].matches;
	*ret_n = implied_ingress[i].n;
	return true;
}

int fw_management_ingress(const struct fw_typed *typed, struct fw_arena *arena,
			  const char *device, fw_management_vec *ret)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < typed->n_management; i++) {
		const struct fw_typed_rule *line = &typed->management[i];

		if (!line_meets(line, device))
			continue;
		any = true;
		r = add_line(arena, ret, line, false);
		if (r == 0 && !iif_of(line))
			r = add_line(arena, ret, line, true);
	}
	for (size_t i = 0; r == 0 && any && i < FW_ARRAY_SIZE(implied_ingress);
	     i++)
		r = add_accept(arena, ret, implied_ingress[i].matches,
			       implied_ingress[i].n, false);
	return r;
}

/* --- nft: words ----------------------------------------------------------- */
struct fw_management_sides fw_management_sides(enum fw_hook hook)
{
	switch (hook) {
	case FW_HOOK_INGRESS:
		return (struct fw_management_sides){ .in = true, .local = true };
	case FW_HOOK_EGRESS:
		return (struct fw_management_sides){ .out = true, .local = true };
	case FW_HOOK_PREROUTING:
	case FW_HOOK_INPUT:
		return (struct fw_management_sides){ .in = true, .local = true,
					    .conntrack = true };
	case FW_HOOK_FORWARD:
		return (struct fw_management_sides){ .in = true, .out = true,
					    .conntrack = true };
	default:
		return (struct fw_management_sides){ .out = true, .local = true,
					    .conntrack = true };
	}
}

static const struct {
	const char *word, *mirror;
} mirrors[] = {
	{ "saddr", "daddr" }, { "daddr", "saddr" },
	{ "sport", "dport" }, { "dport", "sport" },
	{ "iif", "oif" }, { "iifname", "oifname" },
	{ "iifgroup", "oifgroup" }, { "iiftype", "oiftype" },
};

static char *words_text(struct fw_arena *arena, const struct fw_word *words,
			size_t n, bool mirror)
{
	struct fw_word *copy = fw_arena_memdup(arena, words,
					       n * sizeof(*words));

	if (!copy)
		return NULL;
	for (size_t i = 0; mirror && i < n; i++)
		for (size_t k = 0; copy[i].kind == FW_WORD_PLAIN &&
		     k < FW_ARRAY_SIZE(mirrors); k++)
			if (strcmp(words[i].text, mirrors[k].word) == 0)
				copy[i].text = mirrors[k].mirror;
	return fw_words_text(arena, copy, n);
}

static int add_words(struct fw_arena *arena, fw_nft_rule_vec *out,
		     const struct fw_typed_rule *line, bool mirror)
{
	const char *text = words_text(arena, line->words, line->n_words,
				      mirror);

	return text ? fw_nft_rule_add(arena, out, "%s accept", text) : -ENOMEM;
}

/* A line about IPv6 has no place in a table of family ip, and so on. */
bool fw_management_fits(const struct fw_typed_rule *line, const char *family)
{
	static const struct {
		const char *family;
		const struct fw_interval *l3;
	} only[] = {
		{ "ip", is_ip }, { "ip6", is_ip6 }, { "arp", is_arp },
	};

	for (size_t f = 0; f < FW_ARRAY_SIZE(only); f++) {
		const struct fw_match family_match = {
			FW_FIELD_L3, only[f].l3, 1,
		};

		if (strcmp(only[f].family, family) != 0)
			continue;
		/* Nothing but a device in it: ARP is implied anyway. */
		if (only[f].l3 == is_arp)
			return false;
		for (size_t i = 0; i < line->n_parts; i++)
			if (fw_matches_disjoint(line->parts[i].matches,
						line->parts[i].n_matches,
						&family_match, 1))
				return false;
	}
	return true;
}

static int add_lines(const struct fw_typed *typed, struct fw_arena *arena,
		     const char *family, const struct fw_management_sides *sides,
		     fw_nft_rule_vec *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < typed->n_management; i++) {
		const struct fw_typed_rule *line = &typed->management[i];
		bool device = iif_of(line) != NULL;

		if (!fw_management_fits(line, family))
			continue;
		if (sides->in || !device)
			r = add_words(arena, out, line, false);
		if (r == 0 && (sides->out || !device))
			r = add_words(arena, out, line, true);
	}
	return r;
}

/* --- nft: what is implied ------------------------------------------------- */
/* One matching of devices: "iifname \"mgmt\" ", or "" for all. */
typedef FW_VEC(const char *) scope_vec;

static int collect_scopes(const struct fw_typed *typed, struct fw_arena *arena,
			  bool mirror, scope_vec *ret)
{
	for (size_t i = 0; i < typed->n_management; i++) {
		const struct fw_part *iif = iif_of(&typed->management[i]);
		const char **scope;
		char *text;
		bool known = false;

		if (!iif) {
			ret->n = 0;	/* all devices; nothing to add */
			scope = fw_vec_push(arena, ret);
			if (!scope)
				return -ENOMEM;
			*scope = "";
			return 0;
		}
		text = words_text(arena, iif->words, iif->n_words, mirror);
		text = text ? fw_arena_printf(arena, "%s ", text) : NULL;
		if (!text)
			return -ENOMEM;
		for (size_t k = 0; k < ret->n; k++)
			known |= strcmp(ret->items[k], text) == 0;
		if (known)
			continue;
		scope = fw_vec_push(arena, ret);
		if (!scope)
			return -ENOMEM;
		*scope = text;
	}
	return 0;
}

/* Which matches a family's chains take beside its own protocol. */
static bool is_one_of(const char *family, const char *list)
{
	size_t len = strlen(family);

	for (const char *at = list; (at = strstr(at, family)); at += len)
		if ((at == list || at[-1] == ' ') &&
		    (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

static int add_scope(struct fw_arena *arena, const char *scope,
		     const char *family, enum fw_hook hook,
		     const struct fw_management_sides *sides, fw_nft_rule_vec *out)
{
	int r = 0;

	if (hook == FW_HOOK_INGRESS) {
		for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(implied_ingress);
		     i++)
			r = fw_nft_rule_add(arena, out, "%s%s accept", scope,
					    implied_ingress[i].text);
		return r;
	}
	if (strcmp(family, "arp") == 0)
		return fw_nft_rule_add(arena, out, "%saccept", scope);
	if (sides->local && is_one_of(family, "netdev bridge"))
		r = fw_nft_rule_add(arena, out, "%smeta protocol arp accept",
				    scope);
	if (r == 0 && sides->local &&
	    is_one_of(family, "ip6 inet netdev bridge"))
		r = fw_nft_rule_add(arena, out, "%sicmpv6 type "
				    "{ 130-136, 143 } accept", scope);
	if (r == 0 && sides->conntrack && is_one_of(family, "ip inet"))
		r = fw_nft_rule_add(arena, out, "%smeta l4proto " FW_NFT_ICMP " "
				    "ct state related accept", scope);
	if (r == 0 && sides->conntrack && is_one_of(family, "ip6 inet"))
		r = fw_nft_rule_add(arena, out, "%smeta l4proto " FW_NFT_ICMPV6 " "
				    "ct state related accept", scope);
	return r;
}

int fw_management_rules(const struct fw_typed *typed, struct fw_arena *arena,
			const char *family, enum fw_hook hook,
			fw_nft_rule_vec *ret)
{
	const struct fw_management_sides sides = fw_management_sides(hook);
	scope_vec in = { 0 }, out = { 0 };
	int r = add_lines(typed, arena, family, &sides, ret);

	if (r == 0 && sides.in)
		r = collect_scopes(typed, arena, false, &in);
	if (r == 0 && sides.out)
		r = collect_scopes(typed, arena, true, &out);
	for (size_t i = 0; r == 0 && i < in.n; i++)
		r = add_scope(arena, in.items[i], family, hook, &sides, ret);
	/* Without a device both sides would say the same. */
	for (size_t i = 0; r == 0 && i < out.n; i++)
		if (in.n == 0 || *out.items[i])
			r = add_scope(arena, out.items[i], family, hook,
				      &sides, ret);
	return r;
}
