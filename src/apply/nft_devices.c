/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the line of a base chain, `type filter hook ingress devices = { "a", "b" }
 * priority 0;`. Out: the same for devices that are here. May fail: memory.
 */
#include "apply/nft_devices.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/cleanup.h"

/* What stands between names: they are words or quoted, in a list or alone. */
#define BETWEEN " \t\n\",={}"

struct devices {
	const char *from, *to;	/* where the line names them */
	struct fw_buf here;	/* those that are, as a list */
	size_t n, n_here;
};

static size_t next_word(const char **at)
{
	*at += strspn(*at, BETWEEN);
	return strcspn(*at, BETWEEN);
}

static bool is(const char *at, size_t len, const char *word)
{
	return len == strlen(word) && !strncmp(at, word, len);
}

static void add_device(struct devices *devices, const char *at, size_t len)
{
	char name[IF_NAMESIZE];

	devices->n++;
	if (len >= sizeof(name))
		return;		/* no device has such a name */
	(void)snprintf(name, sizeof(name), "%.*s", (int)len, at);
	/* A wildcard is nft's to judge. */
	if (!strchr(name, '*') && !if_nametoindex(name))
		return;
	fw_buf_printf(&devices->here, "%s\"%s\"",
		      devices->n_here++ ? ", " : "", name);
}

/* From the word `device` or `devices` to the word `priority`. */
static void find(const char *base, struct devices *ret)
{
	const char *at = base;
	size_t len = next_word(&at);

	while (len && !is(at, len, "device") && !is(at, len, "devices")) {
		at += len;
		len = next_word(&at);
	}
	ret->from = at;
	if (!len)
		return;
	for (at += len; (len = next_word(&at)) && !is(at, len, "priority");
	     at += len)
		add_device(ret, at, len);
	ret->to = at;
}

int fw_nft_devices_here(struct fw_arena *arena, const char *base,
			const char **ret)
{
	struct devices devices = { 0 };
	bool failed;

	find(base, &devices);
	*ret = base;
	if (devices.n_here < devices.n && !devices.n_here)
		*ret = NULL;
	else if (devices.n_here < devices.n)
		*ret = fw_arena_printf(arena, "%.*sdevices = { %s } %s",
				       (int)(devices.from - base), base,
				       devices.here.text, devices.to);
	failed = devices.here.failed || (devices.n_here && !*ret);
	fw_buf_done(&devices.here);
	return failed ? -ENOMEM : 0;
}
