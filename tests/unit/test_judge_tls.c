/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_tls - findings about STARTTLS, handshake, chain, name and dates */
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

enum { HOUR = 3600, DAY = 86400 };

/* A good TLS 1.3 handshake with `count` good certificates. */
static struct judging *
start(size_t count)
{
	struct judging *judging = judging_start();
	struct handshake *handshake = &judging->facts.handshake;
	struct chain *chain = &handshake->chain;

	handshake->done = true;
	handshake->version = 0x0304;
	text_print(handshake->cipher, sizeof(handshake->cipher),
	    "TLS_AES_256_GCM_SHA384");
	handshake->cipher_bits = 256;
	handshake->forward_secrecy = true;
	chain->verified = true;
	chain->name_matches = chain->bears_host = true;
	chain->count = chain->sent = count;
	for (size_t i = 0; i < count; i++) {
		struct certificate *certificate = &chain->certificate[i];

		text_print(certificate->subject, sizeof(certificate->subject),
		    "CN=certificate %zu", i);
		text_print(certificate->issuer, sizeof(certificate->issuer),
		    "CN=certificate %zu", i + 1);
		certificate->has_dns_name = true;
		certificate->name_count = 1;
		text_print(
		    certificate->names[0], DOMAIN_SIZE, "mx1.example.com");
		certificate->dates_valid = true;
		certificate->not_before = JUDGING_WHEN - 29 * DAY;
		certificate->not_after = JUDGING_WHEN + 61 * DAY;
		text_print(
		    certificate->key_type, sizeof(certificate->key_type), "EC");
		certificate->key_bits = 256;
		certificate->key_strength = 128;
		text_print(certificate->signature,
		    sizeof(certificate->signature), "ecdsa-with-SHA256");
		certificate->signature_strength = 128;
		memset(certificate->sha256, 'a', 64);
	}
	return judging;
}

static void
offer(struct ehlo *ehlo, const char *line)
{
	ehlo->answer.code = 250;
	text_print(
	    ehlo->extension[ehlo->count++], EHLO_KEYWORD_SIZE, "%s", line);
}

static const struct offer_case {
	const char *sentence;
	const char *line; /* of EHLO */
	bool asked;
	int answer; /* to STARTTLS */
	const char *codes;
} offer_cases[] = {
    {"An offer accepted is fine.", "STARTTLS", true, 220, ""},
    {"A lower-case offer is one.", "starttls", true, 220, ""},
    {"No offer is told.", "PIPELINING", false, 0, "STARTTLS_NOT_OFFERED"},
    {"A similar keyword is no offer.", "STARTTLSX", false, 0,
	"STARTTLS_NOT_OFFERED"},
    {"XXXXXXXA was an offer.", "XXXXXXXA", false, 0, "STARTTLS_STRIPPED"},
    {"XXXXXXXX was an offer.", "XXXXXXXX", false, 0, "STARTTLS_STRIPPED"},
    {"Lower-case xxxxxxxx was an offer.", "xxxxxxxx", false, 0,
	"STARTTLS_STRIPPED"},
    {"X-EXPERT is an extension.", "X-EXPERT", false, 0, "STARTTLS_NOT_OFFERED"},
    {"A refusal for now is told.", "STARTTLS", true, 454, "STARTTLS_REFUSED"},
    {"A refusal for good is told.", "STARTTLS", true, 501, "STARTTLS_REFUSED"},
    {"421 is told as the end of the session.", "STARTTLS", true, 421, ""},
};

