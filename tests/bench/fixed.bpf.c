/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XDP program with one generation that never changes: tables of a fixed size
 * in the place of those that a slot leads to. What generations cost is what the
 * program itself takes longer.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define FIXED_ENTRIES 32768	/* of tables that the loader makes as large as
				   is needed */

#define FW_GENERATIONAL(name, inner_type, key, value, entries, flags)   \
	struct {                                                        \
		__uint(type, inner_type);                               \
		__uint(key_size, key);                                  \
		__uint(value_size, value);                              \
		__uint(max_entries, (entries) == 1 ? FIXED_ENTRIES      \
						   : (entries));        \
		__uint(map_flags, (flags) & ~BPF_F_INNER_MAP);          \
	} name SEC(".maps")

/* The slot is still handed on: a function must have all of its arguments. */
#define fw_inner(table, slot)        \
	({                           \
		__u32 slot_ = (slot); \
		barrier_var(slot_);  \
		(void *)&(table);    \
	})

#include "bpf/xdp.bpf.c"
