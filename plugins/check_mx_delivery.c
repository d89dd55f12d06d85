/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mx_delivery - would a message get through, and does it arrive?
 *
 * The session that the guides type into telnet: EHLO, a login if wanted,
 * MAIL, RCPT, and with --send DATA (RFC 5321, 3461, 2920; LMTP: RFC 2033).
 */
#include "judge.h"
#include "settings.h"
#include "step_arrival.h"
#include "step_auth.h"
#include "step_message.h"
#include "step_tls.h"
#include "program.h"

enum { PORT_LMTP = 24 };

static struct thresholds limits;
static bool starttls, lmtp;
static unsigned port = PORT_SMTP;

static const struct option_row own_options[] = {
    OPTION_HEADING("How the message goes:"),
    OPTION_FLAG('S', "starttls", &starttls,
	"upgrade by STARTTLS first (default: off, unless there is a login)"),
    OPTION_FLAG(0, "lmtp", &lmtp,
	"speak LMTP, on port 24 unless told otherwise (default: SMTP)"),
    OPTION_RANGE('w', "warning", &limits.warning,
	"seconds from connecting to the last reply (default: none)"),
    OPTION_RANGE('c', "critical", &limits.critical,
	"the same for CRITICAL (default: none)"),
    OPTION_END,
};

static const struct option_row *const options[] = {step_message_options,
    step_arrival_options, step_auth_options, step_tls_options, own_options,
    NULL};

static const enum diagnosis asides[] = {
    PLUGIN_DNS_ASIDES, PLUGIN_SMTP_ASIDES, AUTH_IN_CLEAR, DIAGNOSIS_END};

static bool
prepare(struct text *why)
{
	if (lmtp)
		port = PORT_LMTP;
	if (step_arrival_wanted() && !step_message_sends()) {
		text_add(why, "--arrival-imap, --arrival-maildir: want --send");
		return false;
	}
	if (!step_tls_prepare(why) || !step_auth_prepare(why)
	    || !step_message_prepare(
		step_auth_user(), step_arrival_wanted(), why)
	    || !step_arrival_prepare(why))
		return false;
	if (starttls && step_auth_in_clear()) {
		text_add(why, "--in-clear: not with --starttls");
		return false;
	}
	/* A login asks for TLS, unless the user does not. */
	if (step_auth_wanted() && !step_auth_in_clear())
		starttls = true;
	return true;
}

/* As far as it may go: TLS if it is wanted, a login if it is safe. */
static bool
secure(struct smtp *smtp)
{
	bool secured = !starttls || smtp->params->ssl
	    || (smtp_starttls(smtp) && smtp_ehlo(smtp));

	return step_auth_login(smtp) && secured;
}

static void
observe(const struct smtp_params *params, struct facts *facts)
{
	struct arrival_watch mailbox;
	struct smtp smtp;
	bool watched = step_arrival_begin(&mailbox, params, facts);

	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp) && secure(&smtp))
		step_message_deliver(&smtp, watched);
	smtp_close(&smtp);
	step_arrival_end(&mailbox, facts);
}

/*
 * What is a fault by right, though the user may call it none: of the delivery
 * itself, or else of what stood in its way.
 */
static const struct finding *
find_fault(const struct result *result)
{
	const struct finding *first = NULL;

	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->finding[i];

		if (diagnosis_entry(finding->code)->state == STATE_OK)
			continue;
		if (finding->code >= AUTH_NOT_OFFERED
		    && finding->code <= MESSAGE_DEFERRED)
			return finding;
		if (first == NULL)
			first = finding;
	}
	return first;
}

static void
summarize_recipients(const struct facts *facts, struct result *result)
{
	const struct delivery_facts *delivery = &facts->delivery;
	const struct finding *fault = find_fault(result);
	size_t size = sizeof(result->summary);
	size_t accepted = delivery_accepted(delivery);
	bool complete = accepted == delivery->count && accepted > 0
	    && delivery->data.code == 0;

	if (complete && accepted == 1)
		text_print(result->summary, size,
		    "recipient <%s> accepted, no message sent",
		    delivery->recipient[0].address);
	else if (complete)
		text_print(result->summary, size,
		    "%zu recipients accepted, no message sent", accepted);
	else if (fault != NULL && accepted > 0 && accepted < delivery->count)
		text_print(result->summary, size,
		    "%zu of %zu recipients accepted; %s", accepted,
		    delivery->count, fault->text);
	else if (fault != NULL)
		text_print(result->summary, size, "%s", fault->text);
}

/* What to say when all is well. */
static void
summarize(const struct facts *facts, struct result *result)
{
	const struct arrival *arrival = &facts->delivery.arrival;
	const struct finding *accepted = result_find(result, MESSAGE_ACCEPTED);
	size_t size = sizeof(result->summary);

	if (arrival->seen)
		text_print(result->summary, size,
		    "message in the mailbox after %.3f s", arrival->seconds);
	else if (accepted != NULL)
		text_print(result->summary, size, "%s", accepted->text);
	else
		summarize_recipients(facts, result);
}

static void
judge(const struct facts *facts, struct result *result)
{
	judge_failure(facts, result);
	judge_time(facts, facts->seconds.total, &limits, result);
	judge_durations(facts, result);
	judge_banner(facts, NULL, result);
	judge_ehlo(facts, NULL, result);
	if (starttls || settings->ssl) {
		step_tls_judge_session(facts, result);
		step_tls_judge_certificate(facts, judge_validity, result);
	}
	if (step_auth_wanted())
		step_auth_judge(facts, result);
	judge_delivery(facts, result);
	step_arrival_judge(facts, result);
	judge_unmade(facts, 1U << STEP_MAIL, result);
	/* Whatever the user calls what stood in the way: no verdict. */
	result_restate(result, NOT_TESTED, STATE_UNKNOWN);
	summarize(facts, result);
}

static const struct plugin plugin = {
    .name = "check_mx_delivery",
    .service = "MX_DELIVERY",
    .purpose = "would a message get through, and does it arrive?",
    .notes =
	"Says MAIL and RCPT to each server, and takes it back with RSET; "
	"with --send a message is sent through each of them. A sender "
	"and recipients of your own are the ones to test with.\n"
	"A login is made only inside TLS, and only if the certificate is "
	"as it should be. Passwords belong into --authpass-file, "
	"CHECK_MX_AUTHPASS or --extra-opts. --in-clear and --no-verify let a "
	"login go all the same, that of --arrival-imap too.\n"
	"\nExamples:\n"
	"  check_mx_delivery example.com --to=kate@example.com\n"
	"  check_mx_delivery -H mail.example.com -p 587 -U me@example.com "
	"\\\n"
	"    --authpass-file=/etc/check_mx/me --to=echo@example.net "
	"--send\n"
	"  check_mx_delivery example.com --to=test@example.com --send \\\n"
	"    --arrival-maildir=/home/test/Maildir "
	"--arrival-critical=60 -t 90\n",
    .steps = PLUGIN_STEPS_EHLO | 1U << STEP_MAIL,
    .options = options,
    .asides = asides,
    .policy = &step_tls_policy,
    .starts_tls = &starttls,
    .port = &port,
    .now_only = true,
    .lmtp = &lmtp,
    .prepare = prepare,
    .observe = observe,
    .judge = judge,
};

int
main(int argc, char **argv)
{
	return program_main(&plugin, argc, argv);
}
