/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of texts that may be anything. */
#pragma once

#include <jansson.h>

/* A string; bytes that are no UTF-8 become '?'. null for NULL. */
json_t *fw_json_text(const char *text);
/* A number; an integer that does not fit becomes the largest that does. */
json_t *fw_json_number(unsigned long long number);
