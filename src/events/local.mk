# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwevents.a
libfwevents_a_SOURCES =
