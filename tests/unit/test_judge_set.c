/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_set - what servers differ in, and what was not tested */
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

enum { SERVERS = 3, OFFERS = 4, NO_TLS = -1, TLS_FAILED = -2 };

/* What one server showed. */
struct shown {
	int version;               /* 0x0303 is TLS 1.2; 0: no EHLO came */
	const char *offer[OFFERS]; /* NULL last */
};

static const struct difference_case {
	const char *sentence;
	struct shown server[SERVERS];
	const char *text; /* behind "servers differ: "; NULL: they don't */
} difference_cases[] = {
    {"Servers that are alike do not differ.",
	{{0x0304, {"SIZE 1000", "DSN"}}, {0x0304, {"SIZE 1000", "DSN"}}}, NULL},
    {"One server does not.", {{0x0304, {"SIZE 1000"}}}, NULL},
    {"Servers that were not reached do not.", {{0}, {0}, {0}}, NULL},
    {"One that was not reached is passed over.",
	{{0x0304, {"DSN"}}, {0}, {0x0304, {"DSN"}}}, NULL},
    {"It does not matter which.", {{0}, {0x0304, {"DSN"}}, {0x0303, {"DSN"}}},
	"TLS (TLS 1.3 at mx2.example.com, TLS 1.2 at mx3.example.com)"},
    {"Their TLS versions may differ.", {{0x0304, {NULL}}, {0x0303, {NULL}}},
	"TLS (TLS 1.3 at mx1.example.com, TLS 1.2 at mx2.example.com)"},
    {"The first that differs is told.",
	{{0x0303, {NULL}}, {0x0303, {NULL}}, {0x0304, {NULL}}},
	"TLS (TLS 1.2 at mx1.example.com, TLS 1.3 at mx3.example.com)"},
    {"One may have no TLS at all.", {{0x0304, {NULL}}, {NO_TLS, {NULL}}},
	"TLS (TLS 1.3 at mx1.example.com, none at mx2.example.com)"},
    {"No TLS at both is no difference.", {{NO_TLS, {NULL}}, {NO_TLS, {NULL}}},
	NULL},
    {"A failed handshake says nothing of versions.",
	{{0x0304, {NULL}}, {TLS_FAILED, {NULL}}}, NULL},
    {"Behind it the others are compared.",
	{{TLS_FAILED, {NULL}}, {0x0304, {NULL}}, {0x0303, {NULL}}},
	"TLS (TLS 1.3 at mx2.example.com, TLS 1.2 at mx3.example.com)"},
    {"Their message sizes may differ.",
	{{0x0304, {"SIZE 1000"}}, {0x0304, {"SIZE 2000"}}},
	"SIZE (1000 at mx1.example.com, 2000 at mx2.example.com)"},
    {"SIZE without a number is SIZE 0.",
	{{0x0304, {"SIZE"}}, {0x0304, {"SIZE 0"}}}, NULL},
    {"An extension may be missing.",
	{{0x0304, {"DSN", "CHUNKING"}}, {0x0304, {"DSN"}}},
	"extensions (mx2.example.com lacks CHUNKING)"},
    {"The first server may be the one that lacks it.",
	{{0x0304, {"DSN"}}, {0x0304, {"DSN", "CHUNKING"}}},
	"extensions (mx1.example.com lacks CHUNKING)"},
    {"Several may be missing.",
	{{0x0304, {"DSN", "HELP", "CHUNKING"}}, {0x0304, {"HELP"}}},
	"extensions (mx2.example.com lacks DSN CHUNKING)"},
    {"Each may lack another.", {{0x0304, {"DSN"}}, {0x0304, {"HELP"}}},
	"extensions (mx2.example.com lacks DSN, mx1.example.com "
	"lacks HELP)"},
    {"The first that lacks some is told.",
	{{0x0304, {"DSN"}}, {0x0304, {"DSN"}}, {0x0304, {NULL}}},
	"extensions (mx3.example.com lacks DSN)"},
    {"Neither order nor letter case is a difference.",
	{{0x0304, {"DSN", "Help"}}, {0x0304, {"HELP", "dsn"}}}, NULL},
    {"Nor are parameters.",
	{{0x0304, {"AUTH LOGIN"}}, {0x0304, {"AUTH PLAIN"}}}, NULL},
    {"STARTTLS is told with TLS.", {{0x0304, {"STARTTLS"}}, {NO_TLS, {NULL}}},
	"TLS (TLS 1.3 at mx1.example.com, none at mx2.example.com)"},
    {"All of it is told at once.",
	{{0x0304, {"SIZE 1000", "DSN"}}, {0x0303, {"SIZE 2000"}}},
	"TLS (TLS 1.3 at mx1.example.com, TLS 1.2 at mx2.example.com), SIZE "
	"(1000 at mx1.example.com, 2000 at mx2.example.com), extensions "
	"(mx2.example.com lacks DSN)"},
};

