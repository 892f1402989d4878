/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor dns.
 *
 * In: messages from and to port 53. Out: a record for each question, with its
 * answer, where the plan says `log queries`. What cannot be read is counted as
 * odd; only memory fails.
 *
 * Over TCP a message is read where a segment begins with it and has it whole:
 * streams are not put together, for what no resolver sends in pieces need not be.
 * The rest is counted as cut.
 */
#include "monitor/dns.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "events/dns_name.h"
#include "monitor/dns_alerts.h"
#include "monitor/dns_message.h"
#include "monitor/dns_pending.h"
#include "util/cleanup.h"

#define NS_PER_US 1000
#define PORT 53
#define PENDING 8192		/* unless `dns-pending` says otherwise */
#define TCP_LENGTH 2		/* RFC 1035 section 4.2.2 */
#define OPCODE_QUERY 0

struct dns {
	const struct fw_monitor_out *out;
	bool log_queries;
	const struct fw_plan *plan;	/* the live one, or NULL */
	size_t room;
	struct fw_pending *pending;	/* NULL: no device is watched */
	struct fw_dns_alerts *alerts;
};

static void count(const struct dns *dns, enum fw_stat stat)
{
	dns->out->stats[stat]++;
}

/* --- the log -------------------------------------------------------------- */
/* "bad, worse": the file's sets that have the name; those without a name are
 * written out in rules. */
static void add_sets(const struct dns *dns, const char *name,
		     struct fw_record *record)
{
	_cleanup_free_ char *text = NULL;
	struct fw_buf buf = { 0 };

	for (size_t i = 0; i < dns->plan->n_domain_sets; i++) {
		const struct fw_domain_set *set = &dns->plan->domain_sets[i];

		if (!set->name[0] ||
		    !fw_domain_set_has(set, name, strlen(name)))
			continue;
		if (buf.len)
			fw_buf_add(&buf, ", ");
		fw_buf_add(&buf, set->name);
	}
	text = fw_buf_take(&buf);
	if (text && *text)
		fw_record_text(record, "sets", text);
}

static void begin_query(const struct dns *dns, const struct fw_asked *asked,
			struct fw_record *record)
{
	const struct fw_monitor_out *out = dns->out;
	char name[FW_DNS_TEXT_MAX], qtype[FW_DNS_TYPE_MAX];

	fw_record_begin(record, FW_RECORD_DNS_QUERY,
			out->wall_ns(out->ctx, asked->time_ns));
	fw_record_text(record, "device", out->device(out->ctx, asked->ifindex));
	if (!fw_dns_name_text(asked->name, asked->name_len, name)) {
		fw_record_text(record, "name", name);
		add_sets(dns, name, record);
	}
	fw_record_text(record, "qtype", fw_dns_type_text(asked->qtype, qtype));
	fw_record_address(record, "client", asked->family, asked->client);
	fw_record_number(record, "client_port", asked->client_port);
	fw_record_address(record, "server", asked->family, asked->server);
}

static bool is_told(const struct dns *dns, const struct fw_asked *asked)
{
	return dns->log_queries && asked->tells;
}

/* Nobody answers any more. */
static void on_gone(void *ctx, const struct fw_asked *asked)
{
	const struct dns *dns = ctx;
	struct fw_record record;

	if (!asked->tells)
		return;
	count(dns, FW_STAT_DNS_UNANSWERED);
	if (!is_told(dns, asked))
		return;
	begin_query(dns, asked, &record);
	dns->out->record(dns->out->ctx, &record);
}

static void tell_answer(const struct dns *dns, const struct fw_seen *seen,
			const struct fw_asked *asked, uint16_t rcode,
			const char *answers)
{
	char text[FW_RCODE_TEXT_MAX];
	struct fw_record record;

	begin_query(dns, asked, &record);
	fw_record_text(&record, "rcode", fw_dns_rcode_text(rcode, text));
	if (answers && *answers)
		fw_record_text(&record, "answer", answers);
	fw_record_number(&record, "latency_us",
			 seen->time_ns > asked->time_ns ?
				 (seen->time_ns - asked->time_ns) / NS_PER_US :
				 0);
	dns->out->record(dns->out->ctx, &record);
}

/* Questions that were not seen, or are not known any more. */
static uint64_t lost(const struct dns *dns)
{
	return *dns->out->lost + fw_pending_lost(dns->pending);
}

/* --- messages ------------------------------------------------------------- */
static void take_question(struct dns *dns, const struct fw_seen *seen,
			  const struct fw_dns_message *message)
{
	(void)fw_pending_ask(dns->pending, seen, message, !seen->forwarded);
	fw_dns_alerts_question(dns->alerts, seen, message);
}

/* Who was asked for has these addresses, by whatever names between. */
static void learn_names(const struct dns *dns, const struct fw_seen *seen,
			const struct fw_dns_message *message,
			const struct fw_asked *asked)
{
	struct fw_dns_walk walk = { message, 0, 0, 0 };
	struct fw_dns_record record;
	char name[FW_DNS_TEXT_MAX];
	int r;

	if (fw_dns_name_text(asked->name, asked->name_len, name))
		return;
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	while (fw_dns_record_next(&walk, &record, &r) && !record.section) {
		uint8_t address[16] = { 0 };

		if (!fw_dns_is_address(&record))
			continue;
		memcpy(address, record.data, record.len);
		fw_names_add(dns->out->names, record.len == 4 ? 4 : 6, address,
			     name, record.ttl, seen->time_ns);
	}
}

