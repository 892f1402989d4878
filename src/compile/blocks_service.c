/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of options that say who may talk to the daemon: `control` and `metrics`.
 *
 * In: lines. Out: typed->service. A wrong value is a diagnostic; only memory
 * fails.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/blocks.h"
#include "util/cleanup.h"

#define GROUPS_MAX 64

static bool same_group(struct fw_checker *checker, const struct fw_word *name)
{
	const struct fw_plan_service *service = &checker->typed->service;

	for (size_t i = 0; i < service->n_groups; i++) {
		if (strcmp(service->groups[i].name, name->text))
			continue;
		fw_error(checker->diags, "key-twice", &name->loc,
			 "group '%s' has its rights already", name->text);
		return true;
	}
	return false;
}

/* control group "flywall" read */
int fw_check_control(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line)
{
	static const char *const rights[] = { "read", "full" };
	struct fw_plan_service *service = &checker->typed->service;
	const struct fw_word *words = line->words;
	struct fw_control_group *groups;

	(void)ctx;
	if (line->n_words != 4 || !fw_word_is(&words[1], "group") ||
	    (words[2].kind != FW_WORD_PLAIN &&
	     words[2].kind != FW_WORD_STRING) || !*words[2].text) {
		fw_check_takes(checker, line, "control group \"flywall\" read");
		return 0;
	}
	if (!fw_word_is(&words[3], rights[0]) &&
	    !fw_word_is(&words[3], rights[1])) {
		fw_check_none_of(checker, &words[3], "right", rights, 2);
		return 0;
	}
	if (same_group(checker, &words[2]))
		return 0;
	if (service->n_groups == GROUPS_MAX) {
		fw_error(checker->diags, "too-many-groups", &line->loc,
			 "there can be %d groups at most", GROUPS_MAX);
		return 0;
	}
	if (!service->groups)
		service->groups = fw_arena_array(checker->arena, GROUPS_MAX,
						 sizeof(*groups));
	groups = (struct fw_control_group *)(uintptr_t)service->groups;
	if (!groups)
		return -ENOMEM;
	groups[service->n_groups++] = (struct fw_control_group){
		words[2].text, fw_word_is(&words[3], "full")
	};
	return 0;
}

/* An address and a port, `127.0.0.1:9477` or `[::1]:9477`: a host's name is
 * nothing that is looked up. */
static bool is_endpoint(struct fw_arena *arena, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool v6 = len > 2 && text[0] == '[' && text[len - 1] == ']';
	struct in6_addr address;
	uint64_t port;
	char *host;

	if (!colon || !fw_number(colon + 1, &port) || !port || port > 65535)
		return false;
	host = v6 ? fw_arena_strndup(arena, text + 1, len - 2) :
		    fw_arena_strndup(arena, text, len);
	return host && inet_pton(v6 ? AF_INET6 : AF_INET, host, &address) == 1;
}

/* metrics listen "127.0.0.1:9477", metrics file "…" */
int fw_check_metrics(struct fw_checker *checker, void *ctx,
		     const struct fw_line *line)
{
	static const char *const kinds[] = { "listen", "file" };
	struct fw_plan_service *service = &checker->typed->service;
	const struct fw_word *words = line->words;
	const char **slot;
	struct fw_diag *diag;

	(void)ctx;
	if (line->n_words != 3 || words[2].kind != FW_WORD_STRING ||
	    !*words[2].text) {
		fw_check_takes(checker, line,
			       "metrics listen \"127.0.0.1:9477\"");
		return 0;
	}
	if (!fw_word_is(&words[1], kinds[0]) &&
	    !fw_word_is(&words[1], kinds[1])) {
		fw_check_none_of(checker, &words[1], "place of metrics", kinds,
				 2);
		return 0;
	}
	slot = fw_word_is(&words[1], "file") ? &service->metrics_file :
					       &service->metrics_listen;
	if (*slot) {
		fw_error(checker->diags, "key-twice", &words[1].loc,
			 "'metrics %s' was given already", words[1].text);
		return 0;
	}
	if (slot == &service->metrics_listen && *words[2].text != '/' &&
	    !is_endpoint(checker->arena, words[2].text)) {
		diag = fw_error(checker->diags, "bad-value", &words[2].loc,
				"'%s' is no place to listen at", words[2].text);
		fw_diag_hint(checker->diags, diag, "an address and a port, "
			     "127.0.0.1:9477 or [::1]:9477, or a path");
		return 0;
	}
	*slot = words[2].text;
	return 0;
}
