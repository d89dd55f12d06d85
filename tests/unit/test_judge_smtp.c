/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_smtp - findings about connection, greeting and EHLO */
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

static void
answer(struct answer *to, int code, const char *text)
{
	to->code = code;
	text_print(to->text, sizeof(to->text), "%s", text);
}

static const struct failure_case {
	const char *sentence;
	enum step step;
	enum failure_kind kind;
	const char *codes;
	const char *text; /* part of it */
	bool begun;       /* the greeting */
} failure_cases[] = {
    {"No failure is no finding.", STEP_EHLO, FAILURE_NONE, "", NULL, false},
    {"A closed port is TCP_REFUSED.", STEP_CONNECT, FAILURE_REFUSED,
	"TCP_REFUSED", "refused", false},
    {"No connection in time is TCP_TIMEOUT.", STEP_CONNECT, FAILURE_TIMEOUT,
	"TCP_TIMEOUT", "timed out", false},
    {"An ICMP error is TCP_UNREACHABLE.", STEP_CONNECT, FAILURE_UNREACHABLE,
	"TCP_UNREACHABLE", "detail", false},
    {"No IPv6 route here is TCP_NO_ROUTE_V6.", STEP_CONNECT, FAILURE_NO_ROUTE,
	"TCP_NO_ROUTE_V6", "not tested", false},
    {"A reset at once is TCP_RESET.", STEP_CONNECT, FAILURE_RESET, "TCP_RESET",
	"reset", false},
    {"Our own fault is NOT_TESTED.", STEP_CONNECT, FAILURE_LOCAL, "NOT_TESTED",
	"detail", false},
    {"Our own fault at the greeting is NOT_TESTED.", STEP_BANNER,
	FAILURE_LOCAL, "NOT_TESTED", "detail", false},
    {"Our own fault in the handshake is NOT_TESTED.", STEP_TLS, FAILURE_LOCAL,
	"NOT_TESTED", "detail", true},
    {"Our own fault in a delivery is NOT_TESTED.", STEP_DATA, FAILURE_LOCAL,
	"NOT_TESTED", "detail", true},
    {"No greeting in time is BANNER_TIMEOUT.", STEP_BANNER, FAILURE_TIMEOUT,
	"BANNER_TIMEOUT", "no greeting", false},
    {"A reset before the greeting is TCP_RESET.", STEP_BANNER, FAILURE_RESET,
	"TCP_RESET", "before the greeting", false},
    {"A reset within it is BANNER_CLOSED.", STEP_BANNER, FAILURE_RESET,
	"BANNER_CLOSED", "mid-greeting", true},
    {"An end before the greeting is BANNER_CLOSED.", STEP_BANNER,
	FAILURE_CLOSED, "BANNER_CLOSED", "before the greeting", false},
    {"An end within it is BANNER_CLOSED.", STEP_BANNER, FAILURE_CLOSED,
	"BANNER_CLOSED", "mid-greeting", true},
    {"Another protocol is BANNER_NOT_SMTP.", STEP_BANNER, FAILURE_PROTOCOL,
	"BANNER_NOT_SMTP", "detail", true},
    {"A greeting without end is SMTP_TOO_LONG.", STEP_BANNER, FAILURE_TOO_LONG,
	"SMTP_TOO_LONG", "greeting", true},
    {"No reply to EHLO in time is SMTP_TIMEOUT.", STEP_EHLO, FAILURE_TIMEOUT,
	"SMTP_TIMEOUT", "EHLO", true},
    {"An end at EHLO is SMTP_CLOSED.", STEP_EHLO, FAILURE_CLOSED, "SMTP_CLOSED",
	"EHLO", true},
    {"A reset at EHLO is SMTP_CLOSED.", STEP_EHLO, FAILURE_RESET, "SMTP_CLOSED",
	"reset", true},
    {"A malformed reply to EHLO is SMTP_PROTOCOL.", STEP_EHLO, FAILURE_PROTOCOL,
	"SMTP_PROTOCOL", "detail", true},
    {"A reply to EHLO without end is SMTP_TOO_LONG.", STEP_EHLO,
	FAILURE_TOO_LONG, "SMTP_TOO_LONG", "EHLO", true},
    {"421 in mid-session is SMTP_BUSY.", STEP_EHLO, FAILURE_BUSY, "SMTP_BUSY",
	"421 later", true},
    {"No reply to STARTTLS in time is SMTP_TIMEOUT.", STEP_STARTTLS,
	FAILURE_TIMEOUT, "SMTP_TIMEOUT", "STARTTLS", true},
    {"An end at STARTTLS is SMTP_CLOSED.", STEP_STARTTLS, FAILURE_CLOSED,
	"SMTP_CLOSED", "STARTTLS", true},
    {"No handshake in time is TLS_TIMEOUT.", STEP_TLS, FAILURE_TIMEOUT,
	"TLS_TIMEOUT", "handshake", true},
    {"An end in the handshake is TLS_CLOSED.", STEP_TLS, FAILURE_CLOSED,
	"TLS_CLOSED", "closed", true},
    {"A reset in the handshake is TLS_CLOSED.", STEP_TLS, FAILURE_RESET,
	"TLS_CLOSED", "reset", true},
    {"An alert is TLS_HANDSHAKE.", STEP_TLS, FAILURE_TLS, "TLS_HANDSHAKE",
	"detail", true},
    {"No reply to RCPT in time is SMTP_TIMEOUT.", STEP_RELAY, FAILURE_TIMEOUT,
	"SMTP_TIMEOUT", "RCPT", true},
    {"A malformed reply to RCPT is SMTP_PROTOCOL.", STEP_RELAY,
	FAILURE_PROTOCOL, "SMTP_PROTOCOL", "RCPT", true},
    {"A reply to RCPT without end is SMTP_TOO_LONG.", STEP_RELAY,
	FAILURE_TOO_LONG, "SMTP_TOO_LONG", "RCPT", true},
    {"A cut after RCPT is left to the relay's verdict.", STEP_RELAY,
	FAILURE_CLOSED, "", NULL, true},
};

