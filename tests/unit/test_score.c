/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_score - a server in points, and how much of the test was made there */
#include <string.h>

#include "judging.h"
#include "score.h"
#include "unit.h"

enum {
	USUAL = SCORE_BASE | SCORE_DNS | SCORE_PTR | SCORE_BANNER
	    | SCORE_STARTTLS | SCORE_TLS | SCORE_CERTIFICATE | SCORE_RELAY,
	EVERYTHING = USUAL | SCORE_EXPECTED_MX | SCORE_EXPECTED_BANNER
	    | SCORE_REQUIRED | SCORE_PINS | SCORE_OLD_VERSIONS
	    | SCORE_COMMAND_INJECTION | SCORE_DANE | SCORE_MTASTS
	    | SCORE_REQUIRED_MODE,
	NO_SCORE = -1,
};

/* Codes that are no test of a server. */
static const enum diagnosis no_tests[] = {
    /* Mere notes: nothing is wrong, whether or not they are found. */
    DNS_MX_PRIVATE,
    DNS_MX_SINGLE,
    BANNER_HOST_MISMATCH,
    BANNER_GREET_DELAY,
    EHLO_CHANGED_BY_TLS,
    TLS_NOT_1_3,
    RELAY_POLICY,
    DANE_NONE,
    DANE_STALE_RECORD,
    MTASTS_NONE,
    MTASTS_TESTING,
    TLSRPT_NONE,
    SET_DIFFERS,
    /* They say that a test was not made, or has no verdict. */
    DNS_RESOLVER,
    TCP_EGRESS_BLOCKED,
    TCP_NO_ROUTE_V6,
    RELAY_GREYLISTED,
    RELAY_INCONCLUSIVE,
    RELAY_TRUSTED,
    DANE_UNTRUSTED_RESOLVER,
    NOT_TESTED,
    /* check_mx neither logs in nor sends. */
    AUTH_NOT_OFFERED,
    AUTH_IN_CLEAR,
    AUTH_MECHANISM_MISSING,
    AUTH_REJECTED,
    AUTH_DEFERRED,
    AUTH_ACCEPTED,
    MAIL_REFUSED,
    MAIL_DEFERRED,
    RCPT_REFUSED,
    RCPT_DEFERRED,
    DATA_REFUSED,
    MESSAGE_REFUSED,
    MESSAGE_DEFERRED,
    MESSAGE_ACCEPTED,
    DSN_NOT_OFFERED,
    ARRIVAL_MISSING,
    ARRIVAL_SLOW,
    ARRIVAL_MAILBOX,
    /* Only check_mx_dane is told of the next certificate. */
    DANE_RENEWAL_BREAKS,
    /* check_mx has no threshold for times: -w and -c are the score's. */
    RESPONSE_SLOW,
    /* Only seen where relaying is asked in the clear: by chance, not plan. */
    STARTTLS_REQUIRED,
    /* The run ended first; that is no property of a server to test for. */
    TIMEOUT,
    /* What the score itself comes to. */
    SCORE_LOW,
};

static bool
is_listed(enum diagnosis code)
{
	for (size_t i = 0; i < UNIT_COUNT(no_tests); i++)
		if (no_tests[i] == code)
			return true;
	return false;
}

static void
tests_every_code(void **state)
{
	(void)state;
	for (int i = 0; i < DIAGNOSIS_END; i++) {
		enum diagnosis code = (enum diagnosis)i;

		if (score_is_test(code) == is_listed(code))
			assert_string_equal(diagnosis_entry(code)->code,
			    is_listed(code) ? "is a test" : "is no test");
	}
}

static void
tests_nothing_for_free(void **state)
{
	(void)state;
	for (int i = 0; i < DIAGNOSIS_END; i++)
		if (score_is_test((enum diagnosis)i)
		    && diagnosis_entry((enum diagnosis)i)->penalty == 0)
			assert_string_equal(
			    diagnosis_entry((enum diagnosis)i)->code,
			    "costs something");
}

static const struct thresholds no_limits;
static struct result set; /* a domain without findings, unless added */

static struct judging *
start(void)
{
	struct judging *judging = judging_start();

	result_init(&set, &judging->severities);
	return judging;
}

static int
score_of(const struct result *result)
{
	const struct metric *metric = result_find_metric(result, "score");

	return metric != NULL ? (int)metric->value : NO_SCORE;
}

/* How far a dialogue came; each one includes those before. */
enum reach {
	LATE, /* no facts at all */
	LOCAL_FAILURE,
	CALLED,
	AWAITED, /* it connected */
	REFUSED, /* a whole greeting, a 554 */
	GREETED,
	EHLO_SAID,
	EHLO_ACCEPTED,
	STARTTLS_SAID,
	HANDSHAKE_TRIED,
	HANDSHAKE_DONE,
	CERTIFICATE_SEEN,
	CHAIN_VERIFIED,
	RELAY_ANSWERED,
};

static void
answer_relay(struct relay *relay, int mail, int rcpt)
{
	relay->count = relay->planned = 1;
	relay->control.name = "control";
	relay->control.kind = RELAY_LOCAL;
	relay->probe[0].name = "plain";
	relay->control.mail.code = relay->probe[0].mail.code = mail;
	relay->probe[0].rcpt.code = rcpt;
	relay->control.rcpt.code = rcpt == 0 ? 0 : 250;
}

