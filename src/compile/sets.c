/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets and maps: their type, flags and content.
 *
 * In: the lines and elements that the file has built. Out: typed sets: what
 * goes to nft as text, and, for the types that Flywall understands, the content
 * as intervals or domains. Flywall's own keys (file, format, force) are taken
 * out; those that nothing runs yet are refused. A wrong element is an error at
 * its columns; what an nft type means that is not known here is nft's affair.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/buf.h"
#include "util/cleanup.h"

struct set_check {
	struct fw_checker *checker;
	const struct fw_res_set *source;
	struct fw_typed_set *set;
	const char *type;		/* as written: "ipv4_addr . mark" */
	struct fw_loc type_loc;
	const struct fw_word *file;
	struct fw_file_options options;
	uint64_t size;
	bool stateful;			/* counter, limit or quota an element */
	struct fw_buf body;
	struct fw_interval_vec intervals;
	struct fw_domain_vec domains;
	FW_VEC(struct fw_loc) places;	/* of intervals, in that order */
	FW_VEC(const char *) texts;	/* elements for nft */
};

static const struct {
	const char *name;
	enum fw_set_type type;
	enum fw_value_type value;	/* FW_VALUE_MAX_: none */
} set_types[] = {
	{ "ipv4_addr", FW_SET_IPV4_ADDR, FW_VALUE_IPV4 },
	{ "ipv6_addr", FW_SET_IPV6_ADDR, FW_VALUE_IPV6 },
	{ "inet_service", FW_SET_INET_SERVICE, FW_VALUE_SERVICE },
	{ "inet_proto", FW_SET_INET_PROTO, FW_VALUE_PROTO },
	{ "domain", FW_SET_DOMAIN, FW_VALUE_MAX_ },
	{ "ja3", FW_SET_JA3, FW_VALUE_MAX_ },
	{ "ja4", FW_SET_JA4, FW_VALUE_MAX_ },
	{ "pattern", FW_SET_PATTERN, FW_VALUE_MAX_ },
};

/* nft's types of keys, for "did you mean". */
static const char *const type_names[] = {
	"ipv4_addr",   "ipv6_addr",   "inet_service", "inet_proto",
	"ether_addr",  "ether_type",  "mark",	      "ifname",
	"iface_index", "iface_type",  "verdict",      "nf_proto",
	"ll_addr",     "arp_op",      "tcp_flag",     "dccp_pkttype",
	"mh_type",     "time",	      "uid",	      "gid",
	"ct_state",    "ct_dir",      "ct_status",    "ct_label",
	"ct_event",    "pkt_type",    "icmp_type",    "icmp_code",
	"icmpv6_type", "icmpv6_code", "icmpx_code",   "igmp_type",
	"devgroup",    "dscp",	      "ecn",	      "fib_addrtype",
	"boolean",     "hour",	      "day",	      "cgroupsv2",
	"realm",       "classid",     "string",	      "integer",
	"bitmask",     "domain",
};

bool fw_set_value_type(enum fw_set_type type, enum fw_value_type *ret)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(set_types); i++) {
		if (set_types[i].type != type ||
		    set_types[i].value == FW_VALUE_MAX_)
			continue;
		*ret = set_types[i].value;
		return true;
	}
	return false;
}

/* --- lines ---------------------------------------------------------------- */
static int body_line(struct set_check *check, const struct fw_line *line)
{
	const char *text = fw_words_text(check->checker->arena, line->words,
					 line->n_words);

	if (!text)
		return -ENOMEM;
	fw_buf_printf(&check->body, "%s%s", check->body.len ? "\n" : "", text);
	return 0;
}

static void unsupported(struct set_check *check, const struct fw_loc *loc,
			const char *what)
{
	fw_error(check->checker->diags, "unsupported", loc,
		 "%s is not supported by this version", what);
}

static void unknown_type(struct set_check *check, const struct fw_word *word)
{
	struct fw_diag *diag = fw_error(check->checker->diags, "unknown-type",
					&word->loc, "there is no type '%s'",
					word->text);
	const char *near = fw_nearest(word->text, type_names,
				      FW_ARRAY_SIZE(type_names));

	if (near)
		fw_diag_hint(check->checker->diags, diag, "did you mean '%s'?",
			     near);
}

