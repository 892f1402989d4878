# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwutil.a
libfwutil_a_SOURCES = \
	src/util/arena.c \
	src/util/arena.h \
	src/util/buf.c \
	src/util/buf.h \
	src/util/cleanup.h \
	src/util/diag.c \
	src/util/diag.h \
	src/util/diag_print.c \
	src/util/duration.c \
	src/util/duration.h \
	src/util/json_text.c \
	src/util/json_text.h \
	src/util/log.c \
	src/util/log.h \
	src/util/nearest.c \
	src/util/pages.c \
	src/util/pages.h \
	src/util/sha256.c \
	src/util/sha256.h \
	src/util/siphash.c \
	src/util/siphash.h \
	src/util/vec.c \
	src/util/vec.h
