/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From flows to rules.
 *
 * In: pairs of client and service, what was rejected, what `learn { }` asks for.
 * Out: suggestions, in an arena. Fails only for want of memory.
 *
 *	1. pairs become services: a server's port, and who met it
 *	2. of each port, clients that met servers in many networks: where they are
 *	   enough, no list of servers would be honest, and theirs is one service
 *	   ("anywhere"). One client alone cannot make it so
 *	3. of the rest, each server's port is a service
 *	4. services with the same clients become one: ports of a server first, then
 *	   servers of the same ports
 */
#include "learn/suggest.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "learn/cover.h"
#include "learn/words.h"
#include "util/cleanup.h"

#define MILLION 1000000u
#define RATIO_MAX 10.0		/* a single kind of evidence is not all of it */
#define DAY_MS (FW_LEARN_DAY * UINT64_C(1000))

struct service {
	const struct fw_learn_pair *pairs;	/* of the first */
	fw_addresses clients, servers;
	fw_covers cover;		/* of clients */
	uint64_t flows, capped, days;	/* days: bits */
	uint64_t first, last;
	bool anywhere;
	enum fw_suggest_state state;	/* by the plan, where there is one */
	const char *clients_text, *servers_text, *ports_text;
	fw_learn_decisions names;	/* what it is made of */
	FW_VEC(const char *) server_names;
	FW_VEC(const struct fw_learn_pair *) samples;
	FW_VEC(uint16_t) ports;
	uint32_t confidence;
};

typedef FW_VEC(struct service) service_vec;

/* Hosts that were seen behind a device. */
struct side {
	const char *device;
	uint8_t family;
	fw_addresses hosts;
};

struct work {
	struct fw_arena *arena;
	const struct fw_suggest_input *input;
	struct fw_learn_pair *pairs;	/* sorted */
	bool *taken;		/* likewise: by a service that is anywhere */
	fw_addresses proven;
	FW_VEC(struct side) sides;
	service_vec services;
};

/* --- order ---------------------------------------------------------------- */
/* Of what all pairs of an "anywhere" have in common. */
static int by_port(const struct fw_learn_key *a, const struct fw_learn_key *b)
{
	int r = strcmp(a->in, b->in);

	if (!r)
		r = strcmp(a->out, b->out);
	if (!r)
		r = a->family - b->family;
	if (!r)
		r = a->proto - b->proto;
	return r ? r : a->port - b->port;
}

static int by_service(const struct fw_learn_key *a,
		      const struct fw_learn_key *b)
{
	int r = by_port(a, b);

	return r ? r : memcmp(a->server, b->server, sizeof(a->server));
}

static int by_pair(const void *x, const void *y)
{
	const struct fw_learn_pair *a = x, *b = y;
	int r = by_service(&a->key, &b->key);

	return r ? r : memcmp(a->key.client, b->key.client,
			      sizeof(a->key.client));
}

static struct fw_address client_of(const struct fw_learn_pair *pair)
{
	struct fw_address address;

	memcpy(address.bytes, pair->key.client, sizeof(address.bytes));
	return address;
}

static struct fw_address server_of(const struct fw_learn_pair *pair)
{
	struct fw_address address;

	memcpy(address.bytes, pair->key.server, sizeof(address.bytes));
	return address;
}

static int add_address(struct work *work, fw_addresses *to,
		       struct fw_address address)
{
	struct fw_address *item = fw_vec_push(work->arena, to);

	if (!item)
		return -ENOMEM;
	*item = address;
	return 0;
}

/* --- evidence ------------------------------------------------------------- */
static double ratio(uint64_t seen, uint64_t minimum)
{
	double r = minimum ? (double)seen / (double)minimum : RATIO_MAX;

	return r < RATIO_MAX ? r : RATIO_MAX;
}

uint32_t fw_suggest_confidence(const struct fw_plan_learn *limits,
			       uint64_t flows, uint64_t peers, uint64_t days,
			       uint64_t seconds)
{
	double f = ratio(flows, limits->flows);
	double p = ratio(peers, limits->peers);
	double d = limits->ms >= DAY_MS ?
			   ratio(days, (limits->ms + DAY_MS - 1) / DAY_MS) :
			   ratio(seconds * 1000, limits->ms);

	return (uint32_t)(MILLION * (1 - 1 / ((1 + f) * (1 + p) * (1 + d))));
}

static uint64_t count_bits(uint64_t bits)
{
	return (uint64_t)__builtin_popcountll(bits);
}

