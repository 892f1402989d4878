/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate: vetting behind the user's rules.
 *
 * In: the typed configuration. Out: the chain that `inspect NAME` jumps to, for
 * a user's table, and Flywall's own table. Fails only for want of memory.
 *
 * The way of a packet, by priority:
 *
 *	defrag - 50	query_*		queries that ingress marked for rules with
 *	defrag - 40	judged_*	`dns`, to their queue; what the inspector
 *					says of them
 *	raw - 10	clear_*		Flywall's bits off the packet mark, where
 *					no TC program wrote them
 *	mangle - 10	expected_*	and off the connection mark of an
 *					expected connection, a copy of its
 *					master's: the user's rules decide anew
 *	raw - 5		synproxy_*	SYNs of forwarded connections that
 *	filter - 10			ingress left to nft's synproxy, untracked;
 *					and that synproxy
 *	mangle + 5	learn		flows of the learning engine's devices get its
 *					bit of the connection mark
 *	…		the user's	inspect: state unvetted, profile, accept
 *	filter + 10	gate_*		trusted on, blocked dropped, unvetted to
 *					vet, which queues or drops
 *	filter + 20	mark_*		the worker's word, in the packet mark,
 *					becomes the connection mark
 *	300		class_*		the class that a rule has given to a packet
 *					is kept for its connection, whose other
 *					packets get it where they leave
 *
 * The connection mark is the only truth; what the packet mark says is believed
 * between vet and mark_* alone. A configuration without a profile needs none of
 * this: then the own table holds the epoch only, and what `synproxy`,
 * queries and classes need.
 */
#include <errno.h>
#include <stdarg.h>

#include "compile/lower.h"
#include "util/buf.h"
#include "util/cleanup.h"

/* nft's numbers for its names, in family inet. */
enum {
	PRIORITY_DEFRAG = -400,	/* conntrack's: before it there are fragments */
	PRIORITY_RAW = -300,
	PRIORITY_MANGLE = -150,
	PRIORITY_FILTER = 0,
};

int fw_nft_rule_add(struct fw_arena *arena, fw_nft_rule_vec *rules,
		    const char *format, ...)
{
	struct fw_nft_rule *rule = fw_vec_push(arena, rules);
	va_list ap;

	if (!rule)
		return -ENOMEM;
	va_start(ap, format);
	rule->text = fw_arena_vprintf(arena, format, ap);
	va_end(ap);
	rule->rule = FW_NO_RULE;
	return rule->text ? 0 : -ENOMEM;
}

/* --- inspect NAME --------------------------------------------------------- */
char *fw_gate_inspect_name(struct fw_arena *arena, const char *profile)
{
	return fw_arena_printf(arena, "flywall_inspect_%s", profile);
}

int fw_gate_inspect_chain(const struct fw_typed *typed, struct fw_arena *arena,
			  uint32_t profile, struct fw_nft_chain *ret)
{
	const struct fw_profile *p = &typed->profiles[profile];
	unsigned shift = typed->options.mark_shift;
	/* what learns may have been met before */
	uint32_t cleared = typed->learn.given ?
		(uint32_t)(FW_CTMARK_STATE | FW_CTMARK_PROFILE) << shift :
		typed->options.marks;
	uint32_t id = (uint32_t)p->id << FW_CTMARK_PROFILE_SHIFT;
	fw_nft_rule_vec rules = { 0 };
	int r;

	r = fw_nft_rule_add(arena, &rules, "ct state invalid,untracked "
			    "counter drop comment \"no-conntrack\"");
	if (r == 0)
		r = fw_nft_rule_add(arena, &rules,
				    "ct mark & 0x%08x == 0x%08x "
				    "ct mark set ct mark & 0x%08x | 0x%08x",
				    (uint32_t)FW_CTMARK_STATE << shift,
				    (uint32_t)FW_CTMARK_NONE << shift, ~cleared,
				    (FW_CTMARK_UNVETTED | id) << shift);
	if (r == 0)
		r = fw_nft_rule_add(arena, &rules, "accept");
	*ret = (struct fw_nft_chain){
		.name = fw_gate_inspect_name(arena, p->name),
		.rules = rules.items,
		.n_rules = rules.n,
	};
	return r < 0 || !ret->name ? -ENOMEM : 0;
}

