/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: random numbers. Out: a ruleset. What it says may contradict itself (then
 * both sides refuse it), but is well formed. May fail: no; a text that does not
 * fit ends the test.
 */
#include "tests/net/oracle_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/net/oracle_words.h"

/* --- rules ---------------------------------------------------------------- */
static void counter(struct text *t, bool *had, uint32_t percent)
{
	if (*had || t->wish->merged || !often(t, percent))
		return;
	text_both(t, t->named && often(t, 40) ? "counter name k " : "counter ");
	*had = true;
}

/* So slow that only the burst passes, and as much of it on both sides. */
static void limit(struct text *t)
{
	static const char *const limits[] = {
		"1/day burst 3 packets", "over 1/week burst 7 packets",
		"over 2/day", "1 bytes/day burst 150 bytes",
		"over 3 bytes/hour burst 1 kbytes", "1000000/second",
	};

	if (!t->wish->merged && often(t, 12))
		text_both(t, "limit rate %s ", PICK(t, limits));
}

/* Sources that the frames have several of; no set of another rule's. */
static const struct text_meter {
	const char *type, *key, *l3, *l4;
} meters[] = {
	{ "ipv4_addr", "ip saddr", "ip", NULL },
	{ "ipv4_addr", "ip saddr & 255.255.255.252", "ip", NULL },
	{ "ipv6_addr", "ip6 saddr", "ip6", NULL },
	{ "ipv6_addr", "ip6 saddr & ffff:ffff:ffff:ffff::", "ip6", NULL },
	{ "ipv4_addr . inet_service", "ip saddr . tcp dport", "ip", "tcp" },
	{ "ipv6_addr . inet_service", "ip6 saddr . udp dport", "ip6", "udp" },
};

static void meter(struct text *t)
{
	const struct text_meter *m = t->meter;

	if (!m || t->wish->merged || !often(t, 40) ||
	    !text_agree(t, &t->l3, m->l3) || !text_agree(t, &t->l4, m->l4))
		return;
	text_both(t, "%s @m { %s limit rate %s } ", often(t, 50) ? "add" : "update",
	     m->key, often(t, 50) ? "over 1/week burst 1 packets" :
				    "1/day burst 2 packets");
	t->out->transport |= m->l4 != NULL;
	if (often(t, 90))
		t->meter = NULL;	/* else another rule asks the set too */
}

static bool verdict_map(struct text *t)
{
	static const struct text_form maps[] = {
		{ "tcp dport vmap { 22 : accept, 80 : drop }", NULL, "tcp",
		  false },
		{ "ip saddr vmap { 10.0.0.0/30 : drop, 10.1.0.8-10.1.0.11 : "
		  "accept }", "ip", NULL, false },
		{ "meta l4proto vmap { tcp : accept, icmp : drop }", NULL, NULL,
		  false },
		{ "meta l4proto vmap { tcp : return, udp : continue, sctp : drop "
		  "}", NULL, NULL, false },
		{ "ip6 daddr vmap { 2001:db8::/123 : drop, * : accept }", "ip6",
		  NULL, false },
		{ "ip saddr . udp dport vmap { 10.0.0.0/28 . 53 : drop, "
		  "10.0.0.0/24 . 0-52 : continue, 10.1.0.8 . 80 : accept }",
		  "ip", "udp", false },
		/* those that jump */
		{ "tcp dport vmap { 22 : jump r, 80 : goto r, 443 : jump r, "
		  "1021-1024 : drop }", NULL, "tcp", false },
		{ "ip6 saddr . meta l4proto vmap { 2001:db8::1 . tcp : jump r, "
		  "2001:db8::/124 . udp : goto r }", "ip6", NULL, false },
		{ "ip ttl vmap { 1-63 : drop, 64 : jump r, * : goto r }", "ip",
		  NULL, false },
	};
	const size_t jumping = 3;
	const struct text_form *form = &PICK(t, maps);

	if (form >= maps + FW_ARRAY_SIZE(maps) - jumping &&
	    (!t->has_regular || t->regular))
		return false;
	if (!often(t, 12) || !text_agree(t, &t->l3, form->l3) ||
	    !text_agree(t, &t->l4, form->l4))
		return false;
	text_both(t, "%s", form->text);
	t->out->transport = true;
	return true;
}

static void verdict(struct text *t)
{
	uint32_t n = below(t, 20);

	if (n < 8)
		text_both(t, "accept");
	else if (n < 14)
		text_both(t, "drop");
	else if (n < 16 && t->has_regular && !t->regular)
		text_both(t, "%s r", often(t, 60) ? "jump" : "goto");
	else if (n < 17 && (t->regular || often(t, 30)))
		text_both(t, "return");
}

