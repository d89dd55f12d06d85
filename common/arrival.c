/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arrival - whether a test message came into a mailbox, and when */
#include <time.h>

#include "imap.h"
#include "maildir.h"
#include "message.h"
#include "transfer.h"
#include "arrival.h"

enum {
	PAUSE_MIN_MS = 250, /* between two looks, twice as long every time */
	PAUSE_MAX_MS = 1000,
	LEFT_MIN_MS = 20, /* not worth another look */
};

/* What is looked for; in one of the two, the other is NULL. */
struct watch {
	const char *token;
	double since;
	struct deadline deadline;
	struct imap *imap;
	struct maildir *maildir;
};

bool
arrival_url_valid(const char *url, struct text *why)
{
	struct imap_url parts;

	return imap_url_parse(url, &parts, why);
}

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
look_once(const struct watch *watch)
{
	if (watch->imap != NULL)
		return imap_look(watch->imap, MESSAGE_TOKEN_HEADER,
		    watch->token, watch->deadline);
	return maildir_take(watch->maildir, watch->deadline);
}

static void
look_on(const struct watch *watch, struct arrival *arrival)
{
	int pause_ms = PAUSE_MIN_MS;
	enum look look;

	do {
		look = look_once(watch);
		arrival->seconds = clock_seconds() - watch->since;
	} while (look == LOOK_NOT_YET && nap(&pause_ms, watch->deadline));
	arrival->seen = look == LOOK_FOUND;
}

static bool
parse_url(const char *string, struct imap_url *url, struct arrival *arrival)
{
	struct text why;
	bool valid;

	text_init(&why, sizeof(arrival->why) - 1);
	valid = imap_url_parse(string, url, &why);
	text_print(arrival->why, sizeof(arrival->why), "%s", why.data);
	text_release(&why);
	return valid;
}

static void
watch_imap(const struct arrival_params *params, struct watch watch,
    struct arrival *arrival)
{
	struct imap_url url;
	struct imap imap;
	const struct imap_params imap_params = {
	    .url = &url,
	    .user = params->user,
	    .secret = params->secret,
	    .by_token = params->by_token,
	    .in_clear = params->in_clear,
	    .policy = params->policy,
	};

	if (!parse_url(params->imap_url, &url, arrival))
		return;
	imap_open(&imap, &imap_params);
	watch.imap = &imap;
	look_on(&watch, arrival);
	text_print(arrival->why, sizeof(arrival->why), "%s", imap.why);
	arrival->removed = arrival->seen && imap_remove(&imap, watch.deadline);
	imap_close(&imap, watch.deadline);
}

static void
watch_maildir(const char *folder, struct watch watch, struct arrival *arrival)
{
	struct maildir maildir;

	maildir_open(&maildir, folder, MESSAGE_TOKEN_HEADER, watch.token);
	watch.maildir = &maildir;
	look_on(&watch, arrival);
	text_print(arrival->why, sizeof(arrival->why), "%s", maildir.why);
	arrival->removed = arrival->seen && maildir.removed;
}

void
arrival_wait(const struct arrival_params *params, const char *token,
    double since, struct deadline deadline, struct arrival *arrival)
{
	const struct watch watch = {
	    .token = token, .since = since, .deadline = deadline};

	*arrival = (struct arrival){.asked = true};
	if (params->imap_url != NULL)
		watch_imap(params, watch, arrival);
	else
		watch_maildir(params->maildir, watch, arrival);
}
