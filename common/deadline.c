/* SPDX-License-Identifier: GPL-3.0-or-later */
/* deadline - an absolute moment by which work has to end */
#include <limits.h>

#include "deadline.h"

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

double
clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct deadline
deadline_in(double seconds)
{
	return (struct deadline){now_ms() + (int64_t)(seconds * 1000)};
}

struct deadline
deadline_share(struct deadline whole, double share)
{
	return deadline_in(deadline_left_ms(whole) / 1000.0 * share);
}

struct deadline
deadline_shifted(struct deadline deadline, int ms)
{
	return (struct deadline){deadline.at_ms + ms};
}

struct deadline
deadline_earlier(struct deadline a, struct deadline b)
{
	return a.at_ms < b.at_ms ? a : b;
}

int
deadline_left_ms(struct deadline deadline)
{
	int64_t left = deadline.at_ms - now_ms();

	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

bool
deadline_passed(struct deadline deadline)
{
	return deadline_left_ms(deadline) == 0;
}

struct timespec
deadline_timespec(struct deadline deadline)
{
	return (struct timespec){
	    .tv_sec = (time_t)(deadline.at_ms / 1000),
	    .tv_nsec = (long)(deadline.at_ms % 1000) * 1000000,
	};
}
