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
 * - where the handshake was not seen, a stream that does not begin as the message
 *   that a rule needs may be the rest of one of which another worker had the
 *   beginning: it is as good as malformed.
 */
#include "inspect/vetting.h"

#include <errno.h>
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
	uint64_t held = s ? sizeof(*s) : 0;

	for (int i = 0; s && i < 2; i++)
		held += s->stream[i].cap +
			(s->app[i] ? fw_app_held(s->app[i]) : 0) +
			fw_search_held(s->scan[i]);
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

static bool asks_for_patterns(const struct fw_profile *profile)
{
	for (size_t i = 0; profile && i < profile->n_rules; i++)
		if (profile->rules[i].patterns)
			return true;
	return false;
}

/* Both sides are scanned. The patterns of a profile that has gone since are not
 * to be had any more, which is a trouble like others. */
static void open_scans(struct fw_vetting *vetting, struct fw_memory *memory)
{
	struct fw_fact *fact = &vetting->window.facts[FW_FACT_PAYLOAD];

	if (!asks_for_patterns(vetting->profile))
		return;
	for (int i = 0; i < 2; i++)
		if (!memory->patterns ||
		    fw_search_open(memory->patterns, &vetting->streams->scan[i]))
			fact->state = FW_FACT_NO_MEMORY;
}

static bool open_streams(struct fw_vetting *vetting, struct fw_memory *memory)
{
	bool patterns = asks_for_patterns(vetting->profile);
	struct fw_streams *streams;

	if (left(memory->max, memory->used) < sizeof(*streams))
		return false;
	streams = calloc(1, sizeof(*streams));
	if (!streams)
		return false;
	/* Which side is the client is only certain with a handshake. */
	streams->either = !vetting->has_isn[0];
	for (int i = 0; i < 2; i++) {
		fw_stream_init(&streams->stream[i],
			       patterns || (!vetting->kept &&
					    (i == 0 || streams->either)));
		/* Datagrams are whole, whenever they come. */
		if (vetting->has_isn[i] || vetting->tuple.proto != IPPROTO_TCP)
			fw_stream_begin(&streams->stream[i],
					vetting->isn[i] + 1);
	}
	vetting->streams = streams;
	open_scans(vetting, memory);
	account(vetting, memory);
	return true;
}

bool fw_vetting_scans(const struct fw_vetting *vetting,
		      const struct fw_patterns *patterns)
{
	return !vetting->streams ||
	       fw_search_patterns(vetting->streams->scan[0]) == patterns;
}

void fw_vetting_settle(struct fw_vetting *vetting, struct fw_memory *memory)
{
	if (!vetting->streams)
		return;
	for (int i = 0; i < 2; i++) {
		fw_stream_done(&vetting->streams->stream[i]);
		if (vetting->streams->app[i])
			fw_app_done(vetting->streams->app[i]);
		free(vetting->streams->app[i]);
		fw_search_close(vetting->streams->scan[i]);
	}
	free(vetting->streams);
	vetting->streams = NULL;
	account(vetting, memory);
}

/* --- facts ---------------------------------------------------------------- */
static const enum fw_fact_kind of_tls[] = {
	FW_FACT_TLS_SNI, FW_FACT_TLS_JA3, FW_FACT_TLS_JA4,
	FW_FACT_TLS_VERSION, FW_FACT_TLS_ALPN,
};
static const enum fw_fact_kind of_text[] = { FW_FACT_HTTP_HOST,
					     FW_FACT_SSH_VERSION };
static const enum fw_fact_kind of_queries[] = { FW_FACT_DNS_QNAME,
						FW_FACT_DNS_QTYPE };

/* The fact as the stream of direction i has it. */
static struct fw_fact fact_of(const struct fw_streams *streams, int i,
			      enum fw_fact_kind kind)
{
	const struct fw_stream *stream = &streams->stream[i];
	struct fw_fact fact = { .state = FW_FACT_UNKNOWN };

	if (!streams->app[i]) {
		fact.begun = stream->n_ranges;
		return fact;
	}
	fact = fw_app_fact(streams->app[i], kind);
	if (fact.state == FW_FACT_UNKNOWN && stream->n_ranges)
		fact.begun = true;
	if (fact.state != FW_FACT_ABSENT || stream->exact ||
	    fw_app_tells(streams->app[i], kind))
		return fact;
	/* It may be the rest of a message. */
	fact.state = i == 0 ? FW_FACT_MALFORMED : FW_FACT_UNKNOWN;
	return fact;
}

/* Direction 0 tells; direction 1 only where it may be the client's. */
static void update_fact(struct fw_vetting *vetting, enum fw_fact_kind kind)
{
	struct fw_fact *fact = &vetting->window.facts[kind];
	const struct fw_streams *streams = vetting->streams;

	if (fact->state != FW_FACT_UNKNOWN)
		return;
	*fact = fact_of(streams, 0, kind);
	if (fact->state == FW_FACT_UNKNOWN && streams->either) {
		bool begun = fact->begun;

		*fact = fact_of(streams, 1, kind);
		fact->begun = fact->begun || begun;
	}
}

