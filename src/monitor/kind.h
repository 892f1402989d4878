/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a monitor of packets is to monitor.c: a row of its table, by number of
 * enum fw_watcher. Besides the row it has a program in bpf/, which is sent those
 * packets that watcher_of() in bpf/watch.bpf.c gives it, and rows in
 * src/apply/bpf.c (the program, and where it is called from) and in
 * src/apply/devices_watch.c.
 *
 * A monitor makes no system call: what time it is, it is told.
 */
#pragma once

#include <stdint.h>

#include "events/record.h"
#include "monitor/names.h"
#include "monitor/seen.h"
#include "plan/plan.h"

/* What a TLS client has said: texts are "" where it has not. */
struct fw_handshake {
	const struct fw_seen *seen;	/* its last packet */
	const char *sni, *ja3, *ja4;
};

/* Where findings go; lent for as long as the monitor lives. */
struct fw_monitor_out {
	void *ctx;
	/* Ends the record. */
	void (*record)(void *ctx, struct fw_record *record);
	/* The wall clock's time at a moment of the boot clock. */
	uint64_t (*wall_ns)(void *ctx, uint64_t boot_ns);
	/* A device's name, or NULL; lent until the next call. */
	const char *(*device)(void *ctx, uint32_t ifindex);
	struct fw_names *names;		/* what answers say of addresses */
	/* Messages that were lost on the way here; as of the last tick. */
	const uint64_t *lost;
	/* A client's first message; may be NULL. */
	void (*handshake)(void *ctx, const struct fw_handshake *handshake);
	uint64_t *stats;	/* [FW_STAT_MAX_], to count in */
};

struct fw_monitor_kind {
	/* NULL: no memory. */
	void *(*new)(const struct fw_monitor_out *out);
	void (*free)(void *monitor);
	/* Another plan is live; lent until the next one is. 0 or -ENOMEM, with
	 * which the monitor goes on by what it knew. */
	int (*plan)(void *monitor, const struct fw_plan *plan);
	void (*seen)(void *monitor, const struct fw_seen *seen);
	/* Once a second or so; may be NULL. */
	void (*tick)(void *monitor, uint64_t now_ns);
};
