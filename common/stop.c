/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stop - a signal that asks the process to end, answered in a safe place */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "stop.h"

static sem_t news;
static atomic_int heard;
static atomic_int answered = STOP_SOON; /* how many somebody reacts to */

/* No more than POSIX lets a handler do. */
static void
hear(int number)
{
	int saved = errno;

	if (atomic_fetch_add(&heard, 1) < atomic_load(&answered)) {
		sem_post(&news);
	} else {
		signal(number, SIG_DFL);
		raise(number);
	}
	errno = saved;
}

static void
listen_to(int number)
{
	struct sigaction action = {.sa_handler = hear, .sa_flags = SA_RESTART};
	struct sigaction inherited;

	sigemptyset(&action.sa_mask);
	if (sigaction(number, NULL, &inherited) == 0
	    && inherited.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

void
stop_listen(void)
{
	sem_init(&news, 0, 0);
	listen_to(SIGINT);
	listen_to(SIGTERM);
	listen_to(SIGHUP);
}

enum stop
stop_asked(void)
{
	int times = atomic_load(&heard);

	return times < STOP_NOW ? (enum stop)times : STOP_NOW;
}

void
stop_wait(struct deadline deadline)
{
	struct timespec until = deadline_timespec(deadline);

	atomic_store(&answered, STOP_NOW);
	/* An EINTR is as good as a post: the caller looks again. */
	sem_clockwait(&news, CLOCK_MONOTONIC, &until);
}

void
stop_wake(void)
{
	sem_post(&news);
}
