/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the learner found, judged by what runs, told to those who ask.
 *
 * In: the learner's answers, commands. Out: events, answers. When learning fails,
 * an event says so once, and another when it goes on; filtering knows nothing of
 * it.
 *
 * A command has the learner look first, and is answered with that: so nobody is
 * shown what has been decided otherwise meanwhile.
 */
#include "daemon/learning.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/commands.h"
#include "daemon/json.h"
#include "daemon/learner.h"
#include "daemon/status.h"
#include "monitor/names.h"
#include "util/cleanup.h"
#include "util/log.h"

enum verb { LIST, SHOW, APPLY, REJECT, VERBS };

static const char *const verbs[VERBS] = {
	[LIST] = "list", [SHOW] = "show", [APPLY] = "apply",
	[REJECT] = "reject",
};

struct asked {
	struct asked *next;
	struct fw_learning *learning;
	struct fw_conn *conn;
	enum verb verb;
	uint64_t number;
	uint64_t turn;		/* of the learner, that answers it */
};

struct fw_learning {
	struct fw_daemon *daemon;
	struct fw_learner *learner;
	struct event *event;
	struct fw_plan_learn limits;	/* with texts of its own */
	uint32_t bit;
	struct fw_learned *last;	/* without an error; or NULL */
	char *stopped;			/* why it cannot go on now; or NULL */
	uint64_t lost, lost_events;	/* that were told of */
	bool told_uncounted;
	uint64_t *announced;		/* numbers */
	size_t n_announced;
	struct asked *asked;
	struct fw_learning_undo *undo;
};

/* --- events ---------------------------------------------------------------- */
static void tell(struct fw_learning *l, int priority, const char *what,
		 const char *text)
{
	struct fw_record record;

	fw_log(priority, "learning %s: %s", what, text);
	fw_record_begin(&record, FW_RECORD_LEARN, fw_record_now());
	fw_record_text(&record, "state", what);
	fw_record_text(&record, "text", text);
	fw_daemon_record(l->daemon, &record);
}

static void tell_lost(struct fw_learning *l, const struct fw_learned *answer)
{
	struct fw_record record;
	uint64_t lost = answer->lost - l->lost;

	if (answer->lost_events > l->lost_events)
		fw_log(LOG_WARNING, "learning: the kernel has lost events of "
				    "connections");
	l->lost_events = answer->lost_events;
	l->lost = answer->lost;
	if (!lost)
		return;
	fw_record_begin(&record, FW_RECORD_LOST, fw_record_now());
	fw_record_text(&record, "of", fw_record_type_name(FW_RECORD_LEARN));
	fw_record_number(&record, "count", lost);
	fw_daemon_record(l->daemon, &record);
}

static void confidence_text(const struct fw_suggestion *s, char text[16])
{
	(void)snprintf(text, 16, "0.%03u", s->confidence / 1000);
}

static bool announce(struct fw_learning *l, uint64_t number)
{
	uint64_t *more;

	for (size_t i = 0; i < l->n_announced; i++)
		if (l->announced[i] == number)
			return false;
	more = reallocarray(l->announced, l->n_announced + 1, sizeof(*more));
	if (!more)
		return false;
	l->announced = more;
	more[l->n_announced++] = number;
	return true;
}

static void suggest(struct fw_learning *l, const struct fw_suggestion *s)
{
	struct fw_record record;
	char confidence[16];

	if (s->state != FW_SUGGEST_NEW || !announce(l, s->number))
		return;
	confidence_text(s, confidence);
	fw_log(LOG_NOTICE, "suggestion %llu: %s (%llu flows, %llu peers, "
			   "%llu days)", (unsigned long long)s->number, s->rule,
	       (unsigned long long)s->flows, (unsigned long long)s->peers,
	       (unsigned long long)s->days);
	fw_record_begin(&record, FW_RECORD_LEARN, fw_record_now());
	fw_record_text(&record, "state", "suggestion");
	fw_record_number(&record, "number", s->number);
	fw_record_text(&record, "rule", s->rule);
	fw_record_text(&record, "policy", s->policy);
	fw_record_number(&record, "flows", s->flows);
	fw_record_number(&record, "peers", s->peers);
	fw_record_number(&record, "days", s->days);
	fw_record_text(&record, "confidence", confidence);
	fw_daemon_record(l->daemon, &record);
}

