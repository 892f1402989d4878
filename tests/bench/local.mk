# SPDX-License-Identifier: GPL-2.0-or-later
#
# Never part of `make check`: figures are for people, on a quiet machine.
EXTRA_PROGRAMS = tests/bench/flood
tests_bench_flood_SOURCES = tests/bench/flood.c
tests_bench_flood_LDADD = $(LIBBPF_LIBS)
CLEANFILES += tests/bench/flood$(EXEEXT)
EXTRA_DIST += tests/bench/run

bench: all tests/net/traffic$(EXEEXT) tests/bench/flood$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/run

.PHONY: bench