static bool is_enough(const struct work *work, struct service *s)
{
	const struct fw_plan_learn *limits = work->input->limits;
	uint64_t days = count_bits(s->days);
	uint64_t span = s->last - s->first;
	/* this host is one, and believed */
	uint64_t peers = *s->pairs->key.in || s->clients.n > limits->peers ?
				 s->clients.n : limits->peers;
	bool long_enough = limits->ms >= DAY_MS ?
				   days * DAY_MS >= limits->ms :
				   span * 1000 >= limits->ms;

	s->confidence = fw_suggest_confidence(limits, s->capped, peers, days,
					      span);
	return s->capped >= limits->flows && peers >= limits->peers && long_enough &&
	       s->confidence >= limits->confidence;
}

/* It hears what is sent to its address: TCP is not established otherwise. This
 * host's own are in no doubt. */
static bool is_proven(const struct work *work, const struct fw_learn_pair *pair)
{
	struct fw_address client = client_of(pair);

	return pair->key.proto == IPPROTO_TCP || !pair->key.in[0] ||
	       fw_addresses_have(&work->proven, &client);
}

static int find_proven(struct work *work)
{
	for (size_t i = 0; i < work->input->n_pairs; i++) {
		const struct fw_learn_pair *pair = &work->pairs[i];

		if (pair->key.proto == IPPROTO_TCP &&
		    add_address(work, &work->proven, client_of(pair)))
			return -ENOMEM;
	}
	fw_addresses_sort(&work->proven);
	return 0;
}

static int fill_side(struct work *work, struct side *side)
{
	for (size_t i = 0; i < work->input->n_pairs; i++) {
		const struct fw_learn_pair *pair = &work->pairs[i];

		if (pair->key.family == side->family &&
		    !strcmp(pair->key.in, side->device) &&
		    is_proven(work, pair) &&
		    add_address(work, &side->hosts, client_of(pair)))
			return -ENOMEM;
	}
	fw_addresses_sort(&side->hosts);
	return 0;
}

/* Those that are where the clients of such a service are; NULL: no memory. */
static const fw_addresses *nearby(struct work *work,
				  const struct fw_learn_key *key)
{
	struct side *side;

	for (size_t i = 0; i < work->sides.n; i++) {
		side = &work->sides.items[i];
		if (side->family == key->family &&
		    !strcmp(side->device, key->in))
			return &side->hosts;
	}
	side = fw_vec_push(work->arena, &work->sides);
	if (!side)
		return NULL;
	side->device = key->in;
	side->family = key->family;
	return fill_side(work, side) ? NULL : &side->hosts;
}

/* --- services ------------------------------------------------------------- */
static int add_name(struct work *work, struct service *s, const char *name)
{
	const char **slot;

	if (!*name || s->server_names.n == FW_SUGGEST_NAMES)
		return 0;
	for (size_t i = 0; i < s->server_names.n; i++)
		if (!strcmp(s->server_names.items[i], name))
			return 0;
	slot = fw_vec_push(work->arena, &s->server_names);
	if (!slot)
		return -ENOMEM;
	*slot = name;
	return 0;
}

static int add_sample(struct work *work, struct service *s,
		      const struct fw_learn_pair *pair)
{
	const struct fw_learn_pair **slot;

	if (s->samples.n == FW_SUGGEST_SAMPLES)
		return 0;
	slot = fw_vec_push(work->arena, &s->samples);
	if (!slot)
		return -ENOMEM;
	*slot = pair;
	return 0;
}

static int add_pair(struct work *work, struct service *s,
		    const struct fw_learn_pair *pair)
{
	const uint64_t cap = work->input->limits->flows;

	if (!is_proven(work, pair))
		return 0;
	s->flows += pair->flows;
	s->capped += pair->flows < cap ? pair->flows : cap;
	s->days |= pair->days;
	if (!s->first || pair->first < s->first)
		s->first = pair->first;
	if (pair->last > s->last)
		s->last = pair->last;
	if (add_address(work, &s->clients, client_of(pair)) ||
	    add_address(work, &s->servers, server_of(pair)) ||
	    add_name(work, s, pair->name) || add_sample(work, s, pair))
		return -ENOMEM;
	return 0;
}

static bool is_one(const struct work *work, size_t pair,
		   const fw_addresses *only)
{
	struct fw_address client = client_of(&work->pairs[pair]);

	return only ? fw_addresses_have(only, &client) : !work->taken[pair];
}

