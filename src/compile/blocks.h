/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the check of Flywall's blocks share: a table of blocks, a
 * table of keys for each, readers of values, and what this version does not run.
 */
#pragma once

#include "compile/typecheck.h"
#include "compile/vocabulary.h"

/* One key of a block: how its line is read. */
struct fw_block_key {
	const char *name;
	int (*read)(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line);
	bool many;		/* may stand more than once */
};

struct fw_block_keys {
	const struct fw_block_key *keys;
	size_t n;
};
#define FW_BLOCK_KEYS(table) { (table), sizeof(table) / sizeof((table)[0]) }

extern const struct fw_block_keys fw_options_keys, fw_device_keys;
extern const struct fw_block_keys fw_inspect_keys;
extern const struct fw_block_keys fw_qos_keys, fw_class_keys;
extern const struct fw_block_keys fw_dns_keys, fw_tls_keys, fw_dhcp_keys;
extern const struct fw_block_keys fw_kernel_keys;
extern const struct fw_block_keys fw_events_keys, fw_learn_keys;

/* All blocks of one kind and name, taken as one. */
struct fw_block {
	const char *title;	/* "options", "monitor dns" */
	struct fw_loc loc;	/* of the first one's head */
	fw_line_vec lines;
};

/* --- blocks.c ------------------------------------------------------------- */
/* Reads lines by a table of keys: a key that is not there, or stands twice, is
 * a diagnostic. block is the title, for messages. */
int fw_check_keys(struct fw_checker *checker, const char *block,
		  const struct fw_line *lines, size_t n_lines,
		  const struct fw_block_keys *keys, void *ctx);
const struct fw_res_block *fw_check_profile_block(
	const struct fw_checker *checker, const char *name);

/* --- blocks_*.c ----------------------------------------------------------- */
int fw_check_options(struct fw_checker *checker, const struct fw_block *block);
int fw_check_inspect(struct fw_checker *checker,
		     const struct fw_res_block *block,
		     struct fw_profile *profile);
int fw_check_qos(struct fw_checker *checker, const struct fw_block *block);
int fw_check_monitor_dns(struct fw_checker *checker,
			 const struct fw_block *block);
int fw_check_monitor_tls(struct fw_checker *checker,
			 const struct fw_block *block);
int fw_check_monitor_dhcp(struct fw_checker *checker,
			  const struct fw_block *block);
int fw_check_monitor_kernel(struct fw_checker *checker,
			    const struct fw_block *block);
int fw_check_events(struct fw_checker *checker, const struct fw_block *block);
/* What it is without the block, where a rule says `learn`. */
void fw_learn_default(struct fw_checker *checker);
int fw_check_learn(struct fw_checker *checker, const struct fw_block *block);

/* Keys of options that name who may ask the daemon (blocks_service.c). */
int fw_check_control(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line);
int fw_check_metrics(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line);

/* The class of that name (blocks_qos.c): an index in typed->qos. False after a
 * diagnostic. */
bool fw_check_class(struct fw_checker *checker, const struct fw_word *name,
		    uint32_t *ret);

/* --- block_values.c: what stands behind a key ------------------------------ */
/* "'x' is not written so", with an example. */
void fw_check_takes(struct fw_checker *checker, const struct fw_line *line,
		    const char *example);
/* `key word`, the word being one of the choices; false after a diagnostic, as
 * in all below. */
bool fw_check_choice(struct fw_checker *checker, const struct fw_line *line,
		     const char *const *choices, size_t n, size_t *ret);
/* `key a, b` or `key { a, b }`: bits by the place of each word in names. */
bool fw_check_bits(struct fw_checker *checker, const struct fw_line *line,
		   const char *const *names, size_t n, uint32_t *ret);
/* `key N`, from 1 to max. */
bool fw_check_number(struct fw_checker *checker, const struct fw_line *line,
		     uint64_t max, uint64_t *ret);
/* `key TIME`, longer than none. */
bool fw_check_time_line(struct fw_checker *checker, const struct fw_line *line,
			const char *example, uint64_t *ret_ms);
/* `key "path"` */
/* prints.c: lines of a file of DHCP fingerprints. 0 or -ENOMEM. */
int fw_check_prints(struct fw_checker *checker, const struct fw_word *path,
		    struct fw_prints *ret);
bool fw_check_path(struct fw_checker *checker, const struct fw_line *line,
		   const char *example, const char **ret);
/* The words of a list behind a key, `= { a, b }`, `{ a, b }` or `a, b`: items
 * at even places. */
bool fw_check_list(struct fw_checker *checker, const struct fw_line *line,
		   const struct fw_word **ret, size_t *ret_n);
/* What is meant there is none of the names: an error with the nearest, or all
 * of them. what is "monitor", "fact". */
void fw_check_none_of(struct fw_checker *checker, const struct fw_word *word,
		      const char *what, const char *const *names, size_t n);
