/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of workers in; one record a verdict, one for each rule that logs and
 * counters of rules out, and every report handed on to the flows. Called by the
 * workers' threads; what fails is counted by the mailbox.
 */
#include "daemon/verdicts.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "daemon/answers.h"
#include "daemon/block.h"
#include "util/cleanup.h"
#include "util/log.h"

/* A worker reports each packet, also those that were queued already when the
 * verdict fell. Flows that had their event stand here by number: a worker's
 * numbers rise, so that an entry is overwritten only by a later flow. */
#define TOLD 4096

/* Records of rules that log in a second; the rest counts as lost. */
#define LOGS_MAX 1000
#define NS_PER_S UINT64_C(1000000000)

struct fw_verdicts {
	struct fw_door door;
	const struct fw_door *inner;
	struct fw_mailbox *mailbox;
	pthread_mutex_t mutex;		/* of these four */
	struct fw_plan *plan;
	uint64_t *packets;		/* by the plan's rules */
	uint64_t second;		/* in which so many records were */
	unsigned logs;
	_Atomic uint64_t told[TOLD];
	int answers;			/* fw_answers_open(), or -errno */
	struct fw_block *block;		/* NULL: it could not be opened */
};

/* A rule's number belongs to the plan that the flow's profile stands in, which
 * may be older than the present one: then nothing is known of the rule. The
 * caller has the mutex. */
static bool is_known(const struct fw_verdicts *verdicts,
		     const struct fw_flow_report *report, uint32_t rule)
{
	const struct fw_plan *plan = verdicts->plan;

	return rule < plan->n_rules &&
	       report->profile >= plan->profiles &&
	       report->profile < plan->profiles + plan->n_profiles;
}

static void add_rule(struct fw_verdicts *verdicts, struct fw_record *record,
		     const struct fw_flow_report *report, uint32_t rule)
{
	(void)pthread_mutex_lock(&verdicts->mutex);
	if (is_known(verdicts, report, rule)) {
		const struct fw_plan_rule *of = &verdicts->plan->rules[rule];

		fw_record_text(record, "file", of->file);
		fw_record_number(record, "line", of->line);
		fw_record_text(record, "rule", of->text);
	}
	(void)pthread_mutex_unlock(&verdicts->mutex);
}

static void post(struct fw_verdicts *verdicts, struct fw_record *record,
		 const struct fw_flow_report *report, uint32_t rule)
{
	const struct fw_tuple *tuple = &report->tuple;
	char proto[FW_PROTO_MAX];

	fw_record_text(record, "proto", fw_proto_text(tuple->proto, proto));
	fw_record_address(record, "src", tuple->family, tuple->saddr);
	fw_record_number(record, "sport", tuple->sport);
	fw_record_address(record, "dst", tuple->family, tuple->daddr);
	fw_record_number(record, "dport", tuple->dport);
	fw_record_text(record, "sni", report->sni);
	fw_record_text(record, "ja3", report->ja3);
	fw_record_text(record, "ja4", report->ja4);
	if (report->profile)
		fw_record_text(record, "profile", report->profile->name);
	fw_record_number(record, "queue", report->queue);
	fw_record_number(record, "packets", report->packets);
	add_rule(verdicts, record, report, rule);
	fw_mailbox_post(verdicts->mailbox, record->type, fw_record_end(record));
}

/* --- blocked sources ------------------------------------------------------- */
/* The rule that has decided, where it blocks; else NULL. */
static const struct fw_inspect_rule *
blocking_rule(const struct fw_flow_report *report)
{
	const struct fw_profile *profile = report->profile;

	if (report->verdict != FW_FLOW_BLOCKED || !profile ||
	    report->rule == FW_NO_RULE)
		return NULL;
	for (size_t i = 0; i < profile->n_rules; i++)
		if (profile->rules[i].rule == report->rule &&
		    profile->rules[i].action == FW_INSPECT_BLOCK)
			return &profile->rules[i];
	return NULL;
}

static const struct {
	int error;
	const char *text;
} refusals[] = {
	{ -EADDRINUSE, "local" },	/* an address of this host */
	{ -ENFILE, "full" },
};

static const char *refusal_of(int error)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(refusals); i++)
		if (refusals[i].error == error)
			return refusals[i].text;
	return "failed";
}

/* Whatever comes of it, the flow itself is blocked. */
static void block_source(const struct fw_verdicts *verdicts,
			 const struct fw_flow_report *report,
			 struct fw_record *record)
{
	const struct fw_inspect_rule *rule = blocking_rule(report);
	int r = -ENOTCONN;

	if (!rule)
		return;
	if (verdicts->block)
		r = fw_block_source(verdicts->block, report->tuple.family,
				    report->tuple.saddr, rule->block_ms);
	if (r == 0 || r == -EEXIST) {
		fw_record_number(record, "block_ms", rule->block_ms);
		return;
	}
	fw_record_text(record, "block_refused", refusal_of(r));
	if (r != -EADDRINUSE)
		fw_log_errno(LOG_ERR, r, "a source could not be blocked");
}

