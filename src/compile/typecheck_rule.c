/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: a run of words, to parts.
 *
 * In: the words of a rule, defines replaced. Out: one part for each match and
 * statement, in order; a `comment "…"` at the end is none. Matches of the
 * vocabulary carry the tests that nft's netdev hook makes, its implied ones
 * first; what is not understood is a RAW part with the words that keep it in
 * nft. A wrong value of a known match, and a set that is not there or has
 * another type, are diagnostics.
 */
#include <errno.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

typedef FW_VEC(struct fw_interval) interval_vec;

struct rule_check {
	struct fw_checker *checker;
	struct fw_typed_table *table;	/* NULL: a management line */
	struct fw_typed_rule *rule;
	FW_VEC(struct fw_part) parts;
	size_t pos;
	int l3, l4;		/* what earlier parts say of the packet, or
				   FW_ANY */
	const struct fw_loc *l3_loc, *l4_loc;	/* where; NULL: the family */
	/* A list of protocols came before: nft then holds that of its last
	 * element for settled and makes no test of its own, so what follows is
	 * left to nft */
	bool l3_list, l4_list;
	bool failed;		/* a diagnostic was added: the rest is not
				   looked at */
};

static const struct fw_word *at(const struct rule_check *check, size_t ahead)
{
	return check->pos + ahead < check->rule->n_words ?
		       &check->rule->words[check->pos + ahead] :
		       NULL;
}

static size_t left(const struct rule_check *check)
{
	return check->rule->n_words - check->pos;
}

/* The next n words become a part. */
static struct fw_part *push_part(struct rule_check *check,
				 enum fw_part_kind kind, size_t n)
{
	struct fw_part *part = fw_vec_push(check->checker->arena,
					   &check->parts);

	if (part) {
		part->kind = kind;
		part->words = at(check, 0);
		part->n_words = n;
		check->pos += n;
	}
	return part;
}

/* --- what nft tests before a field ---------------------------------------- */
static const char *const l3_names[FW_L3_MAX_] = {
	[FW_L3_IP] = "ip",
	[FW_L3_IP6] = "ip6",
	[FW_L3_ARP] = "arp",
};

/* NULL for a protocol that nft knows no header of. */
static const char *l4_name(int proto)
{
	switch (proto) {
	case 1: return "icmp";
	case 2: return "igmp";
	case 6: return "tcp";
	case 17: return "udp";
	case 33: return "dccp";
	case 50: return "esp";
	case 51: return "ah";
	case 58: return "icmpv6";
	case 108: return "comp";
	case 132: return "sctp";
	case 136: return "udplite";
	default: return NULL;
	}
}

static void conflict(struct rule_check *check, const struct fw_loc *loc,
		     const char *want, const char *have,
		     const struct fw_loc *have_loc)
{
	struct fw_diags *diags = check->checker->diags;
	struct fw_diag *diag;

	check->failed = true;
	if (!have_loc) {
		fw_error(diags, "conflicting-protocols", loc,
			 "this asks for %s, but the table is of family %s",
			 want, have);
		return;
	}
	diag = fw_error(diags, "conflicting-protocols", loc,
			"this asks for %s, but the rule has asked for %s: no "
			"packet is both", want, have);
	fw_diag_related(diags, diag, have_loc, "asked for here");
}

static struct fw_match single_value(struct fw_checker *checker,
				    enum fw_field field, int value)
{
	struct fw_interval *interval =
		fw_arena_alloc(checker->arena, sizeof(*interval));

	if (interval)
		interval->lo = interval->hi = (fw_u128)(unsigned)value;
	return (struct fw_match){ field, interval, interval ? 1 : 0 };
}

/* The first words that ask for a protocol are the ones that are shown. */
static void note_l3(struct rule_check *check, int l3, const struct fw_loc *loc)
{
	if (check->l3 == FW_ANY)
		check->l3_loc = loc;
	check->l3 = l3;
	check->l3_list = false;
}

static void note_l4(struct rule_check *check, int l4, const struct fw_loc *loc)
{
	if (check->l4 == FW_ANY)
		check->l4_loc = loc;
	check->l4 = l4;
	check->l4_list = false;
}

/* Puts the implied tests at the head of the part's matches, with room for one
 * more. As in nft, icmp implies IPv4 only where no L3 protocol is known. */
