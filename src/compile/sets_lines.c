/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a set or map: type, flags, and Flywall's own keys.
 *
 * In: the lines that the file has built. Out: type and flags of the typed set,
 * the text that nft gets, and where its elements come from. One table of keys;
 * Flywall's (file, format, refresh, …) are taken out of the text. Keys that
 * contradict each other are diagnostics.
 */
#include <errno.h>
#include <string.h>

#include "compile/blocks.h"
#include "compile/sets.h"
#include "util/cleanup.h"

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
static int body_line(struct fw_set_check *check, const struct fw_line *line)
{
	const char *text = fw_words_text(check->checker->arena, line->words,
					 line->n_words);

	if (!text)
		return -ENOMEM;
	fw_buf_printf(&check->body, "%s%s", check->body.len ? "\n" : "", text);
	return 0;
}

static void unknown_type(struct fw_set_check *check, const struct fw_word *word)
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

/* What a map gives may be a verdict, an object or an interval, too. */
static bool known_data(const char *name)
{
	static const char *const names[] = {
		"verdict", "counter", "quota", "limit", "secmark", "synproxy",
		"interval", "ct", "helper", "timeout", "expectation",
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return known_type(name);
}

static int type_line(struct fw_set_check *check, const struct fw_line *line)
{
	struct fw_typed_set *set = check->set;
	bool alone = line->n_words == 2;
	bool (*known)(const char *name) = known_type;

	if (line->n_words < 2) {
		fw_error(check->checker->diags, "syntax", &line->loc,
			 "the type is missing");
		return 0;
	}
	for (size_t i = 1; i < line->n_words; i++) {
		const struct fw_word *word = &line->words[i];

		if (fw_mark_is(word, ":"))
			known = known_data;
		else if (word->kind == FW_WORD_PLAIN && !known(word->text)) {
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
	return set->type >= FW_SET_DOMAIN ? 0 : body_line(check, line);
}

static int typeof_line(struct fw_set_check *check, const struct fw_line *line)
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

static int flags_line(struct fw_set_check *check, const struct fw_line *line)
{
	static const char *const known[] = { "interval", "dynamic", "timeout",
					     "constant" };
	int r;

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
			check->has_times |= fw_word_is(word, "timeout");
		} else if (fw_word_is(word, "constant")) {
			check->fixed = true;
		} else {
			diag = fw_error(check->checker->diags, "bad-value",
					&word->loc, "there is no flag '%s'",
					word->text);
			check->set->interval = true;	/* it may be */
			near = fw_nearest(word->text, known,
					  FW_ARRAY_SIZE(known));
			if (near)
				fw_diag_hint(check->checker->diags, diag,
					     "did you mean '%s'?", near);
		}
	}
	r = body_line(check, line);
	check->flags_end = check->body.len;
	return r;
}

static int merge_line(struct fw_set_check *check, const struct fw_line *line)
{
	check->set->merges = true;
	return body_line(check, line);
}

static int timeout_line(struct fw_set_check *check, const struct fw_line *line)
{
	check->set->dynamic = true;
	check->has_times = true;
	check->timeout = line;
	return body_line(check, line);
}

static int size_line(struct fw_set_check *check, const struct fw_line *line)
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

static int stateful_line(struct fw_set_check *check, const struct fw_line *line)
{
	check->stateful = true;
	check->judges = true;
	return body_line(check, line);
}

static int file_line(struct fw_set_check *check, const struct fw_line *line)
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
static int format_line(struct fw_set_check *check, const struct fw_line *line)
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

static int force_line(struct fw_set_check *check, const struct fw_line *line)
{
	(void)line;
	check->options.force = true;
	return 0;
}

static int refresh_line(struct fw_set_check *check, const struct fw_line *line)
{
	check->refresh = line;
	(void)fw_check_time_line(check->checker, line, "refresh 15m",
				 &check->set->options.refresh_ms);
	return 0;
}

static int shrink_line(struct fw_set_check *check, const struct fw_line *line)
{
	check->shrink = line;
	if (line->n_words != 2)
		fw_check_takes(check->checker, line, "max-shrink 50%");
	else
		(void)fw_check_percent(check->checker, &line->words[1],
				       &check->set->options.max_shrink);
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct fw_set_check *check, const struct fw_line *line);
	bool own;		/* may stand in a set of Flywall's own types */
	bool new;		/* nft has no such key */
} keys[] = {
	{ "type", type_line, true, false },
	{ "typeof", typeof_line, false, false },
	{ "flags", flags_line, true, false },
	{ "auto-merge", merge_line, false, false },
	{ "timeout", timeout_line, true, false },
	{ "gc-interval", body_line, false, false },
	{ "policy", body_line, false, false },
	{ "comment", body_line, true, false },
	{ "size", size_line, true, false },
	{ "counter", stateful_line, false, false },
	{ "limit", stateful_line, false, false },
	{ "quota", stateful_line, false, false },
	{ "ct", stateful_line, false, false },
	{ "synproxy", stateful_line, false, false },
	{ "secmark", stateful_line, false, false },
	{ "file", file_line, true, true },
	{ "format", format_line, true, true },
	{ "force", force_line, true, true },
	{ "refresh", refresh_line, true, true },
	{ "max-shrink", shrink_line, true, true },
};

