# SPDX-License-Identifier: GPL-2.0-or-later
#
# One cmocka program a module: three lines each.
#
#	fw_unit_tests += tests/unit/test_NAME
#	tests_unit_test_NAME_SOURCES = tests/unit/test_NAME.c
#	tests_unit_test_NAME_LDADD = $(fw_unit_libs)

fw_unit_tests =
fw_unit_libs = $(fw_offline_libs) $(JANSSON_LIBS) $(NETTLE_LIBS) $(PATTERNS_LIBS) \
	$(CMOCKA_LIBS)

check_PROGRAMS += $(fw_unit_tests)
TESTS += $(fw_unit_tests)

fw_unit_tests += tests/unit/test_dns_name
tests_unit_test_dns_name_SOURCES = tests/unit/test_dns_name.c
tests_unit_test_dns_name_LDADD = libfwevents.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_qos
tests_unit_test_qos_SOURCES = tests/unit/test_qos.c
tests_unit_test_qos_LDADD = libfwplan.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_events
tests_unit_test_events_SOURCES = tests/unit/test_events.c
tests_unit_test_events_LDADD = libfwevents.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_dns_message
tests_unit_test_dns_message_SOURCES = tests/unit/test_dns_message.c
tests_unit_test_dns_message_LDADD = libfwmonitor.a libfwevents.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_address_names
tests_unit_test_address_names_SOURCES = tests/unit/test_address_names.c
tests_unit_test_address_names_LDADD = libfwmonitor.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_dns_corpus
tests_unit_test_dns_corpus_SOURCES = tests/unit/test_dns_corpus.c \
	tests/unit/capture.c tests/unit/capture.h
tests_unit_test_dns_corpus_LDADD = libfwmonitor.a libfwevents.a \
	libfwinspect.a libfwplan.a $(fw_unit_libs)

# What a monitor tells.
fw_records = tests/unit/records.c tests/unit/records.h

fw_unit_tests += tests/unit/test_monitor_dns
tests_unit_test_monitor_dns_SOURCES = tests/unit/test_monitor_dns.c $(fw_records)
tests_unit_test_monitor_dns_LDADD = libfwmonitor.a libfwevents.a \
	libfwinspect.a libfwplan.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_baseline
tests_unit_test_baseline_SOURCES = tests/unit/test_baseline.c
tests_unit_test_baseline_LDADD = libfwevents.a $(fw_unit_libs) -lm

fw_unit_tests += tests/unit/test_kernel_read
tests_unit_test_kernel_read_SOURCES = tests/unit/test_kernel_read.c
tests_unit_test_kernel_read_LDADD = libfwdaemon.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_event_file
tests_unit_test_event_file_SOURCES = tests/unit/test_event_file.c
tests_unit_test_event_file_LDADD = libfwevents.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_learn_store
tests_unit_test_learn_store_SOURCES = tests/unit/test_learn_store.c
tests_unit_test_learn_store_LDADD = libfwlearn.a $(SQLITE_LIBS) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_learn_suggest
tests_unit_test_learn_suggest_SOURCES = tests/unit/test_learn_suggest.c
tests_unit_test_learn_suggest_LDADD = libfwlearn.a $(SQLITE_LIBS) \
	$(fw_unit_libs)

fw_unit_tests += tests/unit/test_trial_record
tests_unit_test_trial_record_SOURCES = tests/unit/test_trial_record.c
tests_unit_test_trial_record_LDADD = libfwdaemon.a libfwapply.a libfwnft.a libfwutil.a \
	$(LIBNFTABLES_LIBS) $(LIBNFTNL_LIBS) $(LIBMNL_LIBS) $(NETTLE_LIBS) \
	$(CMOCKA_LIBS)

