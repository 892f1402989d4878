/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every program loads, within a bound on what its verification costs: growth by
 * a factor shows here before another kernel refuses it. */
#include <stdio.h>
#include <string.h>

#include "kernel.h"

#define INSTRUCTIONS_MAX 250000	/* of the verifier's million */

int main(void)
{
	static const char *const names[] = {
		[KERNEL_XDP] = "xdp",
		[KERNEL_TC] = "tc",
		[KERNEL_DNS] = "dns",
	};
	unsigned failed = 0, passed = 0;

	for (int i = KERNEL_XDP; i <= KERNEL_DNS; i++) {
		struct kernel kernel;
		int r = kernel_open(&kernel, (enum kernel_program)i, NULL);

		if (r) {
			fprintf(stderr, "%s: %s\n", names[i], strerror(-r));
			failed++;
			continue;
		}
		printf("%s: %u instructions verified\n", names[i],
		       kernel.instructions);
		if (kernel.instructions > INSTRUCTIONS_MAX)
			failed++;
		else
			passed++;
		kernel_close(&kernel);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
