# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwmonitor.a
libfwmonitor_a_SOURCES = \
	src/monitor/dhcp4.c \
	src/monitor/dhcp4.h \
	src/monitor/dhcp6.c \
	src/monitor/dhcp6.h \
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
	src/monitor/twice.c \
	src/monitor/twice.h
