/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_sender - who loses mail, over all servers of a run
 *
 * A sender tries one server after the other: it loses mail for certain only
 * where none takes it, and otherwise what goes to those that do not.
 */
#ifndef REPORT_SENDER_H
#define REPORT_SENDER_H

#include "text.h"
#include "sender.h"
#include "report.h"

/* A server as sender_delivery() wants it. */
struct sender_place report_sender_place(
    const struct report *report, const struct report_server *server);

/* DELIVERY_FAILS: no server takes its mail; _WORKS: at least one does. */
enum delivery report_sender_delivery(
    const struct report *report, enum sender sender);

/*
 * "TLS-requiring sender: what goes to mx2.example.com [192.0.2.5]: ...", or
 * nothing where none of its mail is known to be lost.
 */
void report_sender_loss(
    const struct report *report, enum sender sender, struct text *out);

/*
 * A line for each kind of sender that loses mail, each with `lead` before it;
 * nothing where no score is asked for, or nobody is known to.
 */
void report_lost_senders(
    const struct report *report, const char *lead, struct text *out);

/* Whether it is known of any kind of sender what becomes of its mail. */
bool report_knows_senders(const struct report *report);

#endif
