/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule of an ingress chain to XDP rules.
 *
 * In: the typed rule, the device. Out: rules whose matches are one a field, in
 * the order in which they are to be tried. Fails only for want of memory; what
 * XDP cannot do is a reason.
 *
 * XDP has no chains. A jump becomes the rules of its chain, each with the jump's
 * matches too; `return` skips behind them, and so does the end of what was gone
 * to by `goto`. A verdict map is a rule for each of its verdicts. A concatenation
 * is a rule for each element, which skips to what the rest of the rule does, and
 * one behind them, which skips that. A counter in front of a match is a rule of
 * its own, as it counts packets that the match then lets go.
 */
#include "compile/flatten.h"

#include <errno.h>
#include <string.h>

#include <net/if_arp.h>

#include "compile/live.h"
#include "util/cleanup.h"

#define NXDOMAIN 3		/* RFC 1035 section 4.1.1 */

#define LIVES_MAX 8

/* A conjunction: matches by field, one a field, live sets, and a limit behind
 * them. */
struct all {
	struct fw_match m[FW_FIELD_ALL_MAX_];
	size_t n;
	struct fw_live_match lives[LIVES_MAX];
	size_t n_lives;
	bool never;		/* in a live set and not in it */
	const struct fw_plan_limit *limit;	/* or NULL */
};

/* A rule whose skip_to is where a label comes to stand. */
struct jump_to {
	size_t rule;
	uint32_t label;
};

struct flattening {
	const struct fw_typed *typed;
	struct fw_arena *arena;
	const struct fw_typed_table *table;
	const char *device;
	size_t room;
	FW_VEC(struct jump_to) jumps;
	FW_VEC(uint32_t) labels;	/* the rule that each stands before */
	struct fw_flat *out;
};

#define LABEL_END 0u		/* the base chain's end */

static int flatten_rule(struct flattening *f, const struct fw_typed_rule *rule,
			const struct all *when, uint32_t back);

/* --- labels ---------------------------------------------------------------- */
static int new_label(struct flattening *f, uint32_t *ret)
{
	uint32_t *slot = fw_vec_push(f->arena, &f->labels);

	if (!slot)
		return -ENOMEM;
	*slot = FW_FLAT_END;
	*ret = (uint32_t)(f->labels.n - 1);
	return 0;
}

static void put_label(struct flattening *f, uint32_t label)
{
	f->labels.items[label] = (uint32_t)f->out->rules.n;
}

static void resolve_labels(struct flattening *f)
{
	for (size_t i = 0; i < f->jumps.n; i++)
		f->out->rules.items[f->jumps.items[i].rule].skip_to =
			f->labels.items[f->jumps.items[i].label];
}

/* --- rules ----------------------------------------------------------------- */
static int add_match(struct flattening *f, struct all *when,
		     const struct fw_match *m)
{
	/* XDP meets Ethernet alone: what asks for that is no question. */
	if (m->field == FW_FIELD_IIFTYPE && m->n_intervals == 1 &&
	    m->intervals[0].lo == ARPHRD_ETHER &&
	    m->intervals[0].hi == ARPHRD_ETHER)
		return 0;
	return fw_matches_add(f->arena, when->m, &when->n, m);
}

static int add_part(struct flattening *f, struct all *when,
		    const struct fw_part *part)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < part->n_matches; i++)
		r = add_match(f, when, &part->matches[i]);
	return r;
}

/* In a live set or, negated, not in it. */
static int add_live(struct flattening *f, struct all *when,
		    const struct fw_part *part)
{
	struct fw_live_match live;
	int r = fw_live_match(f->typed, f->table, part, &live);

	for (size_t i = 0; r == 0 && i < when->n_lives; i++)
		if (when->lives[i].set == live.set &&
		    when->lives[i].field == live.field) {
			when->never |= when->lives[i].negate != live.negate;
			return 0;
		}
	if (r == -ENOSPC || (r == 0 && when->n_lives == LIVES_MAX)) {
		f->out->reason = "sets limit";
		return 0;
	}
	if (r == 0)
		when->lives[when->n_lives++] = live;
	return r;
}

/* What a rule does besides its verdict. */
#define ACT_COUNT 1u
#define ACT_LOG 2u

