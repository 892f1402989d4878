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
	if (a->state != FW_TLS_DONE)
		return;
	if (a->has_sni != b->has_sni || a->sni_len != b->sni_len ||
	    (a->has_sni && strcmp(a->sni, b->sni) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_tls whole = feed(data, size, size + 1);
	struct fw_tls bytes = feed(data, size, 1);
	struct fw_tls portions = feed(data, size, 0);

	compare(&whole, &bytes);
	compare(&whole, &portions);
	if (whole.state != FW_TLS_DONE || !whole.has_sni)
		return 0;
	if (!whole.sni_len || whole.sni_len > FW_TLS_NAME_MAX ||
	    strlen(whole.sni) != whole.sni_len)
		abort();
	for (size_t i = 0; i < whole.sni_len; i++)
		if (whole.sni[i] <= ' ' || whole.sni[i] > '~' ||
		    (whole.sni[i] >= 'A' && whole.sni[i] <= 'Z'))
			abort();
	return 0;
}
