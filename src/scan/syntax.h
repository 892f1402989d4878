/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of Perl's expressions no pattern may have, whatever the engine: hyperscan
 * does without what needs to remember or to look around.
 */
#pragma once

#include <stdint.h>

/* The name of what it has and may not; NULL: nothing. */
const char *fw_syntax_refuses(const char *regex);

/* How many bytes have to be known behind a match before it counts: those that
 * the ends of words and of texts ask for. */
uint32_t fw_syntax_behind(const char *regex);
