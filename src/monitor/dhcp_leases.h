/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases: bounded, found by address, in the order of their end. */
#pragma once

#include <net/if.h>

#include "monitor/dhcp_message.h"

#define FW_LEASE_FOR_EVER UINT64_MAX
#define FW_LEASE_TEXT_MAX 65	/* with the NUL; more of a name is cut off */

struct fw_lease {
	uint32_t ifindex;
	uint8_t family, bits;
	uint8_t address[16];
	/* Up to here: its key. */
	char device[IF_NAMESIZE];
	struct fw_dhcp_client client;
	uint8_t server[16];
	char host[FW_LEASE_TEXT_MAX];	/* "": not known; likewise below */
	char vendor[FW_LEASE_TEXT_MAX];
	char kind[FW_LEASE_TEXT_MAX];	/* of device, by its fingerprint */
	uint32_t xid;			/* that it was last granted by */
	uint64_t since_ns, renewed_ns;	/* boot clock */
	uint64_t expires_ns;		/* or FW_LEASE_FOR_EVER */

	/* The table's: */
	struct fw_lease *next;
	size_t at;
};

struct fw_leases;

/* At most max of them. NULL when memory or random numbers run out. */
struct fw_leases *fw_leases_new(size_t max);
void fw_leases_free(struct fw_leases *leases);

/* Those beyond it stay until they end. */
void fw_leases_set_max(struct fw_leases *leases, size_t max);
size_t fw_leases_max(const struct fw_leases *leases);
size_t fw_leases_count(const struct fw_leases *leases);

/* key: of which the key is set. NULL: none. */
struct fw_lease *fw_leases_find(const struct fw_leases *leases,
				const struct fw_lease *key);
/* A copy of lease, which must not be there yet. NULL: no room, or no memory. */
struct fw_lease *fw_leases_add(struct fw_leases *leases,
			       const struct fw_lease *lease);
void fw_leases_expire_at(struct fw_leases *leases, struct fw_lease *lease,
			 uint64_t expires_ns);
void fw_leases_remove(struct fw_leases *leases, struct fw_lease *lease);
/* The one that ends first, where that is not after now; or NULL. */
struct fw_lease *fw_leases_ended(const struct fw_leases *leases,
				 uint64_t now_ns);
/* In no order; fn must not add or remove any. */
void fw_leases_each(const struct fw_leases *leases,
		    void (*fn)(void *ctx, const struct fw_lease *lease),
		    void *ctx);

/* Text of a lease's address, with the length of a delegated prefix. */
#define FW_LEASE_ADDRESS_MAX 64
void fw_lease_address(const struct fw_lease *lease,
		      char ret[FW_LEASE_ADDRESS_MAX]);
