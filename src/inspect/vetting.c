/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vetting: packets of one flow into streams, facts, a window and a judgement.
 *
 * In: packets that have been read. Out: vetting->judgement. Nothing fails:
 * what goes wrong with a flow is a fact's state, and the profile's keywords say
 * what follows.
 *
 * An attacker may send what only we see: segments that die on the way, carry
 * data that the receiver drops, or end a connection that goes on. Therefore
 * - a flow's state outlives FIN and RST; only a SYN begins anew, and a SYN in
 *   the middle of an undecided flow only when the other side has answered it;
 * - data that cannot be placed in the stream counts as a retransmission that
 *   differs, and so does urgent data, which a receiver may take out of it;
 * - where the handshake was not seen, a stream that does not begin as TLS may be
 *   the rest of a message of which another worker had the beginning: it is as
 *   good as malformed.
 */
#include "inspect/vetting.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define TCP_URG 0x20
#define ROOM_UNKNOWN (64 * 1024)	/* of a flow whose profile is not known */

/* The receiver's word for a SYN may cover data that came with it. */
#define SYN_DATA_MAX 65536u

static bool decided(const struct fw_vetting *vetting)
{
	return vetting->judgement.verdict != FW_FLOW_UNVETTED;
}

bool fw_vetting_reopens(struct fw_vetting *vetting,
			const struct fw_packet *packet, bool reply)
{
	bool answer = packet->tcp_flags & FW_TCP_ACK;

	if (packet->tuple.proto != IPPROTO_TCP ||
	    !(packet->tcp_flags & FW_TCP_SYN))
		return false;
	if (vetting->has_isn[reply] && vetting->isn[reply] == packet->seq)
		return false;
	if (answer)
		return vetting->reopening && vetting->reopen_dir != reply &&
		       packet->ack - vetting->reopen_isn - 1 < SYN_DATA_MAX;
	if (decided(vetting) || vetting->closing || !vetting->seen[!reply])
		return true;
	vetting->reopening = true;
	vetting->reopen_dir = reply;
	vetting->reopen_isn = packet->seq;
	return false;
}

static void note_handshake(struct fw_vetting *vetting,
			   const struct fw_packet *packet, bool reply)
{
	if (packet->tcp_flags & (FW_TCP_FIN | FW_TCP_RST))
		vetting->closing = true;
	if (!(packet->tcp_flags & FW_TCP_SYN) || vetting->streams ||
	    (vetting->reopening && vetting->reopen_dir == reply))
		return;
	vetting->isn[reply] = packet->seq;
	vetting->has_isn[reply] = true;
	if (!(packet->tcp_flags & FW_TCP_ACK))
		return;
	vetting->isn[!reply] = packet->ack - 1;
	vetting->has_isn[!reply] = true;
}

/* --- memory --------------------------------------------------------------- */
static void account(struct fw_vetting *vetting, struct fw_memory *memory)
{
	const struct fw_streams *s = vetting->streams;
	uint64_t held = s ? sizeof(*s) + s->stream[0].cap + s->stream[1].cap : 0;

	memory->used = memory->used - vetting->held + held;
	vetting->held = held;
}

static uint64_t left(uint64_t max, uint64_t used)
{
	return max > used ? max - used : 0;
}

/* Bytes that a stream may have in all. ret_state gets what it is called when
 * they do not suffice. */
static size_t room_of(const struct fw_vetting *vetting,
		      const struct fw_stream *stream,
		      const struct fw_memory *memory,
		      enum fw_fact_state *ret_state)
{
	uint64_t max = vetting->profile ? vetting->profile->memory_flow :
					  ROOM_UNKNOWN;
	uint64_t flow = left(max, vetting->held) + stream->cap;
	uint64_t profile = left(memory->max, memory->used) + stream->cap;

	*ret_state = flow <= profile ? FW_FACT_NO_ROOM : FW_FACT_NO_MEMORY;
	return (size_t)(flow <= profile ? flow : profile);
}

static bool open_streams(struct fw_vetting *vetting, struct fw_memory *memory)
{
	bool handshake = vetting->has_isn[0];
	struct fw_streams *streams;

	if (left(memory->max, memory->used) < sizeof(*streams))
		return false;
	streams = calloc(1, sizeof(*streams));
	if (!streams)
		return false;
	for (int i = 0; i < 2; i++) {
		/* Which side is the client is only certain with a handshake. */
		fw_stream_init(&streams->stream[i], i == 0 || !handshake);
		if (vetting->has_isn[i])
			fw_stream_begin(&streams->stream[i],
					vetting->isn[i] + 1);
		fw_tls_init(&streams->tls[i]);
	}
	vetting->streams = streams;
	account(vetting, memory);
	return true;
}

