/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Defines: `define`, `redefine`, `undefine`, and `$name` replaced by its words.
 *
 * In: words as written and the scope they stand in. Out: words without a
 * define among them; each takes the place of the `$name` it came from, so that
 * diagnostics point at the line that uses it. An unknown name, or one defined
 * twice, is a diagnostic.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/resolve.h"
#include "util/buf.h"
#include "util/cleanup.h"

/* Words that all uses of defines become, together; 4 million are half a GiB. */
#define REPLACED_MAX (4u << 20)

typedef FW_VEC(struct fw_word) word_vec;

static struct fw_define *find_here(const struct fw_scope *scope,
				   const char *name)
{
	return fw_names_get(&scope->names, name, "");
}

static struct fw_define *find(const struct fw_scope *scope, const char *name)
{
	for (; scope; scope = scope->parent) {
		struct fw_define *define = find_here(scope, name);

		if (define)
			return define;
	}
	return NULL;
}

static int unknown_define(struct fw_resolver *resolver,
			  const struct fw_scope *scope, const char *name,
			  const struct fw_loc *loc)
{
	FW_VEC(const char *) names = { 0 };
	struct fw_diag *diag = fw_error(resolver->diags, "unknown-define", loc,
					"'$%s' is not defined here", name);
	const char *near;

	/* Looking through all of many names for each error would take long. */
	if (resolver->diags->n_errors > FW_DIAG_SHOWN)
		return 0;
	for (; scope; scope = scope->parent) {
		for (size_t i = 0; i < scope->defined.n; i++) {
			const char **slot = fw_vec_push(resolver->arena, &names);

			if (!slot)
				return -ENOMEM;
			*slot = scope->defined.items[i];
		}
	}
	near = fw_nearest(name, names.items, names.n);
	if (near)
		fw_diag_hint(resolver->diags, diag, "did you mean '$%s'?", near);
	return 0;
}

int fw_resolve_define(struct fw_resolver *resolver, struct fw_scope *scope,
		      const struct fw_item *item)
{
	struct fw_define *define = find_here(scope, item->name);
	bool own_words = resolver->own_words;
	struct fw_res_run value = { 0 };
	int r;

	if (item->kind == FW_ITEM_UNDEFINE) {
		if (!define) {
			fw_warning(resolver->diags, "unknown-define",
				   &item->name_loc, "'$%s' is not defined here",
				   item->name);
			return 0;
		}
		return fw_names_put(resolver->arena, &scope->names, item->name,
				    "", NULL);
	}
	if (define && item->kind == FW_ITEM_DEFINE) {
		struct fw_diag *diag =
			fw_error(resolver->diags, "redefined", &item->name_loc,
				 "'%s' is defined already", item->name);

		fw_diag_related(resolver->diags, diag, &define->loc,
				"first defined here");
		fw_diag_hint(resolver->diags, diag,
			     "'redefine' gives it a new value");
		return 0;
	}
	resolver->own_words = true;
	r = fw_resolve_words(resolver, scope, item->line.words,
			     item->line.n_words, &value);
	resolver->own_words = own_words;
	if (r)
		return r;
	if (!define) {
		const char **slot = fw_vec_push(resolver->arena,
						&scope->defined);

		struct fw_define **all = fw_vec_push(resolver->arena,
						     &resolver->out->defines);

		define = fw_arena_alloc(resolver->arena, sizeof(*define));
		if (!slot || !all || !define)
			return -ENOMEM;
		*slot = item->name;
		*all = define;
	}
	*define = (struct fw_define){
		.name = item->name,
		.value = value,
		.loc = item->name_loc,
		.used = define->used,
		.in_nft = define->in_nft,
		.faulty = item->line.n_words && !value.n_words,
	};
	return fw_names_put(resolver->arena, &scope->names, item->name, "",
			    define);
}

static bool is_word(const struct fw_word *word, enum fw_word_kind kind,
		    const char *text)
{
	return word->kind == kind && !strcmp(word->text, text);
}

static bool needs_replacing(const struct fw_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (words[i].kind == FW_WORD_DEFINE)
			return true;
		if (words[i].kind == FW_WORD_STRING && i &&
		    strchr(words[i].text, '$') &&
		    is_word(&words[i - 1], FW_WORD_PLAIN, "prefix"))
			return true;
		if (words[i].kind == FW_WORD_BRACE &&
		    needs_replacing(words[i].words, words[i].n_words))
			return true;
	}
	return false;
}

