/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers: packets that the inspector makes, to where their queries came from. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fw_queue_message;

/* A descriptor for fw_answers_send(), or -errno. */
int fw_answers_open(void);
/* packet: from the IP header on. What cannot be sent is lost, like a packet. */
void fw_answers_send(int fd, const struct fw_queue_message *to,
		     const uint8_t *packet, size_t len);
