# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwdaemon.a
libfwdaemon_a_SOURCES = \
	src/daemon/answers.c \
	src/daemon/answers.h \
	src/daemon/block.c \
	src/daemon/block.h \
	src/daemon/blocked.c src/daemon/blocked.h \
	src/daemon/blocked_watch.c src/daemon/blocked_watch.h \
	src/daemon/commands.c \
	src/daemon/commands.h \
	src/daemon/conntrack.c \
	src/daemon/conntrack.h \
	src/daemon/commit.c \
	src/daemon/commit.h \
	src/daemon/confirm.c \
	src/daemon/confirm.h \
	src/daemon/control.c \
	src/daemon/control.h \
	src/daemon/daemon.c \
	src/daemon/daemon.h \
	src/daemon/flow_records.c \
	src/daemon/flow_records.h \
	src/daemon/flows.c \
	src/daemon/flows.h \
	src/daemon/flows_credit.c \
	src/daemon/flows_list.c \
	src/daemon/flow_orders.c src/daemon/flow_orders.h \
	src/daemon/flows_roads.c \
	src/daemon/flows_trust.c \
	src/daemon/flows_state.h \
	src/daemon/json.c \
	src/daemon/json.h \
	src/daemon/leases.c \
	src/daemon/leases.h \
	src/daemon/elements.c \
	src/daemon/elements.h \
	src/daemon/existing.c src/daemon/existing.h \
	src/daemon/feeds.c \
	src/daemon/feeds.h \
	src/daemon/kernel.c src/daemon/kernel.h \
	src/daemon/kernel_read.c src/daemon/kernel_read.h \
	src/daemon/learner.c \
	src/daemon/learner.h \
	src/daemon/learning.c \
	src/daemon/learning.h \
	src/daemon/learning_apply.c \
	src/daemon/links.c \
	src/daemon/links.h \
	src/daemon/load.c \
	src/daemon/load.h \
	src/daemon/lock.c \
	src/daemon/lock.h \
	src/daemon/logging.c \
	src/daemon/logging.h \
	src/daemon/loop.c \
	src/daemon/loop.h \
	src/daemon/mailbox.c \
	src/daemon/mailbox.h \
	src/daemon/metrics.c src/daemon/metrics.h \
	src/daemon/metrics_place.c src/daemon/metrics_place.h \
	src/daemon/names.c \
	src/daemon/names.h \
	src/daemon/notify.c \
	src/daemon/notify.h \
	src/daemon/numbers.c src/daemon/numbers.h \
	src/daemon/queues.c \
	src/daemon/queues.h \
	src/daemon/questions.c \
	src/daemon/questions.h \
	src/daemon/reload.c \
	src/daemon/reload.h \
	src/daemon/route_find.c src/daemon/route_find.h \
	src/daemon/routes.c \
	src/daemon/routes.h \
	src/daemon/set_edit.h \
	src/daemon/set_list.c \
	src/daemon/set_list.h \
	src/daemon/set_nft.c \
	src/daemon/set_order.c \
	src/daemon/set_state.c \
	src/daemon/set_state.h \
	src/daemon/set_watch.c \
	src/daemon/set_watch.h \
	src/daemon/sinks.c src/daemon/sinks.h \
	src/daemon/state.h \
	src/daemon/status.c \
	src/daemon/status.h \
	src/daemon/set_texts.c \
	src/daemon/trial_record.c src/daemon/trial_record.h \
	src/daemon/verdicts.c \
	src/daemon/verdicts.h \
	src/daemon/watching.c \
	src/daemon/watching.h \
	src/daemon/workers.c \
	src/daemon/workers.h