/* Servers of a host each: mx1.example.com [192.0.2.1] and so on. */
static struct target_host hosts[SERVERS];
static struct target targets[SERVERS];
static struct facts servers[SERVERS];
static const struct facts *facts[SERVERS];
static struct result *result;

static void
offer(struct ehlo *ehlo, const char *const offers[OFFERS])
{
	ehlo->answer.code = 250;
	for (size_t i = 0; i < OFFERS && offers[i] != NULL; i++)
		text_print(ehlo->extension[ehlo->count++], EHLO_KEYWORD_SIZE,
		    "%s", offers[i]);
}

static void
show(struct facts *server, const struct shown *shown)
{
	if (shown->version == 0)
		return;
	offer(&server->ehlo, shown->offer);
	server->starttls.asked = shown->version != NO_TLS;
	server->handshake.done = shown->version > 0;
	server->handshake.version = shown->version;
}

static void
start(const struct shown *shown)
{
	result = &judging_start()->result;
	memset(targets, 0, sizeof(targets));
	memset(servers, 0, sizeof(servers));
	for (int i = 0; i < SERVERS; i++) {
		char address[32];

		text_print(
		    hosts[i].name, DOMAIN_SIZE, "mx%d.example.com", i + 1);
		text_print(address, sizeof(address), "192.0.2.%d", i + 1);
		targets[i].host = &hosts[i];
		judging_address(&targets[i], address, 25);
		servers[i].target = &targets[i];
		facts[i] = &servers[i];
		show(&servers[i], &shown[i]);
	}
}

static const char *
differences(void)
{
	static const char lead[] = "servers differ: ";
	const struct finding *finding;

	judge_differences(facts, SERVERS, result);
	if (result->count == 0)
		return NULL;
	assert_int_equal(result->count, 1);
	finding = judging_finding(result, SET_DIFFERS);
	assert_int_equal(finding->state, STATE_OK);
	assert_int_equal(strncmp(finding->text, lead, strlen(lead)), 0);
	return finding->text + strlen(lead);
}

static void
compares(void **state)
{
	const struct difference_case *row = *state;
	const char *text;

	start(row->server);
	text = differences();
	assert_int_equal(text != NULL, row->text != NULL);
	if (text != NULL)
		assert_string_equal(text, row->text);
}

static const struct shown alike[SERVERS] = {
    {0x0304, {"DSN"}}, {0x0304, {"DSN"}}, {0x0304, {"DSN"}}};

static void
passes_over_what_is_missing(void **state)
{
	(void)state;
	start(alike);
	servers[2].handshake.version = 0x0303;
	facts[0] = NULL;
	assert_string_equal(differences(),
	    "TLS (TLS 1.3 at mx2.example.com, TLS 1.2 at mx3.example.com)");
}

static void
compares_nothing(void **state)
{
	(void)state;
	start(alike);
	judge_differences(facts, 0, result);
	assert_int_equal(result->count, 0);
}

static void
tells_addresses_of_one_host(void **state)
{
	(void)state;
	start(alike);
	targets[1].host = &hosts[0];
	servers[1].handshake.version = 0x0303;
	servers[1].ehlo.count = 0;
	assert_string_equal(differences(),
	    "TLS (TLS 1.3 at 192.0.2.1, TLS 1.2 at 192.0.2.2), extensions "
	    "(192.0.2.2 lacks DSN)");
}

