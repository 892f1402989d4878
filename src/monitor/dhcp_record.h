/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of records of DHCP. What is not known is left out. */
#pragma once

#include "events/record.h"
#include "monitor/dhcp_message.h"

void fw_dhcp_record_some(struct fw_record *record, const char *key,
			 const char *text);
void fw_dhcp_record_client(struct fw_record *record, const char *mac_key,
			   const char *id_key,
			   const struct fw_dhcp_client *client);
