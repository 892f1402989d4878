# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwscan.a
libfwscan_a_SOURCES = \
	src/scan/engine.h \
	src/scan/patterns.c \
	src/scan/patterns.h
fw_scan_pcre2 = \
	src/scan/engine_pcre2.c \
	src/scan/syntax.c \
	src/scan/syntax.h
if HAVE_HYPERSCAN
libfwscan_a_SOURCES += src/scan/engine_hyperscan.c
else
libfwscan_a_SOURCES += $(fw_scan_pcre2)
endif
