/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transaction - MAIL, RCPT, and DATA or RSET (RFC 5321 3.3, RFC 2033) */
#include <stdio.h>
#include <string.h>

#include "mailbox.h"
#include "message.h"
#include "transaction.h"

/* Room for an address in xtext, three octets each, and all parameters. */
enum { COMMAND_SIZE = 4 * MAILBOX_SIZE + 256 };

/* No word of a phrase is as long. */
enum { RANDOM_ID_LENGTH = 16 };

/* MAIL, every RCPT, and DATA or RSET. */
enum { COMMANDS_MAX = TRANSACTION_RECIPIENTS_MAX + 2 };

/* The commands in their order, each with the place of its answer. */
struct plan {
	const struct transaction_params *params;
	struct delivery_facts *delivery;
	bool utf8; /* SMTPUTF8 is asked for */
	size_t count;
	struct smtp_command command[COMMANDS_MAX];
	char line[COMMANDS_MAX][COMMAND_SIZE];
};

static bool
addresses_are_ascii(const struct transaction_params *params)
{
	bool ascii = mailbox_is_ascii(params->from);

	for (size_t i = 0; params->to[i] != NULL; i++)
		ascii = ascii && mailbox_is_ascii(params->to[i]);
	return ascii;
}

/* RFC 6531 3.4: for addresses, and for headers (RFC 6532). */
static bool
needs_utf8(const struct transaction_params *params)
{
	return !addresses_are_ascii(params)
	    || message_has_8bit_headers(params->message);
}

/* The extension that is missed, or NULL. */
static const char *
find_lack(const struct smtp *smtp, const struct transaction_params *params)
{
	if (needs_utf8(params) && ehlo_offers(smtp->ehlo, "SMTPUTF8") == NULL)
		return "SMTPUTF8";
	if (message_is_8bit(params->message)
	    && ehlo_offers(smtp->ehlo, "8BITMIME") == NULL)
		return "8BITMIME";
	return NULL;
}

/* RFC 3461 4: what is no graphic character, "+" and "=" in hex. */
static void
add_xtext(struct text *out, const char *string)
{
	for (; *string != '\0'; string++) {
		unsigned char byte = (unsigned char)*string;

		text_add(out,
		    byte > ' ' && byte < 0x7f && byte != '+' && byte != '='
			? "%c"
			: "+%02X",
		    byte);
	}
}

/* RFC 6533 3: the same for what stays UTF-8. */
static void
add_unitext(struct text *out, const char *string)
{
	for (; *string != '\0'; string++)
		if (*string == '+' || *string == '=' || *string == '\\')
			text_add(out, "\\x{%02X}", (unsigned)*string);
		else
			text_add_bytes(out, string, 1);
}

static void
add_command(struct plan *plan, const char *line, struct answer *answer)
{
	size_t place = plan->count++;

	snprintf(plan->line[place], COMMAND_SIZE, "%s", line);
	plan->command[place] = (struct smtp_command){plan->line[place], answer};
}

static void
plan_mail(struct plan *plan, const struct ehlo *ehlo)
{
	const struct transaction_params *params = plan->params;
	const struct dsn_request *dsn = &params->dsn;
	bool dsn_offered = ehlo_offers(ehlo, "DSN") != NULL;
	struct text line;

	text_init(&line, COMMAND_SIZE - 1);
	text_add(&line, "MAIL FROM:<%s>", params->from);
	if (ehlo_offers(ehlo, "SIZE") != NULL)
		text_add(&line, " SIZE=%zu", params->message->length);
	if (message_is_8bit(params->message))
		text_add(&line, " BODY=8BITMIME");
	if (plan->utf8)
		text_add(&line, " SMTPUTF8");
	if (dsn->ret != NULL && dsn_offered)
		text_add(&line, " RET=%s", dsn->ret);
	if (dsn->envid != NULL && dsn_offered) {
		text_add(&line, " ENVID=");
		add_xtext(&line, dsn->envid);
	}
	add_command(plan, line.data, &plan->delivery->mail);
	text_release(&line);
}

/* RFC 3461 4.1, 4.2; RFC 6533 3 for what is not ASCII. */
static void
plan_rcpt(struct plan *plan, const struct ehlo *ehlo, size_t place)
{
	struct recipient *recipient = &plan->delivery->recipient[place];
	const char *address = recipient->address;
	const char *notify = plan->params->dsn.notify;
	struct text line;

	text_init(&line, COMMAND_SIZE - 1);
	text_add(&line, "RCPT TO:<%s>", address);
	if (notify != NULL && ehlo_offers(ehlo, "DSN") != NULL) {
		text_add(&line, " NOTIFY=%s ORCPT=", notify);
		if (mailbox_is_ascii(address)) {
			text_add(&line, "rfc822;");
			add_xtext(&line, address);
		} else {
			text_add(&line, "utf-8;");
			add_unitext(&line, address);
		}
	}
	add_command(plan, line.data, &recipient->rcpt);
	text_release(&line);
}

