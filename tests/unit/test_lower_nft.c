/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes to nft: sets, rules with inspect and marks, management, the gate.
 * And that nft itself takes it: skipped where there is no nft or no namespace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "typed_build.h"
#include "util/cleanup.h"

static const char forward_base[] =
	"type filter hook forward priority 0; policy drop;";

static struct fw_typed_chain *forward(struct build *b, const char *family)
{
	return build_chain(b, build_table(b, family, "filter"), "forward",
			   FW_HOOK_FORWARD, 0, FW_VERDICT_DROP, forward_base,
			   NULL);
}

/* The text of rule i of a chain, or "". */
static const char *rule_text(const struct build *b, const char *chain, size_t i)
{
	const struct fw_nft_chain *c = build_nft_chain(b, chain);

	return c && i < c->n_rules ? c->rules[i].text : "";
}

static bool chain_says(const struct build *b, const char *chain,
		       const char *words)
{
	const struct fw_nft_chain *c = build_nft_chain(b, chain);

	for (size_t i = 0; c && i < c->n_rules; i++)
		if (strstr(c->rules[i].text, words))
			return true;
	return false;
}

/* --- nft's own word ------------------------------------------------------- */
static int nft_status = -1;	/* 77: cannot be asked */

static int ask_nft(const char *path)
{
	_cleanup_free_ char *command = NULL;
	int status;

	if (asprintf(&command, "unshare -%sn sh -c 'export PATH=$PATH:/usr/sbin"
		     ":/sbin; command -v nft >/dev/null || exit 77; "
		     "nft -c -f %s'", geteuid() ? "r" : "", path) < 0)
		return 77;
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 77;
}

static int try_nft(const char *text)
{
	char path[] = "/tmp/test_lower_nft.XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	int status;

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return 77;
	status = ask_nft(path);
	unlink(path);
	return status;
}

static int find_nft(void **state)
{
	(void)state;
	nft_status = try_nft("table inet t { chain c { accept\n}\n}\n");
	if (nft_status)
		print_message("nft cannot be asked here: its part is left "
			      "out\n");
	return 0;
}

static void assert_nft_takes(const struct build *b)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out;

	if (nft_status)
		return;
	out = open_memstream(&text, &len);
	fputs("define flywall_carry = 0x04000000\n"
	      "define flywall_epoch = 0x1\n", out);
	fw_plan_print_nft(b->plan, out);
	fclose(out);
	if (try_nft(text) != 0)
		print_message("%s\n", text);
	assert_int_equal(try_nft(text), 0);
}

/* --- inspect -------------------------------------------------------------- */
static void inspect_becomes_a_jump(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t rule;

	(void)state;
	build_init(&b);
	build_profile(&b, "web");
	build_profile(&b, "mail");
	c = forward(&b, "inet");
	rule = build_rule_of(&b, c, P_DPORT("tcp dport 443", 443), P_COUNTER,
			     P_INSPECT("inspect mail", 1));
	build_lower(&b);
	assert_string_equal(rule_text(&b, "forward", 0), "tcp dport 443 "
			    "counter jump flywall_inspect_mail");
	assert_int_equal(build_nft_chain(&b, "forward")->rules[0].rule, rule);
	assert_null(build_nft_chain(&b, "flywall_inspect_web"));
	assert_string_equal(rule_text(&b, "flywall_inspect_mail", 0),
			    "ct state invalid,untracked counter drop "
			    "comment \"no-conntrack\"");
	assert_string_equal(rule_text(&b, "flywall_inspect_mail", 1),
			    "ct mark & 0x0c000000 == 0x00000000 ct mark set "
			    "ct mark & 0x00ffffff | 0x14000000");
	assert_string_equal(rule_text(&b, "flywall_inspect_mail", 2), "accept");
	assert_nft_takes(&b);
	build_done(&b);
}

