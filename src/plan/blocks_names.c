/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of Flywall's own blocks and statements: what the compiler reads and
 * the printers write.
 *
 * In: a number. Out: its word, "?" where it has none. Nothing fails.
 */
#include "plan/plan.h"
#include "util/cleanup.h"

#define ASSERT_NAMES(table, max) \
	_Static_assert(FW_ARRAY_SIZE(table) == (max), #table)
#define NAME_OF(table, value)                                               \
	((size_t)(value) < FW_ARRAY_SIZE(table) ? (table)[(size_t)(value)]  \
						: "?")

static const char *const syn_cookies_names[] = {
	[FW_SYN_COOKIES_AUTO] = "auto",
	[FW_SYN_COOKIES_ON] = "on",
	[FW_SYN_COOKIES_OFF] = "off",
};
ASSERT_NAMES(syn_cookies_names, FW_SYN_COOKIES_MAX_);

static const char *const dns_alert_names[] = {
	[FW_DNS_ALERT_REBIND] = "rebind",
	[FW_DNS_ALERT_MISMATCH] = "mismatch",
	[FW_DNS_ALERT_NXDOMAIN_FLOOD] = "nxdomain-flood",
	[FW_DNS_ALERT_TUNNEL] = "tunnel",
};
ASSERT_NAMES(dns_alert_names, FW_DNS_ALERT_MAX_);

static const char *const dhcp_alert_names[] = {
	[FW_DHCP_ALERT_ROGUE] = "rogue",
	[FW_DHCP_ALERT_CONFLICT] = "conflict",
	[FW_DHCP_ALERT_STARVATION] = "starvation",
};
ASSERT_NAMES(dhcp_alert_names, FW_DHCP_ALERT_MAX_);

static const char *const kernel_log_names[] = {
	[FW_KERNEL_LOG_DROPS] = "drops",
	[FW_KERNEL_LOG_RETRANSMITS] = "retransmits",
	[FW_KERNEL_LOG_RESETS] = "resets",
};
ASSERT_NAMES(kernel_log_names, FW_KERNEL_LOG_MAX_);

static const char *const statement_names[] = {
	[FW_STATEMENT_LEARN] = "learn",
	[FW_STATEMENT_QOS] = "qos",
	[FW_STATEMENT_AUDIT] = "audit",
	[FW_STATEMENT_BLOCK] = "block",
	[FW_STATEMENT_DNS_QNAME] = "dns qname",
	[FW_STATEMENT_DNS_QTYPE] = "dns qtype",
	[FW_STATEMENT_DNS_REPLY] = "dns reply",
	[FW_STATEMENT_SYNPROXY] = "synproxy",
};
ASSERT_NAMES(statement_names, FW_STATEMENT_MAX_);

const char *fw_syn_cookies_name(enum fw_syn_cookies value)
{
	return NAME_OF(syn_cookies_names, value);
}

const char *fw_dns_alert_name(enum fw_dns_alert alert)
{
	return NAME_OF(dns_alert_names, alert);
}

const char *fw_dhcp_alert_name(enum fw_dhcp_alert alert)
{
	return NAME_OF(dhcp_alert_names, alert);
}

const char *fw_kernel_log_name(enum fw_kernel_log log)
{
	return NAME_OF(kernel_log_names, log);
}

const char *fw_statement_name(enum fw_statement_kind kind)
{
	return NAME_OF(statement_names, kind);
}
