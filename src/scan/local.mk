# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwscan.a
libfwscan_a_SOURCES = \
	src/scan/patterns.c \
	src/scan/patterns.h
