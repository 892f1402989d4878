/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reassembly: segments in any order, with overlaps, into a stream.
 *
 * In: sequence numbers and payload of one direction. Out: bytes in order, how
 * many of a segment's are new, and what was wrong with it. Fails with -ENOMEM;
 * a limit that is reached is no failure but FW_STREAM_FULL.
 *
 * Sequence numbers wrap (RFC 9293 section 3.4). A segment is placed relative to
 * `ready`, within 2 GiB before or behind it, and has a 64-bit position from
 * there on. Filled are [0, ready) and the ranges behind it.
 */
#include "inspect/reassembly.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 2048	/* one ClientHello of the usual size */

void fw_stream_init(struct fw_stream *stream, bool keeps)
{
	memset(stream, 0, sizeof(*stream));
	stream->keeps = keeps;
}

void fw_stream_done(struct fw_stream *stream)
{
	free(stream->data);
	stream->data = NULL;
	stream->cap = 0;
}

void fw_stream_begin(struct fw_stream *stream, uint32_t seq)
{
	stream->base = seq;
	stream->based = true;
	stream->exact = true;
}

void fw_stream_forget(struct fw_stream *stream)
{
	fw_stream_done(stream);
	stream->keeps = false;
	stream->taken = stream->ready;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int grow(struct fw_stream *stream, uint64_t need, size_t room)
{
	size_t cap = stream->cap ? stream->cap : FIRST_CAP;
	uint8_t *data;

	if (need <= stream->cap)
		return 0;
	while (cap < need)
		cap *= 2;
	if (cap > room)
		cap = room;
	data = realloc(stream->data, cap);
	if (!data)
		return -ENOMEM;
	stream->data = data;
	stream->cap = cap;
	return 0;
}

/* Index of the first range that ends at or behind `at`. */
static size_t range_at(const struct fw_stream *stream, uint64_t at)
{
	size_t i = 0;

	while (i < stream->n_ranges && stream->ranges[i].end < at)
		i++;
	return i;
}

/* What is filled at `at`, or next behind it; starts at UINT64_MAX: nothing. */
static struct fw_range filled_from(const struct fw_stream *stream, uint64_t at)
{
	if (at < stream->ready)
		return (struct fw_range){ 0, stream->ready };
	for (size_t i = 0; i < stream->n_ranges; i++)
		if (stream->ranges[i].end > at)
			return stream->ranges[i];
	return (struct fw_range){ UINT64_MAX, UINT64_MAX };
}

/* Copies what falls into gaps, compares what does not. */
static int fill(struct fw_stream *stream, struct fw_range segment,
		const uint8_t *data, size_t *ret_new)
{
	uint64_t at = segment.start;
	size_t fresh = 0;
	int bits = 0;

	while (at < segment.end) {
		struct fw_range filled = filled_from(stream, at);
		bool gap = filled.start > at;
		uint64_t end = min_u64(gap ? filled.start : filled.end,
				       segment.end);
		const uint8_t *from = data + (at - segment.start);
		size_t n = (size_t)(end - at);

		if (gap && stream->keeps)
			memcpy(stream->data + at, from, n);
		else if (!gap && stream->keeps &&
			 memcmp(stream->data + at, from, n))
			bits |= FW_STREAM_CONFLICT;
		if (gap)
			fresh += n;
		at = end;
	}
	*ret_new = fresh;
	return bits;
}

/* Takes ranges [i, j) out, and puts `with` in their place when it is given. */
static void replace(struct fw_stream *stream, size_t i, size_t j,
		    const struct fw_range *with)
{
	size_t put = with ? 1 : 0;

	memmove(stream->ranges + i + put, stream->ranges + j,
		(stream->n_ranges - j) * sizeof(*stream->ranges));
	if (with)
		stream->ranges[i] = *with;
	stream->n_ranges = stream->n_ranges - (j - i) + put;
}

/* Whether the segment would be an island for which there is no place. */
static bool crowded(const struct fw_stream *stream, struct fw_range segment)
{
	size_t i = range_at(stream, segment.start);

	return stream->n_ranges == FW_STREAM_RANGES &&
	       segment.start > stream->ready &&
	       (i == stream->n_ranges ||
		stream->ranges[i].start > segment.end);
}

static void note(struct fw_stream *stream, struct fw_range segment)
{
	size_t i, j;

	if (segment.start <= stream->ready) {
		if (segment.end > stream->ready)
			stream->ready = segment.end;
		for (j = 0; j < stream->n_ranges &&
			    stream->ranges[j].start <= stream->ready; j++)
			if (stream->ranges[j].end > stream->ready)
				stream->ready = stream->ranges[j].end;
		replace(stream, 0, j, NULL);
		return;
	}
	i = range_at(stream, segment.start);
	for (j = i; j < stream->n_ranges &&
		    stream->ranges[j].start <= segment.end; j++) {
		segment.start = min_u64(segment.start, stream->ranges[j].start);
		if (stream->ranges[j].end > segment.end)
			segment.end = stream->ranges[j].end;
	}
	replace(stream, i, j, &segment);
}

/* Position of seq; negative: before the begin. */
static int64_t place(const struct fw_stream *stream, uint32_t seq)
{
	uint32_t expected = stream->base + (uint32_t)stream->ready;

	return (int64_t)stream->ready + (int32_t)(seq - expected);
}

int fw_stream_add(struct fw_stream *stream, uint32_t seq, const uint8_t *data,
		  size_t len, size_t room, size_t *ret_new)
{
	struct fw_range segment;
	int64_t at;
	int bits = 0;

	*ret_new = 0;
	if (!len)
		return 0;
	if (!stream->based) {
		stream->base = seq;
		stream->based = true;
	}
	at = place(stream, seq);
	if (at < 0) {
		uint64_t before = min_u64((uint64_t)-at, len);

		/* A keep-alive probe may carry the byte before the first. */
		if (before > 1)
			bits |= FW_STREAM_UNPLACED;
		data += before;
		len -= before;
		if (!len)
			return bits;
		at = 0;
	}
	segment.start = (uint64_t)at;
	segment.end = segment.start + len;
	if (stream->keeps && segment.end > room) {
		bits |= FW_STREAM_FULL;
		if (segment.start >= room)
			return bits;
		segment.end = room;
	}
	if (crowded(stream, segment)) {
		*ret_new = (size_t)(segment.end - segment.start);
		return bits | (stream->keeps ? FW_STREAM_FULL : 0);
	}
	if (stream->keeps && grow(stream, segment.end, room))
		return -ENOMEM;
	bits |= fill(stream, segment, data, ret_new);
	note(stream, segment);
	return bits;
}

const uint8_t *fw_stream_take(struct fw_stream *stream, size_t *ret_len)
{
	const uint8_t *from = stream->keeps && stream->data ?
				      stream->data + stream->taken : NULL;

	*ret_len = from ? (size_t)(stream->ready - stream->taken) : 0;
	stream->taken = stream->ready;
	return from;
}
