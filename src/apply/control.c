/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: an epoch, a slot, the overlap. Out: the word that every program reads
 * once a packet. May fail: only to be mapped.
 */
#include "apply/control.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "bpf/abi.h"

int fw_control_open(struct fw_control *control, int fd)
{
	void *page;

	if (fd < 0) {
		control->word = &control->alone;
		return 0;
	}
	page = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	control->word = page;
	return 0;
}

void fw_control_done(struct fw_control *control)
{
	if (control->word && control->word != &control->alone)
		(void)munmap(control->word, sizeof(uint64_t));
	control->word = NULL;
}

static uint64_t get(const struct fw_control *control)
{
	return __atomic_load_n(control->word, __ATOMIC_ACQUIRE);
}

uint64_t fw_control_epoch(const struct fw_control *control)
{
	return get(control) >> FW_CONTROL_EPOCH_SHIFT;
}

unsigned fw_control_slot(const struct fw_control *control)
{
	return (unsigned)(get(control) & FW_CONTROL_SLOT);
}

bool fw_control_overlap(const struct fw_control *control)
{
	return get(control) & FW_CONTROL_OVERLAP;
}

void fw_control_set(struct fw_control *control, uint64_t epoch, unsigned slot,
		    bool overlap)
{
	uint64_t word = epoch << FW_CONTROL_EPOCH_SHIFT | slot |
			(overlap ? FW_CONTROL_OVERLAP : 0);

	__atomic_store_n(control->word, word, __ATOMIC_RELEASE);
}
