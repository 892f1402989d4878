# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real packets through real namespaces, one script a behaviour; each makes and
# removes namespaces of its own, so they run side by side. Without root: 77.

check_PROGRAMS += tests/net/traffic
tests_net_traffic_SOURCES = tests/net/traffic.c

check_PROGRAMS += tests/net/dhcp_flood
tests_net_dhcp_flood_SOURCES = tests/net/dhcp_flood.c

check_PROGRAMS += tests/net/segments
tests_net_segments_SOURCES = tests/net/segments.c

fw_net_tests = \
	tests/net/anew \
	tests/net/attach \
	tests/net/audit \
	tests/net/blocked \
	tests/net/check_live \
	tests/net/classes \
	tests/net/confirm \
	tests/net/counters \
	tests/net/credits \
	tests/net/devices \
	tests/net/dns \
	tests/net/events \
	tests/net/existing \
	tests/net/explain \
	tests/net/facts \
	tests/net/failures \
	tests/net/fallback \
	tests/net/features \
	tests/net/forged \
	tests/net/held \
	tests/net/inspector \
	tests/net/kernel \
	tests/net/learn \
	tests/net/kill \
	tests/net/elements \
	tests/net/feeds \
	tests/net/live \
	tests/net/metrics \
	tests/net/million \
	tests/net/nat \
	tests/net/numbers \
	tests/net/others \
	tests/net/orphan \
	tests/net/own \
	tests/net/patterns \
	tests/net/profile_rules \
	tests/net/pending \
	tests/net/questions \
	tests/net/log \
	tests/net/refused \
	tests/net/related \
	tests/net/reload \
	tests/net/roads \
	tests/net/report \
	tests/net/roads_leave \
	tests/net/roads_nat \
	tests/net/roads_xdp \
	tests/net/rulesets \
	tests/net/settings \
	tests/net/sources \
	tests/net/split \
	tests/net/dns_attacks \
	tests/net/monitor_dhcp \
	tests/net/monitor_dns \
	tests/net/monitor_tls \
	tests/net/steer \
	tests/net/syn \
	tests/net/syn_flood \
	tests/net/syn_real \
	tests/net/tags \
	tests/net/trial \
	tests/net/unconfirmed \
	tests/net/unit \
	tests/net/trust \
	tests/net/vetted

EXTRA_DIST += $(fw_net_tests) tests/net/lib.sh tests/net/syn.sh \
	tests/net/rulesets.d/commands.nft \
	tests/net/rulesets.d/layer2.nft \
	tests/net/rulesets.d/nat.nft \
	tests/net/rulesets.d/office.nft
TESTS += $(fw_net_tests)

# Generations with a stand-in for nft: what apply does to programs and maps.
fw_veth_sources = tests/net/veth.c tests/net/veth.h tests/net/veth_plan.c \
	tests/net/veth_nft.c
fw_veth_libs = libfwapply.a libfwnft.a libfwfacts.a libfwplan.a libfwutil.a \
	$(LIBBPF_LIBS) $(LIBELF_LIBS) $(LIBMNL_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/net/generation_test
TESTS += tests/net/generation_test
tests_net_generation_test_SOURCES = tests/net/generation_test.c \
	$(fw_veth_sources)
tests_net_generation_test_LDADD = $(fw_veth_libs)

fw_nft_test_libs = libfwapply.a libfwnft.a libfwutil.a $(LIBNFTABLES_LIBS) \
	$(LIBNFTNL_LIBS) $(LIBNFQ_LIBS) $(LIBMNL_LIBS) $(NETTLE_LIBS) \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/net/nft_test
TESTS += tests/net/nft_test
tests_net_nft_test_SOURCES = tests/net/nft_test.c tests/net/nft_lab.c \
	tests/net/nft_lab.h
tests_net_nft_test_LDADD = $(fw_nft_test_libs)

check_PROGRAMS += tests/net/nft_queue_test
TESTS += tests/net/nft_queue_test
tests_net_nft_queue_test_SOURCES = tests/net/nft_queue_test.c \
	tests/net/nft_lab.c tests/net/nft_lab.h
tests_net_nft_queue_test_LDADD = $(fw_nft_test_libs)

# The worker alone, with a gate of iptables
check_PROGRAMS += tests/net/queue_worker
tests_net_queue_worker_SOURCES = tests/net/queue_worker.c
tests_net_queue_worker_LDADD = libfwinspect.a libfwscan.a libfwplan.a libfwutil.a \
	$(LIBNFQ_LIBS) $(LIBMNL_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS) \
	$(NGHTTP2_LIBS) $(PATTERNS_LIBS)
EXTRA_DIST += tests/net/queue
TESTS += tests/net/queue

# The daemon's flows against the kernel's conntrack
check_PROGRAMS += tests/net/flows_test
TESTS += tests/net/flows_test
tests_net_flows_test_SOURCES = tests/net/flows_test.c
tests_net_flows_test_LDADD = libfwdaemon.a libfwinspect.a libfwscan.a libfwmodel.a \
	libfwplan.a libfwutil.a $(LIBNFCT_LIBS) $(LIBMNL_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS) \
	$(NGHTTP2_LIBS) $(PATTERNS_LIBS) $(CMOCKA_LIBS)

# The vocabulary against nft's own bytecode
check_PROGRAMS += tests/net/bytecode_test
TESTS += tests/net/bytecode_test
tests_net_bytecode_test_SOURCES = tests/net/bytecode_test.c \
	tests/net/bytecode.c tests/net/bytecode.h $(fw_typed_text)
tests_net_bytecode_test_LDADD = $(fw_unit_libs)

# nft as the oracle of ingress chains
check_PROGRAMS += tests/net/oracle_test
TESTS += tests/net/oracle_test
tests_net_oracle_test_SOURCES = tests/net/oracle_test.c tests/net/oracle.h \
	tests/net/oracle_flows.c tests/net/oracle_lab.c \
	tests/net/oracle_matches.c tests/net/oracle_text.c \
	tests/net/oracle_text.h tests/net/oracle_values.c \
	tests/net/oracle_words.h \
	tests/prog/packets.c tests/prog/packets.h tests/prog/plans.c \
	tests/prog/plans.h tests/prog/random.h
tests_net_oracle_test_LDADD = $(fw_offline_libs) $(JANSSON_LIBS) $(NETTLE_LIBS) \
	$(PATTERNS_LIBS)

# Native, generic and no XDP at all: the same verdicts
check_PROGRAMS += tests/net/modes_test
TESTS += tests/net/modes_test
tests_net_modes_test_SOURCES = tests/net/modes_test.c tests/net/oracle.h \
	tests/net/oracle_lab.c tests/net/oracle_text.h \
	tests/prog/packets.c tests/prog/packets.h tests/prog/plans.c \
	tests/prog/plans.h tests/prog/random.h
tests_net_modes_test_LDADD = $(fw_offline_libs) $(JANSSON_LIBS) $(NETTLE_LIBS) \
	$(PATTERNS_LIBS)
