/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evidence - what a verdict rests on, for -v, -vv and -vvv
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include <stddef.h>

#include "text.h"
#include "result.h"
#include "facts.h"

/*
 * Behind the line of its server: at verbosity 1 what was observed and the
 * notes, at 2 causes and remedies too, at 3 the dialogue. `facts` may be
 * NULL where nothing was observed.
 */
void evidence_add(const struct facts *facts, const struct result *result,
    unsigned verbosity, struct text *out);

/* Cause and remedy of each finding of a result, its text first. */
void evidence_remedies(
    const struct result *result, size_t indent, struct text *out);

#endif
