/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State file.
 *
 * In and out: records. What may fail: files (-errno), memory, a damaged file
 * (-EBADMSG).
 *
 * The form is a line of version, then values, each on a line of its own:
 * "LENGTH:bytes" for a text, "-" for a text that is NULL, "=NUMBER" for a
 * number. Their order is that of the functions put_… and get_…, which stand in
 * pairs; a last text "end" tells a whole file from a cut one.
 */
#include "apply/nft_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/cleanup.h"

#define VERSION "flywall nft state 1\n"
#define STATE_MAX (1024ull << 20)	/* bytes of a file that is read */

/* --- place ------------------------------------------------------------------ */
static int netns_cookie(uint64_t *ret)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret);
	struct stat ns;

	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &len) == 0)
		return 0;
	if (stat("/proc/self/ns/net", &ns))	/* before 5.14 */
		return -errno;
	*ret = ns.st_ino;
	return 0;
}

int fw_nft_place_here(struct fw_nft_place *ret)
{
	_cleanup_fclose_ FILE *file =
		fopen("/proc/sys/kernel/random/boot_id", "re");
	struct fw_nft_place place = {0};
	int r;

	if (!file)
		return -errno;
	if (!fgets(place.boot, sizeof(place.boot), file))
		return -EIO;
	place.boot[strcspn(place.boot, "\n")] = '\0';
	r = netns_cookie(&place.netns);
	if (r == 0)
		*ret = place;
	return r;
}

/* --- values ----------------------------------------------------------------- */
static void put_text(struct fw_buf *buf, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (text) {
		fw_buf_printf(buf, "%zu:", len);
		fw_buf_addn(buf, text, len);
		fw_buf_addc(buf, '\n');
	} else {
		fw_buf_add(buf, "-\n");
	}
}

static void put_number(struct fw_buf *buf, uint64_t number)
{
	fw_buf_printf(buf, "=%" PRIu64 "\n", number);
}

/* What is left of a file. The first fault is kept; from then on every value is
 * NULL or 0. */
struct reader {
	struct fw_arena *arena;
	const char *at, *end;
	int error;
};

static void spoil(struct reader *reader, int error)
{
	if (!reader->error)
		reader->error = error;
	reader->at = reader->end;
}

/* Decimal digits up to stop, which is passed. */
static uint64_t get_digits(struct reader *reader, char stop)
{
	uint64_t number = 0;
	size_t digits = 0;

	while (reader->at < reader->end && *reader->at >= '0' &&
	       *reader->at <= '9' && digits++ < 20)
		number = number * 10 + (uint64_t)(*reader->at++ - '0');
	if (!digits || reader->at == reader->end || *reader->at != stop) {
		spoil(reader, -EBADMSG);
		return 0;
	}
	reader->at++;
	return number;
}

static uint64_t get_number(struct reader *reader)
{
	if (reader->at == reader->end || *reader->at != '=') {
		spoil(reader, -EBADMSG);
		return 0;
	}
	reader->at++;
	return get_digits(reader, '\n');
}

static const char *get_text(struct reader *reader)
{
	const char *text;
	uint64_t len;

	if (reader->end - reader->at >= 2 && memcmp(reader->at, "-\n", 2) == 0) {
		reader->at += 2;
		return NULL;
	}
	len = get_digits(reader, ':');
	if (reader->error || len >= (uint64_t)(reader->end - reader->at) ||
	    reader->at[len] != '\n') {
		spoil(reader, -EBADMSG);
		return NULL;
	}
	text = fw_arena_strndup(reader->arena, reader->at, (size_t)len);
	if (!text)
		spoil(reader, -ENOMEM);
	reader->at += len + 1;
	return text;
}

/* A text that may not be NULL. */
static const char *need_text(struct reader *reader)
{
	const char *text = get_text(reader);

	if (!text)
		spoil(reader, -EBADMSG);
	return text;
}

/* An array of as many items as the next number says; every item takes at least
 * two bytes of the file, so that a wild number cannot ask for wild memory. */