static void
judges_offer(void **state)
{
	const struct offer_case *row = *state;
	struct judging *judging = judging_start();

	offer(&judging->facts.ehlo, row->line);
	judging->facts.starttls.asked = row->asked;
	judging->facts.starttls.answer.code = row->answer;
	judge_starttls(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
}

static void
misses_no_offer_without_ehlo(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging->facts.ehlo.answer.code = 550;
	judging->facts.ehlo.helo.code = 550;
	judge_starttls(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
	judging->facts.ehlo.helo.code = 250;
	judge_starttls(&judging->facts, &judging->result);
	assert_string_equal(
	    judging_codes(&judging->result), "STARTTLS_NOT_OFFERED");
}

static const struct injection_case {
	const char *sentence;
	bool leftover;
	enum injection_answer injection;
	const char *codes;
} injection_cases[] = {
    {"Nothing injected is fine.", false, INJECTION_NOT_ASKED, ""},
    {"Plaintext behind the 220 is told.", true, INJECTION_NOT_ASKED,
	"STARTTLS_INJECTION"},
    {"A command ignored is fine.", false, INJECTION_IGNORED, ""},
    {"A command run is told.", false, INJECTION_EXECUTED,
	"STARTTLS_COMMAND_INJECTION"},
    {"No clear answer is told as such.", false, INJECTION_UNCLEAR,
	"NOT_TESTED"},
};

static void
judges_injection(void **state)
{
	const struct injection_case *row = *state;
	struct judging *judging = judging_start();

	offer(&judging->facts.ehlo, "STARTTLS");
	judging->facts.starttls.asked = true;
	judging->facts.starttls.answer.code = 220;
	judging->facts.starttls.leftover = row->leftover;
	judging->facts.starttls.injection = row->injection;
	judge_starttls(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
}

static const struct obsolete_case {
	const char *sentence;
	enum obsolete_answer answer;
	const char *codes;
} obsolete_cases[] = {
    {"Obsolete versions not asked for are no finding.", OBSOLETE_NOT_ASKED, ""},
    {"Obsolete versions refused are fine.", OBSOLETE_REFUSED, ""},
    {"Obsolete versions accepted are told, each.", OBSOLETE_ACCEPTED,
	"TLS_VERSION_OLD_ACCEPTED TLS_VERSION_OLD_ACCEPTED"},
    {"Obsolete versions that can't be tested are told, each.",
	OBSOLETE_NOT_TESTABLE, "NOT_TESTED NOT_TESTED"},
};

static void
judges_obsolete(void **state)
{
	const struct obsolete_case *row = *state;
	struct judging *judging = start(1);

	judging->facts.starttls.obsolete[0] = row->answer;
	judging->facts.starttls.obsolete[1] = row->answer;
	judge_starttls(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->answer == OBSOLETE_REFUSED
	    || row->answer == OBSOLETE_NOT_ASKED)
		return;
	assert_contains(judging->result.finding[0].text, "TLS 1.0");
	assert_contains(judging->result.finding[1].text, "TLS 1.1");
}

static const struct handshake_case {
	const char *sentence;
	int version;
	int min_version;
	const char *cipher;
	int cipher_bits;
	bool forward_secrecy;
	const char *codes;
	double metric;
} handshake_cases[] = {
    {"TLS 1.3 is fine.", 0x0304, 0x0303, "TLS_AES_256_GCM_SHA384", 256, true,
	"", 1.3},
    {"TLS 1.2 is noted.", 0x0303, 0x0303, "ECDHE-RSA-AES128-GCM-SHA256", 128,
	true, "TLS_NOT_1_3", 1.2},
    {"TLS 1.1 is below the minimum.", 0x0302, 0x0303, "ECDHE-RSA-AES128-SHA",
	128, true, "TLS_VERSION_OBSOLETE", 1.1},
    {"TLS 1.0 is below the minimum.", 0x0301, 0x0303, "ECDHE-RSA-AES128-SHA",
	128, true, "TLS_VERSION_OBSOLETE", 1},
    {"TLS 1.0 suffices where it is the minimum.", 0x0301, 0x0301,
	"ECDHE-RSA-AES128-SHA", 128, true, "TLS_NOT_1_3", 1},
    {"TLS 1.2 is below a minimum of 1.3.", 0x0303, 0x0304,
	"ECDHE-RSA-AES128-GCM-SHA256", 128, true, "TLS_VERSION_OBSOLETE", 1.2},
    {"Triple DES is weak.", 0x0303, 0x0303, "ECDHE-RSA-DES-CBC3-SHA", 112, true,
	"TLS_CIPHER_WEAK TLS_NOT_1_3", 1.2},
    {"RC4 is weak, however long its key.", 0x0303, 0x0303, "ECDHE-RSA-RC4-SHA",
	128, true, "TLS_CIPHER_WEAK TLS_NOT_1_3", 1.2},
    {"A NULL cipher is weak.", 0x0303, 0x0303, "ECDHE-RSA-NULL-SHA", 0, true,
	"TLS_CIPHER_WEAK TLS_NOT_1_3", 1.2},
    {"Key exchange by RSA has no forward secrecy.", 0x0303, 0x0303,
	"AES128-GCM-SHA256", 128, false, "TLS_NO_FORWARD_SECRECY TLS_NOT_1_3",
	1.2},
};

static void
judges_handshake(void **state)
{
	const struct handshake_case *row = *state;
	struct judging *judging = start(2);
	struct handshake *handshake = &judging->facts.handshake;
	const struct metric *metric;

	handshake->version = row->version;
	text_print(
	    handshake->cipher, sizeof(handshake->cipher), "%s", row->cipher);
	handshake->cipher_bits = row->cipher_bits;
	handshake->forward_secrecy = row->forward_secrecy;
	judge_tls_metric(&judging->facts, &judging->result);
	judge_handshake(&judging->facts, row->min_version, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	metric = result_find_metric(&judging->result, "tls");
	assert_non_null(metric);
	assert_true(metric->value == row->metric);
	assert_int_equal(metric->worst, METRIC_LOWEST);
}

static const struct strength_case {
	const char *sentence;
	size_t place;
	int key_strength;
	int signature_strength;
	bool self_issued;
	const char *codes;
	const char *text;
} strength_cases[] = {
    {"A leaf of RSA 2048 is strong enough.", 0, 112, 128, false, "", NULL},
    {"A leaf of RSA 1024 is weak.", 0, 80, 128, false, "TLS_KEY_WEAK", "1024"},
    {"An intermediate of RSA 1024 is weak.", 1, 80, 128, false, "TLS_KEY_WEAK",
	"certificate 1"},
    {"SHA-1 under a leaf is weak.", 0, 112, 63, false, "TLS_SIGNATURE_WEAK",
	"signature"},
    {"SHA-1 under an intermediate is weak.", 1, 112, 63, false,
	"TLS_SIGNATURE_WEAK", "certificate 1"},
    {"SHA-1 under a root proves nothing and is not told.", 1, 112, 63, true, "",
	NULL},
    {"A signature of unknown strength is not called weak.", 0, 112, 0, false,
	"", NULL},
};

static void
judges_strength(void **state)
{
	const struct strength_case *row = *state;
	struct judging *judging = start(2);
	struct certificate *certificate =
	    &judging->facts.handshake.chain.certificate[row->place];

	certificate->key_strength = row->key_strength;
	certificate->key_bits = 1024;
	certificate->signature_strength = row->signature_strength;
	certificate->self_issued = row->self_issued;
	judge_handshake(&judging->facts, 0x0303, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
}

/* An algorithm newer than this OpenSSL says nothing about its strength. */
static void
calls_no_unknown_key_weak(void **state)
{
	struct judging *judging = start(2);
	struct certificate *root =
	    &judging->facts.handshake.chain.certificate[1];

	(void)state;
	root->key_type[0] = '\0';
	root->key_bits = root->key_strength = 0;
	judge_handshake(&judging->facts, 0x0303, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
}

static const struct trust_case {
	const char *sentence;
	enum chain_fault fault;
	int depth;
	const char *codes;
	const char *text;
} trust_cases[] = {
    {"A leaf signed by itself is self-signed.", FAULT_SELF_SIGNED, 0,
	"CERT_SELF_SIGNED", "self-signed"},
    {"A root that we lack is not trusted.", FAULT_UNTRUSTED_ROOT, 2,
	"CERT_UNTRUSTED", "root"},
    {"A leaf without its issuer is an incomplete chain.", FAULT_NO_ISSUER, 0,
	"CERT_CHAIN_INCOMPLETE", "CN=certificate 1"},
    {"An intermediate without its issuer is not trusted.", FAULT_NO_ISSUER, 1,
	"CERT_UNTRUSTED", "CN=certificate 2"},
    {"A chain that ends beyond what is kept of it is not trusted.",
	FAULT_NO_ISSUER, CHAIN_MAX, "CERT_UNTRUSTED", "does not end at"},
    {"The leaf's own dates are told elsewhere.", FAULT_EXPIRED, 0, "", NULL},
    {"Echoes are not told.", FAULT_ECHO, 0, "", NULL},
    {"Any other fault is an invalid certificate.", FAULT_OTHER, 1,
	"CERT_INVALID", "invalid CA certificate"},
};

static void
judges_trust(void **state)
{
	const struct trust_case *row = *state;
	struct judging *judging = start(2);
	struct chain *chain = &judging->facts.handshake.chain;

	chain_add_error(
	    chain, row->fault, row->depth, "invalid CA certificate");
	judge_trust(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
}

/* --match is ours: who does not know it knows the host's own name alone. */
static const struct strict_case {
	const char *sentence;
	bool name_matches, bears_host;
	const char *codes, *strictly;
} strict_cases[] = {
    {"The host's own name will do for all.", true, true, "", ""},
    {"A name of --match will do for us alone.", true, false, "",
	"CERT_NAME_MISMATCH"},
    {"The host's own name does for strict senders, whatever --match wants.",
	false, true, "CERT_NAME_MISMATCH", ""},
    {"Neither does for anybody.", false, false, "CERT_NAME_MISMATCH",
	"CERT_NAME_MISMATCH"},
};

static void
judges_trust_strictly(void **state)
{
	const struct strict_case *row = *state;
	struct judging *judging = start(2);
	struct chain *chain = &judging->facts.handshake.chain;

	chain->name_matches = row->name_matches;
	chain->bears_host = row->bears_host;
	judge_trust(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	result_init(&judging->result, &judging->severities);
	judge_trust_strictly(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->strictly);
}

static const struct date_fault_case {
	const char *sentence;
	enum chain_fault fault;
	bool in_order;
	const char *codes;
} date_fault_cases[] = {
    {"An expired intermediate is expired.", FAULT_EXPIRED, true,
	"CERT_EXPIRED"},
    {"An intermediate of the future is not yet valid.", FAULT_NOT_YET_VALID,
	true, "CERT_NOT_YET_VALID"},
    {"An expired intermediate sent out of order is never lost.", FAULT_EXPIRED,
	false, "CERT_EXPIRED"},
    {"One of the future sent out of order is never lost.", FAULT_NOT_YET_VALID,
	false, "CERT_NOT_YET_VALID"},
};

/* Depth counts the verified chain, certificates stand as they were sent. */
static void
judges_date_fault(void **state)
{
	const struct date_fault_case *row = *state;
	struct judging *judging = start(3);
	struct chain *chain = &judging->facts.handshake.chain;
	struct certificate *bad = &chain->certificate[row->in_order ? 1 : 2];

	if (row->fault == FAULT_EXPIRED)
		bad->not_after = JUDGING_WHEN - DAY;
	else
		bad->not_before = JUDGING_WHEN + DAY;
	chain_add_error(chain, row->fault, 1, "dates");
	judge_trust(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
}

static void
judges_no_trust_unverified(void **state)
{
	struct judging *judging = start(2);
	struct chain *chain = &judging->facts.handshake.chain;

	(void)state;
	chain_add_error(chain, FAULT_SELF_SIGNED, 0, "self-signed");
	chain->verified = false;
	judge_trust(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
}

static void
tells_all_errors(void **state)
{
	struct judging *judging = start(2);
	struct chain *chain = &judging->facts.handshake.chain;

	(void)state;
	chain_add_error(chain, FAULT_NO_ISSUER, 0, "");
	chain_add_error(chain, FAULT_ECHO, 0, "");
	chain_add_error(chain, FAULT_OTHER, 0, "unsuitable purpose");
	chain->name_matches = false;
	judge_trust(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result),
	    "CERT_CHAIN_INCOMPLETE CERT_NAME_MISMATCH CERT_INVALID");
}

static const struct name_case {
	const char *sentence;
	bool matches;
	bool has_dns_name;
	bool is_address;
	size_t names;
	const char *codes;
	const char *text;
} name_cases[] = {
    {"A name that matches is fine.", true, true, false, 1, "", NULL},
    {"A name in the common name only is told.", true, false, false, 1,
	"CERT_NO_SAN", "common name"},
    {"An address needs no DNS name.", true, false, true, 1, "", NULL},
    {"Another name is told with both.", false, true, false, 1,
	"CERT_NAME_MISMATCH", "name0.example, not for mx1.example.com"},
    {"Three names are all told.", false, true, false, 3, "CERT_NAME_MISMATCH",
	"name0.example, name1.example, name2.example,"},
    {"More names are counted.", false, true, false, 100, "CERT_NAME_MISMATCH",
	"name2.example and 97 more"},
    {"No name at all is told as such.", false, false, false, 0,
	"CERT_NAME_MISMATCH", "no name at all"},
};

static void
judges_name(void **state)
{
	const struct name_case *row = *state;
	struct judging *judging = start(1);
	struct chain *chain = &judging->facts.handshake.chain;
	struct certificate *leaf = &chain->certificate[0];

	chain->name_matches = row->matches;
	judging->host.is_address = row->is_address;
	leaf->has_dns_name = row->has_dns_name;
	leaf->name_count = row->names;
	for (size_t i = 0; i < CERTIFICATE_NAMES_MAX; i++)
		snprintf(leaf->names[i], DOMAIN_SIZE, "name%zu.example", i);
	judge_trust(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
}

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A15 "aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct pin_case {
	const char *sentence;
	const char *pins[3];
	const char *codes;
} pin_cases[] = {
    {"No pin matches all.", {NULL}, ""},
    {"The leaf's pin matches.", {A64, NULL}, ""},
    {"A pin with colons matches.", {A15 A15 "aa:aa", NULL}, ""},
    {"An upper-case pin matches.",
	{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    NULL},
	""},
    {"One of two pins suffices.", {B64, A64}, ""},
    {"Another pin does not match.", {B64, NULL}, "CERT_PIN_MISMATCH"},
};

static void
judges_pins(void **state)
{
	const struct pin_case *row = *state;
	struct judging *judging = start(1);

	judge_pins(&judging->facts, row->pins, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (judging->result.count > 0)
		assert_contains(judging->result.finding[0].text, A64);
}

static const struct valid_pin_case {
	const char *sentence;
	const char *pin;
	bool valid;
} valid_pin_cases[] = {
    {"64 hex digits are a pin.", A64, true},
    {"64 hex digits with colons are a pin.", A15 A15 "aa:aa", true},
    {"63 digits are none.", &A64[1], false},
    {"65 digits are none.", A64 "a", false},
    {"Another letter is none.", "g" A64, false},
    {"A colon in front is none.", ":" A64, false},
    {"Two colons are none.", "aa::" A15 A15 "aa", false},
    {"A colon within a byte is none.", "a:" A64, false},
    {"A colon behind is none.", A64 ":", false},
    {"Nothing is none.", "", false},
};

static void
knows_pin(void **state)
{
	const struct valid_pin_case *row = *state;

	assert_int_equal(judge_pin_valid(row->pin), row->valid);
}

static const struct expiry_text_case {
	const char *sentence;
	int64_t left;
	const char *text;
} expiry_text_cases[] = {
    {"Days are rounded down.", 62 * DAY - 1, "valid for 61 days"},
    {"Two days are days.", 2 * DAY, "valid for 2 days"},
    {"Less than two days are hours.", 2 * DAY - 1, "valid for 47 hours"},
    {"One hour is singular.", HOUR + 10, "valid for 1 hour"},
    {"Three days ago are days.", -3 * DAY - HOUR, "expired 3 days ago"},
    {"Five hours ago are hours.", -5 * HOUR - 1, "expired 5 hours ago"},
};

static void
words_expiry(void **state)
{
	const struct expiry_text_case *row = *state;
	char text[64];

	judge_expiry_text(
	    text, sizeof(text), JUDGING_WHEN + row->left, JUDGING_WHEN);
	assert_string_equal(text, row->text);
}

/* "valid for 0 hours" tells nobody whether it still works. */
static void
words_half_an_hour(void **state)
{
	char text[64];

	(void)state;
	judge_expiry_text(
	    text, sizeof(text), JUDGING_WHEN + HOUR / 2, JUDGING_WHEN);
	assert_string_not_equal(text, "valid for 0 hours");
	judge_expiry_text(
	    text, sizeof(text), JUDGING_WHEN - HOUR / 2, JUDGING_WHEN);
	assert_string_not_equal(text, "expired 0 hours ago");
}

/* Default limits: min(21 days, 25 %) and min(7 days, 10 %). */
static const struct default_case {
	const char *sentence;
	int lifetime; /* days */
	int64_t left;
	enum state state;
} default_cases[] = {
    {"90 days: 21 left are OK.", 90, 21 * DAY, STATE_OK},
    {"90 days: less than 21 are WARNING.", 90, 21 * DAY - 1, STATE_WARNING},
    {"90 days: 7 left are WARNING.", 90, 7 * DAY, STATE_WARNING},
    {"90 days: less than 7 are CRITICAL.", 90, 7 * DAY - 1, STATE_CRITICAL},
    {"47 days: 12 left are OK.", 47, 12 * DAY, STATE_OK},
    {"47 days: less than 12 are WARNING.", 47, 12 * DAY - 1, STATE_WARNING},
    {"47 days: 5 left are WARNING.", 47, 5 * DAY, STATE_WARNING},
    {"47 days: less than 5 are CRITICAL.", 47, 5 * DAY - 1, STATE_CRITICAL},
    {"6 days: 2 left are OK.", 6, 2 * DAY, STATE_OK},
    {"6 days: less than 2 are WARNING.", 6, 2 * DAY - 1, STATE_WARNING},
    {"6 days: 1 left is WARNING.", 6, DAY, STATE_WARNING},
    {"6 days: less than 1 is CRITICAL.", 6, DAY - 1, STATE_CRITICAL},
    {"6 days: fresh ones are OK.", 6, 6 * DAY - 1, STATE_OK},
    {"398 days: 21 left are OK.", 398, 21 * DAY, STATE_OK},
    {"398 days: less than 21 are WARNING.", 398, 21 * DAY - 1, STATE_WARNING},
    {"398 days: less than 7 are CRITICAL.", 398, 7 * DAY - 1, STATE_CRITICAL},
};

static void
set_dates(struct certificate *certificate, int lifetime, int64_t left)
{
	certificate->not_after = JUDGING_WHEN + left;
	certificate->not_before =
	    certificate->not_after - (int64_t)lifetime * DAY;
}

static void
judges_by_default(void **state)
{
	static const struct expiry_limits limits;
	const struct default_case *row = *state;
	struct judging *judging = start(1);
	const struct metric *metric;

	set_dates(&judging->facts.handshake.chain.certificate[0], row->lifetime,
	    row->left);
	judge_expiry(&judging->facts, &limits, false, &judging->result);
	assert_int_equal(result_state(&judging->result), row->state);
	assert_string_equal(judging_codes(&judging->result),
	    row->state == STATE_OK ? "" : "CERT_EXPIRES_SOON");
	metric = result_find_metric(&judging->result, "days");
	assert_non_null(metric);
	assert_true(metric->value == (double)(row->left / DAY));
	assert_int_equal(metric_state(metric), row->state);
}

static void
shows_applied_thresholds(void **state)
{
	static const struct expiry_limits limits;
	struct judging *judging = start(1);
	const struct metric *metric;
	char text[RANGE_TEXT_SIZE];

	(void)state;
	judge_expiry(&judging->facts, &limits, false, &judging->result);
	metric = result_find_metric(&judging->result, "days");
	assert_non_null(metric);
	assert_string_equal(metric->unit, "");
	assert_int_equal(metric->worst, METRIC_LOWEST);
	range_print(&metric->thresholds.warning, text);
	assert_string_equal(text, "21:");
	range_print(&metric->thresholds.critical, text);
	assert_string_equal(text, "7:");
}

static const struct limit_case {
	const char *sentence;
	const char *string; /* of -w */
	int64_t left;       /* of a lifetime of 100 days */
	enum state state;
} limit_cases[] = {
    {"30 is OK at 30 days.", "30", 30 * DAY, STATE_OK},
    {"30 alerts under 30 days.", "30", 30 * DAY - 1, STATE_WARNING},
    {"30: alerts under 30 days.", "30:", 29 * DAY, STATE_WARNING},
    {"@0:14 alerts at 14 days.", "@0:14", 14 * DAY, STATE_WARNING},
    {"@0:14 is OK at 15 days.", "@0:14", 15 * DAY, STATE_OK},
    {"@14 alerts at 14 days.", "@14", 14 * DAY, STATE_WARNING},
    {"@14 is OK at 15 days.", "@14", 15 * DAY, STATE_OK},
    {"25% is OK at a quarter of the lifetime.", "25%", 25 * DAY, STATE_OK},
    {"25% alerts under a quarter.", "25%", 25 * DAY - 1, STATE_WARNING},
    {"12.5% alerts at 12 days of 100.", "12.5%", 12 * DAY, STATE_WARNING},
    {"12.5% is OK at 13 days of 100.", "12.5%", 13 * DAY, STATE_OK},
    {"0 never alerts.", "0", 0, STATE_OK},
};

static void
obeys_limit(void **state)
{
	const struct limit_case *row = *state;
	struct judging *judging = start(1);
	struct expiry_limits limits = {.warning.kind = EXPIRY_DEFAULT};

	assert_true(expiry_limit_parse(&limits.warning, row->string));
	assert_true(expiry_limit_parse(&limits.critical, "0"));
	set_dates(
	    &judging->facts.handshake.chain.certificate[0], 100, row->left);
	judge_expiry(&judging->facts, &limits, false, &judging->result);
	assert_int_equal(result_state(&judging->result), row->state);
}

static const struct bad_limit_case {
	const char *sentence;
	const char *string;
} bad_limit_cases[] = {
    {"An empty limit is refused.", ""},
    {"A percent sign alone is refused.", "%"},
    {"More than 100% is refused.", "101%"},
    {"A negative share is refused.", "-5%"},
    {"A range of shares is refused.", "10:20%"},
    {"Letters are refused.", "abc"},
    {"A unit is refused.", "30d"},
    {"Negative days are refused.", "-30"},
    {"A start above the end is refused.", "30:10"},
    {"Two percent signs are refused.", "5%%"},
    {"A very long share is refused.",
	"1111111111111111111111111111111111111111111111111111111111111111111"
	"1%"},
};

static void
refuses_limit(void **state)
{
	const struct bad_limit_case *row = *state;
	struct expiry_limit limit = {.kind = EXPIRY_DEFAULT};

	assert_false(expiry_limit_parse(&limit, row->string));
}

static const struct dates_case {
	const char *sentence;
	bool valid;
	int64_t starts, ends; /* from now */
	const char *codes;
	const char *text;
} dates_cases[] = {
    {"The last second is still valid.", true, -90 * DAY, 0, "CERT_EXPIRES_SOON",
	"certificate"},
    {"A second later it has expired.", true, -90 * DAY, -1, "CERT_EXPIRED",
	"expired"},
    {"Three days after its end it expired 3 days ago.", true, -90 * DAY,
	-3 * DAY, "CERT_EXPIRED", "expired 3 days ago"},
    {"The first second is valid.", true, 0, 90 * DAY, "", NULL},
    {"A second earlier it is not yet valid.", true, 1, 90 * DAY,
	"CERT_NOT_YET_VALID", "not yet valid"},
    {"Unreadable dates are told.", false, 0, 0, "CERT_INVALID",
	"unreadable dates"},
    {"Years 1 to 9999 are valid.", true, INT64_C(-62135596800) - JUDGING_WHEN,
	INT64_C(253402300799) - JUDGING_WHEN, "", NULL},
    {"A year 1 long past is told.", true, INT64_C(-62135596800) - JUDGING_WHEN,
	INT64_C(-62135596799) - JUDGING_WHEN, "CERT_EXPIRED", "days ago"},
};

static void
judges_dates(void **state)
{
	static const struct expiry_limits limits;
	const struct dates_case *row = *state;
	struct judging *judging = start(1);
	struct certificate *leaf =
	    &judging->facts.handshake.chain.certificate[0];

	leaf->dates_valid = row->valid;
	leaf->not_before = row->valid ? JUDGING_WHEN + row->starts : 0;
	leaf->not_after = row->valid ? JUDGING_WHEN + row->ends : 0;
	judge_expiry(&judging->facts, &limits, false, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
	assert_int_equal(
	    result_find_metric(&judging->result, "days") != NULL, row->valid);
}

/* The same dates for check_mx_starttls, which has no limits. */
static void
judges_validity(void **state)
{
	const struct dates_case *row = *state;
	struct judging *judging = start(1);
	struct certificate *leaf =
	    &judging->facts.handshake.chain.certificate[0];

	leaf->dates_valid = row->valid;
	leaf->not_before = row->valid ? JUDGING_WHEN + row->starts : 0;
	leaf->not_after = row->valid ? JUDGING_WHEN + row->ends : 0;
	judge_validity(&judging->facts, &judging->result);
	assert_string_equal(judging_codes(&judging->result),
	    strcmp(row->codes, "CERT_EXPIRES_SOON") == 0 ? "" : row->codes);
	assert_int_equal(judging->result.metric_count, 0);
}

static void
judges_leaf_only(void **state)
{
	static const struct expiry_limits limits;
	struct judging *judging = start(2);

	(void)state;
	set_dates(
	    &judging->facts.handshake.chain.certificate[1], 1000, 3 * DAY);
	judge_expiry(&judging->facts, &limits, false, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
	assert_true(result_find_metric(&judging->result, "days")->value == 61);
}

static void
judges_whole_chain(void **state)
{
	static const struct expiry_limits limits;
	struct judging *judging = start(2);
	const struct finding *finding;

	(void)state;
	set_dates(
	    &judging->facts.handshake.chain.certificate[1], 1000, 3 * DAY);
	judge_expiry(&judging->facts, &limits, true, &judging->result);
	finding = judging_finding(&judging->result, CERT_EXPIRES_SOON);
	assert_int_equal(finding->state, STATE_CRITICAL);
	assert_contains(finding->text, "CN=certificate 1");
	assert_contains(finding->text, "3 days");
	assert_true(result_find_metric(&judging->result, "days")->value == 3);
}

static void
counts_what_was_left_out(void **state)
{
	static const struct expiry_limits limits;
	struct judging *judging = start(CHAIN_MAX);

	(void)state;
	judging->facts.handshake.chain.sent = CHAIN_MAX + 4;
	judge_expiry(&judging->facts, &limits, true, &judging->result);
	assert_contains(
	    judging_finding(&judging->result, NOT_TESTED)->text, "4");
}

static void
measures_no_unreadable_date(void **state)
{
	static const struct expiry_limits limits;
	struct judging *judging = start(2);
	struct certificate *above =
	    &judging->facts.handshake.chain.certificate[1];

	(void)state;
	above->dates_valid = false;
	above->not_before = above->not_after = 0;
	judge_expiry(&judging->facts, &limits, true, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "CERT_INVALID");
	assert_true(result_find_metric(&judging->result, "days")->value == 61);
}

static void
is_silent_without_handshake(void **state)
{
	static const struct expiry_limits limits;
	static const char *const pins[] = {A64, NULL};
	struct judging *judging = judging_start();

	(void)state;
	judge_starttls(&judging->facts, &judging->result);
	judge_handshake(&judging->facts, 0x0303, &judging->result);
	judge_trust(&judging->facts, &judging->result);
	judge_validity(&judging->facts, &judging->result);
	judge_pins(&judging->facts, pins, &judging->result);
	judge_expiry(&judging->facts, &limits, true, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
	assert_int_equal(judging->result.metric_count, 0);
}

int
main(void)
{
	UNIT_TABLE(offer_cases, judges_offer);
	UNIT_TABLE(injection_cases, judges_injection);
	UNIT_TABLE(obsolete_cases, judges_obsolete);
	UNIT_TABLE(handshake_cases, judges_handshake);
	UNIT_TABLE(strength_cases, judges_strength);
	UNIT_TABLE(trust_cases, judges_trust);
	UNIT_TABLE(strict_cases, judges_trust_strictly);
	UNIT_TABLE(date_fault_cases, judges_date_fault);
	UNIT_TABLE(name_cases, judges_name);
	UNIT_TABLE(pin_cases, judges_pins);
	UNIT_TABLE(valid_pin_cases, knows_pin);
	UNIT_TABLE(expiry_text_cases, words_expiry);
	UNIT_TABLE(default_cases, judges_by_default);
	UNIT_TABLE(limit_cases, obeys_limit);
	UNIT_TABLE(bad_limit_cases, refuses_limit);
	UNIT_TABLE(dates_cases, judges_dates);
	UNIT_TABLE(dates_cases, judges_validity);
	unit_add("Without a greeting accepted no offer is missed.",
	    misses_no_offer_without_ehlo);
	unit_add("A key of an unknown algorithm is not called weak.",
	    calls_no_unknown_key_weak);
	unit_add("Without verification no chain is judged.",
	    judges_no_trust_unverified);
	unit_add("All errors of a chain are told.", tells_all_errors);
	unit_add("Half an hour is not called 0 hours.", words_half_an_hour);
	unit_add("The thresholds of 90 days are shown as applied.",
	    shows_applied_thresholds);
	unit_add("Without --chain only the leaf counts.", judges_leaf_only);
	unit_add("With --chain the earliest end counts.", judges_whole_chain);
	unit_add("Certificates beyond what is kept are counted.",
	    counts_what_was_left_out);
	unit_add("An intermediate's unreadable dates are told, not measured.",
	    measures_no_unreadable_date);
	unit_add("Without a handshake there is nothing to judge.",
	    is_silent_without_handshake);
	return unit_run("judge_tls");
}
