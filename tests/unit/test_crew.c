/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_crew - jobs side by side, and those that come back late */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

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
	bool done[1] = {false};

	(void)state;
	assert_false(crew_wait(NULL, deadline_in(0), done));
	assert_false(done[0]);
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

static sem_t may_end, has_ended;

static void
come_late(void *job)
{
	const bool *late = job;

	if (!*late)
		return;
	while (sem_wait(&may_end) != 0)
		;
	sem_post(&has_ended);
}

/* The late one's job stays valid, as the contract asks. */
static void
leaves_late_behind(void **state)
{
	static bool late[3] = {false, true, false};
	bool done[3] = {false, true, false};
	struct crew *crew;

	(void)state;
	sem_init(&may_end, 0, 0);
	sem_init(&has_ended, 0, 0);
	crew = crew_start(come_late, late, 3, sizeof(late[0]));
	assert_non_null(crew);
	assert_false(crew_wait(crew, deadline_in(0.3), done));
	assert_false(done[1]);
	sem_post(&may_end);
	while (sem_wait(&has_ended) != 0)
		;
}

static void
waits_not_at_all(void **state)
{
	static bool late[1] = {true};
	bool done[1] = {true};

	(void)state;
	assert_false(crew_run(
	    come_late, late, 1, sizeof(late[0]), deadline_in(-1), done));
	assert_false(done[0]);
	sem_post(&may_end);
	while (sem_wait(&has_ended) != 0)
		;
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

int
main(void)
{
	unit_add("A crew does every job.", does_all);
	unit_add("Without threads to be had it does them, too.", does_all_alone);
	unit_add("A crew without jobs is done.", does_nothing);
	unit_add("No crew has done nothing.", knows_no_crew);
	unit_add("A crew works side by side.", works_side_by_side);
	unit_add("Whoever is late is left behind.", leaves_late_behind);
	unit_add("After the deadline nobody is waited for.", waits_not_at_all);
	return unit_run("crew");
}
