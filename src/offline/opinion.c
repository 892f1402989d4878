/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second opinion: libnftables' dry run of the whole configuration.
 *
 * In: the located text. Out: diagnostics at the user's words. What may fail:
 * memory, which the diagnostics note, and the child, which is then not asked.
 *
 * nft stops early: at a word that it does not know it loses its way, and what it
 * refuses hides what the kernel would say. So it is asked in rounds. In between,
 * rules and defines that were refused are blanked, and names that it did not
 * find on this host become numbers. A declaration that is refused ends it: what
 * names it would be refused without fault.
 */
#include "offline/opinion.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "compile/compile.h"
#include "compile/symbols.h"
#include "nft/child.h"
#include "offline/load.h"
#include "offline/meant.h"
#include "util/cleanup.h"

#define ROUNDS_MAX 16
#define CRASHES_MAX 3
#define PATIENCE_MS 10000	/* for all rounds: a check is not worth minutes */

struct opinion {
	struct fw_load *load;
	struct fw_located *located;
	size_t first;		/* of the diagnostics made here */
	bool live;		/* of this machine, and not apart */
	unsigned crashes;
	unsigned patience_ms;	/* what is left; 0: as much as it takes */
	bool again;		/* the text was changed: worth another round */
};

/* What one complaint is about. */
struct subject {
	const struct fw_located_command *command;	/* NULL: none */
	size_t word, n_words;
	struct fw_loc loc;		/* valid with n_words */
};

/* --- the text ------------------------------------------------------------- */
/* Newlines stay: they are the lines' count. */
static void blank(struct opinion *o, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (o->located->text[i] != '\n')
			o->located->text[i] = ' ';
}

/* No other command fails for want of it: the defines are replaced. */
static bool is_leaf(const struct fw_located_command *command)
{
	return command->is_rule || command->is_define;
}

static void blank_leaf(struct opinion *o, const struct subject *s)
{
	if (!is_leaf(s->command))
		return;
	blank(o, s->command->from, s->command->to);
	o->again = true;
}

/* Any device, account, mark or label there is has a number. */
static void number_instead(struct opinion *o, const struct subject *s)
{
	const struct fw_located_word *word = &o->located->words.items[s->word];

	if (s->n_words != 1 || o->located->text[word->from] == '1') {
		blank_leaf(o, s);
		return;
	}
	blank(o, word->from, word->to);
	o->located->text[word->from] = '1';
	o->again = true;
}

/* --- diagnostics ---------------------------------------------------------- */
static void drop_diag(struct fw_diags *diags, size_t i)
{
	diags->n_warnings--;
	diags->n--;
	memmove(&diags->items[i], &diags->items[i + 1],
		(diags->n - i) * sizeof(*diags->items));
}

static void make_error(struct fw_diags *diags, struct fw_diag *diag)
{
	diag->severity = FW_SEVERITY_ERROR;
	diag->text = fw_arena_strndup(diags->arena, diag->text,
				      strcspn(diag->text, ";"));
	diags->oom = diags->oom || !diag->text;
	diags->n_warnings--;
	diags->n_errors++;
}

/* A word of the rule that Flywall does not know either, and left to nft: where
 * nft has read as far, that is the fault, and the better place for it. Where it
 * has not, what Flywall says of the word comes of the same fault. */
static bool blame_unknown_word(struct opinion *o, const struct subject *s)
{
	struct fw_diags *diags = &o->load->diags;
	const struct fw_loc rule = fw_located_loc(o->located, s->command->word,
						  s->command->n_words);
	bool blamed = false;

	for (size_t i = o->first; i-- > 0;) {
		struct fw_diag *diag = &diags->items[i];

		if (strcmp(diag->id, "unknown-word") ||
		    diag->severity != FW_SEVERITY_WARNING ||
		    !fw_loc_within(&diag->loc, &rule))
			continue;
		if (fw_loc_before(&s->loc, &diag->loc)) {
			drop_diag(diags, i);
			o->first--;
		} else {
			make_error(diags, diag);
			blamed = true;
		}
	}
	return blamed;
}

/* A declaration stays in the text, and is refused in every round. */
static bool was_told(const struct opinion *o, const struct fw_loc *loc)
{
	const struct fw_diags *diags = &o->load->diags;

	for (size_t i = o->first; i < diags->n; i++)
		if (diags->items[i].loc.source == loc->source &&
		    diags->items[i].loc.line == loc->line &&
		    diags->items[i].loc.col == loc->col)
			return true;
	return false;
}

/* The text of one of the command's words, cut off to what names have. */
static void word_text(const struct opinion *o, size_t i, char ret[FW_MEANT_MAX])
{
	const struct fw_located_word *word = &o->located->words.items[i];

	(void)snprintf(ret, FW_MEANT_MAX, "%.*s", (int)(word->to - word->from),
		       o->located->text + word->from);
}