static void gate_has_its_chains(void **state)
{
	static const char *const hooks[] = { "input", "forward", "output" };
	const struct fw_nft_table *own;
	struct build b;

	(void)state;
	build_init(&b);
	build_profile(&b, "web");
	forward(&b, "inet");
	build_lower(&b);
	own = &b.plan->tables[b.plan->n_tables - 1];
	assert_true(own->own);
	assert_string_equal(own->family, "inet");
	assert_string_equal(own->name, "flywall");
	assert_string_equal(own->objects[0].name, "epoch");
	assert_string_equal(own->objects[0].elements[0], FW_NFT_EPOCH);
	for (size_t i = 0; i < FW_ARRAY_SIZE(hooks); i++) {
		char gate[32], mark[32];

		snprintf(gate, sizeof(gate), "gate_%s", hooks[i]);
		snprintf(mark, sizeof(mark), "mark_%s", hooks[i]);
		assert_true(chain_says(&b, gate, "0x0c000000 == 0x04000000 "
				       "jump vet"));
		assert_true(chain_says(&b, gate, "drop comment \"blocked\""));
		assert_non_null(strstr(build_nft_chain(&b, gate)->base,
				       "priority 10;"));
		assert_true(chain_says(&b, mark, "| 0x08000000"));
		assert_non_null(strstr(build_nft_chain(&b, mark)->base,
				       "priority 20;"));
	}
	assert_true(chain_says(&b, "gate_input", "iifname \"lo\" accept"));
	assert_false(chain_says(&b, "gate_forward", "\"lo\""));
	assert_true(build_nft_chain(&b, "vet_web")->queue);
	assert_int_equal(build_nft_chain(&b, "vet_web")->n_rules, 0);
	assert_true(chain_says(&b, "vet", "0xf0000000 == 0x00000000 "
			       "jump vet_web"));
	assert_true(chain_says(&b, "vet", "comment \"vet-unqueued\""));
	assert_true(chain_says(&b, "clear_prerouting", "0x00ffffff"));
	assert_nft_takes(&b);
	build_done(&b);
}

static void no_profile_no_gate(void **state)
{
	struct build b;
	struct fw_typed_chain *c;

	(void)state;
	build_init(&b);
	c = forward(&b, "inet");
	build_rule_of(&b, c, P_RAW("meta mark set 0x1"));
	build_lower(&b);
	assert_int_equal(b.plan->n_tables, 2);
	assert_int_equal(b.plan->tables[1].n_chains, 0);
	assert_int_equal(b.plan->tables[1].n_objects, 1);
	assert_string_equal(rule_text(&b, "forward", 0), "meta mark set 0x1");
	assert_nft_takes(&b);
	build_done(&b);
}

static void tc_devices_are_not_cleared(void **state)
{
	static const char *const road[] = { "wan", "lan" };
	struct build b;

	(void)state;
	build_init(&b);
	build_profile(&b, "web");
	b.typed.road_devices = road;
	b.typed.n_road_devices = 2;
	build_lower(&b);
	assert_string_equal(rule_text(&b, "clear_prerouting", 0),
			    "iifname != { \"lan\", \"wan\" } meta mark & "
			    "0xff000000 != 0x00000000 meta mark set "
			    "meta mark & 0x00ffffff");
	assert_nft_takes(&b);
	build_done(&b);

	/* A host without TC: every device is. */
	build_init(&b);
	build_profile(&b, "web");
	b.facts.no_tc = true;
	b.typed.road_devices = road;
	b.typed.n_road_devices = 2;
	build_lower(&b);
	assert_non_null(strstr(rule_text(&b, "clear_prerouting", 0),
			       "meta mark & 0xff000000 != 0x00000000"));
	assert_null(strstr(rule_text(&b, "clear_prerouting", 0), "iifname"));
	build_done(&b);
}

static void names_do_not_clash(void **state)
{
	static const char *const devices[] = { "lan", "wan", NULL };
	static struct fw_device_option off = { .name = "wan",
					       .attach = FW_ATTACH_OFF };
	static const struct fw_item item;
	struct build b;
	struct fw_typed_chain *c;
	struct fw_typed_table *t;

	(void)state;
	build_init(&b);
	build_profile(&b, "web");
	c = forward(&b, "inet");
	build_rule_of(&b, c, P_INSPECT("inspect web", 0));
	c = build_chain(&b, &b.tables[0], "flywall_inspect_web", FW_HOOK_NONE,
			0, FW_VERDICT_NONE, NULL, NULL);
	c->item = &item;
	build_lower(&b);
	assert_int_equal(b.diags.n_errors, 1);
	assert_string_equal(b.diags.items[0].id, "reserved-name");
	build_done(&b);

	/* A split chain takes another name. */
	build_init(&b);
	b.typed.device_options = &off;
	b.typed.n_device_options = 1;
	t = build_table(&b, "netdev", "n");
	build_chain(&b, t, "in_flywall_2", FW_HOOK_NONE, 0, FW_VERDICT_NONE,
		    NULL, NULL);
	c = build_chain(&b, t, "in", FW_HOOK_INGRESS, 0, FW_VERDICT_ACCEPT,
			"type filter hook ingress devices = { \"lan\", "
			"\"wan\" } priority 0; policy accept;", devices);
	build_rule_of(&b, c, P_RAW_MATCH("ip ttl 1"), P_DROP);
	build_rule_of(&b, c, P_IIF("wan"), P_DROP);
	build_rule_of(&b, c, P_IIF("lan"), P_DROP);
	build_lower(&b);
	assert_non_null(build_nft_chain(&b, "in"));
	assert_int_equal(build_nft_chain(&b, "in_flywall_2")->n_rules, 0);
	assert_int_equal(build_nft_chain(&b, "in_flywall_4")->n_rules, 3);
	assert_nft_takes(&b);
	build_done(&b);
}

