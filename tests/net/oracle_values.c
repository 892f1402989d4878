/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: random numbers. Out: values in a ruleset's two spellings. May fail: no; a
 * text that does not fit ends the test.
 *
 * Addresses, ports and bytes come from small pools, so that packets meet them;
 * elements of one set from slots that do not overlap, since nft would refuse
 * them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/net/oracle_words.h"

#define SLOTS 8

/* --- writing -------------------------------------------------------------- */
static void add(char *buffer, size_t *len, const char *format, va_list ap)
{
	int n = vsnprintf(buffer + *len, ORACLE_TEXT_MAX - *len, format, ap);

	if (n < 0 || *len + (size_t)n >= ORACLE_TEXT_MAX)
		abort();
	*len += (size_t)n;
}

void text_ours(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(t->out->ours, &t->ours, format, ap);
	va_end(ap);
}

void text_twin(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(t->out->twin, &t->twin, format, ap);
	va_end(ap);
}

void text_both(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(t->out->ours, &t->ours, format, ap);
	va_end(ap);
	va_start(ap, format);
	add(t->out->twin, &t->twin, format, ap);
	va_end(ap);
}

void text_name(struct text *t, char last)
{
	text_ours(t, "x%02u%c", t->wish->slot, last);
	text_twin(t, "y%02u%c", t->wish->slot, last);
}

/* --- values --------------------------------------------------------------- */
static const uint16_t ports[SLOTS] = { 0, 22, 53, 80, 443, 1021, 65530, 3000 };
static const uint8_t bytes[SLOTS] = { 0, 1, 3, 8, 60, 128, 135, 250 };
static const char *const protocols[SLOTS] = { "tcp", "udp",  "icmp", "ipv6-icmp",
					      "sctp", "dccp", "udplite", "esp" };

/* The values of a slot; how = 0 one of them, 1 a range, 2 a prefix. */
static void value(struct text *t, enum text_type type, unsigned slot, unsigned how)
{
	unsigned first = slot * 8, within = below(t, 4);

	switch (type) {
	case IP4:
		text_both(t, "10.%u.0.%u", slot & 1, first + (how == 2 ? 0 : within));
		if (how == 1)
			text_both(t, "-10.%u.0.%u", slot & 1, first + within + 3);
		else if (how == 2)
			text_both(t, "/%u", 29 + below(t, 3));
		break;
	case IP6:
		text_both(t, "2001:db8::%x", first + (how == 2 ? 0 : within));
		if (how == 1)
			text_both(t, "-2001:db8::%x", first + within + 3);
		else if (how == 2)
			text_both(t, "/%u", 125 + below(t, 3));
		break;
	case PORT:
		text_both(t, "%u", ports[slot]);
		if (how)
			text_both(t, "-%u", ports[slot] + 1 + within);
		break;
	default:
		text_both(t, "%s", protocols[slot]);
	}
}

void text_elements(struct text *t, enum text_type type)
{
	unsigned mask = 1 + below(t, 255);
	const char *gap = "";

	for (unsigned slot = 0; slot < SLOTS; slot++) {
		if (!(mask >> slot & 1))
			continue;
		text_both(t, "%s", gap);
		value(t, type, slot, below(t, 3));
		gap = ", ";
	}
}

void text_operand(struct text *t, enum text_type type)
{
	switch (below(t, 5)) {
	case 0:
		text_both(t, "{ ");
		text_elements(t, type);
		text_both(t, " }");
		break;
	case 1:
		if (t->sets[type]) {
			text_both(t, "@s%u", type);
			break;
		}
		/* fall through */
	default:
		value(t, type, below(t, SLOTS), below(t, 3));
	}
}

void text_byte_operand(struct text *t)
{
	switch (below(t, 3)) {
	case 0:
		text_both(t, "%u-%u", bytes[below(t, 4)], 100 + below(t, 100));
		break;
	case 1:
		text_both(t, "{ 0, %u, 128-%u }", 1 + below(t, 100), 129 + below(t, 50));
		break;
	default:
		text_both(t, "%u", PICK(t, bytes));
	}
}