void fw_vetting_settle(struct fw_vetting *vetting, struct fw_memory *memory)
{
	if (!vetting->streams)
		return;
	fw_stream_done(&vetting->streams->stream[0]);
	fw_stream_done(&vetting->streams->stream[1]);
	free(vetting->streams);
	vetting->streams = NULL;
	account(vetting, memory);
}

/* --- facts ---------------------------------------------------------------- */
static bool begun(const struct fw_streams *streams, int i)
{
	return streams->tls[i].begun || streams->stream[i].n_ranges;
}

/* The fact as the parser of direction i has it. */
static struct fw_fact fact_of(const struct fw_vetting *vetting, int i)
{
	const struct fw_tls *tls = &vetting->streams->tls[i];
	struct fw_fact fact = { .state = FW_FACT_UNKNOWN };

	switch (tls->state) {
	case FW_TLS_DONE:
		fact.state = tls->has_sni ? FW_FACT_KNOWN : FW_FACT_ABSENT;
		break;
	case FW_TLS_MALFORMED:
		fact.state = FW_FACT_MALFORMED;
		break;
	case FW_TLS_NOT_TLS:
		if (vetting->streams->stream[i].exact)
			fact.state = FW_FACT_ABSENT;
		else if (i == 0)
			fact.state = FW_FACT_MALFORMED;
		break;
	default:
		fact.begun = begun(vetting->streams, i);
	}
	return fact;
}

/* Direction 0 tells; direction 1 only where it may be the client's. */
static void update_sni(struct fw_vetting *vetting)
{
	struct fw_fact *fact = &vetting->window.facts[FW_FACT_TLS_SNI];
	struct fw_streams *streams = vetting->streams;

	if (fact->state != FW_FACT_UNKNOWN)
		return;
	for (int i = 0; i < 2 && fact->state == FW_FACT_UNKNOWN; i++) {
		bool was_begun = i && fact->begun;

		if (!streams->stream[i].keeps)
			continue;
		*fact = fact_of(vetting, i);
		fact->begun = fact->begun || was_begun;
		if (fact->state != FW_FACT_KNOWN)
			continue;
		vetting->sni = strdup(streams->tls[i].sni);
		if (!vetting->sni) {
			fact->state = FW_FACT_NO_MEMORY;
			continue;
		}
		fact->text = vetting->sni;
		fact->len = streams->tls[i].sni_len;
	}
}

static const enum fw_fact_kind of_tcp[] = { FW_FACT_TLS_SNI };
static const enum fw_fact_kind of_queries[] = { FW_FACT_DNS_QNAME,
						FW_FACT_DNS_QTYPE };

static void set_state(struct fw_vetting *vetting,
		      const enum fw_fact_kind *facts, size_t n,
		      enum fw_fact_state state)
{
	for (size_t i = 0; i < n; i++)
		vetting->window.facts[facts[i]].state = state;
}

/* Facts that cannot come over the flow's protocol. */
static void no_parser(struct fw_vetting *vetting)
{
	bool queries = vetting->tuple.proto == IPPROTO_UDP &&
		       (vetting->tuple.dport == FW_DNS_PORT ||
			vetting->tuple.sport == FW_DNS_PORT);

	if (vetting->tuple.proto != IPPROTO_TCP)
		set_state(vetting, of_tcp, FW_ARRAY_SIZE(of_tcp),
			  FW_FACT_ABSENT);
	if (!queries)
		set_state(vetting, of_queries, FW_ARRAY_SIZE(of_queries),
			  FW_FACT_ABSENT);
}

static enum fw_fact_state read_question(struct fw_vetting *vetting,
					const struct fw_packet *packet)
{
	struct fw_fact *facts = vetting->window.facts;
	struct fw_dns_question *question = vetting->question;

	if (!question)
		question = vetting->question = calloc(1, sizeof(*question));
	if (!question)
		return FW_FACT_NO_MEMORY;
	switch (fw_dns_read(packet->payload, packet->payload_len, question)) {
	case FW_DNS_QUERY:
		facts[FW_FACT_DNS_QNAME].text = question->name;
		facts[FW_FACT_DNS_QNAME].len = question->len;
		facts[FW_FACT_DNS_QTYPE].number = question->type;
		return FW_FACT_KNOWN;
	case FW_DNS_NO_QUERY:
		return FW_FACT_ABSENT;
	default:
		return FW_FACT_MALFORMED;
	}
}