static bool known_type(const char *name)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(type_names); i++)
		if (!strcmp(name, type_names[i]))
			return true;
	for (size_t i = 0; i < FW_ARRAY_SIZE(set_types); i++)
		if (!strcmp(name, set_types[i].name))
			return true;
	return false;
}

static int type_line(struct set_check *check, const struct fw_line *line)
{
	struct fw_typed_set *set = check->set;
	bool alone = line->n_words == 2;

	if (line->n_words < 2) {
		fw_error(check->checker->diags, "syntax", &line->loc,
			 "the type is missing");
		return 0;
	}
	for (size_t i = 1; i < line->n_words; i++) {
		const struct fw_word *word = &line->words[i];

		if (fw_mark_is(word, ":"))
			break;	/* what a map gives may be an object */
		if (word->kind == FW_WORD_PLAIN && !known_type(word->text)) {
			unknown_type(check, word);
			check->type = "";
			return 0;
		}
	}
	check->type = fw_words_text(check->checker->arena, line->words + 1,
				    line->n_words - 1);
	if (!check->type)
		return -ENOMEM;
	check->type_loc = fw_loc_span(&line->words[1].loc,
				      &line->words[line->n_words - 1].loc);
	for (size_t k = 0; k < FW_ARRAY_SIZE(set_types); k++) {
		for (size_t i = 1; i < line->n_words; i++) {
			if (!fw_word_is(&line->words[i], set_types[k].name))
				continue;
			if (alone && !set->map)
				set->type = set_types[k].type;
			else if (set_types[k].type >= FW_SET_DOMAIN)
				fw_error(check->checker->diags, "bad-type",
					 &line->words[i].loc,
					 "type %s stands alone: not in a %s",
					 set_types[k].name, set->map ? "map" :
					 "concatenation");
		}
	}
	if (set->type > FW_SET_DOMAIN) {
		unsupported(check, &check->type_loc,
			    fw_arena_printf(check->checker->arena, "type %s",
					    check->type));
		return 0;
	}
	return set->type == FW_SET_DOMAIN ? 0 : body_line(check, line);
}

static int typeof_line(struct set_check *check, const struct fw_line *line)
{
	const struct fw_vocab_match *match =
		fw_vocab_match(line->words + 1, line->n_words - 1);

	check->type = fw_words_text(check->checker->arena, line->words + 1,
				    line->n_words - 1);
	if (!check->type)
		return -ENOMEM;
	check->type_loc = line->loc;
	if (match && line->n_words == 3) {
		check->type = fw_value_name(match->value);
		for (size_t k = 0; k < FW_ARRAY_SIZE(set_types); k++)
			if (!check->set->map &&
			    !strcmp(set_types[k].name, check->type))
				check->set->type = set_types[k].type;
	}
	return body_line(check, line);
}

static int flags_line(struct set_check *check, const struct fw_line *line)
{
	static const char *const known[] = { "interval", "dynamic", "timeout",
					     "constant" };

	for (size_t i = 1; i < line->n_words; i++) {
		const struct fw_word *word = &line->words[i];
		struct fw_diag *diag;
		const char *near;

		if (fw_mark_is(word, ","))
			continue;
		if (fw_word_is(word, "interval")) {
			check->set->interval = true;
		} else if (fw_word_is(word, "dynamic") ||
			   fw_word_is(word, "timeout")) {
			check->set->dynamic = true;
		} else if (!fw_word_is(word, "constant")) {
			diag = fw_error(check->checker->diags, "bad-value",
					&word->loc, "there is no flag '%s'",
					word->text);
			near = fw_nearest(word->text, known,
					  FW_ARRAY_SIZE(known));
			if (near)
				fw_diag_hint(check->checker->diags, diag,
					     "did you mean '%s'?", near);
		}
	}
	return body_line(check, line);
}

static int merge_line(struct set_check *check, const struct fw_line *line)
{
	check->set->merges = true;
	return body_line(check, line);
}

static int timeout_line(struct set_check *check, const struct fw_line *line)
{
	check->set->dynamic = true;
	return body_line(check, line);
}

