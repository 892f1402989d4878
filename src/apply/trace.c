/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the embedded object, the kernel's BTF. Out: programs at tracepoints, their
 * counters, drops and events. May fail: a kernel without BTF, or that refuses
 * the programs; a single tracepoint that is missing is none of that.
 */
#include "apply/trace.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/bpf_log.h"
#include "apply/fault.h"
#include "util/cleanup.h"

/* Generated; of it only the bytes of the object are used. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "bpf/trace.skel.h"
#pragma GCC diagnostic pop

#define NETNS "/proc/thread-self/ns/net"
#define PREFIX "SKB_DROP_REASON_"

static const char *const programs[] = {
	[FW_TRACE_DROP] = "fw_trace_drop",
	[FW_TRACE_RETRANSMIT] = "fw_trace_resend",
	[FW_TRACE_SYNACK] = "fw_trace_synack",
	[FW_TRACE_RESET_RECEIVED] = "fw_trace_reset",
	[FW_TRACE_RESET_SENT] = "fw_trace_refuse",
	[FW_TRACE_CONNECT] = "fw_trace_state",
};
_Static_assert(FW_ARRAY_SIZE(programs) == FW_TRACE_MAX_, "programs");

struct fw_trace {
	struct bpf_object *object;
	struct bpf_link *links[FW_TRACE_MAX_];	/* NULL: not attached */
	struct ring_buffer *ring;
	void (*fn)(void *ctx, const struct fw_trace_event *event);
	void *ctx;			/* valid while a drain lasts */
	struct fw_trace_settings settings;
	char **reasons;			/* n_reasons, each may be NULL */
	uint32_t n_reasons;
	int counts, places, set;	/* of object */
};

/* --- names of reasons ----------------------------------------------------- */

/* SKB_DROP_REASON_NO_SOCKET is no-socket. */
static char *reason_text(const char *name)
{
	char *text;

	if (!strncmp(name, PREFIX, strlen(PREFIX)))
		name += strlen(PREFIX);
	text = strdup(name);
	for (char *c = text; c && *c; c++)
		*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	return text;
}

/* Reasons of subsystems have numbers far above, and stay numbers. */
static void read_reasons(struct fw_trace *trace)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, "skb_drop_reason",
					      BTF_KIND_ENUM) : -1;
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) :
					       NULL;
	const struct btf_enum *items = type ? btf_enum(type) : NULL;
	uint32_t n = type ? btf_vlen(type) : 0;

	trace->reasons = n ? calloc(n, sizeof(*trace->reasons)) : NULL;
	trace->n_reasons = trace->reasons ? n : 0;
	for (uint32_t i = 0; i < trace->n_reasons; i++) {
		uint32_t value = (uint32_t)items[i].val;

		if (value < n && !trace->reasons[value])
			trace->reasons[value] = reason_text(
				btf__name_by_offset(btf, items[i].name_off));
	}
	btf__free(btf);
}

const char *fw_trace_reason(const struct fw_trace *trace, uint32_t reason,
			    char buffer[static 16])
{
	if (reason < trace->n_reasons && trace->reasons[reason])
		return trace->reasons[reason];
	(void)snprintf(buffer, 16, "%u", reason);
	return buffer;
}

/* --- load, attach --------------------------------------------------------- */

static int load(struct fw_trace *trace)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "trace");
	const void *elf;
	size_t size;

	elf = fw_trace_bpf__elf_bytes(&size);
	trace->object = bpf_object__open_mem(elf, size, &opts);
	if (!trace->object)
		return -errno;
	return fw_fault("trace") ? -EIO : bpf_object__load(trace->object);
}

static int map_fd(const struct fw_trace *trace, const char *name)
{
	return bpf_object__find_map_fd_by_name(trace->object, name);
}

/* The namespace that this thread is in. */
static int settle(struct fw_trace *trace)
{
	struct stat st;

	if (stat(NETNS, &st) < 0)
		return -errno;
	trace->settings.netns = (__u32)st.st_ino;
	trace->counts = map_fd(trace, "trace_counts");
	trace->places = map_fd(trace, "trace_places");
	trace->set = map_fd(trace, "trace_settings");
	return fw_trace_tell(trace, 0);
}

/* At least one. */
static int attach(struct fw_trace *trace)
{
	int r = -ENOENT;
	bool any = false;

	for (int i = 0; i < FW_TRACE_MAX_; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(trace->object,
							 programs[i]);

		trace->links[i] = program ? bpf_program__attach(program) : NULL;
		if (trace->links[i])
			any = true;
		else if (program)
			r = -errno;
	}
	return any ? 0 : r;
}