/* A flow may have several queries: each is judged until one decides. */
static void take_question(struct fw_vetting *vetting,
			  const struct fw_packet *packet)
{
	set_state(vetting, of_queries, FW_ARRAY_SIZE(of_queries),
		  read_question(vetting, packet));
}

/* --- payload -------------------------------------------------------------- */
static void count(struct fw_vetting *vetting, uint64_t bytes)
{
	vetting->window.packets++;
	vetting->window.bytes += bytes;
}

static void trouble(struct fw_vetting *vetting, enum fw_fact_state state)
{
	struct fw_fact *fact = &vetting->window.facts[FW_FACT_TLS_SNI];

	if (fact->state == FW_FACT_UNKNOWN)
		fact->state = state;
}

/* Adds the segment to its stream and the stream's new bytes to the parser. */
static void feed(struct fw_vetting *vetting, const struct fw_packet *packet,
		 bool reply, struct fw_memory *memory)
{
	struct fw_stream *stream = &vetting->streams->stream[reply];
	bool syn = packet->tcp_flags & FW_TCP_SYN;
	enum fw_fact_state no_room;
	size_t room = room_of(vetting, stream, memory, &no_room);
	size_t fresh, len;
	const uint8_t *bytes;
	int bits;

	len = stream->keeps ? packet->payload_len : packet->payload_full;
	if (stream->keeps && packet->tcp_flags & TCP_URG)
		vetting->window.conflict = true;
	bits = fw_stream_add(stream, packet->seq + syn, packet->payload, len,
			     room, &fresh);
	if (fresh || bits < 0)
		count(vetting, fresh);
	bytes = fw_stream_take(stream, &len);
	if (len)
		(void)fw_tls_feed(&vetting->streams->tls[reply], bytes, len);
	update_sni(vetting);
	if (bits < 0)
		trouble(vetting, FW_FACT_NO_MEMORY);
	else if (bits & FW_STREAM_FULL)
		trouble(vetting, no_room);
	if (bits > 0 && (bits & FW_STREAM_CONFLICT ||
			 (bits & FW_STREAM_UNPLACED && stream->exact)))
		vetting->window.conflict = true;
}

static void add_datagram(struct fw_vetting *vetting,
			 const struct fw_packet *packet)
{
	if (!packet->payload_len)
		return;
	vetting->payload = true;
	count(vetting, packet->payload_full);
	if (packet->tuple.proto == IPPROTO_UDP &&
	    packet->tuple.dport == FW_DNS_PORT)
		take_question(vetting, packet);
}

static void add_segment(struct fw_vetting *vetting,
			const struct fw_packet *packet, bool reply,
			struct fw_memory *memory)
{
	if (!packet->payload_len || packet->tcp_flags & FW_TCP_RST)
		return;
	vetting->payload = true;
	if (!vetting->streams && !open_streams(vetting, memory)) {
		count(vetting, packet->payload_full);
		trouble(vetting, FW_FACT_NO_MEMORY);
		return;
	}
	feed(vetting, packet, reply, memory);
	if (vetting->window.facts[FW_FACT_TLS_SNI].state != FW_FACT_UNKNOWN) {
		fw_stream_forget(&vetting->streams->stream[0]);
		fw_stream_forget(&vetting->streams->stream[1]);
	}
	account(vetting, memory);
}

/* --- judgement ------------------------------------------------------------ */
static void judge(struct fw_vetting *vetting, uint64_t now_ms)
{
	struct fw_window *window = &vetting->window;

	if (!vetting->payload)
		return;
	if (!vetting->full && fw_window_full(vetting->profile, window)) {
		vetting->full = true;
		vetting->full_ms = now_ms;
		vetting->full_bytes = window->bytes;
	}
	if (vetting->full) {
		window->ms_after = now_ms - vetting->full_ms;
		window->bytes_after = window->bytes - vetting->full_bytes;
	}
	vetting->judgement = fw_verdict_judge(vetting->profile, window);
}

void fw_vetting_add(struct fw_vetting *vetting, const struct fw_packet *packet,
		    bool reply, uint64_t now_ms, struct fw_memory *memory)
{
	vetting->seen[reply] = true;
	if (packet->tuple.proto == IPPROTO_TCP)
		note_handshake(vetting, packet, reply);
	if (decided(vetting))
		return;
	no_parser(vetting);
	if (packet->tuple.proto == IPPROTO_TCP)
		add_segment(vetting, packet, reply, memory);
	else
		add_datagram(vetting, packet);
	if (vetting->profile)
		judge(vetting, now_ms);
	if (decided(vetting))
		fw_vetting_settle(vetting, memory);
}