static int size_line(struct set_check *check, const struct fw_line *line)
{
	if (line->n_words != 2) {
		fw_error(check->checker->diags, "syntax", &line->loc,
			 "'size' takes a number");
		return 0;
	}
	if (!fw_check_count(check->checker, &line->words[1], UINT32_MAX,
			    &check->size))
		return 0;
	return body_line(check, line);
}

static int stateful_line(struct set_check *check, const struct fw_line *line)
{
	check->stateful = true;
	return body_line(check, line);
}

static int file_line(struct set_check *check, const struct fw_line *line)
{
	if (line->n_words != 2 || line->words[1].kind != FW_WORD_STRING ||
	    !*line->words[1].text) {
		fw_error(check->checker->diags, "syntax", &line->loc,
			 "'file' takes a path in quotes");
		return 0;
	}
	check->file = &line->words[1];
	return 0;
}

/* csv:3 comes as three words. */
static int format_line(struct set_check *check, const struct fw_line *line)
{
	struct fw_arena *arena = check->checker->arena;

	if (line->n_words < 2) {
		fw_error(check->checker->diags, "syntax", &line->loc,
			 "the format is missing");
		return 0;
	}
	check->options.format = line->words[1].text;
	check->options.format_loc = &line->words[1].loc;
	for (size_t i = 2; i < line->n_words; i++)
		check->options.format = fw_arena_printf(
			arena, "%s%s", check->options.format,
			line->words[i].text);
	return check->options.format ? 0 : -ENOMEM;
}

static int force_line(struct set_check *check, const struct fw_line *line)
{
	(void)line;
	check->options.force = true;
	return 0;
}

static int later_line(struct set_check *check, const struct fw_line *line)
{
	unsupported(check, &line->words[0].loc,
		    fw_arena_printf(check->checker->arena, "'%s'",
				    line->words[0].text));
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct set_check *check, const struct fw_line *line);
	bool domain;		/* may stand in a set of domains */
} keys[] = {
	{ "type", type_line, true },
	{ "typeof", typeof_line, false },
	{ "flags", flags_line, false },
	{ "auto-merge", merge_line, false },
	{ "timeout", timeout_line, false },
	{ "gc-interval", body_line, false },
	{ "policy", body_line, false },
	{ "comment", body_line, true },
	{ "size", size_line, true },
	{ "counter", stateful_line, false },
	{ "limit", stateful_line, false },
	{ "quota", stateful_line, false },
	{ "ct", stateful_line, false },
	{ "synproxy", stateful_line, false },
	{ "secmark", stateful_line, false },
	{ "file", file_line, true },
	{ "format", format_line, true },
	{ "force", force_line, true },
	{ "refresh", later_line, true },
	{ "max-shrink", later_line, true },
};

static void unknown_key(struct set_check *check, const struct fw_word *word)
{
	const char *names[FW_ARRAY_SIZE(keys)];
	struct fw_diag *diag = fw_error(check->checker->diags, "unknown-key",
					&word->loc,
					"'%s' is no key of a %s", word->text,
					check->set->map ? "map" : "set");
	const char *near;

	for (size_t i = 0; i < FW_ARRAY_SIZE(keys); i++)
		names[i] = keys[i].name;
	near = fw_nearest(word->text, names, FW_ARRAY_SIZE(keys));
	if (near)
		fw_diag_hint(check->checker->diags, diag, "did you mean '%s'?",
			     near);
}

static int check_lines(struct set_check *check)
{
	for (size_t i = 0; i < check->source->lines.n; i++) {
		const struct fw_line *line = &check->source->lines.items[i];
		size_t k = 0;
		int r;

		while (k < FW_ARRAY_SIZE(keys) &&
		       !fw_word_is(&line->words[0], keys[k].name))
			k++;
		if (k == FW_ARRAY_SIZE(keys)) {
			unknown_key(check, &line->words[0]);
			continue;
		}
		r = keys[k].read(check, line);
		if (r)
			return r;
	}
	return 0;
}

