/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_terminal - the outcome of a run for a person at a terminal
 *
 * What matters most comes last, above the prompt. Marks are words, so that
 * they are understood without colour and found by grep.
 */
#include <stdarg.h>
#include <string.h>

#include "explain.h"
#include "evidence.h"
#include "report_matter.h"
#include "report_sender.h"
#include "report_stage.h"

enum {
	TITLE_INDENT = 2,
	REMEDY_INDENT = 2,
	MARK_WIDTH = 5,    /* with its blank */
	FACT_COLUMN = 28,  /* of the facts in a server's block */
	PROSE_WIDTH = 100, /* longer lines of prose are hard to read */
	TEXT_MAX = 1 << 20,
};

/* What all parts of the report are written on. */
struct page {
	const struct report *report;
	bool colour;
	size_t width; /* of facts; the last column stays empty */
	size_t prose; /* of texts */
	struct text *out;
};

/* How a state looks: as a mark of four letters, and in which colour (SGR). */
struct mark {
	const char *word;
	const char *colour;
};

static const struct mark untested_mark = {"--", "36"};

static struct mark
mark_of(enum state state)
{
	static const struct mark marks[] = {
	    [STATE_OK] = {"ok", "32"},
	    [STATE_WARNING] = {"WARN", "1;33"},
	    [STATE_CRITICAL] = {"CRIT", "1;31"},
	    [STATE_UNKNOWN] = {"UNKN", "1;35"},
	};

	return marks[state];
}

/* A word of our own, in colour if there is any. */
static void
paint(const struct page *page, const char *colour, const char *word)
{
	if (page->colour)
		text_add(page->out, "\033[%sm%s\033[0m", colour, word);
	else
		text_add(page->out, "%s", word);
}

static void
add_mark(const struct page *page, struct mark mark)
{
	paint(page, mark.colour, mark.word);
	text_add(page->out, "%*s", (int)(MARK_WIDTH - strlen(mark.word)), "");
}

/* "[CRITICAL] ", then a line of text folded behind it. */
static void
add_title(const struct page *page, const char *colour, const char *word,
    const char *line)
{
	text_add(page->out, "[");
	paint(page, colour, word);
	text_add(page->out, "] ");
	text_add_folded(
	    page->out, line, TITLE_INDENT, strlen(word) + 3, page->width);
}

/* The domain, or the hosts that were given instead. */
static void
name_subject(const struct report *report, struct text *out)
{
	if (report->domain != NULL) {
		text_add(out, " %s", report->domain);
		return;
	}
	for (size_t i = 0; i < report->count; i++) {
		const struct target *target = report->server[i].target;

		if (target->first) {
			text_add(out, " ");
			text_add_line(out, target->host->name);
		}
	}
}

static void
add_heading(const struct page *page)
{
	const struct report *report = page->report;
	enum state state = report_state(report);
	char moment[64];
	struct text line;

	text_init(&line, TEXT_MAX);
	text_add(&line, "%s", report->plugin);
	name_subject(report, &line);
	report_moment(report, moment, sizeof(moment));
	if (moment[0] != '\0')
		text_add(&line, ", %s", moment);
	add_title(page, mark_of(state).colour, state_name(state), line.data);
	text_release(&line);
}

/* What is about the domain, not about one of its servers. */
static void
add_set(const struct page *page)
{
	const struct result *set = page->report->set;

	for (size_t i = 0; i < set->count; i++) {
		const struct finding *finding = &set->finding[i];
		bool note = finding->state == STATE_OK;
		struct text line;

		if (!finding_is_told(finding))
			continue;
		text_init(&line, TEXT_MAX);
		report_finding(finding, &line);
		text_add(page->out, "%*s", TITLE_INDENT, "");
		add_mark(page, note ? untested_mark : mark_of(finding->state));
		text_add_folded(page->out, line.data, TITLE_INDENT + MARK_WIDTH,
		    TITLE_INDENT + MARK_WIDTH, page->width);
		text_release(&line);
	}
}

