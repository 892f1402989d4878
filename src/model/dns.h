/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The question of a DNS query over UDP, as `dns qname` and `dns qtype` see it. */
#pragma once

#include "model/packet.h"

enum fw_model_asked {
	FW_MODEL_ASKED_NOTHING,	/* not for UDP port 53, or no query */
	FW_MODEL_ASKED_ODDLY,	/* nothing is said of it */
	FW_MODEL_ASKED,
};

struct fw_model_question {
	uint16_t qtype;
	char name[254];		/* without final dot; each byte that can stand
				   in no set's element is a '?' */
};

/* The class of a name; 0 where there are no sets. */
uint32_t fw_model_dns_class(const struct fw_suffixes *suffixes,
			    const char *name);

/* frame: as it was given to fw_model_packet_parse(). */
enum fw_model_asked fw_model_dns(const uint8_t *frame, size_t len,
				 const struct fw_model_packet *packet,
				 struct fw_model_question *ret);