/* only: of these clients; NULL: of those that are not taken. */
static int gather(struct work *work, size_t from, size_t to,
		  const fw_addresses *only, struct service *s)
{
	uint16_t *port;

	*s = (struct service){ .pairs = &work->pairs[from] };
	for (size_t i = from; i < to; i++)
		if (is_one(work, i, only) &&
		    add_pair(work, s, &work->pairs[i]))
			return -ENOMEM;
	fw_addresses_sort(&s->clients);
	fw_addresses_sort(&s->servers);
	port = fw_vec_push(work->arena, &s->ports);
	if (!port)
		return -ENOMEM;
	*port = s->pairs->key.port;
	return 0;
}

static const struct fw_learn_decision *rejection(const struct work *work,
						 const char *name)
{
	for (size_t i = 0; i < work->input->n_rejected; i++)
		if (!strcmp(work->input->rejected[i].service, name))
			return &work->input->rejected[i];
	return NULL;
}

/* New evidence: twice the flows, or twice the peers. */
static bool stays_away(const struct work *work, const struct service *s,
		       const char *name)
{
	const struct fw_learn_decision *no = rejection(work, name);

	return no && s->flows < 2 * no->flows && s->clients.n < 2 * no->peers;
}

static int judge(struct work *work, struct service *s)
{
	struct fw_suggestion asked = {
		.key = s->pairs->key,
		.n_samples = s->samples.n,
	};

	if (!work->input->plan)
		return 0;
	for (size_t i = 0; i < s->samples.n; i++)
		asked.samples[i] = s->samples.items[i];
	if (fw_suggest_judge(work->arena, work->input->plan, &asked))
		return -ENOMEM;
	s->state = asked.state;
	return 0;
}

/* Puts it among the services, unless somebody has said no or its clients cannot
 * be named. */
static int admit(struct work *work, struct service *s)
{
	const char *name = fw_learn_service_name(work->arena, &s->pairs->key,
						 s->anywhere);
	const fw_addresses *known = nearby(work, &s->pairs->key);
	struct fw_learn_decision *decision;
	struct service *slot;

	if (!name || !known)
		return -ENOMEM;
	if (stays_away(work, s, name))
		return 0;
	if (fw_cover(work->arena, s->pairs->key.family, &s->clients, known,
		     &s->cover))
		return -ENOMEM;
	if (s->cover.n > FW_SUGGEST_ELEMENTS && s->pairs->key.in[0])
		return 0;
	if (judge(work, s))
		return -ENOMEM;
	s->clients_text = s->pairs->key.in[0] ?
		fw_cover_text(work->arena, s->pairs->key.family, &s->cover) :
		"";
	decision = fw_vec_push(work->arena, &s->names);
	slot = fw_vec_push(work->arena, &work->services);
	if (!s->clients_text || !decision || !slot)
		return -ENOMEM;
	*decision = (struct fw_learn_decision){ name, s->flows, s->clients.n };
	*slot = *s;
	return 0;
}

/* Pairs from..to are of one port. */
static int look_at_servers(struct work *work, size_t from, size_t to)
{
	const struct fw_learn_pair *pairs = work->pairs;

	for (size_t i = from, end; i < to; i = end) {
		struct service s;

		for (end = i; end < to; end++)
			if (by_service(&pairs[i].key, &pairs[end].key))
				break;
		if (gather(work, i, end, NULL, &s))
			return -ENOMEM;
		if (!is_enough(work, &s))
			continue;
		if (admit(work, &s))
			return -ENOMEM;
	}
	return 0;
}

static int by_client(const void *x, const void *y)
{
	const struct fw_learn_pair *const *a = x, *const *b = y;
	int r = memcmp((*a)->key.client, (*b)->key.client, 16);

	return r ? r : memcmp((*a)->key.server, (*b)->key.server, 16);
}

/* Clients that met servers in FW_SUGGEST_SPREAD networks or more. */
static int find_wide(struct work *work, size_t from, size_t to,
		     fw_addresses *ret)
{
	const unsigned network = work->pairs[from].key.family == 4 ? 16 : 32;
	size_t n = to - from;
	_cleanup_free_ const struct fw_learn_pair **sorted =
		malloc(n * sizeof(*sorted));
	struct fw_arena *room = fw_arena_new();
	fw_addresses servers = { 0 };
	int r = sorted && room ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		sorted[i] = &work->pairs[from + i];
	if (r == 0)
		qsort(sorted, n, sizeof(*sorted), by_client);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct fw_address *server = fw_vec_push(room, &servers);

		if (!server) {
			r = -ENOMEM;
			break;
		}
		*server = server_of(sorted[i]);
		if (i + 1 < n && !memcmp(sorted[i]->key.client,
					 sorted[i + 1]->key.client, 16))
			continue;
		if (fw_addresses_spread(&servers, network) >= FW_SUGGEST_SPREAD)
			r = add_address(work, ret, client_of(sorted[i]));
		servers.n = 0;
	}
	fw_arena_free(room);
	return r;
}

