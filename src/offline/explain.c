/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall explain: which rules a packet meets, on which layer, and what becomes
 * of it.
 *
 * In: a file, and a packet in nft's words; with a capture, the device that its
 * packets came in by. Out: the answer on standard output, as text or JSON (a
 * line a packet for a capture); diagnostics on standard error.
 */
#include "offline/offline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "compile/describe.h"
#include "model/explain.h"
#include "offline/explain_capture.h"
#include "offline/load.h"
#include "util/cleanup.h"

static int print(const struct fw_plan *plan, const struct fw_explain *explain,
		 bool json)
{
	_cleanup_(fw_buf_done) struct fw_buf text = { 0 };

	if (json) {
		fw_explain_json(plan, explain, 0, &text);
		fw_buf_addc(&text, '\n');
	} else {
		fw_explain_text(plan, explain, &text);
	}
	if (text.failed)
		return EX_OSERR;
	(void)fwrite(text.text, 1, text.len, stdout);
	return 0;
}

static int describe(struct fw_arena *arena, const char *text,
		    struct fw_description *ret)
{
	struct fw_diags diags;
	struct fw_line line;
	int r;

	fw_diags_init(&diags, arena);
	r = fw_parse_words(arena, "packet", text, strlen(text), &diags, &line);
	if (r == 0 && diags.n_errors == 0)
		r = fw_describe(arena, &line, &diags, ret);
	fw_diags_sort(&diags);
	fw_diags_print(&diags, stderr);
	if (r < 0) {
		(void)fprintf(stderr, "flywall: %s\n", strerror(-r));
		return EX_OSERR;
	}
	return diags.n_errors ? EX_USAGE : 0;
}

static int explain_one(const struct fw_load *load, const char *text, bool json)
{
	struct fw_description packet;
	struct fw_explain *explain;
	struct fw_told told;
	int status = describe(load->arena, text, &packet);

	if (status)
		return status;
	fw_told_fields(&told, packet.given, packet.value, packet.iif,
		       packet.oif, packet.qname);
	if (fw_explain(load->arena, load->plan, &told, &explain) < 0)
		return EX_OSERR;
	return print(load->plan, explain, json);
}

/* Of a capture's packets everything is told but the devices. */
static int explain_capture(const struct fw_load *load,
			   const struct fw_offline_options *options,
			   const char *text)
{
	struct fw_description devices = { 0 };
	int status = text ? describe(load->arena, text, &devices) : 0;

	if (!status && (devices.given || devices.qname)) {
		(void)fputs("flywall: with --pcap, iif and oif alone are "
			    "described\n", stderr);
		status = EX_USAGE;
	}
	if (!status)
		status = fw_explain_capture(load->plan, options, devices.iif,
					    devices.oif);
	return status;
}

int fw_offline_explain(const struct fw_offline_options *options,
		       const char *packet)
{
	struct fw_load load;
	int status;

	fw_load_open(&load, options->files[0], &options->parse, true);
	status = load.status;
	if (status)
		fw_diags_print(&load.diags, stderr);
	else if (options->capture)
		status = explain_capture(&load, options, packet);
	else
		status = explain_one(&load, packet, options->json);
	fw_load_close(&load);
	if (fflush(stdout) || ferror(stdout))
		return EX_IOERR;
	return status;
}