/* `log prefix "… $name …"`: nft replaces defines there too. */
static int replace_in_prefix(struct fw_resolver *resolver,
			     const struct fw_scope *scope,
			     struct fw_word *word)
{
	struct fw_buf buf = { 0 };
	const char *p = word->text;
	char *text;

	while (*p) {
		size_t len = strcspn(p, "$"), name_len = 0;
		struct fw_define *define = NULL;
		char *name;

		fw_buf_addn(&buf, p, len);
		p += len;
		if (!*p)
			break;
		while (isalnum((unsigned char)p[1 + name_len]) ||
		       p[1 + name_len] == '_')
			name_len++;
		name = fw_arena_strndup(resolver->arena, p + 1, name_len);
		if (!name) {
			fw_buf_done(&buf);
			return -ENOMEM;
		}
		if (name_len)
			define = find(scope, name);
		if (define)
			define->used = true;
		if (define && define->value.n_words == 1)
			fw_buf_add(&buf, define->value.words[0].text);
		else
			fw_buf_addn(&buf, p, 1 + name_len);
		p += 1 + name_len;
	}
	text = fw_buf_take(&buf);
	if (!text)
		return -ENOMEM;
	word->text = fw_arena_strdup(resolver->arena, text);
	free(text);
	return word->text ? 0 : -ENOMEM;
}

static int note_use(struct fw_resolver *resolver, const struct fw_word *word,
		    struct fw_define *define)
{
	struct fw_res_use *use =
		fw_vec_push(resolver->arena, &resolver->out->uses);

	define->used = true;
	define->in_nft = define->in_nft || !resolver->own_words;
	if (!use)
		return -ENOMEM;
	*use = (struct fw_res_use){ word->loc, define->loc, define->name };
	return 0;
}

/* The words of a define, in the place of its use. -E2BIG where all that were
 * replaced are too many. */
static int push_value(struct fw_resolver *resolver, word_vec *out,
		      const struct fw_word *words, size_t n,
		      const struct fw_word *use)
{
	for (size_t i = 0; i < n; i++) {
		struct fw_word *word;
		word_vec inner = { 0 };
		int r;

		if (resolver->n_replaced++ >= REPLACED_MAX)
			return -E2BIG;
		word = fw_vec_push(resolver->arena, out);
		if (!word)
			return -ENOMEM;
		*word = words[i];
		word->loc = use->loc;
		if (!i)
			word->space = use->space;
		if (word->kind != FW_WORD_BRACE)
			continue;
		r = push_value(resolver, &inner, words[i].words,
			       words[i].n_words, use);
		if (r)
			return r;
		out->items[out->n - 1].words = inner.items;
	}
	return 0;
}

/* Between braces a list in braces stands for its elements; an empty one takes
 * a comma beside it along. Returns how many of the words behind it to skip. */
static int splice(struct fw_resolver *resolver, word_vec *out,
		  const struct fw_define *define, const struct fw_word *use,
		  const struct fw_word *next, size_t *skip)
{
	const struct fw_res_run *value = &define->value;

	if (value->n_words != 1 || value->words[0].kind != FW_WORD_BRACE)
		return push_value(resolver, out, value->words, value->n_words,
				  use);
	if (value->words[0].n_words)
		return push_value(resolver, out, value->words[0].words,
				  value->words[0].n_words, use);
	if (next && is_word(next, FW_WORD_MARK, ","))
		*skip = 1;
	else if (out->n && is_word(&out->items[out->n - 1], FW_WORD_MARK, ","))
		out->n--;
	return 0;
}

/* Where nft takes a name without quotes only, a define may have them. */
static void unquote(word_vec *out, size_t at)
{
	static const char *const before[] = { "jump", "goto", "policy" };

	for (size_t i = 0; at && at < out->n && i < FW_ARRAY_SIZE(before); i++)
		if (out->items[at].kind == FW_WORD_STRING &&
		    is_word(&out->items[at - 1], FW_WORD_PLAIN, before[i]))
			out->items[at].kind = FW_WORD_PLAIN;
}

