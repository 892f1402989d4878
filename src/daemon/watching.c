/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: what apply/watched.h hands over. Out: calls of the monitors, whose records
 * become events. What cannot be read is left out.
 */
#include "daemon/watching.h"

#include <errno.h>
#include <string.h>

#include "apply/watched.h"
#include "util/log.h"

static void take_record(void *ctx, struct fw_record *record)
{
	fw_daemon_record(ctx, record);
}

static uint64_t wall(void *ctx, uint64_t boot_ns)
{
	(void)ctx;
	return fw_record_wall(boot_ns);
}

static const char *device(void *ctx, uint32_t ifindex)
{
	const struct fw_daemon *daemon = ctx;

	return fw_links_name(daemon->links, ifindex);
}

static void take_handshake(void *ctx, const struct fw_handshake *handshake)
{
	const struct fw_seen *seen = handshake->seen;
	struct fw_tuple tuple = {
		.family = seen->family, .proto = seen->proto,
		.sport = seen->sport, .dport = seen->dport,
	};
	struct fw_daemon *daemon = ctx;

	memcpy(tuple.saddr, seen->src, sizeof(tuple.saddr));
	memcpy(tuple.daddr, seen->dst, sizeof(tuple.daddr));
	fw_flows_handshake(daemon->flows, &tuple, handshake->sni,
			   handshake->ja3, handshake->ja4);
}

int fw_watching_open(struct fw_daemon *daemon)
{
	const struct fw_monitor_out out = {
		.ctx = daemon,
		.record = take_record,
		.wall_ns = wall,
		.device = device,
		.handshake = take_handshake,
	};

	daemon->monitors = fw_monitors_new(&out);
	return daemon->monitors ? 0 : -ENOMEM;
}

void fw_watching_plan(struct fw_daemon *daemon, const struct fw_plan *plan)
{
	int r = fw_monitors_plan(daemon->monitors, plan);

	if (r < 0)
		fw_log_errno(LOG_ERR, r, "monitors, ignoring");
}

static void take_message(void *ctx, const struct fw_message *message,
			 const uint8_t *payload)
{
	struct fw_daemon *daemon = ctx;
	struct fw_seen seen;

	if (!fw_seen_message(message, payload, &seen))
		return;
	seen.device = fw_links_name(daemon->links, seen.ifindex);
	fw_monitors_seen(daemon->monitors, FW_WATCH(message->watcher), &seen);
}

static void take_frame(void *ctx, const struct fw_watched_frame *frame)
{
	struct fw_daemon *daemon = ctx;
	struct fw_seen seen;

	if (!fw_seen_frame(frame->bytes, frame->len,
			   frame->tagged ? frame->vlan : 0, &seen))
		return;
	seen.time_ns = frame->time_ns;
	seen.ifindex = frame->ifindex;
	seen.out = frame->out;
	seen.device = fw_links_name(daemon->links, seen.ifindex);
	fw_monitors_frame(daemon->monitors, frame->flags, &seen);
}

void fw_watching_drain(struct fw_daemon *daemon)
{
	const struct fw_watched_door door = {
		daemon, take_message, take_frame,
	};
	int r = fw_apply_watched_drain(daemon->apply, &door);

	if (r < 0)
		fw_log_errno(LOG_WARNING, r, "messages of monitors, ignoring");
}

void fw_watching_tick(struct fw_daemon *daemon)
{
	uint64_t stats[FW_STAT_MAX_] = { 0 };

	(void)fw_apply_stats(daemon->apply, stats);
	fw_monitors_tick(daemon->monitors, fw_daemon_clock(),
			 stats[FW_STAT_MESSAGES_LOST] +
				 stats[FW_STAT_MESSAGES_LEFT_OUT]);
}
