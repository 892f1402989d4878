/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the test and its probe programs say to each other. */
#pragma once

#include "bpf/abi.h"

struct probe {
	struct fw_meta meta;	/* to be written, with write */
	__u32 write;
	__u32 seen;		/* packets that came past TC */
	__u32 mark;		/* of the last one */
	__u32 pad;
};
