/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts: empty ones, and those read from a text.
 *
 * In: lines as facts.h shows them; empty lines and # comments are skipped. Out:
 * devices sorted by name. -EINVAL for any other line, -ENOMEM.
 */
#include "facts/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/vec.h"

const struct fw_facts fw_facts_empty;

static int by_name(const void *a, const void *b)
{
	const struct fw_fact_device *x = a, *y = b;

	return strcmp(x->name, y->name);
}

const struct fw_fact_device *fw_facts_device(const struct fw_facts *facts,
					     const char *name)
{
	const struct fw_fact_device key = { .name = name };

	const struct fw_fact_device *found = NULL;

	if (facts->n_devices)
		found = bsearch(&key, facts->devices, facts->n_devices,
				sizeof(key), by_name);
	return found ? found : facts->later;
}

/* device NAME IFINDEX [no-xdp REASON | vlan-offload [fixed]] */
static int read_device(struct fw_arena *arena, char *rest,
		       struct fw_fact_device *ret)
{
	char *save = NULL;
	const char *name = strtok_r(rest, " \t", &save);
	const char *number = strtok_r(NULL, " \t", &save);
	const char *flag = strtok_r(NULL, " \t", &save);
	unsigned long ifindex;
	char *end;

	if (!name || !number)
		return -EINVAL;
	ifindex = strtoul(number, &end, 10);
	if (*end || !ifindex || ifindex > INT32_MAX)
		return -EINVAL;
	ret->vlan_offload = flag && !strcmp(flag, "vlan-offload");
	ret->vlan_fixed = ret->vlan_offload && save && !strcmp(save, "fixed");
	ret->no_xdp = flag && !strcmp(flag, "no-xdp");
	if (flag && !ret->no_xdp && !ret->vlan_offload)
		return -EINVAL;
	ret->name = fw_arena_strdup(arena, name);
	ret->ifindex = (uint32_t)ifindex;
	if (ret->no_xdp)
		ret->reason = fw_arena_strdup(arena, save ? save : "");
	return ret->name && (!ret->no_xdp || ret->reason) ? 0 : -ENOMEM;
}

/* profile NAME NUMBER */
static int read_profile(struct fw_arena *arena, char *rest,
			struct fw_fact_profile *ret)
{
	char *save = NULL;
	const char *name = strtok_r(rest, " \t", &save);
	const char *number = strtok_r(NULL, " \t", &save);
	char *end;

	if (!name || !number)
		return -EINVAL;
	ret->number = (unsigned)strtoul(number, &end, 10);
	if (*end || strtok_r(NULL, " \t", &save))
		return -EINVAL;
	ret->name = fw_arena_strdup(arena, name);
	return ret->name ? 0 : -ENOMEM;
}

static bool read_flag(const char *line, struct fw_facts *facts)
{
	if (!strcmp(line, "no-xdp"))
		facts->no_xdp = true;
	else if (!strcmp(line, "no-tc"))
		facts->no_tc = true;
	else if (!strcmp(line, "no-nft-queue"))
		facts->no_nft_queue = true;
	else
		return false;
	return true;
}

int fw_facts_read(struct fw_arena *arena, FILE *in, struct fw_facts *ret)
{
	FW_VEC(struct fw_fact_device) devices = { 0 };
	FW_VEC(struct fw_fact_profile) profiles = { 0 };
	struct fw_facts facts = { .known = true };
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, in) >= 0) {
		struct fw_fact_profile *profile;
		struct fw_fact_device *device;
		int r;

		line[strcspn(line, "#\n")] = '\0';
		if (!line[strspn(line, " \t")] || read_flag(line, &facts))
			continue;
		if (!strncmp(line, "profile ", 8)) {
			profile = fw_vec_push(arena, &profiles);
			r = profile ? read_profile(arena, line + 8, profile) :
				      -ENOMEM;
			if (r)
				return r;
			continue;
		}
		if (strncmp(line, "device ", 7))
			return -EINVAL;
		device = fw_vec_push(arena, &devices);
		if (!device)
			return -ENOMEM;
		r = read_device(arena, line + 7, device);
		if (r)
			return r;
	}
	if (ferror(in))
		return -EIO;
	if (devices.n)
		qsort(devices.items, devices.n, sizeof(*devices.items),
		      by_name);
	facts.devices = devices.items;
	facts.n_devices = devices.n;
	facts.profiles = profiles.items;
	facts.n_profiles = profiles.n;
	*ret = facts;
	return 0;
}