static void hint_at_meant(struct opinion *o, struct fw_diag *diag,
			  const struct subject *s, const char *text)
{
	char word[FW_MEANT_MAX], before[FW_MEANT_MAX] = "", name[FW_MEANT_MAX];
	const char *meant;

	if (!s->command || s->n_words != 1)
		return;
	word_text(o, s->word, word);
	if (s->word > s->command->word)
		word_text(o, s->word - 1, before);
	meant = fw_meant(text, word, before, name);
	if (meant)
		fw_diag_hint(&o->load->diags, diag, "did you mean '%s'?",
			     meant);
}

static void tell_language(struct opinion *o, const struct subject *s,
			  const char *text)
{
	static const char name[] = "Could not resolve hostname";
	struct fw_diag *diag;

	if (s->command && s->command->is_rule && blame_unknown_word(o, s))
		return;
	if (strncmp(text, name, sizeof(name) - 1)) {
		diag = fw_error(&o->load->diags, "nft", &s->loc,
				"nft refuses it: %s", text);
		hint_at_meant(o, diag, s, text);
		return;
	}
	diag = fw_error(&o->load->diags, "host-name", &s->loc,
			"host name where an address is meant");
	fw_diag_hint(&o->load->diags, diag,
		     "nothing is looked up at load; write the address");
}

static void tell_host(struct opinion *o, const struct subject *s,
		      enum fw_nft_source source, const char *text)
{
	/* The namespace in which nft was asked has no devices. */
	if (!o->live && !strcmp(text, "Interface does not exist"))
		return;
	fw_diag_add(&o->load->diags,
		    o->live ? FW_SEVERITY_ERROR : FW_SEVERITY_NOTE,
		    source == FW_NFT_HOST ? "host" : "kernel", &s->loc,
		    source == FW_NFT_HOST ? "on this host: %s" :
		    "this host's kernel refuses it: %s", text);
}

static struct subject subject_of(const struct opinion *o,
				 const struct fw_nft_complaint *complaint)
{
	struct subject s = { 0 };

	s.command = fw_located_find(o->located, complaint->line, complaint->col,
				    complaint->end_col, &s.word, &s.n_words);
	if (!s.n_words)
		s.command = NULL;
	if (s.command)
		s.loc = fw_located_loc(o->located, s.word, s.n_words);
	return s;
}

/* A name that a host may have; anything else no host has. */
static bool is_name(const struct opinion *o, const struct subject *s)
{
	const char *text = o->located->text;
	const struct fw_located_word *word;
	char c;

	if (!s->command)
		return false;
	word = &o->located->words.items[s->word];
	c = text[word->from] == '"' ? text[word->from + 1] : text[word->from];
	return s->n_words == 1 && c != '.' && !(c >= '0' && c <= '9');
}

/* A service or protocol that every /etc/services and /etc/protocols has, but a
 * host may have neither file. */
static bool is_well_known(const struct opinion *o, const struct subject *s,
			  const char *text)
{
	static const struct {
		const char *text;
		enum fw_symbols table;
	} files[] = {
		{ "Could not resolve service", FW_SYMBOLS_SERVICE },
		{ "Could not resolve protocol name", FW_SYMBOLS_PROTO },
	};
	const struct fw_located_word *word;
	char name[64];

	if (!s->command || s->n_words != 1)
		return false;
	word = &o->located->words.items[s->word];
	(void)snprintf(name, sizeof(name), "%.*s", (int)(word->to - word->from),
		       o->located->text + word->from);
	for (size_t i = 0; i < FW_ARRAY_SIZE(files); i++)
		if (!strncmp(text, files[i].text, strlen(files[i].text)))
			return fw_symbol_find(files[i].table, name);
	return false;
}

static enum fw_nft_source source_of(const struct opinion *o,
				    const struct subject *s,
				    const struct fw_nft_complaint *complaint)
{
	if (complaint->source == FW_NFT_HOST && !is_name(o, s))
		return FW_NFT_LANGUAGE;
	if (is_well_known(o, s, complaint->text))
		return FW_NFT_HOST;
	return complaint->source;
}

static void take_complaint(struct opinion *o,
			   const struct fw_nft_complaint *complaint)
{
	struct subject s = subject_of(o, complaint);
	enum fw_nft_source source = source_of(o, &s, complaint);

	if (source == FW_NFT_LANGUAGE) {
		if (!s.command || !was_told(o, &s.loc))
			tell_language(o, &s, complaint->text);
		if (s.command)
			blank_leaf(o, &s);
		return;
	}
	/* The kernel may only miss what was left out. */
	if (s.command && !o->located->is_part && !was_told(o, &s.loc))
		tell_host(o, &s, source, complaint->text);
	if (s.command && source == FW_NFT_HOST)
		number_instead(o, &s);
}

/* nft goes on reading where it has lost its way: what it says after a syntax
 * error, or further on in a command that it has refused, may be wrong. */
static void take_complaints(struct opinion *o,
			    const struct fw_nft_complaints *complaints)
{
	const struct fw_located_command *refused = NULL;
	bool missing = false;

	for (size_t i = 0; i < complaints->n; i++) {
		const struct fw_nft_complaint *complaint = &complaints->items[i];
		const struct fw_located_command *command =
			subject_of(o, complaint).command;

		/* A rule of a chain that did not come to be. */
		if (missing && command && command->is_rule &&
		    complaint->source == FW_NFT_KERNEL)
			continue;
		if (!command || command != refused)
			take_complaint(o, complaint);
		refused = command;
		missing = missing || (command && !is_leaf(command));
		if (!strncmp(complaint->text, "syntax error", 12))
			return;
	}
}

