# SPDX-License-Identifier: GPL-2.0-or-later
# Generated code has relaxed warnings, so the grammar is a library of its own.
noinst_LIBRARIES += libfwgrammar.a
libfwgrammar_a_SOURCES = \
	grammar/brackets.c \
	grammar/build.c \
	grammar/internal.h \
	grammar/keywords.c \
	grammar/lexer.l \
	grammar/message.c \
	grammar/parse.c \
	grammar/parse.h \
	grammar/parser.y \
	grammar/position.c \
	grammar/position.h \
	grammar/source.c \
	grammar/words.c
libfwgrammar_a_CFLAGS = $(AM_CFLAGS) -Wno-conversion -Wno-sign-conversion \
	-Wno-shadow -Wno-missing-prototypes -Wno-unused-function \
	-Wno-unused-but-set-variable
BUILT_SOURCES += grammar/parser.h
AM_YFLAGS = -d -Wno-yacc
