/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall features: what this kernel offers, and what each missing thing falls
 * back to.
 *
 * In: the answers of apply/. Out: a table, or a document; the verifier's words
 * on standard error where they are wanted. Status 71 for want of memory.
 */
#include "offline/offline.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sysexits.h>
#include <unistd.h>

#include "apply/features.h"

static const char *const words[] = {
	[FW_FEATURE_NO] = "no",
	[FW_FEATURE_YES] = "yes",
	[FW_FEATURE_UNKNOWN] = "?",
};

static const char *fallback(int i, const struct fw_feature_answer *answer)
{
	return answer->available == FW_FEATURE_YES ?
		       NULL : fw_features[i].fallback;
}

static json_t *document_of(int i, const struct fw_feature_answer *answer)
{
	json_t *available = answer->available == FW_FEATURE_UNKNOWN ?
		json_null() : json_boolean(answer->available == FW_FEATURE_YES);

	return json_pack("{s:s, s:s, s:o, s:s?, s:s?}", "name",
			 fw_features[i].name, "layer", fw_features[i].layer,
			 "available", available, "fallback",
			 fallback(i, answer), "reason",
			 answer->available == FW_FEATURE_YES ? NULL :
							       answer->reason);
}

static int print_document(const char *kernel,
			  const struct fw_feature_answer *answers)
{
	json_t *features = json_array(), *document;
	int r = 0;

	for (int i = 0; r == 0 && i < FW_FEATURE_MAX_; i++)
		r = json_array_append_new(features,
					  document_of(i, &answers[i]));
	document = json_pack("{s:s, s:s, s:o}", "schema", "flywall/1", "kernel",
			     kernel, "features", features);
	if (r < 0 || !document) {
		json_decref(document);
		return EX_OSERR;
	}
	(void)json_dumpf(document, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(document);
	return EX_OK;
}

/* What is missing and has no fallback is needed: what uses it is refused. */
static void print_table(const char *kernel,
			const struct fw_feature_answer *answers)
{
	static const char row[] = "  %-16s %-6s %-9s %-18s %s\n";

	printf("Kernel %s\n\n", kernel);
	printf(row, "FEATURE", "LAYER", "AVAILABLE", "FALLBACK", "REASON");
	for (int i = 0; i < FW_FEATURE_MAX_; i++) {
		const struct fw_feature_answer *answer = &answers[i];
		bool yes = answer->available == FW_FEATURE_YES;
		const char *instead = fallback(i, answer);

		printf(row, fw_features[i].name, fw_features[i].layer,
		       words[answer->available],
		       instead ? instead : yes ? "-" : "none",
		       yes ? "-" : answer->reason);
	}
}

int fw_offline_features(bool json, bool verbose)
{
	struct fw_feature_answer answers[FW_FEATURE_MAX_];
	struct utsname host = { .release = "?" };

	(void)uname(&host);
	if (fw_features_ask(verbose ? stderr : NULL, answers) < 0) {
		(void)fputs("flywall: out of memory\n", stderr);
		return EX_OSERR;
	}
	if (geteuid() != 0)
		(void)fputs("flywall: only root is told everything\n", stderr);
	if (json)
		return print_document(host.release, answers);
	print_table(host.release, answers);
	return EX_OK;
}
