/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mix of frames, four ways: a ruleset on three devices of one generation,
 * with `attach native`, `attach generic` and `attach off`, and in nft alone on a
 * fourth. Each frame must pass all or none, and each rule must count the same.
 * Half as many then come with `malformed drop`: of those that nft alone passes,
 * what the model calls malformed passes nowhere else, and each way counts it by its
 * reason.
 *
 *	FLYWALL_FRAMES	how many, default 10000
 *	FLYWALL_SEED	of the mix, default 1
 *
 * The mix is TCP, UDP, ICMP, SCTP and others over IPv4 and IPv6, fragments,
 * options and extension headers, VLAN tags and ARP, some of them broken; they meet
 * sets, one of them with times, and limits, for all and for each source. The lab
 * is that of oracle_test: what came past the hook is seen by packet sockets.
 */
#include "tests/net/oracle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compile/compile.h"
#include "grammar/parse.h"
#include "model/packet.h"
#include "util/cleanup.h"

#define FRAME_MAX 1500
#define BATCH (ORACLE_FRAMES / WAYS)
#define TOLD_MAX 5		/* failures in full */
#define EARLY_MIN 10		/* rules in XDP, else the mix shows little */

static const char *const ways[] = { "native", "generic", "off" };
#define WAYS FW_ARRAY_SIZE(ways)

static struct oracle_lab lab;
static bool drop_malformed;
static unsigned failed;
static unsigned long reasons[FW_STATS_MALFORMED];	/* frames, by the model */

/* The fragments come first: what follows looks at the transport header. A rule
 * that a word keeps in nft is skipped by what XDP accepts before it. */
static const char rules[] =
	"\tset bad4 { type ipv4_addr; flags interval\n"
	"\t\telements = { 192.0.2.0/24, 198.51.100.7 } }\n"
	"\tset pairs { type ipv4_addr . inet_service\n"
	"\t\telements = { 10.1.2.3 . 22, 203.0.113.9 . 25 } }\n"
	"\tset live { type ipv4_addr; flags timeout; elements = {\n"
	"\t\t192.0.2.0 timeout 1h, 192.0.2.255 timeout 1h } }\n"
	"\tset heavy { type ipv4_addr; flags dynamic; timeout 1d; }\n"
	"\tchain web {\n"
	"\t\ttcp flags syn counter\n"
	"\t\ttcp dport 443 counter accept\n"
	"\t\tcounter\n"
	"\t}\n"
	"\tchain in {\n"
	"\t\ttype filter hook ingress device \"%s\" priority 0; policy accept;\n"
	"\t\tip frag-off & 0x1fff != 0 counter drop\n"
	"\t\texthdr frag exists counter drop\n"
	"\t\ticmpv6 type echo-request counter drop\n"
	"\t\tip saddr @live counter drop\n"
	"\t\tip saddr @bad4 counter drop\n"
	"\t\t%sip dscp 3 limit rate 1/day burst 20 packets counter drop\n"
	"\t\t%sip saddr 203.0.113.0-203.0.113.3 ip protocol udp update @heavy "
		"{ ip saddr limit rate over 1/hour burst 5 packets } counter drop\n"
	"\t\t%sip ttl 77 limit rate 3000 bytes/day counter accept\n"
	"\t\tip6 saddr { 2001:db8::/32, fd00::/8 } counter drop\n"
	"\t\tvlan id 5-2000 counter drop\n"
	"\t\tvlan pcp 3 counter\n"
	"\t\tether type arp counter\n"
	"\t\ticmp type { echo-request, timestamp-request } counter drop\n"
	"\t\tmeta l4proto { tcp, udp } th dport 53 counter accept\n"
	"\t\tmeta cpu 0-4095 tcp dport 53 counter drop\n"
	"\t\ttcp dport { 80, 443, 8000-8100 } counter jump web\n"
	"\t\ttcp flags & (syn | ack) == syn counter drop\n"
	"\t\tudp sport != 1024-65535 counter drop\n"
	"\t\tip ttl < 5 counter drop\n"
	"\t\tip6 hoplimit < 5 counter drop\n"
	"\t\tip dscp cs1 counter\n"
	"\t\tmeta length > 1000 counter drop\n"
	"\t\tip protocol sctp counter drop\n"
	"\t\tip daddr . tcp dport @pairs counter drop\n"
	"\t}\n"
	"}\n";

/* Returns whether to go on with details. */
static bool fail(const char *what)
{
	if (failed++ >= TOLD_MAX)
		return false;
	(void)fprintf(stderr, "FAIL: %s\n", what);
	return true;
}

/* --- the ways ------------------------------------------------------------- */
/* A reload keeps what limits have left, and nft alone begins anew; so they hold
 * in the first mix. */
static char *write_table(const char *name, const char *device)
{
	const char *limits = drop_malformed ? "# " : "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		exit(1);
	(void)fprintf(out, "table netdev %s {\n", name);
	(void)fprintf(out, rules, device, limits, limits, limits);
	if (fclose(out))
		exit(1);
	return text;
}

