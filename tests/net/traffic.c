/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbered UDP packets, so that a test can say which ones arrived.
 *
 *	traffic send SOURCE DESTINATION PORT RATE SECONDS
 *	traffic receive ADDRESS PORT SECONDS
 *
 * send sends packets 0, 1, 2 … at RATE a second and prints `sent N` at its
 * end. receive prints `listening`, takes packets until SECONDS have passed, or
 * one with the number 2^64 - 1 arrives, and prints for each source
 * `SOURCE received N highest H duplicates D`. Exit 1 on an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOURCES 16
#define NUMBERS (1u << 22)	/* told apart for each source */

struct source {
	char address[INET6_ADDRSTRLEN];
	uint64_t received, highest, duplicates;
	uint8_t *seen;		/* a bit a number */
};

static void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int open_socket(const char *address, const char *port, int passive,
		       struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	}, *found;
	int fd, error = getaddrinfo(address, port, &hints, &found);

	if (error) {
		fprintf(stderr, "traffic: %s: %s\n", address,
			gai_strerror(error));
		exit(1);
	}
	fd = socket(found->ai_family, SOCK_DGRAM, 0);
	if (fd < 0)
		die("socket");
	if (passive && bind(fd, found->ai_addr, found->ai_addrlen) < 0)
		die(address);
	memcpy(ret, found->ai_addr, found->ai_addrlen);
	*ret_len = found->ai_addrlen;
	freeaddrinfo(found);
	return fd;
}

static int send_all(char **words)
{
	struct sockaddr_storage source, destination;
	socklen_t source_len, destination_len;
	uint64_t rate = strtoull(words[3], NULL, 10);
	double seconds = strtod(words[4], NULL);
	uint64_t start, total, number;
	int fd;

	if (!rate)
		return 1;
	fd = open_socket(words[0], "0", 1, &source, &source_len);
	close(open_socket(words[1], words[2], 0, &destination,
			  &destination_len));
	start = now_ns();
	total = (uint64_t)(seconds * (double)rate);
	for (number = 0; number < total; number++) {
		uint64_t due = start + number * 1000000000u / rate;
		uint64_t now = now_ns();

		if (due > now) {
			struct timespec t = {
				.tv_sec = (time_t)((due - now) / 1000000000u),
				.tv_nsec = (long)((due - now) % 1000000000u),
			};

			nanosleep(&t, NULL);
		}
		/* refused: an answer to an earlier packet, not to this one */
		if (sendto(fd, &number, sizeof(number), 0,
			   (struct sockaddr *)&destination,
			   destination_len) < 0 && errno != ECONNREFUSED)
			die("send");
	}
	printf("sent %" PRIu64 "\n", total);
	return 0;
}

static struct source *source_of(struct source *sources, const char *address)
{
	for (int i = 0; i < SOURCES; i++) {
		struct source *s = &sources[i];

		if (!s->seen) {
			snprintf(s->address, sizeof(s->address), "%s",
				 address);
			s->seen = calloc(1, NUMBERS / 8);
			if (!s->seen)
				die("memory");
			return s;
		}
		if (!strcmp(s->address, address))
			return s;
	}
	errno = ENOSPC;
	die("sources");
	return NULL;
}

static void count(struct source *s, uint64_t number)
{
	uint8_t bit = (uint8_t)(1u << (number % 8));

	if (number < NUMBERS) {
		if (s->seen[number / 8] & bit) {
			s->duplicates++;
			return;
		}
		s->seen[number / 8] |= bit;
	}
	s->received++;
	if (number > s->highest)
		s->highest = number;
}

static int receive_all(char **words)
{
	struct source sources[SOURCES] = { 0 };
	struct sockaddr_storage address;
	socklen_t len;
	int fd = open_socket(words[0], words[1], 1, &address, &len);
	int buffer = 8 << 20;
	uint64_t end = now_ns() + (uint64_t)(strtod(words[2], NULL) * 1e9);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
			 sizeof(buffer));
	puts("listening");
	fflush(stdout);
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = now_ns(), number;
		char text[INET6_ADDRSTRLEN];

		if (now >= end ||
		    poll(&p, 1, (int)((end - now) / 1000000u) + 1) == 0)
			break;
		len = sizeof(address);
		if (recvfrom(fd, &number, sizeof(number), 0,
			     (struct sockaddr *)&address, &len) !=
		    (ssize_t)sizeof(number))
			continue;
		if (number == UINT64_MAX)
			break;
		getnameinfo((struct sockaddr *)&address, len, text,
			    sizeof(text), NULL, 0, NI_NUMERICHOST);
		count(source_of(sources, text), number);
	}
	for (int i = 0; i < SOURCES && sources[i].seen; i++) {
		printf("%s received %" PRIu64 " highest %" PRIu64
		       " duplicates %" PRIu64 "\n",
		       sources[i].address, sources[i].received,
		       sources[i].highest, sources[i].duplicates);
		free(sources[i].seen);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "send"))
		return send_all(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "receive"))
		return receive_all(argv + 2);
	fprintf(stderr, "usage: traffic send SOURCE DESTINATION PORT RATE "
			"SECONDS\n"
			"       traffic receive ADDRESS PORT SECONDS\n");
	return 64;
}