const char *fw_set_own_key(size_t i)
{
	for (size_t k = 0; k < FW_ARRAY_SIZE(keys); k++)
		if (keys[k].new && !i--)
			return keys[k].name;
	return NULL;
}

static void unknown_key(struct fw_set_check *check, const struct fw_word *word)
{
	const char *names[FW_ARRAY_SIZE(keys) + 1];
	struct fw_diag *diag = fw_error(check->checker->diags, "unknown-key",
					&word->loc,
					"'%s' is no key of a %s", word->text,
					check->set->map ? "map" : "set");
	const char *near;

	for (size_t i = 0; i < FW_ARRAY_SIZE(keys); i++)
		names[i] = keys[i].name;
	names[FW_ARRAY_SIZE(keys)] = "elements";
	near = fw_nearest(word->text, names, FW_ARRAY_SIZE(names));
	if (near)
		fw_diag_hint(check->checker->diags, diag, "did you mean '%s'?",
			     near);
}

static int read_lines(struct fw_set_check *check)
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
			check->misspelt = true;
			continue;
		}
		r = fw_pending_note(check->checker, "set", keys[k].name,
				    line->n_words > 1 ? line->words[1].text :
							NULL, &line->loc);
		if (!r)
			r = keys[k].read(check, line);
		if (r)
			return r;
	}
	return 0;
}

/* `flags` of Flywall's own types: timeout, and no other. */
static void check_own_flags(struct fw_set_check *check,
			    const struct fw_line *line)
{
	for (size_t i = 1; i < line->n_words; i++) {
		const struct fw_word *word = &line->words[i];

		if (word->kind == FW_WORD_PLAIN && strcmp(word->text, "timeout"))
			fw_error(check->checker->diags, "bad-key", &word->loc,
				 "a set of type %s has no flag '%s'",
				 check->type, word->text);
	}
}

/* What cannot stand in a set of Flywall's own types. */
static void check_own(struct fw_set_check *check)
{
	const struct fw_res_set *source = check->source;

	for (size_t i = 0; i < source->lines.n; i++) {
		const struct fw_line *line = &source->lines.items[i];

		if (fw_word_is(&line->words[0], "flags"))
			check_own_flags(check, line);
		for (size_t k = 0; k < FW_ARRAY_SIZE(keys); k++)
			if (fw_word_is(&line->words[0], keys[k].name) &&
			    !keys[k].own)
				fw_error(check->checker->diags, "bad-key",
					 &line->loc, "'%s' cannot stand in a "
					 "set of type %s", keys[k].name,
					 check->type);
	}
	if (check->timeout)
		(void)fw_check_time_line(check->checker, check->timeout,
					 "timeout 1h",
					 &check->set->options.timeout_ms);
}

static int note_own_timeout(struct fw_set_check *check)
{
	if (check->set->type < FW_SET_DOMAIN || !check->timeout)
		return 0;
	return fw_pending_note(check->checker, "set of Flywall's own",
			       "timeout", NULL, &check->timeout->loc);
}

/* Keys that cannot go together; the lines may come in any order. */
static void check_keys(struct fw_set_check *check)
{
	struct fw_diags *diags = check->checker->diags;
	const struct fw_res_set *source = check->source;

	if (!check->type && (source->broken || check->misspelt))
		return;
	if (!check->type) {
		fw_error(diags, "no-type", &source->loc, "%s '%s' has no type",
			 source->map ? "map" : "set", source->name);
		return;
	}
	if (check->set->type >= FW_SET_DOMAIN)
		check_own(check);
	if (check->file && *check->type &&
	    check->set->type == FW_SET_OTHER) {
		fw_error(diags, "bad-type", &check->file->loc,
			 "a %s of type %s cannot be read from a file",
			 source->map ? "map" : "set", check->type);
		check->file = NULL;
	}
	if (check->file)
		return;
	if (check->options.format)
		fw_error(diags, "bad-key", check->options.format_loc,
			 "'format' says how a 'file' is read, and there is "
			 "none");
	if (check->refresh)
		fw_error(diags, "bad-key", &check->refresh->loc,
			 "'refresh' reads a 'file' again, and there is none");
	if (check->shrink)
		fw_error(diags, "bad-key", &check->shrink->loc,
			 "'max-shrink' is about a 'file' that is read again, "
			 "and there is none");
}

int fw_set_check_lines(struct fw_set_check *check)
{
	int r;

	check->set->options.max_shrink = FW_MILLION / 2;
	r = read_lines(check);
	if (r)
		return r;
	check_keys(check);
	check->set->options.type = check->type ? check->type : "";
	check->set->options.format = check->options.format ?
					     check->options.format : "auto";
	check->set->options.force = check->options.force;
	return note_own_timeout(check);
}
