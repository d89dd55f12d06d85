/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_json - the outcome of a run for programs */
#include <stdio.h>
#include <string.h>

#include "when.h"
#include "perfdata.h"
#include "report.h"
#include "report_json.h"
#include "report_sender.h"

enum {
	INDENT = 2,
	DIGITS = 15, /* of a number, so that 0.1 stays 0.1 */
};

static json_t *
string_or_null(const char *string)
{
	return string != NULL && *string != '\0' ? report_json_string(string)
						 : json_null();
}

/* A number as perfdata words it, so that both formats tell the same. */
static json_t *
number_or_null(const char *number)
{
	return *number != '\0' ? json_loads(number, JSON_DECODE_ANY, NULL)
			       : json_null();
}

static json_t *
make_findings(const struct result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->finding[i];
		const struct diagnosis_entry *entry =
		    diagnosis_entry(finding->code);

		list = report_json_append(list,
		    json_pack("{s:s, s:s, s:o, s:s, s:s, s:s*}", "code",
			entry->code, "state", state_name(finding->state),
			"text", report_json_string(finding->text), "cause",
			entry->cause, "remedy", entry->remedy, "result_type",
			entry->tlsrpt));
	}
	return list;
}

static json_t *
score_or_null(const struct metric *score)
{
	return score != NULL ? json_integer((json_int_t)score->value)
			     : json_null();
}

static json_t *
make_tests(unsigned made, unsigned planned)
{
	return planned > 0 ? json_pack(
		   "{s:i, s:i}", "made", (int)made, "planned", (int)planned)
			   : NULL;
}

/* true, false, or null where it is not known. */
static json_t *
make_delivery(enum delivery delivery)
{
	if (delivery == DELIVERY_UNKNOWN)
		return json_null();
	return json_boolean(delivery == DELIVERY_WORKS);
}

static enum delivery
deliver(const struct report *report, const struct report_server *server,
    enum sender sender)
{
	const struct finding *why;
	struct sender_place place;

	if (server == NULL)
		return report_sender_delivery(report, sender);
	place = report_sender_place(report, server);
	return sender_delivery(sender, &place, &why);
}

/* What becomes of each kind of sender at a server, or (NULL) at all. */
static json_t *
make_delivers(const struct report *report, const struct report_server *server)
{
	json_t *object;

	if (!report->scores)
		return NULL;
	object = json_object();
	for (int i = 0; i < SENDERS; i++)
		json_object_set_new(object, sender_key((enum sender)i),
		    make_delivery(deliver(report, server, (enum sender)i)));
	return object;
}

static json_t *
make_patterns(const struct mtasts_policy *policy)
{
	json_t *list = json_array();

	for (size_t i = 0; i < policy->mx_count; i++)
		list =
		    report_json_append(list, report_json_string(policy->mx[i]));
	return list;
}

/* As far as it was found: a record, then a policy. */
static json_t *
make_mtasts(const struct mtasts *mtasts)
{
	const struct mtasts_policy *policy = &mtasts->policy;

	if (mtasts->record != MTASTS_RECORD_VALID)
		return NULL;
	return json_pack("{s:o, s:o*, s:o*, s:o*}", "id",
	    report_json_string(mtasts->id), "mode",
	    mtasts->valid ? json_string(mtasts_mode_name(policy->mode)) : NULL,
	    "max_age",
	    mtasts->valid ? json_integer((json_int_t)policy->max_age_s) : NULL,
	    "mx", mtasts->valid ? make_patterns(policy) : NULL);
}

static json_t *
make_server(const struct report *report, const struct report_server *server)
{
	const struct target *target = server->target;
	const struct target_host *host = target->host;
	bool connects = target->connects;
	const struct result *result = server->result;
	json_t *object = json_pack(
	    "{s:o, s:o, s:o, s:o, s:s, s:o, s:o*, s:o*, s:o}", "host",
	    report_json_string(host->name), "preference",
	    host->from_mx ? json_integer(host->preference) : json_null(),
	    "address", string_or_null(connects ? target->address_text : NULL),
	    "port",
	    connects && target_port(target) != 0
		? json_integer(target_port(target))
		: json_null(),
	    "state", state_name(report_server_state(server)), "score",
	    score_or_null(result_find_metric(result, "score")), "tests",
	    make_tests(result->tests_made, result->tests_planned), "delivers",
	    make_delivers(report, server), "findings", make_findings(result));

	if (server->facts != NULL
	    && json_object_update_new(object, report_json_facts(server->facts))
		< 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *
make_servers(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->count; i++)
		list = report_json_append(
		    list, make_server(report, &report->server[i]));
	return list;
}

static json_t *
make_item(const struct target *target, const struct metric *metric)
{
	struct perfdata item;

	perfdata_init(&item, target, metric);
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "label",
	    item.label, "value", number_or_null(item.value), "unit", item.unit,
	    "warning", string_or_null(item.warning), "critical",
	    string_or_null(item.critical), "min", number_or_null(item.min),
	    "max", number_or_null(item.max));
}

static json_t *
make_perfdata(const struct report *report)
{
	struct metric aggregate[REPORT_AGGREGATES_MAX];
	size_t count = report_aggregates(report, aggregate);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		list = report_json_append(list, make_item(NULL, &aggregate[i]));
	for (size_t i = 0; i < report->count; i++) {
		const struct report_server *server = &report->server[i];

		for (size_t j = 0; j < server->result->metric_count; j++)
			list = report_json_append(list,
			    make_item(
				server->target, &server->result->metric[j]));
	}
	return list;
}

