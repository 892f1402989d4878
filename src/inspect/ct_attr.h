/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection that the kernel sends along with a queue message. */
#pragma once

#include <stdint.h>

#include "inspect/worker.h"

struct nlattr;

struct fw_ct {
	struct fw_tuple tuple[2];	/* raw: original, reply */
	uint32_t mark;			/* 0 where the kernel sent none */
};

/* Reads attribute NFQA_CT. Returns 0, or -EINVAL when a tuple is missing. */
int fw_ct_read(const struct nlattr *attr, struct fw_ct *ret);
