/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: clients' messages. Out: what is known of a client when its answer comes.
 * Only making it fails.
 */
#include "monitor/dhcp_asked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/siphash.h"

#define SETS 128u
#define WAYS 4u

struct fw_dhcp_asking {
	struct fw_siphash_key key;
	struct fw_dhcp_asked asked[SETS][WAYS];
};

struct fw_dhcp_asking *fw_dhcp_asking_new(void)
{
	struct fw_dhcp_asking *asking = calloc(1, sizeof(*asking));

	if (!asking)
		return NULL;
	if (getrandom(&asking->key, sizeof(asking->key), 0) !=
	    (ssize_t)sizeof(asking->key)) {
		free(asking);
		return NULL;
	}
	return asking;
}

void fw_dhcp_asking_free(struct fw_dhcp_asking *asking)
{
	free(asking);
}

/* By what an answer repeats: the hardware address with IPv4, the DUID with IPv6. */
static uint64_t hash_of(const struct fw_dhcp_asking *asking, uint32_t ifindex,
			const struct fw_dhcp_message *m)
{
	struct {
		uint32_t ifindex, xid, family, len;
		uint8_t id[FW_DHCP_ID_MAX + 2];
	} key;

	memset(&key, 0, sizeof(key));
	key.ifindex = ifindex;
	key.xid = m->xid;
	key.family = m->family;
	key.len = m->family == 4 ? m->client.mac_len : m->client.id_len;
	memcpy(key.id, m->family == 4 ? m->client.mac : m->client.id, key.len);
	return fw_siphash(&asking->key, &key, sizeof(key));
}

/* --- what a client is known by --------------------------------------------- */
static bool add_number(char *list, size_t *at, unsigned number)
{
	if (*at + sizeof(",65535") > FW_DHCP_LIST_MAX)
		return false;
	*at += (size_t)sprintf(list + *at, "%s%u", *at ? "," : "", number);
	return true;
}

/* A message that has none leaves what an earlier one had. */
static void list_bytes(const struct fw_dhcp_bytes *bytes,
		       char list[FW_DHCP_LIST_MAX])
{
	size_t at = 0;

	for (size_t i = 0; i < bytes->len; i++)
		if (!add_number(list, &at, bytes->data[i]))
			return;
}

static void list_numbers(const uint16_t *numbers, size_t n,
			 char list[FW_DHCP_LIST_MAX])
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		if (!add_number(list, &at, numbers[i]))
			return;
}

static void keep(const struct fw_dhcp_bytes *bytes, char to[FW_LEASE_TEXT_MAX])
{
	char text[FW_DHCP_BYTES_MAX + 1];

	if (fw_dhcp_text(bytes, text))
		(void)snprintf(to, FW_LEASE_TEXT_MAX, "%.*s",
			       FW_LEASE_TEXT_MAX - 1, text);
}

static void learn(const struct fw_dhcp_message *m, struct fw_dhcp_asked *asked)
{
	if (m->family == 4) {
		list_bytes(&m->v4.params, asked->params);
		list_bytes(&m->v4.order, asked->options);
		keep(&m->v4.vendor, asked->vendor);
		keep(&m->v4.host, asked->host);
	} else {
		list_numbers(m->v6.requested, m->v6.n_requested, asked->params);
		list_numbers(m->v6.order, m->v6.n_order, asked->options);
		keep(&m->v6.vendor, asked->vendor);
		keep(&m->v6.host, asked->host);
	}
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

struct fw_print_facts fw_dhcp_asked_facts(const struct fw_dhcp_asked *asked,
					  uint8_t family)
{
	struct fw_print_facts facts = { 0 };

	facts.values[family == 4 ? FW_PRINT_PARAMS : FW_PRINT_REQUEST] =
		or_null(asked->params);
	facts.values[FW_PRINT_OPTIONS] = or_null(asked->options);
	facts.values[FW_PRINT_VENDOR] = or_null(asked->vendor);
	facts.values[FW_PRINT_HOST] = or_null(asked->host);
	return facts;
}

/* --- transactions ----------------------------------------------------------- */
static struct fw_dhcp_asked *place(struct fw_dhcp_asking *asking, uint64_t hash)
{
	struct fw_dhcp_asked *set = asking->asked[hash % SETS], *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].seen_ns && set[i].hash == hash)
			return &set[i];
		if (set[i].seen_ns < oldest->seen_ns)
			oldest = &set[i];
	}
	return oldest;
}

void fw_dhcp_asking_add(struct fw_dhcp_asking *asking, uint32_t ifindex,
			const struct fw_dhcp_message *m, uint64_t now_ns)
{
	uint64_t hash = hash_of(asking, ifindex, m);
	struct fw_dhcp_asked *asked = place(asking, hash);

	if (asked->hash != hash || now_ns - asked->seen_ns > FW_DHCP_ASKED_NS)
		*asked = (struct fw_dhcp_asked){ .hash = hash };
	asked->seen_ns = now_ns ? now_ns : 1;
	asked->verb = m->verb;
	asked->has_address = m->n_addresses;
	if (m->n_addresses)
		memcpy(asked->address, m->addresses[0].address, 16);
	learn(m, asked);
}

const struct fw_dhcp_asked *
fw_dhcp_asking_find(const struct fw_dhcp_asking *asking, uint32_t ifindex,
		    const struct fw_dhcp_message *m, uint64_t now_ns)
{
	uint64_t hash = hash_of(asking, ifindex, m);
	const struct fw_dhcp_asked *set = asking->asked[hash % SETS];

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].seen_ns && set[i].hash == hash &&
		    now_ns - set[i].seen_ns <= FW_DHCP_ASKED_NS)
			return &set[i];
	return NULL;
}
