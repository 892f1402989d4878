/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the running plan, its devices, what the kernel says of them. Out: the ports,
 * devices between which XDP may send packets on; of another, why it is none.
 * Nothing fails: packets of a device that is no port take TC's road.
 *
 * What changes between two looks is no longer than a second unseen: the daemon
 * looks when rtnetlink speaks, and each second. Ports of a daemon that is gone
 * end by themselves.
 */
#include <bpf/bpf.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "apply/apply.h"
#include "apply/road_ask.h"
#include "util/cleanup.h"

struct sight {
	const struct fw_plan *plan;
	const struct fw_plan_device *from;
	const struct fw_device *device;
	struct fw_road_ask *ask;
};

/* --- what stands in the way ----------------------------------------------------- */
static bool no_xdp(const struct sight *s)
{
	return !s->device || !(s->device->on & FW_PART_XDP) ||
	       s->device->mode != FW_ATTACH_NATIVE || s->device->old_link;
}

static bool no_tc(const struct sight *s)
{
	return !(s->device->on & FW_PART_TC) || !(s->device->on & FW_PART_ROAD);
}

static bool is_watched(const struct sight *s)
{
	return s->from->watch_dns || s->from->watch_tls ||
	       s->from->watch_dhcp || s->from->learn;
}

static bool has_chain(const struct sight *s)
{
	for (size_t i = 0; i < s->plan->n_chains; i++) {
		const struct fw_plan_chain *chain = &s->plan->chains[i];

		for (size_t d = 0; d < chain->n_devices &&
				   chain->hook == FW_HOOK_EGRESS; d++)
			if (!strcmp(chain->devices[d], s->from->name))
				return true;
	}
	return false;
}

static bool has_qdisc(const struct sight *s)
{
	return fw_road_ask_queued(s->ask, s->device->ifindex);
}

static bool has_filter(const struct sight *s)
{
	return fw_road_ask_filtered(s->ask, s->device->ifindex);
}

static bool takes_tags(const struct sight *s)
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return sock < 0 || fw_tags_taken(sock, s->device->ifindex);
}

static bool sends_none(const struct sight *s)
{
	return !fw_road_ask_sends(s->ask, s->device->ifindex);
}

static const struct {
	bool (*holds)(const struct sight *s);
	const char *reason;
} reasons[] = {
	{no_xdp, "no native XDP on the device"},
	{no_tc, "no TC program on the device"},
	{is_watched, "a monitor sees its packets"},
	{has_chain, "a chain at egress sees its packets"},
	{has_qdisc, "a queueing discipline sees its packets"},
	{has_filter, "a filter at TC egress sees its packets"},
	{takes_tags, "VLAN receive offload is on"},
	{sends_none, "its driver does not say that it sends what XDP redirects"},
};

static const char *why_no_port(const struct sight *s)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(reasons); i++)
		if (reasons[i].holds(s))
			return reasons[i].reason;
	return NULL;
}

static struct sight see(const struct fw_apply *apply,
			const struct fw_plan_device *from,
			struct fw_road_ask *ask)
{
	return (struct sight){apply->plan, from,
			      fw_devices_find(&apply->devices, from->name), ask};
}

const char *fw_apply_road_obstacle(const struct fw_apply *apply,
				   const char *name)
{
	const char *reason = "no native XDP on the device";
	struct fw_road_ask ask;

	fw_road_ask_open(&ask);
	for (size_t i = 0; apply->plan && i < apply->plan->n_devices; i++) {
		struct sight s = see(apply, &apply->plan->devices[i], &ask);

		if (!strcmp(s.from->name, name))
			reason = why_no_port(&s);
	}
	fw_road_ask_done(&ask);
	return reason;
}

/* --- the maps ------------------------------------------------------------------- */
struct maps {
	int ports, devices;
};

static bool maps_of(const struct fw_apply *apply, struct maps *ret)
{
	ret->ports = fw_bpf_map_fd(&apply->bpf, "road_ports");
	ret->devices = fw_bpf_map_fd(&apply->bpf, "road_devices");
	return ret->ports >= 0 && ret->devices >= 0;
}

static void take_out(const struct maps *maps, uint32_t ifindex)
{
	(void)bpf_map_delete_elem(maps->devices, &ifindex);
	(void)bpf_map_delete_elem(maps->ports, &ifindex);
}

static bool put_in(const struct maps *maps, uint32_t ifindex)
{
	struct fw_road_port port = {0};
	struct timespec now;

	if (!fw_road_ask_mac(ifindex, port.mac))
		return false;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	port.until = (uint64_t)now.tv_sec * 1000000000 +
		     (uint64_t)now.tv_nsec + FW_ROAD_PORT_NS;
	return !bpf_map_update_elem(maps->devices, &ifindex, &ifindex,
				    BPF_ANY) &&
	       !bpf_map_update_elem(maps->ports, &ifindex, &port, BPF_ANY);
}

static bool is_among(const uint32_t *items, size_t n, uint32_t item)
{
	for (size_t i = 0; i < n; i++)
		if (items[i] == item)
			return true;
	return false;
}

/* Takes out all but those. */
static void keep(const struct maps *maps, const uint32_t *kept, size_t n)
{
	uint32_t keys[FW_DEVICES_MAX];
	size_t found = 0;

	while (found < FW_DEVICES_MAX &&
	       !bpf_map_get_next_key(maps->ports,
				     found ? &keys[found - 1] : NULL,
				     &keys[found]))
		found++;
	for (size_t i = 0; i < found; i++)
		if (!is_among(kept, n, keys[i]))
			take_out(maps, keys[i]);
}

void fw_apply_road_ports_clear(struct fw_apply *apply)
{
	struct maps maps;

	if (maps_of(apply, &maps))
		keep(&maps, NULL, 0);
}

void fw_apply_road_ports(struct fw_apply *apply)
{
	uint32_t kept[FW_DEVICES_MAX] = {0};
	struct fw_road_ask ask;
	struct maps maps;
	size_t n = 0;

	if (!maps_of(apply, &maps))
		return;
	if (!apply->plan || !apply->plan->n_profiles ||
	    !fw_apply_roads(apply)) {
		keep(&maps, NULL, 0);
		return;
	}
	fw_road_ask_open(&ask);
	for (size_t i = 0; i < apply->plan->n_devices && n < FW_DEVICES_MAX;
	     i++) {
		struct sight s = see(apply, &apply->plan->devices[i], &ask);

		if (!why_no_port(&s))
			kept[n++] = s.device->ifindex;
	}
	fw_road_ask_done(&ask);
	keep(&maps, kept, n);
	for (size_t i = 0; i < n; i++)
		if (!put_in(&maps, kept[i]))
			take_out(&maps, kept[i]);
}

bool fw_apply_road_port(const struct fw_apply *apply, uint32_t ifindex)
{
	struct fw_road_port port;
	struct maps maps;

	return maps_of(apply, &maps) &&
	       !bpf_map_lookup_elem(maps.ports, &ifindex, &port);
}
