# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwutil.a
libfwutil_a_SOURCES = \
	src/util/arena.h \
	src/util/buf.h \
	src/util/cleanup.h \
	src/util/diag.h \
	src/util/log.h \
	src/util/sha256.h \
	src/util/vec.h
