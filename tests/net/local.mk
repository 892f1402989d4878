# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real packets through real namespaces, one script a behaviour; each makes and
# removes namespaces of its own, so they run side by side. Without root: 77.

check_PROGRAMS += tests/net/traffic
tests_net_traffic_SOURCES = tests/net/traffic.c

fw_net_tests = \
	tests/net/attach \
	tests/net/forged \
	tests/net/held \
	tests/net/kill \
	tests/net/nat \
	tests/net/refused \
	tests/net/reload \
	tests/net/split \
	tests/net/vetted

EXTRA_DIST += $(fw_net_tests) tests/net/lib.sh
TESTS += $(fw_net_tests)