static const struct facts *
reach(struct facts *facts, enum reach reach)
{
	facts->reverse.asked = facts->reverse.confirmed = true;
	facts->reverse.count = 1;
	facts->seconds.connect = 0.1;
	if (reach == LOCAL_FAILURE)
		facts->failure.kind = FAILURE_LOCAL;
	if (reach == CALLED)
		facts->failure.kind = FAILURE_REFUSED;
	if (reach >= AWAITED)
		facts->step = STEP_BANNER;
	if (reach >= AWAITED)
		facts->seconds.banner = 0.1;
	facts->banner.came = reach >= REFUSED;
	if (reach >= REFUSED)
		facts->banner.code = reach == REFUSED ? 554 : 220;
	if (reach >= EHLO_SAID)
		facts->seconds.ehlo = 0.1;
	if (reach >= EHLO_ACCEPTED)
		facts->ehlo.answer.code = 250;
	facts->starttls.asked = reach >= STARTTLS_SAID;
	if (reach >= HANDSHAKE_TRIED)
		facts->seconds.tls = 0.1;
	facts->handshake.done = reach >= HANDSHAKE_DONE;
	facts->handshake.chain.count = reach >= CERTIFICATE_SEEN;
	facts->handshake.chain.verified = reach >= CHAIN_VERIFIED;
	if (reach >= RELAY_ANSWERED)
		answer_relay(&facts->relay, 250, 550);
	return reach == LATE ? NULL : facts;
}

static void
score_by(struct judging *judging, const struct facts *facts, unsigned scope,
    const struct thresholds *limits)
{
	const struct score_place place = {
	    &judging->target, facts, &judging->domain.mtasts, &set};

	score_server(&place, scope, limits, &judging->result);
}

static void
score(struct judging *judging, const struct facts *facts, unsigned scope)
{
	score_by(judging, facts, scope, &no_limits);
}

/* The dialogue breaks off: what is behind it was not tested. */
static const struct coverage_case {
	const char *sentence;
	enum reach reach;
	unsigned made;
} coverage_cases[] = {
    {"Out of time only the DNS was tested.", LATE, 11},
    {"Without a socket the address's name was, too.", LOCAL_FAILURE, 13},
    {"A refused connection is tested.", CALLED, 17},
    {"A greeting that never came was awaited.", AWAITED, 23},
    {"A refusing greeting says no more than that.", REFUSED, 23},
    {"A 220 greeting can be read.", GREETED, 25},
    {"An EHLO that was never answered was said.", EHLO_SAID, 32},
    {"EHLO accepted tells whether STARTTLS is offered.", EHLO_ACCEPTED, 34},
    {"STARTTLS said can be refused.", STARTTLS_SAID, 36},
    {"A handshake tried can fail.", HANDSHAKE_TRIED, 39},
    {"A handshake done has a version and a cipher suite.", HANDSHAKE_DONE, 44},
    {"A certificate seen has dates and names.", CERTIFICATE_SEEN, 49},
    {"A chain verified can be untrusted.", CHAIN_VERIFIED, 53},
    {"A relay test answered completes it.", RELAY_ANSWERED, 55},
};

static void
covers(void **state)
{
	const struct coverage_case *row = *state;
	struct judging *judging = start();

	score(judging, reach(&judging->facts, row->reach), USUAL);
	assert_int_equal(judging->result.tests_made, row->made);
	assert_int_equal(judging->result.tests_planned, 55);
}

/* In the clear for want of an offer: relaying is tested all the same. */
static void
covers_a_dialogue_in_the_clear(void **state)
{
	struct judging *judging = start();

	(void)state;
	reach(&judging->facts, EHLO_ACCEPTED);
	answer_relay(&judging->facts.relay, 250, 550);
	score(judging, &judging->facts, USUAL);
	assert_int_equal(judging->result.tests_made, 36);
}

static void
covers_helo(void **state)
{
	struct judging *judging = start();

	(void)state;
	reach(&judging->facts, EHLO_SAID);
	judging->facts.ehlo.answer.code = 502;
	judging->facts.ehlo.helo.code = 250;
	score(judging, &judging->facts, USUAL);
	assert_int_equal(judging->result.tests_made, 34);
}

static const struct server_case {
	const char *sentence;
	bool from_mx, implicit, is_address, connects;
	unsigned planned;
} server_cases[] = {
    {"All tests are planned for an MX host.", true, false, false, true, 55},
    {"And for the domain itself.", false, true, false, true, 55},
    {"A host that was named has no MX record.", false, false, false, true, 48},
    {"An address that was named has no look-up.", false, false, true, true, 44},
    {"An MX host without address has the DNS alone.", true, false, false, false,
	11},
    {"An MX that is an address has its record.", true, false, true, false, 7},
};

static void
plans_for_a_server(void **state)
{
	const struct server_case *row = *state;
	struct judging *judging = start();

	judging->host.from_mx = row->from_mx;
	judging->host.implicit = row->implicit;
	judging->host.is_address = row->is_address;
	judging->target.connects = row->connects;
	score(judging, NULL, USUAL);
	assert_int_equal(judging->result.tests_planned, row->planned);
}

