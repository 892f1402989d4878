/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Process: the worker's side of the desk.
 *
 * In: messages; words and records of the process. Out: verdicts, calls of the
 * door. Fails when the process is dead, late, or says what it cannot mean.
 *
 * Every number of the process's is checked before it is used, in a copy that the
 * process cannot change meanwhile: what a record points to is found by indices
 * within the worker's own plan; what the kernel has said of a packet is taken from
 * the kernel's message; an answer goes back to where its query came from, and no
 * verdict touches marks that are not Flywall's.
 */
#include "inspect/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "inspect/confined.h"
#include "inspect/ct_attr.h"
#include "inspect/desk.h"
#include "inspect/shared.h"
#include "inspect/verdict.h"
#include "util/cleanup.h"

#define PATIENCE_MS 1000	/* for a batch */
#define PATIENCE_VIEW_MS 10000	/* for what is not the packets' matter */
#define DEATH_MS 100
#define ID_BITS 40

struct fw_process {
	uint16_t number;
	unsigned nth;
	pid_t pid;
	int socket;
	const struct fw_door *door;
	struct fw_shared in;		/* struct fw_desk_in */
	struct fw_desk_out *out;	/* believe nothing */
	struct fw_view *view;		/* the present one, also in: */
	struct fw_view *views[FW_VIEW_PLACES];	/* that it may speak of */
	uint32_t walls;
	struct fw_worker_stats stats;
	const struct fw_queue_message *messages;	/* of this batch */
	size_t n_messages;
	struct fw_kept kept;		/* of the next report */
	bool has_kept;
};

/* --- records -------------------------------------------------------------- */
static const struct fw_plan *plan_of(const struct fw_process *process,
				     uint32_t place)
{
	return place < FW_VIEW_PLACES && process->views[place] ?
		       process->views[place]->plan : NULL;
}

static const char *text_of(char *text, size_t size)
{
	text[size - 1] = '\0';
	return text[0] ? text : NULL;
}

/* False for one that no inspector makes. The report's texts are the record's. */
static bool read_flow(const struct fw_process *process,
		      const struct fw_queue_message *message,
		      struct fw_desk_record *record, struct fw_flow_report *ret)
{
	const struct fw_plan *plan = plan_of(process, record->place);
	struct fw_desk_flow *flow = &record->flow;
	bool known = flow->profile != FW_DESK_NO_PROFILE;
	struct fw_ct ct;

	if (known && (!plan || flow->profile >= plan->n_profiles))
		return false;
	if (flow->rule != FW_NO_RULE && (!known || flow->rule >= plan->n_rules))
		return false;
	if (flow->verdict > FW_FLOW_BLOCKED ||
	    (flow->tuple.family != 4 && flow->tuple.family != 6))
		return false;
	*ret = (struct fw_flow_report){
		.id = (flow->id & ((UINT64_C(1) << ID_BITS) - 1)) |
		      (uint64_t)(process->nth & 0xff) << ID_BITS,
		.tuple = flow->tuple,
		.mark = message->mark,
		.ifindex = { flow->ifindex[0], flow->ifindex[1] },
		.queue = process->number,
		.profile = known ? &plan->profiles[flow->profile] : NULL,
		.verdict = (enum fw_flow_verdict)flow->verdict,
		.packets = flow->packets,
		.bytes = flow->bytes,
		.sni = text_of(flow->sni, sizeof(flow->sni)),
		.ja3 = text_of(flow->ja3, sizeof(flow->ja3)),
		.ja4 = text_of(flow->ja4, sizeof(flow->ja4)),
		.rule = flow->rule,
		.again = *(const uint8_t *)&flow->again != 0,
	};
	ret->reason = fw_verdict_reason(
		text_of(flow->reason, sizeof(flow->reason)));
	if (message->ct && !fw_ct_read(message->ct, &ct)) {
		ret->has_ct = true;
		ret->ct[0] = ct.tuple[0];
		ret->ct[1] = ct.tuple[1];
		ret->ct_mark = ct.mark;
	}
	return true;
}

/* Between the addresses of the query, the other way round. */
static bool answers(const struct fw_queue_message *query, const uint8_t *packet,
		    size_t len)
{
	bool v4 = len > 0 && packet[0] >> 4 == 4;
	size_t size = v4 ? 4 : 16;
	size_t source = v4 ? 12 : 8, destination = source + size;

	return len >= destination + size && query->len >= destination + size &&
	       packet[0] >> 4 == query->data[0] >> 4 &&
	       !memcmp(packet + source, query->data + destination, size) &&
	       !memcmp(packet + destination, query->data + source, size);
}

