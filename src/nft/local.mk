# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwnft.a
libfwnft_a_SOURCES = \
	src/nft/child.c \
	src/nft/child.h \
	src/nft/complaints.c \
	src/nft/complaints.h