/* Always seven columns: "0.012 s", "12.34 s", "123.4 s". */
static void
add_seconds(const struct page *page, double seconds)
{
	int decimals = seconds < 10 ? 3 : seconds < 100 ? 2 : 1;

	if (seconds > 0)
		text_add(page->out, "%5.*f s", decimals, seconds);
	else
		text_add(page->out, "%7s", "");
}

static void
add_stage(const struct page *page, const struct stage *stage)
{
	bool untested = !stage->tested && stage->state == STATE_OK;

	text_add(page->out, "%*s", TITLE_INDENT, "");
	add_mark(page, untested ? untested_mark : mark_of(stage->state));
	text_add(page->out, "%-11s ", stage->name);
	add_seconds(page, stage->seconds);
	text_add(page->out, "  ");
	text_add_folded(page->out, stage->lines.data, FACT_COLUMN, FACT_COLUMN,
	    page->width);
}

/* The domain's own stage. */
static void
add_policy(const struct page *page)
{
	const struct mtasts *mtasts = &page->report->domain_facts->mtasts;
	struct stage stage = {.name = "MTA-STS", .tested = true};

	text_init(&stage.lines, TEXT_MAX);
	evidence_policy(mtasts, &stage.lines);
	text_add(&stage.lines, "\n");
	if (mtasts->valid)
		add_stage(page, &stage);
	stage_release(&stage);
}

/* Lines that bring their own indentation. */
static void
add_evidence(const struct page *page, char *lines)
{
	const char *line;

	while ((line = strsep(&lines, "\n")) != NULL) {
		size_t indent = strspn(line, " ");

		text_add_folded(
		    page->out, line + indent, indent, 0, page->width);
	}
}

static void
add_details(const struct page *page, const struct facts *facts)
{
	struct text lines;

	text_init(&lines, TEXT_MAX);
	if (page->report->verbosity >= 1)
		evidence_observed(facts, &lines);
	if (page->report->verbosity >= 3)
		evidence_dialogue(facts, &lines);
	add_evidence(page, lines.data);
	text_release(&lines);
}

static void
add_server(const struct page *page, const struct report_server *server)
{
	const enum stage_kind *order = stage_order(server);
	enum state state = report_server_state(server);
	char score[64];
	struct text line;

	text_init(&line, TEXT_MAX);
	report_describe_server(server->target, &line);
	report_server_score(page->report, server->result, score, sizeof(score));
	if (score[0] != '\0')
		text_add(&line, " - %s", score);
	text_add(page->out, "\n");
	add_title(page, mark_of(state).colour, state_name(state), line.data);
	text_release(&line);
	for (int i = 0; i < STAGES; i++) {
		struct stage stage;

		if (stage_describe(&stage, order[i], page->report, server))
			add_stage(page, &stage);
		stage_release(&stage);
	}
	if (server->facts != NULL)
		add_details(page, server->facts);
}

/* A finding with what to do about it, once for all who share it. */
static void
add_finding(const struct page *page, const struct finding *finding)
{
	const struct diagnosis_entry *entry = diagnosis_entry(finding->code);
	struct text text;

	text_init(&text, TEXT_MAX);
	text_add(&text, "%s: %s", entry->code, entry->title);
	text_add(page->out, "\n");
	add_mark(page, mark_of(finding->state));
	text_add_folded(
	    page->out, text.data, MARK_WIDTH, MARK_WIDTH, page->prose);
	text_release(&text);
	matter_places(page->report, finding->code, false, &text);
	if (page->report->count > 1)
		explain_part(
		    "where:", text.data, REMEDY_INDENT, page->prose, page->out);
	explain_remedy(finding->code, REMEDY_INDENT, page->prose, page->out);
	text_release(&text);
}

