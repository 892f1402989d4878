/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store of flows: sums, and what may happen to its file. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "learn/store.h"
#include "util/cleanup.h"

#define TODAY 20000u
#define BATCH 100u

static char dir[] = "/tmp/flywall-store-XXXXXX";
static char path[128];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/sub/flows.db", dir);
	return 0;
}

/* Everything in it but the folder. */
static int clean(void **state)
{
	char pattern[64];
	glob_t found;

	(void)state;
	(void)snprintf(pattern, sizeof(pattern), "%s/sub/*", dir);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			(void)unlink(found.gl_pathv[i]);
	globfree(&found);
	return 0;
}

static int remove_dir(void **state)
{
	char sub[64];

	(void)clean(state);
	(void)snprintf(sub, sizeof(sub), "%s/sub", dir);
	(void)rmdir(sub);
	return rmdir(dir);
}

static struct fw_store *open_store(void)
{
	struct fw_store *store = NULL;
	char *aside = NULL;

	assert_int_equal(fw_store_open(path, &store, &aside), 0);
	assert_null(aside);
	return store;
}

static struct fw_learn_flow flow_of(uint32_t client, uint16_t port,
				    uint32_t day)
{
	struct fw_learn_flow flow = {
		.key = { .in = "lan", .out = "wan", .family = 4, .proto = 6,
			 .port = port, .day = day, .client = { 10, 0 },
			 .server = { 192, 0, 2, 1 } },
		.first = day * UINT64_C(86400) + 60,
		.last = day * UINT64_C(86400) + 120,
		.flows = 1,
		.packets = { 5, 6 },
		.bytes = { 500, 6000 },
	};

	flow.key.client[1] = (uint8_t)(client >> 16);
	flow.key.client[2] = (uint8_t)(client >> 8);
	flow.key.client[3] = (uint8_t)client;
	return flow;
}

static uint64_t count(struct fw_store *store)
{
	uint64_t n = 0;

	assert_int_equal(fw_store_count(store, &n), 0);
	return n;
}

/* --- sums ----------------------------------------------------------------- */
static void test_sums(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_store *store = open_store();
	struct fw_learn_flow flows[4];
	struct stat st;
	fw_learn_pairs pairs = { 0 };

	(void)state;
	flows[0] = flow_of(1, 443, TODAY);
	flows[1] = flow_of(1, 443, TODAY);
	flows[1].last += 1000;
	(void)strcpy(flows[1].name, "www.example.org");
	flows[2] = flow_of(1, 443, TODAY - 3);
	flows[3] = flow_of(2, 443, TODAY - FW_LEARN_DAYS);
	assert_int_equal(fw_store_add(store, flows, 4), 0);
	assert_int_equal(fw_store_add(store, flows, 1), 0);
	assert_int_equal(count(store), 3);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fw_store_close(store);

	store = open_store();
	assert_int_equal(fw_store_pairs(store, TODAY, 10, arena, &pairs), 0);
	assert_int_equal(pairs.n, 1);
	assert_int_equal(pairs.items[0].flows, 4);
	assert_int_equal(pairs.items[0].key.day, TODAY);
	assert_true(pairs.items[0].days ==
		    (UINT64_C(1) << 61 | UINT64_C(1) << 58));
	assert_int_equal(pairs.items[0].first, (TODAY - 3) * 86400 + 60);
	assert_int_equal(pairs.items[0].last, TODAY * 86400 + 1120);
	assert_string_equal(pairs.items[0].name, "www.example.org");
	assert_string_equal(pairs.items[0].key.in, "lan");
	assert_string_equal(pairs.items[0].key.out, "wan");
	assert_int_equal(pairs.items[0].key.family, 4);
	assert_memory_equal(pairs.items[0].key.server,
			    flows[0].key.server, 16);
	assert_int_equal(fw_store_pairs(store, TODAY, 1, arena, &pairs),
			 -E2BIG);
	fw_store_close(store);
	fw_arena_free(arena);
}

