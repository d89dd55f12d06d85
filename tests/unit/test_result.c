/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_result - findings in order, metrics against thresholds */
#include <string.h>

#include "judging.h"
#include "result.h"
#include "unit.h"

static struct severities severities;
static struct result result;

static void
start(const enum diagnosis *asides)
{
	severities_init(&severities, asides);
	result_init(&result, &severities);
}

static const struct order_case {
	const char *sentence;
	enum diagnosis added[4];
	const char *codes;
	enum state state;
} order_cases[] = {
    {"No finding is OK.", {DIAGNOSIS_END}, "", STATE_OK},
    {"A note alone is OK.", {TLS_NOT_1_3, DIAGNOSIS_END}, "TLS_NOT_1_3",
	STATE_OK},
    {"CRITICAL goes before WARNING.",
	{DNS_MX_CNAME, CERT_EXPIRED, DIAGNOSIS_END},
	"CERT_EXPIRED DNS_MX_CNAME", STATE_CRITICAL},
    {"WARNING goes before UNKNOWN.",
	{RELAY_INCONCLUSIVE, BANNER_MASKED, DIAGNOSIS_END},
	"BANNER_MASKED RELAY_INCONCLUSIVE", STATE_WARNING},
    {"UNKNOWN goes before a note.",
	{DNS_MX_SINGLE, RELAY_INCONCLUSIVE, DIAGNOSIS_END},
	"RELAY_INCONCLUSIVE DNS_MX_SINGLE", STATE_UNKNOWN},
    {"Of equals the first in the table goes first.",
	{CERT_NAME_MISMATCH, CERT_EXPIRED, TLS_VERSION_OBSOLETE, DIAGNOSIS_END},
	"TLS_VERSION_OBSOLETE CERT_EXPIRED CERT_NAME_MISMATCH", STATE_CRITICAL},
    {"All four states stand in order.",
	{NOT_TESTED, RELAY_INCONCLUSIVE, RELAY_SUSPECT, RELAY_OPEN},
	"RELAY_OPEN RELAY_SUSPECT RELAY_INCONCLUSIVE NOT_TESTED",
	STATE_CRITICAL},
};

static void
keeps_order(void **state)
{
	const struct order_case *row = *state;
	const struct finding *worst;

	start(NULL);
	for (size_t i = 0;
	     i < UNIT_COUNT(row->added) && row->added[i] != DIAGNOSIS_END; i++)
		result_add(&result, row->added[i], "text");
	assert_string_equal(judging_codes(&result), row->codes);
	assert_int_equal(result_state(&result), row->state);
	worst = result_worst(&result);
	assert_int_equal(worst != NULL, row->state != STATE_OK);
	if (worst != NULL)
		assert_ptr_equal(worst, &result.finding[0]);
}

static void
keeps_the_first_of_one_code(void **state)
{
	(void)state;
	start(NULL);
	result_add(&result, RELAY_OPEN, "first");
	result_add(&result, RELAY_OPEN, "second");
	assert_string_equal(result.finding[0].text, "first");
	assert_string_equal(result.finding[1].text, "second");
}

static void
keeps_the_worst(void **state)
{
	(void)state;
	start(NULL);
	for (int i = 0; i < FINDINGS_MAX + 10; i++)
		result_add(&result, NOT_TESTED, "note %d", i);
	result_add(&result, RELAY_SUSPECT, "warning");
	result_add(&result, RELAY_OPEN, "critical");
	assert_int_equal(result.count, FINDINGS_MAX);
	assert_int_equal(result.finding[0].code, RELAY_OPEN);
	assert_int_equal(result.finding[1].code, RELAY_SUSPECT);
	assert_string_equal(result.finding[FINDINGS_MAX - 1].text, "note 37");
}

