/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices: what is attached to which.
 *
 * XDP hangs on a pinned link, TC on a filter with a fixed handle and priority,
 * the socket filter on a socket of the daemon's own. A program that was just
 * attached judges by the active generation, as all others do; so attaching is
 * part of the staging, detaching of the retirement.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apply/bpf.h"
#include "apply/generation.h"
#include "facts/facts.h"

/* The parts that a device may have; bits. */
enum fw_part {
	FW_PART_XDP = 1,
	FW_PART_TC = 2,
	FW_PART_WATCH = 4,
	FW_PART_ROAD = 8,	/* TC egress */
	FW_PART_TAGS = 16,	/* the driver leaves tags in frames */
};

struct fw_device {
	char name[IF_NAMESIZE];
	uint32_t ifindex;	/* 0: waiting for it */
	unsigned on;		/* parts that are attached */
	unsigned want;		/* parts of the plan that is being staged */
	unsigned fresh;		/* attached since the last flip or abort */
	enum fw_attach wish;	/* of that plan */
	enum fw_attach mode;	/* NATIVE, GENERIC, OFFLOAD; valid with XDP on */
	bool needs_xdp, needs_tags;	/* rules do; else it is for roads */
	int link, watch;	/* descriptors; valid with XDP, WATCH on */
	uint32_t watch_flags;	/* FW_WATCH(): of the plan that is being staged */
	bool watch_reads;	/* valid with WATCH on: no programs, see
				   devices_watch.c */
	bool unheard;		/* native XDP's answers may not leave */
	bool old_link;		/* pinned by another version, with its program */
	char reason[256];	/* of what is not as wished; or empty */
};

struct fw_devices {
	const struct fw_bpf *bpf;
	const struct fw_bpf_fs *fs;
	struct fw_device items[2 * FW_DEVICES_MAX];
	size_t n;
	int readers;		/* epoll: sockets of devices without programs,
				   and the programs' ring */
};

/* Finds what earlier daemons left attached, from its pins. */
int fw_devices_open(struct fw_devices *devices, const struct fw_bpf *bpf,
		    const struct fw_bpf_fs *fs);
/* Attaches what the plan wants and is not there. On failure the caller calls
 * fw_devices_abort(). */
int fw_devices_stage(struct fw_devices *devices, const struct fw_plan *plan,
		     struct fw_apply_error *ret_error);
/* Detaches what was attached since the last flip. */
void fw_devices_abort(struct fw_devices *devices);
/* Detaches what the plan that was staged does not want, moves links of other
 * versions to this one's program, and forgets devices that are gone. */
int fw_devices_retire(struct fw_devices *devices);
/* Detaches everything. */
void fw_devices_flush(struct fw_devices *devices);
/* Closes; links and filters stay. */
void fw_devices_done(struct fw_devices *devices);

/* By the name that the last staged plan gave it; NULL when it has none. */
const struct fw_device *fw_devices_find(const struct fw_devices *devices,
					const char *name);

/* The host as the compiler wants to know it: devices of this network
 * namespace, of which more may come, who else holds XDP, program types that the
 * kernel lacks. */
int fw_apply_facts(struct fw_arena *arena, const struct fw_apply *apply,
		   struct fw_facts *ret);

/* "eth0: held by program NAME (id N)" when a program that is not Flywall's
 * holds XDP on the device: returns true and fills ret. */
bool fw_xdp_held(uint32_t ifindex, char *ret, size_t size);

/* Asks the driver to take a program into the device; nothing is attached.
 * True when it does not: ret says why, in its words where it has any. */
bool fw_xdp_offload_refused(uint32_t ifindex, char *ret, size_t size);

/* Whether rules of the device answer packets: a query, a SYN. */
bool fw_xdp_answers(const struct fw_plan_xdp *xdp, const char *name);
/* True where native XDP's answers may not leave: from a veth device. */
bool fw_xdp_unheard(uint32_t ifindex);
/* That, as the device's reason. */
void fw_xdp_say_unheard(struct fw_device *device);

/* --- the parts, one file each --------------------------------------------- */
/* Fill device->reason where something is not as wished. */
int fw_xdp_attach(struct fw_devices *devices, struct fw_device *device);
void fw_xdp_detach(struct fw_devices *devices, struct fw_device *device);
/* Puts this daemon's program into a link that has another one. */
int fw_xdp_renew(struct fw_devices *devices, struct fw_device *device);
/* False when someone detached the link. */
bool fw_xdp_alive(const struct fw_device *device);
/* Opens a pinned link, file in dir. -ENODEV: it has no device any more. */
int fw_xdp_adopt(struct fw_device *device, const char *dir, const char *file);

int fw_tc_attach(struct fw_devices *devices, struct fw_device *device);
void fw_tc_detach(struct fw_devices *devices, struct fw_device *device);

/* Nothing is attached where the kernel does not have the program. */
int fw_road_attach(struct fw_devices *devices, struct fw_device *device);
void fw_road_detach(struct fw_devices *devices, struct fw_device *device);
int fw_tags_attach(struct fw_devices *devices, struct fw_device *device);
void fw_tags_detach(struct fw_devices *devices, struct fw_device *device);
/* Takes over the pin of another version, in dir. */
void fw_tags_adopt(const struct fw_devices *devices, const char *dir,
		   uint32_t ifindex);
/* Whether the driver takes 802.1Q tags out of the frames that it receives; and
 * whether that cannot be changed. sock: any of family AF_INET. */
bool fw_tags_taken(int sock, uint32_t ifindex);
bool fw_tags_fixed(int sock, uint32_t ifindex);
/* It would, had Flywall not stopped it. */
bool fw_tags_stopped(const struct fw_devices *devices, uint32_t ifindex);

/* The monitors of the device: FW_WATCH(). */
uint32_t fw_watch_flags(const struct fw_plan_device *from);
/* Why these have no programs, or NULL. */
const char *fw_watch_lacks(const struct fw_bpf *bpf, uint32_t flags);
int fw_watch_attach(struct fw_devices *devices, struct fw_device *device);
void fw_watch_detach(struct fw_devices *devices, struct fw_device *device);