/* --- learn ---------------------------------------------------------------- */
/* One word, so that it is not taken for a user's own mark (marks.c). */
char *fw_gate_learn_words(const struct fw_typed *typed, struct fw_arena *arena)
{
	return fw_arena_printf(arena, "ct mark set ct mark | 0x%08x",
			       (uint32_t)FW_CTMARK_LEARN
				       << typed->options.mark_shift);
}

/* --- the own table -------------------------------------------------------- */
struct gate {
	const struct fw_typed *typed;
	const struct fw_plan *plan;
	struct fw_arena *arena;
	unsigned shift;
	uint32_t marks;
	FW_VEC(struct fw_nft_chain) chains;
};

/* A byte of abi.h's in its place in the mark. */
static uint32_t bits(const struct gate *g, unsigned byte)
{
	return (uint32_t)byte << g->shift;
}

/* hook NULL: a regular chain. */
static int add_chain(struct gate *g, const char *name, const char *hook,
		     int priority, const fw_nft_rule_vec *rules)
{
	struct fw_nft_chain *c = fw_vec_push(g->arena, &g->chains);

	if (!c)
		return -ENOMEM;
	c->name = name;
	if (hook) {
		c->base = fw_arena_printf(g->arena, "type filter hook %s "
					  "priority %d; policy accept;", hook,
					  priority);
		if (!c->base)
			return -ENOMEM;
	}
	c->rules = rules->items;
	c->n_rules = rules->n;
	return 0;
}

/* The three hooks that vetted packets pass. */
static const struct {
	const char *hook, *gate, *mark;
	enum fw_hook number;
} hooks[] = {
	{ "input", "gate_input", "mark_input", FW_HOOK_INPUT },
	{ "forward", "gate_forward", "mark_forward", FW_HOOK_FORWARD },
	{ "output", "gate_output", "mark_output", FW_HOOK_OUTPUT },
};

/* `iifname != { … } `: what TC does not see. */
static char *untouched(struct gate *g)
{
	char *list = fw_arena_strdup(g->arena, "");
	const char *gap = "";

	for (size_t i = 0; list && i < g->plan->n_devices; i++) {
		if (!g->plan->devices[i].tc)
			continue;
		list = fw_arena_printf(g->arena, "%s%s\"%s\"", list, gap,
				       g->plan->devices[i].name);
		gap = ", ";
	}
	if (!list || !*list)
		return list;
	return fw_arena_printf(g->arena, "iifname != { %s } ", list);
}

static int add_clearing(struct gate *g)
{
	fw_nft_rule_vec pre = { 0 }, out = { 0 };
	const char *scope = untouched(g);
	int r;

	if (!scope)
		return -ENOMEM;
	r = fw_nft_rule_add(g->arena, &pre, "%smeta mark & 0x%08x != 0x%08x "
			    "meta mark set meta mark & 0x%08x", scope,
			    g->marks, 0u, ~g->marks);
	if (r == 0)
		r = add_chain(g, "clear_prerouting", "prerouting",
			      PRIORITY_RAW - 10, &pre);
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &out, "meta mark & 0x%08x != "
				    "0x%08x meta mark set meta mark & 0x%08x",
				    g->marks, 0u, ~g->marks);
	if (r == 0)
		r = add_chain(g, "clear_output", "output", PRIORITY_RAW - 10,
			      &out);
	return r;
}

/* Only the packet that opens the connection, which is not confirmed yet: an
 * ICMP error, `related` as well, must not reset a flow's state. */
