/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions of DNS queries: the program over hashed tables against the model
 * over the sets themselves. Names of the sets, below them, beside them, in mixed
 * case; packets as resolvers send them, and odd in everything that may be odd;
 * cut off at each byte.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/lower.h"
#include "domains.h"
#include "frame.h"
#include "model/dns.h"
#include "names.h"
#include "util/cleanup.h"

#define SETS_MAX 6

struct test {
	struct names names;
	struct rng rng;
	struct fw_arena *arena;		/* of the round */
	const struct fw_domain_set *sets[SETS_MAX];
	size_t n_sets;
	struct fw_suffixes suffixes;
	unsigned long passed, failed;
	unsigned long asked, oddly, members;
};

/* --- frames --------------------------------------------------------------- */
/* A name that is asked: mostly one that may be in a set; some have labels that
 * none can have, some are as long as may be, or longer. */
static size_t make_name(struct test *t, uint8_t *wire)
{
	struct rng *rng = &t->rng;
	char name[254];
	size_t len;

	if (rng_percent(rng, 5)) {
		/* labels of up to 8 bytes to 246 to 262 bytes in all */
		size_t size = 246 + rng_below(rng, 16), at = 0;

		while (at < size - 1) {
			size_t n = 1 + rng_below(rng, 8);

			if (n > size - 2 - at)
				n = size - 2 - at;
			if (!n)
				break;
			wire[at++] = (uint8_t)n;
			memset(wire + at, 'a', n);
			at += n;
		}
		wire[at++] = 0;
		return at;
	}
	domain_random(rng, 6, name);
	domain_mix_case(rng, name);
	len = domain_wire(name, wire);
	if (rng_percent(rng, 20) && len > 2) {
		static const uint8_t odd[] = { '.', 0, ' ', 0xc1, 0xff, '@', '[',
					       '\\', '*', 0xe1 };

		/* a byte of the first label, or, rarely, a length byte */
		wire[rng_percent(rng, 90) ? 1 + rng_below(rng, wire[0]) : 0] =
			odd[rng_below(rng, sizeof(odd))];
	}
	return len;
}

/* Numbers that are right, and with some chance others. */
static uint32_t maybe(struct rng *rng, uint32_t usual)
{
	return rng_percent(rng, 97) ? usual : rng_below(rng, 65536) >>
						      rng_below(rng, 16);
}

static void put_message(struct test *t, struct frame *f)
{
	static const uint32_t flags[] = { 0, 0x0100, 0x0120, 0x0110, 0x0280 };
	static const uint8_t edns[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 };
	struct rng *rng = &t->rng;
	bool extended = rng_percent(rng, 50);
	uint8_t wire[300];

	put16(f, rng_below(rng, 65536));
	put16(f, maybe(rng, flags[rng_below(rng, FW_ARRAY_SIZE(flags))]));
	put16(f, maybe(rng, 1));
	put16(f, maybe(rng, 0));
	put16(f, maybe(rng, 0));
	put16(f, maybe(rng, extended));
	put(f, wire, make_name(t, wire));
	put16(f, rng_percent(rng, 80) ? 1 + rng_below(rng, 30) :
					rng_below(rng, 65536));
	put16(f, 1);
	if (extended)
		put(f, edns, sizeof(edns));
}

/* Returns where the UDP header is. */
static size_t put_headers(struct test *t, struct frame *f, uint8_t *ret_proto,
			  size_t *ret_ip)
{
	static const uint8_t address[32] = { 0x20, 1, 0xd, 0xb8, [31] = 1 };
	struct rng *rng = &t->rng;
	bool v6 = rng_percent(rng, 40), extended = rng_percent(rng, 10);

	*ret_proto = rng_percent(rng, 98) ? 17 : 6;
	put(f, address, 12);
	for (uint32_t n = rng_below(rng, 100); n > 80; n -= 17)
		put(f, "\x81\x00\x00\x07", 4);
	put(f, v6 ? "\x86\xdd" : "\x08\x00", 2);
	*ret_ip = f->len;
	if (!v6) {
		put(f, extended ? "\x46\x00" : "\x45\x00", 2);
		put(f, "\0\0\0\1\0\0\x40", 7);
		put(f, ret_proto, 1);
		put(f, "\0\0", 2);
		put(f, address, extended ? 12 : 8);
		if (rng_percent(rng, 2))
			f->bytes[*ret_ip + 6 + rng_below(rng, 2)] = 0x20;
	} else {
		put(f, "\x60\0\0\0\0\0", 6);
		put(f, extended ? "\0\x40" : *ret_proto == 17 ? "\x11\x40" :
								"\x06\x40", 2);
		put(f, address, 32);
		if (extended) {
			put(f, ret_proto, 1);
			put(f, "\0\1\4\0\0\0\0", 7);
		}
	}
	return f->len;
}

