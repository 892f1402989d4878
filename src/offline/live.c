/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check --live: devices, programs, nft and other people's tables.
 *
 * In: a valid configuration, and this machine. Out: diagnostics. What may fail:
 * memory, which the diagnostics note. The order: what is not there, what the
 * kernel does not load and how it is set, what nft does not take, what others
 * do.
 */
#include "offline/live.h"

#include <errno.h>
#include <string.h>

#include "apply/bpf.h"
#include "apply/devices.h"
#include "apply/settings.h"
#include "offline/foreign.h"
#include "offline/load.h"
#include "offline/opinion.h"
#include "util/cleanup.h"

struct live {
	struct fw_load *load;
	const struct fw_facts *facts;
	size_t missing;		/* devices */
};

/* --- devices -------------------------------------------------------------- */
static bool is_there(const struct live *live, const char *name)
{
	const struct fw_fact_device *fact = fw_facts_device(live->facts, name);

	return fact && fact->ifindex;
}

static bool is_waited_for(const struct fw_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_devices; i++)
		if (!strcmp(plan->devices[i].name, name))
			return true;
	return false;
}

/* The daemon waits for devices of its own; others, nft wants to see. */
static void tell_missing(struct live *live, const struct fw_loc *loc,
			 const char *name)
{
	if (is_waited_for(live->load->plan, name))
		fw_warning(&live->load->diags, "host", loc,
			   "there is no device '%s' here: what it is named for "
			   "waits until it comes", name);
	else
		fw_error(&live->load->diags, "host", loc,
			 "there is no device '%s' here", name);
	live->missing++;
}

/* Names behind `device` or `devices`, up to the next key. */
static size_t look_at_names(struct live *live, const struct fw_word *words,
			    size_t n)
{
	size_t i = 0;

	if (i < n && words[i].kind == FW_WORD_MARK)
		i++;	/* = */
	if (i < n && words[i].kind == FW_WORD_BRACE) {
		for (size_t k = 0; k < words[i].n_words; k++)
			(void)look_at_names(live, &words[i].words[k], 1);
		return i + 1;
	}
	if (i < n && (words[i].kind == FW_WORD_PLAIN ||
		      words[i].kind == FW_WORD_STRING)) {
		if (!is_there(live, words[i].text))
			tell_missing(live, &words[i].loc, words[i].text);
		return i + 1;
	}
	return i;
}

static void look_at_line(struct live *live, const struct fw_line *line)
{
	static const char *const keys[] = { "device", "devices" };

	for (size_t i = 0; i < line->n_words;) {
		const struct fw_word *word = &line->words[i++];
		bool names = false;

		for (size_t k = 0; k < FW_ARRAY_SIZE(keys); k++)
			names = names || (word->kind == FW_WORD_PLAIN &&
					  !strcmp(word->text, keys[k]));
		if (names)
			i += look_at_names(live, &line->words[i],
					   line->n_words - i);
	}
	for (size_t i = 0; line->has_body && i < line->n_body; i++)
		look_at_line(live, &line->body[i]);
}

static void look_at_items(struct live *live, const struct fw_item *items,
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].kind == FW_ITEM_LINE)
			look_at_line(live, &items[i].line);
		look_at_items(live, items[i].items, items[i].n_items);
	}
}

/* Those that the file names by a define: found where nothing else is. */
static void look_at_plan(struct live *live, const char *file)
{
	const struct fw_plan *plan = live->load->plan;
	const struct fw_loc loc = { .file = file };

	for (size_t i = 0; !live->missing && i < plan->n_devices; i++)
		if (!is_there(live, plan->devices[i].name))
			tell_missing(live, &loc, plan->devices[i].name);
}

/* --- how XDP is attached -------------------------------------------------- */
/* With auto the rules go elsewhere; else that is the user's to resolve. */
static void tell_held(struct live *live, const struct fw_loc *loc,
		      const struct fw_plan_device *device,
		      const struct fw_fact_device *fact)
{
	if (device->attach == FW_ATTACH_AUTO)
		fw_warning(&live->load->diags, "host", loc,
			   "%s: the rules of ingress chains stay in nft",
			   fact->reason);
	else
		fw_error(&live->load->diags, "host", loc, "%s", fact->reason);
}

static void look_at_hooks(struct live *live, const char *file)
{
	const struct fw_plan *plan = live->load->plan;
	const struct fw_loc loc = { .file = file };

	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct fw_plan_device *device = &plan->devices[i];
		const struct fw_fact_device *fact =
			fw_facts_device(live->facts, device->name);
		char refusal[256];

		if (!fact || !fact->ifindex || !device->xdp)
			continue;
		if (fact->no_xdp)
			tell_held(live, &loc, device, fact);
		else if (device->attach == FW_ATTACH_OFFLOAD &&
			 fw_xdp_offload_refused(fact->ifindex, refusal,
						sizeof(refusal)))
			fw_warning(&live->load->diags, "host", &loc,
				   "device %s: %s; its rules run in native XDP",
				   device->name, refusal);
	}
}

/* --- programs ------------------------------------------------------------- */
/* Does a device ask for XDP, and nothing else will do? */
static bool insists(const struct fw_plan *plan)
{
	for (size_t i = 0; i < plan->n_devices; i++)
		if (plan->devices[i].xdp &&
		    plan->devices[i].attach != FW_ATTACH_AUTO)
			return true;
	return false;
}

static void try_programs(struct live *live, const char *file)
{
	const struct fw_loc loc = { .file = file };
	struct fw_apply_error error = { .rule = FW_NO_RULE };

	if (!fw_bpf_try(&live->load->plan->options, &error))
		return;
	if (insists(live->load->plan))
		fw_error(&live->load->diags, "kernel", &loc, "%s", error.text);
	else
		fw_warning(&live->load->diags, "kernel", &loc,
			   "%s; what it would do runs in nft", error.text);
}

/* --- settings ------------------------------------------------------------- */
static void look_at_settings(struct live *live, const char *file)
{
	const struct fw_plan *plan = live->load->plan;
	const struct fw_loc loc = { .file = file };
	unsigned lacking = fw_settings_lacking(plan);
	struct fw_diag *diag;
	char state[64];

	for (int i = 0; i < FW_SETTING_MAX_; i++) {
		const struct fw_setting_row *row = &fw_settings[i];

		if (!(lacking & 1u << i))
			continue;
		fw_setting_explain((enum fw_setting)i, state, sizeof(state));
		if (plan->options.sysctl_set) {
			fw_note(&live->load->diags, "host", &loc,
				"%s %s: it will be set", row->name, state);
			continue;
		}
		diag = fw_warning(&live->load->diags, "host", &loc,
				  "%s %s: %s", row->name, state, row->without);
		fw_diag_hint(&live->load->diags, diag,
			     "'options { sysctl set }' has Flywall set it");
	}
}

void fw_live(struct fw_load *load, const char *file)
{
	struct fw_facts facts;
	struct live live = { .load = load, .facts = &facts };
	int r = fw_apply_facts(load->arena, NULL, &facts);

	if (r) {
		const struct fw_loc loc = { .file = file };

		fw_error(&load->diags, "host", &loc, "cannot list devices: %s",
			 strerror(-r));
	} else {
		look_at_items(&live, load->ast->items, load->ast->n_items);
		look_at_plan(&live, file);
		look_at_hooks(&live, file);
	}
	try_programs(&live, file);
	look_at_settings(&live, file);
	fw_foreign(load);
	fw_opinion_live(load, !r && !live.missing);
}
