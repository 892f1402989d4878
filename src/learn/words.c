/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a configuration for what was learnt.
 *
 * In: keys and texts. Out: texts, in an arena. Fails only for want of memory.
 */
#include "learn/words.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "learn/suggest.h"
#include "util/cleanup.h"
#include "util/siphash.h"

static const struct {
	uint8_t proto;
	const char *name;
} with_ports[] = {
	{ IPPROTO_TCP, "tcp" },	  { IPPROTO_UDP, "udp" },
	{ IPPROTO_SCTP, "sctp" }, { IPPROTO_DCCP, "dccp" },
	{ IPPROTO_UDPLITE, "udplite" },
};

static const char *name_of(uint8_t proto)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(with_ports); i++)
		if (with_ports[i].proto == proto)
			return with_ports[i].name;
	return NULL;
}

bool fw_learn_has_ports(uint8_t proto)
{
	return name_of(proto) != NULL;
}

void fw_learn_comment(const char *rule, char text[static FW_LEARN_COMMENT_MAX])
{
	/* for ever the same, and no secret */
	static const struct fw_siphash_key key = { 0x666c7977616c6c21, 1 };

	(void)snprintf(text, FW_LEARN_COMMENT_MAX,
		       "comment \"learned %016llx\"",
		       (unsigned long long)fw_siphash(&key, rule, strlen(rule)));
}

const char *fw_learn_service_name(struct fw_arena *arena,
				  const struct fw_learn_key *key, bool anywhere)
{
	char server[INET6_ADDRSTRLEN];

	(void)inet_ntop(key->family == 4 ? AF_INET : AF_INET6, key->server,
			server, sizeof(server));
	return fw_arena_printf(arena, "%s %s ip%u %u %u %s",
			       *key->in ? key->in : "-",
			       *key->out ? key->out : "-", key->family,
			       key->proto, key->port, anywhere ? "*" : server);
}

const char *fw_learn_ports_text(struct fw_arena *arena, const uint16_t *ports,
				size_t n)
{
	char *text = fw_arena_strdup(arena, n > 1 ? "{ " : "");

	for (size_t i = 0, end; text && i < n; i = end) {
		for (end = i + 1; end < n && ports[end] == ports[end - 1] + 1;
		     end++)
			;
		text = fw_arena_printf(arena, "%s%s%u", text, i ? ", " : "",
				       ports[i]);
		/* two of them are no shorter as a range */
		if (text && end == i + 2)
			end = i + 1;
		else if (text && end > i + 1)
			text = fw_arena_printf(arena, "%s-%u", text,
					       ports[end - 1]);
	}
	return text && n > 1 ? fw_arena_printf(arena, "%s }", text) : text;
}

static const char *protocol_text(struct fw_arena *arena,
				 const struct fw_suggestion *s)
{
	switch (s->key.proto) {
	case IPPROTO_ICMP:
		return "icmp type echo-request ";
	case IPPROTO_ICMPV6:
		return "icmpv6 type echo-request ";
	default:
		return s->ports ?
			fw_arena_printf(arena, "%s dport %s ",
					name_of(s->key.proto), s->ports) :
			fw_arena_printf(arena, "meta l4proto %u ",
					s->key.proto);
	}
}

const char *fw_learn_rule_text(struct fw_arena *arena,
			       const struct fw_suggestion *s)
{
	const char *ip = s->key.family == 4 ? "ip" : "ip6";
	const char *protocol = protocol_text(arena, s);
	char *text = fw_arena_strdup(arena, "");

	if (text && *s->key.in)
		text = fw_arena_printf(arena, "%siifname \"%s\" ", text,
				       s->key.in);
	if (text && *s->key.out)
		text = fw_arena_printf(arena, "%soifname \"%s\" ", text,
				       s->key.out);
	if (text && s->clients)
		text = fw_arena_printf(arena, "%s%s saddr %s ", text, ip,
				       s->clients);
	if (text && s->servers)
		text = fw_arena_printf(arena, "%s%s daddr %s ", text, ip,
				       s->servers);
	/* Without an address its family would be anybody's. */
	if (text && !s->clients && !s->servers)
		text = fw_arena_printf(arena, "%smeta nfproto %s ", text,
				       s->key.family == 4 ? "ipv4" : "ipv6");
	return text && protocol ?
		fw_arena_printf(arena, "%s%saccept", text, protocol) : NULL;
}