static bool open_facts(const struct fw_vetting *vetting)
{
	for (size_t i = 0; i < FW_FACTS_TOLD; i++)
		if (vetting->window.facts[i].state == FW_FACT_UNKNOWN)
			return true;
	return false;
}

const struct fw_app *fw_vetting_app(const struct fw_vetting *vetting)
{
	const struct fw_streams *streams = vetting->streams;

	for (int i = 0; streams && i < 2; i++)
		if (streams->app[i] &&
		    streams->app[i]->state == FW_PARSE_DONE)
			return streams->app[i];
	return streams ? streams->app[0] : NULL;
}

/* Keeps what reports tell after the streams have gone; without memory they tell
 * less. */
static void note_client(struct fw_vetting *vetting)
{
	const struct fw_app *app = fw_vetting_app(vetting);

	const struct fw_hello *hello = app ? fw_app_hello(app) : NULL;

	if (vetting->client || !hello)
		return;
	vetting->client = calloc(1, sizeof(*vetting->client));
	if (!vetting->client)
		return;
	memcpy(vetting->client->ja3, app->ja3, sizeof(app->ja3));
	memcpy(vetting->client->ja4, app->ja4, sizeof(app->ja4));
	memcpy(vetting->client->sni, hello->sni, sizeof(hello->sni));
}

static void update_facts(struct fw_vetting *vetting)
{
	for (size_t i = 0; i < FW_FACTS_TOLD; i++)
		update_fact(vetting, (enum fw_fact_kind)i);
	note_client(vetting);
}

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
	bool datagrams = vetting->tuple.proto == IPPROTO_UDP;
	bool queries = datagrams && (vetting->tuple.dport == FW_DNS_PORT ||
				     vetting->tuple.sport == FW_DNS_PORT);

	if (vetting->tuple.proto == IPPROTO_TCP)
		return;
	set_state(vetting, of_text, FW_ARRAY_SIZE(of_text), FW_FACT_ABSENT);
	if (!datagrams || queries)
		set_state(vetting, of_tls, FW_ARRAY_SIZE(of_tls),
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
	vetting->acted = 0;
}

/* --- payload -------------------------------------------------------------- */
static void count(struct fw_vetting *vetting, uint64_t bytes)
{
	vetting->window.packets++;
	vetting->window.bytes += bytes;
}

static void trouble(struct fw_vetting *vetting, enum fw_fact_state state)
{
	for (size_t i = 0; i < FW_FACT_MAX_; i++) {
		struct fw_fact *fact = &vetting->window.facts[i];

		if (fact->state == FW_FACT_UNKNOWN)
			fact->state = state;
	}
}

/* The parser of a stream's first byte; false without memory. */
static bool open_app(struct fw_vetting *vetting, bool reply,
		     struct fw_memory *memory)
{
	struct fw_app **app = &vetting->streams->app[reply];
	uint16_t port = reply ? vetting->tuple.sport : vetting->tuple.dport;

	if (*app)
		return true;
	account(vetting, memory);
	if (left(memory->max, memory->used) < sizeof(**app))
		return false;
	*app = malloc(sizeof(**app));
	if (!*app)
		return false;
	if (vetting->tuple.proto == IPPROTO_UDP)
		fw_app_init_datagrams(*app);
	else
		fw_app_init(*app, port == FW_DNS_PORT);
	account(vetting, memory);
	return true;
}

static void scan(struct fw_vetting *vetting, bool reply, const uint8_t *bytes,
		 size_t len)
{
	struct fw_fact *fact = &vetting->window.facts[FW_FACT_PAYLOAD];

	struct fw_search *stream = vetting->streams->scan[reply];

	if (fact->state != FW_FACT_UNKNOWN ||
	    !asks_for_patterns(vetting->profile))
		return;
	if (!stream || fw_search_feed(stream, bytes, len, &fact->number))
		fact->state = FW_FACT_NO_MEMORY;
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
		scan(vetting, reply, bytes, len);
	if (len && !vetting->kept && (!reply || vetting->streams->either)) {
		if (open_app(vetting, reply, memory))
			(void)fw_app_feed(vetting->streams->app[reply], bytes,
					  len);
		else
			bits = -ENOMEM;
	}
	update_facts(vetting);
	if (bits < 0)
		trouble(vetting, FW_FACT_NO_MEMORY);
	else if (bits & FW_STREAM_FULL)
		trouble(vetting, no_room);
	if (bits > 0 && (bits & FW_STREAM_CONFLICT ||
			 (bits & FW_STREAM_UNPLACED && stream->exact)))
		vetting->window.conflict = true;
}

/* A client's datagram that may be QUIC's. */
static void take_datagram(struct fw_vetting *vetting,
			  const struct fw_packet *packet,
			  struct fw_memory *memory)
{
	if (!open_facts(vetting))
		return;
	if ((!vetting->streams && !open_streams(vetting, memory)) ||
	    !open_app(vetting, false, memory) ||
	    fw_app_datagram(vetting->streams->app[0], packet->payload,
			    packet->payload_len)) {
		trouble(vetting, FW_FACT_NO_MEMORY);
		return;
	}
	update_facts(vetting);
	account(vetting, memory);
}

