/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_banner - steps 2 to 4: what the user wants of greeting and EHLO
 *
 * For check_mx_banner and check_mx. The options write to variables of this
 * file, before any thread starts.
 */
#ifndef STEP_BANNER_H
#define STEP_BANNER_H

#include <stdbool.h>

#include "text.h"
#include "option.h"
#include "result.h"
#include "facts.h"

/* --expect, --require. */
extern const struct option_row step_banner_options[];

/* False with `why` filled in if they can't be meant. */
bool step_banner_prepare(struct text *why);

/* Whether --expect or --require was given. */
bool step_banner_expects(void);
bool step_banner_requires(void);

void step_banner_judge(const struct facts *facts, struct result *result);

#endif
