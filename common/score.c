/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score - a server in points, and how much of the test was made there */
#include "score.h"

enum { TESTS_MAX = 12 };

struct scored {
	const struct target *target;
	const struct facts *facts; /* or NULL */
	const struct result *result;
	const struct mtasts *mtasts;
};

/* Tests that are made, or not, together. */
struct test_group {
	enum score_scope scope;
	bool (*applies)(const struct scored *scored); /* NULL: always */
	bool (*made)(const struct scored *scored);
	enum diagnosis tests[TESTS_MAX]; /* DIAGNOSIS_END last */
};

static bool
serves_domain(const struct scored *scored)
{
	return scored->target->host->from_mx || scored->target->host->implicit;
}

static bool
has_name(const struct scored *scored)
{
	return !scored->target->host->is_address;
}

static bool
connects(const struct scored *scored)
{
	return scored->target->connects;
}

static bool
was_looked_up(const struct scored *scored)
{
	return result_find(scored->result, DNS_RESOLVER) == NULL;
}

static bool
was_named(const struct scored *scored)
{
	const struct reverse *reverse;

	if (scored->facts == NULL)
		return false;
	reverse = &scored->facts->reverse;
	return reverse->confirmed || dns_is_none(reverse->status)
	    || (reverse->count > 0 && !reverse->forward_unknown);
}

/* Not where our own means failed. */
static bool
was_called(const struct scored *scored)
{
	return scored->facts != NULL && !scored->result->untested
	    && !(scored->facts->step == STEP_CONNECT
		&& scored->facts->failure.kind == FAILURE_LOCAL);
}

static bool
was_awaited(const struct scored *scored)
{
	return scored->facts != NULL && scored->facts->seconds.banner > 0;
}

static bool
was_greeted(const struct scored *scored)
{
	return scored->facts != NULL && scored->facts->banner.came
	    && scored->facts->banner.code == 220;
}

static bool
was_ehlo_said(const struct scored *scored)
{
	return scored->facts != NULL && scored->facts->seconds.ehlo > 0;
}

static bool
was_ehlo_accepted(const struct scored *scored)
{
	return scored->facts != NULL && ehlo_is_accepted(&scored->facts->ehlo);
}

/* Inside TLS, if it was said there again. */
static bool
was_last_ehlo_accepted(const struct scored *scored)
{
	return was_ehlo_accepted(scored)
	    && (scored->facts->ehlo_tls.answer.code == 0
		|| ehlo_is_accepted(&scored->facts->ehlo_tls));
}

static bool
was_starttls_said(const struct scored *scored)
{
	return scored->facts != NULL && scored->facts->starttls.asked;
}

static bool
was_handshake_tried(const struct scored *scored)
{
	return scored->facts != NULL && scored->facts->seconds.tls > 0;
}

static bool
was_handshake_done(const struct scored *scored)
{
	return scored->facts != NULL && scored->facts->handshake.done;
}

static bool
was_certificate_seen(const struct scored *scored)
{
	return was_handshake_done(scored)
	    && scored->facts->handshake.chain.count > 0;
}

static bool
was_chain_verified(const struct scored *scored)
{
	return was_certificate_seen(scored)
	    && scored->facts->handshake.chain.verified;
}

static bool
were_versions_probed(const struct scored *scored)
{
	const enum obsolete_answer *answer;

	if (scored->facts == NULL)
		return false;
	answer = scored->facts->starttls.obsolete;
	for (int i = 0; i < OBSOLETE_VERSIONS; i++)
		if (answer[i] == OBSOLETE_ACCEPTED)
			return true;
	for (int i = 0; i < OBSOLETE_VERSIONS; i++)
		if (answer[i] != OBSOLETE_REFUSED)
			return false;
	return true;
}

static bool
was_injection_probed(const struct scored *scored)
{
	return scored->facts != NULL
	    && (scored->facts->starttls.injection == INJECTION_IGNORED
		|| scored->facts->starttls.injection == INJECTION_EXECUTED);
}

