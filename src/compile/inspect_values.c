/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a fact of a flow is compared with: a set, or values that stand there.
 *
 * In: words. Out: names, texts, patterns or numbers of a rule. A wrong value is
 * a diagnostic at its word; only memory fails.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/inspect.h"
#include "compile/own_types.h"
#include "util/cleanup.h"

#define ALPN_MAX 255		/* RFC 7301 section 3.1 */

static const struct {
	enum fw_set_type set;	/* OTHER: it takes no set */
	const char *prose;	/* of a literal; NULL: sets only */
} operands[FW_OPERAND_MAX_] = {
	[FW_OPERAND_NAMES] = { FW_SET_DOMAIN, "a name" },
	[FW_OPERAND_JA3] = { FW_SET_JA3, "a JA3 value" },
	[FW_OPERAND_JA4] = { FW_SET_JA4, "a JA4 value" },
	[FW_OPERAND_TEXTS] = { FW_SET_OTHER, "a protocol's name" },
	[FW_OPERAND_TLS_VERSION] = { FW_SET_OTHER, "a version" },
	[FW_OPERAND_SSH_VERSION] = { FW_SET_OTHER, "a version" },
	[FW_OPERAND_QTYPE] = { FW_SET_OTHER, "a type of record" },
	[FW_OPERAND_PATTERNS] = { FW_SET_PATTERN, NULL },
};

/* The IANA register of DNS RR types, those that are asked for. */
static const struct {
	const char *name;
	uint16_t value;
} qtypes[] = {
	{ "a", 1 },	  { "ns", 2 },	     { "cname", 5 },   { "soa", 6 },
	{ "null", 10 },	  { "ptr", 12 },     { "hinfo", 13 },  { "mx", 15 },
	{ "txt", 16 },	  { "rp", 17 },	     { "afsdb", 18 },  { "key", 25 },
	{ "aaaa", 28 },	  { "loc", 29 },     { "srv", 33 },    { "naptr", 35 },
	{ "kx", 36 },	  { "cert", 37 },    { "dname", 39 },  { "opt", 41 },
	{ "ds", 43 },	  { "sshfp", 44 },   { "rrsig", 46 },  { "nsec", 47 },
	{ "dnskey", 48 }, { "dhcid", 49 },   { "nsec3", 50 },  { "tlsa", 52 },
	{ "smimea", 53 }, { "hip", 55 },     { "cds", 59 },    { "svcb", 64 },
	{ "https", 65 },  { "spf", 99 },     { "tkey", 249 },  { "tsig", 250 },
	{ "ixfr", 251 },  { "axfr", 252 },   { "any", 255 },   { "uri", 256 },
	{ "caa", 257 },
};

/* Values while they are read; one of the vectors is in use. */
struct values {
	struct fw_checker *checker;
	enum fw_operand operand;
	struct fw_domain_vec domains;
	struct fw_text_vec texts;
	struct fw_interval_vec numbers;
};

/* --- single values; -EINVAL after a diagnostic ----------------------------- */
static int report(struct values *values, const struct fw_word *word,
		  const struct fw_value_error *error)
{
	struct fw_diags *diags = values->checker->diags;
	struct fw_diag *diag = fw_error(diags, error->id, &word->loc, "%s",
					error->text);

	if (error->hint[0])
		fw_diag_hint(diags, diag, "%s", error->hint);
	return -EINVAL;
}

static int read_name(struct values *values, const struct fw_word *word)
{
	struct fw_arena *arena = values->checker->arena;
	struct fw_value_error error = { .hint = "" };
	struct fw_domain *slot = fw_vec_push(arena, &values->domains);
	int r = slot ? fw_domain_read(arena, word->text, slot, &error) :
		       -ENOMEM;

	if (r == -EINVAL)
		return report(values, word, &error);
	if (!r && slot->exception) {
		fw_error(values->checker->diags, "bad-name", &word->loc,
			 "an exception stands in sets only; '!=' negates");
		return -EINVAL;
	}
	return r;
}

