/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_message - the transaction: who writes to whom, and what
 *
 * For check_mx_delivery. The options write to variables of this file, before
 * any thread starts.
 */
#ifndef STEP_MESSAGE_H
#define STEP_MESSAGE_H

#include <stdbool.h>

#include "text.h"
#include "option.h"
#include "facts.h"
#include "smtp.h"

/*
 * --from, --to, --dsn, --send, --subject, --header and --message.
 */
extern const struct option_row step_message_options[];

/*
 * Reads the message, if one was given. `author` is the sender where --from is
 * not given, if it is a mailbox; or NULL. With `marked` the message gets the
 * header with the token whoever wrote it. False with `why` filled in if the
 * options can't be meant.
 */
bool step_message_prepare(const char *author, bool marked, struct text *why);

/* --send: the message is to be sent. */
bool step_message_sends(void);

/*
 * The transaction, on a dialogue that has come so far; `may_send` false ends it
 * with RSET even with --send.
 */
void step_message_deliver(struct smtp *smtp, bool may_send);

#endif