static void
maps_failure(void **state)
{
	const struct failure_case *row = *state;
	struct judging *judging = judging_start();

	judging->facts.step = row->step;
	judging->facts.failure.kind = row->kind;
	memcpy(judging->facts.failure.text, "detail", sizeof("detail"));
	judging->facts.banner.begun = row->begun;
	answer(&judging->facts.busy, 421, "later");
	judge_failure(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
}

static void
leaves_v6_untested(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging->facts.failure.kind = FAILURE_NO_ROUTE;
	judge_failure(&judging->facts, &judging->result);
	assert_true(judging->result.untested);
	assert_int_equal(result_state(&judging->result), STATE_OK);
}

/* DESIGN 4: UNKNOWN is for a failure of the plugin itself. */
static void
owns_its_faults(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging->facts.failure.kind = FAILURE_LOCAL;
	judge_failure(&judging->facts, &judging->result);
	assert_int_equal(result_state(&judging->result), STATE_UNKNOWN);
}

static const struct banner_case {
	const char *sentence;
	int code;
	const char *text;
	const char *host;
	double seconds;
	const char *expect;
	const char *codes;
} banner_cases[] = {
    {"A greeting with the host's name is fine.", 220, "mx1.example.com ESMTP",
	"mx1.example.com", 0.1, NULL, ""},
    {"Letter case of the name does not matter.", 220, "MX1.Example.com ESMTP",
	"MX1.Example.com", 0.1, NULL, ""},
    {"Another name is noted.", 220, "mail.example.com ESMTP",
	"mail.example.com", 0.1, NULL, "BANNER_HOST_MISMATCH"},
    {"A greeting without a name is told.", 220, "ESMTP ready", "", 0.1, NULL,
	"BANNER_NO_HOSTNAME"},
    {"A masked greeting is told.", 220, "*********************************2",
	"", 0.1, NULL, "BANNER_MASKED"},
    {"A masked greeting with letters left is told.", 220,
	"*****************************2******0*********************", "", 0.1,
	NULL, "BANNER_MASKED"},
    {"A few stars are no mask.", 220, "** mx1.example.com ready **",
	"mx1.example.com", 0.1, NULL, ""},
    {"554 refuses mail.", 554, "5.7.1 go away", "", 0.1, NULL,
	"BANNER_REFUSED"},
    {"550 refuses mail.", 550, "no", "", 0.1, NULL, "BANNER_REFUSED"},
    {"421 is busy.", 421, "too many connections", "", 0.1, NULL, "BANNER_BUSY"},
    {"450 is busy.", 450, "later", "", 0.1, NULL, "BANNER_BUSY"},
    {"200 is not SMTP.", 200, "OK", "", 0.1, NULL, "BANNER_NOT_SMTP"},
    {"250 is not SMTP.", 250, "OK", "", 0.1, NULL, "BANNER_NOT_SMTP"},
    {"354 is not SMTP.", 354, "go on", "", 0.1, NULL, "BANNER_NOT_SMTP"},
    {"554 that speaks of 220 refuses mail all the same.", 554, "not 220", "",
	0.1, "220", "BANNER_REFUSED"},
    {"What is expected and there is fine.", 220, "mx1.example.com ESMTP",
	"mx1.example.com", 0.1, "ESMTP", ""},
    {"What is expected and missing is told.", 220, "mx1.example.com ESMTP",
	"mx1.example.com", 0.1, "Postfix", "BANNER_UNEXPECTED"},
    {"4.9 seconds are no greet delay.", 220, "mx1.example.com ESMTP",
	"mx1.example.com", 4.9, NULL, ""},
    {"5 seconds are a greet delay.", 220, "mx1.example.com ESMTP",
	"mx1.example.com", 5, NULL, "BANNER_GREET_DELAY"},
};

static void
judges_banner(void **state)
{
	const struct banner_case *row = *state;
	struct judging *judging = judging_start();
	struct banner *banner = &judging->facts.banner;

	banner->came = banner->begun = true;
	banner->code = row->code;
	text_print(banner->text, sizeof(banner->text), "%s", row->text);
	text_print(banner->lines, sizeof(banner->lines), "%d %s\n", row->code,
	    row->text);
	text_print(banner->host, sizeof(banner->host), "%s", row->host);
	judging->facts.seconds.banner = row->seconds;
	judge_banner(&judging->facts, row->expect, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
}

static void
keeps_their_words(void **state)
{
	struct judging *judging = judging_start();
	struct banner *banner = &judging->facts.banner;

	(void)state;
	banner->came = true;
	banner->code = 554;
	text_print(banner->text, sizeof(banner->text), "5.7.1 Client refused");
	judge_banner(&judging->facts, NULL, &judging->result);
	assert_contains(
	    judging->result.finding[0].text, "554 5.7.1 Client refused");
}

static void
expects_no_name_of_an_address(void **state)
{
	struct judging *judging = judging_start();
	struct banner *banner = &judging->facts.banner;

	(void)state;
	judging->host.is_address = true;
	banner->came = true;
	banner->code = 220;
	text_print(banner->host, sizeof(banner->host), "mail.example.com");
	judge_banner(&judging->facts, NULL, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
}

static const struct hello_case {
	const char *sentence;
	int ehlo, helo; /* 0: not asked */
	const char *codes;
} hello_cases[] = {
    {"EHLO accepted is fine.", 250, 0, ""},
    {"EHLO not asked is no finding.", 0, 0, ""},
    {"HELO alone is told.", 502, 250, "EHLO_HELO_ONLY"},
    {"HELO alone is told for a syntax error too.", 500, 250, "EHLO_HELO_ONLY"},
    {"Both not implemented are a refusal.", 502, 502, "EHLO_REFUSED"},
    {"Both 554 are a refusal.", 554, 554, "EHLO_REFUSED"},
    {"Both 550 mean our name.", 550, 550, "EHLO_NAME_REFUSED"},
    {"Both 501 mean our name.", 501, 501, "EHLO_NAME_REFUSED"},
    {"504 and 553 mean our name.", 504, 553, "EHLO_NAME_REFUSED"},
    {"Only one of them about our name is a refusal.", 502, 550, "EHLO_REFUSED"},
};

static void
judges_hello(void **state)
{
	const struct hello_case *row = *state;
	struct judging *judging = judging_start();

	answer(&judging->facts.ehlo.answer, row->ehlo, "x");
	answer(&judging->facts.ehlo.helo, row->helo, "x");
	judge_ehlo(&judging->facts, NULL, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
}

static void
offer(struct ehlo *ehlo, const char *line)
{
	answer(&ehlo->answer, 250, "");
	text_print(
	    ehlo->extension[ehlo->count++], EHLO_KEYWORD_SIZE, "%s", line);
}

static const struct require_case {
	const char *sentence;
	const char *offered;
	const char *required;
	const char *text; /* of EHLO_MISSING_EXTENSION; NULL: satisfied */
} require_cases[] = {
    {"An extension that is offered satisfies.", "STARTTLS", "STARTTLS", NULL},
    {"Letter case does not matter.", "starttls", "StartTLS", NULL},
    {"Parameters do not matter.", "AUTH PLAIN LOGIN", "AUTH", NULL},
    {"A missing one does not.", "PIPELINING", "STARTTLS", "STARTTLS"},
    {"A longer keyword does not.", "STARTTLSX", "STARTTLS", "STARTTLS"},
    {"A SIZE large enough satisfies.", "SIZE 10485760", "SIZE>=10485760", NULL},
    {"A SIZE too small does not.", "SIZE 10485759", "SIZE>=10485760",
	"10485759"},
    {"A bare SIZE means no limit.", "SIZE", "SIZE>=10485760", NULL},
    {"SIZE 0 means no limit.", "SIZE 0", "SIZE>=10485760", NULL},
    {"Without SIZE nothing satisfies.", "PIPELINING", "SIZE>=1", "SIZE"},
};

static void
judges_requirement(void **state)
{
	const struct require_case *row = *state;
	const char *const require[] = {row->required, NULL};
	struct judging *judging = judging_start();

	offer(&judging->facts.ehlo, row->offered);
	judge_ehlo(&judging->facts, require, &judging->result);
	if (row->text == NULL)
		assert_string_equal(judging_codes(&judging->result), "");
	else
		assert_contains(
		    judging_finding(&judging->result, EHLO_MISSING_EXTENSION)
			->text,
		    row->text);
}

/* RFC 3207 4.2: inside TLS it is not offered again. */
static void
requires_starttls_before_tls(void **state)
{
	static const char *const met[] = {"STARTTLS", "DSN", NULL};
	static const char *const unmet[] = {"PIPELINING", NULL};
	struct judging *judging = judging_start();

	(void)state;
	offer(&judging->facts.ehlo, "STARTTLS");
	offer(&judging->facts.ehlo, "PIPELINING");
	offer(&judging->facts.ehlo_tls, "DSN");
	judge_ehlo(&judging->facts, met, &judging->result);
	assert_null(result_find(&judging->result, EHLO_MISSING_EXTENSION));
	judge_ehlo(&judging->facts, unmet, &judging->result);
	assert_contains(
	    judging_finding(&judging->result, EHLO_MISSING_EXTENSION)->text,
	    "PIPELINING");
}

static void
tells_a_refusal_inside_tls(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	answer(&judging->facts.ehlo.answer, 250, "");
	answer(&judging->facts.ehlo_tls.answer, 502, "no");
	answer(&judging->facts.ehlo_tls.helo, 502, "no");
	judge_ehlo(&judging->facts, NULL, &judging->result);
	assert_contains(judging_finding(&judging->result, EHLO_REFUSED)->text,
	    "refused inside TLS");
}

static void
requires_of_helo_too(void **state)
{
	static const char *const require[] = {"STARTTLS", "SIZE>=1", NULL};
	struct judging *judging = judging_start();

	(void)state;
	answer(&judging->facts.ehlo.answer, 502, "");
	answer(&judging->facts.ehlo.helo, 250, "");
	judge_ehlo(&judging->facts, require, &judging->result);
	assert_string_equal(judging_codes(&judging->result),
	    "EHLO_MISSING_EXTENSION EHLO_MISSING_EXTENSION EHLO_HELO_ONLY");
}

static const struct valid_case {
	const char *sentence;
	const char *requirement;
	bool valid;
} valid_cases[] = {
    {"A keyword can be required.", "STARTTLS", true},
    {"A keyword with digits can.", "8BITMIME", true},
    {"A least SIZE can.", "SIZE>=10485760", true},
    {"Nothing can't.", "", false},
    {"A number alone can't.", ">=5", false},
    {"A SIZE without its number can't.", "SIZE>=", false},
    {"A SIZE of letters can't.", "SIZE>=10M", false},
    {"A negative SIZE can't.", "SIZE>=-1", false},
    {"A SIZE that overflows can't.", "SIZE>=99999999999999999999", false},
    {"Other comparisons can't.", "SIZE<=5", false},
    {"An equals sign can't.", "SIZE=5", false},
    {"Two words can't.", "AUTH PLAIN", false},
};

static void
knows_requirement(void **state)
{
	const struct valid_case *row = *state;

	assert_int_equal(judge_requirement_valid(row->requirement), row->valid);
}

static void
notices_change(void **state)
{
	struct judging *judging = judging_start();
	const struct finding *finding;

	(void)state;
	offer(&judging->facts.ehlo, "PIPELINING");
	offer(&judging->facts.ehlo, "SIZE 1000");
	offer(&judging->facts.ehlo, "STARTTLS");
	offer(&judging->facts.ehlo_tls, "PIPELINING");
	offer(&judging->facts.ehlo_tls, "AUTH PLAIN");
	judge_ehlo(&judging->facts, NULL, &judging->result);
	finding = judging_finding(&judging->result, EHLO_CHANGED_BY_TLS);
	assert_contains(finding->text, "-SIZE 1000");
	assert_contains(finding->text, "+AUTH PLAIN");
	assert_null(strstr(finding->text, "STARTTLS"));
	assert_null(strstr(finding->text, "PIPELINING"));
}

static void
expects_starttls_to_go(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	offer(&judging->facts.ehlo, "PIPELINING");
	offer(&judging->facts.ehlo, "STARTTLS");
	offer(&judging->facts.ehlo_tls, "PIPELINING");
	judge_ehlo(&judging->facts, NULL, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
}

static const struct time_case {
	const char *sentence;
	const char *warning, *critical; /* NULL: none */
	double seconds;
	enum failure_kind kind;
	enum state state;
} time_cases[] = {
    {"Without thresholds no time is slow.", NULL, NULL, 100, FAILURE_NONE,
	STATE_OK},
    {"A time within both is OK.", "1", "5", 0.5, FAILURE_NONE, STATE_OK},
    {"A time above -w is WARNING.", "1", "5", 1.5, FAILURE_NONE, STATE_WARNING},
    {"A time above -c is CRITICAL.", "1", "5", 5.5, FAILURE_NONE,
	STATE_CRITICAL},
    {"A time is not called slow where the dialogue failed.", "1", "5", 5.5,
	FAILURE_TIMEOUT, STATE_OK},
};

static void
judges_time(void **state)
{
	const struct time_case *row = *state;
	struct judging *judging = judging_start();
	struct thresholds thresholds = {{.set = false}, {.set = false}};
	const struct metric *metric;

	if (row->warning != NULL)
		assert_true(range_parse(&thresholds.warning, row->warning));
	if (row->critical != NULL)
		assert_true(range_parse(&thresholds.critical, row->critical));
	judging->facts.failure.kind = row->kind;
	judge_time(
	    &judging->facts, row->seconds, &thresholds, &judging->result);
	assert_int_equal(result_state(&judging->result), row->state);
	assert_string_equal(judging_codes(&judging->result),
	    row->state == STATE_OK ? "" : "RESPONSE_SLOW");
	metric = result_find_metric(&judging->result, "time");
	assert_non_null(metric);
	assert_string_equal(metric->unit, "s");
	assert_true(metric->value == row->seconds);
	assert_true(metric->has_min);
}

int
main(void)
{
	UNIT_TABLE(failure_cases, maps_failure);
	UNIT_TABLE(banner_cases, judges_banner);
	UNIT_TABLE(hello_cases, judges_hello);
	UNIT_TABLE(require_cases, judges_requirement);
	UNIT_TABLE(valid_cases, knows_requirement);
	UNIT_TABLE(time_cases, judges_time);
	unit_add("Without an IPv6 route a server is untested, not bad.",
	    leaves_v6_untested);
	unit_add("A failure of our own is UNKNOWN.", owns_its_faults);
	unit_add("A refusal keeps the server's words.", keeps_their_words);
	unit_add("No name is expected where an address was given.",
	    expects_no_name_of_an_address);
	unit_add("STARTTLS is required of EHLO before TLS, the rest inside.",
	    requires_starttls_before_tls);
	unit_add("EHLO refused inside TLS is told as such.",
	    tells_a_refusal_inside_tls);
	unit_add("After HELO every required extension is missing.",
	    requires_of_helo_too);
	unit_add("What TLS changes in EHLO is noted.", notices_change);
	unit_add("That STARTTLS is gone inside TLS is no change.",
	    expects_starttls_to_go);
	return unit_run("judge_smtp");
}
