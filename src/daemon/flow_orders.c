/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orders about flows in, what was done out.
 *
 * In: a verb and a selector. Out: how many flows it means, and of how many the
 * verdict changed. A selector that is wrong is 64 with diagnostics; that no flow
 * is meant is the answer "no"; where nothing is inspected there are no verdicts,
 * which is 69.
 */
#include "daemon/flow_orders.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "compile/describe.h"
#include "daemon/commands.h"
#include "daemon/control.h"
#include "daemon/json.h"
#include "daemon/questions.h"
#include "daemon/state.h"
#include "daemon/status.h"
#include "grammar/parse.h"
#include "util/cleanup.h"
#include "util/log.h"

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

static const struct {
	const char *verb;
	enum fw_flow_verdict verdict;
} verbs[] = {
	{ "trust", FW_FLOW_TRUSTED },
	{ "block", FW_FLOW_BLOCKED },
	{ "forget", FW_FLOW_UNVETTED },
};

/* --- selector ------------------------------------------------------------- */
static fw_u128 number_of(const uint8_t *bytes, size_t n)
{
	fw_u128 number = 0;

	for (size_t i = 0; i < n; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* False where the tuple has none: an address of the other family. */
static bool value_of(const struct fw_tuple *tuple, enum fw_field field,
		     fw_u128 *ret)
{
	bool v4 = tuple->family == 4;

	switch (field) {
	case FW_FIELD_L3:
		*ret = v4 ? FW_L3_IP : FW_L3_IP6;
		return true;
	case FW_FIELD_PROTOCOL:
		*ret = v4 ? 0x0800 : 0x86dd;
		return true;
	case FW_FIELD_NFPROTO:
		*ret = v4 ? 2 : 10;
		return true;
	case FW_FIELD_SADDR4:
	case FW_FIELD_DADDR4:
		*ret = number_of(field == FW_FIELD_SADDR4 ? tuple->saddr :
							    tuple->daddr, 4);
		return v4;
	case FW_FIELD_SADDR6:
	case FW_FIELD_DADDR6:
		*ret = number_of(field == FW_FIELD_SADDR6 ? tuple->saddr :
							    tuple->daddr, 16);
		return !v4;
	case FW_FIELD_NEXTHDR:
	case FW_FIELD_L4PROTO:
		*ret = tuple->proto;
		return true;
	case FW_FIELD_SPORT:
	case FW_FIELD_TH_SPORT:
		*ret = tuple->sport;
		return true;
	case FW_FIELD_DPORT:
	case FW_FIELD_TH_DPORT:
		*ret = tuple->dport;
		return true;
	default:
		return false;
	}
}

static bool holds(const struct fw_select *match, const struct fw_tuple *tuple)
{
	fw_u128 value;

	if (!value_of(tuple, match->field, &value))
		return false;
	for (size_t i = 0; i < match->n_intervals; i++)
		if (match->intervals[i].lo <= value &&
		    value <= match->intervals[i].hi)
			return true;
	return false;
}

static bool picks(void *ctx, const struct fw_tuple *tuple)
{
	const struct fw_selector *selector = ctx;

	for (size_t i = 0; i < selector->n_matches; i++)
		if (!holds(&selector->matches[i], tuple))
			return false;
	return true;
}

/* 0, and diags may have errors; -ENOMEM. */
static int read_selector(struct fw_arena *arena, const char *text,
			 struct fw_diags *diags, struct fw_selector *ret)
{
	struct fw_line line;
	int r = fw_parse_words(arena, "selector", text, strlen(text), diags,
			       &line);

	return r < 0 || diags->n_errors ? r :
	       fw_select(arena, &line, diags, ret);
}

/* --- orders --------------------------------------------------------------- */
static void refuse(struct fw_conn *conn, int code, const char *text)
{
	fw_conn_error(conn, "%s", text);
	fw_conn_exit(conn, code);
}

static void tell(struct fw_daemon *daemon, const struct fw_conn *conn,
		 size_t verb, const char *text, size_t of, size_t done)
{
	struct fw_record record;

	fw_record_begin(&record, FW_RECORD_ORDER, fw_record_now());
	fw_record_text(&record, "verb", verbs[verb].verb);
	fw_record_text(&record, "selector", text);
	fw_record_number(&record, "done", done);
	fw_record_number(&record, "of", of);
	fw_record_number(&record, "uid", fw_conn_user(conn));
	fw_record_number(&record, "pid", (uint64_t)fw_conn_process(conn));
	fw_daemon_record(daemon, &record);
}

static void carry_out(struct fw_daemon *daemon, struct fw_conn *conn,
		      size_t verb, const char *text,
		      struct fw_selector *selector)
{
	size_t of, done;
	int r = fw_flows_judge(daemon->flows, verbs[verb].verdict, picks,
			       selector, &of, &done);

	if (r == -EOPNOTSUPP) {
		refuse(conn, EX_UNAVAILABLE, "no profile inspects flows");
		return;
	}
	if (r < 0) {
		refuse(conn, EX_OSERR, strerror(-r));
		return;
	}
	tell(daemon, conn, verb, text, of, done);
	if (done)
		fw_log(LOG_NOTICE, "flow %s by user %u: %zu of %zu flows",
		       verbs[verb].verb, fw_conn_user(conn), done, of);
	fw_conn_document(conn, json_pack("{s:s, s:s, s:o, s:o}", "schema",
					 FW_SCHEMA, "verb", verbs[verb].verb,
					 "done", fw_json_number(done), "of",
					 fw_json_number(of)));
	fw_conn_exit(conn, of ? EX_OK : FW_EXIT_NO);
}

void fw_flow_order(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	const char *text = json_string_value(json_object_get(arguments,
							     "selector"));
	const char *verb = json_string_value(json_object_get(arguments,
							     "verb"));
	struct fw_selector selector = { 0 };
	struct fw_diags diags;
	size_t i = 0;
	int r;

	while (verb && i < FW_ARRAY_SIZE(verbs) && strcmp(verbs[i].verb, verb))
		i++;
	if (!verb || !text || i == FW_ARRAY_SIZE(verbs)) {
		refuse(conn, EX_USAGE, "flow takes a verb and a selector");
		return;
	}
	if (!arena) {
		refuse(conn, EX_OSERR, strerror(ENOMEM));
		return;
	}
	fw_diags_init(&diags, arena);
	r = read_selector(arena, text, &diags, &selector);
	if (r == 0 && diags.n_errors) {
		r = fw_question_tell(conn, &diags);
		if (r == 0)
			fw_conn_exit(conn, EX_USAGE);
	} else if (r == 0) {
		carry_out(ctx, conn, i, text, &selector);
	}
	if (r < 0)
		refuse(conn, EX_OSERR, strerror(-r));
}
