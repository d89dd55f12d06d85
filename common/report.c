/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report - the outcome of a run: what it comes to, whatever the format */
#include <string.h>

#include "when.h"
#include "report.h"

enum { NAME_SHOWN = 80 }; /* bytes of a host name on line 1 */

/* Counts of the servers, that is of the targets with an address. */
struct counts {
	unsigned servers;
	unsigned ok;
	unsigned untested;
	unsigned not_critical;
};

bool
report_server_ok(const struct report_server *server)
{
	return server->target->connects && !server->result->untested
	    && result_state(server->result) == STATE_OK;
}

/* Whether a server begins a new host. */
static bool
begins_host(const struct report *report, size_t place)
{
	return place == 0
	    || report->server[place].target->host
	    != report->server[place - 1].target->host;
}

/* Adds one thing counted: a server, or a host with all its addresses. */
static void
count_one(struct counts *counts, const struct result *result, bool ok)
{
	counts->servers++;
	counts->untested += result->untested;
	counts->ok += ok;
	counts->not_critical +=
	    !result->untested && result_state(result) != STATE_CRITICAL;
}

static void
count_hosts(const struct report *report, struct counts *counts)
{
	for (size_t i = 0; i < report->count;) {
		const struct result *worst = report->server[i].result;
		bool ok = true;

		do {
			const struct report_server *server = &report->server[i];

			ok = ok && report_server_ok(server);
			if (state_worse(result_state(server->result),
				result_state(worst))
			    == result_state(server->result))
				worst = server->result;
		} while (++i < report->count && !begins_host(report, i));
		count_one(counts, worst, ok);
	}
}

static struct counts
count_servers(const struct report *report)
{
	struct counts counts = {0, 0, 0, 0};

	if (report->hosts_count)
		count_hosts(report, &counts);
	for (size_t i = 0; i < report->count && !report->hosts_count; i++)
		if (report->server[i].target->connects)
			count_one(&counts, report->server[i].result,
			    report_server_ok(&report->server[i]));
	return counts;
}

enum state
report_server_state(const struct report_server *server)
{
	enum state state = result_state(server->result);

	return server->result->untested && state == STATE_OK ? STATE_UNKNOWN
							     : state;
}

/* What a server's state counts for the set: see --quorum. */
static enum state
counted_state(
    const struct report *report, const struct counts *counts, enum state state)
{
	bool enough =
	    report->quorum > 0 && counts->not_critical >= report->quorum;

	return enough && state == STATE_CRITICAL ? STATE_WARNING : state;
}

/* What line 1 is about: the worst finding, and where. */
struct headline {
	enum state state;
	const struct report_server *server; /* NULL: the domain as a whole */
	const struct finding *finding;      /* NULL: all is well */
};

static void
consider(struct headline *headline, enum state state,
    const struct report_server *server, const struct finding *finding)
{
	if (finding == NULL || state == STATE_OK)
		return;
	if (headline->finding != NULL
	    && state_worse(headline->state, state) == headline->state)
		return;
	*headline = (struct headline){state, server, finding};
}

/* Nobody was tested, for the same reason mostly: the first one's is told. */
static struct headline
why_untested(const struct report *report)
{
	size_t i = 0;

	while (!report->server[i].result->untested)
		i++;
	return (struct headline){STATE_UNKNOWN, &report->server[i],
	    result_why_untested(report->server[i].result)};
}

static struct headline
find_headline(const struct report *report, const struct counts *counts)
{
	struct headline headline = {STATE_OK, NULL, NULL};
	const struct finding *worst = result_worst(report->set);

	consider(
	    &headline, worst != NULL ? worst->state : STATE_OK, NULL, worst);
	for (size_t i = 0; i < report->count; i++) {
		const struct report_server *server = &report->server[i];

		worst = result_worst(server->result);
		consider(&headline,
		    counted_state(report, counts, result_state(server->result)),
		    server, worst);
	}
	/* Nothing bad, but nothing tested either: that is no OK. */
	if (headline.finding == NULL && counts->servers > 0
	    && counts->untested == counts->servers)
		headline = why_untested(report);
	return headline;
}

enum state
report_state(const struct report *report)
{
	struct counts counts = count_servers(report);

	return find_headline(report, &counts).state;
}

