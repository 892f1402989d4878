/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody tells of a packet, made whole.
 *
 * In: single fields, or a frame. Out: every field told, assumed, lacking or
 * open. Nothing may fail.
 *
 * The usual packet is the first one of its connection: IPv4 unless something
 * says otherwise, untagged, to this host, no fragment, without options or
 * extension headers, not marked, ct state new; of TCP a SYN.
 */
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#include "model/dns.h"
#include "model/explain.h"
#include "util/cleanup.h"

#define BIT(field) (UINT64_C(1) << (field))
#define ETHER_8021Q 0x8100
#define IIFTYPE_ETHER 1		/* ARPHRD_ETHER */
#define TCP_SYN 0x02
#define TCP_ACK 0x10
#define CLIENT_PORT 49152	/* RFC 6335: the first dynamic one */
#define CT_INVALID 1
#define CT_ESTABLISHED 2
#define CT_NEW 8
#define CT_UNTRACKED 64

/* A packet while it is made whole. */
struct filler {
	struct fw_told *told;
	struct fw_model_packet *p;
};

static bool has(const struct filler *f, enum fw_field field)
{
	return f->p->has[field];
}

static bool is(const struct filler *f, enum fw_field field, fw_u128 value)
{
	return f->p->has[field] && f->p->value[field] == value;
}

static void assume(struct filler *f, enum fw_field field, fw_u128 value)
{
	if (has(f, field))
		return;
	fw_model_packet_set(f->p, field, value);
	f->told->assumed |= BIT(field);
}

/* What follows from what was told is told, too. */
static void follow(struct filler *f, enum fw_field field, enum fw_field from)
{
	if (has(f, field) || !has(f, from))
		return;
	fw_model_packet_set(f->p, field, f->p->value[from]);
	f->told->assumed |= f->told->assumed & BIT(from) ? BIT(field) : 0;
}

static void open(struct filler *f, enum fw_field field)
{
	if (!has(f, field))
		fw_model_packet_open(f->p, field);
}

/* --- L2 and L3 ------------------------------------------------------------ */
static const struct {
	enum fw_l3 l3;
	unsigned ether, nfproto;
} protocols[] = {
	{ FW_L3_IP, 0x0800, 2 },
	{ FW_L3_IP6, 0x86dd, 10 },
	{ FW_L3_ARP, 0x0806, 3 },
};

static void find_l3(struct filler *f)
{
	static const enum fw_field ethers[] = {
		FW_FIELD_PROTOCOL, FW_FIELD_VLAN_TYPE, FW_FIELD_ETHER_TYPE,
	};
	bool other = false;

	for (size_t i = 0; i < FW_ARRAY_SIZE(protocols); i++) {
		bool found = is(f, FW_FIELD_NFPROTO, protocols[i].nfproto);

		for (size_t k = 0; k < FW_ARRAY_SIZE(ethers); k++)
			found |= is(f, ethers[k], protocols[i].ether);
		if (found && !has(f, FW_FIELD_L3))
			fw_model_packet_set(f->p, FW_FIELD_L3, protocols[i].l3);
	}
	for (size_t k = 0; k < FW_ARRAY_SIZE(ethers); k++)
		other |= has(f, ethers[k]) && !is(f, ethers[k], ETHER_8021Q);
	if (other && !has(f, FW_FIELD_L3))
		fw_model_packet_set(f->p, FW_FIELD_L3, FW_L3_OTHER);
	assume(f, FW_FIELD_L3, FW_L3_IP);
	for (size_t i = 0; i < FW_ARRAY_SIZE(protocols); i++)
		if (is(f, FW_FIELD_L3, protocols[i].l3) &&
		    !has(f, FW_FIELD_PROTOCOL))
			fw_model_packet_set(f->p, FW_FIELD_PROTOCOL,
					    protocols[i].ether);
	open(f, FW_FIELD_PROTOCOL);
}

