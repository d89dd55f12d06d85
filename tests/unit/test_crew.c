/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_crew - jobs side by side, and those that come back late */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "unit.h"

enum { JOBS = 128 };

static const double long_enough = 60; /* for what surely happens */

/* The linker leads pthread_create() here: threads may run out. */
typedef void *thread_body(void *argument);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    thread_body *body, void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    thread_body *body, void *argument);

static int threads_left = -1; /* -1: as many as there are */

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    thread_body *body, void *argument)
{
	if (threads_left == 0)
		return EAGAIN;
	if (threads_left > 0)
		threads_left--;
	return __real_pthread_create(thread, attributes, body, argument);
}

struct sum {
	int from;
	int result;
};

static void
add_up(void *job)
{
	struct sum *sum = job;

	for (int i = 1; i <= sum->from; i++)
		sum->result += i;
}

static void
does_all(void **state)
{
	struct sum sums[JOBS] = {{0, 0}};
	bool done[JOBS] = {false};

	(void)state;
	for (int i = 0; i < JOBS; i++)
		sums[i].from = i;
	assert_true(crew_run(add_up, sums, JOBS, sizeof(sums[0]),
	    deadline_in(long_enough), done));
	for (int i = 0; i < JOBS; i++) {
		assert_true(done[i]);
		assert_int_equal(sums[i].result, i * (i + 1) / 2);
	}
}

static void
does_nothing(void **state)
{
	(void)state;
	assert_true(crew_run(
	    add_up, NULL, 0, sizeof(struct sum), deadline_in(0), NULL));
}

static void
knows_no_crew(void **state)
{
	(void)state;
	assert_false(crew_wait(NULL, deadline_in(0)));
	assert_null(crew_job(NULL, 0));
	crew_close(NULL);
}

static pthread_barrier_t all_there;

static void
meet(void *job)
{
	(void)job;
	pthread_barrier_wait(&all_there);
}

/* None of them can end before all have begun. */
static void
works_side_by_side(void **state)
{
	char jobs[8];
	bool done[8];

	(void)state;
	pthread_barrier_init(&all_there, NULL, 8);
	assert_true(crew_run(meet, jobs, 8, 1, deadline_in(long_enough), done));
	pthread_barrier_destroy(&all_there);
}

static sem_t has_begun, may_end, has_ended;

static void
await(sem_t *what)
{
	while (sem_wait(what) != 0)
		;
}

static void
come_late(void *job)
{
	const bool *late = job;

	if (!*late)
		return;
	sem_post(&has_begun);
	await(&may_end);
	sem_post(&has_ended);
}

/* How many were. */
static atomic_int discarded;
static sem_t was_discarded;

static void
discard(void *jobs, size_t count)
{
	atomic_fetch_add(&discarded, (int)count);
	free(jobs);
	sem_post(&was_discarded);
}

/* In a piece of memory of their own, of which a sanitizer sees the end. */
static void *
own(const bool *late, size_t count)
{
	bool *jobs = malloc(count * sizeof(*jobs));

	assert_non_null(jobs);
	memcpy(jobs, late, count * sizeof(*jobs));
	return jobs;
}

static void
leaves_late_behind(void **state)
{
	static const bool late[] = {false, true, false};
	struct crew *crew;

	(void)state;
	crew = crew_start(come_late, discard, own(late, 3), 3, sizeof(bool));
	assert_non_null(crew);
	await(&has_begun);
	assert_false(crew_wait(crew, deadline_in(0.3)));
	assert_null(crew_job(crew, 1));
	crew_close(crew);
	assert_int_equal(discarded, 0);
	sem_post(&may_end);
	await(&was_discarded);
	assert_int_equal(discarded, 3);
	await(&has_ended);
}

/* Until its crew is closed, whoever comes late. */
static void
keeps_what_is_read(void **state)
{
	static const bool late[] = {true, false};
	struct crew *crew;
	const bool *job;

	(void)state;
	atomic_store(&discarded, 0);
	crew = crew_start(come_late, discard, own(late, 2), 2, sizeof(bool));
	assert_non_null(crew);
	await(&has_begun);
	assert_false(crew_wait(crew, deadline_in(0.3)));
	sem_post(&may_end);
	await(&has_ended);
	assert_null(crew_job(crew, 0));
	job = crew_job(crew, 1);
	if (job != NULL)
		assert_false(*job);
	assert_int_equal(discarded, 0);
	crew_close(crew);
	await(&was_discarded);
	assert_int_equal(discarded, 2);
}

static void
waits_not_at_all(void **state)
{
	static bool late[1] = {true};
	struct crew *crew;

	(void)state;
	crew = crew_start(come_late, NULL, late, 1, sizeof(late[0]));
	await(&has_begun);
	assert_false(crew_wait(crew, deadline_in(-1)));
	assert_null(crew_job(crew, 0));
	crew_close(crew);
	sem_post(&may_end);
	await(&has_ended);
}

/* Where there are few threads, or none, or memory for none. */
static void
does_all_alone(void **state)
{
	for (int threads = 0; threads < 3; threads++) {
		threads_left = threads;
		does_all(state);
	}
	threads_left = -1;
}

static void
count(void *job)
{
	++*(int *)job;
}

/* Then other work can begin first, which has less time to wait. */
static void
works_at_the_end_alone(void **state)
{
	int jobs[2] = {0, 0};
	struct crew *crew;

	(void)state;
	threads_left = 0;
	crew = crew_start(count, NULL, jobs, 2, sizeof(jobs[0]));
	assert_non_null(crew);
	assert_int_equal(jobs[0] + jobs[1], 0);
	assert_true(crew_wait(crew, deadline_in(long_enough)));
	assert_int_equal(jobs[0], 1);
	assert_int_equal(jobs[1], 1);
	crew_close(crew);
	threads_left = -1;
}

static void
begins_nothing_late(void **state)
{
	int job = 0;
	bool done[1] = {true};

	(void)state;
	threads_left = 0;
	assert_false(
	    crew_run(count, &job, 1, sizeof(job), deadline_in(-1), done));
	assert_false(done[0]);
	assert_int_equal(job, 0);
	threads_left = -1;
}

int
main(void)
{
	sem_init(&has_begun, 0, 0);
	sem_init(&may_end, 0, 0);
	sem_init(&has_ended, 0, 0);
	sem_init(&was_discarded, 0, 0);
	unit_add("A crew does every job.", does_all);
	unit_add(
	    "Without threads to be had it does them, too.", does_all_alone);
	unit_add("Without threads nothing is done before it is waited for.",
	    works_at_the_end_alone);
	unit_add("What nobody had time for is not begun.", begins_nothing_late);
	unit_add("A crew without jobs is done.", does_nothing);
	unit_add("No crew has done nothing.", knows_no_crew);
	unit_add("A crew works side by side.", works_side_by_side);
	unit_add("Whoever is late is left behind.", leaves_late_behind);
	unit_add("Jobs are kept until nobody reads them any more.",
	    keeps_what_is_read);
	unit_add("After the deadline nobody is waited for.", waits_not_at_all);
	return unit_run("crew");
}
