/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules to parts. What nft's netdev hook tests before a field is written down
 * here as `nft --debug=netlink` of 1.0.6 shows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/typed_text.h"

static void is(const char *rule, const char *parts)
{
	struct typed_text t;

	typed_text_rule(&t, rule);
	if (*typed_text_error(&t))
		fail_msg("%s: %s", rule, t.diags.items[0].text);
	if (strcmp(typed_text_parts(&t), parts))
		fail_msg("%s:\n%s\nnot:\n%s", rule, typed_text_parts(&t),
			 parts);
	typed_text_close(&t);
}

static void is_wrong(const char *rule, const char *id)
{
	struct typed_text t;

	typed_text_rule(&t, rule);
	if (strcmp(typed_text_error(&t), id))
		fail_msg("%s: '%s' not '%s'", rule, typed_text_error(&t), id);
	typed_text_close(&t);
}

static void fields_and_what_they_imply(void **state)
{
	(void)state;
	is("ip saddr 10.0.0.1 accept", "match l3 1; saddr4 167772161\naccept");
	is("ip6 daddr ::1", "match l3 2; daddr6 1");
	is("ip protocol udp", "match l3 1; nexthdr 17");
	is("ip6 nexthdr 58", "match l3 2; nexthdr 58");
	is("meta l4proto icmpv6", "match l4proto 58");
	is("meta protocol arp", "match l3 3");
	is("tcp dport ssh", "match l4proto 6; dport 22");
	is("udp sport 53", "match l4proto 17; sport 53");
	is("udplite dport 1", "match l4proto 136; dport 1");
	is("sctp dport 1", "match l4proto 132; dport 1");
	is("dccp sport 1", "match l4proto 33; sport 1");
	is("icmp type echo-request", "match l3 1; l4proto 1; icmp-type 8");
	is("icmpv6 code 4", "match l3 2; l4proto 58; icmp-code 4");
	/* icmp implies IPv4 only where nothing is known of L3. */
	is("ip6 saddr ::1 icmp type 8",
	   "match l3 2; saddr6 1\nmatch l4proto 1; icmp-type 8");
}

static void values_prefixes_ranges_lists(void **state)
{
	(void)state;
	is("ip saddr 10.1.2.3/8", "match l3 1; saddr4 167772160-184549375");
	is("ip saddr 0.0.0.0/0", "match l3 1; saddr4 0-4294967295");
	is("ip6 saddr 2001:db8::/128",
	   "match l3 2; saddr6 0x20010db8000000000000000000000000");
	is("tcp dport 80-90", "match l4proto 6; dport 80-90");
	is("tcp dport { 90, 80-88, 89, http }",
	   "match l4proto 6; dport 80-90");
	is("tcp dport != { 22, 80 }",
	   "match l4proto 6; dport 0-21 23-79 81-65535");
	is("tcp dport != 0-65535", "match l4proto 6; dport");
	is("udp dport >= 1024", "match l4proto 17; dport 1024-65535");
	is("udp dport > 65535", "match l4proto 17; dport");
	is("udp dport lt 1", "match l4proto 17; dport 0");
	is("udp dport < 0", "match l4proto 17; dport");
	is("meta protocol != ip", "match l3 0 2-3");
}

static void named_sets(void **state)
{
	(void)state;
	is("ip saddr @four",
	   "match l3 1; saddr4 167772160-184549375 3221225985");
	is("ip daddr != @four", "match l3 1; daddr4 0-167772159 "
	   "184549376-3221225984 3221225986-4294967295");
	is("tcp sport @ports", "match l4proto 6; sport 22");
	/* Its content is not all here. */
	is("ip saddr @late drop", "raw (set @late) l3 1\ndrop");
	is_wrong("ip saddr @ports", "set-type");
	is_wrong("ip6 saddr @four", "set-type");
	is_wrong("ip saddr @verdicts", "set-type");
	is_wrong("ip saddr @pairs", "set-type");
	is_wrong("ip saddr @fuor", "unknown-set");
	is_wrong("ct state new ip saddr . tcp dport @piars", "unknown-set");
}

