/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Flywall takes a match for, against nft's own bytecode for it: for each
 * row of the vocabulary, in several families and forms, packets at the borders
 * of the typed values are judged by both. nft says what it would load; nothing
 * is loaded.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/net/bytecode.h"
#include "tests/unit/typed_text.h"
#include "util/cleanup.h"

#define PACKETS 400

static const struct {
	const char *families;	/* by their first letters: netdev, inet, ip (4),
				   ip6 (6), bridge, arp */
	const char *rule;
} rules[] = {
	{ "nib4", "ip saddr 10.0.0.0/8" },
	{ "n", "ip daddr != { 10.0.0.1, 10.0.0.5-10.0.0.9 }" },
	{ "n", "ip saddr & 255.255.255.0 == 10.1.2.0" },
	{ "n4", "ip protocol { tcp, 200 }" },
	{ "ni4", "ip length > 500" },
	{ "n", "ip id 5" },
	{ "n", "ip frag-off & 0x1fff != 0" },
	{ "n", "ip frag-off 1-5" },
	{ "n4", "ip ttl < 3" },
	{ "n4", "ip dscp { cs1, ef }" },
	{ "n", "ip dscp > 5" },
	{ "n4", "ip ecn != ce" },
	{ "nib6", "ip6 saddr 2001:db8::/32" },
	{ "n", "ip6 daddr { ::1, fe80::/10 }" },
	{ "n6", "ip6 nexthdr != udp" },
	{ "n6", "ip6 length 0-60" },
	{ "n6", "ip6 hoplimit 255" },
	{ "n6", "ip6 dscp af11" },
	{ "n6", "ip6 ecn { ect0, ect1 }" },
	{ "n6", "ip6 flowlabel 5-9" },
	{ "ni6b", "exthdr frag exists" },
	{ "n", "exthdr frag != exists" },
	{ "nib46", "tcp dport { 22, 80-90 }" },
	{ "n", "tcp sport != 5-9" },
	{ "n", "udp dport >= 1024" },
	{ "n", "sctp sport 1" },
	{ "n", "dccp dport 1" },
	{ "n", "udplite dport 1" },
	{ "ni", "th dport { 22, 53 }" },
	{ "n", "th sport > 5" },
	{ "ni", "meta l4proto { tcp, udp } th dport 53" },
	{ "ni", "tcp flags syn / syn,ack" },
	{ "n", "tcp flags & (fin | rst) != 0" },
	{ "n", "tcp window < 10" },
	{ "n", "udp length 8-20" },
	{ "nib46", "icmp type { echo-request, 13-15 }" },
	{ "n", "icmp code 3" },
	{ "nib46", "icmp id 4" },
	{ "n", "icmp type echo-reply icmp sequence 1-5" },
	{ "nib46", "icmpv6 type { 133-136, 143 }" },
	{ "n", "icmpv6 sequence > 5" },
	{ "nib46a", "ether type { arp, 0x88cc }" },
	{ "nb", "ether saddr 00:11:22:33:44:55" },
	{ "n", "ether daddr > 00:11:22:33:44:55" },
	{ "n", "ether daddr 01:00:5e:00:00:00/25" },
	{ "nib46a", "vlan id 5-9" },
	{ "n", "vlan pcp { 3, 5 }" },
	{ "n", "vlan dei 1" },
	{ "nb", "vlan type ip6" },
	{ "nb", "vlan id 5 ip saddr 10.0.0.1" },
	{ "nb", "ether saddr 00:11:22:33:44:55 ip ttl 5" },
	{ "n", "ether type ip ip ttl 5" },
	{ "nba", "arp operation { request, reply }" },
	{ "na", "arp saddr ip 10.0.0.0/8" },
	{ "na", "arp daddr ether ff:ff:ff:ff:ff:ff" },
	{ "ni46", "meta l4proto 1-17" },
	{ "nb", "meta protocol { ip, arp }" },
	{ "n", "meta protocol != ip6" },
	{ "n", "meta protocol > 0x800" },
	{ "i", "meta nfproto ipv6" },
	{ "ni", "meta length 60-1500" },
	{ "n", "meta pkttype { broadcast, multicast }" },
	{ "n", "meta mark { 1, 5-9 }" },
	{ "n", "meta mark & 0xff000000 != 0x01000000" },
	{ "n", "skuid 1000-2000" },
	{ "n", "skgid != 5" },
	{ "n", "iiftype ether" },
	{ "i4", "ct state established,related" },
	{ "i", "ct state != established" },
	{ "i", "ct state ! new" },
	{ "i", "ct state { new, untracked }" },
	{ "i", "ct state & (new | related) == new" },
	{ "i", "ct status dnat" },
	{ "i", "ct direction reply" },
	{ "i", "ct mark != 5-9" },
};

