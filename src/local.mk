# SPDX-License-Identifier: GPL-2.0-or-later
# The one program. Libraries stand in link order: users before what they use.
fw_offline_libs = libfwoffline.a libfwcompile.a libfwscan.a libfwgrammar.a libfwast.a \
	libfwlists.a libfwfacts.a libfwmodel.a libfwplan.a libfwnft.a \
	libfwutil.a

sbin_PROGRAMS += flywall
flywall_SOURCES = src/main.c src/options.c src/options.h
flywall_LDADD = libfwclient.a libfwdaemon.a libfwlearn.a libfwoffline.a libfwmonitor.a \
	libfwevents.a libfwinspect.a libfwapply.a $(fw_offline_libs) \
	$(LIBBPF_LIBS) $(LIBELF_LIBS) $(LIBNFTABLES_LIBS) $(LIBNFTNL_LIBS) \
	$(LIBNFQ_LIBS) $(LIBNFCT_LIBS) $(LIBMNL_LIBS) $(LIBEVENT_LIBS) \
	$(JANSSON_LIBS) $(SQLITE_LIBS) $(NETTLE_LIBS) $(NGHTTP2_LIBS) \
	$(PATTERNS_LIBS) -lm
