/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_report - the outcome of a run as a monitoring engine reads it */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judging.h"
#include "report.h"
#include "unit.h"

static struct severities severities;
static struct result set;
static struct target_host hosts[TARGETS_MAX];
static struct target targets[TARGETS_MAX];
static struct result results[TARGETS_MAX];
static struct report_server servers[TARGETS_MAX];
static struct domain_facts domain; /* nothing */
static struct report report;

static void
start(void)
{
	severities_init(&severities, NULL);
	result_init(&set, &severities);
	memset(hosts, 0, sizeof(hosts));
	memset(targets, 0, sizeof(targets));
	report = (struct report){
	    .service = "MX_TEST",
	    .domain_facts = &domain,
	    .set = &set,
	    .server = servers,
	    .metric = "time",
	    .seconds = 0.5,
	};
}

/* A server of its own host that is well. */
static struct result *
add_server(const char *name, const char *address)
{
	size_t place = report.count++;
	struct result *result = &results[place];

	text_print(hosts[place].name, DOMAIN_SIZE, "%s", name);
	hosts[place].from_mx = true;
	hosts[place].preference = 10 * (unsigned)report.count;
	targets[place].host = &hosts[place];
	targets[place].first = true;
	if (address != NULL)
		judging_address(&targets[place], address, 25);
	result_init(result, &severities);
	text_print(result->summary, sizeof(result->summary), "all is well");
	servers[place] = (struct report_server){&targets[place], NULL, result};
	return result;
}

static void
add_metric(struct result *result, const char *label, const char *unit,
    double value, enum metric_worst worst)
{
	result_metric(result,
	    &(struct metric){.label = label,
		.unit = unit,
		.value = value,
		.worst = worst,
		.has_min = strcmp(unit, "s") == 0});
}

static void
add_score(struct result *result, double score, unsigned made)
{
	add_metric(result, "score", "", score, METRIC_LOWEST);
	result->tests_made = made;
	result->tests_planned = 55;
}

static struct text out;

static const char *
print(void)
{
	text_release(&out);
	text_init(&out, (size_t)1 << 20);
	report_nagios(&report, &out);
	return out.data;
}

/* The rules of line 1; its text and perfdata for a closer look. */
struct first_line {
	char text[1024];
	char perfdata[REPORT_BYTES];
};

static const struct first_line *
read_first_line(const char *output)
{
	static struct first_line line;
	const char *start_of_text = strstr(output, " - ");
	const char *bar = strchr(output, '|'), *end = strchr(output, '\n');

	assert_non_null(start_of_text);
	assert_non_null(end);
	assert_true(bar != NULL && start_of_text < bar && bar < end);
	assert_int_equal(bar[-1], ' ');
	assert_int_equal(bar[1], ' ');
	assert_null(strchr(bar + 1, '|'));
	text_print(line.text, sizeof(line.text), "%.*s",
	    (int)(bar - 1 - start_of_text - 3), start_of_text + 3);
	text_print(line.perfdata, sizeof(line.perfdata), "%.*s",
	    (int)(end - bar - 2), bar + 2);
	assert_true(strlen(line.text) <= REPORT_LINE_TEXT);
	return &line;
}

#define ITEM                                                                   \
	"[a-z0-9_.-]+=-?[0-9]+(\\.[0-9]+)?[a-z%]*"                             \
	"(;[-0-9.:@~]*){0,4}"

static void
assert_is_perfdata(const char *perfdata)
{
	regex_t pattern;

	assert_int_equal(regcomp(&pattern, "^" ITEM "( " ITEM ")*$",
			     REG_EXTENDED | REG_NOSUB),
	    0);
	if (regexec(&pattern, perfdata, 0, NULL, 0) != 0)
		assert_string_equal(perfdata, "perfdata");
	regfree(&pattern);
}

