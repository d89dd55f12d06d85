/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_delivery - what the answers to a transaction mean */
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

static void
answer(struct answer *to, int code, const char *text)
{
	struct reply reply = {.code = code};

	if (code == 0)
		return;
	text_print(reply.text, sizeof(reply.text), "%s", text);
	reply_keep(&reply, to);
}

static void
add_recipient(struct delivery_facts *delivery, const char *address, int code)
{
	struct recipient *recipient = &delivery->recipient[delivery->count++];

	recipient->address = address;
	answer(&recipient->rcpt, code, "rcpt answer");
}

static struct delivery_facts *
begin(struct judging *judging, int mail)
{
	struct delivery_facts *delivery = &judging->facts.delivery;

	judging->facts.step = STEP_MAIL;
	delivery->asked = true;
	snprintf(delivery->from, sizeof(delivery->from), "me@mon.example");
	answer(&delivery->mail, mail, "mail answer");
	return delivery;
}

static const struct delivery_case {
	const char *sentence;
	int mail, first, second, data, message;
	const char *codes;
	enum state state;
} delivery_cases[] = {
    {"Everything accepted is fine.", 250, 250, 250, 354, 250,
	"MESSAGE_ACCEPTED", STATE_OK},
    {"251 is accepted.", 250, 251, 250, 354, 250, "MESSAGE_ACCEPTED", STATE_OK},
    {"252 is accepted.", 250, 252, 250, 354, 250, "MESSAGE_ACCEPTED", STATE_OK},
    {"Without a message, recipients accepted are fine.", 250, 250, 250, 0, 0,
	"", STATE_OK},
    {"A refused sender is all there is to tell.", 550, 503, 503, 503, 0,
	"MAIL_REFUSED", STATE_CRITICAL},
    {"530 refuses the sender.", 530, 530, 530, 0, 0, "MAIL_REFUSED",
	STATE_CRITICAL},
    {"552 refuses the sender.", 552, 0, 0, 0, 0, "MAIL_REFUSED",
	STATE_CRITICAL},
    {"A deferred sender is all there is to tell.", 451, 503, 503, 503, 0,
	"MAIL_DEFERRED", STATE_WARNING},
    {"Data where MAIL is answered is no SMTP.", 354, 0, 0, 0, 0,
	"SMTP_PROTOCOL", STATE_CRITICAL},
    {"All recipients refused: DATA is refused by rights.", 250, 550, 550, 554,
	0, "RCPT_REFUSED RCPT_REFUSED", STATE_CRITICAL},
    {"Nor does the answer to an empty message count.", 250, 550, 550, 354, 554,
	"RCPT_REFUSED RCPT_REFUSED", STATE_CRITICAL},
    {"Nor if it is accepted.", 250, 550, 550, 354, 250,
	"RCPT_REFUSED RCPT_REFUSED", STATE_CRITICAL},
    {"One recipient refused is told though the other is not.", 250, 250, 550,
	354, 250, "RCPT_REFUSED MESSAGE_ACCEPTED", STATE_CRITICAL},
    {"One recipient deferred is a warning.", 250, 450, 250, 354, 250,
	"RCPT_DEFERRED MESSAGE_ACCEPTED", STATE_WARNING},
    {"The refused one comes before the deferred one.", 250, 451, 550, 0, 0,
	"RCPT_REFUSED RCPT_DEFERRED", STATE_CRITICAL},
    {"Data where RCPT is answered is no SMTP.", 250, 354, 250, 0, 0,
	"SMTP_PROTOCOL", STATE_CRITICAL},
    {"DATA refused.", 250, 250, 250, 554, 0, "DATA_REFUSED", STATE_CRITICAL},
    {"DATA deferred defers the message.", 250, 250, 250, 451, 0,
	"MESSAGE_DEFERRED", STATE_WARNING},
    {"DATA answered as if it were done is no SMTP.", 250, 250, 250, 250, 0,
	"SMTP_PROTOCOL", STATE_CRITICAL},
    {"A refused message.", 250, 250, 250, 354, 554, "MESSAGE_REFUSED",
	STATE_CRITICAL},
    {"A message too large is refused.", 250, 250, 250, 354, 552,
	"MESSAGE_REFUSED", STATE_CRITICAL},
    {"A deferred message.", 250, 250, 250, 354, 452, "MESSAGE_DEFERRED",
	STATE_WARNING},
    {"A message answered with 354 is no SMTP.", 250, 250, 250, 354, 354,
	"SMTP_PROTOCOL", STATE_CRITICAL},
    {"A message refused for one, beside a refused recipient.", 250, 250, 550,
	354, 554, "RCPT_REFUSED MESSAGE_REFUSED", STATE_CRITICAL},
    {"What was not asked is not judged.", 0, 0, 0, 0, 0, "", STATE_OK},
    {"What was not answered is left to judge_failure().", 250, 250, 250, 354, 0,
	"", STATE_OK},
};