/* The server with the worst value of a metric, or NULL if none has it. */
static const struct report_server *
worst_server(const struct report *report, const char *label)
{
	const struct report_server *worst = NULL;

	for (size_t i = 0; i < report->count; i++) {
		const struct report_server *server = &report->server[i];
		const struct metric *metric =
		    result_find_metric(server->result, label);

		if (metric != NULL
		    && (worst == NULL
			|| metric_is_worse(
			    metric, result_find_metric(worst->result, label))))
			worst = server;
	}
	return worst;
}

/* Who speaks when all is well. */
static const struct report_server *
spokesman(const struct report *report)
{
	const struct report_server *worst = report->metric != NULL
	    ? worst_server(report, report->metric)
	    : NULL;

	return worst == NULL && report->count > 0 ? &report->server[0] : worst;
}

void
report_name_server(const struct target *target, char *out, size_t size)
{
	char host[NAME_SHOWN];

	text_print(host, sizeof(host), "%s", target->host->name);
	if (!target->connects)
		text_print(out, size, "%s", host);
	else
		text_print(out, size, "%s [%s]", host, target->address_text);
}

static void
count_text(const struct counts *counts, char *out, size_t size)
{
	char untested[32] = "";

	out[0] = '\0';
	if (counts->untested > 0)
		text_print(untested, sizeof(untested), ", %u not tested",
		    counts->untested);
	if (counts->servers > 0)
		text_print(out, size, "%u of %u servers OK%s", counts->ok,
		    counts->servers, untested);
}

void
report_counts(const struct report *report, char *out, size_t size)
{
	struct counts counts = count_servers(report);

	count_text(&counts, out, size);
}

static void
score_text(const struct metric *score, struct report_tests tests, char *out,
    size_t size)
{
	size_t used;

	out[0] = '\0';
	if (score != NULL)
		text_print(out, size, "score %.0f", score->value);
	else if (tests.planned > 0)
		text_print(out, size, "no score");
	used = strlen(out);
	if (tests.planned > 0)
		text_print(out + used, size - used, ", %u of %u tests made",
		    tests.made, tests.planned);
}

void
report_server_score(const struct report *report, const struct result *result,
    char *out, size_t size)
{
	struct report_tests tests = {result->tests_made, result->tests_planned};

	out[0] = '\0';
	if (report->scores)
		score_text(
		    result_find_metric(result, "score"), tests, out, size);
}

struct report_tests
report_tests(const struct report *report)
{
	struct report_tests tests = {0, 0};

	for (size_t i = 0; i < report->count; i++) {
		tests.made += report->server[i].result->tests_made;
		tests.planned += report->server[i].result->tests_planned;
	}
	return tests;
}

const struct metric *
report_worst_score(const struct report *report)
{
	const struct report_server *worst = worst_server(report, "score");

	return result_find_metric(
	    worst != NULL ? worst->result : report->set, "score");
}

void
report_score(const struct report *report, char *out, size_t size)
{
	out[0] = '\0';
	if (report->scores)
		score_text(report_worst_score(report), report_tests(report),
		    out, size);
}

void
report_moment(const struct report *report, char *out, size_t size)
{
	char moment[WHEN_TEXT_SIZE];

	out[0] = '\0';
	if (report->at == 0)
		return;
	when_print(report->at, moment);
	text_print(out, size, "as of %s", moment);
}

/* The text of line 1, its end (code, counts and score) never cut. */
static void
headline_text(const struct report *report, const struct headline *headline,
    const struct counts *counts, char out[REPORT_LINE_TEXT + 1])
{
	const struct report_server *server =
	    headline->server != NULL ? headline->server : spokesman(report);
	char name[NAME_SHOWN + INET6_ADDRSTRLEN + 4] = "", code[64] = "";
	char count[96], score[64], moment[64];
	char tail[200], text[REPORT_LINE_TEXT + 1];
	const char *words = server != NULL    ? server->result->summary
	    : report->set->summary[0] != '\0' ? report->set->summary
	    : report->set->count > 0          ? report->set->finding[0].text
					      : "nothing to test";
	size_t room;

	if (headline->finding != NULL) {
		words = headline->finding->text;
		text_print(code, sizeof(code), " (%s)",
		    diagnosis_entry(headline->finding->code)->code);
	}
	if (headline->finding != NULL && headline->server == NULL)
		server = NULL;
	if (server != NULL)
		report_name_server(server->target, name, sizeof(name));
	count_text(counts, count, sizeof(count));
	report_score(report, score, sizeof(score));
	report_moment(report, moment, sizeof(moment));
	text_print(tail, sizeof(tail), "%s%s%s%s%s%s%s", code,
	    count[0] != '\0' ? "; " : "", count, score[0] != '\0' ? "; " : "",
	    score, moment[0] != '\0' ? "; " : "", moment);
	room = REPORT_LINE_TEXT + 1 - strlen(tail);
	text_print(
	    text, room, "%s%s%s", name, server != NULL ? ": " : "", words);
	text_print(out, REPORT_LINE_TEXT + 1, "%s%s", text, tail);
}

