/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which CPU a queue's packets are judged on. */
#pragma once

#include <stdint.h>

/*
 * Keeps the thread that calls to the CPU of a queue, one of those that it may use.
 * A queue's thread and its process keep to the same one: while one of them works
 * the other waits, and to wake another CPU takes longer than to go on on this one.
 * Where the kernel refuses, it stays as it was.
 */
void fw_pin(uint16_t number);
