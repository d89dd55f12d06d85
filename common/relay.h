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
#include "smtp.h"

enum {
	RELAY_FORMS_MAX = 40,
	RELAY_RECIPIENTS_MAX = 8,
	RELAY_MAILBOX_MAX = 254, /* octets of an address (RFC 5321 4.5.3.1) */
};

struct relay_settings {
	const char *from; /* "a@b" or "" for <>; NULL: check_mx@ our name */
	const char *const *recipients; /* outside mailboxes, NULL last; the
					  first one serves the odd forms */
	const char *local_domain; /* NULL: the domain checked, if any */
	bool starttls;		  /* upgrade before MAIL */
	bool wanted[RELAY_FORMS_MAX]; /* by their place in the table */
};

/* "basic", "all" or names of forms, into settings->wanted. */
bool relay_probes_parse(
    const char *string, bool wanted[RELAY_FORMS_MAX], struct text *why);

/*
 * A mailbox as MAIL and RCPT want it, without brackets: local part in plain
 * characters, "@", domain. False with `why` filled in if it is none.
 */
bool relay_mailbox_parse(const char *string,
    char mailbox[RELAY_MAILBOX_MAX + 1], struct text *why);

/* The table for a reader: name, sender and recipient of each form. */
void relay_form_list(struct text *out);

/*
 * Within an open dialogue, after EHLO: control and plain recipients in one
 * transaction, two RCPTs and no more unless further forms are wanted. Goes
 * on inside TLS where the server insists on it (530).
 */
void relay_ask(struct smtp *smtp, const struct relay_settings *settings);

/*
 * What needs connections of its own, after the first was closed: once more
 * where every recipient was deferred, and the other forms, two a connection.
 */
void relay_follow_up(const struct smtp_params *params,
    const struct relay_settings *settings, struct facts *facts);

#endif