static int take(void *ctx, void *data, size_t size)
{
	struct fw_trace *trace = ctx;
	const struct fw_trace_event *event = data;

	if (size >= sizeof(*event) && event->kind < FW_TRACE_MAX_)
		trace->fn(trace->ctx, event);
	return 0;
}

static int open_all(struct fw_trace *trace)
{
	int r = load(trace);

	if (!r)
		r = settle(trace);
	if (!r)
		r = attach(trace);
	if (r)
		return r;
	trace->ring = ring_buffer__new(map_fd(trace, "trace_ring"), take, trace,
				       NULL);
	if (!trace->ring)
		return -errno;
	read_reasons(trace);
	return 0;
}

int fw_trace_open(struct fw_trace **ret,
		  char reason[static FW_TRACE_REASON_MAX])
{
	struct fw_trace *trace = calloc(1, sizeof(*trace));
	char gist[FW_TRACE_REASON_MAX / 2] = "";
	int r;

	if (!trace)
		return -ENOMEM;
	fw_bpf_log_begin();
	r = open_all(trace);
	if (r)
		fw_bpf_log_gist(gist, sizeof(gist));
	fw_bpf_log_end();
	if (!r) {
		*ret = trace;
		return 0;
	}
	(void)snprintf(reason, FW_TRACE_REASON_MAX,
		       "this kernel has no such tracepoints for BPF: %s: %s",
		       strerror(-r), gist);
	fw_trace_close(trace);
	return r;
}

void fw_trace_close(struct fw_trace *trace)
{
	if (!trace)
		return;
	ring_buffer__free(trace->ring);
	for (int i = 0; i < FW_TRACE_MAX_; i++)
		(void)bpf_link__destroy(trace->links[i]);
	bpf_object__close(trace->object);
	for (uint32_t i = 0; i < trace->n_reasons; i++)
		free(trace->reasons[i]);
	free(trace->reasons);
	free(trace);
}

bool fw_trace_ask(FILE *log, char *reason, size_t size)
{
	struct fw_trace trace = {0};
	int r;

	if (log)
		(void)fprintf(log, "trace programs:\n");
	fw_bpf_log_begin();
	r = load(&trace);
	if (log && r)
		(void)fputs(fw_bpf_log_text(), log);
	fw_bpf_log_end();
	bpf_object__close(trace.object);
	if (r)
		(void)snprintf(reason, size, "cannot load the trace programs: %s",
			       strerror(-r));
	return !r;
}

/* --- use ------------------------------------------------------------------ */

bool fw_trace_has(const struct fw_trace *trace, enum fw_trace_kind kind)
{
	return trace && trace->links[kind];
}

int fw_trace_tell(struct fw_trace *trace, uint32_t kinds)
{
	const __u32 key = 0;

	trace->settings.told = kinds;
	return bpf_map_update_elem(trace->set, &key, &trace->settings, BPF_ANY) ?
		       -errno : 0;
}

int fw_trace_fd(const struct fw_trace *trace)
{
	return ring_buffer__epoll_fd(trace->ring);
}

int fw_trace_drain(struct fw_trace *trace,
		   void (*fn)(void *ctx, const struct fw_trace_event *event),
		   void *ctx)
{
	trace->fn = fn;
	trace->ctx = ctx;
	return ring_buffer__consume(trace->ring);
}

int fw_trace_counts(const struct fw_trace *trace,
		    uint64_t ret[FW_TRACE_COUNTS_])
{
	int n = libbpf_num_possible_cpus();
	_cleanup_free_ __u64 *values = NULL;

	if (n < 0)
		return n;
	values = calloc((size_t)n, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (__u32 key = 0; key < FW_TRACE_COUNTS_; key++) {
		if (bpf_map_lookup_elem(trace->counts, &key, values))
			return -errno;
		ret[key] = 0;
		for (int i = 0; i < n; i++)
			ret[key] += values[i];
	}
	return 0;
}

int fw_trace_places(const struct fw_trace *trace,
		    void (*fn)(void *ctx, const struct fw_trace_place *place,
			       const struct fw_trace_drops *drops),
		    void *ctx)
{
	struct fw_trace_place place, *last = NULL;
	struct fw_trace_drops drops;

	while (!bpf_map_get_next_key(trace->places, last, &place)) {
		if (!bpf_map_lookup_elem(trace->places, &place, &drops))
			fn(ctx, &place, &drops);
		last = &place;
	}
	return errno == ENOENT ? 0 : -errno;
}