static void
prints_all(void **state)
{
	struct result *well, *ill;

	(void)state;
	start();
	well = add_server("mx1.example.com", "192.0.2.4");
	add_metric(well, "time", "s", 0.12, METRIC_HIGHEST);
	add_metric(well, "days", "", 61, METRIC_LOWEST);
	ill = add_server("mx2.example.com", "192.0.2.5");
	add_metric(ill, "time", "s", 0.21, METRIC_HIGHEST);
	add_metric(ill, "days", "", -4, METRIC_LOWEST);
	result_add(ill, CERT_EXPIRED, "certificate expired 3 days ago");
	assert_string_equal(print(),
	    "MX_TEST CRITICAL - mx2.example.com [192.0.2.5]: certificate "
	    "expired 3 days ago (CERT_EXPIRED); 1 of 2 servers OK"
	    " | time=0.210s;;;0 servers=2;;;0 servers_ok=1;;;0;2 days=-4"
	    " mx1.example.com_v4_time=0.120s;;;0 mx1.example.com_v4_days=61"
	    " mx2.example.com_v4_time=0.210s;;;0 mx2.example.com_v4_days=-4\n"
	    "[OK] 10 mx1.example.com [192.0.2.4]:25 - all is well\n"
	    "[CRITICAL] 20 mx2.example.com [192.0.2.5]:25 - certificate "
	    "expired 3 days ago (CERT_EXPIRED)\n");
	assert_int_equal(report_state(&report), STATE_CRITICAL);
}

static void
prints_well(void **state)
{
	const struct first_line *line;

	(void)state;
	start();
	add_server("mx1.example.com", "192.0.2.4");
	line = read_first_line(print());
	assert_string_equal(line->text,
	    "mx1.example.com [192.0.2.4]: all is well; 1 of 1 servers OK");
	assert_contains(line->perfdata, "time=0.500s;;;0 ");
	assert_int_equal(strncmp(out.data, "MX_TEST OK - ", 13), 0);
}

static const struct bound_case {
	const char *sentence;
	size_t servers;
	size_t name; /* bytes of each host name */
	size_t ill;  /* every so many servers; 0: none */
	size_t text; /* bytes of a finding */
	bool scores;
} bound_cases[] = {
    {"One server fits.", 1, 20, 0, 0, false},
    {"40 healthy servers fit.", 40, 20, 0, 0, false},
    {"40 healthy servers with the longest names fit.", 40, 253, 0, 0, false},
    {"40 servers, some of them ill, fit.", 40, 253, 7, 350, false},
    {"128 healthy servers fit.", 128, 20, 0, 0, false},
    {"128 healthy servers with the longest names fit.", 128, 253, 0, 0, false},
    {"128 servers, some of them ill, fit.", 128, 253, 10, 350, false},
    {"128 ill servers fit.", 128, 253, 1, 350, false},
    {"One ill server with the longest name and text fits.", 1, 253, 1, 399,
	false},
    {"One server with its score fits.", 1, 20, 0, 0, true},
    {"128 healthy servers with scores fit.", 128, 20, 0, 0, true},
    {"40 servers with scores, some of them ill, fit.", 40, 253, 7, 350, true},
    {"128 ill servers that lose all mail fit.", 128, 253, 1, 350, true},
};

static void
fill(const struct bound_case *row)
{
	char name[DOMAIN_SIZE], text[FINDING_TEXT_SIZE], address[32];

	start();
	report.scores = row->scores;
	memset(text, 't', row->text);
	text[row->text] = '\0';
	for (size_t i = 0; i < row->servers; i++) {
		struct result *result;

		text_print(name, row->name + 1, "mx%03zu.%0*d", i, 250, 0);
		memcpy(name + row->name - 3, "com", 3);
		snprintf(address, sizeof(address), "192.0.2.%zu", i);
		result = add_server(name, address);
		add_metric(result, "time", "s", 0.1, METRIC_HIGHEST);
		add_metric(result, "days", "", 61, METRIC_LOWEST);
		add_metric(result, "tls", "", 1.3, METRIC_LOWEST);
		if (row->scores)
			add_score(result, 100, 55);
		if (row->ill != 0 && i % row->ill == 0)
			result_add(result, TLS_HANDSHAKE, "%s", text);
	}
}

