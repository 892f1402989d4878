/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of sets that hold what only nft reads: concatenations and the like.
 *
 * In: an order with texts. Out: nft's sets, each table's that has it. nft is
 * asked whether it has an element, one by one; the change is one transaction.
 * What nft refuses is told in its words.
 */
#include "daemon/set_edit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

#include "util/buf.h"
#include "util/cleanup.h"

struct change {
	struct fw_daemon *daemon;
	struct fw_arena *arena;
	const struct fw_set_order *order;
	const struct fw_nft_table *table;
	struct fw_set_result *result;
	struct fw_set_trouble *trouble;
};

static bool refused(const struct change *c, const struct fw_apply_error *error)
{
	c->trouble->code = error->code ? error->code : EX_UNAVAILABLE;
	(void)snprintf(c->trouble->text, sizeof(c->trouble->text), "set %s: %s%s",
		       c->order->set->name, error->text,
		       c->order->ms ? " (does it have 'flags timeout'?)" : "");
	return false;
}

static bool run(const struct change *c, const struct fw_buf *script)
{
	struct fw_apply_error error = { .rule = FW_NO_RULE };

	if (script->failed) {
		(void)snprintf(error.text, sizeof(error.text), "%s",
			       strerror(ENOMEM));
		return refused(c, &error);
	}
	return !script->len ||
	       fw_apply_set_script(c->daemon->apply, script->text, &error) == 0 ||
	       refused(c, &error);
}

static void put(const struct change *c, struct fw_buf *script, const char *verb,
		const char *element, uint64_t ms)
{
	fw_buf_printf(script, "%s element %s %s %s { %s", verb,
		      c->table->family, c->table->name, c->order->set->name,
		      element);
	if (ms)
		fw_buf_printf(script, " timeout %" PRIu64 "ms", ms);
	fw_buf_add(script, " }\n");
}

/* False with the trouble. */
static bool has(const struct change *c, const char *element, bool *ret)
{
	_cleanup_(fw_buf_done) struct fw_buf script = { 0 };
	struct fw_apply_error error = { .rule = FW_NO_RULE };

	put(c, &script, "get", element, 0);
	if (script.failed)
		return run(c, &script);
	*ret = fw_apply_set_script(c->daemon->apply, script.text, &error) == 0;
	return *ret || strstr(error.text, strerror(ENOENT)) ||
	       refused(c, &error);
}

static bool count(const struct change *c, size_t *ret)
{
	const struct fw_live_set set = {
		.family = c->table->family,
		.table = c->table->name,
		.name = c->order->set->name,
	};
	int r = fw_apply_set_count(c->daemon->apply, c->arena, &set, ret);
	struct fw_apply_error error = { .rule = FW_NO_RULE };

	if (r == 0)
		return true;
	(void)snprintf(error.text, sizeof(error.text), "%s", strerror(-r));
	return refused(c, &error);
}

/* Elements that are there already are not added, but where all go before. */
static bool put_each(const struct change *c, struct fw_buf *script,
		     bool all)
{
	bool adds = c->order->verb == FW_SET_ADD ||
		    c->order->verb == FW_SET_REPLACE;
	bool tests = c->order->verb == FW_SET_TEST;

	c->result->done = 0;
	c->result->of = c->order->n_texts;
	for (size_t i = 0; i < c->order->n_texts; i++) {
		bool there = false;

		if (!has(c, c->order->texts[i], &there))
			return false;
		c->result->done += there != adds;
		if (!tests && (all || there != adds))
			put(c, script, adds ? "add" : "delete",
			    c->order->texts[i], c->order->ms);
	}
	return true;
}

static bool change_set(const struct change *c)
{
	_cleanup_(fw_buf_done) struct fw_buf script = { 0 };
	bool all = c->order->verb == FW_SET_REPLACE ||
		   c->order->verb == FW_SET_FLUSH;
	size_t before = 0;

	if (all && !count(c, &before))
		return false;
	if (all)
		fw_buf_printf(&script, "flush set %s %s %s\n",
			      c->table->family, c->table->name,
			      c->order->set->name);
	if (!put_each(c, &script, all) || !run(c, &script))
		return false;
	if (c->order->verb == FW_SET_FLUSH)
		c->result->done = c->result->of = before;
	else
		c->result->deleted = before - (all ? c->result->of -
						     c->result->done : before);
	return true;
}

bool fw_set_order_texts(struct fw_daemon *daemon, struct fw_arena *arena,
			const struct fw_set_order *order,
			struct fw_set_result *ret,
			struct fw_set_trouble *trouble)
{
	const struct fw_plan *plan = daemon->running.plan;

	for (size_t i = 0; i < plan->n_tables; i++) {
		const struct change c = {
			.daemon = daemon,
			.arena = arena,
			.order = order,
			.table = &plan->tables[i],
			.result = ret,
			.trouble = trouble,
		};

		if (fw_set_is_in(plan, c.table, order->set) && !change_set(&c))
			return false;
	}
	return true;
}