static void
make_plan(struct plan *plan, const struct smtp *smtp,
    const struct transaction_params *params)
{
	struct delivery_facts *delivery = &smtp->facts->delivery;

	plan->params = params;
	plan->delivery = delivery;
	plan->count = 0;
	plan->utf8 = needs_utf8(params);
	plan_mail(plan, smtp->ehlo);
	for (size_t i = 0; i < delivery->count; i++)
		plan_rcpt(plan, smtp->ehlo, i);
	if (params->send)
		add_command(plan, "DATA", &delivery->data);
	else
		add_command(plan, "RSET", &delivery->reset);
}

static void
begin_record(struct smtp *smtp, const struct transaction_params *params)
{
	struct delivery_facts *delivery = &smtp->facts->delivery;

	delivery->asked = true;
	delivery->lmtp = smtp->params->lmtp;
	for (size_t i = 0; params->to[i] != NULL
	     && delivery->count < TRANSACTION_RECIPIENTS_MAX;
	     i++)
		delivery->recipient[delivery->count++].address = params->to[i];
	delivery->dsn_dropped = params->dsn.notify != NULL
	    && ehlo_offers(smtp->ehlo, "DSN") == NULL;
	delivery->lacking = find_lack(smtp, params);
}

/* The seconds since `mark`, which moves on. */
static double
lap(double *mark)
{
	double now = clock_seconds(), seconds = now - *mark;

	*mark = now;
	return seconds;
}

/* One answer of a group that was sent whole. */
static bool
hear(struct smtp *smtp, const struct plan *plan, size_t place)
{
	return smtp_hear(smtp, plan->command[place].answer);
}

/* RFC 2920 3.1: all of it at once, and the answers in their order. */
static bool
ask_at_once(struct smtp *smtp, const struct plan *plan)
{
	struct seconds *seconds = &smtp->facts->seconds;
	double mark = clock_seconds();
	bool ok;

	smtp_begin(smtp, STEP_MAIL);
	smtp->in_data = plan->params->send;
	ok = smtp_send(smtp, plan->command, plan->count) && hear(smtp, plan, 0);
	seconds->mail = lap(&mark);
	for (size_t i = 1; ok && i + 1 < plan->count; i++)
		ok = hear(smtp, plan, i);
	seconds->rcpt = lap(&mark);
	if (plan->params->send)
		smtp_begin(smtp, STEP_DATA);
	smtp->facts->delivery.sent = mark;
	return ok && hear(smtp, plan, plan->count - 1);
}

/* One after the other, and no further than makes sense. */
static bool
ask_in_turn(struct smtp *smtp, const struct plan *plan)
{
	struct delivery_facts *delivery = plan->delivery;
	struct seconds *seconds = &smtp->facts->seconds;
	const struct smtp_command *command = plan->command;
	double mark = clock_seconds();
	bool ok;

	smtp_begin(smtp, STEP_MAIL);
	ok = smtp_say(smtp, command[0].line, command[0].answer);
	seconds->mail = lap(&mark);
	if (!ok || !answer_is(&delivery->mail, 2))
		return ok;
	for (size_t i = 1; ok && i + 1 < plan->count; i++)
		ok = smtp_say(smtp, command[i].line, command[i].answer);
	seconds->rcpt = lap(&mark);
	if (ok && (!plan->params->send || delivery_accepted(delivery) == 0))
		return smtp_say(smtp, "RSET", &delivery->reset);
	if (ok)
		smtp_begin(smtp, STEP_DATA);
	smtp->in_data = ok;
	delivery->sent = mark;
	command += plan->count - 1;
	return ok && smtp_say(smtp, command->line, command->answer);
}

/* LMTP answers for each recipient that it accepted (RFC 2033 4.2). */
static bool
hear_each(struct smtp *smtp, struct delivery_facts *delivery)
{
	bool first = true, ok = true;

	for (size_t i = 0; ok && i < delivery->count; i++) {
		struct recipient *recipient = &delivery->recipient[i];

		if (!answer_is(&recipient->rcpt, 2))
			continue;
		if (first)
			recipient->delivered = delivery->message;
		else
			ok = smtp_hear(smtp, &recipient->delivered);
		first = false;
	}
	return ok;
}

