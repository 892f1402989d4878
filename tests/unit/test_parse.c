/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to tree and back: what words are by their shape and place, where faults
 * are, and that one fault is one message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parsed.h"
#include "util/buf.h"
#include "util/cleanup.h"

/* ---- canonical text --------------------------------------------------------- */

struct canon {
	const char *in, *out;	/* out NULL: as it is */
};

static void check_canon(const struct canon *canon)
{
	struct run first = parse(canon->in), second;
	_cleanup_free_ char *text = NULL, *again = NULL, *faults = places(&first);

	assert_string_equal(faults, "");
	assert_int_equal(first.err, 0);
	text = print(first.ast);
	assert_string_equal(text, canon->out ? canon->out : canon->in);
	second = parse(text);
	assert_int_equal(second.diags.n, 0);
	again = print(second.ast);
	assert_string_equal(again, text);
	done(&first);
	done(&second);
}

/* The words of a rule, with nft's spacing, whatever they were written with. */
static void test_words(void **state)
{
	static const struct canon rules[] = {
		{ "tcp dport 22 accept", NULL },
		{ "tcp   dport\t{22,80 ,443}accept", "tcp dport { 22, 80, 443 } accept" },
		{ "ip saddr 10.0.0.0 / 8 drop", "ip saddr 10.0.0.0/8 drop" },
		{ "ip saddr 10.0.0.1 - 10.0.0.9 drop", "ip saddr 10.0.0.1-10.0.0.9 drop" },
		{ "ip6 saddr fe80::/10", NULL },
		{ "ip6 daddr 2001:db8::1-2001:db8::ff", NULL },
		{ "ip6 daddr ::ffff:192.0.2.1", NULL },
		{ "ip6 daddr { ::, ::1, 1::, 1:2:3:4:5:6:7:8 }", NULL },
		{ "ether saddr 00:11:22:33:44:55 drop", NULL },
		{ "ip saddr.tcp dport", NULL },		/* one word in nft, too */
		{ "ip saddr . tcp dport @s", NULL },
		{ "ip saddr $a tcp dport $b-c", NULL },
		{ "ip saddr @set accept", NULL },
		{ "ip saddr @ set accept", "ip saddr @set accept" },
		{ "@th,16,16 53", NULL },
		{ "@th, 16, 16 53", "@th,16,16 53" },
		{ "ct state established, related accept", "ct state established,related accept" },
		{ "tcp flags & (fin|syn) == syn", "tcp flags & (fin | syn) == syn" },
		{ "tcp flags &(fin\n|\nsyn) !=syn", "tcp flags & (fin | syn) != syn" },
		{ "tcp flags ! syn", NULL },
		{ "meta mark set mark and 0xff xor 0x1", NULL },
		{ "meta mark set mark << 8 ^ 0x1 | 2", NULL },
		{ "limit rate over 10 /second burst 5 packets",
		  "limit rate over 10/second burst 5 packets" },
		{ "limit rate 5 mbytes/second", NULL },
		{ "meta priority set 1:30", NULL },
		{ "iifname \"eth*\" oifname eth* accept", NULL },
		{ "iifname eth\\* accept", NULL },
		{ "tcp dport vmap { 22 : accept, 23:drop }",
		  "tcp dport vmap { 22 : accept, 23 : drop }" },
		{ "tcp dport vmap { * : drop }", NULL },
		{ "dnat to 10.0.0.1:80", NULL },
		{ "dnat to [2001:db8::1]:80-90", NULL },
		{ "redirect to :8080", NULL },
		{ "meta hour \"10:00\"-\"12:00\"", NULL },
		{ "update @s { ip saddr timeout 1h30m limit rate over 10/second }", NULL },
		{ "ip saddr 1.1.1.1 jump {\n accept\n\n drop ; }",
		  "ip saddr 1.1.1.1 jump { accept; drop; }" },
		{ "ip saddr 1.1.1.1 jump { }", NULL },
		/* rules, not elements: no line may break there */
		{ "jump { ct state new, established log prefix \"a long one, to get to the edge\" "
		  "log group 1, 2 }",
		  "jump { ct state new,established log prefix \"a long one, to get to the edge\" "
		  "log group 1,2; }" },
		{ "tcp dport { }", NULL },
		{ "tcp dport { 22, }", "tcp dport { 22 }" },
		{ "log prefix \"a # b ; c } \\\" accept", NULL },
		{ "tcp dport \\\n 22 \\\n accept", "tcp dport 22 accept" },
		{ "tcp dport {\n22, # ssh\n80\n, 443 } accept",
		  "tcp dport { 22, 80, 443 } accept" },
		{ "log level audit prefix learn jump inspect", NULL },
		{ "jump options", NULL },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(rules); i++) {
		const char *out = rules[i].out ? rules[i].out : rules[i].in;
		struct fw_buf in = { 0 }, want = { 0 };
		struct canon canon;

		fw_buf_printf(&in, "table ip x { chain y { %s } }", rules[i].in);
		fw_buf_printf(&want, "table ip x {\n\tchain y {\n\t\t%s\n\t}\n}\n", out);
		canon = (struct canon){ in.text, want.text };
		check_canon(&canon);
		fw_buf_done(&in);
		fw_buf_done(&want);
	}
}