static size_t
count_lines(const char *output, const char *beginning)
{
	size_t count = 0;

	for (; *output != '\0'; output = strchr(output, '\n') + 1)
		count += strncmp(output, beginning, strlen(beginning)) == 0;
	return count;
}

/* N of "... and N more WHAT". */
static size_t
count_rest(const char *output, const char *what)
{
	static const char beginning[] = "\n... and ";
	size_t count = 0;

	while ((output = strstr(output, beginning)) != NULL) {
		char *end;
		size_t number = strtoul(output + strlen(beginning), &end, 10);

		if (strncmp(end, what, strlen(what)) == 0)
			count += number;
		output = end;
	}
	return count;
}

static void
stays_within_bounds(void **state)
{
	const struct bound_case *row = *state;
	const struct first_line *line;
	size_t ill =
	    row->ill == 0 ? 0 : (row->servers + row->ill - 1) / row->ill;
	char counts[64];

	fill(row);
	print();
	assert_true(out.length <= REPORT_BYTES);
	assert_false(out.cut);
	assert_int_equal(out.data[out.length - 1], '\n');
	line = read_first_line(out.data);
	assert_is_perfdata(line->perfdata);
	snprintf(counts, sizeof(counts), "servers=%zu;;;0 servers_ok=%zu;",
	    row->servers, row->servers - ill);
	assert_contains(line->perfdata, counts);
	assert_contains(line->perfdata, " days=61");
	assert_contains(line->perfdata, " tls=1.3");
	if (ill > 0)
		assert_contains(line->text, "(TLS_HANDSHAKE)");
	assert_int_equal(
	    count_lines(out.data, "[OK] ") + count_rest(out.data, " more OK"),
	    row->servers - ill);
	assert_int_equal(count_lines(out.data, "[CRITICAL] ")
		+ count_rest(out.data, " more with findings"),
	    ill);
}

/* What gives way: lines of healthy servers first. */
static void
drops_healthy_lines_first(void **state)
{
	static const struct bound_case many = {NULL, 30, 16, 8, 60, false};
	const char *output;

	(void)state;
	fill(&many);
	output = print();
	assert_int_equal(count_lines(output, "[CRITICAL] "), 4);
	assert_in_range(count_lines(output, "[OK] "), 1, 25);
	assert_int_equal(count_rest(output, " more with findings"), 0);
}

static void
tells_all_when_asked(void **state)
{
	static const struct bound_case many = {NULL, 128, 253, 2, 350, false};

	(void)state;
	fill(&many);
	report.verbosity = 1;
	print();
	assert_int_equal(count_lines(out.data, "[OK] "), 64);
	assert_int_equal(count_lines(out.data, "[CRITICAL] "), 64);
	assert_contains(out.data, "mx127.");
}

static const struct quorum_case {
	const char *sentence;
	unsigned quorum;
	enum diagnosis findings[3]; /* of three servers; DIAGNOSIS_END: well */
	enum state state;
} quorum_cases[] = {
    {"Without a quorum one failure is CRITICAL.", 0,
	{CERT_EXPIRED, DIAGNOSIS_END, DIAGNOSIS_END}, STATE_CRITICAL},
    {"One failure with two servers left of two is WARNING.", 2,
	{CERT_EXPIRED, DIAGNOSIS_END, DIAGNOSIS_END}, STATE_WARNING},
    {"One failure with two servers left of three is CRITICAL.", 3,
	{CERT_EXPIRED, DIAGNOSIS_END, DIAGNOSIS_END}, STATE_CRITICAL},
    {"A server with a WARNING counts for the quorum.", 2,
	{CERT_EXPIRED, BANNER_MASKED, DIAGNOSIS_END}, STATE_WARNING},
    {"Two failures with one server left of one are WARNING.", 1,
	{CERT_EXPIRED, TCP_REFUSED, DIAGNOSIS_END}, STATE_WARNING},
    {"Three failures are CRITICAL.", 1,
	{CERT_EXPIRED, TCP_REFUSED, TCP_TIMEOUT}, STATE_CRITICAL},
    {"A quorum makes nothing worse.", 3,
	{DIAGNOSIS_END, DIAGNOSIS_END, DIAGNOSIS_END}, STATE_OK},
    {"A quorum leaves UNKNOWN as it is.", 1,
	{RELAY_INCONCLUSIVE, DIAGNOSIS_END, DIAGNOSIS_END}, STATE_UNKNOWN},
};