/* --- crashes -------------------------------------------------------------- */
/* Does nft crash on the declarations with the rules from..to of the commands?
 * text has room for all. */
static bool crashes(struct opinion *o, char *text, size_t from, size_t to)
{
	const struct fw_located *l = o->located;
	const struct fw_nft_job job = {
		.script = text, .dry_run = true, .apart = !o->live,
	};
	struct fw_nft_complaints ignored;

	memcpy(text, l->text, l->len + 1);
	for (size_t i = 0; i < l->commands.n; i++) {
		const struct fw_located_command *c = &l->commands.items[i];

		if (c->is_rule && (i < from || i >= to))
			memset(text + c->from, ' ', c->to - c->from);
	}
	return fw_nft_child_do(o->load->arena, &job, &ignored, NULL) == -EFAULT;
}

/* nft would not load it, so it is invalid, whosever fault it is: which rule is
 * it? By halves, for one is enough. */
static void tell_crash(struct opinion *o)
{
	const struct fw_located *l = o->located;
	char *text = fw_arena_alloc(o->load->arena, l->len + 1);
	size_t from = 0, to = l->commands.n;
	struct subject s = { 0 };

	if (!text) {
		o->load->diags.oom = true;
		return;
	}
	if (crashes(o, text, 0, 0))
		to = 1;		/* no rule's doing */
	while (to - from > 1) {
		size_t mid = from + (to - from) / 2;

		if (crashes(o, text, from, mid))
			to = mid;
		else
			from = mid;
	}
	s.command = &l->commands.items[from];
	s.loc = fw_located_loc(l, s.command->word, s.command->n_words);
	fw_error(&o->load->diags, "nft", &s.loc, s.command->is_rule ?
		 "nft crashes on it" : "nft crashes on this configuration");
	if (++o->crashes < CRASHES_MAX)
		blank_leaf(o, &s);
}

/* --- rounds --------------------------------------------------------------- */
/* No opinion: the verdict is Flywall's alone. */
static void tell_none(struct opinion *o, int r, bool verbose)
{
	if (verbose || o->live)
		(void)fprintf(stderr, "flywall: nft was not asked: %s\n",
			      r == -EPERM ? "no network namespace can be made" :
			      r == -ECHILD ? "it ran out of memory or time" :
		      r == -ETIMEDOUT ? "it takes too long" :
			      strerror(-r));
	o->again = false;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Out of patience is 1 ms, as none would be all the time there is. */
static void lose_patience(struct opinion *o, int64_t took_ms)
{
	if (o->patience_ms)
		o->patience_ms = took_ms < o->patience_ms ?
				 o->patience_ms - (unsigned)took_ms : 1;
}

static void ask(struct opinion *o, bool verbose)
{
	const struct fw_nft_job job = {
		.script = o->located->text, .dry_run = true,
		.apart = !o->live, .patience_ms = o->patience_ms,
	};
	struct fw_nft_complaints complaints;
	int64_t began = now_ms();
	int r = fw_nft_child_do(o->load->arena, &job, &complaints, NULL);

	lose_patience(o, now_ms() - began);
	o->again = false;
	if (r == -EFAULT)
		tell_crash(o);
	else if (r < 0)
		tell_none(o, r, verbose);
	else
		take_complaints(o, &complaints);
}

static void ask_in_rounds(struct opinion *o, bool verbose)
{
	size_t rounds = 0;

	o->first = o->load->diags.n;
	do
		ask(o, verbose);
	while (o->again && ++rounds < ROUNDS_MAX);
	fw_located_explain(o->located, &o->load->diags, o->first);
}

void fw_opinion(struct fw_load *load, bool verbose)
{
	struct opinion o = {
		.load = load, .located = load->located,
		.patience_ms = PATIENCE_MS,
	};

	ask_in_rounds(&o, verbose);
	fw_load_judge(load);
}

/* Some error's fault is the file's own: this counts more than the machine. */
static bool is_invalid(const struct fw_diags *diags)
{
	for (size_t i = 0; i < diags->n; i++)
		if (diags->items[i].severity == FW_SEVERITY_ERROR &&
		    strcmp(diags->items[i].id, "host") &&
		    strcmp(diags->items[i].id, "kernel"))
			return true;
	return false;
}

void fw_opinion_live(struct fw_load *load, bool devices)
{
	const struct fw_located_options options = {
		.anew = true, .devices = devices,
	};
	struct opinion o = { .load = load, .live = true };

	if (fw_located_build(load->located->typed, &options, &o.located))
		load->diags.oom = true;
	else
		ask_in_rounds(&o, true);
	if (load->diags.n_errors && !is_invalid(&load->diags))
		load->status = EX_UNAVAILABLE;
	fw_load_judge(load);
}
