/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_mtasts - findings about MTA-STS and TLSRPT */
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

static const struct mtasts_wishes nothing_wanted = {.min_max_age_s = 86400};
static const struct mtasts_wishes policy_wanted = {
    .wanted = true, .min_max_age_s = 86400};
static const struct mtasts_wishes enforce_wanted = {
    .wanted = true, .enforce = true, .min_max_age_s = 86400};

/* What was observed of the record and the policy; TLSRPT is well. */
static const struct domain_case {
	const char *sentence;
	const struct mtasts_wishes *wishes;
	struct mtasts mtasts;
	const char *codes;
	enum state state; /* of them all */
	const char *text; /* part of the first */
} domain_cases[] = {
    {"Nothing asked is nothing told.", &policy_wanted, {.asked = false}, "",
	STATE_OK, NULL},
    {"No record is a note.", &nothing_wanted,
	{.asked = true, .record_status = DNS_NORECORD}, "MTASTS_NONE", STATE_OK,
	"no MTA-STS record"},
    {"It is a fault where a policy is wanted.", &policy_wanted,
	{.asked = true, .record_status = DNS_NORECORD}, "MTASTS_NONE",
	STATE_CRITICAL, "no MTA-STS record"},
    {"So is no such name.", &policy_wanted,
	{.asked = true, .record_status = DNS_NONAME}, "MTASTS_NONE",
	STATE_CRITICAL, "no MTA-STS record"},
    {"So are other TXT records only.", &policy_wanted,
	{.asked = true, .record_status = DNS_ANSWERED}, "MTASTS_NONE",
	STATE_CRITICAL, "no MTA-STS record"},
    {"A look-up that fails leaves it untested.", &nothing_wanted,
	{.asked = true,
	    .record_status = DNS_FAILED,
	    .record_detail = "SERVFAIL"},
	"NOT_TESTED", STATE_OK, "SERVFAIL"},
    {"It is a fault of the DNS where a policy is wanted.", &policy_wanted,
	{.asked = true,
	    .record_status = DNS_FAILED,
	    .record_detail = "SERVFAIL"},
	"DNS_SERVFAIL", STATE_CRITICAL, "SERVFAIL"},
    {"So is silence.", &policy_wanted,
	{.asked = true,
	    .record_status = DNS_UNANSWERED,
	    .record_detail = "no answer"},
	"DNS_TIMEOUT", STATE_CRITICAL, "no answer"},
    {"A resolver that refuses is ours.", &policy_wanted,
	{.asked = true,
	    .record_status = DNS_UNUSABLE,
	    .record_detail = "REFUSED"},
	"DNS_RESOLVER", STATE_UNKNOWN, "REFUSED"},
    {"A broken record is a fault.", &nothing_wanted,
	{.asked = true, .record = MTASTS_RECORD_BROKEN, .record_why = "no id"},
	"MTASTS_RECORD_INVALID", STATE_CRITICAL, "no id"},
    {"A policy that they do not serve is a fault, with its result type.",
	&nothing_wanted,
	{.asked = true,
	    .record = MTASTS_RECORD_VALID,
	    .tried = true,
	    .fetch_type = "sts-webpki-invalid",
	    .fetch_why = "certificate has expired"},
	"MTASTS_FETCH", STATE_CRITICAL,
	"certificate has expired (sts-webpki-invalid)"},
    {"One that we have no means to fetch is not theirs.", &policy_wanted,
	{.asked = true,
	    .record = MTASTS_RECORD_VALID,
	    .tried = true,
	    .fetch_ours = true,
	    .fetch_type = "sts-policy-fetch-error",
	    .fetch_why = "no trust anchors"},
	"NOT_TESTED", STATE_UNKNOWN, "no trust anchors"},
    {"A policy that is none is a fault.", &nothing_wanted,
	{.asked = true,
	    .record = MTASTS_RECORD_VALID,
	    .tried = true,
	    .fetched = true,
	    .policy_why = "it has no version"},
	"MTASTS_POLICY_INVALID", STATE_CRITICAL, "it has no version"},
};

