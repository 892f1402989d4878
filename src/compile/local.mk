# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwcompile.a
libfwcompile_a_SOURCES = \
	src/compile/compile.h \
	src/compile/typed.h