static int read_text(struct values *values, const struct fw_word *word)
{
	struct fw_arena *arena = values->checker->arena;
	struct fw_value_error error = { .hint = "" };
	const char **slot = fw_vec_push(arena, &values->texts);
	size_t len = strlen(word->text);
	int r = 0;

	if (!slot)
		return -ENOMEM;
	if (values->operand == FW_OPERAND_JA3) {
		r = fw_ja3_read(arena, word->text, slot, &error);
	} else if (values->operand == FW_OPERAND_JA4) {
		r = fw_ja4_read(arena, word->text, slot, &error);
	} else if (!len || len > ALPN_MAX) {
		error.id = "bad-value";
		(void)snprintf(error.text, sizeof(error.text),
			       "a protocol's name has 1 to %d bytes",
			       ALPN_MAX);
		r = -EINVAL;
	} else {
		*slot = word->text;
	}
	return r == -EINVAL ? report(values, word, &error) : r;
}

static bool version_parts(const char *text, unsigned long *major,
			  unsigned long *minor)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	*major = strtoul(text, &end, 10);
	if (*end != '.' || !isdigit((unsigned char)end[1]))
		return false;
	*minor = strtoul(end + 1, &end, 10);
	return !*end && *major < 256 && *minor < 256;
}

/* The number of a version, as a fact has it; false when it is none. */
static bool read_version(enum fw_operand operand, const char *text,
			 uint16_t *ret)
{
	unsigned long major, minor;

	if (!version_parts(text, &major, &minor))
		return false;
	if (operand == FW_OPERAND_SSH_VERSION) {
		*ret = (uint16_t)(major << 8 | minor);
		return true;
	}
	/* TLS 1.0 is 3.1 on the wire (RFC 8446 appendix D). */
	*ret = (uint16_t)(0x0301 + minor);
	return major == 1 && minor <= 3;
}

static bool read_qtype(const char *text, uint16_t *ret)
{
	uint64_t value;

	for (size_t i = 0; i < FW_ARRAY_SIZE(qtypes); i++) {
		if (strcmp(text, qtypes[i].name))
			continue;
		*ret = qtypes[i].value;
		return true;
	}
	if (!fw_number(text, &value) || value > UINT16_MAX)
		return false;
	*ret = (uint16_t)value;
	return true;
}

static void no_qtype(struct values *values, const struct fw_word *word)
{
	const char *names[FW_ARRAY_SIZE(qtypes)];
	struct fw_diag *diag = fw_error(values->checker->diags, "bad-value",
					&word->loc,
					"there is no type of record '%s'",
					word->text);
	const char *near;

	for (size_t i = 0; i < FW_ARRAY_SIZE(qtypes); i++)
		names[i] = qtypes[i].name;
	near = fw_nearest(word->text, names, FW_ARRAY_SIZE(qtypes));
	if (near)
		fw_diag_hint(values->checker->diags, diag, "did you mean '%s'?",
			     near);
	else
		fw_diag_hint(values->checker->diags, diag,
			     "a name such as aaaa, or a number up to 65535");
}

static int read_number(struct values *values, const struct fw_word *word)
{
	struct fw_interval *slot;
	uint16_t number = 0;
	struct fw_diag *diag;

	if (values->operand == FW_OPERAND_QTYPE ?
		    !read_qtype(word->text, &number) :
		    !read_version(values->operand, word->text, &number)) {
		if (values->operand == FW_OPERAND_QTYPE) {
			no_qtype(values, word);
			return -EINVAL;
		}
		diag = fw_error(values->checker->diags, "bad-value", &word->loc,
				"'%s' is no version", word->text);
		fw_diag_hint(values->checker->diags, diag, "%s",
			     values->operand == FW_OPERAND_TLS_VERSION ?
				     "1.0, 1.1, 1.2, 1.3" : "2.0, 1.99");
		return -EINVAL;
	}
	slot = fw_vec_push(values->checker->arena, &values->numbers);
	if (!slot)
		return -ENOMEM;
	slot->lo = slot->hi = number;
	return 0;
}

static int read_value(struct values *values, const struct fw_word *word)
{
	if (word->kind != FW_WORD_PLAIN && word->kind != FW_WORD_STRING) {
		fw_error(values->checker->diags, "syntax", &word->loc,
			 "%s is meant here", operands[values->operand].prose);
		return -EINVAL;
	}
	switch (values->operand) {
	case FW_OPERAND_NAMES:
		return read_name(values, word);
	case FW_OPERAND_TLS_VERSION:
	case FW_OPERAND_SSH_VERSION:
	case FW_OPERAND_QTYPE:
		return read_number(values, word);
	default:
		return read_text(values, word);
	}
}

