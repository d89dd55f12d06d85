/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arrival - whether a test message came into a mailbox, and when */
#include <time.h>

#include "message.h"
#include "transfer.h"
#include "arrival.h"

enum {
	PAUSE_MIN_MS = 250, /* between two looks, twice as long every time */
	PAUSE_MAX_MS = 1000,
	LEFT_MIN_MS = 20, /* not worth another look */
	FAREWELL_MS = 1200,
};

bool
arrival_maildir_valid(const char *folder, struct text *why)
{
	return maildir_valid(folder, why);
}

bool
arrival_prepare(struct text *why)
{
	bool prepared = transfer_prepare();

	if (!prepared)
		text_add(why, "libcurl can't be started");
	return prepared;
}

/* Shorter towards the end; false if there is no time for another look. */
static bool
nap(int *pause_ms, struct deadline deadline)
{
	int left_ms = deadline_left_ms(deadline);
	int ms = *pause_ms < left_ms / 2 ? *pause_ms : left_ms / 2;
	struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};

	if (left_ms < LEFT_MIN_MS)
		return false;
	nanosleep(&pause, NULL);
	*pause_ms = *pause_ms < PAUSE_MAX_MS / 2 ? 2 * *pause_ms : PAUSE_MAX_MS;
	return true;
}

static enum look
look_once(struct arrival_watch *watch, const char *token)
{
	if (watch->by_imap)
		return imap_look(
		    &watch->imap, MESSAGE_TOKEN_HEADER, token, watch->deadline);
	return maildir_take(&watch->maildir, watch->deadline);
}

static const char *
hindrance(const struct arrival_watch *watch)
{
	return watch->by_imap ? watch->imap.why : watch->maildir.why;
}

static bool
begin_imap(struct arrival_watch *watch, const struct arrival_params *params)
{
	imap_open(&watch->imap,
	    &(struct imap_params){
		.url = params->imap_url,
		.user = params->user,
		.secret = params->secret,
		.by_token = params->by_token,
		.in_clear = params->in_clear,
		.policy = params->policy,
	    });
	/* Some time has to be left for the delivery. */
	return imap_enter(&watch->imap, deadline_share(watch->deadline, 0.4));
}

/* A polite LOGOUT has to fit in behind the last look. */
static int
farewell_ms(struct deadline deadline)
{
	int half_ms = deadline_left_ms(deadline) / 2;

	return half_ms < FAREWELL_MS ? half_ms : FAREWELL_MS;
}

bool
arrival_begin(struct arrival_watch *watch, const struct arrival_params *params,
    struct deadline deadline, struct arrival *arrival)
{
	bool begun;

	watch->deadline = deadline_shifted(deadline, -farewell_ms(deadline));
	watch->by_imap = params->imap_url != NULL;
	if (watch->by_imap) {
		begun = begin_imap(watch, params);
	} else {
		maildir_open(
		    &watch->maildir, params->maildir, MESSAGE_TOKEN_HEADER);
		begun = maildir_enter(&watch->maildir);
	}
	if (!begun) {
		arrival->asked = true;
		text_print(
		    arrival->why, sizeof(arrival->why), "%s", hindrance(watch));
	}
	return begun;
}

void
arrival_wait(struct arrival_watch *watch, const char *token, double since,
    struct arrival *arrival)
{
	int pause_ms = PAUSE_MIN_MS;
	enum look look;

	arrival->asked = true;
	watch->maildir.token = token;
	do {
		look = look_once(watch, token);
		arrival->seconds = clock_seconds() - since;
	} while (look == LOOK_NOT_YET && nap(&pause_ms, watch->deadline));
	arrival->seen = look == LOOK_FOUND;
	text_print(arrival->why, sizeof(arrival->why), "%s", hindrance(watch));
	arrival->removed = arrival->seen
	    && (watch->by_imap ? imap_remove(&watch->imap, watch->deadline)
			       : watch->maildir.removed);
}

void
arrival_end(struct arrival_watch *watch)
{
	if (watch->by_imap)
		imap_close(&watch->imap, watch->deadline);
}
