/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring buffer's side: what programs write, as records. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "events/record.h"

/* A rule of the running configuration; texts may be NULL, and are lent. */
struct fw_ring_rule {
	const char *file, *text;
	uint32_t line;
	const char *log_prefix, *log_level, *audit;
};

/* What a program's numbers stand for. Texts are lent, for the call. */
struct fw_ring_names {
	void *ctx;
	/* The name of a device, or NULL. */
	const char *(*device)(void *ctx, uint32_t ifindex);
	/* True with *ret where a rule has that id (bpf/abi.h). */
	bool (*rule)(void *ctx, uint32_t id, struct fw_ring_rule *ret);
	const char *(*stat)(enum fw_stat stat);
};

/*
 * Makes the record of one ring buffer entry. Returns 0 with *ret_type and the
 * line, which the caller frees; -EINVAL for an entry that is none (a size that
 * does not fit its type, a type not known); -ENOMEM.
 */
int fw_ring_record(const struct fw_event_head *head,
		   const struct fw_ring_names *names,
		   enum fw_record_type *ret_type, char **ret_line);
