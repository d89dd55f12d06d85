/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * range - a Nagios threshold: [@][start:][end], both ends inclusive
 *
 * "10" alerts below 0 or above 10, "10:" below 10, "~:10" above 10, "10:20"
 * outside, "@10:20" inside. (Monitoring Plugins Development Guidelines.)
 */
#ifndef RANGE_H
#define RANGE_H

#include <stdbool.h>
#include <stddef.h>

enum { RANGE_TEXT_SIZE = 64 };

struct range {
	bool set;    /* false: no threshold, never alerts */
	bool inside; /* "@": alert within instead of outside */
	bool no_start;
	bool no_end;
	double start; /* meaningless with no_start; likewise end */
	double end;
};

/* What -w and -c say of one metric; critical is tested first. */
struct thresholds {
	struct range warning;
	struct range critical;
};

/*
 * Strict: decimal numbers only, start <= end, nothing before or behind.
 * False leaves *range unset.
 */
bool range_parse(struct range *range, const char *string);

/* The same, but a bare number alerts under it: 30 is "30:". */
bool range_parse_least(struct range *range, const char *string);

/* "alert under `least`", as "least:" says it. */
struct range range_at_least(double least);

bool range_alerts(const struct range *range, double value);

/* Canonical text, "" if unset; "0:N" prints as "N". */
void range_print(const struct range *range, char out[RANGE_TEXT_SIZE]);

/* A number as perfdata wants it: no exponent, no trailing zeros. */
void range_number(double number, char out[RANGE_TEXT_SIZE]);

#endif
