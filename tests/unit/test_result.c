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
	unit_add("Findings of one code stay in their order.",
	    keeps_the_first_of_one_code);
	unit_add("Of too many findings the worst are kept.", keeps_the_worst);
	unit_add("A long text is cut.", cuts_text);
	unit_add("A plugin's asides are notes.", lowers_asides);
	unit_add("A threshold decides on the state.", obeys_thresholds);
	unit_add("The user's severity outweighs a threshold.", obeys_the_user);
	unit_add(
	    "What another check owns is noted, unless chosen.", adds_notes);
	unit_add("Metrics are found by their label, up to their number.",
	    finds_metrics);
	return unit_run("result");
}
