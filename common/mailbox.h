/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mailbox - an address as MAIL and RCPT want it (RFC 5321 4.1.2, RFC 6531)
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include <stdbool.h>

#include "text.h"

/* Octets of an address (RFC 5321 4.5.3.1), and the NUL. */
enum { MAILBOX_MAX = 254, MAILBOX_SIZE = MAILBOX_MAX + 1 };

/*
 * Without brackets: local part in plain characters or UTF-8, "@", domain; the
 * domain's internationalised labels become A-labels. False with `why` filled
 * in if it is none.
 */
bool mailbox_parse(
    const char *string, char mailbox[MAILBOX_SIZE], struct text *why);

/* Whether it can be said without SMTPUTF8. */
bool mailbox_is_ascii(const char *mailbox);

#endif
