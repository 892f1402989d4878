/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: tables, frames. Out: what the program says of them. The kernel's refusals
 * come back as -errno.
 */
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "domains.h"
#include "kernel.h"
#include "util/cleanup.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "tests/prog/names.skel.h"
#pragma GCC diagnostic pop

int names_open(struct names *names)
{
	kernel_needs();
	names->bpf = fw_names_bpf__open_and_load();
	if (!names->bpf)
		return -errno;
	names->ask = bpf_program__fd(names->bpf->progs.names_ask);
	names->reply = bpf_program__fd(names->bpf->progs.names_reply);
	names->rotate = bpf_program__fd(names->bpf->progs.names_rotate);
	return 0;
}

void names_close(struct names *names)
{
	fw_names_bpf__destroy(names->bpf);
}

static int fill_array(int fd, uint32_t n, const void *values)
{
	_cleanup_free_ uint32_t *keys = calloc(n, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		keys[i] = i;
	return bpf_map_update_batch(fd, keys, values, &n, NULL);
}

static int put_array(const struct bpf_map *outer, uint32_t slot, uint32_t flags,
		     uint32_t n, size_t size, const void *values)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	_cleanup_close_ int fd =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, bpf_map__name(outer),
			       sizeof(uint32_t), (uint32_t)size, n, &opts);
	int r = fd < 0 ? fd : fill_array(fd, n, values);

	return r ? r : bpf_map_update_elem(bpf_map__fd(outer), &slot, &fd,
					   BPF_ANY);
}

int names_fill(struct names *names, uint32_t slot,
	       const struct fw_suffix_table *table)
{
	const struct fw_names_bpf *bpf = names->bpf;
	uint64_t word = slot;
	uint32_t key = 0;
	int r = put_array(bpf->maps.name_head, slot, 0, 1, sizeof(table->head),
			  &table->head);

	if (!r)
		r = put_array(bpf->maps.name_filter, slot, BPF_F_INNER_MAP,
			      (uint32_t)table->n_filter, sizeof(*table->filter),
			      table->filter);
	if (!r)
		r = put_array(bpf->maps.names, slot, BPF_F_INNER_MAP,
			      table->head.buckets, sizeof(*table->buckets),
			      table->buckets);
	return r ? r : bpf_map_update_elem(bpf_map__fd(bpf->maps.control), &key,
					   &word, BPF_ANY);
}

static void run(int program, struct bpf_test_run_opts *opts)
{
	if (bpf_prog_test_run_opts(program, opts) < 0) {
		perror("BPF_PROG_TEST_RUN");
		exit(1);
	}
}

enum names_asked names_ask(struct names *names, const uint8_t *frame, size_t len,
			   uint32_t *class, uint16_t *qtype)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = frame, .data_size_in = (uint32_t)len,
		    .repeat = 1);

	run(names->ask, &opts);
	*class = names->bpf->bss->names_class;
	*qtype = (uint16_t)names->bpf->bss->names_qtype;
	return (enum names_asked)opts.retval;
}

bool names_reply(struct names *names, uint8_t *frame, size_t *len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = frame, .data_size_in = (uint32_t)*len,
		    .data_out = frame, .data_size_out = (uint32_t)*len,
		    .repeat = 1);

	run(names->reply, &opts);
	*len = opts.data_size_out;
	return opts.retval == XDP_TX;
}

/* --- many questions ------------------------------------------------------- */
void names_question(const char *name, uint8_t *ret)
{
	static const uint8_t type_class[] = { 0, 1, 0, 1 };
	uint8_t wire[255];
	size_t len = domain_wire(name, wire);

	memset(ret, 0, NAMES_QUESTION_SIZE);
	if (len + sizeof(type_class) > NAMES_QUESTION_SIZE)
		abort();
	memcpy(ret, wire, len);
	memcpy(ret + len, type_class, sizeof(type_class));
}

int names_load(struct names *names, const void *questions)
{
	return fill_array(bpf_map__fd(names->bpf->maps.names_questions),
			  NAMES_QUESTIONS, questions);
}

/* Each question once; returns the mean time, in nanoseconds. */
static uint32_t ask_all(struct names *names)
{
	static const uint8_t headers[] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 104, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x9c, 0x40, 0, 53, 0, 84, 0, 0,
		0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
	};
	uint8_t frame[sizeof(headers) + NAMES_QUESTION_SIZE] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = NAMES_QUESTIONS);

	memcpy(frame, headers, sizeof(headers));
	run(names->rotate, &opts);
	if (opts.retval != XDP_DROP)
		abort();
	return opts.duration;
}

double names_time(struct names *names, bool bare)
{
	names->bpf->bss->names_bare = bare;
	return ask_all(names);
}

const uint8_t *names_sweep(struct names *names)
{
	uint8_t *found = names->bpf->bss->names_found;

	memset(found, 0xff, NAMES_QUESTIONS);
	names->bpf->bss->names_next = 0;
	(void)ask_all(names);
	return found;
}
