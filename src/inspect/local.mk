# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwinspect.a
libfwinspect_a_SOURCES = \
	src/inspect/worker.h
