# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwlearn.a
libfwlearn_a_SOURCES = \
	src/learn/flow.h \
	src/learn/store.c \
	src/learn/store.h
