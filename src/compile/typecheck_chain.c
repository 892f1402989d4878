/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chains: the line `type filter hook input priority 0`, devices and policy.
 *
 * In: the lines of a chain. Out: hook, type, priority as a number, devices,
 * policy, and the one line that nft gets. What nft would refuse of them is a
 * diagnostic here, at its words.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/buf.h"
#include "util/cleanup.h"

static const char *const hooks[] = {
	[FW_HOOK_INGRESS] = "ingress",
	[FW_HOOK_PREROUTING] = "prerouting",
	[FW_HOOK_INPUT] = "input",
	[FW_HOOK_FORWARD] = "forward",
	[FW_HOOK_OUTPUT] = "output",
	[FW_HOOK_POSTROUTING] = "postrouting",
	[FW_HOOK_EGRESS] = "egress",
};

/* Names of priorities; bridge has numbers of its own. */
static const struct {
	const char *name;
	int value, bridge;
	bool in_bridge, in_other;	/* arp and netdev know filter only */
} priorities[] = {
	{ "raw", -300, 0, false, true },
	{ "mangle", -150, 0, false, true },
	{ "dstnat", -100, -300, true, true },
	{ "filter", 0, -200, true, true },
	{ "security", 50, 0, false, true },
	{ "out", 0, 100, true, false },
	{ "srcnat", 100, 300, true, true },
};

/* A chain's line while it is read. */
struct cursor {
	struct fw_checker *checker;
	const struct fw_line *line;
	size_t pos;
};

static const struct fw_word *peek(const struct cursor *c)
{
	return c->pos < c->line->n_words ? &c->line->words[c->pos] : NULL;
}

static const struct fw_word *next(struct cursor *c)
{
	const struct fw_word *word = peek(c);

	c->pos += word != NULL;
	return word;
}

static bool take(struct cursor *c, const char *text)
{
	if (!peek(c) || !fw_word_is(peek(c), text))
		return false;
	c->pos++;
	return true;
}

static bool syntax(struct cursor *c)
{
	const struct fw_word *word = peek(c);
	struct fw_diag *diag =
		fw_error(c->checker->diags, "syntax",
			 word ? &word->loc : &c->line->loc,
			 word ? "'%s' is not expected here" :
				"this line ends too early",
			 word ? word->text : "");

	fw_diag_hint(c->checker->diags, diag,
		     "type filter hook input priority 0; policy accept;");
	return false;
}

static bool unknown(struct cursor *c, const struct fw_word *word,
		    const char *what, const char *const *names, size_t n)
{
	struct fw_diag *diag = fw_error(c->checker->diags, "bad-value",
					&word->loc, "there is no %s '%s'",
					what, word->text);
	const char *near = fw_nearest(word->text, names, n);

	if (near)
		fw_diag_hint(c->checker->diags, diag, "did you mean '%s'?",
			     near);
	return false;
}

/* --- priority ------------------------------------------------------------- */
static bool priority_name(struct cursor *c, const struct fw_word *word,
			  const char *family, const char *text, int *ret)
{
	bool bridge = !strcmp(family, "bridge");
	bool small = !strcmp(family, "arp") || !strcmp(family, "netdev");
	const char *names[FW_ARRAY_SIZE(priorities)];
	size_t n = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(priorities); i++) {
		if (!(bridge ? priorities[i].in_bridge :
			       priorities[i].in_other) ||
		    (small && strcmp(priorities[i].name, "filter")))
			continue;
		names[n++] = priorities[i].name;
		if (strcmp(text, priorities[i].name))
			continue;
		*ret = bridge ? priorities[i].bridge : priorities[i].value;
		return true;
	}
	return unknown(c, word, "priority", names, n);
}

/* Decimal, hexadecimal or, with a leading 0, octal, as all of nft's numbers. */
static bool priority_number(struct cursor *c, int sign, int *ret)
{
	const struct fw_word *word = next(c);
	long long value;
	char *end;

	if (!word)
		return syntax(c);
	value = *ret + sign * strtoll(word->text, &end, 0);
	if (end == word->text || *end || value > INT_MAX || value < INT_MIN) {
		fw_error(c->checker->diags, "bad-value", &word->loc,
			 "'%s' is no priority", word->text);
		return false;
	}
	*ret = (int)value;
	return true;
}

/* A define may hold "filter - 100" as one string. */
static bool priority_string(struct cursor *c, const struct fw_word *word,
			    const char *family, int *ret)
{
	char name[32] = "", sign = '+';
	int offset = 0;

	if (sscanf(word->text, "%31[a-z] %c %d", name, &sign, &offset) < 1) {
		c->pos--;
		return priority_number(c, 1, ret);
	}
	if (!priority_name(c, word, family, name, ret))
		return false;
	*ret += sign == '-' ? -offset : offset;
	return true;
}

