/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_report_openmetrics - the outcome of a run for Prometheus */
#include <stdio.h>
#include <string.h>

#include "judging.h"
#include "report.h"
#include "unit.h"

#define WHOLE "{check=\"check_mx_test\",domain=\"example.com\"} "
#define SERVER                                                                 \
	"{check=\"check_mx_test\",domain=\"example.com\","                     \
	"host=\"mx1.example.com\",address=\"192.0.2.4\""

/* A report on the one server of judging, or on two, and its text. */
static struct result set;
static struct report_server server[2];
static struct report report;
static struct text out;

static struct judging *
start(void)
{
	struct judging *judging = judging_start();

	result_init(&set, &judging->severities);
	server[0] = server[1] = (struct report_server){
	    &judging->target, &judging->facts, &judging->result};
	report = (struct report){
	    .plugin = "check_mx_test",
	    .service = "MX_TEST",
	    .domain = "example.com",
	    .domain_facts = &judging->domain,
	    .set = &set,
	    .server = server,
	    .count = 1,
	    .seconds = 0.5,
	};
	return judging;
}

static const char *
print(void)
{
	text_release(&out);
	text_init(&out, (size_t)1 << 20);
	report_openmetrics(&report, &out);
	return out.data;
}

/* How many lines begin so. */
static unsigned
count_lines(const char *beginning)
{
	unsigned count = 0;

	for (const char *line = out.data; *line != '\0';
	     line = strchr(line, '\n') + 1)
		count += strncmp(line, beginning, strlen(beginning)) == 0;
	return count;
}

#define assert_told(line) assert_int_equal(count_lines(line), 1)

static void
ends(void **state)
{
	(void)state;
	start();
	print();
	assert_string_equal(out.data + out.length - 6, "# EOF\n");
	assert_int_equal(count_lines("# EOF"), 1);
}

/* Of a server, and so of all: there is but one. */
static const struct metric_case {
	const char *sentence;
	const char *label, *unit;
	double value;
	const char *name, *told; /* after PREFIX; NULL: as the label */
	const char *help;
} metric_cases[] = {
    {"Seconds are in the name.", "time", "s", 0.012, "time_seconds", "0.012",
	"the test took"},
    {"A number is as perfdata has it.", "score", "", 86, "score", "86",
	"score of 100"},
    {"So is one with a fraction.", "tls", "", 1.2, "tls", "1.2",
	"TLS version agreed on"},
    {"One label may be two metrics.", "tls", "s", 0.2, "tls_seconds", "0.200",
	"the TLS handshake took"},
    {"Days become seconds.", "days", "", 61, "certificate_left_seconds",
	"5270400", "until the certificate expires, rounded down to days"},
    {"Days past count backwards.", "days", "", -3, "certificate_left_seconds",
	"-259200", "until the certificate expires, rounded down to days"},
    {"A large number has no exponent.", "probes", "", 1e9, "probes",
	"1000000000", "recipients that a relay test got an answer to"},
    {"What has no words yet is told by its label.", "novelty", "", 1, "novelty",
	"1", "novelty"},
};

static void
tells_metric(void **state)
{
	const struct metric_case *row = *state;
	struct judging *judging = start();
	const char *unit =
	    strstr(row->name, "_seconds") != NULL ? " seconds" : NULL;
	char line[300];

	result_metric(&judging->result,
	    &(struct metric){
		.label = row->label, .unit = row->unit, .value = row->value});
	print();
	text_print(line, sizeof(line), "check_mx_%s" WHOLE "%s\n", row->name,
	    row->told);
	assert_told(line);
	text_print(line, sizeof(line), "check_mx_server_%s" SERVER "} %s\n",
	    row->name, row->told);
	assert_told(line);
	text_print(line, sizeof(line), "# HELP check_mx_server_%s %s\n",
	    row->name, row->help);
	assert_told(line);
	text_print(line, sizeof(line),
	    "# HELP check_mx_%s %s; of the worst server\n", row->name,
	    row->help);
	assert_told(line);
	text_print(
	    line, sizeof(line), "# TYPE check_mx_server_%s gauge\n", row->name);
	assert_told(line);
	text_print(line, sizeof(line), "# UNIT check_mx_server_%s%s\n",
	    row->name, unit != NULL ? unit : "");
	assert_int_equal(count_lines(line), unit != NULL);
}

static void
counts_servers(void **state)
{
	(void)state;
	start();
	report.count = 2;
	print();
	assert_told("check_mx_servers" WHOLE "2\n");
	assert_told("check_mx_servers_ok" WHOLE "2\n");
	assert_told("# HELP check_mx_servers servers of the domain, or asked"
		    " for\n");
}

