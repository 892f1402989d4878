/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of sets that nft alone holds: those that packets or others change,
 * and those with times.
 *
 * In: an order. Out: nft's sets, each table's that has it, and what programs
 * know of them. What the set holds is read first, as if all of it had been added
 * at run time; what the order leaves of it is the difference that nft gets, in
 * one transaction. What nft refuses is told in its words.
 *
 * A reload may make such a set anew, or from one that is compiled in, or the
 * other way round; so what nft's sets were told is carried over it as changes.
 */
#include "daemon/set_edit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

#include "apply/nft.h"
#include "compile/values.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/log.h"

#define NS_PER_MS UINT64_C(1000000)

struct change {
	struct fw_daemon *daemon;
	struct fw_arena *arena;
	const struct fw_set_order *order;
	const struct fw_plan_set *set;		/* the order's, as declared */
	const struct fw_set_changes *again;	/* NULL: the order is done */
	enum fw_value_type type;
	struct fw_buf script;
};

/* One of the sets that have the name: a top-level set is one of each table that
 * asks it. */
static bool has_own(const struct fw_plan *plan, const struct fw_nft_table *table,
		    const char *name)
{
	for (size_t i = 0; i < plan->n_sets; i++)
		if (!strcmp(plan->sets[i].name, name) &&
		    !strcmp(plan->sets[i].table, table->name) &&
		    !strcmp(plan->sets[i].family, table->family))
			return true;
	return false;
}

bool fw_set_is_in(const struct fw_plan *plan, const struct fw_nft_table *table,
		  const struct fw_plan_set *set)
{
	if (table->own)
		return false;
	if (*set->table ? strcmp(set->table, table->name) ||
				  strcmp(set->family, table->family) :
			  has_own(plan, table, set->name))
		return false;
	for (size_t i = 0; i < table->n_objects; i++)
		if (!strcmp(table->objects[i].kind, "set") &&
		    !strcmp(table->objects[i].name, set->name))
			return true;
	return false;
}

/* --- what it holds ---------------------------------------------------------- */
static int note_range(struct fw_changes *changes, struct fw_set_changes *of,
		      const struct fw_nft_range *range, uint64_t now_ns)
{
	uint64_t age_ns = range->age_ms * NS_PER_MS;
	struct fw_added *slot = fw_vec_push(changes->arena, &of->added);

	if (!slot)
		return -ENOMEM;
	*slot = (struct fw_added){
		.value = { range->lo, range->hi },
		.since_ns = range->timed && age_ns < now_ns ? now_ns - age_ns :
							      now_ns,
		.until_ns = range->timed ?
				    now_ns + range->left_ms * NS_PER_MS : 0,
	};
	return 0;
}

static int read_set(const struct change *c, const struct fw_nft_table *table,
		    struct fw_changes **ret)
{
	const struct fw_plan_set *set = c->order->set;
	const struct fw_live_set live = {
		.family = table->family,
		.table = table->name,
		.name = set->name,
		.interval = set->interval,
	};
	unsigned width = 0;
	struct fw_changes *changes = fw_changes_copy(NULL);
	struct fw_set_changes *of;
	struct fw_nft_ranges ranges;
	int r;

	if (!changes)
		return -ENOMEM;
	*ret = changes;
	of = fw_changes_open(changes, set);
	if (!of)
		return -ENOMEM;
	for (fw_u128 max = fw_value_max(c->type); max; max >>= 8)
		width += 8;
	r = fw_apply_set_ranges(c->daemon->apply, c->arena, &live, width,
				&ranges);
	for (size_t i = 0; r == 0 && i < ranges.n; i++)
		r = note_range(changes, of, &ranges.items[i],
			       c->order->now_ns);
	return r;
}

/* --- what nft is told ------------------------------------------------------- */
static bool is_same(const struct fw_added *a, const struct fw_added *b)
{
	return a->value.lo == b->value.lo && a->value.hi == b->value.hi &&
	       a->until_ns == b->until_ns;
}

static int by_place(const void *a, const void *b)
{
	const struct fw_added *x = a, *y = b;

	return x->value.lo < y->value.lo ? -1 : x->value.lo > y->value.lo;
}

static bool is_in(const struct fw_set_changes *of, const struct fw_added *what)
{
	const struct fw_added *found = NULL;

	if (of->added.n > 0)
		found = bsearch(what, of->added.items, of->added.n,
				sizeof(*what), by_place);
	return found && is_same(found, what);
}

static int put_value(struct change *c, fw_u128 lo, fw_u128 hi,
		     const struct fw_added *times)
{
	const struct fw_interval value = { lo, hi };
	const char *text = fw_value_print(c->arena, c->type, &value);
	uint64_t now_ns = c->order->now_ns;

	if (!text)
		return -ENOMEM;
	fw_buf_add(&c->script, text);
	if (times && times->until_ns)
		fw_buf_printf(&c->script, " timeout %" PRIu64 "ms expires %"
			      PRIu64 "ms",
			      (times->until_ns - times->since_ns) / NS_PER_MS,
			      (times->until_ns - now_ns) / NS_PER_MS);
	fw_buf_add(&c->script, ",\n");
	return 0;
}

