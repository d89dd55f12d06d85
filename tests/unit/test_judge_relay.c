/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_relay - what the answers to MAIL and RCPT prove */
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

static const struct thresholds none;

static struct relay_probe *
add_probe(struct facts *facts, enum relay_kind kind, int mail, int rcpt,
    const char *text)
{
	struct relay_probe *probe = &facts->relay.probe[facts->relay.count++];

	probe->name = kind == RELAY_OUTSIDE ? "plain" : "odd";
	probe->kind = kind;
	memcpy(probe->from, "<a@b.example>", sizeof("<a@b.example>"));
	memcpy(probe->to, "<c@d.example>", sizeof("<c@d.example>"));
	judging_answer(&probe->mail, mail, "");
	judging_answer(&probe->rcpt, rcpt, text);
	facts->relay.planned = facts->relay.count;
	facts->step = STEP_RELAY;
	return probe;
}

static const struct relay_case {
	const char *sentence;
	int control;
	int mail;
	int rcpt;
	const char *text;
	const char *codes;
	enum state state;
	int accepted;
	int probes;
} relay_cases[] = {
    {"A refusal beside an accepted control is closed.", 250, 250, 550,
	"5.7.1 relaying denied", "", STATE_OK, 0, 1},
    {"551 is a refusal.", 250, 250, 551, "not local", "", STATE_OK, 0, 1},
    {"553 is a refusal.", 250, 250, 553, "no", "", STATE_OK, 0, 1},
    {"501 is a refusal.", 250, 250, 501, "syntax", "", STATE_OK, 0, 1},
    {"454 is no refusal for good.", 250, 250, 454, "4.7.1 denied",
	"RELAY_GREYLISTED", STATE_OK, 0, 1},
    {"554 is a refusal by policy.", 250, 250, 554, "5.7.1 denied",
	"RELAY_POLICY", STATE_OK, 0, 1},
    {"250 is an open relay.", 250, 250, 250, "ok", "RELAY_OPEN", STATE_CRITICAL,
	1, 1},
    {"251 is an open relay like 250.", 250, 250, 251, "will forward",
	"RELAY_OPEN", STATE_CRITICAL, 1, 1},
    {"252 is suspect.", 250, 250, 252, "will try", "RELAY_SUSPECT",
	STATE_WARNING, 1, 1},
    {"250 is an open relay, whatever the control got.", 550, 250, 250, "ok",
	"RELAY_OPEN", STATE_CRITICAL, 1, 1},
    {"530 is closed.", 250, 250, 530, "5.7.0 authenticate first", "", STATE_OK,
	0, 1},
    {"530 is closed, even where the control gets it too.", 530, 250, 530,
	"5.7.0 authenticate first", "", STATE_OK, 0, 1},
    {"450 beside an accepted control is greylisting.", 250, 250, 450,
	"4.2.0 try later", "RELAY_GREYLISTED", STATE_OK, 0, 1},
    {"451 beside an accepted control is greylisting.", 250, 250, 451,
	"try later", "RELAY_GREYLISTED", STATE_OK, 0, 1},
    {"4xx for both is inconclusive.", 450, 250, 450, "4.3.2 unavailable",
	"RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 1},
    {"A refusal proves nothing where the control is refused.", 550, 250, 550,
	"no", "RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 1},
    {"Nor does 554.", 554, 250, 554, "5.7.1 Client host rejected",
	"RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 1},
    {"A refusal proves nothing where the control is deferred.", 450, 250, 550,
	"no", "RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 1},
    {"A deferral proves nothing where the control is refused.", 550, 250, 450,
	"later", "RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 1},
    {"A refused domain proves nothing: 5.1.2.", 250, 250, 550,
	"5.1.2 bad destination system", "RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0,
	1},
    {"A refused domain proves nothing: null MX.", 250, 250, 550,
	"5.1.10 null MX", "RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 1},
    {"A refused domain proves nothing: 556.", 250, 250, 556,
	"domain accepts no mail", "RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 1},
    {"A refused sender proves nothing.", 0, 550, 503, "need MAIL",
	"RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 0},
    {"A deferred sender proves nothing.", 0, 451, 0, "", "RELAY_INCONCLUSIVE",
	STATE_UNKNOWN, 0, 0},
    {"503 to RCPT proves nothing.", 250, 250, 503, "bad sequence",
	"RELAY_INCONCLUSIVE", STATE_UNKNOWN, 0, 0},
    {"No answer proves nothing.", 250, 250, 0, "", "RELAY_INCONCLUSIVE",
	STATE_UNKNOWN, 0, 0},
};

static double
metric(const struct result *result, const char *label)
{
	const struct metric *found = result_find_metric(result, label);

	assert_non_null(found);
	return found->value;
}

static void
judges(void **state)
{
	const struct relay_case *row = *state;
	struct judging *judging = judging_start();

	judging_answer(&judging->facts.relay.control.rcpt, row->control, "");
	add_probe(
	    &judging->facts, RELAY_OUTSIDE, row->mail, row->rcpt, row->text);
	judge_relay(&judging->facts, &none, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
	assert_true(metric(&judging->result, "accepted") == row->accepted);
	assert_true(metric(&judging->result, "probes") == row->probes);
}

/* An odd form after a plain one that was refused. */
static const struct odd_case {
	const char *sentence;
	int catch_all;
	int rcpt;
	const char *codes;
	int accepted;
} odd_cases[] = {
    {"An odd form accepted is suspect.", 550, 250, "RELAY_SUSPECT", 1},
    {"An odd form accepted with 252 is suspect.", 550, 252, "RELAY_SUSPECT", 1},
    {"An odd form is suspect where no catch-all was asked for.", 0, 250,
	"RELAY_SUSPECT", 1},
    {"An odd form proves nothing where any local name is accepted.", 250, 250,
	"NOT_TESTED", 0},
    {"An odd form refused is closed.", 550, 501, "", 0},
    {"An odd form deferred is closed.", 550, 450, "", 0},
    {"An odd form refused by policy is closed.", 550, 554, "", 0},
};

static void
judges_odd(void **state)
{
	const struct odd_case *row = *state;
	struct judging *judging = judging_start();

	judging_answer(&judging->facts.relay.control.rcpt, 250, "");
	judging_answer(
	    &judging->facts.relay.catch_all.rcpt, row->catch_all, "");
	add_probe(&judging->facts, RELAY_OUTSIDE, 250, 550, "no");
	add_probe(&judging->facts, RELAY_ODD, 250, row->rcpt, "odd");
	judge_relay(&judging->facts, &none, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_true(metric(&judging->result, "accepted") == row->accepted);
	assert_true(metric(&judging->result, "probes") == 2);
}

static void
is_open_despite_catch_all(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging_answer(&judging->facts.relay.control.rcpt, 250, "");
	judging_answer(&judging->facts.relay.catch_all.rcpt, 250, "");
	add_probe(&judging->facts, RELAY_OUTSIDE, 250, 550, "no");
	add_probe(&judging->facts, RELAY_OUTSIDE, 250, 250, "ok");
	judge_relay(&judging->facts, &none, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "RELAY_OPEN");
}

static void
names_what_was_accepted(void **state)
{
	struct judging *judging = judging_start();
	const struct finding *finding;

	(void)state;
	judging_answer(&judging->facts.relay.control.rcpt, 250, "");
	add_probe(&judging->facts, RELAY_OUTSIDE, 250, 250, "2.1.5 Ok");
	judge_relay(&judging->facts, &none, &judging->result);
	finding = judging_finding(&judging->result, RELAY_OPEN);
	assert_contains(finding->text, "<c@d.example>");
	assert_contains(finding->text, "250 2.1.5 Ok");

	add_probe(&judging->facts, RELAY_OUTSIDE, 250, 250, "Ok")->name =
	    "sender-null";
	result_init(&judging->result, &judging->severities);
	judge_relay(&judging->facts, &none, &judging->result);
	finding = judging_finding(&judging->result, RELAY_OPEN);
	assert_contains(finding->text, "2 ");
	assert_contains(finding->text, "sender-null");
}

static const struct cut_case {
	const char *sentence;
	enum failure_kind kind;
	int control, rcpt;
	const char *codes;
} cut_cases[] = {
    {"421 proves nothing.", FAILURE_BUSY, 250, 421, "RELAY_INCONCLUSIVE"},
    {"A cut proves nothing.", FAILURE_CLOSED, 250, 0, "RELAY_INCONCLUSIVE"},
    {"A reset proves nothing.", FAILURE_RESET, 0, 0, "RELAY_INCONCLUSIVE"},
    {"A timeout is told by its own code.", FAILURE_TIMEOUT, 250, 0, ""},
    {"A malformed reply is told by its own code.", FAILURE_PROTOCOL, 250, 0,
	""},
    {"A cut hides no open relay.", FAILURE_CLOSED, 0, 250, "RELAY_OPEN"},
};

static void
judges_cut(void **state)
{
	const struct cut_case *row = *state;
	struct judging *judging = judging_start();

	judging_answer(&judging->facts.relay.control.rcpt, row->control, "");
	add_probe(
	    &judging->facts, RELAY_OUTSIDE, 250, row->rcpt, "too many errors");
	judging->facts.failure.kind = row->kind;
	judging_answer(&judging->facts.busy,
	    row->kind == FAILURE_BUSY ? 421 : 0, "too many errors");
	judge_relay(&judging->facts, &none, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
}

static void
tells_how_far_it_came(void **state)
{
	struct judging *judging = judging_start();
	const struct finding *finding;

	(void)state;
	judging_answer(&judging->facts.relay.control.rcpt, 250, "");
	add_probe(&judging->facts, RELAY_OUTSIDE, 250, 550, "no");
	add_probe(&judging->facts, RELAY_ODD, 250, 550, "no");
	add_probe(&judging->facts, RELAY_ODD, 250, 0, "");
	judging->facts.relay.planned = 31;
	judging->facts.relay.cut = true;
	judge_relay(&judging->facts, &none, &judging->result);
	finding = judging_finding(&judging->result, RELAY_INCONCLUSIVE);
	assert_contains(finding->text, "2 of 31");
}

static const struct threshold_case {
	const char *sentence;
	const char *warning, *critical; /* NULL: none */
	enum relay_kind kind;
	int rcpt;
	enum state state;
} threshold_cases[] = {
    {"Nothing accepted meets -c 0.", NULL, "0", RELAY_ODD, 550, STATE_OK},
    {"One odd form exceeds -c 0.", NULL, "0", RELAY_ODD, 250, STATE_CRITICAL},
    {"One odd form is WARNING within -c 1.", NULL, "1", RELAY_ODD, 250,
	STATE_WARNING},
    {"A lenient -w does not excuse an open relay.", "5", NULL, RELAY_OUTSIDE,
	250, STATE_CRITICAL},
};

static void
obeys_thresholds(void **state)
{
	const struct threshold_case *row = *state;
	struct judging *judging = judging_start();
	struct thresholds thresholds = none;

	if (row->warning != NULL)
		assert_true(range_parse(&thresholds.warning, row->warning));
	if (row->critical != NULL)
		assert_true(range_parse(&thresholds.critical, row->critical));
	judging_answer(&judging->facts.relay.control.rcpt, 250, "");
	add_probe(&judging->facts, RELAY_OUTSIDE, 250, 550, "no");
	add_probe(&judging->facts, row->kind, 250, row->rcpt, "odd");
	judge_relay(&judging->facts, &thresholds, &judging->result);
	assert_int_equal(result_state(&judging->result), row->state);
}

static void
skips_trusted(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging->facts.relay.trusted = true;
	judge_relay(&judging->facts, &none, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "RELAY_TRUSTED");
	assert_int_equal(result_state(&judging->result), STATE_OK);
}

static void
is_silent_if_not_reached(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judge_relay(&judging->facts, &none, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
	assert_true(metric(&judging->result, "accepted") == 0);
	assert_true(metric(&judging->result, "probes") == 0);
}

static const struct demand_case {
	const char *sentence;
	const char *address;
	unsigned port;
	const char *codes;
} demand_cases[] = {
    {"A public MX must not insist on STARTTLS.", "192.0.2.4", 25,
	"STARTTLS_REQUIRED"},
    {"Nor one with IPv6.", "2001:db8::25", 25, "STARTTLS_REQUIRED"},
    {"Submission may insist on STARTTLS.", "192.0.2.4", 587, ""},
};

static void
judges_demand(void **state)
{
	const struct demand_case *row = *state;
	struct judging *judging = judging_start();

	judging_address(&judging->target, row->address, row->port);
	judging->facts.relay.starttls_required = true;
	judging_answer(&judging->facts.relay.control.rcpt, 250, "");
	add_probe(&judging->facts, RELAY_OUTSIDE, 250, 550, "no");
	judge_relay(&judging->facts, &none, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
}

static const struct verdict_case {
	const char *sentence;
	enum relay_kind kind;
	int catch_all;
	int mail;
	int rcpt;
	const char *text;
	const char *verdict;
} verdict_cases[] = {
    {"An outside recipient accepted is open.", RELAY_OUTSIDE, 0, 250, 250, "ok",
	"open"},
    {"251 is as open as 250.", RELAY_OUTSIDE, 0, 250, 251, "ok", "open"},
    {"A catch-all does not make it less open.", RELAY_OUTSIDE, 250, 250, 250,
	"ok", "open"},
    {"252 is suspect.", RELAY_OUTSIDE, 0, 250, 252, "ok", "suspect"},
    {"An odd form accepted is suspect.", RELAY_ODD, 550, 250, 250, "ok",
	"suspect"},
    {"Beside a catch-all it is meaningless.", RELAY_ODD, 250, 250, 250, "ok",
	"meaningless"},
    {"The control accepted is local mail.", RELAY_LOCAL, 0, 250, 250, "ok",
	"local"},
    {"The control refused is refused.", RELAY_LOCAL, 0, 250, 550, "no",
	"refused"},
    {"550 is refused.", RELAY_OUTSIDE, 0, 250, 550, "no", "refused"},
    {"554 is policy.", RELAY_OUTSIDE, 0, 250, 554, "no", "policy"},
    {"530 asks for authentication.", RELAY_OUTSIDE, 0, 250, 530, "auth",
	"authentication"},
    {"450 is deferred.", RELAY_OUTSIDE, 0, 250, 450, "later", "deferred"},
    {"A sender refused is told.", RELAY_OUTSIDE, 0, 250, 550, "5.1.8 no such",
	"sender"},
    {"A recipient's domain refused is told.", RELAY_OUTSIDE, 0, 250, 556,
	"null MX", "domain"},
    {"RCPT after MAIL refused is unanswered.", RELAY_OUTSIDE, 0, 550, 503,
	"need MAIL", "unanswered"},
    {"So is what 421 cut off.", RELAY_OUTSIDE, 0, 250, 421, "bye",
	"unanswered"},
    {"So is what never was asked.", RELAY_ODD, 0, 0, 0, "", "unanswered"},
};

static void
words_verdict(void **state)
{
	const struct verdict_case *row = *state;
	struct facts *facts = &judging_start()->facts;
	const struct relay_probe *probe =
	    add_probe(facts, row->kind, row->mail, row->rcpt, row->text);

	judging_answer(&facts->relay.catch_all.rcpt, row->catch_all, "");
	assert_string_equal(
	    judge_relay_verdict(&facts->relay, probe), row->verdict);
}

int
main(void)
{
	UNIT_TABLE(relay_cases, judges);
	UNIT_TABLE(odd_cases, judges_odd);
	UNIT_TABLE(cut_cases, judges_cut);
	UNIT_TABLE(threshold_cases, obeys_thresholds);
	UNIT_TABLE(demand_cases, judges_demand);
	UNIT_TABLE(verdict_cases, words_verdict);
	unit_add("An outside form accepted is open despite a catch-all.",
	    is_open_despite_catch_all);
	unit_add(
	    "The finding names what was accepted.", names_what_was_accepted);
	unit_add(
	    "A cut tells how many forms were answered.", tells_how_far_it_came);
	unit_add("Where we may relay nothing is tested.", skips_trusted);
	unit_add("A dialogue that never came so far proves nothing.",
	    is_silent_if_not_reached);
	return unit_run("judge_relay");
}
