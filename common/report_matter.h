/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_matter - what many servers share: a code's findings over a whole run
 *
 * A code may be a finding at one server and a mere note at another; these are
 * two matters. Notes that say what was not tested are told where it was not,
 * and none of this.
 */
#ifndef REPORT_MATTER_H
#define REPORT_MATTER_H

#include <stdbool.h>

#include "text.h"
#include "diagnosis.h"
#include "result.h"
#include "report.h"

/* The worst finding of a code, notes aside; of equals the first; or NULL. */
const struct finding *matter_worst(
    const struct report *report, enum diagnosis code);

/* What all notes of a code say alike, else the code's title; or NULL. */
const char *matter_note(const struct report *report, enum diagnosis code);

/* Where findings, or notes, of a code were made: names behind commas. */
void matter_places(const struct report *report, enum diagnosis code, bool notes,
    struct text *out);

#endif
