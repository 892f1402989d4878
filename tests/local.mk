# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check: unit, golden, check, prog, net, fault and the fuzz targets' replay.
# A test exits 0 passed, 77 skipped (the reason on standard error), else failed.

include tests/unit/local.mk
include tests/golden/local.mk
include tests/check/local.mk
include tests/prog/local.mk
include tests/net/local.mk
include tests/fault/local.mk
include tests/fuzz/local.mk
include tests/vm/local.mk
include tests/bench/local.mk

EXTRA_DIST += tests/summary tests/show-failures tests/expected-skips
AM_TESTS_ENVIRONMENT = \
	FLYWALL='$(abs_top_builddir)/flywall'; export FLYWALL; \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	CC='$(CC)'; export CC;

# Everything that needs neither root nor a kernel of a certain kind
check-offline: all
	$(MAKE) $(AM_MAKEFLAGS) check \
		check_PROGRAMS="$(fw_unit_tests) $(fw_fuzz_tests)" \
		TESTS="$(fw_unit_tests) $(fw_golden_tests) $(fw_fuzz_tests)"

# What says that a tarball is whole, for .ci/run
fw_tarball_tests = $(fw_unit_tests) $(fw_golden_tests) $(fw_check_tests) \
	$(fw_fuzz_tests) tests/prog/test_verify tests/net/vetted

.PHONY: check-offline
