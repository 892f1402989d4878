/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services and suggestions in the words of a configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/flow.h"
#include "util/arena.h"

struct fw_suggestion;

/* What is written behind a rule that was applied, so that it is known again:
 * `comment "learned 5f0c…"`, by its text. Numbers are a database's, which may be
 * another one tomorrow. */
#define FW_LEARN_COMMENT_MAX 48
void fw_learn_comment(const char *rule, char text[static FW_LEARN_COMMENT_MAX]);

/* Protocols that are known by a server's port. */
bool fw_learn_has_ports(uint8_t proto);

/* All of these live in arena; NULL: no memory. */

/* What a no is about: "lan wan tcp 443 192.0.2.1"; a "*" where its server may be
 * anywhere. */
const char *fw_learn_service_name(struct fw_arena *arena,
				  const struct fw_learn_key *key, bool anywhere);
/* "443", "{ 80, 443, 8000-8003 }"; of ports that are sorted. */
const char *fw_learn_ports_text(struct fw_arena *arena, const uint16_t *ports,
				size_t n);
/* Matches and verdict, of what the suggestion's texts say. */
const char *fw_learn_rule_text(struct fw_arena *arena,
			       const struct fw_suggestion *suggestion);
