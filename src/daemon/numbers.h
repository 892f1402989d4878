/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers: what a profile's number in the marks of connections means, over
 * reloads and daemons, and which rules have given marks. A name keeps its number
 * also while it is not in the file, until another one needs it.
 */
#pragma once

#include "facts/facts.h"
#include "plan/plan.h"

struct fw_numbers {
	struct fw_number {
		char *name;		/* NULL: never given */
		struct fw_hash hash;	/* of the profile by which flows of it
					   were judged; valid with */
		bool judged;
	} of[FW_PROFILES];
	/* Keys of rules that say `inspect`, of the last commit: they have seen
	 * the connections of their time. */
	struct fw_hash *rules;
	size_t n_rules;
};

/* Those that stand in dir, of this boot and network namespace; none where there
 * is no file, or none that can be read, which is logged. 0 or -ENOMEM. */
int fw_numbers_read(const char *dir, struct fw_numbers *ret);
void fw_numbers_done(struct fw_numbers *numbers);

/* For the compiler; in arena. 0 or -ENOMEM. */
int fw_numbers_facts(const struct fw_numbers *numbers, struct fw_arena *arena,
		     struct fw_facts *facts);

/*
 * Before a plan is committed: its names have the numbers that it gives them, also
 * on disk, in dir. ret_taken gets a bit for each number that meant another
 * profile. 0 or -errno.
 */
int fw_numbers_admit(struct fw_numbers *numbers, const char *dir,
		     const struct fw_plan *plan, unsigned *ret_taken);
/* Behind it: a bit for each number whose profile judges otherwise than before.
 * Once their flows are to be judged anew, fw_numbers_settle() notes that. */
unsigned fw_numbers_changed(const struct fw_numbers *numbers,
			    const struct fw_plan *plan);
void fw_numbers_settle(struct fw_numbers *numbers, const char *dir,
		       const struct fw_plan *plan);
/* So are these rules; takes their memory. */
void fw_numbers_set_rules(struct fw_numbers *numbers, const char *dir,
			  struct fw_hash *rules, size_t n);
