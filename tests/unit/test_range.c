/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_range - thresholds as the Monitoring Plugins guidelines define them */
#include <string.h>

#include "range.h"
#include "unit.h"

static const struct alert_case {
	const char *sentence;
	const char *text;
	double value;
	bool alerts;
} alert_cases[] = {
    {"10 alerts below 0.", "10", -0.001, true},
    {"10 is quiet at 0.", "10", 0, false},
    {"10 is quiet at 10.", "10", 10, false},
    {"10 alerts above 10.", "10", 10.001, true},
    {"10: alerts below 10.", "10:", 9.999, true},
    {"10: is quiet at 10.", "10:", 10, false},
    {"10: is quiet far above.", "10:", 1e12, false},
    {"~:10 is quiet far below.", "~:10", -1e12, false},
    {"~:10 alerts above 10.", "~:10", 10.5, true},
    {"10:20 alerts below 10.", "10:20", 9, true},
    {"10:20 is quiet at its start.", "10:20", 10, false},
    {"10:20 is quiet at its end.", "10:20", 20, false},
    {"10:20 alerts above 20.", "10:20", 21, true},
    {"@10:20 is quiet below 10.", "@10:20", 9.9, false},
    {"@10:20 alerts at its start.", "@10:20", 10, true},
    {"@10:20 alerts at its end.", "@10:20", 20, true},
    {"@10:20 is quiet above 20.", "@10:20", 20.1, false},
    {"@10 alerts at 0.", "@10", 0, true},
    {"@10 is quiet below 0.", "@10", -1, false},
    {":10 alerts as 10 does.", ":10", -1, true},
    {":10 is quiet as 10 is.", ":10", 10, false},
    {"-5:5 is quiet at -5.", "-5:5", -5, false},
    {"-5:5 alerts below -5.", "-5:5", -5.1, true},
    {".5:1.5 alerts below a half.", ".5:1.5", 0.49, true},
    {".5:1.5 is quiet at a half.", ".5:1.5", 0.5, false},
    {"+5 means 5.", "+5", 5.1, true},
    {"~: never alerts above.", "~:", 1e12, false},
    {"~: never alerts below.", "~:", -1e12, false},
    {"@~:0 alerts at 0.", "@~:0", 0, true},
    {"@~:0 is quiet above 0.", "@~:0", 0.1, false},
    {"010 is decimal.", "010", 10, false},
    {"010 is not octal.", "010", 8.5, false},
    {"A start with one decimal is inclusive too.", "0.3:", 0.3, false},
    {"A start of 0.6 is inclusive too.", "0.6:", 0.6, false},
    {"An end with decimals is inclusive too.", "1.15", 1.15, false},
    {"An inner end with decimals is inclusive too.", "@0:0.9", 0.9, true},
    {"A microsecond makes a difference.", "0.000001:", 0.0000005, true},
};

static void
alerts(void **state)
{
	const struct alert_case *row = *state;
	struct range range;

	assert_true(range_parse(&range, row->text));
	assert_true(range.set);
	assert_int_equal(range_alerts(&range, row->value), row->alerts);
}

static const struct refusal_case {
	const char *sentence;
	const char *text;
} refusal_cases[] = {
    {"An empty range is refused.", ""},
    {"@ alone is refused.", "@"},
    {"~ alone is refused.", "~"},
    {"A start above the end is refused.", "20:10"},
    {"-10 is 0:-10 and refused.", "-10"},
    {"Letters are refused.", "abc"},
    {"Letters behind a number are refused.", "10abc"},
    {"A decimal comma is refused.", "1,5"},
    {"Three parts are refused.", "10:20:30"},
    {"Hexadecimal is refused.", "0x10"},
    {"Infinity is refused.", "inf"},
    {"Not a number is refused.", "nan"},
    {"An exponent is refused.", "1e3"},
    {"A blank in front is refused.", " 10"},
    {"A blank behind is refused.", "10 "},
    {"A newline behind is refused.", "10\n"},
    {"A sign alone is refused.", "-"},
    {"A point alone is refused.", "."},
    {"Two signs are refused.", "--5:5"},
    {"Two points are refused.", "1.2.3"},
    {"@ in the middle is refused.", "10@20"},
    {"@ twice is refused.", "@@10"},
    {"~ as the end is refused.", "10:~"},
    {"A number beyond all measure is refused.", "99999999999999999999"},
};

static void
refuses(void **state)
{
	const struct refusal_case *row = *state;
	struct range range;

	assert_false(range_parse(&range, row->text));
	assert_false(range.set);
	assert_false(range_alerts(&range, -1));
	assert_false(range_alerts(&range, 1e9));
	range.set = true;
	assert_false(range_parse_least(&range, row->text));
	assert_false(range.set);
}

