/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reassembly: order, overlap, wrap-around, bounds; and random segments against
 * a plain array.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/reassembly.h"
#include "util/cleanup.h"

#define ROOM 4096

struct fixture {
	struct fw_stream stream;
	char text[ROOM + 1];	/* what was taken so far */
	size_t len;
	size_t fresh;		/* of the last segment */
};

static void open_stream(struct fixture *f, bool keeps, uint32_t base)
{
	memset(f, 0, sizeof(*f));
	fw_stream_init(&f->stream, keeps);
	fw_stream_begin(&f->stream, base);
}

static int add_at(struct fixture *f, uint32_t seq, const char *text)
{
	int bits = fw_stream_add(&f->stream, seq, (const uint8_t *)text,
				 strlen(text), ROOM, &f->fresh);
	const uint8_t *bytes;
	size_t len;

	bytes = fw_stream_take(&f->stream, &len);
	if (len)
		memcpy(f->text + f->len, bytes, len);
	f->len += len;
	f->text[f->len] = '\0';
	return bits;
}

static void in_order(void **state)
{
	struct fixture f;

	(void)state;
	open_stream(&f, true, 1000);
	assert_int_equal(add_at(&f, 1000, "abc"), 0);
	assert_int_equal(f.fresh, 3);
	assert_int_equal(add_at(&f, 1003, "def"), 0);
	assert_string_equal(f.text, "abcdef");
	assert_int_equal(add_at(&f, 1006, ""), 0);	/* a pure ACK */
	assert_int_equal(f.fresh, 0);
	fw_stream_done(&f.stream);
}

static void duplicates(void **state)
{
	struct fixture f;

	(void)state;
	open_stream(&f, true, 1000);
	(void)add_at(&f, 1000, "abcdef");
	assert_int_equal(add_at(&f, 1000, "abcdef"), 0);
	assert_int_equal(f.fresh, 0);
	assert_int_equal(add_at(&f, 1002, "cd"), 0);
	assert_int_equal(f.fresh, 0);
	assert_int_equal(add_at(&f, 1004, "efgh"), 0);
	assert_int_equal(f.fresh, 2);
	assert_string_equal(f.text, "abcdefgh");
	fw_stream_done(&f.stream);
}

static void out_of_order(void **state)
{
	struct fixture f;

	(void)state;
	open_stream(&f, true, 1000);
	assert_int_equal(add_at(&f, 1006, "ghi"), 0);
	assert_int_equal(f.fresh, 3);
	assert_string_equal(f.text, "");
	assert_int_equal(add_at(&f, 1003, "d"), 0);
	assert_int_equal(f.stream.n_ranges, 2);
	assert_int_equal(add_at(&f, 1003, "def"), 0);
	assert_int_equal(f.fresh, 2);
	assert_int_equal(f.stream.n_ranges, 1);
	assert_int_equal(add_at(&f, 1000, "abcdefghijkl"), 0);
	assert_int_equal(f.fresh, 6);
	assert_string_equal(f.text, "abcdefghijkl");
	assert_int_equal(f.stream.n_ranges, 0);
	fw_stream_done(&f.stream);
}

/* The first copy stays, whether it was taken, is ready or waits behind a gap;
 * the new bytes around it come in. */
static void conflicts(void **state)
{
	struct fixture f;

	(void)state;
	open_stream(&f, true, 1000);
	(void)add_at(&f, 1000, "abc");
	assert_int_equal(add_at(&f, 1000, "aXc"), FW_STREAM_CONFLICT);
	assert_int_equal(f.fresh, 0);
	assert_int_equal(add_at(&f, 1002, "Yde"), FW_STREAM_CONFLICT);
	assert_string_equal(f.text, "abcde");
	(void)add_at(&f, 1007, "hij");
	assert_int_equal(add_at(&f, 1006, "ghZ"), FW_STREAM_CONFLICT);
	assert_int_equal(add_at(&f, 1005, "fghijk"), 0);
	assert_string_equal(f.text, "abcdefghijk");
	fw_stream_done(&f.stream);
}

static void wrap_around(void **state)
{
	struct fixture f;

	(void)state;
	open_stream(&f, true, 0xfffffffd);
	assert_int_equal(add_at(&f, 1, "efg"), 0);
	assert_int_equal(add_at(&f, 0xffffffff, "cd"), 0);
	assert_int_equal(add_at(&f, 0xfffffffd, "abcd"), 0);
	assert_string_equal(f.text, "abcdefg");
	assert_int_equal(add_at(&f, 4, "h"), 0);
	assert_string_equal(f.text, "abcdefgh");
	fw_stream_done(&f.stream);
}

