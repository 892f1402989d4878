/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of sets in a file, and out of it. What may fail: memory, a file of
 * another form or of another boot.
 *
 *	flywall sets 1 BOOT
 *	set FAMILY TABLE NAME EMPTIED TYPE	"-" is no family and no table
 *	add LO HI SINCE UNTIL		of the set before it; addresses in two
 *	delete LO HI			halves of 16 hexadecimal digits each
 *	end
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/changes.h"
#include "util/cleanup.h"

#define HEAD "flywall sets 1 "
#define VALUE "%016" PRIx64 "%016" PRIx64
#define HALVES(value) (uint64_t)((value) >> 64), (uint64_t)(value)

static const char *given(const char *text)
{
	return *text ? text : "-";
}

void fw_changes_write(const struct fw_changes *changes, const char *boot,
		      FILE *out)
{
	fprintf(out, HEAD "%s\n", boot);
	for (size_t i = 0; i < changes->sets.n; i++) {
		const struct fw_set_changes *of = &changes->sets.items[i];

		if (fw_set_is_idle(of))
			continue;
		fprintf(out, "set %s %s %s %d %s\n", given(of->family),
			given(of->table), of->name, of->emptied, of->type);
		for (size_t k = 0; k < of->added.n; k++) {
			const struct fw_added *a = &of->added.items[k];

			fprintf(out, "add " VALUE " " VALUE " %" PRIu64
				" %" PRIu64 "\n", HALVES(a->value.lo),
				HALVES(a->value.hi), a->since_ns, a->until_ns);
		}
		for (size_t k = 0; k < of->deleted.n; k++)
			fprintf(out, "delete " VALUE " " VALUE "\n",
				HALVES(of->deleted.items[k].lo),
				HALVES(of->deleted.items[k].hi));
	}
	fputs("end\n", out);
}

/* --- reading ---------------------------------------------------------------- */
static bool read_value(const char *text, fw_u128 *ret)
{
	uint64_t high, low;

	if (strlen(text) != 32 ||
	    sscanf(text, "%16" SCNx64 "%16" SCNx64, &high, &low) != 2)
		return false;
	*ret = (fw_u128)high << 64 | low;
	return true;
}

static bool read_interval(const char *lo, const char *hi,
			  struct fw_interval *ret)
{
	return read_value(lo, &ret->lo) && read_value(hi, &ret->hi) &&
	       ret->lo <= ret->hi;
}

static int read_set(struct fw_changes *changes, const char *line,
		    struct fw_set_changes **ret)
{
	_cleanup_free_ char *family = NULL, *table = NULL, *name = NULL,
			    *type = NULL;
	int emptied;

	if (sscanf(line, "set %ms %ms %ms %d %m[^\n]", &family, &table, &name,
		   &emptied, &type) != 5)
		return -EBADMSG;
	*ret = fw_changes_open(changes, &(struct fw_plan_set){
		.family = strcmp(family, "-") ? family : "",
		.table = strcmp(table, "-") ? table : "",
		.name = name,
		.type = type,
	});
	if (!*ret)
		return -ENOMEM;
	(*ret)->emptied = emptied != 0;
	return 0;
}

static int read_element(struct fw_arena *arena, const char *line,
			struct fw_set_changes *of)
{
	struct fw_interval value = { 0 }, *deleted;
	struct fw_added *added;
	uint64_t since, until;
	char lo[33], hi[33];

	if (sscanf(line, "add %32s %32s %" SCNu64 " %" SCNu64, lo, hi, &since,
		   &until) == 4 && read_interval(lo, hi, &value)) {
		added = fw_vec_push(arena, &of->added);
		if (!added)
			return -ENOMEM;
		*added = (struct fw_added){ value, since, until };
		return 0;
	}
	if (sscanf(line, "delete %32s %32s", lo, hi) != 2 ||
	    !read_interval(lo, hi, &value))
		return -EBADMSG;
	deleted = fw_vec_push(arena, &of->deleted);
	if (!deleted)
		return -ENOMEM;
	*deleted = value;
	return 0;
}

static int read_lines(FILE *in, struct fw_changes *changes)
{
	_cleanup_free_ char *line = NULL;
	struct fw_set_changes *of = NULL;
	size_t room = 0;
	int r = 0;

	while (r == 0 && getline(&line, &room, in) >= 0) {
		if (!strcmp(line, "end\n"))
			return 0;
		if (!strncmp(line, "set ", 4))
			r = read_set(changes, line, &of);
		else
			r = of ? read_element(changes->arena, line, of) :
				 -EBADMSG;
	}
	return r ? r : -EBADMSG;
}

int fw_changes_read(FILE *in, const char *boot, struct fw_changes **ret)
{
	_cleanup_free_ char *line = NULL;
	struct fw_changes *changes;
	size_t room = 0;
	int r;

	if (getline(&line, &room, in) < 0 ||
	    strncmp(line, HEAD, strlen(HEAD)) != 0)
		return -EBADMSG;
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line + strlen(HEAD), boot) != 0)
		return -ESTALE;
	changes = fw_changes_copy(NULL);
	if (!changes)
		return -ENOMEM;
	r = read_lines(in, changes);
	if (r == 0)
		*ret = changes;
	else
		fw_changes_free(changes);
	return r;
}
