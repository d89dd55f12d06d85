/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe - questions about STARTTLS that need connections of their own */
#include <stdlib.h>

#include "probe.h"

static const int oldest_version = 0x0301;

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
		struct facts *scratch = calloc(1, sizeof(*scratch));
		struct smtp smtp;

		if (scratch == NULL)
			return;
		scratch->transcript = facts->transcript;
		offer.tls_version = oldest_version + i;
		if (smtp_open(&smtp, &offer, scratch) && smtp_greeting(&smtp)
		    && smtp_ehlo(&smtp))
			smtp_starttls(&smtp);
		smtp_close(&smtp);
		facts->starttls.obsolete[i] = read_outcome(scratch);
		facts->transcript = scratch->transcript;
		free(scratch);
	}
}

/*
 * Two of our own commands after the handshake: the second one's answer is
 * QUIT's 221, or EHLO's 250 where the injected NOOP took the first place.
 */
static enum injection_answer
ask_inside(struct smtp *smtp)
{
	struct answer first, second;
	char ehlo[sizeof(smtp->name) + 8];

	text_print(ehlo, sizeof(ehlo), "EHLO %s", smtp->name);
	smtp->greeted = false; /* QUIT is said here */
	if (!smtp_say(smtp, ehlo, &first) || !smtp_say(smtp, "QUIT", &second))
		return INJECTION_UNCLEAR;
	return second.code == 221   ? INJECTION_IGNORED
	    : answer_is(&second, 2) ? INJECTION_EXECUTED
				    : INJECTION_UNCLEAR;
}

static enum injection_answer
inject(struct smtp *smtp)
{
	const struct smtp_params *params = smtp->params;
	struct answer answer;

	if (!smtp_say(smtp, "STARTTLS\r\nNOOP", &answer))
		return INJECTION_UNCLEAR;
	if (answer.code != 220)
		return INJECTION_IGNORED; /* refused for being pipelined */
	if (conn_pending(&smtp->conn))
		return INJECTION_UNCLEAR;
	if (!conn_starttls(&smtp->conn, params->context, params->policy,
		params->target->host->name, 0, &smtp->facts->handshake))
		return INJECTION_IGNORED;
	return ask_inside(smtp);
}

void
probe_command_injection(const struct smtp_params *params, struct facts *facts)
{
	struct facts *scratch = calloc(1, sizeof(*scratch));
	struct smtp smtp;

	if (scratch == NULL || params->ssl) {
		free(scratch);
		return;
	}
	scratch->transcript = facts->transcript;
	facts->starttls.injection = INJECTION_UNCLEAR;
	if (smtp_open(&smtp, params, scratch) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp))
		facts->starttls.injection = inject(&smtp);
	smtp_close(&smtp);
	facts->transcript = scratch->transcript;
	free(scratch);
}
