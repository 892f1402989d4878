/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of /proc in, numbers out. What is missing is said by false. */
#include "daemon/kernel_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define FIELD_MAX 64

const char *const fw_proc_paths[FW_PROC_MAX_] = {
	[FW_PROC_SNMP] = "/proc/net/snmp",
	[FW_PROC_NETSTAT] = "/proc/net/netstat",
	[FW_PROC_CONNTRACK] = "/proc/net/stat/nf_conntrack",
	[FW_PROC_SOFTNET] = "/proc/net/softnet_stat",
};

static char *read_text(const char *path)
{
	_cleanup_fclose_ FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (in && getdelim(&text, &size, '\0', in) >= 0)
		return text;
	free(text);
	return NULL;
}

void fw_proc_read(struct fw_proc *proc)
{
	for (int i = FW_PROC_NONE + 1; i < FW_PROC_MAX_; i++)
		proc->texts[i] = read_text(fw_proc_paths[i]);
}

void fw_proc_done(struct fw_proc *proc)
{
	for (int i = 0; i < FW_PROC_MAX_; i++)
		free(FW_TAKE(proc->texts[i]));
}

/* The next word of the line at *at, or NULL at its end. */
static const char *next_word(const char **at, size_t *len)
{
	const char *word = *at + strspn(*at, " \t");

	*len = strcspn(word, " \t\n");
	*at = word + *len;
	return *len ? word : NULL;
}

static const char *next_line(const char *at)
{
	const char *end = strchr(at, '\n');

	return end ? end + 1 : at + strlen(at);
}

/* The place of a name in the line, -1 for none. */
static int column_of(const char *line, const char *name)
{
	const char *word;
	size_t len;
	int i = 0;

	while ((word = next_word(&line, &len))) {
		if (len == strlen(name) && !strncmp(word, name, len))
			return i;
		i++;
	}
	return -1;
}

static uint64_t value_at(const char *line, int column, int base)
{
	const char *word = NULL;
	size_t len;

	for (int i = 0; i <= column; i++) {
		word = next_word(&line, &len);
		if (!word)
			return 0;
	}
	return strtoull(word, NULL, base);
}

/* field is "Tcp:RetransSegs". */
static bool find_pair(const char *text, const char *field, uint64_t *sum)
{
	const char *colon = strchr(field, ':');
	size_t prefix = colon ? (size_t)(colon - field) + 1 : 0;

	for (const char *line = text; *line; line = next_line(line)) {
		int column;

		if (!prefix || strncmp(line, field, prefix))
			continue;
		column = column_of(line, colon + 1);
		line = next_line(line);
		if (column < 0)
			return false;
		*sum += value_at(line, column, 10);
		return true;
	}
	return false;
}

static bool add_rows(const char *rows, int column, uint64_t *sum)
{
	if (column < 0)
		return false;
	for (const char *line = rows; *line; line = next_line(line))
		*sum += value_at(line, column, 16);
	return true;
}

/* Each CPU's row has the same number of entries. */
static bool find_column(const char *text, const char *field, uint64_t *sum)
{
	const char *rows = next_line(text);
	int column = column_of(text, field);

	if (strcmp(field, "entries"))
		return add_rows(rows, column, sum);
	*sum += column < 0 ? 0 : value_at(rows, column, 16);
	return column >= 0;
}

static bool find_field(enum fw_proc_file file, const char *text,
		       const char *field, uint64_t *sum)
{
	if (file == FW_PROC_CONNTRACK)
		return find_column(text, field, sum);
	if (file == FW_PROC_SOFTNET)
		return add_rows(text, atoi(field), sum);
	return find_pair(text, field, sum);
}

bool fw_proc_sum(const struct fw_proc *proc, enum fw_proc_file file,
		 const char *fields, uint64_t *ret)
{
	const char *text = proc->texts[file], *word;
	char field[FIELD_MAX];
	bool any = false;
	size_t len;

	*ret = 0;
	if (!text)
		return false;
	while ((word = next_word(&fields, &len))) {
		(void)snprintf(field, sizeof(field), "%.*s", (int)len, word);
		any |= find_field(file, text, field, ret);
	}
	return any;
}
