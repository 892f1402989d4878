/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash with one round a word and three at the end.
 *
 * In: a key of 128 bits and bytes. Out: 64 or 128 bits, the same on every
 * machine. Nothing fails.
 */
#include "util/siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void mix(struct state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static uint64_t word(const uint8_t *p, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)p[i] << (8 * i);
	return w;
}

static void absorb(struct state *s, uint64_t w)
{
	s->v3 ^= w;
	mix(s);
	s->v0 ^= w;
}

static void absorb_all(struct state *s, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i + 8 <= len; i += 8)
		absorb(s, word(p + i, 8));
	absorb(s, word(p + i, len - i) | (uint64_t)len << 56);
}

static uint64_t finish(struct state *s)
{
	for (int round = 0; round < 3; round++)
		mix(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static struct state start(const struct fw_siphash_key *key)
{
	return (struct state){
		key->k0 ^ 0x736f6d6570736575,	/* "somepseu", and so on: */
		key->k1 ^ 0x646f72616e646f6d,	/* "dorandom" */
		key->k0 ^ 0x6c7967656e657261,	/* "lygenera" */
		key->k1 ^ 0x7465646279746573,	/* "tedbytes" */
	};
}

uint64_t fw_siphash(const struct fw_siphash_key *key, const void *data,
		    size_t len)
{
	struct state s = start(key);

	absorb_all(&s, data, len);
	s.v2 ^= 0xff;
	return finish(&s);
}

struct fw_siphash128 fw_siphash128(const struct fw_siphash_key *key,
				   const void *data, size_t len)
{
	struct state s = start(key);
	struct fw_siphash128 hash;

	s.v1 ^= 0xee;
	absorb_all(&s, data, len);
	s.v2 ^= 0xee;
	hash.low = finish(&s);
	s.v1 ^= 0xdd;
	hash.high = finish(&s);
	return hash;
}
