/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash of leases with chains, and a heap by their end.
 *
 * In: leases. Out: leases. Adding fails where there is no room or no memory; what
 * is there is never forgotten to make room, since it would look like new then.
 */
#include "monitor/dhcp_leases.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/siphash.h"

#define BUCKETS 4096u
#define KEY_SIZE offsetof(struct fw_lease, device)
_Static_assert(KEY_SIZE == 4 + 2 + 16, "no padding in a lease's key");

struct fw_leases {
	struct fw_siphash_key key;
	size_t n, max, room;
	struct fw_lease **heap;		/* room of them: the first to end first */
	struct fw_lease *buckets[BUCKETS];
};

struct fw_leases *fw_leases_new(size_t max)
{
	struct fw_leases *leases = calloc(1, sizeof(*leases));

	if (!leases)
		return NULL;
	leases->max = max;
	if (getrandom(&leases->key, sizeof(leases->key), 0) !=
	    (ssize_t)sizeof(leases->key)) {
		free(leases);
		return NULL;
	}
	return leases;
}

void fw_leases_free(struct fw_leases *leases)
{
	if (!leases)
		return;
	for (size_t i = 0; i < leases->n; i++)
		free(leases->heap[i]);
	free(leases->heap);
	free(leases);
}

void fw_leases_set_max(struct fw_leases *leases, size_t max)
{
	leases->max = max;
}

size_t fw_leases_max(const struct fw_leases *leases)
{
	return leases->max;
}

size_t fw_leases_count(const struct fw_leases *leases)
{
	return leases->n;
}

static struct fw_lease **bucket(const struct fw_leases *leases,
				const struct fw_lease *key)
{
	uint64_t hash = fw_siphash(&leases->key, key, KEY_SIZE);

	return (struct fw_lease **)&leases->buckets[hash % BUCKETS];
}

struct fw_lease *fw_leases_find(const struct fw_leases *leases,
				const struct fw_lease *key)
{
	struct fw_lease *lease = *bucket(leases, key);

	while (lease && memcmp(lease, key, KEY_SIZE) != 0)
		lease = lease->next;
	return lease;
}

/* --- the heap -------------------------------------------------------------- */
static void put(struct fw_leases *leases, size_t at, struct fw_lease *lease)
{
	leases->heap[at] = lease;
	lease->at = at;
}

static void rise(struct fw_leases *leases, struct fw_lease *lease)
{
	size_t at = lease->at;

	while (at) {
		struct fw_lease *parent = leases->heap[(at - 1) / 2];

		if (parent->expires_ns <= lease->expires_ns)
			break;
		put(leases, at, parent);
		at = (at - 1) / 2;
	}
	put(leases, at, lease);
}

static void sink(struct fw_leases *leases, struct fw_lease *lease)
{
	size_t at = lease->at;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < leases->n && leases->heap[child + 1]->expires_ns <
						     leases->heap[child]->expires_ns)
			child++;
		if (child >= leases->n ||
		    leases->heap[child]->expires_ns >= lease->expires_ns)
			break;
		put(leases, at, leases->heap[child]);
		at = child;
	}
	put(leases, at, lease);
}

static bool make_room(struct fw_leases *leases)
{
	size_t room = leases->room ? 2 * leases->room : 64;
	struct fw_lease **heap;

	if (leases->n < leases->room)
		return true;
	heap = reallocarray(leases->heap, room, sizeof(*heap));
	if (!heap)
		return false;
	leases->heap = heap;
	leases->room = room;
	return true;
}

struct fw_lease *fw_leases_add(struct fw_leases *leases,
			       const struct fw_lease *lease)
{
	struct fw_lease **head = bucket(leases, lease), *copy;

	if (leases->n >= leases->max || !make_room(leases))
		return NULL;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *lease;
	copy->next = *head;
	*head = copy;
	put(leases, leases->n++, copy);
	rise(leases, copy);
	return copy;
}

void fw_leases_expire_at(struct fw_leases *leases, struct fw_lease *lease,
			 uint64_t expires_ns)
{
	lease->expires_ns = expires_ns;
	rise(leases, lease);
	sink(leases, lease);
}

void fw_leases_remove(struct fw_leases *leases, struct fw_lease *lease)
{
	struct fw_lease **link = bucket(leases, lease);
	struct fw_lease *last = leases->heap[--leases->n];

	while (*link != lease)
		link = &(*link)->next;
	*link = lease->next;
	if (last != lease) {
		put(leases, lease->at, last);
		rise(leases, last);
		sink(leases, last);
	}
	free(lease);
}

struct fw_lease *fw_leases_ended(const struct fw_leases *leases, uint64_t now_ns)
{
	return leases->n && leases->heap[0]->expires_ns <= now_ns ?
		       leases->heap[0] : NULL;
}

void fw_leases_each(const struct fw_leases *leases,
		    void (*fn)(void *ctx, const struct fw_lease *lease),
		    void *ctx)
{
	for (size_t i = 0; i < leases->n; i++)
		fn(ctx, leases->heap[i]);
}

void fw_lease_address(const struct fw_lease *lease,
		      char ret[FW_LEASE_ADDRESS_MAX])
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(lease->family == 4 ? AF_INET : AF_INET6, lease->address,
			text, sizeof(text));
	if (lease->bits == (lease->family == 4 ? 32 : 128))
		(void)snprintf(ret, FW_LEASE_ADDRESS_MAX, "%s", text);
	else
		(void)snprintf(ret, FW_LEASE_ADDRESS_MAX, "%s/%u", text,
			       lease->bits);
}
