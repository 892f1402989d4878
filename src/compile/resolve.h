/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file after it was read in order: what its blocks and commands have built,
 * with every define replaced. Between the tree and the typed configuration;
 * only compile/ looks at it. Lives in the arena of the compilation.
 */
#pragma once

#include "ast/ast.h"
#include "compile/names.h"
#include "util/vec.h"

/* A run of words, defines replaced. */
struct fw_res_run {
	struct fw_word *words;
	size_t n_words;
};

/* elements.c: does the word begin what an element has behind its value, a
 * comment, a timeout, a statement? */
bool fw_element_option(const struct fw_word *word);

typedef FW_VEC(struct fw_line) fw_line_vec;

struct fw_res_rule {
	const struct fw_item *item;
	struct fw_res_run run;
	struct fw_loc loc;
	const char *allow;
	uint32_t seq;		/* order of the file */
	uint32_t unit;		/* of the block or command that it stands in */
};

struct fw_res_chain {
	const char *name;
	struct fw_loc loc;	/* of the name */
	const struct fw_item *item;
	fw_line_vec lines;	/* type, policy, devices, comment */
	bool broken;		/* a line was left out after a diagnostic */
	FW_VEC(struct fw_res_rule) rules;
	size_t front;		/* free places before the first rule */
	size_t index;		/* in its table; set by the type check */
	uint32_t unit;		/* that declared it first */
};

/* Sets and maps. */
struct fw_res_set {
	const char *name;
	struct fw_loc loc;
	const struct fw_item *item;
	bool map;
	fw_line_vec lines;	/* all but the elements */
	bool broken;		/* a line was left out after a diagnostic */
	FW_VEC(struct fw_res_run) elements;	/* no words: deleted */
	struct fw_names keys;	/* of the first n_keys elements: their index,
				   plus 1 */
	size_t n_keys;
	bool written;		/* by a rule; set by the type check */
	size_t index;		/* in typed->sets; set by the type check */
	uint32_t unit;		/* that declared it first */
};

struct fw_res_object {
	const char *kind, *name;
	struct fw_loc loc;
	const struct fw_item *item;
	fw_line_vec lines;
	uint32_t unit;		/* that declared it first */
};

struct fw_res_table {
	const char *family, *name;	/* family "ip" where it was left out */
	struct fw_loc loc;
	const struct fw_item *item;
	fw_line_vec lines;	/* flags, comment */
	FW_VEC(struct fw_res_chain *) chains;
	FW_VEC(struct fw_res_set *) sets;	/* maps too */
	FW_VEC(struct fw_res_object *) objects;
	struct fw_names chain_names, set_names, object_names;
	bool take_over;
};

struct fw_res_block {
	const char *kind;	/* "options", "inspect", … */
	const char *name;	/* or NULL */
	struct fw_loc loc, name_loc;
	fw_line_vec lines;	/* bodies resolved too */
	uint32_t seq;
};

/* A place where a define was used, for diagnostics about what it stands for. */
struct fw_res_use {
	struct fw_loc use;
	struct fw_loc define;
	const char *name;
};

/* What a name stands for. */
struct fw_define {
	const char *name;
	struct fw_res_run value;
	struct fw_loc loc;
	bool used;
	bool in_nft;		/* used outside blocks and other defines */
	bool faulty;		/* its value was refused */
};

struct fw_resolved {
	FW_VEC(struct fw_res_table *) tables;
	FW_VEC(struct fw_res_set *) sets;	/* at top level */
	struct fw_names table_names, set_names;
	FW_VEC(struct fw_res_block) blocks;
	FW_VEC(struct fw_res_use) uses;
	FW_VEC(struct fw_define *) defines;	/* all that ever were */
	uint32_t seq;
};

/* 0 also with errors in diags; -ENOMEM. */
int fw_resolve(struct fw_arena *arena, const struct fw_ast *ast,
	       struct fw_diags *diags, struct fw_resolved *ret);

/* Adds "$name is defined here" to the diagnostics from first on that lie where
 * a define was used. */
void fw_resolve_explain(struct fw_resolved *resolved,
			struct fw_diags *diags, size_t first);