static void tell(struct fw_verdicts *verdicts,
		 const struct fw_flow_report *report)
{
	struct fw_record record;

	fw_record_begin(&record, FW_RECORD_FLOW, fw_record_now());
	fw_record_text(&record, "verdict",
		       fw_flow_verdict_name(report->verdict));
	fw_record_text(&record, "reason", report->reason);
	block_source(verdicts, report, &record);
	post(verdicts, &record, report, report->rule);
}

static const char *const audited[] = {
	[FW_INSPECT_DROP] = "AUDIT-DROP",
	[FW_INSPECT_BLOCK] = "AUDIT-BLOCK",
};

static bool may_log(struct fw_verdicts *verdicts, uint64_t now)
{
	bool may;

	(void)pthread_mutex_lock(&verdicts->mutex);
	if (verdicts->second != now / NS_PER_S)
		verdicts->logs = 0;
	verdicts->second = now / NS_PER_S;
	may = verdicts->logs < LOGS_MAX;
	verdicts->logs += may;
	(void)pthread_mutex_unlock(&verdicts->mutex);
	return may;
}

static void log_rule(struct fw_verdicts *verdicts,
		     const struct fw_flow_report *report,
		     const struct fw_inspect_rule *rule)
{
	uint64_t now = fw_record_now();
	struct fw_record record;

	if (!may_log(verdicts, now)) {
		fw_mailbox_post(verdicts->mailbox, FW_RECORD_LOG, NULL);
		return;
	}
	fw_record_begin(&record, FW_RECORD_LOG, now);
	if (rule->log) {
		fw_record_text(&record, "prefix", rule->log_prefix);
		fw_record_text(&record, "level", rule->log_level);
	}
	if (rule->audit)
		fw_record_text(&record, "verdict", audited[rule->action]);
	post(verdicts, &record, report, rule->rule);
}

static void count(struct fw_verdicts *verdicts,
		  const struct fw_flow_report *report, uint32_t rule)
{
	if (rule == FW_NO_RULE)
		return;
	(void)pthread_mutex_lock(&verdicts->mutex);
	if (is_known(verdicts, report, rule))
		verdicts->packets[rule]++;
	(void)pthread_mutex_unlock(&verdicts->mutex);
}

static bool is_news(struct fw_verdicts *verdicts,
		    const struct fw_flow_report *report)
{
	uint64_t name = (uint64_t)report->queue << 48 ^ (report->id + 1);
	_Atomic uint64_t *told;

	told = &verdicts->told[(report->id ^ report->queue) % TOLD];
	return atomic_exchange_explicit(told, name, memory_order_relaxed) !=
	       name;
}

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	struct fw_verdicts *verdicts = ctx;

	verdicts->inner->flow(verdicts->inner->ctx, report);
	if (report->verdict == FW_FLOW_UNVETTED)
		return;
	count(verdicts, report, report->rule);
	if (is_news(verdicts, report))
		tell(verdicts, report);
}

/* A rule that has decided is counted with the report. */
static void on_met(void *ctx, const struct fw_flow_report *report,
		   const struct fw_inspect_rule *rule)
{
	struct fw_verdicts *verdicts = ctx;

	if (report->rule != rule->rule)
		count(verdicts, report, rule->rule);
	if (rule->log || rule->audit)
		log_rule(verdicts, report, rule);
}

static int on_profile(void *ctx, const struct fw_tuple *tuple)
{
	const struct fw_verdicts *verdicts = ctx;

	return verdicts->inner->profile(verdicts->inner->ctx, tuple);
}

static bool on_again(void *ctx, const struct fw_tuple *tuple,
		     struct fw_kept *ret, bool *ret_turned)
{
	const struct fw_verdicts *verdicts = ctx;

	return verdicts->inner->again(verdicts->inner->ctx, tuple, ret,
				      ret_turned);
}

static bool on_ended(void *ctx, const struct fw_tuple *tuple)
{
	const struct fw_verdicts *verdicts = ctx;

	return verdicts->inner->ended(verdicts->inner->ctx, tuple);
}

static void on_answer(void *ctx, const struct fw_queue_message *to,
		      const uint8_t *packet, size_t len)
{
	const struct fw_verdicts *verdicts = ctx;

	if (verdicts->answers >= 0)
		fw_answers_send(verdicts->answers, to, packet, len);
}

static void on_counted(void *ctx, const struct fw_plan *plan, uint32_t rule)
{
	struct fw_verdicts *verdicts = ctx;

	(void)pthread_mutex_lock(&verdicts->mutex);
	if (plan == verdicts->plan)
		verdicts->packets[rule]++;
	(void)pthread_mutex_unlock(&verdicts->mutex);
}

static const char *const failures[] = {
	[FW_FAILURE_CRASH] = "crash",
	[FW_FAILURE_CALL] = "forbidden-call",
	[FW_FAILURE_HANG] = "hang",
	[FW_FAILURE_NONSENSE] = "nonsense",
	[FW_FAILURE_START] = "no-start",
};
_Static_assert(FW_ARRAY_SIZE(failures) == FW_FAILURE_KINDS_, "failures");

