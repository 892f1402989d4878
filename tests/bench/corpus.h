/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the benchmarks' programs and by who fills their packets. */
#pragma once

#define CORPUS_PACKETS 65536
#define CORPUS_SIZE 60		/* bytes of each */
#define CORPUS_SADDR 26		/* behind Ethernet, in an IPv4 header */
