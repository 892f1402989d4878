/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Did you mean", for words that nft refuses.
 *
 * In: nft's complaint, the word, and the one in front of it. Out: the most
 * similar of the names that may stand there. Nothing can fail.
 *
 * Which names those are, in order: those that nft itself says it expects; those
 * of the type that it could not parse; those that follow the word in front.
 */
#include "offline/meant.h"

#include <stddef.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/diag.h"

#define NAMES_MAX 40

/* The names of a type, by a piece of nft's complaint; NULL-terminated. */
static const struct {
	const char *complaint;
	const char *names[NAMES_MAX];
} types[] = {
	{ "fib address type",
	  { "unspec", "unicast", "local", "broadcast", "anycast", "multicast",
	    "blackhole", "unreachable", "prohibit" } },
	{ "boolean type", { "exists", "missing" } },
	{ "Day of week",
	  { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	    "Saturday" } },
	{ "conntrack event",
	  { "new", "related", "destroy", "reply", "assured", "protoinfo",
	    "helper", "mark", "seqadj", "secmark", "label" } },
	{ "IGMP type",
	  { "membership-query", "membership-report-v1",
	    "membership-report-v2", "membership-report-v3", "leave-group" } },
	{ "DCCP packet type",
	  { "request", "response", "data", "ack", "dataack", "closereq",
	    "close", "reset", "sync", "syncack" } },
	{ "Mobility Header",
	  { "binding-refresh-request", "home-test-init",
	    "careof-test-init", "home-test", "careof-test",
	    "binding-update", "binding-acknowledgement", "binding-error",
	    "fast-binding-update", "fast-binding-acknowledgement",
	    "fast-binding-advertisement", "experimental-mobility-header",
	    "home-agent-switch-message" } },
};

/* What may follow a word, where nft only says that the next is wrong. */
static const struct {
	const char *before;
	const char *names[NAMES_MAX];
} followers[] = {
	{ "/", { "second", "minute", "hour", "day", "week" } },	/* objects' */
	{ "flags",
	  { "tcp", "ip", "skuid", "ether", "all",	/* log's */
	    "bypass", "fanout" } },			/* queue's */
	{ "option",
	  { "eol", "nop", "maxseg", "window", "sack-perm", "sack",
	    "timestamp", "mptcp", "fastopen", "md5sig",
	    "lsrr", "rr", "ssrr", "ra" } },		/* ip's */
	{ "chunk",
	  { "data", "init", "init-ack", "sack", "heartbeat",
	    "heartbeat-ack", "abort", "shutdown", "shutdown-ack", "error",
	    "cookie-echo", "cookie-ack", "ecne", "cwr",
	    "shutdown-complete", "asconf-ack", "forward-tsn", "asconf" } },
};

static const char *nearest(const char *word, const char *const *names)
{
	size_t n = 0;

	while (n < NAMES_MAX && names[n])
		n++;
	return fw_nearest(word, names, n);
}

/* "unexpected string, expecting random or inc" */
static const char *nearest_expected(const char *complaint, const char *word,
				    char *ret)
{
	static const char expecting[] = "expecting ";
	const char *at = strstr(complaint, expecting), *found = NULL;
	const char *name = ret;

	for (at = at ? at + sizeof(expecting) - 1 : ""; *at && !found;) {
		size_t len = strcspn(at, " ");

		if (len < FW_MEANT_MAX) {
			memcpy(ret, at, len);
			ret[len] = '\0';
			found = fw_nearest(word, &name, 1);
		}
		at += len;
		at += strncmp(at, " or ", 4) ? strlen(at) : 4;
	}
	return found;
}

const char *fw_meant(const char *complaint, const char *word,
		     const char *before, char *ret)
{
	const char *found = nearest_expected(complaint, word, ret);

	for (size_t i = 0; !found && i < FW_ARRAY_SIZE(types); i++)
		if (strstr(complaint, types[i].complaint))
			found = nearest(word, types[i].names);
	for (size_t i = 0; !found && i < FW_ARRAY_SIZE(followers); i++)
		if (!strncmp(complaint, "syntax error", 12) &&
		    !strcmp(before, followers[i].before))
			found = nearest(word, followers[i].names);
	return found;
}
