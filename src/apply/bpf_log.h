/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libbpf and the verifier say, collected instead of printed.
 *
 * libbpf has one print function for the whole process and no context; so the
 * text is kept by thread, from fw_bpf_log_begin() to fw_bpf_log_end().
 */
#pragma once

#include "util/buf.h"

/* Forgets earlier text and collects from now on, in this thread. */
void fw_bpf_log_begin(void);
/* The text so far, never NULL, and valid until the next begin or end. */
const char *fw_bpf_log_text(void);
/* Writes into ret the line that says most: the kernel's own words, else the
 * verifier's last line, else "". */
void fw_bpf_log_gist(char *ret, size_t size);
void fw_bpf_log_end(void);