static const struct scope_case {
	const char *sentence;
	unsigned scope;
	unsigned planned;
} scope_cases[] = {
    {"No scope plans nothing.", 0, 0},
    {"The base is what leads to EHLO.", SCORE_BASE, 24},
    {"Of the DNS are broken rules.", SCORE_DNS, 3},
    {"Of PTR are two.", SCORE_PTR, 2},
    {"Of the banner are broken rules too.", SCORE_BANNER, 3},
    {"Of STARTTLS are the offer and the answer.", SCORE_STARTTLS, 4},
    {"Of TLS is the handshake.", SCORE_TLS, 8},
    {"Of the certificate are dates, names and chain.", SCORE_CERTIFICATE, 9},
    {"Of relaying are two.", SCORE_RELAY, 2},
    {"Of DANE are the records and what they match.", SCORE_DANE, 5},
    {"Of MTA-STS are the policy and who meets it.", SCORE_MTASTS, 7},
    {"A required mode is one more.", SCORE_REQUIRED_MODE, 1},
    {"Expected MX hosts are missing or too many.", SCORE_EXPECTED_MX, 2},
    {"An expected banner is one more.", SCORE_EXPECTED_BANNER, 1},
    {"A required extension is one more.", SCORE_REQUIRED, 1},
    {"A pin is one more.", SCORE_PINS, 1},
    {"Old versions are one more.", SCORE_OLD_VERSIONS, 1},
    {"Command injection is one more.", SCORE_COMMAND_INJECTION, 1},
};

/* TLSA records, compared with the certificate, and a policy. */
static void
publish_all(struct judging *judging)
{
	judging_sign(&judging->host);
	judging_add_tlsa(&judging->host, 3);
	judging->facts.dane.chain[0].seen = true;
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_ENFORCE);
}

/* A server that came to the end made what was planned but the probes. */
static void
plans_a_scope(void **state)
{
	const struct scope_case *row = *state;
	struct judging *judging = start();
	struct starttls *starttls = &judging->facts.starttls;

	publish_all(judging);
	reach(&judging->facts, RELAY_ANSWERED);
	starttls->injection = INJECTION_IGNORED;
	for (int i = 0; i < OBSOLETE_VERSIONS; i++)
		starttls->obsolete[i] = OBSOLETE_REFUSED;
	score(judging, &judging->facts, row->scope);
	assert_int_equal(judging->result.tests_planned, row->planned);
	assert_int_equal(judging->result.tests_made, row->planned);
}

/* No test is left out by all scopes, and none is in two. */
static void
plans_every_test_once(void **state)
{
	struct judging *judging = start();
	unsigned tests = 0;

	(void)state;
	for (int i = 0; i < DIAGNOSIS_END; i++)
		tests += score_is_test((enum diagnosis)i);
	publish_all(judging);
	score(judging, NULL, EVERYTHING);
	assert_int_equal(judging->result.tests_planned, tests);
}

static const struct reverse_case {
	const char *sentence;
	struct reverse reverse;
	bool made;
} reverse_cases[] = {
    {"A name that leads back is a verdict.",
	{.asked = true, .count = 1, .confirmed = true}, true},
    {"So is one that does not.", {.asked = true, .count = 1}, true},
    {"So is no name.", {.asked = true, .status = DNS_NONAME}, true},
    {"So is no record.", {.asked = true, .status = DNS_NORECORD}, true},
    {"A name whose own look-up failed is none.",
	{.asked = true, .count = 1, .forward_unknown = true}, false},
    {"A confirmed one is, beside another's failure.",
	{.asked = true, .count = 2, .confirmed = true, .forward_unknown = true},
	true},
    {"SERVFAIL for an address is none.", {.asked = true, .status = DNS_FAILED},
	false},
    {"No answer for an address is none.",
	{.asked = true, .status = DNS_UNANSWERED}, false},
    {"An unusable resolver is none.", {.asked = true, .status = DNS_UNUSABLE},
	false},
    {"A name that was not asked for is none.", {.asked = false}, false},
};

static void
covers_reverse(void **state)
{
	const struct reverse_case *row = *state;
	struct judging *judging = start();

	judging->facts.reverse = row->reverse;
	score(judging, &judging->facts, SCORE_PTR);
	assert_int_equal(judging->result.tests_made, row->made ? 2 : 0);
}

static const struct relay_case {
	const char *sentence;
	int mail, rcpt; /* answers; MAIL 0: not asked at all */
	enum diagnosis found[3];
	bool made;
} relay_cases[] = {
    {"A refused recipient is a verdict.", 250, 550, {DIAGNOSIS_END}, true},
    {"So is a refusal by policy.", 250, 554, {RELAY_POLICY, DIAGNOSIS_END},
	true},
    {"So is an open relay.", 250, 250, {RELAY_OPEN, DIAGNOSIS_END}, true},
    {"So is one that was then cut off.", 250, 250,
	{RELAY_OPEN, RELAY_INCONCLUSIVE, DIAGNOSIS_END}, true},
    {"So is a suspicion.", 250, 252, {RELAY_SUSPECT, DIAGNOSIS_END}, true},
    {"What is suspected was tested, though not all of it.", 250, 550,
	{RELAY_SUSPECT, RELAY_INCONCLUSIVE, DIAGNOSIS_END}, true},
    {"Greylisting is none.", 250, 450, {RELAY_GREYLISTED, DIAGNOSIS_END},
	false},
    {"A sender refused is none.", 550, 503, {RELAY_INCONCLUSIVE, DIAGNOSIS_END},
	false},
    {"Relaying that was not asked for is none.", 0, 0,
	{RELAY_TRUSTED, DIAGNOSIS_END}, false},
    {"A MAIL that was never answered is none.", 0, 0,
	{SMTP_TIMEOUT, DIAGNOSIS_END}, false},
    {"A RCPT that was never answered is none.", 250, 0,
	{SMTP_TIMEOUT, DIAGNOSIS_END}, false},
};

