/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An inspector without a kernel, to which connections are spoken packet by
 * packet.
 */
#pragma once

#include "inspect/inspector.h"

#define SYN FW_TCP_SYN
#define ACK FW_TCP_ACK
#define TRUST 0x01000000u
#define BLOCK 0x02000000u
#define SOMEBODYS 0x00000042u

/* The name evil.example. */
extern const struct fw_domain_set bad_set;

struct lab {
	struct fw_profile profiles[2];
	const struct fw_plan_rule *rules;	/* of the plans of reloads */
	size_t n_rules;
	struct fw_plan *plan;
	struct fw_inspector inspector;
	struct fw_door door;
	struct fw_flow_report last;
	char sni[256];
	unsigned reports;
	uint32_t met[8];	/* rules of reports, in their order */
	size_t n_met;
	int door_profile;	/* what the door answers */
	unsigned door_asked;
	/* the connection that is being spoken */
	struct fw_tuple tuple;
	uint32_t seq[2];
	struct fw_queue_message extra;	/* mark, ct, ifindex */
};

/* Profile 0 "web" drops evil.example; 1 "strict" drops by default. */
void lab_open(struct lab *lab, size_t n_profiles);
/* Takes the profiles as they are now. */
void lab_reload(struct lab *lab, size_t n_profiles);
/* All memory of flows is given back when they are gone. */
void lab_close(struct lab *lab);

struct fw_queue_verdict speak(struct lab *lab, bool reply, uint8_t flags,
			      uint32_t seq, uint32_t ack, const void *payload,
			      size_t len);
/* The next segment of a side. */
struct fw_queue_verdict say(struct lab *lab, bool reply, uint8_t flags,
			    const void *payload, size_t len);
void handshake(struct lab *lab);
uint32_t mark_of(struct lab *lab, struct fw_queue_verdict verdict);

#define expect_undecided(lab, verdict) \
	assert_int_equal(mark_of(lab, verdict), SOMEBODYS)
#define expect_trusted(lab, verdict) \
	assert_int_equal(mark_of(lab, verdict), SOMEBODYS | TRUST)
#define expect_blocked(lab, verdict) \
	assert_int_equal(mark_of(lab, verdict), SOMEBODYS | BLOCK)
