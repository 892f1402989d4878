/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's state in, JSON documents out. Only memory fails: jansson's
 * "o" members that are NULL make the whole document NULL.
 */
#include <config.h>

#include "daemon/status.h"

#include <arpa/inet.h>
#include <sysexits.h>

#include "daemon/confirm.h"
#include "daemon/feeds.h"
#include "daemon/json.h"
#include "daemon/kernel.h"
#include "daemon/metrics_place.h"
#include "daemon/queues.h"
#include "daemon/sinks.h"
#include "inspect/sandbox.h"
#include "util/cleanup.h"

#define MAPS_MAX 64
#define NS_PER_S 1000000000ULL

/* Appends to array, which may be NULL already: NULL when memory runs out. */
static json_t *append(json_t *array, json_t *item)
{
	if (!array || json_array_append_new(array, item) < 0) {
		json_decref(array);
		return NULL;
	}
	return array;
}

/* --- status --------------------------------------------------------------- */

static json_t *devices(const struct fw_daemon *daemon)
{
	const struct fw_device_status *items;
	size_t n = fw_apply_devices(daemon->apply, &items);
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		array = append(array,
			       json_pack("{s:o, s:s, s:b, s:b, s:s, s:o}",
					 "name", fw_json_text(items[i].name),
					 "xdp", items[i].xdp, "tc",
					 items[i].tc, "watch", items[i].watch,
					 "state", items[i].state, "reason",
					 fw_json_text(items[i].reason)));
	return array;
}

/* Why forwarded flows stay on the stack; NULL: they need not. */
static const char *road_reason(const struct fw_daemon *daemon,
			       const struct fw_device_status *device,
			       char *buffer, size_t size)
{
	const struct fw_plan *plan = daemon->running.plan;
	const struct fw_plan_rule *blocker = fw_plan_road_blocker(plan);

	if (!plan->n_profiles)
		return "nothing is inspected";
	if (!fw_apply_roads(daemon->apply) || !device->tc)
		return "no TC program on the device";
	if (!blocker)
		return NULL;
	(void)snprintf(buffer, size, "%s:%u has to see each packet: %s",
		       blocker->file ? blocker->file : "", blocker->line,
		       blocker->text);
	return blocker->text[0] ? buffer : "rules have to see each packet";
}

static json_t *roads(const struct fw_daemon *daemon)
{
	const struct fw_device_status *items;
	size_t n = fw_apply_devices(daemon->apply, &items);
	json_t *array = json_array();
	char buffer[512];

	for (size_t i = 0; i < n; i++) {
		const char *reason = road_reason(daemon, &items[i], buffer,
						 sizeof(buffer));
		const char *road = reason ? "stack" : "tc";

		if (!reason) {
			reason = fw_apply_road_obstacle(daemon->apply,
							items[i].name);
			road = reason ? "tc" : "xdp";
		}

		array = append(array,
			       json_pack("{s:o, s:s, s:o}", "device",
					 fw_json_text(items[i].name), "road",
					 road, "reason",
					 fw_json_text(reason)));
	}
	return array;
}

static json_t *features(const struct fw_daemon *daemon)
{
	const struct fw_feature_status *items;
	size_t n = fw_apply_features(daemon->apply, &items);
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		array = append(array,
			       json_pack("{s:o, s:o, s:o, s:o}", "name",
					 fw_json_text(items[i].name), "layer",
					 fw_json_text(items[i].layer),
					 "fallback",
					 fw_json_text(items[i].fallback),
					 "reason",
					 fw_json_text(items[i].fallback ?
							      items[i].reason :
							      NULL)));
	return array;
}

static json_t *maps(const struct fw_daemon *daemon)
{
	struct fw_map_status items[MAPS_MAX];
	size_t n = fw_apply_maps(daemon->apply, items, MAPS_MAX);
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		array = append(array, json_pack("{s:o, s:o, s:o}", "name",
						fw_json_text(items[i].name),
						"entries",
						fw_json_number(items[i].entries),
						"max",
						fw_json_number(items[i].max)));
	return array;
}