static void
obeys_quorum(void **state)
{
	const struct quorum_case *row = *state;
	char address[32], beginning[64];

	start();
	report.quorum = row->quorum;
	for (int i = 0; i < 3; i++) {
		struct result *result;

		snprintf(address, sizeof(address), "192.0.2.%d", i);
		result = add_server("mx.example.com", address);
		if (row->findings[i] != DIAGNOSIS_END)
			result_add(result, row->findings[i], "text");
	}
	assert_int_equal(report_state(&report), row->state);
	snprintf(beginning, sizeof(beginning), "MX_TEST %s - ",
	    state_name(row->state));
	assert_int_equal(strncmp(print(), beginning, strlen(beginning)), 0);
}

static void
leaves_the_untested_out_of_the_quorum(void **state)
{
	(void)state;
	start();
	report.quorum = 1;
	result_add(add_server("mx1.example.com", "192.0.2.4"), TCP_REFUSED,
	    "connection refused");
	add_server("mx1.example.com", "2001:db8::4")->untested = true;
	assert_int_equal(report_state(&report), STATE_CRITICAL);
}

static void
leaves_the_domain_to_no_quorum(void **state)
{
	(void)state;
	start();
	report.quorum = 1;
	add_server("mx1.example.com", "192.0.2.4");
	result_add(&set, DNS_NULL_MX_MIXED, "example.com: a null MX");
	assert_int_equal(report_state(&report), STATE_CRITICAL);
}

static void
leads_with_the_worst(void **state)
{
	(void)state;
	start();
	result_add(add_server("mx1.example.com", "192.0.2.4"), BANNER_MASKED,
	    "masked");
	result_add(
	    add_server("mx2.example.com", "192.0.2.5"), TCP_REFUSED, "refused");
	assert_contains(read_first_line(print())->text,
	    "mx2.example.com [192.0.2.5]: refused (TCP_REFUSED)");
}

/* DESIGN 10: of two equally bad findings the preferred server's comes first. */
static void
leads_with_the_preferred(void **state)
{
	(void)state;
	start();
	result_add(add_server("mx1.example.com", "192.0.2.4"), CERT_UNTRUSTED,
	    "untrusted");
	result_add(
	    add_server("mx2.example.com", "192.0.2.5"), TCP_REFUSED, "refused");
	assert_contains(read_first_line(print())->text,
	    "mx1.example.com [192.0.2.4]: untrusted (CERT_UNTRUSTED)");
}

static void
leads_with_the_domain(void **state)
{
	(void)state;
	start();
	result_add(&set, DNS_NXDOMAIN, "example.com: domain does not exist");
	assert_string_equal(print(),
	    "MX_TEST CRITICAL - example.com: domain does not exist "
	    "(DNS_NXDOMAIN) | time=0.500s;;;0 servers=0;;;0 "
	    "servers_ok=0;;;0;0\n");
}

static void
takes_the_worst_of_each_metric(void **state)
{
	struct result *result;

	(void)state;
	start();
	result = add_server("mx1.example.com", "192.0.2.4");
	add_metric(result, "time", "s", 0.3, METRIC_HIGHEST);
	add_metric(result, "days", "", 61, METRIC_LOWEST);
	result = add_server("mx2.example.com", "192.0.2.5");
	add_metric(result, "time", "s", 0.1, METRIC_HIGHEST);
	add_metric(result, "days", "", 12, METRIC_LOWEST);
	assert_contains(read_first_line(print())->perfdata,
	    "time=0.300s;;;0 servers=2;;;0 servers_ok=2;;;0;2 days=12 ");
}