static void test_forgets(void **state)
{
	struct fw_store *store = open_store();
	struct fw_learn_flow flows[] = {
		flow_of(1, 80, TODAY - 31), flow_of(2, 80, TODAY - 30),
		flow_of(3, 80, TODAY),
	};
	bool more;

	(void)state;
	assert_int_equal(fw_store_add(store, flows, 3), 0);
	assert_int_equal(fw_store_forget(store, TODAY - 30, &more), 0);
	assert_false(more);
	assert_int_equal(count(store), 2);
	fw_store_close(store);
}

static void test_decisions(void **state)
{
	const struct fw_learn_decision no[] = { { "tcp 22", 12, 3 },
						{ "tcp 23", 5, 1 } };
	struct fw_arena *arena = fw_arena_new();
	struct fw_store *store = open_store();
	fw_learn_decisions rejected = { 0 };
	uint64_t first, second, again;

	(void)state;
	assert_int_equal(fw_store_reject(store, no, 2), 0);
	assert_int_equal(fw_store_reject(store, no, 1), 0);
	assert_int_equal(fw_store_number(store, "a", &first), 0);
	assert_int_equal(fw_store_number(store, "b", &second), 0);
	assert_int_not_equal(first, second);
	fw_store_close(store);

	store = open_store();
	assert_int_equal(fw_store_number(store, "a", &again), 0);
	assert_int_equal(first, again);
	assert_int_equal(fw_store_rejected(store, arena, &rejected), 0);
	assert_int_equal(rejected.n, 2);
	assert_string_equal(rejected.items[0].service, "tcp 22");
	assert_int_equal(rejected.items[0].flows, 12);
	assert_int_equal(rejected.items[1].peers, 1);
	fw_store_close(store);
	fw_arena_free(arena);
}

/* --- killed --------------------------------------------------------------- */
static int add_batch(struct fw_store *store, uint32_t number)
{
	struct fw_learn_flow flows[BATCH];

	for (uint32_t i = 0; i < BATCH; i++)
		flows[i] = flow_of(number * BATCH + i, 443, TODAY);
	return fw_store_add(store, flows, BATCH);
}

/* Tells of each batch that is in the file. */
static void write_on(int told)
{
	struct fw_store *store;
	char *aside;

	if (fw_store_open(path, &store, &aside))
		_exit(1);
	for (uint32_t n = 0; n < 100000; n++)
		if (add_batch(store, n) || write(told, "x", 1) != 1)
			_exit(1);
	_exit(0);
}