static int add_expected(struct gate *g)
{
	static const char *const names[][2] = {
		{ "expected_prerouting", "prerouting" },
		{ "expected_output", "output" },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(names); i++) {
		fw_nft_rule_vec rules = { 0 };

		r = fw_nft_rule_add(g->arena, &rules, "ct state related "
				    "ct status expected "
				    "ct status & confirmed == 0 "
				    "meta l4proto != { " FW_NFT_ICMPS " } "
				    "ct mark set ct mark & 0x%08x", ~g->marks);
		if (r == 0)
			r = add_chain(g, names[i][0], names[i][1],
				      PRIORITY_MANGLE - 10, &rules);
	}
	return r;
}

/* In this order: 1. management; 2. errors about flows that are known; 3. what
 * came from this host, gated when it left; 4. the state. */
static int add_gate(struct gate *g, size_t i)
{
	const uint32_t state = bits(g, FW_CTMARK_STATE);
	fw_nft_rule_vec rules = { 0 };
	int r = fw_management_rules(g->typed, g->arena, "inet",
				    hooks[i].number, &rules);

	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "meta l4proto "
				    "{ " FW_NFT_ICMPS " } ct state related "
				    "accept");
	if (r == 0 && hooks[i].number == FW_HOOK_INPUT)
		r = fw_nft_rule_add(g->arena, &rules, "iifname \"lo\" accept");
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "ct mark & 0x%08x == "
				    "0x%08x accept", state,
				    bits(g, FW_CTMARK_TRUSTED));
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "ct mark & 0x%08x == "
				    "0x%08x counter drop comment \"blocked\"",
				    state, bits(g, FW_CTMARK_BLOCKED));
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "ct mark & 0x%08x == "
				    "0x%08x jump vet", state,
				    bits(g, FW_CTMARK_UNVETTED));
	return r < 0 ? r : add_chain(g, hooks[i].gate, hooks[i].hook,
				     PRIORITY_FILTER + 10, &rules);
}

static char *vet_name(struct gate *g, size_t profile)
{
	return fw_arena_printf(g->arena, "vet_%s",
			       g->typed->profiles[profile].name);
}

/* A connection whose profile is not in the file any more: the user's rules have
 * accepted its packet, and they alone decide now. */
static int add_forgotten(struct gate *g, fw_nft_rule_vec *rules)
{
	struct fw_buf known = { 0 };
	int r;

	for (size_t i = 0; i < g->typed->n_profiles; i++)
		fw_buf_printf(&known, "%s0x%08x", i ? ", " : "",
			      bits(g, (unsigned)g->typed->profiles[i].id <<
				      FW_CTMARK_PROFILE_SHIFT));
	r = !known.text ? -ENOMEM :
	    fw_nft_rule_add(g->arena, rules, "ct mark & 0x%08x != { %s } "
			    "ct mark set ct mark & 0x%08x accept",
			    bits(g, FW_CTMARK_PROFILE), known.text, ~g->marks);
	fw_buf_done(&known);
	return r;
}

/* The jumps come back only where a queue chain is empty; then nothing vetted
 * the packet. What a user's rules left in the worker's bits is wiped first. */
static int add_vet(struct gate *g)
{
	const uint32_t word = bits(g, FW_MARK_TRUST | FW_MARK_BLOCK);
	fw_nft_rule_vec rules = { 0 };
	int r = fw_nft_rule_add(g->arena, &rules, "meta mark & 0x%08x != "
				"0x%08x meta mark set meta mark & 0x%08x", word,
				0u, ~word);

	if (r == 0 && g->typed->n_profiles < FW_PROFILES)
		r = add_forgotten(g, &rules);
	for (size_t i = 0; r == 0 && i < g->typed->n_profiles; i++) {
		const struct fw_profile *p = &g->typed->profiles[i];
		const char *name = vet_name(g, i);

		if (!name)
			return -ENOMEM;
		r = fw_nft_rule_add(g->arena, &rules, "ct mark & 0x%08x == "
				    "0x%08x jump %s",
				    bits(g, FW_CTMARK_PROFILE),
				    bits(g, (unsigned)p->id <<
					    FW_CTMARK_PROFILE_SHIFT), name);
	}
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "counter drop "
				    "comment \"vet-unqueued\"");
	return r < 0 ? r : add_chain(g, "vet", NULL, 0, &rules);
}