static void take_answer(struct dns *dns, const struct fw_seen *seen,
			struct fw_dns_message *message)
{
	struct fw_buf text = { 0 };
	struct fw_asked *asked;
	enum fw_pending_fit fit;
	char *answers;

	/* Adds to rcode, too. Of an answer that is cut, what is there counts. */
	if (fw_dns_answers(message, &text) && seen->whole &&
	    !message->truncated && !seen->forwarded)
		count(dns, FW_STAT_DNS_ODD);
	answers = fw_buf_take(&text);
	fit = fw_pending_answer(dns->pending, seen, message, &asked);
	fw_dns_alerts_answer(dns->alerts, seen, message, fit, asked,
			     lost(dns));
	if (fit != FW_FIT_ANSWERS && !seen->forwarded)
		count(dns, FW_STAT_DNS_STRAY);
	if (fit == FW_FIT_ANSWERS && !seen->forwarded)
		learn_names(dns, seen, message, asked);
	if (fit == FW_FIT_ANSWERS && asked->tells) {
		count(dns, FW_STAT_DNS_ANSWERED);
		if (is_told(dns, asked))
			tell_answer(dns, seen, asked, message->rcode, answers);
	}
	free(answers);
}

static void take_message(struct dns *dns, const struct fw_seen *seen)
{
	struct fw_dns_message message;

	/* The programs have counted what is shorter than a header. */
	if (fw_dns_message_read(seen->payload, seen->len, &message) ||
	    (!message.response && !message.has_question)) {
		if (!seen->forwarded)
			count(dns, FW_STAT_DNS_ODD);
		return;
	}
	if (message.opcode != OPCODE_QUERY)
		return;
	if (!message.response && seen->dport == PORT)
		take_question(dns, seen, &message);
	else if (message.response && seen->sport == PORT)
		take_answer(dns, seen, &message);
}

/* All that stand whole in the segment, one behind the other. */
static void take_segment(struct dns *dns, const struct fw_seen *seen)
{
	struct fw_seen one = *seen;
	size_t at = 0;

	while (at + TCP_LENGTH < seen->len) {
		const uint8_t *head = seen->payload + at;
		size_t len = (size_t)(head[0] << 8 | head[1]);

		at += TCP_LENGTH;
		if (!len || len > seen->len - at) {
			count(dns, FW_STAT_DNS_CUT);
			return;
		}
		one.payload = seen->payload + at;
		one.len = one.length = len;
		one.whole = true;
		take_message(dns, &one);
		at += len;
	}
}

static void dns_seen(void *monitor, const struct fw_seen *seen)
{
	struct dns *dns = monitor;

	if (!dns->pending)
		return;
	fw_pending_tick(dns->pending, seen->time_ns);
	if (seen->proto == IPPROTO_TCP)
		take_segment(dns, seen);
	else
		take_message(dns, seen);
}

static void dns_tick(void *monitor, uint64_t now_ns)
{
	struct dns *dns = monitor;

	if (!dns->pending)
		return;
	fw_pending_tick(dns->pending, now_ns);
	fw_dns_alerts_tick(dns->alerts, now_ns, lost(dns));
}

/* --- life ----------------------------------------------------------------- */
static bool is_watched(const struct fw_plan *plan)
{
	for (size_t i = 0; i < plan->n_devices; i++) {
		if (plan->devices[i].watch_dns)
			return true;
	}
	return false;
}

/* Questions wait on over a reload, unless there is to be another room for them. */
static int dns_plan(void *monitor, const struct fw_plan *plan)
{
	struct dns *dns = monitor;
	size_t room = plan->options.dns_pending ? plan->options.dns_pending :
						  PENDING;
	struct fw_pending *pending = NULL;

	dns->plan = plan;
	dns->log_queries = plan->log_dns_queries;
	fw_dns_alerts_plan(dns->alerts, &plan->monitors);
	if (dns->pending && dns->room == room && is_watched(plan))
		return 0;
	if (is_watched(plan)) {
		pending = fw_pending_new(room, on_gone, dns);
		if (!pending)
			return -ENOMEM;
	}
	fw_pending_free(dns->pending);
	dns->pending = pending;
	dns->room = room;
	return 0;
}

static void *dns_new(const struct fw_monitor_out *out)
{
	struct dns *dns = calloc(1, sizeof(*dns));

	if (!dns)
		return NULL;
	dns->out = out;
	dns->alerts = fw_dns_alerts_new(out);
	if (!dns->alerts) {
		free(dns);
		return NULL;
	}
	return dns;
}

static void dns_free(void *monitor)
{
	struct dns *dns = monitor;

	fw_dns_alerts_free(dns->alerts);
	fw_pending_free(dns->pending);
	free(dns);
}

const struct fw_monitor_kind fw_monitor_dns = {
	.new = dns_new,
	.free = dns_free,
	.plan = dns_plan,
	.seen = dns_seen,
	.tick = dns_tick,
};
