/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters that the kernel keeps in /proc, of this network namespace where the
 * file is one of those. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum fw_proc_file {
	FW_PROC_NONE,
	FW_PROC_SNMP,		/* "Tcp: NAMES", "Tcp: VALUES" */
	FW_PROC_NETSTAT,	/* likewise */
	FW_PROC_CONNTRACK,	/* a row of names, a row a CPU, in hex */
	FW_PROC_SOFTNET,	/* rows of hex, no names; of the machine */
	FW_PROC_MAX_,
};

extern const char *const fw_proc_paths[FW_PROC_MAX_];

struct fw_proc {
	char *texts[FW_PROC_MAX_];	/* NULL: cannot be read */
};

/* Reads the files. */
void fw_proc_read(struct fw_proc *proc);
void fw_proc_done(struct fw_proc *proc);

/* The sum of the fields, apart by blanks: "Tcp:RetransSegs" of the first two
 * kinds, "insert_failed" of CONNTRACK, a column from 0 of SOFTNET. False where
 * the file has none of them. */
bool fw_proc_sum(const struct fw_proc *proc, enum fw_proc_file file,
		 const char *fields, uint64_t *ret);
