/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report_nagios - status line, perfdata and a line per server, within bounds */
#include <stdlib.h>
#include <string.h>

#include "perfdata.h"
#include "evidence.h"
#include "report.h"
#include "report_sender.h"

enum {
	ELLIPSIS_LINE = 40, /* kept free for "... and 128 more OK" */
	NOTES_MAX = 800,    /* for the domain's findings, and for losses */
	OUTPUT_MAX = 1 << 20,
};

static const char LOST[] = "Who loses mail? ";

static void
add_aggregates(const struct report *report, struct text *out)
{
	struct metric metric[REPORT_AGGREGATES_MAX];
	size_t count = report_aggregates(report, metric);

	for (size_t i = 0; i < count; i++) {
		struct perfdata perfdata;

		perfdata_init(&perfdata, NULL, &metric[i]);
		perfdata_add(out, &perfdata);
	}
}

static void
server_perfdata(const struct report *report, const struct report_server *server,
    struct text *out)
{
	(void)report;
	perfdata_add_server(out, server->target, server->result);
}

/* Whether the summary is a note's text, which is told with its code. */
static bool
summary_is_note(const struct result *result)
{
	for (size_t i = 0; i < result->count; i++)
		if (finding_is_told(&result->finding[i])
		    && strcmp(result->finding[i].text, result->summary) == 0)
			return true;
	return false;
}

/* All that is told of a server, or with `whole` false the worst of it. */
static void
add_findings(const struct result *result, bool whole, struct text *out)
{
	const char *separator = "";
	bool well = result_state(result) == STATE_OK && !result->untested;

	if (well && result->summary[0] != '\0' && !summary_is_note(result)) {
		text_add_line(out, result->summary);
		separator = "; ";
	}
	for (size_t i = 0; i < result->count && (whole || i == 0); i++) {
		const struct finding *finding = &result->finding[i];

		if (!finding_is_told(finding))
			continue;
		text_add(out, "%s", separator);
		report_finding(finding, out);
		separator = "; ";
	}
}

static void
add_score(
    const struct report *report, const struct result *result, struct text *out)
{
	char score[64];

	report_server_score(report, result, score, sizeof(score));
	if (score[0] != '\0')
		text_add(out, "; %s", score);
}

static void
add_server(const struct report *report, const struct report_server *server,
    bool whole, struct text *out)
{
	text_add(out, "[%s] ", state_name(report_server_state(server)));
	report_describe_server(server->target, out);
	text_add(out, " - ");
	add_findings(server->result, whole, out);
	if (whole)
		add_score(report, server->result, out);
	text_add(out, "\n");
}

/* Makes one part of the output about one server. */
typedef void part_maker(const struct report *report,
    const struct report_server *server, struct text *out);

static void
server_line(const struct report *report, const struct report_server *server,
    struct text *out)
{
	add_server(report, server, true, out);
}

static void
short_line(const struct report *report, const struct report_server *server,
    struct text *out)
{
	add_server(report, server, false, out);
}

static void
set_lines(
    const struct report *report, const struct finding *told, struct text *out)
{
	const struct result *set = report->set;

	for (size_t i = 0; i < set->count; i++) {
		const struct finding *finding = &set->finding[i];

		if (finding == told
		    || (report->verbosity == 0 && !finding_is_told(finding)))
			continue;
		if (finding->state == STATE_OK)
			text_add(out, "note: ");
		else
			text_add(out, "[%s] ", state_name(finding->state));
		report_finding(finding, out);
		text_add(out, "\n");
	}
}

/* What was observed of the domain, under its name. */
static void
add_domain(const struct report *report, struct text *out)
{
	struct text lines;

	text_init(&lines, OUTPUT_MAX);
	evidence_domain(&report->domain_facts->mtasts, &lines);
	if (lines.length > 0)
		text_add(out, "%s:\n", report->domain);
	text_add_bytes(out, lines.data, lines.length);
	text_release(&lines);
}

/* All that -v, -vv and -vvv ask for; the length is the reader's choice. */
static void
add_everything(
    const struct report *report, const struct finding *told, struct text *out)
{
	for (size_t i = 0; i < report->count; i++) {
		server_line(report, &report->server[i], out);
		evidence_add(report->server[i].facts, report->server[i].result,
		    report->verbosity, out);
	}
	add_domain(report, out);
	set_lines(report, told, out);
	if (report->verbosity >= 2)
		evidence_remedies(report->set, 0, out);
	report_lost_senders(report, LOST, out);
}

/* Which parts of the output there is room for. */
struct plan {
	bool *line;     /* of each server, at least its worst finding */
	bool *whole;    /* and all of it */
	bool *perfdata; /* of each server */
	size_t left;    /* bytes */
};

static void
plan_part(struct plan *plan, bool *kept, const struct text *part)
{
	*kept = part->length <= plan->left;
	if (*kept)
		plan->left -= part->length;
}

