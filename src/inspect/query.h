/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Query: what rules with `dns` that did not move to XDP make of a packet. */
#pragma once

#include "inspect/queue.h"
#include "inspect/worker.h"

/*
 * The packet's mark says which groups of the plan's queries it is for; that of
 * the verdict, which rule takes it, or none. Such a rule's answer has been sent
 * then, through the door.
 */
struct fw_queue_verdict fw_query_judge(const struct fw_plan *plan,
				       const struct fw_door *door,
				       const struct fw_queue_message *message);