static void
covers_relay(void **state)
{
	const struct relay_case *row = *state;
	struct judging *judging = start();

	reach(&judging->facts, CHAIN_VERIFIED);
	if (row->found[0] != RELAY_TRUSTED) {
		judging->facts.step = STEP_RELAY;
		answer_relay(&judging->facts.relay, row->mail, row->rcpt);
	}
	if (row->rcpt == 0 && row->found[0] == SMTP_TIMEOUT)
		judging->facts.failure.kind = FAILURE_TIMEOUT;
	for (size_t i = 0; row->found[i] != DIAGNOSIS_END; i++)
		result_add(&judging->result, row->found[i], "text");
	score(judging, &judging->facts, SCORE_RELAY);
	assert_int_equal(judging->result.tests_made, row->made ? 2 : 0);
}

static const struct version_case {
	const char *sentence;
	enum obsolete_answer answers[OBSOLETE_VERSIONS];
	bool made;
} version_cases[] = {
    {"Both old versions refused is a verdict.",
	{OBSOLETE_REFUSED, OBSOLETE_REFUSED}, true},
    {"So is one of them accepted.", {OBSOLETE_REFUSED, OBSOLETE_ACCEPTED},
	true},
    {"Old versions that were not asked for are none.",
	{OBSOLETE_NOT_ASKED, OBSOLETE_NOT_ASKED}, false},
    {"One that can't be offered may be accepted.",
	{OBSOLETE_NOT_TESTABLE, OBSOLETE_REFUSED}, false},
    {"One that is accepted was tested, whatever the other.",
	{OBSOLETE_NOT_TESTABLE, OBSOLETE_ACCEPTED}, true},
};

static void
covers_old_versions(void **state)
{
	const struct version_case *row = *state;
	struct judging *judging = start();

	reach(&judging->facts, CHAIN_VERIFIED);
	memcpy(judging->facts.starttls.obsolete, row->answers,
	    sizeof(row->answers));
	score(judging, &judging->facts, SCORE_OLD_VERSIONS);
	assert_int_equal(judging->result.tests_made, row->made ? 1 : 0);
}

/* It is the last EHLO that a requirement is held against. */
static const struct required_case {
	const char *sentence;
	int ehlo, ehlo_tls, helo_tls; /* answers; 0: none */
	bool made;
} required_cases[] = {
    {"EHLO in the clear is held against a requirement.", 250, 0, 0, true},
    {"EHLO inside TLS is.", 250, 250, 0, true},
    {"HELO inside TLS is.", 250, 502, 250, true},
    {"EHLO refused inside TLS is not.", 250, 502, 502, false},
    {"EHLO refused at once is not.", 502, 0, 0, false},
};

static void
covers_requirements(void **state)
{
	const struct required_case *row = *state;
	struct judging *judging = start();
	struct facts *facts = &judging->facts;

	reach(facts, EHLO_SAID);
	facts->ehlo.answer.code = row->ehlo;
	facts->ehlo_tls.answer.code = row->ehlo_tls;
	facts->ehlo_tls.helo.code = row->helo_tls;
	score(judging, facts, SCORE_REQUIRED);
	assert_int_equal(judging->result.tests_made, row->made ? 1 : 0);
}

static const struct injection_case {
	const char *sentence;
	enum injection_answer answer;
	bool made;
} injection_cases[] = {
    {"An injected command ignored is a verdict.", INJECTION_IGNORED, true},
    {"So is one that was run.", INJECTION_EXECUTED, true},
    {"An unclear answer is none.", INJECTION_UNCLEAR, false},
    {"Nothing injected is none.", INJECTION_NOT_ASKED, false},
};

static void
covers_injection(void **state)
{
	const struct injection_case *row = *state;
	struct judging *judging = start();

	reach(&judging->facts, CHAIN_VERIFIED);
	judging->facts.starttls.injection = row->answer;
	score(judging, &judging->facts, SCORE_COMMAND_INJECTION);
	assert_int_equal(judging->result.tests_made, row->made ? 1 : 0);
}

/* What the DNS says of a host's TLSA records. */
enum records {
	NOT_ASKED,
	BLIND,     /* our resolver does not validate */
	NO_RECORD, /* in a signed zone */
	RECORD,
	UNSIGNED_ADDRESS, /* and a record */
	SERVFAIL,
	NO_RESOLVER, /* ours refuses */
};

static void
publish(struct target_host *host, enum records records)
{
	if (records == NOT_ASKED)
		return;
	judging_sign(host);
	if (records == RECORD || records == UNSIGNED_ADDRESS)
		judging_add_tlsa(host, 3);
	host->v4.secure = records != UNSIGNED_ADDRESS;
	if (records == BLIND)
		host->resolver = RESOLVER_BLIND;
	if (records == SERVFAIL)
		host->tlsa.status = DNS_FAILED;
	if (records == NO_RESOLVER)
		host->tlsa.status = DNS_UNUSABLE;
}

static const struct dane_case {
	const char *sentence;
	enum records records;
	bool compared;        /* with a certificate */
	enum diagnosis found; /* DIAGNOSIS_END: nothing */
	unsigned made, planned;
} dane_cases[] = {
    {"TLSA records not asked for are not tested.", NOT_ASKED, false,
	DIAGNOSIS_END, 0, 3},
    {"Nor are any by a resolver that does not validate.", BLIND, false,
	DIAGNOSIS_END, 0, 3},
    {"Nor are any by one that refuses.", NO_RESOLVER, false, DNS_RESOLVER, 0,
	3},
    {"Without a record there is nothing to compare.", NO_RECORD, false,
	DANE_NONE, 3, 3},
    {"A look-up that fails is a verdict.", SERVFAIL, false, DANE_BOGUS, 3, 3},
    {"A record compared with a certificate is one.", RECORD, true,
	DIAGNOSIS_END, 5, 5},
    {"A record without a certificate is half of one.", RECORD, false,
	TLS_HANDSHAKE, 3, 5},
    {"A record that is not usable needs none.", RECORD, false, DANE_UNUSABLE, 5,
	5},
    {"A record that nobody asks for is not compared.", UNSIGNED_ADDRESS, false,
	DANE_INSECURE, 3, 3},
};