static int imply(struct rule_check *check, struct fw_part *part, int l3, int l4,
		 const struct fw_loc *loc)
{
	struct fw_checker *checker = check->checker;

	part->matches = fw_arena_array(checker->arena, 3,
				       sizeof(*part->matches));
	if (!part->matches)
		return -ENOMEM;
	if (l3 != FW_ANY && l4 != FW_ANY && check->l3 != FW_ANY)
		l3 = FW_ANY;
	if (l4 != FW_ANY && check->l3 == FW_L3_ARP)
		conflict(check, loc, l4_name(l4), l3_names[FW_L3_ARP],
			 check->l3_loc);
	if (l3 != FW_ANY && check->l3 != FW_ANY && check->l3 != l3)
		conflict(check, loc, l3_names[l3], l3_names[check->l3],
			 check->l3_loc);
	if (l4 != FW_ANY && check->l4 != FW_ANY && check->l4 != l4)
		conflict(check, loc, l4_name(l4), l4_name(check->l4) ?
			 l4_name(check->l4) : "another protocol",
			 check->l4_loc);
	if (l3 != FW_ANY) {
		note_l3(check, l3, loc);
		part->matches[part->n_matches++] =
			single_value(checker, FW_FIELD_L3, l3);
	}
	if (l4 != FW_ANY) {
		note_l4(check, l4, loc);
		part->matches[part->n_matches++] =
			single_value(checker, FW_FIELD_L4PROTO, l4);
	}
	for (size_t i = 0; i < part->n_matches; i++)
		if (!part->matches[i].intervals)
			return -ENOMEM;
	return 0;
}

/* A positive test of a protocol field settles what may follow. */
static void learn_protocol(struct rule_check *check, enum fw_field field,
			   const struct fw_match *match, bool list,
			   const struct fw_loc *loc)
{
	bool l4 = field == FW_FIELD_NEXTHDR || field == FW_FIELD_L4PROTO;

	if (!l4 && field != FW_FIELD_L3)
		return;
	if (match->n_intervals != 1 ||
	    match->intervals[0].lo != match->intervals[0].hi) {
		check->l3_list |= list && !l4;
		check->l4_list |= list && l4;
		return;
	}
	if (field == FW_FIELD_L4PROTO ||
	    (l4 && l4_name((int)match->intervals[0].lo)))
		note_l4(check, (int)match->intervals[0].lo, loc);
	else if (!l4)
		note_l3(check, (int)match->intervals[0].lo, loc);
}

/* --- sets that rules name ------------------------------------------------- */
/* @th,16,32 is a place in the packet, not a set. */
static bool is_payload(const struct fw_word *words, size_t n, size_t i)
{
	static const char *const bases[] = { "ll", "nh", "th", "ih" };

	if (i + 1 >= n || !fw_mark_is(&words[i + 1], ","))
		return false;
	for (size_t k = 0; k < FW_ARRAY_SIZE(bases); k++)
		if (!strcmp(words[i].text, bases[k]))
			return true;
	return false;
}

static bool is_flowtable(const struct rule_check *check, const char *name)
{
	const struct fw_resolved *resolved = check->checker->resolved;
	const struct fw_res_table *table =
		check->table ? fw_res_table(resolved, check->table->family,
					    check->table->name) : NULL;

	return table && fw_res_object(table, "flowtable", name);
}

/* Sets named among words that are not understood are there, and used. A meter
 * of an earlier rule may be looked up by its name; nft makes it. */
static void look_at_sets(struct rule_check *check, const struct fw_word *words,
			 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct fw_typed_set *set;

		if (words[i].kind == FW_WORD_BRACE)
			look_at_sets(check, words[i].words, words[i].n_words);
		if (words[i].kind != FW_WORD_SET || is_payload(words, n, i) ||
		    is_flowtable(check, words[i].text))
			continue;
		set = fw_check_set_name(check->checker, check->table,
					&words[i]);
		if (set && set->type >= FW_SET_DOMAIN)
			fw_check_set_mismatch(check->checker, set, &words[i],
					      "a type that nft knows");
		check->failed = check->failed || !set ||
				set->type >= FW_SET_DOMAIN;
	}
}