/* Each datagram by itself, of both sides. */
static void scan_datagram(struct fw_vetting *vetting,
			  const struct fw_packet *packet, bool reply,
			  struct fw_memory *memory)
{
	if (!asks_for_patterns(vetting->profile))
		return;
	if (!vetting->streams && !open_streams(vetting, memory)) {
		trouble(vetting, FW_FACT_NO_MEMORY);
		return;
	}
	/* Opened for what it says first, before its profile was known. */
	if (!vetting->streams->scan[reply])
		open_scans(vetting, memory);
	if (vetting->streams->scan[reply])
		fw_search_restart(vetting->streams->scan[reply]);
	scan(vetting, reply, packet->payload, packet->payload_len);
}

static void add_datagram(struct fw_vetting *vetting,
			 const struct fw_packet *packet, bool reply,
			 struct fw_memory *memory)
{
	if (!packet->payload_len)
		return;
	vetting->payload = true;
	count(vetting, packet->payload_full);
	scan_datagram(vetting, packet, reply, memory);
	if (packet->tuple.proto != IPPROTO_UDP)
		return;
	if (packet->tuple.dport == FW_DNS_PORT)
		take_question(vetting, packet);
	else if (!reply)
		take_datagram(vetting, packet, memory);
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
	if (!open_facts(vetting) && !vetting->streams->scan[0]) {
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
		if (window->facts[FW_FACT_PAYLOAD].state == FW_FACT_UNKNOWN)
			window->facts[FW_FACT_PAYLOAD].state = FW_FACT_KNOWN;
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
		add_datagram(vetting, packet, reply, memory);
	if (vetting->profile)
		judge(vetting, now_ms);
}

const struct fw_inspect_rule *fw_vetting_act(struct fw_vetting *vetting)
{
	while (vetting->acted < vetting->judgement.decided) {
		const struct fw_inspect_rule *rule =
			&vetting->profile->rules[vetting->acted++];

		if (fw_verdict_met(rule, &vetting->window))
			return rule;
	}
	return NULL;
}

/* --- once more ------------------------------------------------------------ */
static void copy_text(char *to, size_t size, const struct fw_fact *fact)
{
	if (fact->state == FW_FACT_KNOWN && fact->len < size)
		memcpy(to, fact->text, fact->len);
}

/* For reports. */
static int know_client(struct fw_vetting *vetting)
{
	const struct fw_fact *facts = vetting->window.facts;
	struct fw_client *client;

	if (facts[FW_FACT_TLS_JA4].state != FW_FACT_KNOWN)
		return 0;
	client = vetting->client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	copy_text(client->sni, sizeof(client->sni), &facts[FW_FACT_TLS_SNI]);
	copy_text(client->ja3, sizeof(client->ja3), &facts[FW_FACT_TLS_JA3]);
	copy_text(client->ja4, sizeof(client->ja4), &facts[FW_FACT_TLS_JA4]);
	return 0;
}

/* Each query over UDP is judged by itself, so there are none to remember. */
static bool has_queries(const struct fw_vetting *vetting)
{
	return vetting->tuple.proto == IPPROTO_UDP &&
	       (vetting->tuple.dport == FW_DNS_PORT ||
		vetting->tuple.sport == FW_DNS_PORT);
}

int fw_vetting_again(struct fw_vetting *vetting, const struct fw_kept *kept)
{
	vetting->kept = malloc(sizeof(*kept));
	if (!vetting->kept)
		return -ENOMEM;
	memcpy(vetting->kept, kept, fw_kept_size(kept));
	vetting->again = true;
	fw_kept_give(vetting->kept, vetting->window.facts);
	if (has_queries(vetting))
		set_state(vetting, of_queries, FW_ARRAY_SIZE(of_queries),
			  FW_FACT_UNKNOWN);
	return know_client(vetting);
}

void fw_vetting_keep(const struct fw_vetting *vetting, struct fw_kept *ret)
{
	fw_kept_take(ret, vetting->window.facts);
}

/* The rules that have acted do not act again where they are the same: the last
 * of them tells. */
static bool same_rules(const struct fw_vetting *vetting,
		       const struct fw_plan *plan,
		       const struct fw_profile *profile)
{
	const struct fw_inspect_rule *before, *now;

	if (!vetting->profile || vetting->acted > profile->n_rules)
		return false;
	before = &vetting->profile->rules[vetting->acted - 1];
	now = &profile->rules[vetting->acted - 1];
	return before->rule < vetting->plan->n_rules &&
	       now->rule < plan->n_rules &&
	       !memcmp(&vetting->plan->rules[before->rule].key,
		       &plan->rules[now->rule].key,
		       sizeof(plan->rules[now->rule].key));
}

void fw_vetting_rebind(struct fw_vetting *vetting, const struct fw_plan *plan,
		       const struct fw_profile *profile)
{
	if (vetting->acted && (!profile || !same_rules(vetting, plan, profile)))
		vetting->acted = 0;
	vetting->judgement.decided = 0;
	fw_plan_unref((struct fw_plan *)vetting->plan);
	vetting->plan = fw_plan_ref(plan);
	vetting->profile = profile;
}
