/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In: the lines that the build has made of conf/dhcp.db. Out: fingerprints. Only
 * memory fails. */
#include "monitor/dhcp_built_in.h"

#include <assert.h>
#include <errno.h>

#include "util/arena.h"
#include "util/cleanup.h"

static const char *const lines[] = {
#include "src/monitor/dhcp_db.inc"
};

int fw_dhcp_built_in(struct fw_arena *arena, struct fw_prints *ret)
{
	struct fw_print *prints = fw_arena_array(arena, FW_ARRAY_SIZE(lines),
						 sizeof(*prints));

	if (!prints)
		return -ENOMEM;
	for (size_t i = 0; i < FW_ARRAY_SIZE(lines); i++) {
		const char *error;
		int r = fw_print_read(arena, lines[i], &prints[i], &error);

		assert(r != -EINVAL);
		if (r)
			return -ENOMEM;
	}
	*ret = (struct fw_prints){ prints, FW_ARRAY_SIZE(lines) };
	return 0;
}
