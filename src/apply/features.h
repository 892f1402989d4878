/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the kernel Flywall makes use of, and what takes its place where that
 * is missing. One table, for `flywall features` and for `status`.
 */
#pragma once

#include <stdio.h>

#include "apply/bpf.h"

enum fw_feature {
	/* the programs, in the order of enum fw_bpf_program */
	FW_FEATURE_XDP,
	FW_FEATURE_TC,
	FW_FEATURE_DNS,
	FW_FEATURE_COOKIES,
	FW_FEATURE_ROAD,
	FW_FEATURE_WATCH,
	FW_FEATURE_DHCP,
	FW_FEATURE_TLS,
	FW_FEATURE_TRACE,
	FW_FEATURE_MAP_IN_MAP,
	FW_FEATURE_LPM_TRIE,
	FW_FEATURE_RINGBUF,
	FW_FEATURE_NFT_INGRESS,
	FW_FEATURE_NFT_EGRESS,
	FW_FEATURE_NFT_QUEUE,
	FW_FEATURE_NFT_SYNPROXY,
	FW_FEATURE_NFT_FLOWTABLE,
	FW_FEATURE_HYPERSCAN,
	FW_FEATURE_MAX_,
};

struct fw_feature_row {
	const char *name;
	const char *layer;
	const char *fallback;	/* NULL: there is none, it is needed */
};
extern const struct fw_feature_row fw_features[FW_FEATURE_MAX_];

struct fw_feature_answer {
	enum { FW_FEATURE_NO, FW_FEATURE_YES, FW_FEATURE_UNKNOWN } available;
	char reason[FW_BPF_REASON_MAX];	/* valid unless YES */
};

/* Asks this kernel; nothing that filters is changed. log: gets what the verifier
 * says of each program, or NULL. 0 or -ENOMEM. */
int fw_features_ask(FILE *log, struct fw_feature_answer ret[FW_FEATURE_MAX_]);
