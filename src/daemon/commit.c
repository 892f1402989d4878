/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan in; a live generation, or the reason why not, out. The order of a
 * commit, and what undoes each step:
 *
 *	1. workers for the plan's queues	stopped again
 *	2. fw_apply_commit()			undoes itself
 *	3. workers, flows, verdicts, monitors get the plan; flows whose profile is another
 *	   one now are judged anew
 *
 * Step 1 comes first so that no packet is sent to a queue that nobody reads.
 * From step 3 on nothing can fail.
 */
#include "daemon/commit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "apply/settings.h"
#include "daemon/existing.h"
#include "daemon/kernel.h"
#include "daemon/learning.h"
#include "daemon/sinks.h"
#include "daemon/watching.h"
#include "util/log.h"

static void explain_workers(int error, uint16_t queue,
			    struct fw_commit_error *ret)
{
	*ret = (struct fw_commit_error){ .code = EX_UNAVAILABLE };
	if (error == -E2BIG)
		ret->code = EX_DATAERR;
	if (error == -EBUSY)
		ret->code = EX_TEMPFAIL;
	if (error == -E2BIG)
		(void)snprintf(ret->text, sizeof(ret->text),
			       "the profiles name more than %d queues",
			       FW_WORKERS_MAX);
	else
		(void)snprintf(ret->text, sizeof(ret->text), "queue %u: %s",
			       queue,
			       error == -EBUSY ?
				       "another process listens on it" :
				       strerror(-error));
}

/* What nft says of a rule is shown where the user wrote it. */
static void explain_apply(const struct fw_plan *plan,
			  const struct fw_apply_error *error,
			  struct fw_commit_error *ret)
{
	*ret = (struct fw_commit_error){
		.code = error->code ? error->code : EX_SOFTWARE,
		.is_diagnostic = error->rule < plan->n_rules,
	};
	if (ret->is_diagnostic)
		(void)snprintf(ret->text, sizeof(ret->text),
			       "%s:%u:%u: Error: %s\n",
			       plan->rules[error->rule].file,
			       plan->rules[error->rule].line,
			       plan->rules[error->rule].column, error->text);
	else
		(void)snprintf(ret->text, sizeof(ret->text), "%s",
			       error->text);
}

/* Settings that the plan lacks, and those of `lacked` that are as it needs them
 * now. */
static void tell_settings(const struct fw_plan *plan, unsigned lacked)
{
	unsigned lacking = fw_settings_lacking(plan);
	char state[64];

	for (int i = 0; i < FW_SETTING_MAX_; i++) {
		const struct fw_setting_row *row = &fw_settings[i];

		fw_setting_explain((enum fw_setting)i, state, sizeof(state));
		if (lacking & 1u << i)
			fw_log(LOG_WARNING, "%s %s: %s", row->name, state,
			       row->without);
		else if (lacked & 1u << i)
			fw_log(LOG_NOTICE, "%s set to %ld, as synproxy needs it",
			       row->name, row->wanted);
	}
}

static bool change_kernel(struct fw_daemon *daemon, const struct fw_plan *plan,
			  struct fw_commit_error *ret_error)
{
	struct fw_apply_error error = { .rule = FW_NO_RULE };
	uint16_t queue = 0;
	unsigned lacked;
	int r;

	r = fw_workers_prepare(&daemon->workers, plan,
			       fw_verdicts_door(daemon->verdicts), &queue);
	if (r < 0) {
		explain_workers(r, queue, ret_error);
		return false;
	}
	lacked = fw_settings_lacking(plan);
	r = fw_apply_commit(daemon->apply, plan, &error);
	if (r < 0) {
		explain_apply(plan, &error, ret_error);
		return false;
	}
	tell_settings(plan, lacked);
	r = fw_apply_sets_error(daemon->apply);
	if (r < 0)
		fw_log_errno(LOG_ERR, r, "sets in XDP are not as they are in "
					 "nft; trying again");
	return true;
}

/* What the marks of living connections say stays true: the bits stand where they
 * stood. */
static bool marks_hold(const struct fw_plan *old, const struct fw_plan *new,
		       struct fw_commit_error *ret_error)
{
	*ret_error = (struct fw_commit_error){ .code = EX_UNAVAILABLE };
	if (!old || !old->n_profiles || !new->n_profiles)
		return true;
	if (old->options.marks != new->options.marks) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
			       "connections have marks in 0x%08x: other `marks` "
			       "need `flywall stop --flush` and a start",
			       old->options.marks);
		return false;
	}
	return true;
}

/* Connections of a profile whose number another one gets are nobody's from now
 * on: before there are new ones. */
static bool numbers_hold(struct fw_daemon *daemon, const struct fw_plan *plan,
			 struct fw_commit_error *ret_error)
{
	unsigned taken;
	int r = fw_numbers_admit(&daemon->numbers, daemon->dir, plan, &taken);

	if (!r && taken)
		r = fw_flows_release(daemon->flows, taken);
	if (!r)
		return true;
	*ret_error = (struct fw_commit_error){ .code = EX_OSERR };
	(void)snprintf(ret_error->text, sizeof(ret_error->text),
		       "numbers of inspect profiles: %s", strerror(-r));
	return false;
}

/* Flows that were judged otherwise are so anew. */
static void judge_anew(struct fw_daemon *daemon, const struct fw_plan *plan)
{
	unsigned changed = fw_numbers_changed(&daemon->numbers, plan);
	int r = changed ? fw_flows_renew(daemon->flows, changed) : 0;

	if (r < 0)
		fw_log_errno(LOG_ERR, r, "flows that were vetted before keep "
					 "their verdict");
	fw_numbers_settle(&daemon->numbers, daemon->dir, plan);
}

/* Connections that are older than a rule which inspects. */
static void judge_existing(struct fw_daemon *daemon, const struct fw_plan *plan)
{
	struct fw_numbers *numbers = &daemon->numbers;
	size_t n, marked = 0;
	struct fw_hash *rules = fw_existing_rules(plan, &n);
	int r = -ENOMEM;

	if (rules)
		r = fw_existing_mark(daemon->flows, plan, numbers->rules,
				     numbers->n_rules, &marked);
	if (marked)
		fw_log(LOG_NOTICE, "%zu connections are older than the rules "
				   "that inspect them", marked);
	if (r < 0)
		fw_log_errno(LOG_ERR, r, "not all connections that are older "
					 "than inspect rules were looked at");
	if (rules)
		fw_numbers_set_rules(numbers, daemon->dir, rules, n);
}

bool fw_commit_plan(struct fw_daemon *daemon, const struct fw_plan *plan,
		    struct fw_commit_error *ret_error)
{
	if (!marks_hold(fw_apply_plan(daemon->apply), plan, ret_error) ||
	    !numbers_hold(daemon, plan, ret_error))
		return false;
	if (!change_kernel(daemon, plan, ret_error)) {
		fw_workers_settle(&daemon->workers,
				  fw_apply_plan(daemon->apply));
		return false;
	}
	fw_workers_settle(&daemon->workers, plan);
	fw_flows_set_plan(daemon->flows, plan);
	fw_verdicts_set_plan(daemon->verdicts, plan);
	fw_watching_plan(daemon, plan);
	fw_sinks_follow(daemon, &plan->events);
	fw_kernel_follow(daemon, &plan->monitors);
	judge_anew(daemon, plan);
	judge_existing(daemon, plan);
	fw_learning_set_plan(daemon, plan);
	return true;
}
