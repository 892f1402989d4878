/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One program in the kernel with maps of its own, filled from plans, fed by
 * BPF_PROG_TEST_RUN.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "plan/plan.h"

struct bpf_object;

enum kernel_program {
	KERNEL_XDP,
	KERNEL_TC,
	KERNEL_SYN,
	KERNEL_ROAD,
	KERNEL_WATCH,
	KERNEL_TLS,
	KERNEL_DHCP,
	KERNEL_DNS,
	KERNEL_TRACE,
};

struct kernel {
	struct bpf_object *object;
	int program;
	uint32_t instructions;	/* that the verifier went through, of the
				   program that has most */
};

/* Exits 77 with the reason where BPF cannot be had at all. */
void kernel_needs(void);

/* Counters of a slot: rule r has number first + r, device d's policy first +
 * FW_RULES_MAX + d. */
#define KERNEL_COUNTERS (FW_RULES_MAX + FW_DEVICES_MAX)

/*
 * Calls kernel_needs(). share: an open kernel whose maps this one uses, or NULL.
 * Returns 0 or -errno, the verifier's words on standard error.
 */
int kernel_open(struct kernel *kernel, enum kernel_program which,
		const struct kernel *share);
/* The same with an object of the caller's, whose tables may be maps that have no
 * slots: then those of either slot are put there. */
int kernel_open_bytes(struct kernel *kernel, const void *elf, size_t size,
		      const struct kernel *share);
void kernel_close(struct kernel *kernel);

/* Makes the slot's tables from plan->xdp and its devices, which are looked up
 * by name in this network namespace; counters from slot * KERNEL_COUNTERS on.
 * flags: FW_DEV_* besides those of the family. */
int kernel_fill(struct kernel *kernel, uint32_t slot,
		const struct fw_plan *plan, uint32_t flags);
int kernel_watch(struct kernel *kernel, uint32_t slot, const uint32_t *devices,
		 size_t n);
/* syn: shares the maps of xdp, which goes on to it. */
int kernel_syn(struct kernel *xdp, const struct kernel *syn, uint32_t slot,
	       const struct fw_syn *config);
/* dns: shares the maps of watch, which goes on to it. */
int kernel_watcher(struct kernel *watch, const struct kernel *dns);
int kernel_control(struct kernel *kernel, uint64_t word);
int kernel_map(const struct kernel *kernel, const char *name);
int kernel_counter(const struct kernel *kernel, uint32_t number,
		   struct fw_counter *ret);
int kernel_stat(const struct kernel *kernel, enum fw_stat stat, uint64_t *ret);
/* Sets all of "counters" and "stats" to 0. */
int kernel_zero(const struct kernel *kernel);
int kernel_zero_stats(const struct kernel *kernel);	/* and no counters */

/* A network namespace of the test's own, with lo and the veth pairs named
 * NAME0/NAME1 up. Exits 77 where that cannot be had. */
void kernel_namespace(const char *const *pairs, size_t n);
