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

static void is_in(const char *family, const char *rule, const char *parts)
{
	struct typed_text t;

	typed_text_rule_in(&t, family, rule);
	if (*typed_text_error(&t))
		fail_msg("%s %s: %s", family, rule, t.diags.items[0].text);
	if (strcmp(typed_text_parts(&t), parts))
		fail_msg("%s %s:\n%s\nnot:\n%s", family, rule,
			 typed_text_parts(&t), parts);
	typed_text_close(&t);
}

static void is(const char *rule, const char *parts)
{
	is_in("netdev", rule, parts);
}

static void is_wrong_in(const char *family, const char *rule, const char *id)
{
	struct typed_text t;

	typed_text_rule_in(&t, family, rule);
	if (strcmp(typed_text_error(&t), id))
		fail_msg("%s %s: '%s' not '%s'", family, rule,
			 typed_text_error(&t), id);
	typed_text_close(&t);
}

static void is_wrong(const char *rule, const char *id)
{
	is_wrong_in("netdev", rule, id);
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

static void tuples(void **state)
{
	(void)state;
	is("ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.0/24 . 80-90 }",
	   "tuple saddr4 . dport 167772161 . 22, "
	   "167772160-167772415 . 80-90 [ l3 1; l4proto 6; "
	   "saddr4 167772160-167772415; dport 22 80-90 ]");
	/* Not one of these says nothing of a field by itself. */
	is("tcp dport . ip saddr != { 22 . 10.0.0.1 }",
	   "tuple dport . saddr4 != 22 . 167772161 [ l4proto 6; l3 1 ]");
	is("ip saddr . tcp dport @pairs",
	   "tuple saddr4 . dport 167772161 . 22, "
	   "167772160-167772415 . 80-90 [ l3 1; l4proto 6; "
	   "saddr4 167772160-167772415; dport 22 80-90 ]");
	is("meta l4proto . th dport { tcp . 22, udp . 53 }",
	   "tuple l4proto . th-dport 6 . 22, 17 . 53 "
	   "[ l4proto 6 17; th-dport 22 53 ]");
	is("meta protocol . meta mark { ip . 1 }",
	   "tuple protocol . mark 2048 . 1 [ protocol 2048; mark 1 ]");
	is("vlan id . ip saddr { 5 . 10.0.0.1 }",
	   "tuple vlan-id . saddr4 5 . 167772161 [ iiftype 1; "
	   "ether-type 33024; vlan-type 2048; vlan-id 5; saddr4 167772161 ]");
	is_wrong("ip saddr . tcp dport 10.0.0.1 . 22", "needs-set");
	is_wrong("ip saddr . tcp dport { 10.0.0.1 }", "field-count");
	is_wrong("ip saddr . tcp dport { 10.0.0.1 . 22 . 5 }", "field-count");
	is_wrong("ip saddr . tcp dport { 22 . 10.0.0.1 }", "wrong-type");
	is_wrong("tcp dport . udp dport { 22 . 53 }", "conflicting-protocols");
	is_wrong("ip saddr . udp dport { 10.0.0.1 . 1 } tcp sport 1",
		 "conflicting-protocols");
	is_wrong("ip saddr . ip daddr @pairs", "set-type");
	is_wrong("ip saddr . tcp dport @four", "set-type");
	is_wrong("ip saddr @pairs", "set-type");
	is_wrong("ip saddr . tcp dport @verdicts", "set-type");
}

static void verdict_maps(void **state)
{
	(void)state;
	is("tcp dport vmap { 22 : accept, 80-90 : jump other, 1 : goto other, "
	   "2 : return, 3 : continue }",
	   "vmap dport 22 : accept, 80-90 : jump other, 1 : goto other, "
	   "2 : return, 3 : none [ l4proto 6; dport 1-3 22 80-90 ]");
	is("ip saddr . udp sport vmap { 10.0.0.1 . 5 : drop, * : accept }",
	   "vmap saddr4 . sport 167772161 . 5 : drop, "
	   "0-4294967295 . 0-65535 : accept [ l3 1; l4proto 17 ]");
	is("ip saddr vmap @verdicts",
	   "vmap saddr4 167772161 : accept, 167772162 : jump other, "
	   "0-4294967295 : drop [ l3 1 ]");
	is_in("inet", "ct state vmap { established : accept, invalid : drop }",
	      "vmap ct-state 2 : accept, 1 : drop [ ct-state 1-2 ]");
	is_wrong("tcp dport vmap { 22 : acept }", "bad-value");
	is_wrong("tcp dport vmap { 22 }", "syntax");
	is_wrong("tcp dport vmap { ::1 : accept }", "wrong-type");
	is_wrong("tcp dport vmap { 22 : jump nowhere }", "unknown-chain");
	is_wrong("tcp dport vmap @verdicts", "set-type");
	is_wrong("ip saddr vmap @marked", "set-type");
	is_wrong("ip saddr vmap @four", "set-type");
}

static void sets_of_other_types(void **state)
{
	(void)state;
	is("iifname @devices", "iif a b");
	is("oifname != @devices", "oif != a b");
	is("meta mark @marks", "match (meta mark) mark 1 7");
	is("ct mark != @marks",
	   "match (ct mark) ct-mark 0 2-6 8-4294967295");
	is_wrong("ip saddr @marks", "set-type");
	is_wrong("tcp dport @devices", "set-type");
	is_wrong("iifname @four", "set-type");
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
	is_wrong("tcp flags synn", "bad-value");
	is_wrong("tcp flags & (syn | akc) == syn", "bad-value");
}

/* Every row of the vocabulary that no program tests yet, and what nft tests
 * before it. */
static void rows(void **state)
{
	(void)state;
	is("meta protocol 0x88cc", "match protocol 35020");
	is("meta protocol { ip, 0x88cc }",
	   "match protocol 2048 35020");
	is("meta protocol > 5", "match protocol 6-65535");
	is("meta length 60-1500", "match length 60-1500");
	is("meta pkttype { host, broadcast }",
	   "match (meta pkttype) pkttype 0-1");
	is("pkttype != host", "match (pkttype) pkttype 1-255");
	is("meta mark 0x10", "match (meta mark) mark 16");
	is("mark != 1", "match (mark) mark 0 2-4294967295");
	is("meta mark & 0xff000000 == 0x01000000",
	   "match (meta mark) mark 16777216-33554431");
	is("skuid 1000-1999", "match (skuid) skuid 1000-1999");
	is("meta skgid { 0, 5 }", "match (meta skgid) skgid 0 5");
	is("iiftype ether", "match (iiftype) iiftype 1");
	is("ether type arp", "match iiftype 1; ether-type 2054");
	is("ether saddr 00:11:22:33:44:55",
	   "match iiftype 1; ether-saddr 73588229205");
	is("ether daddr 01:00:5e:00:00:00/24",
	   "match iiftype 1; ether-daddr "
	   "1101088686080-1101105463295");
	is("vlan id 5",
	   "match iiftype 1; ether-type 33024; vlan-id 5");
	is("vlan pcp 3-5",
	   "match iiftype 1; ether-type 33024; vlan-pcp 3-5");
	is("vlan dei 1",
	   "match iiftype 1; ether-type 33024; vlan-dei 1");
	is("vlan type ip",
	   "match iiftype 1; ether-type 33024; vlan-type 2048");
	is("arp operation request", "match l3 3; "
	   "arp-operation 1");
	is("arp saddr ip 10.0.0.1",
	   "match l3 3; arp-saddr4 167772161");
	is("arp daddr ether ff:ff:ff:ff:ff:ff",
	   "match l3 3; arp-daddr 281474976710655");
	is("ip length > 500", "match l3 1; ip-length 501-65535");
	is("ip6 length 0", "match l3 2; ip-length 0");
	is("ip id 5", "match l3 1; ip-id 5");
	is("ip frag-off & 0x1fff != 0",
	   "match l3 1; frag-off 1-8191 8193-16383 "
	   "16385-24575 24577-32767 32769-40959 40961-49151 49153-57343 "
	   "57345-65535");
	is("ip frag-off & 0x2000 == 0x2000",
	   "match l3 1; frag-off 8192-16383 24576-32767 "
	   "40960-49151 57344-65535");
	is("exthdr frag exists", "match l3 2; frag 1");
	is("exthdr frag missing", "match l3 2; frag 0");
	is("ip ttl < 3", "match l3 1; ttl 0-2");
	is("ip6 hoplimit 255", "match l3 2; ttl 255");
	is("ip dscp { cs1, ef }", "match l3 1; dscp 8 46");
	is("ip6 dscp != af11", "match l3 2; dscp 0-9 11-63");
	is("ip ecn ce", "match l3 1; ecn 3");
	is("ip6 ecn { ect0, ect1 }", "match l3 2; ecn 1-2");
	is("ip6 flowlabel 0-15", "match l3 2; flowlabel 0-15");
	is("th sport 53", "match th-sport 53");
	is("th dport { ssh, http }", "match th-dport 22 80");
	is("udp length 8", "match l4proto 17; udp-length 8");
	is("tcp window 0", "match l4proto 6; tcp-window 0");
	is("icmp id 4",
	   "match l3 1; l4proto 1; icmp-type 0 8; icmp-id 4");
	is("icmpv6 sequence 4", "match l3 2; l4proto 58; "
	   "icmp-type 128-129; icmp-sequence 4");
	is("icmp type echo-request icmp id 4",
	   "match l3 1; l4proto 1; icmp-type 8\nmatch icmp-id 4");
	is_wrong("icmp type redirect icmp id 4", "conflicting-protocols");
	is("ct state established,related",
	   "match (ct state) ct-state 2 4");
	is("ct state { new, invalid }", "match (ct state) ct-state 1 8");
	is("ct state != established", "match (ct state) ct-state 1 4 8 64");
	is("ct state == established,related", "match (ct state) ct-state");
	is("ct state ! new", "match (ct state) ct-state 1-2 4 64");
	is("ct state & (new | related) != 0", "match (ct state) ct-state 4 8");
	is("ct status & dnat == dnat", "raw (ct status)");
	is("ct status assured", "raw (ct status)");
	is("ct direction original", "match (ct direction) ct-direction 0");
	is("ct mark 1-5", "match (ct mark) ct-mark 1-5");
	is("oifname { \"a\", \"b*\" }", "oif a b*");
	is("oif != \"lo\"", "oif != lo");
}

/* As nft --debug=netlink shows it, family by family. */
static void families(void **state)
{
	(void)state;
	is_in("inet", "meta nfproto ipv4 ip ttl 1",
	      "match (meta nfproto) nfproto 2\nmatch ttl 1");
	is_in("ip", "ip ttl 1", "match ttl 1");
	is_in("ip", "icmp type 8", "match l4proto 1; icmp-type 8");
	is_in("ip6", "icmp type 8", "match l4proto 1; icmp-type 8");
	is_in("bridge", "ether type arp", "match ether-type 2054");
	is_in("bridge", "ip saddr 10.0.0.1", "match l3 1; saddr4 167772161");
	is_in("bridge", "icmp type 8",
	      "match ether-type 2048; l4proto 1; icmp-type 8");
	is_in("bridge", "arp operation 1",
	      "match ether-type 2054; arp-operation 1");
	is_in("arp", "arp operation 1",
	      "match arp-operation 1");
	/* Behind Ethernet and behind a tag, nft asks there. */
	is("ether saddr 0:0:0:0:0:1 ip saddr 10.0.0.1",
	   "match iiftype 1; ether-saddr 1\n"
	   "match ether-type 2048; saddr4 167772161");
	is("vlan id 5 ip saddr 10.0.0.1",
	   "match iiftype 1; ether-type 33024; vlan-id 5\n"
	   "match vlan-type 2048; saddr4 167772161");
	is("ether type ip ip saddr 10.0.0.1",
	   "match iiftype 1; ether-type 2048\n"
	   "match saddr4 167772161");
	is("ether type 8021ad vlan id 5",
	   "match iiftype 1; ether-type 34984\n"
	   "match vlan-id 5");
	is("vlan type 8021q vlan id 5",
	   "match iiftype 1; ether-type 33024; vlan-type 33024\n"
	   "raw (vlan id)");
	/* inet knows its protocol by nfproto, whatever meta protocol says. */
	is_in("inet", "meta protocol ip ip6 saddr ::1",
	      "match l3 1\nmatch l3 2; saddr6 1");
	is_in("ip6", "meta protocol ip ip6 hoplimit 1",
	      "match l3 1\nmatch ttl 1");
	is_wrong_in("ip6", "ip saddr 10.0.0.1", "conflicting-protocols");
	is_wrong_in("arp", "tcp dport 22", "conflicting-protocols");
	is_wrong_in("inet", "arp operation 1", "conflicting-protocols");
	is_wrong_in("ip", "exthdr frag exists", "conflicting-protocols");
	is_wrong("ip saddr 10.0.0.1 vlan id 5", "conflicting-protocols");
	is_wrong("meta protocol 0x88cc ip saddr 10.0.0.1",
		 "conflicting-protocols");
	is_wrong("arp operation 1 tcp dport 22", "conflicting-protocols");
	is_wrong("iiftype ppp ether type ip", "conflicting-protocols");
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
	   "match l3 1; nexthdr 6 17\ncounter");
}

