/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the ring of the monitors' programs, and sockets of devices without them.
 * Out: messages and frames. May fail: memory, when it is opened; what cannot be
 * read later is left out.
 */
#include "apply/watched.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "apply/apply.h"
#include "util/cleanup.h"

/* At once, before the caller gets to other things. */
#define MESSAGES_AT_ONCE 8192
#define FRAMES_AT_ONCE 256	/* of a device */
#define READINGS 8
#define FRAME_MAX 65536
#define VLAN_ID 0x0fff
#define LOOPBACK 1	/* ifindex, in every namespace */

/* A frame that waits for its turn. */
struct late {
	struct late *next;
	struct fw_watched_frame frame;
	uint8_t bytes[];
};

struct fw_watched {
	struct ring_buffer *ring;
	const struct fw_watched_door *door;	/* valid in a drain */
	unsigned left;		/* likewise */
	struct late *late, **late_end;	/* likewise: that have left */
	uint8_t frame[FRAME_MAX];
};

/* A size of less than a message says is no program's of this version. A return
 * below 0 ends the drain; the message itself is taken. */
static int one_message(void *ctx, void *data, size_t size)
{
	struct fw_watched *watched = ctx;
	const struct fw_message *message = data;

	if (watched->door && size >= sizeof(*message) &&
	    size - sizeof(*message) >= message->kept)
		watched->door->message(watched->door->ctx, message,
				       (const uint8_t *)(message + 1));
	return watched->left-- > 1 ? 0 : -EAGAIN;
}

int fw_apply_watched_open(struct fw_apply *apply)
{
	int fd = fw_bpf_map_fd(&apply->bpf, "watched");
	struct epoll_event event = {.events = EPOLLIN};

	apply->watched = calloc(1, sizeof(*apply->watched));
	if (!apply->watched)
		return -ENOMEM;
	if (fd < 0)
		return 0;
	apply->watched->ring = ring_buffer__new(fd, one_message, apply->watched,
						NULL);
	if (!apply->watched->ring ||
	    epoll_ctl(apply->devices.readers, EPOLL_CTL_ADD,
		      ring_buffer__epoll_fd(apply->watched->ring), &event))
		return -errno;
	return 0;
}

void fw_apply_watched_done(struct fw_apply *apply)
{
	if (apply->watched)
		ring_buffer__free(apply->watched->ring);
	free(FW_TAKE(apply->watched));
}

int fw_apply_watched_fd(const struct fw_apply *apply)
{
	return apply->devices.readers;
}

static void take_tag(struct msghdr *header, struct fw_watched_frame *frame)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c;
	     c = CMSG_NXTHDR(header, c)) {
		const struct tpacket_auxdata *aux = (const void *)CMSG_DATA(c);

		if (c->cmsg_level != SOL_PACKET ||
		    c->cmsg_type != PACKET_AUXDATA ||
		    !(aux->tp_status & TP_STATUS_VLAN_VALID))
			continue;
		frame->tagged = true;
		frame->vlan = aux->tp_vlan_tci & VLAN_ID;
	}
}

static uint64_t boot_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* What leaves waits: what came in by a device that is read later goes first. */
static void put_off(struct fw_watched *watched,
		    const struct fw_watched_frame *frame)
{
	struct late *late = malloc(sizeof(*late) + frame->len);

	if (!late)
		return;
	late->frame = *frame;
	late->frame.bytes = late->bytes;
	late->next = NULL;
	memcpy(late->bytes, frame->bytes, frame->len);
	*watched->late_end = late;
	watched->late_end = &late->next;
}

/* False when there is none. */
static bool one_frame(struct fw_watched *watched, const struct fw_device *device)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct sockaddr_ll from = {0};
	struct iovec into = {watched->frame, sizeof(watched->frame)};
	struct msghdr header = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &into,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct fw_watched_frame frame = {
		.ifindex = device->ifindex,
		.flags = device->watch_flags,
		.bytes = watched->frame,
	};
	ssize_t n = recvmsg(device->watch, &header, MSG_DONTWAIT);

	if (n < 0)
		return false;
	frame.len = (size_t)n;
	frame.time_ns = boot_clock();
	frame.out = from.sll_pkttype == PACKET_OUTGOING;
	take_tag(&header, &frame);
	if (!frame.out)
		watched->door->frame(watched->door->ctx, &frame);
	else if (device->ifindex != LOOPBACK)	/* by which it comes in */
		put_off(watched, &frame);
	return true;
}

/* True when there were frames. */
static bool read_frames(struct fw_watched *watched,
			const struct fw_devices *devices)
{
	bool any = false;

	for (size_t i = 0; i < devices->n; i++) {
		const struct fw_device *device = &devices->items[i];
		unsigned left = FRAMES_AT_ONCE;

		if (!(device->on & FW_PART_WATCH) || !device->watch_reads)
			continue;
		while (left && one_frame(watched, device))
			left--;
		any |= left < FRAMES_AT_ONCE;
	}
	return any;
}

static void hand_over(struct fw_watched *watched, struct late *late)
{
	while (late) {
		struct late *next = late->next;

		watched->door->frame(watched->door->ctx, &late->frame);
		free(late);
		late = next;
	}
}

/* What left is handed over behind the next reading: what had come in is read by
 * then. */
static void drain_frames(struct fw_watched *watched,
			 const struct fw_devices *devices)
{
	struct late *late = NULL;
	bool any = true;

	for (unsigned i = 0; any || late; i++) {
		struct late *before = late;

		watched->late = NULL;
		watched->late_end = &watched->late;
		any = i < READINGS && read_frames(watched, devices);
		late = watched->late;
		hand_over(watched, before);
	}
}

int fw_apply_watched_drain(struct fw_apply *apply,
			   const struct fw_watched_door *door)
{
	struct fw_watched *watched = apply->watched;
	int r = 0;

	watched->door = door;
	watched->left = MESSAGES_AT_ONCE;
	if (watched->ring)
		r = ring_buffer__consume(watched->ring);
	drain_frames(watched, &apply->devices);
	watched->door = NULL;
	return r < 0 && r != -EAGAIN ? r : 0;
}
