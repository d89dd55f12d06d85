/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relay - asks a server to relay, in every form that servers have fallen for
 *
 * MAIL and RCPT only: DATA is never sent, so no message ever exists. The
 * answers go into facts->relay; judge_relay() reads them.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>

#include "text.h"
#include "facts.h"
#include "form.h"
#include "smtp.h"

enum { RELAY_RECIPIENTS_MAX = 8 };

struct relay_settings {
	const char *from; /* "a@b" or "" for <>; NULL: check_mx@ our name */
	const char *const *recipients; /* outside mailboxes, NULL last; the
					  first one serves the odd forms */
	const char *local_domain;      /* NULL: the domain checked, if any */
	bool wanted[FORMS_MAX];        /* by form_number() */
};

/*
 * Within an open dialogue, after EHLO: control and plain recipients in one
 * transaction, two RCPTs and no more unless further forms are wanted. Goes
 * on inside TLS where the server insists on it (530).
 */
void relay_ask(struct smtp *smtp, const struct relay_settings *settings);

/*
 * The same on a connection of its own and in the clear, for a dialogue that
 * broke off in the TLS handshake.
 */
void relay_ask_apart(const struct smtp_params *params,
    const struct relay_settings *settings, struct facts *facts);

/*
 * What needs connections of its own, after the first was closed: once more
 * where every recipient was deferred, and the other forms, two a connection.
 */
void relay_follow_up(const struct smtp_params *params,
    const struct relay_settings *settings, struct facts *facts);

#endif
