/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service manager is told: sd_notify(3)'s protocol. */
#pragma once

/* All do nothing when no service manager asked to be told. */
void fw_notify_ready(const char *status);
void fw_notify_reloading(void);
void fw_notify_stopping(void);
