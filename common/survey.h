/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * survey - many domains in one process, a line of JSON for each
 *
 * Domains come one per line; each becomes one object in one line as soon as it
 * is done, so that input and output split and join over machines. A server
 * that many domains share is tested once and judged for each (see shared).
 * Nothing stops it but its end, an output that can't be written, or a signal
 * (see stop): then no further domain is begun, and those under way are finished,
 * unless a second signal says that they need not be.
 */
#ifndef SURVEY_H
#define SURVEY_H

#include <stdbool.h>

#include "option.h"
#include "run.h"
#include "text.h"

enum { SURVEY_PARALLEL = 32, SURVEY_PARALLEL_MAX = 1024 };

/* --domains, --parallel and --resume. */
extern const struct option_row survey_options[];

/* Whether --domains asked for it. */
bool survey_wanted(void);

/* False with `why` filled in if the options can't be meant. */
bool survey_prepare(struct text *why);

/*
 * Checks them all; lines go to the standard output, progress (where that is a
 * terminal) and a summary to the standard error. Returns the worst state of the
 * list, domains that an earlier run has done included; a line that is no domain
 * is UNKNOWN, and so is a list that was not done to its end, or is empty.
 * `terms` gets its shared servers here.
 */
enum state survey_carry_out(struct run_terms *terms);

#endif
