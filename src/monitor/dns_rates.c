/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: answers and questions. Out: what is a flood, what is a tunnel. Nothing
 * fails: where there is no room, whoever was seen longest ago is forgotten.
 *
 * A tunnel is told by what it cannot do without (Farnham and Atlasis, Detecting
 * DNS Tunneling, SANS Institute 2013, sections 4.1 and 4.2): data go out in names,
 * so these are many, none twice, long, and of characters that are about equally
 * frequent (Born and Gustafson, Detecting DNS Tunnels Using Character Frequency
 * Analysis, 2010). All four have to hold at once, in a minute, for the names of one
 * client under one parent: each by itself is met in benign traffic.
 */
#include "monitor/dns_rates.h"

#include <stdlib.h>
#include <string.h>

#include "util/siphash.h"

#define NS_PER_S UINT64_C(1000000000)

#define FLOOD_S 10u
#define FLOOD_NXDOMAIN 100u	/* and half of all answers */
#define TUNNEL_S 60u
#define TUNNEL_NAMES 40u
#define TUNNEL_LENGTH 24u
#define TUNNEL_ENTROPY 3500u

#define SETS 256		/* of each table */
#define WAYS 4
#define BITS 1024		/* of names that were seen: enough for 40 */

/* Whose numbers these are, and since when: what each kind of slot begins with. */
struct owner {
	uint64_t key, since_ns;
};

struct client {
	struct owner owner;
	uint32_t nxdomain, answers;
};

struct names {
	struct owner owner;
	uint32_t n, bytes;
	uint8_t seen[BITS / 8];
	uint16_t counts[256];
};

struct fw_dns_rates {
	struct client clients[SETS][WAYS];
	struct names names[SETS][WAYS];
};

static const struct fw_siphash_key key = { 7, 11 };

struct fw_dns_rates *fw_dns_rates_new(void)
{
	return calloc(1, sizeof(struct fw_dns_rates));
}

void fw_dns_rates_free(struct fw_dns_rates *rates)
{
	free(rates);
}

static uint64_t hash_client(uint8_t family, const uint8_t client[16])
{
	uint8_t bytes[17];

	bytes[0] = family;
	memcpy(bytes + 1, client, 16);
	/* 0 is nobody's */
	return fw_siphash(&key, bytes, sizeof(bytes)) | 1;
}

/* The slot of that owner in a set of WAYS slots; else the one that was begun
 * longest ago. It begins anew for another owner, and after a while. */
static void *find(void *set, size_t size, uint64_t hash, uint64_t now_ns,
		  uint64_t seconds)
{
	struct owner *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		struct owner *slot =
			(struct owner *)((unsigned char *)set + i * size);

		if (slot->key == hash) {
			oldest = slot;
			break;
		}
		if (slot->since_ns < oldest->since_ns)
			oldest = slot;
	}
	if (oldest->key != hash ||
	    oldest->since_ns + seconds * NS_PER_S <= now_ns) {
		memset(oldest, 0, size);
		*oldest = (struct owner){ hash, now_ns };
	}
	return oldest;
}

/* --- floods --------------------------------------------------------------- */
bool fw_dns_rates_answer(struct fw_dns_rates *rates, uint8_t family,
			 const uint8_t client[16], bool nxdomain,
			 uint64_t now_ns, struct fw_dns_flood *ret)
{
	uint64_t hash = hash_client(family, client);
	struct client *c = find(rates->clients[hash / 2 % SETS], sizeof(*c),
				hash, now_ns, FLOOD_S);

	c->answers++;
	c->nxdomain += nxdomain;
	*ret = (struct fw_dns_flood){ c->nxdomain, c->answers, FLOOD_S };
	return nxdomain && c->nxdomain >= FLOOD_NXDOMAIN &&
	       c->nxdomain >= c->answers / 2;
}

/* --- tunnels -------------------------------------------------------------- */
size_t fw_dns_parent(const uint8_t *name, size_t len)
{
	size_t starts[128], n = 0;

	for (size_t at = 0; at < len && name[at] && n < 128;
	     at += 1u + name[at])
		starts[n++] = at;
	if (n < 3)
		return len;
	if (name[starts[n - 1]] == 2 && name[starts[n - 2]] <= 3)
		return n < 4 ? len : starts[n - 3];
	return starts[n - 2];
}

/* Thousandths of log2, of x from 1 on: the whole part, then a bit of the rest by
 * each squaring of what is left, which is from 1 to 2. */
static uint64_t log2_1000(uint64_t x)
{
	uint64_t whole = 0, part = 0, rest;

	while (x >> (whole + 1))
		whole++;
	rest = (x << 16) >> whole;
	for (unsigned bit = 1; bit <= 12; bit++) {
		rest = rest * rest >> 16;
		if (rest >> 17) {
			rest >>= 1;
			part |= 4096u >> bit;
		}
	}
	return whole * 1000 + part * 1000 / 4096;
}

uint32_t fw_dns_entropy(const uint16_t counts[256])
{
	uint64_t all = 0, sum = 0;

	for (size_t i = 0; i < 256; i++) {
		all += counts[i];
		if (counts[i])
			sum += counts[i] * log2_1000(counts[i]);
	}
	return all ? (uint32_t)(log2_1000(all) - sum / all) : 0;
}

/* Counts a name that is new; its letters in one case, since 0x20 changes them. */
static void add_name(struct names *names, const uint8_t *name, size_t len)
{
	uint8_t letters[256];
	size_t n = 0;
	uint64_t bit;

	for (size_t at = 0; at < len; at += 1u + name[at]) {
		for (size_t i = 1; i <= name[at]; i++) {
			uint8_t byte = name[at + i];

			letters[n++] = byte >= 'A' && byte <= 'Z' ?
					       (uint8_t)(byte + 'a' - 'A') :
					       byte;
		}
	}
	bit = fw_siphash(&key, letters, n) % BITS;
	if (names->seen[bit / 8] >> bit % 8 & 1 || names->bytes > UINT16_MAX - n)
		return;
	names->seen[bit / 8] |= (uint8_t)(1u << bit % 8);
	names->n++;
	names->bytes += (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		names->counts[letters[i]]++;
}

/* Names of addresses are long, and mean nothing. */
static bool is_reverse(const uint8_t *name, size_t len)
{
	static const uint8_t arpa[] = "\4arpa";

	return len >= sizeof(arpa) &&
	       !memcmp(name + len - sizeof(arpa), arpa, sizeof(arpa));
}

bool fw_dns_rates_name(struct fw_dns_rates *rates, uint8_t family,
		       const uint8_t client[16], const uint8_t *name,
		       size_t len, uint64_t now_ns, struct fw_dns_tunnel *ret)
{
	size_t parent = fw_dns_parent(name, len);
	struct names *names;
	uint64_t hash;

	if (parent == len || is_reverse(name, len))
		return false;
	hash = fw_siphash(&key, name + parent, len - parent);
	hash = (hash ^ hash_client(family, client)) | 1;
	names = find(rates->names[hash / 2 % SETS], sizeof(*names), hash,
		     now_ns, TUNNEL_S);
	add_name(names, name, parent);
	if (names->n < TUNNEL_NAMES ||
	    names->bytes / names->n < TUNNEL_LENGTH)
		return false;
	*ret = (struct fw_dns_tunnel){
		.names = names->n,
		.length = names->bytes / names->n,
		.entropy = fw_dns_entropy(names->counts),
		.parent = parent,
		.seconds = TUNNEL_S,
	};
	return ret->entropy >= TUNNEL_ENTROPY;
}
