/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SSH: the client's banner.
 *
 * In: the client's bytes, in any portions. Out: a state, and banner and version
 * with DONE. Nothing fails but by a state.
 *
 * A client's first line is its banner; only servers may send others before it.
 * A bare LF ends it too: old clients send one, and servers take it.
 */
#include "inspect/ssh.h"

#include <stdlib.h>
#include <string.h>

static const char magic[] = "SSH-";
#define MAGIC_LEN (sizeof(magic) - 1)

void fw_ssh_init(struct fw_ssh *ssh)
{
	memset(ssh, 0, sizeof(*ssh));
}

/* "2.0-OpenSSH_9.2": the numbers in front of the second '-'. */
static bool read_version(const char *text, uint16_t *ret)
{
	unsigned long major, minor;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	major = strtoul(text, &end, 10);
	if (*end != '.' || end[1] < '0' || end[1] > '9')
		return false;
	minor = strtoul(end + 1, &end, 10);
	*ret = (uint16_t)(major << 8 | minor);
	return *end == '-' && major < 256 && minor < 256;
}

static enum fw_parse_state end_of_line(struct fw_ssh *ssh)
{
	if (ssh->banner_len && ssh->banner[ssh->banner_len - 1] == '\r')
		ssh->banner_len--;
	ssh->banner[ssh->banner_len] = '\0';
	if (ssh->banner_len < MAGIC_LEN)
		return FW_PARSE_OTHER;
	return read_version(ssh->banner + MAGIC_LEN, &ssh->version) ?
		       FW_PARSE_DONE : FW_PARSE_MALFORMED;
}

static enum fw_parse_state take(struct fw_ssh *ssh, uint8_t byte)
{
	size_t at = ssh->banner_len;

	if (byte == '\n')
		return end_of_line(ssh);
	if (at < MAGIC_LEN && byte != (uint8_t)magic[at])
		return FW_PARSE_OTHER;
	if (!byte || at > FW_SSH_BANNER_MAX ||
	    (at == FW_SSH_BANNER_MAX && byte != '\r'))
		return FW_PARSE_MALFORMED;
	ssh->banner[ssh->banner_len++] = (char)byte;
	return FW_PARSE_NEED_MORE;
}

enum fw_parse_state fw_ssh_feed(struct fw_ssh *ssh, const uint8_t *data,
				size_t len)
{
	for (size_t i = 0; i < len && ssh->state == FW_PARSE_NEED_MORE; i++)
		ssh->state = take(ssh, data[i]);
	return ssh->state;
}