/* What senders get in the end, not what is offered in the clear. */
static void
compares_inside_tls(void **state)
{
	static const char *const inside[OFFERS] = {"DSN", "SIZE 1000"};

	(void)state;
	start(alike);
	for (int i = 0; i < SERVERS; i++)
		offer(&servers[i].ehlo_tls, inside);
	servers[1].ehlo.count = 0;
	assert_null(differences());
	servers[1].ehlo_tls.count = 1;
	assert_contains(differences(),
	    "SIZE (1000 at mx1.example.com, not offered at mx2.example.com)");
}

static void
compares_the_oldest_version(void **state)
{
	(void)state;
	start(alike);
	servers[1].starttls.obsolete[0] = OBSOLETE_REFUSED;
	servers[1].starttls.obsolete[1] = OBSOLETE_ACCEPTED;
	servers[2].starttls.obsolete[0] = OBSOLETE_NOT_TESTABLE;
	assert_string_equal(differences(),
	    "TLS (TLS 1.3 at mx1.example.com, TLS 1.1 at mx2.example.com)");
}

/* Names and keywords as long as they get: one line, cut. */
static void
bounds_the_text(void **state)
{
	(void)state;
	start(alike);
	for (int i = 0; i < SERVERS; i++)
		memset(hosts[i].name, 'a' + i, DOMAIN_SIZE - 1);
	servers[1].handshake.version = 0x0303;
	for (size_t i = 0; i < EHLO_KEYWORDS_MAX; i++)
		text_print(servers[0].ehlo.extension[i], EHLO_KEYWORD_SIZE,
		    "X%0*zu", EHLO_KEYWORD_SIZE - 2, i);
	servers[0].ehlo.count = EHLO_KEYWORDS_MAX;
	assert_contains(differences(), "...");
	assert_null(strchr(result->finding[0].text, '\n'));
}

/* How far a dialogue came. */
static const struct dialogue {
	enum step step;
	enum failure_kind failure;
	bool greeted, ehlo, asked, handshake;
	bool relayed, trusted;
} nowhere = {.step = STEP_CONNECT, .failure = FAILURE_REFUSED};

static void
reach(struct facts *to, const struct dialogue *dialogue)
{
	to->step = dialogue->step;
	to->failure.kind = dialogue->failure;
	to->seconds.connect = 0.1;
	to->banner.came = dialogue->greeted;
	to->banner.code = dialogue->greeted ? 220 : 0;
	to->ehlo.answer.code = dialogue->ehlo ? 250 : 0;
	to->starttls.asked = dialogue->asked;
	to->handshake.done = dialogue->handshake;
	to->relay.count = dialogue->relayed;
	to->relay.probe[0].mail.code = dialogue->relayed ? 250 : 0;
	to->relay.probe[0].rcpt.code = dialogue->relayed ? 550 : 0;
	to->relay.trusted = dialogue->trusted;
	if (dialogue->greeted || dialogue->step == STEP_BANNER)
		to->seconds.banner = 0.1;
	if (dialogue->ehlo || dialogue->step == STEP_EHLO)
		to->seconds.ehlo = 0.1;
	if (dialogue->handshake || dialogue->step == STEP_TLS)
		to->seconds.tls = 0.1;
}

enum {
	BANNER = 1U << STEP_BANNER,
	EHLO = 1U << STEP_EHLO,
	STARTTLS = 1U << STEP_STARTTLS,
	TLS = 1U << STEP_TLS,
	RELAY = 1U << STEP_RELAY,
	ALL = 1U << STEP_CONNECT | BANNER | EHLO | STARTTLS | TLS | RELAY,
};

