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

#include "model/dns.h"
#include "util/cleanup.h"

#define ETHERNET_LEN 14
#define TAG_LEN 4
#define TYPE_IP 0x0800
#define TYPE_ARP 0x0806
#define TYPE_IP6 0x86dd
#define TYPE_8021Q 0x8100
#define TYPE_8021AD 0x88a8

#define ETH_802_3 0x0600	/* smaller types are lengths */
#define PROTOCOL_802_3 0x0001	/* ETH_P_802_3, ETH_P_802_2 */
#define PROTOCOL_802_2 0x0004
#define NFPROTO_NETDEV_ 5
#define IIFTYPE_ETHER 1		/* ARPHRD_ETHER */
#define CT_INVALID 1

/* What the kernel knows of a packet when nft's chain begins. */
struct packet_info {
	const uint8_t *frame;
	size_t frame_len;
	uint16_t protocol_l3;	/* skb->protocol */
	const uint8_t *data;	/* the network header */
	size_t len;
	enum fw_l3 l3;
	bool has_transport;	/* NFT_PKTINFO_L4PROTO */
	uint8_t protocol;
	size_t transport;	/* offset from data */
	uint16_t fragment;	/* not 0: no first fragment */
	bool more;		/* not the last one */
	size_t end;		/* by the IP header, from data; no padding */
	enum fw_stat malformed;
};

/* The first reason is the one that counts. */
static void malformed(struct packet_info *info, enum fw_stat reason)
{
	if (!info->malformed)
		info->malformed = reason;
}

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

	info->frame = frame;
	info->frame_len = len;
	if (len < ETHERNET_LEN) {
		malformed(info, FW_STAT_MALFORMED_ETHERNET);
		return;
	}
	type = get16(frame + 12);
	if (type == TYPE_8021Q || type == TYPE_8021AD) {
		if (len >= ETHERNET_LEN + TAG_LEN) {
			*vlan = get16(frame + 14) & 0x0fff;
			type = get16(frame + 16);
			offset += TAG_LEN;
		} else {
			malformed(info, FW_STAT_MALFORMED_VLAN);
		}
	}
	info->l3 = l3_of(type);
	info->data = frame + offset;
	info->len = len - offset;
	info->protocol_l3 = type;
	if (type < ETH_802_3)
		info->protocol_l3 = info->len >= 2 &&
				    get16(info->data) == 0xffff ?
				    PROTOCOL_802_3 : PROTOCOL_802_2;
}

