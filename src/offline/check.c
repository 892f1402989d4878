/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall check: is this a valid configuration?
 *
 * Flywall's own compiler is asked first, then nft (opinion.c).
 *
 * In: files. Out: a line for each valid one on standard output, diagnostics on
 * standard error; with -j one document on standard output. The exit status is
 * that of the worst file. With --live this machine is asked besides (live.c).
 */
#include "offline/offline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "offline/live.h"
#include "offline/load.h"
#include "offline/opinion.h"

struct totals {
	size_t rules, xdp, inspect, tables;
	size_t pending;		/* what this version does not run */
};

static struct totals count(const struct fw_plan *plan)
{
	struct totals totals = { .pending = plan->n_pending };

	for (size_t i = 0; i < plan->n_rules; i++) {
		if (plan->rules[i].own)
			continue;
		totals.rules++;
		totals.xdp += plan->rules[i].layer == FW_LAYER_XDP;
		totals.inspect += plan->rules[i].layer == FW_LAYER_INSPECT;
	}
	for (size_t i = 0; i < plan->n_tables; i++)
		totals.tables += !plan->tables[i].own &&
				 strcmp(plan->tables[i].name, FW_BLOCK_TABLE);
	return totals;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_ok(const char *file, const struct fw_load *load)
{
	const struct totals totals = count(load->plan);

	(void)printf("%s: ok (%zu rule%s, %zu in XDP, %zu in inspect, %zu in "
		     "nft", file, totals.rules, plural(totals.rules),
		     totals.xdp, totals.inspect,
		     totals.rules - totals.xdp - totals.inspect);
	if (load->diags.n_warnings)
		(void)printf(", %zu warning%s", load->diags.n_warnings,
			     plural(load->diags.n_warnings));
	if (totals.pending)
		(void)printf("; %zu thing%s that this version does not run",
			     totals.pending, plural(totals.pending));
	(void)printf(")\n");
}

/* --- JSON ----------------------------------------------------------------- */
/* Texts quote the user's bytes, and JSON is UTF-8: what is not becomes '?'. */
static json_t *string(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();
	char *copy;

	if (value)
		return value;
	copy = strdup(text);
	for (char *p = copy; p && *p; p++)
		if (*p & 0x80)
			*p = '?';
	value = copy ? json_string(copy) : NULL;
	free(copy);
	return value;
}

static json_t *place(const struct fw_loc *loc, const char *text)
{
	return json_pack("{s:o, s:i, s:i, s:i, s:i, s:o}", "file",
			 string(loc->file), "line", (int)loc->line, "column",
			 (int)loc->col, "end_line", (int)loc->end_line,
			 "end_column", (int)loc->end_col, "text",
			 string(text));
}

static json_t *diagnostic(const struct fw_diag *diag)
{
	json_t *object = place(&diag->loc, diag->text);
	json_t *related = json_array();

	for (size_t i = 0; i < diag->n_related; i++)
		(void)json_array_append_new(related,
					    place(&diag->related[i].loc,
						  diag->related[i].text));
	(void)json_object_set_new(object, "severity",
				  json_string(fw_severity_name(
					  diag->severity)));
	(void)json_object_set_new(object, "id", json_string(diag->id));
	if (diag->hint)
		(void)json_object_set_new(object, "hint", string(diag->hint));
	(void)json_object_set_new(object, "related", related);
	return object;
}

static void add_json(json_t *files, json_t *diagnostics, const char *file,
		     const struct fw_load *load)
{
	const struct totals totals =
		load->plan ? count(load->plan) : (struct totals){ 0 };

	for (size_t i = 0; i < load->diags.n; i++)
		(void)json_array_append_new(diagnostics,
					    diagnostic(&load->diags.items[i]));
	(void)json_array_append_new(
		files, json_pack("{s:o, s:b, s:I, s:I, s:I, s:I}", "file",
				 string(file), "ok", !load->status, "rules",
				 (json_int_t)totals.rules, "xdp",
				 (json_int_t)totals.xdp, "inspect",
				 (json_int_t)totals.inspect, "pending",
				 (json_int_t)totals.pending));
}

static json_int_t all_rules(const json_t *files)
{
	json_int_t sum = 0;
	size_t i;
	json_t *file;

	json_array_foreach(files, i, file)
		sum += json_integer_value(json_object_get(file, "rules"));
	return sum;
}

static int print_json(int status, json_t *files, json_t *diagnostics)
{
	json_t *all = json_pack("{s:s, s:b, s:I, s:o, s:o}", "schema",
				"flywall/1", "ok", !status, "rules",
				all_rules(files), "files", files,
				"diagnostics", diagnostics);
	int r = all ? json_dumpf(all, stdout, JSON_INDENT(2)) : -1;

	json_decref(all);
	(void)putchar('\n');
	return r ? EX_OSERR : status;
}

/* --- the command ---------------------------------------------------------- */
static int check_file(const struct fw_offline_options *options,
		      const char *file, json_t *files, json_t *diagnostics)
{
	struct fw_load load;
	int status;

	fw_load_located(&load, file, &options->parse);
	if (!load.status && options->live)
		fw_live(&load, file);
	else if (load.located)
		fw_opinion(&load, options->verbose);
	if (!load.status && options->strict && load.diags.n_warnings)
		load.status = EX_DATAERR;
	status = load.status;
	if (options->json)
		add_json(files, diagnostics, file, &load);
	else
		fw_diags_print(&load.diags, stderr);
	if (!options->json && !status)
		print_ok(file, &load);
	fw_load_close(&load);
	return status;
}

int fw_offline_check(const struct fw_offline_options *options)
{
	json_t *files, *diagnostics;
	int worst = 0;

	if (options->live && geteuid()) {
		(void)fprintf(stderr, "flywall: check --live needs root\n");
		return EX_NOPERM;
	}
	files = options->json ? json_array() : NULL;
	diagnostics = options->json ? json_array() : NULL;
	for (size_t i = 0; i < options->n_files; i++) {
		int status = check_file(options, options->files[i], files,
					diagnostics);

		if (status > worst)
			worst = status;
	}
	if (options->json)
		worst = print_json(worst, files, diagnostics);
	if (fflush(stdout) || ferror(stdout))
		return EX_IOERR;
	return worst;
}
