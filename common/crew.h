/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crew - jobs done side by side, a thread each, awaited until a deadline
 *
 * The only file that makes threads. Whoever is not back in time is left
 * behind: its job and what that points to must stay valid until the process
 * ends, and must not be read any more (see crew_run()).
 */
#ifndef CREW_H
#define CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"

struct crew;

/*
 * Starts work(job) for each of `count` jobs, `size` bytes apart in the array
 * `jobs`; those for which no thread can be had are done before it returns.
 * NULL if out of memory.
 */
struct crew *crew_start(
    void (*work)(void *job), void *jobs, size_t count, size_t size);

/*
 * Waits until all are done or the deadline has passed; done[i] then tells
 * whether job i has ended and may be read. Returns whether all are done. The
 * crew is gone after this, or kept for good for those who are late; NULL has
 * done nothing.
 */
bool crew_wait(struct crew *crew, struct deadline deadline, bool *done);

/* Both. */
bool crew_run(void (*work)(void *job), void *jobs, size_t count, size_t size,
    struct deadline deadline, bool *done);

#endif