static int emit(struct flattening *f, const struct all *when,
		enum fw_verdict verdict, unsigned acts, uint32_t rule)
{
	struct fw_xdp_rule *x;

	if (when->never || !fw_matches_possible(when->m, when->n) ||
	    f->out->reason)
		return 0;
	if (f->out->rules.n >= f->room) {
		f->out->reason = "rules limit";
		return 0;
	}
	x = fw_vec_push(f->arena, &f->out->rules);
	if (!x)
		return -ENOMEM;
	*x = (struct fw_xdp_rule){
		.matches = fw_arena_memdup(f->arena, when->m,
					   when->n * sizeof(*when->m)),
		.n_matches = when->n,
		.verdict = verdict,
		.rule = rule,
		.counted = acts & ACT_COUNT,
		.log = acts & ACT_LOG,
		.limit = when->limit,
		.lives = fw_arena_memdup(f->arena, when->lives,
					 when->n_lives * sizeof(*when->lives)),
		.n_lives = when->n_lives,
	};
	return x->matches && x->lives ? 0 : -ENOMEM;
}

static int emit_skip(struct flattening *f, const struct all *when,
		     uint32_t label, uint32_t rule)
{
	size_t before = f->out->rules.n;
	struct jump_to *jump;
	int r = emit(f, when, FW_VERDICT_SKIP, 0, rule);

	if (r < 0 || f->out->rules.n == before)
		return r;
	jump = fw_vec_push(f->arena, &f->jumps);
	if (!jump)
		return -ENOMEM;
	*jump = (struct jump_to){ before, label };
	return 0;
}

/* --- concatenations and verdict maps --------------------------------------- */
/* What box i asks for, besides. */
static int add_box(struct flattening *f, struct all *when,
		   const struct fw_tuple *tuple, size_t i)
{
	int r = 0;

	for (size_t k = 0; r == 0 && k < tuple->n_fields; k++) {
		const struct fw_match m = {
			.field = tuple->fields[k],
			.intervals = &tuple->boxes[i * tuple->n_fields + k],
			.n_intervals = 1,
		};

		r = add_match(f, when, &m);
	}
	return r;
}

static int skip_box(struct flattening *f, const struct all *when,
		    const struct fw_tuple *tuple, size_t i, uint32_t label,
		    uint32_t rule)
{
	struct all inside = *when;
	int r = add_box(f, &inside, tuple, i);

	return r < 0 ? r : emit_skip(f, &inside, label, rule);
}

/* A packet that lacks a field meets no `!=` of it. */
static int add_presence(struct flattening *f, struct all *when,
			const struct fw_tuple *tuple)
{
	int r = 0;

	for (size_t k = 0; r == 0 && k < tuple->n_fields; k++) {
		struct fw_interval *every =
			fw_arena_array(f->arena, 1, sizeof(*every));
		const struct fw_match m = { tuple->fields[k], every, 1 };

		if (!every)
			return -ENOMEM;
		every->hi = fw_field_max(tuple->fields[k]);
		r = add_match(f, when, &m);
	}
	return r;
}

/* Packets that do not meet it go on behind the rule. */
static int flatten_tuple(struct flattening *f, const struct fw_part *part,
			 struct all *when, uint32_t behind, uint32_t rule)
{
	const struct fw_tuple *tuple = &part->tuple;
	uint32_t met = behind;
	int r = add_part(f, when, part);

	if (r == 0)
		r = tuple->negate ? add_presence(f, when, tuple) :
				    new_label(f, &met);
	for (size_t i = 0; r == 0 && i < tuple->n_boxes && !f->out->reason; i++)
		r = skip_box(f, when, tuple, i, met, rule);
	if (r == 0 && !tuple->negate) {
		r = emit_skip(f, when, behind, rule);
		put_label(f, met);
	}
	return r;
}

static const struct fw_typed_chain *find_chain(const struct flattening *f,
					       const char *name)
{
	for (size_t i = 0; i < f->table->n_chains; i++)
		if (strcmp(f->table->chains[i].name, name) == 0)
			return &f->table->chains[i];
	return NULL;
}

