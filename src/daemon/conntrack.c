/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conntrack: queries and events.
 *
 * In: tuples. Out: connections. Fails with the kernel's error: -ENOENT for a
 * connection it does not have (yet: one is entered when its first packet has
 * left), -ENOBUFS when events were lost.
 *
 * One socket for queries and one for marks, behind a lock, and one for events,
 * which only the loop reads. The kernel looks a tuple up in both directions at once: asked for
 * an original tuple, it also finds the connection of which that is the reply.
 */
#include "daemon/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inspect/packet.h"
#include "util/cleanup.h"

#define EVENT_BUFFER (8 * 1024 * 1024)

/* Where the answers of the present query, or the events, go. */
struct sink {
	void (*fn)(void *ctx, const struct fw_connection *connection);
	void *ctx;
	uint32_t bits;		/* 0: all */
};

struct fw_conntrack {
	pthread_mutex_t lock;		/* of queries, sink, marks, seq */
	struct nfct_handle *queries;
	struct sink sink;
	struct mnl_socket *marks;
	unsigned seq;
	struct nfct_handle *events;
	struct sink event_sink;
};

/* --- tuples --------------------------------------------------------------- */
struct attrs {
	enum nf_conntrack_attr proto, saddr4, daddr4, saddr6, daddr6;
	enum nf_conntrack_attr sport, dport;
};

static const struct attrs directions[2] = {
	{ ATTR_ORIG_L4PROTO, ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV4_DST,
	  ATTR_ORIG_IPV6_SRC, ATTR_ORIG_IPV6_DST, ATTR_ORIG_PORT_SRC,
	  ATTR_ORIG_PORT_DST },
	{ ATTR_REPL_L4PROTO, ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV4_DST,
	  ATTR_REPL_IPV6_SRC, ATTR_REPL_IPV6_DST, ATTR_REPL_PORT_SRC,
	  ATTR_REPL_PORT_DST },
};

static struct fw_tuple read_tuple(const struct nf_conntrack *ct,
				  const struct attrs *a)
{
	bool ip6 = nfct_attr_is_set(ct, a->saddr6) > 0;
	struct fw_tuple tuple = {
		.family = ip6 ? 6 : 4,
		.proto = nfct_get_attr_u8(ct, a->proto),
	};
	size_t len = ip6 ? 16 : 4;
	const void *saddr = nfct_get_attr(ct, ip6 ? a->saddr6 : a->saddr4);
	const void *daddr = nfct_get_attr(ct, ip6 ? a->daddr6 : a->daddr4);

	if (saddr)
		memcpy(tuple.saddr, saddr, len);
	if (daddr)
		memcpy(tuple.daddr, daddr, len);
	if (nfct_attr_is_set(ct, a->sport) > 0) {
		tuple.sport = ntohs(nfct_get_attr_u16(ct, a->sport));
		tuple.dport = ntohs(nfct_get_attr_u16(ct, a->dport));
	}
	return tuple;
}

static void write_tuple(struct nf_conntrack *ct, const struct fw_tuple *tuple)
{
	const struct attrs *a = &directions[0];
	bool ip6 = tuple->family == 6;

	nfct_set_attr_u8(ct, ATTR_L3PROTO, ip6 ? AF_INET6 : AF_INET);
	nfct_set_attr(ct, ip6 ? a->saddr6 : a->saddr4, tuple->saddr);
	nfct_set_attr(ct, ip6 ? a->daddr6 : a->daddr4, tuple->daddr);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, tuple->proto);
	nfct_set_attr_u16(ct, a->sport, htons(tuple->sport));
	nfct_set_attr_u16(ct, a->dport, htons(tuple->dport));
}

struct fw_tuple fw_connection_tuple(const struct fw_connection *connection)
{
	struct fw_tuple tuple = connection->tuple[0];

	memcpy(tuple.daddr, connection->tuple[1].saddr, sizeof(tuple.daddr));
	tuple.dport = connection->tuple[1].sport;
	return tuple;
}

/* --- sinks ---------------------------------------------------------------- */
static const enum nf_conntrack_attr packets[2] = {
	ATTR_ORIG_COUNTER_PACKETS, ATTR_REPL_COUNTER_PACKETS,
};
static const enum nf_conntrack_attr bytes[2] = {
	ATTR_ORIG_COUNTER_BYTES, ATTR_REPL_COUNTER_BYTES,
};

static int on_connection(enum nf_conntrack_msg_type type,
			 struct nf_conntrack *ct, void *data)
{
	const struct sink *sink = data;
	uint32_t status = nfct_get_attr_u32(ct, ATTR_STATUS);
	struct fw_connection connection = {
		.tuple = { read_tuple(ct, &directions[0]),
			   read_tuple(ct, &directions[1]) },
		.mark = nfct_get_attr_u32(ct, ATTR_MARK),
		.replied = status & IPS_SEEN_REPLY,
		.id = nfct_get_attr_u32(ct, ATTR_ID),
		.assured = status & IPS_ASSURED,
		.expected = status & IPS_EXPECTED,
		.counted = nfct_attr_is_set(ct, ATTR_ORIG_COUNTER_PACKETS) > 0,
		.icmp_type = nfct_get_attr_u8(ct, ATTR_ICMP_TYPE),
		.watched = status & IPS_SEQ_ADJUST ||
			   nfct_attr_is_set(ct, ATTR_HELPER_NAME) > 0,
	};

