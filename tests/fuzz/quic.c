/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a client's QUIC datagrams.
 *
 * The input is datagrams, each behind a byte with its length in units of eight
 * bytes. Whatever they hold, nothing is read that is not there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_quic quic;

	fw_quic_init(&quic);
	while (size) {
		size_t len = *data++ * 8u;
		uint8_t *datagram;

		size--;
		if (len > size)
			len = size;
		datagram = malloc(len ? len : 1);
		if (!datagram)
			break;
		memcpy(datagram, data, len);
		(void)fw_quic_add(&quic, datagram, len);
		free(datagram);
		data += len;
		size -= len;
	}
	if (quic.state == FW_PARSE_DONE &&
	    strlen(quic.hello.sni) != quic.hello.sni_len)
		abort();
	fw_quic_done(&quic);
	return 0;
}
