/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Invented DHCP clients: dhcp_flood DEVICE COUNT SEED sends so many DISCOVER
 * messages out of a device, each of a client with another hardware address, drawn
 * from the seed. Exits 0 when all were sent.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static uint64_t next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15;
	uint64_t z = *state;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static int open_socket(const char *device)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
				    .sin_port = htons(68) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
		       (socklen_t)strlen(device)) ||
	    bind(fd, (const struct sockaddr *)&from, sizeof(from))) {
		perror("dhcp_flood");
		exit(1);
	}
	return fd;
}

static void fill(uint8_t message[300], uint64_t random)
{
	static const uint8_t options[] = { 99, 130, 83, 99, 53, 1, 1, 255 };

	memset(message, 0, 300);
	message[0] = message[1] = 1;
	message[2] = 6;
	message[10] = 0x80;	/* answers are broadcast */
	memcpy(message + 4, &random, 4);
	memcpy(message + 28, &random, 6);
	message[28] = 2;
	memcpy(message + 236, options, sizeof(options));
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(67),
				  .sin_addr.s_addr = htonl(INADDR_BROADCAST) };
	uint8_t message[300];
	uint64_t state;
	int fd, n;

	if (argc != 4)
		return 64;
	fd = open_socket(argv[1]);
	n = atoi(argv[2]);
	state = strtoull(argv[3], NULL, 10);
	for (int i = 0; i < n; i++) {
		fill(message, next(&state));
		if (sendto(fd, message, sizeof(message), 0,
			   (const struct sockaddr *)&to, sizeof(to)) !=
		    (ssize_t)sizeof(message)) {
			perror("dhcp_flood");
			return 1;
		}
	}
	return 0;
}