static void
judges(void **state)
{
	const struct delivery_case *row = *state;
	struct judging *judging = judging_start();
	struct delivery_facts *delivery = begin(judging, row->mail);

	add_recipient(delivery, "one@example.com", row->first);
	add_recipient(delivery, "two@example.com", row->second);
	answer(&delivery->data, row->data, "data answer");
	answer(&delivery->message, row->message, "message answer");
	judge_delivery(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
}

/* RFC 2033 4.2: each recipient accepted has an answer of its own. */
static const struct lmtp_case {
	const char *sentence;
	int first, second;
	const char *codes;
	enum state state;
} lmtp_cases[] = {
    {"LMTP: delivered to both.", 250, 250, "MESSAGE_ACCEPTED", STATE_OK},
    {"LMTP: refused for one.", 250, 552, "MESSAGE_REFUSED MESSAGE_ACCEPTED",
	STATE_CRITICAL},
    {"LMTP: deferred for the first.", 452, 250,
	"MESSAGE_DEFERRED MESSAGE_ACCEPTED", STATE_WARNING},
    {"LMTP: refused for both.", 550, 554, "MESSAGE_REFUSED MESSAGE_REFUSED",
	STATE_CRITICAL},
    {"LMTP: each in its own way.", 451, 550, "MESSAGE_REFUSED MESSAGE_DEFERRED",
	STATE_CRITICAL},
};

static void
judges_lmtp(void **state)
{
	const struct lmtp_case *row = *state;
	struct judging *judging = judging_start();
	struct delivery_facts *delivery = begin(judging, 250);

	delivery->lmtp = true;
	add_recipient(delivery, "one@example.com", 250);
	add_recipient(delivery, "two@example.com", 250);
	answer(&delivery->data, 354, "go");
	answer(&delivery->recipient[0].delivered, row->first, "first");
	answer(&delivery->recipient[1].delivered, row->second, "second");
	delivery->message = delivery->recipient[0].delivered;
	judge_delivery(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
}

static void
names_whom_and_why(void **state)
{
	struct judging *judging = judging_start();
	struct delivery_facts *delivery = begin(judging, 250);
	const struct finding *refused, *deferred;

	(void)state;
	add_recipient(delivery, "one@example.com", 550);
	add_recipient(delivery, "two@example.com", 450);
	answer(&delivery->recipient[0].rcpt, 550, "5.1.1 User unknown");
	judge_delivery(&judging->facts, &judging->result);
	refused = judging_finding(&judging->result, RCPT_REFUSED);
	assert_contains(refused->text, "one@example.com");
	assert_contains(refused->text, "550 5.1.1 User unknown");
	deferred = judging_finding(&judging->result, RCPT_DEFERRED);
	assert_contains(deferred->text, "two@example.com");
	assert_contains(deferred->text, "450 rcpt answer");
}

static void
names_the_sender(void **state)
{
	struct judging *judging = judging_start();
	const struct finding *found;

	(void)state;
	begin(judging, 553);
	judge_delivery(&judging->facts, &judging->result);
	found = judging_finding(&judging->result, MAIL_REFUSED);
	assert_contains(found->text, "me@mon.example");
	assert_contains(found->text, "553 mail answer");
}

static void
names_the_null_sender(void **state)
{
	struct judging *judging = judging_start();
	struct delivery_facts *delivery = begin(judging, 550);

	(void)state;
	delivery->from[0] = '\0';
	judge_delivery(&judging->facts, &judging->result);
	assert_contains(
	    judging_finding(&judging->result, MAIL_REFUSED)->text, "<>");
}

static void
tells_the_recipient_by_lmtp(void **state)
{
	struct judging *judging = judging_start();
	struct delivery_facts *delivery = begin(judging, 250);

	(void)state;
	add_recipient(delivery, "one@example.com", 250);
	add_recipient(delivery, "two@example.com", 250);
	answer(&delivery->data, 354, "go");
	answer(&delivery->recipient[0].delivered, 250, "2.0.0 saved");
	answer(&delivery->recipient[1].delivered, 552, "5.2.2 over quota");
	delivery->message = delivery->recipient[0].delivered;
	judge_delivery(&judging->facts, &judging->result);
	assert_contains(
	    judging_finding(&judging->result, MESSAGE_REFUSED)->text,
	    "two@example.com");
}

/* Who looks for it has to know that it is under way, and by which name. */
static void
tells_who_got_it(void **state)
{
	struct judging *judging = judging_start();
	struct delivery_facts *delivery = begin(judging, 250);
	const struct finding *found;

	(void)state;
	add_recipient(delivery, "one@example.com", 250);
	add_recipient(delivery, "two@example.com", 550);
	answer(&delivery->data, 354, "go");
	answer(&delivery->message, 250, "2.0.0 Ok: queued as 4XyzAb");
	snprintf(delivery->queue_id, sizeof(delivery->queue_id), "4XyzAb");
	judge_delivery(&judging->facts, &judging->result);
	found = judging_finding(&judging->result, MESSAGE_ACCEPTED);
	assert_contains(found->text, "1 of 2 recipients");
	assert_contains(found->text, "4XyzAb");
	assert_int_equal(found->state, STATE_OK);
}

static void
misses_an_extension(void **state)
{
	struct judging *judging = judging_start();
	struct delivery_facts *delivery = begin(judging, 0);

	(void)state;
	delivery->lacking = "SMTPUTF8";
	judge_delivery(&judging->facts, &judging->result);
	assert_string_equal(
	    judging_codes(&judging->result), "EHLO_MISSING_EXTENSION");
	assert_contains(
	    judging_finding(&judging->result, EHLO_MISSING_EXTENSION)->text,
	    "SMTPUTF8");
	assert_int_equal(result_state(&judging->result), STATE_CRITICAL);
}

static void
misses_dsn(void **state)
{
	struct judging *judging = judging_start();
	struct delivery_facts *delivery = begin(judging, 250);

	(void)state;
	delivery->dsn_dropped = true;
	add_recipient(delivery, "one@example.com", 250);
	judge_delivery(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "DSN_NOT_OFFERED");
	assert_int_equal(result_state(&judging->result), STATE_WARNING);
}

/* Metrics, and their order; what was not made has none. */
static const struct duration_case {
	const char *sentence;
	struct seconds seconds;
	const char *labels;
} duration_cases[] = {
    {"All steps have their duration, in the order they are made.",
	{.connect = 1,
	    .banner = 2,
	    .ehlo = 3,
	    .tls = 4,
	    .auth = 5,
	    .mail = 6,
	    .rcpt = 7,
	    .data = 8},
	"connect banner ehlo tls auth mail rcpt data "},
    {"Steps not made have none.",
	{.connect = 1, .banner = 2, .ehlo = 3, .mail = 4, .rcpt = 5},
	"connect banner ehlo mail rcpt "},
    {"A dialogue that broke off has those up to there.",
	{.connect = 1, .banner = 2}, "connect banner "},
};

static void
tells_durations(void **state)
{
	const struct duration_case *row = *state;
	struct judging *judging = judging_start();
	const struct result *result = &judging->result;
	char labels[200] = "";

	judging->facts.seconds = row->seconds;
	judge_durations(&judging->facts, &judging->result);
	for (size_t i = 0; i < result->metric_count; i++) {
		snprintf(labels + strlen(labels),
		    sizeof(labels) - strlen(labels), "%s ",
		    result->metric[i].label);
		assert_string_equal(result->metric[i].unit, "s");
	}
	assert_string_equal(labels, row->labels);
}

/* The mailbox, against --arrival-warning=10 --arrival-critical=60. */
static const struct arrival_case {
	const char *sentence;
	struct arrival arrival;
	const char *codes;
	enum state state;
	bool metric;
} arrival_cases[] = {
    {"A mailbox nobody asked about tells nothing.", {.asked = false}, "",
	STATE_OK, false},
    {"A message in time is fine.",
	{.asked = true, .seen = true, .removed = true, .seconds = 3}, "",
	STATE_OK, true},
    {"A slow message warns.",
	{.asked = true, .seen = true, .removed = true, .seconds = 20},
	"ARRIVAL_SLOW", STATE_WARNING, true},
    {"A very slow message is critical.",
	{.asked = true, .seen = true, .removed = true, .seconds = 90},
	"ARRIVAL_SLOW", STATE_CRITICAL, true},
    {"A message that does not come is critical.",
	{.asked = true, .seconds = 25}, "ARRIVAL_MISSING", STATE_CRITICAL,
	false},
    {"A mailbox that can't be looked at proves nothing.",
	{.asked = true, .seconds = 25, .why = "login refused"},
	"ARRIVAL_MAILBOX", STATE_UNKNOWN, false},
};

static void
judges_arrival(void **state)
{
	const struct arrival_case *row = *state;
	struct judging *judging = judging_start();
	struct thresholds thresholds;

	assert_true(range_parse(&thresholds.warning, "10"));
	assert_true(range_parse(&thresholds.critical, "60"));
	judging->facts.delivery.arrival = row->arrival;
	judge_arrival(&judging->facts, &thresholds, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
	assert_int_equal(
	    result_find_metric(&judging->result, "arrival") != NULL,
	    row->metric);
}

int
main(void)
{
	UNIT_TABLE(delivery_cases, judges);
	UNIT_TABLE(lmtp_cases, judges_lmtp);
	unit_add("A refused recipient is named with the server's words.",
	    names_whom_and_why);
	unit_add("So is a refused sender.", names_the_sender);
	unit_add("The null sender is <>.", names_the_null_sender);
	unit_add(
	    "LMTP's refusal names its recipient.", tells_the_recipient_by_lmtp);
	unit_add("A message taken for some is noted with its queue id.",
	    tells_who_got_it);
	unit_add("What addresses need and is not offered is critical.",
	    misses_an_extension);
	unit_add("DSN asked for and not offered is a warning.", misses_dsn);
	UNIT_TABLE(duration_cases, tells_durations);
	UNIT_TABLE(arrival_cases, judges_arrival);
	return unit_run("judge_delivery");
}
