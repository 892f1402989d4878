/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of Flywall's own set types: names, JA3, JA4, patterns. A faulty one is
 * -EINVAL and fills the error; -ENOMEM.
 */
#pragma once

#include "compile/typecheck.h"

struct fw_text_vec {
	const char **items;
	size_t n, cap;
};
struct fw_pattern_vec {
	struct fw_pattern *items;
	size_t n, cap;
};

/* 32 hexadecimal digits; in lower case. */
int fw_ja3_read(struct fw_arena *arena, const char *text, const char **ret,
		struct fw_value_error *error);
/* t13d1715h2_5b57614c22b0_3d5424432f57 */
int fw_ja4_read(struct fw_arena *arena, const char *text, const char **ret,
		struct fw_value_error *error);
/* name: /regex/flags */
int fw_pattern_read(struct fw_arena *arena, const char *text,
		    struct fw_pattern *ret, struct fw_value_error *error);

/* Sorted, each once. NULL when memory runs out. */
struct fw_text_set *fw_texts_set(struct fw_arena *arena, const char *name,
				 struct fw_text_vec *texts);
/* By name; -EINVAL and ret_clash where two patterns have one name. */
int fw_patterns_sort(struct fw_pattern_vec *patterns, const char **ret_clash);

/* "domain", "ja3", …: Flywall's own types only. */
const char *fw_set_type_name(enum fw_set_type type);

/* What a set of an own type holds, while it is read; by type one is in use. */
struct fw_own_content {
	struct fw_domain_vec domains;
	struct fw_text_vec texts;
	struct fw_pattern_vec patterns;
};

/* One more element from its text. */
int fw_own_add(struct fw_arena *arena, enum fw_set_type type, const char *text,
	       struct fw_own_content *content, struct fw_value_error *error);