/* --- marks ---------------------------------------------------------------- */
static void marks_keep_our_bits(void **state)
{
	static const char *const cases[][2] = {
		{ "meta mark set 0x1",
		  "meta mark set meta mark & 0xff000000 | 0x00000001" },
		{ "mark set 7", "mark set meta mark & 0xff000000 | 0x00000007" },
		{ "ct mark set 0xff000002",
		  "ct mark set ct mark & 0xff000000 | 0x00000002" },
		{ "ct mark set ct mark & 0x0000ffff",
		  "ct mark set ct mark & 0xff00ffff" },
		{ "ct mark set ct mark and 0xff or 0xff000001",
		  "ct mark set ct mark and 0xff0000ff or 0x00000001" },
		{ "ct mark set ct mark ^ 0xffffffff",
		  "ct mark set ct mark ^ 0x00ffffff" },
		{ "meta mark set ct mark",
		  "meta mark set ct mark & 0x00ffffff" },
		{ "meta mark 0x1 accept", "meta mark & 0x00ffffff 0x1 accept" },
		{ "meta mark != 0x1 accept",
		  "meta mark & 0x00ffffff != 0x1 accept" },
		{ "ct mark { 1, 2 } accept",
		  "ct mark & 0x00ffffff { 1, 2 } accept" },
		{ "mark & 0xff == 1 counter",
		  "mark & 0x00ffffff & 0xff == 1 counter" },
		{ "ip saddr . meta mark { 10.0.0.1 . 1 } accept",
		  "ip saddr . meta mark { 10.0.0.1 . 1 } accept" },
		{ "log prefix \"mark\"", "log prefix \"mark\"" },
		{ "ct mark 1 ct mark set 2",
		  "ct mark & 0x00ffffff 1 ct mark set ct mark & 0xff000000 | "
		  "0x00000002" },
	};
	struct build b;
	struct fw_typed_chain *c;

	(void)state;
	build_init(&b);
	build_profile(&b, "web");
	c = forward(&b, "inet");
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		build_rule_of(&b, c, P_RAW(cases[i][0]));
	build_lower(&b);
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		assert_string_equal(rule_text(&b, "forward", i), cases[i][1]);
	assert_int_equal(b.diags.n_errors, 0);
	assert_int_equal(b.diags.n, 1);
	assert_string_equal(b.diags.items[0].id, "mark-unmasked");
	assert_nft_takes(&b);
	build_done(&b);
}

static void whole_mark_writes_are_errors(void **state)
{
	static const char *const faults[] = {
		"ct mark set meta mark",
		"ct mark set mark and 0xff",
		"ct mark set tcp dport map { 80 : 1 }",
		"ct mark set numgen inc mod 4",
		"ct mark set ct mark << 2",
		"ct mark set ct mark & 0xff | mark",
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(faults); i++) {
		struct build b;

		build_init(&b);
		build_profile(&b, "web");
		build_rule_of(&b, forward(&b, "inet"), P_RAW(faults[i]));
		build_lower(&b);
		if (b.diags.n_errors != 1)
			print_message("%s\n", faults[i]);
		assert_int_equal(b.diags.n_errors, 1);
		assert_string_equal(b.diags.items[0].id, "mark-overwrite");
		build_done(&b);
	}
}

static void flow_add_waits_for_vetting(void **state)
{
	struct build b;

	(void)state;
	build_init(&b);
	build_profile(&b, "web");
	build_rule_of(&b, forward(&b, "inet"), P_RAW("flow add @f"));
	build_lower(&b);
	assert_string_equal(rule_text(&b, "forward", 0), "ct mark & 0x04000000 "
			    "== 0x00000000 flow add @f");
	build_done(&b);
}

