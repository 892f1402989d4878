/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue rule where the kernel has no nft queue expression: the xt NFQUEUE
 * target, revision 3, which nft has no words for, put into regular chains of
 * table inet flywall by libnftnl.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnl_socket;

/* What happens to one chain of inet flywall. */
struct fw_queue_change {
	const char *chain;
	bool create;		/* make the (regular) chain first */
	bool drop;		/* empty the chain and delete it; the rest then
				   does not count */
	uint16_t first, last;	/* queues */
	bool bypass;		/* accept when nobody listens */
	const uint64_t *replaces;	/* handles deleted behind the new rule */
	size_t n_replaces;
};

/* All changes in one transaction; table inet flywall must stand. 0 or -errno,
 * and then nothing has changed. */
int fw_queue_rule_apply(struct mnl_socket *nl,
			const struct fw_queue_change *changes, size_t n);

/* Whether this kernel takes the nft queue expression, by a transaction that is
 * never committed. 0 or -errno. */
int fw_queue_rule_probe(struct mnl_socket *nl, bool *ret_expression);