static const struct print_case {
	const char *sentence;
	const char *text;
	const char *printed;
} print_cases[] = {
    {"0:N prints as N.", "0:10", "10"},
    {":N prints as N.", ":10", "10"},
    {"N prints as N.", "10", "10"},
    {"N: stays.", "10:", "10:"},
    {"0: stays.", "0:", "0:"},
    {"~:N stays.", "~:10", "~:10"},
    {"~: stays.", "~:", "~:"},
    {"@0:N prints as @N.", "@0:10", "@10"},
    {"@N:M stays.", "@10:20", "@10:20"},
    {"@~:0 stays.", "@~:0", "@~:0"},
    {"Leading zeros and signs go.", "+05:010.50", "5:10.5"},
    {"A bare fraction gets its zero.", ".5", "0.5"},
    {"Negative numbers stay.", "-5:-2.25", "-5:-2.25"},
    {"Large numbers keep their digits.", "1000000000", "1000000000"},
    {"Minus zero is zero.", "-0:5", "5"},
};

static void
prints(void **state)
{
	const struct print_case *row = *state;
	char out[RANGE_TEXT_SIZE];
	struct range range;

	assert_true(range_parse(&range, row->text));
	range_print(&range, out);
	assert_string_equal(out, row->printed);
}

static void
prints_unset(void **state)
{
	struct range range = {.set = false};
	char out[RANGE_TEXT_SIZE] = "x";

	(void)state;
	range_print(&range, out);
	assert_string_equal(out, "");
	assert_false(range_alerts(&range, -1e9));
}

static void
at_least(void **state)
{
	struct range range = range_at_least(30);
	char out[RANGE_TEXT_SIZE];

	(void)state;
	range_print(&range, out);
	assert_string_equal(out, "30:");
	assert_true(range_alerts(&range, 29));
	assert_false(range_alerts(&range, 30));
}

/* -w 80 of a score, -c 7 of days: a bare number is the least that will do. */
static const struct least_case {
	const char *sentence;
	const char *text;
	const char *printed;
} least_cases[] = {
    {"At least: a number alerts under it.", "80", "80:"},
    {"At least: 0 alerts under 0.", "0", "0:"},
    {"At least: decimals stay.", "99.5", "99.5:"},
    {"At least: a bare fraction is a number.", ".5", "0.5:"},
    {"At least: a sign is no range.", "+30", "30:"},
    {"At least: N: stays.", "80:", "80:"},
    {"At least: 0:N stays.", "0:80", "80"},
    {"At least: :N stays.", ":80", "80"},
    {"At least: N:M stays.", "50:80", "50:80"},
    {"At least: ~:N stays.", "~:80", "~:80"},
    {"At least: @N stays.", "@80", "@80"},
    {"At least: @N:M stays.", "@50:80", "@50:80"},
};

static void
parses_least(void **state)
{
	const struct least_case *row = *state;
	char out[RANGE_TEXT_SIZE];
	struct range range;

	assert_true(range_parse_least(&range, row->text));
	range_print(&range, out);
	assert_string_equal(out, row->printed);
}

static void
alerts_under_the_least(void **state)
{
	struct range range;

	(void)state;
	assert_true(range_parse_least(&range, "80"));
	assert_true(range_alerts(&range, 79.9));
	assert_false(range_alerts(&range, 80));
	assert_false(range_alerts(&range, 1e9));
}

static const struct number_case {
	const char *sentence;
	double number;
	const char *printed;
} number_cases[] = {
    {"A whole number has no decimals.", 61, "61"},
    {"Zeros at the end of a whole number stay.", 100, "100"},
    {"Zero is 0.", 0, "0"},
    {"Minus zero is 0.", -0.0, "0"},
    {"Almost nothing is 0.", -0.0000001, "0"},
    {"Trailing zeros go.", 11.750, "11.75"},
    {"Six decimals are kept.", 0.000001, "0.000001"},
    {"A large number has no exponent.", 1e12, "1000000000000"},
    {"A negative number keeps its sign.", -3, "-3"},
};

static void
prints_number(void **state)
{
	const struct number_case *row = *state;
	char out[RANGE_TEXT_SIZE];

	range_number(row->number, out);
	assert_string_equal(out, row->printed);
}

int
main(void)
{
	UNIT_TABLE(alert_cases, alerts);
	UNIT_TABLE(refusal_cases, refuses);
	UNIT_TABLE(print_cases, prints);
	UNIT_TABLE(least_cases, parses_least);
	UNIT_TABLE(number_cases, prints_number);
	unit_add(
	    "An unset range prints as nothing and never alerts.", prints_unset);
	unit_add("\"At least\" alerts under its number.", at_least);
	unit_add("A bare number can be the least that will do.",
	    alerts_under_the_least);
	return unit_run("range");
}