static bool read_priority(struct cursor *c, const char *family, int *ret)
{
	const struct fw_word *word = next(c);
	int sign = 1;

	*ret = 0;
	if (!word)
		return syntax(c);
	if (word->kind == FW_WORD_STRING)
		return priority_string(c, word, family, ret);
	if (fw_mark_is(word, "-"))
		return priority_number(c, -1, ret);
	if (word->kind != FW_WORD_PLAIN) {
		c->pos--;
		return syntax(c);
	}
	if (strspn(word->text, "0123456789")) {
		c->pos--;
		return priority_number(c, 1, ret);
	}
	if (!priority_name(c, word, family, word->text, ret))
		return false;
	if (!peek(c))
		return true;
	if (fw_mark_is(peek(c), "-"))
		sign = -1;
	else if (strcmp(peek(c)->text, "+"))
		return syntax(c);
	c->pos++;
	return priority_number(c, sign, ret);
}

#define DEVICES_MAX 256		/* the kernel's NFT_NETDEVICE_MAX */

/* --- devices -------------------------------------------------------------- */
int fw_check_devices(struct fw_checker *checker, const struct fw_word *words,
		     size_t n, const struct fw_loc *loc,
		     const char *const **ret, size_t *ret_n)
{
	FW_VEC(const char *) names = { 0 };

	if (n && fw_mark_is(&words[0], "=")) {
		words++;
		n--;
	}
	if (n == 1 && words[0].kind == FW_WORD_BRACE) {
		n = words[0].n_words;
		words = words[0].words;
	}
	for (size_t i = 0; i < n; i++) {
		const char **slot;

		if (i % 2 ? !fw_mark_is(&words[i], ",") :
			    words[i].kind != FW_WORD_PLAIN &&
			    words[i].kind != FW_WORD_STRING) {
			fw_error(checker->diags, "syntax", &words[i].loc,
				 "device names stand as '{ a, b }'");
			return 0;
		}
		if (i % 2)
			continue;
		/* IFNAMSIZ, with the final NUL. */
		if (!*words[i].text || strlen(words[i].text) > 15) {
			fw_error(checker->diags, "bad-value", &words[i].loc,
				 "'%s' is no device name: 1 to 15 characters",
				 words[i].text);
			return 0;
		}
		if (strchr(words[i].text, '*')) {
			fw_error(checker->diags, "bad-value", &words[i].loc,
				 "'%s' is a wildcard; devices are named one by "
				 "one here", words[i].text);
			return 0;
		}
		slot = fw_vec_push(checker->arena, &names);
		if (!slot)
			return -ENOMEM;
		*slot = words[i].text;
	}
	if (!names.n)
		fw_error(checker->diags, "syntax", loc, "no device is named");
	*ret = names.items;
	*ret_n = names.n;
	return 0;
}

/* What a define stands for is all at the place of its use. */
static bool is_written_list(const struct fw_word *word)
{
	return word->kind == FW_WORD_BRACE &&
	       !(word->n_words && word->loc.line == word->words[0].loc.line &&
		 word->loc.col == word->words[0].loc.col);
}

/* `device NAME` or `devices = { NAME, … }`. */
static int read_devices(struct cursor *c, bool several, struct fw_typed_chain *chain)
{
	size_t from = c->pos;
	int r;

	if (!peek(c) || several != fw_mark_is(peek(c), "=") ||
	    (!several && is_written_list(peek(c))))
		return (void)syntax(c), 0;
	c->pos += several;
	c->pos += peek(c) != NULL;
	r = fw_check_devices(c->checker, &c->line->words[from], c->pos - from,
			     &c->line->loc, &chain->devices, &chain->n_devices);
	if (!r && chain->n_devices > DEVICES_MAX) {
		fw_error(c->checker->diags, "too-many-devices", &c->line->loc,
			 "a chain has at most %d devices", DEVICES_MAX);
		chain->n_devices = DEVICES_MAX;
	}
	return r;
}

/* --- lines ---------------------------------------------------------------- */
static int type_line(struct cursor *c, struct fw_typed_chain *chain)
{
	static const char *const types[] = { "filter", "nat", "route" };
	const struct fw_word *word = next(c);
	bool several;
	int r;

	if (!word || word->kind != FW_WORD_PLAIN || !take(c, "hook"))
		return (void)syntax(c), 0;
	for (size_t i = 0; i < FW_ARRAY_SIZE(types); i++)
		if (!strcmp(word->text, types[i]))
			chain->type = types[i];
	if (!chain->type) {
		(void)unknown(c, word, "chain type", types,
			      FW_ARRAY_SIZE(types));
		chain->type = types[0];
	}
	word = next(c);
	if (!word || word->kind != FW_WORD_PLAIN)
		return (void)syntax(c), 0;
	for (size_t i = 1; i < FW_ARRAY_SIZE(hooks); i++)
		if (!strcmp(word->text, hooks[i]))
			chain->hook = (enum fw_hook)i;
	if (!chain->hook) {
		(void)unknown(c, word, "hook", hooks + 1,
			      FW_ARRAY_SIZE(hooks) - 1);
		return 0;
	}
	several = peek(c) && fw_word_is(peek(c), "devices");
	if (take(c, "device") || take(c, "devices")) {
		r = read_devices(c, several, chain);
		if (r || !chain->n_devices)
			return r;
	}
	if (!take(c, "priority"))
		return (void)syntax(c), 0;
	if (read_priority(c, chain->table->family, &chain->priority) && peek(c))
		(void)syntax(c);
	return 0;
}

