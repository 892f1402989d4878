# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwplan.a
libfwplan_a_SOURCES = \
	src/plan/plan.h