/* Worst first, then in the order of the table; returns how many. */
static unsigned
add_findings(const struct page *page)
{
	static const enum state order[] = {
	    STATE_CRITICAL, STATE_WARNING, STATE_UNKNOWN};
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		for (int code = 0; code < DIAGNOSIS_END; code++) {
			const struct finding *finding =
			    matter_worst(page->report, (enum diagnosis)code);

			if (finding == NULL || finding->state != order[i])
				continue;
			add_finding(page, finding);
			count++;
		}
	return count;
}

static void
add_note(const struct page *page, enum diagnosis code, const char *words)
{
	struct text line, places;

	text_init(&line, TEXT_MAX);
	text_init(&places, TEXT_MAX);
	text_add_line(&line, words);
	text_add(&line, " (%s)", diagnosis_entry(code)->code);
	matter_places(page->report, code, true, &places);
	if (page->report->count > 1)
		text_add(&line, ": %s", places.data);
	text_add(page->out, "%*s", TITLE_INDENT, "");
	text_add_folded(page->out, line.data, 2 * TITLE_INDENT,
	    2 * TITLE_INDENT, page->prose);
	text_release(&places);
	text_release(&line);
}

/* Those that were not told in the blocks; returns how many. */
static unsigned
add_notes(const struct page *page)
{
	unsigned count = 0;

	for (int i = 0; i < DIAGNOSIS_END; i++) {
		enum diagnosis code = (enum diagnosis)i;
		const char *words = matter_note(page->report, code);

		if (words == NULL)
			continue;
		if (count++ == 0)
			text_add(page->out,
			    "\nNotes (--explain=CODE tells more):\n");
		add_note(page, code, words);
	}
	return count;
}

/* One line each. */
static void
add_senders(const struct page *page)
{
	struct text lines;
	char *rest;
	const char *line;

	text_init(&lines, TEXT_MAX);
	report_lost_senders(page->report, "", &lines);
	if (page->report->scores)
		text_add(page->out, "\nWho loses mail?\n");
	if (page->report->scores && lines.length == 0)
		text_add(page->out, "%*s%s\n", TITLE_INDENT, "",
		    report_knows_senders(page->report)
			? "nobody, as far as was tested"
			: "not known, nothing was tested");
	for (rest = lines.data; (line = strsep(&rest, "\n")) != NULL;) {
		if (*line == '\0')
			continue;
		text_add(page->out, "%*s", TITLE_INDENT, "");
		text_add_folded(page->out, line, 2 * TITLE_INDENT,
		    2 * TITLE_INDENT, page->prose);
	}
	text_release(&lines);
}

static void
add_outcome(const struct page *page, unsigned findings, unsigned notes)
{
	const struct report *report = page->report;
	enum state state = report_state(report);
	char counts[96], score[64];
	struct text line;

	text_init(&line, TEXT_MAX);
	report_counts(report, counts, sizeof(counts));
	text_add(&line, "%s", counts[0] != '\0' ? counts : "no server to test");
	if (report->quorum > 0)
		text_add(&line, " (--quorum=%u)", report->quorum);
	report_score(report, score, sizeof(score));
	if (score[0] != '\0')
		text_add(&line, "; %s", score);
	text_add(&line, "; %u finding%s, %u note%s; %.3f s", findings,
	    findings == 1 ? "" : "s", notes, notes == 1 ? "" : "s",
	    report->seconds);
	text_add(page->out, "\n");
	add_title(page, mark_of(state).colour, state_name(state), line.data);
	text_release(&line);
}

void
report_terminal(const struct report *report, const struct terminal *terminal,
    struct text *out)
{
	size_t width = terminal->width - 1;
	struct page page = {
	    .report = report,
	    .colour = terminal->colour,
	    .width = width,
	    .prose = width < PROSE_WIDTH ? width : PROSE_WIDTH,
	    .out = out,
	};
	unsigned findings, notes;

	add_heading(&page);
	add_policy(&page);
	add_set(&page);
	for (size_t i = 0; i < report->count; i++)
		add_server(&page, &report->server[i]);
	findings = add_findings(&page);
	notes = add_notes(&page);
	add_senders(&page);
	add_outcome(&page, findings, notes);
}
