/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log: one failure, one line, one place.
 *
 * Only the daemon, the clients and main log; everything else returns errors.
 * Priorities are syslog's (LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO,
 * LOG_DEBUG). What is not fatal ends in ", ignoring".
 */
#pragma once

#include <syslog.h>

enum fw_log_target {
	FW_LOG_STDERR,
	FW_LOG_SYSLOG,
	FW_LOG_JOURNAL,	/* standard error with <priority> prefixes */
};

void fw_log_open(enum fw_log_target target, int max_priority);
void fw_log(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Like fw_log(), with ": strerror(-error)" behind it. Returns error. */
int fw_log_errno(int priority, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
