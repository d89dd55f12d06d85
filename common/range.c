/* SPDX-License-Identifier: GPL-3.0-or-later */
/* range - a Nagios threshold: [@][start:][end], both ends inclusive */
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "range.h"

/* Beyond this a double no longer holds six decimals, nor a user's intent. */
#define LARGEST 1000000000ULL

/* Beyond this many decimals digits are read, and dropped. */
enum { DECIMALS_MAX = 6 };

/*
 * Digits and scale are kept apart and divided once, so that 0.3 is the same
 * double as the 0.3 it is compared with.
 */
static bool
parse_digits(struct cursor *cursor, double *digits, double *scale)
{
	const char *start = cursor->at;
	int kept = 0;

	for (; !cursor_at_end(cursor); cursor->at++) {
		if (*cursor->at < '0' || *cursor->at > '9')
			break;
		if (kept++ >= DECIMALS_MAX)
			continue;
		*digits = *digits * 10 + (*cursor->at - '0');
		*scale *= 10;
	}
	return cursor->at > start;
}

static bool
parse_number(struct cursor *cursor, double *number)
{
	bool negative = cursor_skip(cursor, '-');
	unsigned long long whole = 0;
	bool any;
	double digits, scale = 1;

	if (!negative)
		cursor_skip(cursor, '+');
	any = cursor_number(cursor, LARGEST, &whole);
	digits = (double)whole;
	if (cursor_skip(cursor, '.'))
		any = parse_digits(cursor, &digits, &scale) || any;
	*number = digits / scale;
	if (negative)
		*number = -*number;
	return any;
}

/* "~:", "N:", ":" or nothing; the colon decides, so the end is tried too. */
static bool
parse_start(struct cursor *cursor, struct range *range)
{
	if (memchr(cursor->at, ':', (size_t)(cursor->end - cursor->at)) == NULL)
		return true;
	if (cursor_skip(cursor, ':')) /* ":10" is "10", ":" nothing */
		return !cursor_at_end(cursor);
	if (cursor_skip(cursor, '~'))
		range->no_start = true;
	else if (!parse_number(cursor, &range->start))
		return false;
	return cursor_skip(cursor, ':');
}

bool
range_parse(struct range *range, const char *string)
{
	struct cursor cursor = cursor_of(string);
	struct range parsed = {.set = true};
	bool valid, open;

	*range = (struct range){.set = false};
	parsed.inside = cursor_skip(&cursor, '@');
	valid = !cursor_at_end(&cursor) && parse_start(&cursor, &parsed);
	if (!valid)
		return false;
	open = cursor_at_end(&cursor);
	if (open)
		parsed.no_end = true;
	else
		valid = parse_number(&cursor, &parsed.end);
	if (!valid || !cursor_at_end(&cursor))
		return false;
	if (!parsed.no_start && !parsed.no_end && parsed.start > parsed.end)
		return false;
	*range = parsed;
	return true;
}

struct range
range_at_least(double least)
{
	return (struct range){.set = true, .start = least, .no_end = true};
}

bool
range_parse_least(struct range *range, const char *string)
{
	if (!range_parse(range, string))
		return false;
	if (strpbrk(string, ":@") == NULL)
		*range = range_at_least(range->end);
	return true;
}

bool
range_alerts(const struct range *range, double value)
{
	bool within = (range->no_start || value >= range->start)
	    && (range->no_end || value <= range->end);

	return range->set && within == range->inside;
}

void
range_number(double number, char out[RANGE_TEXT_SIZE])
{
	char *end;

	snprintf(out, RANGE_TEXT_SIZE, "%.6f", number);
	for (end = out + strlen(out); end[-1] == '0'; end--)
		;
	if (end[-1] == '.')
		end--;
	*end = '\0';
	if (strcmp(out, "-0") == 0)
		memcpy(out, "0", 2);
}

void
range_print(const struct range *range, char out[RANGE_TEXT_SIZE])
{
	char start[RANGE_TEXT_SIZE] = "", end[RANGE_TEXT_SIZE] = "";
	const char *colon = ":";

	out[0] = '\0';
	if (!range->set)
		return;
	if (range->no_start)
		memcpy(start, "~", 2);
	else if (range->start != 0 || range->no_end)
		range_number(range->start, start);
	else
		colon = "";
	if (!range->no_end)
		range_number(range->end, end);
	snprintf(out, RANGE_TEXT_SIZE, "%s%.20s%s%.20s",
	    range->inside ? "@" : "", start, colon, end);
}
