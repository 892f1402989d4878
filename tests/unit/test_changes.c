/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of sets at run time: what a set holds after each verb, and in a file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/changes.h"
#include "util/buf.h"
#include "util/cleanup.h"

/* Declared: 10-19 and 30. */
static const struct fw_interval declared[] = { { 10, 19 }, { 30, 30 } };
static const struct fw_plan_set set = {
	.family = "ip",
	.table = "t",
	.name = "s",
	.type = "inet_service",
	.interval = true,
	.declared = declared,
	.n_declared = FW_ARRAY_SIZE(declared),
};

struct run {
	struct fw_changes *changes;
	struct fw_set_edit edit;
};

static int open_run(void **state)
{
	struct run *run = calloc(1, sizeof(*run));

	run->changes = fw_changes_copy(NULL);
	run->edit = (struct fw_set_edit){
		.arena = run->changes->arena,
		.of = fw_changes_open(run->changes, &set),
		.set = &set,
		.now_ns = 1000,
	};
	*state = run;
	return 0;
}

static int close_run(void **state)
{
	struct run *run = *state;

	fw_changes_free(run->changes);
	free(run);
	return 0;
}

static void holds(const struct fw_changes *changes, const char *expected)
{
	const struct fw_set_changes *of = fw_changes_find(changes, &set);
	struct fw_arena *arena = fw_arena_new();
	struct fw_buf text = { 0 };
	fw_changed_vec content;

	assert_int_equal(fw_changes_content(arena, of, declared,
					    set.n_declared, &content), 0);
	for (size_t i = 0; i < content.n; i++)
		fw_buf_printf(&text, "%s%u-%u", i ? " " : "",
			      (unsigned)content.items[i].lo,
			      (unsigned)content.items[i].hi);
	assert_string_equal(text.text ? text.text : "", expected);
	fw_buf_done(&text);
	fw_arena_free(arena);
}

static struct fw_interval range(unsigned lo, unsigned hi)
{
	return (struct fw_interval){ lo, hi };
}

static void test_add(void **state)
{
	struct run *run = *state;

	assert_int_equal(fw_set_add(&run->edit, range(12, 14)), 0);
	assert_int_equal(fw_set_add(&run->edit, range(40, 40)), 1);
	assert_int_equal(fw_set_add(&run->edit, range(40, 40)), 0);
	/* only what is missing gets the time */
	run->edit.until_ns = 5000;
	assert_int_equal(fw_set_add(&run->edit, range(15, 25)), 1);
	holds(run->changes, "10-25 30-30 40-40");
	assert_int_equal(fw_set_has(&run->edit, range(10, 25)), 1);
	assert_int_equal(fw_set_has(&run->edit, range(10, 26)), 0);
	assert_int_equal(fw_changes_next(run->changes), 5000);
	assert_false(fw_changes_prune(run->changes, 4999));
	assert_true(fw_changes_prune(run->changes, 5000));
	holds(run->changes, "10-19 30-30 40-40");
	assert_int_equal(fw_changes_next(run->changes), 0);
}

static void test_delete(void **state)
{
	struct run *run = *state;

	assert_int_equal(fw_set_delete(&run->edit, range(19, 20)), 0);
	assert_int_equal(fw_set_delete(&run->edit, range(12, 14)), 1);
	assert_int_equal(fw_set_delete(&run->edit, range(12, 12)), 0);
	holds(run->changes, "10-11 15-19 30-30");
	/* of what was added the rest stays */
	assert_int_equal(fw_set_add(&run->edit, range(20, 29)), 1);
	assert_int_equal(fw_set_delete(&run->edit, range(18, 24)), 1);
	holds(run->changes, "10-11 15-17 25-30");
	/* what was declared is there again, and not as an added one */
	assert_int_equal(fw_set_add(&run->edit, range(12, 12)), 1);
	holds(run->changes, "10-12 15-17 25-30");
	assert_int_equal(run->edit.of->added.n, 1);
	/* … but for a time it is */
	run->edit.until_ns = 5000;
	assert_int_equal(fw_set_add(&run->edit, range(13, 13)), 1);
	assert_true(fw_changes_prune(run->changes, 6000));
	holds(run->changes, "10-12 15-17 25-30");
}

static void test_whole(void **state)
{
	const struct fw_interval values[] = { { 30, 30 }, { 50, 51 } };
	struct run *run = *state;
	size_t added, deleted;

	assert_int_equal(fw_set_add(&run->edit, range(60, 60)), 1);
	run->edit.now_ns = 2000;
	assert_int_equal(fw_set_add(&run->edit, range(70, 70)), 1);
	assert_int_equal(fw_set_expire(&run->edit, 1999), 1);
	holds(run->changes, "10-19 30-30 70-70");
	assert_int_equal(fw_set_replace(&run->edit, values, 2, &added,
					&deleted), 0);
	assert_int_equal(added, 1);
	assert_int_equal(deleted, 2);
	holds(run->changes, "30-30 50-51");
	assert_int_equal(fw_set_delete(&run->edit, range(30, 30)), 1);
	assert_int_equal(fw_set_flush(&run->edit, &deleted), 0);
	assert_int_equal(deleted, 1);
	holds(run->changes, "");
	fw_changes_restore(run->changes);
	holds(run->changes, "10-19 30-30");
}

