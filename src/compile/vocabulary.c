/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vocabulary: one row a match.
 *
 * Add a row, get a match: its words, the field it tests, the type of its
 * values, and what nft tests before it, as `nft --debug=netlink` shows.
 */
#include <string.h>

#include "compile/vocabulary.h"
#include "util/cleanup.h"

#define TCP 6
#define UDP 17
#define DCCP 33
#define ICMP 1
#define ICMPV6 58
#define SCTP 132
#define UDPLITE 136
#define AH 51
#define ESP 50
#define COMP 108
#define IGMP 2

/* What nft settles before a field. */
#define NOTHING { FW_ANY, FW_ANY, FW_ANY, false, false, false }
#define ETHER { FW_LINK_ETHER, FW_ANY, FW_ANY, false, false, false }
#define VLAN { FW_LINK_VLAN, FW_ANY, FW_ANY, false, false, false }
#define NETWORK(l3) { FW_ANY, l3, FW_ANY, false, false, false }
#define EXTHDR { FW_ANY, FW_L3_IP6, FW_ANY, true, true, false }
#define TRANSPORT(l4) { FW_ANY, FW_ANY, l4, false, false, false }
#define CONTROL(l3, l4) { FW_ANY, l3, l4, true, false, false }
#define ECHO(l3, l4) { FW_ANY, l3, l4, true, false, true }

#define META(name, field, value) { { "meta", name }, field, value, NOTHING }
#define CT(name, field, value) { { "ct", name }, field, value, NOTHING }
#define IP(name, field, value) \
	{ { "ip", name }, field, value, NETWORK(FW_L3_IP) }
#define IP6(name, field, value) \
	{ { "ip6", name }, field, value, NETWORK(FW_L3_IP6) }
#define PORTS(name, proto)                                           \
	{ { name, "sport" }, FW_FIELD_SPORT, FW_VALUE_SERVICE,       \
	  TRANSPORT(proto) },                                        \
	{ { name, "dport" }, FW_FIELD_DPORT, FW_VALUE_SERVICE,       \
	  TRANSPORT(proto) }