static void
is_unknown_if_nothing_was_tested(void **state)
{
	struct result *result;

	(void)state;
	start();
	result = add_server("mx1.example.com", "2001:db8::25");
	result->untested = true;
	result_add(result, TCP_NO_ROUTE_V6, "no IPv6 route");
	assert_int_equal(report_state(&report), STATE_UNKNOWN);
	assert_contains(read_first_line(print())->text, "(TCP_NO_ROUTE_V6)");
	assert_contains(out.data, "\n[UNKNOWN] 10 mx1.example.com ");
}

/* Notes of another matter may come before it in the table. */
static void
says_why_nothing_was_tested(void **state)
{
	struct result *result;

	(void)state;
	start();
	result = add_server("mx1.example.com", "10.0.0.1");
	result_add_as(result, DNS_MX_PRIVATE, STATE_OK, "private address");
	result_add_as(result, NOT_TESTED, STATE_OK, "DANE not tested");
	result_leave_untested(result, NOT_TESTED);
	assert_int_equal(report_state(&report), STATE_UNKNOWN);
	assert_contains(
	    read_first_line(print())->text, "DANE not tested (NOT_TESTED)");
}

static void
is_ok_if_one_was_tested(void **state)
{
	struct result *result;

	(void)state;
	start();
	add_server("mx1.example.com", "192.0.2.4");
	result = add_server("mx1.example.com", "2001:db8::25");
	result->untested = true;
	result_add(result, TCP_NO_ROUTE_V6, "no IPv6 route");
	assert_int_equal(report_state(&report), STATE_OK);
	assert_contains(
	    read_first_line(print())->text, "1 of 2 servers OK, 1 not tested");
	assert_contains(out.data, "no IPv6 route (TCP_NO_ROUTE_V6)");
}

static void
counts_no_host_without_address(void **state)
{
	(void)state;
	start();
	add_server("mx1.example.com", "192.0.2.4");
	result_add(add_server("mx2.example.com", NULL), DNS_MX_NO_ADDRESS,
	    "host has no address");
	assert_contains(read_first_line(print())->text,
	    "mx2.example.com: host has no address (DNS_MX_NO_ADDRESS); 1 of 1 "
	    "servers OK");
	assert_contains(
	    out.data, "\n[CRITICAL] 20 mx2.example.com - host has no address");
}

static void
disarms_text(void **state)
{
	struct result *result;

	(void)state;
	start();
	result = add_server("mx|1.example.com", "192.0.2.4");
	result_add(result, BANNER_REFUSED, "refuses: 554 a|b=1\nc");
	read_first_line(print());
	assert_int_equal(count_lines(out.data, ""), 2);
	assert_contains(out.data, "554 a!b=1 c (BANNER_REFUSED)");
}

static void
shows_notes_when_asked(void **state)
{
	struct result *result;

	(void)state;
	start();
	result = add_server("mx1.example.com", "192.0.2.4");
	result_add(result, TLS_NOT_1_3, "no TLS 1.3");
	result_add(result, RELAY_GREYLISTED, "deferred");
	assert_null(strstr(print(), "TLS_NOT_1_3"));
	assert_contains(out.data, "deferred (RELAY_GREYLISTED)");
	report.verbosity = 1;
	assert_contains(print(), "no TLS 1.3 (TLS_NOT_1_3)");
}

static void
tells_scores(void **state)
{
	struct result *result;

	(void)state;
	start();
	report.scores = true;
	report.metric = "score";
	add_score(add_server("mx1.example.com", "192.0.2.4"), 100, 55);
	result = add_server("mx2.example.com", "192.0.2.5");
	add_score(result, 70, 53);
	result_add(result, CERT_EXPIRED, "certificate expired");
	assert_string_equal(read_first_line(print())->text,
	    "mx2.example.com [192.0.2.5]: certificate expired (CERT_EXPIRED); "
	    "1 of 2 servers OK; score 70, 108 of 110 tests made");
	assert_contains(out.data,
	    "\n[OK] 10 mx1.example.com [192.0.2.4]:25 - all is well; score "
	    "100, 55 of 55 tests made\n");
	assert_contains(out.data,
	    "\n[CRITICAL] 20 mx2.example.com [192.0.2.5]:25 - certificate "
	    "expired (CERT_EXPIRED); score 70, 53 of 55 tests made\n");
	assert_contains(out.data, " servers_ok=1;;;0;2 score=70 ");
	report.scores = false;
	assert_null(strstr(print(), "tests made"));
}

