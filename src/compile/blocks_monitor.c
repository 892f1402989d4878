/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor dns, tls, dhcp and kernel.
 *
 * In: the blocks. Out: typed->monitors, and the devices that are watched. A
 * wrong value is a diagnostic; only memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/blocks.h"
#include "util/cleanup.h"

/* The keys of a monitor of packets, which needs devices. */
static int check_watch(struct fw_checker *checker, const struct fw_block *block,
		       const struct fw_block_keys *keys)
{
	bool named = false;

	for (size_t i = 0; i < block->lines.n; i++)
		named |= fw_word_is(&block->lines.items[i].words[0], "devices");
	if (!named)
		fw_error(checker->diags, "no-device", &block->loc,
			 "'%s' names no devices", block->title);
	return fw_check_keys(checker, block->title, block->lines.items,
			     block->lines.n, keys, NULL);
}

static int read_devices(struct fw_checker *checker, const struct fw_line *line,
			struct fw_device_list *ret)
{
	return fw_check_devices(checker, line->words + 1, line->n_words - 1,
				&line->loc, &ret->names, &ret->n);
}

/* A `log` of which there is one kind. */
static int log_one(struct fw_checker *checker, const struct fw_line *line,
		   const char *what, bool *ret)
{
	const char *const names[] = { what };
	size_t i;

	if (fw_check_choice(checker, line, names, 1, &i))
		*ret = true;
	return 0;
}

/* --- dns ------------------------------------------------------------------ */
static int dns_devices(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	(void)ctx;
	return fw_check_devices(checker, line->words + 1, line->n_words - 1,
				&line->loc, &checker->typed->dns_devices,
				&checker->typed->n_dns_devices);
}

static int dns_log(struct fw_checker *checker, void *ctx,
		   const struct fw_line *line)
{
	(void)ctx;
	return log_one(checker, line, "queries",
		       &checker->typed->dns_log_queries);
}

static int local_name(struct fw_checker *checker, const struct fw_word *word,
		      struct fw_domain_vec *domains)
{
	struct fw_value_error error = { .hint = "" };
	struct fw_domain *slot = fw_vec_push(checker->arena, domains);
	struct fw_diag *diag;
	int r = slot ? fw_domain_read(checker->arena, word->text, slot,
				      &error) : -ENOMEM;

	if (r != -EINVAL)
		return r;
	domains->n--;
	diag = fw_error(checker->diags, error.id, &word->loc, "%s", error.text);
	if (error.hint[0])
		fw_diag_hint(checker->diags, diag, "%s", error.hint);
	return 0;
}

/* local = { "lan" } */
static int dns_local(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line)
{
	struct fw_domain_vec domains = { 0 };
	const struct fw_word *words;
	struct fw_domain_set *set;
	const char *clash;
	size_t n;

	(void)ctx;
	if (!fw_check_list(checker, line, &words, &n))
		return 0;
	for (size_t i = 0; i < n; i += 2) {
		int r = local_name(checker, &words[i], &domains);

		if (r)
			return r;
	}
	if (fw_domains_sort(&domains, &clash)) {
		fw_error(checker->diags, "contradiction", &line->loc,
			 "'%s' is an entry and an exception", clash);
		return 0;
	}
	set = fw_arena_alloc(checker->arena, sizeof(*set));
	if (!set)
		return -ENOMEM;
	*set = (struct fw_domain_set){ "", domains.items, domains.n };
	checker->typed->monitors.dns_local = set;
	return 0;
}

static int dns_alert(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line)
{
	const char *names[FW_DNS_ALERT_MAX_];

	(void)ctx;
	for (unsigned i = 0; i < FW_DNS_ALERT_MAX_; i++)
		names[i] = fw_dns_alert_name((enum fw_dns_alert)i);
	(void)fw_check_bits(checker, line, names, FW_DNS_ALERT_MAX_,
			    &checker->typed->monitors.dns_alerts);
	return 0;
}

static const struct fw_block_key of_dns[] = {
	{ "devices", dns_devices, false },
	{ "log", dns_log, false },
	{ "local", dns_local, false },
	{ "alert", dns_alert, false },
};
const struct fw_block_keys fw_dns_keys = FW_BLOCK_KEYS(of_dns);

int fw_check_monitor_dns(struct fw_checker *checker,
			 const struct fw_block *block)
{
	return check_watch(checker, block, &fw_dns_keys);
}

/* --- tls ------------------------------------------------------------------ */
static int tls_devices(struct fw_checker *checker, void *ctx,
		       const struct fw_line *line)
{
	(void)ctx;
	return read_devices(checker, line, &checker->typed->tls_devices);
}

static int tls_log(struct fw_checker *checker, void *ctx,
		   const struct fw_line *line)
{
	(void)ctx;
	return log_one(checker, line, "handshakes",
		       &checker->typed->monitors.tls_handshakes);
}

static const struct fw_block_key of_tls[] = {
	{ "devices", tls_devices, false },
	{ "log", tls_log, false },
};
const struct fw_block_keys fw_tls_keys = FW_BLOCK_KEYS(of_tls);

int fw_check_monitor_tls(struct fw_checker *checker,
			 const struct fw_block *block)
{
	return check_watch(checker, block, &fw_tls_keys);
}

/* --- dhcp ----------------------------------------------------------------- */
static int dhcp_devices(struct fw_checker *checker, void *ctx,
			const struct fw_line *line)
{
	(void)ctx;
	return read_devices(checker, line, &checker->typed->dhcp_devices);
}