static int add_queues(struct gate *g)
{
	for (size_t i = 0; i < g->typed->n_profiles; i++) {
		struct fw_nft_chain *c = fw_vec_push(g->arena, &g->chains);

		if (!c)
			return -ENOMEM;
		c->name = vet_name(g, i);
		c->queue = true;
		c->queue_first = g->typed->profiles[i].queue_first;
		c->queue_last = g->typed->profiles[i].queue_last;
		c->bypass = g->typed->profiles[i].on_absent;
		if (!c->name)
			return -ENOMEM;
	}
	return 0;
}

/* Of a flow that is still unvetted only: packets that were in the queue when
 * its verdict fell carry the same word, and change nothing. A word of block is
 * heeded in any state. */
static int add_mark(struct gate *g, size_t i)
{
	const uint32_t state = bits(g, FW_CTMARK_STATE);
	const uint32_t word = bits(g, FW_MARK_TRUST | FW_MARK_BLOCK);
	const uint32_t block = bits(g, FW_MARK_BLOCK);
	fw_nft_rule_vec rules = { 0 };
	int r;

	r = fw_nft_rule_add(g->arena, &rules, "meta mark & 0x%08x == 0x%08x "
			    "accept", word, 0u);
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "meta mark & 0x%08x != "
				    "0x%08x ct mark set ct mark & 0x%08x | "
				    "0x%08x counter drop comment \"blocked\"",
				    block, 0u, ~state,
				    bits(g, FW_CTMARK_BLOCKED));
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "ct mark & 0x%08x == "
				    "0x%08x ct mark set ct mark & 0x%08x | "
				    "0x%08x", state,
				    bits(g, FW_CTMARK_UNVETTED), ~state,
				    bits(g, FW_CTMARK_TRUSTED));
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "meta mark set "
				    "meta mark & 0x%08x", ~word);
	return r < 0 ? r : add_chain(g, hooks[i].mark, hooks[i].hook,
				     PRIORITY_FILTER + 20, &rules);
}

static int add_vetting(struct gate *g)
{
	int r = add_clearing(g);

	if (r == 0)
		r = add_expected(g);
	if (r == 0)
		r = add_queues(g);
	if (r == 0)
		r = add_vet(g);
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(hooks); i++)
		r = add_gate(g, i);
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(hooks); i++)
		r = add_mark(g, i);
	return r;
}

/* --- synproxy at ingress --------------------------------------------------- */
/* `mss 1460 wscale 7 timestamp sack-perm`, as nft has it. */
static char *synproxy_words(struct gate *g, const struct fw_synproxy *from)
{
	char *text = fw_arena_strdup(g->arena, "synproxy");

	if (text && from->offers & FW_SYN_MSS)
		text = fw_arena_printf(g->arena, "%s mss %u", text, from->mss);
	if (text && from->offers & FW_SYN_WSCALE)
		text = fw_arena_printf(g->arena, "%s wscale %u", text,
				       from->wscale);
	if (text && from->offers & FW_SYN_TIMESTAMP)
		text = fw_arena_printf(g->arena, "%s timestamp", text);
	if (text && from->offers & FW_SYN_SACK)
		text = fw_arena_printf(g->arena, "%s sack-perm", text);
	return text;
}

/* For connections that are forwarded: the cookie's ACK, which belongs to none
 * yet, begins one with the server. Where XDP answers no SYNs, they come here
 * themselves. */
