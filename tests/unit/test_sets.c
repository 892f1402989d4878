/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets: types, content from elements and files, domains, chains' lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "compile/typecheck.h"
#include "tests/unit/typed_text.h"
#include "util/cleanup.h"

static void open_set(struct typed_text *t, const char *lines)
{
	char text[4096];

	(void)snprintf(text, sizeof(text),
		       "table inet t {\nset s {\n%s\n}\n}\n", lines);
	typed_text_open(t, text);
}

static const struct fw_typed_set *open_valid(struct typed_text *t,
					     const char *lines)
{
	open_set(t, lines);
	if (*typed_text_error(t))
		fail_msg("%s: %s", lines, t->diags.items[0].text);
	return &t->typed->sets[0];
}

static void is_wrong(const char *lines, const char *id)
{
	struct typed_text t;

	open_set(&t, lines);
	if (strcmp(typed_text_error(&t), id))
		fail_msg("%s: '%s' not '%s'", lines, typed_text_error(&t), id);
	typed_text_close(&t);
}

static void types_and_content(void **state)
{
	const struct fw_typed_set *set;
	struct typed_text t;

	(void)state;
	set = open_valid(&t, "type ipv4_addr; flags interval\n"
			     "elements = { 10.0.0.0/8, 10.0.0.0/8, 1.2.3.4 "
			     "comment \"one\" }");
	assert_int_equal(set->type, FW_SET_IPV4_ADDR);
	assert_true(set->constant && set->interval && !set->merges);
	assert_int_equal(set->n_intervals, 2);
	assert_int_equal(set->n_elements, 3);
	assert_string_equal(set->elements[2], "1.2.3.4 comment \"one\"");
	assert_string_equal(set->body, "type ipv4_addr\nflags interval");
	typed_text_close(&t);

	set = open_valid(&t, "typeof tcp dport; elements = { ssh, 80 }");
	assert_int_equal(set->type, FW_SET_INET_SERVICE);
	assert_true(set->constant && set->intervals[0].lo == 22);
	typed_text_close(&t);

	set = open_valid(&t, "type ipv4_addr . inet_service; elements = { "
			     "10.0.0.1 . 80 }");
	assert_int_equal(set->type, FW_SET_OTHER);
	assert_true(set->constant && set->n_types == 2 && set->n_boxes == 1);
	assert_true(set->boxes[1].lo == 80 && set->boxes[1].hi == 80);
	assert_string_equal(set->elements[0], "10.0.0.1 . 80");
	typed_text_close(&t);
}

/* What may change in the kernel cannot be lowered. */
static void what_is_not_constant(void **state)
{
	static const char *const lines[] = {
		"type ipv4_addr; flags dynamic",
		"type ipv4_addr; flags timeout",
		"type ipv4_addr; timeout 5m",
		"type ipv4_addr; counter",
		"type ipv4_addr; elements = { 10.0.0.1 timeout 5m }",
		"type ipv4_addr; flags interval; elements = { * }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct typed_text t;

		assert_false(open_valid(&t, lines[i])->constant);
		typed_text_close(&t);
	}
}

static void wrong_elements(void **state)
{
	(void)state;
	is_wrong("type ipv4_addr; elements = { 10.0.0.0/8 }",
		 "needs-interval");
	is_wrong("type ipv4_addr; flags interval; elements = { 10.0.0.0/8, "
		 "10.1.0.0/16 }", "overlap");
	is_wrong("type ipv4_addr; elements = { 10.0.0.1 . 80 }", "bad-value");
	is_wrong("type ipv4_addr; elements = { mail.example }", "host-name");
	is_wrong("type inet_service; elements = { 70000 }", "bad-value");
	is_wrong("type ipv4_addr; size 1; elements = { 10.0.0.1, 10.0.0.2 }",
		 "set-full");
	is_wrong("type domain; elements = { \"a..b\" }", "bad-name");
	is_wrong("type ja4; elements = { \"t13d1715h2\" }", "bad-ja4");
	is_wrong("type ja3; elements = { abc }", "bad-ja3");
	is_wrong("elements = { 10.0.0.1 }", "no-type");
}

