/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In: what the two sides of a connection say. Out: verdicts and reports. */
#include "tests/unit/inspector_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/packets.h"

static const struct fw_domain bad_names[] = { { .name = "evil.example" } };
const struct fw_domain_set bad_set = { "bad", bad_names, 1 };
static const struct fw_inspect_rule drop_bad[] = {
	{ .fact = FW_FACT_TLS_SNI, .domains = &bad_set,
	  .action = FW_INSPECT_DROP, .rule = 3 },
};

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	struct lab *lab = ctx;

	lab->last = *report;
	lab->reports++;
	lab->sni[0] = '\0';
	if (report->sni)
		strcpy(lab->sni, report->sni);
}

static void on_met(void *ctx, const struct fw_flow_report *report,
		   const struct fw_inspect_rule *rule)
{
	struct lab *lab = ctx;

	assert_non_null(report->profile);
	assert_true(lab->n_met < sizeof(lab->met) / sizeof(lab->met[0]));
	lab->met[lab->n_met++] = rule->rule;
}

static int on_profile(void *ctx, const struct fw_tuple *tuple)
{
	struct lab *lab = ctx;

	(void)tuple;
	lab->door_asked++;
	return lab->door_profile;
}

static struct fw_plan *plan_with(const struct fw_profile *profiles, size_t n)
{
	struct fw_plan *plan = fw_plan_new();

	assert_non_null(plan);
	plan->options.marks = 0xff000000;
	plan->options.mark_shift = 24;
	plan->options.flows = 16;
	plan->profiles = fw_arena_memdup(plan->arena, profiles,
					 n * sizeof(*profiles));
	plan->n_profiles = n;
	return plan;
}

void lab_open(struct lab *lab, size_t n_profiles)
{
	memset(lab, 0, sizeof(*lab));
	lab->profiles[0] = (struct fw_profile){
		.name = "web",
		.window_packets = 5,
		.window_bytes = 65536,
		.max_bytes = 4096,
		.max_ms = 30000,
		.memory = 1 << 20,
		.memory_flow = 64 << 10,
		.fallback = FW_INSPECT_TRUST,
		.rules = drop_bad,
		.n_rules = 1,
	};
	lab->profiles[1] = lab->profiles[0];
	lab->profiles[1].name = "strict";
	lab->profiles[1].id = 1;
	lab->profiles[1].fallback = FW_INSPECT_DROP;
	lab->plan = plan_with(lab->profiles, n_profiles);
	lab->door = (struct fw_door){
		.ctx = lab, .flow = on_flow, .profile = on_profile,
		.met = on_met,
	};
	lab->tuple = packet_tuple(4, IPPROTO_TCP);
	lab->seq[0] = 1000;
	lab->seq[1] = 0xfffffff0;
	lab->extra.mark = SOMEBODYS;
	lab->door_profile = -ENOENT;
	assert_int_equal(fw_inspector_init(&lab->inspector, 0, lab->plan,
					   &lab->door), 0);
}

void lab_reload(struct lab *lab, size_t n_profiles)
{
	fw_plan_unref(lab->plan);
	lab->plan = plan_with(lab->profiles, n_profiles);
	lab->plan->rules = lab->rules;
	lab->plan->n_rules = lab->n_rules;
	fw_inspector_set_plan(&lab->inspector, fw_plan_ref(lab->plan));
}

void lab_close(struct lab *lab)
{
	lab->inspector.now_ms += 24 * 3600 * 1000;
	fw_inspector_sweep(&lab->inspector);
	assert_int_equal(lab->inspector.stats.memory, 0);
	assert_int_equal(fw_flow_table_size(lab->inspector.table), 0);
	fw_inspector_done(&lab->inspector);
	fw_plan_unref(lab->plan);
}

struct fw_queue_verdict speak(struct lab *lab, bool reply, uint8_t flags,
			      uint32_t seq, uint32_t ack, const void *payload,
			      size_t len)
{
	struct fw_tuple tuple = reply ? fw_tuple_inverse(&lab->tuple) :
					lab->tuple;
	struct packet p = packet_make(&tuple, flags, seq, ack, payload, len);
	struct fw_queue_message message = lab->extra;

	message.data = p.data;
	message.len = message.full_len = p.len;
	return fw_inspector_packet(&lab->inspector, &message);
}

struct fw_queue_verdict say(struct lab *lab, bool reply, uint8_t flags,
			    const void *payload, size_t len)
{
	struct fw_queue_verdict verdict =
		speak(lab, reply, flags, lab->seq[reply], lab->seq[!reply],
		      payload, len);

	lab->seq[reply] += (uint32_t)len + !!(flags & SYN);
	return verdict;
}

void handshake(struct lab *lab)
{
	(void)say(lab, false, SYN, NULL, 0);
	(void)say(lab, true, SYN | ACK, NULL, 0);
	(void)say(lab, false, ACK, NULL, 0);
	assert_int_equal(lab->last.verdict, FW_FLOW_UNVETTED);
}

uint32_t mark_of(struct lab *lab, struct fw_queue_verdict verdict)
{
	assert_false(verdict.drop);
	return verdict.set_mark ? verdict.mark : lab->extra.mark;
}
