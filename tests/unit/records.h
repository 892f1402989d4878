/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records that a monitor under test makes, read again. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "events/record.h"

#define RECORDS 4096

extern struct records {
	json_t *items[RECORDS];
	size_t n;
	size_t read;		/* a test's own */
} records;

/* For struct fw_monitor_out: keeps a record; the boot clock as the wall's. */
void records_take(void *ctx, struct fw_record *record);
uint64_t records_wall(void *ctx, uint64_t boot_ns);
void records_forget(void);