/* --- raw ------------------------------------------------------------------ */
static int push_raw(struct rule_check *check, size_t n, const char *reason,
		    bool is_match)
{
	struct fw_part *part = push_part(check, FW_PART_RAW, n);
	int l3, l4;

	if (!part || !reason)
		return -ENOMEM;
	part->reason = reason;
	part->is_match = is_match;
	look_at_sets(check, part->words, part->n_words);
	if (!is_match || part->words[0].kind != FW_WORD_PLAIN ||
	    !fw_vocab_implies(part->words[0].text, &l3, &l4))
		return 0;
	l3 = check->l3_list ? FW_ANY : l3;
	l4 = check->l4_list ? FW_ANY : l4;
	return imply(check, part, l3, l4, &part->words[0].loc);
}

/* A word that begins nothing in nft. nft is the judge, but it is worth a word
 * before it is loaded. */
static void warn_unknown(struct rule_check *check)
{
	struct fw_diags *diags = check->checker->diags;
	const struct fw_word *word = at(check, 0);
	size_t n;
	const char *const *words = fw_shape_words(&n);
	struct fw_diag *diag;
	const char *near;

	if (word->kind != FW_WORD_PLAIN)
		return;
	diag = fw_warning(diags, "unknown-word", &word->loc,
			  "'%s' begins no match or statement that is known; "
			  "the rest of the rule is passed to nft as it stands",
			  word->text);
	near = fw_nearest(word->text, words, n);
	if (near)
		fw_diag_hint(diags, diag, "did you mean '%s'?", near);
}

static int check_raw(struct rule_check *check)
{
	struct fw_shape shape;
	int r = fw_shape(check->checker->arena, at(check, 0), left(check),
			 &shape);

	if (r)
		return r;
	if (shape.kind == FW_SHAPE_UNKNOWN)
		warn_unknown(check);
	return push_raw(check, shape.n_words, shape.reason,
			shape.kind == FW_SHAPE_MATCH);
}

/* --- values of a match ---------------------------------------------------- */
enum relation { REL_EQ, REL_NE, REL_LT, REL_GT, REL_LE, REL_GE, REL_NOT };

static const struct {
	const char *mark, *word;
} relations[] = {
	[REL_EQ] = { "==", "eq" }, [REL_NE] = { "!=", "ne" },
	[REL_LT] = { "<", "lt" },  [REL_GT] = { ">", "gt" },
	[REL_LE] = { "<=", "le" }, [REL_GE] = { ">=", "ge" },
};

static bool find_relation(const struct fw_word *word, enum relation *ret)
{
	*ret = REL_EQ;
	for (size_t i = 0; word && i < FW_ARRAY_SIZE(relations); i++) {
		if (!fw_mark_is(word, relations[i].mark) &&
		    !fw_word_is(word, relations[i].word))
			continue;
		*ret = (enum relation)i;
		return true;
	}
	return false;
}

/* { 22, 80-90 }; OTHER where an element has more to it than a value. */
static enum fw_value_result read_list(struct rule_check *check,
				      enum fw_value_type type,
				      const struct fw_word *brace,
				      interval_vec *ret)
{
	const struct fw_word *words = brace->words;
	enum fw_value_result result = FW_VALUE_OK;
	size_t from = 0;

	if (!brace->n_words) {
		fw_error(check->checker->diags, "syntax", &brace->loc,
			 "a list in a rule cannot be empty");
		return FW_VALUE_WRONG;
	}
	for (size_t i = 0; i <= brace->n_words; i++) {
		struct fw_interval *slot;
		enum fw_value_result r;

		if (i < brace->n_words && !fw_mark_is(&words[i], ","))
			continue;
		if (i == from && i == brace->n_words && i)
			break;	/* { 22, } */
		if (i == from) {
			fw_error(check->checker->diags, "empty-element",
				 &words[i].loc,
				 "there is no element before this comma");
			return FW_VALUE_WRONG;
		}
		slot = fw_vec_push(check->checker->arena, ret);
		if (!slot) {
			check->checker->diags->oom = true;
			return FW_VALUE_WRONG;
		}
		r = fw_value_read(check->checker->diags, type, words + from,
				  i - from, slot);
		if (r == FW_VALUE_OTHER)
			return r;
		if (r)
			result = r;
		from = i + 1;
	}
	return result;
}

/* < 1024 and the like; `!= 5-10` is not here. */
static bool compare(enum relation relation, fw_u128 max,
		    struct fw_interval *value)
{
	fw_u128 v = value->lo;

