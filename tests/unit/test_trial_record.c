/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ran before a trial, to its file and back; and of a file that was cut at
 * any byte, nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/trial_record.h"

static char dir[] = "/tmp/fw-trial-XXXXXX";
static char path[sizeof(dir) + 8];

static void test_round_trip(void **state)
{
	static const char text[] = "table ip t {\n}\n\n# end\n# more\n";
	struct fw_trial_record record;

	(void)state;
	assert_int_equal(fw_trial_record_read(dir, &record), -ENOENT);
	assert_int_equal(fw_trial_record_write(dir, 1, "a\nb", text), -EINVAL);
	assert_int_equal(fw_trial_record_read(dir, &record), -ENOENT);
	assert_int_equal(fw_trial_record_write(dir, UINT64_MAX, "a b", text), 0);
	assert_int_equal(fw_trial_record_read(dir, &record), 0);
	assert_true(record.deadline_ns == UINT64_MAX);
	assert_string_equal(record.file, "a b");
	assert_string_equal(record.text, text);
	fw_trial_record_done(&record);
	fw_trial_record_remove(dir);
	assert_int_equal(fw_trial_record_read(dir, &record), -ENOENT);
}

static void test_cut(void **state)
{
	struct fw_trial_record record;
	struct stat st;

	(void)state;
	assert_int_equal(fw_trial_record_write(dir, 5, "f", "table ip t {\n}\n"),
			 0);
	assert_int_equal(stat(path, &st), 0);
	for (off_t size = st.st_size - 1; size >= 0; size--) {
		assert_int_equal(truncate(path, size), 0);
		/* a boot or a number that was cut is another's */
		assert_true(fw_trial_record_read(dir, &record) < 0);
		assert_null(record.file);
		assert_null(record.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/trial", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fw_trial_record_remove(dir);
	(void)rmdir(dir);
	return failed;
}
