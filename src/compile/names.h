/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names: what is declared under a pair of names, found by hash.
 *
 * A configuration of the allowed size has millions of names; comparing each
 * with all before it would take days. Zeroed memory is an empty table.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

struct fw_name_slot {
	const char *first, *second;	/* NULL: free */
	void *value;			/* NULL: no longer declared */
};

struct fw_names {
	struct fw_name_slot *slots;
	size_t n, cap;		/* cap is a power of two, or 0 */
};

/* NULL where nothing is declared so. */
void *fw_names_get(const struct fw_names *names, const char *first,
		   const char *second);
/* Declares, or takes back with a NULL value. The strings are not copied. 0 or
 * -ENOMEM. */
int fw_names_put(struct fw_arena *arena, struct fw_names *names,
		 const char *first, const char *second, void *value);