/* --- documents ------------------------------------------------------------- */
static json_t *names_document(const struct fw_suggestion *s)
{
	json_t *names = json_array();

	for (size_t i = 0; names && i < s->n_names; i++)
		(void)json_array_append_new(names, fw_json_text(s->names[i]));
	return names;
}

static json_t *place_document(const struct fw_suggestion *s)
{
	if (!s->chain)
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "family", s->family, "table",
			 s->table, "chain", s->chain);
}

static json_t *document_of(const struct fw_suggestion *s)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:f, s:o}",
			 "number", fw_json_number(s->number), "state",
			 fw_suggest_state_name(s->state), "rule",
			 fw_json_text(s->rule), "policy",
			 fw_json_text(s->policy), "place", place_document(s),
			 "flows", fw_json_number(s->flows), "peers",
			 fw_json_number(s->peers), "days",
			 fw_json_number(s->days), "first",
			 fw_json_number(s->first), "last",
			 fw_json_number(s->last), "confidence",
			 (double)(s->confidence / 1000) / 1000, "names",
			 names_document(s));
}

static json_t *list_document(const struct fw_learning *l)
{
	json_t *all = json_array();

	for (size_t i = 0; all && l->last && i < l->last->suggestions.n; i++)
		(void)json_array_append_new(
			all, document_of(&l->last->suggestions.items[i]));
	return json_pack("{s:s, s:o, s:o}", "schema", FW_SCHEMA, "stopped",
			 fw_json_text(l->stopped), "suggestions", all);
}

/* --- answers --------------------------------------------------------------- */
static const struct fw_suggestion *find(const struct fw_learning *l,
					uint64_t number)
{
	for (size_t i = 0; l->last && i < l->last->suggestions.n; i++)
		if (l->last->suggestions.items[i].number == number)
			return &l->last->suggestions.items[i];
	return NULL;
}

static void reject(struct fw_learning *l, struct fw_conn *conn,
		   const struct fw_suggestion *s)
{
	int r = fw_learner_reject(l->learner, s);

	if (r < 0) {
		fw_conn_error(conn, "%s", strerror(-r));
		fw_conn_exit(conn, EX_OSERR);
		return;
	}
	(void)fw_learner_look(l->learner);
	fw_conn_document(conn, json_pack("{s:s, s:o, s:s}", "schema", FW_SCHEMA,
					 "rejected", fw_json_number(s->number),
					 "rule", s->rule));
	fw_conn_exit(conn, EX_OK);
}

static void answer_one(struct fw_learning *l, struct fw_conn *conn,
		       enum verb verb, uint64_t number)
{
	const struct fw_suggestion *s = verb == LIST ? NULL : find(l, number);

	fw_conn_watch(conn, &(struct fw_conn_watch){ 0 });
	if (l->stopped)
		fw_conn_error(conn, "learning has stopped: %s", l->stopped);
	if (verb == LIST) {
		fw_conn_document(conn, list_document(l));
		fw_conn_exit(conn, l->stopped ? EX_IOERR : EX_OK);
	} else if (!s) {
		fw_conn_error(conn, "there is no suggestion %llu",
			      (unsigned long long)number);
		fw_conn_exit(conn, FW_EXIT_NO);
	} else if (verb == SHOW) {
		json_t *document = document_of(s);

		if (document)
			(void)json_object_set_new(document, "schema",
						  json_string(FW_SCHEMA));
		fw_conn_document(conn, document);
		fw_conn_exit(conn, EX_OK);
	} else if (verb == REJECT) {
		reject(l, conn, s);
	} else {
		fw_learning_apply(l->daemon, conn, l->limits.output, s);
	}
}

static void answer_asked(struct fw_learning *l, uint64_t turn)
{
	for (struct asked **at = &l->asked, *asked; (asked = *at);) {
		if (asked->turn > turn) {
			at = &asked->next;
			continue;
		}
		*at = asked->next;
		answer_one(l, asked->conn, asked->verb, asked->number);
		free(asked);
	}
}

static bool has_name(const struct fw_suggestion *s, const char *name)
{
	for (size_t i = 0; i < s->n_names; i++)
		if (!strcmp(s->names[i], name))
			return true;
	return false;
}

