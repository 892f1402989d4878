# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each program is compiled for the BPF machine, stripped of what only a debugger
# needs, and embedded by its skeleton. The builder's CFLAGS never reach it.

fw_bpf_headers = bpf/abi.h bpf/abi_addresses.h bpf/abi_events.h \
	bpf/abi_flows.h bpf/abi_qos.h bpf/abi_syn.h bpf/abi_trace.h bpf/bucket.h bpf/qos.h \
	bpf/maps.h \
	bpf/packet.h bpf/rows.h bpf/dns_name.h bpf/reply.h bpf/dns_reply.h \
	bpf/syn_options.h bpf/meta.h bpf/conntrack.h bpf/tests.h bpf/limits.h \
	bpf/flows.h bpf/roads.h bpf/xdp_road.h bpf/addresses.h bpf/classify.h bpf/events.h bpf/watch.h
fw_bpf_programs = bpf/xdp.bpf.c bpf/syn.bpf.c bpf/tc.bpf.c bpf/road.bpf.c \
	bpf/watch.bpf.c bpf/dns.bpf.c bpf/dhcp.bpf.c bpf/tls.bpf.c bpf/trace.bpf.c
fw_bpf_skeletons = bpf/xdp.skel.h bpf/syn.skel.h bpf/tc.skel.h \
	bpf/road.skel.h bpf/watch.skel.h bpf/dns.skel.h bpf/dhcp.skel.h \
	bpf/tls.skel.h bpf/trace.skel.h

EXTRA_DIST += $(fw_bpf_headers) $(fw_bpf_programs)
CLEANFILES += $(fw_bpf_skeletons) $(fw_bpf_skeletons:.skel.h=.bpf.o)
BUILT_SOURCES += $(fw_bpf_skeletons)

fw_bpf_verbose = $(fw_bpf_verbose_@AM_V@)
fw_bpf_verbose_ = $(fw_bpf_verbose_@AM_DEFAULT_V@)
fw_bpf_verbose_0 = @echo "  BPF     " $@;

%.bpf.o: %.bpf.c $(fw_bpf_headers)
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(fw_bpf_verbose)$(CLANG) -target bpf -mcpu=v3 -std=gnu11 -Wall \
		-I$(top_srcdir) -I$(top_srcdir)/bpf $(BPF_SYSINC) $(BPF_CFLAGS) \
		-c $< -o $@.tmp
	$(AM_V_at)$(LLVM_STRIP) -g $@.tmp
	$(AM_V_at)mv $@.tmp $@

%.skel.h: %.bpf.o
	$(fw_bpf_verbose)$(BPFTOOL) gen skeleton $< name fw_$(notdir $*)_bpf > $@.tmp
	$(AM_V_at)mv $@.tmp $@

# Who embeds them, so that a single target builds too
src/apply/bpf.$(OBJEXT) src/apply/trace.$(OBJEXT): $(fw_bpf_skeletons)
