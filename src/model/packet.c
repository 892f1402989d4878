/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame into fields, told the way the kernel does it (Linux 6.18).
 *
 * In: the bytes of a frame. Out: the fields. Nothing may fail: what cannot be
 * read is a field that the packet does not have.
 *
 * Three steps, as in the kernel, whose functions stand beside them:
 *
 *  1. protocol and network offset: eth_type_trans(), skb_vlan_untag();
 *  2. transport protocol, offset and fragment offset:
 *     nft_set_pktinfo_ipv4_validate(), nft_set_pktinfo_ipv6_validate(),
 *     ipv6_find_hdr();
 *  3. a load for each field: nft_payload_eval(), nft_meta_get_eval().
 *
 * In one thing the kernel is not followed: its nft_payload_fast_eval() lacks the
 * check for later fragments that nft_payload_eval() has, and so takes a piece of
 * their data for ports, if it lies in the linear part. Here they have no ports.
 *
 * Written apart from the BPF programs' parser on purpose: each is the other's
 * test.
 */
#include "model/packet.h"

#include <string.h>

#include <netinet/in.h>

#include "util/cleanup.h"

#define ETHERNET_LEN 14
#define TAG_LEN 4
#define TYPE_IP 0x0800
#define TYPE_ARP 0x0806
#define TYPE_IP6 0x86dd
#define TYPE_8021Q 0x8100
#define TYPE_8021AD 0x88a8

/* What the kernel knows of a packet when nft's chain begins. */
struct packet_info {
	const uint8_t *data;	/* the network header */
	size_t len;
	enum fw_l3 l3;
	bool has_transport;	/* NFT_PKTINFO_L4PROTO */
	uint8_t protocol;
	size_t transport;	/* offset from data */
	uint16_t fragment;	/* not 0: no first fragment */
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static enum fw_l3 l3_of(uint16_t type)
{
	switch (type) {
	case TYPE_IP:
		return FW_L3_IP;
	case TYPE_IP6:
		return FW_L3_IP6;
	case TYPE_ARP:
		return FW_L3_ARP;
	default:
		return FW_L3_OTHER;
	}
}

/* --- step 1 --------------------------------------------------------------- */
static void find_network(const uint8_t *frame, size_t len,
			 struct packet_info *info, uint16_t *vlan)
{
	size_t offset = ETHERNET_LEN;
	uint16_t type;

