/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: tables, frames. Out: what the program says of them. The kernel's refusals
 * come back as -errno.
 */
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

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
	return 0;
}

void names_close(struct names *names)
{
	fw_names_bpf__destroy(names->bpf);
}

static int put_array(const struct bpf_map *outer, uint32_t slot, uint32_t flags,
		     uint32_t n, size_t size, const void *values)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	_cleanup_free_ uint32_t *keys = calloc(n, sizeof(*keys));
	_cleanup_close_ int fd =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, bpf_map__name(outer),
			       sizeof(*keys), (uint32_t)size, n, &opts);
	int r;

	if (!keys || fd < 0)
		return keys ? fd : -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		keys[i] = i;
	r = bpf_map_update_batch(fd, keys, values, &n, NULL);
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
