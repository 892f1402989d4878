/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft's stand-in: an epoch and failures on demand, see veth.h. */
#include <errno.h>
#include <string.h>

#include "apply/error.h"
#include "apply/nft.h"
#include "tests/net/veth.h"

int fw_nft_open(const struct fw_apply_config *config, struct fw_nft **ret,
		struct fw_apply_error *ret_error)
{
	(void)config;
	(void)ret_error;
	veth_nft->staged = 0;
	*ret = (struct fw_nft *)veth_nft;
	return 0;
}

uint64_t fw_nft_epoch(const struct fw_nft *nft)
{
	(void)nft;
	return veth_nft->epoch;
}

const char *fw_nft_warning(const struct fw_nft *nft)
{
	(void)nft;
	return NULL;
}

bool fw_nft_has_queue(const struct fw_nft *nft)
{
	(void)nft;
	return false;
}

int fw_nft_stage(struct fw_nft *nft, const struct fw_plan *plan, uint64_t epoch,
		 unsigned slot, struct fw_apply_error *ret_error)
{
	(void)nft;
	(void)plan;
	(void)slot;
	veth_nft->stages++;
	veth_nft->staged = epoch;
	if (veth_nft->fail_stage)
		return fw_apply_fail(ret_error, FW_APPLY_REFUSED,
				     veth_nft->fail_stage, "stage refused");
	return 0;
}

int fw_nft_set_ranges(struct fw_nft *nft, struct fw_arena *arena,
		      const struct fw_live_set *set, unsigned width,
		      struct fw_nft_ranges *ret)
{
	(void)nft;
	(void)arena;
	(void)set;
	(void)width;
	*ret = (struct fw_nft_ranges){0};
	return 0;
}

int fw_nft_set_count(struct fw_nft *nft, struct fw_arena *arena,
		     const struct fw_live_set *set, size_t *ret)
{
	(void)nft;
	(void)arena;
	(void)set;
	*ret = 0;
	return 0;
}

int fw_nft_classes(struct fw_nft *nft, struct fw_arena *arena,
		   struct fw_flow_classes *ret)
{
	(void)nft;
	(void)arena;
	*ret = (struct fw_flow_classes){0};
	return -ENOENT;
}

int fw_nft_run(struct fw_nft *nft, const char *script,
	       struct fw_apply_error *ret_error)
{
	(void)nft;
	(void)script;
	(void)ret_error;
	return 0;
}

int fw_nft_commit(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	(void)nft;
	veth_nft->commits++;
	if (veth_nft->fail_commit)
		return fw_apply_fail(ret_error, FW_APPLY_REFUSED,
				     veth_nft->fail_commit, "commit refused");
	veth_nft->epoch = veth_nft->staged;
	return 0;
}

int fw_nft_retire(struct fw_nft *nft)
{
	(void)nft;
	veth_nft->retires++;
	return 0;
}

void fw_nft_abort(struct fw_nft *nft)
{
	(void)nft;
	veth_nft->aborts++;
	veth_nft->staged = 0;
}

int fw_nft_rule_counts(struct fw_nft *nft, const struct fw_plan *plan,
		       struct fw_rule_count *counts)
{
	(void)nft;
	(void)plan;
	(void)counts;
	return 0;
}

int fw_nft_counter_counts(struct fw_nft *nft, const struct fw_plan *plan,
			  struct fw_rule_count *counts)
{
	(void)nft;
	(void)plan;
	(void)counts;
	return 0;
}

int fw_nft_flush(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	(void)nft;
	(void)ret_error;
	veth_nft->epoch = 0;
	return 0;
}

void fw_nft_close(struct fw_nft *nft)
{
	(void)nft;
}
