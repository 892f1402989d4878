/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the words of `flywall set`, as a request has them. Out: which set is
 * meant, and values of its type; then what becomes of its changes. A name that
 * is none or several, an element that is no value of the type, and what the set
 * could not be declared with are troubles that say so.
 */
#include "daemon/set_edit.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sysexits.h>

#include "compile/values.h"
#include "util/buf.h"
#include "util/cleanup.h"

#define NS_PER_MS UINT64_C(1000000)

const char *const fw_set_verb_name[] = {
	[FW_SET_ADD] = "add",
	[FW_SET_DELETE] = "delete",
	[FW_SET_REPLACE] = "replace",
	[FW_SET_TEST] = "test",
	[FW_SET_EXPIRE] = "expire",
	[FW_SET_FLUSH] = "flush",
};
_Static_assert(FW_ARRAY_SIZE(fw_set_verb_name) == FW_SET_VERB_MAX_,
	       "a name for each verb");

__attribute__((format(printf, 2, 3)))
static bool usage(struct fw_set_trouble *trouble, const char *format, ...)
{
	va_list ap;

	trouble->code = EX_USAGE;
	va_start(ap, format);
	(void)vsnprintf(trouble->text, sizeof(trouble->text), format, ap);
	va_end(ap);
	return false;
}

static bool no_memory(struct fw_set_trouble *trouble)
{
	(void)usage(trouble, "%s", strerror(ENOMEM));
	trouble->code = EX_OSERR;
	return false;
}

/* --- the set -------------------------------------------------------------- */
static bool is_meant(const struct fw_plan_set *set, const char *family,
		     const char *table, const char *name)
{
	return !strcmp(set->name, name) &&
	       (!table || (!strcmp(set->table, table) &&
			   !strcmp(set->family, family)));
}

static bool unknown_set(const struct fw_plan *plan, const char *name,
			struct fw_set_trouble *trouble)
{
	_cleanup_free_ const char **names = calloc(plan->n_sets + 1,
						   sizeof(*names));
	const char *near;

	if (!names)
		return no_memory(trouble);
	for (size_t i = 0; i < plan->n_sets; i++)
		names[i] = plan->sets[i].name;
	near = fw_nearest(name, names, plan->n_sets);
	if (near)
		return usage(trouble, "there is no set '%s': did you mean '%s'?",
			     name, near);
	return usage(trouble, "there is no set '%s'", name);
}

static bool ambiguous(const struct fw_plan *plan, const char *name,
		      struct fw_set_trouble *trouble)
{
	struct fw_buf all = { 0 };

	for (size_t i = 0; i < plan->n_sets; i++)
		if (!strcmp(plan->sets[i].name, name))
			fw_buf_printf(&all, "%s%s %s %s", all.len ? ", " : "",
				      plan->sets[i].family,
				      plan->sets[i].table, name);
	(void)usage(trouble, "several sets have that name: %s",
		    all.text ? all.text : name);
	fw_buf_done(&all);
	return false;
}

/* As in blocks: that of a table by its names, else the top-level one, else the
 * only one of that name. */
static bool find_set(const struct fw_plan *plan, const json_t *arguments,
		     const struct fw_plan_set **ret,
		     struct fw_set_trouble *trouble)
{
	const char *family = json_string_value(
		json_object_get(arguments, "family"));
	const char *table = json_string_value(
		json_object_get(arguments, "table"));
	const char *name = json_string_value(json_object_get(arguments, "set"));
	size_t n = 0;

	if (!name || !family != !table)
		return usage(trouble, "a set is named as NAME or as FAMILY "
				      "TABLE NAME");
	for (size_t i = 0; i < plan->n_sets; i++) {
		const struct fw_plan_set *set = &plan->sets[i];

		if (!is_meant(set, family, table, name))
			continue;
		*ret = set;
		if (!*set->table && !table)
			return true;
		n++;
	}
	if (n > 1)
		return ambiguous(plan, name, trouble);
	return n == 1 || unknown_set(plan, name, trouble);
}

/* --- its elements --------------------------------------------------------- */
static bool is_added(enum fw_set_verb verb)
{
	return verb == FW_SET_ADD || verb == FW_SET_REPLACE;
}

static bool read_value(const struct fw_set_order *order,
		       enum fw_value_type type, const char *text,
		       struct fw_interval *ret, struct fw_set_trouble *trouble)
{
	const struct fw_plan_set *set = order->set;
	struct fw_value_error error = { .hint = "" };

	switch (fw_value_text(type, text, ret, &error)) {
	case FW_VALUE_OK:
		break;
	case FW_VALUE_WRONG:
		return usage(trouble, "set %s: %s%s%s%s", set->name, error.text,
			     *error.hint ? " (" : "", error.hint,
			     *error.hint ? ")" : "");
	default:
		return usage(trouble, "set %s: '%s' is no %s", set->name, text,
			     fw_value_prose(type));
	}
	if (!is_added(order->verb))
		return true;
	if (ret->lo != ret->hi && !set->interval)
		return usage(trouble, "set %s: '%s' is more than one value, and "
				      "the set has no 'flags interval'",
			     set->name, text);
	if (set->file && !set->force && !ret->lo &&
	    ret->hi == fw_value_max(type) &&
	    (type == FW_VALUE_IPV4 || type == FW_VALUE_IPV6))
		return usage(trouble, "set %s: '%s' covers every address, and "
				      "the set has no 'force'", set->name,
			     text);
	return true;
}

/* Nothing but an element: it becomes a part of a script. */
static bool is_plain(const char *text)
{
	static const char more[] = " .:/-_*";

	for (const char *at = text; *at; at++)
		if (!(*at >= '0' && *at <= '9') &&
		    !(*at >= 'a' && *at <= 'z') &&
		    !(*at >= 'A' && *at <= 'Z') && !strchr(more, *at))
			return false;
	return *text;
}