/* Without intervals, each value stands for itself. */
static int put_element(struct change *c, const struct fw_added *element,
		       bool with_times)
{
	fw_u128 at = element->value.lo;
	const struct fw_added *times = with_times ? element : NULL;
	int r = 0;

	if (c->order->set->interval)
		return put_value(c, at, element->value.hi, times);
	do
		r = put_value(c, at, at, times);
	while (r == 0 && at++ < element->value.hi);
	return r;
}

/* "VERB element F T S {", an element each of from that is not in except, "}" */
static int put_elements(struct change *c, const struct fw_nft_table *table,
			const char *verb, const struct fw_set_changes *from,
			const struct fw_set_changes *except)
{
	bool any = false, adds = !strcmp(verb, "add");
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->added.n; i++) {
		if (is_in(except, &from->added.items[i]))
			continue;
		if (!any)
			fw_buf_printf(&c->script, "%s element %s %s %s {\n",
				      verb, table->family, table->name,
				      c->order->set->name);
		any = true;
		r = put_element(c, &from->added.items[i], adds);
	}
	if (any)
		fw_buf_add(&c->script, "}\n");
	return r;
}

/* --- one table's ------------------------------------------------------------ */
static int do_change(const struct change *c, struct fw_changes *changes,
		     struct fw_set_result *ret)
{
	const struct fw_set_edit edit = {
		.arena = changes->arena,
		.of = fw_changes_open(changes, c->order->set),
		.set = c->order->set,
		.now_ns = c->order->now_ns,
	};

	if (!c->again)
		return fw_set_order_run(c->order, changes, ret);
	ret->changed = true;
	return edit.of ? fw_set_repeat(&edit, c->again, c->set->declared,
				       c->set->n_declared) : -ENOMEM;
}

static int change_set(struct change *c, const struct fw_nft_table *table,
		      struct fw_set_result *ret)
{
	struct fw_changes *old = NULL, *new = NULL;
	int r = read_set(c, table, &old);

	if (r == 0)
		new = fw_changes_copy(old);
	if (r == 0)
		r = new ? do_change(c, new, ret) : -ENOMEM;
	if (r == 0 && ret->changed) {
		/* an empty set has no changes that a copy would keep */
		struct fw_set_changes *to = fw_changes_open(new,
							    c->order->set);
		struct fw_set_changes *from = fw_changes_open(old,
							      c->order->set);

		r = put_elements(c, table, "delete", from, to);
		if (r == 0)
			r = put_elements(c, table, "add", to, from);
	}
	fw_changes_free(old);
	fw_changes_free(new);
	return r;
}

static bool fail(int error, struct fw_set_trouble *trouble)
{
	trouble->code = EX_OSERR;
	(void)snprintf(trouble->text, sizeof(trouble->text),
		       "nft's set cannot be read: %s", strerror(-error));
	return false;
}

static bool run_script(struct change *c, int error,
		       struct fw_set_trouble *trouble)
{
	struct fw_apply_error refused = { .rule = FW_NO_RULE };

	if (error == 0 && c->script.failed)
		error = -ENOMEM;
	if (error < 0)
		return fail(error, trouble);
	if (!c->script.len || fw_apply_set_script(c->daemon->apply,
						  c->script.text,
						  &refused) == 0)
		return true;
	trouble->code = refused.code ? refused.code : EX_UNAVAILABLE;
	(void)snprintf(trouble->text, sizeof(trouble->text), "set %s: %s",
		       c->order->set->name, refused.text);
	return false;
}

static bool change_all(struct fw_daemon *daemon, struct fw_arena *arena,
		       const struct fw_set_order *order,
		       const struct fw_set_changes *again,
		       struct fw_set_result *ret,
		       struct fw_set_trouble *trouble)
{
	const struct fw_plan *plan = daemon->running.plan;
	struct fw_plan_set bare = *order->set;
	struct fw_set_order mine = *order;
	struct change c = {
		.daemon = daemon,
		.arena = arena,
		.order = &mine,
		.set = order->set,
		.again = again,
	};
	bool done;
	int r = 0;

	/* What is declared was put into nft's set once, and is among the rest. */
	mine.set = &bare;
	bare.n_declared = 0;
	(void)fw_value_named(bare.type, &c.type);
	for (size_t i = 0; r == 0 && i < plan->n_tables; i++)
		if (fw_set_is_in(plan, &plan->tables[i], order->set))
			r = change_set(&c, &plan->tables[i], ret);
	done = run_script(&c, r, trouble);
	fw_buf_done(&c.script);
	return done;
}

