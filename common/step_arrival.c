/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_arrival - the mailbox that the message has to come to */
#include <string.h>

#include "arrival.h"
#include "judge.h"
#include "secret.h"
#include "settings.h"
#include "step_auth.h"
#include "step_arrival.h"

static struct thresholds limits;
static const char *imap, *maildir, *user, *secret_file;
static struct imap_url imap_url; /* the parts of `imap` */
static char own_secret[SECRET_SIZE];

const struct option_row step_arrival_options[] = {
    OPTION_HEADING("Where it has to arrive:"),
    OPTION_STRING(0, "arrival-imap", "URL", &imap,
	"look for the message in this mailbox, imaps://HOST/INBOX, and delete "
	"it there (default: do not look)"),
    OPTION_STRING(0, "arrival-maildir", "DIR", &maildir,
	"the same in a Maildir of this host (default: do not look)"),
    OPTION_STRING(0, "arrival-user", "USER", &user,
	"user of the mailbox (default: --authuser)"),
    OPTION_STRING(0, "arrival-pass-file", "FILE", &secret_file,
	"file whose first line is its password (default: that of "
	"--authuser)"),
    OPTION_RANGE(0, "arrival-warning", &limits.warning,
	"seconds from DATA to the mailbox (default: none)"),
    OPTION_RANGE(0, "arrival-critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

bool
step_arrival_wanted(void)
{
	return imap != NULL || maildir != NULL;
}

static bool
read_secret(struct text *why)
{
	struct text reason;
	bool taken;

	text_init(&reason, 200);
	taken = secret_read_file(
		    secret_file, own_secret, settings_deadline(), &reason)
	    && secret_add(own_secret);
	if (!taken)
		text_add(why, "--arrival-pass-file: %s",
		    reason.length > 0 ? reason.data : "too long");
	text_release(&reason);
	return taken;
}

/* As LOGIN says it, quoted (RFC 9051 4.3), it may be echoed, too. */
static bool
hide_quoted(struct text *why)
{
	const char *at =
	    own_secret[0] != '\0' ? own_secret : step_auth_secret();
	char quoted[2 * SECRET_SIZE];
	size_t length = 0;
	bool hidden;

	for (; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			quoted[length++] = '\\';
		quoted[length++] = *at;
	}
	quoted[length] = '\0';
	hidden = secret_add(quoted);
	explicit_bzero(quoted, sizeof(quoted));
	if (!hidden)
		text_add(why, "--arrival-imap: the password is too long");
	return hidden;
}

/* Of its own, or the submission's. */
static bool
prepare_login(struct text *why)
{
	if (user == NULL)
		user = step_auth_user();
	if (user == NULL) {
		text_add(why, "--arrival-imap: wants --arrival-user");
		return false;
	}
	if (secret_file == NULL && step_auth_secret() == NULL) {
		text_add(why, "--arrival-imap: wants --arrival-pass-file");
		return false;
	}
	return (secret_file == NULL || read_secret(why)) && hide_quoted(why);
}

static bool
prepare_imap(struct text *why)
{
	struct text reason;
	bool valid;

	text_init(&reason, 200);
	valid = imap_url_parse(imap, &imap_url, &reason);
	if (!valid)
		text_add(why, "--arrival-imap: %s", reason.data);
	text_release(&reason);
	return valid && prepare_login(why) && arrival_prepare(why);
}

static bool
prepare_maildir(struct text *why)
{
	struct text reason;
	bool valid;

	text_init(&reason, 200);
	valid = arrival_maildir_valid(maildir, &reason);
	if (!valid)
		text_add(why, "--arrival-maildir: %s", reason.data);
	text_release(&reason);
	return valid;
}

bool
step_arrival_prepare(struct text *why)
{
	if (imap != NULL && maildir != NULL) {
		text_add(why,
		    "--arrival-imap and --arrival-maildir exclude each other");
		return false;
	}
	if (!step_arrival_wanted() && (user != NULL || secret_file != NULL)) {
		text_add(why, "%s: wants --arrival-imap",
		    user != NULL ? "--arrival-user" : "--arrival-pass-file");
		return false;
	}
	if (!step_arrival_wanted()
	    && (limits.warning.set || limits.critical.set)) {
		text_add(why,
		    "--arrival-%s: wants --arrival-imap or --arrival-maildir",
		    limits.warning.set ? "warning" : "critical");
		return false;
	}
	if (imap != NULL)
		return prepare_imap(why);
	return maildir == NULL || prepare_maildir(why);
}

bool
step_arrival_begin(struct arrival_watch *watch,
    const struct smtp_params *params, struct facts *facts)
{
	const struct arrival_params mailbox = {
	    .imap_url = imap != NULL ? &imap_url : NULL,
	    .maildir = maildir,
	    .user = user,
	    .secret = own_secret[0] != '\0' ? own_secret : step_auth_secret(),
	    .by_token = own_secret[0] == '\0' && step_auth_by_token(),
	    .in_clear = step_auth_in_clear(),
	    .policy = params->policy,
	};

	return !step_arrival_wanted()
	    || arrival_begin(
		watch, &mailbox, params->deadline, &facts->delivery.arrival);
}

void
step_arrival_end(struct arrival_watch *watch, struct facts *facts)
{
	struct delivery_facts *delivery = &facts->delivery;

	if (!step_arrival_wanted())
		return;
	if (delivery_taken(delivery) > 0)
		arrival_wait(
		    watch, delivery->token, delivery->sent, &delivery->arrival);
	arrival_end(watch);
}

void
step_arrival_judge(const struct facts *facts, struct result *result)
{
	judge_arrival(facts, &limits, result);
	if (step_arrival_wanted() && !facts->delivery.arrival.asked
	    && facts->delivery.mail.code != 0)
		result_add(result, NOT_TESTED,
		    "arrival not tested: no message was accepted");
}
