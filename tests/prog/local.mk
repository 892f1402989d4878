# SPDX-License-Identifier: GPL-2.0-or-later
#
# The programs in the kernel, by BPF_PROG_TEST_RUN, against the model of a plan.
# Each prints how many comparisons held. Without root or bpf(): 77.

fw_prog_kernel = tests/prog/kernel.c tests/prog/kernel.h
fw_prog_random = tests/prog/plans.c tests/prog/plans.h tests/prog/packets.c \
	tests/prog/packets.h tests/prog/tables.c tests/prog/tables.h \
	tests/prog/random.h
fw_prog_libs = libfwcompile.a libfwmodel.a libfwplan.a libfwutil.a \
	$(LIBBPF_LIBS) $(LIBELF_LIBS) $(NETTLE_LIBS)

fw_prog_tests =

fw_prog_tests += tests/prog/test_verify
tests_prog_test_verify_SOURCES = tests/prog/test_verify.c $(fw_prog_kernel)
tests_prog_test_verify_LDADD = $(fw_prog_libs)

fw_prog_tests += tests/prog/test_xdp
tests_prog_test_xdp_SOURCES = tests/prog/test_xdp.c $(fw_prog_kernel) \
	$(fw_prog_random)
tests_prog_test_xdp_LDADD = $(fw_prog_libs)

fw_prog_tests += tests/prog/test_many_addresses
tests_prog_test_many_addresses_SOURCES = tests/prog/test_many_addresses.c \
	$(fw_prog_kernel)
tests_prog_test_many_addresses_LDADD = $(fw_prog_libs)

fw_prog_tests += tests/prog/test_limit
tests_prog_test_limit_SOURCES = tests/prog/test_limit.c $(fw_prog_kernel) \
	tests/prog/tables.c tests/prog/tables.h tests/prog/plans.c \
	tests/prog/plans.h tests/prog/random.h
tests_prog_test_limit_LDADD = $(fw_prog_libs) -lpthread

fw_prog_tests += tests/prog/test_qos
tests_prog_test_qos_SOURCES = tests/prog/test_qos.c $(fw_prog_kernel)
tests_prog_test_qos_LDADD = $(fw_prog_libs)

fw_prog_tests += tests/prog/test_tc
tests_prog_test_tc_SOURCES = tests/prog/test_tc.c tests/prog/probe.h \
	$(fw_prog_kernel) $(fw_prog_random)
tests_prog_test_tc_LDADD = $(fw_prog_libs)
tests/prog/test_tc.$(OBJEXT): tests/prog/probe.skel.h
tests/prog/probe.bpf.o: tests/prog/probe.h
EXTRA_DIST += tests/prog/probe.bpf.c
CLEANFILES += tests/prog/probe.skel.h tests/prog/probe.bpf.o

fw_prog_tests += tests/prog/test_hook
tests_prog_test_hook_SOURCES = tests/prog/test_hook.c tests/prog/probe.h \
	$(fw_prog_kernel) $(fw_prog_random)
tests_prog_test_hook_LDADD = $(fw_offline_libs) $(LIBBPF_LIBS) \
	$(LIBELF_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS) $(PATTERNS_LIBS)
tests/prog/test_hook.$(OBJEXT): tests/prog/probe.skel.h

fw_prog_tests += tests/prog/test_dns
tests_prog_test_dns_SOURCES = tests/prog/test_dns.c tests/prog/frame.h \
	$(fw_prog_kernel)
tests_prog_test_dns_LDADD = libfwmonitor.a libfwinspect.a $(fw_prog_libs)

fw_prog_domains = tests/prog/domains.c tests/prog/domains.h
fw_prog_names = tests/prog/names.c tests/prog/names.h \
	tests/prog/names_corpus.h $(fw_prog_domains)
tests/prog/names.$(OBJEXT): tests/prog/names.skel.h
tests/prog/names.bpf.o: tests/prog/names_corpus.h
EXTRA_DIST += tests/prog/names.bpf.c
CLEANFILES += tests/prog/names.skel.h tests/prog/names.bpf.o

fw_prog_tests += tests/prog/test_names
tests_prog_test_names_SOURCES = tests/prog/test_names.c tests/prog/frame.h \
	$(fw_prog_names) $(fw_prog_kernel)
tests_prog_test_names_LDADD = $(fw_prog_libs)

fw_prog_tests += tests/prog/test_many_names
tests_prog_test_many_names_SOURCES = tests/prog/test_many_names.c \
	$(fw_prog_names) $(fw_prog_kernel)
tests_prog_test_many_names_LDADD = $(fw_prog_libs)

fw_prog_tests += tests/prog/test_reply
tests_prog_test_reply_SOURCES = tests/prog/test_reply.c tests/prog/frame.h \
	$(fw_prog_names) $(fw_prog_kernel)
tests_prog_test_reply_LDADD = $(fw_prog_libs)

fw_prog_tests += tests/prog/test_syn
tests_prog_test_syn_SOURCES = tests/prog/test_syn.c tests/prog/frame.h \
	$(fw_prog_kernel) tests/prog/tables.c tests/prog/tables.h \
	tests/prog/plans.c tests/prog/plans.h tests/prog/random.h
tests_prog_test_syn_LDADD = $(fw_prog_libs)

fw_prog_tests += tests/prog/test_corpus
tests_prog_test_corpus_SOURCES = tests/prog/test_corpus.c $(fw_prog_kernel) \
	$(fw_prog_random)
tests_prog_test_corpus_LDADD = $(fw_prog_libs)

check_PROGRAMS += $(fw_prog_tests)
TESTS += $(fw_prog_tests)