/* By which names clients asked for the servers, as far as the monitors know. */
static void name_servers(const struct fw_learning *l, struct fw_arena *arena,
			 struct fw_suggestion *s)
{
	const struct fw_names *known = fw_monitors_names(l->daemon->monitors);

	for (size_t i = 0;
	     i < s->n_samples && s->n_names < FW_SUGGEST_NAMES; i++) {
		const struct fw_learn_key *key = &s->samples[i]->key;
		const char *name = fw_names_find(known, key->family,
						 key->server);

		if (!name || has_name(s, name))
			continue;
		name = fw_arena_strdup(arena, name);
		if (name)
			s->names[s->n_names++] = name;
	}
}

static void judge_all(struct fw_learning *l, struct fw_learned *answer)
{
	for (size_t i = 0; i < answer->suggestions.n; i++) {
		struct fw_suggestion *s = &answer->suggestions.items[i];

		if (fw_suggest_judge(answer->arena, l->daemon->running.plan,
				     s)) {
			s->state = FW_SUGGEST_UNKNOWN;
			s->policy = strerror(ENOMEM);
		}
		name_servers(l, answer->arena, s);
		suggest(l, s);
	}
}

static void on_learned(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_learning *l = ctx;
	struct fw_learned *answer = fw_learner_take(l->learner);
	uint64_t turn;

	(void)fd;
	(void)what;
	if (!answer)
		return;
	turn = answer->turn;
	tell_lost(l, answer);
	if (answer->aside) {
		_cleanup_free_ char *text = NULL;

		if (asprintf(&text, "%s was damaged: it is kept as %s",
			     l->limits.database, answer->aside) >= 0)
			tell(l, LOG_ERR, "began anew", text);
	}
	if (!answer->counted && !l->told_uncounted) {
		fw_log(LOG_NOTICE, "learning: net.netfilter.nf_conntrack_acct "
				   "is off, flows have no bytes");
		l->told_uncounted = true;
	}
	if (answer->error && !l->stopped)
		tell(l, LOG_ERR, "stopped",
		     answer->text ? answer->text : strerror(-answer->error));
	if (!answer->error && l->stopped)
		tell(l, LOG_NOTICE, "goes on", l->limits.database);
	free(FW_TAKE(l->stopped));
	if (answer->error) {
		l->stopped = answer->text ? FW_TAKE(answer->text) :
					    strdup("no memory");
		fw_learned_free(answer);
	} else if (!answer->thought) {
		fw_learned_free(answer);
	} else {
		judge_all(l, answer);
		fw_learned_free(l->last);
		l->last = answer;
	}
	answer_asked(l, turn);
}

/* --- commands -------------------------------------------------------------- */
static void on_asker_closed(void *ctx)
{
	struct asked *gone = ctx;

	for (struct asked **at = &gone->learning->asked; *at;
	     at = &(*at)->next)
		if (*at == gone) {
			*at = gone->next;
			break;
		}
	free(gone);
}

static bool read_verb(const json_t *arguments, enum verb *ret,
		      uint64_t *ret_number)
{
	const char *verb = json_string_value(json_object_get(arguments,
							     "verb"));
	json_int_t number = json_integer_value(json_object_get(arguments,
							       "number"));

	*ret_number = number > 0 ? (uint64_t)number : 0;
	for (unsigned i = 0; verb && i < VERBS; i++)
		if (!strcmp(verb, verbs[i])) {
			*ret = (enum verb)i;
			return i == LIST || number > 0;
		}
	return false;
}

void fw_learning_command(void *ctx, struct fw_conn *conn,
			 const json_t *arguments)
{
	struct fw_daemon *daemon = ctx;
	struct fw_learning *l = daemon->learning;
	struct asked *asked;
	uint64_t number;
	enum verb verb;

	if (!read_verb(arguments, &verb, &number)) {
		fw_conn_error(conn, "learn takes list, or show, apply or reject "
				    "and a number");
		fw_conn_exit(conn, EX_USAGE);
		return;
	}
	asked = l ? calloc(1, sizeof(*asked)) : NULL;
	if (!asked) {
		fw_conn_error(conn, l ? "no memory" :
			      "the running configuration does not learn");
		fw_conn_exit(conn, l ? EX_OSERR : FW_EXIT_NO);
		return;
	}
	*asked = (struct asked){
		.next = l->asked,
		.learning = l,
		.conn = conn,
		.verb = verb,
		.number = number,
		.turn = fw_learner_look(l->learner),
	};
	l->asked = asked;
	fw_conn_watch(conn, &(struct fw_conn_watch){
				    .closed = on_asker_closed, .ctx = asked });
}

