/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: texts and frames. Out: the lab of oracle.h. May fail: without root,
 * namespaces or nft it skips; what fails later ends the worker.
 */
#define _GNU_SOURCE 1		/* unshare */

#include "tests/net/oracle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "model/packet.h"
#include "util/cleanup.h"

#define MARKER_NUMBER 0xffffffffu
#define TIMEOUT_MS 20000

/* What a socket is opened for. */
static const uint16_t types[] = { ETH_P_IP,    ETH_P_IPV6,   ETH_P_ARP,
				  ETH_P_802_2, ETH_P_8021Q, ETH_P_8021AD };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void skip(const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", why, strerror(errno));
	exit(77);
}

static const char *flywall(void)
{
	const char *path = getenv("FLYWALL");

	return path ? path : "./flywall";
}

static void path_of(const struct oracle_lab *lab, const char *name,
		    char ret[128])
{
	(void)snprintf(ret, 128, "%s/%s", lab->folder, name);
}

static FILE *open_file(const struct oracle_lab *lab, const char *name)
{
	char path[128];
	FILE *file;

	path_of(lab, name, path);
	file = fopen(path, "we");
	if (!file)
		die(path);
	return file;
}

/* --- the namespace -------------------------------------------------------- */
static void make_namespace(struct oracle_lab *lab)
{
	(void)snprintf(lab->folder, sizeof(lab->folder), "/tmp/flywall-oracle-%d",
		       (int)getpid());
	(void)snprintf(lab->instance, sizeof(lab->instance), "oracle-%d",
		       (int)getpid());
	if (geteuid() || unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip("needs root and namespaces of its own");
	if (mkdir(lab->folder, 0700) ||
	    mount("tmpfs", lab->folder, "tmpfs", 0, NULL))
		die(lab->folder);
	if (mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		skip("needs a bpf file system");
}

static void make_devices(struct oracle_lab *lab)
{
	FILE *ip = popen("ip -batch -", "we");

	if (!ip)
		skip("needs ip(8)");
	for (unsigned slot = 0; slot < ORACLE_SLOTS; slot++)
		for (int side = 0; side < 2; side++)
			(void)fprintf(ip, "link add %c%02u0 type veth peer name "
				      "%c%02u1\n"
				      "link set %c%02u0 addrgenmode none up\n"
				      "link set %c%02u1 addrgenmode none up\n",
				      'x' + side, slot, 'x' + side, slot,
				      'x' + side, slot, 'x' + side, slot);
	if (pclose(ip))
		skip("needs veth devices");
	for (unsigned slot = 0; slot < ORACLE_SLOTS; slot++)
		for (int side = 0; side < 2; side++) {
			char name[IFNAMSIZ];

			(void)snprintf(name, sizeof(name), "%c%02u0", 'x' + side,
				       slot);
			lab->inner[side][slot] = (int)if_nametoindex(name);
			name[3] = '1';
			lab->devices[side][slot] = (int)if_nametoindex(name);
		}
}

static void set_offload(int fd, char *name, uint32_t what, bool on)
{
	struct ethtool_value value = { .cmd = what, .data = on };
	struct ifreq request = { .ifr_data = (char *)&value };

	memcpy(request.ifr_name, name, IFNAMSIZ);
	if (ioctl(fd, SIOCETHTOOL, &request) && errno != EOPNOTSUPP)
		die(name);
}

void oracle_offloads(const struct oracle_lab *lab, bool on)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (unsigned slot = 0; slot < ORACLE_SLOTS; slot++)
		for (int side = 0; side < 4; side++) {
			char name[IFNAMSIZ] = "";
			int index = side < 2 ? lab->devices[side][slot] :
					       lab->inner[side - 2][slot];

			if (!if_indextoname((unsigned)index, name))
				die("device");
			set_offload(fd, name, ETHTOOL_SGRO, on);
			set_offload(fd, name, ETHTOOL_SGSO, on);
			set_offload(fd, name, ETHTOOL_STSO, on);
			/* Tags stay in frames, where XDP can look at them. */
			set_offload(fd, name, ETHTOOL_SFLAGS, false);
		}
	(void)close(fd);
}

static void open_sockets(struct oracle_lab *lab)
{
	int size = 32 << 20;

	lab->sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (lab->sender < 0)
		die("packet socket");
	for (size_t i = 0; i < FW_ARRAY_SIZE(types); i++) {
		int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
				htons(types[i]));

		if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
					 sizeof(size)))
			die("packet socket");
		lab->listeners[i] = fd;
	}
}

/* --- the daemon ----------------------------------------------------------- */
static int open_notify(const struct oracle_lab *lab)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/notify",
		       lab->folder);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    setenv("NOTIFY_SOCKET", at.sun_path, 1))
		die("notify");
	return fd;
}

