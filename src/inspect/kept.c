/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kept: facts, packed and unpacked.
 *
 * In: facts. Out: the same, in one piece that has no pointers, and back. Nothing
 * fails: what finds no room is left out.
 */
#include "inspect/kept.h"

#include <string.h>

#define LENGTH 2

static void put_length(uint8_t *to, size_t len)
{
	to[0] = (uint8_t)(len >> 8);
	to[1] = (uint8_t)len;
}

static size_t get_length(const uint8_t *from)
{
	return (size_t)from[0] << 8 | from[1];
}

void fw_kept_take(struct fw_kept *ret, const struct fw_fact facts[FW_FACT_MAX_])
{
	memset(ret, 0, offsetof(struct fw_kept, texts));
	for (size_t i = 0; i < FW_FACTS_TOLD; i++) {
		const struct fw_fact *fact = &facts[i];
		size_t len = fact->text ? fact->len : 0;

		if (fact->state != FW_FACT_KNOWN ||
		    (len > FW_KEPT_TEXT_MAX && i != FW_FACT_TLS_ALPN) ||
		    ret->size + LENGTH + len > FW_KEPT_TEXTS)
			continue;
		ret->known |= 1u << i;
		ret->number[i] = fact->number;
		put_length(ret->texts + ret->size, len);
		if (len)
			memcpy(ret->texts + ret->size + LENGTH, fact->text, len);
		ret->size += (uint32_t)(LENGTH + len);
	}
}

size_t fw_kept_size(const struct fw_kept *kept)
{
	return offsetof(struct fw_kept, texts) + kept->size;
}

/* Protocols are each behind a byte with its length. */
static bool is_list(const uint8_t *text, size_t len)
{
	size_t at = 0;

	while (at < len)
		at += 1u + text[at];
	return at == len;
}

bool fw_kept_valid(const struct fw_kept *kept)
{
	size_t at = 0;

	if (kept->size > FW_KEPT_TEXTS || kept->known >> FW_FACTS_TOLD)
		return false;
	for (size_t i = 0; i < FW_FACTS_TOLD; i++) {
		const uint8_t *text = kept->texts + at;
		size_t len;

		if (!(kept->known >> i & 1))
			continue;
		if (at + LENGTH > kept->size)
			return false;
		len = get_length(text);
		if (at + LENGTH + len > kept->size ||
		    (i == FW_FACT_TLS_ALPN ? !is_list(text + LENGTH, len) :
					     len > FW_KEPT_TEXT_MAX))
			return false;
		at += LENGTH + len;
	}
	return at == kept->size;
}

void fw_kept_give(const struct fw_kept *kept, struct fw_fact facts[FW_FACT_MAX_])
{
	size_t at = 0;

	for (size_t i = 0; i < FW_FACTS_TOLD; i++) {
		facts[i] = (struct fw_fact){ .state = FW_FACT_ABSENT };
		if (!(kept->known >> i & 1))
			continue;
		facts[i].state = FW_FACT_KNOWN;
		facts[i].number = kept->number[i];
		facts[i].len = get_length(kept->texts + at);
		facts[i].text = (const char *)kept->texts + at + LENGTH;
		at += LENGTH + facts[i].len;
	}
}
