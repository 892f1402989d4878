/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: questions and answers, and how these fit. Out: records of what is wrong.
 * Only memory fails: then there is one record less.
 *
 * Of one thing there is one record in a while, with how often it was seen since
 * the last. An answer that nobody asked for may be one whose question was not
 * seen: so it is held until it is known that nothing was lost meanwhile, and
 * nothing is said of it in the first seconds of a configuration.
 */
#include "monitor/dns_alerts.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events/dns_name.h"
#include "monitor/dns_rates.h"
#include "util/cleanup.h"
#include "util/siphash.h"

#define NS_PER_S UINT64_C(1000000000)
#define QUIET_NS (10 * NS_PER_S)	/* after a record, of the same */
#define GRACE_NS (10 * NS_PER_S)
#define HOLD_NS (NS_PER_S / 2)
#define HELD_MAX 64
#define TOLD_MAX 1024

struct told {
	uint64_t hash, until_ns, n;	/* n: since the last record */
};

struct held {
	struct fw_record record;
	uint64_t due_ns, lost;
};

struct fw_dns_alerts {
	const struct fw_monitor_out *out;
	uint32_t wanted;		/* bits of enum fw_dns_alert */
	const struct fw_domain_set *local;
	uint64_t since_ns;		/* the first message; 0: none yet */
	struct fw_dns_rates *rates;
	struct told told[TOLD_MAX];
	struct held held[HELD_MAX];	/* oldest first */
	size_t n_held;
};

static const enum fw_record_type types[FW_DNS_ALERT_MAX_] = {
	[FW_DNS_ALERT_REBIND] = FW_RECORD_DNS_REBIND,
	[FW_DNS_ALERT_MISMATCH] = FW_RECORD_DNS_MISMATCH,
	[FW_DNS_ALERT_NXDOMAIN_FLOOD] = FW_RECORD_DNS_NXDOMAIN_FLOOD,
	[FW_DNS_ALERT_TUNNEL] = FW_RECORD_DNS_TUNNEL,
};

struct fw_dns_alerts *fw_dns_alerts_new(const struct fw_monitor_out *out)
{
	struct fw_dns_alerts *alerts = calloc(1, sizeof(*alerts));

	if (!alerts)
		return NULL;
	alerts->out = out;
	alerts->rates = fw_dns_rates_new();
	if (!alerts->rates) {
		free(alerts);
		return NULL;
	}
	return alerts;
}

void fw_dns_alerts_free(struct fw_dns_alerts *alerts)
{
	if (!alerts)
		return;
	for (size_t i = 0; i < alerts->n_held; i++)
		fw_buf_done(&alerts->held[i].record.line);
	fw_dns_rates_free(alerts->rates);
	free(alerts);
}

void fw_dns_alerts_plan(struct fw_dns_alerts *alerts,
			const struct fw_plan_monitors *plan)
{
	alerts->wanted = plan->dns_alerts;
	alerts->local = plan->dns_local;
	alerts->since_ns = 0;
}

static bool wants(const struct fw_dns_alerts *alerts, enum fw_dns_alert alert)
{
	return alerts->wanted >> alert & 1;
}

/* --- one record in a while ------------------------------------------------ */
/* A number for the thing that is wrong: what, why, and whose. */
static uint64_t hash_of(enum fw_dns_alert alert, unsigned why,
			const void *whose, size_t len)
{
	const struct fw_siphash_key key = { alert, why };

	return fw_siphash(&key, whose, len);
}

/* True with how often it was seen since the last record, this time included. */
static bool may_tell(struct fw_dns_alerts *alerts, uint64_t hash,
		     uint64_t now_ns, uint64_t *ret_n)
{
	struct told *told = &alerts->told[hash % TOLD_MAX];

	if (told->hash != hash)
		*told = (struct told){ .hash = hash };
	told->n++;
	if (told->until_ns > now_ns)
		return false;
	*ret_n = told->n;
	told->n = 0;
	told->until_ns = now_ns + QUIET_NS;
	return true;
}

static void begin(const struct fw_dns_alerts *alerts, enum fw_dns_alert alert,
		  const struct fw_seen *seen, struct fw_record *record)
{
	fw_record_begin(record, types[alert],
			alerts->out->wall_ns(alerts->out->ctx, seen->time_ns));
	fw_record_text(record, "device", seen->device);
}

