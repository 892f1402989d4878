/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft says when it refuses.
 *
 * In: its error text. Out: one complaint for each error, with its place in the
 * script and who refused. What may fail: memory.
 */
#define _GNU_SOURCE 1	/* memmem, strchrnul */

#include "nft/complaints.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/vec.h"

static const char kernel[] = "Could not process rule: ";
/* The kernel's ENOENT too, where nft knows a name like the rule's: of a module
 * that is missing it says that a chain of another table was meant. */
static const char guess[] = "No such file or directory; did you mean ";

/* Texts of nft 1.0.6 about names that it seeks on the host and that differ from
 * one to the next: devices, accounts, /sys/fs/cgroup, rt_realms and group of
 * /etc/iproute2, connlabel.conf. Not so marks, services and protocols: what they
 * are called is the same everywhere, and a misspelt one is a fault. */
static const char *const host[] = {
	"Interface does not exist",
	"User does not exist",
	"Group does not exist",
	"cgroupv2 path fails",
	"Could not parse routing realm",
	"Could not parse devgroup name",
	"could not parse conntrack label",
};

static enum fw_nft_source source_of(const char *text, size_t len)
{
	if (len >= sizeof(kernel) - 1 && !memcmp(text, kernel, sizeof(kernel) - 1))
		return FW_NFT_KERNEL;
	if (len >= sizeof(guess) - 1 && !memcmp(text, guess, sizeof(guess) - 1))
		return FW_NFT_KERNEL;
	for (size_t i = 0; i < FW_ARRAY_SIZE(host); i++)
		if (memmem(text, len, host[i], strlen(host[i])))
			return FW_NFT_HOST;
	return FW_NFT_LANGUAGE;
}

/* "<where>:LINE:COL-COL: Error: text"; false for the quoted line and carets
 * that nft prints below it. */
static bool parse_complaint(const char *line, size_t len,
			    struct fw_nft_complaint *ret, const char **ret_text)
{
	static const char error[] = "Error: ";
	const char *text = memmem(line, len, error, sizeof(error) - 1);
	const char *colon = memchr(line, ':', len);

	if (!text)
		return false;
	*ret = (struct fw_nft_complaint){0};
	if (colon && colon < text &&
	    sscanf(colon, ":%u:%u-%u:", &ret->line, &ret->col,
		   &ret->end_col) != 3 && text != line)
		return false;
	text += sizeof(error) - 1;
	ret->source = source_of(text, len - (size_t)(text - line));
	if (ret->source == FW_NFT_KERNEL &&
	    !memcmp(text, kernel, sizeof(kernel) - 1))
		text += sizeof(kernel) - 1;
	*ret_text = text;
	return true;
}

/* A refusal without a place still is one, and is never silent. */
static int unplaced_complaint(struct fw_arena *arena, const char *errors,
			      struct fw_nft_complaints *ret)
{
	struct fw_nft_complaint *item = fw_vec_push(arena, ret);

	if (!item)
		return -ENOMEM;
	item->text = fw_arena_strndup(arena, errors, strcspn(errors, "\n"));
	if (item->text && !*item->text)
		item->text = "nft gives no reason";
	return item->text ? 0 : -ENOMEM;
}

int fw_nft_complaints_parse(struct fw_arena *arena, const char *errors,
			    struct fw_nft_complaints *ret)
{
	for (const char *line = errors; line && *line;) {
		const char *end = strchrnul(line, '\n'), *text;
		struct fw_nft_complaint found, *item;

		if (parse_complaint(line, (size_t)(end - line), &found, &text)) {
			item = fw_vec_push(arena, ret);
			if (!item)
				return -ENOMEM;
			*item = found;
			item->text = fw_arena_strndup(arena, text,
						      (size_t)(end - text));
			if (!item->text)
				return -ENOMEM;
		}
		line = *end ? end + 1 : end;
	}
	return ret->n ? 0 : unplaced_complaint(arena, errors, ret);
}