static bool
is_relay_known(const struct scored *scored)
{
	const struct result *result = scored->result;

	return scored->facts != NULL && scored->facts->relay.count > 0
	    && scored->facts->relay.probe[0].rcpt.code != 0
	    && (result_find(result, RELAY_OPEN) != NULL
		|| result_find(result, RELAY_SUSPECT) != NULL
		|| (result_find(result, RELAY_INCONCLUSIVE) == NULL
		    && result_find(result, RELAY_GREYLISTED) == NULL));
}

static bool
may_have_dane(const struct scored *scored)
{
	return connects(scored) && has_name(scored);
}

static bool
is_dane_known(const struct scored *scored)
{
	enum dane_standing standing = target_host_dane(scored->target->host);

	return standing != DANE_STANDS_UNASKED
	    && standing != DANE_STANDS_UNKNOWN;
}

static bool
has_dane(const struct scored *scored)
{
	enum dane_standing standing = target_host_dane(scored->target->host);

	return may_have_dane(scored)
	    && (standing == DANE_STANDS_ON || standing == DANE_STANDS_UNUSABLE);
}

static bool
was_dane_compared(const struct scored *scored)
{
	return is_dane_known(scored)
	    && (result_find(scored->result, DANE_UNUSABLE) != NULL
		|| (scored->facts != NULL
		    && scored->facts->dane.chain[0].seen));
}

static bool
may_have_policy(const struct scored *scored)
{
	return serves_domain(scored) || scored->mtasts->asked
	    || scored->mtasts->late;
}

static bool
is_mtasts_known(const struct scored *scored)
{
	return mtasts_is_known(scored->mtasts);
}

static bool
is_tlsrpt_known(const struct scored *scored)
{
	return scored->mtasts->asked
	    && dns_is_answer(scored->mtasts->tlsrpt_status);
}

static bool
has_policy(const struct scored *scored)
{
	return mtasts_is_mode(scored->mtasts, MTASTS_MODE_ENFORCE);
}

static bool
was_policy_met(const struct scored *scored)
{
	return was_chain_verified(scored)
	    || result_find(scored->result, MTASTS_WOULD_FAIL) != NULL;
}

