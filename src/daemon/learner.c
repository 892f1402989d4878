/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The learner's thread.
 *
 * In: conntrack's connections, orders of the loop. Out: rows in the database, and
 * what they suggest. What fails is part of the answer; flows that could not be
 * saved stay where they are, and are tried again with the next look.
 *
 * Conntrack is the map in which the kernel sums flows up: it is bounded, has both
 * directions' counters, knows NAT, and who has answered. Connections that end are
 * told of; those that live are asked for at each look, so that one which lasts for
 * days counts on each of them. A connection has no devices: they are those by
 * which the kernel would send to its two ends.
 */
#include "daemon/learner.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "daemon/conntrack.h"
#include "daemon/route_find.h"
#include "learn/collect.h"
#include "learn/words.h"
#include "util/cleanup.h"

#define LOOK_MS 60000
#define ROWS 16384		/* between two looks */
#define LIVE 65536		/* connections that are followed */
#define PAIRS 500000		/* that suggestions are made of */
#define FORGETS 50		/* transactions of forgetting, a look */
#define REST 100		/* times as long as a thought took, before the next */
#define PLACES 1024		/* addresses whose device is remembered */

struct place {
	bool known, reached;	/* there is a way to it */
	uint8_t family;
	uint8_t address[16];
	char device[IF_NAMESIZE];	/* "": this host */
};

struct no {
	struct no *next;
	char *service;
	uint64_t flows, peers;
};

struct fw_learner {
	pthread_t thread;
	int wake, done;		/* eventfds */

	pthread_mutex_t lock;	/* of all that follows */
	bool leaving;
	uint64_t turn;		/* that was asked for */
	struct no *rejected;
	struct fw_learned *answer;
	struct fw_plan *plan;	/* that runs; or NULL */

	/* the thread's own */
	struct fw_plan_learn limits;
	char *database;
	struct fw_conntrack *conntrack;
	uint32_t bit;
	struct mnl_socket *routes;
	struct fw_collect *collect;
	struct fw_store *store;	/* NULL: it has to be opened */
	struct place places[PLACES];
	uint64_t lost_events;
	bool uncounted;
	bool news;		/* since it thought last */
	uint64_t rest_until;	/* ms of the boot clock */
};

void fw_learned_free(struct fw_learned *learned)
{
	if (!learned)
		return;
	free(learned->text);
	free(learned->aside);
	fw_arena_free(learned->arena);
	free(learned);
}

static uint64_t wall(void)
{
	return (uint64_t)time(NULL);
}

static uint64_t clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- connections ----------------------------------------------------------- */
static struct place *find_place(struct fw_learner *l, uint8_t family,
				const uint8_t address[16])
{
	uint32_t hash = family, ifindex;
	struct place *place;

	for (size_t i = 0; i < 16; i++)
		hash = (hash ^ address[i]) * 16777619u;	/* FNV-1 */
	place = &l->places[(hash ^ hash >> 16) % PLACES];
	if (place->known && place->family == family &&
	    !memcmp(place->address, address, 16))
		return place;
	*place = (struct place){ .known = true, .family = family };
	memcpy(place->address, address, 16);
	place->reached = !fw_route_find(l->routes, family, address, &ifindex) &&
			 (!ifindex || if_indextoname(ifindex, place->device));
	return place;
}

/* Of ICMP only what is asked and answered. */
static bool is_service(const struct fw_connection *c)
{
	if (c->tuple[0].proto == IPPROTO_ICMP)
		return c->icmp_type == ICMP_ECHO;
	if (c->tuple[0].proto == IPPROTO_ICMPV6)
		return c->icmp_type == ICMP6_ECHO_REQUEST;
	return true;
}

