/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `flywall set` is told, and what comes of it. */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

enum fw_set_verb {
	FW_SET_ADD,
	FW_SET_DELETE,
	FW_SET_REPLACE,
	FW_SET_TEST,
	FW_SET_EXPIRE,
	FW_SET_FLUSH,
	FW_SET_VERB_MAX_,
};

extern const char *const fw_set_verb_name[];

struct fw_set_order {
	const struct fw_plan_set *set;
	enum fw_set_verb verb;
	struct fw_interval *values;	/* of the elements, as they were named */
	size_t n_values;
	const char **texts;	/* of sets that hold no values: as nft takes
				   them; else NULL */
	size_t n_texts;
	uint64_t ms;		/* as it was named */
	uint64_t until_ns;	/* boot clock; 0: they stay */
	uint64_t since_ns;	/* EXPIRE: what was added then or before */
	uint64_t now_ns;
};

/* done of so many: elements that were changed, or are there. */
struct fw_set_result {
	size_t done, of;
	size_t deleted;		/* REPLACE: and so many were deleted */
	bool changed;
};

struct fw_set_trouble {
	int code;		/* exit status */
	char text[1280];
};

/* From the words of a request, about the running plan. ret has memory of the
 * arena. False with the trouble. */
bool fw_set_order_read(const struct fw_daemon *daemon, struct fw_arena *arena,
		       const json_t *arguments, struct fw_set_order *ret,
		       struct fw_set_trouble *trouble);

/* Does it to the changes (TEST: may be the running ones). 0 or -ENOMEM. */
int fw_set_order_run(const struct fw_set_order *order,
		     struct fw_changes *changes, struct fw_set_result *ret);

/*
 * Over a reload: what was changed in live sets, which nft holds, is noted before
 * (into changes, which are that plan's), and done again where the set was made
 * anew. The latter forgets it then, as nft knows. The former is 0 or -errno; of
 * the latter, a failure is logged.
 */
int fw_set_carry_out(struct fw_daemon *daemon, const struct fw_plan *plan,
		     struct fw_changes *changes);
void fw_set_carry_in(struct fw_daemon *daemon);

/* Elements that others have added to nft's sets which are compiled in, or taken
 * from them, become changes: whether there are any. The same is done to others,
 * which are the changes of another plan, unless they are NULL. 0 or -errno. */
int fw_set_note_others(struct fw_daemon *daemon, struct fw_changes *changes,
		       const struct fw_plan *other, struct fw_changes *others,
		       bool *ret_any);

/* The table's set that an order is about: its own, or the top-level one under
 * its name. */
bool fw_set_is_in(const struct fw_plan *plan, const struct fw_nft_table *table,
		  const struct fw_plan_set *set);

/* The same as fw_set_order_nft() for an order with texts. */
bool fw_set_order_texts(struct fw_daemon *daemon, struct fw_arena *arena,
			const struct fw_set_order *order,
			struct fw_set_result *ret,
			struct fw_set_trouble *trouble);

/* Does it in nft: for sets that are open. False with the trouble. */
bool fw_set_order_nft(struct fw_daemon *daemon, struct fw_arena *arena,
		      const struct fw_set_order *order,
		      struct fw_set_result *ret,
		      struct fw_set_trouble *trouble);
