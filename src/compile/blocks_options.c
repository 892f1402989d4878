/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options { … }.
 *
 * In: the blocks `options`, taken as one. Out: typed->options, how XDP is
 * attached, devices, and management's matches. A wrong value is a diagnostic.
 */
#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "compile/blocks.h"
#include "util/cleanup.h"

#define MARKS_DEFAULT 0xff000000u
#define MARK_BITS 0xffu
#define FLOWS_DEFAULT 262144
#define CAPACITY_MAX (1u << 26)		/* of a map */
#define SYN_COOKIES_ABOVE 1000		/* a second */
#define DEVICES_MAX 1024	/* with options of their own */

struct options_check {
	FW_VEC(struct fw_device_option) devices;
	FW_VEC(struct fw_typed_rule) management;
};

static const char *const attaches[FW_ATTACH_MAX_] = {
	[FW_ATTACH_AUTO] = "auto",
	[FW_ATTACH_NATIVE] = "native",
	[FW_ATTACH_GENERIC] = "generic",
	[FW_ATTACH_OFFLOAD] = "offload",
	[FW_ATTACH_OFF] = "off",
};

static int attach(struct fw_checker *checker, void *ctx,
		  const struct fw_line *line)
{
	size_t i;

	(void)ctx;
	if (fw_check_choice(checker, line, attaches, FW_ATTACH_MAX_, &i))
		checker->typed->attach = (enum fw_attach)i;
	return 0;
}

static const char *const off_on[] = { "off", "on" };

static int lowering(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line)
{
	size_t i;

	(void)ctx;
	if (fw_check_choice(checker, line, off_on, 2, &i))
		checker->typed->lowering = i;
	return 0;
}

static int device_attach(struct fw_checker *checker, void *ctx,
			 const struct fw_line *line)
{
	struct fw_device_option *option = ctx;
	size_t i;

	if (fw_check_choice(checker, line, attaches, FW_ATTACH_MAX_, &i))
		option->attach = (enum fw_attach)i;
	return 0;
}

static int device_lowering(struct fw_checker *checker, void *ctx,
			   const struct fw_line *line)
{
	struct fw_device_option *option = ctx;
	size_t i;

	if (fw_check_choice(checker, line, off_on, 2, &i)) {
		option->lowering_given = true;
		option->lowering_off = !i;
	}
	return 0;
}

static const struct fw_block_key of_device[] = {
	{ "attach", device_attach, false },
	{ "lowering", device_lowering, false },
};
const struct fw_block_keys fw_device_keys = FW_BLOCK_KEYS(of_device);

static int device(struct fw_checker *checker, void *ctx,
		  const struct fw_line *line)
{
	struct options_check *check = ctx;
	struct fw_device_option *option;
	const char *const *names = NULL;
	size_t n = 0;
	int r;

	if (line->n_words != 2 || !line->has_body) {
		struct fw_diag *diag = fw_error(
			checker->diags, "syntax", &line->loc,
			"a device's options stand in braces behind its name");

		fw_diag_hint(checker->diags, diag,
			     "device eth1 { attach generic }");
		return 0;
	}
	r = fw_check_devices(checker, &line->words[1], 1, &line->loc, &names,
			     &n);
	if (r || n != 1)
		return r;
	if (check->devices.n == DEVICES_MAX) {
		fw_error(checker->diags, "too-many-devices", &line->loc,
			 "more than %d devices have options", DEVICES_MAX);
		return 0;
	}
	for (size_t i = 0; i < check->devices.n; i++) {
		struct fw_diag *diag;

		if (strcmp(check->devices.items[i].name, names[0]))
			continue;
		diag = fw_error(checker->diags, "key-twice",
				&line->words[1].loc,
				"device '%s' has options already", names[0]);
		fw_diag_related(checker->diags, diag,
				&check->devices.items[i].loc, "first here");
		return 0;
	}
	option = fw_vec_push(checker->arena, &check->devices);
	if (!option)
		return -ENOMEM;
	option->name = names[0];
	option->loc = line->words[1].loc;
	option->attach = FW_ATTACH_MAX_;	/* the general one, so far */
	return fw_check_keys(checker, "device", line->body, line->n_body,
			     &fw_device_keys, option);
}

static int devices(struct fw_checker *checker, void *ctx,
		   const struct fw_line *line)
{
	(void)ctx;
	return fw_check_devices(checker, line->words + 1, line->n_words - 1,
				&line->loc, &checker->typed->road_devices,
				&checker->typed->n_road_devices);
}

