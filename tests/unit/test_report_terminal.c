/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_terminal - the report for a person: what real servers and
 * terminals can't be made to show at will; the rest is in report.t
 */
#include <stdio.h>
#include <string.h>

#include "judging.h"
#include "judge.h"
#include "report.h"
#include "unit.h"

enum { SERVERS = 40 };

static struct judging *world; /* its target is that of every server */
static struct result set, results[SERVERS];
static struct report_server servers[SERVERS];
static struct report report;
static struct terminal terminal;
static struct text out;

static void
start(void)
{
	world = judging_start();
	result_init(&set, &world->severities);
	terminal = (struct terminal){.width = 80};
	report = (struct report){
	    .plugin = "check_mx_test",
	    .domain_facts = &world->domain,
	    .domain = "example.com",
	    .steps = 1U << STEP_CONNECT | 1U << STEP_BANNER | 1U << STEP_EHLO
		| 1U << STEP_STARTTLS | 1U << STEP_TLS | 1U << STEP_RELAY,
	    .set = &set,
	    .server = servers,
	    .seconds = 0.5,
	};
}

static struct result *
add_server(const struct facts *facts)
{
	struct result *result = &results[report.count];

	result_init(result, &world->severities);
	servers[report.count++] =
	    (struct report_server){&world->target, facts, result};
	return result;
}

static const char *
print(void)
{
	text_release(&out);
	text_init(&out, (size_t)1 << 20);
	report_terminal(&report, &terminal, &out);
	return out.data;
}

static size_t
count(const char *text, const char *part)
{
	size_t times = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		times++;
	return times;
}

/* A thread that did not come back: its facts are not to be read. */
static void
tells_of_the_late(void **state)
{
	(void)state;
	start();
	result_add(add_server(NULL), TIMEOUT, "not done within 30 s");
	assert_contains(print(), "[CRITICAL] 10 mx1.example.com [192.0.2.4]");
	assert_contains(
	    out.data, "  --   TCP                  not tested: it did not");
	assert_contains(
	    out.data, "  CRIT other                not done within 30 s");
}

static void
tells_of_no_route(void **state)
{
	struct facts *facts;

	(void)state;
	start();
	facts = &world->facts;
	facts->seconds.connect = 0.001;
	facts->failure.kind = FAILURE_NO_ROUTE;
	judge_failure(facts, add_server(facts));
	add_server(facts);
	assert_contains(print(), "[UNKNOWN] 10 mx1.example.com");
	assert_contains(out.data,
	    "  --   TCP         0.001 s  not tested, this host has no IPv6 "
	    "route");
	assert_contains(out.data, "(TCP_NO_ROUTE_V6)");
	assert_contains(
	    out.data, "  --   relay                not tested: no connection");
	assert_contains(out.data, "1 not tested; 0 findings, 0 notes");
	assert_null(strstr(out.data, "Notes"));
}

/* One that failed for want of our own means is no fault of the server's. */
static void
tells_of_our_own_failure(void **state)
{
	struct facts *facts;

	(void)state;
	start();
	facts = &world->facts;
	facts->seconds.connect = 0.001;
	facts->failure.kind = FAILURE_LOCAL;
	text_print(
	    facts->failure.text, sizeof(facts->failure.text), "no socket");
	judge_failure(facts, add_server(facts));
	assert_contains(
	    print(), "  UNKN TCP         0.001 s  not tested: no socket");
	assert_contains(out.data, "\nUNKN NOT_TESTED: ");
}

/* A code that is lowered to a note still says what happened to its step. */
static void
tells_a_failure_that_is_a_note(void **state)
{
	struct facts *facts;

	(void)state;
	start();
	world->severities.state[TCP_REFUSED] = STATE_OK;
	facts = &world->facts;
	facts->seconds.connect = 0.001;
	facts->failure.kind = FAILURE_REFUSED;
	judge_failure(facts, add_server(facts));
	assert_contains(
	    print(), "  ok   TCP         0.001 s  connection refused");
}

/* Findings of one code in several states: the worst counts. */
static void
groups_by_code(void **state)
{
	(void)state;
	start();
	result_add_as(
	    add_server(NULL), RESPONSE_SLOW, STATE_WARNING, "2 seconds");
	result_add_as(
	    add_server(NULL), RESPONSE_SLOW, STATE_CRITICAL, "9 seconds");
	result_add_as(add_server(NULL), RESPONSE_SLOW, STATE_OK, "a note");
	assert_int_equal(count(print(), "\nCRIT RESPONSE_SLOW: "), 1);
	assert_int_equal(count(out.data, "RESPONSE_SLOW: "), 1);
	assert_int_equal(count(out.data, "  a note (RESPONSE_SLOW): "), 1);
	assert_contains(out.data, "; 1 finding, 1 note; 0.500 s\n");
}

