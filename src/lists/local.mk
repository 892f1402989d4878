# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwlists.a
libfwlists_a_SOURCES = \
	src/lists/lists.h