static bool take_kept(struct fw_process *process, const struct fw_kept *kept)
{
	if (!fw_kept_valid(kept))
		return false;
	memcpy(&process->kept, kept, fw_kept_size(kept));
	process->has_kept = true;
	return true;
}

/* Whether the packet goes between these addresses, one way or the other: what is
 * done to a source is done to none that has sent nothing. */
static bool is_between(const struct fw_queue_message *message,
		       const struct fw_tuple *tuple)
{
	size_t size = tuple->family == 4 ? 4 : 16;
	size_t source = tuple->family == 4 ? 12 : 8;
	const uint8_t *at = message->data + source;

	if (message->len < source + 2 * size ||
	    message->data[0] >> 4 != tuple->family)
		return false;
	return (!memcmp(at, tuple->saddr, size) &&
		!memcmp(at + size, tuple->daddr, size)) ||
	       (!memcmp(at, tuple->daddr, size) &&
		!memcmp(at + size, tuple->saddr, size));
}

static bool take_flow(struct fw_process *process,
		      const struct fw_queue_message *message,
		      struct fw_desk_record *record)
{
	const struct fw_door *door = process->door;
	struct fw_flow_report report;

	if (!read_flow(process, message, record, &report) ||
	    !is_between(message, &report.tuple))
		return false;
	if (record->kind == FW_DESK_FLOW) {
		if (process->has_kept)
			report.kept = &process->kept;
		process->has_kept = false;
		door->flow(door->ctx, &report);
		return true;
	}
	if (!report.profile || record->rule >= report.profile->n_rules)
		return false;
	if (door->met)
		door->met(door->ctx, &report,
			  &report.profile->rules[record->rule]);
	return true;
}

static bool take_record(struct fw_process *process,
			struct fw_desk_record *record)
{
	const struct fw_door *door = process->door;
	const struct fw_plan *plan = plan_of(process, record->place);
	const struct fw_queue_message *message;

	if (record->message >= process->n_messages)
		return false;
	message = &process->messages[record->message];
	switch (record->kind) {
	case FW_DESK_KEPT:
		return take_kept(process, &record->kept);
	case FW_DESK_FLOW:
	case FW_DESK_MET:
		return take_flow(process, message, record);
	case FW_DESK_ANSWER:
		if (record->answer.len > sizeof(record->answer.bytes) ||
		    !answers(message, record->answer.bytes, record->answer.len))
			return false;
		if (door->answer)
			door->answer(door->ctx, message, record->answer.bytes,
				     record->answer.len);
		return true;
	case FW_DESK_COUNTED:
		if (!plan || record->rule >= plan->n_rules)
			return false;
		if (door->counted)
			door->counted(door->ctx, plan, record->rule);
		return true;
	default:
		return false;
	}
}

static bool take_records(struct fw_process *process, uint32_t n)
{
	struct fw_desk_record record;

	if (n > FW_DESK_RECORDS)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(&record, &process->out->records[i], sizeof(record));
		if (!take_record(process, &record))
			return false;
	}
	return true;
}

/* --- words ---------------------------------------------------------------- */
static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int say(const struct fw_process *process, uint32_t kind, uint32_t n)
{
	const struct fw_desk_word word = { kind, n };

	return send(process->socket, &word, sizeof(word), MSG_NOSIGNAL) ==
			       sizeof(word) ? 0 : -EPIPE;
}

/* The socket gives up by itself once in a while: the clock decides. */
static int hear(const struct fw_process *process, uint64_t until_ms,
		struct fw_desk_word *ret)
{
	for (;;) {
		ssize_t n = recv(process->socket, ret, sizeof(*ret), 0);

		if (n == sizeof(*ret))
			return 0;
		if (n >= 0)
			return n ? -EBADMSG : -EPIPE;
		if (errno != EAGAIN && errno != EINTR)
			return -EPIPE;
		if (now_ms() >= until_ms)
			return -ETIMEDOUT;
	}
}