static void start_daemon(struct oracle_lab *lab)
{
	int notify = open_notify(lab), log;
	char path[128], text[256] = "";
	struct pollfd poll_fd = { .fd = notify, .events = POLLIN };
	FILE *file = open_file(lab, "ours.conf");

	if (fclose(file))
		die("ours.conf");
	path_of(lab, "log", path);
	log = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	path_of(lab, "ours.conf", path);
	lab->daemon = fork();
	if (!lab->daemon) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(log, STDERR_FILENO);
		(void)execl(flywall(), "flywall", "-i", lab->instance, "-f",
			    path, NULL);
		_exit(127);
	}
	(void)close(log);
	while (!strstr(text, "READY=1")) {
		ssize_t n = poll(&poll_fd, 1, TIMEOUT_MS) == 1 ?
				    recv(notify, text, sizeof(text) - 1, 0) : -1;

		if (n < 0) {
			(void)fprintf(stderr, "the daemon did not start\n");
			oracle_down(lab);
			exit(1);
		}
		text[n] = '\0';
	}
	(void)close(notify);
	(void)unsetenv("NOTIFY_SOCKET");
}

void oracle_up(struct oracle_lab *lab)
{
	make_namespace(lab);
	make_devices(lab);
	if (!oracle_nft(lab, "-c", "table netdev x { }\n"))
		skip("needs nft(8)");
	oracle_offloads(lab, false);
	open_sockets(lab);
	start_daemon(lab);
}

void oracle_down(struct oracle_lab *lab)
{
	char command[256];

	(void)snprintf(command, sizeof(command),
		       "'%s' -i %s stop --flush >/dev/null 2>&1 || tail -n 20 "
		       "%s/log >&2", flywall(), lab->instance, lab->folder);
	if (lab->daemon > 0) {
		if (system(command))
			(void)kill(lab->daemon, SIGKILL);
		(void)waitpid(lab->daemon, NULL, 0);
	}
	(void)umount2(lab->folder, MNT_DETACH);
	(void)rmdir(lab->folder);
	free(lab->undo);
}

/* --- a batch -------------------------------------------------------------- */
void oracle_begin(struct oracle_lab *lab)
{
	lab->ours = open_file(lab, "ours.conf");
	lab->twin = open_file(lab, "twin.nft");
	if (lab->undo)
		(void)fputs(lab->undo, lab->twin);
}

/* `table netdev y00a {` becomes a line that deletes it. */
static void note_tables(struct oracle_lab *lab, const char *text)
{
	FILE *undo;
	char *more = NULL;
	size_t len;

	undo = open_memstream(&more, &len);
	if (!undo)
		die("memory");
	if (lab->next_undo)
		(void)fputs(lab->next_undo, undo);
	for (const char *at = text; (at = strstr(at, "table ")); at++)
		if (at == text || at[-1] == '\n')
			(void)fprintf(undo, "delete %.*s\n",
				      (int)strcspn(at, "{"), at);
	if (fclose(undo))
		die("memory");
	free(lab->next_undo);
	lab->next_undo = more;
}

void oracle_add(struct oracle_lab *lab, const char *ours, const char *twin)
{
	(void)fputs(ours, lab->ours);
	(void)fputs(twin, lab->twin);
	note_tables(lab, twin);
}

static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool run(const char *format, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	return system(command) == 0;
}

bool oracle_load(struct oracle_lab *lab)
{
	bool loaded;

	if (fclose(lab->ours) || fclose(lab->twin))
		die("text");
	loaded = run("nft -f %s/twin.nft", lab->folder);
	free(loaded ? lab->undo : lab->next_undo);
	if (loaded)
		lab->undo = lab->next_undo;
	lab->next_undo = NULL;
	return loaded &&
	       run("'%s' -i %s reload -f %s/ours.conf >%s/said 2>&1 || "
		   "{ grep -A3 -e Error -e flywall: %s/said >&2; false; }",
		   flywall(), lab->instance, lab->folder, lab->folder,
		   lab->folder);
}

bool oracle_nft(const struct oracle_lab *lab, const char *option,
		const char *text)
{
	char command[64];
	FILE *nft;

	(void)lab;
	(void)snprintf(command, sizeof(command), "nft %s -f - 2>/dev/null",
		       option);
	nft = popen(command, "we");
	if (!nft)
		return false;
	(void)fputs(text, nft);
	return pclose(nft) == 0;
}

/* NULL where the command fails. */
static json_t *read_json(const char *command)
{
	FILE *file = popen(command, "re");
	json_t *value = file ? json_loadf(file, 0, NULL) : NULL;

	if (file && !pclose(file))
		return value;
	json_decref(value);
	return NULL;
}

