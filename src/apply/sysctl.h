/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel settings of this network namespace, by their dotted names. */
#pragma once

#include <stdbool.h>

/* The last number of the setting: of `tcp_rmem` the greatest. False where the
 * kernel has no such setting, or it is no number. */
bool fw_sysctl_read(const char *name, long *ret);

/* False where the kernel does not take it. */
bool fw_sysctl_write(const char *name, long value);