static void
covers_dane(void **state)
{
	const struct dane_case *row = *state;
	struct judging *judging = start();

	publish(&judging->host, row->records);
	reach(&judging->facts, CHAIN_VERIFIED);
	judging->facts.dane.chain[0].seen = row->compared;
	if (row->found != DIAGNOSIS_END)
		result_add(&judging->result, row->found, "text");
	score(judging, &judging->facts, SCORE_DANE);
	assert_int_equal(judging->result.tests_made, row->made);
	assert_int_equal(judging->result.tests_planned, row->planned);
}

/* An address has no name to find records under. */
static void
plans_no_dane_for_an_address(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging->host.is_address = true;
	score(judging, &judging->facts, SCORE_DANE);
	assert_int_equal(judging->result.tests_planned, 0);
}

static const struct mtasts_case {
	const char *sentence;
	struct mtasts mtasts;
	bool made;
} mtasts_cases[] = {
    {"A policy not asked for is not tested.", {.asked = false}, false},
    {"Nor is one that came too late.", {.late = true}, false},
    {"Nor is one whose record can't be looked up.",
	{.asked = true, .record_status = DNS_FAILED}, false},
    {"Nor is one that we have no means to fetch.",
	{.asked = true,
	    .record = MTASTS_RECORD_VALID,
	    .tried = true,
	    .fetch_ours = true},
	false},
    {"One that they do not serve is.",
	{.asked = true, .record = MTASTS_RECORD_VALID, .tried = true}, true},
    {"So is one that they serve.",
	{.asked = true,
	    .record = MTASTS_RECORD_VALID,
	    .tried = true,
	    .fetched = true,
	    .valid = true},
	true},
    {"So is none.", {.asked = true, .record_status = DNS_NORECORD}, true},
    {"So is none in a domain without such a name.",
	{.asked = true, .record_status = DNS_NONAME}, true},
};

static void
covers_mtasts(void **state)
{
	const struct mtasts_case *row = *state;
	struct judging *judging = start();

	judging->domain.mtasts = row->mtasts;
	judging->domain.mtasts.tlsrpt_status = DNS_FAILED;
	score(judging, &judging->facts, SCORE_MTASTS);
	assert_int_equal(judging->result.tests_made, row->made ? 5 : 0);
	assert_int_equal(judging->result.tests_planned, 6);
}

static const struct tlsrpt_case {
	const char *sentence;
	bool asked;
	enum dns_status status;
	bool made;
} tlsrpt_cases[] = {
    {"A TLSRPT record is a verdict.", true, DNS_ANSWERED, true},
    {"So is none.", true, DNS_NORECORD, true},
    {"So is no such name.", true, DNS_NONAME, true},
    {"A look-up that fails is none.", true, DNS_FAILED, false},
    {"Nor is silence.", true, DNS_UNANSWERED, false},
    {"Nor is what nobody asked.", false, DNS_ANSWERED, false},
};

/* Whatever became of the policy. */
static void
covers_tlsrpt(void **state)
{
	const struct tlsrpt_case *row = *state;
	struct judging *judging = start();

	judging->domain.mtasts.asked = row->asked;
	judging->domain.mtasts.record_status = DNS_FAILED;
	judging->domain.mtasts.tlsrpt_status = row->status;
	score(judging, &judging->facts, SCORE_MTASTS);
	assert_int_equal(judging->result.tests_made, row->made ? 1 : 0);
}

/* Only a policy in force has servers fail it, and TLS tells whether they do. */
static const struct enforce_case {
	const char *sentence;
	enum mtasts_mode mode;
	enum reach reach;
	enum diagnosis found; /* DIAGNOSIS_END: nothing */
	unsigned made, planned;
} enforce_cases[] = {
    {"A verified chain meets an enforced policy, or does not.",
	MTASTS_MODE_ENFORCE, CHAIN_VERIFIED, DIAGNOSIS_END, 7, 7},
    {"Without a certificate nobody knows.", MTASTS_MODE_ENFORCE, HANDSHAKE_DONE,
	DIAGNOSIS_END, 6, 7},
    {"No STARTTLS is known not to.", MTASTS_MODE_ENFORCE, EHLO_ACCEPTED,
	MTASTS_WOULD_FAIL, 7, 7},
    {"A policy in testing has nobody fail.", MTASTS_MODE_TESTING,
	CHAIN_VERIFIED, DIAGNOSIS_END, 6, 6},
    {"Nor has mode none.", MTASTS_MODE_NONE, CHAIN_VERIFIED, DIAGNOSIS_END, 6,
	6},
};

static void
covers_an_enforced_policy(void **state)
{
	const struct enforce_case *row = *state;
	struct judging *judging = start();

	judging_policy(&judging->domain.mtasts, row->mode);
	reach(&judging->facts, row->reach);
	if (row->found != DIAGNOSIS_END)
		result_add(&judging->result, row->found, "text");
	score(judging, &judging->facts, SCORE_MTASTS);
	assert_int_equal(judging->result.tests_made, row->made);
	assert_int_equal(judging->result.tests_planned, row->planned);
}

