/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the DNS's messages is not as it should be, as records. */
#pragma once

#include "monitor/dns_message.h"
#include "monitor/dns_pending.h"
#include "monitor/kind.h"

struct fw_dns_alerts;

/* out is lent. NULL: no memory. */
struct fw_dns_alerts *fw_dns_alerts_new(const struct fw_monitor_out *out);
void fw_dns_alerts_free(struct fw_dns_alerts *alerts);
/* Which there are, and the names that may have private addresses; lent until the
 * next call. */
void fw_dns_alerts_plan(struct fw_dns_alerts *alerts,
			const struct fw_plan_monitors *plan);

void fw_dns_alerts_question(struct fw_dns_alerts *alerts,
			    const struct fw_seen *seen,
			    const struct fw_dns_message *message);
/* An answer, and how it fits; asked as fw_pending_answer() gives it. lost: of
 * questions, as they are seen: what fits none may be one of these's. */
void fw_dns_alerts_answer(struct fw_dns_alerts *alerts,
			  const struct fw_seen *seen,
			  const struct fw_dns_message *message,
			  enum fw_pending_fit fit, struct fw_asked *asked,
			  uint64_t lost);
void fw_dns_alerts_tick(struct fw_dns_alerts *alerts, uint64_t now_ns,
			uint64_t lost);

/* Private, loopback, link-local or unspecified: what no public name should have.
 * size: 4 or 16 bytes. */
bool fw_dns_is_private(const uint8_t *address, size_t size);