static int look_anywhere(struct work *work, size_t from, size_t to)
{
	fw_addresses wide = { 0 };
	struct service s;

	if (to - from < FW_SUGGEST_SPREAD)
		return 0;
	if (find_wide(work, from, to, &wide))
		return -ENOMEM;
	if (!wide.n)
		return 0;
	if (gather(work, from, to, &wide, &s))
		return -ENOMEM;
	if (!is_enough(work, &s))
		return 0;
	s.anywhere = true;
	for (size_t i = from; i < to; i++)
		work->taken[i] = is_one(work, i, &wide);
	return admit(work, &s);
}

static int look_at_port(struct work *work, size_t from, size_t to)
{
	int r = look_anywhere(work, from, to);

	return r < 0 ? r : look_at_servers(work, from, to);
}

/* --- one rule of several services ------------------------------------------ */
static int by_name(const void *x, const void *y)
{
	const struct service *a = x, *b = y;
	const struct fw_learn_key *ka = &a->pairs->key, *kb = &b->pairs->key;
	int r = strcmp(ka->in, kb->in);

	if (!r)
		r = strcmp(ka->out, kb->out);
	if (!r)
		r = ka->family - kb->family;
	if (!r)
		r = ka->proto - kb->proto;
	if (!r)
		r = strcmp(a->clients_text, b->clients_text);
	if (!r)
		r = a->anywhere - b->anywhere;
	if (!r)
		r = (int)a->state - (int)b->state;
	return r;
}

static int by_server(const void *x, const void *y)
{
	const struct service *a = x, *b = y;
	int r = by_name(x, y);

	if (!r && !a->anywhere)
		r = memcmp(a->pairs->key.server, b->pairs->key.server, 16);
	return r;
}

static int by_server_and_port(const void *x, const void *y)
{
	const struct service *a = x, *b = y;
	int r = by_server(x, y);

	return r ? r : a->pairs->key.port - b->pairs->key.port;
}

static int by_ports(const void *x, const void *y)
{
	const struct service *a = x, *b = y;
	int r = by_name(x, y);

	return r ? r : strcmp(a->ports_text, b->ports_text);
}

static int by_ports_and_server(const void *x, const void *y)
{
	const struct service *a = x, *b = y;
	int r = by_ports(x, y);

	return r ? r : memcmp(a->pairs->key.server, b->pairs->key.server, 16);
}

#define ADD_ALL(work, to, from)                                            \
	__extension__({                                                    \
		int added_ = 0;                                            \
		for (size_t i_ = 0; i_ < (from)->n && !added_; i_++) {     \
			__typeof__((to)->items) slot_ =                    \
				fw_vec_push((work)->arena, (to));          \
			if (slot_)                                         \
				*slot_ = (from)->items[i_];                \
			else                                               \
				added_ = -ENOMEM;                          \
		}                                                          \
		added_;                                                    \
	})

static bool has_port(const struct service *s, uint16_t port)
{
	for (size_t i = 0; i < s->ports.n; i++)
		if (s->ports.items[i] == port)
			return true;
	return false;
}

/* What the rule is sure of is what the least of its services is sure of. */
static int join(struct work *work, struct service *to,
		const struct service *from)
{
	for (size_t i = 0; i < from->ports.n; i++) {
		uint16_t *port = has_port(to, from->ports.items[i]) ? NULL :
			fw_vec_push(work->arena, &to->ports);

		if (port)
			*port = from->ports.items[i];
	}
	to->flows += from->flows;
	to->days |= from->days;
	to->first = to->first < from->first ? to->first : from->first;
	to->last = to->last > from->last ? to->last : from->last;
	if (from->confidence < to->confidence)
		to->confidence = from->confidence;
	for (size_t i = 0; i < from->server_names.n; i++)
		if (add_name(work, to, from->server_names.items[i]))
			return -ENOMEM;
	for (size_t i = 0; i < from->samples.n; i++)
		if (add_sample(work, to, from->samples.items[i]))
			return -ENOMEM;
	if (ADD_ALL(work, &to->servers, &from->servers) ||
	    ADD_ALL(work, &to->names, &from->names))
		return -ENOMEM;
	fw_addresses_sort(&to->servers);
	return 0;
}

