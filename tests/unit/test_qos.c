/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes: the numbers that they have, and what programs are told of them.
 *
 * Catches: a number that depends on what else there is, two classes with one, one
 * that no index holds; a rate, burst or time that is another one than was written,
 * a product that the programs cannot hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "plan/plan.h"

#define SECOND UINT64_C(1000000000)
#define FRAME 65536u		/* bytes: no packet is longer */

/* --- numbers -------------------------------------------------------------- */
static uint16_t number_of(const char *name)
{
	struct fw_qos_class class = { .name = name };

	assert_int_equal(fw_plan_class_number(&class, 0), 0);
	return class.number;
}

static void test_number_is_of_name(void **state)
{
	struct fw_qos_class classes[] = { { .name = "bulk" },
					  { .name = "voice" },
					  { .name = "rest" } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fw_plan_class_number(classes, i), 0);
		assert_int_equal(classes[i].number, number_of(classes[i].name));
	}
	assert_int_not_equal(number_of("bulk"), number_of("voice"));
}

static void test_numbers_differ(void **state)
{
	enum { N = FW_QOS_CLASSES };
	static struct fw_qos_class classes[N];
	static char names[N][16];
	static unsigned taken[N];

	(void)state;
	for (size_t i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "class%zu", i);
		classes[i].name = names[i];
		assert_int_equal(fw_plan_class_number(classes, i), 0);
		assert_in_range(classes[i].number, 0, N - 1);
		assert_int_equal(taken[classes[i].number]++, 0);
	}
}

/* --- what programs are told ------------------------------------------------ */
static struct fw_qos made(uint64_t amount, uint32_t seconds, uint64_t burst)
{
	struct fw_qos_class class = {
		.name = "bulk",
		.rate = { .amount = amount, .seconds = seconds },
		.burst = burst,
	};
	struct fw_qos qos;

	fw_plan_class_make(&class, &qos);
	return qos;
}

/* As TC egress has it. */
static uint64_t cost(const struct fw_qos *qos, uint64_t bytes)
{
	return qos->period * bytes / qos->rate;
}

static void test_no_rate(void **state)
{
	struct fw_qos qos = made(0, 0, 0);

	(void)state;
	assert_int_equal(qos.rate, 0);
	assert_int_equal(qos.flags, FW_QOS_KNOWN);
}

static void test_rate(void **state)
{
	struct fw_qos second = made(1000000, 1, 0);
	struct fw_qos minute = made(1000000, 60, 0);

	(void)state;
	assert_int_equal(cost(&second, 1000000), SECOND);
	assert_int_equal(cost(&second, 1500), 1500000);
	assert_int_equal(cost(&minute, 1000000), 60 * SECOND);
	/* 20 ms, where no burst was written */
	assert_int_equal(second.depth, SECOND / 50);
	assert_int_equal(minute.depth, SECOND / 50);
}

static void test_burst(void **state)
{
	struct fw_qos qos = made(1000000, 1, 200000);

	(void)state;
	assert_int_equal(qos.depth, cost(&qos, 200000));
	assert_int_equal(qos.depth, SECOND / 5);
}

/* A rate that is written for a long time is the same rate for a shorter one. */
static void test_long_time(void **state)
{
	struct fw_qos week = made(604800000, 604800, 0);
	struct fw_qos little = made(1, 604800, 0);

	(void)state;
	assert_in_range(cost(&week, 1000), SECOND - 1, SECOND + 1);
	assert_true(little.rate > 0);
	assert_true(little.period <= UINT64_MAX / FRAME);
}

static void test_bounds(void **state)
{
	static const uint64_t amounts[] = { 1, 1000, UINT64_MAX };
	static const uint32_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	static const uint64_t bursts[] = { 0, 1, UINT64_MAX };

	(void)state;
	for (size_t a = 0; a < 3; a++)
		for (size_t s = 0; s < 5; s++)
			for (size_t b = 0; b < 3; b++) {
				struct fw_qos qos = made(amounts[a], seconds[s],
							 bursts[b]);

				assert_true(qos.rate > 0);
				assert_true(qos.period <= UINT64_MAX / FRAME);
				/* with a time of the boot clock, and a packet */
				assert_true(qos.depth <= 86400 * SECOND);
			}
}

static void test_marks(void **state)
{
	struct fw_qos_class class = {
		.name = "voice", .has_dscp = true, .dscp = 46,
		.has_priority = true, .priority = 0x10030,
	};
	struct fw_qos qos;

	(void)state;
	fw_plan_class_make(&class, &qos);
	assert_int_equal(qos.flags,
			 FW_QOS_KNOWN | FW_QOS_DSCP | FW_QOS_PRIORITY);
	assert_int_equal(qos.dscp, 46);
	assert_int_equal(qos.priority, 0x10030);
	class.has_dscp = false;
	fw_plan_class_make(&class, &qos);
	assert_int_equal(qos.flags, FW_QOS_KNOWN | FW_QOS_PRIORITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_is_of_name),
		cmocka_unit_test(test_numbers_differ),
		cmocka_unit_test(test_no_rate),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_long_time),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
