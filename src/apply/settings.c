/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a plan, this kernel's settings. Out: those that are not as the plan needs
 * them; with `sysctl set`, settings that are. Nothing fails: a setting that is
 * not there or cannot be written is one that the plan lacks.
 */
#include "apply/settings.h"

#include <stdio.h>

#include "apply/sysctl.h"

const struct fw_setting_row fw_settings[FW_SETTING_MAX_] = {
	[FW_SETTING_SYNCOOKIES] = {"net.ipv4.tcp_syncookies", 2,
		"cookies of listeners only where their queue is full"},
	[FW_SETTING_TIMESTAMPS] = {"net.ipv4.tcp_timestamps", 2,
		"listeners offer no window scale, SACK or timestamps"},
	[FW_SETTING_LOOSE] = {"net.netfilter.nf_conntrack_tcp_loose", 0,
		"no cookies for forwarded connections"},
};

bool fw_settings_forward(void)
{
	long ip = 0, ip6 = 0;

	(void)fw_sysctl_read("net.ipv4.ip_forward", &ip);
	(void)fw_sysctl_read("net.ipv6.conf.all.forwarding", &ip6);
	return ip || ip6;
}

unsigned fw_settings_needed(const struct fw_plan *plan)
{
	unsigned needed = 1u << FW_SETTING_SYNCOOKIES;

	if (!plan->n_synproxies ||
	    plan->options.syn_cookies == FW_SYN_COOKIES_OFF)
		return 0;
	for (uint8_t i = 1; i <= plan->n_synproxies; i++)
		if (plan->synproxies[i].offers & FW_SYN_TIMESTAMP)
			needed |= 1u << FW_SETTING_TIMESTAMPS;
	if (fw_settings_forward())
		needed |= 1u << FW_SETTING_LOOSE;
	return needed;
}

static bool lacks(enum fw_setting which)
{
	long value;

	return !fw_sysctl_read(fw_settings[which].name, &value) ||
	       value != fw_settings[which].wanted;
}

unsigned fw_settings_lacking(const struct fw_plan *plan)
{
	unsigned lacking = fw_settings_needed(plan);

	for (int i = 0; i < FW_SETTING_MAX_; i++)
		if (lacking & 1u << i && !lacks((enum fw_setting)i))
			lacking &= ~(1u << i);
	return lacking;
}

void fw_setting_explain(enum fw_setting which, char *ret, size_t size)
{
	long value;

	if (fw_sysctl_read(fw_settings[which].name, &value))
		(void)snprintf(ret, size, "is %ld, not %ld", value,
			       fw_settings[which].wanted);
	else
		(void)snprintf(ret, size, "is not there");
}

void fw_settings_set(const struct fw_plan *plan, struct fw_settings_were *ret)
{
	unsigned lacking = plan->options.sysctl_set ?
				   fw_settings_lacking(plan) : 0;

	*ret = (struct fw_settings_were){.changed = 0};
	for (int i = 0; i < FW_SETTING_MAX_; i++)
		if (lacking & 1u << i &&
		    fw_sysctl_read(fw_settings[i].name, &ret->values[i]) &&
		    fw_sysctl_write(fw_settings[i].name, fw_settings[i].wanted))
			ret->changed |= 1u << i;
}

void fw_settings_put_back(const struct fw_settings_were *were)
{
	for (int i = 0; i < FW_SETTING_MAX_; i++)
		if (were->changed & 1u << i)
			(void)fw_sysctl_write(fw_settings[i].name,
					      were->values[i]);
}
