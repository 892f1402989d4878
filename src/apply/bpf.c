/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the embedded objects, the pins of an earlier daemon, the capacities that
 * the configuration names. Out: loaded programs and shared maps, all pinned; of
 * a program that the kernel refuses, the reason. May fail: pins, memory; and
 * where an earlier daemon's program still runs, which then has no heir.
 */
#include "apply/bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "apply/bpf_log.h"
#include "apply/error.h"
#include "apply/fault.h"
#include "util/cleanup.h"

/* Generated; of each only the bytes of the object are used. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "bpf/dns.skel.h"
#include "bpf/tls.skel.h"
#include "bpf/dhcp.skel.h"
#include "bpf/road.skel.h"
#include "bpf/syn.skel.h"
#include "bpf/tc.skel.h"
#include "bpf/watch.skel.h"
#include "bpf/xdp.skel.h"
#pragma GCC diagnostic pop

const char *const fw_bpf_program_names[FW_BPF_PROGRAM_MAX_] = {
	[FW_BPF_XDP] = "xdp",
	[FW_BPF_TC] = "tc",
	[FW_BPF_DNS] = "dns",
	[FW_BPF_SYN] = "syn",
	[FW_BPF_ROAD] = "road",
	[FW_BPF_WATCH] = "watch",
	[FW_BPF_TLS] = "tls",
	[FW_BPF_DHCP] = "dhcp",
};

static const struct {
	enum bpf_prog_type type;
	const void *(*elf)(size_t *size);
	enum bpf_func_id helper;	/* without which it is left out, or 0 */
} objects[FW_BPF_PROGRAM_MAX_] = {
	[FW_BPF_XDP] = {BPF_PROG_TYPE_XDP, fw_xdp_bpf__elf_bytes, 0},
	[FW_BPF_TC] = {BPF_PROG_TYPE_SCHED_CLS, fw_tc_bpf__elf_bytes, 0},
	[FW_BPF_DNS] = {BPF_PROG_TYPE_SOCKET_FILTER, fw_dns_bpf__elf_bytes, 0},
	[FW_BPF_SYN] = {BPF_PROG_TYPE_XDP, fw_syn_bpf__elf_bytes,
			BPF_FUNC_tcp_raw_gen_syncookie_ipv4},
	[FW_BPF_ROAD] = {BPF_PROG_TYPE_SCHED_CLS, fw_road_bpf__elf_bytes, 0},
	[FW_BPF_WATCH] = {BPF_PROG_TYPE_SOCKET_FILTER, fw_watch_bpf__elf_bytes,
			  0},
	[FW_BPF_TLS] = {BPF_PROG_TYPE_SOCKET_FILTER, fw_tls_bpf__elf_bytes, 0},
	[FW_BPF_DHCP] = {BPF_PROG_TYPE_SOCKET_FILTER, fw_dhcp_bpf__elf_bytes, 0},
};

struct loading {
	struct fw_bpf *bpf;
	const struct fw_bpf_fs *fs;	/* NULL: a trial, nothing is pinned */
	const char *state_dir;		/* likewise */
	const struct fw_plan_options *options;
	struct fw_apply_error *error;
	FILE *log;			/* for the verifier's words, or NULL */
	char *statistics;		/* of LOG_MAX bytes, or NULL */
	bool refused;			/* the last one, by the kernel */
};

#define LOG_MAX 65536
#define LOG_STATISTICS 4		/* the kernel's BPF_LOG_STATS */

/* .rodata and .bss are an object's own. */
static bool is_shared(const struct bpf_map *map)
{
	return !strchr(bpf_map__name(map), '.');
}

static bool map_path(const struct fw_bpf_fs *fs, const char *name,
		     char ret[static FW_BPF_PATH_MAX])
{
	char file[BPF_OBJ_NAME_LEN + 8];

	(void)snprintf(file, sizeof(file), "map_%s", name);
	return fw_bpf_fs_path(fs->dir, file, ret);
}

static __u32 max_entries(int fd)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.max_entries;
}