	switch (relation) {
	case REL_LT:
		*value = (struct fw_interval){ 0, v - 1 };
		return v > 0;
	case REL_LE:
		*value = (struct fw_interval){ 0, v };
		return true;
	case REL_GT:
		*value = (struct fw_interval){ v + 1, max };
		return v < max;
	case REL_GE:
		*value = (struct fw_interval){ v, max };
		return true;
	default:
		return true;
	}
}

static enum fw_value_result read_set(struct rule_check *check,
				     enum fw_value_type type,
				     const struct fw_word *word,
				     interval_vec *ret)
{
	struct fw_typed_set *set = fw_check_set_name(check->checker,
						     check->table, word);
	enum fw_value_type has;

	if (!set)
		return FW_VALUE_WRONG;
	if (!set->map && set->type == FW_SET_OTHER &&
	    !strcmp(fw_check_set_type(check->checker, set),
		    fw_value_name(type)))
		return FW_VALUE_OTHER;
	if (set->map || !fw_set_value_type(set->type, &has) || has != type) {
		fw_check_set_mismatch(check->checker, set, word,
				      fw_value_name(type));
		return FW_VALUE_WRONG;
	}
	if (!set->constant)
		return FW_VALUE_OTHER;
	ret->items = set->intervals;
	ret->n = set->n_intervals;
	return FW_VALUE_OK;
}

/* Ethernet protocols as far as the field knows them. */
static bool to_l3(interval_vec *values)
{
	static const struct {
		unsigned ether;
		enum fw_l3 l3;
	} known[] = { { 0x0800, FW_L3_IP },
		      { 0x86dd, FW_L3_IP6 },
		      { 0x0806, FW_L3_ARP } };

	for (size_t i = 0; i < values->n; i++) {
		struct fw_interval *value = &values->items[i];
		bool found = false;

		for (size_t k = 0; k < FW_ARRAY_SIZE(known); k++) {
			if (value->lo != known[k].ether ||
			    value->hi != value->lo)
				continue;
			value->lo = value->hi = known[k].l3;
			found = true;
			break;
		}
		if (!found)
			return false;
	}
	return true;
}

/* What stands behind a relation. *ret_n words; OTHER where nft must judge. */
static enum fw_value_result read_operand(struct rule_check *check,
					 enum fw_value_type type, size_t ahead,
					 interval_vec *ret, size_t *ret_n)
{
	const struct fw_word *word = at(check, ahead);
	struct fw_interval *slot;
	size_t n;

	*ret_n = 1;
	if (!word) {
		fw_error(check->checker->diags, "syntax",
			 &check->rule->words[check->rule->n_words - 1].loc,
			 "%s %s is missing behind this",
			 strchr("AEIO", *fw_value_prose(type)) ? "an" : "a",
			 fw_value_prose(type));
		return FW_VALUE_WRONG;
	}
	if (word->kind == FW_WORD_BRACE)
		return read_list(check, type, word, ret);
	n = left(check) - ahead;
	if (word->kind == FW_WORD_SET && !is_payload(word, n, 0))
		return read_set(check, type, word, ret);
	*ret_n = fw_value_words(word, n);
	if (!*ret_n)
		return FW_VALUE_OTHER;
	slot = fw_vec_push(check->checker->arena, ret);
	if (!slot) {
		check->checker->diags->oom = true;
		return FW_VALUE_WRONG;
	}
	return fw_value_read(check->checker->diags, type, word, *ret_n, slot);
}

/* --- matches -------------------------------------------------------------- */
/* Words behind a selector that make it more than a plain match. */
static bool goes_on(const struct fw_word *word)
{
	static const char *const marks[] = { ".", "&", "|", "^", "<<", ">>",
					     ",", ":", "(" };
	static const char *const words[] = { "vmap", "map",    "set",	"and",
					     "or",   "xor",    "lshift",
					     "rshift" };

	for (size_t i = 0; word && i < FW_ARRAY_SIZE(marks); i++)
		if (fw_mark_is(word, marks[i]))
			return true;
	for (size_t i = 0; word && i < FW_ARRAY_SIZE(words); i++)
		if (fw_word_is(word, words[i]))
			return true;
	return false;
}

