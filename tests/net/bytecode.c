/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft's bytecode, run on a packet.
 *
 * In: the lines that nft prints of one rule and its anonymous sets. Out: whether
 * the rule matches. Registers are bytes, as in the kernel: 1 to 4 are of 16
 * bytes, 8 and on the same memory by 4. What is not known is said.
 */
#include "tests/net/bytecode.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTERS 128
#define WORDS 16

struct machine {
	const struct bytecode_packet *packet;
	uint8_t registers[REGISTERS];
	size_t len;		/* of what was loaded last */
	const char *sets;	/* where the sets of this rule begin */
	char *why;
};

static uint8_t *at(struct machine *m, unsigned reg)
{
	size_t offset = reg < 8 ? (reg - 1) * 16 : (reg - 8) * 4;

	return offset + 16 < REGISTERS ? m->registers + offset : m->registers;
}

static int unknown(struct machine *m, const char *line)
{
	(void)snprintf(m->why, 128, "%.*s", (int)strcspn(line, "\n"), line);
	return -1;
}

/* Hexadecimal words as they lie in memory; returns how many bytes. */
static size_t read_words(const char *text, uint8_t *ret)
{
	size_t n = 0;
	char *end;

	while (*text == ' ')
		text++;
	while (n < WORDS * 4) {
		uint32_t word = (uint32_t)strtoul(text, &end, 16);

		if (end == text || end < text + 8)
			break;
		memcpy(ret + n, &word, 4);
		n += 4;
		text = end + strspn(end, " ");
	}
	return n;
}

/* --- loads ---------------------------------------------------------------- */
static int put(struct machine *m, unsigned reg, const void *data, size_t len)
{
	memset(at(m, reg), 0, (len + 3) / 4 * 4);
	memcpy(at(m, reg), data, len);
	m->len = len;
	return 1;
}

static int load_payload(struct machine *m, const char *line)
{
	const struct bytecode_packet *p = m->packet;
	unsigned len, offset, reg;
	char base[16];

	if (sscanf(line, " [ payload load %ub @ %15s header + %u => reg %u", &len,
		   base, &offset, &reg) != 4)
		return unknown(m, line);
	return put(m, reg, (!strcmp(base, "link") ? p->link :
			    !strcmp(base, "network") ? p->network :
			    p->transport) + offset, len);
}

static int load_key(struct machine *m, const char *line)
{
	const struct bytecode_packet *p = m->packet;
	const struct {
		const char *key;
		const void *data;
		size_t len;
	} keys[] = {
		{ "meta protocol", p->protocol, 2 },
		{ "meta nfproto", &p->nfproto, 1 },
		{ "meta l4proto", &p->l4proto, 1 },
		{ "meta pkttype", &p->pkttype, 1 },
		{ "meta iiftype", &p->iiftype, 2 },
		{ "meta len", &p->length, 4 },
		{ "meta mark", &p->mark, 4 },
		{ "meta skuid", &p->skuid, 4 },
		{ "meta skgid", &p->skgid, 4 },
		{ "ct state", &p->ct_state, 4 },
		{ "ct status", &p->ct_status, 4 },
		{ "ct direction", &p->direction, 1 },
		{ "ct mark", &p->ct_mark, 4 },
	};
	char kind[8], name[16], key[32];
	unsigned reg;

	if (sscanf(line, " [ %7s load %15s => reg %u", kind, name, &reg) != 3)
		return unknown(m, line);
	(void)snprintf(key, sizeof(key), "%s %s", kind, name);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(key, keys[i].key))
			return put(m, reg, keys[i].data, keys[i].len);
	return unknown(m, line);
}

static int load_exthdr(struct machine *m, const char *line)
{
	if (!strstr(line, "1b @ 44 + 0 present => reg 1"))
		return unknown(m, line);
	return put(m, 1, &m->packet->frag, 1);
}

/* --- operations ----------------------------------------------------------- */
static int compare(struct machine *m, const char *line)
{
	uint8_t data[WORDS * 4];
	unsigned reg;
	char op[8];
	int n = 0, d;

	if (sscanf(line, " [ cmp %7s reg %u %n", op, &reg, &n) != 2)
		return unknown(m, line);
	(void)read_words(line + n, data);
	d = memcmp(at(m, reg), data, m->len);
	if (!strcmp(op, "eq"))
		return d == 0;
	if (!strcmp(op, "neq"))
		return d != 0;
	if (!strcmp(op, "lt"))
		return d < 0;
	if (!strcmp(op, "lte"))
		return d <= 0;
	if (!strcmp(op, "gt"))
		return d > 0;
	return d >= 0;
}

