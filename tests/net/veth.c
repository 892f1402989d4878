/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: nothing. Out: the lab of veth.h. May fail: without root or network
 * namespaces it skips.
 */
#define _GNU_SOURCE 1		/* unshare */

#include "tests/net/veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 4242
#define PAUSE_NS 200000		/* between two rounds of datagrams */
#define MARKER 0x80000000u	/* set in markers, not in sources' numbers */
#define TIMEOUT_S 300		/* of one wait; emulated machines are slow */

/* What this process and the peer share. */
struct shared {
	atomic_bool on;		/* traffic */
	atomic_bool once;	/* one round of it */
	atomic_uint marker;	/* number of the marker to send */
	atomic_uint arrived;	/* of the last one that arrived */
	atomic_ullong sent[VETH_SOURCES];
	struct veth_nft nft;
};

static struct shared *shared;
static pid_t peer;
static char folder[64];
static int receiver = -1;
static pthread_t thread;
static atomic_ullong got[VETH_SOURCES];
struct veth_nft *veth_nft;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

void veth_run(const char *format, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	if (system(command))
		die(command);
}

/* --- the peer ------------------------------------------------------------- */
static void open_sources(int fds[VETH_SOURCES])
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(0x0a090001),
	};

	for (unsigned i = 0; i < VETH_SOURCES; i++) {
		struct sockaddr_in from = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(0x0a090002 + i),
		};

		fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fds[i] < 0 ||
		    bind(fds[i], (struct sockaddr *)&from, sizeof(from)) ||
		    connect(fds[i], (struct sockaddr *)&to, sizeof(to)))
			die("source");
	}
}

static void send_round(const int fds[VETH_SOURCES])
{
	for (unsigned i = 0; i < VETH_SOURCES; i++)
		if (send(fds[i], &i, sizeof(i), 0) == sizeof(i))
			atomic_fetch_add(&shared->sent[i], 1);
}

/* Traffic has ended when a marker that was sent behind it has arrived: one
 * queue leads from here to the receiver. Source 7 is the one that no policy
 * drops. */
static void send_marker(const int fds[VETH_SOURCES])
{
	unsigned marker = atomic_load(&shared->marker) | MARKER;

	(void)send(fds[VETH_SOURCES - 1], &marker, sizeof(marker), 0);
}

static void run_peer(int ready, int go)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	int fds[VETH_SOURCES];
	char c = 0;

	if (unshare(CLONE_NEWNET) || write(ready, &c, 1) != 1 ||
	    read(go, &c, 1) != 1)
		_exit(1);
	veth_run("ip link set lo up");
	for (int i = 0; i < VETH_SOURCES; i++)
		veth_run("ip address add 10.9.0.%d/24 dev eth0", i + 2);
	veth_run("ip link set eth0 up");
	open_sources(fds);
	if (write(ready, &c, 1) != 1)
		_exit(1);
	for (;;) {
		if (atomic_load(&shared->on) ||
		    atomic_exchange(&shared->once, false))
			send_round(fds);
		else if (atomic_load(&shared->marker) !=
			 atomic_load(&shared->arrived))
			send_marker(fds);
		(void)nanosleep(&pause, NULL);
	}
}

/* --- the receiver --------------------------------------------------------- */
static void *receive(void *unused)
{
	unsigned source;

	(void)unused;
	while (recv(receiver, &source, sizeof(source), 0) == sizeof(source))
		if (source & MARKER)
			atomic_store(&shared->arrived, source & ~MARKER);
		else if (source < VETH_SOURCES)
			atomic_fetch_add(&got[source], 1);
	return NULL;
}

static void open_receiver(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int size = 16 << 20;

	receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (receiver < 0 ||
	    setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) ||
	    bind(receiver, (struct sockaddr *)&at, sizeof(at)) ||
	    pthread_create(&thread, NULL, receive, NULL))
		die("receiver");
}

