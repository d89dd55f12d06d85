/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relay - asks a server to relay, in every form that servers have fallen for */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "relay.h"

/* More on one connection would meet error limits. */
enum { FORMS_A_CONNECTION = 2 };

_Static_assert(
    (int)FORMS_MAX + (int)RELAY_RECIPIENTS_MAX <= (int)RELAY_PROBES_MAX,
    "probe[] is too small");

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). */
static void
make_literal(const struct target *target, char *out, size_t size)
{
	text_print(out, size, "[%s%s]",
	    target->address.any.sa_family == AF_INET6 ? "IPv6:" : "",
	    target->address_text);
}

static void
split_mailbox(const char *address, struct form_meaning *meaning)
{
	const char *at = strrchr(address, '@');

	text_print(meaning->mailbox, sizeof(meaning->mailbox), "%.*s",
	    (int)(at - address), address);
	text_print(meaning->domain, sizeof(meaning->domain), "%s", at + 1);
}

static const char *
local_domain(
    const struct smtp_params *params, const struct relay_settings *settings)
{
	return settings->local_domain != NULL ? settings->local_domain
					      : params->domain;
}

static void
make_meaning(struct form_meaning *meaning, const struct smtp *smtp,
    const struct relay_settings *settings)
{
	const struct target *target = smtp->params->target;
	const char *local = local_domain(smtp->params, settings);

	make_literal(target, meaning->literal, sizeof(meaning->literal));
	text_print(meaning->host, sizeof(meaning->host), "%s",
	    domain_is_host(target->host->name) ? target->host->name
					       : meaning->literal);
	meaning->local = local != NULL ? local : meaning->host;
	if (settings->from != NULL)
		text_print(meaning->sender, sizeof(meaning->sender), "%s",
		    settings->from);
	else
		text_print(meaning->sender, sizeof(meaning->sender),
		    "check_mx@%s", smtp->name);
	split_mailbox(settings->recipients[0], meaning);
}

/* NULL if the form gets too long here. */
static struct relay_probe *
add_probe(struct relay *relay, const struct form *form,
    const struct form_meaning *meaning)
{
	struct relay_probe *probe = &relay->probe[relay->count];

	probe->name = form->name;
	probe->kind = form->kind;
	if (form_expand(probe->from, form->from, meaning)
	    && form_expand(probe->to, form->to, meaning)) {
		relay->count++;
		return probe;
	}
	relay->too_long++;
	relay->planned--;
	return NULL;
}

/* RFC 5321 4.5.1: postmaster is there wherever mail is accepted. */
static void
set_control(struct relay *relay, const char *local)
{
	relay->control.name = "control";
	relay->control.kind = RELAY_LOCAL;
	text_print(relay->control.to, sizeof(relay->control.to),
	    local != NULL ? "<postmaster@%s>" : "<postmaster>", local);
}

/* A local name nobody has: accepted, local-looking forms prove nothing. */
static void
set_catch_all(struct relay *relay, const char *local)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		random = 0x5eed;
	relay->catch_all.name = "catch-all";
	relay->catch_all.kind = RELAY_LOCAL;
	text_print(relay->catch_all.to, sizeof(relay->catch_all.to),
	    "<no-such-user-%08x%s%s>", (unsigned)random,
	    local != NULL ? "@" : "", local != NULL ? local : "");
}

/* MAIL and its RCPTs, built and sent as one group. */
struct transaction {
	size_t count;
	struct smtp_command command[RELAY_RECIPIENTS_MAX + 3];
	char line[RELAY_RECIPIENTS_MAX + 3][RELAY_ADDRESS_SIZE + 16];
};

static void
add_command(struct transaction *transaction, const char *verb,
    const char *address, struct answer *answer)
{
	size_t place = transaction->count++;

	snprintf(transaction->line[place], sizeof(transaction->line[place]),
	    "%s:%s", verb, address);
	*answer = (struct answer){.code = 0};
	transaction->command[place] =
	    (struct smtp_command){transaction->line[place], answer};
}

static bool
send_transaction(struct smtp *smtp, const struct transaction *transaction)
{
	return smtp_exchange(smtp, transaction->command, transaction->count);
}

/* Control, plain recipients and, if set, the catch-all, from one sender. */
static bool
ask_plain(struct smtp *smtp)
{
	struct relay *relay = &smtp->facts->relay;
	struct answer *mail = &relay->probe[0].mail;
	struct transaction transaction = {.count = 0};
	bool answered;

	add_command(&transaction, "MAIL FROM", relay->probe[0].from, mail);
	add_command(
	    &transaction, "RCPT TO", relay->control.to, &relay->control.rcpt);
	for (size_t i = 0; i < relay->count; i++)
		add_command(&transaction, "RCPT TO", relay->probe[i].to,
		    &relay->probe[i].rcpt);
	if (relay->catch_all.to[0] != '\0')
		add_command(&transaction, "RCPT TO", relay->catch_all.to,
		    &relay->catch_all.rcpt);
	answered = send_transaction(smtp, &transaction);
	for (size_t i = 1; i < relay->count; i++)
		relay->probe[i].mail = *mail;
	relay->control.mail = relay->catch_all.mail = *mail;
	return answered;
}

