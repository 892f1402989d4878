/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor dhcp: what messages do to leases.
 *
 * In: packets of ports 67, 68, 546 and 547, and the time. Out: leases, and records
 * of what happens to them; alerts are dhcp_alerts.c's. Memory may fail where the
 * monitor is made; later a lease for which there is no room is counted.
 *
 * A lease begins when a server grants it, whatever was asked: a monitor may have
 * come in the middle. It ends when its client gives it back or says that somebody
 * else has it, when a server refuses what the client asked to keep, when its time
 * is over, or when the server grants the address to another client, which is a
 * conflict.
 */
#include "monitor/dhcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "monitor/dhcp_built_in.h"
#include "monitor/dhcp_state.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define NS_PER_S UINT64_C(1000000000)
/* Where the question was not seen: the same answer within this is the same grant */
#define SAME_GRANT_NS (10 * NS_PER_S)

/* --- one message's lease ---------------------------------------------------- */
static struct fw_lease lease_of(const struct fw_seen *seen,
				const struct fw_dhcp_message *m,
				const uint8_t address[16], uint8_t bits)
{
	struct fw_lease lease;

	memset(&lease, 0, sizeof(lease));	/* the key is hashed */
	lease.ifindex = seen->ifindex;
	lease.family = m->family;
	lease.bits = bits;
	memcpy(lease.address, address, sizeof(lease.address));
	if (seen->device)
		(void)snprintf(lease.device, sizeof(lease.device), "%s",
			       seen->device);
	lease.client = m->client;
	memcpy(lease.server, m->server, sizeof(lease.server));
	lease.xid = m->xid;
	lease.since_ns = lease.renewed_ns = seen->time_ns;
	return lease;
}

static const char *kind_of(const struct fw_dhcp *dhcp,
			   const struct fw_dhcp_asked *asked, uint8_t family)
{
	struct fw_print_facts facts = fw_dhcp_asked_facts(asked, family);
	const char *kind = fw_prints_find(&fw_dhcp_block(dhcp)->dhcp_prints,
					  &facts);

	return kind ? kind : fw_prints_find(&dhcp->built_in, &facts);
}

/* What the client has said of itself; a message that says nothing takes nothing
 * away. */
static void know(const struct fw_dhcp *dhcp, struct fw_lease *lease,
		 const struct fw_dhcp_asked *asked)
{
	const char *kind;

	if (!asked)
		return;
	if (*asked->host)
		memcpy(lease->host, asked->host, sizeof(lease->host));
	if (*asked->vendor)
		memcpy(lease->vendor, asked->vendor, sizeof(lease->vendor));
	kind = kind_of(dhcp, asked, lease->family);
	if (kind)
		(void)snprintf(lease->kind, sizeof(lease->kind), "%s", kind);
}

/* --- what servers say ------------------------------------------------------- */
/* A server that answers a repeated question grants once. Clients are free to ask
 * for more time by the same number. */
static bool is_same_grant(const struct fw_lease *there,
			  const struct fw_lease *lease,
			  const struct fw_dhcp_asked *asked, uint64_t now_ns)
{
	if (there->xid != lease->xid)
		return false;
	return asked ? asked->seen_ns <= there->renewed_ns :
		       now_ns - there->renewed_ns < SAME_GRANT_NS;
}

/* Its client has it already. */
static void renew(struct fw_dhcp *dhcp, struct fw_lease *there,
		  const struct fw_lease *lease,
		  const struct fw_dhcp_asked *asked, uint64_t now_ns)
{
	bool same = is_same_grant(there, lease, asked, now_ns);

	memcpy(there->device, lease->device, sizeof(there->device));
	memcpy(there->server, lease->server, sizeof(there->server));
	there->client = lease->client;
	there->xid = lease->xid;
	there->renewed_ns = now_ns;
	know(dhcp, there, asked);
	fw_leases_expire_at(dhcp->leases, there, lease->expires_ns);
	if (!same)
		fw_dhcp_tell_lease(dhcp, FW_LEASE_RENEW, there, asked, now_ns);
}