static void on_failed(void *ctx, const struct fw_failure *failure)
{
	const struct fw_verdicts *verdicts = ctx;
	const char *keyword = failure->accepts ? "accept" : "drop";
	const char *reason = failures[failure->kind];
	struct fw_record record;

	fw_log(LOG_ERR, "queue %u: the inspector failed (%s%s%s); on-overload: "
			"%s; restart in %u ms", failure->queue, reason,
	       failure->signal ? ", " : "",
	       failure->signal ? sigdescr_np(failure->signal) : "", keyword,
	       failure->pause_ms);
	fw_record_begin(&record, FW_RECORD_INSPECTOR, fw_record_now());
	fw_record_number(&record, "queue", failure->queue);
	fw_record_text(&record, "reason", reason);
	if (failure->signal)
		fw_record_number(&record, "signal", (uint64_t)failure->signal);
	fw_record_text(&record, "keyword", keyword);
	fw_record_number(&record, "packets", failure->packets);
	fw_record_number(&record, "pause_ms", failure->pause_ms);
	fw_mailbox_post(verdicts->mailbox, record.type, fw_record_end(&record));
}

struct fw_verdicts *fw_verdicts_new(const struct fw_door *inner,
				    struct fw_mailbox *mailbox,
				    const struct fw_plan *plan)
{
	struct fw_verdicts *verdicts = calloc(1, sizeof(*verdicts));

	if (!verdicts)
		return NULL;
	verdicts->packets = calloc(plan->n_rules + 1, sizeof(uint64_t));
	if (!verdicts->packets) {
		free(verdicts);
		return NULL;
	}
	(void)pthread_mutex_init(&verdicts->mutex, NULL);
	verdicts->inner = inner;
	verdicts->mailbox = mailbox;
	verdicts->plan = fw_plan_ref(plan);
	verdicts->door = (struct fw_door){
		.ctx = verdicts,
		.flow = on_flow,
		.met = on_met,
		.profile = on_profile,
		.again = on_again,
		.ended = on_ended,
		.answer = on_answer,
		.counted = on_counted,
		.failed = on_failed,
	};
	verdicts->door.renewals = inner->renewals;
	verdicts->answers = fw_answers_open();
	if (fw_block_open(&verdicts->block) < 0)
		verdicts->block = NULL;
	return verdicts;
}

void fw_verdicts_free(struct fw_verdicts *verdicts)
{
	if (!verdicts)
		return;
	fw_plan_unref(verdicts->plan);
	free(verdicts->packets);
	if (verdicts->answers >= 0)
		(void)close(verdicts->answers);
	fw_block_close(verdicts->block);
	(void)pthread_mutex_destroy(&verdicts->mutex);
	free(verdicts);
}

const struct fw_door *fw_verdicts_door(const struct fw_verdicts *verdicts)
{
	return &verdicts->door;
}

/* Few rules are the inspector's: each looks for itself in the old plan. */
static void carry_over(const struct fw_plan *old, const uint64_t *old_packets,
		       const struct fw_plan *plan, uint64_t *packets)
{
	for (size_t i = 0; i < plan->n_rules; i++) {
		if (plan->rules[i].layer != FW_LAYER_INSPECT)
			continue;
		for (size_t o = 0; o < old->n_rules; o++) {
			if (!memcmp(&old->rules[o].key, &plan->rules[i].key,
				    sizeof(plan->rules[i].key)))
				packets[i] = old_packets[o];
		}
	}
}

/* Without memory the old plan stays: rules are then not known, no more. */
void fw_verdicts_set_plan(struct fw_verdicts *verdicts,
			  const struct fw_plan *plan)
{
	uint64_t *packets = calloc(plan->n_rules + 1, sizeof(*packets));
	struct fw_plan *old = NULL;
	uint64_t *old_packets = NULL;

	if (!packets || plan == verdicts->plan) {
		free(packets);
		return;
	}
	(void)pthread_mutex_lock(&verdicts->mutex);
	carry_over(verdicts->plan, verdicts->packets, plan, packets);
	old = verdicts->plan;
	old_packets = verdicts->packets;
	verdicts->plan = fw_plan_ref(plan);
	verdicts->packets = packets;
	(void)pthread_mutex_unlock(&verdicts->mutex);
	fw_plan_unref(old);
	free(old_packets);
}

void fw_verdicts_rule_counts(struct fw_verdicts *verdicts,
			     const struct fw_plan *plan,
			     struct fw_rule_count *counts)
{
	if (plan != verdicts->plan)
		return;
	(void)pthread_mutex_lock(&verdicts->mutex);
	for (size_t i = 0; i < plan->n_rules; i++) {
		/* not of those whose counter stands in nft */
		if (plan->rules[i].layer == FW_LAYER_INSPECT &&
		    counts[i].packets < 0)
			counts[i].packets = (int64_t)verdicts->packets[i];
	}
	(void)pthread_mutex_unlock(&verdicts->mutex);
}
