/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fingerprints of TLS clients: JA3 (Althouse, Atkinson and Atkins, 2017) and the
 * client's part of JA4 (FoxIO, "JA4: TLS Client Fingerprinting", 2023).
 *
 * In: a whole ClientHello. Out: text. Nothing fails. GREASE is left out
 * everywhere, as both say.
 *
 * JA3 is MD5 over "version,ciphers,extensions,groups,formats", each list decimal
 * with '-' between. JA4 is three parts with '_' between: what is to be read by
 * eye, a hash of the sorted ciphers, and one of the sorted extensions with the
 * signature algorithms in their order behind them.
 */
#include "inspect/ja.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/md5.h>
#include <nettle/sha2.h>

#include "util/cleanup.h"

#define EXTENSION_SERVER_NAME 0
#define EXTENSION_ALPN 16
#define HASH_DIGITS 12		/* of SHA-256, in JA4 */
#define COUNT_MAX 99		/* two digits */

/* Every list fits: what a hello may hold bounds it. */
#define VALUES_MAX (FW_HELLO_POOL / 2)
_Static_assert(VALUES_MAX >= FW_HELLO_EXTENSIONS, "extensions fit");

struct values {
	size_t n;
	uint16_t items[VALUES_MAX];
};

static void add(struct values *values, uint16_t value)
{
	if (!fw_hello_is_grease(value))
		values->items[values->n++] = value;
}

static struct values list_of(const struct fw_hello *hello,
			     enum fw_hello_list list)
{
	struct values values = { .n = 0 };
	size_t len;
	const uint8_t *bytes = fw_hello_list(hello, list, &len);

	for (size_t i = 0; i + 1 < len; i += 2)
		add(&values, (uint16_t)(bytes[i] << 8 | bytes[i + 1]));
	return values;
}

static struct values extensions_of(const struct fw_hello *hello)
{
	struct values values = { .n = 0 };

	for (size_t i = 0; i < hello->n_extensions; i++)
		add(&values, hello->extensions[i]);
	return values;
}

static int ascending(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void sort(struct values *values)
{
	qsort(values->items, values->n, sizeof(values->items[0]), ascending);
}

static void hex(const uint8_t *bytes, size_t digits, char *ret)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < digits; i++)
		ret[i] = digit[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
	ret[digits] = '\0';
}

/* --- JA3 ------------------------------------------------------------------ */
static void put3(struct md5_ctx *md5, const char *before, unsigned value)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%s%u", before, value);

	md5_update(md5, (size_t)len, (const uint8_t *)text);
}

static void put3_list(struct md5_ctx *md5, const struct values *values)
{
	md5_update(md5, 1, (const uint8_t *)",");
	for (size_t i = 0; i < values->n; i++)
		put3(md5, i ? "-" : "", values->items[i]);
}

void fw_ja3(const struct fw_hello *hello, char ret[FW_JA3_SIZE])
{
	struct values ciphers = list_of(hello, FW_HELLO_CIPHERS);
	struct values extensions = extensions_of(hello);
	struct values groups = list_of(hello, FW_HELLO_GROUPS);
	uint8_t digest[MD5_DIGEST_SIZE];
	const uint8_t *formats;
	struct md5_ctx md5;
	size_t n;

	md5_init(&md5);
	put3(&md5, "", hello->legacy_version);
	put3_list(&md5, &ciphers);
	put3_list(&md5, &extensions);
	put3_list(&md5, &groups);
	md5_update(&md5, 1, (const uint8_t *)",");
	formats = fw_hello_list(hello, FW_HELLO_FORMATS, &n);
	for (size_t i = 0; i < n; i++)
		put3(&md5, i ? "-" : "", formats[i]);
	md5_digest(&md5, sizeof(digest), digest);
	hex(digest, 2 * sizeof(digest), ret);
}

/* --- JA4 ------------------------------------------------------------------ */
static const char *version_text(uint16_t version)
{
	static const struct {
		uint16_t version;
		char text[3];
	} versions[] = {
		{ 0x0002, "s2" }, { 0x0300, "s3" }, { 0x0301, "10" },
		{ 0x0302, "11" }, { 0x0303, "12" }, { 0x0304, "13" },
		{ 0xfeff, "d1" }, { 0xfefd, "d2" }, { 0xfefc, "d3" },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(versions); i++)
		if (versions[i].version == version)
			return versions[i].text;
	return "00";
}

static bool alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* First and last character of the first protocol; where one of them cannot be
 * shown, first and last digit of its bytes in hex. */
static void put_alpn(const struct fw_hello *hello, char ret[3])
{
	size_t len;
	const uint8_t *names = fw_hello_list(hello, FW_HELLO_ALPN, &len);
	uint8_t first, last;
	char digits[5];

	memcpy(ret, "00", 3);
	if (!len)
		return;
	first = names[1];
	last = names[names[0]];
	if (alphanumeric(first) && alphanumeric(last)) {
		ret[0] = (char)first;
		ret[1] = (char)last;
		return;
	}
	hex((const uint8_t[]){ first, last }, 4, digits);
	ret[0] = digits[0];
	ret[1] = digits[3];
}

static unsigned count(const struct values *values)
{
	return values->n < COUNT_MAX ? (unsigned)values->n : COUNT_MAX;
}

static void put4_list(struct sha256_ctx *sha, const struct values *values)
{
	char text[8];

	for (size_t i = 0; i < values->n; i++) {
		int len = snprintf(text, sizeof(text), "%s%04x", i ? "," : "",
				   values->items[i]);

		sha256_update(sha, (size_t)len, (const uint8_t *)text);
	}
}

/* The lists, '_' between, as twelve digits; zeros where the first is empty. */
static void put_hash(const struct values *first, const struct values *second,
		     char ret[HASH_DIGITS + 1])
{
	uint8_t digest[SHA256_DIGEST_SIZE] = { 0 };
	struct sha256_ctx sha;

	if (first->n) {
		sha256_init(&sha);
		put4_list(&sha, first);
		if (second->n) {
			sha256_update(&sha, 1, (const uint8_t *)"_");
			put4_list(&sha, second);
		}
		sha256_digest(&sha, sizeof(digest), digest);
	}
	hex(digest, HASH_DIGITS, ret);
}

void fw_ja4(const struct fw_hello *hello, char transport,
	    char ret[FW_JA4_SIZE])
{
	struct values ciphers = list_of(hello, FW_HELLO_CIPHERS);
	struct values signatures = list_of(hello, FW_HELLO_SIGNATURES);
	struct values all = extensions_of(hello);
	struct values none = { .n = 0 }, hashed = { .n = 0 };
	char of_ciphers[HASH_DIGITS + 1], of_extensions[HASH_DIGITS + 1];
	bool name = false;
	char alpn[3];

	for (size_t i = 0; i < all.n; i++) {
		uint16_t type = all.items[i];

		name = name || type == EXTENSION_SERVER_NAME;
		if (type != EXTENSION_SERVER_NAME && type != EXTENSION_ALPN)
			add(&hashed, type);
	}
	sort(&ciphers);
	sort(&hashed);
	put_hash(&ciphers, &none, of_ciphers);
	put_hash(&hashed, &signatures, of_extensions);
	put_alpn(hello, alpn);
	(void)snprintf(ret, FW_JA4_SIZE, "%c%s%c%02u%02u%s_%s_%s", transport,
		       version_text(fw_hello_version(hello)), name ? 'd' : 'i',
		       count(&ciphers), count(&all), alpn, of_ciphers,
		       of_extensions);
}