static void add_name(struct fw_record *record, const char *key,
		     const uint8_t *name, size_t len)
{
	char text[FW_DNS_TEXT_MAX];

	if (!fw_dns_name_text(name, len, text))
		fw_record_text(record, key, text);
}

static void add_question(struct fw_record *record,
			 const struct fw_dns_message *message)
{
	char qtype[FW_DNS_TYPE_MAX];

	if (!message->has_question)
		return;
	add_name(record, "name", message->name, message->name_len);
	fw_record_text(record, "qtype",
		       fw_dns_type_text(message->qtype, qtype));
}

/* Of an answer. */
static void add_ends(struct fw_record *record, const struct fw_seen *seen)
{
	fw_record_address(record, "client", seen->family, seen->dst);
	fw_record_number(record, "client_port", seen->dport);
	fw_record_address(record, "server", seen->family, seen->src);
}

static void end(const struct fw_dns_alerts *alerts, struct fw_record *record,
		uint64_t n)
{
	fw_record_number(record, "count", n);
	alerts->out->record(alerts->out->ctx, record);
}

/* --- answers that nobody asked for ---------------------------------------- */
static const char *const reasons[] = {
	[FW_FIT_AGAIN] = "duplicate",
	[FW_FIT_LATE] = "late",
	[FW_FIT_CASE] = "case",
	[FW_FIT_NAME] = "question",
	[FW_FIT_SERVER] = "server",
	[FW_FIT_ID] = "id",
	[FW_FIT_NOBODY] = "unsolicited",
};

/* Held back; let go where as many are held as there is room for. */
static void hold(struct fw_dns_alerts *alerts, struct fw_record *record,
		 uint64_t now_ns, uint64_t lost)
{
	if (alerts->n_held == HELD_MAX) {
		fw_buf_done(&record->line);
		return;
	}
	alerts->held[alerts->n_held++] = (struct held){
		*record, now_ns + HOLD_NS, lost,
	};
}

void fw_dns_alerts_tick(struct fw_dns_alerts *alerts, uint64_t now_ns,
			uint64_t lost)
{
	size_t n = 0;

	while (n < alerts->n_held && alerts->held[n].due_ns <= now_ns) {
		struct held *held = &alerts->held[n++];

		if (held->lost == lost)
			alerts->out->record(alerts->out->ctx, &held->record);
		else
			fw_buf_done(&held->record.line);
	}
	alerts->n_held -= n;
	memmove(alerts->held, alerts->held + n,
		alerts->n_held * sizeof(*alerts->held));
}

/* Whether it may be for want of having seen the question. */
static bool is_doubtful(enum fw_pending_fit fit)
{
	return fit == FW_FIT_ID || fit == FW_FIT_NOBODY;
}

static void tell_misfit(struct fw_dns_alerts *alerts,
			const struct fw_seen *seen,
			const struct fw_dns_message *message,
			enum fw_pending_fit fit, const struct fw_asked *asked,
			uint64_t lost)
{
	uint64_t hash = hash_of(FW_DNS_ALERT_MISMATCH, fit, seen->dst, 16), n;
	struct fw_record record;

	if (is_doubtful(fit) && alerts->since_ns + GRACE_NS > seen->time_ns)
		return;
	if (!may_tell(alerts, hash, seen->time_ns, &n))
		return;
	begin(alerts, FW_DNS_ALERT_MISMATCH, seen, &record);
	fw_record_text(&record, "reason", reasons[fit]);
	add_question(&record, message);
	add_ends(&record, seen);
	fw_record_number(&record, "id", message->id);
	if (asked && fit != FW_FIT_AGAIN && fit != FW_FIT_LATE) {
		add_name(&record, "asked_name", asked->name, asked->name_len);
		fw_record_address(&record, "asked_server", asked->family,
				  asked->server);
	}
	fw_record_number(&record, "count", n);
	if (is_doubtful(fit))
		hold(alerts, &record, seen->time_ns, lost);
	else
		alerts->out->record(alerts->out->ctx, &record);
}

/* --- what an answer says -------------------------------------------------- */
/* The answer's addresses and its rcode, in whatever order: what makes two
 * answers differ. TTLs count down, so they do not. */
