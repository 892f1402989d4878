/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a code, a -errno and words. Out: the record that the admin will read.
 * May fail: no.
 */
#include "apply/error.h"

#include <stdarg.h>
#include <stdio.h>

int fw_apply_fail(struct fw_apply_error *ret, int code, int error,
		  const char *format, ...)
{
	va_list ap;

	if (!ret || ret->text[0])
		return error;
	ret->code = code;
	ret->rule = FW_NO_RULE;
	va_start(ap, format);
	(void)vsnprintf(ret->text, sizeof(ret->text), format, ap);
	va_end(ap);
	return error;
}