static const struct unmade_case {
	const char *sentence;
	struct dialogue dialogue;
	unsigned steps;  /* wanted */
	unsigned unmade; /* 0: all of them were made */
	const char *text;
} unmade_cases[] = {
    {"Without a connection nothing was tested.",
	{.step = STEP_CONNECT, .failure = FAILURE_REFUSED}, ALL,
	BANNER | EHLO | STARTTLS | TLS | RELAY,
	"banner, EHLO, STARTTLS, certificate, relaying not tested: no "
	"connection"},
    {"A greeting that did not come was awaited.",
	{.step = STEP_BANNER, .failure = FAILURE_TIMEOUT}, ALL,
	EHLO | STARTTLS | TLS | RELAY,
	"EHLO, STARTTLS, certificate, relaying not tested: no 220 greeting"},
    {"EHLO that was not answered was said.",
	{.step = STEP_EHLO, .failure = FAILURE_CLOSED, .greeted = true}, ALL,
	STARTTLS | TLS | RELAY,
	"STARTTLS, certificate, relaying not tested: no EHLO"},
    {"STARTTLS that is not offered is no STARTTLS untested.",
	{.step = STEP_RELAY, .greeted = true, .ehlo = true, .relayed = true},
	ALL, TLS, "certificate not tested: no TLS session"},
    {"STARTTLS that was refused leaves no certificate.",
	{.step = STEP_RELAY,
	    .greeted = true,
	    .ehlo = true,
	    .asked = true,
	    .relayed = true},
	ALL, TLS, "certificate not tested: no TLS session"},
    {"STARTTLS that was never answered ends it.",
	{.step = STEP_STARTTLS,
	    .failure = FAILURE_TIMEOUT,
	    .greeted = true,
	    .ehlo = true,
	    .asked = true},
	ALL, TLS | RELAY, "certificate, relaying not tested: no TLS session"},
    {"A handshake that failed leaves no certificate.",
	{.step = STEP_TLS,
	    .failure = FAILURE_TLS,
	    .greeted = true,
	    .ehlo = true,
	    .asked = true,
	    .relayed = true},
	ALL, TLS, "certificate not tested: no TLS session"},
    {"A session may break off inside TLS.",
	{.step = STEP_EHLO,
	    .failure = FAILURE_CLOSED,
	    .greeted = true,
	    .ehlo = true,
	    .asked = true,
	    .handshake = true},
	ALL, RELAY, "relaying not tested: the session broke off"},
    {"TLS that comes first and fails leaves all the rest.",
	{.step = STEP_TLS, .failure = FAILURE_TLS}, ALL,
	BANNER | EHLO | TLS | RELAY,
	"banner, EHLO, certificate, relaying not tested: no TLS session"},
    {"A dialogue that came to its end has no gaps.",
	{.step = STEP_RELAY,
	    .greeted = true,
	    .ehlo = true,
	    .asked = true,
	    .handshake = true,
	    .relayed = true},
	ALL, 0, NULL},
    {"A relay test that was not wanted is no gap.",
	{.step = STEP_EHLO,
	    .greeted = true,
	    .ehlo = true,
	    .asked = true,
	    .handshake = true,
	    .trusted = true},
	ALL, 0, NULL},
    {"Only what is wanted is told.",
	{.step = STEP_CONNECT, .failure = FAILURE_TIMEOUT}, BANNER | EHLO,
	BANNER | EHLO, "banner, EHLO not tested: no connection"},
    {"Nothing wanted is nothing told.",
	{.step = STEP_CONNECT, .failure = FAILURE_TIMEOUT}, 1U << STEP_CONNECT,
	0, NULL},
};

static void
tells_the_unmade(void **state)
{
	const struct unmade_case *row = *state;
	struct judging *judging = judging_start();
	const struct finding *finding;

	reach(&judging->facts, &row->dialogue);
	judge_unmade(&judging->facts, row->steps, &judging->result);
	assert_int_equal(judging->result.count, row->unmade != 0);
	if (row->unmade == 0)
		return;
	finding = judging_finding(&judging->result, NOT_TESTED);
	assert_string_equal(finding->text, row->text);
	assert_int_equal(finding->steps, row->unmade);
	assert_int_equal(finding->state, STATE_OK);
	assert_true(finding_is_told(finding));
}

/* How far a relay test came, behind a dialogue without a fault. */
static const struct relay_case {
	const char *sentence;
	int mail, rcpt;    /* answers; 0: none */
	bool inconclusive; /* judge_relay() says why */
	bool unmade;
} relay_cases[] = {
    {"A RCPT that was answered was made.", 250, 550, false, false},
    {"A MAIL that was refused was.", 550, 0, false, false},
    {"A RCPT that was never answered was not.", 250, 0, false, true},
    {"A MAIL that was never answered was not.", 0, 0, false, true},
    {"What is told to have no verdict is not told again.", 250, 0, true, false},
};