/* nft alone stands on the first device's twin. */
static bool load(void)
{
	_cleanup_free_ char *alone = write_table("alone", "y000");

	oracle_begin(&lab);
	oracle_add(&lab, "options {\n", alone);
	if (drop_malformed)
		oracle_add(&lab, "\tmalformed drop\n", "");
	for (size_t i = 0; i < WAYS; i++) {
		char line[64];

		(void)snprintf(line, sizeof(line),
			       "\tdevice x%02zu0 { attach %s }\n", i, ways[i]);
		oracle_add(&lab, line, "");
	}
	oracle_add(&lab, "}\n", "");
	for (size_t i = 0; i < WAYS; i++) {
		_cleanup_free_ char *table = NULL;
		char device[8];

		(void)snprintf(device, sizeof(device), "x%02zu0", i);
		table = write_table(ways[i], device);
		oracle_add(&lab, table, "");
	}
	return oracle_load(&lab);
}

/* That each device runs as it was told. */
static void check_modes(void)
{
	const char *flywall = getenv("FLYWALL");

	for (size_t i = 0; i < WAYS; i++) {
		char command[256], mode[16] = "";
		FILE *in;

		(void)snprintf(command, sizeof(command),
			       "'%s' -i %s status -j | jq -r '.devices[] | "
			       "select(.name == \"x%02zu0\") | .xdp'",
			       flywall ? flywall : "./flywall", lab.instance, i);
		in = popen(command, "re");
		if (!in || !fgets(mode, sizeof(mode), in))
			(void)fail("no status");
		mode[strcspn(mode, "\n")] = '\0';
		if (strcmp(mode, ways[i]) && fail("attached otherwise"))
			(void)fprintf(stderr, "%s, not %s\n", mode, ways[i]);
		if (in)
			(void)pclose(in);
	}
}

/* --- frames --------------------------------------------------------------- */
/* Only for the values that frames are made of. */
static struct fw_plan *compile(const char *text)
{
	const struct fw_parse_options options = { 0 };
	struct fw_arena *arena = fw_arena_new();
	struct fw_plan *plan = NULL;
	struct fw_diags diags;
	struct fw_ast *ast;

	if (!arena)
		exit(1);
	fw_diags_init(&diags, arena);
	if (!fw_parse_text(arena, "mix", text, strlen(text), &options, &diags,
			   &ast))
		(void)fw_compile(arena, ast, &fw_facts_empty, &diags, &plan);
	if (!plan)
		fw_diags_print(&diags, stderr);
	fw_arena_free(arena);
	return plan;
}

static void print_frame(const struct packet *frame)
{
	for (size_t i = 0; i < frame->len && i < 96; i++)
		(void)fprintf(stderr, "%02x%s", frame->bytes[i],
			      i % 16 == 15 ? "\n" : " ");
	(void)fprintf(stderr, "\n(%zu bytes)\n", frame->len);
}

static bool is_malformed(const struct packet *frame)
{
	struct fw_model_packet packet;

	fw_model_packet_parse(frame->bytes, frame->len, &packet);
	if (packet.malformed)
		reasons[packet.malformed - FW_STAT_MALFORMED_FIRST]++;
	return packet.malformed != 0;
}

/* number: of the frame the first way; the others' follow. */
static void compare_frame(const struct packet *frame, uint32_t number)
{
	bool alone = !(drop_malformed && is_malformed(frame)) &&
		     lab.seen[1][number];

	for (uint32_t way = 0; way < WAYS; way++) {
		if (lab.seen[0][number + way] == alone ||
		    !fail(alone ? "nft alone passes a frame" :
				  "nft alone drops a frame"))
			continue;
		(void)fprintf(stderr, "not so with attach %s\n", ways[way]);
		print_frame(frame);
	}
}

/* Returns how many passed. */
static uint64_t run_batch(const struct fw_plan *plan, struct rng *rng,
			  uint32_t n)
{
	static struct packet frames[BATCH];
	uint64_t passed = 0;

	for (uint32_t i = 0; i < n; i++) {
		do {
			packet_random(rng, plan, FRAME_MAX, &frames[i]);
		} while (!oracle_observable(&frames[i], false));
		frames[i].bytes[0] &= 0xfe;	/* to one, and not to us */
		frames[i].bytes[6] = 0x02;
		frames[i].bytes[7] = 0;
		for (uint32_t way = 0; way < WAYS; way++)
			oracle_send(&lab, way, &frames[i],
				    i * (uint32_t)WAYS + way);
	}
	if (!oracle_receive(&lab, WAYS))
		(void)fail("a marker did not come through");
	for (uint32_t i = 0; i < n; i++) {
		compare_frame(&frames[i], i * (uint32_t)WAYS);
		passed += lab.seen[0][i * WAYS];
	}
	return passed;
}

/* --- counters ------------------------------------------------------------- */
/* What the daemon has counted for a reason, on all devices. */
static json_int_t count_of(const json_t *status, const char *reason)
{
	return json_integer_value(json_object_get(
		json_object_get(status, "counters"), reason));
}

