/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers: the table of profiles' numbers, and its file.
 *
 * In: plans, the file. Out: facts for the compiler, the file, which is on disk
 * before a plan is committed that needs it. May fail: the disk, memory.
 *
 * The file has a line for where it belongs, and one a number:
 *
 *	flywall-profiles 1 BOOT NETNS
 *	NUMBER NAME HASH		HASH "-": nothing was judged yet
 *	rule KEY			and one a rule that says `inspect`
 */
#include "daemon/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/nft_state.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/vec.h"

#define HEAD "flywall-profiles 1"
#define RULE "rule "
#define NAME_SIZE 128

void fw_numbers_done(struct fw_numbers *numbers)
{
	for (size_t i = 0; i < FW_PROFILES; i++)
		free(numbers->of[i].name);
	free(numbers->rules);
	*numbers = (struct fw_numbers){ 0 };
}

/* --- file ----------------------------------------------------------------- */
static char *path_of(const char *dir, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/profiles%s", dir, suffix) < 0 ? NULL : path;
}

static void write_lines(const struct fw_numbers *numbers,
			const struct fw_nft_place *here, FILE *out)
{
	char hex[FW_HASH_HEX];

	(void)fprintf(out, HEAD " %s %" PRIu64 "\n", here->boot, here->netns);
	for (size_t i = 0; i < FW_PROFILES; i++) {
		const struct fw_number *of = &numbers->of[i];

		if (!of->name)
			continue;
		fw_hash_hex(&of->hash, hex);
		(void)fprintf(out, "%zu %s %s\n", i, of->name,
			      of->judged ? hex : "-");
	}
	for (size_t i = 0; i < numbers->n_rules; i++) {
		fw_hash_hex(&numbers->rules[i], hex);
		(void)fprintf(out, RULE "%s\n", hex);
	}
}

/* A name is on disk when its folder is. */
static int sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		(void)close(fd);
	return r;
}

static int write_file(const struct fw_numbers *numbers, const char *dir)
{
	_cleanup_free_ char *path = path_of(dir, "");
	_cleanup_free_ char *temp = path_of(dir, ".new");
	struct fw_nft_place here;
	FILE *out;
	int r = fw_nft_place_here(&here);

	if (!path || !temp)
		return -ENOMEM;
	out = r ? NULL : fopen(temp, "we");
	if (!out)
		return r ? r : -errno;
	write_lines(numbers, &here, out);
	if (fflush(out) != 0 || fsync(fileno(out)) < 0)
		r = -errno;
	if (fclose(out) != 0 && !r)
		r = -errno;
	if (!r && rename(temp, path) < 0)
		r = -errno;
	return r ? r : sync_folder(dir);
}

static bool read_hash(const char *hex, struct fw_hash *ret)
{
	if (strspn(hex, "0123456789abcdef") != 2 * sizeof(ret->bytes))
		return false;
	for (size_t i = 0; i < sizeof(ret->bytes); i++)
		(void)sscanf(hex + 2 * i, "%2hhx", &ret->bytes[i]);
	return true;
}