static void test_structure(void **state)
{
	static const struct canon files[] = {
		{ "", NULL },
		{ "# nothing\n;;\n", "" },
		{ "table x", "table x {\n}\n" },
		{ "table ip x; delete table ip x", "table ip x {\n}\n\ndelete table ip x\n" },
		{ "table ip x { chain y { accept } chain z { drop }}",
		  "table ip x {\n\tchain y {\n\t\taccept\n\t}\n\n\tchain z {\n\t\tdrop\n\t}\n}\n" },
		{ "table ip x {\n\tflags dormant\n\tcomment \"c\"\n}\n", NULL },
		{ "table ip x { chain y { type filter hook input priority 0\n policy drop } }",
		  "table ip x {\n\tchain y {\n\t\ttype filter hook input priority 0; "
		  "policy drop;\n\t}\n}\n" },
		{ "table ip x { chain y { type filter hook input priority filter -10 } }",
		  "table ip x {\n\tchain y {\n\t\ttype filter hook input priority filter - 10\n"
		  "\t}\n}\n" },
		{ "table ip x {\n\tchain y {\n\t\ttype filter hook input priority -10\n\t}\n}\n",
		  NULL },
		/* words of Flywall's blocks are no keywords elsewhere */
		{ "table ip options {\n\tchain inspect {\n\t\tmonitor learn qos\n\t}\n\n"
		  "\tset events {\n\t\ttype ipv4_addr\n\t}\n}\n", NULL },
		{ "table ip x {\n\tchain y {\n\t\tset update ip saddr @s\n\t\tinclude2\n\t}\n}\n",
		  NULL },
		{ "table ip x {\n\tct helper h {\n\t\ttype \"sip\" protocol tcp\n\t}\n\n"
		  "\tcounter c {\n\t\tpackets 0 bytes 0\n\t}\n}\n", NULL },
		{ "table ip x {\n\tset s {\n\t\tcomment \"two\nlines\"\n\t}\n}\n", NULL },
		{ "define a = 1-2\nredefine a = { 1, 2 }\nundefine a\n", NULL },
		{ "define a = {\n1,\n2\n}", "define a = { 1, 2 }\n" },
		{ "define a = { }\ndefine b = -100\ndefine c = $a\n", NULL },
		/* commands, with and without the verb or the word `rule` */
		{ "table x\nflush ruleset\nadd table ip x\nrule ip x y accept\nip x y drop\n"
		  "x y drop\ninsert ip x y drop\ninsert rule ip x y drop\n"
		  "element ip x s { 1.2.3.4 }\n",
		  "table x {\n}\n\nflush ruleset\nadd table ip x\nadd rule ip x y accept\n"
		  "add rule ip x y drop\nadd rule x y drop\ninsert rule ip x y drop\n"
		  "insert rule ip x y drop\nadd element ip x s { 1.2.3.4 }\n" },
		{ "add chain ip x y { type filter hook input priority 0; policy drop; }",
		  "add chain ip x y {\n\ttype filter hook input priority 0; policy drop;\n}\n" },
		{ "set ip x s { type ipv4_addr; elements = { 1.1.1.1 } }",
		  "add set ip x s {\n\ttype ipv4_addr\n\telements = { 1.1.1.1 }\n}\n" },
		{ "list ruleset\nmonitor new rules\ndescribe tcp dport\nexport json\nmonitor\n"
		  "delete rule ip x y handle 3\nrename chain ip x y z\nreset counters\n"
		  "get element ip x s { 1.1.1.1 }\n", NULL },
		/* Flywall's own */
		{ "set s { type domain; max-shrink 12.5%; elements = { \"a\" } }",
		  "set s {\n\ttype domain\n\tmax-shrink 12.5%\n\telements = { \"a\" }\n}\n" },
		{ "set s { type ja3; elements = { 00112233445566778899aabbccddeeff } }",
		  "set s {\n\ttype ja3\n\telements = { 00112233445566778899aabbccddeeff }\n}\n" },
		{ "options { management { iifname a tcp dport { 22, 80 } ; arp }\n"
		  "device b { attach off } }",
		  "options {\n\tmanagement {\n\t\tiifname a tcp dport { 22, 80 }\n\t\tarp\n\t}\n"
		  "\tdevice b {\n\t\tattach off\n\t}\n}\n" },
		{ "inspect w { define x = 1; queue $x - 2; tls version < 1.2 drop\n"
		  "window 1 packets,2 kbytes }",
		  "inspect w {\n\tdefine x = 1\n\tqueue $x - 2\n\ttls version < 1.2 drop\n"
		  "\twindow 1 packets, 2 kbytes\n}\n" },
		{ "learn { confidence 0.9; devices = { a,b } }",
		  "learn {\n\tconfidence 0.9\n\tdevices = { a, b }\n}\n" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(files); i++)
		check_canon(&files[i]);
}

/* ---- the tree ---------------------------------------------------------------- */

static void test_tree(void **state)
{
	struct run run = parse("define a = \"x y\"\n"
			       "table inet t {\n"
			       "  chain c { ip saddr { 1.1.1.1 , $a } accept } "
			       "# flywall: allow one\n"
			       "  ct helper h { type \"sip\" protocol tcp; }\n"
			       "}\n"
			       "insert rule inet t c drop\n"
			       "inspect w { queue 0\n"
			       "  device d { attach off } # flywall: allow two, three\n"
			       "}\n");
	const struct fw_item *items, *item;
	const struct fw_word *words;

	(void)state;
	assert_int_equal(run.err, 0);
	assert_int_equal(run.diags.n, 0);
	assert_int_equal(run.ast->n_items, 4);
	items = run.ast->items;

	assert_int_equal(items[0].kind, FW_ITEM_DEFINE);
	assert_string_equal(items[0].name, "a");
	assert_int_equal(items[0].line.n_words, 1);
	assert_int_equal(items[0].line.words[0].kind, FW_WORD_STRING);
	assert_string_equal(items[0].line.words[0].text, "x y");
	assert_int_equal(items[0].line.words[0].loc.col, 12);
	assert_int_equal(items[0].line.words[0].loc.end_col, 16);

	assert_int_equal(items[1].kind, FW_ITEM_TABLE);
	assert_string_equal(items[1].family, "inet");
	assert_string_equal(items[1].name, "t");
	assert_int_equal(items[1].loc.end_col, 12);
	assert_int_equal(items[1].n_items, 2);

	item = &items[1].items[0];
	assert_int_equal(item->kind, FW_ITEM_CHAIN);
	assert_string_equal(item->line.allow, "one");
	item = &item->items[0];
	assert_int_equal(item->kind, FW_ITEM_RULE);
	assert_string_equal(item->line.allow, "one");
	assert_int_equal(item->loc.col, 13);
	assert_int_equal(item->loc.end_col, 44);
	words = item->line.words;
	assert_int_equal(item->line.n_words, 4);
	assert_int_equal(words[2].kind, FW_WORD_BRACE);
	assert_string_equal(words[2].text, "{");
	assert_int_equal(words[2].loc.col, 22);
	assert_int_equal(words[2].loc.end_col, 37);
	assert_int_equal(words[2].n_words, 3);
	assert_int_equal(words[2].words[1].kind, FW_WORD_MARK);
	assert_int_equal(words[2].words[2].kind, FW_WORD_DEFINE);
	assert_string_equal(words[2].words[2].text, "a");

	item = &items[1].items[1];
	assert_int_equal(item->kind, FW_ITEM_OBJECT);
	assert_string_equal(item->object, "ct helper");
	assert_string_equal(item->name, "h");
	assert_null(item->line.allow);

	assert_int_equal(items[2].kind, FW_ITEM_COMMAND);
	assert_string_equal(items[2].object, "insert");
	assert_string_equal(items[2].family, "inet");
	assert_string_equal(items[2].name, "t");
	assert_int_equal(items[2].line.n_words, 5);

	assert_int_equal(items[3].kind, FW_ITEM_BLOCK);
	assert_string_equal(items[3].object, "inspect");
	assert_string_equal(items[3].name, "w");
	assert_int_equal(items[3].n_items, 2);
	item = &items[3].items[1];
	assert_true(item->line.has_body);
	assert_int_equal(item->line.n_body, 1);
	assert_string_equal(item->line.body[0].words[0].text, "attach");
	assert_string_equal(item->line.body[0].allow, "two, three");
	done(&run);
}

/* ---- faults ------------------------------------------------------------------ */

struct fault {
	const char *text;
	const char *places;
};

static void test_faults(void **state)
{
	static const struct fault faults[] = {
		{ "tabel ip x {\n chain y { foo }\n}\ntable ip z { }\n",
		  "1:1-5 unknown statement 'tabel' at top level\n" },
		{ "table ip x {\n chian y { foo }\n}\n",
		  "2:2-6 unknown statement 'chian' in a table\n" },
		{ "table ip x {\n chain { accept }\n chain z { drop }\n}\n",
		  "2:8-8 expected a name, found '{'\n" },
		{ "table ip x y {\n chain z { drop }\n}\n",
		  "1:12-12 expected '{' or the end of the statement, found 'y'\n" },
		{ "define x\ndefine = 3\ndefine y =\nundefine\ndefine 5 = 1\n",
		  "1:9-9 expected '=', found the end of the line\n"
		  "2:8-8 expected a name, found '='\n"
		  "3:11-11 expected a value, found the end of the line\n"
		  "4:9-9 expected a name, found the end of the line\n"
		  "5:8-8 expected a name, found '5'\n" },
		/* a brace too few: said where it is missed, and nothing after it */
		{ "table ip x {\n chain y {\n  accept\n chain z {\n  drop\n }\n}\n",
		  "4:2-6 'chain' cannot stand here: is a '}' missing in front of it?\n" },
		{ "table ip x {\n chain y {\n  accept\n\ntable ip z {\n}\n",
		  "5:1-5 'table' cannot stand here: is a '}' missing in front of it?\n" },
		{ "options {\n attach auto\ninspect w {\n queue 0\n}\n",
		  "3:1-7 'inspect' cannot stand here: is a '}' missing in front of it?\n" },
		{ "table ip x {\n chain y {\n  accept\n }\n", "1:12-12 '{' is not closed\n" },
		{ "table ip x {\n chain y {\n  tcp dport { 22, 80 accept\n }\n}\n",
		  "3:13-13 '{' is not closed\n" },
		{ "table ip x {\n chain y {\n  tcp dport { 22, 80 accept\n  tcp sport 1 drop\n"
		  " }\n}\n",
		  "3:28-28 expected ',' or '}', found the end of the line\n" },
		/* one too many */
		{ "table ip x {\n}\n}\ntable ip y { }\n",
		  "3:1-1 unexpected '}': no brace is open here\n" },
		/* commas */
		{ "define a = { 1\n2,\n3\n4 }\ntable ip x { }\n",
		  "1:15-15 expected ',' or '}', found the end of the line\n" },
		{ "define a = { 1; 2; 3 }\n", "1:15-15 expected ',' or '}', found ';'\n" },
		{ "define a = { 1,; 2 }\n", "1:16-16 expected ',' or '}', found ';'\n" },
		{ "define a = { , 1 }\n", "1:14-14 expected a value or '}', found ','\n" },
		{ "define a = { , 2 }\n", "1:14-14 expected a value or '}', found ','\n" },
		/* parentheses */
		{ "table ip x { chain y {\n tcp flags & (fin | syn accept\n drop } }\n",
		  "2:14-14 '(' is not closed\n" },
		{ "table ip x { chain y {\n tcp flags fin) accept\n drop } }\n",
		  "2:15-15 unexpected ')': no parenthesis is open here\n" },
		{ "define a = ()\n", "1:13-13 expected a value, found ')'\n" },
		/* characters */
		{ "table ip x { chain y {\n a ? b\n c \xc3\xa4 d\n e\n} }\n",
		  "2:4-4 unexpected character '?'\n"
		  "3:4-5 characters that only comments and quoted strings may hold\n" },
		{ "table ip x {\r\n}\r\n",
		  "1:13-13 a carriage return: lines of a configuration end in a newline alone\n" },
		{ "define a = \"x\ndefine b = 2\n",
		  "1:12-13 a string without its closing quote\n" },
		{ "inspect w {\n http host \"x\n default trust\"\n}\n",
		  "2:12-13 a string without its closing quote\n"
		  "3:15-15 a string without its closing quote\n" },
		/* Flywall's blocks */
		{ "options o {\n}\n", "1:9-9 'options' has no name: expected '{', found 'o'\n" },
		{ "include x\n", "1:9-9 expected a quoted string, found 'x'\n" },
		{ "{ a }\n\"x\"\n", "1:1-1 a statement cannot begin with '{'\n"
				     "2:1-3 a statement cannot begin with \"x\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(faults); i++) {
		struct run run = parse(faults[i].text);
		_cleanup_free_ char *text = places(&run);

		assert_int_equal(run.err, 0);
		assert_string_equal(text, faults[i].places);
		assert_int_equal(run.diags.n_errors, run.diags.n);
		done(&run);
	}
}

/* What stands around a fault is in the tree. */
static void test_recovery(void **state)
{
	struct run run = parse("table ip x {\n chain y {\n  one\n  two ) two\n  three\n }\n"
			       " chian z { four }\n chain z {\n  five\n }\n}\n"
			       "set s { type domain }\n");
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_int_equal(run.diags.n_errors, 2);
	text = print(run.ast);
	assert_string_equal(text, "table ip x {\n\tchain y {\n\t\tone\n\t\tthree\n\t}\n\n"
				  "\tchain z {\n\t\tfive\n\t}\n}\n\nset s {\n\ttype domain\n}\n");
	done(&run);
}

/* ---- bounds ------------------------------------------------------------------ */

static void check_nesting(unsigned depth, bool fits)
{
	struct fw_buf buf = { 0 };
	struct run run;

	fw_buf_add(&buf, "define x = ");
	for (unsigned i = 0; i < depth; i++)
		fw_buf_addc(&buf, i % 2 ? '(' : '{');
	fw_buf_add(&buf, "1");
	for (unsigned i = depth; i-- > 0;)
		fw_buf_addc(&buf, i % 2 ? ')' : '}');
	fw_buf_add(&buf, "\ndefine y = 2\n");
	run = parse(buf.text);
	assert_int_equal(run.diags.n_errors, !fits);
	if (!fits)
		assert_string_equal(run.diags.items[0].id, "nesting");
	assert_string_equal(run.ast->items[run.ast->n_items - 1].name, "y");
	done(&run);
	fw_buf_done(&buf);
}

static void check_line_length(size_t len, bool fits)
{
	_cleanup_free_ char *text = malloc(len + 2);
	struct run run;

	memset(text, ' ', len);
	memcpy(text, "table ip x", 10);
	text[len] = '\n';
	run = parse_bytes(text, len + 1);
	assert_int_equal(run.diags.n_errors, !fits);
	if (!fits)
		assert_string_equal(run.diags.items[0].id, "line-too-long");
	done(&run);
}

static void test_bounds(void **state)
{
	_cleanup_free_ char *big = malloc(FW_PARSE_MAX_FILE + 2);
	struct run run;

	(void)state;
	check_nesting(FW_PARSE_MAX_NESTING, true);
	check_nesting(FW_PARSE_MAX_NESTING + 1, false);
	check_nesting(FW_PARSE_MAX_NESTING + 1000, false);
	check_line_length(FW_PARSE_MAX_LINE, true);
	check_line_length(FW_PARSE_MAX_LINE + 1, false);

	memset(big, '\n', FW_PARSE_MAX_FILE + 1);
	run = parse_bytes(big, FW_PARSE_MAX_FILE);
	assert_int_equal(run.diags.n, 0);
	done(&run);
	run = parse_bytes(big, FW_PARSE_MAX_FILE + 1);
	assert_int_equal(run.err, 0);
	assert_string_equal(run.diags.items[0].id, "file-too-large");
	assert_int_equal(run.ast->n_items, 0);
	done(&run);

	run = parse_bytes("table ip x {\n a\0b\n}\n", 19);
	assert_int_equal(run.diags.n_errors, 1);
	assert_string_equal(run.diags.items[0].id, "not-text");
	done(&run);
}

/* Faults without end stop the reading, and cost no memory without end. */
static void test_many_faults(void **state)
{
	enum { N = 200000 };
	_cleanup_free_ char *text = malloc(2 * N + 1);
	struct run run;

	(void)state;
	for (size_t i = 0; i < N; i++)
		memcpy(text + 2 * i, "}\n", 2);
	run = parse_bytes(text, 2 * N);
	assert_int_equal(run.err, 0);
	assert_int_equal(run.diags.n_errors, 1000);
	done(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
