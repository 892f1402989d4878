# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwast.a
libfwast_a_SOURCES = \
	src/ast/ast.h \
	src/ast/ast_print.c \
	src/ast/words.h \
	src/ast/words_text.c
