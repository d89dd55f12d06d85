/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * deadline - an absolute moment by which work has to end
 *
 * Made once in main from --timeout and passed down by value. Nothing below
 * the runner knows a relative timeout, so nothing can recharge it; a part of
 * the work may only be given an earlier one.
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct deadline {
	int64_t at_ms; /* on CLOCK_MONOTONIC */
};

/* The monotonic clock, for measuring: seconds since some fixed moment. */
double clock_seconds(void);

/* `seconds` from now. */
struct deadline deadline_in(double seconds);

/* `share` (0..1] of the time left until `whole`, counted from now. */
struct deadline deadline_share(struct deadline whole, double share);

/* Moved by `ms`, which may be negative. */
struct deadline deadline_shifted(struct deadline deadline, int ms);

/* The earlier of two. */
struct deadline deadline_earlier(struct deadline a, struct deadline b);

/* Milliseconds left, never negative, rounded up, fit for poll(). */
int deadline_left_ms(struct deadline deadline);

bool deadline_passed(struct deadline deadline);

/* As CLOCK_MONOTONIC time, for pthread_cond_timedwait(). */
struct timespec deadline_timespec(struct deadline deadline);

#endif
