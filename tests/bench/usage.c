/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage COMMAND…: what a command took, "SECONDS MEBIBYTES" on descriptor 3.
 *
 * Memory is the largest of the command's and its children's, as getrusage(2)
 * has it. The exit status is the command's.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double start = now();
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: usage COMMAND…\n");
		return 2;
	}
	pid = fork();
	if (!pid) {
		(void)close(3);
		(void)execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror("usage");
		return 2;
	}
	(void)dprintf(3, "%.2f %ld\n", now() - start, usage.ru_maxrss / 1024);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