static void *get_array(struct reader *reader, size_t size, size_t *ret_n)
{
	uint64_t n = get_number(reader);
	void *items;

	*ret_n = 0;
	if (n > (uint64_t)(reader->end - reader->at) / 2) {
		spoil(reader, -EBADMSG);
		return NULL;
	}
	items = fw_arena_array(reader->arena, (size_t)n, size);
	if (items)
		*ret_n = (size_t)n;
	else
		spoil(reader, -ENOMEM);
	return items;
}

/* --- records ---------------------------------------------------------------- */
static void put_chain(struct fw_buf *buf, const struct fw_nft_rec_chain *chain)
{
	put_text(buf, chain->name);
	put_text(buf, chain->base);
	put_text(buf, chain->policy);
	put_text(buf, chain->comment);
	put_number(buf, chain->queue);
	put_number(buf, chain->queue_first);
	put_number(buf, chain->queue_last);
	put_number(buf, chain->bypass);
	put_number(buf, chain->n_rules);
	for (size_t i = 0; i < chain->n_rules; i++) {
		put_text(buf, chain->rules[i].text);
		put_number(buf, chain->rules[i].handle);
	}
}

static void get_chain(struct reader *reader, struct fw_nft_rec_chain *chain)
{
	chain->name = need_text(reader);
	chain->base = get_text(reader);
	chain->policy = chain->base ? need_text(reader) : get_text(reader);
	chain->comment = get_text(reader);
	chain->queue = get_number(reader) != 0;
	chain->queue_first = (uint16_t)get_number(reader);
	chain->queue_last = (uint16_t)get_number(reader);
	chain->bypass = get_number(reader) != 0;
	chain->rules = get_array(reader, sizeof(*chain->rules), &chain->n_rules);
	for (size_t i = 0; i < chain->n_rules && !reader->error; i++) {
		chain->rules[i].text = need_text(reader);
		chain->rules[i].handle = get_number(reader);
		chain->rules[i].rule = FW_NO_RULE;
	}
}

static void put_object(struct fw_buf *buf, const struct fw_nft_rec_object *object)
{
	put_text(buf, object->kind);
	put_text(buf, object->name);
	put_text(buf, object->body);
	put_number(buf, object->merges);
	put_number(buf, object->n_elements);
	for (size_t i = 0; i < object->n_elements; i++)
		put_text(buf, object->elements[i]);
}

static void get_object(struct reader *reader, struct fw_nft_rec_object *object)
{
	object->kind = need_text(reader);
	object->name = need_text(reader);
	object->body = need_text(reader);
	object->merges = get_number(reader) != 0;
	object->elements = get_array(reader, sizeof(*object->elements),
				     &object->n_elements);
	for (size_t i = 0; i < object->n_elements && !reader->error; i++)
		object->elements[i] = need_text(reader);
}

static void put_table(struct fw_buf *buf, const struct fw_nft_rec_table *table)
{
	put_text(buf, table->family);
	put_text(buf, table->name);
	put_text(buf, table->body);
	put_number(buf, table->handle);
	put_number(buf, table->own);
	put_number(buf, table->n_objects);
	for (size_t i = 0; i < table->n_objects; i++)
		put_object(buf, &table->objects[i]);
	put_number(buf, table->n_chains);
	for (size_t i = 0; i < table->n_chains; i++)
		put_chain(buf, &table->chains[i]);
}

static void get_table(struct reader *reader, struct fw_nft_rec_table *table)
{
	table->family = need_text(reader);
	table->name = need_text(reader);
	table->body = get_text(reader);
	table->handle = get_number(reader);
	table->own = get_number(reader) != 0;
	table->objects = get_array(reader, sizeof(*table->objects),
				   &table->n_objects);
	for (size_t i = 0; i < table->n_objects && !reader->error; i++)
		get_object(reader, &table->objects[i]);
	table->chains = get_array(reader, sizeof(*table->chains),
				  &table->n_chains);
	for (size_t i = 0; i < table->n_chains && !reader->error; i++)
		get_chain(reader, &table->chains[i]);
}

