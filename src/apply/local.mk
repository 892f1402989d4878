# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwapply.a
libfwapply_a_SOURCES = \
	src/apply/generation.h \
	src/apply/nft.h