static const struct fw_vocab_match matches[] = {
	IP("saddr", FW_FIELD_SADDR4, FW_VALUE_IPV4),
	IP("daddr", FW_FIELD_DADDR4, FW_VALUE_IPV4),
	IP("protocol", FW_FIELD_NEXTHDR, FW_VALUE_PROTO),
	IP("length", FW_FIELD_IP_LENGTH, FW_VALUE_INT16),
	IP("id", FW_FIELD_IP_ID, FW_VALUE_INT16),
	IP("frag-off", FW_FIELD_FRAG_OFF, FW_VALUE_INT16),
	IP("ttl", FW_FIELD_TTL, FW_VALUE_INT8),
	IP("dscp", FW_FIELD_DSCP, FW_VALUE_DSCP),
	IP("ecn", FW_FIELD_ECN, FW_VALUE_ECN),
	IP6("saddr", FW_FIELD_SADDR6, FW_VALUE_IPV6),
	IP6("daddr", FW_FIELD_DADDR6, FW_VALUE_IPV6),
	IP6("nexthdr", FW_FIELD_NEXTHDR, FW_VALUE_PROTO),
	IP6("length", FW_FIELD_IP_LENGTH, FW_VALUE_INT16),
	IP6("hoplimit", FW_FIELD_TTL, FW_VALUE_INT8),
	IP6("dscp", FW_FIELD_DSCP, FW_VALUE_DSCP),
	IP6("ecn", FW_FIELD_ECN, FW_VALUE_ECN),
	IP6("flowlabel", FW_FIELD_FLOWLABEL, FW_VALUE_INT20),
	{ { "exthdr", "frag" }, FW_FIELD_FRAG, FW_VALUE_BOOLEAN, EXTHDR },
	PORTS("tcp", TCP),
	PORTS("udp", UDP),
	PORTS("udplite", UDPLITE),
	PORTS("sctp", SCTP),
	PORTS("dccp", DCCP),
	{ { "th", "sport" }, FW_FIELD_TH_SPORT, FW_VALUE_SERVICE, NOTHING },
	{ { "th", "dport" }, FW_FIELD_TH_DPORT, FW_VALUE_SERVICE, NOTHING },
	{ { "tcp", "flags" }, FW_FIELD_TCP_FLAGS, FW_VALUE_TCP_FLAGS,
	  TRANSPORT(TCP) },
	{ { "tcp", "window" }, FW_FIELD_TCP_WINDOW, FW_VALUE_INT16,
	  TRANSPORT(TCP) },
	{ { "udp", "length" }, FW_FIELD_UDP_LENGTH, FW_VALUE_INT16,
	  TRANSPORT(UDP) },
	{ { "icmp", "type" }, FW_FIELD_ICMP_TYPE, FW_VALUE_ICMP_TYPE,
	  CONTROL(FW_L3_IP, ICMP) },
	{ { "icmp", "code" }, FW_FIELD_ICMP_CODE, FW_VALUE_ICMP_CODE,
	  CONTROL(FW_L3_IP, ICMP) },
	{ { "icmp", "id" }, FW_FIELD_ICMP_ID, FW_VALUE_INT16,
	  ECHO(FW_L3_IP, ICMP) },
	{ { "icmp", "sequence" }, FW_FIELD_ICMP_SEQUENCE, FW_VALUE_INT16,
	  ECHO(FW_L3_IP, ICMP) },
	{ { "icmpv6", "type" }, FW_FIELD_ICMP_TYPE, FW_VALUE_ICMPV6_TYPE,
	  CONTROL(FW_L3_IP6, ICMPV6) },
	{ { "icmpv6", "code" }, FW_FIELD_ICMP_CODE, FW_VALUE_ICMPV6_CODE,
	  CONTROL(FW_L3_IP6, ICMPV6) },
	{ { "icmpv6", "id" }, FW_FIELD_ICMP_ID, FW_VALUE_INT16,
	  ECHO(FW_L3_IP6, ICMPV6) },
	{ { "icmpv6", "sequence" }, FW_FIELD_ICMP_SEQUENCE, FW_VALUE_INT16,
	  ECHO(FW_L3_IP6, ICMPV6) },
	{ { "ether", "type" }, FW_FIELD_ETHER_TYPE, FW_VALUE_ETHER_TYPE, ETHER },
	{ { "ether", "saddr" }, FW_FIELD_ETHER_SADDR, FW_VALUE_ETHER_ADDR,
	  ETHER },
	{ { "ether", "daddr" }, FW_FIELD_ETHER_DADDR, FW_VALUE_ETHER_ADDR,
	  ETHER },
	{ { "vlan", "id" }, FW_FIELD_VLAN_ID, FW_VALUE_INT12, VLAN },
	{ { "vlan", "pcp" }, FW_FIELD_VLAN_PCP, FW_VALUE_INT3, VLAN },
	{ { "vlan", "dei" }, FW_FIELD_VLAN_DEI, FW_VALUE_INT1, VLAN },
	{ { "vlan", "cfi" }, FW_FIELD_VLAN_DEI, FW_VALUE_INT1, VLAN },
	{ { "vlan", "type" }, FW_FIELD_VLAN_TYPE, FW_VALUE_ETHER_TYPE, VLAN },
	{ { "arp", "operation" }, FW_FIELD_ARP_OPERATION, FW_VALUE_ARP_OP,
	  NETWORK(FW_L3_ARP) },
	{ { "arp", "saddr", "ip" }, FW_FIELD_ARP_SADDR4, FW_VALUE_IPV4,
	  NETWORK(FW_L3_ARP) },
	{ { "arp", "daddr", "ip" }, FW_FIELD_ARP_DADDR4, FW_VALUE_IPV4,
	  NETWORK(FW_L3_ARP) },
	{ { "arp", "saddr", "ether" }, FW_FIELD_ARP_SADDR, FW_VALUE_ETHER_ADDR,
	  NETWORK(FW_L3_ARP) },
	{ { "arp", "daddr", "ether" }, FW_FIELD_ARP_DADDR, FW_VALUE_ETHER_ADDR,
	  NETWORK(FW_L3_ARP) },
	META("l4proto", FW_FIELD_L4PROTO, FW_VALUE_PROTO),
	META("protocol", FW_FIELD_L3, FW_VALUE_ETHER_TYPE),
	META("nfproto", FW_FIELD_NFPROTO, FW_VALUE_NFPROTO),
	META("length", FW_FIELD_LENGTH, FW_VALUE_INT32),
	META("pkttype", FW_FIELD_PKTTYPE, FW_VALUE_PKTTYPE),
	META("mark", FW_FIELD_MARK, FW_VALUE_MARK),
	META("skuid", FW_FIELD_SKUID, FW_VALUE_UID),
	META("skgid", FW_FIELD_SKGID, FW_VALUE_GID),
	META("iiftype", FW_FIELD_IIFTYPE, FW_VALUE_IFACE_TYPE),
	CT("state", FW_FIELD_CT_STATE, FW_VALUE_CT_STATE),
	CT("status", FW_FIELD_CT_STATUS, FW_VALUE_CT_STATUS),
	CT("direction", FW_FIELD_CT_DIRECTION, FW_VALUE_CT_DIRECTION),
	CT("mark", FW_FIELD_CT_MARK, FW_VALUE_MARK),
};

