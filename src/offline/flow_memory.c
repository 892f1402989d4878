/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections of a capture, as far as packets tell.
 *
 * In: packets in their order, and which of them were let through. Out: the
 * state that conntrack would give the next one: established where a packet of
 * the connection (TCP, UDP, their like, echo requests) was let through before.
 * Fails only for want of memory.
 *
 * Timeouts, sequence numbers, NAT and helpers are not followed, and errors are
 * told from the connection that they quote by nobody.
 */
#include "offline/flow_memory.h"

#include <errno.h>
#include <string.h>

#define ESTABLISHED 2
#define FIRST_SLOTS 1024

struct flow {
	fw_u128 a, b;
	uint16_t port_a, port_b;
	uint8_t protocol, family;	/* family 0: a free slot */
};

struct fw_flow_memory {
	struct fw_arena *arena;
	struct flow *slots;	/* a power of two of them */
	size_t n, cap;
};

static fw_u128 value(const struct fw_model_packet *packet, enum fw_field field)
{
	return packet->has[field] ? packet->value[field] : 0;
}

/* False for a packet of no connection that is followed. */
static bool read_flow(const struct fw_model_packet *packet, struct flow *ret)
{
	bool v6 = value(packet, FW_FIELD_L3) == FW_L3_IP6;

	memset(ret, 0, sizeof(*ret));
	if (!packet->has[FW_FIELD_L4PROTO] || packet->later_fragment)
		return false;
	ret->protocol = (uint8_t)packet->value[FW_FIELD_L4PROTO];
	ret->family = v6 ? 6 : 4;
	ret->a = value(packet, v6 ? FW_FIELD_SADDR6 : FW_FIELD_SADDR4);
	ret->b = value(packet, v6 ? FW_FIELD_DADDR6 : FW_FIELD_DADDR4);
	if (packet->has[FW_FIELD_ICMP_TYPE]) {
		fw_u128 type = packet->value[FW_FIELD_ICMP_TYPE];

		/* echo: request and reply */
		ret->port_a = ret->port_b =
			(uint16_t)value(packet, FW_FIELD_ICMP_ID);
		return v6 ? type == 128 || type == 129 : type == 0 || type == 8;
	}
	ret->port_a = (uint16_t)value(packet, FW_FIELD_SPORT);
	ret->port_b = (uint16_t)value(packet, FW_FIELD_DPORT);
	return packet->has[FW_FIELD_SPORT];
}

static struct flow turned(const struct flow *flow)
{
	struct flow back = *flow;

	back.a = flow->b;
	back.b = flow->a;
	back.port_a = flow->port_b;
	back.port_b = flow->port_a;
	return back;
}

static bool same(const struct flow *a, const struct flow *b)
{
	return a->a == b->a && a->b == b->b && a->port_a == b->port_a &&
	       a->port_b == b->port_b && a->protocol == b->protocol &&
	       a->family == b->family;
}

static size_t hash(const struct flow *f)
{
	uint64_t h = (uint64_t)f->a ^ (uint64_t)(f->a >> 64);

	h = h * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)f->b;
	h = h * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(f->b >> 64);
	h = h * UINT64_C(0x9e3779b97f4a7c15) ^
	    ((uint64_t)f->port_a << 24 | (uint64_t)f->port_b << 8 | f->protocol);
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(h >> 17);
}

static struct flow *find(const struct flow *slots, size_t cap,
			 const struct flow *flow)
{
	size_t at = hash(flow) & (cap - 1);

	while (slots[at].family && !same(&slots[at], flow))
		at = (at + 1) & (cap - 1);
	return (struct flow *)(uintptr_t)&slots[at];
}

struct fw_flow_memory *fw_flow_memory_new(struct fw_arena *arena)
{
	struct fw_flow_memory *m = fw_arena_alloc(arena, sizeof(*m));

	if (!m)
		return NULL;
	m->arena = arena;
	m->cap = FIRST_SLOTS;
	m->slots = fw_arena_array(arena, m->cap, sizeof(*m->slots));
	return m->slots ? m : NULL;
}

unsigned fw_flow_memory_ask(const struct fw_flow_memory *m,
			    const struct fw_model_packet *packet,
			    unsigned *ret_direction)
{
	struct flow flow, back;

	if (!read_flow(packet, &flow))
		return 0;
	back = turned(&flow);
	*ret_direction = 0;
	if (find(m->slots, m->cap, &flow)->family)
		return ESTABLISHED;
	*ret_direction = 1;
	return find(m->slots, m->cap, &back)->family ? ESTABLISHED : 0;
}

static int grow(struct fw_flow_memory *m)
{
	size_t cap = m->cap * 2;
	struct flow *slots = fw_arena_array(m->arena, cap, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].family)
			*find(slots, cap, &m->slots[i]) = m->slots[i];
	m->slots = slots;
	m->cap = cap;
	return 0;
}

int fw_flow_memory_add(struct fw_flow_memory *m,
		       const struct fw_model_packet *packet)
{
	struct flow flow, back, *slot;

	if (!read_flow(packet, &flow))
		return 0;
	back = turned(&flow);
	if (find(m->slots, m->cap, &back)->family)
		return 0;
	if (m->n * 2 >= m->cap && grow(m) < 0)
		return -ENOMEM;
	slot = find(m->slots, m->cap, &flow);
	m->n += !slot->family;
	*slot = flow;
	return 0;
}