static void domains(void **state)
{
	const struct fw_domain_set *d;
	struct typed_text t;

	(void)state;
	d = open_valid(&t, "type domain; elements = { \"Evil.Example.\", "
			   "\"=exact.example\", \"!ok.evil.example\", "
			   "\"=evil.example\", evil.example }")->domains;
	assert_int_equal(d->n_domains, 3);
	assert_string_equal(d->domains[0].name, "evil.example");
	assert_false(d->domains[0].exact || d->domains[0].exception);
	assert_string_equal(d->domains[1].name, "exact.example");
	assert_true(d->domains[1].exact);
	assert_string_equal(d->domains[2].name, "ok.evil.example");
	assert_true(d->domains[2].exception);
	typed_text_close(&t);
	is_wrong("type domain; elements = { \"a.b\", \"!a.b\" }",
		 "contradiction");
}

static void fingerprints(void **state)
{
	const struct fw_text_set *texts;
	struct typed_text t;

	(void)state;
	texts = open_valid(&t, "type ja3; elements = { "
			   "E7d705a3286e19ea42f587b344ee6865, "
			   "\"e7d705a3286e19ea42f587b344ee6865\", "
			   "12345678901234567890123456789012 }")->texts;
	assert_int_equal(texts->n_texts, 2);
	assert_string_equal(texts->texts[0],
			    "12345678901234567890123456789012");
	assert_string_equal(texts->texts[1],
			    "e7d705a3286e19ea42f587b344ee6865");
	typed_text_close(&t);
	/* Each place of a JA4 value has its own characters. */
	is_wrong("type ja4; elements = { x13d1715h2_5b57614c22b0_3d5424432f57 }",
		 "bad-ja4");
	is_wrong("type ja4; elements = { t13d17a5h2_5b57614c22b0_3d5424432f57 }",
		 "bad-ja4");
	is_wrong("type ja4; elements = { t13d1715h2-5b57614c22b0_3d5424432f57 }",
		 "bad-ja4");
	is_wrong("type ja4; elements = { t13d1715h2_5B57614c22b0_3d5424432f57 }",
		 "bad-ja4");
}

/* What is a pattern, and one that can be looked for in a stream. */
static void patterns(void **state)
{
	static const char *const good[] = {
		"a: /x/",	  "a: /a\\/b/i",   "a: /[]x]+/",
		"a: /[^]/(]+/",	  "a: /(?:ab){2,3}?/", "a: /a{x}/",
		"a: /\\Q(\\E/",  "a:/x|^y$/imsxu",
		"a.b-c_1: /\\(/", "a: /(?i)x+?/",
	};
	static const char *const bad[] = {
		"/x/",	    "a /x/",	"a: x",	   "a: /x",   "a: //",
		"a: /(x/",  "a: /x)/",	"a: /[x/", "a: /*x/", "a: /x**/",
		"a: /x\\/", "a: /x/g",	"a: /x/ii", "a: /(+)/", "a: /^?/",
		"a: /x*/",  "a: /(x)\\1/", "a: /(?=x)y/",
	};
	struct typed_text t;
	char lines[128];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(good); i++) {
		(void)snprintf(lines, sizeof(lines),
			       "type pattern; elements = { \"%s\" }", good[i]);
		assert_int_equal(open_valid(&t, lines)->patterns->n_patterns,
				 1);
		typed_text_close(&t);
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(bad); i++) {
		(void)snprintf(lines, sizeof(lines),
			       "type pattern; elements = { \"%s\" }", bad[i]);
		is_wrong(lines, "bad-pattern");
	}
	is_wrong("type pattern; elements = { \"a: /x/\", \"a: /y/\" }",
		 "declared-twice");
}

/* --- files ---------------------------------------------------------------- */
struct list {
	char path[64];
	char lines[256];
};

static FILE *list_open(struct list *list, const char *keys)
{
	int fd;

	(void)strcpy(list->path, "/tmp/flywall-test-XXXXXX");
	fd = mkstemp(list->path);
	assert_true(fd >= 0);
	(void)snprintf(list->lines, sizeof(list->lines), "%s\nfile \"%s\"",
		       keys, list->path);
	return fdopen(fd, "w");
}

static void files_are_merged(void **state)
{
	const struct fw_typed_set *set;
	const char *texts[2];
	struct typed_text t;
	struct list list;
	FILE *out = list_open(&list, "type ipv4_addr; flags interval\n"
				     "elements = { 10.0.0.4 }");

	(void)state;
	(void)fputs("# a list\n10.0.0.0/30\n10.0.0.5 seen\n192.0.2.9\n", out);
	(void)fclose(out);
	set = open_valid(&t, list.lines);
	assert_true(set->merges && set->constant);
	assert_int_equal(set->n_intervals, 2);
	assert_null(set->elements);
	assert_int_equal(fw_set_texts(t.arena, set, texts), 0);
	assert_string_equal(texts[0], "10.0.0.0-10.0.0.5");
	assert_string_equal(texts[1], "192.0.2.9");
	assert_string_equal(set->body,
			    "type ipv4_addr\nflags interval\nauto-merge");
	assert_int_equal(t.typed->n_files, 2);
	assert_string_equal(t.typed->files[1], list.path);
	typed_text_close(&t);
	(void)unlink(list.path);
}

