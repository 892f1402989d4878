# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwclient.a
libfwclient_a_SOURCES =