static void see(struct fw_learner *l, const struct fw_connection *c, bool ended)
{
	struct fw_tuple tuple = fw_connection_tuple(c);
	const struct place *from, *to;
	struct fw_seen seen = {
		.id = c->id,
		.family = tuple.family,
		.proto = tuple.proto,
		.port = fw_learn_has_ports(tuple.proto) ? tuple.dport : 0,
		.ended = ended,
		.replied = c->replied,
		.established = c->assured,
		.expected = c->expected,
		.counted = c->counted,
		.packets = { c->packets[0], c->packets[1] },
		.bytes = { c->bytes[0], c->bytes[1] },
	};

	l->uncounted |= !c->counted;
	if (!c->replied || !is_service(c))
		return;
	memcpy(seen.client, tuple.saddr, sizeof(seen.client));
	memcpy(seen.server, tuple.daddr, sizeof(seen.server));
	from = find_place(l, tuple.family, tuple.saddr);
	if (!from->reached)
		return;
	memcpy(seen.in, from->device, sizeof(seen.in));
	to = find_place(l, tuple.family, tuple.daddr);
	if (!to->reached)
		return;
	memcpy(seen.out, to->device, sizeof(seen.out));
	fw_collect_see(l->collect, &seen, wall());
}

static void on_ended(void *ctx, const struct fw_connection *connection)
{
	see(ctx, connection, true);
}

static void on_living(void *ctx, const struct fw_connection *connection)
{
	see(ctx, connection, false);
}

static void drain(struct fw_learner *l)
{
	if (fw_conntrack_drain(l->conntrack, on_ended, l) == -ENOBUFS)
		l->lost_events++;
}

static void gather(struct fw_learner *l)
{
	memset(l->places, 0, sizeof(l->places));	/* routes change */
	drain(l);
	fw_collect_begin(l->collect);
	/* a dump that breaks off forgets nobody */
	if (fw_conntrack_dump(l->conntrack, l->bit, on_living, l) == 0)
		fw_collect_end(l->collect);
}

/* --- the database ---------------------------------------------------------- */
static int forget(struct fw_learner *l, uint64_t now)
{
	uint64_t kept = l->limits.retention_ms / 1000;
	uint64_t oldest = now > kept ? (now - kept) / FW_LEARN_DAY : 0;
	bool more = true;
	int r = 0;

	for (unsigned i = 0; r == 0 && more && i < FORGETS; i++)
		r = fw_store_forget(l->store, (uint32_t)oldest, &more);
	return r;
}

static struct no *take_rejected(struct fw_learner *l)
{
	struct no *all;

	pthread_mutex_lock(&l->lock);
	all = FW_TAKE(l->rejected);
	pthread_mutex_unlock(&l->lock);
	return all;
}

/* Those that could not be written are put back. */
static int write_rejected(struct fw_learner *l)
{
	struct no *all = take_rejected(l), *no;
	int r = 0;

	while (r == 0 && (no = all)) {
		r = fw_store_reject(l->store, &(struct fw_learn_decision){
			no->service, no->flows, no->peers }, 1);
		if (r)
			break;
		all = no->next;
		free(no->service);
		free(no);
	}
	pthread_mutex_lock(&l->lock);
	while ((no = all)) {
		all = no->next;
		no->next = l->rejected;
		l->rejected = no;
	}
	pthread_mutex_unlock(&l->lock);
	return r;
}

static int save(struct fw_learner *l, uint64_t now)
{
	size_t n;
	const struct fw_learn_flow *rows = fw_collect_rows(l->collect, &n);
	int r = n ? fw_store_add(l->store, rows, n) : 0;

	l->news |= n > 0;
	if (r == 0)
		fw_collect_clear(l->collect);
	if (r == 0)
		r = write_rejected(l);
	return r < 0 ? r : forget(l, now);
}

static struct fw_plan *take_plan(struct fw_learner *l)
{
	struct fw_plan *plan;

	pthread_mutex_lock(&l->lock);
	plan = l->plan ? fw_plan_ref(l->plan) : NULL;
	pthread_mutex_unlock(&l->lock);
	return plan;
}