/* Neighbours are not a range where the set has no intervals. */
static void single_values_stay_single(void **state)
{
	const struct fw_typed_set *set;
	const char *texts[2];
	struct typed_text t;
	struct list list;
	FILE *out = list_open(&list, "type ipv4_addr");

	(void)state;
	(void)fputs("10.0.0.2\n10.0.0.1\n10.0.0.2\n", out);
	(void)fclose(out);
	set = open_valid(&t, list.lines);
	assert_int_equal(set->n_elements, 2);
	assert_int_equal(fw_set_texts(t.arena, set, texts), 0);
	assert_string_equal(texts[0], "10.0.0.1");
	assert_string_equal(texts[1], "10.0.0.2");
	typed_text_close(&t);
	(void)unlink(list.path);
}

static void everything_needs_force(void **state)
{
	struct typed_text t;
	struct list list;
	FILE *out = list_open(&list, "type ipv4_addr; flags interval");

	(void)state;
	(void)fputs("0.0.0.0/0\n", out);
	(void)fclose(out);
	is_wrong(list.lines, "everything");
	(void)strcat(list.lines, "\nforce");
	assert_int_equal(open_valid(&t, list.lines)->n_intervals, 1);
	typed_text_close(&t);
	(void)unlink(list.path);
	/* A plain nft set may hold it, as in nft. */
	open_valid(&t, "type ipv4_addr; flags interval; elements = { "
		       "0.0.0.0/0 }");
	typed_text_close(&t);
}

static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What grows with the square of the file would take minutes. */
static void large_files_are_quick(void **state)
{
	const struct fw_typed_set *set;
	struct typed_text t;
	struct list list;
	FILE *out = list_open(&list, "type ipv4_addr; flags interval");
	double start;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		unsigned a = i * 2654435761u & ~1u;

		(void)fprintf(out, "%u.%u.%u.%u\n", a >> 24, a >> 16 & 255,
			      a >> 8 & 255, a & 255);
	}
	(void)fclose(out);
	start = seconds();
	set = open_valid(&t, list.lines);
	assert_true(set->n_elements > 99000);
	assert_true(seconds() - start < 10);
	typed_text_close(&t);
	(void)unlink(list.path);
}

/* --- chains --------------------------------------------------------------- */
static void base_chains(void **state)
{
	static const struct {
		const char *table, *line, *base;
		int priority;
	} rows[] = {
		{ "inet", "type filter hook input priority filter - 10; "
		  "policy drop;", "type filter hook input priority -10; "
		  "policy drop;", -10 },
		{ "bridge", "type filter hook input priority filter;",
		  "type filter hook input priority -200;", -200 },
		{ "ip", "type nat hook postrouting priority srcnat + 1;",
		  "type nat hook postrouting priority 101;", 101 },
		{ "netdev", "type filter hook ingress device lan priority "
		  "-500; policy accept;", "type filter hook ingress device "
		  "\"lan\" priority -500; policy accept;", -500 },
		{ "netdev", "type filter hook ingress devices = { b, a } "
		  "priority 0;", "type filter hook ingress devices = { \"b\", "
		  "\"a\" } priority 0;", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct fw_typed_chain *chain;
		struct typed_text t;
		char text[512];

		(void)snprintf(text, sizeof(text),
			       "table %s t { chain c { %s\n} }\n",
			       rows[i].table, rows[i].line);
		typed_text_open(&t, text);
		assert_string_equal(typed_text_error(&t), "");
		chain = &t.typed->tables[0].chains[0];
		assert_int_equal(chain->priority, rows[i].priority);
		assert_string_equal(chain->base, rows[i].base);
		typed_text_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_and_content),
		cmocka_unit_test(what_is_not_constant),
		cmocka_unit_test(wrong_elements),
		cmocka_unit_test(domains),
		cmocka_unit_test(fingerprints),
		cmocka_unit_test(patterns),
		cmocka_unit_test(files_are_merged),
		cmocka_unit_test(single_values_stay_single),
		cmocka_unit_test(everything_needs_force),
		cmocka_unit_test(large_files_are_quick),
		cmocka_unit_test(base_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
