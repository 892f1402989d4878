# SPDX-License-Identifier: GPL-2.0-or-later
#
# Never part of `make check`: figures are for people, on a quiet machine.
EXTRA_PROGRAMS = tests/bench/classify tests/bench/prefixes tests/bench/limits \
	tests/bench/names tests/bench/flood tests/bench/usage \
	tests/bench/loop tests/bench/echo tests/bench/memory \
	tests/bench/fill tests/bench/learn
CLEANFILES += $(EXTRA_PROGRAMS)

fw_bench = tests/bench/bench.c tests/bench/bench.h tests/bench/corpus.h
fw_bench_packets = tests/bench/classify.$(OBJEXT) \
	tests/bench/prefixes.$(OBJEXT) tests/bench/limits.$(OBJEXT) \
	tests/bench/flood.$(OBJEXT)
$(fw_bench_packets): tests/bench/packets.skel.h
tests/bench/packets.bpf.o: tests/bench/corpus.h
tests/bench/classify.$(OBJEXT): tests/bench/fixed.skel.h
EXTRA_DIST += tests/bench/packets.bpf.c tests/bench/fixed.bpf.c
CLEANFILES += tests/bench/packets.skel.h tests/bench/packets.bpf.o \
	tests/bench/fixed.skel.h tests/bench/fixed.bpf.o
tests_bench_classify_SOURCES = tests/bench/classify.c $(fw_bench) \
	$(fw_prog_kernel)
tests_bench_classify_LDADD = $(fw_prog_libs)
tests_bench_prefixes_SOURCES = tests/bench/prefixes.c $(fw_bench)
tests_bench_prefixes_LDADD = $(fw_prog_libs)
tests_bench_limits_SOURCES = tests/bench/limits.c $(fw_bench)
tests_bench_limits_LDADD = $(LIBBPF_LIBS) -lpthread
tests_bench_names_SOURCES = tests/bench/names.c $(fw_bench) $(fw_prog_names) \
	$(fw_prog_kernel)
tests_bench_names_LDADD = $(fw_prog_libs)
tests_bench_flood_SOURCES = tests/bench/flood.c $(fw_bench)
tests_bench_flood_LDADD = $(LIBBPF_LIBS)
tests_bench_usage_SOURCES = tests/bench/usage.c
tests_bench_loop_SOURCES = tests/bench/loop.c
tests_bench_loop_LDADD = $(LIBNFQ_LIBS) $(LIBMNL_LIBS)
tests_bench_echo_SOURCES = tests/bench/echo.c
tests_bench_fill_SOURCES = tests/bench/fill.c
tests_bench_fill_LDADD = $(LIBBPF_LIBS)
tests_bench_memory_SOURCES = tests/bench/memory.c $(fw_bench) \
	$(fw_inspector_lab)
tests_bench_memory_LDADD = $(fw_inspect_test_libs) $(LIBBPF_LIBS) \
	$(fw_unit_libs)
tests_bench_learn_SOURCES = tests/bench/learn.c $(fw_bench)
tests_bench_learn_LDADD = libfwlearn.a $(SQLITE_LIBS) $(LIBBPF_LIBS) \
	$(fw_unit_libs)
EXTRA_DIST += tests/bench/run tests/bench/check tests/bench/ruleset \
	tests/bench/packets tests/bench/cookies tests/bench/worker \
	tests/bench/eyes tests/bench/roads \
	tests/bench/lib.sh tests/bench/report

# Each appends its rows to bench.tsv, of which the last makes a table, bench.json
# and bench.svg. Another flood or measure is one more word here.
fw_bench_env = $(AM_TESTS_ENVIRONMENT) \
	FLYWALL_BENCH=$(abs_builddir)/bench.tsv; export FLYWALL_BENCH
CLEANFILES += bench.tsv bench.json bench.svg

# One after the other, whatever make is told: they would disturb each other.
fw_benches = bench-new bench-check bench-classify bench-prefixes bench-limits \
	bench-names bench-packets bench-cookies bench-roads bench-worker \
	bench-learn bench-eyes \
	bench-vetting \
	bench-report

bench: all
	for b in $(fw_benches); do $(MAKE) $(AM_MAKEFLAGS) $$b || exit; done

bench-new:
	rm -f bench.tsv

bench-check: all tests/bench/usage$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/check

bench-classify bench-prefixes bench-limits bench-names: bench-%: all
	$(MAKE) $(AM_MAKEFLAGS) tests/bench/$*$(EXEEXT)
	$(fw_bench_env); tests/bench/$*$(EXEEXT) $${FLYWALL_ROUNDS:-15}

bench-packets: all tests/bench/flood$(EXEEXT) tests/bench/usage$(EXEEXT)
	$(fw_bench_env); $(srcdir)/tests/bench/packets

bench-cookies: all tests/bench/flood$(EXEEXT)
	$(fw_bench_env); $(srcdir)/tests/bench/cookies

bench-eyes: all tests/bench/flood$(EXEEXT)
	$(fw_bench_env); $(srcdir)/tests/bench/eyes

bench-roads: all tests/bench/flood$(EXEEXT)
	$(fw_bench_env); $(srcdir)/tests/bench/roads

bench-worker: all tests/bench/loop$(EXEEXT) tests/bench/echo$(EXEEXT) \
		tests/bench/memory$(EXEEXT) tests/bench/fill$(EXEEXT)
	$(fw_bench_env); $(srcdir)/tests/bench/worker && tests/bench/memory

bench-learn: all
	$(MAKE) $(AM_MAKEFLAGS) tests/bench/learn$(EXEEXT)
	$(fw_bench_env); tests/bench/learn$(EXEEXT)

bench-vetting: all tests/net/traffic$(EXEEXT)
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/run

bench-report:
	$(srcdir)/tests/bench/report bench.tsv bench.json bench.svg

.PHONY: bench $(fw_benches)