/* Keys that cannot go together; the lines may come in any order. */
static void check_keys(struct set_check *check)
{
	struct fw_diags *diags = check->checker->diags;
	const struct fw_res_set *source = check->source;

	if (!check->type && source->broken)
		return;
	if (!check->type) {
		fw_error(diags, "no-type", &source->loc, "%s '%s' has no type",
			 source->map ? "map" : "set", source->name);
		return;
	}
	for (size_t i = 0; check->set->type == FW_SET_DOMAIN &&
	     i < source->lines.n; i++) {
		const struct fw_line *line = &source->lines.items[i];

		for (size_t k = 0; k < FW_ARRAY_SIZE(keys); k++)
			if (fw_word_is(&line->words[0], keys[k].name) &&
			    !keys[k].domain)
				fw_error(diags, "bad-key", &line->loc,
					 "'%s' cannot stand in a set of type "
					 "domain", keys[k].name);
	}
	if (check->file && *check->type &&
	    check->set->type == FW_SET_OTHER) {
		fw_error(diags, "bad-type", &check->file->loc,
			 "a %s of type %s cannot be read from a file",
			 source->map ? "map" : "set", check->type);
		check->file = NULL;
	}
	if (!check->file && check->options.format)
		fw_error(diags, "bad-key", check->options.format_loc,
			 "'format' says how a 'file' is read, and there is "
			 "none");
}

/* --- elements ------------------------------------------------------------- */
/* How many words of an element are its value; the rest is comment, timeout and
 * the like. */
static size_t value_words(const struct fw_res_run *run)
{
	static const char *const options[] = { "comment", "timeout", "expires",
					       "counter", "limit",   "quota" };

	for (size_t n = 1; n < run->n_words; n++)
		for (size_t i = 0; i < FW_ARRAY_SIZE(options); i++)
			if (fw_word_is(&run->words[n], options[i]))
				return n;
	return run->n_words;
}

static int keep_text(struct set_check *check, const struct fw_res_run *run)
{
	const char **slot = fw_vec_push(check->checker->arena, &check->texts);

	if (!slot)
		return -ENOMEM;
	*slot = fw_words_text(check->checker->arena, run->words, run->n_words);
	return *slot ? 0 : -ENOMEM;
}

/* Words that belong together: `=example.com` may come as two. */
static const char *joined(struct fw_arena *arena, const struct fw_res_run *run,
			  size_t n)
{
	const char *text = run->words[0].text;

	for (size_t i = 1; text && i < n; i++)
		text = fw_arena_printf(arena, "%s%s", text, run->words[i].text);
	return text;
}

static int domain_element(struct set_check *check,
			  const struct fw_res_run *run)
{
	struct fw_checker *checker = check->checker;
	struct fw_value_error error = { .hint = "" };
	struct fw_loc span = fw_loc_span(&run->words[0].loc,
					 &run->words[run->n_words - 1].loc);
	struct fw_domain *slot = fw_vec_push(checker->arena, &check->domains);
	const char *text = joined(checker->arena, run, run->n_words);
	struct fw_diag *diag;
	int r;

	if (!slot || !text)
		return -ENOMEM;
	r = fw_domain_read(checker->arena, text, slot, &error);
	if (r != -EINVAL)
		return r;
	check->domains.n--;
	diag = fw_error(checker->diags, error.id, &span, "%s", error.text);
	if (error.hint[0])
		fw_diag_hint(checker->diags, diag, "%s", error.hint);
	return 0;
}

static void needs_interval(struct set_check *check, const struct fw_loc *loc)
{
	struct fw_diag *diag = fw_error(
		check->checker->diags, "needs-interval", loc,
		"set '%s' holds single values only", check->source->name);

	fw_diag_related(check->checker->diags, diag, &check->source->loc,
			"declared here");
	fw_diag_hint(check->checker->diags, diag,
		     "'flags interval' admits prefixes and ranges");
}

