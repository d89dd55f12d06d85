/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crew - jobs done side by side, a thread each, awaited until a deadline
 *
 * The only file that makes threads. Whoever is not back in time is left
 * behind: its job must not be read any more, and belongs to the crew, which
 * discards all of them when the last one is done with.
 */
#ifndef CREW_H
#define CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"

struct crew;

/*
 * Starts work(job) for each of `count` jobs, `size` bytes apart in the array
 * `jobs` (0: the same one for all). Those for which no thread can be had are for
 * whoever is done with another, and for crew_wait(). When nobody uses the jobs any
 * more, which may be long after crew_close(), discard(jobs, count) is called; also
 * where this fails: NULL if out of memory. `discard` may be NULL: then jobs are
 * the caller's, and stay valid until the process ends.
 */
struct crew *crew_start(void (*work)(void *job),
    void (*discard)(void *jobs, size_t count), void *jobs, size_t count,
    size_t size);

/* Whether any thread could be had; else all is left to crew_wait(). */
bool crew_has_threads(const struct crew *crew);

/* A `discard` for what holds nothing but itself. */
void crew_free(void *jobs, size_t count);

/*
 * Waits, once, until all are done or the deadline has passed; what was not
 * begun until then never is. Returns whether all are done. NULL has done
 * nothing.
 */
bool crew_wait(struct crew *crew, struct deadline deadline);

/* Job i, which is the caller's until crew_close(); NULL if it was late. */
void *crew_job(const struct crew *crew, size_t i);

/* The caller is done with crew and jobs; NULL is fine. */
void crew_close(struct crew *crew);

/*
 * All of this, for jobs that are the caller's: they and what they point to
 * stay valid until the process ends, unless all came back. done[i] tells
 * whether job i did.
 */
bool crew_run(void (*work)(void *job), void *jobs, size_t count, size_t size,
    struct deadline deadline, bool *done);

#endif
