/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters in files of /proc, as kernels write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/kernel_read.h"

static char snmp[] = "Ip: Forwarding InDiscards OutDiscards\n"
		     "Ip: 1 7 8\n"
		     "Icmp: InMsgs\n"
		     "Icmp: 3\n"
		     "Tcp: RtoMin MaxConn RetransSegs OutRsts\n"
		     "Tcp: 200 -1 18446744073709551615 42\n";
static char conntrack[] =
	"entries  clashres found insert_failed drop early_drop\n"
	"00000010  00000000 00000001 0000000a 00000001 00000002\n"
	"00000010  00000000 00000002 0000000b 00000000 00000003\n";
static char softnet[] = "029c70ae 00000001 00000018 00000000\n"
			"029c70ae 0000000f 00000018 00000000\n";

static const struct fw_proc proc = { .texts = {
	[FW_PROC_SNMP] = snmp,
	[FW_PROC_CONNTRACK] = conntrack,
	[FW_PROC_SOFTNET] = softnet,
} };

static void has(enum fw_proc_file file, const char *fields, uint64_t expected)
{
	uint64_t n = 99;

	assert_true(fw_proc_sum(&proc, file, fields, &n));
	assert_int_equal(n, expected);
}

static void has_not(enum fw_proc_file file, const char *fields)
{
	uint64_t n;

	assert_false(fw_proc_sum(&proc, file, fields, &n));
}

static void test_fields(void **state)
{
	(void)state;
	has(FW_PROC_SNMP, "Tcp:OutRsts", 42);
	has(FW_PROC_SNMP, "Tcp:RetransSegs", UINT64_MAX);
	has(FW_PROC_SNMP, "Ip:InDiscards Ip:OutDiscards", 15);
	has(FW_PROC_SNMP, "Ip:InDiscards Ip:Unknown", 7);
	has_not(FW_PROC_SNMP, "Tcp:OutRst");
	has_not(FW_PROC_SNMP, "Udp:OutRsts");
	has_not(FW_PROC_SNMP, "OutRsts");
	has_not(FW_PROC_NETSTAT, "TcpExt:ListenDrops");
	has(FW_PROC_CONNTRACK, "insert_failed", 21);
	has(FW_PROC_CONNTRACK, "drop early_drop", 6);
	/* the same number in each CPU's row */
	has(FW_PROC_CONNTRACK, "entries", 16);
	has_not(FW_PROC_CONNTRACK, "insert");
	has(FW_PROC_SOFTNET, "1", 16);
}

/* This kernel's own. */
static void test_real(void **state)
{
	struct fw_proc real = { 0 };
	uint64_t n;

	(void)state;
	fw_proc_read(&real);
	assert_true(fw_proc_sum(&real, FW_PROC_SNMP, "Tcp:OutRsts", &n));
	assert_true(fw_proc_sum(&real, FW_PROC_NETSTAT,
				"TcpExt:ListenOverflows", &n));
	fw_proc_done(&real);
	assert_null(real.texts[FW_PROC_SNMP]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
