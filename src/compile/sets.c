/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets and maps: their type, flags and content.
 *
 * In: the lines and elements that the file has built. Out: typed sets: what
 * goes to nft as text, and, for the types that Flywall understands, the content
 * as intervals or domains, that of an element file merged in, and what was added
 * and deleted at run time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/sets.h"
#include "plan/changes.h"
#include "util/cleanup.h"
#include "util/pages.h"

/* Without intervals each value stands for itself. */
static size_t count_values(const struct fw_typed_set *set)
{
	size_t n = set->n_intervals;

	for (size_t i = 0; !set->interval && i < set->n_intervals; i++)
		n += (size_t)(set->intervals[i].hi - set->intervals[i].lo);
	return n;
}

int fw_set_texts(struct fw_arena *arena, const struct fw_typed_set *set,
		 const char **ret)
{
	enum fw_value_type type;
	size_t n = 0;

	if (set->elements || !fw_set_value_type(set->type, &type)) {
		for (; n < set->n_elements; n++) {
			ret[n] = fw_arena_strdup(arena, set->elements[n]);
			if (!ret[n])
				return -ENOMEM;
		}
		return 0;
	}
	for (size_t i = 0; i < set->n_intervals; i++) {
		struct fw_interval value = set->intervals[i];
		fw_u128 last = value.hi;

		do {
			if (!set->interval)
				value.hi = value.lo;
			ret[n] = fw_value_print(arena, type, &value);
			if (!ret[n++])
				return -ENOMEM;
			value.lo++;
		} while (!set->interval && value.lo <= last);
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An element that is written twice is one. */
static int count_elements(struct fw_set_check *check, size_t *ret)
{
	size_t n = check->texts.n, distinct = n > 0;
	_cleanup_free_ const char **sorted = NULL;

	*ret = n;
	if (!check->size || n <= check->size)
		return 0;
	sorted = fw_pages_calloc(n, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, check->texts.items, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_text);
	for (size_t i = 1; i < n; i++)
		distinct += strcmp(sorted[i - 1], sorted[i]) != 0;
	*ret = distinct;
	return 0;
}

/* Content that may change while it is asked: a set with times, one that is said
 * to change, and one that the file leaves empty for others to fill. What packets
 * themselves change is nft's. */
static bool is_live(const struct fw_set_check *check)
{
	const struct fw_typed_set *set = check->set;

	return (set->type == FW_SET_IPV4_ADDR ||
		set->type == FW_SET_IPV6_ADDR) &&
	       !set->map && !check->judges && !check->source->written &&
	       !check->fixed &&
	       (set->dynamic || (!check->file && !check->source->elements.n));
}

/* What was changed at run time, on what the file says. */
static int apply_changes(struct fw_set_check *check, bool *ret_changed)
{
	struct fw_typed_set *set = check->set;
	const struct fw_plan_set named = {
		.family = set->table ? set->table->family : "",
		.table = set->table ? set->table->name : "",
		.name = set->name,
		.type = check->type ? check->type : "",
	};
	const struct fw_set_changes *of = fw_changes_find(
		check->checker->typed->facts->changes, &named);
	fw_changed_vec content;
	int r;

	set->declared = set->intervals;
	set->n_declared = set->n_intervals;
	if (!of || !set->constant)
		return 0;
	r = fw_changes_content(check->checker->arena, of, set->declared,
			       set->n_declared, &content);
	if (r < 0)
		return r;
	set->intervals = check->intervals.items = content.items;
	set->n_intervals = check->intervals.n = content.n;
	*ret_changed = true;
	return 0;
}

/* Elements of a live set may be added for a time, whatever its flags; where XDP
 * does not ask it, nft has it as it was written. */
static int admit_times(struct fw_set_check *check)
{
	_cleanup_(fw_buf_done) struct fw_buf body = { 0 };
	const char *text = check->body.text ? check->body.text : "";

	if (!check->set->live || check->has_times)
		return 0;
	if (check->flags_end)
		fw_buf_addn(&body, text, check->flags_end);
	fw_buf_add(&body, check->flags_end ? ",timeout" : "flags timeout\n");
	fw_buf_add(&body, text + check->flags_end);
	if (body.failed)
		return -ENOMEM;
	check->set->timed_body = fw_arena_strdup(check->checker->arena,
						 body.text);
	return check->set->timed_body ? 0 : -ENOMEM;
}

static int finish(struct fw_set_check *check)
{
	struct fw_typed_set *set = check->set;
	bool printed = false;
	enum fw_value_type type;
	size_t n;
	int r;

	if (set->type >= FW_SET_DOMAIN)
		return fw_set_own_finish(check);
	if (fw_set_value_type(set->type, &type)) {
		check->intervals.n = fw_intervals_merge(check->intervals.items,
							check->intervals.n);
		set->intervals = check->intervals.items;
		set->n_intervals = check->intervals.n;
		set->live = is_live(check);
		set->constant = !set->dynamic && !check->stateful && !set->live;
		r = admit_times(check);
		if (!r)
			r = apply_changes(check, &printed);
		if (r < 0)
			return r;
		printed |= check->file && !check->stateful;
	}
	r = printed ? 0 : count_elements(check, &n);
	if (r)
		return r;
	if (printed)
		n = count_values(set);
	if (check->size && !set->interval && n > check->size)
		fw_error(check->checker->diags, "set-full", &check->source->loc,
			 "set '%s' has %zu elements, but 'size %llu'",
			 check->source->name, n,
			 (unsigned long long)check->size);
	if (check->file && set->interval && !set->merges)
		fw_buf_printf(&check->body, "%sauto-merge",
			      check->body.len ? "\n" : "");
	set->merges = set->merges || check->file;
	set->elements = printed ? NULL : check->texts.items;
	set->n_elements = printed ? n : check->texts.n;
	return 0;
}

static int check_set(struct fw_checker *checker, const struct fw_res_set *source,
		     struct fw_typed_table *table, struct fw_typed_set *set)
{
	struct fw_set_check check = {
		.checker = checker,
		.source = source,
		.set = set,
	};
	char *body;
	int r;

	set->name = source->name;
	set->item = source->item;
	set->table = table;
	set->map = source->map;
	set->dynamic = source->written;
	r = fw_set_check_lines(&check);
	if (!r)
		r = fw_set_check_elements(&check);
	if (!r && check.file) {
		check.options.path = check.file;
		check.options.interval = set->interval;
		r = fw_check_file(checker, set->type, &check.options,
				  &check.intervals, &check.own,
				  &set->options.path);
		set->options.file = check.file->text;
	}
	if (!r)
		r = finish(&check);
	checker->set_infos[set - checker->typed->sets] = (struct fw_set_info){
		.type = check.type ? check.type : "none",
		.loc = source->loc,
	};
	if (!r)
		r = fw_set_check_types(&check);
	if (!check.type || !*check.type)
		checker->set_infos[set - checker->typed->sets].open = true;
	body = fw_buf_take(&check.body);
	set->body = body ? fw_arena_strdup(checker->arena, body) : NULL;
	free(body);
	return !r && !set->body ? -ENOMEM : r;
}

static size_t count_sets(const struct fw_resolved *resolved)
{
	size_t n = resolved->sets.n;

	for (size_t i = 0; i < resolved->tables.n; i++)
		n += resolved->tables.items[i]->sets.n;
	return n;
}

int fw_check_sets(struct fw_checker *checker)
{
	const struct fw_resolved *in = checker->resolved;
	struct fw_typed *typed = checker->typed;
	size_t k = 0;
	int r = 0;

	fw_sets_note_written(in);
	typed->n_sets = count_sets(in);
	typed->sets = fw_arena_array(checker->arena,
				     typed->n_sets +
					     FW_BLOCKED_SETS(in->tables.n),
				     sizeof(*typed->sets));
	checker->set_infos = fw_arena_array(checker->arena, typed->n_sets,
					    sizeof(*checker->set_infos));
	if (!typed->sets || !checker->set_infos)
		return -ENOMEM;
	for (size_t t = 0; t < in->tables.n; t++) {
		struct fw_typed_table *table = &typed->tables[t];

		table->n_sets = in->tables.items[t]->sets.n;
		table->sets = fw_arena_array(checker->arena, table->n_sets,
					     sizeof(*table->sets));
		if (!table->sets)
			return -ENOMEM;
		for (size_t i = 0; !r && i < table->n_sets; i++) {
			struct fw_res_set *set =
				in->tables.items[t]->sets.items[i];

			set->index = k;
			table->sets[i] = &typed->sets[k++];
			r = check_set(checker, set, table, table->sets[i]);
			if (!r)
				r = fw_check_map_objects(
					checker, in->tables.items[t], set);
		}
	}
	for (size_t i = 0; !r && i < in->sets.n; i++) {
		in->sets.items[i]->index = k;
		r = check_set(checker, in->sets.items[i], NULL,
			      &typed->sets[k++]);
	}
	return r;
}