static void fill_link(struct filler *f)
{
	if (has(f, FW_FIELD_VLAN_ID) || has(f, FW_FIELD_VLAN_PCP))
		assume(f, FW_FIELD_ETHER_TYPE, ETHER_8021Q);
	if (!has(f, FW_FIELD_ETHER_TYPE) && has(f, FW_FIELD_PROTOCOL))
		assume(f, FW_FIELD_ETHER_TYPE, f->p->value[FW_FIELD_PROTOCOL]);
	open(f, FW_FIELD_ETHER_TYPE);
	open(f, FW_FIELD_ETHER_SADDR);
	open(f, FW_FIELD_ETHER_DADDR);
	if (!is(f, FW_FIELD_ETHER_TYPE, ETHER_8021Q))
		return;
	open(f, FW_FIELD_VLAN_ID);
	assume(f, FW_FIELD_VLAN_PCP, 0);
	assume(f, FW_FIELD_VLAN_DEI, 0);
	follow(f, FW_FIELD_VLAN_TYPE, FW_FIELD_PROTOCOL);
}

static void fill_network(struct filler *f)
{
	static const enum fw_field ip[] = {
		FW_FIELD_SADDR4, FW_FIELD_DADDR4, FW_FIELD_IP_ID,
		FW_FIELD_IP_LENGTH, FW_FIELD_TTL,
	};
	static const enum fw_field ip6[] = {
		FW_FIELD_SADDR6, FW_FIELD_DADDR6, FW_FIELD_FLOWLABEL,
		FW_FIELD_IP_LENGTH, FW_FIELD_TTL,
	};
	static const enum fw_field arp[] = {
		FW_FIELD_ARP_OPERATION, FW_FIELD_ARP_SADDR4,
		FW_FIELD_ARP_DADDR4, FW_FIELD_ARP_SADDR, FW_FIELD_ARP_DADDR,
	};

	open(f, FW_FIELD_LENGTH);
	for (size_t i = 0; i < FW_ARRAY_SIZE(arp); i++)
		if (is(f, FW_FIELD_L3, FW_L3_ARP))
			open(f, arp[i]);
	for (size_t i = 0; i < FW_ARRAY_SIZE(ip); i++)
		if (is(f, FW_FIELD_L3, FW_L3_IP))
			open(f, ip[i]);
	for (size_t i = 0; i < FW_ARRAY_SIZE(ip6); i++)
		if (is(f, FW_FIELD_L3, FW_L3_IP6))
			open(f, ip6[i]);
	if (is(f, FW_FIELD_L3, FW_L3_IP))
		assume(f, FW_FIELD_FRAG_OFF, 0);
	if (is(f, FW_FIELD_L3, FW_L3_IP6))
		assume(f, FW_FIELD_FRAG, 0);
	if (is(f, FW_FIELD_L3, FW_L3_IP) || is(f, FW_FIELD_L3, FW_L3_IP6)) {
		assume(f, FW_FIELD_DSCP, 0);
		assume(f, FW_FIELD_ECN, 0);
	}
}

/* --- L4 ------------------------------------------------------------------- */
static bool is_among(const struct filler *f, const uint8_t *list, size_t n)
{
	fw_u128 proto = f->p->value[FW_FIELD_L4PROTO];

	return !has(f, FW_FIELD_L4PROTO) ||
	       (proto < 256 && memchr(list, (int)proto, n));
}

