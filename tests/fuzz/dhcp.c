/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the parsers of DHCP messages.
 *
 * The input is a datagram, which both versions read. What is told must keep to its
 * bounds, and a message's facts must not depend on what was there before.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/dhcp4.h"
#include "monitor/dhcp6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct fw_dhcp_bytes *bytes)
{
	char text[FW_DHCP_BYTES_MAX + 1];
	size_t len;

	if (bytes->len > FW_DHCP_BYTES_MAX)
		abort();
	len = fw_dhcp_text(bytes, text);
	if (len > bytes->len || strlen(text) != len)
		abort();
}

static void check4(const uint8_t *data, size_t size)
{
	static struct fw_dhcp4 one, other;

	memset(&one, 0x55, sizeof(one));
	memset(&other, 0xaa, sizeof(other));
	if (fw_dhcp4_read(data, size, &one) != FW_DHCP_MESSAGE)
		return;
	if (fw_dhcp4_read(data, size, &other) != FW_DHCP_MESSAGE ||
	    memcmp(&one, &other, sizeof(one)) != 0)
		abort();
	if (one.hlen > sizeof(one.chaddr))
		abort();
	check_text(&one.host);
	check_text(&one.vendor);
	check_text(&one.order);
}

static void check6(const uint8_t *data, size_t size)
{
	static struct fw_dhcp6 one, other;

	memset(&one, 0x55, sizeof(one));
	memset(&other, 0xaa, sizeof(other));
	if (fw_dhcp6_read(data, size, &one) != FW_DHCP_MESSAGE)
		return;
	if (fw_dhcp6_read(data, size, &other) != FW_DHCP_MESSAGE ||
	    memcmp(&one, &other, sizeof(one)) != 0)
		abort();
	if (one.n_bindings > FW_DHCP6_BINDINGS || one.n_order > FW_DHCP6_ORDER ||
	    one.n_requested > FW_DHCP6_ORDER ||
	    one.client.len > FW_DHCP6_DUID_MAX)
		abort();
	check_text(&one.host);
	check_text(&one.vendor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check4(data, size);
	check6(data, size);
	return 0;
}
