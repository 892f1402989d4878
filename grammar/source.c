/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files, includes, and the bounds on both.
 *
 * In: a path, a text or the pattern of an include. Out: inputs on the parser's
 * stack; the lexer reads the topmost. The first file fails with -errno, since
 * the command line named it; an include fails with a diagnostic at its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grammar/internal.h"
#include "util/buf.h"
#include "util/cleanup.h"

#define READ_BYTES (64u << 10)

static bool is_stdin(const char *path)
{
	return !strcmp(path, "-");
}

/* -EFBIG: more than a configuration may have. */
static int read_all(int fd, struct fw_buf *buf)
{
	_cleanup_free_ char *piece = malloc(READ_BYTES);

	if (!piece)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, piece, READ_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return buf->failed ? -ENOMEM : 0;
		fw_buf_addn(buf, piece, (size_t)n);
		if (buf->len > FW_PARSE_MAX_FILE)
			return -EFBIG;
	}
}

/* Bounds that the file breaks as a whole. False: it is not to be read. */
static bool check_text(struct fw_parser *parser, const struct fw_source *source)
{
	const char *line = source->text, *end = line + source->len;
	struct fw_loc loc = { .source = source, .file = source->name };

	for (uint32_t n = 1; line < end; n++) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		const char *nul;

		if (!stop)
			stop = end;
		loc.line = loc.end_line = n;
		loc.col = loc.end_col = 1;
		nul = memchr(line, '\0', (size_t)(stop - line));
		if (nul) {
			loc.col = loc.end_col = (uint32_t)(nul - line) + 1;
			fw_parse_error(parser, "not-text", &loc,
				       "a NUL byte: this is no text file");
			return false;
		}
		if (stop - line > (ptrdiff_t)FW_PARSE_MAX_LINE) {
			fw_parse_error(parser, "line-too-long", &loc,
				       "the line is longer than 1 MiB");
			return false;
		}
		line = stop + 1;
	}
	return true;
}

/* Puts a text on the stack. name and text live in the arena. */
static int push_input(struct fw_parser *parser, const char *name, const char *text,
		      size_t len, const struct fw_word *include)
{
	struct fw_arena *arena = parser->arena;
	struct fw_source *source = fw_arena_alloc(arena, sizeof(*source));
	struct fw_input *input = calloc(1, sizeof(*input));

	if (!source || !input) {
		free(input);
		return -ENOMEM;
	}
	*source = (struct fw_source){ .name = name, .text = text, .len = len };
	if (include) {
		source->includer = include->loc.source;
		source->include_line = include->loc.line;
	}
	input->parser = parser;
	input->outer = parser->input;
	input->source = source;
	input->line = input->col = 1;
	input->n_brackets = parser->n_brackets;
	if (parser->input)
		input->short_strings = parser->input->short_strings;
	if (!fw_lexer_open(input, text, check_text(parser, source) ? len : 0)) {
		free(input);
		return -ENOMEM;
	}
	parser->input = input;
	return 0;
}

void fw_source_close(struct fw_parser *parser)
{
	struct fw_input *input = parser->input;

	parser->input = input->outer;
	free(input->buffer);
	free(input);
}

int fw_source_text(struct fw_parser *parser, const char *name, const char *text,
		   size_t len)
{
	char *copy;

	if (len > FW_PARSE_MAX_FILE)
		return -EFBIG;
	copy = fw_arena_alloc(parser->arena, len + 1);
	name = fw_arena_strdup(parser->arena, name);
	if (!copy || !name)
		return -ENOMEM;
	if (len)
		memcpy(copy, text, len);
	return push_input(parser, name, copy, len, NULL);
}

/* include is NULL for the first file; only that one may be a pipe. */
static int push_file(struct fw_parser *parser, const char *path,
		     const struct fw_word *include)
{
	const char *name = !include && is_stdin(path) ? "<stdin>" : path;
	struct fw_buf buf = { 0 };
	_cleanup_close_ int fd = -1;
	struct stat st;
	char *text;
	int err;

	if (!include && is_stdin(path))
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
				(include ? O_NONBLOCK : 0));
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (include && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;

	err = read_all(fd, &buf);
	if (!err && buf.len > FW_PARSE_MAX_FILE - parser->n_bytes)
		err = -EFBIG;
	text = err ? NULL : fw_arena_alloc(parser->arena, buf.len + 1);
	name = fw_arena_strdup(parser->arena, name);
	if (!err && (!text || !name))
		err = -ENOMEM;
	if (!err) {
		if (buf.len)
			memcpy(text, buf.text, buf.len);
		parser->n_bytes += buf.len;
		parser->n_files++;
		err = push_input(parser, name, text, buf.len, include);
	}
	fw_buf_done(&buf);
	return err;
}