/* Fields of some protocols: open where it is one of them, or not told. */
static void fill_transport(struct filler *f)
{
	static const uint8_t ports[] = {
		IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP,
		IPPROTO_DCCP,
	};
	static const uint8_t tcp[] = { IPPROTO_TCP }, udp[] = { IPPROTO_UDP };
	static const uint8_t icmp[] = { IPPROTO_ICMP, IPPROTO_ICMPV6 };
	static const struct {
		enum fw_field field;
		const uint8_t *list;
		size_t n;
	} rows[] = {
		{ FW_FIELD_SPORT, ports, sizeof(ports) },
		{ FW_FIELD_DPORT, ports, sizeof(ports) },
		{ FW_FIELD_TCP_FLAGS, tcp, sizeof(tcp) },
		{ FW_FIELD_TCP_WINDOW, tcp, sizeof(tcp) },
		{ FW_FIELD_UDP_LENGTH, udp, sizeof(udp) },
		{ FW_FIELD_DNS_QTYPE, udp, sizeof(udp) },
		{ FW_FIELD_DNS_CLASS, udp, sizeof(udp) },
		{ FW_FIELD_ICMP_TYPE, icmp, sizeof(icmp) },
		{ FW_FIELD_ICMP_CODE, icmp, sizeof(icmp) },
		{ FW_FIELD_ICMP_ID, icmp, sizeof(icmp) },
		{ FW_FIELD_ICMP_SEQUENCE, icmp, sizeof(icmp) },
	};

	if (!is(f, FW_FIELD_L3, FW_L3_IP) && !is(f, FW_FIELD_L3, FW_L3_IP6))
		return;
	follow(f, FW_FIELD_L4PROTO, FW_FIELD_NEXTHDR);
	if (is(f, FW_FIELD_L3, FW_L3_IP))
		follow(f, FW_FIELD_NEXTHDR, FW_FIELD_L4PROTO);
	else if (has(f, FW_FIELD_L4PROTO))
		assume(f, FW_FIELD_NEXTHDR, f->p->value[FW_FIELD_L4PROTO]);
	open(f, FW_FIELD_L4PROTO);
	open(f, FW_FIELD_NEXTHDR);
	if (is_among(f, ports, sizeof(ports))) {
		follow(f, FW_FIELD_SPORT, FW_FIELD_TH_SPORT);
		follow(f, FW_FIELD_DPORT, FW_FIELD_TH_DPORT);
		follow(f, FW_FIELD_TH_SPORT, FW_FIELD_SPORT);
		follow(f, FW_FIELD_TH_DPORT, FW_FIELD_DPORT);
	}
	open(f, FW_FIELD_TH_DPORT);
	if (has(f, FW_FIELD_ICMP_TYPE))
		assume(f, FW_FIELD_ICMP_CODE, 0);
	if (is(f, FW_FIELD_L4PROTO, IPPROTO_TCP) &&
	    (!has(f, FW_FIELD_CT_STATE) || is(f, FW_FIELD_CT_STATE, CT_NEW)))
		assume(f, FW_FIELD_TCP_FLAGS, TCP_SYN);
	/* Who opens a connection does so from a port of no meaning. */
	if (has(f, FW_FIELD_L4PROTO) && has(f, FW_FIELD_DPORT) &&
	    is_among(f, ports, sizeof(ports)) &&
	    (!has(f, FW_FIELD_CT_STATE) || is(f, FW_FIELD_CT_STATE, CT_NEW)) &&
	    (!has(f, FW_FIELD_TCP_FLAGS) ||
	     is(f, FW_FIELD_TCP_FLAGS, TCP_SYN)))
		assume(f, FW_FIELD_SPORT, CLIENT_PORT);
	follow(f, FW_FIELD_TH_SPORT, FW_FIELD_SPORT);
	open(f, FW_FIELD_TH_SPORT);
	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++)
		if (is_among(f, rows[i].list, rows[i].n))
			open(f, rows[i].field);
}

/* --- what stands in no header --------------------------------------------- */
/* Neighbour and listener discovery is not tracked (nf_conntrack_icmpv6). */
static bool is_untracked(const struct filler *f)
{
	fw_u128 type = f->p->value[FW_FIELD_ICMP_TYPE];

	return is(f, FW_FIELD_L4PROTO, IPPROTO_ICMPV6) &&
	       has(f, FW_FIELD_ICMP_TYPE) &&
	       ((type >= 130 && type <= 137) || type == 143);
}

