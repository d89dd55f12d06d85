/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_arrival - the mailbox that the message has to come to
 *
 * For check_mx_delivery. The options write to variables of this file, before
 * any thread starts.
 */
#ifndef STEP_ARRIVAL_H
#define STEP_ARRIVAL_H

#include <stdbool.h>

#include "text.h"
#include "option.h"
#include "result.h"
#include "facts.h"
#include "smtp.h"
#include "arrival.h"

/*
 * --arrival-imap, --arrival-maildir, --arrival-user, --arrival-pass-file,
 * --arrival-warning and --arrival-critical.
 */
extern const struct option_row step_arrival_options[];

/* Whether a mailbox was named. */
bool step_arrival_wanted(void);

/* False with `why` filled in if the options can't be meant. */
bool step_arrival_prepare(struct text *why);

/*
 * Opens the mailbox; false, recorded in the facts, if it can't be looked at,
 * and then nothing should be sent there. step_arrival_end() goes with it, and
 * waits for the message if the server took it for anybody.
 */
bool step_arrival_begin(struct arrival_watch *watch,
    const struct smtp_params *params, struct facts *facts);
void step_arrival_end(struct arrival_watch *watch, struct facts *facts);

void step_arrival_judge(const struct facts *facts, struct result *result);

#endif
