/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices as the compiler sees them: names, options, what is to run on each.
 *
 * In: the typed configuration and the facts in it. Out: answers about a name,
 * and plan->devices. Fails only for want of memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/flatten.h"
#include "compile/lower.h"
#include "compile/names.h"

enum fw_attach fw_device_attach(const struct fw_typed *typed,
				const char *device)
{
	for (size_t i = 0; i < typed->n_device_options; i++)
		if (strcmp(typed->device_options[i].name, device) == 0)
			return typed->device_options[i].attach;
	return typed->attach;
}

bool fw_device_lowered(const struct fw_typed *typed, const char *device)
{
	for (size_t i = 0; i < typed->n_device_options; i++)
		if (strcmp(typed->device_options[i].name, device) == 0)
			return !typed->device_options[i].lowering_off;
	return typed->lowering;
}

bool fw_device_exists(const struct fw_typed *typed, const char *device)
{
	return !typed->facts->known ||
	       fw_facts_device(typed->facts, device) != NULL;
}

int fw_device_insist(struct fw_typed *typed)
{
	const struct fw_facts *from = typed->facts;
	struct fw_facts *facts = fw_arena_memdup(typed->arena, from,
						 sizeof(*from));

	if (!facts)
		return -ENOMEM;
	facts->devices = fw_arena_memdup(typed->arena, from->devices,
					 from->n_devices *
						 sizeof(*from->devices));
	if (!facts->devices)
		return -ENOMEM;
	for (size_t i = 0; i < facts->n_devices; i++)
		if (fw_device_attach(typed, facts->devices[i].name) !=
		    FW_ATTACH_AUTO)
			facts->devices[i].no_xdp = false;
	typed->facts = facts;
	return 0;
}

/* nft's wildcard: a star at the end. */
static bool name_meets(const char *pattern, const char *device)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, device, len - 1) == 0;
	return strcmp(pattern, device) == 0;
}

bool fw_device_meets(const struct fw_part *part, const char *device)
{
	for (size_t i = 0; i < part->n_names; i++)
		if (name_meets(part->names[i], device))
			return !part->negate;
	return part->negate;
}

/* --- plan->devices -------------------------------------------------------- */
struct roll {
	const struct fw_typed *typed;
	struct fw_plan *plan;
	FW_VEC(struct fw_plan_device) devices;
	struct fw_names numbers;	/* in devices, plus 1 */
};

static struct fw_plan_device *enrol(struct roll *roll, const char *name)
{
	uintptr_t number = (uintptr_t)fw_names_get(&roll->numbers, name, "");
	struct fw_plan_device *d;

	if (number)
		return &roll->devices.items[number - 1];
	d = fw_vec_push(roll->plan->arena, &roll->devices);
	number = roll->devices.n;
	if (!d || fw_names_put(roll->typed->arena, &roll->numbers, name, "",
			       (void *)number))
		return NULL;
	d->name = fw_arena_strdup(roll->plan->arena, name);
	if (!d->name)
		return NULL;
	d->attach = fw_device_attach(roll->typed, name);
	/* A monitored device needs TC only for the flows on it. */
	d->tc = (roll->typed->n_profiles > 0 || roll->typed->n_qos > 0) &&
		!roll->typed->facts->no_tc;
	return d;
}

/* TC stands on every device with an ingress chain, lowered or not: it judges a
 * packet again that waited between the hooks while the rules moved. */
static int enrol_road(struct roll *roll, const char *name)
{
	struct fw_plan_device *d = enrol(roll, name);

	if (!d)
		return -ENOMEM;
	d->tc = !roll->typed->facts->no_tc;
	return 0;
}

static int enrol_chains(struct roll *roll, const struct fw_typed_table *table)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < table->n_chains; i++) {
		const struct fw_typed_chain *c = &table->chains[i];

		if (c->hook != FW_HOOK_INGRESS)
			continue;
		for (size_t k = 0; r == 0 && k < c->n_devices; k++)
			r = enrol_road(roll, c->devices[k]);
	}
	return r;
}

/* Devices that a monitor watches, or the learning engine. */
static int enrol_list(struct roll *roll, const struct fw_device_list *list,
		      void (*mark)(struct fw_plan_device *device))
{
	for (size_t i = 0; i < list->n; i++) {
		struct fw_plan_device *d = enrol(roll, list->names[i]);

		if (!d)
			return -ENOMEM;
		mark(d);
	}
	return 0;
}

static void mark_dns(struct fw_plan_device *device)
{
	device->watch_dns = true;
}

static void mark_tls(struct fw_plan_device *device)
{
	device->watch_tls = true;
}

static void mark_dhcp(struct fw_plan_device *device)
{
	device->watch_dhcp = true;
}

static void mark_learn(struct fw_plan_device *device)
{
	device->learn = true;
}

static int enrol_lists(struct roll *roll)
{
	const struct fw_typed *typed = roll->typed;
	const struct fw_device_list dns = { typed->dns_devices,
					    typed->n_dns_devices };
	int r = enrol_list(roll, &dns, mark_dns);

	if (r == 0)
		r = enrol_list(roll, &typed->tls_devices, mark_tls);
	if (r == 0)
		r = enrol_list(roll, &typed->dhcp_devices, mark_dhcp);
	if (r == 0)
		r = enrol_list(roll, &typed->learn_devices, mark_learn);
	return r;
}

static int by_name(const void *a, const void *b)
{
	const struct fw_plan_device *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Rules in XDP look at the tags of its frames. */
static bool reads_tags(const struct fw_plan_xdp *xdp,
		       const struct fw_xdp_device *device)
{
	uint32_t first = device->first_word * 64u;

	for (uint32_t i = first; i < first + device->n_words * 64u; i++)
		for (size_t k = 0; k < xdp->rules[i].n_matches; k++)
			if (fw_field_reads_tag(xdp->rules[i].matches[k].field))
				return true;
	return false;
}

int fw_lower_devices(const struct fw_typed *typed, struct fw_plan *plan)
{
	struct roll roll = { .typed = typed, .plan = plan };
	struct fw_plan_device *d;
	int r = 0;

	for (size_t i = 0; r == 0 && i < typed->n_tables; i++)
		r = enrol_chains(&roll, &typed->tables[i]);
	for (size_t i = 0; r == 0 && i < typed->n_road_devices; i++)
		r = enrol_road(&roll, typed->road_devices[i]);
	if (r == 0)
		r = enrol_lists(&roll);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plan->xdp.n_devices; i++) {
		d = enrol(&roll, plan->xdp.devices[i].device);
		if (!d)
			return -ENOMEM;
		d->xdp = true;
		d->keeps_tags |= typed->options.vlan_offload_off &&
				 reads_tags(&plan->xdp, &plan->xdp.devices[i]);
	}
	if (roll.devices.n > 0)
		qsort(roll.devices.items, roll.devices.n,
		      sizeof(*roll.devices.items), by_name);
	plan->devices = roll.devices.items;
	plan->n_devices = roll.devices.n;
	return 0;
}