static int value_element(struct set_check *check, enum fw_value_type type,
			 const struct fw_res_run *run)
{
	struct fw_checker *checker = check->checker;
	size_t n = value_words(run);
	struct fw_loc span = fw_loc_span(&run->words[0].loc,
					 &run->words[n - 1].loc);
	struct fw_interval value, *slot;
	struct fw_loc *place;

	/* A catch-all element, or one with a state of its own, is nft's. */
	if (fw_mark_is(&run->words[0], "*"))
		check->stateful = true;
	if (n < run->n_words && !fw_word_is(&run->words[n], "comment"))
		check->stateful = true;
	if (fw_mark_is(&run->words[0], "*"))
		return keep_text(check, run);
	switch (fw_value_read(checker->diags, type, run->words, n, &value)) {
	case FW_VALUE_OK:
		break;
	case FW_VALUE_WRONG:
		return 0;
	default:
		fw_error(checker->diags, "bad-value", &span, "this is no %s",
			 fw_value_prose(type));
		return 0;
	}
	if (n == 3 && !check->set->interval) {
		needs_interval(check, &span);
		return 0;
	}
	/* A plain nft set may hold everything; one that is fed may not. */
	if (check->file && !check->options.force && !value.lo &&
	    value.hi == fw_value_max(type) &&
	    (type == FW_VALUE_IPV4 || type == FW_VALUE_IPV6)) {
		struct fw_diag *diag = fw_error(checker->diags, "everything",
						&span,
						"this covers every address");

		fw_diag_hint(checker->diags, diag,
			     "'force' in the set admits it");
		return 0;
	}
	slot = fw_vec_push(checker->arena, &check->intervals);
	place = fw_vec_push(checker->arena, &check->places);
	if (!slot || !place)
		return -ENOMEM;
	*slot = value;
	*place = span;
	return keep_text(check, run);
}

static int check_elements(struct set_check *check)
{
	const struct fw_res_set *source = check->source;
	enum fw_value_type type = FW_VALUE_MAX_;
	bool values = fw_set_value_type(check->set->type, &type);
	int r = 0;

	for (size_t i = 0; !r && i < source->elements.n; i++) {
		const struct fw_res_run *run = &source->elements.items[i];

		if (check->set->type == FW_SET_DOMAIN)
			r = domain_element(check, run);
		else if (values)
			r = value_element(check, type, run);
		else
			r = keep_text(check, run);
	}
	return r;
}

/* An element with its place, to find overlaps. */
struct placed {
	struct fw_interval value;
	const struct fw_loc *loc;
};

static int by_value(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->value.lo != y->value.lo)
		return x->value.lo < y->value.lo ? -1 : 1;
	if (x->value.hi != y->value.hi)
		return x->value.hi < y->value.hi ? -1 : 1;
	return x->loc < y->loc ? -1 : x->loc > y->loc;
}

static void overlap(struct set_check *check, const struct fw_loc *a,
		    const struct fw_loc *b)
{
	const struct fw_loc *later = a > b ? a : b, *earlier = a > b ? b : a;
	struct fw_diag *diag = fw_error(check->checker->diags, "overlap", later,
					"this element overlaps another one");

	fw_diag_related(check->checker->diags, diag, earlier, "the other one");
	fw_diag_hint(check->checker->diags, diag,
		     "'auto-merge' in the set merges them");
}

/* nft refuses intervals that overlap, unless they are equal or it may merge
 * them. */
static int check_overlaps(struct set_check *check)
{
	size_t n = check->intervals.n, widest = 0;
	struct placed *sorted;

	if (!check->set->interval || check->set->merges || check->file || n < 2)
		return 0;
	sorted = fw_arena_array(check->checker->arena, n, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct placed){ check->intervals.items[i],
					     &check->places.items[i] };
	qsort(sorted, n, sizeof(*sorted), by_value);
	for (size_t i = 1; i < n; i++) {
		const struct placed *wide = &sorted[widest];
		bool equal = sorted[i].value.lo == wide->value.lo &&
			     sorted[i].value.hi == wide->value.hi;

		if (sorted[i].value.lo <= wide->value.hi && !equal)
			overlap(check, wide->loc, sorted[i].loc);
		if (sorted[i].value.hi > wide->value.hi)
			widest = i;
	}
	return 0;
}

/* --- the whole ------------------------------------------------------------ */
static int emit_values(struct set_check *check, enum fw_value_type type)
{
	struct fw_arena *arena = check->checker->arena;

	check->texts.n = 0;
	for (size_t i = 0; i < check->intervals.n; i++) {
		struct fw_interval value = check->intervals.items[i];
		fw_u128 last = value.hi;

		/* Without intervals each value stands for itself. */
		do {
			const char **slot = fw_vec_push(arena, &check->texts);

			if (!slot)
				return -ENOMEM;
			if (!check->set->interval)
				value.hi = value.lo;
			*slot = fw_value_print(arena, type, &value);
			if (!*slot)
				return -ENOMEM;
			value.lo++;
		} while (!check->set->interval && value.lo <= last);
	}
	return 0;
}

