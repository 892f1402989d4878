/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an element's value ends and its options begin.
 *
 * In: words of an element. Out: whether one of them begins an option. Cannot
 * fail.
 */
#include <string.h>

#include "compile/resolve.h"
#include "util/cleanup.h"

bool fw_element_option(const struct fw_word *word)
{
	static const char *const options[] = { "comment", "timeout", "expires", "counter",
					       "limit", "quota", "ct", "last" };

	for (size_t i = 0; word->kind == FW_WORD_PLAIN && i < FW_ARRAY_SIZE(options); i++)
		if (!strcmp(word->text, options[i]))
			return true;
	return false;
}
