/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: an expression of Perl's kind. Out: whether it has anything that needs more
 * than a pass over the bytes. Nothing may fail; what is no expression at all is
 * for the engine to say.
 */
#include "scan/syntax.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "util/cleanup.h"

/* Behind an opening parenthesis; the longer ones first. */
static const struct {
	const char *text;
	const char *name;
} groups[] = {
	{ "?=", "look-ahead" },
	{ "?!", "look-ahead" },
	{ "?<=", "look-behind" },
	{ "?<!", "look-behind" },
	{ "?>", "an atomic group" },
	{ "?|", "a branch reset" },
	{ "?(", "a condition" },
	{ "?C", "a callout" },
	{ "?R", "recursion" },
	{ "?&", "recursion" },
	{ "?P>", "recursion" },
	{ "?P=", "a back reference" },
	{ "*", "a verb" },
};

/* Behind a backslash. */
static const struct {
	const char *letters;
	const char *name;
} escapes[] = {
	{ "123456789gk", "a back reference" },
	{ "K", "\\K" },
	{ "C", "\\C" },
	{ "R", "\\R" },
	{ "G", "\\G" },
	{ "X", "\\X" },
};

/* A place in an expression, outside of classes and of quoted text. */
struct walk {
	const char *at;
	bool quoted;	/* within \Q and \E */
	bool class;	/* within [ and ] */
};

static const char *named_group(const char *text)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(groups); i++)
		if (!strncmp(text, groups[i].text, strlen(groups[i].text)))
			return groups[i].name;
	/* (?1), (?+1) and (?-1), which are no options */
	text += text[0] == '?';
	text += text[0] && strchr("+-", text[0]);
	if (text[0] >= '0' && text[0] <= '9')
		return "recursion";
	return NULL;
}

static const char *named_escape(char letter)
{
	for (size_t i = 0; letter && i < FW_ARRAY_SIZE(escapes); i++)
		if (strchr(escapes[i].letters, letter))
			return escapes[i].name;
	return NULL;
}

/* Steps over one element; returns it where it means something by itself, and ""
 * where it does not (letters of a class, quoted text). NULL at the end. */
static const char *next(struct walk *walk)
{
	const char *at = walk->at;

	if (!*at)
		return NULL;
	walk->at += at[0] == '\\' && at[1] ? 2 : 1;
	if (walk->quoted) {
		walk->at = at + 1;
		if (at[0] == '\\' && at[1] == 'E') {
			walk->quoted = false;
			walk->at++;
		}
		return "";
	}
	if (at[0] == '\\' && at[1] == 'Q') {
		walk->quoted = true;
		return "";
	}
	if (walk->class) {
		walk->class = at[0] != ']';
		return "";
	}
	if (at[0] == '[') {
		walk->class = true;
		/* the first bracket is a letter of the class */
		walk->at += walk->at[0] == '^';
		walk->at += walk->at[0] == ']';
	}
	return at;
}

const char *fw_syntax_refuses(const char *regex)
{
	struct walk walk = { .at = regex };
	bool repeated = false;	/* behind a quantifier */
	const char *at;

	while ((at = next(&walk))) {
		const char *name = at[0] == '(' ? named_group(at + 1) :
				   at[0] == '\\' ? named_escape(at[1]) :
				   at[0] == '+' && repeated ?
					   "possessive repetition" : NULL;

		if (name)
			return name;
		repeated = at[0] && strchr("*+?}", at[0]) && !repeated;
	}
	return NULL;
}

/* Over what is left of the group that the walk is in, or of the expression. */
static void leave_group(struct walk *walk)
{
	unsigned depth = 1;
	const char *at;

	while (depth && (at = next(walk)))
		depth += at[0] == '(' ? 1u : at[0] == ')' ? -1u : 0;
}

static bool is_edge(const char *at)
{
	return at[0] == '$' || (at[0] == '\\' && at[1] && strchr("bBzZ", at[1]));
}

/* Whether nothing has to follow: only then may the place be where a match ends.
 * In doubt, yes. */
static bool may_end(struct walk walk)
{
	const char *at;

	while ((at = next(&walk))) {
		if (at[0] == '(' || at[0] == '|') {
			leave_group(&walk);
			continue;
		}
		if (at[0] == '[')
			while (walk.class && next(&walk))
				;
		if (at[0] == '{')
			walk.at += strcspn(walk.at, "}");
		else if (at[0] && !strchr(")*+?}", at[0]) && !is_edge(at) &&
			 (!walk.at[0] || !strchr("*?{", walk.at[0])))
			return false;
	}
	return true;
}

uint32_t fw_syntax_behind(const char *regex)
{
	struct walk walk = { .at = regex };
	uint32_t bytes = 0;
	const char *at;

	while ((at = next(&walk))) {
		if (!is_edge(at) || !may_end(walk))
			continue;
		if (at[1] == 'Z')
			return 2;	/* a newline, and what it is the last of */
		bytes = 1;
	}
	return bytes;
}
