/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of Flywall's own set types: JA3 and JA4 fingerprints, patterns.
 *
 * In: a text. Out: its canonical form, or what is wrong with it. A pattern's
 * syntax is looked at as far as brackets, repetitions and backslashes go; the
 * library that runs it is the judge of the rest.
 */
#include "compile/own_types.h"
#include "scan/patterns.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define JA3_LEN 32
#define JA4_LEN 36		/* a (10) _ b (12) _ c (12) */
#define NAME_MAX_ 64		/* of a pattern */
#define SHOWN 80

#define HEX "0123456789abcdef"
#define DIGITS "0123456789"
#define ALNUM DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define FLAGS "imsxu"

__attribute__((format(printf, 3, 4)))
static int wrong(struct fw_value_error *error, const char *id,
		 const char *format, ...)
{
	va_list ap;

	error->id = id;
	va_start(ap, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return -EINVAL;
}

static void hint(struct fw_value_error *error, const char *text)
{
	(void)snprintf(error->hint, sizeof(error->hint), "%s", text);
}

const char *fw_set_type_name(enum fw_set_type type)
{
	switch (type) {
	case FW_SET_DOMAIN:
		return "domain";
	case FW_SET_JA3:
		return "ja3";
	case FW_SET_JA4:
		return "ja4";
	case FW_SET_PATTERN:
		return "pattern";
	default:
		return "";
	}
}

/* --- fingerprints --------------------------------------------------------- */
int fw_ja3_read(struct fw_arena *arena, const char *text, const char **ret,
		struct fw_value_error *error)
{
	size_t len = strlen(text);
	char *copy;

	error->hint[0] = '\0';
	if (len != JA3_LEN || strspn(text, HEX "ABCDEF") != len) {
		hint(error, "32 hexadecimal digits, as of an MD5 hash");
		return wrong(error, "bad-ja3", "'%.*s' is no JA3 value", SHOWN,
			     text);
	}
	copy = fw_arena_strdup(arena, text);
	if (!copy)
		return -ENOMEM;
	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	*ret = copy;
	return 0;
}

/* The first part says, character by character: protocol, version (two), SNI or
 * not, numbers of ciphers and extensions (two digits each), ALPN (two). */
static const char *const ja4_a[] = {
	"tqd", "0123sd", "0123", "di", DIGITS,
	DIGITS, DIGITS, DIGITS,	 ALNUM, ALNUM,
};

static const char *ja4_allowed(size_t i)
{
	if (i < 10)
		return ja4_a[i];
	return i == 10 || i == 23 ? "_" : HEX;
}

int fw_ja4_read(struct fw_arena *arena, const char *text, const char **ret,
		struct fw_value_error *error)
{
	size_t len = strlen(text);

	error->hint[0] = '\0';
	for (size_t i = 0; i < len && i < JA4_LEN; i++) {
		if (strchr(ja4_allowed(i), text[i]))
			continue;
		hint(error, "as in t13d1715h2_5b57614c22b0_3d5424432f57");
		return wrong(error, "bad-ja4", "'%.*s' is no JA4 value: '%c' "
			     "cannot be its character %zu", SHOWN, text,
			     isprint((unsigned char)text[i]) ? text[i] : '?',
			     i + 1);
	}
	if (len != JA4_LEN) {
		hint(error, "as in t13d1715h2_5b57614c22b0_3d5424432f57");
		return wrong(error, "bad-ja4", "'%.*s' is no JA4 value: it has "
			     "%zu characters, not %d", SHOWN, text, len,
			     JA4_LEN);
	}
	*ret = fw_arena_strdup(arena, text);
	return *ret ? 0 : -ENOMEM;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct fw_text_set *fw_texts_set(struct fw_arena *arena, const char *name,
				 struct fw_text_vec *texts)
{
	struct fw_text_set *set = fw_arena_alloc(arena, sizeof(*set));
	size_t n = 0;

	if (!set)
		return NULL;
	if (texts->n)
		qsort(texts->items, texts->n, sizeof(*texts->items), by_text);
	for (size_t i = 0; i < texts->n; i++)
		if (!n || strcmp(texts->items[n - 1], texts->items[i]))
			texts->items[n++] = texts->items[i];
	*set = (struct fw_text_set){ name, texts->items, n };
	return set;
}

/* --- patterns ------------------------------------------------------------- */
static int check_regex(const struct fw_pattern *pattern,
		       struct fw_value_error *error)
{
	char why[160];
	int r;

	if (!*pattern->regex)
		return wrong(error, "bad-pattern",
			     "an empty pattern matches everything");
	r = fw_pattern_compiles(pattern->regex, pattern->flags, why,
				sizeof(why));
	return r == -EINVAL ? wrong(error, "bad-pattern",
				    "the pattern cannot be had: %s", why) : r;
}

static int check_flags(const char *flags, struct fw_value_error *error)
{
	for (const char *p = flags; *p; p++) {
		if (!strchr(FLAGS, *p)) {
			hint(error, "i (case), m (lines), s (dot takes all), "
			     "x (blanks), u (UTF-8)");
			return wrong(error, "bad-pattern", "'%c' is no flag "
				     "of a pattern",
				     isprint((unsigned char)*p) ? *p : '?');
		}
		if (strchr(p + 1, *p))
			return wrong(error, "bad-pattern",
				     "the flag '%c' stands twice", *p);
	}
	return 0;
}

static int check_name(const char *text, size_t len,
		      struct fw_value_error *error)
{
	hint(error, "name: /pattern/flags");
	if (!len || text[len] != ':')
		return wrong(error, "bad-pattern",
			     "'%.*s' does not begin with a name and a colon",
			     SHOWN, text);
	if (len > NAME_MAX_)
		return wrong(error, "bad-pattern", "the pattern's name is "
			     "longer than %d characters", NAME_MAX_);
	return 0;
}

int fw_pattern_read(struct fw_arena *arena, const char *text,
		    struct fw_pattern *ret, struct fw_value_error *error)
{
	size_t len = strspn(text, ALNUM "_-.");
	const char *start = text + len + 1, *end;
	int r = check_name(text, len, error);

	if (r)
		return r;
	start += strspn(start, " \t");
	end = strrchr(start, '/');
	if (*start != '/' || end == start)
		return wrong(error, "bad-pattern", "the pattern of '%.*s' does "
			     "not stand between slashes", (int)len, text);
	error->hint[0] = '\0';
	ret->name = fw_arena_strndup(arena, text, len);
	ret->regex = fw_arena_strndup(arena, start + 1,
				      (size_t)(end - start) - 1);
	ret->flags = fw_arena_strdup(arena, end + 1);
	if (!ret->name || !ret->regex || !ret->flags)
		return -ENOMEM;
	r = check_flags(ret->flags, error);
	return r ? r : check_regex(ret, error);
}

static int by_name(const void *a, const void *b)
{
	const struct fw_pattern *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	if (!r)
		r = strcmp(x->regex, y->regex);
	return r ? r : strcmp(x->flags, y->flags);
}

int fw_patterns_sort(struct fw_pattern_vec *patterns, const char **ret_clash)
{
	size_t n = 0;

	if (patterns->n)
		qsort(patterns->items, patterns->n, sizeof(*patterns->items),
		      by_name);
	for (size_t i = 0; i < patterns->n; i++) {
		const struct fw_pattern *p = &patterns->items[i];

		if (n && !by_name(&patterns->items[n - 1], p))
			continue;
		if (n && !strcmp(patterns->items[n - 1].name, p->name)) {
			*ret_clash = p->name;
			return -EINVAL;
		}
		patterns->items[n++] = *p;
	}
	patterns->n = n;
	return 0;
}

/* --- any of them ---------------------------------------------------------- */
int fw_own_add(struct fw_arena *arena, enum fw_set_type type, const char *text,
	       struct fw_own_content *content, struct fw_value_error *error)
{
	struct fw_domain domain;
	struct fw_pattern pattern;
	const char *value;
	void *slot;
	int r;

	switch (type) {
	case FW_SET_DOMAIN:
		r = fw_domain_read(arena, text, &domain, error);
		slot = r ? NULL : fw_vec_push(arena, &content->domains);
		if (slot)
			*(struct fw_domain *)slot = domain;
		break;
	case FW_SET_PATTERN:
		r = fw_pattern_read(arena, text, &pattern, error);
		slot = r ? NULL : fw_vec_push(arena, &content->patterns);
		if (slot)
			*(struct fw_pattern *)slot = pattern;
		break;
	default:
		r = type == FW_SET_JA3 ?
			    fw_ja3_read(arena, text, &value, error) :
			    fw_ja4_read(arena, text, &value, error);
		slot = r ? NULL : fw_vec_push(arena, &content->texts);
		if (slot)
			*(const char **)slot = value;
		break;
	}
	return !r && !slot ? -ENOMEM : r;
}
