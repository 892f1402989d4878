# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzz targets. As programs of `make check` they replay their seeds, or the
# files and folders named on their command line; `make fuzz-NAME` makes a fuzzer
# of one (clang's libFuzzer) and runs it for FUZZ_SECONDS.

fw_fuzz_tests =
check_PROGRAMS += $(fw_fuzz_tests)
TESTS += $(fw_fuzz_tests)
EXTRA_DIST += tests/seeds

fw_fuzz_tests += tests/fuzz/parse
tests_fuzz_parse_SOURCES = tests/fuzz/parse.c tests/fuzz/replay.c
tests_fuzz_parse_LDADD = libfwgrammar.a libfwast.a libfwutil.a $(NETTLE_LIBS)

fw_fuzz_tests += tests/fuzz/tls
tests_fuzz_tls_SOURCES = tests/fuzz/tls.c tests/fuzz/replay.c
tests_fuzz_tls_LDADD = libfwinspect.a

fw_fuzz_tests += tests/fuzz/reassembly
tests_fuzz_reassembly_SOURCES = tests/fuzz/reassembly.c tests/fuzz/replay.c
tests_fuzz_reassembly_LDADD = libfwinspect.a

FUZZ_SECONDS = 60
FUZZ_CFLAGS = -g -O1 -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined
fuzz_parse_sources = $(libfwutil_a_SOURCES) $(libfwast_a_SOURCES) \
	$(libfwgrammar_a_SOURCES)

# New inputs go to the first folder; the seeds are only read.
fuzz-parse: grammar/parser.c grammar/lexer.c
	$(MKDIR_P) fuzz/parse.found
	@set -e; files=; for f in $(fuzz_parse_sources); do \
		case $$f in \
		*.l | *.y) f=$${f%.?}.c ;; \
		*.c) ;; \
		*) continue ;; \
		esac; \
		test -f "$$f" || f=$(srcdir)/$$f; files="$$files $$f"; \
	done; \
	echo "$(CLANG) -o fuzz/parse"; \
	$(CLANG) -std=gnu11 -w $(FUZZ_CFLAGS) $(DEFS) -I. $(AM_CPPFLAGS) -o fuzz/parse \
		$(srcdir)/tests/fuzz/parse.c $$files $(NETTLE_LIBS)
	fuzz/parse -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=16384 \
		-artifact_prefix=fuzz/ fuzz/parse.found $(srcdir)/tests/seeds/parse

fuzz-tls fuzz-reassembly:
	name=$(@:fuzz-%=%) && $(MKDIR_P) fuzz/$$name.found && \
	$(CLANG) -std=gnu11 -w $(FUZZ_CFLAGS) $(DEFS) $(AM_CPPFLAGS) \
		-o fuzz/$$name $(srcdir)/tests/fuzz/$$name.c \
		$(srcdir)/src/inspect/$$name.c && \
	fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
		fuzz/$$name.found $(srcdir)/tests/seeds/$$name

.PHONY: fuzz-parse fuzz-tls fuzz-reassembly

fw_fuzz_tests += tests/fuzz/compile
tests_fuzz_compile_SOURCES = tests/fuzz/compile.c tests/fuzz/replay.c
tests_fuzz_compile_LDADD = $(fw_unit_libs)

fw_fuzz_tests += tests/fuzz/explain
tests_fuzz_explain_SOURCES = tests/fuzz/explain.c tests/fuzz/replay.c
tests_fuzz_explain_LDADD = $(fw_unit_libs)
