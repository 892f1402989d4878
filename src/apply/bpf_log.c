/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: libbpf's messages. Out: their text, and the one line of it that an admin
 * needs. May fail: no; without memory the text is cut.
 */
#define _GNU_SOURCE 1	/* vasprintf */

#include "apply/bpf_log.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1u << 20)	/* a verifier log may be 16 MiB */

static _Thread_local struct fw_buf text;
static _Thread_local bool collecting;

static int collect(enum libbpf_print_level level, const char *format,
		   va_list ap)
{
	_Static_assert(LIBBPF_WARN < LIBBPF_DEBUG, "levels grow with detail");
	char *line = NULL;

	if (!collecting || level >= LIBBPF_DEBUG || text.len > TEXT_MAX ||
	    vasprintf(&line, format, ap) < 0)
		return 0;
	fw_buf_add(&text, line);
	free(line);
	return 0;
}

void fw_bpf_log_begin(void)
{
	libbpf_set_print(collect);
	fw_buf_done(&text);
	collecting = true;
}

const char *fw_bpf_log_text(void)
{
	return text.text ? text.text : "";
}

/* The text between mark and the end of its line. */
static bool after(const char *mark, char *ret, size_t size)
{
	const char *at = strstr(fw_bpf_log_text(), mark);

	if (!at)
		return false;
	at += strlen(mark);
	(void)snprintf(ret, size, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

/* The verifier's verdict stands on the last line before its statistics. */
static bool before_statistics(char *ret, size_t size)
{
	const char *log = fw_bpf_log_text();
	const char *end = strstr(log, "\nprocessed ");
	const char *line = end;

	if (!end)
		return false;
	while (line > log && line[-1] != '\n')
		line--;
	(void)snprintf(ret, size, "%.*s", (int)(end - line), line);
	return true;
}

void fw_bpf_log_gist(char *ret, size_t size)
{
	ret[0] = '\0';
	if (!after("Kernel error message: ", ret, size) &&
	    !before_statistics(ret, size))
		(void)after("libbpf: ", ret, size);
}

void fw_bpf_log_end(void)
{
	collecting = false;
	fw_buf_done(&text);
}
