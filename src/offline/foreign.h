/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of this network namespace that are not the configuration's: which of
 * their chains could drop what management lets through, or write the bits of
 * marks that are Flywall's. Each is a warning.
 */
#pragma once

struct fw_load;

void fw_foreign(struct fw_load *load);
