/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confined: an inspector in a process of its own.
 *
 * In: words of the worker, messages on the desk. Out: verdicts, records. Nothing
 * is told of what fails: the process ends, and the worker sees that.
 *
 * Parsers, streams, rules are those of inspector.c; its door is one that writes
 * records. FLYWALL_FAULT=inspector makes it do, for tests, what a parser that an
 * attacker has found a hole in would do, when a payload asks for it.
 */
#include "inspect/confined.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inspect/inspector.h"
#include "inspect/pin.h"
#include "inspect/sandbox.h"
#include "inspect/view.h"
#include "util/cleanup.h"

#define SOCKET 0	/* where the sandbox leaves it */
#define OLD_PLANS_MAX 4	/* that flows in hand may hold */

struct confined {
	struct fw_door door;
	struct fw_inspector inspector;
	struct fw_plan *plans[FW_VIEW_PLACES];	/* by place; references */
	const struct fw_desk_in *in;
	struct fw_desk_out *out;
	uint32_t n_records;
	uint32_t message;		/* that is judged now */
	bool obeys;			/* payloads, for tests */
};

/* --- words ---------------------------------------------------------------- */
static void say(uint32_t kind, uint32_t n)
{
	const struct fw_desk_word word = { kind, n };

	if (write(SOCKET, &word, sizeof(word)) != sizeof(word))
		_exit(1);
}

/* Ends with the worker. */
static struct fw_desk_word hear(void)
{
	struct fw_desk_word word;

	if (read(SOCKET, &word, sizeof(word)) != sizeof(word))
		_exit(0);
	return word;
}

/* --- door ----------------------------------------------------------------- */
static struct fw_desk_record *add_record(struct confined *confined,
					 enum fw_desk_record_kind kind)
{
	struct fw_desk_record *record;

	if (confined->n_records == FW_DESK_RECORDS) {
		say(FW_DESK_FULL, FW_DESK_RECORDS);
		(void)hear();
		confined->n_records = 0;
	}
	record = &confined->out->records[confined->n_records++];
	record->kind = kind;
	record->message = confined->message;
	return record;
}

static void put_text(char *to, size_t size, const char *text)
{
	size_t len = text ? strnlen(text, size - 1) : 0;

	if (len)
		memcpy(to, text, len);
	to[len] = '\0';
}

static void put_flow(struct confined *confined, enum fw_desk_record_kind kind,
		     const struct fw_flow_report *report, uint32_t rule)
{
	struct fw_desk_record *record = add_record(confined, kind);
	struct fw_desk_flow *flow = &record->flow;
	unsigned place = fw_view_place(report->profile);
	bool known = place < FW_VIEW_PLACES;

	record->place = place;
	record->rule = rule;
	flow->id = report->id;
	flow->tuple = report->tuple;
	flow->ifindex[0] = report->ifindex[0];
	flow->ifindex[1] = report->ifindex[1];
	flow->profile = !known ? FW_DESK_NO_PROFILE :
			(uint32_t)(report->profile -
				   confined->plans[place]->profiles);
	flow->verdict = report->verdict;
	flow->packets = report->packets;
	flow->bytes = report->bytes;
	flow->rule = report->rule;
	flow->again = report->again;
	put_text(flow->reason, sizeof(flow->reason), report->reason);
	put_text(flow->ja3, sizeof(flow->ja3), report->ja3);
	put_text(flow->ja4, sizeof(flow->ja4), report->ja4);
	put_text(flow->sni, sizeof(flow->sni), report->sni);
}

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	if (report->kept)
		memcpy(&add_record(ctx, FW_DESK_KEPT)->kept, report->kept,
		       fw_kept_size(report->kept));
	put_flow(ctx, FW_DESK_FLOW, report, 0);
}

static void on_met(void *ctx, const struct fw_flow_report *report,
		   const struct fw_inspect_rule *rule)
{
	put_flow(ctx, FW_DESK_MET, report,
		 (uint32_t)(rule - report->profile->rules));
}

static int on_profile(void *ctx, const struct fw_tuple *tuple)
{
	struct confined *confined = ctx;

	confined->out->asked = *tuple;
	say(FW_DESK_ASK, FW_DESK_PROFILE);
	return (int)hear().n;
}

static bool on_again(void *ctx, const struct fw_tuple *tuple,
		     struct fw_kept *ret, bool *ret_turned)
{
	struct confined *confined = ctx;
	uint32_t answer;

	confined->out->asked = *tuple;
	say(FW_DESK_ASK, FW_DESK_AGAIN);
	answer = hear().n;
	if (answer)
		*ret = confined->in->kept;
	*ret_turned = answer & 2;
	return answer;
}

static bool on_ended(void *ctx, const struct fw_tuple *tuple)
{
	struct confined *confined = ctx;

	confined->out->asked = *tuple;
	say(FW_DESK_ASK, FW_DESK_ENDED);
	return hear().n;
}

static void on_answer(void *ctx, const struct fw_queue_message *to,
		      const uint8_t *packet, size_t len)
{
	struct fw_desk_record *record = add_record(ctx, FW_DESK_ANSWER);

	(void)to;
	record->answer.len = (uint32_t)len;
	memcpy(record->answer.bytes, packet, len);
}

static void on_counted(void *ctx, const struct fw_plan *plan, uint32_t rule)
{
	struct fw_desk_record *record = add_record(ctx, FW_DESK_COUNTED);

	record->place = fw_view_place(plan->rules);
	record->rule = rule;
}