/* The first reply that names it. */
static void
keep_queue_id(struct delivery_facts *delivery)
{
	transaction_queue_id(
	    &delivery->message, delivery->queue_id, sizeof(delivery->queue_id));
	for (size_t i = 0; i < delivery->count && delivery->queue_id[0] == '\0';
	     i++)
		transaction_queue_id(&delivery->recipient[i].delivered,
		    delivery->queue_id, sizeof(delivery->queue_id));
}

static bool
send_message(struct smtp *smtp, const struct plan *plan)
{
	struct delivery_facts *delivery = plan->delivery;
	bool wanted = delivery_accepted(delivery) > 0;
	struct text stuffed;
	bool ok;

	text_init(&stuffed, 2 * (size_t)MESSAGE_MAX);
	/* RFC 2920 3.1: a server may say 354 though nobody wants it. */
	if (wanted)
		message_stuff(plan->params->message, &stuffed);
	else
		text_add(&stuffed, ".\r\n");
	if (stuffed.cut)
		ok = smtp_fail(smtp, "out of memory");
	else if (!wanted && delivery->lmtp) /* nobody's reply comes */
		ok = smtp_send_message(smtp, &stuffed, NULL);
	else
		ok = smtp_send_message(smtp, &stuffed, &delivery->message);
	text_release(&stuffed);
	if (ok && wanted && delivery->lmtp)
		ok = hear_each(smtp, delivery);
	if (wanted)
		keep_queue_id(delivery);
	return ok;
}

bool
transaction_make(struct smtp *smtp, const struct transaction_params *params)
{
	struct delivery_facts *delivery = &smtp->facts->delivery;
	bool at_once = ehlo_offers(smtp->ehlo, "PIPELINING") != NULL;
	struct plan plan;
	bool ok;

	begin_record(smtp, params);
	if (delivery->lacking != NULL)
		return false;
	make_plan(&plan, smtp, params);
	ok = at_once ? ask_at_once(smtp, &plan) : ask_in_turn(smtp, &plan);
	if (delivery->data.code != 0 && delivery->data.code != 354)
		smtp->in_data = false;
	if (ok && delivery->data.code == 354)
		ok = send_message(smtp, &plan);
	if (delivery->data.code != 0)
		smtp->facts->seconds.data = clock_seconds() - delivery->sent;
	return ok;
}

/* A word of a reply, without what encloses or follows it. */
static void
take_word(const char *at, char *out, size_t size)
{
	size_t length;

	at += strspn(at, "<[(");
	length = strcspn(at, " ,;>])");
	while (length > 0 && at[length - 1] == '.')
		length--;
	text_print(out, size, "%.*s", (int)length, at);
}

/* Behind `label`, where that begins a word. */
static bool
take_behind(const char *text, const char *label, char *out, size_t size)
{
	const char *place = strstr(text, label);

	while (
	    place != NULL && place > text && strchr(" [<(", place[-1]) == NULL)
		place = strstr(place + 1, label);
	if (place != NULL)
		take_word(place + strlen(label), out, size);
	return place != NULL;
}

/*
 * An address, "OK" and an enhanced code stand in the same place. Dovecot's ids
 * are base64, which may do without digits.
 */
static bool
looks_like_id(const char *word)
{
	size_t digits = strspn(word, "0123456789.");
	bool random = strpbrk(word, "0123456789") != NULL
	    || strlen(word) >= RANDOM_ID_LENGTH;

	return random && strchr(word, '@') == NULL
	    && (word[digits] != '\0' || strchr(word, '.') == NULL);
}

/* The word before `label`. */
static bool
take_before(const char *text, const char *label, char *out, size_t size)
{
	const char *place = strstr(text, label);

	if (place == NULL)
		return false;
	while (place > text && place[-1] != ' ')
		place--;
	take_word(place, out, size);
	if (!looks_like_id(out))
		out[0] = '\0';
	return true;
}

void
transaction_queue_id(const struct answer *answer, char *out, size_t size)
{
	/* Where servers put it: Postfix, Exim, Exchange. */
	static const char *const behind[] = {
	    "queued as ", "id=", "InternalId="};
	/* And sendmail with OpenSMTPD, Google, Dovecot's LMTP. */
	static const char *const before[] = {
	    " Message accepted", " - gsmtp", " Saved"};
	bool found = !answer_is(answer, 2);

	out[0] = '\0';
	for (size_t i = 0; !found && i < sizeof(behind) / sizeof(behind[0]);
	     i++)
		found = take_behind(answer->text, behind[i], out, size);
	for (size_t i = 0; !found && i < sizeof(before) / sizeof(before[0]);
	     i++)
		found = take_before(answer->text, before[i], out, size);
}
