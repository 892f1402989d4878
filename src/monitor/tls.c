/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor tls.
 *
 * In: packets of TCP, and UDP ones to port 443. Out: a record for each ClientHello,
 * where the plan says `log handshakes`, and what it says of its flow. One that
 * cannot be read, or never comes to its end, is counted; only memory fails, and
 * then it is such a one.
 *
 * A hello begins in a packet that begins with it, and may go on in others, which
 * may come in any order behind the first. So many are open at a time; the oldest
 * of a set makes room. A hello that is sent again is known by flow and place.
 */
#include "monitor/tls.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "inspect/ja.h"
#include "inspect/quic.h"
#include "inspect/reassembly.h"
#include "inspect/tls.h"
#include "util/siphash.h"

#define SETS 128u
#define WAYS 4u
#define OPEN_NS (10 * UINT64_C(1000000000))
#define TOLD 1024u
#define TOLD_NS (60 * UINT64_C(1000000000))
#define CONNECTION_BYTES 65536u
#define HELLO_BYTES 32768u	/* of a stream: more is no client's */

struct open {
	uint64_t hash, seen_ns;
	bool quic;
	enum fw_parse_state state;
	union {
		struct {
			struct fw_stream stream;
			struct fw_tls tls;
		};
		struct fw_quic initial;
	};
};

struct tls {
	const struct fw_monitor_out *out;
	bool log_handshakes;
	struct fw_siphash_key key;
	struct open *open[SETS][WAYS];
	struct told {
		uint64_t hash, time_ns;
		uint32_t seq;
	} told[TOLD];
};

/* --- hellos that have begun -------------------------------------------------- */
static uint64_t hash_of(const struct tls *tls, const struct fw_seen *seen)
{
	struct {
		uint32_t ifindex, family;
		uint16_t sport, dport, proto, pad;
		uint8_t src[16], dst[16];
	} key = {
		seen->ifindex, seen->family, seen->sport, seen->dport,
		seen->proto, 0, { 0 }, { 0 },
	};

	memcpy(key.src, seen->src, sizeof(key.src));
	memcpy(key.dst, seen->dst, sizeof(key.dst));
	return fw_siphash(&tls->key, &key, sizeof(key));
}

static void close_open(struct open **at)
{
	struct open *open = *at;

	if (!open)
		return;
	if (open->quic)
		fw_quic_done(&open->initial);
	else
		fw_stream_done(&open->stream);
	free(open);
	*at = NULL;
}

/* Where it is, or where it may be. */
static struct open **place(struct tls *tls, uint64_t hash)
{
	struct open **set = tls->open[hash % SETS], **best = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i] && set[i]->hash == hash)
			return &set[i];
		if (!set[i] || (*best && set[i]->seen_ns < (*best)->seen_ns))
			best = &set[i];
	}
	return best;
}

static struct open *begin(struct open **at, uint64_t hash,
			  const struct fw_seen *seen)
{
	struct open *open = calloc(1, sizeof(*open));

	if (!open)
		return NULL;
	open->hash = hash;
	open->state = FW_PARSE_NEED_MORE;
	open->quic = seen->proto == IPPROTO_UDP;
	if (open->quic) {
		fw_quic_init(&open->initial);
	} else {
		fw_stream_init(&open->stream, true);
		fw_stream_begin(&open->stream, seen->seq);
		fw_tls_init(&open->tls);
	}
	*at = open;
	return open;
}

/* --- packets ----------------------------------------------------------------- */
/* As bpf/tls.bpf.c has it. */
static bool is_begin(const struct fw_seen *seen)
{
	const uint8_t *at = seen->payload;

	if (seen->len < 9)
		return false;
	if (seen->proto == IPPROTO_UDP)
		return (at[0] & 0xc0) == 0xc0;
	return at[0] == 22 && at[1] == 3 && at[5] == 1 && !at[6];
}

static void feed_stream(struct open *open, const struct fw_seen *seen)
{
	const uint8_t *data;
	size_t len;
	int r = fw_stream_add(&open->stream, seen->seq, seen->payload,
			      seen->len, HELLO_BYTES, &len);

	if (r < 0 || r & FW_STREAM_FULL) {
		open->state = FW_PARSE_MALFORMED;
		return;
	}
	data = fw_stream_take(&open->stream, &len);
	if (len)
		open->state = fw_tls_feed(&open->tls, data, len);
}

static void feed(struct open *open, const struct fw_seen *seen)
{
	open->seen_ns = seen->time_ns;
	if (!open->quic) {
		feed_stream(open, seen);
		return;
	}
	open->state = fw_quic_add(&open->initial, seen->payload, seen->len) ?
			      FW_PARSE_MALFORMED : open->initial.state;
}

/* --- records ----------------------------------------------------------------- */
/* Of a connection there is one record: its hello may come again, and a server may
 * ask for another one (RFC 8446 section 4.1.4), soon behind the first. */
static bool is_told(const struct tls *tls, uint64_t hash,
		    const struct fw_seen *seen)
{
	const struct told *told = &tls->told[hash % TOLD];

	return told->hash == hash && seen->time_ns - told->time_ns < TOLD_NS &&
	       seen->seq - told->seq < CONNECTION_BYTES;
}