/* --- plans ---------------------------------------------------------------- */
/* The view's, with an arena and references of this process. */
static struct fw_plan *plan_at(unsigned place)
{
	const struct fw_plan *from = &fw_view_content(place)->plan;
	struct fw_plan *plan = fw_plan_new();
	struct fw_arena *arena = plan ? plan->arena : NULL;

	if (!plan)
		_exit(1);
	*plan = *from;
	plan->arena = arena;
	plan->refs = 1;
	return plan;
}

/* Plans that no flow holds any more are given back. */
static void tell_places(struct confined *confined)
{
	uint32_t places = 0;

	for (unsigned i = 0; i < FW_VIEW_PLACES; i++) {
		struct fw_plan **plan = &confined->plans[i];

		if (*plan && *plan != confined->inspector.plan &&
		    (*plan)->refs == 1)
			fw_plan_unref(FW_TAKE(*plan));
		places |= (uint32_t)!!*plan << i;
	}
	confined->out->places = places;
}

/* Places are few: where flows hold too many old plans, those of one are given
 * up. */
static void give_up_one(struct confined *confined)
{
	struct fw_plan *old = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < FW_VIEW_PLACES; i++) {
		struct fw_plan *plan = confined->plans[i];

		n += plan != NULL;
		if (plan && plan != confined->inspector.plan && !old)
			old = plan;
	}
	if (n > OLD_PLANS_MAX + 1)
		fw_inspector_forget(&confined->inspector, old);
}

/* Patterns come compiled. The inspector finds them by their hash. */
static void adopt(struct confined *confined, unsigned place, uint64_t first_id)
{
	const struct fw_packed_patterns *packed =
		fw_view_content(place)->patterns;
	struct fw_patterns *patterns[FW_PROFILES];
	struct fw_plan *plan;

	if (!confined->plans[place])
		confined->plans[place] = plan_at(place);
	plan = confined->plans[place];
	for (size_t i = 0; i < FW_PROFILES; i++)
		(void)fw_patterns_unpack(&packed[i], &patterns[i]);
	if (confined->inspector.table)
		fw_inspector_set_plan(&confined->inspector, fw_plan_ref(plan));
	else if (fw_inspector_init(&confined->inspector,
				   confined->inspector.number, plan,
				   &confined->door))
		_exit(1);
	if (first_id)
		confined->inspector.next_id = first_id;
	for (size_t i = 0; i < FW_PROFILES; i++)
		fw_patterns_unref(patterns[i]);
	tell_places(confined);
	give_up_one(confined);
	tell_places(confined);
}

/* --- packets -------------------------------------------------------------- */
static bool says(const struct fw_queue_message *message, const char *text)
{
	return memmem(message->data, message->len, text, strlen(text)) != NULL;
}

static void obey(const struct fw_queue_message *message)
{
	volatile bool loops = says(message, "flywall:loop");

	if (says(message, "flywall:crash"))
		__builtin_trap();
	if (says(message, "flywall:call"))
		(void)socket(AF_INET, SOCK_DGRAM, 0);
	while (loops)
		;
}

static void judge(struct confined *confined, uint32_t n)
{
	fw_inspector_clock(&confined->inspector);
	confined->inspector.renewals = confined->in->renewals;
	for (uint32_t i = 0; i < n; i++) {
		const struct fw_queue_message *message =
			&confined->in->messages[i];

		confined->message = i;
		if (confined->obeys)
			obey(message);
		confined->out->verdicts[i] =
			fw_inspector_packet(&confined->inspector, message);
	}
}

static void sweep(struct confined *confined)
{
	fw_inspector_clock(&confined->inspector);
	fw_inspector_sweep(&confined->inspector);
	tell_places(confined);
}

/* --- life ----------------------------------------------------------------- */
static void serve(struct confined *confined)
{
	for (;;) {
		struct fw_desk_word word = hear();

		confined->n_records = 0;
		if (word.kind == FW_DESK_JUDGE)
			judge(confined, word.n);
		else if (word.kind == FW_DESK_VIEW)
			adopt(confined, word.n, 0);
		else
			sweep(confined);
		confined->out->stats = confined->inspector.stats;
		say(FW_DESK_DONE, confined->n_records);
	}
}

/* Signals are the daemon's; this process ends with it. */
static void forget_the_daemon(uint16_t queue)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	char name[16];
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &plain, NULL);
	(void)snprintf(name, sizeof(name), "fw-parser-%u", queue);
	(void)prctl(PR_SET_NAME, name);
	fw_patterns_forked();
}

static bool protect(const struct fw_confined_args *args)
{
	return !fw_shared_protect(args->memory) &&
	       !fw_shared_protect(args->in) && !fw_view_protect();
}

void fw_confined_run(const struct fw_confined_args *args)
{
	const char *fault = getenv("FLYWALL_FAULT");
	struct confined confined = {
		.door = {
			.ctx = &confined,
			.flow = on_flow,
			.met = on_met,
			.profile = on_profile,
			.again = on_again,
			.ended = on_ended,
			.answer = on_answer,
			.counted = on_counted,
		},
		.in = args->in->p,
		.out = args->out,
		.obeys = fault && !strcmp(fault, "inspector"),
	};
	uint32_t walls;

	forget_the_daemon(args->queue);
	fw_pin(args->queue);
	walls = (uint32_t)protect(args) << FW_SANDBOX_MEMORY;
	walls |= fw_sandbox_enter(args->parent, args->socket);
	confined.inspector.number = args->queue;
	adopt(&confined, args->place, args->first_id);
	say(FW_DESK_READY, walls);
	serve(&confined);
	_exit(0);
}