/* --- what was read, into the rule ------------------------------------------ */
static int finish(struct values *values, struct fw_inspect_rule *rule)
{
	struct fw_arena *arena = values->checker->arena;
	struct fw_domain_set *domains;
	const char *clash;

	if (values->numbers.n) {
		rule->n_numbers = fw_intervals_merge(values->numbers.items,
						     values->numbers.n);
		rule->numbers = values->numbers.items;
		return 0;
	}
	if (values->texts.n) {
		rule->texts = fw_texts_set(arena, "", &values->texts);
		return rule->texts ? 0 : -ENOMEM;
	}
	/* No exceptions are among them, so nothing clashes. */
	(void)fw_domains_sort(&values->domains, &clash);
	domains = fw_arena_alloc(arena, sizeof(*domains));
	if (!domains)
		return -ENOMEM;
	*domains = (struct fw_domain_set){ "", values->domains.items,
					   values->domains.n };
	rule->domains = domains;
	return 0;
}

static int read_set(struct fw_checker *checker,
		    const struct fw_typed_table *table,
		    enum fw_operand operand, const struct fw_word *word,
		    struct fw_inspect_rule *rule, size_t *ret_n)
{
	const struct fw_typed_set *set;

	if (operands[operand].set == FW_SET_OTHER) {
		fw_error(checker->diags, "set-type", &word->loc,
			 "a set cannot stand here; %s is meant",
			 operands[operand].prose);
		return 0;
	}
	set = fw_check_set_name(checker, table, word);
	if (!set)
		return 0;
	if (set->type != operands[operand].set) {
		fw_check_set_mismatch(checker, set, word,
				      fw_set_type_name(operands[operand].set));
		return 0;
	}
	rule->domains = set->domains;
	rule->texts = set->texts;
	rule->patterns = set->patterns;
	*ret_n = 1;
	return 0;
}

/* Values with commas between them; *ret_n words. */
static int read_list(struct values *values, const struct fw_word *words,
		     size_t n, bool braces, size_t *ret_n)
{
	size_t i = 0;
	int r;

	do {
		if (i && braces && i + 1 == n)
			return 0;	/* a comma behind the last one */
		i += i > 0;
		if (i >= n) {
			fw_error(values->checker->diags, "syntax",
				 &words[i - 1].loc,
				 "nothing stands behind this comma");
			return -EINVAL;
		}
		r = read_value(values, &words[i]);
		if (r)
			return r;
		i++;
	} while (i < n && fw_mark_is(&words[i], ","));
	if (braces && i < n) {
		fw_error(values->checker->diags, "syntax", &words[i].loc,
			 "a comma is missing in front of '%s'", words[i].text);
		return -EINVAL;
	}
	*ret_n = i;
	return 0;
}

int fw_inspect_operand(struct fw_checker *checker,
		       const struct fw_typed_table *table,
		       enum fw_operand operand, const struct fw_word *words,
		       size_t n, struct fw_inspect_rule *ret, size_t *ret_n)
{
	struct values values = { .checker = checker, .operand = operand };
	size_t taken = 0;
	int r;

	*ret_n = 0;
	if (words[0].kind == FW_WORD_SET)
		return read_set(checker, table, operand, &words[0], ret, ret_n);
	if (!operands[operand].prose) {
		fw_error(checker->diags, "syntax", &words[0].loc,
			 "a set is meant here, of type %s",
			 fw_set_type_name(operands[operand].set));
		return 0;
	}
	if (words[0].kind == FW_WORD_BRACE && !words[0].n_words) {
		fw_error(checker->diags, "empty-list", &words[0].loc,
			 "an empty list matches nothing");
		return 0;
	}
	if (words[0].kind == FW_WORD_BRACE)
		r = read_list(&values, words[0].words, words[0].n_words, true,
			      &taken);
	else
		r = read_list(&values, words, n, false, &taken);
	if (r)
		return r == -EINVAL ? 0 : r;
	*ret_n = words[0].kind == FW_WORD_BRACE ? 1 : taken;
	return finish(&values, ret);
}