/* The rules of a chain, for these packets. */
static int flatten_chain(struct flattening *f, const char *name,
			 const struct all *when)
{
	const struct fw_typed_chain *chain = find_chain(f, name);
	uint32_t back;
	int r = new_label(f, &back);

	for (size_t i = 0; r == 0 && chain && i < chain->n_rules; i++) {
		r = flatten_rule(f, &chain->rules[i], when, back);
		if (r == 0 && f->out->reason) {
			f->out->reason = fw_arena_printf(f->arena, "%s: %s",
							 name, f->out->reason);
			return f->out->reason ? 0 : -ENOMEM;
		}
	}
	if (r == 0)
		put_label(f, back);
	return r;
}

/* jump, goto, return, accept, drop or continue, for these packets; behind is
 * where those go on that are through with it, and what comes next may be
 * something else. */
static int flatten_verdict(struct flattening *f,
			   const struct fw_vmap_verdict *says,
			   const struct all *when, uint32_t behind,
			   uint32_t back, uint32_t rule)
{
	bool jumps = says->kind == FW_PART_JUMP;
	int r = 0;

	if (!jumps && says->verdict != FW_VERDICT_NONE)
		return emit(f, when, says->verdict, 0, rule);
	if (jumps && says->chain)
		r = flatten_chain(f, says->chain, when);
	if (jumps && (says->go || !says->chain))
		behind = back;
	return r < 0 ? r : emit_skip(f, when, behind, rule);
}

static bool same_verdict(const struct fw_vmap_verdict *a,
			 const struct fw_vmap_verdict *b)
{
	return a->kind == b->kind && a->verdict == b->verdict &&
	       a->go == b->go && !a->chain == !b->chain &&
	       (!a->chain || strcmp(a->chain, b->chain) == 0);
}

/* Of a map with one field: the values that have the verdict of box i, unless an
 * earlier box had it. Only the last one may cover others. */
static int add_alike(struct flattening *f, struct all *when,
		     const struct fw_part *part, size_t i, bool *first)
{
	const struct fw_tuple *tuple = &part->tuple;
	struct fw_match m = { .field = tuple->fields[0] };
	struct fw_interval *out;

	for (size_t k = 0; k < i; k++)
		if (same_verdict(&part->verdicts[k], &part->verdicts[i]) &&
		    i + 1 < tuple->n_boxes)
			return 0;
	*first = true;
	out = fw_arena_array(f->arena, tuple->n_boxes, sizeof(*out));
	if (!out)
		return -ENOMEM;
	out[m.n_intervals++] = tuple->boxes[i];
	for (size_t k = i + 1; k + 1 < tuple->n_boxes; k++)
		if (same_verdict(&part->verdicts[k], &part->verdicts[i]))
			out[m.n_intervals++] = tuple->boxes[k];
	m.n_intervals = fw_intervals_merge(out, m.n_intervals);
	m.intervals = out;
	return add_match(f, when, &m);
}

static int flatten_vmap(struct flattening *f, const struct fw_part *part,
			struct all *when, uint32_t behind, uint32_t back,
			uint32_t rule)
{
	const struct fw_tuple *tuple = &part->tuple;
	int r = 0;

	for (size_t i = 0; r == 0 && i < tuple->n_boxes && !f->out->reason; i++) {
		struct all inside = *when;
		bool first = tuple->n_fields > 1;

		if (first)
			r = add_box(f, &inside, tuple, i);
		else
			r = add_alike(f, &inside, part, i, &first);
		if (r == 0 && first)
			r = flatten_verdict(f, &part->verdicts[i], &inside,
					    behind, back, rule);
	}
	return r;
}

/* The jump or map at a rule's end. */
static int flatten_jump(struct flattening *f, const struct fw_part *part,
			struct all *when, uint32_t behind, uint32_t back,
			uint32_t rule)
{
	const struct fw_vmap_verdict says = {
		.kind = FW_PART_JUMP, .chain = part->chain, .go = part->go,
	};

	if (part->kind == FW_PART_VMAP)
		return flatten_vmap(f, part, when, behind, back, rule);
	if (says.chain && !says.go)
		return flatten_chain(f, says.chain, when);
	return flatten_verdict(f, &says, when, behind, back, rule);
}

