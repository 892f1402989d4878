# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwapply.a
libfwapply_a_SOURCES = \
	src/apply/apply.h \
	src/apply/bpf.c \
	src/apply/bpf.h \
	src/apply/bpf_fs.c \
	src/apply/bpf_fs.h \
	src/apply/bpf_log.c \
	src/apply/bpf_log.h \
	src/apply/control.c \
	src/apply/control.h \
	src/apply/counters.c \
	src/apply/counters.h \
	src/apply/devices.c \
	src/apply/devices.h \
	src/apply/devices_tc.c \
	src/apply/devices_watch.c \
	src/apply/devices_xdp.c \
	src/apply/error.c \
	src/apply/error.h \
	src/apply/facts.c \
	src/apply/fault.c \
	src/apply/fault.h \
	src/apply/flows.c \
	src/apply/generation.c \
	src/apply/generation.h \
	src/apply/nft.h \
	src/apply/rcu.c \
	src/apply/rcu.h \
	src/apply/snapshot.c \
	src/apply/snapshot.h \
	src/apply/stage.c \
	src/apply/stage.h \
	src/apply/status.c