static int range(struct machine *m, const char *line)
{
	uint8_t data[WORDS * 4];
	unsigned reg;
	char op[8];
	size_t half;
	int n = 0;
	bool within;

	if (sscanf(line, " [ range %7s reg %u %n", op, &reg, &n) != 2)
		return unknown(m, line);
	half = read_words(line + n, data) / 2;
	within = memcmp(at(m, reg), data, m->len) >= 0 &&
		 memcmp(at(m, reg), data + half, m->len) <= 0;
	return within == !strcmp(op, "eq");
}

static int bitwise(struct machine *m, const char *line)
{
	uint8_t mask[WORDS * 4], flip[WORDS * 4];
	const char *text = strchr(line, '&'), *other = strchr(line, '^');
	unsigned to, from;

	if (sscanf(line, " [ bitwise reg %u = ( reg %u", &to, &from) != 2 ||
	    !text || !other)
		return unknown(m, line);
	(void)read_words(text + 1, mask);
	(void)read_words(other + 1, flip);
	for (size_t i = 0; i < m->len; i++)
		at(m, to)[i] = (uint8_t)((at(m, from)[i] & mask[i]) ^ flip[i]);
	return 1;
}

static int byteorder(struct machine *m, const char *line)
{
	uint32_t word;
	unsigned to, from;

	if (sscanf(line, " [ byteorder reg %u = hton(reg %u, 4, 4)", &to,
		   &from) != 2)
		return unknown(m, line);
	memcpy(&word, at(m, from), 4);
	word = htobe32(word);
	return put(m, to, &word, 4);
}

/* --- sets ----------------------------------------------------------------- */
struct found {
	bool exact;
	bool within;		/* an interval set: the last border at or below
				   the value opens */
};

static void look_at(const struct machine *m, const uint8_t *value,
		    const uint8_t *element, bool ends, uint8_t *best,
		    bool *has_best, struct found *ret)
{
	int d = memcmp(element, value, m->len);

	ret->exact = ret->exact || (!d && !ends);
	if (d > 0 || (*has_best && memcmp(element, best, m->len) < 0))
		return;
	memcpy(best, element, WORDS * 4);
	*has_best = true;
	ret->within = !ends;
}

static int lookup(struct machine *m, const char *line)
{
	uint8_t element[WORDS * 4] = { 0 }, best[WORDS * 4] = { 0 };
	const char *text = m->sets, *next;
	struct found found = { false, false };
	bool has_best = false, negate, intervals;
	unsigned reg, flags = 0;

	if (sscanf(line, " [ lookup reg %u set __set%%d", &reg) != 1 ||
	    sscanf(text, "__set%%d t %x", &flags) != 1)
		return unknown(m, line);
	negate = strstr(line, "0x1") != NULL && strstr(line, "0x1") <
		 line + strcspn(line, "\n");
	intervals = flags & 4;
	while ((text = strstr(text, "element "))) {
		size_t n = read_words(text + 8, element);

		next = strstr(text, "[end]");
		if (n < m->len || !next)
			return unknown(m, line);
		look_at(m, at(m, reg), element,
			strstr(text, ": 1 [end]") == next - 4, best, &has_best,
			&found);
		text = next;
	}
	return (intervals ? found.within : found.exact) != negate;
}

/* --- the rule ------------------------------------------------------------- */
static const struct {
	const char *name;
	int (*run)(struct machine *m, const char *line);
} operations[] = {
	{ "payload load ", load_payload },
	{ "meta load ", load_key },
	{ "ct load ", load_key },
	{ "exthdr load ", load_exthdr },
	{ "cmp ", compare },
	{ "range ", range },
	{ "bitwise ", bitwise },
	{ "byteorder ", byteorder },
	{ "lookup ", lookup },
};

static int step(struct machine *m, const char *line)
{
	const char *name = line + strspn(line, " [");

	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (!strncmp(name, operations[i].name,
			     strlen(operations[i].name)))
			return operations[i].run(m, line);
	return unknown(m, line);
}

int bytecode_run(const char *text, const struct bytecode_packet *packet,
		 char why[128])
{
	struct machine m = { .packet = packet, .why = why };
	const char *line = text;

	m.sets = strstr(text, "__set%d t ");
	if (!m.sets)
		m.sets = "";
	for (; line; line = strchr(line, '\n')) {
		int r;

		line += *line == '\n';
		if (strncmp(line, "  [ ", 4))
			continue;
		r = step(&m, line);
		if (r < 1)
			return r;
	}
	return 1;
}
