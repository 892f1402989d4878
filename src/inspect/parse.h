/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a parser makes of the bytes that it has been given so far. */
#pragma once

enum fw_parse_state {
	FW_PARSE_NEED_MORE,
	FW_PARSE_DONE,		/* the facts are known */
	FW_PARSE_OTHER,		/* does not begin as its protocol does */
	FW_PARSE_MALFORMED,	/* begins so, but no peer takes it */
	FW_PARSE_STATE_MAX_,
};
