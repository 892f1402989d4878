/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: this kernel. Out: what it has of what Flywall uses. May fail: memory; what
 * cannot be asked, for want of a permission, is unknown.
 *
 * Programs are loaded as they are, and let go of. nft is asked for a rule, which
 * it tries in an empty network namespace.
 */
#include "config.h"

#include "apply/features.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "apply/trace.h"
#include "nft/child.h"
#include "util/cleanup.h"

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

#define CHAIN(hook) \
	"table inet ask { chain c { type filter hook " hook " priority 0; "

/* How each of the others is asked for: by a map type or a
 * ruleset. */
static const struct {
	enum bpf_map_type map;
	const char *ruleset;
} questions[FW_FEATURE_MAX_] = {
	[FW_FEATURE_MAP_IN_MAP] = {.map = BPF_MAP_TYPE_ARRAY_OF_MAPS},
	[FW_FEATURE_LPM_TRIE] = {.map = BPF_MAP_TYPE_LPM_TRIE},
	[FW_FEATURE_RINGBUF] = {.map = BPF_MAP_TYPE_RINGBUF},
	[FW_FEATURE_NFT_INGRESS] = {
		.ruleset = "table netdev ask { chain c { type filter hook "
			   "ingress device \"lo\" priority 0; }; }"},
	[FW_FEATURE_NFT_EGRESS] = {
		.ruleset = "table netdev ask { chain c { type filter hook "
			   "egress device \"lo\" priority 0; }; }"},
	[FW_FEATURE_NFT_QUEUE] = {.ruleset = CHAIN("input") "queue; }; }"},
	[FW_FEATURE_NFT_SYNPROXY] = {
		.ruleset = CHAIN("input") "tcp dport 1 synproxy; }; }"},
	[FW_FEATURE_NFT_FLOWTABLE] = {
		.ruleset = "table inet ask { flowtable f { hook ingress "
			   "priority 0; devices = { \"lo\" }; }; }"},
};

/* What libbpf says of a map type: 1, 0 or -errno. */
static void take_map(int r, struct fw_feature_answer *ret)
{
	ret->available = r > 0 ? FW_FEATURE_YES :
			 r == 0 ? FW_FEATURE_NO : FW_FEATURE_UNKNOWN;
	if (r < 0)
		(void)snprintf(ret->reason, sizeof(ret->reason),
			       "cannot be asked for: %s", strerror(-r));
	else
		(void)snprintf(ret->reason, sizeof(ret->reason),
			       "this kernel has no such map type");
}

static int ask_nft(struct fw_arena *arena, const char *ruleset,
		   struct fw_feature_answer *ret)
{
	const struct fw_nft_job job = {
		.script = ruleset,
		.dry_run = true,
		.apart = true,
	};
	struct fw_nft_complaints complaints = {0};
	int r = fw_nft_child_do(arena, &job, &complaints, NULL);

	if (r == -ENOMEM)
		return r;
	ret->available = r == 0 ? FW_FEATURE_YES :
			 r == 1 ? FW_FEATURE_NO : FW_FEATURE_UNKNOWN;
	if (r == 1)
		(void)snprintf(ret->reason, sizeof(ret->reason), "nft says: %s",
			       complaints.items[0].text);
	else if (r < 0)
		(void)snprintf(ret->reason, sizeof(ret->reason),
			       "nft cannot be asked: %s", strerror(-r));
	return 0;
}

static void ask_program(enum fw_bpf_program which, FILE *log,
			struct fw_feature_answer *ret)
{
	ret->available = fw_bpf_ask(which, log, ret->reason) ?
				 FW_FEATURE_YES : FW_FEATURE_NO;
}

static void ask_trace(FILE *log, struct fw_feature_answer *ret)
{
	ret->available = fw_trace_ask(log, ret->reason, sizeof(ret->reason)) ?
				 FW_FEATURE_YES : FW_FEATURE_NO;
}

static void say_built(struct fw_feature_answer *ret)
{
#ifdef HAVE_HYPERSCAN
	ret->available = FW_FEATURE_YES;
#else
	ret->available = FW_FEATURE_NO;
	(void)snprintf(ret->reason, sizeof(ret->reason), "built without it");
#endif
}

static int ask(struct fw_arena *arena, enum fw_feature which, FILE *log,
	       struct fw_feature_answer *ret)
{
	if (questions[which].ruleset)
		return ask_nft(arena, questions[which].ruleset, ret);
	/* The kernel would say of everything else that it does not exist. */
	if (which == FW_FEATURE_HYPERSCAN)
		say_built(ret);
	else if (geteuid() != 0)
		take_map(-EPERM, ret);
	else if (which == FW_FEATURE_TRACE)
		ask_trace(log, ret);
	else if ((int)which < (int)FW_BPF_PROGRAM_MAX_)
		ask_program((enum fw_bpf_program)which, log, ret);
	else
		take_map(libbpf_probe_bpf_map_type(questions[which].map, NULL),
			 ret);
	return 0;
}

int fw_features_ask(FILE *log, struct fw_feature_answer ret[FW_FEATURE_MAX_])
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	int r = arena ? 0 : -ENOMEM;

	memset(ret, 0, FW_FEATURE_MAX_ * sizeof(*ret));
	for (int i = 0; r == 0 && i < FW_FEATURE_MAX_; i++)
		r = ask(arena, (enum fw_feature)i, log, &ret[i]);
	return r;
}
