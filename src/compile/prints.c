/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of DHCP fingerprints.
 *
 * In: `fingerprints "dhcp.db"`. Out: its lines. One that is none is an error at
 * its place; a file that is not there is a warning only, since leases are watched
 * without it, and nothing is let through or dropped by it. Only memory fails.
 */
#include <errno.h>
#include <unistd.h>

#include "compile/blocks.h"
#include "lists/lists.h"
#include "plan/prints.h"

#define PRINTS_MAX 4096u	/* lines: each new lease is compared with all */

struct prints_read {
	struct fw_checker *checker;
	const struct fw_word *path;
	FW_VEC(struct fw_print) prints;
};

static int take_line(void *ctx, const struct fw_list_field *field)
{
	struct prints_read *read = ctx;
	struct fw_diags *diags = read->checker->diags;
	struct fw_print *slot = fw_vec_push(read->checker->arena,
					    &read->prints);
	const char *error = "there are more than 4096 lines";
	int r = -ENOMEM;

	if (slot)
		r = read->prints.n > PRINTS_MAX ? -EINVAL :
			fw_print_read(read->checker->arena, field->text, slot,
				      &error);
	if (r == -EINVAL)
		fw_diag_related(diags,
				fw_error(diags, "bad-fingerprint", &field->loc,
					 "%s", error),
				&read->path->loc, "the file is named here");
	return r;
}

int fw_check_prints(struct fw_checker *checker, const struct fw_word *path,
		    struct fw_prints *ret)
{
	struct prints_read read = { .checker = checker, .path = path };
	const char *found = fw_check_beside(checker->arena, path);
	const char **slot;
	int r;

	if (!found)
		return -ENOMEM;
	if (access(found, F_OK)) {
		fw_warning(checker->diags, "no-fingerprints", &path->loc,
			   "there is no '%s': devices are known by the lines "
			   "that are built in", found);
		return 0;
	}
	slot = fw_vec_push(checker->arena, &checker->files);
	if (!slot)
		return -ENOMEM;
	*slot = found;
	r = fw_list_read(found, FW_LIST_LINES, 0, checker->typed->facts->lists,
			 checker->diags, &path->loc, take_line, &read);
	*ret = (struct fw_prints){ read.prints.items, read.prints.n };
	return r == -EINVAL ? 0 : r;
}
