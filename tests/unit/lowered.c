/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a chain by hand. Out: what became of its rules. A test fails where that is
 * not what it says.
 */
#include "lowered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

const char *const wan[] = { "wan", NULL };
static const char *const both[] = { "lan", "wan", NULL };

const char wan_base[] =
	"type filter hook ingress device \"wan\" priority -100; policy drop;";
static const char both_base[] =
	"type filter hook ingress devices = { \"lan\", \"wan\" } priority "
	"-100; policy drop;";

struct fw_typed_chain *wan_chain(struct build *b)
{
	return build_chain(b, build_table(b, "netdev", "early"), "in",
			   FW_HOOK_INGRESS, -100, FW_VERDICT_DROP, wan_base,
			   wan);
}

struct fw_typed_chain *both_chain(struct build *b)
{
	return build_chain(b, build_table(b, "netdev", "early"), "in",
			   FW_HOOK_INGRESS, -100, FW_VERDICT_DROP, both_base,
			   both);
}

void assert_xdp(const struct build *b, uint32_t rule)
{
	if (b->typed.rules[rule].reason)
		print_message("rule %u: %s\n", rule,
			      b->typed.rules[rule].reason);
	assert_int_equal(b->typed.rules[rule].layer, FW_LAYER_XDP);
	assert_null(b->typed.rules[rule].reason);
}

void assert_nft(const struct build *b, uint32_t rule, const char *why)
{
	assert_int_equal(b->typed.rules[rule].layer, FW_LAYER_NFT);
	assert_string_equal(b->typed.rules[rule].reason, why);
}

const struct fw_xdp_device *xdp_device(const struct build *b, const char *name)
{
	for (size_t i = 0; i < b->plan->xdp.n_devices; i++)
		if (strcmp(b->plan->xdp.devices[i].device, name) == 0)
			return &b->plan->xdp.devices[i];
	return NULL;
}

const struct fw_xdp_rule *xdp_rule(const struct build *b, const char *device,
				   unsigned i)
{
	const struct fw_xdp_device *d = xdp_device(b, device);

	assert_non_null(d);
	assert_true(i < d->n_words * 64u);
	return &b->plan->xdp.rules[d->first_word * 64u + i];
}
