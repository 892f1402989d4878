/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inspector: a packet's way through a worker.
 *
 * In: queue messages, plans. Out: a verdict for each message, reports through
 * the door. Nothing fails but fw_inspector_init(): what cannot be judged
 * follows a keyword and is counted.
 *
 * A packet is read (packet.c), its flow found (table.c), the flow's profile
 * found, the packet taken in and judged (vetting.c), and reported.
 *
 * A plan is held by the inspector and by each flow, whose profile lies in it.
 */
#include "inspect/inspector.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/abi.h"
#include "inspect/ct_attr.h"
#include "inspect/query.h"
#include "util/cleanup.h"

#define PROFILE_TRIES 3		/* conntrack learns of a connection when its
				   first packet has left */
/* For so long a verdict is surely that of the same connection: none ends sooner
 * by itself. */
#define SAME_MS 1000
#define NOBODY FW_PROFILES	/* memory of flows without a present profile */
#define NOBODY_MEMORY (64ull * 1024 * 1024)

static void bump(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* --- profiles ------------------------------------------------------------- */
static bool has_queue(const struct fw_profile *profile, uint16_t number)
{
	return profile->queue_first <= number && number <= profile->queue_last;
}

/* The one profile of this queue; NULL when there are none or several. */
static const struct fw_profile *
sole_profile(const struct fw_inspector *inspector)
{
	const struct fw_profile *sole = NULL;

	for (size_t i = 0; i < inspector->plan->n_profiles; i++) {
		const struct fw_profile *p = &inspector->plan->profiles[i];

		if (!has_queue(p, inspector->number))
			continue;
		if (sole)
			return NULL;
		sole = p;
	}
	return sole;
}

/* Profiles that share a queue agree on on-overload. */
bool fw_inspector_accepts_overload(const struct fw_plan *plan, uint16_t number)
{
	for (size_t i = 0; i < plan->n_profiles; i++)
		if (has_queue(&plan->profiles[i], number))
			return plan->profiles[i].on_overload;
	return false;
}

static const struct fw_profile *profile_by_name(const struct fw_plan *plan,
						const char *name)
{
	for (size_t i = 0; i < plan->n_profiles; i++)
		if (!strcmp(plan->profiles[i].name, name))
			return &plan->profiles[i];
	return NULL;
}

static struct fw_memory *memory_of(struct fw_inspector *inspector,
				   const struct fw_vetting *vetting)
{
	bool present = vetting->profile && vetting->plan == inspector->plan;

	return &inspector->memory[present ? vetting->profile->id : NOBODY];
}

static void drop_patterns(struct fw_memory *memory)
{
	for (size_t i = 0; i <= FW_PROFILES; i++)
		fw_patterns_unref(memory[i].patterns);
}

/* A profile's memory is shared evenly by its queues. Its patterns are those of
 * before where they did not change; without memory it has none, and its flows
 * are in trouble. */
static void set_memory(struct fw_inspector *inspector)
{
	const struct fw_plan *plan = inspector->plan;
	struct fw_memory before[FW_PROFILES + 1];

	memcpy(before, inspector->memory, sizeof(before));
	memset(inspector->memory, 0, sizeof(inspector->memory));
	inspector->memory[NOBODY].max = NOBODY_MEMORY;
	for (size_t i = 0; i < plan->n_profiles; i++) {
		const struct fw_profile *p = &plan->profiles[i];
		uint64_t queues = (uint64_t)p->queue_last - p->queue_first + 1;

		inspector->memory[p->id].max = p->memory / queues;
		(void)fw_patterns_open(p, &inspector->memory[p->id].patterns);
	}
	drop_patterns(before);
}

static const struct fw_profile *
profile_by_mark(const struct fw_inspector *inspector, uint32_t mark)
{
	uint32_t bits = mark >> inspector->plan->options.mark_shift;
	uint32_t id = (bits & FW_CTMARK_PROFILE) >> FW_CTMARK_PROFILE_SHIFT;

	if ((bits & FW_CTMARK_STATE) == FW_CTMARK_NONE)
		return NULL;
	return fw_plan_profile(inspector->plan, id);
}

/* In this order: the mark that came along, the only one there is, the door. */
static void find_profile(struct fw_inspector *inspector,
			 struct fw_vetting *vetting, const struct fw_ct *ct)
{
	const struct fw_profile *profile = NULL;
	struct fw_memory *before = memory_of(inspector, vetting);
	int id;

	if (ct)
		profile = profile_by_mark(inspector, ct->mark);
	if (!profile)
		profile = sole_profile(inspector);
	if (!profile && inspector->door->profile) {
		id = inspector->door->profile(inspector->door->ctx,
					      &vetting->tuple);
		if (id >= 0)
			profile = fw_plan_profile(inspector->plan,
						  (unsigned)id);
	}
	if (!profile)
		return;
	fw_vetting_rebind(vetting, inspector->plan, profile);
	before->used -= vetting->held;
	memory_of(inspector, vetting)->used += vetting->held;
}

/* --- flows ---------------------------------------------------------------- */
static void forget_flow(struct fw_inspector *inspector,
			struct fw_vetting *vetting)
{
	fw_flow_table_remove(inspector->table, vetting);
	fw_vetting_settle(vetting, memory_of(inspector, vetting));
	fw_plan_unref((struct fw_plan *)vetting->plan);
	free(vetting->client);
	free(vetting->question);
	free(vetting->kept);
	free(vetting);
}

static bool same_source(const struct fw_tuple *a, const struct fw_tuple *b)
{
	return a->sport == b->sport &&
	       !memcmp(a->saddr, b->saddr, sizeof(a->saddr));
}

/* Whether a flow's first packet here comes from the side that did not open it.
 * At the queue a packet has its true source in either direction. */
static bool is_answer(const struct fw_packet *packet, const struct fw_ct *ct)
{
	const uint8_t syn_ack = FW_TCP_SYN | FW_TCP_ACK;

	if (ct)
		return !same_source(&packet->tuple, &ct->tuple[0]) &&
		       same_source(&packet->tuple, &ct->tuple[1]);
	return packet->tuple.proto == IPPROTO_TCP &&
	       (packet->tcp_flags & syn_ack) == syn_ack;
}

/* NULL when the table is full of flows that must not be forgotten, or out of
 * memory. */
static struct fw_vetting *new_flow(struct fw_inspector *inspector,
				   const struct fw_packet *packet, bool reply)
{
	struct fw_vetting *vetting, *victim;
	bool full;

	victim = fw_flow_table_victim(inspector->table, &full);
	if (victim)
		forget_flow(inspector, victim);
	if (full)
		return NULL;
	vetting = calloc(1, sizeof(*vetting));
	if (!vetting)
		return NULL;
	vetting->id = ++inspector->next_id;
	vetting->renewals = inspector->renewals;
	vetting->tuple = reply ? fw_tuple_inverse(&packet->tuple) :
				 packet->tuple;
	vetting->plan = fw_plan_ref(inspector->plan);
	vetting->judgement.rule = FW_NO_RULE;
	fw_flow_table_add(inspector->table, vetting, inspector->now_ms);
	bump(&inspector->stats.flows, 1);
	return vetting;
}

static struct fw_vetting *begin_flow(struct fw_inspector *inspector,
				     const struct fw_packet *packet,
				     const struct fw_ct *ct, bool *ret_reply)
{
	*ret_reply = is_answer(packet, ct);
	return new_flow(inspector, packet, *ret_reply);
}

/* Whether the flow's verdict may have been taken back since it fell, or that of a
 * flow which is in its midst was, and has been forgotten here. */
static bool is_past(const struct fw_inspector *inspector,
		    const struct fw_vetting *vetting,
		    const struct fw_packet *packet)
{
	if (!inspector->renewals || !inspector->door->again)
		return false;
	if (vetting)
		return vetting->renewals != inspector->renewals;
	return packet->tuple.proto != IPPROTO_TCP ||
	       !(packet->tcp_flags & FW_TCP_SYN);
}

/* The flow as it is to be judged anew, which is the same one where it is not to
 * be, or has no verdict yet: then the old look goes on under a new number. NULL
 * without memory, or room. */
static struct fw_vetting *renew_flow(struct fw_inspector *inspector,
				     struct fw_vetting *vetting,
				     const struct fw_packet *packet,
				     const struct fw_ct *ct, bool *ret_reply)
{
	const struct fw_door *door = inspector->door;
	struct fw_kept kept;
	bool turned;

	if (vetting)
		vetting->renewals = inspector->renewals;
	if (!door->again(door->ctx, &packet->tuple, &kept, &turned))
		return vetting ? vetting :
				 begin_flow(inspector, packet, ct, ret_reply);
	if (vetting && vetting->judgement.verdict == FW_FLOW_UNVETTED) {
		vetting->id = ++inspector->next_id;
		vetting->again = true;
		return vetting;
	}
	if (vetting)
		forget_flow(inspector, vetting);
	*ret_reply = turned;
	vetting = new_flow(inspector, packet, turned);
	if (vetting && fw_vetting_again(vetting, &kept)) {
		forget_flow(inspector, vetting);
		vetting = NULL;
	}
	return vetting;
}

/* Whether the connection that the verdict was of has ended, and the packet is the
 * first of another one with its tuple: datagrams do not say so, and a TCP
 * connection may have been forgotten by conntrack. */
static bool has_ended(const struct fw_inspector *inspector,
		      const struct fw_vetting *vetting,
		      const struct fw_packet *packet)
{
	const struct fw_door *door = inspector->door;

	return door->ended &&
	       vetting->judgement.verdict != FW_FLOW_UNVETTED &&
	       inspector->now_ms - vetting->touched_ms > SAME_MS &&
	       door->ended(door->ctx, &packet->tuple);
}

static struct fw_vetting *find_flow(struct fw_inspector *inspector,
				    const struct fw_packet *packet,
				    const struct fw_ct *ct, bool *ret_reply)
{
	struct fw_vetting *vetting =
		fw_flow_table_find(inspector->table, &packet->tuple, ret_reply);

	if (vetting && (fw_vetting_reopens(vetting, packet, *ret_reply) ||
			has_ended(inspector, vetting, packet))) {
		forget_flow(inspector, vetting);
		vetting = NULL;
	}
	if (is_past(inspector, vetting, packet))
		return renew_flow(inspector, vetting, packet, ct, ret_reply);
	return vetting ? vetting :
			 begin_flow(inspector, packet, ct, ret_reply);
}

/* --- packets -------------------------------------------------------------- */
static struct fw_flow_report report_of(const struct fw_inspector *inspector,
				       const struct fw_vetting *vetting,
				       const struct fw_queue_message *message,
				       const struct fw_ct *ct)
{
	const struct fw_client *client = vetting->client;
	struct fw_flow_report out = {
		.id = vetting->id,
		.tuple = vetting->tuple,
		.has_ct = ct,
		.mark = message->mark,
		.ifindex = { vetting->ifindex[0], vetting->ifindex[1] },
		.queue = inspector->number,
		.profile = vetting->profile,
		.verdict = vetting->judgement.verdict,
		.packets = vetting->packets,
		.bytes = vetting->bytes,
		.sni = client && client->sni[0] ? client->sni : NULL,
		.ja3 = client ? client->ja3 : NULL,
		.ja4 = client ? client->ja4 : NULL,
		.reason = vetting->judgement.reason,
		.rule = vetting->judgement.rule,
		.again = vetting->again,
	};

	if (ct) {
		out.ct[0] = ct->tuple[0];
		out.ct[1] = ct->tuple[1];
		out.ct_mark = ct->mark;
	}
	return out;
}

/* Rules that the flow has met since act, then what holds them is given back. */
static void report(struct fw_inspector *inspector, struct fw_vetting *vetting,
		   const struct fw_queue_message *message,
		   const struct fw_ct *ct)
{
	const struct fw_door *door = inspector->door;
	struct fw_flow_report out = report_of(inspector, vetting, message, ct);
	const struct fw_inspect_rule *rule;
	struct fw_kept kept;

	while ((rule = fw_vetting_act(vetting))) {
		if (rule->class != FW_NO_CLASS) {
			vetting->has_qos = true;
			vetting->qos = rule->class_number;
		}
		if (door->met)
			door->met(door->ctx, &out, rule);
	}
	if (vetting->judgement.verdict != FW_FLOW_UNVETTED) {
		if (!vetting->told) {
			fw_vetting_keep(vetting, &kept);
			out.kept = &kept;
		}
		vetting->told = true;
		fw_vetting_settle(vetting, memory_of(inspector, vetting));
	}
	door->flow(door->ctx, &out);
}

static const uint32_t verdict_marks[] = {
	[FW_FLOW_UNVETTED] = 0,
	[FW_FLOW_TRUSTED] = FW_MARK_TRUST,
	[FW_FLOW_BLOCKED] = FW_MARK_BLOCK,
};

static struct fw_queue_verdict answer(const struct fw_inspector *inspector,
				      enum fw_flow_verdict verdict,
				      uint32_t mark)
{
	unsigned shift = inspector->plan->options.mark_shift;
	uint32_t own = (uint32_t)(FW_MARK_TRUST | FW_MARK_BLOCK) << shift;
	uint32_t wanted = (mark & ~own) | verdict_marks[verdict] << shift;

	return (struct fw_queue_verdict){
		.set_mark = wanted != mark,
		.mark = wanted,
	};
}

static struct fw_queue_verdict refuse(struct fw_inspector *inspector,
				      bool accept, uint32_t mark)
{
	struct fw_queue_verdict verdict =
		answer(inspector, FW_FLOW_UNVETTED, mark);

	bump(&inspector->stats.odd, 1);
	verdict.drop = !accept;
	return verdict;
}

static void note_verdict(struct fw_inspector *inspector,
			 const struct fw_vetting *vetting)
{
	if (vetting->judgement.verdict == FW_FLOW_TRUSTED)
		bump(&inspector->stats.trusted, 1);
	else if (vetting->judgement.verdict == FW_FLOW_BLOCKED)
		bump(&inspector->stats.blocked, 1);
}

/* Takes the packet into its flow; false when it belongs to no profile, and has
 * for too long. */
static bool take_in(struct fw_inspector *inspector, struct fw_vetting *vetting,
		    const struct fw_packet *packet, bool reply,
		    const struct fw_queue_message *message,
		    const struct fw_ct *ct)
{
	enum fw_flow_verdict before = vetting->judgement.verdict;

	vetting->packets++;
	vetting->bytes += message->full_len;
	if (message->ifindex)
		vetting->ifindex[reply] = message->ifindex;
	if (!vetting->profile)
		find_profile(inspector, vetting, ct);
	fw_vetting_add(vetting, packet, reply, inspector->now_ms,
		       memory_of(inspector, vetting));
	fw_flow_table_touch(inspector->table, vetting, inspector->now_ms);
	if (vetting->judgement.verdict != before)
		note_verdict(inspector, vetting);
	report(inspector, vetting, message, ct);
	return vetting->profile || vetting->profile_tries++ < PROFILE_TRIES;
}

static bool is_for_queries(const struct fw_inspector *inspector)
{
	const struct fw_plan_queries *queries = &inspector->plan->queries;

	return queries->n_rules && queries->queue == inspector->number;
}

struct fw_queue_verdict
fw_inspector_packet(struct fw_inspector *inspector,
		    const struct fw_queue_message *message)
{
	struct fw_queue_verdict verdict;
	struct fw_vetting *vetting;
	enum fw_stat malformed;
	struct fw_packet packet;
	struct fw_ct ct;
	bool has_ct, reply;

	bump(&inspector->stats.packets, 1);
	bump(&inspector->stats.bytes, message->full_len);
	if (is_for_queries(inspector))
		return fw_query_judge(inspector->plan, inspector->door,
				      message);
	if (fw_packet_read(message->data, message->len, message->full_len,
			   &packet, &malformed)) {
		if (malformed)
			bump(&inspector->stats.malformed
				      [malformed - FW_STAT_MALFORMED_FIRST], 1);
		return refuse(inspector, false, message->mark);
	}
	has_ct = message->ct && !fw_ct_read(message->ct, &ct);
	vetting = find_flow(inspector, &packet, has_ct ? &ct : NULL, &reply);
	if (!vetting)
		return refuse(inspector,
			      fw_inspector_accepts_overload(
				      inspector->plan, inspector->number),
			      message->mark);
	if (!take_in(inspector, vetting, &packet, reply, message,
		     has_ct ? &ct : NULL))
		return refuse(inspector, false, message->mark);
	verdict = answer(inspector, vetting->judgement.verdict, message->mark);
	/* Each packet tells of it: which of them nft keeps it from is nobody's
	 * concern, and it has nothing to keep before the first has left. */
	verdict.set_class = vetting->has_qos;
	verdict.class = vetting->qos;
	return verdict;
}

/* --- plans, time ---------------------------------------------------------- */
static void rebind(void *ctx, struct fw_vetting *vetting)
{
	struct fw_inspector *inspector = ctx;
	const struct fw_profile *profile = NULL;

	if (vetting->profile)
		profile = profile_by_name(inspector->plan,
					  vetting->profile->name);
	if (profile && !fw_vetting_scans(vetting, inspector->memory[profile->id]
							 .patterns))
		profile = NULL;
	if (profile || !vetting->profile)
		fw_vetting_rebind(vetting, inspector->plan, profile);
	memory_of(inspector, vetting)->used += vetting->held;
}

void fw_inspector_set_plan(struct fw_inspector *inspector, struct fw_plan *plan)
{
	fw_plan_unref(inspector->plan);
	inspector->plan = plan;
	set_memory(inspector);
	fw_flow_table_set_max(inspector->table, plan->options.flows);
	fw_flow_table_each(inspector->table, rebind, inspector);
}

struct forgetting {
	struct fw_inspector *inspector;
	const struct fw_plan *plan;
};

static void forget_if_of(void *ctx, struct fw_vetting *vetting)
{
	const struct forgetting *forgetting = ctx;

	if (vetting->plan == forgetting->plan)
		forget_flow(forgetting->inspector, vetting);
}

void fw_inspector_forget(struct fw_inspector *inspector,
			 const struct fw_plan *plan)
{
	struct forgetting forgetting = { inspector, plan };

	fw_flow_table_each(inspector->table, forget_if_of, &forgetting);
}

void fw_inspector_clock(struct fw_inspector *inspector)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	inspector->now_ms = (uint64_t)ts.tv_sec * 1000 +
			    (uint64_t)ts.tv_nsec / 1000000;
}

