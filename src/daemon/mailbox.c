/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of threads in, the same in the loop out. Only opening can fail. */
#include "daemon/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "util/cleanup.h"

struct letter {
	enum fw_record_type type;
	char *line;
};

struct fw_mailbox {
	int fd;
	pthread_mutex_t mutex;	/* of all below */
	size_t max, n;
	uint64_t lost;
	struct letter *in, *out;	/* max each; out is the loop's */
};

int fw_mailbox_new(size_t max, struct fw_mailbox **ret)
{
	struct fw_mailbox *mailbox = calloc(1, sizeof(*mailbox));

	if (!mailbox)
		return -ENOMEM;
	(void)pthread_mutex_init(&mailbox->mutex, NULL);
	mailbox->max = max;
	mailbox->in = calloc(max, sizeof(*mailbox->in));
	mailbox->out = calloc(max, sizeof(*mailbox->out));
	mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!mailbox->in || !mailbox->out || mailbox->fd < 0) {
		int error = mailbox->fd < 0 ? errno : ENOMEM;

		fw_mailbox_free(mailbox);
		return -error;
	}
	*ret = mailbox;
	return 0;
}

void fw_mailbox_free(struct fw_mailbox *mailbox)
{
	if (!mailbox)
		return;
	if (mailbox->fd >= 0)
		(void)close(mailbox->fd);
	for (size_t i = 0; mailbox->in && i < mailbox->n; i++)
		free(mailbox->in[i].line);
	free(mailbox->in);
	free(mailbox->out);
	(void)pthread_mutex_destroy(&mailbox->mutex);
	free(mailbox);
}

void fw_mailbox_post(struct fw_mailbox *mailbox, enum fw_record_type type,
		     char *line)
{
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&mailbox->mutex);
	if (line && mailbox->n < mailbox->max) {
		mailbox->in[mailbox->n].type = type;
		mailbox->in[mailbox->n++].line = FW_TAKE(line);
	} else {
		mailbox->lost++;
	}
	(void)pthread_mutex_unlock(&mailbox->mutex);
	free(line);
	if (write(mailbox->fd, &one, sizeof(one)) < 0) {
		/* EAGAIN: the counter is full, so the loop is awake */
	}
}

int fw_mailbox_fd(const struct fw_mailbox *mailbox)
{
	return mailbox->fd;
}

uint64_t fw_mailbox_drain(struct fw_mailbox *mailbox,
			  void (*fn)(void *ctx, enum fw_record_type type,
				     char *line),
			  void *ctx)
{
	struct letter *letters;
	uint64_t count, lost;
	size_t n;

	if (read(mailbox->fd, &count, sizeof(count)) < 0) {
		/* EAGAIN: nothing new, which the lines below find as well */
	}
	(void)pthread_mutex_lock(&mailbox->mutex);
	letters = mailbox->in;
	mailbox->in = mailbox->out;
	mailbox->out = letters;
	n = mailbox->n;
	mailbox->n = 0;
	lost = mailbox->lost;
	mailbox->lost = 0;
	(void)pthread_mutex_unlock(&mailbox->mutex);
	for (size_t i = 0; i < n; i++)
		fn(ctx, letters[i].type, letters[i].line);
	return lost;
}
