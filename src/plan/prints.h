/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fingerprints of DHCP clients: lines of a data file (flywall.conf(5), DEVICE
 * FINGERPRINTS), and which of them fits what a client sent.
 *
 *	Windows 10 or 11: params 1,3,6,15,31,33,43,*; vendor MSFT 5.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fw_arena;

/* What a client can be known by. */
enum fw_print_key {
	FW_PRINT_PARAMS,	/* IPv4's parameter request list, in its order */
	FW_PRINT_OPTIONS,	/* codes of the options, of either version */
	FW_PRINT_REQUEST,	/* IPv6's option request option */
	FW_PRINT_VENDOR,	/* vendor class */
	FW_PRINT_HOST,
	FW_PRINT_MAX_,
};

#define FW_PRINT_LINE_MAX 1024
#define FW_PRINT_NAME_MAX 64

/* A pattern of each key that the line names, all of which have to fit: texts as
 * fnmatch(3) has them, without case. NULL: any. */
struct fw_print {
	const char *name;
	const char *patterns[FW_PRINT_MAX_];
};

struct fw_prints {
	const struct fw_print *items;
	size_t n;
};

/* What a client sent; lists as "1,3,6". NULL: nothing. */
struct fw_print_facts {
	const char *values[FW_PRINT_MAX_];
};

/* Reads a line without the blanks around it; texts are in arena. 0, -ENOMEM, or
 * -EINVAL with why in ret_error, a constant. */
int fw_print_read(struct fw_arena *arena, const char *line,
		  struct fw_print *ret, const char **ret_error);

/* The name of the line that fits and says most, the first one of several; or
 * NULL. */
const char *fw_prints_find(const struct fw_prints *prints,
			   const struct fw_print_facts *facts);
/* How much it says: FW_PRINT_MAX_ lines' worth of keys; 0: it does not fit. */
unsigned fw_print_fits(const struct fw_print *print,
		       const struct fw_print_facts *facts);

const char *fw_print_key_name(enum fw_print_key key);
