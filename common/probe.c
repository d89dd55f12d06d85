/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe - questions about STARTTLS that need connections of their own */
#include "probe.h"

enum { OLDEST_VERSION = 0x0301, THIRD_ANSWER_SECONDS = 2 };

/* What the outcome of an obsolete handshake says. */
static enum obsolete_answer
read_outcome(const struct facts *facts)
{
	if (facts->handshake.done)
		return OBSOLETE_ACCEPTED;
	if (facts->step != STEP_TLS)
		return OBSOLETE_NOT_TESTABLE;
	switch (facts->failure.kind) {
	case FAILURE_TLS:
	case FAILURE_CLOSED:
	case FAILURE_RESET:
		return OBSOLETE_REFUSED;
	default:
		return OBSOLETE_NOT_TESTABLE;
	}
}

void
probe_obsolete_versions(const struct smtp_params *params, struct facts *facts)
{
	struct smtp_params offer = *params;

	for (int i = 0; i < OBSOLETE_VERSIONS; i++) {
		struct facts *aside = facts_begin_aside(facts);
		struct smtp smtp;

		if (aside == NULL)
			return;
		offer.offer.version = OLDEST_VERSION + i;
		if (smtp_open(&smtp, &offer, aside) && smtp_greeting(&smtp)
		    && smtp_ehlo(&smtp))
			smtp_starttls(&smtp);
		smtp_close(&smtp);
		facts->starttls.obsolete[i] = read_outcome(aside);
		facts_end_aside(facts, aside);
	}
}

/*
 * Two commands of our own after the handshake. QUIT's 221 as the second
 * answer says that nothing else was run. Three answers to two commands say
 * that the injected NOOP was.
 */
static enum injection_answer
ask_inside(struct smtp *smtp)
{
	struct answer answer;
	char ehlo[sizeof(smtp->name) + 8];

	text_print(ehlo, sizeof(ehlo), "EHLO %s", smtp->name);
	smtp->greeted = false; /* QUIT is said here */
	smtp->surplus = true;
	if (!smtp_say(smtp, ehlo, &answer) || !smtp_say(smtp, "QUIT", &answer))
		return INJECTION_UNCLEAR;
	if (answer.code == 221)
		return INJECTION_IGNORED;
	smtp->conn.deadline = deadline_earlier(
	    smtp->conn.deadline, deadline_in(THIRD_ANSWER_SECONDS));
	if (smtp_hear(smtp, &answer))
		return INJECTION_EXECUTED;
	return failure_is_cut(&smtp->conn.failure) ? INJECTION_IGNORED
						   : INJECTION_UNCLEAR;
}

static enum injection_answer
inject(struct smtp *smtp)
{
	const struct smtp_params *params = smtp->params;
	struct answer answer;

	/* Refused, or cut off, for being pipelined: as it should be. */
	if (!smtp_say(smtp, "STARTTLS\r\nNOOP", &answer))
		return failure_is_cut(&smtp->conn.failure) ? INJECTION_IGNORED
							   : INJECTION_UNCLEAR;
	if (answer.code != 220)
		return INJECTION_IGNORED;
	if (conn_pending(&smtp->conn))
		return INJECTION_UNCLEAR;
	if (conn_starttls(&smtp->conn, params->context, params->policy,
		params->target->host->name, &params->offer,
		&smtp->facts->handshake))
		return ask_inside(smtp);
	return failure_is_cut(&smtp->conn.failure)
		|| smtp->conn.failure.kind == FAILURE_TLS
	    ? INJECTION_IGNORED
	    : INJECTION_UNCLEAR;
}

void
probe_command_injection(const struct smtp_params *params, struct facts *facts)
{
	struct facts *aside;
	struct smtp smtp;

	if (params->ssl)
		return;
	aside = facts_begin_aside(facts);
	if (aside == NULL)
		return;
	facts->starttls.injection = INJECTION_UNCLEAR;
	if (smtp_open(&smtp, params, aside) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp))
		facts->starttls.injection = inject(&smtp);
	smtp_close(&smtp);
	facts_end_aside(facts, aside);
}