/* With -H and -d the policy is held against the servers all the same. */
static void
covers_mtasts_of_a_named_host(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging->host.from_mx = false;
	reach(&judging->facts, CHAIN_VERIFIED);
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_ENFORCE);
	score(judging, &judging->facts, SCORE_MTASTS);
	assert_int_equal(judging->result.tests_made, 7);
	assert_int_equal(judging->result.tests_planned, 7);
}

/* What stops strict senders caps the score, what they only report does not. */
static const struct strict_case {
	const char *sentence;
	enum mtasts_mode mode;
	enum diagnosis code;
	enum state state;
	int score;
} strict_cases[] = {
    {"A host that an enforced policy does not list has 20 left.",
	MTASTS_MODE_ENFORCE, MTASTS_MX_NOT_LISTED, STATE_CRITICAL, 20},
    {"In testing that costs what not enforcing does.", MTASTS_MODE_TESTING,
	MTASTS_MX_NOT_LISTED, STATE_WARNING, 85},
    {"A server that fails an enforced policy has 20 left.", MTASTS_MODE_ENFORCE,
	MTASTS_WOULD_FAIL, STATE_CRITICAL, 20},
    {"In testing that costs nothing.", MTASTS_MODE_TESTING, MTASTS_WOULD_FAIL,
	STATE_OK, 100},
    {"A DANE mismatch leaves 20.", MTASTS_MODE_TESTING, DANE_MISMATCH,
	STATE_CRITICAL, 20},
};

/* DANE senders insist on TLS where records are published, whichever they are. */
static void
caps_no_tls_beside_records(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging_sign(&judging->host);
	result_add(&judging->result, STARTTLS_NOT_OFFERED, "text");
	score(judging, reach(&judging->facts, EHLO_ACCEPTED), USUAL);
	assert_int_equal(score_of(&judging->result), 70);

	judging = start();
	judging_sign(&judging->host);
	judging_add_tlsa(&judging->host, 3);
	result_add(&judging->result, STARTTLS_NOT_OFFERED, "text");
	score(judging, reach(&judging->facts, EHLO_ACCEPTED), USUAL);
	assert_int_equal(score_of(&judging->result), 20);
}

static void
caps_what_strict_senders_mind(void **state)
{
	const struct strict_case *row = *state;
	struct judging *judging = start();

	judging_policy(&judging->domain.mtasts, row->mode);
	result_add_as(&judging->result, row->code, row->state, "text");
	score(judging, reach(&judging->facts, RELAY_ANSWERED), USUAL);
	assert_int_equal(score_of(&judging->result), row->score);
}

/* Our resolver's fault leaves the domain untested. */
static void
covers_no_spoilt_look_up(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging->target.connects = false;
	result_add(&judging->result, DNS_RESOLVER, "REFUSED");
	score(judging, NULL, USUAL | SCORE_EXPECTED_MX);
	assert_int_equal(judging->result.tests_made, 0);
	assert_int_equal(judging->result.tests_planned, 13);
}

static const struct penalty_case {
	const char *sentence;
	enum diagnosis found[4]; /* DIAGNOSIS_END last */
	enum diagnosis of_set[2];
	int score;
} penalty_cases[] = {
    {"Nothing found is 100.", {DIAGNOSIS_END}, {DIAGNOSIS_END}, 100},
    {"A broken rule costs 5.", {BANNER_NO_HOSTNAME, DIAGNOSIS_END},
	{DIAGNOSIS_END}, 95},
    {"An expired certificate costs 30.", {CERT_EXPIRED, DIAGNOSIS_END},
	{DIAGNOSIS_END}, 70},
    {"Penalties add up.",
	{CERT_EXPIRED, CERT_NAME_MISMATCH, TLS_CIPHER_WEAK, DIAGNOSIS_END},
	{DIAGNOSIS_END}, 25},
    {"A code found twice costs once.",
	{CERT_EXPIRED, CERT_EXPIRED, CERT_EXPIRED, DIAGNOSIS_END},
	{DIAGNOSIS_END}, 70},
    {"An open relay is worth nothing.", {RELAY_OPEN, DIAGNOSIS_END},
	{DIAGNOSIS_END}, 0},
    {"So is a server that can't be reached.", {TCP_REFUSED, DIAGNOSIS_END},
	{DIAGNOSIS_END}, 0},
    {"Nothing is worth less than nothing.",
	{RELAY_OPEN, CERT_EXPIRED, TLS_VERSION_OBSOLETE, DIAGNOSIS_END},
	{DIAGNOSIS_END}, 0},
    {"Notes cost nothing.", {TLS_NOT_1_3, DNS_MX_SINGLE, DIAGNOSIS_END},
	{DNS_MX_SINGLE, DIAGNOSIS_END}, 100},
    {"What could not be tested costs nothing.",
	{RELAY_INCONCLUSIVE, NOT_TESTED, DIAGNOSIS_END}, {DIAGNOSIS_END}, 100},
    {"What is wrong with the domain costs every server.", {DIAGNOSIS_END},
	{DNS_NULL_MX_MIXED, DIAGNOSIS_END}, 50},
    {"Domain and server add up.", {CERT_EXPIRED, DIAGNOSIS_END},
	{DNS_NULL_MX_MIXED, DIAGNOSIS_END}, 20},
    {"A code found at both costs once.", {DNS_MX_CNAME, DIAGNOSIS_END},
	{DNS_MX_CNAME, DIAGNOSIS_END}, 95},
};

