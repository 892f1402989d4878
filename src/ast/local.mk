# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwast.a
libfwast_a_SOURCES = \
	src/ast/ast.h