static int finish_domains(struct set_check *check)
{
	struct fw_domain_set *domains;
	const char *clash;

	if (fw_domains_sort(&check->domains, &clash)) {
		fw_error(check->checker->diags, "contradiction",
			 &check->source->loc,
			 "set '%s' has '%s' as an entry and as an exception",
			 check->source->name, clash);
		return 0;
	}
	domains = fw_arena_alloc(check->checker->arena, sizeof(*domains));
	if (!domains)
		return -ENOMEM;
	*domains = (struct fw_domain_set){ check->source->name,
					   check->domains.items,
					   check->domains.n };
	check->set->domains = domains;
	return 0;
}

static int finish(struct set_check *check)
{
	struct fw_typed_set *set = check->set;
	enum fw_value_type type;
	size_t n = set->type == FW_SET_DOMAIN ? check->domains.n :
						check->texts.n;
	int r = 0;

	if (set->type == FW_SET_DOMAIN)
		return finish_domains(check);
	if (fw_set_value_type(set->type, &type)) {
		check->intervals.n = fw_intervals_merge(check->intervals.items,
							check->intervals.n);
		set->intervals = check->intervals.items;
		set->n_intervals = check->intervals.n;
		set->constant = !set->dynamic && !check->stateful;
		if (check->file && !check->stateful)
			r = emit_values(check, type);
		n = check->texts.n;
	}
	if (r)
		return r;
	if (check->size && !set->interval && n > check->size)
		fw_error(check->checker->diags, "set-full", &check->source->loc,
			 "set '%s' has %zu elements, but 'size %llu'",
			 check->source->name, n,
			 (unsigned long long)check->size);
	if (check->file && set->interval && !set->merges)
		fw_buf_printf(&check->body, "%sauto-merge",
			      check->body.len ? "\n" : "");
	set->merges = set->merges || check->file;
	set->elements = check->texts.items;
	set->n_elements = check->texts.n;
	return 0;
}

static int check_set(struct fw_checker *checker, const struct fw_res_set *source,
		     struct fw_typed_table *table, struct fw_typed_set *set)
{
	struct set_check check = {
		.checker = checker,
		.source = source,
		.set = set,
	};
	char *body;
	int r;

	set->name = source->name;
	set->item = source->item;
	set->table = table;
	set->map = source->map;
	r = check_lines(&check);
	if (!r)
		check_keys(&check);
	if (!r)
		r = check_elements(&check);
	if (!r)
		r = check_overlaps(&check);
	if (!r && check.file) {
		check.options.path = check.file;
		check.options.interval = set->interval;
		r = fw_check_file(checker, set->type, &check.options,
				  &check.intervals, &check.domains);
	}
	if (!r)
		r = finish(&check);
	checker->set_infos[set - checker->typed->sets] = (struct fw_set_info){
		check.type ? check.type : "none", source->loc };
	body = fw_buf_take(&check.body);
	set->body = body ? fw_arena_strdup(checker->arena, body) : NULL;
	free(body);
	return !r && !set->body ? -ENOMEM : r;
}

static size_t count_sets(const struct fw_resolved *resolved)
{
	size_t n = resolved->sets.n;

	for (size_t i = 0; i < resolved->tables.n; i++)
		n += resolved->tables.items[i]->sets.n;
	return n;
}

