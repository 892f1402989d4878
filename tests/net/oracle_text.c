/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: random numbers. Out: a ruleset. What it says may contradict itself (then
 * both sides refuse it), but is well formed. May fail: no; a text that does not
 * fit ends the test.
 *
 * Addresses, ports and bytes come from small pools, so that packets meet them;
 * elements of one set from slots that do not overlap, since nft would refuse
 * them.
 */
#include "tests/net/oracle_text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define SLOTS 8

enum type { IP4, IP6, PORT, PROTO, TYPES };

struct text {
	struct rng *rng;
	const struct oracle_wish *wish;
	struct oracle_ruleset *out;
	size_t ours, twin;
	bool sets[TYPES];	/* declared in the present table */
	unsigned n_files;
	bool regular;		/* inside a regular chain */
	bool has_regular;	/* the table has one to jump to */
	const struct meter *meter;	/* of the present table, or NULL */
	/* what the present rule is about, or NULL: nft refuses a rule that
	 * contradicts itself in these */
	const char *l3, *l4;
};

static void add(char *buffer, size_t *len, const char *format, va_list ap)
{
	int n = vsnprintf(buffer + *len, ORACLE_TEXT_MAX - *len, format, ap);

	if (n < 0 || *len + (size_t)n >= ORACLE_TEXT_MAX)
		abort();
	*len += (size_t)n;
}

#define PRINTF_LIKE __attribute__((format(printf, 2, 3)))

static void PRINTF_LIKE ours(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(t->out->ours, &t->ours, format, ap);
	va_end(ap);
}

static void PRINTF_LIKE twin(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(t->out->twin, &t->twin, format, ap);
	va_end(ap);
}

static void PRINTF_LIKE both(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(t->out->ours, &t->ours, format, ap);
	va_end(ap);
	va_start(ap, format);
	add(t->out->twin, &t->twin, format, ap);
	va_end(ap);
}

static uint32_t below(struct text *t, uint32_t n)
{
	return rng_below(t->rng, n);
}

static bool often(struct text *t, uint32_t percent)
{
	return rng_percent(t->rng, percent);
}

#define PICK(t, words) ((words)[below(t, FW_ARRAY_SIZE(words))])

/* The device's and the tables' names, in either spelling. */
static void name(struct text *t, char last)
{
	ours(t, "x%02u%c", t->wish->slot, last);
	twin(t, "y%02u%c", t->wish->slot, last);
}

/* --- values --------------------------------------------------------------- */
static const uint16_t ports[SLOTS] = { 0, 22, 53, 80, 443, 1021, 65530, 3000 };
static const uint8_t bytes[SLOTS] = { 0, 1, 3, 8, 60, 128, 135, 250 };
static const char *const protocols[SLOTS] = { "tcp", "udp",  "icmp", "ipv6-icmp",
					      "sctp", "dccp", "udplite", "esp" };

/* The values of a slot; how = 0 one of them, 1 a range, 2 a prefix. */
static void value(struct text *t, enum type type, unsigned slot, unsigned how)
{
	unsigned first = slot * 8, within = below(t, 4);

	switch (type) {
	case IP4:
		both(t, "10.%u.0.%u", slot & 1, first + (how == 2 ? 0 : within));
		if (how == 1)
			both(t, "-10.%u.0.%u", slot & 1, first + within + 3);
		else if (how == 2)
			both(t, "/%u", 29 + below(t, 3));
		break;
	case IP6:
		both(t, "2001:db8::%x", first + (how == 2 ? 0 : within));
		if (how == 1)
			both(t, "-2001:db8::%x", first + within + 3);
		else if (how == 2)
			both(t, "/%u", 125 + below(t, 3));
		break;
	case PORT:
		both(t, "%u", ports[slot]);
		if (how)
			both(t, "-%u", ports[slot] + 1 + within);
		break;
	default:
		both(t, "%s", protocols[slot]);
	}
}

static void elements(struct text *t, enum type type)
{
	unsigned mask = 1 + below(t, 255);
	const char *gap = "";

	for (unsigned slot = 0; slot < SLOTS; slot++) {
		if (!(mask >> slot & 1))
			continue;
		both(t, "%s", gap);
		value(t, type, slot, below(t, 3));
		gap = ", ";
	}
}

static void operand(struct text *t, enum type type)
{
	switch (below(t, 5)) {
	case 0:
		both(t, "{ ");
		elements(t, type);
		both(t, " }");
		break;
	case 1:
		if (t->sets[type]) {
			both(t, "@s%u", type);
			break;
		}
		/* fall through */
	default:
		value(t, type, below(t, SLOTS), below(t, 3));
	}
}