/* One kind of part, for the servers that are well or for the others. */
static void
plan_parts(struct plan *plan, const struct report *report, bool well,
    bool *kept, part_maker *make)
{
	for (size_t i = 0; i < report->count; i++) {
		struct text part;

		if (report_server_ok(&report->server[i]) != well)
			continue;
		text_init(&part, REPORT_BYTES);
		make(report, &report->server[i], &part);
		plan_part(plan, &kept[i], &part);
		text_release(&part);
	}
}

static void
add_rest(const struct report *report, const struct plan *plan, bool well,
    const char *what, struct text *out)
{
	unsigned rest = 0;

	for (size_t i = 0; i < report->count; i++)
		rest += !plan->line[i]
		    && report_server_ok(&report->server[i]) == well;
	if (rest > 0)
		text_add(out, "... and %u more%s\n", rest, what);
}

/* Lines kept short so far grow to their whole length where there is room. */
static void
plan_whole_lines(struct plan *plan, const struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		struct text whole, part;

		if (!plan->line[i])
			continue;
		text_init(&whole, REPORT_BYTES);
		text_init(&part, REPORT_BYTES);
		server_line(report, &report->server[i], &whole);
		short_line(report, &report->server[i], &part);
		plan->whole[i] = whole.length - part.length <= plan->left;
		if (plan->whole[i])
			plan->left -= whole.length - part.length;
		text_release(&whole);
		text_release(&part);
	}
}

/*
 * Lines of healthy servers give way first, then what the others' lines tell
 * beside the worst, then perfdata of healthy servers; so they are planned in
 * the opposite order.
 */
static void
make_plan(struct plan *plan, const struct report *report, size_t used)
{
	size_t reserve = used + (size_t)2 * ELLIPSIS_LINE;

	plan->left = reserve < REPORT_BYTES ? REPORT_BYTES - reserve : 0;
	plan_parts(plan, report, false, plan->line, short_line);
	plan_parts(plan, report, false, plan->perfdata, server_perfdata);
	plan_parts(plan, report, true, plan->perfdata, server_perfdata);
	plan_whole_lines(plan, report);
	plan_parts(plan, report, true, plan->line, server_line);
}

/* Whole lines as far as they fit; the rest is counted. */
static void
add_lines(const struct text *lines, size_t max, struct text *out)
{
	const char *at = lines->data;
	unsigned left_out = 0;

	while (*at != '\0') {
		size_t length = strcspn(at, "\n") + 1;

		if (out->length + length + ELLIPSIS_LINE <= max)
			text_add_bytes(out, at, length);
		else
			left_out++;
		at += length;
	}
	if (left_out > 0)
		text_add(out, "... and %u more of the domain\n", left_out);
}

/* What goes below the servers' lines: the domain's findings, and losses. */
static void
word_notes(
    const struct report *report, const struct finding *told, struct text *notes)
{
	struct text lines, losses;

	text_init(&lines, OUTPUT_MAX);
	text_init(&losses, OUTPUT_MAX);
	set_lines(report, told, &lines);
	report_lost_senders(report, LOST, &losses);
	add_lines(&lines, NOTES_MAX, notes);
	add_lines(&losses, (size_t)2 * NOTES_MAX, notes);
	text_release(&lines);
	text_release(&losses);
}

static void
add_within_bounds(
    const struct report *report, const struct finding *told, struct text *out)
{
	struct text notes;
	struct plan plan = {
	    .line = calloc(report->count + 1, sizeof(bool)),
	    .whole = calloc(report->count + 1, sizeof(bool)),
	    .perfdata = calloc(report->count + 1, sizeof(bool)),
	};

	text_init(&notes, REPORT_BYTES);
	word_notes(report, told, &notes);
	if (plan.line != NULL && plan.whole != NULL && plan.perfdata != NULL) {
		make_plan(&plan, report, out->length + notes.length + 1);
		for (size_t i = 0; i < report->count; i++)
			if (plan.perfdata[i])
				server_perfdata(
				    report, &report->server[i], out);
		text_add(out, "\n");
		for (size_t i = 0; i < report->count; i++)
			if (plan.line[i])
				add_server(report, &report->server[i],
				    plan.whole[i]
					|| report_server_ok(&report->server[i]),
				    out);
		add_rest(report, &plan, false, " with findings", out);
		add_rest(report, &plan, true, " OK", out);
	}
	text_add_bytes(out, notes.data, notes.length);
	text_release(&notes);
	free(plan.line);
	free(plan.whole);
	free(plan.perfdata);
}

void
report_nagios(const struct report *report, struct text *out)
{
	const struct finding *told = report_told(report);
	char text[REPORT_LINE_TEXT + 1];

	report_summary(report, text);
	text_add(out, "%s %s - %s |", report->service,
	    state_name(report_state(report)), text);
	add_aggregates(report, out);
	if (report->verbosity == 0) {
		add_within_bounds(report, told, out);
		return;
	}
	for (size_t i = 0; i < report->count; i++)
		server_perfdata(report, &report->server[i], out);
	text_add(out, "\n");
	add_everything(report, told, out);
}
