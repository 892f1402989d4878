/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: reassembly, against a plain array.
 *
 * The input is a run of segments: two bytes of offset (with a bias, so that it
 * can lie before the begin), one of length, then that many bytes of payload.
 * The first four bytes are the sequence number of the begin. A model that keeps
 * every byte's first copy says which bytes are new, which differ, and what must
 * have been handed out.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/reassembly.h"

#define ROOM 2000u
#define SPAN 4096u
#define BIAS 64

struct model {
	bool come[SPAN];
	uint8_t first[SPAN];
	uint8_t taken[SPAN];
	size_t n_taken;
	bool crowded;		/* it has said so once: from there on it may
				   have left bytes out */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static int model_add(struct model *model, int at, const uint8_t *bytes,
		     size_t len, size_t *ret_new)
{
	int bits = 0, before = at < 0 ? -at : 0;

	*ret_new = 0;
	if ((size_t)before > len)
		before = (int)len;
	if (before > 1)
		bits |= FW_STREAM_UNPLACED;
	for (size_t i = (size_t)before; i < len; i++) {
		size_t position = (size_t)(at + (int)i);

		if (position >= ROOM) {
			bits |= FW_STREAM_FULL;
			continue;
		}
		if (model->come[position]) {
			if (model->first[position] != bytes[i])
				bits |= FW_STREAM_CONFLICT;
			continue;
		}
		model->come[position] = true;
		model->first[position] = bytes[i];
		(*ret_new)++;
	}
	return bits;
}

static void check_taken(struct fw_stream *stream, struct model *model)
{
	size_t len, ready = 0;
	const uint8_t *bytes = fw_stream_take(stream, &len);

	expect(model->n_taken + len <= ROOM);
	if (len)
		memcpy(model->taken + model->n_taken, bytes, len);
	model->n_taken += len;
	expect(stream->cap <= ROOM);
	while (ready < SPAN && model->come[ready])
		ready++;
	expect(model->crowded ? model->n_taken <= ready :
				model->n_taken == ready);
	expect(!memcmp(model->taken, model->first, model->n_taken) ||
	       model->crowded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model model = { 0 };
	struct fw_stream stream;
	uint32_t base;

	if (size < 4)
		return 0;
	memcpy(&base, data, 4);
	data += 4;
	size -= 4;
	fw_stream_init(&stream, true);
	fw_stream_begin(&stream, base);
	while (size >= 3) {
		int at = (data[0] << 8 | data[1]) % (int)SPAN - BIAS;
		size_t len = data[2], fresh, expected;
		bool crowd = stream.n_ranges == FW_STREAM_RANGES;
		int bits, wanted;

		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		if (at + (int)len > (int)SPAN)
			break;
		bits = fw_stream_add(&stream, base + (uint32_t)at, data, len,
				     ROOM, &fresh);
		wanted = model_add(&model, at, data, len, &expected);
		if (bits & FW_STREAM_FULL && crowd)
			model.crowded = true;
		expect(bits >= 0 && fresh <= len);
		expect(model.crowded || bits == wanted);
		expect(model.crowded || fresh == expected);
		check_taken(&stream, &model);
		data += len;
		size -= len;
	}
	fw_stream_done(&stream);
	return 0;
}