static int add_synproxies(struct gate *g)
{
	const uint32_t mask = bits(g, FW_MARK_SYNPROXY);
	fw_nft_rule_vec pre = { 0 }, forward = { 0 };
	int r = fw_nft_rule_add(g->arena, &pre, "meta mark & 0x%08x != 0x%08x "
				"tcp flags & (fin | syn | rst | ack) == syn "
				"fib daddr type != local notrack", mask, 0u);

	if (r == 0)
		r = add_chain(g, "synproxy_prerouting", "prerouting",
			      PRIORITY_RAW - 5, &pre);
	for (uint8_t i = 1; r == 0 && i <= g->plan->n_synproxies; i++) {
		const char *words = synproxy_words(g, &g->plan->synproxies[i]);

		r = !words ? -ENOMEM :
		    fw_nft_rule_add(g->arena, &forward, "meta mark & 0x%08x == "
				    "0x%08x ct state invalid,untracked %s",
				    mask, bits(g, (unsigned)i <<
					       FW_MARK_SYNPROXY_SHIFT), words);
	}
	return r < 0 ? r : add_chain(g, "synproxy_forward", "forward",
				     PRIORITY_FILTER - 10, &forward);
}

/* --- queries ---------------------------------------------------------------- */
#define QUERY_MARKED "meta l4proto 17 meta mark & 0x%08x "

/* The chain comes back only where it is empty. */
static int add_query_queue(struct gate *g, uint32_t mask)
{
	fw_nft_rule_vec rules = { 0 };
	struct fw_nft_chain *queue = fw_vec_push(g->arena, &g->chains);
	int r;

	if (!queue)
		return -ENOMEM;
	*queue = (struct fw_nft_chain){
		.name = "query",
		.queue = true,
		.queue_first = g->plan->queries.queue,
		.queue_last = g->plan->queries.queue,
	};
	r = fw_nft_rule_add(g->arena, &rules, QUERY_MARKED "!= 0x%08x "
			    "jump query", mask, 0u);
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, QUERY_MARKED "!= 0x%08x "
				    "counter drop comment \"query-unqueued\"",
				    mask, 0u);
	return r < 0 ? r : add_chain(g, "query_prerouting", "prerouting",
				     PRIORITY_DEFRAG - 50, &rules);
}

/* What else there is has been judged by another generation, whose rules with
 * numbers drop as well. */
static int add_judged(struct gate *g, uint32_t mask)
{
	fw_nft_rule_vec rules = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->typed->n_queries; i++) {
		const struct fw_typed_query *q = &g->typed->queries[i];

		if (!q->rule.number)
			continue;
		r = fw_nft_rule_add(g->arena, &rules, QUERY_MARKED "== 0x%08x "
				    "%s", mask,
				    bits(g, fw_query_mark(q->rule.number)),
				    q->late);
		if (r == 0)
			rules.items[rules.n - 1].rule = q->rule.rule;
	}
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, QUERY_MARKED "!= 0x%08x "
				    "counter drop comment \"query-unknown\"",
				    mask, 0u);
	return r < 0 ? r : add_chain(g, "judged_prerouting", "prerouting",
				     PRIORITY_DEFRAG - 40, &rules);
}

static int add_queries(struct gate *g)
{
	const uint32_t mask = bits(g, FW_MARK_QUERY);
	int r = add_query_queue(g, mask);

	return r < 0 ? r : add_judged(g, mask);
}

/* --- classes ---------------------------------------------------------------- */
#define PRIORITY_CLASS 300
#define CLASSES "classes"

static int add_class_chain(struct gate *g, const char *hook, bool leaves)
{
	const char *name = fw_arena_printf(g->arena, "class_%s", hook);
	fw_nft_rule_vec rules = { 0 };
	int r = 0;

	if (leaves)
		r = fw_nft_rule_add(g->arena, &rules, "meta priority & 0x%08x "
				    "!= 0x%08x meta priority set ct id map @"
				    CLASSES, FW_QOS_CARRIER_MASK,
				    FW_QOS_CARRIER);
	if (r == 0)
		r = fw_nft_rule_add(g->arena, &rules, "meta priority & 0x%08x "
				    "== 0x%08x update @" CLASSES
				    " { ct id : meta priority }",
				    FW_QOS_CARRIER_MASK, FW_QOS_CARRIER);
	if (r == 0 && leaves)
		r = fw_nft_rule_add(g->arena, &rules, "meta priority & 0x%08x "
				    "== 0x%08x ct direction reply meta priority "
				    "set meta priority | 0x%08x",
				    FW_QOS_CARRIER_MASK, FW_QOS_CARRIER,
				    FW_QOS_REPLY);
	return r < 0 || !name ? -ENOMEM :
	       add_chain(g, name, hook, PRIORITY_CLASS, &rules);
}

