/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fill PIN N: puts N entries of zeros, of different keys, into a hash map, and
 * prints the MiB that the kernel says it takes then.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4096

static int fill(int fd, const struct bpf_map_info *map, uint32_t total)
{
	char *keys = calloc(BATCH, map->key_size);
	char *values = calloc(BATCH, map->value_size);
	int r = keys && values ? 0 : -ENOMEM;

	for (uint32_t done = 0; !r && done < total;) {
		uint32_t n = total - done < BATCH ? total - done : BATCH;

		for (uint32_t i = 0; i < n; i++) {
			uint32_t number = done + i;

			memcpy(keys + (size_t)i * map->key_size, &number,
			       sizeof(number));
		}
		r = bpf_map_update_batch(fd, keys, values, &n, NULL);
		done += n;
	}
	free(keys);
	free(values);
	return r;
}

/* As the map's line in /proc has it */
static uint64_t bytes_of(int fd)
{
	uint64_t bytes = 0;
	char line[128];
	FILE *in;

	(void)snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", fd);
	in = fopen(line, "re");
	while (in && fgets(line, sizeof(line), in))
		(void)sscanf(line, "memlock: %" SCNu64, &bytes);
	if (in)
		(void)fclose(in);
	return bytes;
}

int main(int argc, char **argv)
{
	struct bpf_map_info map = {0};
	uint32_t len = sizeof(map);
	int fd = argc == 3 ? bpf_obj_get(argv[1]) : -1;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &map, &len) ||
	    fill(fd, &map, (uint32_t)strtoul(argv[2], NULL, 10))) {
		(void)fprintf(stderr, "fill: %s\n", strerror(errno));
		return 1;
	}
	(void)printf("%" PRIu64 "\n", bytes_of(fd) >> 20);
	return 0;
}
