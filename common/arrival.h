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
#include "imap.h"
#include "maildir.h"
#include "facts.h"
#include "tls.h"

struct arrival_params {
	const struct imap_url *imap_url; /* outlives the watch; or NULL */
	const char *maildir; /* a folder with new and cur; or NULL */
	const char *user;    /* for IMAP, with its secret */
	const char *secret;
	bool by_token; /* the secret is an access token (XOAUTH2) */
	bool in_clear; /* without TLS: the user's own say */
	const struct tls_policy *policy; /* anchors, and whether to verify */
};

/* False with `why` filled in if that can't be a mailbox. */
bool arrival_maildir_valid(const char *folder, struct text *why);

/* Once, before any thread starts. */
bool arrival_prepare(struct text *why);

/* A mailbox that is watched. */
struct arrival_watch {
	struct deadline deadline;
	struct imap imap;
	struct maildir maildir;
	bool by_imap;
};

/*
 * Opens the mailbox before anything is sent to it; false with the reason in
 * `arrival` if it can't be looked at. arrival_end() goes with it either way.
 */
bool arrival_begin(struct arrival_watch *watch,
    const struct arrival_params *params, struct deadline deadline,
    struct arrival *arrival);

/*
 * Looks again and again until the message is there or the deadline comes;
 * `since` is the clock_seconds() of DATA.
 */
void arrival_wait(struct arrival_watch *watch, const char *token, double since,
    struct arrival *arrival);

void arrival_end(struct arrival_watch *watch);

#endif
