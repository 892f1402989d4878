/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vocabulary: one row a match.
 *
 * Add a row, get a match: its words, the field it tests, the type of its
 * values, and what nft's netdev hook tests before it (the L3 protocol, then the
 * L4 protocol), as `nft --debug=netlink` shows.
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

#define PORTS(name, proto)                                              \
	{ { name, "sport" }, FW_FIELD_SPORT, FW_VALUE_SERVICE, FW_ANY, proto }, \
	{ { name, "dport" }, FW_FIELD_DPORT, FW_VALUE_SERVICE, FW_ANY, proto }

static const struct fw_vocab_match matches[] = {
	{ { "ip", "saddr" }, FW_FIELD_SADDR4, FW_VALUE_IPV4, FW_L3_IP, FW_ANY },
	{ { "ip", "daddr" }, FW_FIELD_DADDR4, FW_VALUE_IPV4, FW_L3_IP, FW_ANY },
	{ { "ip", "protocol" }, FW_FIELD_NEXTHDR, FW_VALUE_PROTO, FW_L3_IP,
	  FW_ANY },
	{ { "ip6", "saddr" }, FW_FIELD_SADDR6, FW_VALUE_IPV6, FW_L3_IP6,
	  FW_ANY },
	{ { "ip6", "daddr" }, FW_FIELD_DADDR6, FW_VALUE_IPV6, FW_L3_IP6,
	  FW_ANY },
	{ { "ip6", "nexthdr" }, FW_FIELD_NEXTHDR, FW_VALUE_PROTO, FW_L3_IP6,
	  FW_ANY },
	{ { "meta", "l4proto" }, FW_FIELD_L4PROTO, FW_VALUE_PROTO, FW_ANY,
	  FW_ANY },
	{ { "meta", "protocol" }, FW_FIELD_L3, FW_VALUE_ETHER_TYPE, FW_ANY,
	  FW_ANY },
	PORTS("tcp", TCP),
	PORTS("udp", UDP),
	PORTS("udplite", UDPLITE),
	PORTS("sctp", SCTP),
	PORTS("dccp", DCCP),
	{ { "tcp", "flags" }, FW_FIELD_TCP_FLAGS, FW_VALUE_TCP_FLAGS, FW_ANY,
	  TCP },
	{ { "icmp", "type" }, FW_FIELD_ICMP_TYPE, FW_VALUE_ICMP_TYPE, FW_L3_IP,
	  ICMP },
	{ { "icmp", "code" }, FW_FIELD_ICMP_CODE, FW_VALUE_ICMP_CODE, FW_L3_IP,
	  ICMP },
	{ { "icmpv6", "type" }, FW_FIELD_ICMP_TYPE, FW_VALUE_ICMPV6_TYPE,
	  FW_L3_IP6, ICMPV6 },
	{ { "icmpv6", "code" }, FW_FIELD_ICMP_CODE, FW_VALUE_ICMPV6_CODE,
	  FW_L3_IP6, ICMPV6 },
};

/* Headers: naming any field of one implies it. */
static const struct {
	const char *word;
	int l3, l4;
} headers[] = {
	{ "ip", FW_L3_IP, FW_ANY },	  { "ip6", FW_L3_IP6, FW_ANY },
	{ "arp", FW_L3_ARP, FW_ANY },	  { "tcp", FW_ANY, TCP },
	{ "udp", FW_ANY, UDP },		  { "udplite", FW_ANY, UDPLITE },
	{ "sctp", FW_ANY, SCTP },	  { "dccp", FW_ANY, DCCP },
	{ "icmp", FW_L3_IP, ICMP },	  { "icmpv6", FW_L3_IP6, ICMPV6 },
	{ "igmp", FW_L3_IP, IGMP },	  { "ah", FW_ANY, AH },
	{ "esp", FW_ANY, ESP },		  { "comp", FW_ANY, COMP },
};

const struct fw_vocab_match *fw_vocab_match(const struct fw_word *words,
					    size_t n_words)
{
	for (size_t i = 0; n_words > 1 && i < FW_ARRAY_SIZE(matches); i++)
		if (fw_word_is(&words[0], matches[i].words[0]) &&
		    fw_word_is(&words[1], matches[i].words[1]))
			return &matches[i];
	return NULL;
}

size_t fw_vocab_match_words(const struct fw_vocab_match *match)
{
	return match->words[1] ? 2 : 1;
}

bool fw_vocab_implies(const char *word, int *ret_l3, int *ret_l4)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(headers); i++) {
		if (strcmp(word, headers[i].word))
			continue;
		*ret_l3 = headers[i].l3;
		*ret_l4 = headers[i].l4;
		return true;
	}
	return false;
}

bool fw_vocab_iif(const struct fw_word *words, size_t n_words, size_t *ret_n)
{
	size_t n = n_words > 1 && fw_word_is(&words[0], "meta");

	if (n >= n_words || !(fw_word_is(&words[n], "iif") ||
			      fw_word_is(&words[n], "iifname")))
		return false;
	*ret_n = n + 1;
	return true;
}
