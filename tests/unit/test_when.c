/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_when - moments as --at takes them */
#include <stdlib.h>
#include <time.h>

#include "when.h"
#include "unit.h"

static const struct when_case {
	const char *sentence;
	const char *string;
	bool valid;
	int64_t seconds;
} when_cases[] = {
    {"A date is its first second.", "2030-01-31", true, 1896048000},
    {"A date may have a time.", "2030-01-31T12:00:00Z", true, 1896091200},
    {"The last second of a day is allowed.", "2030-01-31T23:59:59Z", true,
	1896134399},
    {"29 February of a leap year is allowed.", "2028-02-29", true, 1835395200},
    {"A date beyond 32 bits is allowed.", "2040-01-01", true, 2208988800},
    {"A date long past is allowed.", "1999-12-31", true, 946598400},
    {"29 February of another year is refused.", "2027-02-29", false, 0},
    {"30 February is refused.", "2030-02-30", false, 0},
    {"Month 13 is refused.", "2030-13-01", false, 0},
    {"Month 0 is refused.", "2030-00-10", false, 0},
    {"Hour 24 is refused.", "2030-01-31T24:00:00Z", false, 0},
    {"Minute 60 is refused.", "2030-01-31T12:60:00Z", false, 0},
    {"A time without Z is refused.", "2030-01-31T12:00:00", false, 0},
    {"Another zone is refused.", "2030-01-31T12:00:00+01:00", false, 0},
    {"A month of one digit is refused.", "2030-1-31", false, 0},
    {"A year of two digits is refused.", "30-01-31", false, 0},
    {"A blank in front is refused.", " 2030-01-31", false, 0},
    {"A blank behind is refused.", "2030-01-31 ", false, 0},
    {"Slashes are refused.", "2030/01/31", false, 0},
    {"A German date is refused.", "31.01.2030", false, 0},
    {"Nothing is refused.", "", false, 0},
    {"A word is refused.", "tomorrow", false, 0},
    {"Days without a plus are refused.", "14d", false, 0},
    {"Days in the past are refused.", "-14d", false, 0},
    {"Days without a unit are refused.", "+14", false, 0},
    {"Weeks are refused.", "+2w", false, 0},
    {"A plus alone is refused.", "+", false, 0},
    {"A plus without a number is refused.", "+d", false, 0},
    {"More behind the days is refused.", "+14dd", false, 0},
    {"Days that overflow are refused.", "+99999999999999999999d", false, 0},
};

static void
parses(void **state)
{
	const struct when_case *row = *state;
	int64_t when = -1;
	struct text why;

	text_init(&why, 200);
	assert_int_equal(when_parse(row->string, &when, &why), row->valid);
	assert_int_equal(why.length == 0, row->valid);
	if (row->valid)
		assert_int_equal(when, row->seconds);
	text_release(&why);
}

static void
ignores_zone(void **state)
{
	int64_t when = 0;
	struct text why;

	(void)state;
	text_init(&why, 200);
	setenv("TZ", "Pacific/Kiritimati", 1);
	tzset();
	assert_true(when_parse("2030-01-31", &when, &why));
	assert_int_equal(when, 1896048000);
	unsetenv("TZ");
	tzset();
	text_release(&why);
}

static void
counts_from_now(void **state)
{
	int64_t before = (int64_t)time(NULL), when = 0;
	struct text why;

	(void)state;
	text_init(&why, 200);
	assert_true(when_parse("+14d", &when, &why));
	assert_true(when >= before + 14 * 86400);
	assert_true(when <= (int64_t)time(NULL) + 14 * 86400);
	text_release(&why);
}

static const struct print_case {
	const char *sentence;
	int64_t when;
	const char *text;
} print_cases[] = {
    {"A moment is told in UTC.", 1896091200, "2030-01-31T12:00:00Z"},
    {"1970 is where it begins.", 0, "1970-01-01T00:00:00Z"},
    {"There was time before 1970.", -1, "1969-12-31T23:59:59Z"},
    {"The year 9999 is the last one.", 253402300799, "9999-12-31T23:59:59Z"},
    {"A year has four digits.", -62135596800, "0001-01-01T00:00:00Z"},
    {"What can't be told is left out.", INT64_MAX, ""},
};

static void
prints(void **state)
{
	const struct print_case *row = *state;
	char out[WHEN_TEXT_SIZE];

	when_print(row->when, out);
	assert_string_equal(out, row->text);
}

int
main(void)
{
	UNIT_TABLE(when_cases, parses);
	UNIT_TABLE(print_cases, prints);
	unit_add("A date is UTC, wherever we are.", ignores_zone);
	unit_add("+14d is 14 days from now.", counts_from_now);
	return unit_run("when");
}
