/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of nft's sets while they run.
 *
 * In: a set of values, a script. Out: what the set holds, as intervals; what
 * the script says, in the kernel. What may fail: a set that is not there
 * (-ENOENT), what nft refuses (-EINVAL, with nft's words), memory.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/nft_private.h"
#include "nft/child.h"
#include "util/cleanup.h"
#include "util/vec.h"

struct point {
	fw_u128 value;
	const struct fw_nft_kernel_element *element;
};

/* Where one interval ends and the next begins, the end comes first. */
static int by_place(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return y->element->end - x->element->end;
}

static fw_u128 value_of(const struct fw_nft_kernel_element *element)
{
	fw_u128 value = 0;

	for (size_t i = 0; i < element->len; i++)
		value = value << 8 | element->key[i];
	return value;
}

static int add_range(struct fw_arena *arena, fw_u128 lo, fw_u128 hi,
		     const struct fw_nft_kernel_element *element,
		     struct fw_nft_ranges *ret)
{
	struct fw_nft_range *range = fw_vec_push(arena, ret);
	uint64_t timeout = element->timeout_ms, left = element->left_ms;

	if (!range)
		return -ENOMEM;
	*range = (struct fw_nft_range){
		.lo = lo,
		.hi = hi,
		.timed = element->timed,
		.age_ms = timeout > left ? timeout - left : 0,
		.left_ms = left,
	};
	return 0;
}

static int pair_up(struct fw_arena *arena, const struct fw_live_set *set,
		   unsigned width, const struct point *points, size_t n,
		   struct fw_nft_ranges *ret)
{
	const fw_u128 last = ~(fw_u128)0 >> (128 - width);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		fw_u128 hi = points[i].value;

		if (points[i].element->end)
			continue;
		if (set->interval)
			hi = i + 1 < n ? points[i + 1].value - 1 : last;
		r = add_range(arena, points[i].value, hi, points[i].element,
			      ret);
	}
	return r;
}

int fw_nft_set_ranges(struct fw_nft *nft, struct fw_arena *arena,
		      const struct fw_live_set *set, unsigned width,
		      struct fw_nft_ranges *ret)
{
	struct fw_nft_kernel_elements elements;
	size_t n = 0;
	struct point *points;
	int r = fw_nft_kernel_elements(nft->nl, arena, set->family, set->table,
				       set->name, &elements);

	*ret = (struct fw_nft_ranges){0};
	if (r < 0)
		return r;
	points = fw_arena_array(arena, elements.n, sizeof(*points));
	if (!points)
		return -ENOMEM;
	for (size_t i = 0; i < elements.n; i++)
		if (elements.items[i].len == width / 8)
			points[n++] = (struct point){
				value_of(&elements.items[i]),
				&elements.items[i],
			};
	qsort(points, n, sizeof(*points), by_place);
	return pair_up(arena, set, width, points, n, ret);
}

int fw_nft_set_count(struct fw_nft *nft, struct fw_arena *arena,
		     const struct fw_live_set *set, size_t *ret)
{
	struct fw_nft_kernel_elements elements;
	int r = fw_nft_kernel_elements(nft->nl, arena, set->family, set->table,
				       set->name, &elements);

	if (r < 0)
		return r;
	*ret = 0;
	for (size_t i = 0; i < elements.n; i++)
		*ret += !elements.items[i].end;
	return 0;
}

/* --- classes -------------------------------------------------------------- */
static int by_id(const void *a, const void *b)
{
	const struct fw_flow_class *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* What the table says of a packet's priority (gate.c). */
int fw_nft_classes(struct fw_nft *nft, struct fw_arena *arena,
		   struct fw_flow_classes *ret)
{
	struct fw_nft_kernel_elements elements;
	int r = fw_nft_kernel_elements(nft->nl, arena, "inet", "flywall",
				       "classes", &elements);

	*ret = (struct fw_flow_classes){0};
	for (size_t i = 0; r == 0 && i < elements.n; i++) {
		const struct fw_nft_kernel_element *from = &elements.items[i];
		struct fw_flow_class *to;

		if (from->len != sizeof(to->id) ||
		    !FW_QOS_IS_CARRIER(from->data))
			continue;
		to = fw_vec_push(arena, ret);
		if (!to)
			return -ENOMEM;
		memcpy(&to->id, from->key, sizeof(to->id));
		to->number = FW_QOS_NUMBER(from->data);
	}
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_id);
	return r;
}

int fw_flow_class_of(const struct fw_flow_classes *classes, uint32_t id)
{
	const struct fw_flow_class key = { .id = id };
	const struct fw_flow_class *found =
		classes->n ? bsearch(&key, classes->items, classes->n,
				     sizeof(key), by_id) : NULL;

	return found ? (int)found->number : -1;
}

int fw_nft_run(struct fw_nft *nft, const char *script,
	       struct fw_apply_error *ret_error)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_nft_complaints complaints = {0};
	int r;

	(void)nft;
	if (!arena)
		return fw_nft_fail(ret_error, -ENOMEM, "nft");
	r = fw_nft_child_run(arena, script, false, &complaints);
	if (r > 0)
		r = fw_apply_fail(ret_error, FW_APPLY_REFUSED, -EINVAL, "%s",
				  complaints.items[0].text);
	else if (r < 0)
		r = fw_nft_fail(ret_error, r, "running nft");
	fw_arena_free(arena);
	return r;
}