fw_unit_tests += tests/unit/test_report
tests_unit_test_report_SOURCES = tests/unit/test_report.c
tests_unit_test_report_LDADD = libfwclient.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_lock
tests_unit_test_lock_SOURCES = tests/unit/test_lock.c
tests_unit_test_lock_LDADD = libfwdaemon.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_control
tests_unit_test_control_SOURCES = tests/unit/test_control.c
tests_unit_test_control_LDADD = libfwdaemon.a $(LIBEVENT_LIBS) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_nft_diff
tests_unit_test_nft_diff_SOURCES = tests/unit/test_nft_diff.c
tests_unit_test_nft_diff_LDADD = libfwapply.a libfwnft.a libfwutil.a \
	$(LIBNFTABLES_LIBS) $(LIBNFTNL_LIBS) $(LIBMNL_LIBS) $(NETTLE_LIBS) \
	$(CMOCKA_LIBS)

fw_unit_tests += tests/unit/test_nft_child
tests_unit_test_nft_child_SOURCES = tests/unit/test_nft_child.c
tests_unit_test_nft_child_LDADD = libfwnft.a libfwutil.a $(LIBNFTABLES_LIBS) \
	$(CMOCKA_LIBS)

fw_unit_tests += tests/unit/test_nft_devices
tests_unit_test_nft_devices_SOURCES = tests/unit/test_nft_devices.c
tests_unit_test_nft_devices_LDADD = libfwapply.a libfwnft.a libfwutil.a \
	$(LIBNFTABLES_LIBS) $(LIBNFTNL_LIBS) $(LIBMNL_LIBS) $(NETTLE_LIBS) \
	$(CMOCKA_LIBS)

# A typed configuration by hand, for the lowerings.
fw_typed_build = tests/unit/typed_build.c tests/unit/typed_build.h

fw_unit_tests += tests/unit/test_domain
tests_unit_test_domain_SOURCES = tests/unit/test_domain.c
tests_unit_test_domain_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_plan
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c $(fw_typed_build)
tests_unit_test_plan_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_classes
tests_unit_test_classes_SOURCES = tests/unit/test_classes.c
tests_unit_test_classes_LDADD = $(fw_unit_libs)

fw_lowered = tests/unit/lowered.c tests/unit/lowered.h $(fw_typed_build)

fw_unit_tests += tests/unit/test_lower_xdp
tests_unit_test_lower_xdp_SOURCES = tests/unit/test_lower_xdp.c $(fw_lowered)
tests_unit_test_lower_xdp_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_lower_devices
tests_unit_test_lower_devices_SOURCES = tests/unit/test_lower_devices.c \
	$(fw_lowered)
tests_unit_test_lower_devices_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_lower_nft
tests_unit_test_lower_nft_SOURCES = tests/unit/test_lower_nft.c $(fw_typed_build)
tests_unit_test_lower_nft_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_siphash
tests_unit_test_siphash_SOURCES = tests/unit/test_siphash.c
tests_unit_test_siphash_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_suffixes
tests_unit_test_suffixes_SOURCES = tests/unit/test_suffixes.c \
	$(fw_prog_domains)
tests_unit_test_suffixes_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_arena
tests_unit_test_arena_SOURCES = tests/unit/test_arena.c
tests_unit_test_arena_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_diag
tests_unit_test_diag_SOURCES = tests/unit/test_diag.c
tests_unit_test_diag_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_changes
tests_unit_test_changes_SOURCES = tests/unit/test_changes.c
tests_unit_test_changes_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_lists
tests_unit_test_lists_SOURCES = tests/unit/test_lists.c
tests_unit_test_lists_LDADD = $(fw_unit_libs)

fw_hello_sources = tests/unit/hello.c tests/unit/hello.h
fw_quic_seal_sources = tests/unit/quic_seal.c tests/unit/quic_seal.h
fw_inspect_test_libs = libfwinspect.a libfwscan.a $(LIBNFQ_LIBS) $(LIBMNL_LIBS) \
	$(NGHTTP2_LIBS)

