/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets and their changes in, a document out. Of sets that nft holds, it is asked;
 * where it does not answer, and of what is not counted, numbers are null. Only
 * memory fails.
 */
#include "daemon/set_list.h"

#include "compile/values.h"
#include "daemon/json.h"
#include "daemon/set_edit.h"
#include "daemon/status.h"
#include "util/cleanup.h"

#define NS_PER_S UINT64_C(1000000000)

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)
FW_CLEANUP_PTR(struct fw_changes *, fw_changes_free)

struct listing {
	struct fw_daemon *daemon;
	struct fw_arena *arena;
	const struct fw_changes *changes;
	uint64_t now_ns;
};

static json_t *element(const struct listing *l, enum fw_value_type type,
		       const struct fw_interval *value)
{
	const char *text = fw_value_print(l->arena, type, value);

	return text ? json_string(text) : NULL;
}

static json_t *append(json_t *array, json_t *item)
{
	if (!array || json_array_append_new(array, item) < 0) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *added(const struct listing *l, enum fw_value_type type,
		     const struct fw_set_changes *of)
{
	json_t *array = json_array();

	for (size_t i = 0; of && i < of->added.n; i++) {
		const struct fw_added *a = &of->added.items[i];
		uint64_t left = a->until_ns > l->now_ns ?
					a->until_ns - l->now_ns : 0;

		array = append(array, json_pack(
			"{s:o, s:o}", "element", element(l, type, &a->value),
			"left_s", a->until_ns ? fw_json_number(left / NS_PER_S) :
						json_null()));
	}
	return array;
}

static json_t *deleted(const struct listing *l, enum fw_value_type type,
		       const struct fw_set_changes *of)
{
	json_t *array = json_array();

	for (size_t i = 0; of && i < of->deleted.n; i++)
		array = append(array, element(l, type, &of->deleted.items[i]));
	return array;
}

/* Of a set that only nft reads. */
static json_t *held(const struct listing *l, const struct fw_plan_set *set)
{
	const struct fw_plan *plan = l->daemon->running.plan;
	size_t n;

	for (size_t i = 0; !set->own && i < plan->n_tables; i++) {
		const struct fw_live_set named = {
			.family = plan->tables[i].family,
			.table = plan->tables[i].name,
			.name = set->name,
		};

		if (fw_set_is_in(plan, &plan->tables[i], set) &&
		    fw_apply_set_count(l->daemon->apply, l->arena, &named,
				       &n) == 0)
			return fw_json_number(n);
	}
	return json_null();
}

static json_t *count(const struct listing *l, const struct fw_plan_set *set,
		     const struct fw_set_changes *of)
{
	fw_changed_vec content;

	if (!set->values || (set->open && !set->live))
		return held(l, set);
	if (fw_changes_content(l->arena, of, set->declared, set->n_declared,
			       &content) < 0)
		return NULL;
	return fw_json_number(fw_set_count(set, content.items, content.n));
}

static json_t *describe(const struct listing *l, const struct fw_plan_set *set)
{
	const struct fw_set_changes *of = fw_changes_find(l->changes, set);
	enum fw_value_type type = FW_VALUE_MAX_;

	(void)fw_value_named(set->type, &type);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o}",
			 "family", set->family, "table", set->table, "name",
			 set->name, "type", fw_json_text(set->type), "elements",
			 count(l, set, of), "held_by",
			 set->open ? "nft" : "flywall", "n_added",
			 fw_json_number(of ? of->added.n : 0), "n_deleted",
			 fw_json_number(of ? of->deleted.n : 0), "added",
			 added(l, type, of), "deleted", deleted(l, type, of));
}

json_t *fw_set_list_document(struct fw_daemon *daemon)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	_cleanup_(fw_changes_free_ptr_) struct fw_changes *changes =
		fw_changes_copy(daemon->running.changes);
	const struct listing l = {
		.daemon = daemon,
		.arena = arena,
		.changes = changes,
		.now_ns = fw_daemon_clock(),
	};
	const struct fw_plan *plan = daemon->running.plan;
	json_t *array = json_array();

	if (!arena || !changes || fw_set_carry_out(daemon, plan, changes) < 0) {
		json_decref(array);
		return NULL;
	}
	for (size_t i = 0; i < plan->n_sets; i++)
		if (!plan->sets[i].map)
			array = append(array, describe(&l, &plan->sets[i]));
	return json_pack("{s:s, s:o, s:o}", "schema", FW_SCHEMA, "generation",
			 fw_json_number(fw_apply_generation(daemon->apply)),
			 "sets", array);
}