static void
lets_the_worst_score_speak(void **state)
{
	(void)state;
	start();
	report.scores = true;
	report.metric = "score";
	add_score(add_server("mx1.example.com", "192.0.2.4"), 100, 55);
	add_score(add_server("mx2.example.com", "192.0.2.5"), 95, 55);
	assert_string_equal(read_first_line(print())->text,
	    "mx2.example.com [192.0.2.5]: all is well; 2 of 2 servers OK; "
	    "score 95, 110 of 110 tests made");
	assert_true(report_worst_score(&report)->value == 95);
}

static void
tells_where_there_is_no_score(void **state)
{
	struct result *result;

	(void)state;
	start();
	report.scores = true;
	result = add_server("mx1.example.com", "2001:db8::25");
	result->untested = true;
	result->tests_made = 13;
	result->tests_planned = 55;
	result_add(result, TCP_NO_ROUTE_V6, "no IPv6 route");
	assert_string_equal(read_first_line(print())->text,
	    "mx1.example.com [2001:db8::25]: no IPv6 route (TCP_NO_ROUTE_V6); "
	    "0 "
	    "of 1 servers OK, 1 not tested; no score, 13 of 55 tests made");
	assert_contains(out.data,
	    "no IPv6 route (TCP_NO_ROUTE_V6); no score, 13 of 55 tests made\n");
	assert_null(report_worst_score(&report));
}

static void
tells_the_score_of_a_domain(void **state)
{
	(void)state;
	start();
	report.scores = true;
	result_add(&set, DNS_NXDOMAIN, "example.com: domain does not exist");
	add_metric(&set, "score", "", 0, METRIC_LOWEST);
	assert_contains(read_first_line(print())->text,
	    "example.com: domain does not exist (DNS_NXDOMAIN); score 0");
	assert_contains(out.data, " servers_ok=0;;;0;0 score=0\n");
	assert_contains(
	    out.data, "\nWho loses mail? plain sender: example.com:");
}

/* What 40 servers' names and a long text leave of 200 bytes. */
static void
cuts_no_score(void **state)
{
	static const struct bound_case many = {NULL, 40, 253, 1, 399, true};

	(void)state;
	fill(&many);
	assert_contains(read_first_line(print())->text,
	    "... (TLS_HANDSHAKE); 0 of 40 servers OK; score 100, 2200 of 2200 "
	    "tests made");
}

/* Here the host without address has fewer metrics than the one untested. */
static void
takes_every_kind_of_metric(void **state)
{
	struct result *result;

	(void)state;
	start();
	report.scores = true;
	result = add_server("mx1.example.com", "2001:db8::25");
	result->untested = true;
	result_add(result, TCP_NO_ROUTE_V6, "no IPv6 route");
	add_metric(result, "accepted", "", 0, METRIC_HIGHEST);
	add_metric(result, "probes", "", 0, METRIC_LOWEST);
	result = add_server("mx2.example.com", NULL);
	result_add(result, DNS_MX_NO_ADDRESS, "host has no address");
	add_score(result, 0, 11);
	assert_contains(read_first_line(print())->perfdata,
	    "servers_ok=0;;;0;1 accepted=0 probes=0 score=0 ");
}

/* DESIGN 6: check_mx ends with them, whatever is told of the domain. */
static void
ends_with_lost_senders(void **state)
{
	char text[FINDING_TEXT_SIZE];

	(void)state;
	start();
	report.scores = true;
	memset(text, 't', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 12; i++)
		result_add(&set, NOT_TESTED, "%s", text);
	result_add(
	    add_server("mx1.example.com", "192.0.2.4"), TCP_REFUSED, "refused");
	print();
	assert_true(out.length <= REPORT_BYTES);
	assert_int_equal(out.data[out.length - 1], '\n');
	assert_contains(out.data, "\n[CRITICAL] 10 mx1.example.com");
	assert_contains(out.data, "\nWho loses mail? plain sender: all of it");
	report.verbosity = 1;
	assert_contains(
	    print(), "\nWho loses mail? IPv4-only sender: all of it");
}

