/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In: the monitors' table of names. Out: a document. Only memory fails. */
#include "daemon/names.h"

#include <arpa/inet.h>
#include <errno.h>

#include "daemon/status.h"
#include "daemon/json.h"
#include "monitor/names.h"

struct listing {
	json_t *rows;
	uint64_t now_ns;
};

static int add_row(void *ctx, const struct fw_name_entry *entry)
{
	const struct listing *listing = ctx;
	char address[INET6_ADDRSTRLEN];

	(void)inet_ntop(entry->family == 4 ? AF_INET : AF_INET6,
			entry->address, address, sizeof(address));
	return json_array_append_new(
		       listing->rows,
		       json_pack("{s:s, s:s, s:o}", "name", entry->name,
				 "address", address, "ttl_s",
				 fw_json_number((entry->until_ns -
						 listing->now_ns) /
						1000000000))) ?
		       -ENOMEM :
		       0;
}

json_t *fw_names_document(const struct fw_daemon *daemon)
{
	struct listing listing = { json_array(), fw_daemon_clock() };

	if (!listing.rows ||
	    fw_names_each(fw_monitors_names(daemon->monitors), listing.now_ns,
			  add_row, &listing)) {
		json_decref(listing.rows);
		return NULL;
	}
	return json_pack("{s:s, s:o}", "schema", FW_SCHEMA, "names",
			 listing.rows);
}
