/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program of names.bpf.c and its benchmark agree on. */
#pragma once

#define NAMES_QUESTIONS 65536
#define NAMES_QUESTION_SIZE 64	/* name, type and class */
