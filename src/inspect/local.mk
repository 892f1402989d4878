# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwinspect.a
libfwinspect_a_SOURCES = \
	src/inspect/answer.c src/inspect/answer.h \
	src/inspect/app.c src/inspect/app.h \
	src/inspect/authority.c src/inspect/authority.h \
	src/inspect/confined.c src/inspect/confined.h \
	src/inspect/ct_attr.c src/inspect/ct_attr.h \
	src/inspect/desk.h \
	src/inspect/dns.c src/inspect/dns.h \
	src/inspect/hello.c src/inspect/hello.h \
	src/inspect/http.c src/inspect/http.h \
	src/inspect/http2.c src/inspect/http2.h \
	src/inspect/inspector.c src/inspect/inspector.h \
	src/inspect/ja.c src/inspect/ja.h \
	src/inspect/kept.c src/inspect/kept.h \
	src/inspect/packet.c src/inspect/packet.h \
	src/inspect/parse.h \
	src/inspect/pin.c src/inspect/pin.h \
	src/inspect/process.c src/inspect/process.h \
	src/inspect/query.c src/inspect/query.h \
	src/inspect/queue.c src/inspect/queue.h \
	src/inspect/quic.c src/inspect/quic.h \
	src/inspect/quic_keys.c src/inspect/quic_keys.h \
	src/inspect/reassembly.c src/inspect/reassembly.h \
	src/inspect/sandbox.c src/inspect/sandbox.h \
	src/inspect/shared.c src/inspect/shared.h \
	src/inspect/ssh.c src/inspect/ssh.h \
	src/inspect/starttls.c src/inspect/starttls.h \
	src/inspect/table.c src/inspect/table.h \
	src/inspect/tls.c src/inspect/tls.h \
	src/inspect/verdict.c src/inspect/verdict.h \
	src/inspect/vetting.c src/inspect/vetting.h \
	src/inspect/view.c src/inspect/view.h \
	src/inspect/worker.c src/inspect/worker.h