int fw_check_sets(struct fw_checker *checker)
{
	const struct fw_resolved *in = checker->resolved;
	struct fw_typed *typed = checker->typed;
	size_t k = 0;
	int r = 0;

	typed->n_sets = count_sets(in);
	typed->sets = fw_arena_array(checker->arena, typed->n_sets,
				     sizeof(*typed->sets));
	checker->set_infos = fw_arena_array(checker->arena, typed->n_sets,
					    sizeof(*checker->set_infos));
	if (!typed->sets || !checker->set_infos)
		return -ENOMEM;
	for (size_t t = 0; t < in->tables.n; t++) {
		struct fw_typed_table *table = &typed->tables[t];

		table->n_sets = in->tables.items[t]->sets.n;
		table->sets = fw_arena_array(checker->arena, table->n_sets,
					     sizeof(*table->sets));
		if (!table->sets)
			return -ENOMEM;
		for (size_t i = 0; !r && i < table->n_sets; i++) {
			table->sets[i] = &typed->sets[k++];
			r = check_set(checker, in->tables.items[t]->sets.items[i],
				      table, table->sets[i]);
		}
	}
	for (size_t i = 0; !r && i < in->sets.n; i++)
		r = check_set(checker, in->sets.items[i], NULL,
			      &typed->sets[k++]);
	return r;
}

/* --- names ---------------------------------------------------------------- */
const char *fw_check_set_type(const struct fw_checker *checker,
			      const struct fw_typed_set *set)
{
	return checker->set_infos[set - checker->typed->sets].type;
}

static const struct fw_loc *set_loc(const struct fw_checker *checker,
				    const struct fw_typed_set *set)
{
	return &checker->set_infos[set - checker->typed->sets].loc;
}

void fw_check_set_mismatch(struct fw_checker *checker,
			   const struct fw_typed_set *set,
			   const struct fw_word *word, const char *meant)
{
	struct fw_diag *diag = fw_error(
		checker->diags, "set-type", &word->loc,
		"%s '%s' is of type %s, but %s is meant here",
		set->map ? "map" : "set", set->name,
		fw_check_set_type(checker, set), meant);

	fw_diag_related(checker->diags, diag, set_loc(checker, set),
			"declared here");
}

static void unknown_set(struct fw_checker *checker,
			const struct fw_typed_table *table,
			const struct fw_word *word)
{
	const struct fw_typed *typed = checker->typed;
	struct fw_diag *diag = fw_error(checker->diags, "unknown-set",
					&word->loc, "there is no set '%s'",
					word->text);
	const struct fw_typed_set *elsewhere = NULL;
	FW_VEC(const char *) names = { 0 };
	const char *near;

	for (size_t i = 0; i < typed->n_sets; i++) {
		const struct fw_typed_set *set = &typed->sets[i];
		const char **slot;

		if (table && set->table && set->table != table) {
			if (!strcmp(set->name, word->text))
				elsewhere = set;
			continue;
		}
		slot = fw_vec_push(checker->arena, &names);
		if (slot)
			*slot = set->name;
	}
	near = fw_nearest(word->text, names.items, names.n);
	if (elsewhere)
		fw_diag_related(checker->diags, diag,
				set_loc(checker, elsewhere),
				"a set of that name is in another table");
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '@%s'?", near);
}

static void ambiguous_set(struct fw_checker *checker, const struct fw_word *word)
{
	const struct fw_typed *typed = checker->typed;
	struct fw_diag *diag = fw_error(checker->diags, "ambiguous-set",
					&word->loc, "several tables have a set "
					"'%s'", word->text);

	for (size_t i = 0; i < typed->n_sets; i++)
		if (!strcmp(typed->sets[i].name, word->text))
			fw_diag_related(checker->diags, diag,
					set_loc(checker, &typed->sets[i]),
					"one is here");
	fw_diag_hint(checker->diags, diag,
		     "a set at top level would be the one that is meant");
}

struct fw_typed_set *fw_check_set_name(struct fw_checker *checker,
				       const struct fw_typed_table *table,
				       const struct fw_word *word)
{
	struct fw_typed *typed = checker->typed;
	struct fw_typed_set *top = NULL, *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < typed->n_sets; i++) {
		struct fw_typed_set *set = &typed->sets[i];

		if (strcmp(set->name, word->text))
			continue;
		if (!set->table) {
			top = set;
		} else if (!table || set->table == table) {
			found = set;
			n++;
		}
	}
	/* A rule: its table's, else top level's. A block: the other way. */
	if (top && (!table || !found)) {
		found = top;
		n = 1;
	}
	if (!n)
		unknown_set(checker, table, word);
	else if (n > 1)
		ambiguous_set(checker, word);
	if (n != 1)
		return NULL;
	found->used = true;
	return found;
}
