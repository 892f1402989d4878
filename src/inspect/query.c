/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Query: a packet that nft has marked for rules with `dns`.
 *
 * In: the plan, a queue message. Out: a verdict that carries the number of the
 * rule that takes the packet, in the mark; answers and counts through the door.
 * Nothing fails: of what cannot be read nothing is said, and it goes on.
 *
 * What a message must be to be judged is what XDP wants of it (bpf/dns_name.h):
 * the same configuration is to have the same verdicts on either layer.
 */
#include "inspect/query.h"

#include <netinet/in.h>

#include "inspect/answer.h"
#include "inspect/dns.h"
#include "inspect/packet.h"
#include "inspect/verdict.h"

struct asked {
	const struct fw_queue_message *message;
	bool read;			/* packet is valid */
	struct fw_packet packet;
	bool standard;			/* so are these: the query can be judged */
	struct fw_fact facts[FW_FACT_MAX_];
	struct fw_dns_question question;
};

static void read_question(struct asked *asked)
{
	const struct fw_packet *packet = &asked->packet;
	enum fw_stat malformed;

	asked->read = !fw_packet_read(asked->message->data, asked->message->len,
				      asked->message->full_len, &asked->packet,
				      &malformed) &&
		      packet->tuple.proto == IPPROTO_UDP;
	asked->standard = asked->read &&
			  packet->payload_len == packet->payload_full &&
			  fw_dns_read(packet->payload, packet->payload_len,
				      &asked->question) == FW_DNS_QUERY &&
			  fw_dns_is_plain(packet->payload);
	if (!asked->standard)
		return;
	asked->facts[FW_FACT_DNS_QNAME] = (struct fw_fact){
		.state = FW_FACT_KNOWN,
		.text = asked->question.name,
		.len = asked->question.len,
	};
	asked->facts[FW_FACT_DNS_QTYPE] = (struct fw_fact){
		.state = FW_FACT_KNOWN,
		.number = asked->question.type,
	};
}

static bool takes(const struct fw_query_rule *rule, const struct asked *asked)
{
	if (rule->n_tests && !asked->standard)
		return false;
	for (size_t i = 0; i < rule->n_tests; i++)
		if (!fw_verdict_matches(&rule->tests[i],
					&asked->facts[rule->tests[i].fact]))
			return false;
	return true;
}

static void send_answer(const struct asked *asked, unsigned rcode,
			const struct fw_door *door)
{
	const struct fw_queue_message *message = asked->message;
	uint8_t answer[FW_ANSWER_MAX];
	size_t len = 0;

	if (asked->standard)
		len = fw_answer_make(message->data, &asked->packet, rcode,
				     answer);
	if (len && door->answer)
		door->answer(door->ctx, message, answer, len);
}

struct fw_queue_verdict fw_query_judge(const struct fw_plan *plan,
				       const struct fw_door *door,
				       const struct fw_queue_message *message)
{
	unsigned shift = plan->options.mark_shift;
	uint32_t bits = (uint32_t)FW_MARK_QUERY << shift;
	unsigned groups = fw_query_of_mark(message->mark >> shift);
	struct asked asked = { .message = message };
	unsigned number = 0;

	read_question(&asked);
	for (size_t i = 0; i < plan->queries.n_rules && !number; i++) {
		const struct fw_query_rule *rule = &plan->queries.rules[i];

		if (!(groups >> rule->group & 1) || !takes(rule, &asked))
			continue;
		number = rule->number;
		if (!number && door->counted)
			door->counted(door->ctx, plan, rule->rule);
		if (number && rule->rcode)
			send_answer(&asked, rule->rcode, door);
	}
	return (struct fw_queue_verdict){
		.set_mark = true,
		.mark = (message->mark & ~bits) | fw_query_mark(number) << shift,
	};
}
