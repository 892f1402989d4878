/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells of packets at its tracepoints (bpf/trace.bpf.c), of this
 * network namespace alone. Nothing is pinned, nothing filters: programs and maps
 * go with the process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bpf/abi_trace.h"

#define FW_TRACE_REASON_MAX 256

struct fw_trace;

/* 0 with *ret, or -errno with why not. A tracepoint that this kernel does not
 * have is left out, see fw_trace_has(). */
int fw_trace_open(struct fw_trace **ret,
		  char reason[static FW_TRACE_REASON_MAX]);
void fw_trace_close(struct fw_trace *trace);	/* NULL is fine */
bool fw_trace_has(const struct fw_trace *trace, enum fw_trace_kind kind);
/* Kinds that are events from now on: bits. */
int fw_trace_tell(struct fw_trace *trace, uint32_t kinds);

/* To poll, and to read all that is ready. */
int fw_trace_fd(const struct fw_trace *trace);
int fw_trace_drain(struct fw_trace *trace,
		   void (*fn)(void *ctx, const struct fw_trace_event *event),
		   void *ctx);

/* Sums over CPUs since it was opened, by enum fw_trace_kind and _count. */
int fw_trace_counts(const struct fw_trace *trace,
		    uint64_t ret[FW_TRACE_COUNTS_]);
/* Drops by reason and place, in no order. */
int fw_trace_places(const struct fw_trace *trace,
		    void (*fn)(void *ctx, const struct fw_trace_place *place,
			       const struct fw_trace_drops *drops),
		    void *ctx);
/* "no-socket", after the kernel's own name; its number where it has none. */
const char *fw_trace_reason(const struct fw_trace *trace, uint32_t reason,
			    char buffer[static 16]);

/* Loads the programs and lets go of them. log: gets the verifier's words, or
 * NULL. */
bool fw_trace_ask(FILE *log, char *reason, size_t size);