static uint32_t profile_for(const struct fw_process *process)
{
	const struct fw_door *door = process->door;
	struct fw_tuple tuple = process->out->asked;

	return (uint32_t)(door->profile ? door->profile(door->ctx, &tuple) :
					  -ENOENT);
}

/* What the process sees of it is what the door has laid there, and no more. */
static uint32_t again_for(struct fw_process *process)
{
	const struct fw_door *door = process->door;
	struct fw_desk_in *in = process->in.p;
	struct fw_tuple tuple = process->out->asked;
	bool turned = false;

	memset(&in->kept, 0, sizeof(in->kept));
	if (!door->again ||
	    !door->again(door->ctx, &tuple, &in->kept, &turned))
		return 0;
	return turned ? 3 : 1;
}

static uint32_t ended_for(struct fw_process *process)
{
	const struct fw_door *door = process->door;
	struct fw_tuple tuple = process->out->asked;

	return door->ended && door->ended(door->ctx, &tuple);
}

static uint32_t answer_for(struct fw_process *process, uint32_t question)
{
	switch (question) {
	case FW_DESK_AGAIN:
		return again_for(process);
	case FW_DESK_ENDED:
		return ended_for(process);
	default:
		return profile_for(process);
	}
}

/* Its word is DONE in the end; what it wants before that, it gets. What the door
 * takes is not its time. */
static int finish(struct fw_process *process, unsigned patience_ms)
{
	uint64_t until_ms = now_ms() + patience_ms;
	struct fw_desk_word word;
	uint64_t began_ms;
	uint32_t answer;
	int r;

	for (;;) {
		r = hear(process, until_ms, &word);
		if (r)
			return r;
		began_ms = now_ms();
		if (began_ms > until_ms)
			return -ETIMEDOUT;
		if (word.kind == FW_DESK_ASK)
			answer = answer_for(process, word.n);
		else if (word.kind != FW_DESK_FULL && word.kind != FW_DESK_DONE)
			return -EBADMSG;
		else if (!take_records(process, word.n))
			return -EBADMSG;
		else
			answer = 0;
		if (word.kind == FW_DESK_DONE)
			return 0;
		until_ms += now_ms() - began_ms;
		r = say(process, FW_DESK_GO_ON, answer);
		if (r)
			return r;
	}
}

/* Views that it has no use for any more may go. */
static void release_views(struct fw_process *process)
{
	uint32_t used = process->out->places;

	for (unsigned i = 0; i < FW_VIEW_PLACES; i++)
		if (!(used >> i & 1) && process->views[i] != process->view)
			fw_view_unref(FW_TAKE(process->views[i]));
}

static int ask(struct fw_process *process, uint32_t kind, uint32_t n,
	       unsigned patience_ms)
{
	int r = say(process, kind, n);

	if (!r)
		r = finish(process, patience_ms);
	if (!r)
		process->stats = process->out->stats;
	return r;
}

/* --- verdicts ------------------------------------------------------------- */
static bool is_class(const struct fw_plan *plan, uint16_t number)
{
	for (size_t i = 0; i < plan->n_classes; i++)
		if (plan->classes[i].number == number)
			return true;
	return false;
}

static struct fw_queue_verdict read_verdict(const struct fw_process *process,
					    size_t i)
{
	const volatile struct fw_queue_verdict *said = &process->out->verdicts[i];
	const struct fw_plan *plan = process->view->plan;
	uint32_t ours = plan->options.marks;
	uint32_t before = process->messages[i].mark;
	uint16_t class = said->class;

	return (struct fw_queue_verdict){
		.drop = *(const volatile uint8_t *)&said->drop != 0,
		.set_mark = *(const volatile uint8_t *)&said->set_mark != 0,
		.mark = (before & ~ours) | (said->mark & ours),
		.set_class = *(const volatile uint8_t *)&said->set_class != 0 &&
			     is_class(plan, class),
		.class = class,
	};
}

int fw_process_judge(struct fw_process *process,
		     const struct fw_queue_message *messages, size_t n,
		     struct fw_queue_verdict *verdicts)
{
	struct fw_desk_in *in = process->in.p;
	int r;

	memcpy(in->messages, messages, n * sizeof(*messages));
	if (process->door->renewals)
		in->renewals = __atomic_load_n(process->door->renewals,
					       __ATOMIC_ACQUIRE);
	process->messages = messages;
	process->n_messages = n;
	r = ask(process, FW_DESK_JUDGE, (uint32_t)n, PATIENCE_MS);
	for (size_t i = 0; !r && i < n; i++)
		verdicts[i] = read_verdict(process, i);
	process->n_messages = 0;
	return r;
}

