/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crew - jobs done side by side, a thread each, awaited until a deadline */
#include <pthread.h>
#include <stdlib.h>

#include "crew.h"

/* A TLS handshake and the buffers of a dialogue need about 200 KiB. */
#define STACK_BYTES ((size_t)1 << 20)

struct member {
	struct crew *crew;
	void (*work)(void *job);
	void *job;
	bool sent; /* has a thread of its own */
	bool done;
};

/* All but what never changes is under the lock; the last holder frees it. */
struct crew {
	pthread_mutex_t lock;
	pthread_cond_t came_back;
	size_t away;
	size_t holders;
	size_t count;
	struct crew *next; /* that was not back in time */
	struct member members[];
};

static void
leave(struct crew *crew)
{
	bool last;

	pthread_mutex_lock(&crew->lock);
	last = --crew->holders == 0;
	pthread_mutex_unlock(&crew->lock);
	if (last)
		free(crew);
}

/*
 * Who is late still has a job to write to. That is kept for good, and not lost
 * either, wherever the caller goes on to.
 */
static void
keep(struct crew *crew)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct crew *kept;

	pthread_mutex_lock(&lock);
	crew->next = kept;
	kept = crew;
	pthread_mutex_unlock(&lock);
}

static void *
member_run(void *argument)
{
	struct member *member = argument;
	struct crew *crew = member->crew;

	member->work(member->job);
	pthread_mutex_lock(&crew->lock);
	member->done = true;
	crew->away--;
	pthread_cond_signal(&crew->came_back);
	pthread_mutex_unlock(&crew->lock);
	leave(crew);
	return NULL;
}

static struct crew *
crew_open(size_t count)
{
	struct crew *crew =
	    calloc(1, sizeof(*crew) + count * sizeof(crew->members[0]));
	pthread_condattr_t clock;

	if (crew == NULL)
		return NULL;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->came_back, &clock);
	pthread_condattr_destroy(&clock);
	crew->holders = 1;
	crew->count = count;
	return crew;
}

/* Called under the lock, so that no member is counted off before it is on. */
static void
send_out(struct crew *crew, struct member *member)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attributes, member_run, member) == 0) {
		member->sent = true;
		crew->away++;
		crew->holders++;
	}
	pthread_attr_destroy(&attributes);
}

/*
 * Where memory or limits allow no more threads, the work is done here, one
 * after the other: late is better than a host that was never asked.
 */
static void
do_the_rest(struct crew *crew)
{
	for (size_t i = 0; i < crew->count; i++) {
		struct member *member = &crew->members[i];

		if (member->sent)
			continue;
		member->work(member->job);
		pthread_mutex_lock(&crew->lock);
		member->done = true;
		pthread_mutex_unlock(&crew->lock);
	}
}

struct crew *
crew_start(void (*work)(void *job), void *jobs, size_t count, size_t size)
{
	struct crew *crew = crew_open(count);

	if (crew == NULL)
		return NULL;
	pthread_mutex_lock(&crew->lock);
	for (size_t i = 0; i < count; i++) {
		crew->members[i] = (struct member){
		    .crew = crew,
		    .work = work,
		    .job = (char *)jobs + i * size,
		};
		send_out(crew, &crew->members[i]);
	}
	pthread_mutex_unlock(&crew->lock);
	do_the_rest(crew);
	return crew;
}

bool
crew_wait(struct crew *crew, struct deadline deadline, bool *done)
{
	struct timespec until = deadline_timespec(deadline);
	bool all = true, waiting = true;

	if (crew == NULL)
		return false;
	pthread_mutex_lock(&crew->lock);
	while (crew->away > 0 && waiting)
		waiting = pthread_cond_timedwait(
			      &crew->came_back, &crew->lock, &until)
		    == 0;
	for (size_t i = 0; i < crew->count; i++) {
		done[i] = crew->members[i].done;
		all = all && done[i];
	}
	pthread_mutex_unlock(&crew->lock);
	if (all)
		leave(crew);
	else
		keep(crew);
	return all;
}

bool
crew_run(void (*work)(void *job), void *jobs, size_t count, size_t size,
    struct deadline deadline, bool *done)
{
	for (size_t i = 0; i < count; i++)
		done[i] = false;
	return crew_wait(crew_start(work, jobs, count, size), deadline, done);
}
