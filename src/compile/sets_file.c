/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Element files: fields of a list, to values or domain names.
 *
 * In: `file "lists/drop.netset"` and what stands beside it. Out: intervals, or
 * values of Flywall's own. The file is sought beside the one that names it; its fields come
 * from lists/. A field that is no value of the set's type is an error at its
 * line; after a few of them the file is given up, since it is then another kind
 * of file.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "compile/own_types.h"
#include "compile/vocabulary.h"
#include "lists/lists.h"
#include "util/cleanup.h"

#define MAX_ERRORS 5	/* in one file */
#define LONG_FILE (64 << 10)
#define SHORT_LINE 8	/* bytes of an address, with its end */

struct file_read {
	struct fw_checker *checker;
	const struct fw_file_options *options;
	enum fw_set_type type;
	enum fw_value_type value;
	struct fw_interval_vec *intervals;
	struct fw_own_content *own;
	unsigned errors;
};

static int report(struct file_read *read, const struct fw_list_field *field,
		  const struct fw_value_error *error)
{
	struct fw_diags *diags = read->checker->diags;
	struct fw_diag *diag = fw_error(diags, error->id, &field->loc, "%s",
					error->text);

	fw_diag_related(diags, diag, &read->options->path->loc,
			"the file is named here");
	if (error->hint[0])
		fw_diag_hint(diags, diag, "%s", error->hint);
	return ++read->errors < MAX_ERRORS ? 0 : -EINVAL;
}

static int take_own(struct file_read *read, const struct fw_list_field *field)
{
	struct fw_value_error error = { .hint = "" };
	int r = fw_own_add(read->checker->arena, read->type, field->text,
			   read->own, &error);

	return r == -EINVAL ? report(read, field, &error) : r;
}

static bool is_everything(const struct file_read *read,
			  const struct fw_interval *value)
{
	return (read->type == FW_SET_IPV4_ADDR ||
		read->type == FW_SET_IPV6_ADDR) && !value->lo &&
	       value->hi == fw_value_max(read->value);
}

static int take_value(struct file_read *read,
		      const struct fw_list_field *field)
{
	struct fw_value_error error = { .hint = "" };
	struct fw_interval *slot = fw_vec_push(read->checker->arena,
					       read->intervals);

	if (!slot)
		return -ENOMEM;
	if (fw_value_text(read->value, field->text, slot, &error)) {
		read->intervals->n--;
		return report(read, field, &error);
	}
	if (is_everything(read, slot) && !read->options->force) {
		read->intervals->n--;
		error.id = "everything";
		(void)snprintf(error.text, sizeof(error.text),
			       "'%.64s' covers every address", field->text);
		(void)snprintf(error.hint, sizeof(error.hint),
			       "'force' in the set admits it");
		return report(read, field, &error);
	}
	if (slot->lo != slot->hi && !read->options->interval) {
		read->intervals->n--;
		error.id = "needs-interval";
		(void)snprintf(error.text, sizeof(error.text),
			       "'%.64s' is more than one value, and the set "
			       "has no 'flags interval'", field->text);
		return report(read, field, &error);
	}
	return 0;
}

static int take_field(void *ctx, const struct fw_list_field *field)
{
	struct file_read *read = ctx;

	return read->type >= FW_SET_DOMAIN ? take_own(read, field) :
					     take_value(read, field);
}

static bool read_format(struct fw_checker *checker,
			const struct fw_file_options *options,
			enum fw_list_format *ret, unsigned *ret_column)
{
	static const struct {
		const char *name;
		enum fw_list_format format;
	} formats[] = {
		{ "auto", FW_LIST_AUTO },
		{ "plain", FW_LIST_PLAIN },
		{ "netset", FW_LIST_NETSET },
		{ "hosts", FW_LIST_HOSTS },
	};
	const char *text = options->format;
	struct fw_diag *diag;
	uint64_t column;

	*ret = FW_LIST_AUTO;
	*ret_column = 0;
	if (!text)
		return true;
	for (size_t i = 0; i < FW_ARRAY_SIZE(formats); i++) {
		if (strcmp(text, formats[i].name))
			continue;
		*ret = formats[i].format;
		return true;
	}
	if (!strncmp(text, "csv:", 4) && fw_number(text + 4, &column) &&
	    column >= 1 && column <= 1000) {
		*ret = FW_LIST_CSV;
		*ret_column = (unsigned)column;
		return true;
	}
	diag = fw_error(checker->diags, "bad-value", options->format_loc,
			"there is no list format '%s'", text);
	fw_diag_hint(checker->diags, diag,
		     "auto, plain, netset, hosts, csv:N (the column, from 1)");
	return false;
}

/* A pattern is a whole line, whatever stands in it. */
static bool fits(struct fw_checker *checker, enum fw_set_type type,
		 const struct fw_file_options *options,
		 enum fw_list_format *format)
{
	if (type != FW_SET_PATTERN)
		return true;
	if (*format == FW_LIST_AUTO || *format == FW_LIST_PLAIN) {
		*format = FW_LIST_LINES;
		return true;
	}
	fw_error(checker->diags, "bad-value", options->format_loc,
		 "patterns stand one a line, not in a file of format '%s'",
		 options->format);
	return false;
}

const char *fw_check_beside(struct fw_arena *arena, const struct fw_word *path)
{
	const char *from = path->loc.source ? path->loc.source->name : "";
	const char *slash = strrchr(from, '/');

	if (*path->text == '/' || !slash)
		return path->text;
	return fw_arena_printf(arena, "%.*s/%s", (int)(slash - from), from,
			       path->text);
}

/* For as many values as a long file may have, so that the array is not copied again
 * and again as it grows: pages that no value comes to cost nothing. Without the
 * room it grows as others do. */
static void make_room(struct file_read *read, const char *path)
{
	struct stat st;

	if (read->type < FW_SET_DOMAIN && !stat(path, &st) &&
	    S_ISREG(st.st_mode) && st.st_size >= LONG_FILE &&
	    st.st_size <= FW_LIST_MAX_FILE)
		(void)fw_vec_reserve(read->checker->arena, read->intervals,
				     (size_t)st.st_size / SHORT_LINE);
}

int fw_check_file(struct fw_checker *checker, enum fw_set_type type,
		  const struct fw_file_options *options,
		  struct fw_interval_vec *intervals,
		  struct fw_own_content *own, const char **ret_path)
{
	struct file_read read = {
		.checker = checker,
		.options = options,
		.type = type,
		.intervals = intervals,
		.own = own,
	};
	const char *path = fw_check_beside(checker->arena, options->path);
	enum fw_list_format format;
	const char **slot;
	unsigned column;
	int r;

	(void)fw_set_value_type(type, &read.value);
	*ret_path = path;
	if (!read_format(checker, options, &format, &column) ||
	    !fits(checker, type, options, &format))
		return 0;
	slot = fw_vec_push(checker->arena, &checker->files);
	if (!path || !slot)
		return -ENOMEM;
	*slot = path;
	make_room(&read, path);
	r = fw_list_read(path, format, column, checker->typed->facts->lists,
			 checker->diags, &options->path->loc, take_field,
			 &read);
	return r == -EINVAL ? 0 : r;
}
