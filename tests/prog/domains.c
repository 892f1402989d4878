/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: random numbers. Out: names and sets. Only memory fails.
 */
#include "domains.h"

#include <stdio.h>
#include <string.h>

#include "compile/typecheck.h"
#include "util/cleanup.h"

/* Some as long as words of a hash, and as labels can be. */
static const char *const labels[] = {
	"a", "b", "z", "az", "example", "seventh", "eight888", "xn--bcher-kva",
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
};

void domain_random(struct rng *rng, uint32_t depth, char ret[static 254])
{
	size_t at = 0;

	for (uint32_t n = 1 + rng_below(rng, depth); n > 0; n--) {
		const char *label =
			labels[rng_below(rng, FW_ARRAY_SIZE(labels))];

		if (at + 1 + strlen(label) > 253)
			break;
		at += (size_t)sprintf(ret + at, "%s%s", at ? "." : "", label);
	}
}

void domain_mix_case(struct rng *rng, char *name)
{
	for (char *p = name; *p; p++)
		if (*p >= 'a' && *p <= 'z' && rng_percent(rng, 30))
			*p = (char)(*p - 'a' + 'A');
}

size_t domain_wire(const char *name, uint8_t ret[static 255])
{
	size_t at = 0;

	while (*name) {
		size_t len = strcspn(name, ".");

		ret[at++] = (uint8_t)len;
		memcpy(ret + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	ret[at++] = 0;
	return at;
}

/* An entry and an exception of one name: exceptions, all of them. */
static void settle(struct fw_domain_vec *domains)
{
	const char *clash;

	while (fw_domains_sort(domains, &clash))
		for (size_t i = 0; i < domains->n; i++)
			if (!strcmp(domains->items[i].name, clash))
				domains->items[i].exception = true;
}

struct fw_domain_set *domain_set_random(struct rng *rng, struct fw_arena *arena)
{
	struct fw_domain_set *set = fw_arena_alloc(arena, sizeof(*set));
	struct fw_domain_vec domains = { 0 };

	if (!set)
		return NULL;
	for (uint32_t n = rng_below(rng, 60); n > 0; n--) {
		struct fw_domain *domain = fw_vec_push(arena, &domains);
		char name[254];

		domain_random(rng, 4, name);
		if (!domain || !(domain->name = fw_arena_strdup(arena, name)))
			return NULL;
		domain->exact = rng_percent(rng, 30);
		domain->exception = rng_percent(rng, 30);
	}
	settle(&domains);
	*set = (struct fw_domain_set){ "s", domains.items, domains.n };
	return set;
}