/*
 * Whether the null sender is worth a try. Exim accepts postmaster before it
 * looks at the sender, so the outside recipient's answer counts too.
 */
static bool
sender_refused(const struct relay *relay)
{
	const struct answer *mail = &relay->probe[0].mail;

	if (answer_is(mail, 2))
		return answer_blames_sender(&relay->control.rcpt)
		    || answer_blames_sender(&relay->probe[0].rcpt);
	return (answer_is(mail, 4) || answer_is(mail, 5)) && mail->code != 530
	    && mail->code != 503;
}

/* RFC 3207 4 and RFC 4954 6: TLS or authentication first; TLS we can do. */
static bool
demands(const struct relay *relay)
{
	return relay->probe[0].mail.code == 530
	    || relay->probe[0].rcpt.code == 530;
}

/* Where TLS then fails, the server's words tell what it wanted. */
static bool
names_starttls(const struct relay *relay)
{
	return strcasestr(relay->probe[0].mail.text, "STARTTLS") != NULL
	    || strcasestr(relay->probe[0].rcpt.text, "STARTTLS") != NULL;
}

/* Ends the transaction, if one was begun. */
static bool
reset(struct smtp *smtp)
{
	struct answer answer;

	return !answer_is(&smtp->facts->relay.probe[0].mail, 2)
	    || smtp_say(smtp, "RSET", &answer);
}

static bool
ask_inside_tls(struct smtp *smtp)
{
	struct relay *relay = &smtp->facts->relay;

	if (!reset(smtp) || !smtp_starttls(smtp) || !smtp_ehlo(smtp))
		return false;
	smtp_begin(smtp, STEP_RELAY);
	if (!ask_plain(smtp))
		return false;
	relay->inside_tls = true;
	relay->starttls_required = !demands(relay);
	return true;
}

static bool
ask_as_nobody(struct smtp *smtp)
{
	struct relay *relay = &smtp->facts->relay;

	if (!reset(smtp))
		return false;
	for (size_t i = 0; i < relay->count; i++)
		memcpy(relay->probe[i].from, "<>", sizeof("<>"));
	return ask_plain(smtp);
}

/* Control and plain recipients, with what the server wants first. */
static void
ask(struct smtp *smtp)
{
	struct relay *relay = &smtp->facts->relay;

	smtp_begin(smtp, STEP_RELAY);
	if (!ask_plain(smtp))
		return;
	if (demands(relay) && smtp->conn.ssl == NULL
	    && ehlo_offers(smtp->ehlo, "STARTTLS") != NULL
	    && !ask_inside_tls(smtp)) {
		relay->starttls_required = names_starttls(relay);
		return;
	}
	if (sender_refused(relay) && strcmp(relay->probe[0].from, "<>") != 0)
		ask_as_nobody(smtp);
}

static bool
further_wanted(const struct relay_settings *settings)
{
	for (size_t i = 1; form_number(i) != NULL; i++)
		if (settings->wanted[i])
			return true;
	return false;
}

void
relay_ask(struct smtp *smtp, const struct relay_settings *settings)
{
	struct relay *relay = &smtp->facts->relay;
	const char *local = local_domain(smtp->params, settings);
	double began = clock_seconds();
	struct form_meaning meaning;

	make_meaning(&meaning, smtp, settings);
	set_control(relay, local);
	if (further_wanted(settings))
		set_catch_all(relay, local);
	for (size_t i = 1; form_number(i) != NULL; i++)
		relay->planned += settings->wanted[i];
	for (size_t i = 0; settings->recipients[i] != NULL; i++) {
		split_mailbox(settings->recipients[i], &meaning);
		relay->planned++;
		add_probe(relay, form_number(0), &meaning);
	}
	relay->inside_tls = smtp->conn.ssl != NULL && !smtp->params->ssl;
	if (relay->count > 0)
		ask(smtp);
	relay->cut = smtp->conn.failure.kind != FAILURE_NONE;
	text_print(relay->cut_reason, sizeof(relay->cut_reason), "%s",
	    smtp->conn.failure.text);
	smtp->facts->seconds.relay = clock_seconds() - began;
}

