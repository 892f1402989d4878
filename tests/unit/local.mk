# SPDX-License-Identifier: GPL-2.0-or-later
#
# One cmocka program a module: three lines each.
#
#	fw_unit_tests += tests/unit/test_NAME
#	tests_unit_test_NAME_SOURCES = tests/unit/test_NAME.c
#	tests_unit_test_NAME_LDADD = $(fw_unit_libs)

fw_unit_tests =
fw_unit_libs = $(fw_offline_libs) $(JANSSON_LIBS) $(NETTLE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += $(fw_unit_tests)
TESTS += $(fw_unit_tests)
