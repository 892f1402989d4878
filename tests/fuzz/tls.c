/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the ClientHello parser.
 *
 * The input is a client's stream. Fed whole, in single bytes and in portions
 * that the input itself chooses, it must end in the same state with the same
 * facts; and a name that is told must be one that a rule can be asked about.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fw_tls feed(const uint8_t *data, size_t size, size_t portion)
{
	struct fw_tls tls;
	size_t at = 0;

	fw_tls_init(&tls);
	while (at < size) {
		size_t n = portion ? portion : data[at] + 1u;

		if (n > size - at)
			n = size - at;
		(void)fw_tls_feed(&tls, data + at, n);
		at += n;
	}
	return tls;
}

static void compare(const struct fw_tls *a, const struct fw_tls *b)
{
	if (a->state != b->state)
		abort();
	if (a->state != FW_PARSE_DONE)
		return;
	if (a->hello.has_sni != b->hello.has_sni || a->hello.sni_len != b->hello.sni_len ||
	    (a->hello.has_sni && strcmp(a->hello.sni, b->hello.sni) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_tls whole = feed(data, size, size + 1);
	struct fw_tls bytes = feed(data, size, 1);
	struct fw_tls portions = feed(data, size, 0);

	compare(&whole, &bytes);
	compare(&whole, &portions);
	if (whole.state != FW_PARSE_DONE || !whole.hello.has_sni)
		return 0;
	if (!whole.hello.sni_len || whole.hello.sni_len > FW_HELLO_NAME_MAX ||
	    strlen(whole.hello.sni) != whole.hello.sni_len)
		abort();
	for (size_t i = 0; i < whole.hello.sni_len; i++)
		if (whole.hello.sni[i] <= ' ' || whole.hello.sni[i] > '~' ||
		    (whole.hello.sni[i] >= 'A' && whole.hello.sni[i] <= 'Z'))
			abort();
	return 0;
}
