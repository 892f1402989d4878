/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reassembly: one direction of a TCP connection, from segments to a stream.
 *
 * Positions count from the first byte behind the SYN. Of bytes that come twice
 * the first copy stays. A stream that keeps its data also keeps what was taken
 * already, for only so can it tell a retransmission that differs; one that does
 * not keep it only knows which bytes have come.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Islands behind a gap. A sender's window rarely leaves more than a few. */
#define FW_STREAM_RANGES 32

struct fw_range {
	uint64_t start, end;	/* end not included */
};

struct fw_stream {
	bool keeps;		/* data, below */
	bool based;		/* base is valid */
	bool exact;		/* base comes from a handshake, not from the
				   first segment that was seen */
	uint32_t base;		/* sequence number of position 0 */
	uint64_t ready;		/* all bytes before this one have come */
	uint64_t taken;		/* by fw_stream_take() */
	struct fw_range ranges[FW_STREAM_RANGES];	/* behind ready: sorted,
							   neither touch nor
							   overlap */
	size_t n_ranges;
	uint8_t *data;		/* cap bytes, from position 0 */
	size_t cap;
};

/* What a segment turned out to be; bits. */
#define FW_STREAM_CONFLICT 1	/* bytes that differ from their first copy */
#define FW_STREAM_UNPLACED 2	/* bytes from before the stream's begin */
#define FW_STREAM_FULL 4	/* bytes that found no room */

void fw_stream_init(struct fw_stream *stream, bool keeps);
void fw_stream_done(struct fw_stream *stream);
/* From the handshake: the sequence number of the first byte. */
void fw_stream_begin(struct fw_stream *stream, uint32_t seq);

/*
 * Adds a segment's payload. room is how many bytes the stream may hold in all,
 * from position 0. ret_new gets the number of bytes that had not come before.
 * Returns FW_STREAM_* bits or -ENOMEM.
 */
int fw_stream_add(struct fw_stream *stream, uint32_t seq, const uint8_t *data,
		  size_t len, size_t room, size_t *ret_new);

/* The bytes that became ready since the last call; ret_len may get 0. Valid
 * until the next call for this stream. */
const uint8_t *fw_stream_take(struct fw_stream *stream, size_t *ret_len);
/* Frees the data: from here on the stream only counts. */
void fw_stream_forget(struct fw_stream *stream);