/* What the process that reads the packets has given up. */
static json_t *walls(uint32_t standing)
{
	json_t *array = json_array();

	for (int i = 0; i < FW_SANDBOX_WALLS_; i++)
		if (standing >> i & 1)
			array = append(array, json_string(fw_sandbox_wall_name(
						(enum fw_sandbox_wall)i)));
	return array;
}

static json_t *queue(uint16_t number, struct fw_worker *worker,
		     const struct fw_queue_count *kernel)
{
	struct fw_worker_stats s;

	fw_worker_get_stats(worker, &s);
	return json_pack(
		"{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o, s:o, s:o, s:o}",
		"queue", (int)number, "length", fw_json_number(kernel->length),
		"queued", fw_json_number(kernel->sequence), "dropped",
		fw_json_number(kernel->dropped), "user_dropped",
		fw_json_number(kernel->user_dropped), "packets",
		fw_json_number(s.packets), "bytes", fw_json_number(s.bytes),
		"flows", fw_json_number(s.flows), "trusted",
		fw_json_number(s.trusted), "blocked", fw_json_number(s.blocked),
		"overloads", fw_json_number(s.overloads), "odd",
		fw_json_number(s.odd), "memory", fw_json_number(s.memory),
		"unjudged", fw_json_number(s.unjudged), "failures",
		fw_json_number(s.failures), "without", walls(s.walls));
}

static json_t *queues(const struct fw_daemon *daemon)
{
	struct fw_queue_count counts[256];
	size_t n = fw_queues_read(counts, FW_ARRAY_SIZE(counts));
	json_t *array = json_array();

	for (size_t i = 0; i < daemon->workers.n; i++) {
		uint16_t number = daemon->workers.items[i].queue;
		struct fw_queue_count kernel = { 0 };

		for (size_t k = 0; k < n; k++) {
			if (counts[k].queue == number)
				kernel = counts[k];
		}
		array = append(array,
			       queue(number, daemon->workers.items[i].worker,
				     &kernel));
	}
	return array;
}

static const char *keyword(bool accept)
{
	return accept ? "accept" : "drop";
}

static json_t *profiles(const struct fw_plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->n_profiles; i++) {
		const struct fw_profile *p = &plan->profiles[i];

		array = append(
			array,
			json_pack("{s:o, s:[ii], s:o, s:o, s:s, s:s, s:s}",
				  "name", fw_json_text(p->name), "queues",
				  (int)p->queue_first, (int)p->queue_last,
				  "window_packets",
				  fw_json_number(p->window_packets),
				  "window_bytes",
				  fw_json_number(p->window_bytes),
				  "on_incomplete", keyword(p->on_incomplete),
				  "on_overload", keyword(p->on_overload),
				  "on_absent", keyword(p->on_absent)));
	}
	return array;
}

static json_t *flows(const struct fw_daemon *daemon)
{
	struct fw_flows_stats s;

	fw_flows_get_stats(daemon->flows, &s);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "records",
			 fw_json_number(s.records), "max",
			 fw_json_number(s.max), "unvetted",
			 fw_json_number(s.unvetted), "trusted",
			 fw_json_number(s.trusted), "blocked",
			 fw_json_number(s.blocked), "refused",
			 fw_json_number(s.refused), "unmapped",
			 fw_json_number(s.unmapped), "lost_events",
			 fw_json_number(s.lost_events));
}

/* NULL where nobody counts. */
static json_t *class_counts(struct fw_daemon *daemon,
			    const struct fw_qos_class *class, bool reply)
{
	struct fw_qos_counter n;

	if (fw_apply_class_counts(daemon->apply, class, reply, &n) < 0)
		return NULL;
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
			 class->name, "direction", reply ? "reply" : "original",
			 "packets", fw_json_number(n.packets), "bytes",
			 fw_json_number(n.bytes), "dropped",
			 fw_json_number(n.dropped), "dropped_bytes",
			 fw_json_number(n.dropped_bytes), "delayed",
			 fw_json_number(n.delayed), "marked",
			 fw_json_number(n.marked));
}

