/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Flywall's own blocks, options, set keys and statements say, as parts of
 * the plan. Texts and arrays are in the plan's arena. What is not given has the
 * default that flywall.conf(5) names, or the value that says "not given" here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/prints.h"

struct fw_interval;
struct fw_domain_set;

/* So many packets, bytes or events in so many seconds. */
struct fw_rate {
	uint64_t amount;	/* 0: not given */
	uint32_t seconds;
};

/* Decimals (0.9, 12.5%) are carried in millionths. */
#define FW_MILLION 1000000u

/* --- options -------------------------------------------------------------- */
enum fw_syn_cookies {
	FW_SYN_COOKIES_AUTO,	/* above a rate of SYN packets */
	FW_SYN_COOKIES_ON,
	FW_SYN_COOKIES_OFF,
	FW_SYN_COOKIES_MAX_,
};

struct fw_control_group {
	const char *name;
	bool full;		/* may steer; else may ask */
};

/* Who may talk to the daemon, and where it tells its metrics. */
struct fw_plan_service {
	const struct fw_control_group *groups;	/* in the order of the file */
	size_t n_groups;
	const char *metrics_listen;	/* "127.0.0.1:9477", "[::1]:9477", a
					   path; NULL: off */
	const char *metrics_file;	/* NULL: off */
};

/* --- qos ------------------------------------------------------------------ */
#define FW_NO_CLASS UINT32_MAX

struct fw_qos_class {
	const char *name;
	uint16_t number;	/* drawn from its name: abi_qos.h */
	struct fw_rate rate;	/* bytes */
	uint64_t burst;		/* bytes; 0: not given */
	bool has_dscp, has_priority;
	uint8_t dscp;		/* valid with has_dscp: 0..63 */
	uint32_t priority;	/* valid with has_priority: as tc counts,
				   1:30 is 0x0001001e */
};

/* --- monitors ------------------------------------------------------------- */
enum fw_dns_alert {
	FW_DNS_ALERT_REBIND,
	FW_DNS_ALERT_MISMATCH,
	FW_DNS_ALERT_NXDOMAIN_FLOOD,
	FW_DNS_ALERT_TUNNEL,
	FW_DNS_ALERT_MAX_,
};

enum fw_dhcp_alert {
	FW_DHCP_ALERT_ROGUE,
	FW_DHCP_ALERT_CONFLICT,
	FW_DHCP_ALERT_STARVATION,
	FW_DHCP_ALERT_MAX_,
};

enum fw_kernel_log {
	FW_KERNEL_LOG_DROPS,
	FW_KERNEL_LOG_RETRANSMITS,
	FW_KERNEL_LOG_RESETS,
	FW_KERNEL_LOG_MAX_,
};

/* An address as a number: 192.0.2.1 is 0xc0000201. */
struct fw_plan_address {
	bool v6;
	uint64_t high, low;	/* high is 0 where it is not v6 */
};

/* Devices of the monitors stand in plan->devices. Alerts and logs are bits by
 * their enum's number. */
struct fw_plan_monitors {
	const struct fw_domain_set *dns_local;	/* or NULL */
	uint32_t dns_alerts;
	bool tls_handshakes;
	const struct fw_plan_address *dhcp_servers;	/* as written */
	size_t n_dhcp_servers;
	bool dhcp_leases;
	uint32_t dhcp_alerts;
	const char *dhcp_fingerprints;	/* path as written, or NULL */
	struct fw_prints dhcp_prints;	/* what is in that file */
	bool kernel;
	uint32_t kernel_logs;
	uint64_t kernel_deviation;	/* millionths; 0: no alert */
};

/* --- events, learn -------------------------------------------------------- */
struct fw_plan_events {
	const char *file;	/* NULL: off */
	struct fw_rate limit;	/* events of a type */
};

struct fw_plan_learn {
	bool given;		/* the block is there; else the rest is 0 */
	const char *database, *output;
	uint64_t flows, peers, ms;	/* `minimum` */
	uint32_t confidence;	/* millionths */
	uint64_t retention_ms;
};