void fw_inspector_sweep(struct fw_inspector *inspector)
{
	struct fw_vetting *vetting;
	uint64_t sum = 0;

	while ((vetting = fw_flow_table_expired(inspector->table,
						inspector->now_ms)))
		forget_flow(inspector, vetting);
	for (size_t i = 0; i < FW_ARRAY_SIZE(inspector->memory); i++)
		sum += inspector->memory[i].used;
	__atomic_store_n(&inspector->stats.memory, sum, __ATOMIC_RELAXED);
}

int fw_inspector_init(struct fw_inspector *inspector, uint16_t number,
		      const struct fw_plan *plan, const struct fw_door *door)
{
	memset(inspector, 0, sizeof(*inspector));
	inspector->number = number;
	inspector->door = door;
	inspector->table = fw_flow_table_new(plan->options.flows);
	if (!inspector->table)
		return -ENOMEM;
	inspector->plan = fw_plan_ref(plan);
	set_memory(inspector);
	fw_inspector_clock(inspector);
	return 0;
}

void fw_inspector_done(struct fw_inspector *inspector)
{
	struct fw_vetting *vetting;

	if (!inspector->table)
		return;
	while ((vetting = fw_flow_table_any(inspector->table)))
		forget_flow(inspector, vetting);
	fw_flow_table_free(inspector->table);
	drop_patterns(inspector->memory);
	fw_plan_unref(inspector->plan);
	inspector->table = NULL;
	inspector->plan = NULL;
}
