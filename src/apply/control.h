/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control word, mapped: abi.h says what its bits mean. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fw_control {
	uint64_t *word;		/* shared with the programs */
	uint64_t alone;		/* stands for it where no program is loaded */
};

/* fd: the map "control", or -1. */
int fw_control_open(struct fw_control *control, int fd);
void fw_control_done(struct fw_control *control);

uint64_t fw_control_epoch(const struct fw_control *control);
unsigned fw_control_slot(const struct fw_control *control);
bool fw_control_overlap(const struct fw_control *control);
/* One release store. */
void fw_control_set(struct fw_control *control, uint64_t epoch, unsigned slot,
		    bool overlap);
