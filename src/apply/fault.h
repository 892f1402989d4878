/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Injected failures, so that tests can cut a commit off at any step.
 *
 * The environment variable FLYWALL_FAULT names a point as "POINT" (the step
 * fails with -EIO) or "POINT:kill" (the process dies there by SIGKILL). Points
 * are the names of the steps in generation.c and those in devices.c.
 */
#pragma once

/* 0, or -EIO where the point is to fail. */
int fw_fault(const char *point);
