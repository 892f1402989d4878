/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures in memory: pcap and pcapng of either byte order, with frames of
 * Ethernet, raw IP, or Linux's and BSD's own of IP.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_CAPTURE_INTERFACES 64	/* of a pcapng file */
#define FW_CAPTURE_FRAME_MAX 262144	/* bytes of a packet; tcpdump's bound */

struct fw_capture {
	const uint8_t *data;
	size_t len, at;
	bool swapped, ng;
	uint32_t links[FW_CAPTURE_INTERFACES];	/* pcap: the first */
	size_t n_links;
	const char *error;	/* after -EINVAL */
	uint8_t *own;		/* the bytes, where fw_capture_read() made it */
	/* a raw IP packet with an Ethernet header in front */
	uint8_t room[FW_CAPTURE_FRAME_MAX + 14];
};

struct fw_frame {
	const uint8_t *data;	/* from the Ethernet header on; valid until the
				   next call */
	size_t len;
	size_t missing;		/* bytes that were on the wire and are not here */
};

/* 0, or -EINVAL: capture->error says why. */
int fw_capture_open(struct fw_capture *capture, const uint8_t *data, size_t len);
/* 1 and a frame; 0 at the end; -EINVAL: what follows cannot be read. */
int fw_capture_next(struct fw_capture *capture, struct fw_frame *ret);

/*
 * A capture and its bytes from a file. Returns 0, or the exit status after a
 * line on standard error: 66 for what cannot be read or is no capture, 71
 * without memory. ret_capture is to be closed.
 */
int fw_capture_read(const char *path, struct fw_capture **ret_capture);
/* NULL is fine. */
void fw_capture_close(struct fw_capture *capture);