/* May a connection begin so? Errors belong to one, and TCP begins with SYN. */
static bool may_begin(const struct filler *f)
{
	fw_u128 flags = f->p->value[FW_FIELD_TCP_FLAGS];
	fw_u128 type = f->p->value[FW_FIELD_ICMP_TYPE];

	if (is(f, FW_FIELD_L4PROTO, IPPROTO_TCP) && has(f, FW_FIELD_TCP_FLAGS))
		return (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	if (is(f, FW_FIELD_L4PROTO, IPPROTO_ICMP))
		return !has(f, FW_FIELD_ICMP_TYPE) || type == 8 || type == 13;
	if (is(f, FW_FIELD_L4PROTO, IPPROTO_ICMPV6))
		return !has(f, FW_FIELD_ICMP_TYPE) || type == 128;
	return true;
}

static void fill_conntrack(struct filler *f)
{
	static const enum fw_field others[] = {
		FW_FIELD_CT_STATUS, FW_FIELD_CT_DIRECTION, FW_FIELD_CT_MARK,
	};

	if (!is(f, FW_FIELD_L3, FW_L3_IP) && !is(f, FW_FIELD_L3, FW_L3_IP6)) {
		assume(f, FW_FIELD_CT_STATE, CT_INVALID);
		return;
	}
	if (is_untracked(f))
		assume(f, FW_FIELD_CT_STATE, CT_UNTRACKED);
	else if (may_begin(f))
		assume(f, FW_FIELD_CT_STATE, CT_NEW);
	open(f, FW_FIELD_CT_STATE);
	if (is(f, FW_FIELD_CT_STATE, CT_UNTRACKED) ||
	    is(f, FW_FIELD_CT_STATE, CT_INVALID))
		return;
	for (size_t i = 0; i < FW_ARRAY_SIZE(others); i++)
		if (is(f, FW_FIELD_CT_STATE, CT_NEW))
			assume(f, others[i], 0);
		else
			open(f, others[i]);
}

/* PACKET_BROADCAST, PACKET_MULTICAST, PACKET_HOST */
static unsigned pkttype(const struct filler *f)
{
	fw_u128 to = f->p->value[FW_FIELD_DADDR4];

	if (has(f, FW_FIELD_DADDR4) && to == UINT32_MAX)
		return 1;
	if (has(f, FW_FIELD_DADDR4) && to >> 28 == 0xe)
		return 2;
	if (has(f, FW_FIELD_DADDR6) &&
	    f->p->value[FW_FIELD_DADDR6] >> 120 == 0xff)
		return 2;
	return 0;
}

static void fill_meta(struct filler *f)
{
	assume(f, FW_FIELD_PKTTYPE, pkttype(f));
	assume(f, FW_FIELD_MARK, 0);
	if (f->told->oif && !f->told->iif) {
		open(f, FW_FIELD_SKUID);
		open(f, FW_FIELD_SKGID);
	}
	fw_model_packet_set(f->p, FW_FIELD_IIFTYPE, IIFTYPE_ETHER);
	fill_conntrack(f);
}

/* In which sets the name is, each plan says for itself. */
static void ask(struct fw_told *told, const char *qname)
{
	told->asks = qname && strlen(qname) < sizeof(told->qname);
	if (told->asks)
		strcpy(told->qname, qname);
}

void fw_told_fields(struct fw_told *told, uint64_t given,
		    const fw_u128 value[FW_FIELD_ALL_MAX_], const char *iif,
		    const char *oif, const char *qname)
{
	struct filler f = { told, &told->packet };

	memset(told, 0, sizeof(*told));
	told->iif = iif;
	told->oif = oif;
	ask(told, qname);
	for (unsigned i = 0; i < FW_FIELD_ALL_MAX_; i++)
		if (given & BIT(i))
			fw_model_packet_set(f.p, (enum fw_field)i, value[i]);
	find_l3(&f);
	fill_link(&f);
	fill_network(&f);
	fill_transport(&f);
	fill_meta(&f);
}

void fw_told_frame(struct fw_told *told, const uint8_t *frame, size_t len,
		   const char *iif, const char *oif, unsigned state,
		   unsigned direction)
{
	struct filler f = { told, &told->packet };
	struct fw_model_question question;

	memset(told, 0, sizeof(*told));
	told->iif = iif;
	told->oif = oif;
	fw_model_packet_parse(frame, len, &told->packet);
	if (fw_model_dns(frame, len, &told->packet, &question) ==
	    FW_MODEL_ASKED)
		ask(told, question.name);
	/* These are told by the hook, or by nobody. */
	told->packet.has[FW_FIELD_CT_STATE] = false;
	told->packet.has[FW_FIELD_MARK] = false;
	if (state) {
		assume(&f, FW_FIELD_CT_STATE, state);
		assume(&f, FW_FIELD_CT_DIRECTION, direction);
	}
	fill_meta(&f);
}

/* --- in words ------------------------------------------------------------- */
static const struct {
	enum fw_field field;
	fw_u128 value;
	const char *words;
} assumptions[] = {
	{ FW_FIELD_L3, FW_L3_IP, "meta protocol ip" },
	{ FW_FIELD_ETHER_TYPE, 0x0800, "ether type ip" },
	{ FW_FIELD_ETHER_TYPE, 0x86dd, "ether type ip6" },
	{ FW_FIELD_ETHER_TYPE, 0x0806, "ether type arp" },
	{ FW_FIELD_ETHER_TYPE, ETHER_8021Q, "ether type 8021q" },
	{ FW_FIELD_VLAN_PCP, 0, "vlan pcp 0" },
	{ FW_FIELD_VLAN_DEI, 0, "vlan dei 0" },
	{ FW_FIELD_FRAG_OFF, 0, "ip frag-off 0" },
	{ FW_FIELD_FRAG, 0, "exthdr frag missing" },
	{ FW_FIELD_DSCP, 0, "dscp cs0" },
	{ FW_FIELD_ECN, 0, "ecn not-ect" },
	{ FW_FIELD_SPORT, CLIENT_PORT, "th sport 49152" },
	{ FW_FIELD_TH_SPORT, CLIENT_PORT, "th sport 49152" },
	{ FW_FIELD_ICMP_CODE, 0, "icmp code 0" },
	{ FW_FIELD_TCP_FLAGS, TCP_SYN, "tcp flags syn" },
	{ FW_FIELD_PKTTYPE, 0, "meta pkttype host" },
	{ FW_FIELD_PKTTYPE, 1, "meta pkttype broadcast" },
	{ FW_FIELD_PKTTYPE, 2, "meta pkttype multicast" },
	{ FW_FIELD_MARK, 0, "meta mark 0" },
	{ FW_FIELD_CT_STATE, CT_NEW, "ct state new" },
	{ FW_FIELD_CT_STATE, CT_ESTABLISHED, "ct state established" },
	{ FW_FIELD_CT_STATE, CT_UNTRACKED, "ct state untracked" },
	{ FW_FIELD_CT_STATE, CT_INVALID, "ct state invalid" },
	{ FW_FIELD_CT_STATUS, 0, "ct status 0" },
	{ FW_FIELD_CT_DIRECTION, 0, "ct direction original" },
	{ FW_FIELD_CT_DIRECTION, 1, "ct direction reply" },
	{ FW_FIELD_CT_MARK, 0, "ct mark 0" },
};

const char *fw_told_assumption(const struct fw_told *told, enum fw_field field,
			       char text[static 64])
{
	fw_u128 value = told->packet.value[field];

	if (!(told->assumed & BIT(field)))
		return NULL;
	for (size_t i = 0; i < FW_ARRAY_SIZE(assumptions); i++)
		if (assumptions[i].field == field &&
		    assumptions[i].value == value)
			return assumptions[i].words;
	if (field == FW_FIELD_NEXTHDR)
		return "no extension headers";
	(void)snprintf(text, 64, "%s %llu", fw_field_name(field),
		       (unsigned long long)value);
	return text;
}