void fw_learning_keep(struct fw_daemon *daemon, struct fw_learning_undo *undo)
{
	struct fw_learning *l = daemon->learning;

	if (!l) {
		fw_learning_undo_free(undo);
		return;
	}
	fw_learning_undo_free(l->undo);
	l->undo = undo;
}

void fw_learning_settled(struct fw_daemon *daemon, bool stays)
{
	struct fw_learning *l = daemon->learning;

	if (!l || !l->undo)
		return;
	if (!stays)
		fw_learning_undo(l->undo);
	fw_learning_undo_free(FW_TAKE(l->undo));
}

/* --- life ------------------------------------------------------------------ */
static bool same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool goes_on(const struct fw_learning *l, const struct fw_plan *plan,
		    uint32_t bit)
{
	const struct fw_plan_learn *a = &l->limits, *b = &plan->learn;

	return l->bit == bit && same_text(a->database, b->database) &&
	       same_text(a->output, b->output) && a->flows == b->flows &&
	       a->peers == b->peers && a->ms == b->ms &&
	       a->confidence == b->confidence &&
	       a->retention_ms == b->retention_ms;
}

void fw_learning_close(struct fw_daemon *daemon)
{
	struct fw_learning *l = FW_TAKE(daemon->learning);

	if (!l)
		return;
	fw_learner_stop(l->learner);
	while (l->asked) {
		struct asked *asked = l->asked;

		l->asked = asked->next;
		fw_conn_watch(asked->conn, &(struct fw_conn_watch){ 0 });
		fw_conn_error(asked->conn, "learning has ended");
		fw_conn_exit(asked->conn, FW_EXIT_NO);
		free(asked);
	}
	if (l->event)
		event_free(l->event);
	fw_learned_free(l->last);
	fw_learning_undo_free(l->undo);
	free(l->announced);
	free(l->stopped);
	free((char *)l->limits.database);
	free((char *)l->limits.output);
	free(l);
}

static int begin(struct fw_daemon *daemon, const struct fw_plan *plan,
		 uint32_t bit)
{
	struct fw_learning *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	daemon->learning = l;
	l->daemon = daemon;
	l->bit = bit;
	l->limits = plan->learn;
	l->limits.database = strdup(plan->learn.database);
	l->limits.output = strdup(plan->learn.output);
	if (!l->limits.database || !l->limits.output)
		return -ENOMEM;
	r = fw_learner_start(&l->limits, bit, &l->learner);
	if (r < 0)
		return r;
	fw_learner_set_plan(l->learner, plan);
	l->event = event_new(daemon->base, fw_learner_fd(l->learner),
			     EV_READ | EV_PERSIST, on_learned, l);
	return l->event && event_add(l->event, NULL) == 0 ? 0 : -ENOMEM;
}

void fw_learning_set_plan(struct fw_daemon *daemon, const struct fw_plan *plan)
{
	uint32_t bit = (uint32_t)FW_CTMARK_LEARN << plan->options.mark_shift;
	struct fw_learning_undo *undo = NULL;
	int r;

	if (daemon->learning && plan->learn.given &&
	    goes_on(daemon->learning, plan, bit)) {
		fw_learner_set_plan(daemon->learning->learner, plan);
		return;
	}
	/* a trial outlives it */
	if (daemon->learning)
		undo = FW_TAKE(daemon->learning->undo);
	fw_learning_close(daemon);
	r = plan->learn.given ? begin(daemon, plan, bit) : 0;
	if (r < 0) {
		fw_log_errno(LOG_ERR, r, "learning, ignoring");
		fw_learning_close(daemon);
	}
	if (daemon->learning)
		daemon->learning->undo = undo;
	else
		fw_learning_undo_free(undo);
}
