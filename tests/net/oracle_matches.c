/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: random numbers, what the rule is about. Out: one match. May fail: no.
 */
#include <string.h>

#include "tests/net/oracle_words.h"

static void flags(struct text *t)
{
	static const char *const forms[] = {
		"syn", "== syn", "!= 0x12", "& (syn|ack) == syn",
		"& (fin|syn|rst|ack) != syn", "{ syn, ack }", "0x10", "! syn,rst",
		"& 0xf0 == 0", "== fin|syn|rst|psh|ack|urg|ecn|cwr",
		"syn / syn,ack", "fin,syn / fin,syn,rst", "!= syn / syn,rst,ack",
		"(fin|syn)", "& syn != 0", "!= syn,ack",
	};

	text_both(t, "tcp flags %s", PICK(t, forms));
}

bool text_agree(struct text *t, const char **has, const char *wants)
{
	if (wants && *has && strcmp(*has, wants) && !often(t, 1))
		return false;
	if (wants)
		*has = wants;
	return true;
}

/* What has no table of its own in XDP, and what no program tests, so that chains
 * are split. */
static const struct text_form others[] = {
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
	const struct text_form *form = &PICK(t, others);

	if ((form->measures && t->wish->merged) ||
	    !text_agree(t, &t->l3, form->l3) || !text_agree(t, &t->l4, form->l4))
		return false;
	text_both(t, "%s", form->text);
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

	if (!text_agree(t, &t->l4, protocol))
		return false;
	text_both(t, "%s %s ", protocol, often(t, 50) ? "sport" : "dport");
	t->out->transport = true;
	if (often(t, 12)) {
		text_both(t, "%s", PICK(t, compared));
		return true;
	}
	text_both(t, "%s", often(t, 20) ? "!= " : "");
	text_operand(t, PORT);
	return true;
}

static bool address_match(struct text *t)
{
	bool six = often(t, 50);

	if (!text_agree(t, &t->l3, six ? "ip6" : "ip"))
		return false;
	text_both(t, "%s %s %s", six ? "ip6" : "ip", often(t, 50) ? "saddr" : "daddr",
	     often(t, 20) ? "!= " : "");
	text_operand(t, six ? IP6 : IP4);
	return true;
}

static bool icmp_match(struct text *t)
{
	bool six = often(t, 50);

	if (!text_agree(t, &t->l3, six ? "ip6" : "ip") ||
	    !text_agree(t, &t->l4, six ? "ipv6-icmp" : "icmp"))
		return false;
	text_both(t, "%s %s %s", six ? "icmpv6" : "icmp",
	     often(t, 60) ? "type" : "code", often(t, 25) ? "!= " : "");
	text_byte_operand(t);
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
		text_both(t, "meta protocol %s", PICK(t, l3));
		return true;
	}
	if (!text_agree(t, &t->l3, wants))
		return false;
	t->l4 = "some";
	text_both(t, "%s ", which == 1 ? "ip protocol" : which == 2 ? "ip6 nexthdr" :
								 "meta l4proto");
	if (often(t, 50))
		text_both(t, "%s", PICK(t, odd));
	else
		text_operand(t, PROTO);
	return true;
}

static bool flags_match(struct text *t)
{
	if (!text_agree(t, &t->l4, "tcp"))
		return false;
	flags(t);
	t->out->transport = true;
	return true;
}

static bool device_match(struct text *t)
{
	bool negate = often(t, 30), wild = often(t, 30);

	text_both(t, "%s %s\"", wild || often(t, 50) ? "iifname" : "iif",
	     negate ? "!= " : "");
	text_name(t, wild ? '*' : '0');
	text_both(t, "\"");
	return true;
}

void text_match(struct text *t)
{
	static bool (*const kinds[])(struct text *t) = {
		address_match, address_match, address_match, port_match,
		port_match,    port_match,    protocol_match, flags_match,
		icmp_match,    icmp_match,    device_match,   other_match,
	};

	while (!PICK(t, kinds)(t))
		;
}
