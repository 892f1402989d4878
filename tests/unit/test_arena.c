/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arenas, vectors and buffers: alignment, growth, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/vec.h"

/* Pieces of all sizes, each zeroed, aligned, and apart from the others. */
static void test_alloc(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 1000, 5000, 1u << 20, 3, 3u << 20 };
	struct fw_arena *arena = fw_arena_new();
	unsigned char *p[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		size_t size = sizes[i % 10];

		p[i] = fw_arena_alloc(arena, size);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(p[i][j], 0);
		memset(p[i], (int)(i % 255) + 1, size);
	}
	for (size_t i = 0; i < 200; i++) {
		for (size_t j = 0; j < sizes[i % 10]; j += 13)
			assert_int_equal(p[i][j], i % 255 + 1);
	}
	fw_arena_free(arena);
	fw_arena_free(NULL);
}

static void test_overflow(void **state)
{
	struct fw_arena *arena = fw_arena_new();

	(void)state;
	assert_null(fw_arena_alloc(arena, SIZE_MAX));
	assert_null(fw_arena_alloc(arena, SIZE_MAX - 8));
	assert_null(fw_arena_array(arena, SIZE_MAX / 4, 8));
	assert_non_null(fw_arena_array(arena, 10, 8));
	fw_arena_free(arena);
}

static void test_text(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	const char bytes[] = { 'a', 'b', 'c' };	/* no NUL */

	(void)state;
	assert_string_equal(fw_arena_strndup(arena, bytes, 3), "abc");
	assert_string_equal(fw_arena_strndup(arena, "ab", 10), "ab");
	assert_string_equal(fw_arena_strdup(arena, ""), "");
	assert_string_equal(fw_arena_printf(arena, "%s-%d", "x", 7), "x-7");
	assert_memory_equal(fw_arena_memdup(arena, bytes, 3), bytes, 3);
	fw_arena_free(arena);
}

static void test_vec(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	FW_VEC(int) vec = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int *item = fw_vec_push(arena, &vec);

		assert_non_null(item);
		assert_int_equal(*item, 0);
		*item = i;
	}
	assert_int_equal(vec.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(vec.items[i], i);
	fw_arena_free(arena);
}

static void test_buf(void **state)
{
	struct fw_buf buf = { 0 };
	_cleanup_free_ char *empty = fw_buf_take(&buf), *text = NULL;

	(void)state;
	assert_string_equal(empty, "");
	for (int i = 0; i < 100; i++)
		fw_buf_printf(&buf, "%d,", i);
	fw_buf_add(&buf, "end");
	fw_buf_addc(&buf, '.');
	fw_buf_addn(&buf, "xyz", 1);
	assert_int_equal(buf.len, strlen(buf.text));
	assert_int_equal(buf.len, 10 * 2 + 90 * 3 + 5);
	text = fw_buf_take(&buf);
	assert_string_equal(text + strlen(text) - 8, "99,end.x");
	assert_null(buf.text);
	fw_buf_done(&buf);
}

/* One failure is for good, so that callers may look once, at the end. */
static void test_buf_fails(void **state)
{
	struct fw_buf buf = { 0 };

	(void)state;
	fw_buf_add(&buf, "abc");
	fw_buf_addn(&buf, "x", SIZE_MAX / 2);
	assert_true(buf.failed);
	fw_buf_add(&buf, "abc");
	assert_null(fw_buf_take(&buf));
	fw_buf_done(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_vec),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_buf_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
