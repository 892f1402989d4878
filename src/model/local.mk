# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwmodel.a
libfwmodel_a_SOURCES = \
	src/model/model.c \
	src/model/model.h \
	src/model/packet.c \
	src/model/packet.h