static void policy_line(struct cursor *c, struct fw_typed_chain *chain)
{
	static const char *const policies[] = { "accept", "drop" };
	const struct fw_word *word = next(c);

	if (!word || peek(c)) {
		(void)syntax(c);
		return;
	}
	if (!strcmp(word->text, "drop"))
		chain->policy = FW_VERDICT_DROP;
	else if (strcmp(word->text, "accept"))
		(void)unknown(c, word, "policy", policies,
			      FW_ARRAY_SIZE(policies));
}

/* What a hook needs, and where it may stand. */
static void check_hook(struct fw_checker *checker,
		       const struct fw_res_chain *in,
		       const struct fw_typed_chain *chain)
{
	const char *family = chain->table->family;
	bool netdev = !strcmp(family, "netdev");
	bool device_hook = chain->hook == FW_HOOK_INGRESS ||
			   chain->hook == FW_HOOK_EGRESS;

	if (device_hook && !netdev &&
	    (strcmp(family, "inet") || chain->hook == FW_HOOK_EGRESS))
		fw_error(checker->diags, "bad-hook", &in->loc,
			 "a chain of family %s cannot be on hook %s", family,
			 hooks[chain->hook]);
	else if (netdev && !device_hook)
		fw_error(checker->diags, "bad-hook", &in->loc,
			 "a chain of family netdev is on hook ingress or "
			 "egress, not %s", hooks[chain->hook]);
	else if (device_hook && !chain->n_devices)
		fw_error(checker->diags, "no-device", &in->loc,
			 "a chain on hook %s names a device",
			 hooks[chain->hook]);
	else if (!device_hook && chain->n_devices)
		fw_error(checker->diags, "bad-hook", &in->loc,
			 "a chain on hook %s names no device",
			 hooks[chain->hook]);
}

static int base_text(struct fw_checker *checker, struct fw_typed_chain *chain,
		     bool policy)
{
	struct fw_buf buf = { 0 };
	char *text;

	fw_buf_printf(&buf, "type %s hook %s", chain->type, hooks[chain->hook]);
	if (chain->n_devices == 1)
		fw_buf_printf(&buf, " device \"%s\"", chain->devices[0]);
	for (size_t i = 0; chain->n_devices > 1 && i < chain->n_devices; i++)
		fw_buf_printf(&buf, "%s\"%s\"%s", i ? ", " : " devices = { ",
			      chain->devices[i],
			      i + 1 == chain->n_devices ? " }" : "");
	fw_buf_printf(&buf, " priority %d;", chain->priority);
	if (policy)
		fw_buf_printf(&buf, " policy %s;",
			      chain->policy == FW_VERDICT_DROP ? "drop" :
								 "accept");
	text = fw_buf_take(&buf);
	chain->base = text ? fw_arena_strdup(checker->arena, text) : NULL;
	free(text);
	return chain->base ? 0 : -ENOMEM;
}

static void comment_line(struct cursor *c, struct fw_typed_chain *chain)
{
	const struct fw_word *word = next(c);

	if (!word || peek(c))
		(void)syntax(c);
	else
		chain->comment = word->text;
}

int fw_check_chain(struct fw_checker *checker, const struct fw_res_chain *in,
		   struct fw_typed_chain *chain)
{
	const struct fw_line *policy = NULL;
	size_t errors = checker->diags->n_errors;
	int r = 0;

	chain->policy = FW_VERDICT_ACCEPT;
	for (size_t i = 0; !r && i < in->lines.n; i++) {
		struct cursor c = { checker, &in->lines.items[i], 0 };

		if (take(&c, "type")) {
			r = type_line(&c, chain);
		} else if (take(&c, "policy")) {
			policy = c.line;
			policy_line(&c, chain);
		} else if (take(&c, "device")) {
			r = read_devices(&c, false, chain);
		} else if (take(&c, "devices")) {
			r = read_devices(&c, true, chain);
		} else if (take(&c, "comment")) {
			comment_line(&c, chain);
		} else if (take(&c, "flags")) {
			fw_error(checker->diags, "unsupported", &c.line->loc,
				 "flags of chains are not supported by this "
				 "version");
		} else {
			(void)syntax(&c);
		}
	}
	if (r || in->broken || checker->diags->n_errors != errors)
		return r;
	if (chain->hook) {
		check_hook(checker, in, chain);
		return base_text(checker, chain, policy);
	}
	if (policy)
		fw_error(checker->diags, "bad-hook", &policy->loc,
			 "only a base chain has a policy; '%s' has no hook",
			 in->name);
	return 0;
}
