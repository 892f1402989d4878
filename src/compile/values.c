/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values: addresses, prefixes, ranges, ports, protocols and their names.
 *
 * In: words or a text, and the type that is meant. Out: an interval of numbers
 * (addresses as in struct fw_interval). A wrong value is an error at its exact
 * columns; what is no value, prefix or range at all is left to nft, and so are
 * names that only a host has (users, groups, marks). No name is looked up outside
 * the tables of symbols.c.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/symbols.h"
#include "compile/values.h"
#include "util/cleanup.h"

/* How a type's values are written, besides as numbers. */
enum form {
	FORM_ADDRESS,		/* as addresses */
	FORM_NAMED,		/* by the names of a table */
	FORM_FOREIGN,		/* by names that only the host knows: nft's */
	FORM_NUMBER,
};

static const struct {
	const char *name, *prose;
	unsigned bits;
	enum form form;
	enum fw_symbols symbols;	/* valid with FORM_NAMED */
} types[] = {
	[FW_VALUE_IPV4] = { "ipv4_addr", "IPv4 address", 32, FORM_ADDRESS, 0 },
	[FW_VALUE_IPV6] = { "ipv6_addr", "IPv6 address", 128, FORM_ADDRESS, 0 },
	[FW_VALUE_SERVICE] = { "inet_service", "port", 16, FORM_NAMED,
			       FW_SYMBOLS_SERVICE },
	[FW_VALUE_PROTO] = { "inet_proto", "protocol", 8, FORM_NAMED,
			     FW_SYMBOLS_PROTO },
	[FW_VALUE_ETHER_TYPE] = { "ether_type", "Ethernet protocol", 16,
				  FORM_NAMED, FW_SYMBOLS_ETHER_TYPE },
	[FW_VALUE_ICMP_TYPE] = { "icmp_type", "ICMP type", 8, FORM_NAMED,
				 FW_SYMBOLS_ICMP_TYPE },
	[FW_VALUE_ICMP_CODE] = { "icmp_code", "ICMP code", 8, FORM_NAMED,
				 FW_SYMBOLS_ICMP_CODE },
	[FW_VALUE_ICMPV6_TYPE] = { "icmpv6_type", "ICMPv6 type", 8, FORM_NAMED,
				   FW_SYMBOLS_ICMPV6_TYPE },
	[FW_VALUE_ICMPV6_CODE] = { "icmpv6_code", "ICMPv6 code", 8, FORM_NAMED,
				   FW_SYMBOLS_ICMPV6_CODE },
	[FW_VALUE_TCP_FLAGS] = { "tcp_flag", "TCP flag", 8, FORM_NAMED,
				 FW_SYMBOLS_TCP_FLAG },
	[FW_VALUE_ETHER_ADDR] = { "ether_addr", "Ethernet address", 48,
				  FORM_ADDRESS, 0 },
	[FW_VALUE_IFACE_TYPE] = { "iface_type", "interface type", 16,
				  FORM_NAMED, FW_SYMBOLS_IFACE_TYPE },
	[FW_VALUE_NFPROTO] = { "nf_proto", "netfilter protocol", 8, FORM_NAMED,
			       FW_SYMBOLS_NFPROTO },
	[FW_VALUE_PKTTYPE] = { "pkt_type", "packet type", 8, FORM_NAMED,
			       FW_SYMBOLS_PKTTYPE },
	[FW_VALUE_MARK] = { "mark", "mark", 32, FORM_FOREIGN, 0 },
	[FW_VALUE_UID] = { "uid", "user", 32, FORM_FOREIGN, 0 },
	[FW_VALUE_GID] = { "gid", "group", 32, FORM_FOREIGN, 0 },
	[FW_VALUE_ARP_OP] = { "arp_op", "ARP operation", 16, FORM_NAMED,
			      FW_SYMBOLS_ARP_OP },
	[FW_VALUE_DSCP] = { "dscp", "DSCP", 6, FORM_NAMED, FW_SYMBOLS_DSCP },
	[FW_VALUE_ECN] = { "ecn", "ECN", 2, FORM_NAMED, FW_SYMBOLS_ECN },
	[FW_VALUE_CT_STATE] = { "ct_state", "conntrack state", 32, FORM_NAMED,
				FW_SYMBOLS_CT_STATE },
	[FW_VALUE_CT_STATUS] = { "ct_status", "conntrack status", 32,
				 FORM_NAMED, FW_SYMBOLS_CT_STATUS },
	[FW_VALUE_CT_DIRECTION] = { "ct_dir", "conntrack direction", 8,
				    FORM_NAMED, FW_SYMBOLS_CT_DIRECTION },
	[FW_VALUE_BOOLEAN] = { "boolean", "truth value", 1, FORM_NAMED,
			       FW_SYMBOLS_BOOLEAN },
	[FW_VALUE_IFNAME] = { "ifname", "device name", 128, FORM_FOREIGN, 0 },
	[FW_VALUE_IFINDEX] = { "iface_index", "device", 32, FORM_FOREIGN, 0 },
	[FW_VALUE_INT1] = { "integer", "number", 1, FORM_NUMBER, 0 },
	[FW_VALUE_INT3] = { "integer", "number", 3, FORM_NUMBER, 0 },
	[FW_VALUE_INT12] = { "integer", "number", 12, FORM_NUMBER, 0 },
	[FW_VALUE_INT8] = { "integer", "number", 8, FORM_NUMBER, 0 },
	[FW_VALUE_INT16] = { "integer", "number", 16, FORM_NUMBER, 0 },
	[FW_VALUE_INT20] = { "integer", "number", 20, FORM_NUMBER, 0 },
	[FW_VALUE_INT32] = { "integer", "number", 32, FORM_NUMBER, 0 },
};
_Static_assert(FW_ARRAY_SIZE(types) == FW_VALUE_MAX_, "a row for each type");

