/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Table: the flows of one worker, bounded, by tuple in either direction.
 *
 * Flows stand in one list a class, by the time of their last packet, so that
 * expiry looks at none that stays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/vetting.h"

struct fw_flow_table;

/* At most max flows, from 1. NULL when memory or random numbers run out. */
struct fw_flow_table *fw_flow_table_new(size_t max);
/* The table must be empty. NULL is fine. */
void fw_flow_table_free(struct fw_flow_table *table);

void fw_flow_table_set_max(struct fw_flow_table *table, size_t max);
size_t fw_flow_table_size(const struct fw_flow_table *table);

/* The flow of a packet with this tuple, or NULL; ret_reply: the packet goes in
 * direction 1. */
struct fw_vetting *fw_flow_table_find(const struct fw_flow_table *table,
				      const struct fw_tuple *tuple,
				      bool *ret_reply);

/* A flow that has to go before another one fits: NULL when one fits, or when
 * every flow is one that must not be forgotten; then full is true. */
struct fw_vetting *fw_flow_table_victim(const struct fw_flow_table *table,
					bool *ret_full);
/* Puts a flow in, which the table then links but does not own. */
void fw_flow_table_add(struct fw_flow_table *table, struct fw_vetting *vetting,
		       uint64_t now_ms);
/* To the end of the list of the class that it has now. */
void fw_flow_table_touch(struct fw_flow_table *table,
			 struct fw_vetting *vetting, uint64_t now_ms);
void fw_flow_table_remove(struct fw_flow_table *table,
			  struct fw_vetting *vetting);

/* A flow whose idle time is over, or NULL. */
struct fw_vetting *fw_flow_table_expired(const struct fw_flow_table *table,
					 uint64_t now_ms);
/* Any flow, oldest first; NULL when the table is empty. */
struct fw_vetting *fw_flow_table_any(const struct fw_flow_table *table);
/* Calls fn for each flow, which it may remove, and no other. */
void fw_flow_table_each(const struct fw_flow_table *table,
			void (*fn)(void *ctx, struct fw_vetting *vetting),
			void *ctx);
