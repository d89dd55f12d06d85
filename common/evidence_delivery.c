/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evidence_delivery - what became of a message, command by command */
#include "enhanced.h"
#include "evidence.h"

void
evidence_outcome(const struct answer *answer, struct text *out)
{
	const char *title = NULL;

	text_add(out, " got %d %s", answer->code, answer->text);
	if (!answer_is(answer, 2) && answer->enhanced[0] != '\0')
		title = enhanced_title(answer->enhanced);
	if (title != NULL)
		text_add(out, " (%s: %s)", answer->enhanced, title);
	text_add(out, "\n");
}

static void
add_recipient(const struct recipient *recipient, struct text *out)
{
	if (recipient->rcpt.code != 0) {
		text_add(out, "RCPT TO:<%s>", recipient->address);
		evidence_outcome(&recipient->rcpt, out);
	}
	if (recipient->delivered.code != 0) {
		text_add(out, "message for <%s>", recipient->address);
		evidence_outcome(&recipient->delivered, out);
	}
}

/* What LMTP says of the message it says of each recipient. */
static void
add_message(const struct delivery_facts *delivery, struct text *out)
{
	if (delivery->data.code != 0 && delivery->data.code != 354) {
		text_add(out, "DATA");
		evidence_outcome(&delivery->data, out);
	}
	if (delivery->message.code != 0 && !delivery->lmtp) {
		text_add(out, "message");
		evidence_outcome(&delivery->message, out);
	}
	if (delivery_taken(delivery) > 0)
		text_add(out, "token %s\n", delivery->token);
}

void
evidence_delivery(const struct delivery_facts *delivery, struct text *out)
{
	if (delivery->mail.code != 0) {
		text_add(out, "MAIL FROM:<%s>", delivery->from);
		evidence_outcome(&delivery->mail, out);
	}
	for (size_t i = 0; i < delivery->count; i++)
		add_recipient(&delivery->recipient[i], out);
	add_message(delivery, out);
}

void
evidence_arrival(const struct arrival *arrival, struct text *out)
{
	if (arrival->seen)
		text_add(out, "in the mailbox after %.3f s, %s\n",
		    arrival->seconds,
		    arrival->removed ? "and deleted there" : "and left there");
}