/* Packets that XDP accepted have a bit in the mark, inspect or not. */
static void carried_marks_are_masked(void **state)
{
	static const char *const wan[] = { "wan", NULL };
	struct build b;
	struct fw_typed_chain *c;

	(void)state;
	build_init(&b);
	c = build_chain(&b, build_table(&b, "netdev", "early"), "in",
			FW_HOOK_INGRESS, -100, FW_VERDICT_DROP,
			"type filter hook ingress device \"wan\" priority "
			"-100; policy drop;", wan);
	build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_ACCEPT);
	build_rule_of(&b, c, P_RAW("ip ttl 1"), P_DROP);
	c = forward(&b, "inet");
	build_rule_of(&b, c, P_RAW("meta mark 0x1"), P_ACCEPT);
	build_rule_of(&b, c, P_RAW("ct mark set meta mark"));
	build_lower(&b);
	assert_string_equal(rule_text(&b, "in", 0),
			    "meta mark & $flywall_carry != 0 accept");
	assert_string_equal(rule_text(&b, "forward", 0),
			    "meta mark & 0x00ffffff 0x1 accept");
	assert_int_equal(b.diags.n_errors, 0);
	assert_nft_takes(&b);
	build_done(&b);
}

/* --- management ----------------------------------------------------------- */
static void management_heads_every_filter_chain(void **state)
{
	static const char *const wan[] = { "wan", NULL };
	struct build b;
	struct fw_typed_chain *c;
	struct fw_typed_table *t;

	(void)state;
	build_init(&b);
	build_profile(&b, "web");
	build_management_of(&b, P_IIF("mgmt"), P_DPORT("tcp dport 22", 22));
	build_management_of(&b, P_MATCH("ip6 saddr fd00::1", FW_FIELD_SADDR6,
					1, 1),
			    P_MATCH("tcp dport 23", FW_FIELD_DPORT, 23, 23));
	t = build_table(&b, "inet", "filter");
	c = build_chain(&b, t, "input", FW_HOOK_INPUT, 0, FW_VERDICT_DROP,
			"type filter hook input priority 0; policy drop;",
			NULL);
	build_rule_of(&b, c, P_DROP);
	c = build_chain(&b, t, "output", FW_HOOK_OUTPUT, 0, FW_VERDICT_DROP,
			"type filter hook output priority 0; policy drop;",
			NULL);
	c = build_chain(&b, t, "forward", FW_HOOK_FORWARD, 0, FW_VERDICT_DROP,
			forward_base, NULL);
	c = build_chain(&b, t, "nat", FW_HOOK_POSTROUTING, 100,
			FW_VERDICT_ACCEPT, "type nat hook postrouting "
			"priority 100; policy accept;", NULL);
	c->type = "nat";
	c = build_chain(&b, build_table(&b, "netdev", "n"), "in",
			FW_HOOK_INGRESS, 0, FW_VERDICT_DROP, "type filter hook "
			"ingress device \"wan\" priority 0; policy drop;", wan);
	build_rule_of(&b, c, P_RAW("ip ttl 1"), P_DROP);
	c = build_chain(&b, build_table(&b, "arp", "a"), "arp_in",
			FW_HOOK_INPUT, 0, FW_VERDICT_DROP, "type filter hook "
			"input priority 0; policy drop;", NULL);
	c = build_chain(&b, build_table(&b, "bridge", "br"), "br_fwd",
			FW_HOOK_FORWARD, 0, FW_VERDICT_DROP, "type filter hook "
			"forward priority 0; policy drop;", NULL);
	build_lower(&b);

	assert_string_equal(rule_text(&b, "input", 0),
			    "iifname \"mgmt\" tcp dport 22 accept");
	/* The mirror of a line with a device leaves by it. */
	assert_false(chain_says(&b, "input", "sport 22"));
	assert_string_equal(rule_text(&b, "output", 0),
			    "oifname \"mgmt\" tcp sport 22 accept");
	assert_false(chain_says(&b, "output", "iifname"));
	assert_true(chain_says(&b, "forward", "iifname \"mgmt\" tcp dport 22"));
	assert_true(chain_says(&b, "forward", "oifname \"mgmt\" tcp sport 22"));
	assert_true(chain_says(&b, "input", "ip6 daddr fd00::1 tcp sport 23"));
	assert_true(chain_says(&b, "gate_input", "tcp dport 22 accept"));
	assert_string_equal(rule_text(&b, "input", build_nft_chain(
				&b, "input")->n_rules - 1), "drop");
	assert_int_equal(build_nft_chain(&b, "nat")->n_rules, 0);
	assert_true(chain_says(&b, "in", "meta protocol arp accept"));
	assert_false(chain_says(&b, "in", "sport 22"));
	assert_true(chain_says(&b, "arp_in", "accept"));
	assert_nft_takes(&b);
	build_done(&b);
}