fw_unit_tests += tests/unit/test_question
tests_unit_test_question_SOURCES = tests/unit/test_question.c
tests_unit_test_question_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_app
tests_unit_test_app_SOURCES = tests/unit/test_app.c $(fw_hello_sources)
tests_unit_test_app_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_http
tests_unit_test_http_SOURCES = tests/unit/test_http.c
tests_unit_test_http_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_patterns
tests_unit_test_patterns_SOURCES = tests/unit/test_patterns.c
tests_unit_test_patterns_LDADD = $(fw_unit_libs)

# The same, of the engine that is not built in
if HAVE_PCRE2
fw_unit_tests += tests/unit/test_patterns_pcre2
tests_unit_test_patterns_pcre2_SOURCES = tests/unit/test_patterns.c \
	src/scan/patterns.c $(fw_scan_pcre2)
tests_unit_test_patterns_pcre2_LDADD = libfwutil.a $(PCRE2_LIBS) \
	$(NETTLE_LIBS) $(CMOCKA_LIBS)
endif

fw_unit_tests += tests/unit/test_http2
tests_unit_test_http2_SOURCES = tests/unit/test_http2.c
tests_unit_test_http2_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_quic
tests_unit_test_quic_SOURCES = tests/unit/test_quic.c $(fw_hello_sources) \
	$(fw_quic_seal_sources)
tests_unit_test_quic_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_tls
tests_unit_test_tls_SOURCES = tests/unit/test_tls.c $(fw_hello_sources)
tests_unit_test_tls_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_reassembly
tests_unit_test_reassembly_SOURCES = tests/unit/test_reassembly.c
tests_unit_test_reassembly_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_verdict
tests_unit_test_verdict_SOURCES = tests/unit/test_verdict.c
tests_unit_test_verdict_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_parsed = tests/unit/parsed.c tests/unit/parsed.h

fw_unit_tests += tests/unit/test_parse
tests_unit_test_parse_SOURCES = tests/unit/test_parse.c $(fw_parsed)
tests_unit_test_parse_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_include
tests_unit_test_include_SOURCES = tests/unit/test_include.c $(fw_parsed)
tests_unit_test_include_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_corpus
tests_unit_test_corpus_SOURCES = tests/unit/test_corpus.c
tests_unit_test_corpus_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_model
tests_unit_test_model_SOURCES = tests/unit/test_model.c
tests_unit_test_model_LDADD = $(fw_unit_libs)

fw_packet_sources = tests/unit/packets.c tests/unit/packets.h

fw_unit_tests += tests/unit/test_inspect_packet
tests_unit_test_inspect_packet_SOURCES = tests/unit/test_inspect_packet.c \
	$(fw_packet_sources)
tests_unit_test_inspect_packet_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_malformed
tests_unit_test_malformed_SOURCES = tests/unit/test_malformed.c \
	$(fw_packet_sources)
tests_unit_test_malformed_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_inspector_lab = tests/unit/inspector_lab.c tests/unit/inspector_lab.h \
	$(fw_hello_sources) $(fw_packet_sources)

fw_unit_tests += tests/unit/test_inspector
tests_unit_test_inspector_SOURCES = tests/unit/test_inspector.c \
	$(fw_inspector_lab)
tests_unit_test_inspector_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_again
tests_unit_test_again_SOURCES = tests/unit/test_again.c $(fw_inspector_lab)
tests_unit_test_again_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_inspector_bounds
tests_unit_test_inspector_bounds_SOURCES = \
	tests/unit/test_inspector_bounds.c $(fw_inspector_lab)
tests_unit_test_inspector_bounds_LDADD = $(fw_inspect_test_libs) \
	$(fw_unit_libs)

# A configuration's text through the type check.
fw_typed_text = tests/unit/typed_text.c tests/unit/typed_text.h

