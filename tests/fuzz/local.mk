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

fw_fuzz_tests += tests/fuzz/dns
tests_fuzz_dns_SOURCES = tests/fuzz/dns.c tests/fuzz/replay.c
tests_fuzz_dns_LDADD = libfwinspect.a

fw_fuzz_tests += tests/fuzz/dns_message
tests_fuzz_dns_message_SOURCES = tests/fuzz/dns_message.c tests/fuzz/replay.c
tests_fuzz_dns_message_LDADD = libfwmonitor.a libfwevents.a libfwutil.a

fw_fuzz_tests += tests/fuzz/dhcp
tests_fuzz_dhcp_SOURCES = tests/fuzz/dhcp.c tests/fuzz/replay.c
tests_fuzz_dhcp_LDADD = libfwmonitor.a

fw_fuzz_tests += tests/fuzz/app
tests_fuzz_app_SOURCES = tests/fuzz/app.c tests/fuzz/replay.c
tests_fuzz_app_LDADD = libfwinspect.a $(NETTLE_LIBS) $(NGHTTP2_LIBS)

fw_fuzz_tests += tests/fuzz/quic
tests_fuzz_quic_SOURCES = tests/fuzz/quic.c tests/fuzz/replay.c \
	$(fw_quic_seal_sources)
tests_fuzz_quic_LDADD = libfwinspect.a $(NETTLE_LIBS)

fw_fuzz_tests += tests/fuzz/tls
tests_fuzz_tls_SOURCES = tests/fuzz/tls.c tests/fuzz/replay.c
tests_fuzz_tls_LDADD = libfwinspect.a

fw_fuzz_tests += tests/fuzz/reassembly
tests_fuzz_reassembly_SOURCES = tests/fuzz/reassembly.c tests/fuzz/replay.c
tests_fuzz_reassembly_LDADD = libfwinspect.a

FUZZ_SECONDS = 60
FUZZ_CFLAGS = -g -O1 -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined
fuzz_lists_sources = $(libfwutil_a_SOURCES) $(libfwlists_a_SOURCES)
fuzz_parse_sources = $(libfwutil_a_SOURCES) $(libfwast_a_SOURCES) \
	$(libfwgrammar_a_SOURCES)
fuzz_compile_sources = $(fuzz_parse_sources) $(libfwfacts_a_SOURCES) \
	$(libfwscan_a_SOURCES) \
	$(libfwlists_a_SOURCES) $(libfwplan_a_SOURCES) \
	$(libfwmodel_a_SOURCES) $(libfwcompile_a_SOURCES)
fuzz_explain_sources = $(fuzz_compile_sources) src/offline/capture.c \
	src/offline/flow_memory.c

