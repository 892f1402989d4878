/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log: one line to standard error, syslog or the journal.
 *
 * In: a priority and a text. Out: the line, unless it is less important than
 * the highest priority asked for. Cannot fail; a line that does not fit is cut.
 */
#include "util/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 2048

static enum fw_log_target log_target = FW_LOG_STDERR;
static int log_max_priority = LOG_INFO;

void fw_log_open(enum fw_log_target target, int max_priority)
{
	if (log_target == FW_LOG_SYSLOG && target != FW_LOG_SYSLOG)
		closelog();
	if (target == FW_LOG_SYSLOG)
		openlog("flywall", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	log_target = target;
	log_max_priority = max_priority;
}

/* One write a line, so that lines of several processes do not mix. */
static void write_line(int priority, const char *line)
{
	switch (log_target) {
	case FW_LOG_SYSLOG:
		syslog(priority, "%s", line);
		break;
	case FW_LOG_JOURNAL:
		(void)fprintf(stderr, "<%d>%s\n", LOG_PRI(priority), line);
		break;
	case FW_LOG_STDERR:
		(void)fprintf(stderr, "flywall: %s\n", line);
		break;
	}
}

static void log_line(int priority, int error, const char *format, va_list ap)
	__attribute__((format(printf, 3, 0)));
static void log_line(int priority, int error, const char *format, va_list ap)
{
	char line[LINE_MAX_BYTES];
	int saved = errno;
	size_t len;

	if (LOG_PRI(priority) > log_max_priority)
		return;
	if (vsnprintf(line, sizeof(line), format, ap) < 0)
		return;
	if (error) {
		len = strlen(line);
		(void)snprintf(line + len, sizeof(line) - len, ": %s",
			       strerror(error < 0 ? -error : error));
	}
	write_line(priority, line);
	errno = saved;
}

void fw_log(int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_line(priority, 0, format, ap);
	va_end(ap);
}

int fw_log_errno(int priority, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_line(priority, error, format, ap);
	va_end(ap);
	return error;
}
