/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a plan, this kernel's settings. Out: struct fw_syn. Nothing may fail: what
 * cannot be read is not offered.
 *
 * A listener reads from the cookie's ACK what was offered, by settings of its
 * own. An offer that it would not find there is a connection that stalls: so it
 * is left out.
 */
#include "apply/syn.h"

#include <string.h>

#include "apply/settings.h"
#include "apply/sysctl.h"

#define NS_PER_S 1000000000ULL
#define WSCALE_MAX 14			/* RFC 7323 section 2.3 */

static long setting(const char *name)
{
	long value = 0;

	return fw_sysctl_read(name, &value) ? value : 0;
}

/* As tcp_select_initial_window() finds it for a socket whose buffer nobody has
 * fixed. */
static uint8_t window_scale(void)
{
	long space = setting("net.ipv4.tcp_rmem");
	long most = setting("net.core.rmem_max");
	uint8_t scale = 0;

	if (most > space)
		space = most;
	while (space > 0xffff && scale < WSCALE_MAX) {
		space >>= 1;
		scale++;
	}
	return scale;
}

/* Without an offset of its own in each connection's timestamps (2), the kernel
 * finds there what was put in; with one (1) it would find something else. */
static void offer_local(struct fw_syn *syn)
{
	if (!setting("net.ipv4.tcp_syncookies"))
		return;
	syn->flags |= FW_SYN_LOCAL;
	if (setting("net.ipv4.tcp_timestamps") != 2)
		return;
	syn->local = FW_SYN_TIMESTAMP;
	if (setting("net.ipv4.tcp_sack"))
		syn->local |= FW_SYN_SACK;
	if (setting("net.ipv4.tcp_window_scaling"))
		syn->local |= FW_SYN_WSCALE;
	syn->local_wscale = window_scale();
}

/* An ACK that brings a cookie must not look like a connection to conntrack, which
 * would keep it from nft's synproxy. */
static void offer_forwarded(struct fw_syn *syn)
{
	long loose;

	if (!fw_settings_forward())
		return;
	syn->flags |= FW_SYN_ROUTER;
	if (fw_sysctl_read("net.netfilter.nf_conntrack_tcp_loose", &loose) &&
	    !loose)
		syn->flags |= FW_SYN_FORWARD;
}

void fw_syn_make(const struct fw_plan *plan, struct fw_syn *ret)
{
	const struct fw_plan_options *options = &plan->options;

	*ret = (struct fw_syn){ 0 };
	if (!plan->n_synproxies)
		return;
	memcpy(ret->of, plan->synproxies, sizeof(ret->of));
	if (options->syn_cookies == FW_SYN_COOKIES_AUTO) {
		ret->window_ns = options->syn_cookies_above.seconds * NS_PER_S;
		ret->above = options->syn_cookies_above.amount;
	}
	offer_local(ret);
	offer_forwarded(ret);
}