static const struct test_group groups[] = {
    {SCORE_BASE, has_name, was_looked_up,
	{DNS_NXDOMAIN, DNS_SERVFAIL, DNS_TIMEOUT, DNS_MX_NO_ADDRESS,
	    DIAGNOSIS_END}},
    {SCORE_BASE, serves_domain, was_looked_up,
	{DNS_NO_MAIL_HOST, DNS_NULL_MX, DNS_NULL_MX_MIXED, DNS_MX_IS_ADDRESS,
	    DIAGNOSIS_END}},
    {SCORE_DNS, serves_domain, was_looked_up,
	{DNS_IMPLICIT_MX, DNS_MX_CNAME, DNS_MX_TOO_MANY, DIAGNOSIS_END}},
    {SCORE_EXPECTED_MX, NULL, was_looked_up,
	{DNS_MX_UNEXPECTED, DNS_MX_MISSING, DIAGNOSIS_END}},
    {SCORE_PTR, connects, was_named,
	{DNS_PTR_MISSING, DNS_PTR_MISMATCH, DIAGNOSIS_END}},
    {SCORE_BASE, connects, was_called,
	{TCP_REFUSED, TCP_TIMEOUT, TCP_UNREACHABLE, TCP_RESET, DIAGNOSIS_END}},
    {SCORE_BASE, connects, was_awaited,
	{BANNER_TIMEOUT, BANNER_CLOSED, BANNER_REFUSED, BANNER_BUSY,
	    BANNER_NOT_SMTP, SMTP_TOO_LONG, DIAGNOSIS_END}},
    {SCORE_BANNER, connects, was_greeted,
	{BANNER_NO_HOSTNAME, BANNER_MASKED, DIAGNOSIS_END}},
    {SCORE_EXPECTED_BANNER, connects, was_greeted,
	{BANNER_UNEXPECTED, DIAGNOSIS_END}},
    {SCORE_BASE, connects, was_ehlo_said,
	{EHLO_REFUSED, EHLO_NAME_REFUSED, SMTP_TIMEOUT, SMTP_CLOSED,
	    SMTP_PROTOCOL, SMTP_BUSY, DIAGNOSIS_END}},
    {SCORE_BANNER, connects, was_ehlo_said, {EHLO_HELO_ONLY, DIAGNOSIS_END}},
    {SCORE_REQUIRED, connects, was_last_ehlo_accepted,
	{EHLO_MISSING_EXTENSION, DIAGNOSIS_END}},
    {SCORE_STARTTLS, connects, was_ehlo_accepted,
	{STARTTLS_NOT_OFFERED, STARTTLS_STRIPPED, DIAGNOSIS_END}},
    {SCORE_STARTTLS, connects, was_starttls_said,
	{STARTTLS_REFUSED, STARTTLS_INJECTION, DIAGNOSIS_END}},
    {SCORE_COMMAND_INJECTION, connects, was_injection_probed,
	{STARTTLS_COMMAND_INJECTION, DIAGNOSIS_END}},
    {SCORE_TLS, connects, was_handshake_tried,
	{TLS_HANDSHAKE, TLS_TIMEOUT, TLS_CLOSED, DIAGNOSIS_END}},
    {SCORE_TLS, connects, was_handshake_done,
	{TLS_VERSION_OBSOLETE, TLS_CIPHER_WEAK, TLS_NO_FORWARD_SECRECY,
	    TLS_KEY_WEAK, TLS_SIGNATURE_WEAK, DIAGNOSIS_END}},
    {SCORE_OLD_VERSIONS, connects, were_versions_probed,
	{TLS_VERSION_OLD_ACCEPTED, DIAGNOSIS_END}},
    {SCORE_CERTIFICATE, connects, was_certificate_seen,
	{CERT_EXPIRED, CERT_EXPIRES_SOON, CERT_NOT_YET_VALID,
	    CERT_NAME_MISMATCH, CERT_NO_SAN, DIAGNOSIS_END}},
    {SCORE_CERTIFICATE, connects, was_chain_verified,
	{CERT_SELF_SIGNED, CERT_UNTRUSTED, CERT_CHAIN_INCOMPLETE, CERT_INVALID,
	    DIAGNOSIS_END}},
    {SCORE_PINS, connects, was_certificate_seen,
	{CERT_PIN_MISMATCH, DIAGNOSIS_END}},
    {SCORE_DANE, may_have_dane, is_dane_known,
	{DANE_INSECURE, DANE_BOGUS, DANE_PARTIAL, DIAGNOSIS_END}},
    {SCORE_DANE, has_dane, was_dane_compared,
	{DANE_UNUSABLE, DANE_MISMATCH, DIAGNOSIS_END}},
    {SCORE_MTASTS, may_have_policy, is_mtasts_known,
	{MTASTS_RECORD_INVALID, MTASTS_FETCH, MTASTS_POLICY_INVALID,
	    MTASTS_SHORT_MAX_AGE, MTASTS_MX_NOT_LISTED, DIAGNOSIS_END}},
    {SCORE_REQUIRED_MODE, may_have_policy, is_mtasts_known,
	{MTASTS_MODE, DIAGNOSIS_END}},
    {SCORE_MTASTS, may_have_policy, is_tlsrpt_known,
	{TLSRPT_INVALID, DIAGNOSIS_END}},
    {SCORE_MTASTS, has_policy, was_policy_met,
	{MTASTS_WOULD_FAIL, DIAGNOSIS_END}},
    {SCORE_RELAY, connects, is_relay_known,
	{RELAY_OPEN, RELAY_SUSPECT, DIAGNOSIS_END}},
};

enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static unsigned
count_tests(const struct test_group *group)
{
	unsigned count = 0;

	while (group->tests[count] != DIAGNOSIS_END)
		count++;
	return count;
}

bool
score_is_test(enum diagnosis code)
{
	for (int i = 0; i < GROUPS; i++)
		for (unsigned j = 0; j < count_tests(&groups[i]); j++)
			if (groups[i].tests[j] == code)
				return true;
	return false;
}

