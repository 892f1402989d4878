# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwevents.a
libfwevents_a_SOURCES = \
	src/events/baseline.c src/events/baseline.h \
	src/events/dns_name.c \
	src/events/dns_name.h \
	src/events/file.c src/events/file.h \
	src/events/log.c \
	src/events/log.h \
	src/events/record.c \
	src/events/record.h \
	src/events/ring.c \
	src/events/ring.h
