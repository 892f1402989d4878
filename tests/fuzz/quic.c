/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a client's QUIC datagrams.
 *
 * The input is portions, each behind two bytes: its length in units of eight
 * bytes, and what it is: a datagram as it stands, or frames that are sealed here,
 * as no search finds what a key fits. Whatever they hold, nothing is read that is
 * not there, and a name is whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/quic.h"
#include "tests/unit/quic_seal.h"

#define SEALED 1u
#define VERSION_2 2u
#define RETRIED 4u		/* to another connection, with its keys */

#define PORTION_MAX (255 * 8)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct fw_quic *quic, unsigned what, const uint8_t *data,
		size_t len)
{
	const char *id = what & RETRIED ? "retry-id" : QUIC_ID;
	uint8_t room[QUIC_SEALED(PORTION_MAX)], *datagram;

	if (what & SEALED) {
		len = quic_seal(room, what & VERSION_2 ? QUIC_V2 : QUIC_V1, id,
				id, data, len);
		data = room;
	}
	/* in memory of its own, of which the end is known */
	datagram = malloc(len ? len : 1);
	if (!datagram)
		return;
	memcpy(datagram, data, len);
	(void)fw_quic_add(quic, datagram, len);
	free(datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_quic quic;

	fw_quic_init(&quic);
	while (size >= 2) {
		size_t len = data[0] * 8u;
		unsigned what = data[1];

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		add(&quic, what, data, len);
		data += len;
		size -= len;
	}
	if (quic.state == FW_PARSE_DONE &&
	    strlen(quic.hello.sni) != quic.hello.sni_len)
		abort();
	fw_quic_done(&quic);
	return 0;
}