	(void)type;
	for (unsigned d = 0; d < 2 && connection.counted; d++) {
		connection.packets[d] = nfct_get_attr_u64(ct, packets[d]);
		connection.bytes[d] = nfct_get_attr_u64(ct, bytes[d]);
	}
	if (sink->fn && (!sink->bits || connection.mark & sink->bits))
		sink->fn(sink->ctx, &connection);
	return NFCT_CB_CONTINUE;
}

/* --- opening -------------------------------------------------------------- */
FW_CLEANUP_PTR(struct fw_conntrack *, fw_conntrack_close)

static int open_events(struct fw_conntrack *conntrack)
{
	int size = EVENT_BUFFER;
	int fd, flags;

	conntrack->events = nfct_open(CONNTRACK,
				      NF_NETLINK_CONNTRACK_DESTROY);
	if (!conntrack->events)
		return -errno;
	fd = nfct_fd(conntrack->events);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (nfct_callback_register(conntrack->events, NFCT_T_DESTROY,
				   on_connection, &conntrack->event_sink) < 0)
		return -errno;
	return 0;
}

int fw_conntrack_open(struct fw_conntrack **ret)
{
	_cleanup_(fw_conntrack_close_ptr_) struct fw_conntrack *conntrack =
		calloc(1, sizeof(*conntrack));
	int r;

	if (!conntrack)
		return -ENOMEM;
	(void)pthread_mutex_init(&conntrack->lock, NULL);
	conntrack->queries = nfct_open(CONNTRACK, 0);
	if (!conntrack->queries ||
	    fcntl(nfct_fd(conntrack->queries), F_SETFD, FD_CLOEXEC) < 0 ||
	    nfct_callback_register(conntrack->queries, NFCT_T_ALL,
				   on_connection, &conntrack->sink) < 0)
		return -errno;
	conntrack->marks = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!conntrack->marks ||
	    mnl_socket_bind(conntrack->marks, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	r = open_events(conntrack);
	if (r)
		return r;
	*ret = FW_TAKE(conntrack);
	return 0;
}

void fw_conntrack_close(struct fw_conntrack *conntrack)
{
	if (!conntrack)
		return;
	if (conntrack->queries)
		(void)nfct_close(conntrack->queries);
	if (conntrack->marks)
		(void)mnl_socket_close(conntrack->marks);
	if (conntrack->events)
		(void)nfct_close(conntrack->events);
	(void)pthread_mutex_destroy(&conntrack->lock);
	free(conntrack);
}

/* --- queries -------------------------------------------------------------- */
static int query(struct fw_conntrack *conntrack, enum nf_conntrack_query what,
		 const void *data, const struct sink *sink)
{
	int r;

	pthread_mutex_lock(&conntrack->lock);
	conntrack->sink = *sink;
	r = nfct_query(conntrack->queries, what, data) < 0 ? -errno : 0;
	pthread_mutex_unlock(&conntrack->lock);
	return r;
}

struct found {
	struct fw_connection *ret;
	bool one;
};

static void keep(void *ctx, const struct fw_connection *connection)
{
	struct found *found = ctx;

	*found->ret = *connection;
	found->one = true;
}

int fw_conntrack_get(struct fw_conntrack *conntrack,
		     const struct fw_tuple *tuple, struct fw_connection *ret)
{
	struct fw_connection connection;
	struct found found = { &connection, false };
	struct nf_conntrack *ct;
	int r;

	/* Others are known by more than ports. */
	if (tuple->proto != IPPROTO_TCP && tuple->proto != IPPROTO_UDP)
		return -ENOENT;
	ct = nfct_new();
	if (!ct)
		return -ENOMEM;
	write_tuple(ct, tuple);
	r = query(conntrack, NFCT_Q_GET, ct, &(struct sink){ keep, &found, 0 });
	nfct_destroy(ct);
	if (r)
		return r;
	if (!found.one)
		return -ENOENT;
	*ret = connection;
	return 0;
}

int fw_conntrack_find(struct fw_conntrack *conntrack,
		      const struct fw_tuple *tuple, struct fw_connection *ret)
{
	struct fw_tuple inverse = fw_tuple_inverse(tuple);
	const struct fw_tuple *asked[] = { tuple, &inverse };
	struct fw_connection connection;

	for (size_t i = 0; i < FW_ARRAY_SIZE(asked); i++) {
		int r = fw_conntrack_get(conntrack, asked[i], &connection);
		struct fw_tuple shown;

		if (r == -ENOENT)
			continue;
		if (r)
			return r;
		/* Another connection may have it as a raw tuple. */
		shown = fw_connection_tuple(&connection);
		if (!fw_tuple_equal(&shown, tuple) &&
		    !fw_tuple_equal(&shown, &inverse))
			continue;
		*ret = connection;
		return 0;
	}
	return -ENOENT;
}

static void loosen_attrs(struct nf_conntrack *ct)
{
	const uint8_t liberal = IP_CT_TCP_FLAG_BE_LIBERAL;

	nfct_set_attr_u8(ct, ATTR_TCP_FLAGS_ORIG, liberal);
	nfct_set_attr_u8(ct, ATTR_TCP_MASK_ORIG, liberal);
	nfct_set_attr_u8(ct, ATTR_TCP_FLAGS_REPL, liberal);
	nfct_set_attr_u8(ct, ATTR_TCP_MASK_REPL, liberal);
}

int fw_conntrack_loosen(struct fw_conntrack *conntrack,
			const struct fw_connection *connection)
{
	struct nf_conntrack *ct;
	int r;

	if (connection->tuple[0].proto != IPPROTO_TCP)
		return 0;
	ct = nfct_new();
	if (!ct)
		return -ENOMEM;
	write_tuple(ct, &connection->tuple[0]);
	loosen_attrs(ct);
	r = query(conntrack, NFCT_Q_UPDATE, ct, &(struct sink){ 0 });
	nfct_destroy(ct);
	return r;
}

/* libnetfilter_conntrack knows no mask for it. */
static int put_mark(struct nlmsghdr *nlh, const struct fw_tuple *tuple,
		    uint32_t value, uint32_t mask)
{
	struct nf_conntrack *ct = nfct_new();
	struct nfgenmsg *nfg;
	int r;

	if (!ct)
		return -ENOMEM;
	write_tuple(ct, tuple);
	nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = tuple->family == 6 ? AF_INET6 : AF_INET;
	nfg->version = NFNETLINK_V0;
	r = nfct_nlmsg_build(nlh, ct) < 0 ? -EINVAL : 0;
	nfct_destroy(ct);
	mnl_attr_put_u32(nlh, CTA_MARK, htonl(value));
	mnl_attr_put_u32(nlh, CTA_MARK_MASK, htonl(mask));
	return r;
}

/* Answers that are late are none of this one. */
static int ask_marks(struct fw_conntrack *conntrack, struct nlmsghdr *nlh)
{
	char room[4096];
	unsigned port = mnl_socket_get_portid(conntrack->marks);
	ssize_t n;
	int r;

	nlh->nlmsg_seq = ++conntrack->seq;
	if (mnl_socket_sendto(conntrack->marks, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(conntrack->marks, room, sizeof(room));
		if (n < 0)
			return -errno;
	} while (((struct nlmsghdr *)(void *)room)->nlmsg_seq != nlh->nlmsg_seq);
	r = mnl_cb_run(room, (size_t)n, nlh->nlmsg_seq, port, NULL, NULL);
	return r < 0 ? -errno : 0;
}

int fw_conntrack_mark(struct fw_conntrack *conntrack,
		      const struct fw_tuple *tuple, uint32_t value,
		      uint32_t mask)
{
	char room[1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	int r = put_mark(nlh, tuple, value, mask);

	if (r)
		return r;
	pthread_mutex_lock(&conntrack->lock);
	r = ask_marks(conntrack, nlh);
	pthread_mutex_unlock(&conntrack->lock);
	return r;
}

/* The kernel's filter takes a value under a mask, not "one of these bits": the
 * sink looks at the mark itself. */
int fw_conntrack_dump(struct fw_conntrack *conntrack, uint32_t bits,
		      void (*fn)(void *ctx,
				 const struct fw_connection *connection),
		      void *ctx)
{
	const uint32_t family = AF_UNSPEC;

	return query(conntrack, NFCT_Q_DUMP, &family,
		     &(struct sink){ fn, ctx, bits });
}

/* --- events --------------------------------------------------------------- */
int fw_conntrack_fd(const struct fw_conntrack *conntrack)
{
	return nfct_fd(conntrack->events);
}

void fw_conntrack_watch(struct fw_conntrack *conntrack, uint32_t bits)
{
	conntrack->event_sink.bits = bits;
}

int fw_conntrack_drain(struct fw_conntrack *conntrack,
		       void (*fn)(void *ctx,
				  const struct fw_connection *connection),
		       void *ctx)
{
	bool lost = false;
	int r;

	conntrack->event_sink.fn = fn;
	conntrack->event_sink.ctx = ctx;
	do {
		r = nfct_catch(conntrack->events) < 0 ? -errno : 0;
		lost |= r == -ENOBUFS;
	} while (r == -ENOBUFS);
	conntrack->event_sink.fn = NULL;
	if (r && r != -EAGAIN && r != -EWOULDBLOCK)
		return r;
	return lost ? -ENOBUFS : 0;
}