/* One line of management: matches only. */
static int management_line(struct fw_checker *checker,
			   struct options_check *check,
			   const struct fw_line *line)
{
	struct fw_typed_rule *rule = fw_vec_push(checker->arena,
						 &check->management);
	int r;

	if (!rule)
		return -ENOMEM;
	rule->words = line->words;
	rule->n_words = line->n_words;
	rule->rule = FW_NO_RULE;
	rule->text = fw_words_text(checker->arena, line->words, line->n_words);
	if (!rule->text)
		return -ENOMEM;
	r = fw_check_rule(checker, NULL, rule);
	for (size_t i = 0; i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];
		struct fw_diag *diag;

		if (part->kind == FW_PART_MATCH || part->kind == FW_PART_IIF ||
		    (part->kind == FW_PART_RAW && part->is_match))
			continue;
		diag = fw_error(checker->diags, "bad-management",
				&part->words[0].loc,
				"'%s' is no match; management holds matches "
				"only", part->words[0].text);
		fw_diag_hint(checker->diags, diag,
			     "Flywall accepts what matches");
		break;
	}
	return r;
}

static int management(struct fw_checker *checker, void *ctx,
		      const struct fw_line *line)
{
	struct options_check *check = ctx;
	int r = 0;

	if (line->n_words != 1 || !line->has_body) {
		struct fw_diag *diag = fw_error(
			checker->diags, "syntax", &line->loc,
			"management's matches stand in braces");

		fw_diag_hint(checker->diags, diag,
			     "management { ip saddr 192.0.2.0/24 tcp dport 22 }");
		return 0;
	}
	for (size_t i = 0; !r && i < line->n_body; i++)
		r = management_line(checker, check, &line->body[i]);
	return r;
}

static int marks(struct fw_checker *checker, void *ctx,
		 const struct fw_line *line)
{
	struct fw_plan_options *options = &checker->typed->options;
	struct fw_diag *diag;
	uint64_t value;
	unsigned shift = 0;

	(void)ctx;
	if (line->n_words != 2) {
		fw_error(checker->diags, "syntax", &line->loc,
			 "'marks' takes a number");
		return 0;
	}
	if (!fw_check_count(checker, &line->words[1], UINT32_MAX, &value))
		return 0;
	while (value && !(value >> shift & 1))
		shift++;
	if (!value || value >> shift != MARK_BITS) {
		diag = fw_error(checker->diags, "bad-marks",
				&line->words[1].loc,
				"marks are eight consecutive bits");
		fw_diag_hint(checker->diags, diag, "for one, 0xff000000");
		return 0;
	}
	options->marks = (uint32_t)value;
	options->mark_shift = shift;
	return 0;
}

/* --- capacities ----------------------------------------------------------- */
static int capacity(struct fw_checker *checker, const struct fw_line *line,
		    uint32_t *ret)
{
	uint64_t value;

	if (fw_check_number(checker, line, CAPACITY_MAX, &value))
		*ret = (uint32_t)value;
	return 0;
}

static int flows(struct fw_checker *checker, void *ctx,
		 const struct fw_line *line)
{
	(void)ctx;
	return capacity(checker, line, &checker->typed->options.flows);
}

static int rate_sources(struct fw_checker *checker, void *ctx,
			const struct fw_line *line)
{
	(void)ctx;
	return capacity(checker, line, &checker->typed->options.rate_sources);
}

static int dns_pending(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	(void)ctx;
	return capacity(checker, line, &checker->typed->options.dns_pending);
}

static int leases(struct fw_checker *checker, void *ctx,
		  const struct fw_line *line)
{
	(void)ctx;
	return capacity(checker, line, &checker->typed->options.leases);
}

/* --- choices of two ------------------------------------------------------- */
static int either(struct fw_checker *checker, const struct fw_line *line,
		  const char *no, const char *yes, bool *ret)
{
	const char *const choices[] = { no, yes };
	size_t i;

	if (fw_check_choice(checker, line, choices, 2, &i))
		*ret = i;
	return 0;
}

static int existing(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line)
{
	(void)ctx;
	return either(checker, line, "inspect", "trust",
		      &checker->typed->options.existing_trust);
}

static int vlan_offload(struct fw_checker *checker, void *ctx,
			const struct fw_line *line)
{
	(void)ctx;
	return either(checker, line, "keep", "off",
		      &checker->typed->options.vlan_offload_off);
}

static int malformed(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line)
{
	(void)ctx;
	return either(checker, line, "nft", "drop",
		      &checker->typed->options.malformed_drop);
}

static int sysctl_key(struct fw_checker *checker, void *ctx,
		      const struct fw_line *line)
{
	(void)ctx;
	return either(checker, line, "keep", "set",
		      &checker->typed->options.sysctl_set);
}

static int on_exit_key(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	(void)ctx;
	return either(checker, line, "keep", "flush",
		      &checker->typed->options.flush_on_exit);
}

