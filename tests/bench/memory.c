/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What flows take of memory while their first message is unfinished: 100,000 of
 * them, each with a kilobyte of a ClientHello that it cannot be judged by; and
 * that no more is taken than a profile may.
 *
 *	memory
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "tests/unit/hello.h"
#include "tests/unit/inspector_lab.h"

#define FLOWS 100000
#define SAID 1024		/* bytes of each */
#define BOUND (32u << 20)	/* of a profile */

static void allow(struct lab *lab, uint64_t memory)
{
	lab->profiles[0].memory = memory;
	lab->profiles[0].max_bytes = 65536;
	lab_reload(lab, 1);
	lab->plan->options.flows = FLOWS;
	fw_inspector_set_plan(&lab->inspector, fw_plan_ref(lab->plan));
}

/* Bytes that are taken from the system's memory, for all of them. */
static double begin_flows(uint64_t memory, double *ret_counted)
{
	struct hello hello = hello_make("evil.example", 0, 4096);
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct lab lab;
	double taken;

	lab_open(&lab, 1);
	allow(&lab, memory);
	for (uint32_t i = 0; i < FLOWS; i++) {
		memcpy(lab.tuple.saddr, &i, sizeof(i));
		lab.seq[0] = 1000;
		lab.seq[1] = 1000;
		handshake(&lab);
		(void)say(&lab, false, ACK, hello.data, SAID);
	}
	taken = (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before);
	fw_inspector_sweep(&lab.inspector);
	*ret_counted = (double)lab.inspector.stats.memory;
	lab_close(&lab);
	return taken;
}

static void row(const char *measure, double bytes, double of, double limit)
{
	char detail[80];

	(void)snprintf(detail, sizeof(detail), "%.0f bytes / %.0f bytes", bytes,
		       of);
	bench_row(measure, bytes / of, "<=", limit, detail);
}

int main(void)
{
	double counted, taken = begin_flows(UINT64_C(1) << 30, &counted);

	printf("100,000 flows in reassembly, %.0f MiB\n", taken / (1 << 20));
	row("memory, 100,000 flows in reassembly / payload", taken,
	    (double)FLOWS * SAID, 8);
	(void)begin_flows(BOUND, &counted);
	row("memory, the same of a profile with 32 mbytes", counted, BOUND, 1);
	return 0;
}