static const struct state_case {
	const char *sentence;
	enum diagnosis code;
	bool untested;
	const char *whole, *single;
} state_cases[] = {
    {"OK is 0.", TLS_NOT_1_3, false, "0\n", "0\n"},
    {"WARNING is 1.", BANNER_BUSY, false, "1\n", "1\n"},
    {"CRITICAL is 2.", TCP_REFUSED, false, "2\n", "2\n"},
    {"UNKNOWN is 3.", RELAY_INCONCLUSIVE, false, "3\n", "3\n"},
    {"Not tested is UNKNOWN.", RELAY_TRUSTED, true, "3\n", "3\n"},
};

static void
tells_state(void **state)
{
	const struct state_case *row = *state;
	struct judging *judging = start();
	char line[200];

	result_add(&judging->result, row->code, "text");
	if (row->untested)
		result_leave_untested(&judging->result, row->code);
	print();
	text_print(line, sizeof(line), "check_mx_state" WHOLE "%s", row->whole);
	assert_told(line);
	text_print(line, sizeof(line), "check_mx_server_state" SERVER "} %s",
	    row->single);
	assert_told(line);
}

static void
weighs_states_as_the_exit_code(void **state)
{
	static struct result second;
	struct judging *judging = start();

	(void)state;
	result_init(&second, &judging->severities);
	result_add(&judging->result, TCP_REFUSED, "refused");
	server[1].result = &second;
	report.count = 2;
	report.quorum = 1;
	print();
	assert_told("check_mx_state" WHOLE "1\n");
	assert_told("check_mx_server_state" SERVER "} 2\n");
}

static void
tells_findings_once(void **state)
{
	struct judging *judging = start();

	(void)state;
	result_add(&judging->result, TLS_KEY_WEAK, "the first");
	result_add(&judging->result, TLS_KEY_WEAK, "the second");
	result_add_as(
	    &judging->result, TLS_KEY_WEAK, STATE_CRITICAL, "the third");
	result_add(&set, DNS_MX_CNAME, "of the domain");
	print();
	assert_int_equal(count_lines("check_mx_finding{"), 3);
	assert_told("check_mx_finding" SERVER
		    ",code=\"TLS_KEY_WEAK\",state=\"WARNING\"} 1\n");
	assert_told("check_mx_finding" SERVER
		    ",code=\"TLS_KEY_WEAK\",state=\"CRITICAL\"} 1\n");
	assert_told("check_mx_finding{check=\"check_mx_test\","
		    "domain=\"example.com\",code=\"DNS_MX_CNAME\","
		    "state=\"WARNING\"} 1\n");
}

static void
keeps_notes_to_itself(void **state)
{
	struct judging *judging = start();

	(void)state;
	result_add(&judging->result, TLS_NOT_1_3, "a mere note");
	result_add(&judging->result, NOT_TESTED, "why it was not tested");
	print();
	assert_int_equal(count_lines("check_mx_finding{"), 1);
	assert_told(
	    "check_mx_finding" SERVER ",code=\"NOT_TESTED\",state=\"OK\"} 1\n");
}

static void
keeps_families_together(void **state)
{
	struct judging *judging = start();
	char name[64], last[64] = "";

	(void)state;
	report.scores = true;
	report.count = 2;
	judging_sign(&judging->host);
	result_add(&judging->result, BANNER_BUSY, "busy");
	for (const char *const *label =
		 (const char *const[]){"time", "days", "score", NULL};
	     *label != NULL; label++)
		result_metric(&judging->result,
		    &(struct metric){.label = *label, .unit = ""});
	print();
	for (const char *line = out.data; *line != '\0';
	     line = strchr(line, '\n') + 1) {
		char head[80];

		if (*line == '#')
			continue;
		text_print(
		    name, sizeof(name), "%.*s", (int)strcspn(line, "{"), line);
		if (strcmp(name, last) == 0)
			continue;
		text_print(last, sizeof(last), "%s", name);
		text_print(head, sizeof(head), "# TYPE %s gauge\n", name);
		assert_int_equal(count_lines(head), 1);
		assert_true(strstr(out.data, head) < line);
		text_print(head, sizeof(head), "\n%s{", name);
		/* Here it begins, unless that was before. */
		assert_ptr_equal(strstr(out.data, head), line - 1);
	}
	assert_string_not_equal(last, "");
}