/* syn-cookies auto above 1000/second, on, off */
static int syn_cookies(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	static const char *const choices[FW_SYN_COOKIES_MAX_] = {
		[FW_SYN_COOKIES_AUTO] = "auto",
		[FW_SYN_COOKIES_ON] = "on",
		[FW_SYN_COOKIES_OFF] = "off",
	};
	struct fw_plan_options *options = &checker->typed->options;
	struct fw_line first = *line;
	size_t i, taken = 0;

	(void)ctx;
	first.n_words = line->n_words < 2 ? line->n_words : 2;
	if (!fw_check_choice(checker, &first, choices, FW_SYN_COOKIES_MAX_, &i))
		return 0;
	options->syn_cookies = (enum fw_syn_cookies)i;
	if (line->n_words == 2)
		return 0;
	if (i != FW_SYN_COOKIES_AUTO || line->n_words < 4 ||
	    !fw_word_is(&line->words[2], "above"))
		fw_check_takes(checker, line,
			       "syn-cookies auto above 1000/second");
	else if (fw_check_rate(checker, line->words + 3, line->n_words - 3,
			       &options->syn_cookies_above, &taken) &&
		 taken != line->n_words - 3)
		fw_check_takes(checker, line,
			       "syn-cookies auto above 1000/second");
	return 0;
}

/* log syslog level info */
static int log_key(struct fw_checker *checker, void *ctx,
		   const struct fw_line *line)
{
	static const char *const wheres[] = {
		[FW_LOG_WHERE_SYSLOG] = "syslog",
		[FW_LOG_WHERE_STDERR] = "stderr",
		[FW_LOG_WHERE_JOURNAL] = "journal",
	};
	static const char *const levels[] = {
		[LOG_EMERG] = "emerg",	 [LOG_ALERT] = "alert",
		[LOG_CRIT] = "crit",	 [LOG_ERR] = "err",
		[LOG_WARNING] = "warn",	 [LOG_NOTICE] = "notice",
		[LOG_INFO] = "info",	 [LOG_DEBUG] = "debug",
	};
	struct fw_plan_options *options = &checker->typed->options;
	struct fw_line part = *line;
	size_t i;

	(void)ctx;
	if (line->n_words > 2)
		part.n_words = 2;
	if (!fw_check_choice(checker, &part, wheres, FW_ARRAY_SIZE(wheres), &i))
		return 0;
	options->log_where = (enum fw_log_where)i;
	options->log_given = true;
	if (line->n_words == 2)
		return 0;
	part.words = line->words + 2;
	part.n_words = line->n_words - 2;
	if (!fw_word_is(&part.words[0], "level")) {
		fw_error(checker->diags, "syntax", &part.words[0].loc,
			 "'level' is expected here, not '%s'",
			 part.words[0].text);
		return 0;
	}
	if (fw_check_choice(checker, &part, levels, FW_ARRAY_SIZE(levels), &i))
		options->log_level = (int)i;
	return 0;
}

static const struct fw_block_key keys[] = {
	{ "attach", attach, false },
	{ "lowering", lowering, false },
	{ "device", device, true },
	{ "devices", devices, false },
	{ "management", management, true },
	{ "marks", marks, false },
	{ "existing", existing, false },
	{ "vlan-offload", vlan_offload, false },
	{ "flows", flows, false },
	{ "rate-sources", rate_sources, false },
	{ "dns-pending", dns_pending, false },
	{ "leases", leases, false },
	{ "malformed", malformed, false },
	{ "syn-cookies", syn_cookies, false },
	{ "sysctl", sysctl_key, false },
	{ "on-exit", on_exit_key, false },
	{ "control", fw_check_control, true },
	{ "metrics", fw_check_metrics, true },
	{ "log", log_key, false },
};
const struct fw_block_keys fw_options_keys = FW_BLOCK_KEYS(keys);

int fw_check_options(struct fw_checker *checker, const struct fw_block *block)
{
	struct fw_typed *typed = checker->typed;
	struct options_check check = { 0 };
	int r;

	typed->lowering = true;
	typed->options = (struct fw_plan_options){
		.marks = MARKS_DEFAULT,
		.mark_shift = 24,
		.flows = FLOWS_DEFAULT,
		.log_level = LOG_INFO,
		.syn_cookies_above = { SYN_COOKIES_ABOVE, 1 },
	};
	r = fw_check_keys(checker, block->title, block->lines.items,
			  block->lines.n, &fw_options_keys, &check);
	for (size_t i = 0; i < check.devices.n; i++) {
		struct fw_device_option *option = &check.devices.items[i];

		if (option->attach == FW_ATTACH_MAX_)
			option->attach = typed->attach;
		if (!option->lowering_given)
			option->lowering_off = !typed->lowering;
	}
	typed->device_options = check.devices.items;
	typed->n_device_options = check.devices.n;
	typed->management = check.management.items;
	typed->n_management = check.management.n;
	return r;
}