/* Of --at, which makes it another verdict than today's. */
static json_t *
make_moment(int64_t at)
{
	char moment[WHEN_TEXT_SIZE];

	if (at == 0)
		return NULL;
	when_print(at, moment);
	return json_string(moment);
}

static json_t *
make_report(const struct report *report)
{
	enum state state = report_state(report);
	struct report_tests tests = report_tests(report);
	char summary[REPORT_LINE_TEXT + 1];

	report_summary(report, summary);
	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o*, s:o*, "
			 "s:o*, s:o*, s:o*, s:o, s:o, s:o}",
	    "plugin", report->plugin, "version", report->version, "state",
	    state_name(state), "exit_code", (int)state, "domain",
	    string_or_null(report->domain), "summary",
	    report_json_string(summary), "seconds",
	    report_json_seconds(report->seconds), "at", make_moment(report->at),
	    "score",
	    report->scores ? score_or_null(report_worst_score(report)) : NULL,
	    "tests", make_tests(tests.made, tests.planned), "delivers",
	    make_delivers(report, NULL), "mtasts",
	    make_mtasts(&report->domain_facts->mtasts), "findings",
	    make_findings(report->set), "servers", make_servers(report),
	    "perfdata", make_perfdata(report));
}

/*
 * A `|` would begin perfdata for an engine that reads this; it can only stand
 * inside a string, where it may as well be escaped.
 */
static int
write_chunk(const char *bytes, size_t size, void *argument)
{
	struct text *out = argument;
	const char *end = bytes + size, *bar;

	while ((bar = memchr(bytes, '|', (size_t)(end - bytes))) != NULL) {
		text_add_bytes(out, bytes, (size_t)(bar - bytes));
		text_add(out, "\\u007c");
		bytes = bar + 1;
	}
	text_add_bytes(out, bytes, (size_t)(end - bytes));
	return out->cut ? -1 : 0;
}

/* And its object is gone. */
static bool
write_object(json_t *object, size_t form, struct text *out)
{
	bool written = object != NULL
	    && json_dump_callback(
		   object, write_chunk, out, form | JSON_REAL_PRECISION(DIGITS))
		== 0;

	json_decref(object);
	text_add(out, "\n");
	return written && !out->cut;
}

bool
report_json(const struct report *report, struct text *out)
{
	return write_object(make_report(report), JSON_INDENT(INDENT), out);
}

bool
report_json_line(const struct report *report, struct text *out)
{
	return write_object(make_report(report), JSON_COMPACT, out);
}

bool
report_json_refusal(const struct report *report, unsigned long line,
    const char *why, struct text *out)
{
	return write_object(
	    json_pack("{s:s, s:s, s:s, s:i, s:o, s:I, s:o, s:i, s:[], s:[], "
		      "s:[]}",
		"plugin", report->plugin, "version", report->version, "state",
		state_name(STATE_UNKNOWN), "exit_code", (int)STATE_UNKNOWN,
		"domain", string_or_null(report->domain), "line",
		(json_int_t)line, "summary", report_json_string(why), "seconds",
		0, "findings", "servers", "perfdata"),
	    JSON_COMPACT, out);
}

/* snprintf() has all that this needs on its stack; no name has odd characters. */
void
report_json_brief(const struct report *report, unsigned long line,
    char out[REPORT_BRIEF_SIZE])
{
	const char *quote = report->domain != NULL ? "\"" : "";

	snprintf(out, REPORT_BRIEF_SIZE,
	    "{\"plugin\":\"%s\",\"version\":\"%s\",\"state\":\"%s\","
	    "\"exit_code\":%d,\"domain\":%s%s%s,\"line\":%lu,"
	    "\"summary\":\"line %lu: out of memory\",\"seconds\":0,"
	    "\"findings\":[],\"servers\":[],\"perfdata\":[]}\n",
	    report->plugin, report->version, state_name(STATE_UNKNOWN),
	    (int)STATE_UNKNOWN, quote,
	    report->domain != NULL ? report->domain : "null", quote, line,
	    line);
}

/* What says which line of the input it is about was not tested. */
void
report_json_read(const char *line, struct report_line *read)
{
	json_t *object = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
	const char *name = json_string_value(json_object_get(object, "domain"));
	const json_t *code = json_object_get(object, "exit_code");
	json_int_t state = json_integer_value(code);

	*read = (struct report_line){.state = STATE_UNKNOWN};
	read->ours = json_is_string(json_object_get(object, "plugin"));
	read->done = read->ours && name != NULL
	    && json_object_get(object, "line") == NULL;
	if (name != NULL)
		text_print(read->domain, sizeof(read->domain), "%s", name);
	if (json_is_integer(code) && state >= STATE_OK
	    && state <= STATE_UNKNOWN)
		read->state = (enum state)state;
	json_decref(object);
}

bool
report_json_begins(const char *bytes, size_t length)
{
	static const char beginning[] = "{\"plugin\":\"";
	size_t most = sizeof(beginning) - 1;

	return memcmp(bytes, beginning, length < most ? length : most) == 0;
}
