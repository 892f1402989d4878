/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures: little-endian pcap and pcapng, Ethernet (one VLAN tag), raw IP and
 * BSD loopback.
 *
 * In: a file. Out: its IP packets. Fails for a file that cannot be read or is of
 * another kind; what is cut off at the end is left out.
 */
#include "tests/unit/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define PCAP_MAGIC 0xa1b2c3d4u
#define PCAP_MAGIC_NS 0xa1b23c4du
#define NG_SECTION 0x0a0d0d0au
#define NG_INTERFACE 1u
#define NG_PACKET 6u
#define INTERFACES_MAX 16

#define LINK_NULL 0u
#define LINK_ETHERNET 1u
#define LINK_RAW 101u

struct sink {
	void (*fn)(void *ctx, const uint8_t *data, size_t len);
	void *ctx;
	int n;
};

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static void emit(struct sink *sink, uint32_t link, const uint8_t *data,
		 size_t len)
{
	size_t skip = link == LINK_ETHERNET ? 14 : link == LINK_NULL ? 4 : 0;

	if (link == LINK_ETHERNET && len > 18 && data[12] == 0x81 && !data[13])
		skip = 18;
	if (len <= skip || (data[skip] >> 4 != 4 && data[skip] >> 4 != 6))
		return;
	sink->fn(sink->ctx, data + skip, len - skip);
	sink->n++;
}

static void read_pcap(struct sink *sink, const uint8_t *p, size_t len)
{
	uint32_t link = le32(p + 20);

	for (p += 24, len -= 24; len >= 16;) {
		size_t captured = le32(p + 8);

		if (captured > len - 16)
			break;
		emit(sink, link, p + 16, captured);
		p += 16 + captured;
		len -= 16 + captured;
	}
}

static void read_pcapng(struct sink *sink, const uint8_t *p, size_t len)
{
	uint32_t links[INTERFACES_MAX] = { 0 };
	size_t n_links = 0;

	while (len >= 12) {
		uint32_t type = le32(p), size = le32(p + 4);

		if (size < 12 || size > len)
			break;
		if (type == NG_SECTION)
			n_links = 0;
		else if (type == NG_INTERFACE && n_links < INTERFACES_MAX)
			links[n_links++] = le32(p + 8) & 0xffff;
		else if (type == NG_PACKET && size >= 32 &&
			 le32(p + 8) < n_links && le32(p + 20) <= size - 32)
			emit(sink, links[le32(p + 8)], p + 28, le32(p + 20));
		p += size;
		len -= size;
	}
}

static uint8_t *read_all(const char *path, size_t *ret_len)
{
	_cleanup_fclose_ FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 24 ||
	    fseek(file, 0, SEEK_SET))
		return NULL;
	data = malloc((size_t)size);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
		free(data);
		return NULL;
	}
	*ret_len = (size_t)size;
	return data;
}

int capture_read(const char *path,
		 void (*fn)(void *ctx, const uint8_t *data, size_t len),
		 void *ctx)
{
	struct sink sink = { fn, ctx, 0 };
	_cleanup_free_ uint8_t *data = NULL;
	size_t len = 0;

	data = read_all(path, &len);
	if (!data)
		return -EIO;
	if (le32(data) == PCAP_MAGIC || le32(data) == PCAP_MAGIC_NS)
		read_pcap(&sink, data, len);
	else if (le32(data) == NG_SECTION)
		read_pcapng(&sink, data, len);
	else
		return -EINVAL;
	return sink.n;
}