	if (len < ETHERNET_LEN)
		return;
	type = get16(frame + 12);
	if ((type == TYPE_8021Q || type == TYPE_8021AD) &&
	    len >= ETHERNET_LEN + TAG_LEN) {
		*vlan = get16(frame + 14) & 0x0fff;
		type = get16(frame + 16);
		offset += TAG_LEN;
	}
	info->l3 = l3_of(type);
	info->data = frame + offset;
	info->len = len - offset;
}

/* --- step 2 --------------------------------------------------------------- */
static void find_transport_ip(struct packet_info *info)
{
	const uint8_t *ip = info->data;
	size_t header, total;

	if (info->len < 20)
		return;
	header = (size_t)(ip[0] & 0x0f) * 4;
	total = get16(ip + 2);
	if (ip[0] >> 4 != 4 || header < 20)
		return;
	if (total > info->len || total < header)
		return;
	info->has_transport = true;
	info->protocol = ip[9];
	info->transport = header;
	info->fragment = get16(ip + 6) & 0x1fff;
}

static bool is_extension(uint8_t protocol)
{
	static const uint8_t extensions[] = {
		IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
		IPPROTO_AH,	 IPPROTO_NONE,	  IPPROTO_DSTOPTS,
	};

	return memchr(extensions, protocol, sizeof(extensions)) != NULL;
}

/* Bytes of the header that the kernel reads before it goes on. */
static size_t extension_need(uint8_t protocol)
{
	return protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ? 4
									   : 2;
}

/*
 * Walks to the first header that is no extension. AH ends the walk; of a later
 * fragment only the protocol is known, and not even that when it is one more
 * extension.
 */
static void find_transport_ip6(struct packet_info *info)
{
	const uint8_t *ip = info->data;
	uint8_t here, next;
	size_t at = 40;

	if (info->len < 40 || ip[0] >> 4 != 6)
		return;
	if ((size_t)get16(ip + 4) + 40 > info->len)
		return;
	for (here = ip[6]; is_extension(here); here = next) {
		if (here == IPPROTO_NONE)
			break;
		if (at + extension_need(here) > info->len)
			return;
		if (here == IPPROTO_AH)
			break;
		next = ip[at];
		if (here == IPPROTO_FRAGMENT) {
			info->fragment = get16(ip + at + 2) & 0xfff8;
			if (info->fragment) {
				here = next;
				break;
			}
			at += 8;
		} else {
			at += (ip[at + 1] + 1u) * 8;
		}
	}
	if (info->fragment && is_extension(here) && here != IPPROTO_NONE)
		return;
	if (at > UINT16_MAX)
		return;
	info->has_transport = true;
	info->protocol = here;
	info->transport = at;
}

/* --- step 3 --------------------------------------------------------------- */
enum base {
	BASE_NETWORK,
	BASE_TRANSPORT,
};

enum protocols {
	PROTOCOLS_ANY,
	PROTOCOLS_PORTS,
	PROTOCOLS_TCP,
	PROTOCOLS_ICMP,
};

/* Where nft loads a field from; l3 is valid for BASE_NETWORK. */
static const struct load {
	enum fw_field field;
	enum base base;
	enum fw_l3 l3;
	enum protocols protocols;
	uint8_t offset, size;
} loads[] = {
	{FW_FIELD_NEXTHDR, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 9, 1},
	{FW_FIELD_SADDR4, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 12, 4},
	{FW_FIELD_DADDR4, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 16, 4},
	{FW_FIELD_NEXTHDR, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 6, 1},
	{FW_FIELD_SADDR6, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 8, 16},
	{FW_FIELD_DADDR6, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 24, 16},
	{FW_FIELD_SPORT, BASE_TRANSPORT, 0, PROTOCOLS_PORTS, 0, 2},
	{FW_FIELD_DPORT, BASE_TRANSPORT, 0, PROTOCOLS_PORTS, 2, 2},
	{FW_FIELD_TCP_FLAGS, BASE_TRANSPORT, 0, PROTOCOLS_TCP, 13, 1},
	{FW_FIELD_ICMP_TYPE, BASE_TRANSPORT, 0, PROTOCOLS_ICMP, 0, 1},
	{FW_FIELD_ICMP_CODE, BASE_TRANSPORT, 0, PROTOCOLS_ICMP, 1, 1},
};

static bool among(enum protocols protocols, uint8_t protocol)
{
	switch (protocols) {
	case PROTOCOLS_PORTS:
		return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
		       protocol == IPPROTO_UDPLITE ||
		       protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
	case PROTOCOLS_TCP:
		return protocol == IPPROTO_TCP;
	case PROTOCOLS_ICMP:
		return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
	default:
		return true;
	}
}

static void load(const struct packet_info *info, const struct load *from,
		 struct fw_model_packet *packet)
{
	size_t at = from->offset;
	fw_u128 value = 0;

	if (from->base == BASE_NETWORK) {
		if (info->l3 != from->l3)
			return;
	} else {
		if (!info->has_transport || info->fragment ||
		    !among(from->protocols, info->protocol))
			return;
		at += info->transport;
	}
	if (at + from->size > info->len)
		return;
	for (size_t i = 0; i < from->size; i++)
		value = value << 8 | info->data[at + i];
	packet->has[from->field] = true;
	packet->value[from->field] = value;
}

void fw_model_packet_parse(const uint8_t *frame, size_t len,
			   struct fw_model_packet *ret)
{
	struct packet_info info = {.l3 = FW_L3_OTHER};

	memset(ret, 0, sizeof(*ret));
	find_network(frame, len, &info, &ret->vlan);
	if (info.l3 == FW_L3_IP)
		find_transport_ip(&info);
	else if (info.l3 == FW_L3_IP6)
		find_transport_ip6(&info);
	ret->length = (uint32_t)info.len;
	ret->later_fragment = info.fragment != 0;
	ret->has[FW_FIELD_L3] = true;
	ret->value[FW_FIELD_L3] = info.l3;
	ret->has[FW_FIELD_L4PROTO] = info.has_transport;
	ret->value[FW_FIELD_L4PROTO] = info.protocol;
	for (size_t i = 0; i < FW_ARRAY_SIZE(loads); i++)
		load(&info, &loads[i], ret);
}