/* Notes that differ are told by their title. */
static void
groups_notes(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 2; i++)
		result_add(add_server(NULL), TLS_NOT_1_3, "no TLS 1.3");
	assert_contains(print(), "  no TLS 1.3 (TLS_NOT_1_3): mx1.");
	result_add(add_server(NULL), TLS_NOT_1_3, "none either");
	assert_contains(print(), diagnosis_entry(TLS_NOT_1_3)->title);
	assert_contains(out.data, "(TLS_NOT_1_3): all 3 servers\n");
}

static void
assert_width(const char *text, size_t width)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		assert_true(length < width);
		assert_true(length == 0 || text[length - 1] != ' ');
		text += length + (text[length] == '\n' ? 1 : 0);
	}
}

/* All codes at 40 servers with the longest of names, on every terminal. */
static void
fits_every_terminal(void **state)
{
	static const size_t widths[] = {60, 61, 80, 100, 133, 200};

	(void)state;
	start();
	report.scores = true;
	for (size_t i = 0; i < DOMAIN_SIZE - 1; i++)
		world->host.name[i] = i % 64 == 63 ? '.' : 'x';
	world->host.name[DOMAIN_SIZE - 1] = '\0';
	for (int i = 0; i < SERVERS; i++) {
		struct result *result = add_server(NULL);

		for (int code = i; code < DIAGNOSIS_END; code++)
			result_add(
			    result, (enum diagnosis)code, "%0*d", i * 9 + 1, 0);
	}
	for (size_t i = 0; i < UNIT_COUNT(widths); i++) {
		terminal.width = widths[i];
		print();
		assert_false(out.cut);
		assert_width(out.data, widths[i]);
	}
}

/* No name, and then more than a line holds: found by fuzzing. */
static void
folds_what_begins_with_a_blank(void **state)
{
	struct ehlo *ehlo;

	(void)state;
	start();
	ehlo = &world->facts.ehlo;
	ehlo->answer.code = 250;
	for (ehlo->count = 0; ehlo->count < 12; ehlo->count++)
		text_print(ehlo->extension[ehlo->count], EHLO_KEYWORD_SIZE,
		    "XEXTENSION");
	add_server(&world->facts);
	assert_contains(print(), "offers XEXTENSION, XEXTENSION");
	assert_width(out.data, 80);
}

/* Only the marks are coloured, and all that is switched on ends. */
static void
paints(void **state)
{
	(void)state;
	start();
	terminal.colour = true;
	result_add(add_server(NULL), TIMEOUT, "\033[31mred|\nline");
	assert_contains(print(), "\033[1;31mCRIT\033[0m");
	assert_contains(out.data, "?[31mred! line");
	assert_int_equal(
	    count(out.data, "\033["), 2 * count(out.data, "\033[0m"));
}

static struct result *
add_scored(const struct facts *facts, double score, unsigned made)
{
	struct result *result = add_server(facts);

	result_metric(result,
	    &(struct metric){.label = "score",
		.unit = "",
		.value = score,
		.worst = METRIC_LOWEST});
	result->tests_made = made;
	result->tests_planned = 55;
	return result;
}

/* Everything went well at the server of the world. */
static const struct facts *
well(void)
{
	world->facts.ehlo.answer.code = 250;
	world->facts.handshake.done = true;
	world->facts.handshake.version = 0x0304;
	world->facts.banner.came = true;
	world->facts.banner.code = 220;
	return &world->facts;
}

static void
tells_scores(void **state)
{
	(void)state;
	start();
	report.scores = true;
	add_scored(well(), 100, 55);
	result_add(add_scored(well(), 70, 53), CERT_EXPIRED, "expired");
	assert_contains(print(),
	    "\n[OK] 10 mx1.example.com [192.0.2.4]:25 - score 100, 55 of 55 "
	    "tests made\n");
	assert_contains(out.data,
	    "\n[CRITICAL] 10 mx1.example.com [192.0.2.4]:25 - score 70, 53 of "
	    "55 tests made\n");
	assert_contains(
	    out.data, "OK; score 70, 108 of 110 tests made; 1 finding, ");
	report.scores = false;
	assert_null(strstr(print(), "score"));
	assert_null(strstr(out.data, "tests made"));
	assert_contains(out.data, "\n[OK] 10 mx1.example.com [192.0.2.4]:25\n");
}

static void
tells_where_there_is_no_score(void **state)
{
	struct result *result;

	(void)state;
	start();
	report.scores = true;
	result = add_server(NULL);
	result->untested = true;
	result->tests_made = 11;
	result->tests_planned = 55;
	assert_contains(print(), " - no score, 11 of 55 tests made\n");
}

/* Each record, and what came of it; below the certificate. */
static void
tells_tlsa(void **state)
{
	struct dane_chain *chain;

	(void)state;
	start();
	judging_sign(&world->host);
	judging_add_tlsa(&world->host, 2);
	judging_add_tlsa(&world->host, 3);
	chain = &world->facts.dane.chain[0];
	chain->seen = chain->matches = chain->matched[1] = true;
	add_server(well());
	assert_contains(print(),
	    "\n  ok   DANE                 TLSA 2 1 1 0000000000000000... does "
	    "not match\n"
	    "                            TLSA 3 1 1 0000000000000000... "
	    "matches\n");
	assert_true(strstr(out.data, "  TLS  ") < strstr(out.data, "  DANE  "));
}