static void grant_one(struct fw_dhcp *dhcp, const struct fw_seen *seen,
		      const struct fw_dhcp_message *m,
		      const struct fw_dhcp_asked *asked,
		      const struct fw_dhcp_address *a)
{
	struct fw_lease lease = lease_of(seen, m, a->address, a->bits), *there;

	lease.expires_ns = a->seconds == UINT32_MAX ?
		FW_LEASE_FOR_EVER : seen->time_ns + a->seconds * NS_PER_S;
	there = fw_leases_find(dhcp->leases, &lease);
	if (there && fw_dhcp_client_same(&there->client, &m->client, m->family)) {
		renew(dhcp, there, &lease, asked, seen->time_ns);
		return;
	}
	know(dhcp, &lease, asked);
	if (there) {
		fw_dhcp_conflict(dhcp, &lease, there, false, seen->time_ns);
		fw_leases_remove(dhcp->leases, there);
	}
	if (!fw_leases_add(dhcp->leases, &lease))
		dhcp->out->stats[FW_STAT_DHCP_NO_ROOM]++;
	fw_dhcp_tell_lease(dhcp, FW_LEASE_NEW, &lease, asked, seen->time_ns);
}

/* The lease of an address, where it is that client's; or NULL. */
static struct fw_lease *find_own(const struct fw_dhcp *dhcp,
				 const struct fw_seen *seen,
				 const struct fw_dhcp_message *m,
				 const uint8_t address[16], uint8_t bits)
{
	struct fw_lease key = lease_of(seen, m, address, bits);
	struct fw_lease *there = fw_leases_find(dhcp->leases, &key);

	return there && fw_dhcp_client_same(&there->client, &m->client,
					    m->family) ? there : NULL;
}

static void end(struct fw_dhcp *dhcp, enum fw_lease_action action,
		struct fw_lease *lease, uint64_t now_ns)
{
	fw_dhcp_tell_lease(dhcp, action, lease, NULL, now_ns);
	fw_leases_remove(dhcp->leases, lease);
}

static void on_offer(struct fw_dhcp *dhcp, const struct fw_seen *seen,
		     const struct fw_dhcp_message *m)
{
	fw_dhcp_check_server(dhcp, seen, m);
}

/* IPv6: an address with no time left is taken back (RFC 8415 section 18.2.10.1).
 * What is said to one who gives back or only wants to know grants nothing. */
static void on_grant(struct fw_dhcp *dhcp, const struct fw_seen *seen,
		     const struct fw_dhcp_message *m)
{
	const struct fw_dhcp_asked *asked = fw_dhcp_asking_find(
		dhcp->asking, seen->ifindex, m, seen->time_ns);

	fw_dhcp_check_server(dhcp, seen, m);
	if (asked && asked->verb != FW_DHCP_ASK)
		return;
	for (size_t i = 0; i < m->n_addresses; i++) {
		const struct fw_dhcp_address *a = &m->addresses[i];
		struct fw_lease *there;

		if (a->seconds) {
			grant_one(dhcp, seen, m, asked, a);
			continue;
		}
		there = find_own(dhcp, seen, m, a->address, a->bits);
		if (there && m->family == 6)
			end(dhcp, FW_LEASE_REFUSE, there, seen->time_ns);
	}
}

static void on_refuse(struct fw_dhcp *dhcp, const struct fw_seen *seen,
		      const struct fw_dhcp_message *m)
{
	const struct fw_dhcp_asked *asked = fw_dhcp_asking_find(
		dhcp->asking, seen->ifindex, m, seen->time_ns);
	struct fw_lease *there = NULL;

	fw_dhcp_check_server(dhcp, seen, m);
	if (asked && asked->has_address)
		there = find_own(dhcp, seen, m, asked->address, 32);
	/* another server does not speak for the one that granted it */
	if (there && !memcmp(there->server, m->server, sizeof(m->server)))
		end(dhcp, FW_LEASE_REFUSE, there, seen->time_ns);
}

/* --- what clients say ------------------------------------------------------- */
static void on_ask(struct fw_dhcp *dhcp, const struct fw_seen *seen,
		   const struct fw_dhcp_message *m)
{
	fw_dhcp_asking_add(dhcp->asking, seen->ifindex, m, seen->time_ns);
	fw_dhcp_check_client(dhcp, seen, m);
}

static void on_inform(struct fw_dhcp *dhcp, const struct fw_seen *seen,
		      const struct fw_dhcp_message *m)
{
	fw_dhcp_asking_add(dhcp->asking, seen->ifindex, m, seen->time_ns);
}

/* Only its holder can give a lease back; what is not known is told once. */
static void on_release(struct fw_dhcp *dhcp, const struct fw_seen *seen,
		       const struct fw_dhcp_message *m)
{
	on_inform(dhcp, seen, m);
	for (size_t i = 0; i < m->n_addresses; i++) {
		struct fw_lease *there = find_own(dhcp, seen, m,
						  m->addresses[i].address,
						  m->addresses[i].bits);

		if (there)
			end(dhcp, FW_LEASE_RELEASE, there, seen->time_ns);
	}
}