static json_t *classes(struct fw_daemon *daemon)
{
	const struct fw_plan *plan = fw_apply_plan(daemon->apply);
	json_t *array = json_array();

	for (size_t i = 0; i < plan->n_classes * 2; i++) {
		json_t *one = class_counts(daemon, &plan->classes[i / 2],
					   i % 2);

		if (one)
			array = append(array, one);
	}
	return array;
}

json_t *fw_status_stats(const struct fw_daemon *daemon, unsigned by)
{
	uint64_t stats[FW_STAT_MAX_] = { 0 };
	json_t *object = json_object();

	if (by & FW_COUNTED_PROGRAMS)
		(void)fw_apply_stats(daemon->apply, stats);
	if (by & FW_COUNTED_DAEMON) {
		fw_workers_add_stats(&daemon->workers, stats);
		fw_monitors_add_stats(daemon->monitors, stats);
	}
	for (unsigned i = 0; object && i < FW_STAT_MAX_; i++) {
		if (json_object_set_new(object,
					fw_stat_name((enum fw_stat)i),
					fw_json_number(stats[i])) < 0) {
			json_decref(object);
			object = NULL;
		}
	}
	return object;
}

json_t *fw_status_document(struct fw_daemon *daemon)
{
	const struct fw_plan *plan = daemon->running.plan;
	uint64_t uptime = fw_daemon_clock() - daemon->started_ns;
	char hash[FW_HASH_HEX];

	fw_hash_hex(&plan->hash, hash);
	return json_pack(
		"{s:s, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o,"
		" s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o, s:o}",
		"schema", FW_SCHEMA, "version", PACKAGE_VERSION, "instance",
		fw_json_text(daemon->options->instance), "hash", hash, "pid",
		(int)getpid(), "generation",
		fw_json_number(fw_apply_generation(daemon->apply)), "uptime_s",
		fw_json_number(uptime / NS_PER_S), "file",
		fw_json_text(daemon->file), "trial",
		fw_trial_document(daemon), "devices", devices(daemon),
		"features", features(daemon), "roads", roads(daemon),
		"profiles", profiles(plan), "queues", queues(daemon), "flows",
		flows(daemon), "classes", classes(daemon), "maps", maps(daemon),
		"feeds", fw_feeds_document(daemon->feeds), "metrics",
		fw_metrics_place_document(daemon->metrics), "counters",
		fw_status_stats(daemon, FW_COUNTED_PROGRAMS |
						FW_COUNTED_DAEMON),
		"events", fw_sinks_document(daemon), "kernel",
		fw_kernel_counters(daemon), "kernel_drops",
		fw_kernel_drops(daemon));
}

/* --- lists ---------------------------------------------------------------- */

static json_t *count(int64_t number)
{
	return number < 0 ? json_null() : json_integer(number);
}

static json_t *rule(const struct fw_plan_rule *rule,
		    const struct fw_rule_count *counted)
{
	return json_pack("{s:o, s:I, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}",
			 "file", fw_json_text(rule->file), "line",
			 (json_int_t)rule->line, "family",
			 fw_json_text(rule->family), "table",
			 fw_json_text(rule->table), "chain",
			 fw_json_text(rule->chain), "layer",
			 fw_layer_name(rule->layer), "reason",
			 fw_json_text(rule->reason), "packets",
			 count(counted->packets), "bytes",
			 count(counted->bytes), "text",
			 fw_json_text(rule->text));
}

json_t *fw_status_rules(struct fw_daemon *daemon)
{
	const struct fw_plan *plan = fw_apply_plan(daemon->apply);
	_cleanup_free_ struct fw_rule_count *counts = NULL;
	json_t *array = json_array();

	counts = calloc(plan->n_rules + 1, sizeof(*counts));
	if (!counts) {
		json_decref(array);
		return NULL;
	}
	/* A layer that cannot be read leaves its counts unknown. */
	for (size_t i = 0; i < plan->n_rules; i++)
		counts[i] = (struct fw_rule_count){ -1, -1 };
	(void)fw_apply_rule_counts(daemon->apply, counts);
	fw_verdicts_rule_counts(daemon->verdicts, plan, counts);
	fw_flows_rule_counts(daemon->flows, plan, counts);
	for (size_t i = 0; i < plan->n_rules; i++)
		array = append(array, rule(&plan->rules[i], &counts[i]));
	return json_pack("{s:s, s:o, s:o}", "schema", FW_SCHEMA, "generation",
			 fw_json_number(fw_apply_generation(daemon->apply)),
			 "rules", array);
}

