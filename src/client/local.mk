# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwclient.a
libfwclient_a_SOURCES = \
	src/client/archive.c src/client/archive.h \
	src/client/client.h \
	src/client/document.c \
	src/client/document.h \
	src/client/events.c \
	src/client/flow.c \
	src/client/learn.c \
	src/client/list.c \
	src/client/questions.c \
	src/client/redact.c src/client/redact.h \
	src/client/report.c \
	src/client/request.c \
	src/client/request.h \
	src/client/set.c \
	src/client/status.c \
	src/client/steer.c \
	src/client/table.c \
	src/client/table.h
