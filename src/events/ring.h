/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring buffer's side: what programs write, as records. */
#pragma once

#include <stdint.h>

#include "bpf/abi.h"
#include "events/record.h"

/* The name of a device for its index, or NULL; lent, for the call. */
typedef const char *(*fw_ring_device_fn)(void *ctx, uint32_t ifindex);

/*
 * Makes the record of one ring buffer entry. Returns 0 with *ret_type and the
 * line, which the caller frees; -EINVAL for an entry that is none (a size that
 * does not fit its type, a type not known); -ENOMEM.
 */
int fw_ring_record(const struct fw_event_head *head, fw_ring_device_fn device,
		   void *ctx, enum fw_record_type *ret_type, char **ret_line);
