# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwlists.a
libfwlists_a_SOURCES = \
	src/lists/kept.c \
	src/lists/kept.h \
	src/lists/line.c \
	src/lists/line.h \
	src/lists/list.c \
	src/lists/lists.h