static int dhcp_log(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line)
{
	(void)ctx;
	return log_one(checker, line, "leases",
		       &checker->typed->monitors.dhcp_leases);
}

/* One address, of either version; false after a diagnostic. */
static bool read_address(struct fw_checker *checker, const struct fw_word *word,
			 struct fw_plan_address *ret)
{
	bool v6 = strchr(word->text, ':');
	struct fw_value_error error = { .hint = "" };
	struct fw_interval value;
	struct fw_diag *diag;

	if (fw_value_text(v6 ? FW_VALUE_IPV6 : FW_VALUE_IPV4, word->text,
			  &value, &error)) {
		diag = fw_error(checker->diags, "bad-value", &word->loc,
				"'%s' is no address of a server", word->text);
		if (error.hint[0])
			fw_diag_hint(checker->diags, diag, "%s", error.hint);
		return false;
	}
	if (value.lo != value.hi) {
		fw_error(checker->diags, "bad-value", &word->loc,
			 "servers are single addresses");
		return false;
	}
	*ret = (struct fw_plan_address){ v6, (uint64_t)(value.lo >> 64),
					 (uint64_t)value.lo };
	return true;
}

/* servers = { 192.168.1.1 } */
static int dhcp_servers(struct fw_checker *checker, void *ctx,
			const struct fw_line *line)
{
	struct fw_plan_monitors *monitors = &checker->typed->monitors;
	FW_VEC(struct fw_plan_address) servers = { 0 };
	const struct fw_word *words;
	size_t n;

	(void)ctx;
	if (!fw_check_list(checker, line, &words, &n))
		return 0;
	for (size_t i = 0; i < n; i += 2) {
		struct fw_plan_address *slot = fw_vec_push(checker->arena,
							   &servers);

		if (!slot)
			return -ENOMEM;
		if (!read_address(checker, &words[i], slot))
			return 0;
	}
	monitors->dhcp_servers = servers.items;
	monitors->n_dhcp_servers = servers.n;
	return 0;
}

static int dhcp_alert(struct fw_checker *checker, void *ctx,
		      const struct fw_line *line)
{
	const char *names[FW_DHCP_ALERT_MAX_];

	(void)ctx;
	for (unsigned i = 0; i < FW_DHCP_ALERT_MAX_; i++)
		names[i] = fw_dhcp_alert_name((enum fw_dhcp_alert)i);
	(void)fw_check_bits(checker, line, names, FW_DHCP_ALERT_MAX_,
			    &checker->typed->monitors.dhcp_alerts);
	return 0;
}

static int dhcp_fingerprints(struct fw_checker *checker, void *ctx,
			     const struct fw_line *line)
{
	struct fw_plan_monitors *monitors = &checker->typed->monitors;

	(void)ctx;
	if (!fw_check_path(checker, line, "fingerprints \"dhcp.db\"",
			   &monitors->dhcp_fingerprints))
		return 0;
	return fw_check_prints(checker, &line->words[1],
			       &monitors->dhcp_prints);
}

static const struct fw_block_key of_dhcp[] = {
	{ "devices", dhcp_devices, false },
	{ "servers", dhcp_servers, false },
	{ "log", dhcp_log, false },
	{ "alert", dhcp_alert, false },
	{ "fingerprints", dhcp_fingerprints, false },
};
const struct fw_block_keys fw_dhcp_keys = FW_BLOCK_KEYS(of_dhcp);

int fw_check_monitor_dhcp(struct fw_checker *checker,
			  const struct fw_block *block)
{
	return check_watch(checker, block, &fw_dhcp_keys);
}

/* --- kernel --------------------------------------------------------------- */
static int kernel_log(struct fw_checker *checker, void *ctx,
		      const struct fw_line *line)
{
	const char *names[FW_KERNEL_LOG_MAX_];

	(void)ctx;
	for (unsigned i = 0; i < FW_KERNEL_LOG_MAX_; i++)
		names[i] = fw_kernel_log_name((enum fw_kernel_log)i);
	(void)fw_check_bits(checker, line, names, FW_KERNEL_LOG_MAX_,
			    &checker->typed->monitors.kernel_logs);
	return 0;
}

/* alert deviation over 4 */
static int kernel_alert(struct fw_checker *checker, void *ctx,
			const struct fw_line *line)
{
	uint64_t *deviation = &checker->typed->monitors.kernel_deviation;

	(void)ctx;
	if (line->n_words != 4 || !fw_word_is(&line->words[1], "deviation") ||
	    !fw_word_is(&line->words[2], "over"))
		fw_check_takes(checker, line, "alert deviation over 4");
	else if (fw_check_decimal(checker, &line->words[3], deviation) &&
		 !*deviation)
		fw_error(checker->diags, "bad-value", &line->words[3].loc,
			 "every value deviates by more than 0");
	return 0;
}

static const struct fw_block_key of_kernel[] = {
	{ "log", kernel_log, false },
	{ "alert", kernel_alert, false },
};
const struct fw_block_keys fw_kernel_keys = FW_BLOCK_KEYS(of_kernel);

int fw_check_monitor_kernel(struct fw_checker *checker,
			    const struct fw_block *block)
{
	checker->typed->monitors.kernel = true;
	return fw_check_keys(checker, block->title, block->lines.items,
			     block->lines.n, &fw_kernel_keys, NULL);
}