bool fw_set_order_nft(struct fw_daemon *daemon, struct fw_arena *arena,
		      const struct fw_set_order *order,
		      struct fw_set_result *ret, struct fw_set_trouble *trouble)
{
	if (order->texts)
		return fw_set_order_texts(daemon, arena, order, ret, trouble);
	return change_all(daemon, arena, order, NULL, ret, trouble);
}

/* --- what they were told ---------------------------------------------------- */
/* Who is to know: the changes of a plan. */
struct pupil {
	const struct fw_plan *plan;
	struct fw_changes *changes;	/* NULL: there is no such one */
};

#define PUPILS 2

struct lesson {
	struct pupil pupils[PUPILS];	/* what the first one knows, all know */
	bool any;			/* there was something to learn */
};

static int teach(const struct change *c, const struct pupil *pupil,
		 const struct fw_set_difference *news)
{
	struct fw_set_edit edit = { .now_ns = c->order->now_ns };

	if (pupil->changes)
		edit.set = fw_plan_set_like(pupil->plan, c->order->set);
	if (!edit.set)
		return 0;
	edit.arena = pupil->changes->arena;
	edit.of = fw_changes_open(pupil->changes, edit.set);
	return edit.of ? fw_set_learn(&edit, news) : -ENOMEM;
}

static int learn_copy(const struct change *c, const struct fw_nft_table *table,
		      const fw_changed_vec *known, struct lesson *lesson)
{
	struct fw_set_difference news;
	struct fw_changes *held = NULL;
	int r = read_set(c, table, &held);

	if (r == 0) {
		const struct fw_set_changes *of = fw_changes_open(
			held, c->order->set);

		r = of ? fw_set_differ(c->arena, known, of->added.items,
				       of->added.n, &news) : -ENOMEM;
	}
	for (size_t i = 0; r >= 0 && i < PUPILS; i++) {
		r = teach(c, &lesson->pupils[i], &news);
		lesson->any |= i == 0 && r > 0;
	}
	fw_changes_free(held);
	return r < 0 && r != -ENOENT ? r : 0;
}

/* Each of nft's copies of a set at top level may tell something else. */
static int learn_set(const struct change *c, struct lesson *lesson)
{
	const struct fw_plan *plan = c->daemon->running.plan;
	const struct fw_plan_set *set = c->order->set;
	fw_changed_vec known;
	int r = fw_changes_content(
		c->arena, fw_changes_find(lesson->pupils[0].changes, set),
		set->declared, set->n_declared, &known);

	for (size_t i = 0; r == 0 && i < plan->n_tables; i++)
		if (fw_set_is_in(plan, &plan->tables[i], set))
			r = learn_copy(c, &plan->tables[i], &known, lesson);
	return r;
}

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

static bool is_live(const struct fw_plan_set *set)
{
	return set->live;
}

static int learn(struct fw_daemon *daemon,
		 bool (*is_meant)(const struct fw_plan_set *set),
		 struct lesson *lesson)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	const struct fw_plan *plan = daemon->running.plan;
	int r = arena ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < plan->n_sets; i++) {
		const struct fw_set_order order = {
			.set = &plan->sets[i],
			.now_ns = fw_daemon_clock(),
		};
		struct change c = {
			.daemon = daemon,
			.arena = arena,
			.order = &order,
		};

		if (!is_meant(order.set))
			continue;
		(void)fw_value_named(order.set->type, &c.type);
		r = learn_set(&c, lesson);
	}
	return r;
}

int fw_set_carry_out(struct fw_daemon *daemon, const struct fw_plan *plan,
		     struct fw_changes *changes)
{
	struct lesson lesson = { .pupils = { { plan, changes } } };

	return learn(daemon, is_live, &lesson);
}

int fw_set_note_others(struct fw_daemon *daemon, struct fw_changes *changes,
		       const struct fw_plan *other, struct fw_changes *others,
		       bool *ret_any)
{
	struct lesson lesson = {
		.pupils = {
			{ daemon->running.plan, changes },
			{ other, others },
		},
	};
	int r = learn(daemon, fw_plan_set_is_compiled, &lesson);

	*ret_any = lesson.any;
	return r;
}

void fw_set_carry_in(struct fw_daemon *daemon)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	const struct fw_plan *plan = daemon->running.plan;
	struct fw_set_trouble trouble = { .text = "memory ran out" };

	for (size_t i = 0; i < plan->n_sets; i++) {
		const struct fw_set_order order = {
			.set = &plan->sets[i],
			.now_ns = fw_daemon_clock(),
		};
		const struct fw_set_changes *of = fw_changes_find(
			daemon->running.changes, order.set);
		struct fw_set_result result = { 0 };

		if (!of || of->emptied || !order.set->live)
			continue;
		if (!arena || !change_all(daemon, arena, &order, of, &result,
					  &trouble))
			fw_log(LOG_ERR, "set %s: changes are lost: %s",
			       order.set->name, trouble.text);
	}
	fw_changes_close(daemon->running.changes, plan);
}