/* TLS did not come to a certificate: the record alone is no test. */
static void
tells_tlsa_not_compared(void **state)
{
	(void)state;
	start();
	judging_sign(&world->host);
	judging_add_tlsa(&world->host, 3);
	add_server(&world->facts);
	assert_contains(print(),
	    "\n  --   DANE                 TLSA 3 1 1 0000000000000000...\n");
	assert_null(strstr(out.data, "match"));
}

static void
tells_dane_mismatch(void **state)
{
	(void)state;
	start();
	judging_sign(&world->host);
	judging_add_tlsa(&world->host, 3);
	world->facts.dane.chain[0].seen = true;
	result_add(add_server(well()), DANE_MISMATCH, "no record matches");
	assert_contains(print(), "\n  CRIT DANE  ");
	assert_contains(out.data, "\nCRIT DANE_MISMATCH: ");
}

/* It is the domain's, above all servers; what it says of one is with that. */
static void
tells_policy(void **state)
{
	(void)state;
	start();
	judging_policy(&world->domain.mtasts, MTASTS_MODE_ENFORCE);
	result_add(add_server(well()), MTASTS_WOULD_FAIL, "do not deliver");
	assert_contains(print(),
	    "\n  ok   MTA-STS              mode enforce, max_age 604800 s, mx "
	    "mx1.example.com\n");
	assert_contains(
	    out.data, "\n  CRIT MTA-STS              do not deliver");
	assert_true(strstr(out.data, "mode enforce")
	    < strstr(out.data, "] 10 mx1.example.com"));
}

static void
tells_no_policy_that_is_none(void **state)
{
	(void)state;
	start();
	judging_no_policy(&world->domain.mtasts);
	add_server(well());
	assert_null(strstr(print(), "MTA-STS"));
}

/* The last but one part, above the outcome. */
static void
tells_senders(void **state)
{
	const char *senders, *notes;

	(void)state;
	start();
	report.scores = true;
	result_add(add_scored(well(), 70, 55), STARTTLS_NOT_OFFERED, "no TLS");
	result_add(&results[0], TLS_NOT_1_3, "a note");
	senders =
	    strstr(print(), "\nWho loses mail?\n  TLS-requiring sender: ");
	notes = strstr(out.data, "\nNotes (");
	assert_non_null(senders);
	assert_non_null(notes);
	assert_true(notes < senders);
	assert_contains(senders, "\n\n[CRITICAL] 0 of 1 servers OK; score 70");
	report.scores = false;
	assert_null(strstr(print(), "loses mail"));
}

static void
tells_that_nobody_loses(void **state)
{
	(void)state;
	start();
	report.scores = true;
	add_scored(well(), 100, 55);
	assert_contains(
	    print(), "\nWho loses mail?\n  nobody, as far as was tested\n");
}

/* "Nobody" would be good news that nobody has. */
static void
does_not_acquit_the_untested(void **state)
{
	(void)state;
	start();
	report.scores = true;
	add_server(NULL)->untested = true;
	result_add(&set, TCP_EGRESS_BLOCKED, "this host can't get out");
	assert_null(strstr(print(), "nobody"));
}

int
main(void)
{
	unit_add("A server that did not come to an end has its block.",
	    tells_of_the_late);
	unit_add("A server that we have no route to was not tested, and why.",
	    tells_of_no_route);
	unit_add("A failure of our own is UNKNOWN, at its step.",
	    tells_of_our_own_failure);
	unit_add("A failure that counts as a note is told at its step.",
	    tells_a_failure_that_is_a_note);
	unit_add("Findings of one code are one, in their worst state.",
	    groups_by_code);
	unit_add("Notes of one code are one.", groups_notes);
	unit_add("Every report fits its terminal.", fits_every_terminal);
	unit_add("A fact that begins with a blank is folded as the others are.",
	    folds_what_begins_with_a_blank);
	unit_add("Colour is ours alone.", paints);
	unit_add("TLSA records are told, and which one matches.", tells_tlsa);
	unit_add("Records that nothing was compared with are no test.",
	    tells_tlsa_not_compared);
	unit_add("A mismatch is told at its step, and what to do.",
	    tells_dane_mismatch);
	unit_add("A policy is the domain's, its failures are a server's.",
	    tells_policy);
	unit_add("No policy has no line.", tells_no_policy_that_is_none);
	unit_add("Score and coverage are told of each server and of all.",
	    tells_scores);
	unit_add("Where there is no score that is told.",
	    tells_where_there_is_no_score);
	unit_add("Who loses mail is told behind the notes.", tells_senders);
	unit_add("That nobody does is told too.", tells_that_nobody_loses);
	unit_add("Nobody is acquitted for want of a test.",
	    does_not_acquit_the_untested);
	return unit_run("report_terminal");
}
