/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a datagram and its answer take.
 *
 *	echo serve ADDRESS PORT
 *	echo ask ADDRESS PORT N [new]
 *
 * serve sends back what it gets. ask sends N datagrams, each when the answer to the
 * one before has come, of one flow (whose first 64 are not counted) or each of a
 * flow of its own, and prints the median in microseconds. An answer that does not
 * come within a second ends it, exit 1.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define WARM 64

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address_of(char **words)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(words[1])),
	};

	if (inet_pton(AF_INET, words[0], &address.sin_addr) != 1)
		die(words[0]);
	return address;
}

static int serve(char **words)
{
	struct sockaddr_in address = address_of(words), peer;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(peer);
	char data[256];
	ssize_t n;

	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)))
		die("bind");
	while ((n = recvfrom(fd, data, sizeof(data), 0, (void *)&peer, &len)) >= 0)
		(void)sendto(fd, data, (size_t)n, 0, (void *)&peer, len);
	die("receive");
	return 1;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int connected(const struct sockaddr_in *address)
{
	struct timeval second = {.tv_sec = 1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (const void *)address, sizeof(*address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)))
		die("socket");
	return fd;
}

static double ask_once(int fd)
{
	char data[60] = {0};
	double start = now();

	if (send(fd, data, sizeof(data), 0) < 0 ||
	    recv(fd, data, sizeof(data), 0) < 0)
		die("no answer");
	return now() - start;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int ask(char **words, int fresh)
{
	struct sockaddr_in address = address_of(words);
	size_t n = (size_t)atoi(words[2]);
	double *took = calloc(n, sizeof(*took));
	int fd = connected(&address);

	if (!took || !n)
		die("memory");
	for (int i = 0; !fresh && i < WARM; i++)
		(void)ask_once(fd);
	for (size_t i = 0; i < n; i++) {
		if (fresh) {
			(void)close(fd);
			fd = connected(&address);
		}
		took[i] = ask_once(fd);
	}
	qsort(took, n, sizeof(*took), compare);
	(void)printf("%.2f\n", took[n / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(argv + 2);
	if ((argc == 5 || argc == 6) && !strcmp(argv[1], "ask"))
		return ask(argv + 2, argc == 6);
	(void)fprintf(stderr, "usage: echo serve ADDRESS PORT\n"
			      "       echo ask ADDRESS PORT N [new]\n");
	return 2;
}
