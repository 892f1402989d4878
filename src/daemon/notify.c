/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States in, datagrams to the socket that NOTIFY_SOCKET names out. A failure is
 * nobody's: the service manager has a time limit of its own.
 */
#include "daemon/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "util/cleanup.h"

static void send_state(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	size_t len;

	if (!path || (path[0] != '/' && path[0] != '@'))
		return;
	len = strlen(path);
	if (len >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, len);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		     (struct sockaddr *)&addr,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

void fw_notify_ready(const char *status)
{
	char state[256];

	(void)snprintf(state, sizeof(state), "READY=1\nSTATUS=%s\n", status);
	send_state(state);
}

/* MONOTONIC_USEC is what Type=notify-reload needs (systemd 253). */
void fw_notify_reloading(void)
{
	struct timespec t;
	char state[128];

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	(void)snprintf(state, sizeof(state),
		       "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n",
		       (uint64_t)t.tv_sec * 1000000 +
			       (uint64_t)t.tv_nsec / 1000);
	send_state(state);
}

void fw_notify_stopping(void)
{
	send_state("STOPPING=1\nSTATUS=leaving\n");
}
