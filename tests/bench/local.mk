# SPDX-License-Identifier: GPL-2.0-or-later
#
# Never part of `make check`: figures are for people, on a quiet machine.
EXTRA_PROGRAMS = tests/bench/classify tests/bench/prefixes tests/bench/names \
	tests/bench/flood tests/bench/usage
fw_bench = tests/bench/bench.c tests/bench/bench.h tests/bench/corpus.h
tests/bench/packets.bpf.o: tests/bench/corpus.h
EXTRA_DIST += tests/bench/packets.bpf.c
CLEANFILES += tests/bench/packets.skel.h tests/bench/packets.bpf.o
tests_bench_classify_SOURCES = tests/bench/classify.c $(fw_bench) \
	$(fw_prog_kernel)
tests_bench_classify_LDADD = $(fw_prog_libs)
tests/bench/classify.$(OBJEXT): tests/bench/packets.skel.h
tests_bench_prefixes_SOURCES = tests/bench/prefixes.c $(fw_bench)
tests_bench_prefixes_LDADD = $(fw_prog_libs)
tests/bench/prefixes.$(OBJEXT): tests/bench/packets.skel.h
tests_bench_names_SOURCES = tests/bench/names.c $(fw_prog_names) \
	$(fw_prog_kernel)
tests_bench_names_LDADD = $(fw_prog_libs)
tests_bench_flood_SOURCES = tests/bench/flood.c
tests_bench_flood_LDADD = $(LIBBPF_LIBS)
tests_bench_usage_SOURCES = tests/bench/usage.c
CLEANFILES += tests/bench/classify$(EXEEXT) tests/bench/prefixes$(EXEEXT) \
	tests/bench/names$(EXEEXT) \
	tests/bench/flood$(EXEEXT) \
	tests/bench/usage$(EXEEXT)
EXTRA_DIST += tests/bench/run tests/bench/check tests/bench/ruleset

bench: bench-check bench-classify bench-prefixes bench-names bench-packets

bench-check: all tests/bench/usage$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/check

bench-classify: all tests/bench/classify$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) tests/bench/classify$(EXEEXT) $${FLYWALL_ROUNDS:-15}

bench-prefixes: all tests/bench/prefixes$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) tests/bench/prefixes$(EXEEXT) $${FLYWALL_ROUNDS:-15}

bench-names: all tests/bench/names$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) tests/bench/names$(EXEEXT) $${FLYWALL_ROUNDS:-15}

bench-packets: all tests/net/traffic$(EXEEXT) tests/bench/flood$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/run

.PHONY: bench bench-check bench-classify bench-prefixes bench-names bench-packets