static void
subtracts(void **state)
{
	const struct penalty_case *row = *state;
	struct judging *judging = start();

	for (size_t i = 0; row->found[i] != DIAGNOSIS_END; i++)
		result_add(&judging->result, row->found[i], "text %zu", i);
	for (size_t i = 0; row->of_set[i] != DIAGNOSIS_END; i++)
		result_add(&set, row->of_set[i], "text");
	score(judging, reach(&judging->facts, RELAY_ANSWERED), USUAL);
	assert_int_equal(score_of(&judging->result), row->score);
}

static void
weighs_as_the_table_says(void **state)
{
	(void)state;
	for (int i = 0; i < DIAGNOSIS_END; i++) {
		const struct diagnosis_entry *entry =
		    diagnosis_entry((enum diagnosis)i);
		struct judging *judging = start();

		result_add(&judging->result, (enum diagnosis)i, "text");
		score(judging, reach(&judging->facts, RELAY_ANSWERED), USUAL);
		if (i != DNS_RESOLVER)
			assert_int_equal(
			    score_of(&judging->result), 100 - entry->penalty);
	}
}

/* --severity, or an option that makes it one's own affair. */
static void
forgives_what_is_a_note(void **state)
{
	struct judging *judging = start();

	(void)state;
	judging->severities.state[CERT_SELF_SIGNED] = STATE_OK;
	judging->severities.state[CERT_EXPIRED] = STATE_WARNING;
	result_add(&judging->result, CERT_SELF_SIGNED, "text");
	result_add(&judging->result, CERT_EXPIRED, "text");
	score(judging, reach(&judging->facts, RELAY_ANSWERED), USUAL);
	assert_int_equal(score_of(&judging->result), 70);
}

/* A code that counts costs, though a note of the same code came first. */
static void
tells_notes_from_findings(void **state)
{
	struct judging *judging = start();

	(void)state;
	result_add_as(&judging->result, CERT_EXPIRES_SOON, STATE_OK, "leaf");
	result_add_as(
	    &judging->result, CERT_EXPIRES_SOON, STATE_WARNING, "root");
	score(judging, reach(&judging->facts, RELAY_ANSWERED), USUAL);
	assert_int_equal(score_of(&judging->result), 85);
}

static const struct verdict_case {
	const char *sentence;
	enum reach reach;
	bool connects, untested;
	enum diagnosis found; /* DIAGNOSIS_END: nothing */
	int score;
} verdict_cases[] = {
    {"A server that was not tested has no score.", CALLED, true, true,
	TCP_NO_ROUTE_V6, NO_SCORE},
    {"Nor has one that we had no socket for.", LOCAL_FAILURE, true, false,
	NOT_TESTED, NO_SCORE},
    {"Nor has one that our resolver did not find.", LATE, false, false,
	DNS_RESOLVER, NO_SCORE},
    {"Nor has one of which nothing is known.", LATE, true, false, NOT_TESTED,
	NO_SCORE},
    {"One that took all the time has none left.", LATE, true, false, TIMEOUT,
	0},
    {"One that refuses has none left.", CALLED, true, false, TCP_REFUSED, 0},
    {"A host without address has none left.", LATE, false, false,
	DNS_MX_NO_ADDRESS, 0},
    {"An address in the MX has none left.", LATE, false, false,
	DNS_MX_IS_ADDRESS, 0},
};

static void
scores_what_was_tested(void **state)
{
	const struct verdict_case *row = *state;
	struct judging *judging = start();
	struct thresholds limits = {
	    .warning = range_at_least(90), .critical = range_at_least(50)};

	judging->target.connects = row->connects;
	judging->result.untested = row->untested;
	result_add(&judging->result, row->found, "text");
	score_by(judging, reach(&judging->facts, row->reach), USUAL, &limits);
	assert_int_equal(score_of(&judging->result), row->score);
	assert_int_equal(result_find(&judging->result, SCORE_LOW) != NULL,
	    row->score != NO_SCORE);
	assert_true(judging->result.tests_planned > 0);
}

static const struct limit_case {
	const char *sentence;
	const char *warning, *critical; /* NULL: none */
	enum state state;
	const char *text; /* NULL: no finding */
} limit_cases[] = {
    {"Without limits no score is low.", NULL, NULL, STATE_OK, NULL},
    {"A score at its limit is not.", "70", "70", STATE_OK, NULL},
    {"A score under -w is a WARNING.", "80", "50", STATE_WARNING,
	"score 70 is under 80"},
    {"A score under -c is CRITICAL.", "90", "80", STATE_CRITICAL,
	"score 70 is under 80"},
    {"-c counts where -w is lower.", "50", "80", STATE_CRITICAL,
	"score 70 is under 80"},
    {"-c alone will do.", NULL, "71", STATE_CRITICAL, "score 70 is under 71"},
    {"A range is a range.", "0:69", NULL, STATE_WARNING,
	"score 70, the threshold is 69"},
    {"A range can alert inside.", NULL, "@60:70", STATE_CRITICAL,
	"score 70, the threshold is @60:70"},
};

static struct thresholds
limits_of(const struct limit_case *row)
{
	struct thresholds limits = no_limits;

	if (row->warning != NULL)
		assert_true(range_parse_least(&limits.warning, row->warning));
	if (row->critical != NULL)
		assert_true(range_parse_least(&limits.critical, row->critical));
	return limits;
}

