/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arrival - whether a test message came into a mailbox, and when
 *
 * Looks for the header with the token, and deletes that message and no other.
 * By libcurl for IMAP, which only programs that call this are linked with; a
 * Maildir is looked at as files.
 */
#ifndef ARRIVAL_H
#define ARRIVAL_H

#include <stdbool.h>

#include "deadline.h"
#include "text.h"
#include "facts.h"
#include "tls.h"

struct arrival_params {
	const char *imap_url; /* imap[s]://HOST[:PORT][/MAILBOX]; or NULL */
	const char *maildir;  /* a folder with new and cur; or NULL */
	const char *user;     /* for IMAP, with its secret */
	const char *secret;
	bool by_token; /* the secret is an access token (XOAUTH2) */
	bool in_clear; /* without TLS: the user's own say */
	const struct tls_policy *policy; /* anchors, and whether to verify */
};

/* False with `why` filled in if that can't be a mailbox. */
bool arrival_url_valid(const char *url, struct text *why);
bool arrival_maildir_valid(const char *folder, struct text *why);

/* Once, before any thread starts. */
bool arrival_prepare(struct text *why);

/*
 * Looks again and again until the message is there or the deadline comes;
 * `since` is the clock_seconds() of DATA.
 */
void arrival_wait(const struct arrival_params *params, const char *token,
    double since, struct deadline deadline, struct arrival *arrival);

#endif