static void byte_operand(struct text *t)
{
	switch (below(t, 3)) {
	case 0:
		both(t, "%u-%u", bytes[below(t, 4)], 100 + below(t, 100));
		break;
	case 1:
		both(t, "{ 0, %u, 128-%u }", 1 + below(t, 100), 129 + below(t, 50));
		break;
	default:
		both(t, "%u", PICK(t, bytes));
	}
}

/* --- matches -------------------------------------------------------------- */
static void flags(struct text *t)
{
	static const char *const forms[] = {
		"syn", "== syn", "!= 0x12", "& (syn|ack) == syn",
		"& (fin|syn|rst|ack) != syn", "{ syn, ack }", "0x10", "! syn,rst",
		"& 0xf0 == 0", "== fin|syn|rst|psh|ack|urg|ecn|cwr",
		"syn / syn,ack", "fin,syn / fin,syn,rst", "!= syn / syn,rst,ack",
		"(fin|syn)", "& syn != 0", "!= syn,ack",
	};

	both(t, "tcp flags %s", PICK(t, forms));
}

/* May a match that needs the protocol stand here? Then it is the rule's. Now and
 * then in any case. */
static bool agree(struct text *t, const char **has, const char *wants)
{
	if (wants && *has && strcmp(*has, wants) && !often(t, 1))
		return false;
	if (wants)
		*has = wants;
	return true;
}

/* What has no table of its own in XDP, and what no program tests, so that chains
 * are split. */
static const struct form {
	const char *text, *l3, *l4;
	bool measures;		/* what offloads change */
} others[] = {
	{ "ip ttl 64", "ip", NULL, false },
	{ "ip6 hoplimit 64", "ip6", NULL, false },
	{ "ip dscp cs0", "ip", NULL, false },
	{ "ip6 dscp != cs1", "ip6", NULL, false },
	{ "ip id 0", "ip", NULL, true },
	{ "ip version 4", "ip", NULL, false },
	{ "ip ttl != { 1, 64-70, 200 }", "ip", NULL, false },
	{ "ip dscp { af11, cs1, 0 }", "ip", NULL, false },
	{ "ip ecn 1-2", "ip", NULL, false },
	{ "arp operation 0-300", "arp", NULL, false },
	{ "arp saddr ip != 10.0.0.0/8", "arp", NULL, false },
	{ "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00", NULL, NULL,
	  false },
	{ "ether saddr 00:00:00:00:00:00-7f:ff:ff:ff:ff:ff", NULL, NULL, false },
	{ "ether type != ip6", NULL, NULL, false },
	{ "icmp sequence > 1000", "ip", "icmp", false },
	{ "icmpv6 id != 0", "ip6", "ipv6-icmp", false },
	{ "th sport 0-1023", NULL, NULL, false },
	{ "ip frag-off & 0x1fff != 0", "ip", NULL, false },
	{ "ip hdrlength 5", "ip", NULL, false },
	{ "ip6 flowlabel 0", "ip6", NULL, false },
	{ "ip saddr & 255.255.255.3 == 10.0.0.1", "ip", NULL, false },
	{ "ip length > 60", "ip", NULL, true },
	{ "ip6 length < 40", "ip6", NULL, true },
	{ "ether type ip", "ip", NULL, false },
	{ "ether type 8021q", "8021q", NULL, false },
	{ "vlan id 1-2000", NULL, NULL, false },
	{ "vlan pcp 0-3", NULL, NULL, false },
	{ "meta mark 0", NULL, NULL, false },
	{ "meta protocol 0x1234-0xabcd", NULL, NULL, false },
	{ "meta pkttype other", NULL, NULL, false },
	{ "meta iiftype ether", NULL, NULL, false },
	{ "meta length 40-80", NULL, NULL, true },
	{ "ether saddr 02:00:00:00:00:00/8", NULL, NULL, false },
	{ "exthdr frag exists", "ip6", NULL, false },
	{ "@nh,0,4 6", NULL, NULL, false },
	{ "@th,0,16 22", NULL, NULL, false },
	{ "th dport 53", NULL, NULL, false },
	{ "tcp window 0-1000", NULL, "tcp", true },
	{ "tcp option maxseg exists", NULL, "tcp", false },
	{ "udp checksum 0", NULL, "udp", true },
	{ "udp length 8-60", NULL, "udp", true },
	{ "icmp id 0-30000", "ip", "icmp", false },
	{ "meta l4proto . th dport { tcp . 80, udp . 53 }", NULL, NULL, false },
	{ "ip saddr . tcp dport { 10.0.0.1 . 22, 10.1.0.9 . 80 }", "ip", "tcp",
	  false },
	{ "ip6 daddr . udp dport { 2001:db8::1 . 53, 2001:db8::9 . 443 }",
	  "ip6", "udp", false },
	{ "ip saddr . tcp dport != { 10.0.0.0/29 . 22, 10.1.0.0/24 . 80 }", "ip",
	  "tcp", false },
	{ "ip saddr . ip daddr . ip ttl { 10.0.0.0/26 . 10.0.0.0/25 . 64 }", "ip",
	  NULL, false },
};