/* Adds a map to the list, its template too, before the object is loaded:
 * afterwards libbpf has forgotten it. */
static struct fw_bpf_map *add_map(struct fw_bpf *bpf, struct bpf_map *map)
{
	struct bpf_map *inner = bpf_map__inner_map(map);
	struct fw_bpf_map *m;

	if (bpf->n_maps == FW_BPF_MAPS_MAX)
		return NULL;
	m = &bpf->maps[bpf->n_maps++];
	*m = (struct fw_bpf_map){.fd = -1, .outer = inner != NULL};
	(void)snprintf(m->name, sizeof(m->name), "%s", bpf_map__name(map));
	if (inner)
		m->inner = (struct fw_bpf_inner){
			.type = bpf_map__type(inner),
			.key_size = bpf_map__key_size(inner),
			.value_size = bpf_map__value_size(inner),
			.max_entries = bpf_map__max_entries(inner),
			.flags = bpf_map__map_flags(inner),
		};
	return m;
}

static struct fw_bpf_map *find_map(struct fw_bpf *bpf, const char *name)
{
	for (size_t i = 0; i < bpf->n_maps; i++)
		if (!strcmp(bpf->maps[i].name, name))
			return &bpf->maps[i];
	return NULL;
}

/* What the configuration says of a map; 0: nothing. */
static __u32 capacity(const struct loading *l, const char *name)
{
	if (!strcmp(name, "flow_map") || !strcmp(name, "flow_road"))
		return l->options->flows;
	return strcmp(name, "sources") ? 0 : l->options->rate_sources;
}

/* Vetted flows are worth more than the size that was asked for; buckets of rate
 * limits are not: whoever is over a limit soon is again. */
static bool outgrown(const struct loading *l, const struct bpf_map *map,
		     const struct fw_bpf_map *m)
{
	__u32 wanted = capacity(l, m->name);

	return !strcmp(m->name, "sources") &&
	       m->max_entries != (wanted ? wanted : bpf_map__max_entries(map));
}

/* Where a map comes from, in this order: an object loaded before, the pin of
 * an earlier daemon, this object. */
static int prepare_map(struct loading *l, struct bpf_map *map)
{
	struct fw_bpf_map *m = find_map(l->bpf, bpf_map__name(map));
	__u32 wanted;
	char path[FW_BPF_PATH_MAX];

	if (!m)
		m = add_map(l->bpf, map);
	if (!m || (l->fs && !map_path(l->fs, m->name, path)))
		return -E2BIG;
	if (m->fd < 0 && l->fs && l->fs->adopted) {
		m->fd = bpf_obj_get(path);
		/* The earlier daemon had no program that needs it. */
		if (m->fd < 0 && errno != ENOENT)
			return fw_apply_fail(l->error, FW_APPLY_SYSTEM, -errno,
					     "cannot adopt %s: %s", path,
					     strerror(errno));
		if (m->fd >= 0)
			m->max_entries = max_entries(m->fd);
		if (m->fd >= 0 && outgrown(l, map, m)) {
			(void)close(m->fd);
			m->fd = -1;
		}
	}
	if (m->fd >= 0)
		return bpf_map__reuse_fd(map, m->fd);
	wanted = capacity(l, m->name);
	return wanted ? bpf_map__set_max_entries(map, wanted) : 0;
}

/* In the place of a pin that may be there. */
static int pin_map(const struct loading *l, const struct fw_bpf_map *m)
{
	char path[FW_BPF_PATH_MAX], fresh[FW_BPF_PATH_MAX];
	char name[BPF_OBJ_NAME_LEN + 8];
	int r;

	(void)snprintf(name, sizeof(name), "new_%s", m->name);
	if (!map_path(l->fs, m->name, path) ||
	    !fw_bpf_fs_path(l->fs->dir, name, fresh))
		return -ENAMETOOLONG;
	(void)unlink(fresh);
	r = bpf_obj_pin(m->fd, fresh) || rename(fresh, path) ? -errno : 0;
	return !r ? 0 : fw_apply_fail(l->error, FW_APPLY_SYSTEM, r,
				      "cannot pin %s: %s", path, strerror(-r));
}