static void test_killed(void **state)
{
	(void)state;
	for (unsigned round = 1; round <= 5; round++) {
		struct fw_store *store;
		uint64_t batches = 0, rows;
		int told[2];
		pid_t pid;
		char c;

		(void)clean(NULL);
		assert_int_equal(pipe(told), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			write_on(told[1]);
		(void)close(told[1]);
		while (batches < 30 * round && read(told[0], &c, 1) == 1)
			batches++;
		assert_int_equal(kill(pid, SIGKILL), 0);
		while (read(told[0], &c, 1) == 1)
			batches++;
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		(void)close(told[0]);

		store = open_store();
		rows = count(store);
		assert_int_equal(rows % BATCH, 0);
		/* it may have died between a commit and the word of it */
		assert_true(rows == batches * BATCH ||
			    rows == (batches + 1) * BATCH);
		assert_int_equal(add_batch(store, 1000000), 0);
		fw_store_close(store);
	}
}

/* --- full ----------------------------------------------------------------- */
#define SKIPS 77

static int fill(const char *where)
{
	struct fw_store *store;
	char *aside;
	uint32_t n = 0;
	uint64_t rows;
	int r;

	(void)snprintf(path, sizeof(path), "%s/flows.db", where);
	if (fw_store_open(path, &store, &aside))
		return 1;
	while (n < 10000 && !(r = add_batch(store, n)))
		n++;
	if (r != -ENOSPC)
		return 2;
	if (fw_store_count(store, &rows) || rows != n * (uint64_t)BATCH)
		return 3;
	if (add_batch(store, n) != -ENOSPC)
		return 4;
	if (mount("none", where, "tmpfs", MS_REMOUNT, "size=16m"))
		return 5;
	if (add_batch(store, n) || fw_store_count(store, &rows) ||
	    rows != (n + 1) * (uint64_t)BATCH)
		return 6;
	fw_store_close(store);
	/* so little room that not even a table fits */
	if (umount(where) || mount("none", where, "tmpfs", 0, "size=8k"))
		return 7;
	if (fw_store_open(path, &store, &aside) != -ENOSPC || aside)
		return 8;
	return umount(where) ? 9 : 0;
}

static void test_full(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		char where[64];

		(void)snprintf(where, sizeof(where), "%s/sub", dir);
		if ((unshare(CLONE_NEWNS) &&
		     unshare(CLONE_NEWUSER | CLONE_NEWNS)) ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", where, "tmpfs", 0, "size=1m"))
			_exit(SKIPS);
		_exit(fill(where));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPS)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- damaged -------------------------------------------------------------- */
static void expect_aside(void)
{
	struct fw_store *store;
	char *aside = NULL;
	struct stat st;

	assert_int_equal(fw_store_open(path, &store, &aside), 0);
	assert_non_null(aside);
	assert_non_null(strstr(aside, "flows.db.damaged-2"));
	assert_int_equal(stat(aside, &st), 0);
	assert_true(st.st_size > 0);
	assert_int_equal(count(store), 0);
	assert_int_equal(add_batch(store, 1), 0);
	fw_store_close(store);
	free(aside);
	store = open_store();
	assert_int_equal(count(store), BATCH);
	fw_store_close(store);
}

static void scribble(off_t offset, const char *what, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, what, len, offset), (ssize_t)len);
}

static void make_some(uint32_t batches)
{
	struct fw_store *store = open_store();

	for (uint32_t n = 0; n < batches; n++)
		assert_int_equal(add_batch(store, n), 0);
	fw_store_close(store);
}

static size_t count_aside(void)
{
	char pattern[64];
	glob_t found;
	size_t n = 0;

	(void)snprintf(pattern, sizeof(pattern), "%s/sub/*.damaged-*Z*", dir);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			n += !strstr(found.gl_pathv[i], "-wal") &&
			     !strstr(found.gl_pathv[i], "-shm");
	globfree(&found);
	return n;
}

static void test_damaged_inside(void **state)
{
	char rubbish[8192];

	(void)state;
	make_some(30);
	memset(rubbish, 0x5a, sizeof(rubbish));
	scribble(3 * 4096, rubbish, sizeof(rubbish));
	expect_aside();
	/* twice within a second: two names */
	scribble(0, rubbish, sizeof(rubbish));
	expect_aside();
	assert_int_equal(count_aside(), 2);
}

static void test_damaged_short(void **state)
{
	struct stat st;

	(void)state;
	make_some(30);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
	expect_aside();
}

static void test_damaged_text(void **state)
{
	(void)state;
	scribble(0, "this is no database, however long it is\n", 40);
	expect_aside();
}

/* What happens to a file that is open shows when it is used. */
static void test_damaged_under_way(void **state)
{
	struct fw_store *store;
	char rubbish[4096];
	struct stat st;
	int r = 0;

	(void)state;
	make_some(600);	/* more than SQLite keeps in memory */
	store = open_store();
	assert_int_equal(stat(path, &st), 0);
	memset(rubbish, 0x5a, sizeof(rubbish));
	for (off_t at = 4096; at < st.st_size; at += 4096)
		scribble(at, rubbish, sizeof(rubbish));
	for (uint32_t n = 0; n < 50 && !r; n++)
		r = add_batch(store, n);
	assert_int_equal(r, -EUCLEAN);
	fw_store_close(store);
	expect_aside();
}