/* "h2,http/1.1"; a byte that cannot be shown is a '?'. */
static void put_alpn(const struct fw_hello *hello, struct fw_record *record)
{
	char text[FW_HELLO_POOL + 1];
	size_t len, n = 0;
	const uint8_t *at = fw_hello_list(hello, FW_HELLO_ALPN, &len);

	while (len && at[0] < len) {
		size_t name = at[0];

		if (n)
			text[n++] = ',';
		for (size_t i = 1; i <= name; i++)
			text[n++] = at[i] < 0x20 || at[i] > 0x7e ? '?' :
							    (char)at[i];
		at += 1 + name;
		len -= 1 + name;
	}
	text[n] = '\0';
	if (n)
		fw_record_text(record, "alpn", text);
}

static void put_version(uint16_t version, struct fw_record *record)
{
	char text[8];

	if (version > 0x0300 && version < 0x0310)
		(void)snprintf(text, sizeof(text), "1.%u", version - 0x0301u);
	else
		(void)snprintf(text, sizeof(text), "0x%04x", version);
	fw_record_text(record, "tls_version", text);
}

static void record_hello(const struct tls *tls, const struct fw_seen *seen,
			 const struct fw_hello *hello, const char *ja3,
			 const char *ja4)
{
	struct fw_record record;

	fw_record_begin(&record, FW_RECORD_TLS_HANDSHAKE,
			tls->out->wall_ns(tls->out->ctx, seen->time_ns));
	fw_record_text(&record, "device", seen->device);
	fw_record_text(&record, "proto",
		       seen->proto == IPPROTO_UDP ? "udp" : "tcp");
	fw_record_address(&record, "src", seen->family, seen->src);
	fw_record_number(&record, "sport", seen->sport);
	fw_record_address(&record, "dst", seen->family, seen->dst);
	fw_record_number(&record, "dport", seen->dport);
	fw_record_text(&record, "sni", hello->has_sni ? hello->sni : NULL);
	put_alpn(hello, &record);
	put_version(fw_hello_version(hello), &record);
	if (hello->ech)
		fw_record_text(&record, "ech", "yes");
	fw_record_text(&record, "ja3", ja3);
	fw_record_text(&record, "ja4", ja4);
	tls->out->record(tls->out->ctx, &record);
}

static void tell(struct tls *tls, const struct fw_seen *seen,
		 const struct open *open)
{
	const struct fw_hello *hello = open->quic ? &open->initial.hello :
						    &open->tls.hello;
	char ja3[FW_JA3_SIZE], ja4[FW_JA4_SIZE];

	tls->told[open->hash % TOLD] = (struct told){
		open->hash, seen->time_ns, open->quic ? 0 : open->stream.base,
	};
	tls->out->stats[FW_STAT_TLS_HANDSHAKES]++;
	fw_ja3(hello, ja3);
	fw_ja4(hello, open->quic ? 'q' : 't', ja4);
	if (tls->log_handshakes)
		record_hello(tls, seen, hello, ja3, ja4);
	if (tls->out->handshake)
		tls->out->handshake(tls->out->ctx, &(struct fw_handshake){
			seen, hello->has_sni ? hello->sni : "", ja3, ja4,
		});
}

/* --- the monitor ------------------------------------------------------------- */
static void tls_seen(void *monitor, const struct fw_seen *seen)
{
	struct tls *tls = monitor;
	uint64_t hash = hash_of(tls, seen);
	struct open **at = place(tls, hash);
	struct open *open = *at && (*at)->hash == hash ? *at : NULL;

	if (seen->forwarded || !seen->len)
		return;
	if (!open) {
		if (!is_begin(seen) || is_told(tls, hash, seen))
			return;
		if (*at)
			tls->out->stats[FW_STAT_TLS_ODD]++;
		close_open(at);
		open = begin(at, hash, seen);
		if (!open) {
			tls->out->stats[FW_STAT_TLS_ODD]++;
			return;
		}
	}
	feed(open, seen);
	if (open->state == FW_PARSE_NEED_MORE)
		return;
	if (open->state == FW_PARSE_DONE)
		tell(tls, seen, open);
	else if (open->state == FW_PARSE_MALFORMED)
		tls->out->stats[FW_STAT_TLS_ODD]++;
	close_open(at);
}

static void tls_tick(void *monitor, uint64_t now_ns)
{
	struct tls *tls = monitor;

	for (unsigned i = 0; i < SETS * WAYS; i++) {
		struct open **at = &tls->open[i / WAYS][i % WAYS];

		if (!*at || now_ns < (*at)->seen_ns + OPEN_NS)
			continue;
		tls->out->stats[FW_STAT_TLS_ODD]++;
		close_open(at);
	}
}

static int tls_plan(void *monitor, const struct fw_plan *plan)
{
	struct tls *tls = monitor;

	tls->log_handshakes = plan->monitors.tls_handshakes;
	return 0;
}

static void tls_free(void *monitor)
{
	struct tls *tls = monitor;

	if (!tls)
		return;
	for (unsigned i = 0; i < SETS * WAYS; i++)
		close_open(&tls->open[i / WAYS][i % WAYS]);
	free(tls);
}

static void *tls_new(const struct fw_monitor_out *out)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return NULL;
	tls->out = out;
	if (getrandom(&tls->key, sizeof(tls->key), 0) !=
	    (ssize_t)sizeof(tls->key)) {
		free(tls);
		return NULL;
	}
	return tls;
}

const struct fw_monitor_kind fw_monitor_tls = {
	.new = tls_new,
	.free = tls_free,
	.plan = tls_plan,
	.seen = tls_seen,
	.tick = tls_tick,
};
