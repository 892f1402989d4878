/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files behind nft.h share. */
#pragma once

#include <errno.h>
#include <string.h>

#include "apply/error.h"
#include "apply/nft.h"
#include "apply/nft_kernel.h"
#include "apply/nft_queue.h"
#include "apply/nft_record.h"
#include "apply/nft_script.h"
#include "apply/nft_state.h"

struct mnl_socket;

struct fw_nft {
	char *path;
	bool take_over;		/* --take-over, until the first commit */
	bool has_queue;
	bool unread;		/* live lacks handles: read back failed */
	struct fw_nft_place place;
	struct mnl_socket *nl;
	struct fw_nft_record *live;	/* never NULL */
	char warning[256];
	/* valid while staged */
	struct fw_nft_record *next;	/* NULL: nothing is staged */
	struct fw_arena *arena;		/* of script and queue */
	struct fw_nft_script script;
	struct fw_nft_queue_work queue;
};

/* The record's table inet flywall, or NULL. */
const struct fw_nft_rec_table *fw_nft_own_table(const struct fw_nft_record *record);
/* Takes over record. */
void fw_nft_replace_live(struct fw_nft *nft, struct fw_nft_record *record);
/* Brings the live record in line with the kernel, and reads what tables there
 * are. 0 or -errno. */
int fw_nft_reconcile(struct fw_nft *nft, struct fw_nft_kernel_tables *ret);

static inline int fw_nft_fail(struct fw_apply_error *ret_error, int r,
			      const char *what)
{
	return fw_apply_fail(ret_error, FW_APPLY_SYSTEM, r, "%s: %s", what,
			     strerror(-r));
}
