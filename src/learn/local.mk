# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwlearn.a
libfwlearn_a_SOURCES = \
	src/learn/collect.c \
	src/learn/collect.h \
	src/learn/cover.c \
	src/learn/cover.h \
	src/learn/flow.h \
	src/learn/store.c \
	src/learn/store.h \
	src/learn/suggest.c \
	src/learn/suggest.h \
	src/learn/suggest_judge.c \
	src/learn/words.c \
	src/learn/words.h