static void what_is_left_to_nft(void **state)
{
	(void)state;
	is("limit rate over 10 mbytes/second burst 5 kbytes drop",
	   "raw (limit rate)\ndrop");
	is("log prefix \"inspect \" level warn flags tcp sequence,options drop",
	   "raw (log)\ndrop");
	is("ip saddr . tcp dport @late2 drop",
	   "raw (set @late2) l3 1; l4proto 6\ndrop");
	is("iifname . tcp dport { \"a\" . 22 }",
	   "raw (concatenation) l4proto 6");
	is("iifname vmap { \"a\" : jump other }", "raw (vmap)");
	is("ip saddr . ct original proto-dst vmap { 10.0.0.1 . 5 : drop }",
	   "raw (vmap) l3 1");
	is("tcp dport vmap { 22 counter : accept }", "raw (vmap) l4proto 6");
	is("@th,16,16 53 drop", "raw (@th)\ndrop");
	is("meta mark set ct mark counter", "raw (meta mark)\ncounter");
	is("update @late { ip saddr timeout 5s } drop", "raw (update)\ndrop");
	is("fib saddr . iif oif missing drop", "raw (fib)\ndrop");
	is("tcp option sack-permitted exists drop",
	   "raw (tcp option)\ndrop");
	is("ct bytes original > 1000 drop", "raw (ct bytes)\ndrop");
	is("dnat to [2001:db8::1]:80", "raw (dnat)");
	is("meter m { ip saddr limit rate 5/second } drop",
	   "raw (meter)\ndrop");
	is_in("inet", "synproxy mss 1460 wscale 7 timestamp sack-perm",
	      "raw (synproxy)");
	is("tcp option maxseg size set 1360 accept",
	   "raw (tcp option)\naccept");
	is("queue flags bypass to 3 comment \"q\"", "raw (queue)");
	is("tcp sequence 1 tcp dport 22",
	   "raw (tcp sequence) l4proto 6\nmatch dport 22");
	is("meta mark & 0xff == 1 drop", "raw (meta mark)\ndrop");
	is("meta skuid \"root\" drop", "raw (meta skuid)\ndrop");
	is("ip saddr & 255.0.0.255 == 10.0.0.1 drop",
	   "raw (ip saddr) l3 1\ndrop");
}

