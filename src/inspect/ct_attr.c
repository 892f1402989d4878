/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connection attributes (linux/netfilter/nfnetlink_conntrack.h), as nested in a
 * queue message.
 *
 * In: the attribute. Out: both tuples and the mark. Fails with -EINVAL for an
 * attribute that does not hold what it should.
 */
#include "inspect/ct_attr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "util/cleanup.h"

/* Attributes of one nest, by type; those above max are of no interest. */
struct nest {
	const struct nlattr *attrs[CTA_MAX + 1];
	uint16_t max;
};

static int note_attr(const struct nlattr *attr, void *data)
{
	struct nest *nest = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= nest->max)
		nest->attrs[type] = attr;
	return MNL_CB_OK;
}

static struct nest open_nest(const struct nlattr *attr, uint16_t max)
{
	struct nest nest = { .max = max };

	if (attr)
		(void)mnl_attr_parse_nested(attr, note_attr, &nest);
	return nest;
}

static bool has(const struct nest *nest, int type, size_t len)
{
	const struct nlattr *attr = nest->attrs[type];

	return attr && mnl_attr_get_payload_len(attr) >= len;
}

static bool copy_addr(const struct nest *ip, int type, size_t len,
		      uint8_t addr[16])
{
	if (!has(ip, type, len))
		return false;
	memcpy(addr, mnl_attr_get_payload(ip->attrs[type]), len);
	return true;
}

static uint16_t port(const struct nest *proto, int type)
{
	return has(proto, type, 2) ?
		       ntohs(mnl_attr_get_u16(proto->attrs[type])) : 0;
}

static int read_tuple(const struct nlattr *attr, struct fw_tuple *ret)
{
	struct nest tuple = open_nest(attr, CTA_TUPLE_MAX);
	struct nest ip = open_nest(tuple.attrs[CTA_TUPLE_IP], CTA_IP_MAX);
	struct nest proto = open_nest(tuple.attrs[CTA_TUPLE_PROTO],
				      CTA_PROTO_MAX);

	*ret = (struct fw_tuple){ 0 };
	if (copy_addr(&ip, CTA_IP_V4_SRC, 4, ret->saddr) &&
	    copy_addr(&ip, CTA_IP_V4_DST, 4, ret->daddr))
		ret->family = 4;
	else if (copy_addr(&ip, CTA_IP_V6_SRC, 16, ret->saddr) &&
		 copy_addr(&ip, CTA_IP_V6_DST, 16, ret->daddr))
		ret->family = 6;
	if (!ret->family || !has(&proto, CTA_PROTO_NUM, 1))
		return -EINVAL;
	ret->proto = mnl_attr_get_u8(proto.attrs[CTA_PROTO_NUM]);
	ret->sport = port(&proto, CTA_PROTO_SRC_PORT);
	ret->dport = port(&proto, CTA_PROTO_DST_PORT);
	return 0;
}
_Static_assert(CTA_TUPLE_MAX <= CTA_MAX && CTA_IP_MAX <= CTA_MAX &&
	       CTA_PROTO_MAX <= CTA_MAX, "nest");

int fw_ct_read(const struct nlattr *attr, struct fw_ct *ret)
{
	struct nest ct = open_nest(attr, CTA_MAX);
	struct fw_ct out = { 0 };

	if (read_tuple(ct.attrs[CTA_TUPLE_ORIG], &out.tuple[0]) ||
	    read_tuple(ct.attrs[CTA_TUPLE_REPLY], &out.tuple[1]))
		return -EINVAL;
	if (has(&ct, CTA_MARK, 4))
		out.mark = ntohl(mnl_attr_get_u32(ct.attrs[CTA_MARK]));
	*ret = out;
	return 0;
}
