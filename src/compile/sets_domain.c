/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain names of sets: `evil.example`, `=exact.example`, `!ok.example`.
 *
 * In: an entry as a text. Out: a lower-case name without final dot. A name is
 * checked, not converted: letters, digits, hyphen and underscore in labels of
 * 1 to 63 (RFC 1035 section 2.3.4), so names in other scripts have to stand as
 * A-labels.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/typecheck.h"

#define NAME_MAX_ 253	/* as text, without final dot */
#define LABEL_MAX 63
#define SHOWN 100

__attribute__((format(printf, 2, 3)))
static int wrong(struct fw_value_error *error, const char *format, ...)
{
	va_list ap;

	error->id = "bad-name";
	va_start(ap, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return -EINVAL;
}

static int check_labels(const char *name, struct fw_value_error *error)
{
	for (const char *label = name; *label;) {
		size_t len = strcspn(label, ".");

		if (!len)
			return wrong(error, "'%.*s' has an empty label", SHOWN,
				     name);
		if (len > LABEL_MAX)
			return wrong(error, "'%.*s' has a label of more than "
				     "%d characters", SHOWN, name, LABEL_MAX);
		label += len + (label[len] == '.');
	}
	return 0;
}

static int check_characters(const char *name, struct fw_value_error *error)
{
	for (const char *p = name; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (isalnum(c) || c == '-' || c == '_' || c == '.')
			continue;
		if (c == '*') {
			(void)snprintf(error->hint, sizeof(error->hint),
				       "a name matches itself and every name "
				       "below it; leave the '*.' out");
			return wrong(error, "'%.*s' is a wildcard", SHOWN,
				     name);
		}
		if (c >= 0x80) {
			(void)snprintf(error->hint, sizeof(error->hint),
				       "write it as A-labels: xn--…");
			return wrong(error, "'%.*s' is not in ASCII", SHOWN,
				     name);
		}
		return wrong(error, "'%.*s' is no domain name: '%c' cannot "
			     "stand in one", SHOWN, name,
			     isprint(c) ? c : '?');
	}
	return 0;
}

int fw_domain_read(struct fw_arena *arena, const char *text,
		   struct fw_domain *ret, struct fw_value_error *error)
{
	struct fw_domain domain = { 0 };
	size_t len;
	char *name;
	int r;

	error->hint[0] = '\0';
	if (*text == '!') {
		domain.exception = true;
		text++;
	}
	if (*text == '=') {
		domain.exact = true;
		text++;
	}
	len = strlen(text);
	if (len && text[len - 1] == '.')
		len--;
	if (!len)
		return wrong(error, "a domain name is missing");
	if (len > NAME_MAX_)
		return wrong(error, "'%.*s…' is longer than a domain name can "
			     "be", SHOWN, text);
	name = fw_arena_strndup(arena, text, len);
	if (!name)
		return -ENOMEM;
	r = check_characters(name, error);
	if (!r)
		r = check_labels(name, error);
	if (r)
		return r;
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	domain.name = name;
	*ret = domain;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct fw_domain *)a)->name,
		      ((const struct fw_domain *)b)->name);
}

int fw_domains_sort(struct fw_domain_vec *domains, const char **ret_clash)
{
	size_t out = 0;

	if (!domains->n)
		return 0;
	qsort(domains->items, domains->n, sizeof(*domains->items), by_name);
	for (size_t i = 1; i < domains->n; i++) {
		struct fw_domain *last = &domains->items[out];
		const struct fw_domain *next = &domains->items[i];

		if (strcmp(last->name, next->name)) {
			domains->items[++out] = *next;
			continue;
		}
		if (last->exception != next->exception) {
			*ret_clash = next->name;
			return -EINVAL;
		}
		/* The wider of the two. */
		last->exact = last->exact && next->exact;
	}
	domains->n = out + 1;
	return 0;
}