static bool other_match(struct text *t)
{
	const struct form *form = &PICK(t, others);

	if ((form->measures && t->wish->merged) ||
	    !agree(t, &t->l3, form->l3) || !agree(t, &t->l4, form->l4))
		return false;
	both(t, "%s", form->text);
	t->out->transport = true;
	return true;
}

static bool port_match(struct text *t)
{
	static const char *const l4[] = { "tcp", "udp", "tcp", "udp",
					  "sctp", "dccp", "udplite" };
	static const char *const compared[] = { "< 1024", "> 1023", "<= 53",
						">= 443" };
	const char *protocol = PICK(t, l4);

	if (!agree(t, &t->l4, protocol))
		return false;
	both(t, "%s %s ", protocol, often(t, 50) ? "sport" : "dport");
	t->out->transport = true;
	if (often(t, 12)) {
		both(t, "%s", PICK(t, compared));
		return true;
	}
	both(t, "%s", often(t, 20) ? "!= " : "");
	operand(t, PORT);
	return true;
}

static bool address_match(struct text *t)
{
	bool six = often(t, 50);

	if (!agree(t, &t->l3, six ? "ip6" : "ip"))
		return false;
	both(t, "%s %s %s", six ? "ip6" : "ip", often(t, 50) ? "saddr" : "daddr",
	     often(t, 20) ? "!= " : "");
	operand(t, six ? IP6 : IP4);
	return true;
}

static bool icmp_match(struct text *t)
{
	bool six = often(t, 50);

	if (!agree(t, &t->l3, six ? "ip6" : "ip") ||
	    !agree(t, &t->l4, six ? "ipv6-icmp" : "icmp"))
		return false;
	both(t, "%s %s %s", six ? "icmpv6" : "icmp",
	     often(t, 60) ? "type" : "code", often(t, 25) ? "!= " : "");
	byte_operand(t);
	t->out->transport = true;
	return true;
}

static bool protocol_match(struct text *t)
{
	static const char *const l3[] = { "ip", "ip6", "arp", "!= ip",
					  "{ ip, ip6 }", "!= { ip6, arp }" };
	static const char *const odd[] = { "17-58", "!= tcp", "{ 0, 6, 43-60 }",
					   "!= { udp, sctp }", "44", "< 17" };
	uint32_t which = below(t, 4);
	const char *wants = which == 1 ? "ip" : which == 2 ? "ip6" : NULL;

	if ((which == 3 ? t->l3 != NULL : t->l4 != NULL) && !often(t, 3))
		return false;
	if (which == 3) {
		t->l3 = "some";
		both(t, "meta protocol %s", PICK(t, l3));
		return true;
	}
	if (!agree(t, &t->l3, wants))
		return false;
	t->l4 = "some";
	both(t, "%s ", which == 1 ? "ip protocol" : which == 2 ? "ip6 nexthdr" :
								 "meta l4proto");
	if (often(t, 50))
		both(t, "%s", PICK(t, odd));
	else
		operand(t, PROTO);
	return true;
}

static bool flags_match(struct text *t)
{
	if (!agree(t, &t->l4, "tcp"))
		return false;
	flags(t);
	t->out->transport = true;
	return true;
}

static bool device_match(struct text *t)
{
	bool negate = often(t, 30), wild = often(t, 30);

	both(t, "%s %s\"", wild || often(t, 50) ? "iifname" : "iif",
	     negate ? "!= " : "");
	name(t, wild ? '*' : '0');
	both(t, "\"");
	return true;
}

static void match(struct text *t)
{
	static bool (*const kinds[])(struct text *t) = {
		address_match, address_match, address_match, port_match,
		port_match,    port_match,    protocol_match, flags_match,
		icmp_match,    icmp_match,    device_match,   other_match,
	};

	while (!PICK(t, kinds)(t))
		;
}

/* --- rules ---------------------------------------------------------------- */
static void counter(struct text *t, bool *had, uint32_t percent)
{
	if (*had || t->wish->merged || !often(t, percent))
		return;
	both(t, "counter ");
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
		both(t, "limit rate %s ", PICK(t, limits));
}

/* Sources that the frames have several of; no set of another rule's. */
static const struct meter {
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
	const struct meter *m = t->meter;

	if (!m || t->wish->merged || !often(t, 40) ||
	    !agree(t, &t->l3, m->l3) || !agree(t, &t->l4, m->l4))
		return;
	both(t, "%s @m { %s limit rate %s } ", often(t, 50) ? "add" : "update",
	     m->key, often(t, 50) ? "over 1/week burst 1 packets" :
				    "1/day burst 2 packets");
	t->out->transport |= m->l4 != NULL;
	if (often(t, 90))
		t->meter = NULL;	/* else another rule asks the set too */
}