static void
count_coverage(
    const struct scored *scored, unsigned scope, struct result *result)
{
	for (int i = 0; i < GROUPS; i++) {
		const struct test_group *group = &groups[i];
		unsigned tests = count_tests(group);

		if ((scope & group->scope) == 0
		    || (group->applies != NULL && !group->applies(scored)))
			continue;
		result->tests_planned += tests;
		result->tests_made += group->made(scored) ? tests : 0;
	}
}

/* A policy that is only being tested stops no mail. */
static bool
is_only_tested(const struct scored *scored, enum diagnosis code)
{
	return code == MTASTS_MX_NOT_LISTED
	    && mtasts_is_mode(scored->mtasts, MTASTS_MODE_TESTING);
}

/* Where TLSA records are published, no TLS is as bad as the wrong one. */
static bool
stops_dane(const struct scored *scored, enum diagnosis code)
{
	static const enum diagnosis stops[] = {
	    DIAGNOSES_STOP_TLS, DIAGNOSIS_END};
	const enum diagnosis *stop = stops;

	while (*stop != DIAGNOSIS_END && *stop != code)
		stop++;
	return *stop != DIAGNOSIS_END && scored->target != NULL
	    && has_dane(scored);
}

static int
cost(const struct scored *scored, enum diagnosis code)
{
	if (is_only_tested(scored, code))
		code = MTASTS_MODE;
	else if (stops_dane(scored, code))
		code = DANE_MISMATCH;
	return diagnosis_entry(code)->penalty;
}

/* What the codes cost; the same one is found more than once at times. */
static int
penalties(const struct scored *scored, const struct result *result,
    bool seen[DIAGNOSIS_END])
{
	int sum = 0;

	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->finding[i];

		if (finding->state == STATE_OK || seen[finding->code])
			continue;
		seen[finding->code] = true;
		sum += cost(scored, finding->code);
	}
	return sum;
}

static void
add_score(int penalty, const struct thresholds *limits, struct result *result)
{
	struct metric metric = {
	    .label = "score",
	    .unit = "",
	    .value = penalty < FULL_SCORE ? FULL_SCORE - penalty : 0,
	    .thresholds = *limits,
	    .worst = METRIC_LOWEST,
	    .has_min = true,
	    .has_max = true,
	    .max = FULL_SCORE,
	};
	enum state state = metric_state(&metric);
	const struct range *crossed =
	    state == STATE_CRITICAL ? &limits->critical : &limits->warning;
	char limit[RANGE_TEXT_SIZE];

	result_metric(result, &metric);
	if (state == STATE_OK)
		return;
	range_print(crossed, limit);
	if (crossed->no_end && !crossed->inside)
		result_add_as(result, SCORE_LOW, state,
		    "score %.0f is under %g", metric.value, crossed->start);
	else
		result_add_as(result, SCORE_LOW, state,
		    "score %.0f, the threshold is %s", metric.value, limit);
}

/* Points are for what the server did, not for what we could not do. */
static bool
has_verdict(const struct scored *scored)
{
	if (scored->result->untested || !was_looked_up(scored))
		return false;
	if (!scored->target->connects || was_awaited(scored))
		return true;
	/* Never spoken to: bad, unless the user says that it is not. */
	return result_state(scored->result) != STATE_OK
	    && (was_called(scored)
		|| result_find(scored->result, TIMEOUT) != NULL);
}

void
score_server(const struct score_place *place, unsigned scope,
    const struct thresholds *limits, struct result *result)
{
	struct scored scored = {
	    place->target, place->facts, result, place->mtasts};
	bool seen[DIAGNOSIS_END] = {false};
	int penalty = penalties(&scored, place->set, seen)
	    + penalties(&scored, result, seen);

	count_coverage(&scored, scope, result);
	if (has_verdict(&scored))
		add_score(penalty, limits, result);
}

void
score_empty_set(const struct thresholds *limits, struct result *set)
{
	static const struct mtasts no_policy;
	struct scored scored = {.result = set, .mtasts = &no_policy};
	bool seen[DIAGNOSIS_END] = {false};
	int penalty = penalties(&scored, set, seen);

	if (penalty > 0)
		add_score(penalty, limits, set);
}