static int read_rule(const char *hex, struct fw_numbers *ret)
{
	struct fw_hash *grown = realloc(ret->rules, (ret->n_rules + 1) *
							    sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	ret->rules = grown;
	return read_hash(hex, &grown[ret->n_rules++]) ? 0 : -EBADMSG;
}

static int read_line(const char *line, struct fw_numbers *ret)
{
	struct fw_number of = { 0 };
	char name[NAME_SIZE + 1], hex[FW_HASH_HEX];
	unsigned number;

	if (!strncmp(line, RULE, strlen(RULE)))
		return read_rule(line + strlen(RULE), ret);
	_Static_assert(FW_HASH_HEX == 65, "its length stands in the format");
	if (sscanf(line, "%u %128s %64s", &number, name, hex) != 3 ||
	    number >= FW_PROFILES || ret->of[number].name)
		return -EBADMSG;
	of.judged = strcmp(hex, "-") != 0;
	if (of.judged && !read_hash(hex, &of.hash))
		return -EBADMSG;
	of.name = strdup(name);
	ret->of[number] = of;
	return of.name ? 0 : -ENOMEM;
}

static int read_place(const char *line)
{
	struct fw_nft_place here;
	uint64_t netns;
	char boot[64];
	int r = fw_nft_place_here(&here);

	if (r)
		return r;
	if (sscanf(line, HEAD " %63s %" SCNu64, boot, &netns) != 2)
		return -EBADMSG;
	return strcmp(boot, here.boot) || netns != here.netns ? -ESTALE : 0;
}

static int read_file(const char *path, struct fw_numbers *ret)
{
	_cleanup_fclose_ FILE *in = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	int r;

	if (!in)
		return -errno;
	r = getline(&line, &size, in) < 0 ? -EBADMSG : read_place(line);
	while (!r && getline(&line, &size, in) >= 0)
		r = read_line(line, ret);
	return r;
}

int fw_numbers_read(const char *dir, struct fw_numbers *ret)
{
	_cleanup_free_ char *path = path_of(dir, "");
	int r = -ENOMEM;

	*ret = (struct fw_numbers){ 0 };
	if (path)
		r = read_file(path, ret);
	if (!r)
		return 0;
	fw_numbers_done(ret);
	if (r == -ENOMEM)
		return r;
	if (r != -ENOENT && r != -ESTALE)
		fw_log_errno(LOG_ERR, r, "%s: which profiles connections had is "
					 "lost", path);
	return 0;
}

/* --- plans ---------------------------------------------------------------- */
int fw_numbers_facts(const struct fw_numbers *numbers, struct fw_arena *arena,
		     struct fw_facts *facts)
{
	FW_VEC(struct fw_fact_profile) profiles = { 0 };

	for (unsigned i = 0; i < FW_PROFILES; i++) {
		struct fw_fact_profile *profile;

		if (!numbers->of[i].name)
			continue;
		profile = fw_vec_push(arena, &profiles);
		if (!profile)
			return -ENOMEM;
		profile->number = i;
		profile->name = fw_arena_strdup(arena, numbers->of[i].name);
		if (!profile->name)
			return -ENOMEM;
	}
	facts->profiles = profiles.items;
	facts->n_profiles = profiles.n;
	return 0;
}

/* A plan that was compiled a while ago may give a name another number than it
 * has since: there is one number a name. */
static void drop_name(struct fw_numbers *numbers, const char *name)
{
	for (size_t i = 0; i < FW_PROFILES; i++) {
		struct fw_number *of = &numbers->of[i];

		if (!of->name || strcmp(of->name, name))
			continue;
		free(of->name);
		*of = (struct fw_number){ 0 };
	}
}

int fw_numbers_admit(struct fw_numbers *numbers, const char *dir,
		     const struct fw_plan *plan, unsigned *ret_taken)
{
	bool news = false;

	*ret_taken = 0;
	for (size_t i = 0; i < plan->n_profiles; i++) {
		const struct fw_profile *p = &plan->profiles[i];
		struct fw_number *of = &numbers->of[p->id];
		char *name;

		if (of->name && !strcmp(of->name, p->name))
			continue;
		name = strdup(p->name);
		if (!name)
			return -ENOMEM;
		drop_name(numbers, name);
		if (of->name)
			*ret_taken |= 1u << p->id;
		free(of->name);
		*of = (struct fw_number){ .name = name };
		news = true;
	}
	return news ? write_file(numbers, dir) : 0;
}

static bool differs(const struct fw_number *of, const struct fw_profile *p)
{
	return memcmp(&of->hash, &p->hash, sizeof(of->hash)) != 0;
}

unsigned fw_numbers_changed(const struct fw_numbers *numbers,
			    const struct fw_plan *plan)
{
	unsigned changed = 0;

	for (size_t i = 0; i < plan->n_profiles; i++) {
		const struct fw_profile *p = &plan->profiles[i];
		const struct fw_number *of = &numbers->of[p->id];

		if (of->judged && differs(of, p))
			changed |= 1u << p->id;
	}
	return changed;
}

/* What is not written makes a later daemon judge flows once too often. */
void fw_numbers_settle(struct fw_numbers *numbers, const char *dir,
		       const struct fw_plan *plan)
{
	bool news = false;
	int r;

	for (size_t i = 0; i < plan->n_profiles; i++) {
		const struct fw_profile *p = &plan->profiles[i];
		struct fw_number *of = &numbers->of[p->id];

		news |= !of->judged || differs(of, p);
		of->judged = true;
		of->hash = p->hash;
	}
	r = news ? write_file(numbers, dir) : 0;
	if (r)
		fw_log_errno(LOG_ERR, r, "%s/profiles cannot be written, "
					 "ignoring", dir);
}

void fw_numbers_set_rules(struct fw_numbers *numbers, const char *dir,
			  struct fw_hash *rules, size_t n)
{
	bool same = n == numbers->n_rules &&
		    (!n || !memcmp(rules, numbers->rules, n * sizeof(*rules)));
	int r;

	free(numbers->rules);
	numbers->rules = rules;
	numbers->n_rules = n;
	r = same ? 0 : write_file(numbers, dir);
	if (r)
		fw_log_errno(LOG_ERR, r, "%s/profiles cannot be written, "
					 "ignoring", dir);
}
