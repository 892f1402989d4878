/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is usual: seconds, hours and days in a moment, as values one by one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events/baseline.h"

#define FLOOR 10.0
#define TIMES 4.0
#define HOUR 3600

/* Numbers that are the same in each run. */
static uint64_t seed;

static double draw(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (double)(seed >> 33) / (double)(1u << 31);
}

/* A count of that mean (Poisson, by Knuth's product of uniforms). */
static double count(double mean)
{
	double limit = exp(-mean), product = draw();
	double n = 0;

	while (product > limit) {
		product *= draw();
		n++;
	}
	return n;
}

/* Alerts of so many seconds of that mean. */
static unsigned seconds(struct fw_baseline *b, unsigned hour, unsigned n,
			double mean)
{
	struct fw_baseline_view view;
	unsigned alerts = 0;

	for (unsigned i = 0; i < n; i++)
		alerts += fw_baseline_add(b, hour * HOUR + i, mean > 0 ? count(mean) : 0,
					  FLOOR, TIMES, &view);
	return alerts;
}

static void test_quiet(void **state)
{
	static const double means[] = { 0, 0.1, 3, 40, 300 };

	(void)state;
	for (unsigned s = 1; s <= 20; s++) {
		for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
			struct fw_baseline b = { 0 };

			seed = s;
			assert_int_equal(seconds(&b, 3, HOUR, means[i]), 0);
			/* the next hour is not known, and not news either */
			assert_int_equal(seconds(&b, 4, HOUR, means[i]), 0);
		}
	}
}

/* Within so many seconds, once, with the numbers. */
static void is_loud(double before, double value, unsigned within)
{
	struct fw_baseline b = { 0 };
	struct fw_baseline_view view;
	unsigned alerts = 0, first = 0;

	seed = 7;
	assert_int_equal(seconds(&b, 0, 60, before), 0);
	for (unsigned i = 1; i <= 30; i++) {
		if (!fw_baseline_add(&b, 0, value, FLOOR, TIMES, &view))
			continue;
		if (!alerts++)
			first = i;
		assert_true(view.times > TIMES);
		assert_true(view.value > view.mean + TIMES * view.deviation);
		assert_true(fabs(view.mean - before) < before / 2 + FLOOR);
		assert_true(view.deviation >= FLOOR);
	}
	assert_int_equal(alerts, 1);
	assert_in_range(first, 1, within);
}

static void test_loud(void **state)
{
	(void)state;
	is_loud(0, 1000, 1);
	is_loud(0, 60, 3);
	is_loud(100, 1000, 1);
	is_loud(300, 500, 3);
}

/* A burst of one second, as a scan is; and a blip. */
static void test_burst(void **state)
{
	struct fw_baseline b = { 0 };
	struct fw_baseline_view view;

	(void)state;
	assert_int_equal(seconds(&b, 0, 60, 0), 0);
	assert_false(fw_baseline_add(&b, 0, 100, FLOOR, TIMES, &view));
	assert_int_equal(seconds(&b, 0, 60, 0), 0);
	assert_true(fw_baseline_add(&b, 0, 1000, FLOOR, TIMES, &view));
	assert_int_equal((int)view.value, 333);
}

static void test_learning(void **state)
{
	struct fw_baseline b = { 0 };
	struct fw_baseline_view view;

	(void)state;
	/* nothing is known: whatever comes first is no news */
	for (int i = 0; i < FW_BASELINE_LEARN; i++)
		assert_false(fw_baseline_add(&b, 0, 1000 * (i % 2), FLOOR,
					     TIMES, &view));
	/* no deviation asked for, no alert */
	assert_false(fw_baseline_add(&b, 0, 1e9, FLOOR, 0, &view));
}

/* An attack is not learnt from; a new level that stays is. */
static void test_lasting(void **state)
{
	struct fw_baseline b = { 0 };
	struct fw_baseline_view view;
	unsigned alerts = 0;

	(void)state;
	seed = 5;
	assert_int_equal(seconds(&b, 0, 300, 20), 0);
	for (int i = 0; i < 290; i++)
		alerts += fw_baseline_add(&b, 0, 500, FLOOR, TIMES, &view);
	assert_int_equal(alerts, 5);
	assert_true(view.mean < 25 && view.mean > 15);
	/* it ends, and comes again */
	assert_int_equal(seconds(&b, 0, 60, 20), 0);
	assert_true(fw_baseline_add(&b, 0, 500, FLOOR, TIMES, &view));
	for (int i = 0; i < 2 * HOUR; i++)
		(void)fw_baseline_add(&b, 0, 500, FLOOR, TIMES, &view);
	assert_true(view.mean > 450);
	assert_int_equal(seconds(&b, 0, HOUR, 500), 0);
}

/* What is usual at nine is not at three. */
static void test_hours(void **state)
{
	struct fw_baseline b = { 0 };
	unsigned at_nine[3] = { 0 };

	(void)state;
	seed = 11;
	for (unsigned day = 0; day < 3; day++) {
		for (unsigned hour = 0; hour < 24; hour++) {
			unsigned n = seconds(&b, hour, HOUR,
					     hour == 9 ? 400 : 5);

			if (hour == 9)
				at_nine[day] = n;
			else
				assert_int_equal(n, 0);
		}
	}
	assert_true(at_nine[0] > 0);
	assert_int_equal(at_nine[2], 0);
	assert_true(seconds(&b, 3, 5, 400) > 0);
}

static void test_kept(void **state)
{
	struct fw_baseline b = { 0 }, other = { 0 };
	struct fw_baseline_cell cell;
	struct fw_baseline_view view;
	char *text = NULL, name[64];
	unsigned hour, n = 0;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	seed = 3;
	(void)seconds(&b, 7, 700, 50);
	(void)seconds(&b, 8, 100, 50);
	fw_baseline_write(&b, "drops", out);
	(void)fclose(out);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(fw_baseline_read(line, name, &hour, &cell));
		assert_string_equal(name, "drops");
		*(hour < 24 ? &other.hours[hour] : &other.all) = cell;
		n++;
	}
	assert_int_equal(n, 3);
	/* learnt already: loud at once, and of the same opinion */
	assert_true(fw_baseline_add(&other, 7 * HOUR + 1800, 3000, FLOOR, TIMES, &view));
	assert_true(fabs(view.mean - b.hours[7].mean) < 0.01);
	free(text);
	assert_false(fw_baseline_read("drops 25 1 1 1", name, &hour, &cell));
	assert_false(fw_baseline_read("drops 2 1 nan 1", name, &hour, &cell));
	assert_false(fw_baseline_read("drops 2 1 1 -1", name, &hour, &cell));
	assert_false(fw_baseline_read("drops 2 601 1 1", name, &hour, &cell));
	assert_false(fw_baseline_read("drops 2 1 1", name, &hour, &cell));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet),  cmocka_unit_test(test_loud),
		cmocka_unit_test(test_burst),  cmocka_unit_test(test_learning),
		cmocka_unit_test(test_lasting), cmocka_unit_test(test_hours),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
