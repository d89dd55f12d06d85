/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * maildir - a Maildir of this host, looked into for one message
 *
 * Reads the beginnings of regular files in "new" and "cur", and only of those
 * that came lately. Nothing in it is trusted: no link is followed, a pipe is
 * not waited for.
 */
#ifndef MAILDIR_H
#define MAILDIR_H

#include <stdbool.h>
#include <time.h>

#include "deadline.h"
#include "look.h"
#include "text.h"

struct maildir {
	const char *folder;
	const char *header; /* whose value is the token */
	const char *token;
	time_t since;            /* older files are of no interest */
	bool looked;             /* all of it once, without hindrance */
	bool removed;            /* the message that was found */
	char why[LOOK_WHY_SIZE]; /* "" if the last look was a good one */
};

/* False with `why` filled in if that is something else than a folder. */
bool maildir_valid(const char *folder, struct text *why);

/* The strings have to outlive it; `token` is to be set before a look. */
void maildir_open(
    struct maildir *maildir, const char *folder, const char *header);

/* Whether it can be looked into; false with `why` filled in. */
bool maildir_enter(struct maildir *maildir);

/* Deletes the message if it is there. */
enum look maildir_take(struct maildir *maildir, struct deadline deadline);

#endif
