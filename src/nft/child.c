/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnftables in a child process.
 *
 * In: a script and what is to be done with it. Out: whether nft took it, its
 * complaints with their places, and what it printed. What may fail: fork and
 * pipe (-errno), the child (-ECHILD), its time (-ETIMEDOUT), and where it was to
 * go apart, the namespaces (-EPERM).
 *
 * The child is forked, not executed: it needs no nft binary, and finds the
 * script in its copy of the memory. Other threads of the daemon do not exist in
 * it; glibc makes malloc and stdio whole again after a fork, and for any other
 * lock that a thread held there is the deadline. It writes one record, struct
 * child_answer and nft's texts, to a pipe, and ends by _exit(), also where the
 * library calls exit(): the parent's exit handlers are not its own to run.
 */
#define _GNU_SOURCE 1	/* memfd_create, pipe2, unshare */

#include "nft/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <nftables/libnftables.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/cleanup.h"

#define CHILD_FD 3
#define ERRORS_MAX (1u << 20)	/* of nft's text; the rest is cut off */
#define OUTPUT_MAX (64u << 20)

struct child_answer {
	int32_t status;		/* of nft_run_cmd_from_filename() */
	int32_t apart;		/* 0, or the errno that kept it from going apart;
				   then nft was not asked */
	uint32_t errors_len;	/* bytes of text that follow */
	uint32_t output_len;	/* and behind them */
};

/* --- the child -------------------------------------------------------------- */
static void leave_at_once(void)
{
	_exit(EXIT_FAILURE);
}

static rlim_t data_in_use(void)
{
	unsigned long long pages[6] = {0};
	FILE *statm = fopen("/proc/self/statm", "re");
	int n;

	if (!statm)
		return 0;
	n = fscanf(statm, "%llu %llu %llu %llu %llu %llu", &pages[0], &pages[1],
		   &pages[2], &pages[3], &pages[4], &pages[5]);
	(void)fclose(statm);
	return n == 6 ? (rlim_t)pages[5] * (rlim_t)sysconf(_SC_PAGESIZE) : 0;
}

/* Memory and CPU by the size of the script: a million elements are allowed to
 * cost what they cost (about 200 bytes a byte), a runaway is not. */
static void confine(size_t script_len)
{
	rlim_t data = data_in_use() + (512u << 20) + 512 * (rlim_t)script_len;
	rlim_t seconds = 20 + (rlim_t)(script_len >> 18);
	struct rlimit memory = {data, data}, cpu = {seconds, seconds};
	struct rlimit core = {0, 0};

	(void)setrlimit(RLIMIT_DATA, &memory);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	(void)setrlimit(RLIMIT_CORE, &core);
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(EXIT_FAILURE);
		p += n;
		len -= (size_t)n;
	}
}

static void forget_the_parent(int pipe_fd, pid_t parent)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t none;
	int null_fd;

	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &dfl, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	if (atexit(leave_at_once))
		_exit(EXIT_FAILURE);
	pipe_fd = fcntl(pipe_fd, F_DUPFD, CHILD_FD + 1);
	null_fd = open("/dev/null", O_RDWR);
	if (pipe_fd < 0 || null_fd < 0)
		_exit(EXIT_FAILURE);
	for (int fd = 0; fd < CHILD_FD; fd++)
		if (null_fd != fd && dup2(null_fd, fd) < 0)
			_exit(EXIT_FAILURE);
	if (dup2(pipe_fd, CHILD_FD) < 0)
		_exit(EXIT_FAILURE);
	(void)close_range(CHILD_FD + 1, ~0u, 0);
}

/* nft names the lines of a file in its complaints, and not those of a buffer:
 * the script becomes standard input. */
static void script_to_stdin(const char *script, size_t len)
{
	int fd = memfd_create("script", MFD_CLOEXEC);

	if (fd < 0)
		_exit(EXIT_FAILURE);
	write_all(fd, script, len);
	if (lseek(fd, 0, SEEK_SET) || dup2(fd, STDIN_FILENO) < 0)
		_exit(EXIT_FAILURE);
}

/* A network namespace of its own, where nothing is and nothing can be harmed;
 * who may not make one makes a user namespace around it. */
static int go_apart(void)
{
	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) ? errno : 0;
}