static json_t *named_counter(const struct fw_plan_counter *counter,
			     const struct fw_rule_count *counted)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "family",
			 fw_json_text(counter->family), "table",
			 fw_json_text(counter->table), "name",
			 fw_json_text(counter->name), "packets",
			 count(counted->packets), "bytes",
			 count(counted->bytes));
}

json_t *fw_status_counters(struct fw_daemon *daemon)
{
	const struct fw_plan *plan = fw_apply_plan(daemon->apply);
	_cleanup_free_ struct fw_rule_count *counts = NULL;
	json_t *array = json_array();
	int r;

	counts = calloc(plan->n_counters + 1, sizeof(*counts));
	if (!counts) {
		json_decref(array);
		return NULL;
	}
	/* A part of a sum is none. */
	r = fw_apply_counter_counts(daemon->apply, counts);
	fw_flows_counter_counts(daemon->flows, plan, counts);
	for (size_t i = 0; i < plan->n_counters; i++) {
		if (r < 0)
			counts[i] = (struct fw_rule_count){ -1, -1 };
		array = append(array, named_counter(&plan->counters[i],
						    &counts[i]));
	}
	return json_pack("{s:s, s:o, s:o}", "schema", FW_SCHEMA, "generation",
			 fw_json_number(fw_apply_generation(daemon->apply)),
			 "counters", array);
}

json_t *fw_status_classes(struct fw_daemon *daemon)
{
	return json_pack("{s:s, s:o, s:o}", "schema", FW_SCHEMA, "generation",
			 fw_json_number(fw_apply_generation(daemon->apply)),
			 "classes", classes(daemon));
}

json_t *fw_status_config(struct fw_daemon *daemon)
{
	const struct fw_plan *plan = daemon->running.plan;
	json_t *files = json_array();

	for (size_t i = 0; i < plan->n_files; i++)
		files = append(files, fw_json_text(plan->files[i]));
	return json_pack("{s:s, s:o, s:o, s:o}", "schema", FW_SCHEMA,
			 "generation",
			 fw_json_number(fw_apply_generation(daemon->apply)),
			 "files", files, "text",
			 fw_json_text(daemon->running.text));
}

static json_t *address(uint8_t family, const uint8_t addr[16])
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text,
			sizeof(text));
	return json_string(text);
}

/* What was not seen is absent; so are the keys of later versions. */
json_t *fw_status_flow(const struct fw_flow_view *view)
{
	const struct fw_tuple *t = &view->tuple;
	char proto[FW_PROTO_MAX];

	return json_pack(
		"{s:s, s:s, s:o, s:i, s:o, s:i, s:s, s:o, s:o, s:o, s:o, s:o,"
		" s:s, s:s?, s:o?, s:s?, s:s?, s:o*, s:o}",
		"family", t->family == 4 ? "ip" : "ip6", "proto",
		fw_proto_text(t->proto, proto), "src",
		address(t->family, t->saddr), "sport", (int)t->sport, "dst",
		address(t->family, t->daddr), "dport", (int)t->dport, "verdict",
		fw_flow_verdict_name(view->verdict), "profile",
		fw_json_text(view->profile), "packets",
		fw_json_number(view->packets), "bytes",
		fw_json_number(view->bytes), "user_packets",
		fw_json_number(view->user_packets), "user_bytes",
		fw_json_number(view->user_bytes), "road", view->road, "qos",
		view->class, "sni", view->sni ? fw_json_text(view->sni) : NULL, "ja3",
		view->ja3, "ja4", view->ja4, "reason",
		view->reason ? fw_json_text(view->reason) : NULL, "idle_s",
		fw_json_number(view->idle_s));
}
