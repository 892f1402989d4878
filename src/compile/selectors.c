/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields that nft 1.0.6 knows of each header and key, for "did you mean".
 *
 * In: the first word of a match. Out: the words that may stand behind it. What
 * is not in the table is not wrong by that: nft judges it.
 */
#include <string.h>

#include "compile/vocabulary.h"
#include "util/cleanup.h"

#define FIELDS_MAX 40

static const struct {
	const char *word;
	const char *fields[FIELDS_MAX];	/* NULL behind the last */
} selectors[] = {
	{ "ether", { "saddr", "daddr", "type" } },
	{ "vlan", { "id", "cfi", "dei", "pcp", "type" } },
	{ "arp", { "htype", "ptype", "hlen", "plen", "operation", "saddr",
		   "daddr" } },
	{ "ip", { "version", "hdrlength", "dscp", "ecn", "length", "id",
		  "frag-off", "ttl", "protocol", "checksum", "saddr", "daddr",
		  "option" } },
	{ "ip6", { "version", "dscp", "ecn", "flowlabel", "length", "nexthdr",
		   "hoplimit", "saddr", "daddr" } },
	{ "icmp", { "type", "code", "checksum", "id", "sequence", "gateway",
		    "mtu" } },
	{ "icmpv6", { "type", "code", "checksum", "parameter-problem",
		      "packet-too-big", "id", "sequence", "max-delay" } },
	{ "igmp", { "type", "checksum", "mrt", "group" } },
	{ "ah", { "nexthdr", "hdrlength", "reserved", "spi", "sequence" } },
	{ "esp", { "spi", "sequence" } },
	{ "comp", { "nexthdr", "flags", "cpi" } },
	{ "tcp", { "sport", "dport", "sequence", "ackseq", "doff", "reserved",
		   "flags", "window", "checksum", "urgptr", "option" } },
	{ "udp", { "sport", "dport", "length", "checksum" } },
	{ "udplite", { "sport", "dport", "csumcov", "checksum" } },
	{ "sctp", { "sport", "dport", "vtag", "checksum", "chunk" } },
	{ "dccp", { "sport", "dport", "type", "option" } },
	{ "th", { "sport", "dport" } },
	{ "frag", { "nexthdr", "reserved", "frag-off", "reserved2",
		    "more-fragments", "id" } },
	{ "meta", { "length", "nfproto", "l4proto", "protocol", "priority",
		    "mark", "iif", "iifname", "iiftype", "iifkind", "iifgroup",
		    "oif", "oifname", "oiftype", "oifkind", "oifgroup",
		    "skuid", "skgid", "nftrace", "rtclassid", "secpath",
		    "ipsec", "pkttype", "cpu", "cgroup", "random", "ibrname",
		    "obrname", "ibriport", "obriport", "ibrpvid", "ibrvproto",
		    "time", "day", "hour", "sdif", "sdifname", "secmark" } },
	{ "ct", { "state", "direction", "status", "mark", "expiration",
		  "helper", "label", "count", "bytes", "packets", "avgpkt",
		  "zone", "id", "event", "timeout", "expectation", "secmark",
		  "original", "reply", "l3proto", "protocol", "proto-src",
		  "proto-dst", "saddr", "daddr" } },
	{ "rt", { "nexthdr", "hdrlength", "type", "seg-left", "classid",
		  "nexthop", "mtu", "ipsec", "ip", "ip6" } },
	{ "exthdr", { "hbh", "rt", "rt0", "rt2", "rt4", "frag", "dst", "mh",
		      "srh" } },
	{ "socket", { "transparent", "mark", "wildcard", "cgroupv2" } },
};

const char *const *fw_selector_fields(const char *word, size_t *ret_n)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(selectors); i++) {
		if (strcmp(word, selectors[i].word))
			continue;
		*ret_n = 0;
		while (selectors[i].fields[*ret_n])
			(*ret_n)++;
		return selectors[i].fields;
	}
	*ret_n = 0;
	return NULL;
}