int fw_source_open(struct fw_parser *parser, const char *path)
{
	return push_file(parser, path, NULL);
}

static size_t include_depth(const struct fw_parser *parser)
{
	size_t depth = 0;

	for (const struct fw_input *in = parser->input; in; in = in->outer)
		depth++;
	return depth;
}

/* The pattern in the includer's own folder. */
static char *beside(struct fw_parser *parser, const struct fw_word *pattern)
{
	const char *includer = pattern->loc.source->name;
	const char *slash = strrchr(includer, '/');

	if (pattern->text[0] == '/' || !slash)
		return fw_arena_strdup(parser->arena, pattern->text);
	return fw_arena_printf(parser->arena, "%.*s%s",
			       (int)(slash + 1 - includer), includer, pattern->text);
}

/* Files that the pattern names, sorted; folders are left out. */
static int expand(const char *pattern, glob_t *found)
{
	size_t n = 0;

	switch (glob(pattern, GLOB_MARK, NULL, found)) {
	case 0:
		break;
	case GLOB_NOMATCH:
		found->gl_pathc = 0;
		return 0;
	case GLOB_NOSPACE:
		return -ENOMEM;
	default:
		return -EIO;
	}
	for (size_t i = 0; i < found->gl_pathc; i++) {
		char *path = found->gl_pathv[i];
		size_t len = strlen(path);

		if (len && path[len - 1] == '/')
			free(path);
		else
			found->gl_pathv[n++] = path;
	}
	for (size_t i = n; i < found->gl_pathc; i++)
		found->gl_pathv[i] = NULL;
	found->gl_pathc = n;
	return 0;
}

/* The first place that has a match decides: beside the includer, then -I. */
static int find(struct fw_parser *parser, const struct fw_word *pattern,
		glob_t *found)
{
	const struct fw_parse_options *options = parser->options;
	char *path = beside(parser, pattern);
	int err = path ? expand(path, found) : -ENOMEM;

	for (size_t i = 0; !err && !found->gl_pathc && options &&
	     pattern->text[0] != '/' && i < options->n_include_dirs; i++) {
		globfree(found);
		*found = (glob_t){ 0 };
		path = fw_arena_printf(parser->arena, "%s/%s",
				       options->include_dirs[i], pattern->text);
		err = path ? expand(path, found) : -ENOMEM;
	}
	return err;
}

static bool may_include(struct fw_parser *parser, const struct fw_word *pattern)
{
	if (parser->includes_stopped)
		return false;
	if (parser->n_includes++ >= FW_PARSE_MAX_FILES) {
		fw_parse_error(parser, "include-count", &pattern->loc,
			       "the configuration has more than %d includes",
			       FW_PARSE_MAX_FILES);
		parser->includes_stopped = true;
		return false;
	}
	if (include_depth(parser) > FW_PARSE_MAX_INCLUDES) {
		fw_parse_error(parser, "include-depth", &pattern->loc,
			       "includes go deeper than %d files: does one include itself?",
			       FW_PARSE_MAX_INCLUDES);
		parser->includes_stopped = true;
		return false;
	}
	return true;
}

static void push_include(struct fw_parser *parser, const char *path,
			 const struct fw_word *pattern)
{
	int err;

	if (parser->n_files >= FW_PARSE_MAX_FILES) {
		fw_parse_error(parser, "include-count", &pattern->loc,
			       "the configuration has more than %d files",
			       FW_PARSE_MAX_FILES);
		parser->includes_stopped = true;
		return;
	}
	err = push_file(parser, path, pattern);
	if (err == -ENOMEM)
		parser->oom = true;
	else if (err == -EFBIG)
		fw_parse_error(parser, "file-too-large", &pattern->loc,
			       "with '%s' the configuration is larger than 64 MiB", path);
	else if (err)
		fw_parse_error(parser, "include", &pattern->loc, "cannot read '%s': %s",
			       path, err == -EINVAL ? "not a regular file" : strerror(-err));
}

/* The inputs are a stack: what is to be read first is put on it last. */
void fw_source_include(struct fw_parser *parser, const struct fw_word *pattern)
{
	glob_t found = { 0 };
	int err;

	if (!may_include(parser, pattern))
		return;
	err = find(parser, pattern, &found);
	if (err == -ENOMEM)
		parser->oom = true;
	else if (err)
		fw_parse_error(parser, "include", &pattern->loc,
			       "cannot look for '%s': %s", pattern->text, strerror(-err));
	else if (!found.gl_pathc && !strpbrk(pattern->text, "*?["))
		fw_parse_error(parser, "include", &pattern->loc,
			       "cannot read '%s': there is no such file", pattern->text);
	for (size_t i = found.gl_pathc; !parser->oom && !parser->includes_stopped && i > 0; i--)
		push_include(parser, found.gl_pathv[i - 1], pattern);
	globfree(&found);
}
