/* SPDX-License-Identifier: GPL-3.0-or-later */
/* imap_url - the address of a mailbox (RFC 5092), and its parts */
#ifndef IMAP_URL_H
#define IMAP_URL_H

#include <stdbool.h>

#include "text.h"

enum { IMAP_URL_SIZE = 1024 };

struct imap_url {
	char server[IMAP_URL_SIZE];  /* "imaps://example.com/" */
	char mailbox[IMAP_URL_SIZE]; /* "imaps://example.com/INBOX" */
	char host[IMAP_URL_SIZE];    /* an IPv6 address without brackets */
};

/*
 * imap[s]://HOST[:PORT][/MAILBOX], INBOX by default; without a user, and with
 * nothing behind the mailbox. False with `why` filled in if it is no such.
 */
bool imap_url_parse(const char *string, struct imap_url *url, struct text *why);

#endif