/* Keeps and pins what the object brought. */
static int take_map(struct loading *l, const struct bpf_map *map)
{
	struct fw_bpf_map *m = find_map(l->bpf, bpf_map__name(map));

	if (m->fd >= 0)
		return 0;
	m->fd = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
	if (m->fd < 0)
		return -errno;
	m->max_entries = max_entries(m->fd);
	return l->fs ? pin_map(l, m) : 0;
}

static void keep_log(const char *state_dir)
{
	_cleanup_fclose_ FILE *out = NULL;
	char path[FW_BPF_PATH_MAX];

	if (fw_bpf_fs_path(state_dir, "verifier.log", path))
		out = fopen(path, "we");
	if (out)
		(void)fputs(fw_bpf_log_text(), out);
}

static int load_object(struct loading *l, enum fw_bpf_program which)
{
	struct bpf_program *prog =
		bpf_object__next_program(l->bpf->objects[which], NULL);
	struct bpf_object *object = l->bpf->objects[which];
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, object) {
		r = is_shared(map) ? prepare_map(l, map) : 0;
		if (r)
			return r;
	}
	if (l->statistics) {
		(void)bpf_program__set_log_buf(prog, l->statistics, LOG_MAX);
		(void)bpf_program__set_log_level(prog, LOG_STATISTICS);
	}
	r = bpf_object__load(object);
	if (!r)
		r = fw_fault(fw_bpf_program_names[which]);
	if (!r)
		r = fw_fault("programs");
	l->refused = r && r != -ENOMEM;
	if (r)
		return r;
	bpf_object__for_each_map(map, object) {
		r = is_shared(map) ? take_map(l, map) : 0;
		if (r)
			return r;
	}
	l->bpf->prog[which] = bpf_program__fd(prog);
	if (bpf_obj_get_info_by_fd(l->bpf->prog[which], &info, &len))
		return -errno;
	l->bpf->prog_id[which] = info.id;
	return 0;
}

/* What the object would have brought. */
static void forget(struct fw_bpf *bpf, enum fw_bpf_program which)
{
	size_t n = 0;

	bpf_object__close(bpf->objects[which]);
	bpf->objects[which] = NULL;
	for (size_t i = 0; i < bpf->n_maps; i++)
		if (bpf->maps[i].fd >= 0)
			bpf->maps[n++] = bpf->maps[i];
	bpf->n_maps = n;
}

/* xdp_2, tc_2: a link or a filter of the program. */
static int is_left(void *ctx, const char *file)
{
	const char *name = ctx;
	size_t len = strlen(name);

	return !strncmp(file, name, len) && file[len] == '_';
}

/* Whether there is a way on without the program: nothing of an earlier daemon's
 * goes on judging by tables that nobody fills any more. */
static bool can_do_without(const struct loading *l, enum fw_bpf_program which)
{
	return l->fs && l->refused &&
	       fw_bpf_fs_each(l->fs->dir, is_left,
			      (void *)fw_bpf_program_names[which]) == 0;
}

static bool kernel_has(enum fw_bpf_program which)
{
	if (!libbpf_probe_bpf_prog_type(objects[which].type, NULL))
		return false;
	return !objects[which].helper ||
	       libbpf_probe_bpf_helper(objects[which].type,
				       objects[which].helper, NULL);
}

