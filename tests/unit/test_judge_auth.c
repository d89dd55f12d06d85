/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_auth - what an offer of logins, and a login, is worth */
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

/* EHLO's answer with these lines, ended by NULL; NULL: it was not asked. */
static void
offer(struct ehlo *ehlo, const char *const *lines)
{
	if (lines == NULL)
		return;
	ehlo->answer.code = 250;
	for (; *lines != NULL; lines++)
		text_print(ehlo->extension[ehlo->count++], EHLO_KEYWORD_SIZE,
		    "%s", *lines);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

enum way { BY_STARTTLS, BY_SSL, IN_CLEAR };

static const char *const no_lines[] = {NULL};

static void
begin(struct facts *facts, enum way way, const char *const *before,
    const char *const *inside)
{
	offer(&facts->ehlo, way == BY_SSL ? inside : before);
	if (way == BY_STARTTLS)
		offer(&facts->ehlo_tls, inside);
	facts->starttls.asked = way == BY_STARTTLS && inside != NULL;
	facts->handshake.done = way != IN_CLEAR && inside != NULL;
	facts->seconds.tls = facts->handshake.done ? 0.1 : 0;
	facts->step = STEP_EHLO;
}

static const struct offer_case {
	const char *sentence;
	enum way way;
	const char *const *before;
	const char *const *inside; /* NULL: no TLS session */
	const char *const *required;
	const char *codes;
	enum state state;
	const char *text; /* of the worst finding, part of it */
} offer_cases[] = {
    {"Logins inside TLS only are fine.", BY_STARTTLS, LINES("STARTTLS"),
	LINES("SIZE", "AUTH PLAIN LOGIN"), NULL, "", STATE_OK, ""},
    {"Logins before TLS are critical.", BY_STARTTLS, LINES("AUTH PLAIN LOGIN"),
	LINES("AUTH PLAIN"), NULL, "AUTH_IN_CLEAR", STATE_CRITICAL,
	"login is offered before TLS: PLAIN, LOGIN"},
    {"So are those that show nobody the password.", BY_STARTTLS,
	LINES("AUTH SCRAM-SHA-256"), LINES("AUTH PLAIN"), NULL, "AUTH_IN_CLEAR",
	STATE_CRITICAL, "SCRAM-SHA-256"},
    {"So is the old form of the offer.", BY_STARTTLS, LINES("AUTH=LOGIN PLAIN"),
	LINES("AUTH PLAIN"), NULL, "AUTH_IN_CLEAR", STATE_CRITICAL,
	"LOGIN, PLAIN"},
    {"Both forms of the offer are one.", BY_STARTTLS,
	LINES("AUTH=LOGIN PLAIN", "auth plain login"), LINES("AUTH PLAIN"),
	NULL, "AUTH_IN_CLEAR", STATE_CRITICAL, "before TLS: LOGIN, PLAIN"},
    {"AUTH alone offers nothing before TLS.", BY_STARTTLS, LINES("AUTH"),
	LINES("AUTH PLAIN"), NULL, "", STATE_OK, ""},
    {"AUTHENTICATE is no AUTH.", BY_STARTTLS, LINES("AUTHENTICATE PLAIN"),
	LINES("AUTH PLAIN"), NULL, "", STATE_OK, ""},
    {"Logins before TLS count without TLS, too.", BY_STARTTLS,
	LINES("AUTH PLAIN"), NULL, NULL, "AUTH_IN_CLEAR", STATE_CRITICAL, ""},
    {"What is offered inside TLS is not known without it.", BY_STARTTLS,
	LINES("SIZE"), NULL, LINES("PLAIN"), "", STATE_OK, ""},
    {"No login inside TLS is critical.", BY_STARTTLS, LINES("STARTTLS"),
	LINES("SIZE"), NULL, "AUTH_NOT_OFFERED", STATE_CRITICAL,
	"no login is offered inside TLS"},
    {"AUTH alone offers nothing inside TLS.", BY_STARTTLS, LINES("STARTTLS"),
	LINES("AUTH"), NULL, "AUTH_NOT_OFFERED", STATE_CRITICAL, ""},
    {"With TLS from the first byte nothing is before it.", BY_SSL, NULL,
	LINES("AUTH PLAIN"), NULL, "", STATE_OK, ""},
    {"With TLS from the first byte a login has to be offered.", BY_SSL, NULL,
	no_lines, NULL, "AUTH_NOT_OFFERED", STATE_CRITICAL, ""},
    {"A login in the clear is a note where the user wants it.", IN_CLEAR,
	LINES("AUTH PLAIN"), NULL, NULL, "AUTH_IN_CLEAR", STATE_OK, ""},
    {"In the clear a login has to be offered there.", IN_CLEAR, LINES("SIZE"),
	NULL, NULL, "AUTH_NOT_OFFERED", STATE_CRITICAL, "no login is offered"},
    {"A mechanism that is required and offered is fine.", BY_STARTTLS,
	LINES("STARTTLS"), LINES("AUTH LOGIN SCRAM-SHA-1"),
	LINES("login", "SCRAM-SHA-1"), "", STATE_OK, ""},
    {"A mechanism that is required and not offered is critical.", BY_STARTTLS,
	LINES("STARTTLS"), LINES("AUTH LOGIN SCRAM-SHA-1"), LINES("SCRAM-SHA"),
	"AUTH_MECHANISM_MISSING", STATE_CRITICAL,
	"login by SCRAM-SHA is not offered, only LOGIN, SCRAM-SHA-1"},
    {"Each mechanism that is missing is told.", BY_STARTTLS, LINES("STARTTLS"),
	LINES("AUTH LOGIN"), LINES("PLAIN", "LOGIN", "GSSAPI"),
	"AUTH_MECHANISM_MISSING AUTH_MECHANISM_MISSING", STATE_CRITICAL,
	"PLAIN"},
    {"Where nothing is offered, that is told once.", BY_STARTTLS,
	LINES("STARTTLS"), LINES("SIZE"), LINES("PLAIN"), "AUTH_NOT_OFFERED",
	STATE_CRITICAL, ""},
    {"What is required before TLS is not offered inside.", BY_STARTTLS,
	LINES("AUTH PLAIN"), LINES("AUTH LOGIN"), LINES("PLAIN"),
	"AUTH_IN_CLEAR AUTH_MECHANISM_MISSING", STATE_CRITICAL, ""},
};

static void
judges_offer(void **state)
{
	const struct offer_case *row = *state;
	struct judging *judging = judging_start();
	const struct auth_wishes wishes = {
	    .in_clear = row->way == IN_CLEAR, .mechanisms = row->required};

	begin(&judging->facts, row->way, row->before, row->inside);
	judge_mechanisms(&judging->facts, &wishes, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
	if (row->text[0] != '\0')
		assert_contains(judging->result.finding[0].text, row->text);
}

/* What came of a login, and what that is worth if it was to be refused. */
static const struct login_case {
	const char *sentence;
	struct auth auth;
	const char *codes;
	enum state state;
	const char *text;
	const char *codes_reject;
	enum state state_reject;
} login_cases[] = {
    {"A login that nobody wanted is not judged.", {.wanted = false}, "",
	STATE_OK, "", "", STATE_OK},
    {"235 is a login.", {.accepted = true, .answer = {235, "ok", ""}}, "",
	STATE_OK, "", "AUTH_ACCEPTED", STATE_CRITICAL},
    {"535 is a refusal for the credentials' sake.",
	{.answer = {535, "5.7.8 no", "5.7.8"}}, "AUTH_REJECTED", STATE_CRITICAL,
	"login by PLAIN rejected: 535 5.7.8 no", "", STATE_OK},
    {"So is 5.7.8 with another code.", {.answer = {550, "5.7.8 no", "5.7.8"}},
	"AUTH_REJECTED", STATE_CRITICAL, "550", "", STATE_OK},
    {"534 is about the mechanism.", {.answer = {534, "5.7.9 weak", "5.7.9"}},
	"AUTH_REJECTED", STATE_CRITICAL, "534", "NOT_TESTED", STATE_UNKNOWN},
    {"538 is about encryption.", {.answer = {538, "5.7.11 encrypt", "5.7.11"}},
	"AUTH_REJECTED", STATE_CRITICAL, "538", "NOT_TESTED", STATE_UNKNOWN},
    {"500 is about the command.", {.answer = {500, "what?", ""}},
	"AUTH_REJECTED", STATE_CRITICAL, "500", "NOT_TESTED", STATE_UNKNOWN},
    {"454 is not for good.", {.answer = {454, "4.7.0 later", "4.7.0"}},
	"AUTH_DEFERRED", STATE_WARNING, "login by PLAIN deferred: 454",
	"NOT_TESTED", STATE_UNKNOWN},
    {"4.7.8 is not for good.", {.answer = {454, "4.7.8 later", "4.7.8"}},
	"AUTH_DEFERRED", STATE_WARNING, "", "NOT_TESTED", STATE_UNKNOWN},
    {"250 proves nothing.", {.answer = {250, "ok", ""}}, "NOT_TESTED",
	STATE_UNKNOWN, "login by PLAIN proves nothing: 250 ok", "NOT_TESTED",
	STATE_UNKNOWN},
    {"A login that was not tried is neither good nor bad.",
	{.withheld = "there is no TLS session"}, "NOT_TESTED", STATE_UNKNOWN,
	"login not tried: there is no TLS session", "NOT_TESTED",
	STATE_UNKNOWN},
    {"A mechanism that is chosen has to be offered.",
	{.missing = true, .chosen = "LOGIN"}, "AUTH_MECHANISM_MISSING",
	STATE_CRITICAL, "login by LOGIN is not offered, only GSSAPI",
	"AUTH_MECHANISM_MISSING", STATE_CRITICAL},
    {"One that we know has to be offered.", {.missing = true},
	"AUTH_MECHANISM_MISSING", STATE_CRITICAL,
	"no login that we know is offered, only GSSAPI",
	"AUTH_MECHANISM_MISSING", STATE_CRITICAL},
    {"A challenge that makes no sense is the server's fault.",
	{.failure = "a challenge is not base64", .answer = {334, "x", ""}},
	"SMTP_PROTOCOL", STATE_CRITICAL,
	"login by PLAIN not finished: a challenge is not base64",
	"SMTP_PROTOCOL", STATE_CRITICAL},
    {"Credentials that are no text are not.",
	{.failure = "stringprep", .unprepared = true}, "NOT_TESTED",
	STATE_UNKNOWN, "login not tried: stringprep", "NOT_TESTED",
	STATE_UNKNOWN},
    {"A server that proves itself wrongly is no good one.",
	{.failure = "the server fails to prove itself",
	    .unproven = true,
	    .answer = {334, "dj0=", ""}},
	"AUTH_REJECTED", STATE_CRITICAL, "not finished", "NOT_TESTED",
	STATE_UNKNOWN},
    {"Nor one that does not prove itself, but it let us in.",
	{.accepted = true, .unproven = true, .answer = {235, "ok", ""}},
	"AUTH_REJECTED", STATE_CRITICAL, "without proof", "AUTH_ACCEPTED",
	STATE_CRITICAL},
};

static void
judge_with(const struct login_case *row, bool reject, struct judging *judging)
{
	const struct auth_wishes wishes = {.reject = reject};
	struct auth *auth = &judging->facts.auth;

	begin(&judging->facts, BY_STARTTLS, no_lines, LINES("AUTH GSSAPI"));
	judging->facts.step = STEP_AUTH;
	*auth = row->auth;
	auth->wanted = row->codes[0] != '\0' || auth->accepted;
	if (auth->withheld == NULL && !auth->missing)
		memcpy(auth->mechanism, "PLAIN", sizeof("PLAIN"));
	auth->said = auth->answer.code != 0;
	judge_login(&judging->facts, &wishes, &judging->result);
}

static void
judges_login(void **state)
{
	const struct login_case *row = *state;
	struct judging *judging = judging_start();

	judge_with(row, false, judging);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
	if (row->text[0] != '\0')
		assert_contains(judging->result.finding[0].text, row->text);
	judging = judging_start();
	judge_with(row, true, judging);
	assert_string_equal(judging_codes(&judging->result), row->codes_reject);
	assert_int_equal(result_state(&judging->result), row->state_reject);
}

/* judge_failure() tells it. */
static void
broken_login_is_told_once(void **state)
{
	struct judging *judging = judging_start();
	const struct auth_wishes wishes = {.reject = false};
	struct auth *auth = &judging->facts.auth;

	(void)state;
	begin(&judging->facts, BY_STARTTLS, no_lines, LINES("AUTH PLAIN"));
	judging->facts.step = STEP_AUTH;
	judging->facts.failure.kind = FAILURE_TIMEOUT;
	auth->wanted = true;
	memcpy(auth->mechanism, "PLAIN", sizeof("PLAIN"));
	auth->answer.code = 334;
	judge_failure(&judging->facts, &judging->result);
	judge_login(&judging->facts, &wishes, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "SMTP_TIMEOUT");
	assert_contains(
	    judging->result.finding[0].text, "no reply to AUTH in time");
}

static void
mechanisms_are_bounded(void **state)
{
	static struct ehlo ehlo;
	struct mechanisms offered;

	(void)state;
	memset(&ehlo, 0, sizeof(ehlo));
	for (int i = 0; i < MECHANISMS_MAX + 8; i++)
		text_print(ehlo.extension[ehlo.count++], EHLO_KEYWORD_SIZE,
		    "AUTH  M%d\tM%d-THAT-IS-LONGER-THAN-ANY ", i, i);
	ehlo_mechanisms(&ehlo, &offered);
	assert_int_equal(offered.count, MECHANISMS_MAX);
	assert_string_equal(offered.name[0], "M0");
	assert_string_equal(offered.name[1], "M0-THAT-IS-LONGER-TH...");
}

int
main(void)
{
	UNIT_TABLE(offer_cases, judges_offer);
	UNIT_TABLE(login_cases, judges_login);
	unit_add(
	    "A login that broke off is told once.", broken_login_is_told_once);
	unit_add("Mechanisms are bounded in number and length.",
	    mechanisms_are_bounded);
	return unit_run("judge_auth");
}