static bool verdict_map(struct text *t)
{
	static const struct form maps[] = {
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
	const struct form *form = &PICK(t, maps);

	if (form >= maps + FW_ARRAY_SIZE(maps) - jumping &&
	    (!t->has_regular || t->regular))
		return false;
	if (!often(t, 12) || !agree(t, &t->l3, form->l3) ||
	    !agree(t, &t->l4, form->l4))
		return false;
	both(t, "%s", form->text);
	t->out->transport = true;
	return true;
}

static void verdict(struct text *t)
{
	uint32_t n = below(t, 20);

	if (n < 8)
		both(t, "accept");
	else if (n < 14)
		both(t, "drop");
	else if (n < 16 && t->has_regular && !t->regular)
		both(t, "%s r", often(t, 60) ? "jump" : "goto");
	else if (n < 17 && (t->regular || often(t, 30)))
		both(t, "return");
}

static void rule(struct text *t)
{
	bool counted = false;
	uint32_t n = 1 + (often(t, 40) ? 1 + below(t, 2) : 0);

	t->l3 = t->l4 = NULL;
	both(t, "\t\t");
	while (n--) {
		counter(t, &counted, 8);
		match(t);
		both(t, " ");
	}
	if (!verdict_map(t)) {
		meter(t);
		limit(t);
		counter(t, &counted, 50);
		verdict(t);
	}
	both(t, "\n");
}

/* --- tables --------------------------------------------------------------- */
/* A file has a line each, nft has its elements in the text. */
static void element_file(struct text *t, enum type type)
{
	size_t from = t->twin, ours_from = t->ours;
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%u-%u", t->wish->folder,
		       t->wish->slot, t->n_files++);
	file = fopen(path, "we");
	if (!file)
		abort();
	twin(t, "elements = { ");
	elements(t, type);
	t->ours = ours_from;
	t->out->ours[t->ours] = '\0';
	for (const char *p = t->out->twin + from + strlen("elements = { "); *p; p++)
		(void)fputc(*p == ',' ? '\n' : *p, file);
	(void)fputc('\n', file);
	if (fclose(file))
		abort();
	twin(t, " }");
	ours(t, "file \"%s\"", path);
}

static void sets(struct text *t)
{
	static const char *const types[TYPES] = { "ipv4_addr", "ipv6_addr",
						  "inet_service", "inet_proto" };

	for (enum type type = 0; type < TYPES; type++) {
		t->sets[type] = often(t, 45);
		if (!t->sets[type])
			continue;
		both(t, "\tset s%u {\n\t\ttype %s\n%s", type, types[type],
		     type == PROTO ? "" : "\t\tflags interval\n");
		both(t, "%s\t\t", type != PROTO && often(t, 30) ? "\t\tauto-merge\n"
								: "");
		if (type < PROTO && often(t, 30)) {
			element_file(t, type);
		} else {
			both(t, "elements = { ");
			elements(t, type);
			both(t, " }");
		}
		both(t, "\n\t}\n");
	}
}

/* A set for one meter of the table. */
static void meter_set(struct text *t)
{
	t->meter = often(t, 30) ? &PICK(t, meters) : NULL;
	if (t->meter)
		both(t, "\tset m {\n\t\ttype %s\n\t\tflags dynamic\n\t}\n",
		     t->meter->type);
}

static void rules(struct text *t, uint32_t most)
{
	for (uint32_t n = 1 + below(t, most); n; n--)
		rule(t);
}

static void base_chain(struct text *t, char chain, int priority)
{
	both(t, "\tchain %c {\n\t\ttype filter hook ingress device \"", chain);
	name(t, '0');
	both(t, "\" priority %d; policy %s;\n\t\tip saddr 10.255.255.255 accept\n",
	     priority, often(t, 65) ? "accept" : "drop");
	if (often(t, 95))
		rules(t, 7);
	both(t, "\t}\n");
}

static void table(struct text *t, char last, int priority)
{
	both(t, "table %s ", often(t, 75) ? "netdev" : "inet");
	name(t, last);
	both(t, " {\n");
	sets(t);
	meter_set(t);
	t->has_regular = often(t, 45);
	if (t->has_regular) {
		both(t, "\tchain r {\n");
		t->regular = true;
		rules(t, 3);
		t->regular = false;
		both(t, "\t}\n");
	}
	base_chain(t, 'c', priority);
	if (often(t, 10))
		base_chain(t, 'd', priority + 5);
	both(t, "}\n");
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
