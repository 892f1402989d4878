/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYN cookies, a part of abi.h.
 *
 * What a SYN-ACK with a cookie may offer: a rule's options, and what the kernel
 * itself will compute of a connection to one of its listeners.
 */
#pragma once

#include <linux/types.h>

#define FW_SYNPROXIES 8		/* different options, of which 0 is none */

#define FW_SYN_MSS 1u
#define FW_SYN_WSCALE 2u
#define FW_SYN_SACK 4u
#define FW_SYN_TIMESTAMP 8u

struct fw_synproxy {
	__u16 mss;		/* with MSS */
	__u8 wscale;		/* with WSCALE; of forwarded connections */
	__u8 offers;		/* FW_SYN_MSS and on */
};

struct fw_syn {
	__u64 window_ns;	/* answers where more than `above` SYNs came in
				   such a time; 0: always */
	__u64 above;
	__u8 local;		/* likewise: what a listener takes */
	__u8 local_wscale;
	__u8 flags;		/* FW_SYN_LOCAL and on */
	__u8 pad[5];
	struct fw_synproxy of[FW_SYNPROXIES];
};

#define FW_SYN_LOCAL 1u		/* listeners take cookies */
#define FW_SYN_FORWARD 2u	/* nft's synproxy is behind */
#define FW_SYN_ROUTER 4u	/* this host forwards */

/* How many SYNs came, all devices together. */
struct fw_syn_rate {
	__u64 window;		/* number of the window that is counted */
	__u64 count;
	__u64 until;		/* boot clock: answers go on so long */
};

enum fw_program {
	FW_PROGRAM_SYN,
	FW_PROGRAM_MAX_,
};
