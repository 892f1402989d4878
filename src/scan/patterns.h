/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns: regular expressions over the payload of flows.
 *
 * The sets that a profile asks for are compiled together; each has a number in
 * the profile, and a stream tells by a bit of that number which have matched.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"
#include "util/sha256.h"

/* "hyperscan" or "pcre2". */
const char *fw_patterns_engine(void);

struct fw_patterns;	/* of one profile; counted references, any thread */
struct fw_search;		/* a stream of bytes; one thread at a time */

/* Whether the pattern can be had. -EINVAL: why not, in ret_why. -ENOMEM. */
int fw_pattern_compiles(const char *regex, const char *flags, char *ret_why,
			size_t size);

/*
 * The patterns that the profile's rules ask for; ret is NULL where there are
 * none. Compiled once for all who ask as long as one holds it, which may take
 * seconds for thousands. -ENOMEM; -EINVAL for what fw_pattern_compiles() refuses.
 */
int fw_patterns_open(const struct fw_profile *profile, struct fw_patterns **ret);
/* NULL is fine, for all three. */
struct fw_patterns *fw_patterns_ref(struct fw_patterns *patterns);
void fw_patterns_unref(struct fw_patterns *patterns);

/* A compiled one as bytes, for another process. */
struct fw_packed_patterns {
	struct fw_hash hash;	/* of what it was made of */
	char *bytes;
	size_t len;		/* 0: there are none */
};

/* Bytes that the caller frees; none for NULL. 0 or -ENOMEM. */
int fw_patterns_pack(const struct fw_patterns *patterns,
		     struct fw_packed_patterns *ret);
/* From now on fw_patterns_open() finds it; ret as there. 0, -ENOMEM or -EINVAL. */
int fw_patterns_unpack(const struct fw_packed_patterns *packed,
		       struct fw_patterns **ret);
/* In a forked process, first of all: what was compiled before is not known here,
 * whatever another thread was doing with it. */
void fw_patterns_forked(void);

/* A stream from its first byte on; takes a reference. 0 or -ENOMEM. */
int fw_search_open(struct fw_patterns *patterns, struct fw_search **ret);
void fw_search_close(struct fw_search *scan);
/* What it scans for; NULL for NULL. */
const struct fw_patterns *fw_search_patterns(const struct fw_search *scan);
/* Bytes that it takes. */
size_t fw_search_held(const struct fw_search *scan);

/* The next bytes; adds a bit for each set that matched. 0 or -ENOMEM. */
int fw_search_feed(struct fw_search *scan, const uint8_t *data, size_t len,
		 uint64_t *matched);
/* What follows is not connected with what was fed. */
void fw_search_restart(struct fw_search *scan);