int fw_process_set_view(struct fw_process *process, struct fw_view *view)
{
	int r;

	if (view == process->view)
		return 0;
	/* a new view has a place that no other view has */
	if (!process->views[view->place])
		process->views[view->place] = fw_view_ref(view);
	process->view = view;
	r = ask(process, FW_DESK_VIEW, view->place, PATIENCE_VIEW_MS);
	release_views(process);
	return r;
}

int fw_process_sweep(struct fw_process *process)
{
	int r = ask(process, FW_DESK_SWEEP, 0, PATIENCE_MS);

	release_views(process);
	return r;
}

/* --- life ----------------------------------------------------------------- */
static int make_desk(struct fw_process *process)
{
	void *out;
	int r = fw_shared_new("flywall-desk", sizeof(struct fw_desk_in),
			      &process->in);

	if (r)
		return r;
	out = mmap(NULL, sizeof(*process->out), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (out == MAP_FAILED)
		return -errno;
	process->out = out;
	return 0;
}

static int fork_it(struct fw_process *process, const struct fw_queue *queue)
{
	const struct timeval second = { .tv_sec = 1 };
	struct fw_confined_args args = {
		.queue = process->number,
		.place = process->view->place,
		.parent = getpid(),
		.memory = fw_queue_memory(queue),
		.in = &process->in,
		.out = process->out,
	};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	process->socket = ends[0];
	args.socket = ends[1];
	(void)setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &second,
			 sizeof(second));
	process->pid = fork();
	if (process->pid == 0)
		fw_confined_run(&args);
	(void)close(ends[1]);
	return process->pid < 0 ? -errno : 0;
}

static int greet(struct fw_process *process)
{
	struct fw_desk_word word;
	int r = hear(process, now_ms() + PATIENCE_VIEW_MS, &word);

	if (!r && word.kind != FW_DESK_READY)
		r = -EBADMSG;
	process->walls = r ? 0 : word.n;
	return r;
}

static void end_it(struct fw_process *process)
{
	fw_process_end(process, NULL);
}

FW_CLEANUP_PTR(struct fw_process *, end_it)

int fw_process_start(const struct fw_queue *queue, uint16_t number,
		     struct fw_view *view, const struct fw_door *door,
		     unsigned nth, struct fw_process **ret)
{
	_cleanup_(end_it_ptr_) struct fw_process *process =
		calloc(1, sizeof(*process));
	int r;

	if (!process)
		return -ENOMEM;
	process->number = number;
	process->nth = nth;
	process->door = door;
	process->socket = -1;
	process->view = process->views[view->place] = fw_view_ref(view);
	r = make_desk(process);
	if (!r)
		r = fork_it(process, queue);
	if (!r)
		r = greet(process);
	if (!r)
		*ret = FW_TAKE(process);
	return r;
}

int fw_process_fd(const struct fw_process *process)
{
	return process->socket;
}

const struct fw_worker_stats *fw_process_stats(const struct fw_process *process)
{
	return &process->stats;
}

uint32_t fw_process_walls(const struct fw_process *process)
{
	return process->walls;
}

/* Dying it closes its end a little before it is dead: what it dies of is to be
 * seen. Returns false where it lives. */
static bool is_dead(pid_t pid, int *ret_status)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	pid_t r = 0;

	for (int i = 0; i < DEATH_MS && r == 0; i++) {
		r = waitpid(pid, ret_status, WNOHANG);
		if (r == 0)
			(void)nanosleep(&moment, NULL);
	}
	return r != 0;
}

static void kill_it(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void fw_process_end(struct fw_process *process, int *ret_signal)
{
	int status = 0;

	if (!process)
		return;
	if (process->socket >= 0)
		(void)close(process->socket);
	if (process->pid > 0 &&
	    !(ret_signal && is_dead(process->pid, &status)))
		kill_it(process->pid);
	if (ret_signal)
		*ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	for (unsigned i = 0; i < FW_VIEW_PLACES; i++)
		fw_view_unref(process->views[i]);
	if (process->out)
		(void)munmap(process->out, sizeof(*process->out));
	fw_shared_done(&process->in);
	free(process);
}