/* At ingress only. */
static void synproxies(void **state)
{
	(void)state;
	is("counter synproxy mss 1460 sack-perm", "counter\nsynproxy 1");
	is("synproxy", "synproxy 1");
	is("synproxy name \"fast\"", "synproxy 1");
	is("counter synproxy name fast", "counter\nsynproxy 1");
	is_wrong("synproxy mss 65536", "value");
	is_wrong("synproxy wscale 15", "value");
	is_wrong("synproxy mss", "value");
	is_wrong("synproxy mss 1460 counter", "after-verdict");
	is_wrong("synproxy name slow", "unknown-object");
	is_wrong("synproxy name fast counter", "after-verdict");
}

/* nft takes each protocol of a list for named: what is of one of them alone
 * is a conflict. */
static void after_a_list_of_protocols(void **state)
{
	(void)state;
	is_wrong("meta l4proto { udp, tcp } tcp dport 22",
		 "conflicting-protocols");
	is_wrong("meta protocol { ip, ip6 } ip saddr 10.0.0.1",
		 "conflicting-protocols");
	/* Of these nft remembers only the last, and reads its bytes off the
	 * others too. */
	is("meta protocol { ip6, ip } ip saddr 10.0.0.1",
	   "match l3 1-2\nraw (ip saddr)");
	is("meta l4proto { udp, tcp } th dport 22",
	   "match l4proto 6 17\nmatch th-dport 22");
	is("meta l4proto { tcp } tcp dport 22",
	   "match l4proto 6\nmatch dport 22");
	is("meta l4proto 1-6 tcp dport 22",
	   "match l4proto 1-6\nmatch l4proto 6; dport 22");
	is("meta l4proto != { udp, tcp } tcp dport 22",
	   "match l4proto 0-5 7-16 18-255\nmatch l4proto 6; dport 22");
	is("ip protocol { tcp, 200 } tcp dport 22",
	   "match l3 1; nexthdr 6 200\nraw (tcp dport)");
	is_wrong("meta l4proto { tcp, 200 } tcp dport 22",
		 "conflicting-protocols");
}

