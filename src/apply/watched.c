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
#define FRAMES_AT_ONCE 1024
#define READINGS 8
#define FRAME_MAX 65536
#define VLAN_ID 0x0fff
#define LOOPBACK 1	/* ifindex, in every namespace */

/* A frame that waits for its turn. */
struct kept {
	struct fw_watched_frame frame;
	uint64_t stamp;		/* wall clock: when it came by */
	uint64_t number;	/* as it was read */
	uint8_t bytes[];
};

struct fw_watched {
	struct ring_buffer *ring;
	const struct fw_watched_door *door;	/* valid in a drain */
	unsigned left;		/* likewise */
	struct kept *kept[FRAMES_AT_ONCE];	/* likewise */
	size_t n_kept;
	uint64_t number;
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

static uint64_t ns_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000ULL + (uint64_t)t->tv_nsec;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return ns_of(&t);
}

static void take_tag(const struct tpacket_auxdata *aux,
		     struct fw_watched_frame *frame)
{
	if (!(aux->tp_status & TP_STATUS_VLAN_VALID))
		return;
	frame->tagged = true;
	frame->vlan = aux->tp_vlan_tci & VLAN_ID;
}

/* When it came by; *stamp is when it was read. */
static void take_stamp(const struct timespec *t, struct fw_watched_frame *frame,
		       uint64_t *stamp)
{
	uint64_t ns = ns_of(t);

	if (ns && ns < *stamp && *stamp - ns < frame->time_ns) {
		frame->time_ns -= *stamp - ns;
		*stamp = ns;
	}
}

static void take_extras(struct msghdr *header, struct fw_watched_frame *frame,
			uint64_t *stamp)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c;
	     c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == SOL_PACKET &&
		    c->cmsg_type == PACKET_AUXDATA)
			take_tag((const void *)CMSG_DATA(c), frame);
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS)
			take_stamp((const void *)CMSG_DATA(c), frame, stamp);
	}
}

/* Keeps a copy, for its turn; without memory the frame is not seen. */
static void keep(struct fw_watched *watched,
		 const struct fw_watched_frame *frame, uint64_t stamp)
{
	struct kept *kept = malloc(sizeof(*kept) + frame->len);

	if (!kept)
		return;
	kept->frame = *frame;
	kept->frame.bytes = kept->bytes;
	kept->stamp = stamp;
	kept->number = watched->number++;
	memcpy(kept->bytes, frame->bytes, frame->len);
	watched->kept[watched->n_kept++] = kept;
}

/* False when there is none. */
static bool one_frame(struct fw_watched *watched, const struct fw_device *device)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata)) +
			   CMSG_SPACE(sizeof(struct timespec))];
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
	uint64_t stamp = clock_ns(CLOCK_REALTIME);

	if (n < 0)
		return false;
	frame.len = (size_t)n;
	frame.time_ns = clock_ns(CLOCK_BOOTTIME);
	frame.out = from.sll_pkttype == PACKET_OUTGOING;
	take_extras(&header, &frame, &stamp);
	/* What leaves by lo comes in by it. */
	if (!frame.out || device->ifindex != LOOPBACK)
		keep(watched, &frame, stamp);
	return true;
}

static void read_frames(struct fw_watched *watched,
			const struct fw_devices *devices)
{
	for (size_t i = 0; i < devices->n; i++) {
		const struct fw_device *device = &devices->items[i];

		if (!(device->on & FW_PART_WATCH) || !device->watch_reads)
			continue;
		while (watched->n_kept < FRAMES_AT_ONCE &&
		       one_frame(watched, device))
			;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct kept *x = *(struct kept *const *)a;
	const struct kept *y = *(struct kept *const *)b;

	if (x->stamp != y->stamp)
		return x->stamp < y->stamp ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* Those that came by until then, in the order of the wire. */
static void hand_over(struct fw_watched *watched, uint64_t until)
{
	size_t n = 0;

	qsort(watched->kept, watched->n_kept, sizeof(struct kept *), by_time);
	while (n < watched->n_kept && watched->kept[n]->stamp <= until) {
		watched->door->frame(watched->door->ctx,
				     &watched->kept[n]->frame);
		free(watched->kept[n++]);
	}
	watched->n_kept -= n;
	memmove(watched->kept, watched->kept + n,
		watched->n_kept * sizeof(struct kept *));
}

/* A packet that is forwarded stands in two sockets, which are read one after the
 * other. What came by before the reading began is then here from all of them. */
static void drain_frames(struct fw_watched *watched,
			 const struct fw_devices *devices)
{
	for (unsigned i = 0; i < READINGS; i++) {
		uint64_t began = clock_ns(CLOCK_REALTIME);

		read_frames(watched, devices);
		if (!watched->n_kept)
			return;
		hand_over(watched, began);
	}
	hand_over(watched, UINT64_MAX);
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