/* --- step 2 --------------------------------------------------------------- */
static void find_transport_ip(struct packet_info *info)
{
	const uint8_t *ip = info->data;
	size_t header, total;

	if (info->len < 20) {
		malformed(info, FW_STAT_MALFORMED_IP_CUT);
		return;
	}
	header = (size_t)(ip[0] & 0x0f) * 4;
	total = get16(ip + 2);
	if (ip[0] >> 4 != 4)
		malformed(info, FW_STAT_MALFORMED_IP_VERSION);
	else if (header < 20 || header > total)
		malformed(info, FW_STAT_MALFORMED_IP_HEADER);
	else if (total > info->len)
		malformed(info, FW_STAT_MALFORMED_IP_LENGTH);
	if (info->malformed)
		return;
	info->end = total;
	info->more = get16(ip + 6) & 0x2000;
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
	size_t at = 40, payload;
	uint8_t here, next;

	if (info->len < 40) {
		malformed(info, FW_STAT_MALFORMED_IP6_CUT);
		return;
	}
	payload = get16(ip + 4);
	if (ip[0] >> 4 != 6)
		malformed(info, FW_STAT_MALFORMED_IP_VERSION);
	else if (payload + 40 > info->len)
		malformed(info, FW_STAT_MALFORMED_IP6_LENGTH);
	if (info->malformed)
		return;
	info->end = payload ? payload + 40 : info->len;
	for (here = ip[6]; is_extension(here); here = next) {
		if (here == IPPROTO_NONE)
			break;
		if (at + extension_need(here) > info->len) {
			malformed(info, FW_STAT_MALFORMED_IP6_EXTENSION);
			return;
		}
		if (here == IPPROTO_AH)
			break;
		next = ip[at];
		if (here == IPPROTO_FRAGMENT) {
			info->more |= get16(ip + at + 2) & 1;
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
	if (at > info->end)
		malformed(info, FW_STAT_MALFORMED_IP6_EXTENSION);
	if (info->fragment && is_extension(here) && here != IPPROTO_NONE)
		return;
	if (at > UINT16_MAX)
		return;
	info->has_transport = true;
	info->protocol = here;
	info->transport = at;
}

/* What no field needs: a transport header that is not all there, or says what
 * cannot be. Its bytes count as far as the frame reaches, as in step 3; its
 * packet ends where the IP header says. */
static void check_transport(struct packet_info *info)
{
	static const uint8_t least[256] = {
		[IPPROTO_ICMP] = 8,  [IPPROTO_TCP] = 20,    [IPPROTO_UDP] = 8,
		[IPPROTO_DCCP] = 12, [IPPROTO_ICMPV6] = 8,  [IPPROTO_SCTP] = 12,
		[IPPROTO_UDPLITE] = 8,
	};
	const uint8_t *header;
	size_t here = info->len > info->transport ? info->len - info->transport
						  : 0;
	size_t rest = info->end > info->transport ? info->end - info->transport
						  : 0;
	size_t length;

	if (!info->has_transport || info->fragment)
		return;
	header = info->data + info->transport;
	if (rest < least[info->protocol])
		malformed(info, FW_STAT_MALFORMED_L4_CUT);
	if (info->protocol == IPPROTO_TCP && here >= 14) {
		length = (size_t)(header[12] >> 4) * 4;
		if (length < 20 || length > rest)
			malformed(info, FW_STAT_MALFORMED_TCP_HEADER);
	}
	if (info->protocol == IPPROTO_UDP && here >= 6) {
		length = get16(header + 4);
		if (length ? length < 8 || (length > rest && !info->more)
			   : info->l3 == FW_L3_IP)
			malformed(info, FW_STAT_MALFORMED_UDP_LENGTH);
	}
}

/* nft_exthdr_ipv6_eval(): a fragment header anywhere in the chain of extension
 * headers, however little is right behind it. */
static bool has_fragment(const struct packet_info *info)
{
	const uint8_t *ip = info->data;
	size_t at = 40;

	if (info->len < 40)
		return false;
	for (uint8_t here = ip[6]; is_extension(here) && here != IPPROTO_NONE;) {
		if (at + extension_need(here) > info->len)
			return false;
		if (here == IPPROTO_FRAGMENT)
			return true;
		here = ip[at];
		at += ip[at + 1] * (here == IPPROTO_AH ? 4u : 8u) + 8u;
	}
	return false;
}

/* --- step 3 --------------------------------------------------------------- */
enum base {
	BASE_LINK,
	BASE_NETWORK,
	BASE_TRANSPORT,
};

enum protocols {
	PROTOCOLS_ANY,
	PROTOCOLS_PORTS,
	PROTOCOLS_TCP,
	PROTOCOLS_UDP,
	PROTOCOLS_ICMP,
	PROTOCOLS_VLAN,		/* link: the frame has an 802.1Q tag */
};

/* Where nft loads a field from; l3 is valid for BASE_NETWORK. The value is
 * (number >> shift) & mask, all of it where the mask is 0. */
static const struct load {
	enum fw_field field;
	enum base base;
	enum fw_l3 l3;
	enum protocols protocols;
	uint8_t offset, size, shift;
	uint32_t mask;
} loads[] = {
	{FW_FIELD_ETHER_DADDR, BASE_LINK, 0, PROTOCOLS_ANY, 0, 6, 0, 0},
	{FW_FIELD_ETHER_SADDR, BASE_LINK, 0, PROTOCOLS_ANY, 6, 6, 0, 0},
	{FW_FIELD_ETHER_TYPE, BASE_LINK, 0, PROTOCOLS_ANY, 12, 2, 0, 0},
	{FW_FIELD_VLAN_ID, BASE_LINK, 0, PROTOCOLS_VLAN, 14, 2, 0, 0xfff},
	{FW_FIELD_VLAN_DEI, BASE_LINK, 0, PROTOCOLS_VLAN, 14, 2, 12, 1},
	{FW_FIELD_VLAN_PCP, BASE_LINK, 0, PROTOCOLS_VLAN, 14, 2, 13, 7},
	{FW_FIELD_VLAN_TYPE, BASE_LINK, 0, PROTOCOLS_VLAN, 16, 2, 0, 0},
	{FW_FIELD_NEXTHDR, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 9, 1, 0, 0},
	{FW_FIELD_SADDR4, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 12, 4, 0, 0},
	{FW_FIELD_DADDR4, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 16, 4, 0, 0},
	{FW_FIELD_NEXTHDR, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 6, 1, 0, 0},
	{FW_FIELD_SADDR6, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 8, 16, 0, 0},
	{FW_FIELD_DADDR6, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 24, 16, 0, 0},
	{FW_FIELD_SPORT, BASE_TRANSPORT, 0, PROTOCOLS_PORTS, 0, 2, 0, 0},
	{FW_FIELD_DPORT, BASE_TRANSPORT, 0, PROTOCOLS_PORTS, 2, 2, 0, 0},
	{FW_FIELD_TCP_FLAGS, BASE_TRANSPORT, 0, PROTOCOLS_TCP, 13, 1, 0, 0},
	{FW_FIELD_ICMP_TYPE, BASE_TRANSPORT, 0, PROTOCOLS_ICMP, 0, 1, 0, 0},
	{FW_FIELD_ICMP_CODE, BASE_TRANSPORT, 0, PROTOCOLS_ICMP, 1, 1, 0, 0},
	{FW_FIELD_DSCP, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 1, 1, 2, 0x3f},
	{FW_FIELD_ECN, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 1, 1, 0, 3},
	{FW_FIELD_IP_LENGTH, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 2, 2, 0, 0},
	{FW_FIELD_IP_ID, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 4, 2, 0, 0},
	{FW_FIELD_FRAG_OFF, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 6, 2, 0, 0},
	{FW_FIELD_TTL, BASE_NETWORK, FW_L3_IP, PROTOCOLS_ANY, 8, 1, 0, 0},
	{FW_FIELD_DSCP, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 0, 2, 6, 0x3f},
	{FW_FIELD_ECN, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 0, 2, 4, 3},
	{FW_FIELD_FLOWLABEL, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 1, 3, 0,
	 0xfffff},
	{FW_FIELD_IP_LENGTH, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 4, 2, 0, 0},
	{FW_FIELD_TTL, BASE_NETWORK, FW_L3_IP6, PROTOCOLS_ANY, 7, 1, 0, 0},
	{FW_FIELD_ARP_OPERATION, BASE_NETWORK, FW_L3_ARP, PROTOCOLS_ANY, 6, 2, 0,
	 0},
	{FW_FIELD_ARP_SADDR, BASE_NETWORK, FW_L3_ARP, PROTOCOLS_ANY, 8, 6, 0, 0},
	{FW_FIELD_ARP_SADDR4, BASE_NETWORK, FW_L3_ARP, PROTOCOLS_ANY, 14, 4, 0,
	 0},
	{FW_FIELD_ARP_DADDR, BASE_NETWORK, FW_L3_ARP, PROTOCOLS_ANY, 18, 6, 0, 0},
	{FW_FIELD_ARP_DADDR4, BASE_NETWORK, FW_L3_ARP, PROTOCOLS_ANY, 24, 4, 0,
	 0},
	{FW_FIELD_TH_SPORT, BASE_TRANSPORT, 0, PROTOCOLS_ANY, 0, 2, 0, 0},
	{FW_FIELD_TH_DPORT, BASE_TRANSPORT, 0, PROTOCOLS_ANY, 2, 2, 0, 0},
	{FW_FIELD_UDP_LENGTH, BASE_TRANSPORT, 0, PROTOCOLS_UDP, 4, 2, 0, 0},
	{FW_FIELD_TCP_WINDOW, BASE_TRANSPORT, 0, PROTOCOLS_TCP, 14, 2, 0, 0},
	{FW_FIELD_ICMP_ID, BASE_TRANSPORT, 0, PROTOCOLS_ICMP, 4, 2, 0, 0},
	{FW_FIELD_ICMP_SEQUENCE, BASE_TRANSPORT, 0, PROTOCOLS_ICMP, 6, 2, 0, 0},
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
	case PROTOCOLS_UDP:
		return protocol == IPPROTO_UDP;
	case PROTOCOLS_ICMP:
		return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
	default:
		return true;
	}
}

/* True where it can be loaded; at is then its place, counted from *ret_data. */
static bool place(const struct packet_info *info, const struct load *from,
		  const uint8_t **ret_data, size_t *ret_len, size_t *ret_at)
{
	*ret_data = info->data;
	*ret_len = info->len;
	*ret_at = from->offset;
	switch (from->base) {
	case BASE_LINK:
		*ret_data = info->frame;
		*ret_len = info->frame_len;
		return from->protocols != PROTOCOLS_VLAN ||
		       (info->frame_len >= ETHERNET_LEN &&
			get16(info->frame + 12) == TYPE_8021Q);
	case BASE_NETWORK:
		return info->l3 == from->l3;
	default:
		*ret_at += info->transport;
		return info->has_transport && !info->fragment &&
		       among(from->protocols, info->protocol);
	}
}

static void load(const struct packet_info *info, const struct load *from,
		 struct fw_model_packet *packet)
{
	const uint8_t *data;
	size_t len, at;
	fw_u128 value = 0;

	if (!place(info, from, &data, &len, &at) || at + from->size > len)
		return;
	for (size_t i = 0; i < from->size; i++)
		value = value << 8 | data[at + i];
	value >>= from->shift;
	fw_model_packet_set(packet, from->field,
			    from->mask ? value & from->mask : value);
}

/* What stands in no header. Of a frame to one host nobody can tell here whether
 * it is this one. */
static void set_meta(const struct packet_info *info,
		     struct fw_model_packet *packet)
{
	fw_model_packet_set(packet, FW_FIELD_L3, info->l3);
	fw_model_packet_set(packet, FW_FIELD_PROTOCOL, info->protocol_l3);
	fw_model_packet_set(packet, FW_FIELD_NFPROTO, NFPROTO_NETDEV_);
	fw_model_packet_set(packet, FW_FIELD_LENGTH, (uint32_t)info->len);
	fw_model_packet_set(packet, FW_FIELD_IIFTYPE, IIFTYPE_ETHER);
	fw_model_packet_set(packet, FW_FIELD_MARK, 0);
	fw_model_packet_set(packet, FW_FIELD_CT_STATE, CT_INVALID);
	if (info->l3 == FW_L3_IP6)
		fw_model_packet_set(packet, FW_FIELD_FRAG, has_fragment(info));
	if (info->has_transport)
		fw_model_packet_set(packet, FW_FIELD_L4PROTO, info->protocol);
	if (info->frame_len >= ETHERNET_LEN && info->frame[0] & 1)
		fw_model_packet_set(packet, FW_FIELD_PKTTYPE,
				    memcmp(info->frame, "\xff\xff\xff\xff\xff\xff",
					   6) == 0 ? 1 : 2);
	else
		fw_model_packet_open(packet, FW_FIELD_PKTTYPE);
}

/* Which sets have the name is the plan's to say. */
static void set_question(const uint8_t *frame, size_t len,
			 struct fw_model_packet *packet)
{
	struct fw_model_question question;

	if (fw_model_dns(frame, len, packet, &question) != FW_MODEL_ASKED)
		return;
	fw_model_packet_set(packet, FW_FIELD_DNS_QTYPE, question.qtype);
	fw_model_packet_open(packet, FW_FIELD_DNS_CLASS);
}

void fw_model_packet_set(struct fw_model_packet *packet, enum fw_field field,
			 fw_u128 value)
{
	packet->has[field] = true;
	packet->value[field] = value;
	packet->open &= ~(UINT64_C(1) << field);
}

void fw_model_packet_open(struct fw_model_packet *packet, enum fw_field field)
{
	packet->has[field] = false;
	packet->open |= UINT64_C(1) << field;
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
	check_transport(&info);
	ret->malformed = info.malformed;
	ret->length = (uint32_t)info.len;
	ret->transport = (uint32_t)(len - info.len + info.transport);
	ret->later_fragment = info.fragment != 0;
	for (size_t i = 0; i < FW_ARRAY_SIZE(loads); i++)
		load(&info, &loads[i], ret);
	set_meta(&info, ret);
	set_question(frame, len, ret);
}