static uint64_t content_of(const struct fw_dns_message *message)
{
	struct fw_dns_walk walk = { message, 0, 0, 0 };
	struct fw_dns_record record;
	uint64_t sum = message->rcode + 1u;
	int r;

	while (fw_dns_record_next(&walk, &record, &r) && !record.section) {
		const struct fw_siphash_key key = { record.type, 13 };

		if (record.type == FW_RR_A || record.type == FW_RR_AAAA)
			sum += fw_siphash(&key, record.data, record.len);
	}
	return sum;
}

/* RFC 6890's, of IPv4 and IPv6; the latter also where it holds the former. */
bool fw_dns_is_private(const uint8_t *address, size_t size)
{
	static const struct {
		uint8_t size, bits;
		uint8_t prefix[12];
	} nets[] = {
		{ 4, 8, { 0 } },		{ 4, 8, { 10 } },
		{ 4, 10, { 100, 64 } },		{ 4, 8, { 127 } },
		{ 4, 16, { 169, 254 } },	{ 4, 12, { 172, 16 } },
		{ 4, 16, { 192, 168 } },	{ 16, 7, { 0xfc } },
		{ 16, 10, { 0xfe, 0x80 } },	{ 16, 10, { 0xfe, 0xc0 } },
	};
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t zero[15] = { 0 };

	if (size == 16 && !memcmp(address, mapped, sizeof(mapped)))
		return fw_dns_is_private(address + 12, 4);
	if (size == 16 && !memcmp(address, zero, sizeof(zero)))
		return address[15] <= 1;
	for (size_t i = 0; i < FW_ARRAY_SIZE(nets); i++) {
		unsigned whole = nets[i].bits / 8u, part = nets[i].bits % 8u;
		uint8_t mask = (uint8_t)(0xff00u >> part);

		if (nets[i].size == size &&
		    !memcmp(address, nets[i].prefix, whole) &&
		    (!part || !((address[whole] ^ nets[i].prefix[whole]) &
				mask)))
			return true;
	}
	return false;
}

/* A name of one label is nobody's outside; localhost is RFC 6761's. */
static bool is_local(const struct fw_dns_alerts *alerts,
		     const struct fw_dns_message *message)
{
	static const uint8_t localhost[] = "\11localhost";
	char text[FW_DNS_TEXT_MAX];
	size_t len = message->name_len;

	if (len < 3 || len == message->name[0] + 2u ||
	    fw_dns_name_text(message->name, len, text))
		return true;
	if (len >= sizeof(localhost) &&
	    !memcmp(message->name + len - sizeof(localhost), localhost,
		    sizeof(localhost)))
		return true;
	return alerts->local &&
	       fw_domain_set_has(alerts->local, text, strlen(text));
}

static void look_for_rebinding(struct fw_dns_alerts *alerts,
			       const struct fw_seen *seen,
			       const struct fw_dns_message *message)
{
	struct fw_dns_walk walk = { message, 0, 0, 0 };
	struct fw_dns_record answer;
	struct fw_record record;
	uint64_t n;
	int r;

	while (fw_dns_record_next(&walk, &answer, &r) && !answer.section) {
		uint8_t address[16] = { 0 };

		if (!fw_dns_is_address(&answer) ||
		    !fw_dns_is_private(answer.data, answer.len))
			continue;
		if (is_local(alerts, message) ||
		    !may_tell(alerts,
			      hash_of(FW_DNS_ALERT_REBIND, 0, message->name,
				      message->name_len),
			      seen->time_ns, &n))
			return;
		memcpy(address, answer.data, answer.len);
		begin(alerts, FW_DNS_ALERT_REBIND, seen, &record);
		add_question(&record, message);
		add_ends(&record, seen);
		fw_record_address(&record, "address",
				  answer.len == 4 ? 4 : 6, address);
		end(alerts, &record, n);
		return;
	}
}