/* --- the lab -------------------------------------------------------------- */
static void skip(const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", why, strerror(errno));
	exit(77);
}

static void make_namespaces(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/flywall-test-%d",
		       (int)getpid());
	if (geteuid() || unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip("needs root and namespaces of its own");
	if (mkdir(folder, 0700) ||
	    mount("tmpfs", folder, "tmpfs", 0, NULL))
		die(folder);
}

static void start_peer(void)
{
	int ready[2], go[2];
	char c = 0;

	if (pipe(ready) || pipe(go))
		die("pipe");
	peer = fork();
	if (!peer) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_peer(ready[1], go[0]);
	}
	if (peer < 0 || read(ready[0], &c, 1) != 1)
		die("peer");
	veth_run("ip link set lo up");
	veth_run("ip link add fw0 type veth peer name eth0 netns %d",
		 (int)peer);
	veth_run("ip address add 10.9.0.1/24 dev fw0 && ip link set fw0 up");
	if (write(go[1], &c, 1) != 1 || read(ready[0], &c, 1) != 1)
		die("peer");
	(void)close(ready[0]);
	(void)close(ready[1]);
	(void)close(go[0]);
	(void)close(go[1]);
}

void veth_up(void)
{
	make_namespaces();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	veth_nft = &shared->nft;
	start_peer();
	open_receiver();
	while (veth_probe() != (1u << VETH_SOURCES) - 1)
		;	/* until the link is up and addresses are resolved */
}

void veth_down(void)
{
	(void)kill(peer, SIGKILL);
	(void)waitpid(peer, NULL, 0);
	(void)shutdown(receiver, SHUT_RDWR);
	(void)umount2(folder, MNT_DETACH);
	(void)rmdir(folder);
}

const struct fw_apply_config *veth_config(void)
{
	static char bpffs[80];
	static struct fw_apply_config config;

	(void)snprintf(bpffs, sizeof(bpffs), "%s/bpf", folder);
	config = (struct fw_apply_config){
		.instance = "test",
		.bpffs = bpffs,
		.state_dir = folder,
	};
	return &config;
}

/* --- traffic -------------------------------------------------------------- */
static void nap(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	(void)nanosleep(&pause, NULL);
}

static void wait_for_marker(void)
{
	unsigned marker = atomic_fetch_add(&shared->marker, 1) + 1;

	while (atomic_load(&shared->arrived) != marker)
		nap();
}

/* Traffic that a failed test left on would be counted twice. */
static void reset_counts(void)
{
	(void)alarm(TIMEOUT_S);
	if (atomic_exchange(&shared->on, false))
		wait_for_marker();
	for (int i = 0; i < VETH_SOURCES; i++) {
		atomic_store(&shared->sent[i], 0);
		atomic_store(&got[i], 0);
	}
}

unsigned veth_probe(void)
{
	unsigned seen = 0;

	reset_counts();
	atomic_store(&shared->once, true);
	while (atomic_load(&shared->once))
		nap();
	wait_for_marker();
	for (unsigned i = 0; i < VETH_SOURCES; i++)
		if (atomic_load(&got[i]))
			seen |= 1u << i;
	return seen;
}

void veth_traffic_on(void)
{
	reset_counts();
	atomic_store(&shared->on, true);
}

void veth_traffic_wait(uint64_t n)
{
	atomic_ullong *sent = &shared->sent[VETH_SOURCES - 1];
	uint64_t until = atomic_load(sent) + n;

	(void)alarm(TIMEOUT_S);

	while (atomic_load(sent) < until)
		nap();
}

void veth_traffic_off(uint64_t sent[VETH_SOURCES], uint64_t arrived[VETH_SOURCES])
{
	atomic_store(&shared->on, false);
	wait_for_marker();
	for (int i = 0; i < VETH_SOURCES; i++) {
		sent[i] = atomic_load(&shared->sent[i]);
		arrived[i] = atomic_load(&got[i]);
	}
}