/* Every form of nft's, by what it makes of it. */
static void tcp_flags(void **state)
{
	(void)state;
	is("tcp flags syn / syn,ack,rst,urg,psh,ecn,cwr,fin",
	   "match l4proto 6; tcp-flags 2");
	is("tcp flags == syn | ack", "match l4proto 6; tcp-flags 18");
	is("tcp flags == syn,ack", "match l4proto 6; tcp-flags 18");
	is("tcp flags { syn, syn | ack }", "match l4proto 6; tcp-flags 2 18");
	is("tcp flags { cwr }", "match l4proto 6; tcp-flags 128-255");
	is("tcp flags cwr", "match l4proto 6; tcp-flags 128-255");
	is("tcp flags ! cwr", "match l4proto 6; tcp-flags 0-127");
	is("tcp flags cwr,ecn", "match l4proto 6; tcp-flags 64-255");
	is("tcp flags & (cwr | ecn) == cwr",
	   "match l4proto 6; tcp-flags 128-191");
	is("tcp flags & (cwr | ecn) != cwr",
	   "match l4proto 6; tcp-flags 0-127 192-255");
	is("tcp flags & (cwr | ecn) { cwr, ecn }",
	   "match l4proto 6; tcp-flags 64-191");
	is("tcp flags & cwr | ecn == ecn",
	   "match l4proto 6; tcp-flags 0-127");
	is("tcp flags & cwr == 0", "match l4proto 6; tcp-flags 0-127");
	is("tcp flags != cwr / cwr,ecn",
	   "match l4proto 6; tcp-flags 0-127 192-255");
	is("tcp flags > 253", "match l4proto 6; tcp-flags 254-255");
	is("tcp flags vmap { syn : drop }", "raw (vmap) l4proto 6");
	is_wrong("tcp flags synn", "bad-value");
	is_wrong("tcp flags & (syn | akc) == syn", "bad-value");
}

static void statements(void **state)
{
	(void)state;
	is("counter packets 0 bytes 0 drop", "counter\ndrop");
	is("counter accept comment \"why\"", "counter\naccept");
	is("iifname { \"a\", \"b\" } jump other", "iif a b\njump other");
	is("iif != lo goto other", "iif != lo\ngoto other");
	is("meta iifname \"eth*\" return", "iif eth*\nreturn");
	is("iif 3 accept", "raw (iif)\naccept");
	is("ip protocol { tcp, udp } counter name hits",
	   "match l3 1; nexthdr 6 17\nraw (counter name)");
}

static void what_is_left_to_nft(void **state)
{
	(void)state;
	is("ct state established,related accept", "raw (ct state)\naccept");
	is("limit rate over 10 mbytes/second burst 5 kbytes drop",
	   "raw (limit rate)\ndrop");
	is("log prefix \"inspect \" level warn flags tcp sequence,options drop",
	   "raw (log)\ndrop");
	is("udp length 47-63 drop", "raw (udp length) l4proto 17\ndrop");
	is("ip saddr . tcp dport @pairs drop",
	   "raw (concatenation) l3 1\ndrop");
	is("tcp dport vmap { 22 : accept, 80 : jump other }",
	   "raw (vmap) l4proto 6");
	is("@th,16,16 53 drop", "raw (@th)\ndrop");
	is("meta mark set ct mark counter", "raw (meta mark)\ncounter");
	is("update @late { ip saddr timeout 5s } drop", "raw (update)\ndrop");
	is("fib saddr . iif oif missing drop", "raw (fib)\ndrop");
	is("tcp option sack-permitted exists drop",
	   "raw (tcp option) l4proto 6\ndrop");
	is("ct bytes original > 1000 drop", "raw (ct bytes)\ndrop");
	is("ct direction original drop", "raw (ct direction)\ndrop");
	is("dnat to [2001:db8::1]:80", "raw (dnat)");
	is("meter m { ip saddr limit rate 5/second } drop",
	   "raw (meter)\ndrop");
	is("synproxy mss 1460 wscale 7 timestamp sack-perm", "raw (synproxy)");
	is("ether type arp drop", "raw (ether type)\ndrop");
	is("vlan id 5 ip saddr 10.0.0.1",
	   "raw (vlan id)\nmatch l3 1; saddr4 167772161");
	is("tcp option maxseg size set 1360 accept",
	   "raw (tcp option) l4proto 6\naccept");
	is("queue flags bypass to 3 comment \"q\"", "raw (queue)");
	is("ip ttl 1 tcp dport 22",
	   "raw (ip ttl) l3 1\nmatch l4proto 6; dport 22");
	is("meta protocol { ip, 0x88cc } drop", "raw (meta protocol)\ndrop");
	is("ip saddr & 255.0.0.255 == 10.0.0.1 drop",
	   "raw (ip saddr) l3 1\ndrop");
}

