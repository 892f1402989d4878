/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON written by hand, for layers that know no JSON library. */
#pragma once

#include "util/buf.h"

/* A string with its quotes; what is no UTF-8 becomes U+FFFD. "null" for NULL. */
void fw_buf_add_json(struct fw_buf *buf, const char *text);