bool fw_value_named(const char *name, enum fw_value_type *ret)
{
	for (size_t i = 0; i < FW_VALUE_INT1; i++) {
		if (strcmp(types[i].name, name))
			continue;
		*ret = (enum fw_value_type)i;
		return true;
	}
	return false;
}

const char *fw_value_name(enum fw_value_type type)
{
	return types[type].name;
}

const char *fw_value_prose(enum fw_value_type type)
{
	return types[type].prose;
}

const char *fw_value_article(enum fw_value_type type)
{
	return strchr("AEI", *types[type].prose) ? "an" : "a";
}

fw_u128 fw_value_max(enum fw_value_type type)
{
	if (types[type].bits == 128)
		return ~(fw_u128)0;
	return ((fw_u128)1 << types[type].bits) - 1;
}

bool fw_number(const char *text, uint64_t *ret)
{
	char *end;
	unsigned long long value;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end)
		return false;
	*ret = errno ? UINT64_MAX : value;
	return true;
}

__attribute__((format(printf, 3, 4)))
static enum fw_value_result wrong(struct fw_value_error *error, const char *id,
				  const char *format, ...)
{
	va_list ap;

	error->id = id;
	va_start(ap, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return FW_VALUE_WRONG;
}

/* Text of the user's in a message: not more of it than helps. */
#define SHOWN 64

/* 00:11:22:33:44:55 */
static bool read_ether(const char *text, fw_u128 *ret)
{
	*ret = 0;
	for (int i = 0; i < 6; i++) {
		size_t n = strspn(text, "0123456789abcdefABCDEF");

		if (n < 1 || n > 2 || text[n] != (i < 5 ? ':' : '\0'))
			return false;
		*ret = *ret << 8 | strtoul(text, NULL, 16);
		text += n + 1;
	}
	return true;
}

/* Whether the text is an address of that type in full, not just a number. */
static bool read_address(enum fw_value_type type, const char *text,
			 fw_u128 *ret)
{
	uint8_t bytes[16];
	size_t n = types[type].bits / 8;

	if (type == FW_VALUE_ETHER_ADDR)
		return read_ether(text, ret);
	if (inet_pton(n == 4 ? AF_INET : AF_INET6, text, bytes) != 1)
		return false;
	*ret = 0;
	for (size_t i = 0; i < n; i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}

static bool looks_numeric(const char *text)
{
	return !text[strspn(text, "0123456789.")];
}

/* What the text is instead, if that can be seen; true after a message. */
static bool other_type(enum fw_value_type type, const char *text,
		       struct fw_value_error *error)
{
	static const enum fw_value_type seen[] = {
		FW_VALUE_IPV4, FW_VALUE_IPV6, FW_VALUE_ETHER_ADDR,
	};
	fw_u128 value;

	for (size_t i = 0; i < FW_ARRAY_SIZE(seen); i++) {
		if (seen[i] == type || !read_address(seen[i], text, &value))
			continue;
		(void)wrong(error, types[type].form == FORM_ADDRESS ?
			    "wrong-family" : "wrong-type",
			    "'%.*s' is an %s, but %s %s is meant here", SHOWN,
			    text, types[seen[i]].prose, fw_value_article(type),
			    types[type].prose);
		return true;
	}
	return false;
}

static enum fw_value_result wrong_address(enum fw_value_type type,
					  const char *text,
					  struct fw_value_error *error)
{
	const char *prose = types[type].prose;

	if (other_type(type, text, error))
		return FW_VALUE_WRONG;
	if (looks_numeric(text) || strchr(text, ':') ||
	    type == FW_VALUE_ETHER_ADDR)
		return wrong(error, "bad-value", "'%.*s' is no %s", SHOWN,
			     text, prose);
	(void)snprintf(error->hint, sizeof(error->hint),
		       "nothing is looked up at load; write the address");
	return wrong(error, "host-name",
		     "host name '%.*s' where an %s is meant", SHOWN, text,
		     prose);
}

static enum fw_value_result address(enum fw_value_type type, const char *text,
				    fw_u128 *ret, struct fw_value_error *error)
{
	uint64_t number;

	if (read_address(type, text, ret))
		return FW_VALUE_OK;
	/* As in nft, an address may be one number. */
	if (type != FW_VALUE_IPV6 && fw_number(text, &number) &&
	    number <= fw_value_max(type)) {
		*ret = number;
		return FW_VALUE_OK;
	}
	return wrong_address(type, text, error);
}

static enum fw_value_result no_such(enum fw_value_type type, const char *text,
				    struct fw_value_error *error)
{
	const char *near;

	switch (types[type].form) {
	case FORM_FOREIGN:
		return other_type(type, text, error) ? FW_VALUE_WRONG :
						       FW_VALUE_OTHER;
	case FORM_NUMBER:
		if (other_type(type, text, error))
			return FW_VALUE_WRONG;
		return wrong(error, "bad-value", "'%.*s' is no number", SHOWN,
			     text);
	default:
		if (other_type(type, text, error))
			return FW_VALUE_WRONG;
		near = fw_symbol_nearest(types[type].symbols, text);
		if (near)
			(void)snprintf(error->hint, sizeof(error->hint),
				       "did you mean '%s'?", near);
		return wrong(error, "bad-value", "there is no %s '%.*s'",
			     types[type].prose, SHOWN, text);
	}
}

static enum fw_value_result single(enum fw_value_type type, const char *text,
				   fw_u128 *ret, struct fw_value_error *error)
{
	const struct fw_symbol *symbol = NULL;
	uint64_t number;

	if (types[type].form == FORM_ADDRESS)
		return address(type, text, ret, error);
	if (type == FW_VALUE_IFNAME || type == FW_VALUE_IFINDEX)
		return FW_VALUE_OTHER;
	if (fw_number(text, &number)) {
		if (number > fw_value_max(type))
			return wrong(error, "bad-value", "%s %.*s is beyond %llu",
				     types[type].prose, SHOWN, text,
				     (unsigned long long)fw_value_max(type));
		*ret = number;
		return FW_VALUE_OK;
	}
	if (types[type].form == FORM_NAMED)
		symbol = fw_symbol_find(types[type].symbols, text);
	if (!symbol)
		return no_such(type, text, error);
	*ret = symbol->value;
	return FW_VALUE_OK;
}

static enum fw_value_result prefix(enum fw_value_type type, const char *text,
				   fw_u128 value, struct fw_interval *ret,
				   struct fw_value_error *error)
{
	unsigned bits = types[type].bits;
	uint64_t len;
	fw_u128 host;

	if (!fw_number(text, &len))
		return wrong(error, "bad-value", "'%.*s' is no prefix length",
			     SHOWN, text);
	if (len > bits)
		return wrong(error, "bad-value", "prefix length %.*s is beyond "
			     "%u", SHOWN, text, bits);
	host = len < 128 ? fw_value_max(type) >> len : 0;
	ret->lo = value & ~host;
	ret->hi = value | host;
	return FW_VALUE_OK;
}

static enum fw_value_result range(enum fw_value_type type, fw_u128 lo,
				  fw_u128 hi, struct fw_interval *ret,
				  struct fw_value_error *error)
{
	if (lo > hi) {
		(void)snprintf(error->hint, sizeof(error->hint),
			       "write the lower %s first", types[type].prose);
		return wrong(error, "bad-range", "this range ends before it "
			     "begins");
	}
	*ret = (struct fw_interval){ lo, hi };
	return FW_VALUE_OK;
}

enum fw_value_result fw_value_text(enum fw_value_type type, const char *text,
				   struct fw_interval *ret,
				   struct fw_value_error *error)
{
	char first[SHOWN + 1];
	size_t len = strcspn(text, "/-");
	enum fw_value_result r;
	fw_u128 lo, hi;

	error->hint[0] = '\0';
	/* A name may have a dash in it. */
	if (!text[len] || (types[type].form != FORM_ADDRESS &&
			   !isdigit((unsigned char)*text))) {
		r = single(type, text, &lo, error);
		*ret = (struct fw_interval){ lo, lo };
		return r;
	}
	if (len >= sizeof(first))
		return wrong(error, "bad-value", "'%.*s…' is no %s", SHOWN,
			     text, types[type].prose);
	memcpy(first, text, len);
	first[len] = '\0';
	r = single(type, first, &lo, error);
	if (r)
		return r;
	if (text[len] == '/')
		return prefix(type, text + len + 1, lo, ret, error);
	r = single(type, text + len + 1, &hi, error);
	return r ? r : range(type, lo, hi, ret, error);
}

/* --- words ---------------------------------------------------------------- */
static bool is_value(const struct fw_word *word)
{
	return word->kind == FW_WORD_PLAIN || word->kind == FW_WORD_STRING;
}

static bool is_mark(const struct fw_word *word, const char *text)
{
	return word->kind == FW_WORD_MARK && !strcmp(word->text, text);
}

size_t fw_value_words(const struct fw_word *words, size_t n)
{
	if (!n || !is_value(&words[0]))
		return 0;
	if (n >= 3 && (is_mark(&words[1], "/") || is_mark(&words[1], "-")) &&
	    is_value(&words[2]))
		return 3;
	return 1;
}

static void report(struct fw_diags *diags, enum fw_value_result result,
		   const struct fw_loc *loc, const struct fw_value_error *error)
{
	struct fw_diag *diag;

	if (result != FW_VALUE_WRONG)
		return;
	diag = fw_error(diags, error->id, loc, "%s", error->text);

	if (error->hint[0])
		fw_diag_hint(diags, diag, "%s", error->hint);
}

enum fw_value_result fw_value_read(struct fw_diags *diags,
				   enum fw_value_type type,
				   const struct fw_word *words, size_t n,
				   struct fw_interval *ret)
{
	struct fw_value_error error = { .hint = "" };
	struct fw_loc span;
	enum fw_value_result r;
	fw_u128 lo, hi;

	if (!n || fw_value_words(words, n) != n)
		return FW_VALUE_OTHER;
	r = single(type, words[0].text, &lo, &error);
	if (r) {
		report(diags, r, &words[0].loc, &error);
		return r;
	}
	*ret = (struct fw_interval){ lo, lo };
	if (n == 1)
		return FW_VALUE_OK;
	span = fw_loc_span(&words[0].loc, &words[2].loc);
	if (is_mark(&words[1], "/")) {
		r = prefix(type, words[2].text, lo, ret, &error);
		if (r)
			report(diags, r, &span, &error);
		return r;
	}
	r = single(type, words[2].text, &hi, &error);
	if (r) {
		report(diags, r, &words[2].loc, &error);
		return r;
	}
	r = range(type, lo, hi, ret, &error);
	if (r)
		report(diags, r, &span, &error);
	return r;
}

/* --- printing ------------------------------------------------------------- */
static void print_one(enum fw_value_type type, fw_u128 value, char *text,
		      size_t size)
{
	uint8_t bytes[16];
	size_t n = types[type].bits / 8;

	if (types[type].form != FORM_ADDRESS) {
		(void)snprintf(text, size, "%llu", (unsigned long long)value);
		return;
	}
	for (size_t i = n; i-- > 0; value >>= 8)
		bytes[i] = (uint8_t)value;
	if (type == FW_VALUE_ETHER_ADDR)
		(void)snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x",
			       bytes[0], bytes[1], bytes[2], bytes[3],
			       bytes[4], bytes[5]);
	else
		(void)inet_ntop(n == 4 ? AF_INET : AF_INET6, bytes, text,
				(socklen_t)size);
}

const char *fw_value_print(struct fw_arena *arena, enum fw_value_type type,
			   const struct fw_interval *interval)
{
	char lo[INET6_ADDRSTRLEN], hi[INET6_ADDRSTRLEN];
	fw_u128 size = interval->hi - interval->lo;
	unsigned len = types[type].bits;

	print_one(type, interval->lo, lo, sizeof(lo));
	if (!size)
		return fw_arena_strdup(arena, lo);
	/* A prefix: a power of two of values, at a multiple of it. */
	if (types[type].form == FORM_ADDRESS && !(size & (size + 1)) &&
	    !(interval->lo & size)) {
		for (; size; size >>= 1)
			len--;
		return fw_arena_printf(arena, "%s/%u", lo, len);
	}
	print_one(type, interval->hi, hi, sizeof(hi));
	return fw_arena_printf(arena, "%s-%s", lo, hi);
}
