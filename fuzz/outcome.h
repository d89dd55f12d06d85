/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome - every judge and every report over the facts of one server */
#ifndef FUZZ_OUTCOME_H
#define FUZZ_OUTCOME_H

#include "facts.h"

/* mx1.example.com [192.0.2.4]:25, an MX host. */
extern const struct target outcome_target;

/* What no output may hold; NULL: nothing. */
extern const char *outcome_secret;

/* Facts about it, none so far, with a transcript. */
struct facts *outcome_facts(void);

/* Judges and reports them, and frees them. */
void outcome_of(struct facts *facts);

#endif
