/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures of malformed packets, from FLYWALL_CORPUS/pcap/malformed: XDP and TC
 * run on each frame and say what the model says, verdict and reason.
 *
 * Whatever a capture's link type is, its frames are taken as Ethernet, and once
 * more as what stands behind an Ethernet header, as IPv4 and as IPv6. Files that
 * are no classic pcap are named and left out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include "kernel.h"
#include "model/model.h"
#include "packets.h"
#include "plans.h"
#include "tables.h"
#include "util/cleanup.h"

#define PLANS 8
#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define ETHERNET_LEN 14
#define TC_FRAME_MAX 3000	/* BPF_PROG_TEST_RUN takes a page */

struct corpus {
	struct kernel xdp, tc;
	struct fw_plan *plan;
	unsigned passed, failed, reasons;
};

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, sigfigs, snaplen, link;
};

struct frame_header {
	uint32_t seconds, fraction, captured, length;
};

/* The reason that the program at hand has counted, 0 for none; which is then
 * forgotten. Two are no reason. */
static enum fw_stat take_reason(const struct corpus *c)
{
	enum fw_stat found = 0;

	for (unsigned i = 0; i < FW_STATS_MALFORMED; i++) {
		enum fw_stat stat = (enum fw_stat)(FW_STAT_MALFORMED_FIRST + i);
		uint64_t n = 0;

		if (kernel_stat(&c->xdp, stat, &n) || !n)
			continue;
		if (found || n > 1)
			return FW_STAT_MAX_;
		found = stat;
	}
	if (found && kernel_zero_stats(&c->xdp))
		return FW_STAT_MAX_;
	return found;
}

static void judge(struct corpus *c, const char *program, const char *file,
		  unsigned number, int r, bool verdict, enum fw_stat reason)
{
	enum fw_stat found = r ? 0 : take_reason(c);

	if (!r && verdict && found == reason) {
		c->passed++;
		c->reasons += reason != 0;
		return;
	}
	c->failed++;
	fprintf(stderr, "FAIL %s, %s, frame %u: %s (%s; by the model %s)\n",
		program, file, number,
		r	  ? strerror(-r)
		: verdict ? "another reason"
			  : "another verdict",
		found ? fw_stat_name(found) : "sound",
		reason ? fw_stat_name(reason) : "sound");
}

static void run_frame(struct corpus *c, const char *file, unsigned number,
		      const uint8_t *bytes, uint32_t len)
{
	static uint8_t out[PACKET_MAX + 256];
	struct fw_model_result want = fw_model_xdp(c->plan, "lo", bytes, len,
						   NULL);
	bool drop = want.verdict == FW_VERDICT_DROP;
	struct xdp_md xdp = {.data_end = len, .ingress_ifindex = 1};
	struct __sk_buff skb = {.ifindex = 1};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes,
		    .data_size_in = len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &xdp,
		    .ctx_size_in = sizeof(xdp));
	int r = bpf_prog_test_run_opts(c->xdp.program, &opts);

	judge(c, "xdp", file, number, r,
	      opts.retval == (drop ? XDP_DROP : XDP_PASS), want.malformed);
	if (len > TC_FRAME_MAX)
		return;
	opts.data_size_out = sizeof(out);
	opts.ctx_in = &skb;
	opts.ctx_size_in = sizeof(skb);
	r = bpf_prog_test_run_opts(c->tc.program, &opts);
	/* An IP frame without an IP header is refused before the program runs. */
	if (r != -EINVAL)
		judge(c, "tc", file, number, r,
		      (opts.retval == TC_ACT_SHOT) == drop, want.malformed);
}

static void run_ways(struct corpus *c, const char *file, unsigned number,
		     uint8_t *frame, uint32_t len)
{
	static const uint8_t types[][2] = {{0x08, 0x00}, {0x86, 0xdd}};

	if (len >= ETHERNET_LEN)
		run_frame(c, file, number, frame + ETHERNET_LEN, len);
	for (size_t i = 0; i < FW_ARRAY_SIZE(types); i++) {
		memcpy(frame + ETHERNET_LEN - 2, types[i], 2);
		run_frame(c, file, number, frame, len + ETHERNET_LEN);
	}
}

/* False: no such capture. */
static bool run_capture(struct corpus *c, const char *name, FILE *in)
{
	static uint8_t bytes[ETHERNET_LEN + PACKET_MAX];
	struct file_header header;
	struct frame_header frame;
	bool swapped;

	if (fread(&header, sizeof(header), 1, in) != 1)
		return false;
	swapped = header.magic == __builtin_bswap32(MAGIC_US) ||
		  header.magic == __builtin_bswap32(MAGIC_NS);
	if (!swapped && header.magic != MAGIC_US && header.magic != MAGIC_NS)
		return false;
	for (unsigned n = 1; fread(&frame, sizeof(frame), 1, in) == 1; n++) {
		uint32_t len = swapped ? __builtin_bswap32(frame.captured)
				       : frame.captured;

		if (len > PACKET_MAX - ETHERNET_LEN) {
			if (fseek(in, (long)len, SEEK_CUR) != 0)
				break;
			continue;
		}
		if (fread(bytes + ETHERNET_LEN, 1, len, in) != len)
			break;
		run_ways(c, name, n, bytes, len);
	}
	return true;
}

static int run_directory(struct corpus *c, const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		FILE *in;
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		in = fd < 0 ? NULL : fdopen(fd, "r");
		if (!in || !run_capture(c, entry->d_name, in))
			fprintf(stderr, "%s: no pcap, left out\n",
				entry->d_name);
		if (in)
			(void)fclose(in);
	}
	(void)closedir(dir);
	return 0;
}

static int run_plan(struct corpus *c, uint64_t seed, const char *path)
{
	static const char *const devices[] = {"lo"};
	struct rng rng = {seed};
	int r = -ENOMEM;

	c->plan = plan_random(&rng, devices, 1);
	if (c->plan) {
		c->plan->options.malformed_drop = seed % 2;
		r = tables_build(c->plan);
	}
	if (!r)
		r = kernel_fill(&c->xdp, 0, c->plan, FW_DEV_NO_XDP);
	if (!r)
		r = run_directory(c, path);
	fw_plan_unref(c->plan);
	return r;
}

int main(void)
{
	const char *corpus = getenv("FLYWALL_CORPUS");
	static struct corpus c;
	char path[4096];
	int r;

	if (!corpus) {
		fprintf(stderr, "FLYWALL_CORPUS is not set\n");
		return 77;
	}
	snprintf(path, sizeof(path), "%s/pcap/malformed", corpus);
	kernel_namespace(NULL, 0);
	r = kernel_open(&c.xdp, KERNEL_XDP, NULL);
	if (!r)
		r = kernel_open(&c.tc, KERNEL_TC, &c.xdp);
	for (uint64_t seed = 1; !r && seed <= PLANS; seed++)
		r = run_plan(&c, seed, path);
	kernel_close(&c.tc);
	kernel_close(&c.xdp);
	if (r)
		fprintf(stderr, "%s: %s\n", path, strerror(-r));
	printf("%u passed, %u of them malformed, %u failed\n", c.passed,
	       c.reasons, c.failed);
	return r || c.failed || !c.reasons;
}
