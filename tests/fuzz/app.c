/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a client's stream, whatever it speaks.
 *
 * The first byte of the input says whether it goes to DNS's port; the rest is
 * fed whole, in single bytes and in portions that it chooses itself. Each way
 * must end in the same protocol, the same state and the same facts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/app.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct fw_app *app, const uint8_t *data, size_t size,
		 size_t portion, bool dns_port)
{
	size_t at = 0;

	fw_app_init(app, dns_port);
	while (at < size) {
		size_t n = portion ? portion : data[at] + 1u;

		if (n > size - at)
			n = size - at;
		(void)fw_app_feed(app, data + at, n);
		at += n;
	}
}

static void compare(const struct fw_app *a, const struct fw_app *b)
{
	if (a->kind != b->kind || a->state != b->state)
		abort();
	for (enum fw_fact_kind kind = 0; kind < FW_FACT_PAYLOAD; kind++) {
		struct fw_fact one = fw_app_fact(a, kind);
		struct fw_fact other = fw_app_fact(b, kind);

		if (one.state != other.state || one.number != other.number ||
		    one.len != other.len ||
		    (one.len && memcmp(one.text, other.text, one.len) != 0))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fw_app whole, bytes, portions;
	bool dns_port;

	if (!size)
		return 0;
	dns_port = *data++ & 1;
	size--;
	feed(&whole, data, size, size + 1, dns_port);
	feed(&bytes, data, size, 1, dns_port);
	feed(&portions, data, size, 0, dns_port);
	compare(&whole, &bytes);
	compare(&whole, &portions);
	fw_app_done(&whole);
	fw_app_done(&bytes);
	fw_app_done(&portions);
	return 0;
}
