/* SPDX-License-Identifier: GPL-3.0-or-later */
/* result - the findings and metrics of one server, or of the whole set */
#include <stdarg.h>
#include <string.h>

#include "text.h"
#include "result.h"

void
severities_init(struct severities *severities, const enum diagnosis *asides)
{
	memset(severities, 0, sizeof(*severities));
	for (int i = 0; i < DIAGNOSIS_END; i++)
		severities->state[i] =
		    diagnosis_entry((enum diagnosis)i)->state;
	for (; asides != NULL && *asides != DIAGNOSIS_END; asides++)
		severities->state[*asides] = STATE_OK;
}

void
result_init(struct result *result, const struct severities *severities)
{
	/* The findings, 17 KiB, are read as far as they are counted. */
	memset(result, 0, offsetof(struct result, finding));
	result->severities = severities;
}

/* Whether `a` goes before `b`: the worse state, then the table's order. */
static bool
goes_before(const struct finding *a, const struct finding *b)
{
	if (a->state != b->state)
		return state_worse(a->state, b->state) == a->state;
	return a->code < b->code;
}

/* Keeps the findings in order; of too many the least is dropped. */
static void
insert(struct result *result, const struct finding *newcomer)
{
	size_t place = result->count;

	while (place > 0 && goes_before(newcomer, &result->finding[place - 1]))
		place--;
	if (place == FINDINGS_MAX)
		return;
	if (result->count < FINDINGS_MAX)
		result->count++;
	memmove(&result->finding[place + 1], &result->finding[place],
	    (result->count - place - 1) * sizeof(*newcomer));
	result->finding[place] = *newcomer;
}

static void
add(struct result *result, struct finding finding, const char *format,
    va_list arguments)
{
	struct text text;

	text_init(&text, FINDING_TEXT_SIZE - 1);
	text_vadd(&text, format, arguments);
	memcpy(finding.text, text.data, text.length + 1);
	text_release(&text);
	insert(result, &finding);
}

void
result_add(struct result *result, enum diagnosis code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(result,
	    (struct finding){
		.code = code, .state = result->severities->state[code]},
	    format, arguments);
	va_end(arguments);
}

void
result_add_as(struct result *result, enum diagnosis code, enum state state,
    const char *format, ...)
{
	va_list arguments;

	if (result->severities->chosen[code])
		state = result->severities->state[code];
	va_start(arguments, format);
	add(result, (struct finding){.code = code, .state = state}, format,
	    arguments);
	va_end(arguments);
}

void
result_add_unmade(
    struct result *result, unsigned steps, const char *format, ...)
{
	struct finding finding = {.code = NOT_TESTED,
	    .state = result->severities->state[NOT_TESTED],
	    .steps = steps};
	va_list arguments;

	va_start(arguments, format);
	add(result, finding, format, arguments);
	va_end(arguments);
}

void
result_leave_untested(struct result *result, enum diagnosis code)
{
	result->untested = true;
	result->untested_by = code;
}

const struct finding *
result_why_untested(const struct result *result)
{
	const struct finding *why = result_find(result, result->untested_by);

	return why != NULL ? why : &result->finding[0];
}

void
result_restate(struct result *result, enum diagnosis code, enum state state)
{
	size_t count = result->count;

	if (result->severities->chosen[code])
		return;
	/* Taken out and put back, so that the order stays. */
	for (size_t i = 0; i < count; i++) {
		struct finding finding = result->finding[i];

		if (finding.code != code || finding.state == state)
			continue;
		finding.state = state;
		memmove(&result->finding[i], &result->finding[i + 1],
		    (result->count - i - 1) * sizeof(finding));
		result->count--;
		insert(result, &finding);
		i = (size_t)-1;
	}
}

void
result_add_notes(struct result *result, const struct result *aside)
{
	for (size_t i = 0; i < aside->count; i++)
		result_add_as(result, aside->finding[i].code, STATE_OK, "%s",
		    aside->finding[i].text);
}

void
result_metric(struct result *result, const struct metric *metric)
{
	if (result->metric_count < METRICS_MAX)
		result->metric[result->metric_count++] = *metric;
}

enum state
metric_state(const struct metric *metric)
{
	if (range_alerts(&metric->thresholds.critical, metric->value))
		return STATE_CRITICAL;
	if (range_alerts(&metric->thresholds.warning, metric->value))
		return STATE_WARNING;
	return STATE_OK;
}

bool
metric_is_worse(const struct metric *a, const struct metric *b)
{
	enum state state = metric_state(a), other = metric_state(b);

	if (state != other)
		return state_worse(state, other) == state;
	return a->worst == METRIC_LOWEST ? a->value < b->value
					 : a->value > b->value;
}

const struct finding *
result_worst(const struct result *result)
{
	bool any = result->count > 0 && result->finding[0].state != STATE_OK;

	return any ? &result->finding[0] : NULL;
}

bool
finding_is_told(const struct finding *finding)
{
	return finding->state != STATE_OK || finding->code == TCP_NO_ROUTE_V6
	    || finding->code == NOT_TESTED || finding->code == RELAY_TRUSTED
	    || finding->code == RELAY_GREYLISTED
	    || finding->code == MESSAGE_ACCEPTED
	    || finding->code == DANE_UNTRUSTED_RESOLVER;
}

const struct finding *
result_find(const struct result *result, enum diagnosis code)
{
	for (size_t i = 0; i < result->count; i++)
		if (result->finding[i].code == code)
			return &result->finding[i];
	return NULL;
}

enum state
result_state(const struct result *result)
{
	const struct finding *worst = result_worst(result);

	return worst != NULL ? worst->state : STATE_OK;
}

const struct metric *
result_find_metric(const struct result *result, const char *label)
{
	for (size_t i = 0; i < result->metric_count; i++)
		if (strcmp(result->metric[i].label, label) == 0)
			return &result->metric[i];
	return NULL;
}
