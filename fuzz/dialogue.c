/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialogue - a server's part of a whole run, from its greeting to the reports
 *
 * The first byte chooses what is wanted of it; then come the server's turns,
 * see server.h. All that plugins do with one server follows: relaying, a
 * message, probes on connections of their own, every judge, every report.
 */
#include "probe.h"
#include "relay.h"
#include "smtp.h"
#include "transaction.h"
#include "fuzz.h"
#include "outcome.h"
#include "server.h"

enum {
	WANTS_SSL = 1 << 0, /* TLS from the first byte */
	WANTS_LMTP = 1 << 1,
	WANTS_PROXY = 1 << 2,
	WANTS_TLS = 1 << 3,
	WANTS_MESSAGE = 1 << 4,
	WANTS_RELAY = 1 << 5, /* every form */
	WANTS_PROBES = 1 << 6,
};

static void
send_message(struct smtp *smtp, bool send)
{
	static const char *const to[] = {
	    "a@example.com", "b\xc3\xa4@example.com", NULL};
	static char bytes[] = "Subject: t\xc3\xa4st\r\n\r\n.\r\n";
	const struct text message = {.data = bytes,
	    .length = sizeof(bytes) - 1,
	    .size = sizeof(bytes),
	    .max = sizeof(bytes) - 1};

	transaction_make(smtp,
	    &(struct transaction_params){.from = "check@example.org",
		.to = to,
		.dsn = {"SUCCESS,FAILURE", "HDRS", "a+b"},
		.message = &message,
		.send = send});
}

static void
talk(const struct smtp_params *params, unsigned wants, struct facts *facts)
{
	static const char *const to[] = {"test@example.net", NULL};
	struct relay_settings relay = {
	    .from = "", .recipients = to, .wanted = {true}};
	struct smtp smtp;

	for (size_t i = 1; i < FORMS_MAX && (wants & WANTS_RELAY) != 0; i++)
		relay.wanted[i] = form_number(i) != NULL;
	if (smtp_open(&smtp, params, facts) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp)
	    && ((wants & WANTS_TLS) == 0 || !smtp_starttls(&smtp)
		|| smtp_ehlo(&smtp))
	    && facts->failure.kind == FAILURE_NONE) {
		if ((wants & WANTS_RELAY) != 0)
			relay_ask(&smtp, &relay);
		else
			send_message(&smtp, (wants & WANTS_MESSAGE) != 0);
	}
	smtp_close(&smtp);
	if ((wants & WANTS_RELAY) != 0 && facts->relay.count == 0)
		relay_ask_apart(params, &relay, facts);
	if ((wants & WANTS_RELAY) != 0)
		relay_follow_up(params, &relay, facts);
	if ((wants & WANTS_PROBES) != 0 && !params->ssl) {
		probe_obsolete_versions(params, facts);
		probe_command_injection(params, facts);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct facts *facts = outcome_facts();
	unsigned wants = size > 0 ? bytes[0] : 0;
	struct smtp_params params = {.target = &outcome_target,
	    .domain = "example.com",
	    .ssl = (wants & WANTS_SSL) != 0,
	    .lmtp = (wants & WANTS_LMTP) != 0,
	    .proxy = (wants & WANTS_PROXY) != 0,
	    .context = server_client_context(),
	    .policy = &server_client_policy,
	    .deadline = deadline_in(60)};

	server_start(bytes + (size > 0), size - (size > 0));
	talk(&params, wants, facts);
	server_end();
	outcome_of(facts);
	return 0;
}