static void rule(struct text *t)
{
	bool counted = false;
	uint32_t n = 1 + (often(t, 40) ? 1 + below(t, 2) : 0);

	t->l3 = t->l4 = NULL;
	text_both(t, "\t\t");
	while (n--) {
		counter(t, &counted, 8);
		text_match(t);
		text_both(t, " ");
	}
	if (!verdict_map(t)) {
		meter(t);
		limit(t);
		counter(t, &counted, 50);
		verdict(t);
	}
	text_both(t, "\n");
}

/* --- tables --------------------------------------------------------------- */
/* A file has a line each, nft has its elements in the text. */
static void element_file(struct text *t, enum text_type type)
{
	size_t from = t->twin, ours_from = t->ours;
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%u-%u", t->wish->folder,
		       t->wish->slot, t->n_files++);
	file = fopen(path, "we");
	if (!file)
		abort();
	text_twin(t, "elements = { ");
	text_elements(t, type);
	t->ours = ours_from;
	t->out->ours[t->ours] = '\0';
	for (const char *p = t->out->twin + from + strlen("elements = { "); *p; p++)
		(void)fputc(*p == ',' ? '\n' : *p, file);
	(void)fputc('\n', file);
	if (fclose(file))
		abort();
	text_twin(t, " }");
	text_ours(t, "file \"%s\"", path);
}

static void sets(struct text *t)
{
	static const char *const types[TEXT_TYPES] = { "ipv4_addr", "ipv6_addr",
						  "inet_service", "inet_proto" };

	for (enum text_type type = 0; type < TEXT_TYPES; type++) {
		t->sets[type] = often(t, 45);
		if (!t->sets[type])
			continue;
		text_both(t, "\tset s%u {\n\t\ttype %s\n%s", type, types[type],
		     type == PROTO ? "" : "\t\tflags interval\n");
		text_both(t, "%s\t\t", type != PROTO && often(t, 30) ? "\t\tauto-merge\n"
								: "");
		if (type < PROTO && often(t, 30)) {
			element_file(t, type);
		} else {
			text_both(t, "elements = { ");
			text_elements(t, type);
			text_both(t, " }");
		}
		text_both(t, "\n\t}\n");
	}
}

/* A set for one meter of the table. */
static void meter_set(struct text *t)
{
	t->meter = often(t, 30) ? &PICK(t, meters) : NULL;
	if (t->meter)
		text_both(t, "\tset m {\n\t\ttype %s\n\t\tflags dynamic\n\t}\n",
		     t->meter->type);
}

/* One that several rules of the table count by, on whatever layer. */
static void named_counter(struct text *t)
{
	t->named = often(t, 30);
	if (t->named)
		text_both(t, "\tcounter k {\n\t}\n");
}

static void rules(struct text *t, uint32_t most)
{
	for (uint32_t n = 1 + below(t, most); n; n--)
		rule(t);
}

static void base_chain(struct text *t, char chain, int priority)
{
	text_both(t, "\tchain %c {\n\t\ttype filter hook ingress device \"", chain);
	text_name(t, '0');
	text_both(t, "\" priority %d; policy %s;\n\t\tip saddr 10.255.255.255 accept\n",
	     priority, often(t, 65) ? "accept" : "drop");
	if (often(t, 95))
		rules(t, 7);
	text_both(t, "\t}\n");
}

static void table(struct text *t, char last, int priority)
{
	text_both(t, "table %s ", often(t, 75) ? "netdev" : "inet");
	text_name(t, last);
	text_both(t, " {\n");
	sets(t);
	meter_set(t);
	named_counter(t);
	t->has_regular = often(t, 45);
	if (t->has_regular) {
		text_both(t, "\tchain r {\n");
		t->regular = true;
		rules(t, 3);
		t->regular = false;
		text_both(t, "\t}\n");
	}
	base_chain(t, 'c', priority);
	if (often(t, 10))
		base_chain(t, 'd', priority + 5);
	text_both(t, "}\n");
}

void oracle_ruleset(struct rng *rng, const struct oracle_wish *wish,
		    struct oracle_ruleset *ret)
{
	struct text t = { .rng = rng, .wish = wish, .out = ret };

	ret->transport = false;
	ret->ours[0] = ret->twin[0] = '\0';
	table(&t, 'a', 0);
	if (often(&t, 15))
		table(&t, 'b', often(&t, 50) ? 10 : -10);
}