static int push_match(struct rule_check *check,
		      const struct fw_vocab_match *match, size_t n,
		      interval_vec *values, bool negate)
{
	struct fw_checker *checker = check->checker;
	struct fw_part *part = push_part(check, FW_PART_MATCH, n);
	struct fw_match *last;
	int r;

	if (!part)
		return -ENOMEM;
	r = imply(check, part, match->l3, match->l4, &part->words[0].loc);
	if (r)
		return r;
	last = &part->matches[part->n_matches++];
	last->field = match->field;
	last->intervals = values->items;
	last->n_intervals = fw_intervals_merge(values->items, values->n);
	if (!negate) {
		learn_protocol(check, match->field, last,
			       part->words[n - 1].kind == FW_WORD_BRACE,
			       &part->words[0].loc);
		return 0;
	}
	last->intervals = fw_intervals_complement(
		checker->arena, last->intervals, last->n_intervals,
		fw_field_max(match->field), &last->n_intervals);
	return last->intervals ? 0 : -ENOMEM;
}

/* The intervals of a set are shared; a part sorts and changes its own. */
static int own_values(struct rule_check *check, interval_vec *values)
{
	values->items = fw_arena_memdup(check->checker->arena, values->items,
					values->n * sizeof(*values->items));
	return values->items ? 0 : -ENOMEM;
}

static int check_tcp_flags(struct rule_check *check,
			   const struct fw_vocab_match *match)
{
	interval_vec values = { 0 };
	size_t n;

	values.items = fw_arena_array(check->checker->arena, 128,
				      sizeof(*values.items));
	if (!values.items)
		return -ENOMEM;
	switch (fw_check_tcp_flags(check->checker, at(check, 0), left(check),
				   values.items, &values.n, &n)) {
	case FW_VALUE_OK:
		return push_match(check, match, n, &values, false);
	case FW_VALUE_WRONG:
		check->failed = true;
		return 0;
	default:
		return check_raw(check);
	}
}

/* Values were read, but not as the field's own: nft judges the whole match. */
static int stays_in_nft(struct rule_check *check, size_t n,
			const struct fw_word *operand)
{
	struct fw_arena *arena = check->checker->arena;
	const char *reason;

	if (operand->kind == FW_WORD_SET)
		reason = fw_arena_printf(arena, "set @%s", operand->text);
	else
		reason = fw_arena_printf(arena, "%s %s", at(check, 0)->text,
					 at(check, 1)->text);
	return push_raw(check, n, reason, true);
}

static int check_match(struct rule_check *check,
		       const struct fw_vocab_match *match)
{
	size_t ahead = fw_vocab_match_words(match), n;
	enum relation relation;
	interval_vec values = { 0 };
	const struct fw_word *operand;
	enum fw_value_result result;

	if ((match->l3 != FW_ANY && check->l3_list) ||
	    (match->l4 != FW_ANY && check->l4_list))
		return check_raw(check);
	if (match->value == FW_VALUE_TCP_FLAGS)
		return check_tcp_flags(check, match);
	if (goes_on(at(check, ahead)))
		return check_raw(check);
	ahead += find_relation(at(check, ahead), &relation);
	operand = at(check, ahead);
	result = read_operand(check, match->value, ahead, &values, &n);
	if (result == FW_VALUE_WRONG) {
		check->failed = true;
		return 0;
	}
	if (result == FW_VALUE_OTHER || goes_on(at(check, ahead + n))) {
		if (operand->kind == FW_WORD_SET)
			return stays_in_nft(check, ahead + n, operand);
		return check_raw(check);
	}
	if (own_values(check, &values))
		return -ENOMEM;
	if (match->field == FW_FIELD_L3 && !to_l3(&values))
		return stays_in_nft(check, ahead + n, operand);
	if (relation > REL_NE) {
		if (operand->kind != FW_WORD_PLAIN || n != 1 ||
		    match->field == FW_FIELD_L3)
			return check_raw(check);
		if (!compare(relation, fw_value_max(match->value),
			     &values.items[0]))
			values.n = 0;
	}
	return push_match(check, match, ahead + n, &values, relation == REL_NE);
}

/* --- iif ------------------------------------------------------------------ */
/* A device by its name, or names that begin so (`eth*`); another wildcard or
 * an index is nft's affair. */
