/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of features. */
#include "apply/features.h"

#include "util/cleanup.h"

const struct fw_feature_row fw_features[] = {
	[FW_FEATURE_XDP] = {"xdp", "xdp", "nft"},
	[FW_FEATURE_TC] = {"tc", "tc", "ct mark only"},
	[FW_FEATURE_DNS] = {"dns", "monitor", "packet reader"},
	[FW_FEATURE_ROAD] = {"tc-road", "tc", "stack"},
	[FW_FEATURE_WATCH] = {"watch", "monitor", "packet reader"},
	[FW_FEATURE_DHCP] = {"dhcp", "monitor", "packet reader"},
	[FW_FEATURE_TLS] = {"tls", "monitor", "packet reader"},
	[FW_FEATURE_TRACE] = {"tracepoints", "trace", "/proc"},
	[FW_FEATURE_MAP_IN_MAP] = {"map-in-map", "maps", "nft"},
	[FW_FEATURE_LPM_TRIE] = {"lpm-trie", "maps", "nft"},
	[FW_FEATURE_RINGBUF] = {"ring-buffer", "maps", "nft"},
	[FW_FEATURE_COOKIES] = {"raw-syn-cookies", "xdp", "nft synproxy"},
	[FW_FEATURE_NFT_INGRESS] = {"nft-ingress", "nft", NULL},
	[FW_FEATURE_NFT_EGRESS] = {"nft-egress", "nft", NULL},
	[FW_FEATURE_NFT_QUEUE] = {"nft-queue", "nft", "xt NFQUEUE target"},
	[FW_FEATURE_NFT_SYNPROXY] = {"nft-synproxy", "nft", NULL},
	[FW_FEATURE_NFT_FLOWTABLE] = {"nft-flowtable", "nft", NULL},
	[FW_FEATURE_HYPERSCAN] = {"hyperscan", "inspect", "pcre2"},
};
_Static_assert(FW_ARRAY_SIZE(fw_features) == FW_FEATURE_MAX_, "features");
_Static_assert((int)FW_FEATURE_XDP == (int)FW_BPF_XDP &&
	       (int)FW_FEATURE_TC == (int)FW_BPF_TC &&
	       (int)FW_FEATURE_DNS == (int)FW_BPF_DNS &&
	       (int)FW_FEATURE_COOKIES == (int)FW_BPF_SYN &&
	       (int)FW_FEATURE_ROAD == (int)FW_BPF_ROAD &&
	       (int)FW_FEATURE_WATCH == (int)FW_BPF_WATCH &&
	       (int)FW_FEATURE_TLS == (int)FW_BPF_TLS &&
	       (int)FW_FEATURE_DHCP == (int)FW_BPF_DHCP,
	       "the programs come first");
