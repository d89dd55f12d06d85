/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain - a diagnosis in words, as --explain and -vv print it
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "diagnosis.h"
#include "text.h"

/* "CODE (state): title", then cause and remedy. */
void explain_diagnosis(enum diagnosis diagnosis, struct text *out);

/* Cause and remedy alone, indented by `indent` columns. */
void explain_remedy(enum diagnosis diagnosis, size_t indent, struct text *out);

#endif