/* Neighbours that are the same become one. */
static int join_same(struct work *work,
		     int (*order)(const void *, const void *),
		     int (*same)(const void *, const void *))
{
	service_vec *all = &work->services;
	size_t n = 0;

	if (!all->n)
		return 0;
	qsort(all->items, all->n, sizeof(*all->items), order);
	for (size_t i = 0; i < all->n; i++) {
		if (n && same(&all->items[n - 1], &all->items[i]) == 0) {
			if (join(work, &all->items[n - 1], &all->items[i]))
				return -ENOMEM;
			continue;
		}
		all->items[n++] = all->items[i];
	}
	all->n = n;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Servers are listed, and never stand for others. */
static int write_texts(struct work *work, bool servers)
{
	static const fw_addresses none;

	for (size_t i = 0; i < work->services.n; i++) {
		struct service *s = &work->services.items[i];
		fw_covers cover = { 0 };

		qsort(s->ports.items, s->ports.n, sizeof(*s->ports.items),
		      by_number);
		s->ports_text = !fw_learn_has_ports(s->pairs->key.proto) ? "" :
			fw_learn_ports_text(work->arena, s->ports.items,
					    s->ports.n);
		if (!s->ports_text)
			return -ENOMEM;
		if (!servers || s->anywhere)
			continue;
		for (size_t k = 0; k < s->servers.n; k++) {
			fw_addresses one = { &s->servers.items[k], 1, 1 };

			if (fw_cover(work->arena, s->pairs->key.family, &one,
				     &none, &cover))
				return -ENOMEM;
		}
		s->servers_text = fw_cover_text(work->arena,
						s->pairs->key.family, &cover);
		if (!s->servers_text)
			return -ENOMEM;
	}
	return 0;
}

/* --- suggestions ---------------------------------------------------------- */
static int put(struct work *work, const struct service *s, fw_suggestions *ret)
{
	struct fw_suggestion *to = fw_vec_push(work->arena, ret);

	if (!to)
		return -ENOMEM;
	*to = (struct fw_suggestion){
		.key = s->pairs->key,
		.flows = s->flows,
		.peers = s->clients.n,
		.days = count_bits(s->days),
		.first = s->first,
		.last = s->last,
		.confidence = s->confidence,
		.n_names = s->server_names.n,
		.ports = *s->ports_text ? s->ports_text : NULL,
		.servers = s->servers_text,
		.clients = *s->clients_text ? s->clients_text : NULL,
		.n_samples = s->samples.n,
		.services = s->names.items,
		.n_services = s->names.n,
	};
	for (size_t i = 0; i < s->server_names.n; i++)
		to->names[i] = s->server_names.items[i];
	for (size_t i = 0; i < s->samples.n; i++)
		to->samples[i] = s->samples.items[i];
	to->rule = fw_learn_rule_text(work->arena, to);
	return to->rule ? 0 : -ENOMEM;
}

int fw_suggest(struct fw_arena *arena, const struct fw_suggest_input *input,
	       fw_suggestions *ret)
{
	struct work work = { .arena = arena, .input = input };
	size_t n = input->n_pairs;
	int r;

	if (!n)
		return 0;
	work.pairs = fw_arena_memdup(arena, input->pairs,
				     n * sizeof(*input->pairs));
	work.taken = fw_arena_array(arena, n, sizeof(*work.taken));
	if (!work.pairs || !work.taken)
		return -ENOMEM;
	qsort(work.pairs, n, sizeof(*work.pairs), by_pair);
	r = find_proven(&work);
	for (size_t i = 0, end; r == 0 && i < n; i = end) {
		for (end = i; end < n; end++)
			if (by_port(&work.pairs[i].key, &work.pairs[end].key))
				break;
		r = look_at_port(&work, i, end);
	}
	if (r == 0)
		r = join_same(&work, by_server_and_port, by_server);
	if (r == 0)
		r = write_texts(&work, false);
	if (r == 0)
		r = join_same(&work, by_ports_and_server, by_ports);
	if (r == 0)
		r = write_texts(&work, true);
	for (size_t i = 0; r == 0 && i < work.services.n; i++)
		r = put(&work, &work.services.items[i], ret);
	return r;
}
