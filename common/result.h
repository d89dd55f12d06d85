/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * result - the findings and metrics of one server, or of the whole set
 *
 * Filled in by judge, read by report. How bad a code counts comes from the
 * severities: the table's states, changed by the plugin and by the user.
 */
#ifndef RESULT_H
#define RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnosis.h"
#include "range.h"

enum {
	FINDINGS_MAX = 40,
	METRICS_MAX = 12,
	FINDING_TEXT_SIZE = 400,
};

/* State of every code in this run. */
struct severities {
	enum state state[DIAGNOSIS_END];
	bool chosen[DIAGNOSIS_END]; /* by the user: thresholds give way */
};

struct finding {
	enum diagnosis code;
	enum state state;
	unsigned steps; /* not made, 1U << STEP_...; of NOT_TESTED only */
	char text[FINDING_TEXT_SIZE]; /* printable, one line, no full stop */
};

/* Which of two servers' values speaks for the set. */
enum metric_worst { METRIC_HIGHEST, METRIC_LOWEST };

struct metric {
	const char *label; /* static: "time", "days", ... */
	const char *unit;  /* "s" or "" */
	double value;
	double max;
	struct thresholds thresholds;
	enum metric_worst worst;
	bool has_min; /* the minimum is 0 */
	bool has_max;
};

struct result {
	const struct severities *severities;
	bool untested; /* no verdict on this server: it is not OK either */
	enum diagnosis untested_by; /* what tells why */
	unsigned tests_made;    /* of those planned, see score; 0 of 0 where */
	unsigned tests_planned; /* no score is asked for */
	size_t count;
	size_t metric_count;
	char summary[FINDING_TEXT_SIZE]; /* what to say when all is well; may
					    be the text of a note */
	struct metric metric[METRICS_MAX];
	struct finding finding[FINDINGS_MAX]; /* worst first, then by table */
};

/* The table's states, with `asides` (DIAGNOSIS_END last) lowered to notes. */
void severities_init(
    struct severities *severities, const enum diagnosis *asides);

void result_init(struct result *result, const struct severities *severities);

/*
 * Adds a finding in its code's state. Beyond FINDINGS_MAX the worst ones are
 * kept.
 */
void result_add(struct result *result, enum diagnosis code, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The same in a state that a threshold decided. */
void result_add_as(struct result *result, enum diagnosis code, enum state state,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* NOT_TESTED for steps of the dialogue that were not made. */
void result_add_unmade(struct result *result, unsigned steps,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* There is no verdict, for a reason that a finding of that code tells. */
void result_leave_untested(struct result *result, enum diagnosis code);

/* What tells why there is no verdict; the first finding where nothing does. */
const struct finding *result_why_untested(const struct result *result);

/* Gives a code's findings another state, unless the user chose theirs. */
void result_restate(
    struct result *result, enum diagnosis code, enum state state);

/* Adds what another result found, as notes unless the user chose otherwise. */
void result_add_notes(struct result *result, const struct result *aside);

void result_metric(struct result *result, const struct metric *metric);

/* CRITICAL, WARNING or OK, critical being tested first. */
enum state metric_state(const struct metric *metric);

/* Whether `a` is worse news than `b`: by its thresholds, then by value. */
bool metric_is_worse(const struct metric *a, const struct metric *b);

/* The worst one; of equals the first in the table. NULL: none but notes. */
const struct finding *result_worst(const struct result *result);

/*
 * Whether it is told without -v: no mere note, or one that says what was not
 * tested, and why.
 */
bool finding_is_told(const struct finding *finding);

/* The first finding of a code, or NULL. */
const struct finding *result_find(
    const struct result *result, enum diagnosis code);

enum state result_state(const struct result *result);

const struct metric *result_find_metric(
    const struct result *result, const char *label);

#endif
