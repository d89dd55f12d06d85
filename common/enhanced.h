/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * enhanced - what an enhanced status code means (RFC 3463, its registry)
 *
 * enhanced.def is the one table: X.SUBJECT.DETAIL, title, what it comes from
 * as a rule, and what to do.
 */
#ifndef ENHANCED_H
#define ENHANCED_H

#include <stdbool.h>

#include "text.h"

/*
 * "5.7.1": a class 2, 4 or 5, a subject and a detail of up to 3 digits, as RFC
 * 3463 writes them; nothing before or behind it.
 */
bool enhanced_valid(const char *string);

/*
 * What the subject and detail say in some words ("bad destination mailbox
 * address"); of an unknown detail what the subject says; NULL without any.
 */
const char *enhanced_title(const char *string);

/* Class, title, cause and remedy, for --explain=5.7.1; nothing if invalid. */
void enhanced_explain(const char *string, struct text *out);

#endif
