/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the JSON printer share. Only plan/ looks at it. */
#pragma once

#include <jansson.h>

#include "plan/plan.h"

/* json_*_new(NULL) fails and passes the failure on, so one check at the end is
 * enough: a NULL value makes these fail. 0 or -ENOMEM. */
int fw_plan_json_append(json_t *array, json_t *value);
int fw_plan_json_set(json_t *object, const char *key, json_t *value);
/* A string of any bytes: what is not UTF-8 becomes U+FFFD. NULL gives null. */
json_t *fw_plan_json_text(const char *text);

/* The keys that blocks, options, sets and statements make. */
int fw_plan_json_blocks(json_t *doc, const struct fw_plan *plan);
