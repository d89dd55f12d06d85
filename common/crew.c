/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crew - jobs done side by side, a thread each, awaited until a deadline */
#include <pthread.h>
#include <stdlib.h>

#include "crew.h"

/* A TLS handshake and the buffers of a dialogue need about 200 KiB. */
#define STACK_BYTES ((size_t)1 << 20)

/*
 * What changes does so under the lock; once `over`, it is the waiter's to read
 * which are done. The last holder, be it a late thread, discards the jobs.
 */
struct crew {
	void (*work)(void *job);
	void (*discard)(void *jobs, size_t count);
	char *jobs;
	size_t count;
	size_t size;
	size_t threads; /* that could be had */
	pthread_mutex_t lock;
	pthread_cond_t all_done;
	size_t holders;
	size_t begun;
	size_t left; /* to be done */
	bool over;   /* nobody waits any more */
	bool done[];
};

static struct crew *
crew_open(size_t count)
{
	struct crew *crew = calloc(1, sizeof(*crew) + count * sizeof(bool));
	pthread_condattr_t clock;

	if (crew == NULL)
		return NULL;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->all_done, &clock);
	pthread_condattr_destroy(&clock);
	crew->holders = 1;
	crew->count = crew->left = count;
	return crew;
}

/* Called under the lock, which the work itself is done without. */
static bool
do_next(struct crew *crew)
{
	size_t i = crew->begun;

	if (i == crew->count)
		return false;
	crew->begun++;
	pthread_mutex_unlock(&crew->lock);
	crew->work(crew->jobs + i * crew->size);
	pthread_mutex_lock(&crew->lock);
	if (crew->over)
		return false;
	crew->done[i] = true;
	if (--crew->left == 0)
		pthread_cond_signal(&crew->all_done);
	return true;
}

static void *
thread_run(void *argument)
{
	struct crew *crew = argument;

	pthread_mutex_lock(&crew->lock);
	while (do_next(crew))
		;
	pthread_mutex_unlock(&crew->lock);
	crew_close(crew);
	return NULL;
}

/* Called under the lock, so that nobody leaves before it is counted. */
static bool
add_thread(struct crew *crew)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool added;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	added = pthread_create(&thread, &attributes, thread_run, crew) == 0;
	pthread_attr_destroy(&attributes);
	if (added) {
		crew->threads++;
		crew->holders++;
	}
	return added;
}

struct crew *
crew_start(void (*work)(void *job), void (*discard)(void *jobs, size_t count),
    void *jobs, size_t count, size_t size)
{
	struct crew *crew = crew_open(count);

	if (crew == NULL) {
		if (discard != NULL)
			discard(jobs, count);
		return NULL;
	}
	crew->work = work;
	crew->discard = discard;
	crew->jobs = jobs;
	crew->size = size;
	pthread_mutex_lock(&crew->lock);
	while (crew->threads < count && add_thread(crew))
		;
	pthread_mutex_unlock(&crew->lock);
	return crew;
}

bool
crew_has_threads(const struct crew *crew)
{
	return crew != NULL && crew->threads > 0;
}

void
crew_free(void *jobs, size_t count)
{
	(void)count;
	free(jobs);
}

/*
 * Where memory or limits allow too few threads, the waiter lends a hand: late
 * is better than a host that was never asked.
 */
bool
crew_wait(struct crew *crew, struct deadline deadline)
{
	struct timespec until = deadline_timespec(deadline);
	bool all, waiting = true;

	if (crew == NULL)
		return false;
	pthread_mutex_lock(&crew->lock);
	while (crew->threads < crew->count && !deadline_passed(deadline)
	    && do_next(crew))
		;
	while (crew->left > 0 && waiting)
		waiting =
		    pthread_cond_timedwait(&crew->all_done, &crew->lock, &until)
		    == 0;
	all = crew->left == 0;
	crew->begun = crew->count;
	crew->over = true;
	pthread_mutex_unlock(&crew->lock);
	return all;
}

void *
crew_job(const struct crew *crew, size_t i)
{
	return crew != NULL && crew->done[i] ? crew->jobs + i * crew->size
					     : NULL;
}

void
crew_close(struct crew *crew)
{
	bool last;

	if (crew == NULL)
		return;
	pthread_mutex_lock(&crew->lock);
	last = --crew->holders == 0;
	pthread_mutex_unlock(&crew->lock);
	if (!last)
		return;
	if (crew->discard != NULL)
		crew->discard(crew->jobs, crew->count);
	free(crew);
}

bool
crew_run(void (*work)(void *job), void *jobs, size_t count, size_t size,
    struct deadline deadline, bool *done)
{
	struct crew *crew = crew_start(work, NULL, jobs, count, size);
	bool all = crew_wait(crew, deadline);

	for (size_t i = 0; i < count; i++)
		done[i] = crew_job(crew, i) != NULL;
	crew_close(crew);
	return all;
}