/* A deletion ends when the element leaves the configuration. */
static void test_settle(void **state)
{
	struct fw_plan_set less = set;
	struct fw_plan plan = { .sets = &less, .n_sets = 1 };
	struct run *run = *state;

	less.n_declared = 1;
	assert_int_equal(fw_set_delete(&run->edit, range(30, 30)), 1);
	assert_int_equal(fw_set_delete(&run->edit, range(10, 10)), 1);
	assert_int_equal(fw_set_add(&run->edit, range(40, 40)), 1);
	assert_int_equal(fw_changes_settle(run->changes, &plan), 0);
	holds(run->changes, "11-19 30-30 40-40");
	less.type = "mark";
	assert_int_equal(fw_changes_settle(run->changes, &plan), 0);
	holds(run->changes, "10-19 30-30");
}

/* What another added to nft's set, and took from it. */
static void test_learn(void **state)
{
	const struct fw_added held[] = {
		{ { 10, 16 }, 900, 0 },
		{ { 40, 41 }, 800, 0 },
		{ { 50, 50 }, 800, 7000 },
	};
	const struct fw_interval now_declared[] = { { 17, 21 }, { 60, 60 } };
	struct run *run = *state;
	struct fw_changes *other = fw_changes_copy(NULL);
	struct fw_set_edit nft = run->edit;
	struct fw_plan_set bare = set;
	struct fw_set_difference news;
	fw_changed_vec known;

	assert_int_equal(fw_changes_content(run->edit.arena, NULL, declared,
					    set.n_declared, &known), 0);
	assert_int_equal(fw_set_differ(run->edit.arena, &known, held, 3,
				       &news), 0);
	assert_int_equal(fw_set_learn(&run->edit, &news), 1);
	assert_int_equal(fw_set_learn(&run->edit, &news), 0);
	holds(run->changes, "10-16 40-41 50-50");
	assert_int_equal(run->edit.of->added.n, 2);
	assert_int_equal(run->edit.of->added.items[1].since_ns, 800);
	assert_int_equal(fw_changes_next(run->changes), 7000);

	/* on a set that was made anew, with other elements */
	bare.n_declared = 0;
	nft.set = &bare;
	nft.arena = other->arena;
	nft.of = fw_changes_open(other, &bare);
	assert_int_equal(fw_set_add(&nft, range(17, 21)), 1);
	assert_int_equal(fw_set_repeat(&nft, run->edit.of, now_declared, 2), 0);
	nft.of->emptied = true;	/* so that holds() leaves out its own */
	holds(other, "20-21 40-41 50-50 60-60");
	assert_int_equal(fw_changes_next(other), 7000);
	fw_changes_free(other);
}

static void test_file(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run *run = *state;
	struct fw_changes *again;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	run->edit.until_ns = 7000;
	assert_int_equal(fw_set_add(&run->edit,
				    (struct fw_interval){ 40, ~(fw_u128)0 }), 1);
	assert_int_equal(fw_set_delete(&run->edit, range(12, 13)), 1);
	fw_changes_write(run->changes, "boot-1", file);
	assert_int_equal(fclose(file), 0);

	file = fmemopen(text, len, "r");
	assert_int_equal(fw_changes_read(file, "boot-2", &again), -ESTALE);
	rewind(file);
	assert_int_equal(fw_changes_read(file, "boot-1", &again), 0);
	(void)fclose(file);
	assert_int_equal(fw_changes_next(again), 7000);
	assert_int_equal(again->sets.items[0].added.items[0].since_ns, 1000);
	assert_true(again->sets.items[0].added.items[0].value.hi ==
		    ~(fw_u128)0);
	fw_changes_prune(again, 7000);
	holds(again, "10-11 14-19 30-30");
	fw_changes_free(again);

	/* cut off */
	file = fmemopen(text, len - 1, "r");
	assert_int_equal(fw_changes_read(file, "boot-1", &again), -EBADMSG);
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_add, open_run, close_run),
		cmocka_unit_test_setup_teardown(test_delete, open_run,
						close_run),
		cmocka_unit_test_setup_teardown(test_whole, open_run,
						close_run),
		cmocka_unit_test_setup_teardown(test_settle, open_run,
						close_run),
		cmocka_unit_test_setup_teardown(test_learn, open_run,
						close_run),
		cmocka_unit_test_setup_teardown(test_file, open_run, close_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
