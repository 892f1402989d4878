/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: plans made by hand. Out: a kernel that has them, in a namespace of its
 * own. What fails fails the test.
 */
#define _GNU_SOURCE 1	/* unshare */

#include "tests/net/nft_lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIP 77

char lab_state_dir[] = "/tmp/flywall-nft-XXXXXX";
struct fw_apply_config lab_config = {.instance = "test", .state_dir = lab_state_dir};
struct fw_nft *lab_nft;
struct fw_apply_error lab_error;

/* --- the namespace ---------------------------------------------------------- */
int lab_shell(const char *format, ...)
{
	char command[1024];
	va_list ap;
	int status;

	va_start(ap, format);
	(void)vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool lab_listed(const char *what, const char *text)
{
	return lab_shell("nft -a list %s 2>&1 | grep -qF -- '%s'", what, text) == 0;
}

static int loopback_up(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq req = {.ifr_name = "lo"};

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &req))
		return -errno;
	req.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &req) ? -errno : 0;
}

void lab_send_from(unsigned host, uint16_t port, unsigned n)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xffffff00) | host),
	};

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	for (unsigned i = 0; i < n; i++)
		(void)sendto(fd, &i, sizeof(i), MSG_DONTWAIT,
			     (struct sockaddr *)&to, sizeof(to));
}

void lab_send(uint16_t port, unsigned n)
{
	lab_send_from(1, port, n);
}

void lab_open(void)
{
	if (fw_nft_open(&lab_config, &lab_nft, &lab_error) < 0)
		fail_msg("open: %s", lab_error.text);
}

int lab_setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) || loopback_up())
		return -1;
	lab_config.take_over = false;
	lab_open();
	return 0;
}

int lab_teardown(void **state)
{
	(void)state;
	fw_nft_close(lab_nft);
	lab_nft = NULL;
	return 0;
}

/* --- plans ------------------------------------------------------------------ */
static struct fw_nft_object epoch_set = {
	.kind = "set",
	.name = "epoch",
	.body = "type mark",
	.elements = (const char *const[]){"$flywall_epoch"},
	.n_elements = 1,
};

const struct fw_nft_chain lab_one_chain = {
	.name = "input", .base = LAB_INPUT,
	RULES({"udp dport 4444 counter", 0}),
};

void lab_plan(struct lab_plan *s, const struct fw_nft_chain *chains,
	      size_t n_chains, const struct fw_nft_object *objects,
	      size_t n_objects)
{
	*s = (struct lab_plan){
		.plan = {
			.options = {.marks = 0xff000000, .mark_shift = 24},
			.n_rules = LAB_RULES,
			.n_tables = 2,
		},
		.tables = {
			{
				.family = "inet", .name = "user",
				.chains = chains, .n_chains = n_chains,
				.objects = objects, .n_objects = n_objects,
			}, {
				.family = "inet", .name = "flywall", .own = true,
				.objects = &epoch_set, .n_objects = 1,
			},
		},
	};
	s->plan.tables = s->tables;
}

int lab_apply(struct lab_plan *s, uint64_t epoch)
{
	int r;

	lab_error = (struct fw_apply_error){0};
	r = fw_nft_stage(lab_nft, &s->plan, epoch, epoch & 1, &lab_error);
	if (r == 0)
		r = fw_nft_commit(lab_nft, &lab_error);
	if (r == 0)
		r = fw_nft_retire(lab_nft);
	return r;
}

void lab_must_apply(struct lab_plan *s, uint64_t epoch)
{
	if (lab_apply(s, epoch) < 0)
		fail_msg("generation %u: %s", (unsigned)epoch, lab_error.text);
	if (fw_nft_warning(lab_nft))
		fail_msg("generation %u: %s", (unsigned)epoch,
			 fw_nft_warning(lab_nft));
	assert_string_equal(lab_error.text, "");
	assert_int_equal(fw_nft_epoch(lab_nft), epoch);
}

int64_t lab_count(struct lab_plan *s, uint32_t rule)
{
	struct fw_rule_count counts[LAB_RULES];

	memset(counts, 0xff, sizeof(counts));
	assert_int_equal(fw_nft_rule_counts(lab_nft, &s->plan, counts), 0);
	return counts[rule].packets;
}

void lab_kill_at(const char *point, struct lab_plan *s, uint64_t epoch)
{
	char fault[64];
	int status;
	pid_t pid;

	fw_nft_close(FW_TAKE(lab_nft));
	pid = fork();
	if (pid == 0) {
		(void)snprintf(fault, sizeof(fault), "%s:kill", point);
		(void)setenv("FLYWALL_FAULT", fault, 1);
		if (fw_nft_open(&lab_config, &lab_nft, &lab_error) == 0)
			(void)lab_apply(s, epoch);
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	lab_open();
}

/* --- the program ------------------------------------------------------------ */
int lab_begin(void)
{
	if (geteuid() != 0) {
		puts("needs root: network namespaces");
		return SKIP;
	}
	return mkdtemp(lab_state_dir) ? 0 : EXIT_FAILURE;
}

int lab_end(int failed)
{
	(void)lab_shell("rm -rf %s", lab_state_dir);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