static void
adds_up_tests(void **state)
{
	(void)state;
	start();
	add_score(add_server("mx1.example.com", "192.0.2.4"), 100, 55);
	add_score(add_server("mx2.example.com", "192.0.2.5"), 70, 17);
	assert_int_equal(report_tests(&report).made, 72);
	assert_int_equal(report_tests(&report).planned, 110);
}

static void
prints_a_line(void **state)
{
	(void)state;
	text_release(&out);
	text_init(&out, 1000);
	report_line(
	    "MX_TEST", STATE_UNKNOWN, "--port=x: not a|number\nat all", &out);
	assert_string_equal(
	    out.data, "MX_TEST UNKNOWN - --port=x: not a!number at all\n");
}

static void
cuts_a_line(void **state)
{
	char text[500];

	(void)state;
	memset(text, 't', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text_release(&out);
	text_init(&out, 1000);
	report_line("MX_TEST", STATE_UNKNOWN, text, &out);
	assert_int_equal(
	    out.length, strlen("MX_TEST UNKNOWN - \n") + REPORT_LINE_TEXT);
	assert_string_equal(out.data + out.length - 4, "...\n");
}

int
main(void)
{
	int failed;

	text_init(&out, 0);
	UNIT_TABLE(bound_cases, stays_within_bounds);
	UNIT_TABLE(quorum_cases, obeys_quorum);
	unit_add("The whole output is as designed.", prints_all);
	unit_add("Where all is well one server speaks.", prints_well);
	unit_add("Lines of healthy servers give way first.",
	    drops_healthy_lines_first);
	unit_add("With -v nothing is left out.", tells_all_when_asked);
	unit_add("An untested server does not count for the quorum.",
	    leaves_the_untested_out_of_the_quorum);
	unit_add("No quorum excuses the domain itself.",
	    leaves_the_domain_to_no_quorum);
	unit_add("Line 1 tells the worst finding.", leads_with_the_worst);
	unit_add("Of equals line 1 tells the preferred server's.",
	    leads_with_the_preferred);
	unit_add(
	    "A finding about the domain stands alone.", leads_with_the_domain);
	unit_add("An aggregate is the worst of all servers.",
	    takes_the_worst_of_each_metric);
	unit_add("A run that tested nothing is UNKNOWN.",
	    is_unknown_if_nothing_was_tested);
	unit_add("The first line says why nothing was tested.",
	    says_why_nothing_was_tested);
	unit_add("A run that tested one server is OK, and counts the other.",
	    is_ok_if_one_was_tested);
	unit_add("A host without address is told, but is no server.",
	    counts_no_host_without_address);
	unit_add(
	    "No bar or newline of others gets into the output.", disarms_text);
	unit_add(
	    "Notes show with -v, some of them always.", shows_notes_when_asked);
	unit_add(
	    "Score and coverage end line 1, and each server's.", tells_scores);
	unit_add("Where all is well the worst score speaks.",
	    lets_the_worst_score_speak);
	unit_add("Where there is no score the coverage is told.",
	    tells_where_there_is_no_score);
	unit_add("A domain without servers has its own score.",
	    tells_the_score_of_a_domain);
	unit_add("The score is never cut.", cuts_no_score);
	unit_add("A kind of metric that one server has is an aggregate.",
	    takes_every_kind_of_metric);
	unit_add("The lost senders end the output.", ends_with_lost_senders);
	unit_add("The tests of all servers add up.", adds_up_tests);
	unit_add("A run that came to nothing is one safe line.", prints_a_line);
	unit_add("A long line is cut.", cuts_a_line);
	failed = unit_run("report");
	text_release(&out);
	return failed;
}
