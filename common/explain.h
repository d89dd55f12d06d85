/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain - a diagnosis in words, for --explain, -vv and the report
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stddef.h>

#include "text.h"
#include "diagnosis.h"

/* "CODE (state): title", then cause and remedy. */
void explain_diagnosis(enum diagnosis diagnosis, struct text *out);

/* Cause and remedy alone, from column `indent` to `width`. */
void explain_remedy(
    enum diagnosis diagnosis, size_t indent, size_t width, struct text *out);

/* Lines behind a label of the same width as "cause:" and "remedy:". */
void explain_part(const char *label, const char *lines, size_t indent,
    size_t width, struct text *out);

#endif