static uint32_t length(const char *text, uint32_t max)
{
	size_t len = text ? strlen(text) : 0;

	return len > max ? max : (uint32_t)len;
}

static _Noreturn void run_in_child(const struct fw_nft_job *job)
{
	struct child_answer answer = {0};
	const char *errors = NULL, *output = NULL;
	struct nft_ctx *nft;

	script_to_stdin(job->script, strlen(job->script));
	confine(strlen(job->script));
	answer.apart = job->apart ? go_apart() : 0;
	if (!answer.apart) {
		nft = nft_ctx_new(NFT_CTX_DEFAULT);
		if (!nft || nft_ctx_buffer_error(nft) ||
		    nft_ctx_buffer_output(nft))
			_exit(EXIT_FAILURE);
		nft_ctx_set_dry_run(nft, job->dry_run);
		answer.status = nft_run_cmd_from_filename(nft, "/dev/stdin");
		errors = nft_ctx_get_error_buffer(nft);
		output = nft_ctx_get_output_buffer(nft);
	}
	answer.errors_len = length(errors, ERRORS_MAX);
	answer.output_len = length(output, OUTPUT_MAX);
	write_all(CHILD_FD, &answer, sizeof(answer));
	write_all(CHILD_FD, errors, answer.errors_len);
	write_all(CHILD_FD, output, answer.output_len);
	_exit(EXIT_SUCCESS);
}

/* --- the parent ------------------------------------------------------------- */
static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All that the child writes, until it closes the pipe. */
static int read_answer(int fd, int64_t deadline, struct fw_buf *ret)
{
	char chunk[4096];

	for (;;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&ready, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (!ready.revents)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return ret->failed ? -ENOMEM : 0;
		if (n > 0)
			fw_buf_addn(ret, chunk, (size_t)n);
	}
}

/* Returns true where the child died of its own fault: the library has found a
 * bug in itself, or has not. */
static bool reap(pid_t pid)
{
	int status = 0, sig;

	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return sig == SIGABRT || sig == SIGSEGV || sig == SIGBUS ||
	       sig == SIGFPE || sig == SIGILL;
}

static int ask_child(const struct fw_nft_job *job, struct fw_buf *ret)
{
	_cleanup_close_ int in = -1, out = -1;
	int64_t allowed = job->patience_ms ? job->patience_ms :
			  30000 + (int64_t)(strlen(job->script) >> 8);
	pid_t parent = getpid(), pid;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	in = fds[0];
	out = fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		forget_the_parent(out, parent);
		run_in_child(job);
	}
	(void)close(FW_TAKE_FD(out));
	r = read_answer(in, now_ms() + allowed, ret);
	return reap(pid) && r == 0 ? -EFAULT : r;
}

int fw_nft_child_do(struct fw_arena *arena, const struct fw_nft_job *job,
		    struct fw_nft_complaints *ret, const char **ret_output)
{
	_cleanup_(fw_buf_done) struct fw_buf answer = {0};
	const char *errors, *output;
	struct child_answer head;
	int r;

	*ret = (struct fw_nft_complaints){0};
	r = ask_child(job, &answer);
	if (r < 0)
		return r;
	if (answer.len < sizeof(head))
		return -ECHILD;
	memcpy(&head, answer.text, sizeof(head));
	if (answer.len != sizeof(head) + head.errors_len + head.output_len)
		return -ECHILD;
	if (head.apart)
		return -EPERM;
	errors = fw_arena_strndup(arena, answer.text + sizeof(head),
				  head.errors_len);
	output = ret_output ? fw_arena_strndup(
			arena, answer.text + sizeof(head) + head.errors_len,
			head.output_len) : "";
	if (!errors || !output)
		return -ENOMEM;
	if (ret_output)
		*ret_output = output;
	if (head.status == 0)
		return 0;
	r = fw_nft_complaints_parse(arena, errors, ret);
	return r < 0 ? r : 1;
}

int fw_nft_child_run(struct fw_arena *arena, const char *script, bool dry_run,
		     struct fw_nft_complaints *ret)
{
	const struct fw_nft_job job = {.script = script, .dry_run = dry_run};
	int r = fw_nft_child_do(arena, &job, ret, NULL);

	return r == -EFAULT ? -ECHILD : r;
}