void
relay_ask_apart(const struct smtp_params *params,
    const struct relay_settings *settings, struct facts *facts)
{
	struct facts *aside;
	struct smtp smtp;

	if (deadline_passed(params->deadline))
		return;
	aside = facts_begin_aside(facts);
	if (aside == NULL)
		return;
	if (smtp_open(&smtp, params, aside) && smtp_greeting(&smtp)
	    && smtp_ehlo(&smtp))
		relay_ask(&smtp, settings);
	smtp_close(&smtp);
	facts->relay = aside->relay;
	facts->seconds.relay = aside->seconds.relay;
	facts_end_aside(facts, aside);
}

/* What goes on over further connections, each with facts of its own. */
struct follow_up {
	const struct smtp_params *params;
	const struct relay_settings *settings;
	struct facts *facts;
	size_t next; /* form */
};

/* The dialogue up to the point where MAIL may be said. */
static bool
open_again(struct smtp *smtp, const struct follow_up *up, struct facts *aside)
{
	bool tls = up->facts->relay.inside_tls;

	return smtp_open(smtp, up->params, aside) && smtp_greeting(smtp)
	    && smtp_ehlo(smtp)
	    && (!tls || (smtp_starttls(smtp) && smtp_ehlo(smtp)));
}

/* Runs `talk` on a new connection; false if there was none, or it was cut. */
static bool
reconnect(struct follow_up *up, bool (*talk)(struct smtp *, struct follow_up *))
{
	struct facts *aside = facts_begin_aside(up->facts);
	struct smtp smtp;
	bool done;

	if (aside == NULL)
		return false;
	done = open_again(&smtp, up, aside) && talk(&smtp, up);
	smtp_close(&smtp);
	if (!done)
		text_print(up->facts->relay.cut_reason,
		    sizeof(up->facts->relay.cut_reason), "%s",
		    aside->failure.kind == FAILURE_NONE ? aside->banner.text
							: aside->failure.text);
	facts_end_aside(up->facts, aside);
	return done;
}

static bool
all_deferred(const struct relay *relay)
{
	return answer_is(&relay->control.rcpt, 4)
	    && answer_is(&relay->probe[0].rcpt, 4);
}

/* Postscreen passes a client on to the real server the second time. */
static bool
ask_again(struct smtp *smtp, struct follow_up *up)
{
	struct relay *relay = &smtp->facts->relay;

	*relay = up->facts->relay;
	ask(smtp);
	if (relay->probe[0].rcpt.code != 0)
		up->facts->relay = *relay;
	return smtp->facts->failure.kind == FAILURE_NONE;
}

/* One form in a transaction of its own; false once the session is over. */
static bool
ask_form(struct smtp *smtp, const struct form *form, struct follow_up *up)
{
	struct relay *relay = &up->facts->relay;
	struct transaction transaction = {.count = 0};
	struct relay_probe *probe;
	struct form_meaning meaning;

	make_meaning(&meaning, smtp, up->settings);
	/* The sender that the server was seen to accept. */
	text_print(meaning.sender, sizeof(meaning.sender), "%.*s",
	    (int)strlen(relay->probe[0].from) - 2, relay->probe[0].from + 1);
	probe = add_probe(relay, form, &meaning);
	if (probe == NULL)
		return true;
	add_command(&transaction, "MAIL FROM", probe->from, &probe->mail);
	add_command(&transaction, "RCPT TO", probe->to, &probe->rcpt);
	return send_transaction(smtp, &transaction);
}

static void
skip_unwanted(struct follow_up *up)
{
	while (form_number(up->next) != NULL && !up->settings->wanted[up->next])
		up->next++;
}

/* The next few forms. */
static bool
ask_some_forms(struct smtp *smtp, struct follow_up *up)
{
	struct answer reset;

	smtp_begin(smtp, STEP_RELAY);
	for (int asked = 0; asked < FORMS_A_CONNECTION; asked++) {
		if (form_number(up->next) == NULL)
			break;
		if ((asked > 0 && !smtp_say(smtp, "RSET", &reset))
		    || !ask_form(smtp, form_number(up->next), up))
			return false;
		up->next++;
		skip_unwanted(up);
	}
	return true;
}

static void
ask_other_forms(struct follow_up *up)
{
	struct relay *relay = &up->facts->relay;

	for (skip_unwanted(up); form_number(up->next) != NULL && !relay->cut;)
		relay->cut = !reconnect(up, ask_some_forms);
}

void
relay_follow_up(const struct smtp_params *params,
    const struct relay_settings *settings, struct facts *facts)
{
	struct relay *relay = &facts->relay;
	struct follow_up up = {params, settings, facts, 1};
	double began = clock_seconds();

	if (relay->count == 0 || relay->cut)
		return;
	if (all_deferred(relay))
		relay->cut = !reconnect(&up, ask_again);
	/* Who refuses everybody's mail proves nothing by refusing more. */
	if (answer_is(&relay->control.rcpt, 2))
		ask_other_forms(&up);
	facts->seconds.relay += clock_seconds() - began;
}
