/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the functions of this folder say why they failed. */
#pragma once

#include "apply/generation.h"

enum {
	FW_APPLY_INVALID = 65,	/* the configuration does not fit */
	FW_APPLY_REFUSED = 69,	/* the kernel refuses */
	FW_APPLY_SYSTEM = 71,	/* no memory, no descriptors, a lost pin */
	FW_APPLY_BUSY = 75,	/* someone else holds it */
};

/* Fills ret (NULL is fine) and returns error, a -errno, so that a caller can
 * `return fw_apply_fail(…)`. The first text stays: the cause is told, not what
 * followed from it. */
int fw_apply_fail(struct fw_apply_error *ret, int code, int error,
		  const char *format, ...)
	__attribute__((format(printf, 4, 5)));