static int open_object(struct loading *l, enum fw_bpf_program which)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts,
		    .object_name = fw_bpf_program_names[which]);
	char gist[256];
	const void *elf;
	size_t size;
	int r;

	errno = 0;
	if (!kernel_has(which)) {
		(void)snprintf(l->bpf->reason[which],
			       sizeof(l->bpf->reason[which]),
			       "this kernel loads no %s program: %s",
			       fw_bpf_program_names[which], strerror(errno));
		return 0;
	}
	elf = objects[which].elf(&size);
	fw_bpf_log_begin();
	l->bpf->objects[which] = bpf_object__open_mem(elf, size, &opts);
	r = l->bpf->objects[which] ? load_object(l, which) : -errno;
	if (r) {
		if (l->state_dir)
			keep_log(l->state_dir);
		if (l->log)
			(void)fputs(fw_bpf_log_text(), l->log);
		fw_bpf_log_gist(gist, sizeof(gist));
		(void)fw_apply_fail(l->error, FW_APPLY_REFUSED, r,
				    "cannot load the %s program: %s: %s%s%s%s",
				    fw_bpf_program_names[which], strerror(-r),
				    gist, l->state_dir ? " (" : "",
				    l->state_dir ? l->state_dir : "",
				    l->state_dir ? "/verifier.log)" : "");
	}
	fw_bpf_log_end();
	if (r && can_do_without(l, which)) {
		(void)snprintf(l->bpf->reason[which],
			       sizeof(l->bpf->reason[which]), "%.255s",
			       l->error->text);
		*l->error = (struct fw_apply_error){.rule = FW_NO_RULE};
		forget(l->bpf, which);
		return 0;
	}
	return r;
}

/* Which program goes on to which. */
static const struct {
	const char *map;
	__u32 key;
	enum fw_bpf_program which;
} tail_calls[] = {
	{"programs", FW_PROGRAM_SYN, FW_BPF_SYN},
	{"watchers", FW_WATCHER_DNS, FW_BPF_DNS},
	{"watchers", FW_WATCHER_DHCP, FW_BPF_DHCP},
	{"watchers", FW_WATCHER_TLS, FW_BPF_TLS},
};

/* Nowhere where this daemon has no such program, though an earlier one had. */
static int link_program(struct fw_bpf *bpf, size_t i)
{
	int fd = fw_bpf_map_fd(bpf, tail_calls[i].map);
	int prog = bpf->prog[tail_calls[i].which];
	__u32 key = tail_calls[i].key;

	if (fd < 0)
		return 0;
	if (prog >= 0)
		return bpf_map_update_elem(fd, &key, &prog, BPF_ANY) ? -errno :
								       0;
	return bpf_map_delete_elem(fd, &key) && errno != ENOENT ? -errno : 0;
}

static int link_programs(struct fw_bpf *bpf)
{
	int r = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(tail_calls) && !r; i++)
		r = link_program(bpf, i);
	return r;
}

/* Where conntrack is a module, the kernel loads it for whoever asks it anything;
 * a program that calls its functions finds them only once it is there. What it
 * answers, or that it is not to be had, is nothing to a program. */
static void wake_conntrack(void)
{
	char buffer[64];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *message;
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

	if (!nl)
		return;
	header->nlmsg_type =
		NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS;
	header->nlmsg_flags = NLM_F_REQUEST;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->version = NFNETLINK_V0;
	(void)mnl_socket_sendto(nl, header, header->nlmsg_len);
	(void)mnl_socket_close(nl);
}

static int open_objects(struct loading *l)
{
	int r = 0;

	wake_conntrack();
	*l->bpf = (struct fw_bpf){0};
	for (int i = 0; i < FW_BPF_PROGRAM_MAX_; i++)
		l->bpf->prog[i] = -1;
	for (int i = 0; i < FW_BPF_PROGRAM_MAX_ && !r; i++)
		r = open_object(l, (enum fw_bpf_program)i);
	if (!r) {
		r = link_programs(l->bpf);
		if (r)
			r = fw_apply_fail(l->error, FW_APPLY_SYSTEM, r,
					  "cannot link the programs: %s",
					  strerror(-r));
	}
	if (r)
		fw_bpf_done(l->bpf);
	return r;
}

int fw_bpf_open(struct fw_bpf *bpf, struct fw_bpf_fs *fs, const char *state_dir,
		const struct fw_plan_options *options,
		struct fw_apply_error *ret_error)
{
	struct loading l = {
		.bpf = bpf,
		.fs = fs,
		.state_dir = state_dir,
		.options = options,
		.error = ret_error,
	};

	return open_objects(&l);
}