/* --- others --------------------------------------------------------------- */
static sqlite3 *raw(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void sql(sqlite3 *db, const char *text)
{
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
}

static void test_locked(void **state)
{
	struct fw_store *store = open_store(), *other = NULL;
	struct timespec before, after;
	char *aside = NULL;
	sqlite3 *db = raw();

	(void)state;
	sql(db, "BEGIN EXCLUSIVE");
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(add_batch(store, 0), -EBUSY);
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(after.tv_sec - before.tv_sec < 60);
	/* no reason to take the file for a damaged one */
	assert_int_equal(fw_store_open(path, &other, &aside), -EBUSY);
	assert_null(aside);
	sql(db, "COMMIT");
	(void)sqlite3_close(db);
	assert_int_equal(add_batch(store, 0), 0);
	assert_int_equal(count(store), BATCH);
	fw_store_close(store);
}

/* Tables as the first version made them. */
static void test_migrates(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	fw_learn_pairs pairs = { 0 };
	struct fw_store *store;
	sqlite3 *db = raw();
	uint64_t number;

	(void)state;
	sql(db,
	    "CREATE TABLE flows(day INTEGER NOT NULL, proto INTEGER NOT NULL,"
	    "port INTEGER NOT NULL, server BLOB NOT NULL, client BLOB NOT NULL,"
	    "device_in TEXT NOT NULL, device_out TEXT NOT NULL,"
	    "first INTEGER NOT NULL, last INTEGER NOT NULL,"
	    "flows INTEGER NOT NULL, packets_client INTEGER NOT NULL,"
	    "packets_server INTEGER NOT NULL, bytes_client INTEGER NOT NULL,"
	    "bytes_server INTEGER NOT NULL, PRIMARY KEY(day, proto, port,"
	    "server, client, device_in, device_out)) WITHOUT ROWID;"
	    "INSERT INTO flows VALUES(20000, 6, 25, x'c0000201', x'0a000001',"
	    "'lan', 'wan', 1, 2, 7, 1, 1, 1, 1);"
	    "PRAGMA application_id = 0x466c7977; PRAGMA user_version = 1");
	(void)sqlite3_close(db);
	store = open_store();
	assert_int_equal(add_batch(store, 0), 0);
	assert_int_equal(fw_store_number(store, "x", &number), 0);
	assert_int_equal(fw_store_pairs(store, TODAY, 1000, arena, &pairs), 0);
	assert_int_equal(pairs.n, BATCH + 1);
	assert_int_equal(pairs.items[0].key.port, 25);
	assert_int_equal(pairs.items[0].flows, 7);
	assert_string_equal(pairs.items[0].name, "");
	fw_store_close(store);
	fw_arena_free(arena);
}

static void expect_refused(const char *text, int error)
{
	struct fw_store *store;
	char *aside = NULL;
	struct stat before, after;
	sqlite3 *db = raw();

	sql(db, text);
	(void)sqlite3_close(db);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(fw_store_open(path, &store, &aside), error);
	assert_null(aside);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void test_later(void **state)
{
	(void)state;
	expect_refused("CREATE TABLE flows(x); PRAGMA application_id = "
		       "0x466c7977; PRAGMA user_version = 99", -EPROTO);
}

static void test_foreign(void **state)
{
	(void)state;
	expect_refused("CREATE TABLE bookmarks(url)", -EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_sums, clean),
		cmocka_unit_test_teardown(test_forgets, clean),
		cmocka_unit_test_teardown(test_decisions, clean),
		cmocka_unit_test_teardown(test_killed, clean),
		cmocka_unit_test_teardown(test_full, clean),
		cmocka_unit_test_teardown(test_damaged_inside, clean),
		cmocka_unit_test_teardown(test_damaged_short, clean),
		cmocka_unit_test_teardown(test_damaged_text, clean),
		cmocka_unit_test_teardown(test_damaged_under_way, clean),
		cmocka_unit_test_teardown(test_locked, clean),
		cmocka_unit_test_teardown(test_migrates, clean),
		cmocka_unit_test_teardown(test_later, clean),
		cmocka_unit_test_teardown(test_foreign, clean),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