static void put_record(struct fw_buf *buf, const struct fw_nft_record *record)
{
	put_number(buf, record->epoch);
	put_number(buf, record->n_tables);
	for (size_t i = 0; i < record->n_tables; i++)
		put_table(buf, &record->tables[i]);
}

static void get_record(struct reader *reader, struct fw_nft_record *record)
{
	reader->arena = record->arena;
	record->epoch = get_number(reader);
	record->tables = get_array(reader, sizeof(*record->tables),
				   &record->n_tables);
	record->cap_tables = record->n_tables;
	for (size_t i = 0; i < record->n_tables && !reader->error; i++)
		get_table(reader, &record->tables[i]);
}

/* --- files ------------------------------------------------------------------ */
static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_directory_of(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	_cleanup_close_ int fd = -1;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) ? -errno : 0;
}

static int replace_file(const char *path, const char *data, size_t len)
{
	_cleanup_free_ char *temp = malloc(strlen(path) + sizeof(".new"));
	_cleanup_close_ int fd = -1;
	int r;

	if (!temp)
		return -ENOMEM;
	(void)sprintf(temp, "%s.new", path);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, len);
	if (r == 0 && fsync(fd))
		r = -errno;
	if (r == 0 && rename(temp, path))
		r = -errno;
	if (r < 0) {
		(void)unlink(temp);
		return r;
	}
	return sync_directory_of(path);
}

int fw_nft_state_write(const char *path, const struct fw_nft_place *place,
		       const struct fw_nft_record *live,
		       const struct fw_nft_record *next)
{
	_cleanup_(fw_buf_done) struct fw_buf buf = {0};

	fw_buf_add(&buf, VERSION);
	put_text(&buf, place->boot);
	put_number(&buf, place->netns);
	put_record(&buf, live);
	put_number(&buf, next != NULL);
	if (next)
		put_record(&buf, next);
	put_text(&buf, "end");
	return buf.failed ? -ENOMEM : replace_file(path, buf.text, buf.len);
}

static int read_file(const char *path, struct fw_buf *buf)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[65536];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			fw_buf_addn(buf, chunk, (size_t)n);
		if (buf->len > STATE_MAX)
			return -EBADMSG;
	}
	return buf->failed ? -ENOMEM : 0;
}

FW_CLEANUP_PTR(struct fw_nft_record *, fw_nft_record_free)

/* The reader uses live's arena for what belongs to neither record. */
static int parse(struct reader *reader, const struct fw_nft_place *place,
		 struct fw_nft_record *live, struct fw_nft_record *next,
		 bool *ret_has_next)
{
	const char *boot, *last;
	uint64_t netns;

	reader->arena = live->arena;
	boot = need_text(reader);
	netns = get_number(reader);
	if (!reader->error &&
	    (strcmp(boot, place->boot) != 0 || netns != place->netns))
		return -ESTALE;
	get_record(reader, live);
	*ret_has_next = get_number(reader) != 0;
	if (*ret_has_next)
		get_record(reader, next);
	last = need_text(reader);
	if (!reader->error && strcmp(last, "end") != 0)
		spoil(reader, -EBADMSG);
	return reader->error;
}

int fw_nft_state_read(const char *path, const struct fw_nft_place *place,
		      struct fw_nft_record **ret_live,
		      struct fw_nft_record **ret_next)
{
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *live = NULL;
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *next = NULL;
	_cleanup_(fw_buf_done) struct fw_buf buf = {0};
	struct reader reader = {0};
	bool has_next = false;
	int r = read_file(path, &buf);

	if (r < 0)
		return r;
	if (buf.len < sizeof(VERSION) - 1 ||
	    memcmp(buf.text, VERSION, sizeof(VERSION) - 1) != 0)
		return -EBADMSG;
	live = fw_nft_record_new();
	next = fw_nft_record_new();
	if (!live || !next)
		return -ENOMEM;
	reader.at = buf.text + sizeof(VERSION) - 1;
	reader.end = buf.text + buf.len;
	r = parse(&reader, place, live, next, &has_next);
	if (r < 0)
		return r;
	*ret_live = FW_TAKE(live);
	*ret_next = has_next ? FW_TAKE(next) : NULL;
	return 0;
}