static void
tells_the_unanswered(void **state)
{
	static const struct dialogue dialogue = {.step = STEP_RELAY,
	    .greeted = true,
	    .ehlo = true,
	    .asked = true,
	    .handshake = true};
	const struct relay_case *row = *state;
	struct judging *judging = judging_start();

	reach(&judging->facts, &dialogue);
	judging->facts.relay.count = 1;
	judging->facts.relay.probe[0].mail.code = row->mail;
	judging->facts.relay.probe[0].rcpt.code = row->rcpt;
	if (row->inconclusive)
		result_add(&judging->result, RELAY_INCONCLUSIVE, "cut");
	judge_unmade(&judging->facts, ALL, &judging->result);
	assert_int_equal(
	    result_find(&judging->result, NOT_TESTED) != NULL, row->unmade);
}

static void
leaves_the_untested_alone(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	reach(&judging->facts, &nowhere);
	judging->result.untested = true;
	judge_unmade(&judging->facts, ALL, &judging->result);
	assert_int_equal(judging->result.count, 0);
}

static const struct obstacle_case {
	const char *sentence;
	struct dialogue dialogue;
	const char *obstacle;
} obstacle_cases[] = {
    {"A refused connection stands in the way.",
	{.step = STEP_CONNECT, .failure = FAILURE_REFUSED}, "no connection"},
    {"Being trusted does, where nobody was called.",
	{.step = STEP_CONNECT, .trusted = true},
	"we are allowed to relay here"},
    {"But not where the connection failed.",
	{.step = STEP_CONNECT, .failure = FAILURE_REFUSED, .trusted = true},
	"no connection"},
    {"No greeting does.", {.step = STEP_BANNER, .failure = FAILURE_CLOSED},
	"no 220 greeting"},
    {"No EHLO does.",
	{.step = STEP_EHLO, .failure = FAILURE_CLOSED, .greeted = true},
	"no EHLO"},
    {"No STARTTLS does.", {.step = STEP_EHLO, .greeted = true, .ehlo = true},
	"no TLS session"},
    {"A failed handshake does.", {.step = STEP_TLS, .failure = FAILURE_TLS},
	"no TLS session"},
    {"The end of a session does.",
	{.step = STEP_RELAY,
	    .failure = FAILURE_CLOSED,
	    .greeted = true,
	    .ehlo = true,
	    .handshake = true},
	"the session broke off"},
};

static void
names_the_obstacle(void **state)
{
	const struct obstacle_case *row = *state;
	struct facts *to = &judging_start()->facts;

	reach(to, &row->dialogue);
	assert_string_equal(judge_obstacle(to), row->obstacle);
}

static void
takes_helo_for_ehlo(void **state)
{
	struct facts *to = &judging_start()->facts;
	const struct dialogue greeted = {.step = STEP_EHLO, .greeted = true};

	(void)state;
	reach(to, &greeted);
	to->ehlo.answer.code = 502;
	to->ehlo.helo.code = 502;
	assert_string_equal(judge_obstacle(to), "no EHLO");
	to->ehlo.helo.code = 250;
	assert_string_equal(judge_obstacle(to), "no TLS session");
}

static void
takes_no_refusal_for_a_greeting(void **state)
{
	struct facts *to = &judging_start()->facts;
	const struct dialogue greeted = {.step = STEP_BANNER, .greeted = true};

	(void)state;
	reach(to, &greeted);
	to->banner.code = 554;
	assert_string_equal(judge_obstacle(to), "no 220 greeting");
}

int
main(void)
{
	UNIT_TABLE(difference_cases, compares);
	unit_add("A server without facts is passed over.",
	    passes_over_what_is_missing);
	unit_add("No server at all has no differences.", compares_nothing);
	unit_add("Addresses of one host are told apart.",
	    tells_addresses_of_one_host);
	unit_add("Inside TLS is where it counts.", compares_inside_tls);
	unit_add("The oldest version accepted is compared.",
	    compares_the_oldest_version);
	unit_add("A long list is cut.", bounds_the_text);
	UNIT_TABLE(unmade_cases, tells_the_unmade);
	UNIT_TABLE(relay_cases, tells_the_unanswered);
	unit_add("A server that was not tested has no gaps.",
	    leaves_the_untested_alone);
	UNIT_TABLE(obstacle_cases, names_the_obstacle);
	unit_add("HELO is as good as EHLO.", takes_helo_for_ehlo);
	unit_add("A refusal is no greeting.", takes_no_refusal_for_a_greeting);
	return unit_run("judge_set");
}