static int think(struct fw_learner *l, uint64_t now, struct fw_learned *ret)
{
	struct fw_arena *arena = ret->arena;
	fw_learn_pairs pairs = { 0 };
	fw_learn_decisions rejected = { 0 };
	struct fw_suggest_input input = { .limits = &l->limits };
	struct fw_plan *plan = take_plan(l);
	int r = fw_store_pairs(l->store, (uint32_t)(now / FW_LEARN_DAY), PAIRS,
			       arena, &pairs);

	if (r == 0)
		r = fw_store_rejected(l->store, arena, &rejected);
	input.pairs = pairs.items;
	input.n_pairs = pairs.n;
	input.rejected = rejected.items;
	input.n_rejected = rejected.n;
	input.plan = plan;
	if (r == 0)
		r = fw_suggest(arena, &input, &ret->suggestions);
	for (size_t i = 0; r == 0 && i < ret->suggestions.n; i++)
		r = fw_store_number(l->store, ret->suggestions.items[i].rule,
				    &ret->suggestions.items[i].number);
	fw_plan_unref(plan);
	return r;
}

static char *explain(struct fw_learner *l, int error)
{
	const char *words = l->store ? fw_store_error(l->store) : "";
	char *text = NULL;

	if (error == -E2BIG)
		words = "more clients and services than can be looked through: "
			"a shorter retention is needed";
	if (error == -EPROTO)
		words = "it is of a later version";
	if (error == -EEXIST)
		words = "it is a database, but not Flywall's";
	return asprintf(&text, "%s: %s", l->limits.database,
			*words ? words : strerror(-error)) < 0 ? NULL : text;
}

/* Of a large database it takes seconds: so not for nothing, and not all the time,
 * but for somebody who asks. */
static int think_soon(struct fw_learner *l, uint64_t now, bool asked,
		      struct fw_learned *ret)
{
	uint64_t began = clock_ms();
	int r;

	if (!asked && (!l->news || began < l->rest_until))
		return 0;
	r = think(l, now, ret);
	ret->thought = true;
	if (r == 0)
		l->news = false;
	l->rest_until = clock_ms() + REST * (clock_ms() - began);
	return r;
}

/* What the loop has not taken yet of the answer before. */
static void take_over(struct fw_learned *answer, struct fw_learned *old)
{
	if (old->aside && !answer->aside)
		answer->aside = FW_TAKE(old->aside);
	if (answer->error || answer->thought || old->error || !old->thought)
		return;
	fw_arena_free(answer->arena);
	answer->arena = FW_TAKE(old->arena);
	answer->suggestions = old->suggestions;
	answer->thought = true;
}

static void look(struct fw_learner *l, uint64_t turn, bool asked)
{
	struct fw_learned *answer = calloc(1, sizeof(*answer)), *old;
	uint64_t now = wall();
	int r = 0;

	if (!answer)
		return;
	answer->arena = fw_arena_new();
	answer->turn = turn;
	gather(l);
	if (!answer->arena)
		r = -ENOMEM;
	if (r == 0 && !l->store)
		r = fw_store_open(l->limits.database, &l->store,
				  &answer->aside);
	if (r == 0)
		r = save(l, now);
	if (r == 0)
		r = think_soon(l, now, asked, answer);
	answer->error = r;
	answer->text = r ? explain(l, r) : NULL;
	answer->lost = fw_collect_lost(l->collect);
	answer->lost_events = l->lost_events;
	answer->counted = !l->uncounted;
	if (r && r != -E2BIG) {
		/* opened anew, and looked at again, when it is tried again */
		fw_store_close(l->store);
		l->store = NULL;
	}
	pthread_mutex_lock(&l->lock);
	old = l->answer;
	l->answer = answer;
	if (old)
		take_over(answer, old);
	pthread_mutex_unlock(&l->lock);
	fw_learned_free(old);
	(void)eventfd_write(l->done, 1);
}

/* --- the thread ------------------------------------------------------------ */
static void *run(void *ctx)
{
	struct fw_learner *l = ctx;
	uint64_t next = clock_ms(), answered = 0, turn, now;
	bool leaving = false;
	eventfd_t count;

	while (!leaving) {
		struct pollfd fds[] = {
			{ .fd = l->wake, .events = POLLIN },
			{ .fd = fw_conntrack_fd(l->conntrack),
			  .events = POLLIN },
		};

		now = clock_ms();
		(void)poll(fds, FW_ARRAY_SIZE(fds),
			   next > now ? (int)(next - now) : 0);
		if (fds[0].revents)
			(void)eventfd_read(l->wake, &count);
		if (fds[1].revents)
			drain(l);
		pthread_mutex_lock(&l->lock);
		leaving = l->leaving;
		turn = l->turn;
		pthread_mutex_unlock(&l->lock);
		if (!leaving && turn == answered && clock_ms() < next)
			continue;
		look(l, turn, !leaving && turn != answered);
		answered = turn;
		next = clock_ms() + LOOK_MS;
	}
	return NULL;
}

