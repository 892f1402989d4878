/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs and maps that Flywall brings into the kernel.
 *
 * Objects (xdp, tc, dns, syn, road, watch, dhcp, tls), embedded at build time, each with one
 * program.
 * A map that several name is one map. Maps with a pin are reused, the others
 * are made and pinned.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "apply/bpf_fs.h"
#include "apply/generation.h"

enum fw_bpf_program {
	FW_BPF_XDP,
	FW_BPF_TC,
	FW_BPF_DNS,
	FW_BPF_SYN,
	FW_BPF_ROAD,
	FW_BPF_WATCH,
	FW_BPF_DHCP,
	FW_BPF_TLS,
	FW_BPF_PROGRAM_MAX_,
};

/* The XDP program's function, by which it is told from others. */
#define FW_XDP_PROGRAM "fw_xdp"

/* What a map inside an outer one must look like. */
struct fw_bpf_inner {
	enum bpf_map_type type;
	__u32 key_size, value_size, max_entries, flags;
};

struct fw_bpf_map {
	char name[BPF_OBJ_NAME_LEN];
	int fd;
	__u32 max_entries;
	bool outer;		/* a generational table */
	struct fw_bpf_inner inner;	/* valid with outer */
};

#define FW_BPF_MAPS_MAX 56
#define FW_BPF_REASON_MAX 1024

struct fw_bpf {
	struct bpf_object *objects[FW_BPF_PROGRAM_MAX_];
	int prog[FW_BPF_PROGRAM_MAX_];	/* -1: not loaded */
	__u32 prog_id[FW_BPF_PROGRAM_MAX_];
	char reason[FW_BPF_PROGRAM_MAX_][256];	/* why prog is -1 */
	struct fw_bpf_map maps[FW_BPF_MAPS_MAX];
	size_t n_maps;
};

/*
 * Loads everything. A program that the kernel does not know or refuses is left
 * out, with the reason; what the verifier said goes to <state_dir>/verifier.log.
 * It is an error where an earlier daemon's one is still attached. On failure bpf
 * holds nothing.
 */
int fw_bpf_open(struct fw_bpf *bpf, struct fw_bpf_fs *fs, const char *state_dir,
		const struct fw_plan_options *options,
		struct fw_apply_error *ret_error);
void fw_bpf_done(struct fw_bpf *bpf);
/* Whether there is any program. */
bool fw_bpf_any(const struct fw_bpf *bpf);
/* Loads everything and lets go of it: nothing is pinned, none of an earlier
 * daemon's maps is touched. 0 or -errno with ret_error filled. */
int fw_bpf_try(const struct fw_plan_options *options,
	       struct fw_apply_error *ret_error);

/* Loads one program and lets go of it. True, or false with why not in reason.
 * log: gets what the verifier says, or NULL. */
bool fw_bpf_ask(enum fw_bpf_program which, FILE *log,
		char reason[static FW_BPF_REASON_MAX]);

/* NULL when no loaded object has it. */
const struct fw_bpf_map *fw_bpf_map(const struct fw_bpf *bpf,
				    const char *name);
/* Its descriptor, or -1. */
int fw_bpf_map_fd(const struct fw_bpf *bpf, const char *name);

/* A fresh map of inner's shape; hashes and tries have room for n entries. */
int fw_bpf_inner_new(const struct fw_bpf_inner *inner, const char *name,
		     __u32 n);

/* The name as the kernel knows it ("?" where it does not tell) of a program. */
void fw_bpf_prog_name(__u32 prog_id, char ret[static BPF_OBJ_NAME_LEN]);
extern const char *const fw_bpf_program_names[FW_BPF_PROGRAM_MAX_];