/* --- sets ----------------------------------------------------------------- */
/* Texts that are compared whole: JA3 and JA4 values, protocol names. */
struct fw_text_set {
	const char *name;	/* of the set; "" for literals in a rule */
	const char *const *texts;	/* sorted, each once */
	size_t n_texts;
};

/* True when the set has this text of len bytes. */
bool fw_text_set_has(const struct fw_text_set *set, const char *text,
		     size_t len);

struct fw_pattern {
	const char *name, *regex, *flags;	/* name: /regex/flags */
};

struct fw_pattern_set {
	const char *name;
	const struct fw_pattern *patterns;	/* by name */
	size_t n_patterns;
};

/* An element of the configuration that stays for a time only. */
struct fw_timed_element {
	const char *text;
	uint64_t ms;
};

/* What the daemon must know of a set that nft does not: where it is fed from,
 * and how long a run-time element of Flywall's own types stays. */
struct fw_plan_set {
	const char *family, *table;	/* "" at top level */
	const char *name, *type;
	const char *file;		/* as written, or NULL */
	const char *path;		/* where it was found; valid with file */
	const char *format;		/* as written, "auto" by default */
	uint64_t refresh_ms;		/* 0: read at load only */
	uint32_t max_shrink;		/* millionths; valid with file */
	bool force;
	bool own;			/* of one of Flywall's own types */
	bool map;
	bool interval;
	bool open;			/* not compiled in: what it holds is what
					   nft's set holds */
	bool live;			/* … and no packet changes it */
	const struct fw_interval *declared;	/* what the file says, sorted
					   and apart; valid with values */
	size_t n_declared;
	bool values;			/* elements are values, of that type */
	/* Flywall's own types: */
	uint64_t timeout_ms;		/* 0: none */
	const struct fw_timed_element *timed;
	size_t n_timed;
};

/* Whether there is more to say of it than what nft is told. */
static inline bool fw_plan_set_is_fed(const struct fw_plan_set *set)
{
	return set->file || set->own;
}

/* Programs know what it holds, so that a change of it is a generation. */
static inline bool fw_plan_set_is_compiled(const struct fw_plan_set *set)
{
	return set->values && !set->open && !set->map && !set->own;
}

/* --- statements of rules -------------------------------------------------- */
enum fw_statement_kind {
	FW_STATEMENT_LEARN,
	FW_STATEMENT_QOS,	/* class is valid */
	FW_STATEMENT_AUDIT,
	FW_STATEMENT_BLOCK,	/* ms is valid */
	FW_STATEMENT_DNS_QNAME,	/* domains, negate */
	FW_STATEMENT_DNS_QTYPE,	/* qtypes, negate */
	FW_STATEMENT_DNS_REPLY,	/* rcode: 3 nxdomain, 5 refused */
	FW_STATEMENT_SYNPROXY,	/* in an ingress chain */
	FW_STATEMENT_MAX_,
};

/* One of a rule's, in the order of rules and of their words. */
struct fw_plan_statement {
	uint32_t rule;		/* index in plan->rules */
	enum fw_statement_kind kind;
	bool negate;
	uint32_t class;		/* index in plan->classes */
	uint64_t ms;
	unsigned rcode;
	const struct fw_domain_set *domains;
	const struct fw_interval *qtypes;
	size_t n_qtypes;
};

/* --- what no part of this version runs ------------------------------------ */
/* The daemon refuses a plan that has any. */
struct fw_plan_pending {
	const char *what;	/* in the file's words: "monitor tls" */
	const char *file;
	uint32_t line;
};

const char *fw_syn_cookies_name(enum fw_syn_cookies value);
const char *fw_dns_alert_name(enum fw_dns_alert alert);
const char *fw_dhcp_alert_name(enum fw_dhcp_alert alert);
const char *fw_kernel_log_name(enum fw_kernel_log log);
const char *fw_statement_name(enum fw_statement_kind kind);
