/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a name in a set of domains?
 *
 * In: a sorted set and a name as a packet showed it (any case, maybe a final
 * dot, maybe rubbish). Out: yes or no. Nothing fails; what is no name is in no
 * set.
 *
 * The name is tried whole, then from each label on: the first form that has an
 * entry is the longest one, and decides.
 */
#include <string.h>

#include "plan/plan.h"

/* A name of 253 characters is the longest that fits a packet's 255 bytes
 * (RFC 1035 section 2.3.4). */
#define NAME_MAX_LEN 253

static int compare(const char *entry, const char *name, size_t len)
{
	size_t entry_len = strlen(entry);
	int d = memcmp(entry, name, entry_len < len ? entry_len : len);

	if (d != 0)
		return d;
	return (entry_len > len) - (entry_len < len);
}

/* The first entry with this very name; set->n_domains where there is none. */
static size_t find_first(const struct fw_domain_set *set, const char *name,
			 size_t len)
{
	size_t lo = 0, hi = set->n_domains;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(set->domains[mid].name, name, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < set->n_domains &&
	    compare(set->domains[lo].name, name, len) == 0)
		return lo;
	return set->n_domains;
}

enum answer {
	SILENT,
	MEMBER,
	EXCEPTION,
};

/* What the entries of one name say of it (whole) or of a name below it. One
 * name may have several: 1. an exact entry goes before one that reaches down,
 * 2. an exception before a member. */
static enum answer ask(const struct fw_domain_set *set, const char *name,
		       size_t len, bool whole)
{
	enum answer exact = SILENT, below = SILENT;

	for (size_t i = find_first(set, name, len);
	     i < set->n_domains &&
	     compare(set->domains[i].name, name, len) == 0; i++) {
		const struct fw_domain *d = &set->domains[i];
		enum answer *a = d->exact ? &exact : &below;

		if (*a != EXCEPTION)
			*a = d->exception ? EXCEPTION : MEMBER;
	}
	return whole && exact != SILENT ? exact : below;
}

bool fw_domain_set_has(const struct fw_domain_set *set, const char *name,
		       size_t len)
{
	char lower[NAME_MAX_LEN];
	const char *at = lower, *dot;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > sizeof(lower))
		return false;
	/* Not tolower(): the locale has no say in names. */
	for (size_t i = 0; i < len; i++)
		lower[i] = name[i] >= 'A' && name[i] <= 'Z' ?
			   (char)(name[i] - 'A' + 'a') : name[i];

	for (;;) {
		switch (ask(set, at, len, at == lower)) {
		case MEMBER:
			return true;
		case EXCEPTION:
			return false;
		case SILENT:
			break;
		}
		dot = memchr(at, '.', len);
		if (!dot)
			return false;
		len -= (size_t)(dot + 1 - at);
		at = dot + 1;
	}
}