static void
cuts_text(void **state)
{
	char text[1000];

	(void)state;
	memset(text, 't', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	start(NULL);
	result_add(&result, RELAY_OPEN, "%s", text);
	assert_int_equal(strlen(result.finding[0].text), FINDING_TEXT_SIZE - 1);
	assert_string_equal(
	    result.finding[0].text + FINDING_TEXT_SIZE - 4, "...");
}

static void
lowers_asides(void **state)
{
	static const enum diagnosis asides[] = {
	    CERT_EXPIRED, DNS_MX_CNAME, DIAGNOSIS_END};

	(void)state;
	start(asides);
	result_add(&result, CERT_EXPIRED, "text");
	result_add(&result, DNS_MX_CNAME, "text");
	assert_int_equal(result_state(&result), STATE_OK);
	result_add(&result, CERT_UNTRUSTED, "text");
	assert_int_equal(result_state(&result), STATE_CRITICAL);
}

static void
obeys_thresholds(void **state)
{
	(void)state;
	start(NULL);
	result_add_as(&result, CERT_EXPIRES_SOON, STATE_CRITICAL, "soon");
	assert_int_equal(result_state(&result), STATE_CRITICAL);
}

static void
obeys_the_user(void **state)
{
	(void)state;
	start(NULL);
	severities.state[CERT_EXPIRES_SOON] = STATE_OK;
	severities.chosen[CERT_EXPIRES_SOON] = true;
	result_add_as(&result, CERT_EXPIRES_SOON, STATE_CRITICAL, "soon");
	assert_int_equal(result_state(&result), STATE_OK);
}

static void
adds_notes(void **state)
{
	static struct result aside;

	(void)state;
	start(NULL);
	result_init(&aside, &severities);
	severities.state[CERT_UNTRUSTED] = STATE_WARNING;
	severities.chosen[CERT_UNTRUSTED] = true;
	result_add(&aside, CERT_EXPIRED, "100%% expired");
	result_add(&aside, CERT_UNTRUSTED, "untrusted");
	result_add_notes(&result, &aside);
	assert_string_equal(
	    judging_codes(&result), "CERT_UNTRUSTED CERT_EXPIRED");
	assert_int_equal(result_state(&result), STATE_WARNING);
	assert_string_equal(result.finding[1].text, "100% expired");
}

/* A finding's text says in which place it was added. */
static const struct restate_case {
	const char *sentence;
	enum diagnosis added[4]; /* DIAGNOSIS_END: no more */
	enum diagnosis code;     /* restated */
	enum state to;
	bool chosen; /* by the user */
	const char *codes, *order;
	enum state state; /* of all */
} restate_cases[] = {
    {"A failure restated as a note goes behind the others.",
	{TCP_TIMEOUT, BANNER_MASKED, NOT_TESTED, DIAGNOSIS_END}, TCP_TIMEOUT,
	STATE_OK, false, "BANNER_MASKED TCP_TIMEOUT NOT_TESTED", "102",
	STATE_WARNING},
    {"A note restated as a failure goes before them.",
	{BANNER_MASKED, TLS_NOT_1_3, DIAGNOSIS_END}, TLS_NOT_1_3,
	STATE_CRITICAL, false, "TLS_NOT_1_3 BANNER_MASKED", "10",
	STATE_CRITICAL},
    {"Among equals it has its place in the table.",
	{TCP_REFUSED, BANNER_MASKED, RELAY_OPEN, DIAGNOSIS_END}, BANNER_MASKED,
	STATE_CRITICAL, false, "TCP_REFUSED BANNER_MASKED RELAY_OPEN", "012",
	STATE_CRITICAL},
    {"All findings of the code are restated, in their order.",
	{TCP_TIMEOUT, TCP_TIMEOUT, TCP_TIMEOUT, BANNER_MASKED}, TCP_TIMEOUT,
	STATE_OK, false, "BANNER_MASKED TCP_TIMEOUT TCP_TIMEOUT TCP_TIMEOUT",
	"3012", STATE_WARNING},
    {"Another code's findings stay.", {TCP_REFUSED, TCP_TIMEOUT, DIAGNOSIS_END},
	TCP_TIMEOUT, STATE_OK, false, "TCP_REFUSED TCP_TIMEOUT", "01",
	STATE_CRITICAL},
    {"A code that was not found changes nothing.", {TCP_REFUSED, DIAGNOSIS_END},
	TCP_TIMEOUT, STATE_OK, false, "TCP_REFUSED", "0", STATE_CRITICAL},
    {"The state that it has changes nothing.",
	{TCP_TIMEOUT, TCP_REFUSED, DIAGNOSIS_END}, TCP_TIMEOUT, STATE_CRITICAL,
	false, "TCP_REFUSED TCP_TIMEOUT", "10", STATE_CRITICAL},
    {"What the user chose stays.", {TCP_TIMEOUT, DIAGNOSIS_END}, TCP_TIMEOUT,
	STATE_OK, true, "TCP_TIMEOUT", "0", STATE_CRITICAL},
    {"Nothing found changes nothing.", {DIAGNOSIS_END}, TCP_TIMEOUT, STATE_OK,
	false, "", "", STATE_OK},
};

static void
restates(void **state)
{
	const struct restate_case *row = *state;
	char order[FINDINGS_MAX + 1] = "";

	start(NULL);
	severities.chosen[row->code] = row->chosen;
	for (size_t i = 0;
	     i < UNIT_COUNT(row->added) && row->added[i] != DIAGNOSIS_END; i++)
		result_add(&result, row->added[i], "%zu", i);
	result_restate(&result, row->code, row->to);
	for (size_t i = 0; i < result.count; i++)
		strcat(order, result.finding[i].text);
	assert_string_equal(judging_codes(&result), row->codes);
	assert_string_equal(order, row->order);
	assert_int_equal(result_state(&result), row->state);
	for (size_t i = 0; i < result.count && !row->chosen; i++)
		if (result.finding[i].code == row->code)
			assert_int_equal(result.finding[i].state, row->to);
}

/* To the last place and the first, without one lost or told twice. */
static void
restates_in_full(void **state)
{
	(void)state;
	start(NULL);
	result_add(&result, TCP_TIMEOUT, "first");
	for (int i = 1; i < FINDINGS_MAX; i++)
		result_add(&result, DNS_MX_SINGLE, "note %d", i);
	result_restate(&result, TCP_TIMEOUT, STATE_OK);
	assert_int_equal(result.count, FINDINGS_MAX);
	assert_string_equal(result.finding[FINDINGS_MAX - 1].text, "first");
	assert_string_equal(result.finding[0].text, "note 1");
	result_restate(&result, TCP_TIMEOUT, STATE_CRITICAL);
	assert_int_equal(result.count, FINDINGS_MAX);
	assert_string_equal(result.finding[0].text, "first");
	assert_string_equal(result.finding[1].text, "note 1");
}

static void
adds_the_unmade(void **state)
{
	const unsigned steps = 1U << 2 | 1U << 4;

	(void)state;
	start(NULL);
	result_add_unmade(&result, steps, "%s not tested: %s", "EHLO", "100%");
	result_add(&result, NOT_TESTED, "TLS 1.0 not tested");
	result_add(&result, TCP_REFUSED, "refused");
	assert_string_equal(
	    judging_codes(&result), "TCP_REFUSED NOT_TESTED NOT_TESTED");
	assert_string_equal(result.finding[1].text, "EHLO not tested: 100%");
	assert_int_equal(result.finding[1].steps, steps);
	assert_int_equal(result.finding[1].state, STATE_OK);
	assert_int_equal(result.finding[0].steps, 0);
	assert_int_equal(result.finding[2].steps, 0);
	result_restate(&result, NOT_TESTED, STATE_UNKNOWN);
	assert_int_equal(result.finding[1].steps, steps);
}

static void
lets_the_user_weigh_the_unmade(void **state)
{
	(void)state;
	start(NULL);
	severities.state[NOT_TESTED] = STATE_WARNING;
	result_add_unmade(&result, 1U << 1, "banner not tested");
	assert_int_equal(result_state(&result), STATE_WARNING);
}

static const struct told_case {
	const char *sentence;
	enum diagnosis code;
	enum state state;
	bool told;
} told_cases[] = {
    {"A finding is told.", BANNER_MASKED, STATE_WARNING, true},
    {"A note is not.", TLS_NOT_1_3, STATE_OK, false},
    {"A finding that counts as a note is not.", BANNER_MASKED, STATE_OK, false},
    {"A note that counts as a finding is.", TLS_NOT_1_3, STATE_UNKNOWN, true},
    {"No route is told.", TCP_NO_ROUTE_V6, STATE_OK, true},
    {"What was not tested is.", NOT_TESTED, STATE_OK, true},
    {"Being trusted is.", RELAY_TRUSTED, STATE_OK, true},
    {"Greylisting is.", RELAY_GREYLISTED, STATE_OK, true},
    {"A refusal by policy is not.", RELAY_POLICY, STATE_OK, false},
};

static void
is_told(void **state)
{
	const struct told_case *row = *state;

	start(NULL);
	result_add_as(&result, row->code, row->state, "text");
	assert_int_equal(finding_is_told(&result.finding[0]), row->told);
}

static void
finds_by_code(void **state)
{
	(void)state;
	start(NULL);
	assert_null(result_find(&result, TCP_REFUSED));
	result_add_as(&result, CERT_EXPIRES_SOON, STATE_OK, "a note");
	result_add(&result, CERT_EXPIRES_SOON, "a finding");
	assert_string_equal(
	    result_find(&result, CERT_EXPIRES_SOON)->text, "a finding");
	assert_null(result_find(&result, TCP_REFUSED));
}

static const struct metric_case {
	const char *sentence;
	const char *warning;  /* NULL: none */
	const char *critical; /* NULL: none */
	double value;
	enum state state;
} metric_cases[] = {
    {"Without thresholds all is OK.", NULL, NULL, 1e9, STATE_OK},
    {"Below both thresholds is OK.", "5", "10", 4, STATE_OK},
    {"Above the warning threshold is WARNING.", "5", "10", 6, STATE_WARNING},
    {"Above both is CRITICAL.", "5", "10", 11, STATE_CRITICAL},
    {"Critical alone suffices.", NULL, "10", 11, STATE_CRITICAL},
    {"Warning alone suffices.", "5", NULL, 11, STATE_WARNING},
    {"Critical is tested first, however wide.", "10", "5", 6, STATE_CRITICAL},
    {"Days under both thresholds are CRITICAL.", "21:", "7:", 6,
	STATE_CRITICAL},
    {"Days between them are WARNING.", "21:", "7:", 20, STATE_WARNING},
    {"Days at the threshold are OK.", "21:", "7:", 21, STATE_OK},
};

static void
meets_thresholds(void **state)
{
	const struct metric_case *row = *state;
	struct metric metric = {.value = row->value};

	if (row->warning != NULL)
		assert_true(
		    range_parse(&metric.thresholds.warning, row->warning));
	if (row->critical != NULL)
		assert_true(
		    range_parse(&metric.thresholds.critical, row->critical));
	assert_int_equal(metric_state(&metric), row->state);
}

static void
finds_metrics(void **state)
{
	(void)state;
	start(NULL);
	result_metric(&result, &(struct metric){.label = "time", .value = 1});
	result_metric(&result, &(struct metric){.label = "days", .value = 61});
	assert_true(result_find_metric(&result, "days")->value == 61);
	assert_null(result_find_metric(&result, "day"));
	for (int i = 0; i < 2 * METRICS_MAX; i++)
		result_metric(&result, &(struct metric){.label = "more"});
	assert_int_equal(result.metric_count, METRICS_MAX);
}

int
main(void)
{
	UNIT_TABLE(order_cases, keeps_order);
	UNIT_TABLE(metric_cases, meets_thresholds);
	UNIT_TABLE(restate_cases, restates);
	UNIT_TABLE(told_cases, is_told);
	unit_add("Findings of one code stay in their order.",
	    keeps_the_first_of_one_code);
	unit_add("Of too many findings the worst are kept.", keeps_the_worst);
	unit_add("A long text is cut.", cuts_text);
	unit_add("A plugin's asides are notes.", lowers_asides);
	unit_add("A threshold decides on the state.", obeys_thresholds);
	unit_add("The user's severity outweighs a threshold.", obeys_the_user);
	unit_add(
	    "What another check owns is noted, unless chosen.", adds_notes);
	unit_add("A full result is restated without a loss.", restates_in_full);
	unit_add("Steps that were not made are kept.", adds_the_unmade);
	unit_add(
	    "They count as NOT_TESTED counts.", lets_the_user_weigh_the_unmade);
	unit_add("A code's worst finding is found.", finds_by_code);
	unit_add("Metrics are found by their label, up to their number.",
	    finds_metrics);
	return unit_run("result");
}