/* nft's words take these behind them: they are none of Flywall's. */
static void words_keep_their_meaning(void **state)
{
	(void)state;
	is("log prefix learn drop", "raw (log)\ndrop");
	is("log level audit drop", "raw (log)\ndrop");
	is("accept comment block", "accept");
	is("fib saddr type local log prefix inspect counter",
	   "raw (fib)\nraw (log)\ncounter");
	is_wrong("jump inspect", "unknown-chain");
	is_wrong("ip saddr @learn", "unknown-set");
}

static void wrong_values(void **state)
{
	(void)state;
	is_wrong("tcp dport 65536", "bad-value");
	is_wrong("tcp dport 99999999999999999999", "bad-value");
	is_wrong("tcp dport 9-8", "bad-range");
	is_wrong("tcp dport 10.0.0.1", "wrong-type");
	is_wrong("tcp dport 22/17", "bad-value");
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
		cmocka_unit_test(tuples),
		cmocka_unit_test(verdict_maps),
		cmocka_unit_test(sets_of_other_types),
		cmocka_unit_test(tcp_flags),
		cmocka_unit_test(rows),
		cmocka_unit_test(families),
		cmocka_unit_test(statements),
		cmocka_unit_test(what_is_left_to_nft),
		cmocka_unit_test(synproxies),
		cmocka_unit_test(after_a_list_of_protocols),
		cmocka_unit_test(words_keep_their_meaning),
		cmocka_unit_test(wrong_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
