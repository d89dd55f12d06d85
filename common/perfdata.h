/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * perfdata - metrics as monitoring engines read them
 *
 * " label=value[unit];warning;critical;min;max" with a blank before each item
 * and nothing at its end that is empty. Labels hold [a-z0-9_.-] only, numbers
 * no exponent: what engines were seen to mangle is never printed.
 */
#ifndef PERFDATA_H
#define PERFDATA_H

#include "text.h"
#include "range.h"
#include "result.h"
#include "target.h"

/* One item in words; a part that it does not have is "". */
struct perfdata {
	char label[DOMAIN_SIZE + 64];
	char value[RANGE_TEXT_SIZE];
	const char *unit; /* the metric's */
	char warning[RANGE_TEXT_SIZE];
	char critical[RANGE_TEXT_SIZE];
	char min[RANGE_TEXT_SIZE];
	char max[RANGE_TEXT_SIZE];
};

/*
 * A server's metric, labelled "mx1.example.com_v4_time" and the like; without
 * a target the whole set's, labelled "time".
 */
void perfdata_init(struct perfdata *perfdata, const struct target *target,
    const struct metric *metric);

void perfdata_add(struct text *out, const struct perfdata *perfdata);

/* All metrics of one server. */
void perfdata_add_server(
    struct text *out, const struct target *target, const struct result *result);

#endif
