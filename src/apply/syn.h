/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What SYN-ACKs with cookies may say on this host. */
#pragma once

#include "plan/plan.h"

/* The plan's `synproxy` options, and the settings of this kernel as they are. */
void fw_syn_make(const struct fw_plan *plan, struct fw_syn *ret);
