/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: packets that the watched devices have seen. Out: the monitor that each is
 * for is told of it. Only memory fails.
 */
#include "monitor/monitor.h"

#include <errno.h>
#include <stdlib.h>

#include "monitor/dhcp.h"
#include "monitor/dns.h"
#include "monitor/tls.h"
#include "monitor/twice.h"
#include "util/cleanup.h"

/* By number; a number without a row has no monitor. */
static const struct fw_monitor_kind *const kinds[FW_WATCHER_MAX_] = {
	[FW_WATCHER_DNS] = &fw_monitor_dns,
	[FW_WATCHER_TLS] = &fw_monitor_tls,
	[FW_WATCHER_DHCP] = &fw_monitor_dhcp,
};

#define NAMES 16384		/* that are known */

struct fw_monitors {
	struct fw_monitor_out out;
	uint64_t stats[FW_STAT_MAX_], lost;
	void *items[FW_WATCHER_MAX_];
	struct fw_twice twice;
};

struct fw_monitors *fw_monitors_new(const struct fw_monitor_out *out)
{
	struct fw_monitors *monitors = calloc(1, sizeof(*monitors));

	if (!monitors)
		return NULL;
	monitors->out = *out;
	monitors->out.stats = monitors->stats;
	monitors->out.lost = &monitors->lost;
	monitors->out.names = fw_names_new(NAMES);
	if (!monitors->out.names) {
		free(monitors);
		return NULL;
	}
	for (size_t i = 0; i < FW_WATCHER_MAX_; i++) {
		if (!kinds[i])
			continue;
		monitors->items[i] = kinds[i]->new(&monitors->out);
		if (!monitors->items[i]) {
			fw_monitors_free(monitors);
			return NULL;
		}
	}
	return monitors;
}

void fw_monitors_free(struct fw_monitors *monitors)
{
	if (!monitors)
		return;
	for (size_t i = 0; i < FW_WATCHER_MAX_; i++) {
		if (monitors->items[i])
			kinds[i]->free(monitors->items[i]);
	}
	fw_names_free(monitors->out.names);
	free(monitors);
}

int fw_monitors_plan(struct fw_monitors *monitors, const struct fw_plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < FW_WATCHER_MAX_; i++) {
		if (monitors->items[i] &&
		    kinds[i]->plan(monitors->items[i], plan) < 0)
			r = -ENOMEM;
	}
	return r;
}

/* FW_WATCHER_MAX_: nobody. */
static enum fw_watcher find(const struct fw_monitors *monitors, uint32_t flags,
			    const struct fw_seen *seen)
{
	enum fw_watcher which = fw_seen_watcher(seen);

	if (which < FW_WATCHER_MAX_ && flags & FW_WATCH(which) &&
	    monitors->items[which])
		return which;
	return FW_WATCHER_MAX_;
}

void fw_monitors_seen(struct fw_monitors *monitors, uint32_t flags,
		      const struct fw_seen *seen)
{
	enum fw_watcher which = find(monitors, flags, seen);

	if (which < FW_WATCHER_MAX_)
		kinds[which]->seen(monitors->items[which], seen);
}

void fw_monitors_frame(struct fw_monitors *monitors, uint32_t flags,
		       struct fw_seen *seen)
{
	enum fw_watcher which = find(monitors, flags, seen);

	if (which == FW_WATCHER_MAX_)
		return;
	fw_twice_see(&monitors->twice, seen);
	kinds[which]->seen(monitors->items[which], seen);
}

void fw_monitors_tick(struct fw_monitors *monitors, uint64_t now_ns,
		      uint64_t lost)
{
	monitors->lost = lost;
	for (size_t i = 0; i < FW_WATCHER_MAX_; i++) {
		if (monitors->items[i] && kinds[i]->tick)
			kinds[i]->tick(monitors->items[i], now_ns);
	}
}

const struct fw_names *fw_monitors_names(const struct fw_monitors *monitors)
{
	return monitors->out.names;
}

void fw_monitors_add_stats(const struct fw_monitors *monitors,
			   uint64_t stats[FW_STAT_MAX_])
{
	for (size_t i = 0; i < FW_STAT_MAX_; i++)
		stats[i] += monitors->stats[i];
}

const struct fw_leases *fw_monitors_leases(const struct fw_monitors *monitors)
{
	return fw_dhcp_leases(monitors->items[FW_WATCHER_DHCP]);
}