/* `mark 1` is `meta mark 1`. */
static const char *const unqualified[] = {
	"pkttype", "mark", "skuid", "skgid", "iiftype",
};

/* Headers: naming any field of one implies it. */
static const struct {
	const char *word;
	struct fw_needs needs;
} headers[] = {
	{ "ether", ETHER },
	{ "vlan", VLAN },
	{ "ip", NETWORK(FW_L3_IP) },
	{ "ip6", NETWORK(FW_L3_IP6) },
	{ "arp", NETWORK(FW_L3_ARP) },
	{ "tcp", TRANSPORT(TCP) },
	{ "udp", TRANSPORT(UDP) },
	{ "udplite", TRANSPORT(UDPLITE) },
	{ "sctp", TRANSPORT(SCTP) },
	{ "dccp", TRANSPORT(DCCP) },
	{ "ah", TRANSPORT(AH) },
	{ "esp", TRANSPORT(ESP) },
	{ "comp", TRANSPORT(COMP) },
	{ "icmp", CONTROL(FW_L3_IP, ICMP) },
	{ "icmpv6", CONTROL(FW_L3_IP6, ICMPV6) },
	{ "igmp", CONTROL(FW_L3_IP, IGMP) },
	{ "exthdr", EXTHDR },
	{ "hbh", EXTHDR },
	{ "frag", EXTHDR },
	{ "dst", EXTHDR },
	{ "mh", EXTHDR },
	{ "srh", EXTHDR },
	{ "rt0", EXTHDR },
	{ "rt2", EXTHDR },
	{ "rt4", EXTHDR },
};

static size_t begins(const struct fw_vocab_match *match, bool bare,
		     const struct fw_word *words, size_t n_words)
{
	size_t skip = bare, n = 0;

	while (n + skip < FW_ARRAY_SIZE(match->words) && match->words[n + skip]) {
		if (n >= n_words ||
		    !fw_word_is(&words[n], match->words[n + skip]))
			return 0;
		n++;
	}
	return n;
}

const struct fw_vocab_match *fw_vocab_find(const struct fw_word *words,
					   size_t n_words, size_t *ret_n)
{
	bool bare = false;

	for (size_t i = 0; n_words && i < FW_ARRAY_SIZE(unqualified); i++)
		bare = bare || fw_word_is(&words[0], unqualified[i]);
	for (size_t i = 0; i < FW_ARRAY_SIZE(matches); i++) {
		if (bare && strcmp(matches[i].words[0], "meta"))
			continue;
		*ret_n = begins(&matches[i], bare, words, n_words);
		if (*ret_n)
			return &matches[i];
	}
	return NULL;
}

const struct fw_needs *fw_vocab_implies(const char *word)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(headers); i++)
		if (!strcmp(word, headers[i].word))
			return &headers[i].needs;
	return NULL;
}

bool fw_vocab_device(const struct fw_word *words, size_t n_words, bool *ret_out,
		     size_t *ret_n)
{
	static const struct {
		const char *word;
		bool out;
	} selectors[] = {
		{ "iif", false }, { "iifname", false },
		{ "oif", true }, { "oifname", true },
	};
	size_t n = n_words > 1 && fw_word_is(&words[0], "meta");

	for (size_t i = 0; n < n_words && i < FW_ARRAY_SIZE(selectors); i++) {
		if (!fw_word_is(&words[n], selectors[i].word))
			continue;
		*ret_out = selectors[i].out;
		*ret_n = n + 1;
		return true;
	}
	return false;
}