static void families_keep_to_themselves(void **state)
{
	static const struct fw_interval is_ip6 = { FW_L3_IP6, FW_L3_IP6 };
	static struct fw_match l3 = { FW_FIELD_L3, &is_ip6, 1 };
	struct build b;

	(void)state;
	build_init(&b);
	build_management_of(&b, P_MATCH("ip6 saddr fd00::1", FW_FIELD_SADDR6,
					1, 1));
	b.typed.management[0].parts[0].matches = &l3;
	forward(&b, "ip");
	build_lower(&b);
	assert_false(chain_says(&b, "forward", "ip6"));
	assert_nft_takes(&b);
	build_done(&b);
}

/* --- sets ----------------------------------------------------------------- */
static void add_set(struct build *b, struct fw_typed_table *t,
		    const char *name, enum fw_set_type type, size_t n)
{
	static struct fw_typed_set store[8];
	static size_t used;
	struct fw_typed_set *s = &store[used++ % 8];
	const char **elements = fw_arena_array(b->arena, n, sizeof(*elements));

	for (size_t i = 0; i < n; i++)
		elements[i] = fw_arena_printf(b->arena, "10.%zu.%zu.%zu",
					      i >> 16 & 255, i >> 8 & 255,
					      i & 255);
	*s = (struct fw_typed_set){
		.name = name, .table = t, .type = type,
		.body = "type ipv4_addr\nflags interval", .merges = true,
		.elements = elements, .n_elements = n,
	};
	t->sets = t->sets ? t->sets :
		  fw_arena_array(b->arena, 8, sizeof(struct fw_typed_set *));
	t->sets[t->n_sets++] = s;
}

static bool has_object(const struct build *b, const char *name)
{
	const struct fw_nft_table *t = &b->plan->tables[0];

	for (size_t i = 0; i < t->n_objects; i++)
		if (strcmp(t->objects[i].name, name) == 0)
			return true;
	return false;
}

static void sets_go_where_they_are_asked(void **state)
{
	static struct fw_typed_set top = {
		.name = "top", .type = FW_SET_IPV4_ADDR,
		.body = "type ipv4_addr",
	};
	struct build b;
	struct fw_typed_chain *c;
	struct fw_typed_table *t;

	(void)state;
	build_init(&b);
	c = forward(&b, "inet");
	t = &b.tables[0];
	add_set(&b, t, "small", FW_SET_IPV4_ADDR, 3);
	add_set(&b, t, "names", FW_SET_DOMAIN, 0);
	add_set(&b, t, "big", FW_SET_IPV4_ADDR, 10001);
	add_set(&b, t, "asked", FW_SET_IPV4_ADDR, 10001);
	b.typed.sets = &top;
	b.typed.n_sets = 1;
	build_rule_of(&b, c, P_RAW("ip saddr @asked"), P_DROP);
	build_rule_of(&b, c, P_RAW("ip saddr @top"), P_DROP);
	build_lower(&b);
	assert_true(has_object(&b, "small"));
	assert_false(has_object(&b, "names"));
	assert_false(has_object(&b, "big"));
	assert_true(has_object(&b, "asked"));
	assert_true(has_object(&b, "top"));
	assert_true(b.plan->tables[0].objects[0].merges);
	assert_int_equal(b.plan->tables[0].objects[0].n_elements, 3);
	assert_nft_takes(&b);
	build_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inspect_becomes_a_jump),
		cmocka_unit_test(gate_has_its_chains),
		cmocka_unit_test(no_profile_no_gate),
		cmocka_unit_test(tc_devices_are_not_cleared),
		cmocka_unit_test(names_do_not_clash),
		cmocka_unit_test(marks_keep_our_bits),
		cmocka_unit_test(whole_mark_writes_are_errors),
		cmocka_unit_test(flow_add_waits_for_vetting),
		cmocka_unit_test(carried_marks_are_masked),
		cmocka_unit_test(management_heads_every_filter_chain),
		cmocka_unit_test(families_keep_to_themselves),
		cmocka_unit_test(sets_go_where_they_are_asked),
	};

	return cmocka_run_group_tests(tests, find_nft, NULL);
}
