/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In: the number of a queue. Out: this thread's CPU. Nothing fails. */
#include "inspect/pin.h"

#include <sched.h>

void fw_pin(uint16_t number)
{
	cpu_set_t allowed, one;
	int nth;

	/* 0: this thread */
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	nth = number % CPU_COUNT(&allowed);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || nth-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		(void)sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}
