/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Process: an inspector at arm's length, as its worker sees it.
 *
 * The inspector reads what attackers send; so it runs where a crash, a loop or a
 * foreign will can do no more than give wrong verdicts. Any function that returns
 * an error has found it unfit: then fw_process_end() is all that is left.
 */
#pragma once

#include "inspect/queue.h"
#include "inspect/view.h"
#include "inspect/worker.h"

struct fw_process;

/*
 * Forks; the process inspects the queue's messages under view, of which it takes
 * a reference. nth: how many there were before it, so that no two flows have one
 * number. It ends with the calling thread at the latest.
 */
int fw_process_start(const struct fw_queue *queue, uint16_t number,
		     struct fw_view *view, const struct fw_door *door,
		     unsigned nth, struct fw_process **ret);

/*
 * A verdict for each of n messages of a batch; the door is called by the way. A
 * second of the process's time is all there is: -ETIMEDOUT. -EPIPE: it is dead;
 * -EBADMSG: it answers nonsense.
 */
int fw_process_judge(struct fw_process *process,
		     const struct fw_queue_message *messages, size_t n,
		     struct fw_queue_verdict *verdicts);
/* A plan; flows in hand go on as fw_worker_set_view() says. Errors as above. */
int fw_process_set_view(struct fw_process *process, struct fw_view *view);
/* Once a second. Errors as above. */
int fw_process_sweep(struct fw_process *process);

/* Readable only when it is dead or mad, between these calls. */
int fw_process_fd(const struct fw_process *process);
/* As of the last call. */
const struct fw_worker_stats *fw_process_stats(const struct fw_process *process);
/* A bit for each wall around it (sandbox.h). */
uint32_t fw_process_walls(const struct fw_process *process);

/* Kills it. NULL is fine. With ret_signal it is given a moment to die by itself:
 * the signal that it died of, or 0. */
void fw_process_end(struct fw_process *process, int *ret_signal);