/* The stack gives what it forwards a priority of its own, so what a rule said
 * before that has to be kept by then. */
static int add_classes(struct gate *g)
{
	int r = add_class_chain(g, "prerouting", false);

	if (r == 0)
		r = add_class_chain(g, "input", false);
	return r < 0 ? r : add_class_chain(g, "postrouting", true);
}

/* A flow that is idle for longer has its class by the rules again. */
static int class_map(const struct gate *g, struct fw_nft_object *ret)
{
	*ret = (struct fw_nft_object){
		.kind = "map",
		.name = CLASSES,
		.body = fw_arena_printf(g->arena, "typeof ct id : meta priority\n"
					"size %u\nflags dynamic,timeout\n"
					"timeout 1h", g->plan->options.flows),
	};
	return ret->body ? 0 : -ENOMEM;
}

/* --- learn's devices -------------------------------------------------------- */
/* A flow that is answered has packets that come in by each of its devices. */
static int add_learn(struct gate *g)
{
	const struct fw_device_list *devices = &g->typed->learn_devices;
	const uint32_t bit = bits(g, FW_CTMARK_LEARN);
	char *names = fw_arena_strdup(g->arena, "");
	fw_nft_rule_vec rules = { 0 };
	int r = names ? 0 : -ENOMEM;

	for (size_t i = 0; names && i < devices->n; i++)
		names = fw_arena_printf(g->arena, "%s%s\"%s\"", names,
					i ? ", " : "", devices->names[i]);
	if (names)
		r = fw_nft_rule_add(g->arena, &rules, "iifname { %s } "
				    "ct mark & 0x%08x == 0x%08x %s", names, bit,
				    0u, fw_gate_learn_words(g->typed, g->arena));
	return r < 0 || !names ? -ENOMEM :
	       add_chain(g, "learn", "prerouting", PRIORITY_MANGLE + 5, &rules);
}

static const char *const epoch_elements[] = { FW_NFT_EPOCH };
static const struct fw_nft_object epoch_set = {
	.kind = "set",
	.name = "epoch",
	.body = "type mark",
	.elements = epoch_elements,
	.n_elements = FW_ARRAY_SIZE(epoch_elements),
};

int fw_gate_table(const struct fw_typed *typed, struct fw_plan *plan,
		  struct fw_nft_table *ret)
{
	struct gate g = {
		.typed = typed,
		.plan = plan,
		.arena = plan->arena,
		.shift = typed->options.mark_shift,
		.marks = typed->options.marks,
	};
	struct fw_nft_object *objects = fw_arena_array(plan->arena, 2,
						       sizeof(*objects));
	int r = typed->n_profiles > 0 ? add_vetting(&g) : 0;

	if (!objects)
		return -ENOMEM;
	objects[0] = epoch_set;
	if (r == 0 && typed->n_qos > 0)
		r = add_classes(&g);
	if (r == 0 && typed->n_qos > 0)
		r = class_map(&g, &objects[1]);

	if (r == 0 && plan->n_synproxies > 0 &&
	    plan->options.syn_cookies != FW_SYN_COOKIES_OFF)
		r = add_synproxies(&g);

	if (r == 0 && typed->n_queries > 0)
		r = add_queries(&g);

	if (r == 0 && typed->learn_devices.n > 0)
		r = add_learn(&g);
	*ret = (struct fw_nft_table){
		.family = "inet",
		.name = "flywall",
		.own = true,
		.objects = objects,
		.n_objects = typed->n_qos > 0 ? 2 : 1,
		.chains = g.chains.items,
		.n_chains = g.chains.n,
	};
	return r;
}