static json_t *ask_status(void)
{
	const char *flywall = getenv("FLYWALL");
	char command[256];
	json_t *status = NULL;
	FILE *in;

	(void)snprintf(command, sizeof(command), "'%s' -i %s status -j",
		       flywall ? flywall : "./flywall", lab.instance);
	in = popen(command, "re");
	if (in) {
		status = json_loadf(in, 0, NULL);
		(void)pclose(in);
	}
	if (!status)
		(void)fail("no status");
	return status;
}

static void compare_reasons(json_t *before, json_t *after)
{
	for (unsigned i = 0; i < FW_STATS_MALFORMED; i++) {
		const char *name =
			fw_stat_name((enum fw_stat)(FW_STAT_MALFORMED_FIRST + i));
		json_int_t have = count_of(after, name) - count_of(before, name);

		if (have != (json_int_t)(reasons[i] * WAYS) &&
		    fail("a reason is counted otherwise"))
			(void)fprintf(stderr, "%s: %lld for %lu frames\n", name,
				      (long long)have, reasons[i]);
	}
	json_decref(before);
	json_decref(after);
}

static json_int_t number_of(const json_t *rule, const char *key)
{
	return json_integer_value(json_object_get(rule, key));
}

static const char *text_of(const json_t *rule, const char *key)
{
	const char *text = json_string_value(json_object_get(rule, key));

	return text ? text : "";
}

static bool is_early(const json_t *rule)
{
	return !strcmp(text_of(rule, "layer"), "xdp");
}

/* NULL where a rule fares as on the first device. */
static const char *differs(const json_t *rule, const json_t *first,
			   const char *way)
{
	bool off = !strcmp(way, "off");

	if (strcmp(text_of(rule, "text"), text_of(first, "text")) ||
	    is_early(rule) != (is_early(first) && !off))
		return "a rule runs elsewhere";
	if (number_of(rule, "packets") != number_of(first, "packets") ||
	    number_of(rule, "bytes") != number_of(first, "bytes"))
		return "a counter differs";
	/* Frames are made of what rules in XDP ask for. */
	return is_early(rule) && !number_of(rule, "packets") ?
		       "a rule that the mix does not meet" : NULL;
}

static void print_rule(const json_t *rule, const char *way)
{
	(void)fprintf(stderr, "%s: '%s' (%s): %lld packets, %lld bytes\n", way,
		      text_of(rule, "text"), text_of(rule, "layer"),
		      (long long)number_of(rule, "packets"),
		      (long long)number_of(rule, "bytes"));
}

/* The same rules stand once a way, in the order of the file. Returns how many of
 * them are in XDP. */
static size_t compare_counters(void)
{
	json_t *document = oracle_list(&lab, "rules");
	const json_t *all = json_object_get(document, "rules");
	size_t n = json_array_size(all) / WAYS, early = 0;

	for (size_t i = 0; i < n * WAYS; i++) {
		const json_t *first = json_array_get(all, i % n);
		const json_t *rule = json_array_get(all, i);
		const char *what = differs(rule, first, ways[i / n]);

		early += is_early(rule);
		if (!what || !fail(what))
			continue;
		print_rule(rule, ways[i / n]);
		print_rule(first, ways[0]);
	}
	json_decref(document);
	return early / 2;	/* on two devices */
}

/* Returns how many passed. */
static uint64_t run_mix(const struct fw_plan *plan, struct rng *rng,
			uint64_t frames)
{
	uint64_t passed = 0;

	if (!load()) {
		(void)fail("the ruleset is refused");
		return 0;
	}
	check_modes();
	for (uint64_t sent = 0; sent < frames; sent += BATCH)
		passed += run_batch(plan, rng,
				    frames - sent < BATCH ?
					    (uint32_t)(frames - sent) :
					    (uint32_t)BATCH);
	return passed;
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : fallback;
}

int main(void)
{
	_cleanup_free_ char *text = write_table("native", "x000");
	uint64_t frames = setting("FLYWALL_FRAMES", 10000), passed, sound;
	struct rng rng = { .state = setting("FLYWALL_SEED", 1) };
	struct fw_plan *plan = compile(text);
	json_t *before;
	size_t early;

	if (!plan)
		return 1;
	oracle_up(&lab);
	passed = run_mix(plan, &rng, frames);
	early = compare_counters();
	drop_malformed = true;
	before = ask_status();
	sound = run_mix(plan, &rng, frames / 2);
	(void)compare_counters();
	compare_reasons(before, ask_status());
	(void)printf("%" PRIu64 " frames, %" PRIu64 " passed; %" PRIu64 ", %" PRIu64
		     " of them with 'malformed drop'; %zu rules in XDP; "
		     "%u differences\n", frames, passed, frames / 2, sound,
		     early, failed);
	fw_plan_unref(plan);
	oracle_down(&lab);
	return failed || !passed || passed == frames || !sound ||
	       early < EARLY_MIN;
}