/* --- a rule ---------------------------------------------------------------- */
/* What of the outermost rule acts first, and on whom. */
static int note_first(struct flattening *f, const struct all *when)
{
	if (f->out->first)
		return 0;
	f->out->first = fw_arena_memdup(f->arena, when->m,
					when->n * sizeof(*when->m));
	f->out->n_first = when->n;
	return f->out->first ? 0 : -ENOMEM;
}

static bool decides(const struct fw_part *part)
{
	return part->kind == FW_PART_VERDICT || part->kind == FW_PART_SYNPROXY;
}

/* Only counters, logs and a verdict, or one that is tried, follow? */
static bool ends_soon(const struct fw_typed_rule *rule, size_t i)
{
	while (++i < rule->n_parts && rule->parts[i].kind != FW_PART_AUDIT)
		if (rule->parts[i].kind != FW_PART_COUNTER &&
		    !decides(&rule->parts[i]) && !rule->parts[i].log_level)
			return false;
	return true;
}

/* A limit that more follows is one rule: what it has room for skips the next one,
 * which skips the rest. */
static int flatten_limit(struct flattening *f, const struct fw_typed_rule *rule,
			 size_t i, struct all *when, uint32_t behind)
{
	struct all limited = *when;
	uint32_t met;
	int r = note_first(f, when);

	limited.limit = rule->parts[i].limit;
	if (r < 0 || ends_soon(rule, i)) {
		*when = limited;
		return r;
	}
	r = new_label(f, &met);
	if (r == 0)
		r = emit_skip(f, &limited, met, rule->rule);
	if (r == 0)
		r = emit_skip(f, when, behind, rule->rule);
	if (r == 0)
		put_label(f, met);
	return r;
}

/* What a rule has done, and what it has still to do where it ends. */
struct acts {
	bool counted;
	unsigned due;		/* ACT_* */
};

/* A rule counts once: where its counter is, else where it decides. */
static int count(struct flattening *f, const struct all *when, uint32_t rule,
		 struct acts *acts)
{
	if (acts->counted)
		return 0;
	acts->counted = true;
	return emit(f, when, FW_VERDICT_NONE, ACT_COUNT, rule);
}

/* The end of a rule, of which a limit is charged once. */
static int finish(struct flattening *f, const struct all *when,
		  enum fw_verdict verdict, uint32_t rule, struct acts *acts)
{
	unsigned due = acts->due | (acts->counted ? 0 : ACT_COUNT);
	int r = note_first(f, when);

	*acts = (struct acts){ .counted = true };
	return r ? r : emit(f, when, verdict, due, rule);
}

static bool counts_later(const struct fw_typed_rule *rule, size_t i)
{
	while (++i < rule->n_parts)
		if (rule->parts[i].kind == FW_PART_COUNTER ||
		    decides(&rule->parts[i]) ||
		    rule->parts[i].kind == FW_PART_AUDIT ||
		    rule->parts[i].kind == FW_PART_JUMP ||
		    rule->parts[i].kind == FW_PART_VMAP ||
		    rule->parts[i].kind == FW_PART_DNS_REPLY)
			return true;
	return false;
}

/* A counter or a log: with the end of the rule, where no match is between. */
static int flatten_act(struct flattening *f, const struct fw_typed_rule *rule,
		       size_t i, const struct all *when, struct acts *acts)
{
	bool log = rule->parts[i].log_level;
	int r = note_first(f, when);

	if (r < 0)
		return r;
	if (ends_soon(rule, i)) {
		acts->due |= log ? ACT_LOG : ACT_COUNT;
		return 0;
	}
	if (!log)
		return count(f, when, rule->rule, acts);
	if (acts->counted || counts_later(rule, i))
		return emit(f, when, FW_VERDICT_NONE, ACT_LOG, rule->rule);
	acts->counted = true;
	return emit(f, when, FW_VERDICT_NONE, ACT_LOG | ACT_COUNT, rule->rule);
}

/* Where cookies are off it only accepts. */
static int flatten_synproxy(struct flattening *f, const struct fw_part *part,
			    struct all *when, uint32_t rule, struct acts *acts)
{
	bool off = f->typed->options.syn_cookies == FW_SYN_COOKIES_OFF;
	size_t before = f->out->rules.n;
	int r = add_part(f, when, part);

