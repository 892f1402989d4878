/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ran before a trial, on disk: a daemon that is killed meanwhile has a
 * successor who knows what to go back to, and when.
 */
#pragma once

#include <stdint.h>

struct fw_trial_record {
	uint64_t deadline_ns;	/* boot clock */
	char *file;		/* NULL: nothing is on trial */
	char *text;		/* canonical; the file may be another by now */
};

/* Both are on disk when this returns 0; otherwise -errno, and -EINVAL where the
 * name of the file has a line break. */
int fw_trial_record_write(const char *dir, uint64_t deadline_ns,
			  const char *file, const char *text);
/* 0; -ENOENT where there is none, -ESTALE where it is of another boot or network
 * namespace, -EBADMSG where it is damaged; -errno. */
int fw_trial_record_read(const char *dir, struct fw_trial_record *ret);
void fw_trial_record_remove(const char *dir);
void fw_trial_record_done(struct fw_trial_record *record);