# The words of the language, from the tables that know them
fuzz/words.dict: flywall$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) fuzz && { \
	./flywall$(EXEEXT) --words | cut -f2 | sed 's/.*/"&"/'; \
	grep -hoE '"[a-z][a-z0-9_-]*"' $(srcdir)/grammar/keywords.c \
		$(srcdir)/src/compile/*.c; } | LC_ALL=C sort -u > $@

# New inputs go to the first folder; the seeds are only read, and so are the
# rulesets of FLYWALL_CORPUS.
fuzz-parse fuzz-compile fuzz-explain fuzz-lists: grammar/parser.c \
	grammar/lexer.c fuzz/words.dict
	@set -e; name=$(@:fuzz-%=%); files=; \
	for f in $($(@:fuzz-%=fuzz_%_sources)); do \
		case $$f in \
		*.l | *.y) f=$${f%.?}.c ;; \
		*.c) ;; \
		*) continue ;; \
		esac; \
		test -f "$$f" || f=$(srcdir)/$$f; files="$$files $$f"; \
	done; \
	$(MKDIR_P) fuzz/$$name.found; \
	echo "$(CLANG) -o fuzz/$$name"; \
	$(CLANG) -std=gnu11 -w $(FUZZ_CFLAGS) $(DEFS) -I. $(AM_CPPFLAGS) \
		-o fuzz/$$name $(srcdir)/tests/fuzz/$$name.c $$files \
		$(JANSSON_LIBS) $(NETTLE_LIBS) $(PATTERNS_LIBS); \
	seeds=$(srcdir)/tests/seeds/$$name; \
	case $$name in parse | compile) \
		test -z "$$FLYWALL_CORPUS" || seeds="$$seeds $$FLYWALL_CORPUS/nft" ;; \
	esac; \
	echo "fuzz/$$name -max_total_time=$(FUZZ_SECONDS)"; \
	fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=16384 \
		-rss_limit_mb=2048 -dict=fuzz/words.dict \
		-artifact_prefix=fuzz/$$name- fuzz/$$name.found $$seeds

# What each of these needs of src/inspect/
fuzz_dns_parts = dns
fuzz_dns_message_extra = src/monitor/dns_message.c src/events/dns_name.c \
	src/util/buf.c src/util/pages.c
fuzz_quic_parts = quic quic_keys hello reassembly
fuzz_quic_extra = tests/unit/quic_seal.c
fuzz_tls_parts = tls hello
fuzz_reassembly_parts = reassembly
fuzz_app_parts = app authority dns hello http http2 ja quic quic_keys reassembly ssh \
	starttls tls

fuzz-app fuzz-dns fuzz-dns_message fuzz-quic fuzz-tls fuzz-reassembly:
	name=$(@:fuzz-%=%) && $(MKDIR_P) fuzz/$$name.found && \
	$(CLANG) -std=gnu11 -w $(FUZZ_CFLAGS) $(DEFS) -I. $(AM_CPPFLAGS) \
		-o fuzz/$$name $(srcdir)/tests/fuzz/$$name.c \
		$($(@:fuzz-%=fuzz_%_parts):%=$(srcdir)/src/inspect/%.c) \
		$($(@:fuzz-%=fuzz_%_extra):%=$(srcdir)/%) \
		$(NETTLE_LIBS) $(NGHTTP2_LIBS) && \
	fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
		fuzz/$$name.found $(srcdir)/tests/seeds/$$name

fuzz-dhcp:
	$(MKDIR_P) fuzz/dhcp.found && \
	$(CLANG) -std=gnu11 -w $(FUZZ_CFLAGS) $(DEFS) -I. $(AM_CPPFLAGS) \
		-o fuzz/dhcp $(srcdir)/tests/fuzz/dhcp.c \
		$(srcdir)/src/monitor/dhcp4.c $(srcdir)/src/monitor/dhcp6.c \
		$(srcdir)/src/monitor/dhcp_text.c && \
	fuzz/dhcp -max_total_time=$(FUZZ_SECONDS) -max_len=2048 \
		fuzz/dhcp.found $(srcdir)/tests/seeds/dhcp

.PHONY: fuzz-parse fuzz-compile fuzz-explain fuzz-lists fuzz-app fuzz-dhcp \
	fuzz-dns fuzz-dns_message fuzz-quic fuzz-tls fuzz-reassembly
CLEANFILES += fuzz/words.dict

fw_fuzz_tests += tests/fuzz/compile
tests_fuzz_compile_SOURCES = tests/fuzz/compile.c tests/fuzz/replay.c
tests_fuzz_compile_LDADD = $(fw_unit_libs)

fw_fuzz_tests += tests/fuzz/explain
tests_fuzz_explain_SOURCES = tests/fuzz/explain.c tests/fuzz/replay.c
tests_fuzz_explain_LDADD = $(fw_unit_libs)

fw_fuzz_tests += tests/fuzz/lists
tests_fuzz_lists_SOURCES = tests/fuzz/lists.c tests/fuzz/replay.c
tests_fuzz_lists_LDADD = libfwlists.a libfwutil.a $(NETTLE_LIBS)