static const char *family_of(char letter, const char **ret_hook)
{
	*ret_hook = letter == 'n' ? "ingress device \"lo\"" : "input";
	switch (letter) {
	case 'n': return "netdev";
	case 'i': return "inet";
	case '4': return "ip";
	case '6': return "ip6";
	case 'b': return "bridge";
	default: return "arp";
	}
}

/* --- nft ------------------------------------------------------------------ */
static void ask_nft(char letter, const char *rule, char *ret, size_t size)
{
	const char *hook, *family = family_of(letter, &hook);
	char path[] = "/tmp/flywall-bytecode-XXXXXX", command[128];
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w"), *out;
	size_t n;

	assert_non_null(file);
	(void)fprintf(file, "table %s t {\nchain c {\ntype filter hook %s "
		      "priority 0;\n%s\n}\n}\n", family, hook, rule);
	assert_int_equal(fclose(file), 0);
	(void)snprintf(command, sizeof(command),
		       "nft --debug=netlink -c -f %s 2>&1", path);
	out = popen(command, "r");
	assert_non_null(out);
	n = fread(ret, 1, size - 1, out);
	ret[n] = '\0';
	(void)pclose(out);
	(void)unlink(path);
}

/* --- packets -------------------------------------------------------------- */
struct typed_packet {
	fw_u128 value[FW_FIELD_ALL_MAX_];
};

static uint64_t state = 88172645463325252u;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A border of one of the intervals, what lies beside it, or anything. */
static fw_u128 pick(const struct fw_match *match)
{
	fw_u128 max = fw_field_max(match->field), value;
	const struct fw_interval *i =
		match->n_intervals ?
		&match->intervals[any() % match->n_intervals] : NULL;

	switch (i ? any() % 8 : 7) {
	case 0: case 1: value = i->lo; break;
	case 2: case 3: value = i->hi; break;
	case 4: value = i->lo + (any() % 16 ? 0 : 1); break;
	case 5: value = i->lo - 1; break;
	case 6: value = i->hi + 1; break;
	default: value = (fw_u128)any() << 64 | any(); break;
	}
	return value & max;
}

static void fill(const struct fw_typed_rule *rule, struct typed_packet *p)
{
	static const unsigned states[] = { 1, 2, 4, 8, 64 };
	static const unsigned ethers[] = { 0x88cc, 0x0800, 0x86dd, 0x0806 };
	bool protocol = false;

	for (int f = 0; f < FW_FIELD_ALL_MAX_; f++)
		p->value[f] = ((fw_u128)any() << 64 | any()) &
			      fw_field_max((enum fw_field)f);
	p->value[FW_FIELD_L3] = any() % 4;
	for (size_t i = 0; i < rule->n_parts; i++)
		for (size_t k = 0; k < rule->parts[i].n_matches; k++) {
			const struct fw_match *m = &rule->parts[i].matches[k];

			p->value[m->field] = pick(m);
			protocol = protocol || m->field == FW_FIELD_PROTOCOL;
		}
	p->value[FW_FIELD_CT_STATE] = states[any() % 5];
	/* These are two views of the same bytes. */
	if (!protocol)
		p->value[FW_FIELD_PROTOCOL] = ethers[p->value[FW_FIELD_L3]];
	if (p->value[FW_FIELD_TH_SPORT] != p->value[FW_FIELD_SPORT])
		p->value[FW_FIELD_SPORT] = any() % 2 ?
			p->value[FW_FIELD_SPORT] : p->value[FW_FIELD_TH_SPORT];
	p->value[FW_FIELD_TH_SPORT] = p->value[FW_FIELD_SPORT];
	p->value[FW_FIELD_DPORT] = any() % 2 ?
		p->value[FW_FIELD_DPORT] : p->value[FW_FIELD_TH_DPORT];
	p->value[FW_FIELD_TH_DPORT] = p->value[FW_FIELD_DPORT];
}