fw_unit_tests += tests/unit/test_intervals
tests_unit_test_intervals_SOURCES = tests/unit/test_intervals.c
tests_unit_test_intervals_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_facts
tests_unit_test_facts_SOURCES = tests/unit/test_facts.c
tests_unit_test_facts_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_typecheck
tests_unit_test_typecheck_SOURCES = tests/unit/test_typecheck.c $(fw_typed_text)
tests_unit_test_typecheck_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_matches
tests_unit_test_matches_SOURCES = tests/unit/test_matches.c $(fw_typed_text)
tests_unit_test_matches_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_resolve
tests_unit_test_resolve_SOURCES = tests/unit/test_resolve.c $(fw_typed_text)
tests_unit_test_resolve_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_blocks
tests_unit_test_blocks_SOURCES = tests/unit/test_blocks.c $(fw_typed_text)
tests_unit_test_blocks_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_sets
tests_unit_test_sets_SOURCES = tests/unit/test_sets.c $(fw_typed_text)
tests_unit_test_sets_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_inspect_corpus
tests_unit_test_inspect_corpus_SOURCES = tests/unit/test_inspect_corpus.c \
	tests/unit/capture.c tests/unit/capture.h
tests_unit_test_inspect_corpus_LDADD = $(fw_inspect_test_libs) $(fw_unit_libs)

fw_unit_tests += tests/unit/test_verdicts
tests_unit_test_verdicts_SOURCES = tests/unit/test_verdicts.c
tests_unit_test_verdicts_LDADD = $(flywall_LDADD) $(CMOCKA_LIBS)

fw_unit_tests += tests/unit/test_table
tests_unit_test_table_SOURCES = tests/unit/test_table.c
tests_unit_test_table_LDADD = libfwclient.a libfwdaemon.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_lints
tests_unit_test_lints_SOURCES = tests/unit/test_lints.c $(fw_typed_text)
tests_unit_test_lints_LDADD = $(fw_unit_libs)

fw_unit_tests += tests/unit/test_located
tests_unit_test_located_SOURCES = tests/unit/test_located.c
tests_unit_test_located_LDADD = $(fw_unit_libs)
fw_unit_tests += tests/unit/test_roads
tests_unit_test_roads_SOURCES = tests/unit/test_roads.c
tests_unit_test_roads_LDADD = $(fw_unit_libs)
fw_unit_tests += tests/unit/test_explain
tests_unit_test_explain_SOURCES = tests/unit/test_explain.c \
	tests/prog/packets.c tests/prog/packets.h tests/prog/plans.c \
	tests/prog/plans.h tests/prog/random.h
tests_unit_test_explain_LDADD = $(fw_unit_libs)

fw_dhcp_bytes = tests/unit/dhcp_bytes.c tests/unit/dhcp_bytes.h

fw_unit_tests += tests/unit/test_dhcp
tests_unit_test_dhcp_SOURCES = tests/unit/test_dhcp.c $(fw_dhcp_bytes)
tests_unit_test_dhcp_LDADD = libfwmonitor.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_dhcp_corpus
tests_unit_test_dhcp_corpus_SOURCES = tests/unit/test_dhcp_corpus.c \
	tests/unit/capture.c tests/unit/capture.h
tests_unit_test_dhcp_corpus_LDADD = libfwmonitor.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_monitor_dhcp
tests_unit_test_monitor_dhcp_SOURCES = tests/unit/test_monitor_dhcp.c \
	$(fw_dhcp_bytes) $(fw_records)
tests_unit_test_monitor_dhcp_LDADD = libfwmonitor.a libfwevents.a \
	libfwinspect.a libfwplan.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_monitor_tls
tests_unit_test_monitor_tls_SOURCES = tests/unit/test_monitor_tls.c \
	$(fw_records) tests/unit/capture.c tests/unit/capture.h $(fw_hello_sources)
tests_unit_test_monitor_tls_LDADD = libfwmonitor.a libfwevents.a \
	libfwinspect.a libfwplan.a $(fw_unit_libs)

fw_unit_tests += tests/unit/test_metrics
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c
tests_unit_test_metrics_LDADD = libfwdaemon.a $(fw_unit_libs)
