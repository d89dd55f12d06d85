/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_dns - step 1: what the user wants of the DNS, and the verdict by it
 *
 * MX records and addresses are looked up for every plugin; here is what
 * check_mx_dns and check_mx ask beyond that. The options write to variables
 * of this file, before any thread starts.
 */
#ifndef STEP_DNS_H
#define STEP_DNS_H

#include <stdbool.h>

#include "text.h"
#include "diagnosis.h"
#include "option.h"
#include "result.h"
#include "target.h"
#include "reverse.h"
#include "smtp.h"

/* --expect-mx, --expect-null-mx, --no-ptr. */
extern const struct option_row step_dns_options[];

/* False with `why` filled in if they can't be meant. */
bool step_dns_prepare(struct text *why);

/* What does not count because it was asked for; DIAGNOSIS_END last, or NULL. */
const enum diagnosis *step_dns_asides(void);

/* Whether other MX records than whatever there is are expected. */
bool step_dns_expects(void);

/* Whether names of addresses are wanted: not with --no-ptr. */
bool step_dns_wants_ptr(void);

/*
 * Begins to look for the names of the server's address and the way back,
 * beside whatever else the thread does. NULL if they are not wanted; to be
 * ended by the other all the same, which waits until the params' deadline, and
 * not for ever where that is far: a dead reverse zone is no reason to be late.
 */
struct step_dns_naming *step_dns_begin_look_up(
    const struct smtp_params *params);
void step_dns_end_look_up(
    struct step_dns_naming *naming, struct reverse *reverse);

/* What the domain publishes against what is expected, and the summary. */
void step_dns_judge_set(const struct target_set *set, struct result *result);

#endif
