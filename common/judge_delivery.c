/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge_delivery - findings about a transaction and its message (RFC 5321) */
#include <stdio.h>

#include "judge.h"

/* What a reply that is no success means: for now, or for good. */
static void
judge_answer(const struct answer *answer, enum diagnosis deferred,
    enum diagnosis refused, const char *what, struct result *result)
{
	if (answer->code == 421) /* told by judge_failure() */
		return;
	if (answer_is(answer, 4))
		result_add(result, deferred, "%s deferred: %d %s", what,
		    answer->code, answer->text);
	else if (answer_is(answer, 5))
		result_add(result, refused, "%s refused: %d %s", what,
		    answer->code, answer->text);
	else
		result_add(result, SMTP_PROTOCOL,
		    "%s got an unexpected reply: %d %s", what, answer->code,
		    answer->text);
}

static void
judge_recipient(const struct recipient *recipient, struct result *result)
{
	char what[RELAY_ADDRESS_SIZE];

	text_print(what, sizeof(what), "recipient <%s>", recipient->address);
	if (recipient->rcpt.code != 0 && !answer_is(&recipient->rcpt, 2))
		judge_answer(&recipient->rcpt, RCPT_DEFERRED, RCPT_REFUSED,
		    what, result);
	text_print(what, sizeof(what), "message for <%s>", recipient->address);
	if (recipient->delivered.code != 0
	    && !answer_is(&recipient->delivered, 2))
		judge_answer(&recipient->delivered, MESSAGE_DEFERRED,
		    MESSAGE_REFUSED, what, result);
}

/* DATA without a recipient is refused by rights (RFC 2920 3.1). */
static void
judge_message(const struct delivery_facts *delivery, struct result *result)
{
	if (delivery_accepted(delivery) == 0)
		return;
	if (delivery->data.code != 0 && delivery->data.code != 354)
		judge_answer(&delivery->data, MESSAGE_DEFERRED, DATA_REFUSED,
		    "DATA", result);
	if (delivery->message.code != 0 && !delivery->lmtp
	    && !answer_is(&delivery->message, 2))
		judge_answer(&delivery->message, MESSAGE_DEFERRED,
		    MESSAGE_REFUSED, "message", result);
}

/* What a person has to know who looks for it: it is under way. */
static void
judge_acceptance(const struct delivery_facts *delivery, struct result *result)
{
	size_t taken = delivery_taken(delivery);
	const struct answer *reply = &delivery->message;
	char share[64] = "";

	if (taken == 0)
		return;
	/* With LMTP the first may have been refused. */
	for (size_t i = 0; !answer_is(reply, 2); i++)
		reply = &delivery->recipient[i].delivered;
	if (delivery->count > 1)
		text_print(share, sizeof(share), " for %zu of %zu recipients",
		    taken, delivery->count);
	/* Without an id we know, the reply is all there is to look for. */
	if (delivery->queue_id[0] != '\0')
		result_add(result, MESSAGE_ACCEPTED,
		    "message accepted%s, queue id %s", share,
		    delivery->queue_id);
	else
		result_add(result, MESSAGE_ACCEPTED,
		    "message accepted%s: %d %s", share, reply->code,
		    reply->text);
}

void
judge_delivery(const struct facts *facts, struct result *result)
{
	const struct delivery_facts *delivery = &facts->delivery;
	const struct answer *mail = &delivery->mail;
	char what[RELAY_ADDRESS_SIZE];

	if (delivery->lacking != NULL)
		result_add(result, EHLO_MISSING_EXTENSION,
		    "EHLO does not offer %s, which is needed here",
		    delivery->lacking);
	if (mail->code == 0)
		return;
	if (delivery->dsn_dropped)
		result_add(result, DSN_NOT_OFFERED,
		    "EHLO does not offer DSN: --dsn is not heeded");
	if (!answer_is(mail, 2)) {
		/* 530 wants STARTTLS or a login, whoever the sender is. */
		text_print(what, sizeof(what),
		    mail->code == 530 ? "mail" : "sender <%s>", delivery->from);
		judge_answer(mail, MAIL_DEFERRED, MAIL_REFUSED, what, result);
		return;
	}
	for (size_t i = 0; i < delivery->count; i++)
		judge_recipient(&delivery->recipient[i], result);
	judge_message(delivery, result);
	/* RFC 5321 4.1.1.5: there is no reason to refuse it. */
	if (delivery->reset.code != 0 && !answer_is(&delivery->reset, 2))
		judge_answer(&delivery->reset, SMTP_PROTOCOL, SMTP_PROTOCOL,
		    "RSET", result);
	judge_acceptance(delivery, result);
}

void
judge_arrival(const struct facts *facts, const struct thresholds *thresholds,
    struct result *result)
{
	const struct arrival *arrival = &facts->delivery.arrival;
	struct metric metric = {
	    .label = "arrival",
	    .unit = "s",
	    .value = arrival->seconds,
	    .thresholds = *thresholds,
	    .has_min = true,
	};
	enum state state = metric_state(&metric);
	const char *id = facts->delivery.queue_id;

	if (!arrival->asked)
		return;
	if (arrival->seen) {
		result_metric(result, &metric);
		if (state != STATE_OK)
			result_add_as(result, ARRIVAL_SLOW, state,
			    "in the mailbox after %.3f s", arrival->seconds);
	} else if (arrival->why[0] != '\0') {
		result_add(result, ARRIVAL_MAILBOX,
		    facts->delivery.data.code != 0
			? "mailbox can't be looked at: %s"
			: "mailbox can't be looked at, so nothing was sent: %s",
		    arrival->why);
	} else {
		result_add(result, ARRIVAL_MISSING,
		    "accepted%s%s, but not in the mailbox within %.1f s",
		    id[0] != '\0' ? " as " : "", id, arrival->seconds);
	}
}

void
judge_durations(const struct facts *facts, struct result *result)
{
	const struct seconds *seconds = &facts->seconds;
	const struct {
		const char *label;
		double value;
	} step[] = {
	    {"connect", seconds->connect},
	    {"banner", seconds->banner},
	    {"ehlo", seconds->ehlo},
	    {"tls", seconds->tls},
	    {"auth", seconds->auth},
	    {"mail", seconds->mail},
	    {"rcpt", seconds->rcpt},
	    {"data", seconds->data},
	};

	for (size_t i = 0; i < sizeof(step) / sizeof(step[0]); i++)
		if (step[i].value > 0 && !result->untested)
			result_metric(result,
			    &(struct metric){
				.label = step[i].label,
				.unit = "s",
				.value = step[i].value,
				.has_min = true,
			    });
}