	if (r == 0)
		r = finish(f, when, off ? FW_VERDICT_ACCEPT :
					  FW_VERDICT_SYNPROXY, rule, acts);
	if (r == 0 && !off && f->out->rules.n > before)
		f->out->rules.items[before].synproxy = part->synproxy;
	return r;
}

static int flatten_parts(struct flattening *f, const struct fw_typed_rule *rule,
			 struct all *when, uint32_t behind, uint32_t back)
{
	struct acts acts = { .due = 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < rule->n_parts && !f->out->reason; i++) {
		const struct fw_part *part = &rule->parts[i];

		switch (part->kind) {
		case FW_PART_MATCH:
		case FW_PART_DNS_NAME:
		case FW_PART_DNS_TYPE:
			r = add_part(f, when, part);
			break;
		case FW_PART_DNS_REPLY:
			r = add_part(f, when, part);
			if (r == 0)
				r = finish(f, when, part->rcode == NXDOMAIN ?
							    FW_VERDICT_NXDOMAIN :
							    FW_VERDICT_REFUSED,
					   rule->rule, &acts);
			break;
		case FW_PART_SYNPROXY:
			r = flatten_synproxy(f, part, when, rule->rule, &acts);
			break;
		case FW_PART_IIF:
			if (!fw_device_meets(part, f->device))
				return 0;
			break;
		case FW_PART_TUPLE:
			r = flatten_tuple(f, part, when, behind, rule->rule);
			break;
		case FW_PART_COUNTER:
			r = flatten_act(f, rule, i, when, &acts);
			break;
		case FW_PART_VERDICT:
			r = finish(f, when, part->verdict, rule->rule, &acts);
			break;
		case FW_PART_AUDIT:
			acts.due |= ACT_LOG;
			r = finish(f, when, FW_VERDICT_NONE, rule->rule, &acts);
			break;
		case FW_PART_MUTED:
			break;
		case FW_PART_JUMP:
		case FW_PART_VMAP:
			r = note_first(f, when);
			if (r == 0)
				r = add_part(f, when, part);
			if (r == 0)
				r = count(f, when, rule->rule, &acts);
			if (r == 0)
				r = flatten_jump(f, part, when, behind, back,
						 rule->rule);
			break;
		default:
			if (part->limit || part->live)
				r = add_part(f, when, part);
			if (r == 0 && part->live)
				r = add_live(f, when, part);
			if (r == 0 && part->limit)
				r = flatten_limit(f, rule, i, when, behind);
			if (r == 0 && part->log_level)
				r = flatten_act(f, rule, i, when, &acts);
			break;
		}
	}
	if (r == 0 && acts.due)
		r = finish(f, when, FW_VERDICT_NONE, rule->rule, &acts);
	return r;
}

static int flatten_rule(struct flattening *f, const struct fw_typed_rule *rule,
			const struct all *when, uint32_t back)
{
	struct all mine = *when;
	uint32_t *met, behind;
	int r = new_label(f, &behind);

	f->out->reason = fw_flatten_reason(f->typed, f->table, f->device, rule);
	if (r < 0 || f->out->reason)
		return r;
	met = fw_vec_push(f->arena, &f->out->met);
	if (!met)
		return -ENOMEM;
	*met = rule->rule;
	r = flatten_parts(f, rule, &mine, behind, back);
	if (r == 0)
		put_label(f, behind);
	return r;
}

int fw_flatten(const struct fw_typed *typed, const struct fw_typed_chain *chain,
	       const char *device, const struct fw_typed_rule *rule, size_t room,
	       struct fw_flat *ret)
{
	struct flattening f = {
		.typed = typed,
		.arena = typed->arena,
		.table = chain->table,
		.device = device,
		.room = room,
		.out = ret,
	};
	const struct all every = { .n = 0 };
	uint32_t end;
	int r = new_label(&f, &end);

	*ret = (struct fw_flat){ .reason = NULL };
	if (r == 0)
		r = flatten_rule(&f, rule, &every, end);
	if (r == 0 && !ret->reason)
		resolve_labels(&f);
	return r;
}
