/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: SQLite behind a small door.
 *
 * In: summed flows, decisions. Out: the same, summed further. Fails with -errno
 * (store.h), never half: what is written is one transaction.
 *
 * The journal is a write-ahead log, so that readers do not wait, and a process
 * that is killed leaves a whole file. With `synchronous=normal` the machine's own
 * crash may lose the last transactions, never the file: lost are some minutes of
 * counting, and each sync to the disk that this saves is a wait less.
 *
 * Rows are kept in the order of their key, which begins with the day: what has to
 * be forgotten stands together, and what a day adds goes to the end.
 */
#include "learn/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "util/cleanup.h"

#define APPLICATION_ID 0x466c7977	/* "Flyw" */
#define FORGET_ROWS 20000
#define LOG_MAX (16 * 1024 * 1024)	/* bytes that the log keeps on the disk */

enum statement {
	ADD,
	FORGET,
	PAIRS,
	COUNT,
	REJECT,
	REJECTED,
	NUMBER_NEW,
	NUMBER,
	STATEMENTS,
};

struct fw_store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	char error[256];
};

/* migrations[v] makes tables of version v those of v + 1. */
static const char *const migrations[FW_STORE_VERSION] = {
	"CREATE TABLE flows("
	"day INTEGER NOT NULL, proto INTEGER NOT NULL, port INTEGER NOT NULL,"
	"server BLOB NOT NULL, client BLOB NOT NULL,"
	"device_in TEXT NOT NULL, device_out TEXT NOT NULL,"
	"first INTEGER NOT NULL, last INTEGER NOT NULL,"
	"flows INTEGER NOT NULL,"
	"packets_client INTEGER NOT NULL, packets_server INTEGER NOT NULL,"
	"bytes_client INTEGER NOT NULL, bytes_server INTEGER NOT NULL,"
	"PRIMARY KEY(day, proto, port, server, client, device_in, device_out))"
	"WITHOUT ROWID;",

	"ALTER TABLE flows ADD COLUMN name TEXT NOT NULL DEFAULT '';"
	"CREATE TABLE rejected(service TEXT PRIMARY KEY, flows INTEGER NOT NULL,"
	"peers INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE numbers(id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"text TEXT NOT NULL UNIQUE);",
};

/* A family is told by the length of its addresses. Days are bits: their sum,
 * each once, is the set of them. */
static const char *const texts[STATEMENTS] = {
	[ADD] = "INSERT INTO flows VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,"
		"?12,?13,?14,?15) ON CONFLICT DO UPDATE SET "
		"first = min(first, excluded.first),"
		"last = max(last, excluded.last),"
		"flows = flows + excluded.flows,"
		"packets_client = packets_client + excluded.packets_client,"
		"packets_server = packets_server + excluded.packets_server,"
		"bytes_client = bytes_client + excluded.bytes_client,"
		"bytes_server = bytes_server + excluded.bytes_server,"
		"name = CASE excluded.name WHEN '' THEN name "
		"ELSE excluded.name END",
	[FORGET] = "DELETE FROM flows WHERE (day, proto, port, server, client,"
		   "device_in, device_out) IN (SELECT day, proto, port, server,"
		   "client, device_in, device_out FROM flows WHERE day < ?1 "
		   "LIMIT ?2)",
	[PAIRS] = "SELECT device_in, device_out, proto, port, server, client,"
		  "max(day), sum(DISTINCT 1 << (day - ?1)), min(first),"
		  "max(last), sum(flows), max(name) FROM flows "
		  "WHERE day >= ?1 AND day <= ?2 "
		  "GROUP BY device_in, device_out, proto, port, server, client",
	[COUNT] = "SELECT count(*) FROM flows",
	[REJECT] = "INSERT OR REPLACE INTO rejected VALUES(?1, ?2, ?3)",
	[REJECTED] = "SELECT service, flows, peers FROM rejected",
	[NUMBER_NEW] = "INSERT OR IGNORE INTO numbers(text) VALUES(?1)",
	[NUMBER] = "SELECT id FROM numbers WHERE text = ?1",
};

/* --- errors --------------------------------------------------------------- */
static int of_system(sqlite3 *db, int otherwise)
{
	int error = sqlite3_system_errno(db);

	return error > 0 ? -error : otherwise;
}

static int fault(struct fw_store *store, int code)
{
	(void)snprintf(store->error, sizeof(store->error), "%s",
		       store->db ? sqlite3_errmsg(store->db) :
				   sqlite3_errstr(code));
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_ERROR:	/* a table or column that has to be there */
		return -EUCLEAN;
	default:
		return of_system(store->db, -EIO);
	}
}

