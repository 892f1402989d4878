/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of this kernel that a plan needs, and what becomes of it elsewhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"

enum fw_setting {
	FW_SETTING_SYNCOOKIES,
	FW_SETTING_TIMESTAMPS,
	FW_SETTING_LOOSE,
	FW_SETTING_MAX_,
};

struct fw_setting_row {
	const char *name;	/* dotted */
	long wanted;
	const char *without;	/* what becomes of the plan, in a few words */
};

extern const struct fw_setting_row fw_settings[FW_SETTING_MAX_];

/* A bit 1 << enum fw_setting for each that the plan needs; and for those of them
 * that are not as they must be. */
unsigned fw_settings_needed(const struct fw_plan *plan);
unsigned fw_settings_lacking(const struct fw_plan *plan);

/* Whether this host forwards at all. */
bool fw_settings_forward(void);

/* "is 1, not 2", or why there is no number; always terminated. */
void fw_setting_explain(enum fw_setting which, char *ret, size_t size);

/* What settings were, to put them back. */
struct fw_settings_were {
	long values[FW_SETTING_MAX_];
	unsigned changed;
};

/* Sets what a plan with `sysctl set` lacks. What cannot be written stays, and
 * lacks still. */
void fw_settings_set(const struct fw_plan *plan, struct fw_settings_were *ret);
void fw_settings_put_back(const struct fw_settings_were *were);
