/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor dhcp: what its files share. */
#pragma once

#include "monitor/dhcp_asked.h"
#include "monitor/dhcp_clients.h"
#include "monitor/dhcp_leases.h"
#include "monitor/kind.h"
#include "util/siphash.h"

#define FW_DHCP_TOLD 256u

struct fw_dhcp {
	const struct fw_monitor_out *out;
	const struct fw_plan *plan;	/* NULL before the first one */
	struct fw_arena *arena;		/* of the lines that are built in */
	struct fw_prints built_in;
	struct fw_leases *leases;
	struct fw_dhcp_asking *asking;
	struct fw_dhcp_clients *clients;
	struct fw_siphash_key key;
	struct {
		uint64_t hash, seen_ns;	/* when it was last a reason */
	} told[FW_DHCP_TOLD];
};

static inline const struct fw_plan_monitors *
fw_dhcp_block(const struct fw_dhcp *dhcp)
{
	return &dhcp->plan->monitors;
}

/* --- dhcp_tell.c: records --------------------------------------------------- */
enum fw_lease_action {
	FW_LEASE_NEW,
	FW_LEASE_RENEW,
	FW_LEASE_RELEASE,
	FW_LEASE_DECLINE,
	FW_LEASE_REFUSE,
	FW_LEASE_EXPIRE,
	FW_LEASE_ACTION_MAX_,
};

/* asked, what the client sent, may be NULL. */
void fw_dhcp_tell_lease(const struct fw_dhcp *dhcp, enum fw_lease_action action,
			const struct fw_lease *lease,
			const struct fw_dhcp_asked *asked, uint64_t now_ns);

/* --- dhcp_alerts.c ---------------------------------------------------------- */
/* A server's message: is it one that the configuration names? */
void fw_dhcp_check_server(struct fw_dhcp *dhcp, const struct fw_seen *seen,
			  const struct fw_dhcp_message *message);
/* A client's: are there too many? */
void fw_dhcp_check_client(struct fw_dhcp *dhcp, const struct fw_seen *seen,
			  const struct fw_dhcp_message *message);
/* An address that two want: a lease that another client gets, or, with declined,
 * that client says is in use. holder may be NULL: nobody that is known. */
void fw_dhcp_conflict(struct fw_dhcp *dhcp, const struct fw_lease *lease,
		      const struct fw_lease *holder, bool declined,
		      uint64_t now_ns);
