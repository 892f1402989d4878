/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures: the bytes of a file to frames.
 *
 * In: a pcap file (draft-ietf-opsawg-pcap, seconds with micro- or nanoseconds)
 * or a pcapng one (draft-ietf-opsawg-pcapng: section, interface, enhanced and
 * simple packet blocks; others are skipped). Out: frames from the Ethernet
 * header on; IP behind another one, or none, gets one. Fails where the bytes are
 * of another kind, cut off, or of another link.
 */
#include "offline/capture.h"

#include <errno.h>
#include <string.h>

#include "util/cleanup.h"

#define MAGIC 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define NG_SECTION 0x0a0d0d0au
#define NG_ORDER 0x1a2b3c4du
#define NG_INTERFACE 1u
#define NG_SIMPLE 3u
#define NG_ENHANCED 6u

#define LINK_ETHERNET 1u

/* Links of packets that are IP's behind a header of a fixed size. */
static const struct {
	uint32_t link;
	size_t header;
} links[] = {
	{ 0, 4 },	/* NULL: BSD's loopback */
	{ 12, 0 },	/* RAW, as some systems number it */
	{ 101, 0 },	/* RAW */
	{ 108, 4 },	/* LOOP */
	{ 113, 16 },	/* LINUX_SLL */
	{ 228, 0 },	/* IPV4 */
	{ 229, 0 },	/* IPV6 */
	{ 276, 20 },	/* LINUX_SLL2 */
};

#define ETHERNET_LEN 14

static int refuse(struct fw_capture *c, const char *error)
{
	c->error = error;
	return -EINVAL;
}

/* The number at an offset; the caller knows that it is there. */
static uint32_t number(const struct fw_capture *c, size_t at)
{
	uint32_t n;

	memcpy(&n, c->data + at, sizeof(n));
	return c->swapped ? __builtin_bswap32(n) : n;
}

static bool has(const struct fw_capture *c, size_t at, size_t n)
{
	return at <= c->len && n <= c->len - at;
}

/* --- frames --------------------------------------------------------------- */
/* A packet of another link, with an Ethernet header in front. */
static void dress(struct fw_capture *c, const uint8_t *packet, size_t len,
		  struct fw_frame *ret)
{
	static const uint8_t types[16][2] = { [4] = { 0x08, 0x00 },
					      [6] = { 0x86, 0xdd } };

	memset(c->room, 0, ETHERNET_LEN);
	if (len)
		memcpy(c->room + 12, types[packet[0] >> 4], 2);
	memcpy(c->room + ETHERNET_LEN, packet, len);
	ret->data = c->room;
	ret->len = ETHERNET_LEN + len;
}

static int give(struct fw_capture *c, uint32_t link, size_t at, size_t len,
		size_t wire, struct fw_frame *ret)
{
	const uint8_t *data = c->data + at;

	if (len > FW_CAPTURE_FRAME_MAX)
		return refuse(c, "a packet is larger than 256 KiB");
	*ret = (struct fw_frame){ data, len, wire > len ? wire - len : 0 };
	if (link == LINK_ETHERNET)
		return 1;
	for (size_t i = 0; i < FW_ARRAY_SIZE(links); i++) {
		size_t header = links[i].header;

		if (links[i].link != link)
			continue;
		if (header > len)
			header = len;
		dress(c, data + header, len - header, ret);
		return 1;
	}
	return refuse(c, "its frames are neither Ethernet nor IP");
}

/* --- pcap ----------------------------------------------------------------- */
static int next_pcap(struct fw_capture *c, struct fw_frame *ret)
{
	size_t at = c->at, len;

	if (at == c->len)
		return 0;
	if (!has(c, at, 16))
		return refuse(c, "it is cut off");
	len = number(c, at + 8);
	if (!has(c, at + 16, len))
		return refuse(c, "it is cut off");
	c->at = at + 16 + len;
	return give(c, c->links[0], at + 16, len, number(c, at + 12), ret);
}

/* --- pcapng --------------------------------------------------------------- */
static int begin_section(struct fw_capture *c, size_t at)
{
	uint32_t order;

	if (!has(c, at, 12))
		return refuse(c, "it is cut off");
	memcpy(&order, c->data + at + 8, sizeof(order));
	if (order != NG_ORDER && order != __builtin_bswap32(NG_ORDER))
		return refuse(c, "it is no capture");
	c->swapped = order != NG_ORDER;
	c->n_links = 0;
	return 0;
}

static int add_interface(struct fw_capture *c, size_t at)
{
	if (c->n_links == FW_CAPTURE_INTERFACES)
		return refuse(c, "it has more than 64 interfaces");
	/* two bytes of link type, two that are reserved */
	c->links[c->n_links] = number(c, at + 8);
	c->links[c->n_links] = c->swapped ? c->links[c->n_links] >> 16 :
					    c->links[c->n_links] & 0xffff;
	c->n_links++;
	return 0;
}

/* A block of size bytes with a packet in it. */
static int read_packet(struct fw_capture *c, size_t at, size_t size,
		       bool simple, struct fw_frame *ret)
{
	size_t head = simple ? 12 : 28, len, wire;
	uint32_t link = simple ? 0 : number(c, at + 8);

	if (size < head + 4 || link >= c->n_links)
		return refuse(c, "it is damaged");
	wire = number(c, at + (simple ? 8 : 24));
	len = simple ? wire : number(c, at + 20);
	if (simple && len > size - head - 4)
		len = size - head - 4;
	if (len > size - head - 4)
		return refuse(c, "it is damaged");
	return give(c, c->links[link], at + head, len, wire, ret);
}

static int next_ng(struct fw_capture *c, struct fw_frame *ret)
{
	while (c->at < c->len) {
		size_t at = c->at, size;
		uint32_t type;
		int r = 0;

		if (!has(c, at, 12))
			return refuse(c, "it is cut off");
		type = number(c, at);
		if (type == NG_SECTION)
			r = begin_section(c, at);
		if (r < 0)
			return r;
		size = number(c, at + 4);
		if (size < 12 || size % 4 || !has(c, at, size))
			return refuse(c, "it is cut off");
		c->at = at + size;
		if (type == NG_INTERFACE && size >= 20)
			r = add_interface(c, at);
		else if ((type == NG_ENHANCED && size >= 32) ||
			 (type == NG_SIMPLE && size >= 16))
			return read_packet(c, at, size, type == NG_SIMPLE, ret);
		if (r < 0)
			return r;
	}
	return 0;
}

/* -------------------------------------------------------------------------- */
int fw_capture_open(struct fw_capture *c, const uint8_t *data, size_t len)
{
	uint32_t magic;

	c->data = data;
	c->len = len;
	c->at = 0;
	c->swapped = c->ng = false;
	c->n_links = 0;
	c->error = NULL;
	if (len < 12)
		return refuse(c, "it is no capture");
	magic = number(c, 0);
	if (magic == NG_SECTION) {
		c->ng = true;
		return 0;
	}
	c->swapped = magic == __builtin_bswap32(MAGIC) ||
		     magic == __builtin_bswap32(MAGIC_NS);
	magic = number(c, 0);
	if ((magic != MAGIC && magic != MAGIC_NS) || len < 24)
		return refuse(c, "it is no capture");
	/* the upper bits say how frames end */
	c->links[0] = number(c, 20) & 0x0fffffff;
	c->n_links = 1;
	c->at = 24;
	return 0;
}

int fw_capture_next(struct fw_capture *c, struct fw_frame *ret)
{
	return c->ng ? next_ng(c, ret) : next_pcap(c, ret);
}