static void big(uint8_t *to, fw_u128 value, size_t n)
{
	while (n--) {
		to[n] = (uint8_t)value;
		value >>= 8;
	}
}

#define V(name) (p->value[FW_FIELD_##name])

static void write_link(const struct typed_packet *p, uint8_t *link)
{
	big(link, V(ETHER_DADDR), 6);
	big(link + 6, V(ETHER_SADDR), 6);
	big(link + 12, V(ETHER_TYPE), 2);
	big(link + 14, V(VLAN_PCP) << 13 | V(VLAN_DEI) << 12 | V(VLAN_ID), 2);
	big(link + 16, V(VLAN_TYPE), 2);
}

static void write_network(const struct typed_packet *p, const char *rule,
			  uint8_t *to)
{
	if (strstr(rule, "arp ")) {
		big(to + 6, V(ARP_OPERATION), 2);
		big(to + 8, V(ARP_SADDR), 6);
		big(to + 14, V(ARP_SADDR4), 4);
		big(to + 18, V(ARP_DADDR), 6);
		big(to + 24, V(ARP_DADDR4), 4);
	} else if (strstr(rule, "ip6 ")) {
		big(to, (fw_u128)6 << 28 | V(DSCP) << 22 | V(ECN) << 20 |
		    V(FLOWLABEL), 4);
		big(to + 4, V(IP_LENGTH), 2);
		to[6] = (uint8_t)V(NEXTHDR);
		to[7] = (uint8_t)V(TTL);
		big(to + 8, V(SADDR6), 16);
		big(to + 24, V(DADDR6), 16);
	} else {
		to[0] = 0x45;
		to[1] = (uint8_t)(V(DSCP) << 2 | V(ECN));
		big(to + 2, V(IP_LENGTH), 2);
		big(to + 4, V(IP_ID), 2);
		big(to + 6, V(FRAG_OFF), 2);
		to[8] = (uint8_t)V(TTL);
		to[9] = (uint8_t)V(NEXTHDR);
		big(to + 12, V(SADDR4), 4);
		big(to + 16, V(DADDR4), 4);
	}
}

static void write_transport(const struct typed_packet *p, const char *rule,
			    uint8_t *to)
{
	if (strstr(rule, "icmp")) {
		to[0] = (uint8_t)V(ICMP_TYPE);
		to[1] = (uint8_t)V(ICMP_CODE);
		big(to + 4, V(ICMP_ID), 2);
		big(to + 6, V(ICMP_SEQUENCE), 2);
		return;
	}
	big(to, V(SPORT), 2);
	big(to + 2, V(DPORT), 2);
	big(to + 4, V(UDP_LENGTH), 2);
	to[13] = (uint8_t)V(TCP_FLAGS);
	big(to + 14, V(TCP_WINDOW), 2);
}

static void write_packet(const struct typed_packet *p, const char *rule,
			 struct bytecode_packet *ret)
{
	static const uint8_t nfprotos[] = { 0, 2, 10, 3 };