json_t *oracle_list(const struct oracle_lab *lab, const char *what)
{
	char command[512];
	json_t *value;

	(void)snprintf(command, sizeof(command), "'%s' -i %s list %s -j",
		       flywall(), lab->instance, what);
	value = read_json(command);
	if (!value)
		die(command);
	return value;
}

json_t *oracle_twin(const struct oracle_lab *lab)
{
	(void)lab;
	return read_json("nft -j list ruleset 2>/dev/null");
}

/* --- frames --------------------------------------------------------------- */
/*
 * A type that is listened to; a tag that is whole, and of a VLAN, since the
 * priority tag is taken off once more behind the hook. The kernel takes a piece
 * of a later fragment's data for ports: src/model/packet.c.
 */
bool oracle_observable(const struct packet *frame, bool transport)
{
	const uint8_t *at = frame->bytes + 12;
	uint16_t type = (uint16_t)(at[0] << 8 | at[1]);
	struct fw_model_packet fields;

	if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		if (frame->len < 20 || !((at[2] & 0x0f) | at[3]))
			return false;
		type = (uint16_t)(at[4] << 8 | at[5]);
	}
	fw_model_packet_parse(frame->bytes, frame->len, &fields);
	if (fields.later_fragment && transport)
		return false;
	for (size_t i = 0; i < FW_ARRAY_SIZE(types); i++)
		if (type == types[i] && type >= ETH_P_802_3_MIN)
			return true;
	return false;
}

static void send_on(struct oracle_lab *lab, int device, const uint8_t *bytes,
		    size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = device,
	};

	if (sendto(lab->sender, bytes, len, 0, (struct sockaddr *)&to,
		   sizeof(to)) != (ssize_t)len)
		die("send");
}

static void set_number(uint8_t *bytes, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		bytes[8 + i] = (uint8_t)(number >> (24 - 8 * i));
}

void oracle_send(struct oracle_lab *lab, unsigned slot, struct packet *frame,
		 uint32_t number)
{
	set_number(frame->bytes, number);
	for (int side = 0; side < 2; side++)
		send_on(lab, lab->devices[side][slot], frame->bytes, frame->len);
}

/* An empty IPv4 packet from ORACLE_MARKER. */
static void send_markers(struct oracle_lab *lab, unsigned slots)
{
	struct packet frame = { .bytes = { [6] = 0x02, [12] = 0x08,
					   [14] = 0x45, [17] = 46, [22] = 64,
					   [23] = 255, [26] = 10, 255, 255, 255,
					   10, 0, 0, 1 },
				.len = 60 };

	for (unsigned slot = 0; slot < slots; slot++)
		oracle_send(lab, slot, &frame, MARKER_NUMBER);
}

static void note(struct oracle_lab *lab, int device, const uint8_t *bytes,
		 size_t len)
{
	uint32_t number;

	memcpy(&number, bytes + 8, sizeof(number));
	number = ntohl(number);
	for (int side = 0; side < 2; side++)
		for (unsigned slot = 0; slot < ORACLE_SLOTS; slot++) {
			if (lab->inner[side][slot] != device)
				continue;
			if (number == MARKER_NUMBER)
				lab->marked[side][slot] = true;
			else if (number < ORACLE_FRAMES)
				lab->seen[side][number] = 1;
			if (number < ORACLE_FRAMES && len > bytes[7])
				lab->payload[side][number] += len - bytes[7];
		}
}

static void read_all(struct oracle_lab *lab)
{
	static uint8_t bytes[1 << 17];

	for (size_t i = 0; i < FW_ARRAY_SIZE(types); i++)
		for (;;) {
			struct sockaddr_ll from;
			socklen_t size = sizeof(from);
			ssize_t n = recvfrom(lab->listeners[i], bytes,
					     sizeof(bytes), 0,
					     (struct sockaddr *)&from, &size);

			if (n < 14)
				break;
			note(lab, from.sll_ifindex, bytes, (size_t)n);
		}
}

static bool all_marked(const struct oracle_lab *lab, unsigned slots)
{
	for (unsigned slot = 0; slot < slots; slot++)
		if (!lab->marked[0][slot] || !lab->marked[1][slot])
			return false;
	return true;
}

bool oracle_receive(struct oracle_lab *lab, unsigned slots)
{
	struct pollfd ip = { .fd = lab->listeners[0], .events = POLLIN };

	memset(lab->seen, 0, sizeof(lab->seen));
	memset(lab->payload, 0, sizeof(lab->payload));
	memset(lab->marked, 0, sizeof(lab->marked));
	send_markers(lab, slots);
	do {
		if (!all_marked(lab, slots) &&
		    poll(&ip, 1, TIMEOUT_MS) != 1)
			return false;
		read_all(lab);
	} while (!all_marked(lab, slots));
	return true;
}