static void on_decline(struct fw_dhcp *dhcp, const struct fw_seen *seen,
		       const struct fw_dhcp_message *m)
{
	on_inform(dhcp, seen, m);
	for (size_t i = 0; i < m->n_addresses; i++) {
		const struct fw_dhcp_address *a = &m->addresses[i];
		struct fw_lease lease = lease_of(seen, m, a->address, a->bits);
		struct fw_lease *there = fw_leases_find(dhcp->leases, &lease);
		bool own = there && fw_dhcp_client_same(
			&there->client, &m->client, m->family);

		if (own)
			lease = *there;
		fw_dhcp_conflict(dhcp, &lease, own ? NULL : there, true,
				 seen->time_ns);
		if (own)
			end(dhcp, FW_LEASE_DECLINE, there, seen->time_ns);
	}
}

static void (*const verbs[])(struct fw_dhcp *dhcp, const struct fw_seen *seen,
			     const struct fw_dhcp_message *m) = {
	[FW_DHCP_ASK] = on_ask,
	[FW_DHCP_INFORM] = on_inform,
	[FW_DHCP_OFFER] = on_offer,
	[FW_DHCP_GRANT] = on_grant,
	[FW_DHCP_REFUSE] = on_refuse,
	[FW_DHCP_RELEASE] = on_release,
	[FW_DHCP_DECLINE] = on_decline,
};
_Static_assert(FW_ARRAY_SIZE(verbs) == FW_DHCP_VERB_MAX_, "verbs");

/* --- the monitor ------------------------------------------------------------ */
static void expire(void *monitor, uint64_t now_ns)
{
	struct fw_dhcp *dhcp = monitor;
	struct fw_lease *lease;

	if (!dhcp->plan)
		return;
	while ((lease = fw_leases_ended(dhcp->leases, now_ns)))
		end(dhcp, FW_LEASE_EXPIRE, lease, now_ns);
}

static void see(void *monitor, const struct fw_seen *seen)
{
	struct fw_dhcp *dhcp = monitor;
	struct fw_dhcp_message message;

	if (!dhcp->plan || seen->forwarded)
		return;
	expire(dhcp, seen->time_ns);
	dhcp->out->stats[FW_STAT_DHCP_MESSAGES]++;
	if (!seen->whole || fw_dhcp_message_read(seen, &message) ==
				    FW_DHCP_MALFORMED)
		dhcp->out->stats[FW_STAT_DHCP_ODD]++;
	else if (message.name)
		verbs[message.verb](dhcp, seen, &message);
}

static int take_plan(void *monitor, const struct fw_plan *plan)
{
	struct fw_dhcp *dhcp = monitor;

	dhcp->plan = plan;
	fw_leases_set_max(dhcp->leases, plan->options.leases ?
					plan->options.leases : FW_DHCP_LEASES);
	return 0;
}

static void monitor_free(void *monitor)
{
	struct fw_dhcp *dhcp = monitor;

	if (!dhcp)
		return;
	fw_leases_free(dhcp->leases);
	fw_dhcp_asking_free(dhcp->asking);
	fw_dhcp_clients_free(dhcp->clients);
	fw_arena_free(dhcp->arena);
	free(dhcp);
}
FW_CLEANUP_PTR(void *, monitor_free)

static void *monitor_new(const struct fw_monitor_out *out)
{
	_cleanup_(monitor_free_ptr_) void *made = calloc(1, sizeof(struct fw_dhcp));
	struct fw_dhcp *dhcp = made;

	if (!dhcp)
		return NULL;
	dhcp->out = out;
	dhcp->arena = fw_arena_new();
	dhcp->leases = fw_leases_new(FW_DHCP_LEASES);
	dhcp->asking = fw_dhcp_asking_new();
	dhcp->clients = fw_dhcp_clients_new();
	if (!dhcp->arena || !dhcp->leases || !dhcp->asking || !dhcp->clients ||
	    getrandom(&dhcp->key, sizeof(dhcp->key), 0) !=
		    (ssize_t)sizeof(dhcp->key) ||
	    fw_dhcp_built_in(dhcp->arena, &dhcp->built_in))
		return NULL;
	return FW_TAKE(made);
}

const struct fw_leases *fw_dhcp_leases(const void *monitor)
{
	return ((const struct fw_dhcp *)monitor)->leases;
}

const struct fw_monitor_kind fw_monitor_dhcp = {
	.new = monitor_new,
	.free = monitor_free,
	.plan = take_plan,
	.seen = see,
	.tick = expire,
};