static void
judges_domain(void **state)
{
	const struct domain_case *row = *state;
	struct judging *judging = judging_start();
	struct mtasts mtasts = row->mtasts;

	mtasts.tlsrpt_status = DNS_ANSWERED;
	mtasts.tlsrpt = MTASTS_RECORD_VALID;
	judge_mtasts(&mtasts, row->wishes, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
}

static const struct policy_case {
	const char *sentence;
	const struct mtasts_wishes *wishes;
	enum mtasts_mode mode;
	unsigned max_age_s;
	const char *codes;
	enum state state; /* of them all */
} policy_cases[] = {
    {"A policy in force is fine.", &enforce_wanted, MTASTS_MODE_ENFORCE, 604800,
	"", STATE_OK},
    {"A day is long enough.", &enforce_wanted, MTASTS_MODE_ENFORCE, 86400, "",
	STATE_OK},
    {"A second less is not.", &enforce_wanted, MTASTS_MODE_ENFORCE, 86399,
	"MTASTS_SHORT_MAX_AGE", STATE_WARNING},
    {"Testing is a note.", &policy_wanted, MTASTS_MODE_TESTING, 604800,
	"MTASTS_TESTING", STATE_OK},
    {"It is a warning where more is wanted.", &enforce_wanted,
	MTASTS_MODE_TESTING, 604800, "MTASTS_MODE MTASTS_TESTING",
	STATE_WARNING},
    {"Mode none is none.", &nothing_wanted, MTASTS_MODE_NONE, 604800,
	"MTASTS_NONE", STATE_OK},
    {"It is a fault where a policy is wanted.", &policy_wanted,
	MTASTS_MODE_NONE, 604800, "MTASTS_NONE", STATE_CRITICAL},
    {"Two where it has to be in force.", &enforce_wanted, MTASTS_MODE_NONE,
	604800, "MTASTS_NONE MTASTS_MODE", STATE_CRITICAL},
    {"How long mode none lasts does not matter.", &nothing_wanted,
	MTASTS_MODE_NONE, 60, "MTASTS_NONE", STATE_OK},
};

static void
judges_policy(void **state)
{
	const struct policy_case *row = *state;
	struct judging *judging = judging_start();
	struct mtasts *mtasts = &judging->domain.mtasts;

	judging_policy(mtasts, row->mode);
	mtasts->policy.max_age_s = row->max_age_s;
	judge_mtasts(mtasts, row->wishes, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
}

static const struct tlsrpt_case {
	const char *sentence;
	enum dns_status status;
	enum mtasts_record record;
	const char *codes;
} tlsrpt_cases[] = {
    {"Reports asked for are fine.", DNS_ANSWERED, MTASTS_RECORD_VALID, ""},
    {"No record asks for none.", DNS_NORECORD, MTASTS_RECORD_ABSENT,
	"TLSRPT_NONE"},
    {"No such name asks for none.", DNS_NONAME, MTASTS_RECORD_ABSENT,
	"TLSRPT_NONE"},
    {"Other TXT records ask for none.", DNS_ANSWERED, MTASTS_RECORD_ABSENT,
	"TLSRPT_NONE"},
    {"A broken record is a warning.", DNS_ANSWERED, MTASTS_RECORD_BROKEN,
	"TLSRPT_INVALID"},
    {"A look-up that fails leaves it untested.", DNS_FAILED,
	MTASTS_RECORD_ABSENT, "NOT_TESTED"},
    {"So does silence.", DNS_UNANSWERED, MTASTS_RECORD_ABSENT, "NOT_TESTED"},
};

static void
judges_tlsrpt(void **state)
{
	const struct tlsrpt_case *row = *state;
	struct judging *judging = judging_start();
	struct mtasts *mtasts = &judging->domain.mtasts;

	judging_policy(mtasts, MTASTS_MODE_ENFORCE);
	mtasts->tlsrpt_status = row->status;
	mtasts->tlsrpt = row->record;
	text_print(mtasts->tlsrpt_why, sizeof(mtasts->tlsrpt_why), "no rua=");
	judge_mtasts(mtasts, &enforce_wanted, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->record == MTASTS_RECORD_BROKEN)
		assert_contains(judging->result.finding[0].text, "no rua=");
}

/* Its thread did not come back: nothing else is known. */
static void
tells_of_the_late(void **state)
{
	struct judging *judging = judging_start();
	const struct mtasts mtasts = {.late = true};

	(void)state;
	judge_mtasts(&mtasts, &policy_wanted, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "TIMEOUT");
}

static void
tells_of_no_memory(void **state)
{
	struct judging *judging = judging_start();
	const struct mtasts mtasts = {.no_memory = true};

	(void)state;
	judge_mtasts(&mtasts, &policy_wanted, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "NOT_TESTED");
	assert_int_equal(result_state(&judging->result), STATE_UNKNOWN);
}

/* What is wrong with a server, which is well otherwise. */
enum flaw {
	NO_FLAW,
	NO_FACTS, /* its thread did not come back */
	PORT_CLOSED,
	NO_STARTTLS,
	STARTTLS_DENIED,
	HANDSHAKE_FAILED,
	TLS_1_1,
	SMALL_KEY,
	EXPIRED,
	EXPIRED_AND_MISNAMED,
	NOBODYS_TRUST,
	NOT_VERIFIED,      /* for want of trust anchors */
	NAME_OF_MATCH,     /* it bears another one, which --match accepts */
	NAME_BESIDE_MATCH, /* it bears the host's, and --match another */
	COMMON_NAME_ONLY,
};

static void
make_well(struct facts *facts)
{
	struct handshake *handshake = &facts->handshake;
	struct certificate *leaf = &handshake->chain.certificate[0];

	facts->banner.came = true;
	facts->banner.code = 220;
	facts->ehlo.answer.code = 250;
	text_print(facts->ehlo.extension[facts->ehlo.count++],
	    EHLO_KEYWORD_SIZE, "STARTTLS");
	facts->starttls.asked = true;
	facts->starttls.answer.code = 220;
	facts->step = STEP_TLS;
	handshake->done = true;
	handshake->version = 0x0303;
	handshake->cipher_bits = 256;
	handshake->forward_secrecy = true;
	handshake->chain.count = handshake->chain.sent = 1;
	handshake->chain.verified = true;
	handshake->chain.name_matches = handshake->chain.bears_host = true;
	leaf->has_dns_name = leaf->dates_valid = true;
	leaf->not_before = JUDGING_WHEN - 1;
	leaf->not_after = JUDGING_WHEN + 1;
	leaf->key_strength = leaf->signature_strength = 128;
}

/* The dialogue ended before there was a certificate. */
static void
break_off(struct facts *facts, enum step step, enum failure_kind kind)
{
	facts->step = step;
	facts->failure.kind = kind;
	memset(&facts->handshake, 0, sizeof(facts->handshake));
}

static void
break_dialogue(struct facts *facts, enum flaw flaw)
{
	switch (flaw) {
	case PORT_CLOSED:
		break_off(facts, STEP_CONNECT, FAILURE_REFUSED);
		memset(&facts->ehlo, 0, sizeof(facts->ehlo));
		memset(&facts->starttls, 0, sizeof(facts->starttls));
		break;
	case NO_STARTTLS:
		break_off(facts, STEP_STARTTLS, FAILURE_NONE);
		memset(&facts->starttls, 0, sizeof(facts->starttls));
		facts->ehlo.count = 0;
		break;
	case STARTTLS_DENIED:
		break_off(facts, STEP_STARTTLS, FAILURE_NONE);
		facts->starttls.answer.code = 454;
		break;
	case HANDSHAKE_FAILED:
		break_off(facts, STEP_TLS, FAILURE_TLS);
		break;
	default:
		break;
	}
}

static void
spoil_handshake(struct facts *facts, enum flaw flaw)
{
	struct chain *chain = &facts->handshake.chain;
	struct certificate *leaf = &chain->certificate[0];

	if (flaw == TLS_1_1)
		facts->handshake.version = 0x0302;
	if (flaw == SMALL_KEY)
		leaf->key_strength = 80;
	if (flaw == EXPIRED || flaw == EXPIRED_AND_MISNAMED)
		leaf->not_after = JUDGING_WHEN - 1;
	if (flaw == NOBODYS_TRUST)
		chain_add_error(chain, FAULT_SELF_SIGNED, 0, "self-signed");
	if (flaw == NAME_OF_MATCH || flaw == EXPIRED_AND_MISNAMED)
		chain->bears_host = false;
	if (flaw == EXPIRED_AND_MISNAMED || flaw == NAME_BESIDE_MATCH)
		chain->name_matches = false;
	if (flaw == COMMON_NAME_ONLY)
		leaf->has_dns_name = false;
	if (flaw == NOT_VERIFIED)
		chain->verified = false;
}

/* Whether mx1.example.com is listed, and meets the policy. */
static const struct server_case {
	const char *sentence;
	enum mtasts_mode mode;
	const char *host;
	enum flaw flaw;
	const char *codes;
	enum state state; /* of the first */
	const char *text; /* part of it */
} server_cases[] = {
    {"A server that is listed and well meets the policy.", MTASTS_MODE_ENFORCE,
	"mx1.example.com", NO_FLAW, "", STATE_OK, NULL},
    {"One that is not listed does not.", MTASTS_MODE_ENFORCE, "mx2.example.com",
	NO_FLAW, "MTASTS_MX_NOT_LISTED", STATE_CRITICAL, "not listed"},
    {"In testing that is a warning.", MTASTS_MODE_TESTING, "mx2.example.com",
	NO_FLAW, "MTASTS_MX_NOT_LISTED", STATE_WARNING, "not listed"},
    {"Mode none lists nobody.", MTASTS_MODE_NONE, "mx2.example.com", NO_FLAW,
	"", STATE_OK, NULL},
    {"Whether it is listed needs no dialogue.", MTASTS_MODE_ENFORCE,
	"mx2.example.com", NO_FACTS, "MTASTS_MX_NOT_LISTED", STATE_CRITICAL,
	"not listed"},
    {"A server that is not known fails no policy.", MTASTS_MODE_ENFORCE,
	"mx1.example.com", NO_FACTS, "", STATE_OK, NULL},
    {"Nor does one that is not reached.", MTASTS_MODE_ENFORCE,
	"mx1.example.com", PORT_CLOSED, "", STATE_OK, NULL},
    {"No STARTTLS does.", MTASTS_MODE_ENFORCE, "mx1.example.com", NO_STARTTLS,
	"MTASTS_WOULD_FAIL", STATE_CRITICAL, "(starttls-not-supported)"},
    {"STARTTLS refused does.", MTASTS_MODE_ENFORCE, "mx1.example.com",
	STARTTLS_DENIED, "MTASTS_WOULD_FAIL", STATE_CRITICAL,
	"(validation-failure)"},
    {"A failed handshake does.", MTASTS_MODE_ENFORCE, "mx1.example.com",
	HANDSHAKE_FAILED, "MTASTS_WOULD_FAIL", STATE_CRITICAL,
	"(validation-failure)"},
    {"TLS 1.1 does, whatever --min-tls is content with.", MTASTS_MODE_ENFORCE,
	"mx1.example.com", TLS_1_1, "MTASTS_WOULD_FAIL", STATE_CRITICAL,
	"(validation-failure)"},
    {"An expired certificate does.", MTASTS_MODE_ENFORCE, "mx1.example.com",
	EXPIRED, "MTASTS_WOULD_FAIL", STATE_CRITICAL, "(certificate-expired)"},
    {"One of nobody's trust does.", MTASTS_MODE_ENFORCE, "mx1.example.com",
	NOBODYS_TRUST, "MTASTS_WOULD_FAIL", STATE_CRITICAL,
	"(certificate-not-trusted)"},
    {"One of another name does, though --match accepts it.",
	MTASTS_MODE_ENFORCE, "mx1.example.com", NAME_OF_MATCH,
	"MTASTS_WOULD_FAIL", STATE_CRITICAL, "(certificate-host-mismatch)"},
    {"One of the host's name does not, whatever --match wants.",
	MTASTS_MODE_ENFORCE, "mx1.example.com", NAME_BESIDE_MATCH, "", STATE_OK,
	NULL},
    {"One without alternative names does.", MTASTS_MODE_ENFORCE,
	"mx1.example.com", COMMON_NAME_ONLY, "MTASTS_WOULD_FAIL",
	STATE_CRITICAL, "(certificate-host-mismatch)"},
    {"A small key is no reason to fail.", MTASTS_MODE_ENFORCE,
	"mx1.example.com", SMALL_KEY, "", STATE_OK, NULL},
    {"What nobody verified is none.", MTASTS_MODE_ENFORCE, "mx1.example.com",
	NOT_VERIFIED, "", STATE_OK, NULL},
    {"Several failures are one.", MTASTS_MODE_ENFORCE, "mx1.example.com",
	EXPIRED_AND_MISNAMED, "MTASTS_WOULD_FAIL", STATE_CRITICAL,
	"MTA-STS senders do not deliver (certificate-expired)"},
    {"In testing a failure is a note.", MTASTS_MODE_TESTING, "mx1.example.com",
	EXPIRED, "MTASTS_WOULD_FAIL", STATE_OK,
	"MTA-STS senders would not deliver"},
    {"Mode none fails nobody.", MTASTS_MODE_NONE, "mx1.example.com", EXPIRED,
	"", STATE_OK, NULL},
    {"A server may be neither listed nor well.", MTASTS_MODE_ENFORCE,
	"mx2.example.com", EXPIRED, "MTASTS_MX_NOT_LISTED MTASTS_WOULD_FAIL",
	STATE_CRITICAL, "not listed"},
};

static const struct finding *
judge_server(struct judging *judging, const struct facts *facts)
{
	judge_mtasts_server(
	    &judging->domain.mtasts, &judging->target, facts, &judging->result);
	return judging->result.count > 0 ? &judging->result.finding[0] : NULL;
}

static void
judges_server(void **state)
{
	const struct server_case *row = *state;
	struct judging *judging = judging_start();
	const struct finding *first;

	judging_policy(&judging->domain.mtasts, row->mode);
	text_print(judging->host.name, DOMAIN_SIZE, "%s", row->host);
	make_well(&judging->facts);
	break_dialogue(&judging->facts, row->flaw);
	spoil_handshake(&judging->facts, row->flaw);
	first = judge_server(
	    judging, row->flaw == NO_FACTS ? NULL : &judging->facts);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (first == NULL)
		return;
	assert_int_equal(first->state, row->state);
	assert_contains(first->text, row->text);
}

/* A sender does not know what --severity forgives. */
static void
minds_no_severity(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging->severities.state[CERT_SELF_SIGNED] = STATE_OK;
	judging->severities.chosen[CERT_SELF_SIGNED] = true;
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_ENFORCE);
	make_well(&judging->facts);
	spoil_handshake(&judging->facts, NOBODYS_TRUST);
	judge_server(judging, &judging->facts);
	assert_int_equal(
	    judging_finding(&judging->result, MTASTS_WOULD_FAIL)->state,
	    STATE_CRITICAL);
}

/* Whatever is in it: senders do not go by what is no policy. */
static void
passes_over_what_is_no_policy(void **state)
{
	struct judging *judging = judging_start();
	struct mtasts *mtasts = &judging->domain.mtasts;

	(void)state;
	judging_policy(mtasts, MTASTS_MODE_ENFORCE);
	mtasts->valid = false;
	text_print(judging->host.name, DOMAIN_SIZE, "mx2.example.com");
	make_well(&judging->facts);
	spoil_handshake(&judging->facts, EXPIRED);
	assert_null(judge_server(judging, &judging->facts));
}

static void
obeys_the_user(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging->severities.state[MTASTS_WOULD_FAIL] = STATE_WARNING;
	judging->severities.chosen[MTASTS_WOULD_FAIL] = true;
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_ENFORCE);
	make_well(&judging->facts);
	spoil_handshake(&judging->facts, EXPIRED);
	judge_server(judging, &judging->facts);
	assert_int_equal(
	    judging_finding(&judging->result, MTASTS_WOULD_FAIL)->state,
	    STATE_WARNING);
}

int
main(void)
{
	UNIT_TABLE(domain_cases, judges_domain);
	UNIT_TABLE(policy_cases, judges_policy);
	UNIT_TABLE(tlsrpt_cases, judges_tlsrpt);
	unit_add("What came too late is told as such.", tells_of_the_late);
	unit_add("What there was no memory for is not tested.",
	    tells_of_no_memory);
	UNIT_TABLE(server_cases, judges_server);
	unit_add("Who does not deliver does so whatever --severity says.",
	    minds_no_severity);
	unit_add("A policy that is invalid asks nothing of a server.",
	    passes_over_what_is_no_policy);
	unit_add("The user's severity outweighs the mode.", obeys_the_user);
	return unit_run("judge_mtasts");
}