	*ret = (struct bytecode_packet){
		.nfproto = strstr(rule, "nfproto") ? (uint8_t)V(NFPROTO) :
						     nfprotos[V(L3)],
		.l4proto = (uint8_t)V(L4PROTO),
		.pkttype = (uint8_t)V(PKTTYPE),
		.direction = (uint8_t)V(CT_DIRECTION),
		.frag = (uint8_t)V(FRAG),
		.iiftype = (uint16_t)V(IIFTYPE),
		.length = (uint32_t)V(LENGTH),
		.mark = (uint32_t)V(MARK),
		.skuid = (uint32_t)V(SKUID),
		.skgid = (uint32_t)V(SKGID),
		.ct_state = (uint32_t)V(CT_STATE),
		.ct_status = (uint32_t)V(CT_STATUS),
		.ct_mark = (uint32_t)V(CT_MARK),
	};
	big(ret->protocol, V(PROTOCOL), 2);
	write_link(p, ret->link);
	write_network(p, rule, ret->network);
	write_transport(p, rule, ret->transport);
}

/* --- both ----------------------------------------------------------------- */
static bool holds(const struct fw_match *match, fw_u128 value)
{
	for (size_t i = 0; i < match->n_intervals; i++)
		if (match->intervals[i].lo <= value &&
		    value <= match->intervals[i].hi)
			return true;
	return false;
}

static bool typed_run(const struct fw_typed_rule *rule,
		      const struct typed_packet *p)
{
	for (size_t i = 0; i < rule->n_parts; i++)
		for (size_t k = 0; k < rule->parts[i].n_matches; k++) {
			const struct fw_match *m = &rule->parts[i].matches[k];

			if (!holds(m, p->value[m->field]))
				return false;
		}
	return true;
}

static const struct fw_typed_rule *only_rule(const struct typed_text *t)
{
	const struct fw_typed_table *table = &t->typed->tables[0];
	const struct fw_typed_chain *chain = &table->chains[table->n_chains - 1];

	assert_int_equal(chain->n_rules, 1);
	for (size_t i = 0; i < chain->rules[0].n_parts; i++)
		assert_int_equal(chain->rules[0].parts[i].kind, FW_PART_MATCH);
	return &chain->rules[0];
}

static void compare(char letter, const char *rule)
{
	const char *hook, *family = family_of(letter, &hook);
	size_t matched = 0;
	struct typed_text t;
	char text[16384], why[128];

	ask_nft(letter, rule, text, sizeof(text));
	typed_text_rule_in(&t, family, rule);
	if (*typed_text_error(&t))
		fail_msg("%s %s: %s", family, rule, t.diags.items[0].text);
	for (size_t i = 0; i < PACKETS; i++) {
		struct bytecode_packet packet;
		struct typed_packet typed;
		bool ours;
		int nft;

		fill(only_rule(&t), &typed);
		write_packet(&typed, rule, &packet);
		ours = typed_run(only_rule(&t), &typed);
		nft = bytecode_run(text, &packet, why);
		if (nft < 0)
			fail_msg("%s %s: unknown: %s\n%s", family, rule, why,
				 text);
		if (ours != nft)
			fail_msg("%s %s: %s, but nft says %s: %s\n%s", family,
				 rule, ours ? "yes" : "no", nft ? "yes" : "no",
				 typed_text_parts(&t), text);
		matched += ours;
	}
	/* Else the packets would prove nothing. */
	if (!matched || matched == PACKETS)
		fail_msg("%s %s: %zu packets match", family, rule, matched);
	typed_text_close(&t);
}

static void as_nft(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < FW_ARRAY_SIZE(rules); i++)
		for (const char *f = rules[i].families; *f; f++)
			compare(*f, rules[i].rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_nft) };

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		(void)fputs("needs a network namespace\n", stderr);
		return 77;
	}
	if (system("nft -c 'add table t' 2>/dev/null")) {
		(void)fputs("needs nft\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