static bool is_device(const struct fw_word *word)
{
	size_t len = strlen(word->text);

	return (word->kind == FW_WORD_STRING || word->kind == FW_WORD_PLAIN) &&
	       len > 0 && strcspn(word->text, "*\\") >= len - 1 &&
	       word->text[len - 1] != '\\' && strcmp(word->text, "*") &&
	       strspn(word->text, "0123456789") != len;
}

static int check_iif(struct rule_check *check, size_t ahead)
{
	enum relation relation;
	size_t start = ahead + find_relation(at(check, ahead), &relation);
	const struct fw_word *word = at(check, start), *words = word;
	FW_VEC(const char *) names = { 0 };
	struct fw_part *part;
	size_t n = 1;

	if (!word || relation > REL_NE || goes_on(at(check, start + 1)))
		return check_raw(check);
	if (word->kind == FW_WORD_BRACE) {
		words = word->words;
		n = word->n_words;
	}
	for (size_t i = 0; i < n; i += 2) {
		const char **slot;

		if (!is_device(&words[i]) ||
		    (i + 1 < n && !fw_mark_is(&words[i + 1], ",")))
			return check_raw(check);
		slot = fw_vec_push(check->checker->arena, &names);
		if (!slot)
			return -ENOMEM;
		*slot = words[i].text;
	}
	if (!names.n)
		return check_raw(check);
	part = push_part(check, FW_PART_IIF, start + 1);
	if (!part)
		return -ENOMEM;
	part->names = names.items;
	part->n_names = names.n;
	part->negate = relation == REL_NE;
	return 0;
}

/* --- statements ----------------------------------------------------------- */
static int check_counter(struct rule_check *check)
{
	size_t n = 1;

	while (at(check, n) && at(check, n + 1) &&
	       (fw_word_is(at(check, n), "packets") ||
		fw_word_is(at(check, n), "bytes")))
		n += 2;
	if (n == 1 && at(check, 1) &&
	    (fw_word_is(at(check, 1), "name") ||
	     at(check, 1)->kind == FW_WORD_STRING))
		return check_raw(check);
	return push_part(check, FW_PART_COUNTER, n) ? 0 : -ENOMEM;
}

static int check_accept(struct rule_check *check)
{
	struct fw_part *part = push_part(check, FW_PART_VERDICT, 1);

	if (!part)
		return -ENOMEM;
	part->verdict = FW_VERDICT_ACCEPT;
	return 0;
}

static int check_drop(struct rule_check *check)
{
	struct fw_part *part = push_part(check, FW_PART_VERDICT, 1);

	if (!part)
		return -ENOMEM;
	part->verdict = FW_VERDICT_DROP;
	return 0;
}

static int check_jump(struct rule_check *check)
{
	const struct fw_word *word = at(check, 0), *target = at(check, 1);
	struct fw_part *part;

	if (!target || (target->kind != FW_WORD_PLAIN &&
			target->kind != FW_WORD_STRING)) {
		if (target && target->kind == FW_WORD_BRACE)
			return check_raw(check);
		fw_error(check->checker->diags, "syntax", &word->loc,
			 "%s where? The name of a chain is missing",
			 word->text);
		check->failed = true;
		return 0;
	}
	part = push_part(check, FW_PART_JUMP, 2);
	if (!part)
		return -ENOMEM;
	part->chain = target->text;
	part->go = fw_word_is(word, "goto");
	return 0;
}

static int check_return(struct rule_check *check)
{
	return push_part(check, FW_PART_JUMP, 1) ? 0 : -ENOMEM;
}

/* The index is found by the end of the blocks: profiles stand in any place. */
static int check_inspect(struct rule_check *check)
{
	struct fw_checker *checker = check->checker;
	const struct fw_typed *typed = checker->typed;
	const struct fw_word *name = at(check, 1);
	FW_VEC(const char *) names = { 0 };
	struct fw_part *part;
	struct fw_diag *diag;
	const char *near;

	if (!name || (name->kind != FW_WORD_PLAIN &&
		      name->kind != FW_WORD_STRING)) {
		fw_error(checker->diags, "syntax", &at(check, 0)->loc,
			 "inspect with which profile?");
		check->failed = true;
		return 0;
	}
	for (uint32_t i = 0; i < typed->n_profiles; i++) {
		const char **slot;

		if (!strcmp(typed->profiles[i].name, name->text)) {
			part = push_part(check, FW_PART_INSPECT, 2);
			if (!part)
				return -ENOMEM;
			part->profile = i;
			return 0;
		}
		slot = fw_vec_push(checker->arena, &names);
		if (!slot)
			return -ENOMEM;
		*slot = typed->profiles[i].name;
	}
	diag = fw_error(checker->diags, "unknown-profile", &name->loc,
			"there is no profile '%s'", name->text);
	near = fw_nearest(name->text, names.items, names.n);
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '%s'?", near);
	else
		fw_diag_hint(checker->diags, diag,
			     "a block 'inspect %s { … }' makes one",
			     name->text);
	check->failed = true;
	return 0;
}

