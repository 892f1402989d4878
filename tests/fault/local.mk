# SPDX-License-Identifier: GPL-2.0-or-later
#
# A commit that is cut off at each of its steps: see src/apply/fault.h.

check_PROGRAMS += tests/fault/commit_test
TESTS += tests/fault/commit_test
tests_fault_commit_test_SOURCES = tests/fault/commit_test.c $(fw_veth_sources)
tests_fault_commit_test_LDADD = $(fw_veth_libs)

check_PROGRAMS += tests/fault/move_test
TESTS += tests/fault/move_test
tests_fault_move_test_SOURCES = tests/fault/move_test.c tests/net/veth.c \
	tests/net/veth.h tests/net/veth_plan.c
tests_fault_move_test_LDADD = $(fw_veth_libs) $(LIBNFTABLES_LIBS) \
	$(LIBNFTNL_LIBS) $(LIBMNL_LIBS)
