/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What watched devices show: messages that programs send, or, where there are no
 * programs, the frames themselves.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

struct fw_apply;

/* A frame from a device whose monitors have no programs. */
struct fw_watched_frame {
	uint64_t time_ns;	/* boot clock */
	uint32_t ifindex;
	uint32_t flags;		/* FW_WATCH() of those that see the device */
	bool out;		/* leaves by the device */
	bool tagged;		/* vlan is valid: a tag that is not in bytes */
	uint16_t vlan;		/* id */
	const uint8_t *bytes;	/* from the Ethernet header on */
	size_t len;		/* that are here */
};

/* Both lend what they give, for the call. */
struct fw_watched_door {
	void *ctx;
	/* payload: message->kept bytes */
	void (*message)(void *ctx, const struct fw_message *message,
			const uint8_t *payload);
	void (*frame)(void *ctx, const struct fw_watched_frame *frame);
};

/* For the files of apply/: opens the ring, when a program has one. */
int fw_apply_watched_open(struct fw_apply *apply);
void fw_apply_watched_done(struct fw_apply *apply);

/* Readable when something waits. */
int fw_apply_watched_fd(const struct fw_apply *apply);
/* Hands over what waits, but no more than some thousand at once, so that the
 * caller gets to other things too. 0 or -errno. */
int fw_apply_watched_drain(struct fw_apply *apply,
			   const struct fw_watched_door *door);