int fw_bpf_try(const struct fw_plan_options *options,
	       struct fw_apply_error *ret_error)
{
	struct fw_bpf bpf;
	struct loading l = {
		.bpf = &bpf,
		.options = options,
		.error = ret_error,
	};
	int r = open_objects(&l);

	if (!r)
		fw_bpf_done(&bpf);
	return r;
}

/* True when it was loaded; what it brought is closed. */
static bool try_one(struct loading *l, enum fw_bpf_program which, char *reason)
{
	bool loaded;

	*l->bpf = (struct fw_bpf){0};
	for (int i = 0; i < FW_BPF_PROGRAM_MAX_; i++)
		l->bpf->prog[i] = -1;
	*l->error = (struct fw_apply_error){.rule = FW_NO_RULE};
	loaded = !open_object(l, which) && l->bpf->prog[which] >= 0;
	(void)snprintf(reason, FW_BPF_REASON_MAX, "%s",
		       l->error->text[0] ? l->error->text :
					   l->bpf->reason[which]);
	fw_bpf_done(l->bpf);
	return loaded;
}

/* A verifier that accepts says what it cost, one that refuses says why; which of
 * them is to be asked for is known after the first attempt only. */
bool fw_bpf_ask(enum fw_bpf_program which, FILE *log,
		char reason[static FW_BPF_REASON_MAX])
{
	const struct fw_plan_options options = {.flows = 1};
	struct fw_bpf bpf;
	struct fw_apply_error error;
	struct loading l = {
		.bpf = &bpf,
		.options = &options,
		.error = &error,
		.log = log,
	};
	_cleanup_free_ char *statistics = NULL;

	if (log)
		(void)fprintf(log, "%s program:\n", fw_bpf_program_names[which]);
	if (!try_one(&l, which, reason))
		return false;
	statistics = log ? calloc(1, LOG_MAX) : NULL;
	l.statistics = statistics;
	if (statistics && try_one(&l, which, reason))
		(void)fputs(statistics, log);
	return true;
}

void fw_bpf_done(struct fw_bpf *bpf)
{
	for (size_t i = 0; i < bpf->n_maps; i++)
		if (bpf->maps[i].fd >= 0)
			(void)close(bpf->maps[i].fd);
	bpf->n_maps = 0;
	for (int i = 0; i < FW_BPF_PROGRAM_MAX_; i++) {
		bpf_object__close(bpf->objects[i]);
		bpf->objects[i] = NULL;
		bpf->prog[i] = -1;
	}
}

bool fw_bpf_any(const struct fw_bpf *bpf)
{
	for (int i = 0; i < FW_BPF_PROGRAM_MAX_; i++)
		if (bpf->prog[i] >= 0)
			return true;
	return false;
}

const struct fw_bpf_map *fw_bpf_map(const struct fw_bpf *bpf, const char *name)
{
	for (size_t i = 0; i < bpf->n_maps; i++)
		if (!strcmp(bpf->maps[i].name, name))
			return &bpf->maps[i];
	return NULL;
}

int fw_bpf_map_fd(const struct fw_bpf *bpf, const char *name)
{
	const struct fw_bpf_map *map = fw_bpf_map(bpf, name);

	return map ? map->fd : -1;
}

int fw_bpf_inner_new(const struct fw_bpf_inner *inner, const char *name,
		     __u32 n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = inner->flags);
	bool fixed = inner->type == BPF_MAP_TYPE_ARRAY &&
		     !(inner->flags & BPF_F_INNER_MAP);
	int fd;

	if (fixed && n > inner->max_entries)
		return -E2BIG;
	fd = bpf_map_create(inner->type, name, inner->key_size,
			    inner->value_size,
			    fixed ? inner->max_entries : n ? n : 1, &opts);
	return fd < 0 ? -errno : fd;
}

void fw_bpf_prog_name(__u32 prog_id, char ret[static BPF_OBJ_NAME_LEN])
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(prog_id);
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	(void)snprintf(ret, BPF_OBJ_NAME_LEN, "?");
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.name[0])
		(void)snprintf(ret, BPF_OBJ_NAME_LEN, "%s", info.name);
}
