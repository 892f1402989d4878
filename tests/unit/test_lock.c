/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One daemon an instance: the lock, its holder's name, the run directory. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/lock.h"

static char dir[] = "/tmp/flywall-lock-XXXXXX";
static char path[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/lock", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

/* A process that has the lock until it is told by the pipe to go. */
static pid_t hold(int *ret_go)
{
	int ready[2], go[2], fd;
	pid_t holder, pid;
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(go[1]);
		if (fw_lock_take(path, &fd, &holder) == 0)
			(void)!write(ready[1], &byte, 1);
		(void)!read(go[0], &byte, 1);
		_exit(0);
	}
	(void)close(go[0]);
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	*ret_go = go[1];
	return pid;
}

static void test_busy(void **state)
{
	pid_t pid, holder = 0;
	int go, fd = -1;

	(void)state;
	pid = hold(&go);
	assert_int_equal(fw_lock_take(path, &fd, &holder), -EBUSY);
	assert_int_equal(holder, pid);
	assert_int_equal(fd, -1);
	/* the holder dies without a word: the lock goes with it */
	(void)close(go);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(fw_lock_take(path, &fd, &holder), 0);
	(void)close(fd);
}

/* A shorter pid must not keep the end of a longer one. */
static void test_pid_is_whole(void **state)
{
	FILE *file = fopen(path, "w");
	char text[64] = "";
	long pid = 0;
	pid_t holder;
	int fd;

	(void)state;
	assert_non_null(file);
	(void)fputs("99999999999999999\n", file);
	(void)fclose(file);
	assert_int_equal(fw_lock_take(path, &fd, &holder), 0);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(sscanf(text, "%ld\n", &pid), 1);
	assert_int_equal(pid, getpid());
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	(void)close(fd);
}

static void test_link_is_refused(void **state)
{
	pid_t holder;
	int fd;

	(void)state;
	(void)unlink(path);
	assert_int_equal(symlink("/tmp/flywall-lock-elsewhere", path), 0);
	assert_int_equal(fw_lock_take(path, &fd, &holder), -ELOOP);
	(void)unlink(path);
}

static void test_directory(void **state)
{
	char inner[80], middle[80];
	struct stat st;

	(void)state;
	(void)snprintf(middle, sizeof(middle), "%s/a", dir);
	(void)snprintf(inner, sizeof(inner), "%s/a/b", dir);
	assert_int_equal(fw_lock_directory(inner), 0);
	assert_int_equal(fw_lock_directory(inner), 0);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* open to others before: closed now */
	assert_int_equal(chmod(inner, 0777), 0);
	assert_int_equal(fw_lock_directory(inner), 0);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	(void)rmdir(inner);
	assert_int_equal(symlink("/tmp", inner), 0);
	assert_int_equal(fw_lock_directory(inner), -ENOTDIR);
	(void)unlink(inner);
	(void)rmdir(middle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_pid_is_whole),
		cmocka_unit_test(test_link_is_refused),
		cmocka_unit_test(test_directory),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
