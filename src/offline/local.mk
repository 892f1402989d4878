# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwoffline.a
libfwoffline_a_SOURCES =