static int check_comment(struct rule_check *check)
{
	const struct fw_word *text = at(check, 1);

	if (!text || text->kind == FW_WORD_BRACE) {
		fw_error(check->checker->diags, "syntax", &at(check, 0)->loc,
			 "the text of the comment is missing");
		check->failed = true;
		return 0;
	}
	check->pos += 2;
	return 0;
}

/* Flywall's words that nothing runs yet: said rather than passed on to nft. */
static int check_later(struct rule_check *check)
{
	fw_error(check->checker->diags, "unsupported", &at(check, 0)->loc,
		 "'%s' is not supported by this version", at(check, 0)->text);
	check->failed = true;
	return 0;
}

static const struct {
	const char *word;
	int (*check)(struct rule_check *check);
	bool ends;		/* a verdict: nothing may follow but a comment */
} statements[] = {
	{ "counter", check_counter, false },
	{ "accept", check_accept, true },
	{ "drop", check_drop, true },
	{ "jump", check_jump, true },
	{ "goto", check_jump, true },
	{ "return", check_return, true },
	{ "inspect", check_inspect, true },
	{ "comment", check_comment, true },
	{ "audit", check_later, false },
	{ "learn", check_later, false },
	{ "qos", check_later, false },
	{ "block", check_later, false },
	{ "dns", check_later, false },
	{ "tls", check_later, false },
	{ "http", check_later, false },
	{ "ssh", check_later, false },
	{ "payload", check_later, false },
};

/* --- rules ---------------------------------------------------------------- */
static int check_statement(struct rule_check *check, bool *ret_ends)
{
	const struct fw_word *word = at(check, 0);
	const struct fw_vocab_match *match = fw_vocab_match(word, left(check));
	size_t n;

	*ret_ends = false;
	if (match)
		return check_match(check, match);
	if (fw_vocab_iif(word, left(check), &n))
		return check_iif(check, n);
	for (size_t i = 0; i < FW_ARRAY_SIZE(statements); i++) {
		if (!fw_word_is(word, statements[i].word))
			continue;
		*ret_ends = statements[i].ends;
		return statements[i].check(check);
	}
	return check_raw(check);
}

static void nothing_follows(struct rule_check *check,
			    const struct fw_word *verdict)
{
	const struct fw_word *word = at(check, 0);
	struct fw_diag *diag;

	if (!word || fw_word_is(word, "comment"))
		return;
	diag = fw_error(check->checker->diags, "unreachable-statement",
			&word->loc, "'%s' ends the rule; nothing can follow it",
			verdict->text);
	fw_diag_related(check->checker->diags, diag, &verdict->loc,
			"the verdict");
	check->failed = true;
}

static int l3_of_family(const struct fw_typed_table *table)
{
	if (!table)
		return FW_ANY;
	for (int i = 0; i < FW_L3_MAX_; i++)
		if (l3_names[i] && !strcmp(l3_names[i], table->family))
			return i;
	return FW_ANY;
}

int fw_check_rule(struct fw_checker *checker, struct fw_typed_table *table,
		  struct fw_typed_rule *rule)
{
	struct rule_check check = {
		.checker = checker,
		.table = table,
		.rule = rule,
		.l3 = l3_of_family(table),
		.l4 = FW_ANY,
	};
	int r = 0;

	while (!r && !check.failed && left(&check)) {
		const struct fw_word *word = at(&check, 0);
		bool ends;

		r = check_statement(&check, &ends);
		if (!r && ends && !check.failed)
			nothing_follows(&check, word);
	}
	rule->parts = check.parts.items;
	rule->n_parts = check.parts.n;
	return r;
}