static int run(struct fw_store *store, const char *sql)
{
	return fault(store, sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

static int end(struct fw_store *store, int r)
{
	if (r == 0)
		r = run(store, "COMMIT");
	if (r < 0 && !sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static int begin(struct fw_store *store)
{
	return run(store, "BEGIN IMMEDIATE");
}

/* --- one statement -------------------------------------------------------- */
static int prepare(struct fw_store *store, enum statement which,
		   sqlite3_stmt **ret)
{
	int r = 0;

	if (!store->statements[which])
		r = fault(store, sqlite3_prepare_v3(
			store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
			&store->statements[which], NULL));
	*ret = store->statements[which];
	return r;
}

/* Steps once, for statements that give no row, and makes it ready again. */
static int step(struct fw_store *store, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);
	int r = fault(store, code);

	(void)sqlite3_reset(statement);
	return r;
}

/* The first number of a query's first row; 0 where it has none. */
static int ask_number(struct fw_store *store, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	int r;

	*ret = 0;
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(statement, 0);
	r = fault(store, code);
	(void)sqlite3_finalize(statement);
	return r;
}

/* --- opening -------------------------------------------------------------- */
static int check_whole(struct fw_store *store)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(store->db, "PRAGMA integrity_check(1)", -1,
				      &statement, NULL);
	int r;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	r = fault(store, code);
	if (r == 0 && (code != SQLITE_ROW ||
		       strcmp((const char *)sqlite3_column_text(statement, 0),
			      "ok")))
		r = -EUCLEAN;
	(void)sqlite3_finalize(statement);
	return r;
}

static int migrate(struct fw_store *store)
{
	int64_t version, id, tables;
	char pragma[96];
	int r = begin(store);

	/* asked behind the lock: two may open a new file at once */
	if (r == 0)
		r = ask_number(store, "PRAGMA user_version", &version);
	if (r == 0)
		r = ask_number(store, "PRAGMA application_id", &id);
	if (r == 0)
		r = ask_number(store, "SELECT count(*) FROM sqlite_master",
			       &tables);
	if (r == 0 && tables > 0 && id != APPLICATION_ID)
		r = -EEXIST;
	if (r == 0 && version > FW_STORE_VERSION)
		r = -EPROTO;
	for (int64_t v = version; r == 0 && v < FW_STORE_VERSION; v++)
		r = run(store, migrations[v]);
	(void)snprintf(pragma, sizeof(pragma),
		       "PRAGMA application_id = %d; PRAGMA user_version = %d",
		       APPLICATION_ID, FW_STORE_VERSION);
	if (r == 0 && version < FW_STORE_VERSION)
		r = run(store, pragma);
	return end(store, r);
}

static int set_up(struct fw_store *store)
{
	char pragma[96];
	int r = fault(store, sqlite3_busy_timeout(store->db, FW_STORE_BUSY_MS));

	(void)snprintf(pragma, sizeof(pragma), "PRAGMA journal_size_limit = %d",
		       LOG_MAX);
	/* a database of somebody else is not so much as switched to a log */
	if (r == 0)
		r = check_whole(store);
	if (r == 0)
		r = migrate(store);
	if (r == 0)
		r = run(store, "PRAGMA journal_mode = wal");
	if (r == 0)
		r = run(store, "PRAGMA synchronous = normal");
	if (r == 0)
		r = run(store, pragma);
	return r;
}

/* Who talks to whom is nobody else's business. SQLite gives its log the mode of
 * the file. */
static int make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

	return fd < 0 || close(fd) ? -errno : 0;
}

static int open_once(const char *path, struct fw_store **ret)
{
	struct fw_store *store;
	int code, r = make_file(path);

	if (r < 0)
		return r;
	store = calloc(1, sizeof(*store));
	if (!store)
		return -ENOMEM;
	code = sqlite3_open_v2(path, &store->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			       SQLITE_OPEN_NOMUTEX, NULL);
	r = fault(store, code);
	if (r == 0)
		r = set_up(store);
	if (r < 0) {
		fw_store_close(store);
		return r;
	}
	*ret = store;
	return 0;
}

/* Each folder on the way that is not there, for root alone. */
static int make_folders(const char *path)
{
	_cleanup_free_ char *folder = strdup(path);

	if (!folder)
		return -ENOMEM;
	for (char *slash = strchr(folder + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int move(const char *from, const char *to, const char *suffix)
{
	char old[4096], new[4096];

	(void)snprintf(old, sizeof(old), "%s%s", from, suffix);
	(void)snprintf(new, sizeof(new), "%s%s", to, suffix);
	return rename(old, new) ? -errno : 0;
}

/* The file and its log, under a name that nothing has. */
static int put_aside(const char *path, char **ret)
{
	struct stat st;
	struct tm tm;
	time_t now = time(NULL);
	char stamp[32];
	int r;

	(void)gmtime_r(&now, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (unsigned n = 0; n < 1000; n++) {
		char *name = NULL;

		if (asprintf(&name, n ? "%s.damaged-%s-%u" : "%s.damaged-%s",
			     path, stamp, n) < 0)
			return -ENOMEM;
		if (lstat(name, &st) == 0) {
			free(name);
			continue;
		}
		r = move(path, name, "");
		(void)move(path, name, "-wal");
		(void)move(path, name, "-shm");
		if (r < 0)
			free(name);
		else
			*ret = name;
		return r;
	}
	return -EEXIST;
}

int fw_store_open(const char *path, struct fw_store **ret, char **ret_aside)
{
	int r = make_folders(path);

	*ret_aside = NULL;
	if (r == 0)
		r = open_once(path, ret);
	if (r != -EUCLEAN)
		return r;
	r = put_aside(path, ret_aside);
	if (r == 0)
		r = open_once(path, ret);
	return r;
}

void fw_store_close(struct fw_store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(store->statements[i]);
	(void)sqlite3_close(store->db);
	free(store);
}

const char *fw_store_error(const struct fw_store *store)
{
	return store->error;
}

/* --- flows ---------------------------------------------------------------- */
static int address_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

static int add_one(struct fw_store *store, sqlite3_stmt *s,
		   const struct fw_learn_flow *flow)
{
	const struct fw_learn_key *key = &flow->key;
	const int size = address_size(key->family);
	const int64_t before[] = { key->day, key->proto, key->port };
	const uint64_t after[] = { flow->first, flow->last, flow->flows,
				   flow->packets[0], flow->packets[1],
				   flow->bytes[0], flow->bytes[1] };
	int r = 0;

	for (int i = 0; i < (int)FW_ARRAY_SIZE(before); i++)
		r |= sqlite3_bind_int64(s, 1 + i, before[i]);
	r |= sqlite3_bind_blob(s, 4, key->server, size, SQLITE_STATIC);
	r |= sqlite3_bind_blob(s, 5, key->client, size, SQLITE_STATIC);
	r |= sqlite3_bind_text(s, 6, key->in, -1, SQLITE_STATIC);
	r |= sqlite3_bind_text(s, 7, key->out, -1, SQLITE_STATIC);
	for (int i = 0; i < (int)FW_ARRAY_SIZE(after); i++)
		r |= sqlite3_bind_int64(s, 8 + i, (int64_t)after[i]);
	r |= sqlite3_bind_text(s, 15, flow->name, -1, SQLITE_STATIC);
	return r ? fault(store, r) : step(store, s);
}

int fw_store_add(struct fw_store *store, const struct fw_learn_flow *flows,
		 size_t n)
{
	sqlite3_stmt *statement;
	int r = begin(store);

	if (r == 0)
		r = prepare(store, ADD, &statement);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_one(store, statement, &flows[i]);
	return end(store, r);
}

int fw_store_forget(struct fw_store *store, uint32_t day, bool *ret_more)
{
	sqlite3_stmt *statement;
	int r = prepare(store, FORGET, &statement);

	*ret_more = false;
	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(statement, 1, day);
	(void)sqlite3_bind_int64(statement, 2, FORGET_ROWS);
	r = step(store, statement);
	if (r == 0)
		*ret_more = sqlite3_changes(store->db) == FORGET_ROWS;
	return r;
}

static void copy_text(char *to, size_t size, sqlite3_stmt *s, int column)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	(void)snprintf(to, size, "%s", text ? (const char *)text : "");
}

/* A size that no address has: the file is not as Flywall writes it. */
static int copy_address(uint8_t to[16], sqlite3_stmt *s, int column,
			uint8_t *ret_family)
{
	int size = sqlite3_column_bytes(s, column);
	const void *bytes = sqlite3_column_blob(s, column);

	if (!bytes || (size != 4 && size != 16))
		return -EUCLEAN;
	memcpy(to, bytes, (size_t)size);
	*ret_family = size == 4 ? 4 : 6;
	return 0;
}

static int read_pair(sqlite3_stmt *s, struct fw_arena *arena,
		     struct fw_learn_pair *pair)
{
	struct fw_learn_key *key = &pair->key;
	const char *name = (const char *)sqlite3_column_text(s, 11);
	uint8_t family;
	int r;

	copy_text(key->in, sizeof(key->in), s, 0);
	copy_text(key->out, sizeof(key->out), s, 1);
	key->proto = (uint8_t)sqlite3_column_int(s, 2);
	key->port = (uint16_t)sqlite3_column_int(s, 3);
	r = copy_address(key->server, s, 4, &key->family);
	if (r == 0)
		r = copy_address(key->client, s, 5, &family);
	if (r == 0 && family != key->family)
		r = -EUCLEAN;
	key->day = (uint32_t)sqlite3_column_int64(s, 6);
	pair->days = (uint64_t)sqlite3_column_int64(s, 7);
	pair->first = (uint64_t)sqlite3_column_int64(s, 8);
	pair->last = (uint64_t)sqlite3_column_int64(s, 9);
	pair->flows = (uint64_t)sqlite3_column_int64(s, 10);
	pair->name = name && *name ? fw_arena_strdup(arena, name) : "";
	return r == 0 && !pair->name ? -ENOMEM : r;
}

int fw_store_pairs(struct fw_store *store, uint32_t today, size_t max,
		   struct fw_arena *arena, fw_learn_pairs *ret)
{
	uint32_t from = today >= FW_LEARN_DAYS ? today - FW_LEARN_DAYS + 1 : 0;
	sqlite3_stmt *s;
	int r = prepare(store, PAIRS, &s);
	int code = SQLITE_DONE;

	if (r < 0)
		return r;
	(void)sqlite3_bind_int64(s, 1, from);
	(void)sqlite3_bind_int64(s, 2, today);
	while (r == 0 && (code = sqlite3_step(s)) == SQLITE_ROW) {
		struct fw_learn_pair *pair = NULL;

		if (ret->n == max)
			r = -E2BIG;
		else if (!(pair = fw_vec_push(arena, ret)))
			r = -ENOMEM;
		else
			r = read_pair(s, arena, pair);
	}
	if (r == 0)
		r = fault(store, code);
	(void)sqlite3_reset(s);
	return r;
}

int fw_store_count(struct fw_store *store, uint64_t *ret)
{
	sqlite3_stmt *s;
	int r = prepare(store, COUNT, &s);

	if (r == 0)
		r = fault(store, sqlite3_step(s));
	if (r == 0)
		*ret = (uint64_t)sqlite3_column_int64(s, 0);
	(void)sqlite3_reset(s);
	return r;
}

/* --- decisions ------------------------------------------------------------ */
int fw_store_reject(struct fw_store *store,
		    const struct fw_learn_decision *decisions, size_t n)
{
	sqlite3_stmt *s;
	int r = begin(store);

	if (r == 0)
		r = prepare(store, REJECT, &s);
	for (size_t i = 0; r == 0 && i < n; i++) {
		(void)sqlite3_bind_text(s, 1, decisions[i].service, -1,
					SQLITE_STATIC);
		(void)sqlite3_bind_int64(s, 2, (int64_t)decisions[i].flows);
		(void)sqlite3_bind_int64(s, 3, (int64_t)decisions[i].peers);
		r = step(store, s);
	}
	return end(store, r);
}

int fw_store_rejected(struct fw_store *store, struct fw_arena *arena,
		      fw_learn_decisions *ret)
{
	sqlite3_stmt *s;
	int r = prepare(store, REJECTED, &s);
	int code = SQLITE_DONE;

	if (r < 0)
		return r;
	while (r == 0 && (code = sqlite3_step(s)) == SQLITE_ROW) {
		struct fw_learn_decision *d = fw_vec_push(arena, ret);

		if (d)
			d->service = fw_arena_strdup(
				arena, (const char *)sqlite3_column_text(s, 0));
		if (!d || !d->service) {
			r = -ENOMEM;
			break;
		}
		d->flows = (uint64_t)sqlite3_column_int64(s, 1);
		d->peers = (uint64_t)sqlite3_column_int64(s, 2);
	}
	if (r == 0)
		r = fault(store, code);
	(void)sqlite3_reset(s);
	return r;
}

int fw_store_number(struct fw_store *store, const char *text, uint64_t *ret)
{
	sqlite3_stmt *new = NULL, *s = NULL;
	int r = prepare(store, NUMBER_NEW, &new);

	if (r == 0)
		r = prepare(store, NUMBER, &s);
	if (r < 0)
		return r;
	(void)sqlite3_bind_text(s, 1, text, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(new, 1, text, -1, SQLITE_STATIC);
	for (int tries = 0; tries < 2; tries++) {
		int code = sqlite3_step(s);

		r = fault(store, code);
		*ret = code == SQLITE_ROW ?
			       (uint64_t)sqlite3_column_int64(s, 0) : 0;
		(void)sqlite3_reset(s);
		if (r < 0 || *ret || tries)
			break;
		r = step(store, new);
		if (r < 0)
			break;
	}
	(void)sqlite3_clear_bindings(s);
	(void)sqlite3_clear_bindings(new);
	return r;
}
