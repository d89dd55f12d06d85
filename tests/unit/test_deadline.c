/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_deadline - moments by which work has to end */
#include <limits.h>

#include "deadline.h"
#include "unit.h"

static void
lies_ahead(void **state)
{
	struct deadline deadline = deadline_in(100);
	int left = deadline_left_ms(deadline);

	(void)state;
	assert_true(left > 0 && left <= 100000);
	assert_false(deadline_passed(deadline));
}

static void
passes(void **state)
{
	(void)state;
	assert_true(deadline_passed(deadline_in(0)));
	assert_int_equal(deadline_left_ms(deadline_in(-5)), 0);
	assert_true(deadline_passed((struct deadline){INT64_MIN / 2}));
}

static void
fits_poll(void **state)
{
	(void)state;
	assert_int_equal(
	    deadline_left_ms((struct deadline){INT64_MAX}), INT_MAX);
}

static void
is_shared(void **state)
{
	struct deadline whole = deadline_in(100);
	struct deadline half = deadline_share(whole, 0.5);
	int left = deadline_left_ms(half);

	(void)state;
	assert_true(left > 0 && left <= 50000);
	assert_true(half.at_ms < whole.at_ms);
	assert_true(deadline_share(whole, 1).at_ms <= whole.at_ms);
	assert_true(deadline_passed(deadline_share(deadline_in(-1), 0.5)));
}

static void
is_shifted(void **state)
{
	struct deadline deadline = {10000};

	(void)state;
	assert_int_equal(deadline_shifted(deadline, 250).at_ms, 10250);
	assert_int_equal(deadline_shifted(deadline, -250).at_ms, 9750);
}

static void
is_compared(void **state)
{
	struct deadline early = {1000}, late = {2000};

	(void)state;
	assert_int_equal(deadline_earlier(early, late).at_ms, 1000);
	assert_int_equal(deadline_earlier(late, early).at_ms, 1000);
}

static void
becomes_timespec(void **state)
{
	struct timespec time = deadline_timespec((struct deadline){12345});

	(void)state;
	assert_int_equal(time.tv_sec, 12);
	assert_int_equal(time.tv_nsec, 345000000);
}

static void
clock_goes_on(void **state)
{
	double before = clock_seconds();

	(void)state;
	assert_true(before > 0);
	assert_true(clock_seconds() >= before);
}

int
main(void)
{
	unit_add("A deadline lies ahead.", lies_ahead);
	unit_add("A deadline that has passed leaves nothing.", passes);
	unit_add("What is left always fits poll().", fits_poll);
	unit_add("A share of a deadline is earlier, never later.", is_shared);
	unit_add("A deadline is shifted both ways.", is_shifted);
	unit_add("The earlier of two is found.", is_compared);
	unit_add("A deadline becomes a time for pthreads.", becomes_timespec);
	unit_add("The clock never goes back.", clock_goes_on);
	return unit_run("deadline");
}
