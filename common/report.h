/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - the outcome of a run in the formats that people and programs read
 *
 * Measures nothing and judges nothing; it weighs the servers' states against
 * each other (--quorum) and words them. See the Monitoring Plugins
 * Development Guidelines for the format.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "terminal.h"
#include "text.h"
#include "diagnosis.h"
#include "result.h"
#include "target.h"
#include "facts.h"

enum {
	REPORT_BYTES = 4096,    /* all that Nagios 4 is sure to read */
	REPORT_LINE_TEXT = 200, /* on line 1, between " - " and the bar */
	REPORT_AGGREGATES_MAX = 3 + 2 * METRICS_MAX,
};

/* One target of the run, in their order. */
struct report_server {
	const struct target *target;
	const struct facts *facts; /* NULL: its thread did not come back */
	struct result *result;
};

struct report {
	const char *plugin;  /* "check_mx_banner" */
	const char *version; /* of the suite */
	const char *service; /* "MX_BANNER" */
	const char *domain;  /* NULL: none was given */
	int64_t at;          /* moment of the verdict; 0: now */
	unsigned steps;      /* that the plugin makes: 1U << STEP_... */
	bool scores;         /* tell score, coverage, lost senders */
	const struct domain_facts *domain_facts; /* zeroed: nothing */
	const struct result *set;                /* findings about the domain */
	const struct report_server *server;
	size_t count;
	unsigned quorum;    /* 0: all servers must pass */
	unsigned verbosity; /* number of -v */
	const char *metric; /* whose worst server speaks when all is well;
			       NULL: the first one does */
	bool hosts_count;   /* what is counted are hosts, not addresses */
	double seconds;     /* the whole run took */
};

/* The state that the exit code tells. */
enum state report_state(const struct report *report);

/* Tested, and nothing is wrong there. */
bool report_server_ok(const struct report_server *server);

/*
 * What is shown as a server's state: UNKNOWN where it was not tested, though
 * that counts for nothing.
 */
enum state report_server_state(const struct report_server *server);

/*
 * Status line with perfdata, a line per server, with -v what is behind it.
 * Without -v never more than REPORT_BYTES.
 */
void report_nagios(const struct report *report, struct text *out);

/*
 * One JSON object with all that was found and observed, in the form of
 * contrib/check_mx.schema.json. False if memory, or room in `out`, ran short:
 * then what is in `out` is no JSON.
 */
bool report_json(const struct report *report, struct text *out);

/* The same object in one line. */
bool report_json_line(const struct report *report, struct text *out);

/*
 * Such a line about what could not be checked: that line of the input (plugin
 * and version are the report's, the domain too, NULL: it is none).
 */
bool report_json_refusal(const struct report *report, unsigned long line,
    const char *why, struct text *out);

/*
 * The same where memory is short: it needs none. The domain, if there is one, is
 * as domain_parse() has it.
 */
enum { REPORT_BRIEF_SIZE = 600 };
void report_json_brief(const struct report *report, unsigned long line,
    char out[REPORT_BRIEF_SIZE]);

/* What a line of an output tells to whoever goes on with it. */
struct report_line {
	bool ours; /* an object of one of these plugins */
	bool done; /* and a domain was tested; what follows tells which */
	char domain[DOMAIN_SIZE];
	enum state state;
};
void report_json_read(const char *line, struct report_line *read);

/* Whether bytes begin as such a line does, as far as they go. */
bool report_json_begins(const char *bytes, size_t length);

/*
 * Gauges for Prometheus, in OpenMetrics text that its older format takes, too:
 * the states, the findings told, the metrics of the set and of each server,
 * and whose mail arrives.
 */
void report_openmetrics(const struct report *report, struct text *out);

/*
 * For a person at a terminal: what came of each step at each server, then
 * every finding with its cause and remedy, once however many servers share
 * it, the notes, and the outcome. No line is wider than the terminal.
 */
void report_terminal(const struct report *report,
    const struct terminal *terminal, struct text *out);

/*
 * What line 1 says between state and perfdata: the worst finding with its
 * code, or what there is to say when all is well, and how many servers are OK.
 */
void report_summary(
    const struct report *report, char out[REPORT_LINE_TEXT + 1]);

/*
 * The metrics of the whole set, in the order of line 1: `time`, the counts of
 * servers, then the worst of each kind that servers have. Returns how many.
 */
size_t report_aggregates(
    const struct report *report, struct metric out[REPORT_AGGREGATES_MAX]);

/* The finding that line 1 tells, or NULL. */
const struct finding *report_told(const struct report *report);

/* A run that came to nothing: "SERVICE STATE - text". */
void report_line(
    const char *service, enum state state, const char *text, struct text *out);

/* What the formats word alike: */

/* "text (CODE)". */
void report_finding(const struct finding *finding, struct text *out);

/* "10 mx1.example.com [192.0.2.4]:25", as much of it as there is. */
void report_describe_server(const struct target *target, struct text *out);

/* "mx1.example.com [192.0.2.4]"; a long name is cut. */
void report_name_server(const struct target *target, char *out, size_t size);

/* "2 of 3 servers OK, 1 not tested", "" without any server. */
void report_counts(const struct report *report, char *out, size_t size);

/*
 * "score 86, 41 of 47 tests made", of a server or of all; "" where there is
 * none, or none is asked for.
 */
void report_server_score(const struct report *report,
    const struct result *result, char *out, size_t size);
void report_score(const struct report *report, char *out, size_t size);

/* "as of 2027-02-18T00:00:00Z" with --at, else "". */
void report_moment(const struct report *report, char *out, size_t size);

/* The tests of all servers together. */
struct report_tests {
	unsigned made;
	unsigned planned;
};
struct report_tests report_tests(const struct report *report);

/* The worst score, NULL: none. */
const struct metric *report_worst_score(const struct report *report);

#endif
