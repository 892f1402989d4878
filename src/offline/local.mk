# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwoffline.a
libfwoffline_a_SOURCES = \
	src/offline/capture.c \
	src/offline/capture.h \
	src/offline/capture_file.c \
	src/offline/check.c \
	src/offline/lints.c \
	src/offline/diff.c \
	src/offline/dissect.c \
	src/offline/explain.c \
	src/offline/explain_capture.c \
	src/offline/explain_capture.h \
	src/offline/features.c \
	src/offline/flow_memory.c \
	src/offline/flow_memory.h \
	src/offline/foreign.c \
	src/offline/foreign.h \
	src/offline/live.c \
	src/offline/live.h \
	src/offline/load.c \
	src/offline/load.h \
	src/offline/meant.c \
	src/offline/meant.h \
	src/offline/offline.h \
	src/offline/opinion.c \
	src/offline/opinion.h \
	src/offline/plan.c \
	src/offline/print.c \
	src/offline/words.c