static bool read_texts(struct fw_arena *arena, const json_t *elements,
		       struct fw_set_order *order,
		       struct fw_set_trouble *trouble)
{
	const struct fw_plan_set *set = order->set;
	const json_t *item;
	size_t i;

	if (set->own)
		return usage(trouble, "set %s: elements of type %s are not "
				      "changed at run time by this version",
			     set->name, set->type);
	if (!set->open)
		return usage(trouble, "set %s: its elements are compiled in: "
				      "one with 'flags timeout', or left "
				      "empty, can be changed", set->name);
	order->n_texts = json_array_size(elements);
	order->texts = fw_arena_array(arena, order->n_texts + 1,
				      sizeof(*order->texts));
	if (!order->texts)
		return no_memory(trouble);
	json_array_foreach(elements, i, item) {
		const char *text = json_string_value(item);

		if (!text || !is_plain(text))
			return usage(trouble, "set %s: '%s' is no %s",
				     set->name, text ? text : "", set->type);
		order->texts[i] = text;
	}
	return true;
}

static bool read_values(struct fw_arena *arena, const json_t *elements,
			struct fw_set_order *order,
			struct fw_set_trouble *trouble)
{
	enum fw_value_type type;
	const json_t *item;
	size_t i;

	if (!order->set->values || !fw_value_named(order->set->type, &type))
		return read_texts(arena, elements, order, trouble);
	order->n_values = json_array_size(elements);
	order->values = fw_arena_array(arena, order->n_values,
				       sizeof(*order->values));
	if (!order->values)
		return no_memory(trouble);
	json_array_foreach(elements, i, item) {
		const char *text = json_string_value(item);

		if (!text)
			return usage(trouble, "an element is a string");
		if (!read_value(order, type, text, &order->values[i], trouble))
			return false;
	}
	return true;
}

static bool read_verb(const json_t *arguments, struct fw_set_order *order,
		      struct fw_set_trouble *trouble)
{
	const char *verb = json_string_value(
		json_object_get(arguments, "verb"));

	for (size_t i = 0; verb && i < FW_SET_VERB_MAX_; i++) {
		if (strcmp(verb, fw_set_verb_name[i]) != 0)
			continue;
		order->verb = (enum fw_set_verb)i;
		return true;
	}
	return usage(trouble, "a set takes add, delete, replace, test, expire "
			      "or flush");
}

bool fw_set_order_read(const struct fw_daemon *daemon, struct fw_arena *arena,
		       const json_t *arguments, struct fw_set_order *ret,
		       struct fw_set_trouble *trouble)
{
	const json_t *elements = json_object_get(arguments, "elements");
	uint64_t ms = (uint64_t)json_integer_value(
		json_object_get(arguments, "ms"));
	struct fw_set_order order = { .now_ns = fw_daemon_clock() };

	if (!find_set(daemon->running.plan, arguments, &order.set, trouble) ||
	    !read_verb(arguments, &order, trouble))
		return false;
	if (order.set->map)
		return usage(trouble, "'%s' is a map: the configuration says "
				      "what it holds", order.set->name);
	if (!read_values(arena, elements, &order, trouble))
		return false;
	order.ms = ms;
	if (order.verb == FW_SET_EXPIRE && order.texts)
		return usage(trouble, "set %s: the age of its elements is not "
				      "known", order.set->name);
	if (order.verb == FW_SET_EXPIRE)
		order.since_ns = order.now_ns > ms * NS_PER_MS ?
				 order.now_ns - ms * NS_PER_MS : 0;
	else if (ms > 0)
		order.until_ns = order.now_ns + ms * NS_PER_MS;
	*ret = order;
	return true;
}

/* --- what becomes of it --------------------------------------------------- */
static int run_each(const struct fw_set_order *order,
		    const struct fw_set_edit *edit, struct fw_set_result *ret)
{
	static int (*const verbs[])(const struct fw_set_edit *edit,
				    struct fw_interval value) = {
		[FW_SET_ADD] = fw_set_add,
		[FW_SET_DELETE] = fw_set_delete,
		[FW_SET_TEST] = fw_set_has,
	};
	int r = 0;

	ret->of = order->n_values;
	for (size_t i = 0; r >= 0 && i < order->n_values; i++) {
		r = verbs[order->verb](edit, order->values[i]);
		ret->done += r > 0;
	}
	ret->changed = order->verb != FW_SET_TEST && ret->done > 0;
	return r < 0 ? r : 0;
}

int fw_set_order_run(const struct fw_set_order *order,
		     struct fw_changes *changes, struct fw_set_result *ret)
{
	struct fw_set_edit edit = {
		.arena = changes->arena,
		.of = fw_changes_open(changes, order->set),
		.set = order->set,
		.now_ns = order->now_ns,
		.until_ns = order->until_ns,
	};
	int r = 0;

	*ret = (struct fw_set_result){ 0 };
	if (!edit.of)
		return -ENOMEM;
	switch (order->verb) {
	case FW_SET_REPLACE:
		r = fw_set_replace(&edit, order->values, order->n_values,
				   &ret->done, &ret->deleted);
		ret->of = order->n_values;
		ret->changed = true;
		break;
	case FW_SET_EXPIRE:
		ret->of = edit.of->added.n;
		ret->done = fw_set_expire(&edit, order->since_ns);
		ret->changed = ret->done > 0;
		break;
	case FW_SET_FLUSH:
		r = fw_set_flush(&edit, &ret->done);
		ret->of = ret->done;
		ret->changed = true;
		break;
	default:
		r = run_each(order, &edit, ret);
		break;
	}
	return r;
}
