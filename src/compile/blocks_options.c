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

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

#define MARKS_DEFAULT 0xff000000u
#define MARK_BITS 0xffu
#define FLOWS_DEFAULT 262144
#define FLOWS_MAX (1u << 26)
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

static int lowering(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line)
{
	static const char *const choices[] = { "off", "on" };
	size_t i;

	(void)ctx;
	if (fw_check_choice(checker, line, choices, 2, &i))
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

static int device(struct fw_checker *checker, void *ctx,
		  const struct fw_line *line)
{
	static const struct fw_block_key keys[] = {
		{ "attach", device_attach, false },
		{ "vlan-offload", NULL, false },
	};
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
	return fw_check_keys(checker, "device", line->body, line->n_body, keys,
			     FW_ARRAY_SIZE(keys), option);
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

static int flows(struct fw_checker *checker, void *ctx,
		 const struct fw_line *line)
{
	uint64_t value;

	(void)ctx;
	if (line->n_words != 2) {
		fw_error(checker->diags, "syntax", &line->loc,
			 "'flows' takes a number");
		return 0;
	}
	if (!fw_check_count(checker, &line->words[1], FLOWS_MAX, &value))
		return 0;
	if (!value) {
		fw_error(checker->diags, "bad-value", &line->words[1].loc,
			 "a flow map for no flows is none");
		return 0;
	}
	checker->typed->options.flows = (uint32_t)value;
	return 0;
}

static int on_exit_key(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	static const char *const choices[] = { "keep", "flush" };
	size_t i;

	(void)ctx;
	if (fw_check_choice(checker, line, choices, 2, &i))
		checker->typed->options.flush_on_exit = i;
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
	{ "flows", flows, false },
	/* Connections older than an inspect rule are left alone as yet. */
	{ "existing", NULL, false },
	{ "on-exit", on_exit_key, false },
	{ "log", log_key, false },
	{ "vlan-offload", NULL, false },
	{ "rate-sources", NULL, false },
	{ "dns-pending", NULL, false },
	{ "leases", NULL, false },
	{ "malformed", NULL, false },
	{ "syn-cookies", NULL, false },
	{ "sysctl", NULL, false },
	{ "control", NULL, false },
	{ "metrics", NULL, false },
};

int fw_check_options(struct fw_checker *checker)
{
	const struct fw_resolved *resolved = checker->resolved;
	struct fw_typed *typed = checker->typed;
	struct options_check check = { 0 };
	fw_line_vec lines = { 0 };
	int r;

	typed->lowering = true;
	typed->options = (struct fw_plan_options){
		.marks = MARKS_DEFAULT,
		.mark_shift = 24,
		.flows = FLOWS_DEFAULT,
		.log_level = LOG_INFO,
	};
	for (size_t b = 0; b < resolved->blocks.n; b++) {
		const struct fw_res_block *block = &resolved->blocks.items[b];

		if (strcmp(block->kind, "options"))
			continue;
		for (size_t i = 0; i < block->lines.n; i++) {
			struct fw_line *slot = fw_vec_push(checker->arena,
							   &lines);

			if (!slot)
				return -ENOMEM;
			*slot = block->lines.items[i];
		}
	}
	r = fw_check_keys(checker, "options", lines.items, lines.n, keys,
			  FW_ARRAY_SIZE(keys), &check);
	for (size_t i = 0; i < check.devices.n; i++)
		if (check.devices.items[i].attach == FW_ATTACH_MAX_)
			check.devices.items[i].attach = typed->attach;
	typed->device_options = check.devices.items;
	typed->n_device_options = check.devices.n;
	typed->management = check.management.items;
	typed->n_management = check.management.n;
	return r;
}