static int replace(struct fw_resolver *resolver, const struct fw_scope *scope,
		   const struct fw_word *words, size_t n, bool braces,
		   word_vec *out, bool *unknown)
{
	for (size_t i = 0; i < n; i++) {
		const struct fw_word *w = &words[i];
		struct fw_define *define;
		struct fw_word *word;
		word_vec inner = { 0 };
		size_t skip = 0, at = out->n;
		int r;

		if (w->kind == FW_WORD_DEFINE) {
			define = find(scope, w->text);
			if (define)
				r = note_use(resolver, w, define);
			else
				r = unknown_define(resolver, scope, w->text,
						   &w->loc);
			*unknown = *unknown || !define || define->faulty;
			if (!r && define && braces)
				r = splice(resolver, out, define, w,
					   i + 1 < n ? w + 1 : NULL, &skip);
			else if (!r && define)
				r = push_value(resolver, out,
					       define->value.words,
					       define->value.n_words, w);
			if (r)
				return r;
			unquote(out, at);
			i += skip;
			continue;
		}
		if (w->kind == FW_WORD_BRACE) {
			r = replace(resolver, scope, w->words, w->n_words, true,
				    &inner, unknown);
			if (r)
				return r;
		}
		word = fw_vec_push(resolver->arena, out);
		if (!word)
			return -ENOMEM;
		*word = *w;
		if (w->kind == FW_WORD_BRACE) {
			word->words = inner.items;
			word->n_words = inner.n;
		} else if (w->kind == FW_WORD_STRING && i &&
			   is_word(w - 1, FW_WORD_PLAIN, "prefix")) {
			r = replace_in_prefix(resolver, scope, word);
			if (r)
				return r;
		}
	}
	return 0;
}

int fw_resolve_words(struct fw_resolver *resolver,
		     const struct fw_scope *scope, struct fw_word *words,
		     size_t n_words, struct fw_res_run *ret)
{
	word_vec out = { 0 };
	bool unknown = false, told = resolver->n_replaced > REPLACED_MAX;
	int r;

	if (!needs_replacing(words, n_words)) {
		*ret = (struct fw_res_run){ words, n_words };
		return 0;
	}
	r = replace(resolver, scope, words, n_words, false, &out, &unknown);
	if (r == -E2BIG) {
		if (!told)
			fw_error(resolver->diags, "too-large", &words[0].loc,
				 "with this the defines stand for too many "
				 "words, together");
		*ret = (struct fw_res_run){ 0 };
		return 0;
	}
	if (r)
		return r;
	*ret = (struct fw_res_run){ out.items, unknown ? 0 : out.n };
	return 0;
}

int fw_resolve_line(struct fw_resolver *resolver, const struct fw_scope *scope,
		    const struct fw_line *line, struct fw_line *ret)
{
	struct fw_res_run run;
	int r = fw_resolve_words(resolver, scope, line->words, line->n_words,
				 &run);

	if (r)
		return r;
	*ret = *line;
	ret->n_words = run.n_words;
	ret->words = run.words;
	if (!line->has_body || !line->n_body)
		return 0;
	ret->body = fw_arena_array(resolver->arena, line->n_body,
				   sizeof(*ret->body));
	if (!ret->body)
		return -ENOMEM;
	ret->n_body = 0;
	for (size_t i = 0; !r && i < line->n_body; i++) {
		r = fw_resolve_line(resolver, scope, &line->body[i],
				    &ret->body[ret->n_body]);
		if (!r && ret->body[ret->n_body].n_words)
			ret->n_body++;
	}
	return r;
}

static int by_place(const void *a, const void *b)
{
	const struct fw_loc *x = &((const struct fw_res_use *)a)->use;
	const struct fw_loc *y = &((const struct fw_res_use *)b)->use;

	if (x->source != y->source)
		return (uintptr_t)x->source < (uintptr_t)y->source ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->col > y->col) - (x->col < y->col);
}

void fw_resolve_explain(struct fw_resolved *resolved, struct fw_diags *diags,
			size_t first)
{
	if (!resolved->uses.n || diags->n == first)
		return;
	qsort(resolved->uses.items, resolved->uses.n,
	      sizeof(*resolved->uses.items), by_place);
	for (size_t i = first; i < diags->n; i++) {
		struct fw_diag *diag = &diags->items[i];
		const struct fw_res_use key = { .use = diag->loc };
		const struct fw_res_use *use =
			bsearch(&key, resolved->uses.items, resolved->uses.n,
				sizeof(key), by_place);

		if (use)
			fw_diag_related(diags, diag, &use->define,
					"'$%s' is defined here", use->name);
	}
}
