/* SPDX-License-Identifier: GPL-3.0-or-later */
/* when - a moment as --at takes it, and as output tells it */
#include <string.h>
#include <time.h>

#include "when.h"

enum { DAYS_MAX = 36500, DAY_SECONDS = 86400, DATE_LENGTH = 10 };

static bool
parse_days(const char *string, int64_t *when)
{
	struct cursor cursor = cursor_of(string);
	unsigned long long days;

	if (!cursor_skip(&cursor, '+')
	    || !cursor_number(&cursor, DAYS_MAX, &days)
	    || !cursor_skip(&cursor, 'd') || !cursor_at_end(&cursor))
		return false;
	*when = (int64_t)time(NULL) + (int64_t)days * DAY_SECONDS;
	return true;
}

/* strptime() is lenient and timegm() normalizes: the round trip is not. */
static bool
parse_format(const char *string, const char *format, int64_t *when)
{
	struct tm date;
	char again[32];
	time_t seconds;
	const char *end;

	memset(&date, 0, sizeof(date));
	end = strptime(string, format, &date);
	if (end == NULL || *end != '\0' || strlen(string) < DATE_LENGTH)
		return false;
	seconds = timegm(&date);
	if (gmtime_r(&seconds, &date) == NULL
	    || strftime(again, sizeof(again), format, &date) == 0
	    || strcmp(again, string) != 0)
		return false;
	*when = seconds;
	return true;
}

bool
when_parse(const char *string, int64_t *when, struct text *why)
{
	if (parse_days(string, when) || parse_format(string, "%Y-%m-%d", when)
	    || parse_format(string, "%Y-%m-%dT%H:%M:%SZ", when))
		return true;
	text_add(why, "neither +DAYSd nor a date like 2030-01-31");
	return false;
}

void
when_print(int64_t when, char out[WHEN_TEXT_SIZE])
{
	time_t seconds = (time_t)when;
	struct tm utc;

	out[0] = '\0';
	/* strftime() would leave a year before 1000 without its zeros. */
	if (gmtime_r(&seconds, &utc) != NULL)
		text_print(out, WHEN_TEXT_SIZE,
		    "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900,
		    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
		    utc.tm_sec);
}