/* The worst server's metric. */
static const struct metric *
worst_metric(const struct report *report, const char *label)
{
	const struct report_server *worst = worst_server(report, label);

	return worst != NULL ? result_find_metric(worst->result, label) : NULL;
}

static bool
has_label(const struct metric *metrics, size_t count, const char *label)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(metrics[i].label, label) == 0)
			return true;
	return false;
}

/* The worst of each kind that servers have; not all need have them all. */
static size_t
add_worst(const struct report *report, size_t count,
    struct metric out[REPORT_AGGREGATES_MAX])
{
	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = report->server[i].result;

		for (size_t j = 0; j < result->metric_count; j++) {
			const char *label = result->metric[j].label;

			if (count < REPORT_AGGREGATES_MAX
			    && !has_label(out, count, label))
				out[count++] = *worst_metric(report, label);
		}
	}
	return count;
}

size_t
report_aggregates(
    const struct report *report, struct metric out[REPORT_AGGREGATES_MAX])
{
	struct counts counts = count_servers(report);
	const struct metric *own = result_find_metric(report->set, "time");
	const struct metric *time =
	    own != NULL ? own : worst_metric(report, "time");
	size_t count = 0;

	out[count++] = time != NULL ? *time
				    : (struct metric){.label = "time",
					.unit = "s",
					.value = report->seconds,
					.has_min = true};
	out[count++] = (struct metric){.label = "servers",
	    .unit = "",
	    .value = counts.servers,
	    .has_min = true};
	out[count++] = (struct metric){.label = "servers_ok",
	    .unit = "",
	    .value = counts.ok,
	    .has_min = true,
	    .has_max = true,
	    .max = counts.servers};
	for (size_t i = 0; i < report->set->metric_count; i++)
		if (&report->set->metric[i] != own)
			out[count++] = report->set->metric[i];
	return add_worst(report, count, out);
}

void
report_finding(const struct finding *finding, struct text *out)
{
	text_add_line(out, finding->text);
	text_add(out, " (%s)", diagnosis_entry(finding->code)->code);
}

void
report_describe_server(const struct target *target, struct text *out)
{
	if (target->host->from_mx)
		text_add(out, "%u ", target->host->preference);
	text_add_line(out, target->host->name);
	if (target->connects)
		text_add(out, " [%s]", target->address_text);
	if (target->connects && target_port(target) != 0)
		text_add(out, ":%u", target_port(target));
}

void
report_summary(const struct report *report, char out[REPORT_LINE_TEXT + 1])
{
	struct counts counts = count_servers(report);
	struct headline headline = find_headline(report, &counts);
	char text[REPORT_LINE_TEXT + 1];
	struct text line;

	headline_text(report, &headline, &counts, text);
	text_init(&line, REPORT_LINE_TEXT);
	text_add_line(&line, text);
	text_print(out, REPORT_LINE_TEXT + 1, "%s", line.data);
	text_release(&line);
}

const struct finding *
report_told(const struct report *report)
{
	struct counts counts = count_servers(report);

	return find_headline(report, &counts).finding;
}

void
report_line(
    const char *service, enum state state, const char *text, struct text *out)
{
	char clean[REPORT_LINE_TEXT + 1];

	text_print(clean, sizeof(clean), "%s", text);
	text_add(out, "%s %s - ", service, state_name(state));
	text_add_line(out, clean);
	text_add(out, "\n");
}