static void
obeys_limits(void **state)
{
	const struct limit_case *row = *state;
	struct thresholds limits = limits_of(row);
	struct judging *judging = start();
	const struct finding *low;

	result_add_as(&judging->result, CERT_EXPIRED, STATE_WARNING, "text");
	score_by(
	    judging, reach(&judging->facts, RELAY_ANSWERED), USUAL, &limits);
	low = result_find(&judging->result, SCORE_LOW);
	assert_int_equal(low != NULL, row->text != NULL);
	if (low == NULL)
		return;
	assert_string_equal(low->text, row->text);
	assert_int_equal(low->state, row->state);
}

static void
obeys_the_user(void **state)
{
	struct thresholds limits = {.critical = range_at_least(101)};
	struct judging *judging = start();

	(void)state;
	judging->severities.state[SCORE_LOW] = STATE_OK;
	judging->severities.chosen[SCORE_LOW] = true;
	score_by(
	    judging, reach(&judging->facts, RELAY_ANSWERED), USUAL, &limits);
	assert_int_equal(
	    judging_finding(&judging->result, SCORE_LOW)->state, STATE_OK);
}

/* As perfdata shows it: "score=70;80:;50:;0;100". */
static void
makes_a_metric(void **state)
{
	struct thresholds limits = {
	    .warning = range_at_least(80), .critical = range_at_least(50)};
	struct judging *judging = start();
	const struct metric *metric;

	(void)state;
	score_by(
	    judging, reach(&judging->facts, RELAY_ANSWERED), USUAL, &limits);
	metric = result_find_metric(&judging->result, "score");
	assert_non_null(metric);
	assert_string_equal(metric->unit, "");
	assert_true(metric->has_min && metric->has_max && metric->max == 100);
	assert_int_equal(metric->worst, METRIC_LOWEST);
	assert_memory_equal(&metric->thresholds, &limits, sizeof(limits));
}

static const struct empty_case {
	const char *sentence;
	enum diagnosis found; /* DIAGNOSIS_END: nothing */
	enum state state;
	int score;
} empty_cases[] = {
    {"A domain that does not exist is worth nothing.", DNS_NXDOMAIN,
	STATE_CRITICAL, 0},
    {"A null MX is worth nothing.", DNS_NULL_MX, STATE_CRITICAL, 0},
    {"An expected MX that is missing costs its points.", DNS_MX_MISSING,
	STATE_CRITICAL, 50},
    {"A null MX that is expected has no score.", DNS_NULL_MX, STATE_OK,
	NO_SCORE},
    {"An unusable resolver gives no score.", DNS_RESOLVER, STATE_UNKNOWN,
	NO_SCORE},
};

static void
scores_an_empty_set(void **state)
{
	const struct empty_case *row = *state;
	struct thresholds limits = {.warning = range_at_least(80)};

	start();
	result_add_as(&set, row->found, row->state, "text");
	score_empty_set(&limits, &set);
	assert_int_equal(score_of(&set), row->score);
	assert_int_equal(
	    result_find(&set, SCORE_LOW) != NULL, row->score != NO_SCORE);
	assert_int_equal(set.tests_planned, 0);
}

int
main(void)
{
	unit_add(
	    "Every code is a test, or deliberately none.", tests_every_code);
	unit_add("Every test has its weight.", tests_nothing_for_free);
	unit_add("Every test is planned, and once.", plans_every_test_once);
	UNIT_TABLE(coverage_cases, covers);
	unit_add("Without STARTTLS relaying is tested in the clear.",
	    covers_a_dialogue_in_the_clear);
	unit_add("HELO accepted will do.", covers_helo);
	UNIT_TABLE(server_cases, plans_for_a_server);
	UNIT_TABLE(scope_cases, plans_a_scope);
	UNIT_TABLE(reverse_cases, covers_reverse);
	UNIT_TABLE(relay_cases, covers_relay);
	UNIT_TABLE(version_cases, covers_old_versions);
	UNIT_TABLE(required_cases, covers_requirements);
	UNIT_TABLE(injection_cases, covers_injection);
	UNIT_TABLE(dane_cases, covers_dane);
	unit_add("DANE is not planned for an address.",
	    plans_no_dane_for_an_address);
	UNIT_TABLE(mtasts_cases, covers_mtasts);
	UNIT_TABLE(tlsrpt_cases, covers_tlsrpt);
	UNIT_TABLE(enforce_cases, covers_an_enforced_policy);
	unit_add("A policy is tested at a host that was named, too.",
	    covers_mtasts_of_a_named_host);
	UNIT_TABLE(strict_cases, caps_what_strict_senders_mind);
	unit_add("No TLS beside TLSA records leaves 20.",
	    caps_no_tls_beside_records);
	unit_add("A look-up that our resolver spoilt tests nothing.",
	    covers_no_spoilt_look_up);
	UNIT_TABLE(penalty_cases, subtracts);
	unit_add(
	    "Each code costs what its entry says.", weighs_as_the_table_says);
	unit_add("A finding that is a note here costs nothing.",
	    forgives_what_is_a_note);
	unit_add("A note does not hide a finding of its code.",
	    tells_notes_from_findings);
	UNIT_TABLE(verdict_cases, scores_what_was_tested);
	UNIT_TABLE(limit_cases, obeys_limits);
	unit_add("The user's severity outweighs a limit.", obeys_the_user);
	unit_add("The score is a metric from 0 to 100.", makes_a_metric);
	UNIT_TABLE(empty_cases, scores_an_empty_set);
	return unit_run("score");
}