static void make_frame(struct test *t, struct frame *f)
{
	struct rng *rng = &t->rng;
	size_t udp, ip;
	uint8_t proto;

	f->len = 0;
	udp = put_headers(t, f, &proto, &ip);
	put16(f, rng_below(rng, 65536));
	put16(f, maybe(rng, 53));
	put16(f, 0);
	put16(f, 0);
	put_message(t, f);
	set16(f, udp + 4, maybe(rng, (uint32_t)(f->len - udp)));
	if (rng_percent(rng, 10))
		set16(f, udp + 4, (uint32_t)(f->len - udp) - 6 +
					  rng_below(rng, 12));
	if (f->bytes[ip] >> 4 == 4)
		set16(f, ip + 2, (uint32_t)(f->len - ip));
	else
		set16(f, ip + 4, (uint32_t)(f->len - ip) - 40);
	for (uint32_t n = rng_percent(rng, 10) ? rng_below(rng, 20) : 0; n > 0;
	     n--)
		put(f, "\1", 1);		/* padding */
	if (rng_percent(rng, 5))
		f->bytes[rng_below(rng, (uint32_t)f->len)] ^=
			(uint8_t)(1u << rng_below(rng, 8));
}

/* --- comparing ------------------------------------------------------------ */
static void fail(struct test *t, const struct frame *f, size_t len,
		 const char *what)
{
	t->failed++;
	fprintf(stderr, "FAIL %s:", what);
	for (size_t i = 0; i < len; i++)
		fprintf(stderr, " %02x", f->bytes[i]);
	fputc('\n', stderr);
}

static bool same_sets(struct test *t, uint32_t class,
		      const struct fw_model_question *question)
{
	if (class >= t->suffixes.n_classes)
		return false;
	for (size_t s = 0; s < t->n_sets; s++) {
		bool in = fw_domain_set_has(t->sets[s], question->name,
					    strlen(question->name));

		if (in != fw_class_has(&t->suffixes, class, s))
			return false;
		t->members += in;
	}
	return true;
}

static void compare(struct test *t, const struct frame *f, size_t len)
{
	struct fw_model_question question;
	struct fw_model_packet packet;
	enum fw_model_asked want;
	enum names_asked have;
	uint32_t class;
	uint16_t qtype;

	fw_model_packet_parse(f->bytes, len, &packet);
	want = fw_model_dns(f->bytes, len, &packet, &question);
	have = names_ask(&t->names, f->bytes, len, &class, &qtype);
	if ((unsigned)have != (unsigned)want)
		fail(t, f, len, "whether it asks");
	else if (want == FW_MODEL_ASKED && qtype != question.qtype)
		fail(t, f, len, "type");
	else if (want == FW_MODEL_ASKED && !same_sets(t, class, &question))
		fail(t, f, len, "sets");
	else
		t->passed++;
	t->asked += want == FW_MODEL_ASKED;
	t->oddly += want == FW_MODEL_ASKED_ODDLY;
}

/* --- rounds --------------------------------------------------------------- */
static int load_sets(struct test *t, uint32_t slot)
{
	const struct fw_siphash_key key = { rng_next(&t->rng),
					    rng_next(&t->rng) };
	_cleanup_(fw_suffix_table_done) struct fw_suffix_table table = { 0 };
	int r;

	t->n_sets = 1 + rng_below(&t->rng, SETS_MAX);
	for (size_t i = 0; i < t->n_sets; i++) {
		t->sets[i] = domain_set_random(&t->rng, t->arena);
		if (!t->sets[i])
			return -ENOMEM;
	}
	r = fw_suffixes_build(t->arena, t->sets, t->n_sets, &t->suffixes);
	if (!r)
		r = fw_suffix_table_build(&t->suffixes, &key, &table);
	return r ? r : names_fill(&t->names, slot, &table);
}

static void play(struct test *t, uint32_t slot, unsigned frames)
{
	struct frame f;
	int r;

	t->arena = fw_arena_new();
	r = t->arena ? load_sets(t, slot) : -ENOMEM;
	if (r) {
		fprintf(stderr, "tables: %s\n", strerror(-r));
		exit(1);
	}
	for (unsigned i = 0; i < frames; i++) {
		make_frame(t, &f);
		compare(t, &f, f.len);
	}
	/* the kernel runs XDP over no frame shorter than an Ethernet header */
	make_frame(t, &f);
	for (size_t len = 14; len < f.len; len++)
		compare(t, &f, len);
	fw_arena_free(t->arena);
}

int main(void)
{
	const char *seed = getenv("FLYWALL_SEED");
	const char *rounds = getenv("FLYWALL_ROUNDS");
	struct test t = { .rng.state = seed ? strtoull(seed, NULL, 0) : 1 };
	uint32_t n = rounds ? (uint32_t)strtoul(rounds, NULL, 0) : 60;
	int r = names_open(&t.names);

	if (r) {
		fprintf(stderr, "names: %s\n", strerror(-r));
		return 1;
	}
	for (uint32_t i = 0; i < n; i++)
		play(&t, i % 2, 1500);
	names_close(&t.names);
	printf("%lu packets, %lu questions (%lu times in a set), %lu odd: "
	       "%lu passed, %lu failed\n",
	       t.passed + t.failed, t.asked, t.members, t.oddly, t.passed,
	       t.failed);
	return t.failed != 0;
}
