/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: clients and times. Out: who is new, and who is one too many. Only making
 * it fails.
 *
 * Known clients are 64-bit hashes in sets of a few, of which the oldest goes.
 * A device keeps the times of its last new clients: where the first of as many
 * as a minute may have is less than a minute ago, there are too many.
 */
#include "monitor/dhcp_clients.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/siphash.h"

#define SETS 4096u
#define WAYS 4u
#define DEVICES 64u		/* more share the last one's place */

struct known {
	uint64_t hash, seen_ns;
};

struct device {
	uint32_t ifindex;	/* 0: free */
	unsigned next;
	uint64_t over_ns;	/* when there were too many; 0: never */
	uint64_t times[FW_STARVATION_CLIENTS];
};

struct fw_dhcp_clients {
	struct fw_siphash_key key;
	struct known known[SETS][WAYS];
	struct device devices[DEVICES];
};

struct fw_dhcp_clients *fw_dhcp_clients_new(void)
{
	struct fw_dhcp_clients *clients = calloc(1, sizeof(*clients));

	if (!clients)
		return NULL;
	if (getrandom(&clients->key, sizeof(clients->key), 0) !=
	    (ssize_t)sizeof(clients->key)) {
		free(clients);
		return NULL;
	}
	return clients;
}

void fw_dhcp_clients_free(struct fw_dhcp_clients *clients)
{
	free(clients);
}

static uint64_t hash_of(const struct fw_dhcp_clients *clients, uint32_t ifindex,
			const struct fw_dhcp_message *message)
{
	struct {
		uint32_t ifindex, iaid, family;
		struct fw_dhcp_client client;
	} key;

	memset(&key, 0, sizeof(key));
	key.ifindex = ifindex;
	key.iaid = message->iaid;
	key.family = message->family;
	key.client = message->client;
	return fw_siphash(&clients->key, &key, sizeof(key));
}

bool fw_dhcp_clients_see(struct fw_dhcp_clients *clients, uint32_t ifindex,
			 const struct fw_dhcp_message *message, uint64_t now_ns)
{
	uint64_t hash = hash_of(clients, ifindex, message);
	struct known *set = clients->known[hash % SETS], *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].hash == hash) {
			set[i].seen_ns = now_ns;
			return false;
		}
		if (set[i].seen_ns < oldest->seen_ns)
			oldest = &set[i];
	}
	*oldest = (struct known){ hash, now_ns };
	return true;
}

static struct device *device_of(struct fw_dhcp_clients *clients,
				uint32_t ifindex)
{
	struct device *device = clients->devices;

	while (device->ifindex && device->ifindex != ifindex &&
	       device < clients->devices + DEVICES - 1)
		device++;
	device->ifindex = ifindex;
	return device;
}

bool fw_dhcp_clients_flood(struct fw_dhcp_clients *clients, uint32_t ifindex,
			   uint64_t now_ns, uint64_t *ret_ns)
{
	struct device *device = device_of(clients, ifindex);
	uint64_t first = device->times[device->next], before = device->over_ns;

	device->times[device->next] = now_ns ? now_ns : 1;
	device->next = (device->next + 1) % FW_STARVATION_CLIENTS;
	if (!first || now_ns - first > FW_STARVATION_NS)
		return false;
	device->over_ns = now_ns;
	*ret_ns = now_ns - first;
	return !before || now_ns - before > FW_STARVATION_NS;
}