/* A stream that only counts goes around more than once. */
static void wrap_around_twice(void **state)
{
	static const uint8_t none[1];
	struct fixture f;
	uint32_t seq = 7;
	uint64_t sum = 0;

	(void)state;
	open_stream(&f, false, seq);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(fw_stream_add(&f.stream, seq, none, 1u << 30,
					       ROOM, &f.fresh), 0);
		seq += 1u << 30;
		sum += f.fresh;
	}
	assert_int_equal(sum, 10ull << 30);
	assert_int_equal(f.stream.ready, 10ull << 30);
	assert_int_equal(f.stream.cap, 0);
	fw_stream_done(&f.stream);
}

static void before_the_begin(void **state)
{
	struct fixture f;

	(void)state;
	open_stream(&f, true, 1000);
	assert_int_equal(add_at(&f, 999, "x"), 0);	/* keep-alive probe */
	assert_int_equal(f.fresh, 0);
	assert_int_equal(add_at(&f, 990, "0123456789abc"),
			 FW_STREAM_UNPLACED);
	assert_string_equal(f.text, "abc");
	assert_int_equal(add_at(&f, 500, "long ago"), FW_STREAM_UNPLACED);
	assert_int_equal(f.fresh, 0);
	fw_stream_done(&f.stream);
}

/* Without a handshake the first segment is the begin. */
static void picked_up(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	fw_stream_init(&f.stream, true);
	assert_int_equal(add_at(&f, 5000, "mid"), 0);
	assert_string_equal(f.text, "mid");
	assert_false(f.stream.exact);
	fw_stream_done(&f.stream);
}

static void bounded(void **state)
{
	static const uint8_t zeros[ROOM];
	struct fixture f;

	(void)state;
	open_stream(&f, true, 0);
	assert_int_equal(fw_stream_add(&f.stream, ROOM - 10, zeros, 20, ROOM,
				       &f.fresh), FW_STREAM_FULL);
	assert_int_equal(f.fresh, 10);
	assert_true(f.stream.cap <= ROOM);
	assert_int_equal(fw_stream_add(&f.stream, ROOM + 1, zeros, 1, ROOM,
				       &f.fresh), FW_STREAM_FULL);
	assert_int_equal(f.fresh, 0);
	fw_stream_done(&f.stream);

	/* More islands than there is place for; filling gaps still works. */
	open_stream(&f, true, 0);
	for (uint32_t i = 1; i <= FW_STREAM_RANGES; i++)
		assert_int_equal(add_at(&f, 3 * i, "x"), 0);
	assert_int_equal(add_at(&f, 3 * FW_STREAM_RANGES + 3, "x"),
			 FW_STREAM_FULL);
	assert_int_equal(add_at(&f, 4, "yy"), 0);
	assert_int_equal(f.stream.n_ranges, FW_STREAM_RANGES - 1);
	fw_stream_done(&f.stream);
}

static void forgets(void **state)
{
	struct fixture f;

	(void)state;
	open_stream(&f, true, 0);
	(void)add_at(&f, 0, "abc");
	fw_stream_forget(&f.stream);
	assert_null(f.stream.data);
	assert_int_equal(add_at(&f, 0, "xyzuvw"), 0);
	assert_int_equal(f.fresh, 3);
	assert_string_equal(f.text, "abc");
	fw_stream_done(&f.stream);
}

/* Random segments of one text, with a fault now and then, against an array that
 * remembers which bytes have come. */
static void random_segments(void **state)
{
	enum { LEN = 600 };
	char text[LEN];

	(void)state;
	srand(4);
	for (int i = 0; i < LEN; i++)
		text[i] = (char)('a' + i % 26);
	for (int round = 0; round < 3000; round++) {
		uint32_t base = (uint32_t)rand() * 2654435761u;
		bool come[LEN] = { false };
		struct fixture f;
		size_t ready = 0;

		open_stream(&f, true, base);
		for (int n = 0; n < 60; n++) {
			size_t from = (size_t)rand() % LEN;
			size_t len = 1 + (size_t)rand() % 40;
			char segment[64] = { 0 };
			size_t fresh = 0;
			bool wrong = rand() % 8 == 0, conflict = false;

			if (len > LEN - from)
				len = LEN - from;
			memcpy(segment, text + from, len);
			for (size_t i = 0; i < len; i++) {
				if (come[from + i] && wrong) {
					segment[i] = '?';
					conflict = true;
				}
				fresh += !come[from + i];
				come[from + i] = true;
			}
			assert_int_equal(add_at(&f, base + (uint32_t)from,
						segment),
					 conflict ? FW_STREAM_CONFLICT : 0);
			assert_int_equal(f.fresh, fresh);
			while (ready < LEN && come[ready])
				ready++;
			assert_int_equal(f.len, ready);
			assert_memory_equal(f.text, text, ready);
		}
		fw_stream_done(&f.stream);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(conflicts),
		cmocka_unit_test(wrap_around),
		cmocka_unit_test(wrap_around_twice),
		cmocka_unit_test(before_the_begin),
		cmocka_unit_test(picked_up),
		cmocka_unit_test(bounded),
		cmocka_unit_test(forgets),
		cmocka_unit_test(random_segments),
	};

	return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL);
}