static void
names_the_hosts_instead_of_a_domain(void **state)
{
	static struct target_host other;
	struct judging *judging = start();
	struct target target = judging->target;

	(void)state;
	other = judging->host;
	memcpy(other.name, "mx2.example.com", sizeof("mx2.example.com"));
	target.host = &other;
	report.domain = NULL;
	print();
	assert_told("check_mx_state{check=\"check_mx_test\","
		    "host=\"mx1.example.com\"} 0\n");
	report.count = 2;
	print();
	assert_told("check_mx_state{check=\"check_mx_test\","
		    "host=\"mx1.example.com\"} 0\n");
	server[1].target = &target;
	print();
	assert_told("check_mx_state{check=\"check_mx_test\","
		    "host=\"mx1.example.com,mx2.example.com\"} 0\n");
	assert_told("check_mx_server_state{check=\"check_mx_test\","
		    "host=\"mx2.example.com\",address=\"192.0.2.4\"} 0\n");
	report.count = 0;
	print();
	assert_told("check_mx_state{check=\"check_mx_test\",host=\"\"} 0\n");
}

static void
knows_host_without_address(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging->target.connects = false;
	print();
	assert_told("check_mx_server_state{check=\"check_mx_test\","
		    "domain=\"example.com\",host=\"mx1.example.com\"} ");
}

static const struct escape_case {
	const char *sentence, *name, *told;
} escape_cases[] = {
    {"A quote does not end a label.", "a\"b", "a\\\"b"},
    {"A backslash takes nothing with it.", "a\\", "a\\\\"},
    {"A newline does not end a line.", "a\nb 1", "a b 1"},
    {"Braces and commas are nothing special.", "a\"}{,=", "a\\\"}{,="},
};

static void
escapes(void **state)
{
	const struct escape_case *row = *state;
	struct judging *judging = start();
	char line[200];

	text_print(
	    judging->host.name, sizeof(judging->host.name), "%s", row->name);
	report.domain = row->name;
	print();
	text_print(line, sizeof(line),
	    "check_mx_server_state{check=\"check_mx_test\",domain=\"%s\","
	    "host=\"%s\",address=\"192.0.2.4\"} 0\n",
	    row->told, row->told);
	assert_told(line);
	report.domain = NULL;
	print();
	text_print(line, sizeof(line),
	    "check_mx_state{check=\"check_mx_test\",host=\"%s\"} 0\n",
	    row->told);
	assert_told(line);
}

static const struct sender_case {
	const char *sentence;
	bool scores, reached;
	unsigned lines;
} sender_cases[] = {
    {"Whose mail arrives is told.", true, true, 1},
    {"Of a server that was not asked it is not known.", true, false, 0},
    {"A plugin without a score says nothing of senders.", false, true, 0},
};

static void
tells_senders(void **state)
{
	const struct sender_case *row = *state;
	struct judging *judging = start();

	judging_no_policy(&judging->domain.mtasts);
	judging->facts.ehlo.answer.code = row->reached ? 250 : 0;
	report.scores = row->scores;
	print();
	assert_int_equal(
	    count_lines("check_mx_sender_delivers{check=\"check_mx_test\","
			"domain=\"example.com\",sender=\"plain\"} 1\n"),
	    row->lines);
}

static void
knows_late_server(void **state)
{
	struct judging *judging = start();

	(void)state;
	report.scores = true;
	server[0].facts = NULL;
	result_add(&judging->result, TIMEOUT, "not done within 30 s");
	print();
	assert_told("check_mx_server_state" SERVER "} 2\n");
	assert_told("check_mx_finding" SERVER ",code=\"TIMEOUT\"");
}

int
main(void)
{
	unit_add("The end is marked.", ends);
	UNIT_TABLE(metric_cases, tells_metric);
	unit_add("Servers are counted.", counts_servers);
	UNIT_TABLE(state_cases, tells_state);
	unit_add("A quorum counts for the whole, not for a server.",
	    weighs_states_as_the_exit_code);
	unit_add("A finding is told once in each of its states.",
	    tells_findings_once);
	unit_add("Notes are told where they say what was not tested.",
	    keeps_notes_to_itself);
	unit_add("Families stand together, each behind its head.",
	    keeps_families_together);
	unit_add("Without a domain the hosts tell one run from another.",
	    names_the_hosts_instead_of_a_domain);
	unit_add("A host without address has no such label.",
	    knows_host_without_address);
	UNIT_TABLE(escape_cases, escapes);
	UNIT_TABLE(sender_cases, tells_senders);
	unit_add(
	    "A server that was not done in time is told.", knows_late_server);
	return unit_run("report_openmetrics");
}
