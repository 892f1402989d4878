/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbered UDP packets, so that a test can say which ones arrived.
 *
 *	traffic send SOURCE DESTINATION PORT RATE SECONDS
 *	traffic receive ADDRESS PORT SECONDS
 *	traffic ack SOURCE DESTINATION PORT NUMBER
 *
 * send sends packets 0, 1, 2 … at RATE a second, until SECONDS have passed or
 * SIGTERM comes, and prints `sent N`. receive prints `listening`, takes packets
 * for as long, after SIGTERM until none has come for half a second, and prints
 * for each source `SOURCE received N highest H duplicates D`. Exit 1 on an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
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

static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

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
	uint64_t due, total, number;
	int fd;

	if (!rate)
		return 1;
	fd = open_socket(words[0], "0", 1, &source, &source_len);
	close(open_socket(words[1], words[2], 0, &destination,
			  &destination_len));
	due = now_ns();
	total = (uint64_t)(seconds * (double)rate);
	for (number = 0; number < total && !ended; number++) {
		uint64_t now = now_ns();

		/* what a busy machine delayed is not made good for by a burst,
		 * which would overflow queues that have nothing to do with the
		 * test */
		due = due + 1000000000u / rate > now ? due + 1000000000u / rate
						     : now;
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
			   destination_len) < 0 && errno != ECONNREFUSED &&
		    errno != EINTR)
			die("send");
	}
	printf("sent %" PRIu64 "\n", number);
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
	uint64_t stop = now_ns() + (uint64_t)(strtod(words[2], NULL) * 1e9);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
			 sizeof(buffer));
	puts("listening");
	fflush(stdout);
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = now_ns(), number;
		char text[INET6_ADDRSTRLEN];
		int wait_ms = ended ? 500 : (int)((stop - now) / 1000000u) + 1;
		int ready = now < stop ? poll(&p, 1, wait_ms) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			break;
		len = sizeof(address);
		if (recvfrom(fd, &number, sizeof(number), 0,
			     (struct sockaddr *)&address, &len) !=
		    (ssize_t)sizeof(number))
			continue;
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

/* RFC 1071, over the pseudo header of RFC 9293 section 3.1 and the segment. */
static uint16_t tcp_checksum(struct in_addr source, struct in_addr destination,
			     const struct tcphdr *tcp)
{
	struct {
		struct in_addr source, destination;
		uint8_t zero, protocol;
		uint16_t length;
		struct tcphdr tcp;
	} covered = {
		.source = source,
		.destination = destination,
		.protocol = IPPROTO_TCP,
		.length = htons(sizeof(*tcp)),
		.tcp = *tcp,
	};
	uint16_t words[sizeof(covered) / 2];
	uint32_t sum = 0;

	memcpy(words, &covered, sizeof(covered));
	for (size_t i = 0; i < sizeof(covered) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static int send_acks(char **words)
{
	struct sockaddr_storage source, destination;
	socklen_t source_len, destination_len;
	struct sockaddr_in *from = (struct sockaddr_in *)&source;
	struct sockaddr_in *to = (struct sockaddr_in *)&destination;
	unsigned long number = strtoul(words[3], NULL, 10);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_TCP);

	if (fd < 0)
		die("raw socket");
	close(open_socket(words[0], "0", 0, &source, &source_len));
	close(open_socket(words[1], words[2], 0, &destination,
			  &destination_len));
	if (bind(fd, (struct sockaddr *)from, source_len) < 0)
		die(words[0]);
	for (unsigned long i = 0; i < number; i++) {
		struct tcphdr tcp = {
			.source = htons((uint16_t)(40000 + i)),
			.dest = to->sin_port,
			.seq = htonl(1000),
			.ack_seq = htonl(2000),
			.doff = 5,
			.ack = 1,
			.window = htons(1024),
		};
		struct sockaddr_in raw = *to;

		raw.sin_port = 0;
		tcp.check = tcp_checksum(from->sin_addr, to->sin_addr, &tcp);
		if (sendto(fd, &tcp, sizeof(tcp), 0, (struct sockaddr *)&raw,
			   sizeof(raw)) < 0)
			die("send");
	}
	printf("sent %lu\n", number);
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction on_term = { .sa_handler = end };

	sigaction(SIGTERM, &on_term, NULL);
	if (argc == 7 && !strcmp(argv[1], "send"))
		return send_all(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "receive"))
		return receive_all(argv + 2);
	if (argc == 6 && !strcmp(argv[1], "ack"))
		return send_acks(argv + 2);
	fprintf(stderr, "usage: traffic send SOURCE DESTINATION PORT RATE "
			"SECONDS\n"
			"       traffic receive ADDRESS PORT SECONDS\n"
			"       traffic ack SOURCE DESTINATION PORT NUMBER\n");
	return 64;
}
