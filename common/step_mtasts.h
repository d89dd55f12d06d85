/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_mtasts - a domain's MTA-STS policy and TLSRPT record
 *
 * For check_mx_mtasts and check_mx. The options write to variables of this
 * file, before any thread starts.
 */
#ifndef STEP_MTASTS_H
#define STEP_MTASTS_H

#include <stdbool.h>

#include "option.h"
#include "result.h"
#include "facts.h"
#include "plugin.h"

/* --min-max-age, --require-mode. */
extern const struct option_row step_mtasts_options[];

/* Whether --require-mode was given. */
bool step_mtasts_requires(void);

/* Both records, then the policy: for plugin->observe_domain. */
void step_mtasts_observe(
    const struct domain_params *params, struct domain_facts *facts);

/*
 * The domain's records and policy, and then each server by them. Having none
 * is a fault where it is `wanted`.
 */
void step_mtasts_judge(const struct conclusion *conclusion, bool wanted);

#endif
