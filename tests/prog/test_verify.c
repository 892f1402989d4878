/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every program loads, within a bound on what its verification costs: growth shows
 * here before another kernel refuses it. The bounds stand by half above what was
 * reached; who raises one says so in the same change. */
#include <stdio.h>
#include <string.h>

#include "kernel.h"

/* Instructions that the verifier goes through, of the million that it may. */
static const struct {
	const char *name;
	uint32_t most;
} programs[] = {
	[KERNEL_XDP] = { "xdp", 110000 },
	[KERNEL_TC] = { "tc", 120000 },
	[KERNEL_SYN] = { "syn", 10000 },
	[KERNEL_ROAD] = { "road", 12000 },
	[KERNEL_WATCH] = { "watch", 20000 },
	[KERNEL_TLS] = { "tls", 4000 },
	[KERNEL_DHCP] = { "dhcp", 1000 },
	[KERNEL_DNS] = { "dns", 1000 },
	[KERNEL_TRACE] = { "trace", 1200 },
};

int main(void)
{
	unsigned failed = 0, passed = 0;

	for (int i = KERNEL_XDP; i <= KERNEL_TRACE; i++) {
		struct kernel kernel;
		int r = kernel_open(&kernel, (enum kernel_program)i, NULL);

		if (r) {
			fprintf(stderr, "%s: %s\n", programs[i].name, strerror(-r));
			failed++;
			continue;
		}
		printf("%s: %u instructions verified, at most %u\n",
		       programs[i].name, kernel.instructions, programs[i].most);
		if (!kernel.instructions ||
		    kernel.instructions > programs[i].most)
			failed++;
		else
			passed++;
		kernel_close(&kernel);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