/* --- shared by the resolve files ------------------------------------------ */
struct fw_scope {
	const struct fw_scope *parent;
	struct fw_names names;		/* struct fw_define */
	FW_VEC(const char *) defined;	/* ever, for "did you mean" */
};

struct fw_resolver {
	struct fw_arena *arena;
	struct fw_diags *diags;
	struct fw_resolved *out;
	struct fw_scope top;
	uint32_t unit;		/* number of the block or command being read */
	bool head;		/* nothing was declared yet */
	bool flush_all;		/* `flush ruleset` stood at the head */
	bool own_words;		/* now: words of a define or block, not nft's */
	struct fw_names taken;	/* tables that were deleted */
	size_t n_replaced;	/* words that defines became, bounded: defines
				   of defines may double them */
};

/* DEFINE, REDEFINE and UNDEFINE items. */
int fw_resolve_define(struct fw_resolver *resolver, struct fw_scope *scope,
		      const struct fw_item *item);
/* Words with defines replaced; shares the words where there is nothing to
 * replace. None where a define is unknown: a diagnostic says so. */
int fw_resolve_words(struct fw_resolver *resolver,
		     const struct fw_scope *scope, struct fw_word *words,
		     size_t n_words, struct fw_res_run *ret);
int fw_resolve_line(struct fw_resolver *resolver, const struct fw_scope *scope,
		    const struct fw_line *line, struct fw_line *ret);

/* One more line of a chain, set, object or table that may have been begun
 * earlier: the same line again is fine, as in nft, another one under the same
 * first word is not. what and name are for the diagnostic. */
int fw_resolve_add_line(struct fw_resolver *resolver, fw_line_vec *lines,
			const struct fw_line *line, const char *what,
			const char *name);
bool fw_line_begins_with(const struct fw_line *line, const char *word);

/* COMMAND items. */
int fw_resolve_command(struct fw_resolver *resolver,
		       const struct fw_item *item);

/* What blocks and commands both do. *ret is NULL after a diagnostic. */
struct fw_res_table *fw_res_table(const struct fw_resolved *resolved,
				       const char *family, const char *name);
struct fw_res_chain *fw_res_chain(const struct fw_res_table *table,
				  const char *name);
struct fw_res_set *fw_res_set(const struct fw_res_table *table,
			      const char *name);
struct fw_res_object *fw_res_object(const struct fw_res_table *table,
				    const char *kind, const char *name);
/* Does `@name` stand among the words? */
bool fw_res_names_set(const struct fw_word *words, size_t n, const char *name);
int fw_resolve_table(struct fw_resolver *resolver, const struct fw_item *item,
		     const char *family, const char *name,
		     const struct fw_loc *loc, struct fw_res_table **ret);
int fw_resolve_table_body(struct fw_resolver *resolver,
			  struct fw_res_table *table,
			  const struct fw_item *items, size_t n_items);
int fw_resolve_chain(struct fw_resolver *resolver, const struct fw_item *item,
		     struct fw_res_table *table, const char *name,
		     const struct fw_loc *loc, const struct fw_scope *scope);
int fw_resolve_set(struct fw_resolver *resolver, const struct fw_item *item,
		   struct fw_res_table *table, bool map, const char *name,
		   const struct fw_loc *loc, const struct fw_scope *scope);
int fw_resolve_object(struct fw_resolver *resolver, const struct fw_item *item,
		      struct fw_res_table *table, const char *kind,
		      const char *name, const struct fw_loc *loc,
		      const struct fw_scope *scope);
int fw_resolve_rule(struct fw_resolver *resolver, const struct fw_item *item,
		    struct fw_res_chain *chain, const struct fw_line *line,
		    const struct fw_scope *scope, bool first);
/* Takes a name back; the caller takes the thing off its list. */
int fw_resolve_forget(struct fw_resolver *resolver, struct fw_names *names,
		      const char *first, const char *second);
/* Splits the words of `{ a, b }` at commas into set. */
int fw_resolve_elements(struct fw_resolver *resolver, struct fw_res_set *set,
			struct fw_word *words, size_t n_words);
