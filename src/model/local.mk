# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwmodel.a
libfwmodel_a_SOURCES =
