# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwfacts.a
libfwfacts_a_SOURCES = \
	src/facts/facts.c \
	src/facts/facts.h
