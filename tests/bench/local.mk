# SPDX-License-Identifier: GPL-2.0-or-later
#
# Never part of `make check`: figures are for people, on a quiet machine.
EXTRA_PROGRAMS = tests/bench/flood tests/bench/usage
tests_bench_flood_SOURCES = tests/bench/flood.c
tests_bench_flood_LDADD = $(LIBBPF_LIBS)
tests_bench_usage_SOURCES = tests/bench/usage.c
CLEANFILES += tests/bench/flood$(EXEEXT) tests/bench/usage$(EXEEXT)
EXTRA_DIST += tests/bench/run tests/bench/check tests/bench/ruleset

bench: bench-check bench-packets

bench-check: all tests/bench/usage$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/check

bench-packets: all tests/net/traffic$(EXEEXT) tests/bench/flood$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/run

.PHONY: bench bench-check bench-packets
