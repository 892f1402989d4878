# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwmonitor.a
libfwmonitor_a_SOURCES = \
	src/monitor/dhcp.c \
	src/monitor/dhcp.h \
	src/monitor/dhcp4.c \
	src/monitor/dhcp4.h \
	src/monitor/dhcp6.c \
	src/monitor/dhcp6.h \
	src/monitor/dhcp_alerts.c \
	src/monitor/dhcp_asked.c \
	src/monitor/dhcp_asked.h \
	src/monitor/dhcp_built_in.c \
	src/monitor/dhcp_built_in.h \
	src/monitor/dhcp_clients.c \
	src/monitor/dhcp_clients.h \
	src/monitor/dhcp_leases.c \
	src/monitor/dhcp_leases.h \
	src/monitor/dhcp_message.c \
	src/monitor/dhcp_message.h \
	src/monitor/dhcp_record.h \
	src/monitor/dhcp_state.h \
	src/monitor/dhcp_tell.c \
	src/monitor/dhcp_text.c \
	src/monitor/dhcp_text.h \
	src/monitor/dns.c \
	src/monitor/dns.h \
	src/monitor/dns_alerts.c \
	src/monitor/dns_alerts.h \
	src/monitor/dns_message.c \
	src/monitor/dns_message.h \
	src/monitor/dns_pending.c \
	src/monitor/dns_pending.h \
	src/monitor/dns_rates.c \
	src/monitor/dns_rates.h \
	src/monitor/kind.h \
	src/monitor/monitor.c \
	src/monitor/monitor.h \
	src/monitor/names.c \
	src/monitor/names.h \
	src/monitor/seen.c \
	src/monitor/seen.h \
	src/monitor/tls.c \
	src/monitor/tls.h \
	src/monitor/twice.c \
	src/monitor/twice.h

# The lines of conf/dhcp.db, as strings of C
src/monitor/dhcp_db.inc: conf/dhcp.db
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	sed -e '/^#/d' -e '/^[ 	]*$$/d' -e 's/[\\"]/\\&/g' -e 's/.*/"&",/' \
		$(srcdir)/conf/dhcp.db > $@.tmp && mv $@.tmp $@
src/monitor/dhcp_built_in.$(OBJEXT): src/monitor/dhcp_db.inc
CLEANFILES += src/monitor/dhcp_db.inc