/* nft holds the last protocol of a list for settled and tests no more. */
static void after_a_list_of_protocols(void **state)
{
	(void)state;
	is("meta l4proto { udp, tcp } tcp dport 22",
	   "match l4proto 6 17\nraw (tcp dport)");
	is("meta protocol { ip6, ip } ip saddr 10.0.0.1",
	   "match l3 1-2\nraw (ip saddr)");
	is("meta l4proto != { udp, tcp } tcp dport 22",
	   "match l4proto 0-5 7-16 18-255\nmatch l4proto 6; dport 22");
}

/* nft's words take these behind them: they are none of Flywall's. */
static void words_keep_their_meaning(void **state)
{
	(void)state;
	is("log prefix learn drop", "raw (log)\ndrop");
	is("log level audit drop", "raw (log)\ndrop");
	is("accept comment block", "accept");
	is("ct state new log prefix inspect counter",
	   "raw (ct state)\nraw (log)\ncounter");
	is_wrong("jump inspect", "unknown-chain");
	is_wrong("ip saddr @learn", "unknown-set");
}

static void wrong_values(void **state)
{
	(void)state;
	is_wrong("tcp dport 65536", "bad-value");
	is_wrong("tcp dport 99999999999999999999", "bad-value");
	is_wrong("tcp dport 9-8", "bad-range");
	is_wrong("tcp dport 10.0.0.1", "bad-value");
	is_wrong("tcp dport 22/8", "bad-value");
	is_wrong("ip saddr 10.0.0.0/33", "bad-value");
	is_wrong("ip saddr 256.0.0.1", "bad-value");
	is_wrong("ip saddr ::1", "wrong-family");
	is_wrong("ip6 saddr 10.0.0.1", "wrong-family");
	is_wrong("ip saddr localhost", "host-name");
	is_wrong("ip protocol 256", "bad-value");
	is_wrong("icmp type 256", "bad-value");
	is_wrong("tcp dport", "syntax");
	is_wrong("tcp dport {}", "syntax");
	is_wrong("tcp dport 22 udp dport 53", "conflicting-protocols");
	is_wrong("meta protocol arp tcp dport 22", "conflicting-protocols");
	is_wrong("ip saddr 10.0.0.1 ip6 saddr ::1", "conflicting-protocols");
	is_wrong("accept counter", "unreachable-statement");
	is_wrong("inspect bew", "unknown-profile");
	is_wrong("jump othre", "unknown-chain");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_and_what_they_imply),
		cmocka_unit_test(values_prefixes_ranges_lists),
		cmocka_unit_test(named_sets),
		cmocka_unit_test(tcp_flags),
		cmocka_unit_test(statements),
		cmocka_unit_test(what_is_left_to_nft),
		cmocka_unit_test(after_a_list_of_protocols),
		cmocka_unit_test(words_keep_their_meaning),
		cmocka_unit_test(wrong_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
