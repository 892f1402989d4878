# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwmodel.a
libfwmodel_a_SOURCES = \
	src/model/dns.c \
	src/model/dns.h \
	src/model/explain.c \
	src/model/explain.h \
	src/model/explain_match.c \
	src/model/explain_print.c \
	src/model/explain_rule.c \
	src/model/model.c \
	src/model/model.h \
	src/model/packet.c \
	src/model/packet.h \
	src/model/told.c \
	src/model/told_first.c \
	src/model/walk.h
