/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_relay - step 7: what the user wants of the relay test
 *
 * For check_mx_openrelay and check_mx. The options write to variables of
 * this file, before any thread starts.
 */
#ifndef STEP_RELAY_H
#define STEP_RELAY_H

#include <stdbool.h>

#include "text.h"
#include "option.h"
#include "result.h"
#include "facts.h"
#include "smtp.h"

/*
 * --from, --recipient, --local-domain, --probes, --list-probes and --trusted.
 */
extern const struct option_row step_relay_options[];

/* False with `why` filled in if they can't be meant. */
bool step_relay_prepare(struct text *why);

/* The address forms, if --list-probes asked for them. */
bool step_relay_inform(struct text *out);

/* --trusted: nothing is to be asked. */
bool step_relay_trusted(void);

/*
 * Whether what a server answered when it was asked about another domain holds
 * for this one: no recipient was in it, and the server did take that one's mail.
 */
bool step_relay_suits(const struct facts *facts, const char *domain);

/* Tells in facts->relay whether the control was another domain's. */
void step_relay_match(const struct smtp_params *params, struct facts *facts);

/* relay_ask(), relay_ask_apart() and relay_follow_up() by these options. */
void step_relay_ask(struct smtp *smtp);
void step_relay_ask_apart(
    const struct smtp_params *params, struct facts *facts);
void step_relay_follow_up(
    const struct smtp_params *params, struct facts *facts);

#endif