static void look_for_flood(struct fw_dns_alerts *alerts,
			   const struct fw_seen *seen,
			   const struct fw_dns_message *message)
{
	struct fw_dns_flood flood;
	struct fw_record record;
	uint64_t n;

	if (!fw_dns_rates_answer(alerts->rates, seen->family, seen->dst,
				 message->rcode == FW_RCODE_NXDOMAIN,
				 seen->time_ns, &flood) ||
	    !may_tell(alerts,
		      hash_of(FW_DNS_ALERT_NXDOMAIN_FLOOD, 0, seen->dst, 16),
		      seen->time_ns, &n))
		return;
	begin(alerts, FW_DNS_ALERT_NXDOMAIN_FLOOD, seen, &record);
	add_question(&record, message);
	add_ends(&record, seen);
	fw_record_number(&record, "nxdomain", flood.nxdomain);
	fw_record_number(&record, "answers", flood.answers);
	fw_record_number(&record, "seconds", flood.seconds);
	end(alerts, &record, n);
}

/* Another answer to a question that had one: as many as it was asked may come. */
static bool is_forged(struct fw_asked *asked,
		      const struct fw_dns_message *message)
{
	return ++asked->answers > asked->times &&
	       asked->answer != content_of(message);
}

static bool has_answers(const struct fw_dns_message *message)
{
	return message->rcode == FW_RCODE_NOERROR && message->counts[0];
}

void fw_dns_alerts_answer(struct fw_dns_alerts *alerts,
			  const struct fw_seen *seen,
			  const struct fw_dns_message *message,
			  enum fw_pending_fit fit, struct fw_asked *asked,
			  uint64_t lost)
{
	bool wrong = fit != FW_FIT_ANSWERS;

	if (!alerts->since_ns)
		alerts->since_ns = seen->time_ns;
	if (fit == FW_FIT_ANSWERS) {
		asked->answers++;
		asked->answer = content_of(message);
	}
	if (fit == FW_FIT_AGAIN)
		wrong = is_forged(asked, message);
	if (fit == FW_FIT_LATE)
		wrong = has_answers(message);
	/* What came in by a watched device was told of there. */
	if (seen->forwarded)
		return;
	/* Over TCP nobody else answers, and pieces are not seen. */
	if (wrong && wants(alerts, FW_DNS_ALERT_MISMATCH) &&
	    seen->proto == IPPROTO_UDP)
		tell_misfit(alerts, seen, message, fit, asked, lost);
	if (fit != FW_FIT_ANSWERS || !message->has_question)
		return;
	if (wants(alerts, FW_DNS_ALERT_REBIND))
		look_for_rebinding(alerts, seen, message);
	if (wants(alerts, FW_DNS_ALERT_NXDOMAIN_FLOOD))
		look_for_flood(alerts, seen, message);
}

/* --- questions ------------------------------------------------------------ */
void fw_dns_alerts_question(struct fw_dns_alerts *alerts,
			    const struct fw_seen *seen,
			    const struct fw_dns_message *message)
{
	struct fw_dns_tunnel tunnel;
	struct fw_record record;
	char entropy[32];
	uint64_t n, hash, whose;

	if (!alerts->since_ns)
		alerts->since_ns = seen->time_ns;
	if (seen->forwarded || !wants(alerts, FW_DNS_ALERT_TUNNEL) ||
	    !fw_dns_rates_name(alerts->rates, seen->family, seen->src,
			       message->name, message->name_len, seen->time_ns,
			       &tunnel))
		return;
	whose = hash_of(FW_DNS_ALERT_TUNNEL, seen->family, seen->src, 16);
	hash = hash_of(FW_DNS_ALERT_TUNNEL, (unsigned)whose,
		       message->name + tunnel.parent,
		       message->name_len - tunnel.parent);
	if (!may_tell(alerts, hash, seen->time_ns, &n))
		return;
	begin(alerts, FW_DNS_ALERT_TUNNEL, seen, &record);
	add_name(&record, "parent", message->name + tunnel.parent,
		 message->name_len - tunnel.parent);
	add_question(&record, message);
	fw_record_address(&record, "client", seen->family, seen->src);
	fw_record_address(&record, "server", seen->family, seen->dst);
	fw_record_number(&record, "names", tunnel.names);
	fw_record_number(&record, "length", tunnel.length);
	(void)snprintf(entropy, sizeof(entropy), "%u.%02u",
		       tunnel.entropy / 1000, tunnel.entropy % 1000 / 10);
	fw_record_text(&record, "entropy", entropy);
	fw_record_number(&record, "seconds", tunnel.seconds);
	end(alerts, &record, n);
}
