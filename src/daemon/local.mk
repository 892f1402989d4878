# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwdaemon.a
libfwdaemon_a_SOURCES =
