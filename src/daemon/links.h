/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of this network namespace, as rtnetlink tells of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fw_links;

struct fw_link_change {
	const char *name;	/* lent, for the call */
	uint32_t ifindex;
	bool present;		/* false: it is gone, or has another name now */
};

/* Reads what devices there are, and listens. 0 or -errno. */
int fw_links_open(struct fw_links **ret);
void fw_links_close(struct fw_links *links);

/* Readable when something changed: then fw_links_drain(), which calls fn for
 * each device that came or went, and returns 0 or -errno. Messages that were
 * lost are made up for by a fresh look at all devices. */
int fw_links_fd(const struct fw_links *links);
int fw_links_drain(struct fw_links *links,
		   void (*fn)(void *ctx, const struct fw_link_change *change),
		   void *ctx);

/* The name of a device, or NULL; valid until the next drain. */
const char *fw_links_name(const struct fw_links *links, uint32_t ifindex);
