/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses to prefixes.
 *
 * In: addresses that were seen. Out: prefixes. Fails only for want of memory.
 *
 * From the longest prefix that has them all downwards: one that is honest stands
 * for its addresses, else its halves are asked. So each address is in one prefix,
 * and no two of the answer could be one.
 */
#include "learn/cover.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COVERED_MIN 8	/* addresses of a prefix that holds others */
#define V6_NETWORK 64

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct fw_address));
}

void fw_addresses_sort(fw_addresses *addresses)
{
	size_t n = 0;

	if (!addresses->n)
		return;
	qsort(addresses->items, addresses->n, sizeof(*addresses->items),
	      by_bytes);
	for (size_t i = 0; i < addresses->n; i++)
		if (!n || by_bytes(&addresses->items[i],
				   &addresses->items[n - 1]))
			addresses->items[n++] = addresses->items[i];
	addresses->n = n;
}

bool fw_addresses_have(const fw_addresses *addresses,
		       const struct fw_address *address)
{
	return addresses->n && bsearch(address, addresses->items, addresses->n,
				       sizeof(*address), by_bytes);
}

static unsigned bit_at(const struct fw_address *address, unsigned bit)
{
	return address->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* Bits that both begin with, at most max. */
static unsigned common(const struct fw_address *a, const struct fw_address *b,
		       unsigned max)
{
	unsigned n = 0;

	while (n < max && bit_at(a, n) == bit_at(b, n))
		n++;
	return n;
}

size_t fw_addresses_spread(const fw_addresses *addresses, unsigned length)
{
	size_t n = addresses->n > 0;

	for (size_t i = 1; i < addresses->n; i++)
		n += common(&addresses->items[i - 1], &addresses->items[i],
			    length) < length;
	return n;
}

struct work {
	struct fw_arena *arena;
	unsigned bits;		/* of an address */
	const struct fw_address *items;
	const fw_addresses *known;
	fw_covers *ret;
};

static size_t known_in(const struct work *work, const struct fw_address *address,
		       unsigned length)
{
	size_t n = 0;

	for (size_t i = 0; i < work->known->n; i++)
		n += common(&work->known->items[i], address, length) == length;
	return n;
}

static bool is_honest(const struct work *work, size_t from, size_t to,
		      unsigned length)
{
	size_t n = to - from;
	unsigned host = work->bits - length;

	if (host == 0 || (host < 32 && n == (size_t)1 << host))
		return true;	/* nobody else is in it */
	if (n < COVERED_MIN ||
	    n * 10 < known_in(work, &work->items[from], length) * 9)
		return false;
	if (work->bits == 128)
		return length >= V6_NETWORK;
	return host < 24 && n * 4 >= ((size_t)1 << host) * 3;
}

static int put(const struct work *work, size_t at, unsigned length)
{
	struct fw_cover *cover = fw_vec_push(work->arena, work->ret);

	if (!cover)
		return -ENOMEM;
	cover->length = length;
	for (unsigned bit = 0; bit < length; bit++)
		cover->address.bytes[bit / 8] |= (uint8_t)(
			bit_at(&work->items[at], bit) << (7 - bit % 8));
	return 0;
}

/* Depth: one a bit. */
static int cover(const struct work *work, size_t from, size_t to)
{
	unsigned length = common(&work->items[from], &work->items[to - 1],
				 work->bits);
	size_t middle = from;
	int r;

	/* the /64 itself: hosts draw their addresses from all of it */
	if (work->bits == 128 && length > V6_NETWORK &&
	    is_honest(work, from, to, V6_NETWORK))
		return put(work, from, V6_NETWORK);
	if (is_honest(work, from, to, length))
		return put(work, from, length);
	while (!bit_at(&work->items[middle], length))
		middle++;
	r = cover(work, from, middle);
	return r < 0 ? r : cover(work, middle, to);
}

int fw_cover(struct fw_arena *arena, uint8_t family,
	     const fw_addresses *addresses, const fw_addresses *known,
	     fw_covers *ret)
{
	const struct work work = {
		.arena = arena,
		.bits = family == 4 ? 32 : 128,
		.items = addresses->items,
		.known = known,
		.ret = ret,
	};

	return addresses->n ? cover(&work, 0, addresses->n) : 0;
}

const char *fw_cover_text(struct fw_arena *arena, uint8_t family,
			  const fw_covers *covers)
{
	const unsigned bits = family == 4 ? 32 : 128;
	char *text = fw_arena_strdup(arena, covers->n > 1 ? "{ " : "");

	for (size_t i = 0; text && i < covers->n; i++) {
		const struct fw_cover *c = &covers->items[i];
		char address[INET6_ADDRSTRLEN];

		(void)inet_ntop(family == 4 ? AF_INET : AF_INET6,
				c->address.bytes, address, sizeof(address));
		text = fw_arena_printf(arena, "%s%s%s", text, i ? ", " : "",
				       address);
		if (text && c->length < bits)
			text = fw_arena_printf(arena, "%s/%u", text, c->length);
	}
	return text && covers->n > 1 ? fw_arena_printf(arena, "%s }", text) :
				       text;
}