/* Signals are the loop's. */
static int start_thread(struct fw_learner *l)
{
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&l->thread, NULL, run, l);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

static void release(struct fw_learner *l)
{
	struct no *no;

	while ((no = l->rejected)) {
		l->rejected = no->next;
		free(no->service);
		free(no);
	}
	fw_plan_unref(l->plan);
	fw_learned_free(l->answer);
	fw_store_close(l->store);
	fw_collect_free(l->collect);
	fw_conntrack_close(l->conntrack);
	if (l->routes)
		(void)mnl_socket_close(l->routes);
	if (l->wake >= 0)
		(void)close(l->wake);
	if (l->done >= 0)
		(void)close(l->done);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->database);
	free(l);
}

int fw_learner_start(const struct fw_plan_learn *limits, uint32_t bit,
		     struct fw_learner **ret)
{
	struct fw_learner *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	(void)pthread_mutex_init(&l->lock, NULL);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->bit = bit;
	l->limits = *limits;
	l->database = strdup(limits->database);
	l->limits.database = l->database;
	l->limits.output = NULL;
	l->collect = fw_collect_new(ROWS, LIVE);
	r = l->wake < 0 || l->done < 0 ? -errno :
	    !l->database || !l->collect ? -ENOMEM : 0;
	if (r == 0)
		r = fw_route_open(&l->routes);
	if (r == 0)
		r = fw_conntrack_open(&l->conntrack);
	if (r == 0) {
		fw_conntrack_watch(l->conntrack, bit);
		r = start_thread(l);
	}
	if (r < 0)
		release(l);
	else
		*ret = l;
	return r;
}

void fw_learner_stop(struct fw_learner *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->leaving = true;
	pthread_mutex_unlock(&l->lock);
	(void)eventfd_write(l->wake, 1);
	(void)pthread_join(l->thread, NULL);
	release(l);
}

/* --- the loop's side ------------------------------------------------------- */
int fw_learner_fd(const struct fw_learner *l)
{
	return l->done;
}

struct fw_learned *fw_learner_take(struct fw_learner *l)
{
	struct fw_learned *answer;
	eventfd_t count;

	(void)eventfd_read(l->done, &count);
	pthread_mutex_lock(&l->lock);
	answer = FW_TAKE(l->answer);
	pthread_mutex_unlock(&l->lock);
	return answer;
}

uint64_t fw_learner_look(struct fw_learner *l)
{
	uint64_t turn;

	pthread_mutex_lock(&l->lock);
	turn = ++l->turn;
	pthread_mutex_unlock(&l->lock);
	(void)eventfd_write(l->wake, 1);
	return turn;
}

void fw_learner_set_plan(struct fw_learner *l, const struct fw_plan *plan)
{
	struct fw_plan *old;

	pthread_mutex_lock(&l->lock);
	old = l->plan;
	l->plan = fw_plan_ref(plan);
	pthread_mutex_unlock(&l->lock);
	fw_plan_unref(old);
}

int fw_learner_reject(struct fw_learner *l,
		      const struct fw_suggestion *suggestion)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < suggestion->n_services; i++) {
		const struct fw_learn_decision *d = &suggestion->services[i];
		struct no *no = calloc(1, sizeof(*no));

		if (no)
			no->service = strdup(d->service);
		if (!no || !no->service) {
			free(no);
			r = -ENOMEM;
			break;
		}
		no->flows = d->flows;
		no->peers = d->peers;
		pthread_mutex_lock(&l->lock);
		no->next = l->rejected;
		l->rejected = no;
		pthread_mutex_unlock(&l->lock);
	}
	return r;
}
