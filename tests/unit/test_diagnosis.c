/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_diagnosis - the table of codes, which are promises to users */
#include <ctype.h>
#include <string.h>

#include "diagnosis.h"
#include "unit.h"

/* The promised codes and states, written down once more on purpose. */
#define PROMISE(code, state)                                                   \
	{                                                                      \
#code " counts as " #state " by default.", #code,              \
		    STATE_##state                                              \
	}

static const struct promise {
	const char *sentence;
	const char *code;
	enum state state;
} promises[] = {
    PROMISE(DNS_NXDOMAIN, CRITICAL),
    PROMISE(DNS_SERVFAIL, CRITICAL),
    PROMISE(DNS_TIMEOUT, CRITICAL),
    PROMISE(DNS_NO_MAIL_HOST, CRITICAL),
    PROMISE(DNS_IMPLICIT_MX, WARNING),
    PROMISE(DNS_NULL_MX, CRITICAL),
    PROMISE(DNS_NULL_MX_MIXED, CRITICAL),
    PROMISE(DNS_MX_NO_ADDRESS, CRITICAL),
    PROMISE(DNS_MX_CNAME, WARNING),
    PROMISE(DNS_MX_IS_ADDRESS, CRITICAL),
    PROMISE(DNS_MX_PRIVATE, OK),
    PROMISE(DNS_MX_SINGLE, OK),
    PROMISE(DNS_MX_TOO_MANY, WARNING),
    PROMISE(DNS_RESOLVER, UNKNOWN),
    PROMISE(TCP_REFUSED, CRITICAL),
    PROMISE(TCP_TIMEOUT, CRITICAL),
    PROMISE(TCP_UNREACHABLE, CRITICAL),
    PROMISE(TCP_RESET, CRITICAL),
    PROMISE(TCP_NO_ROUTE_V6, OK),
    PROMISE(BANNER_TIMEOUT, CRITICAL),
    PROMISE(BANNER_CLOSED, CRITICAL),
    PROMISE(BANNER_REFUSED, CRITICAL),
    PROMISE(BANNER_BUSY, WARNING),
    PROMISE(BANNER_NOT_SMTP, CRITICAL),
    PROMISE(BANNER_NO_HOSTNAME, WARNING),
    PROMISE(BANNER_UNEXPECTED, WARNING),
    PROMISE(BANNER_HOST_MISMATCH, OK),
    PROMISE(BANNER_MASKED, WARNING),
    PROMISE(BANNER_GREET_DELAY, OK),
    PROMISE(EHLO_REFUSED, CRITICAL),
    PROMISE(EHLO_NAME_REFUSED, WARNING),
    PROMISE(EHLO_HELO_ONLY, WARNING),
    PROMISE(EHLO_MISSING_EXTENSION, CRITICAL),
    PROMISE(SMTP_TIMEOUT, CRITICAL),
    PROMISE(SMTP_CLOSED, CRITICAL),
    PROMISE(SMTP_PROTOCOL, CRITICAL),
    PROMISE(SMTP_TOO_LONG, CRITICAL),
    PROMISE(SMTP_BUSY, WARNING),
    PROMISE(STARTTLS_NOT_OFFERED, CRITICAL),
    PROMISE(STARTTLS_STRIPPED, CRITICAL),
    PROMISE(STARTTLS_REFUSED, CRITICAL),
    PROMISE(STARTTLS_INJECTION, CRITICAL),
    PROMISE(STARTTLS_COMMAND_INJECTION, CRITICAL),
    PROMISE(STARTTLS_REQUIRED, WARNING),
    PROMISE(EHLO_CHANGED_BY_TLS, OK),
    PROMISE(TLS_HANDSHAKE, CRITICAL),
    PROMISE(TLS_TIMEOUT, CRITICAL),
    PROMISE(TLS_CLOSED, CRITICAL),
    PROMISE(TLS_VERSION_OBSOLETE, CRITICAL),
    PROMISE(TLS_VERSION_OLD_ACCEPTED, WARNING),
    PROMISE(TLS_NOT_1_3, OK),
    PROMISE(TLS_CIPHER_WEAK, WARNING),
    PROMISE(TLS_NO_FORWARD_SECRECY, WARNING),
    PROMISE(TLS_KEY_WEAK, WARNING),
    PROMISE(TLS_SIGNATURE_WEAK, WARNING),
    PROMISE(CERT_EXPIRED, CRITICAL),
    PROMISE(CERT_NOT_YET_VALID, CRITICAL),
    PROMISE(CERT_SELF_SIGNED, CRITICAL),
    PROMISE(CERT_UNTRUSTED, CRITICAL),
    PROMISE(CERT_CHAIN_INCOMPLETE, CRITICAL),
    PROMISE(CERT_NAME_MISMATCH, CRITICAL),
    PROMISE(CERT_NO_SAN, WARNING),
    PROMISE(CERT_PIN_MISMATCH, CRITICAL),
    PROMISE(CERT_INVALID, CRITICAL),
    PROMISE(RELAY_OPEN, CRITICAL),
    PROMISE(RELAY_SUSPECT, WARNING),
    PROMISE(RELAY_GREYLISTED, OK),
    PROMISE(RELAY_POLICY, OK),
    PROMISE(RELAY_INCONCLUSIVE, UNKNOWN),
    PROMISE(RELAY_TRUSTED, OK),
    PROMISE(AUTH_NOT_OFFERED, CRITICAL),
    PROMISE(AUTH_IN_CLEAR, CRITICAL),
    PROMISE(AUTH_MECHANISM_MISSING, CRITICAL),
    PROMISE(AUTH_REJECTED, CRITICAL),
    PROMISE(AUTH_DEFERRED, WARNING),
    PROMISE(AUTH_ACCEPTED, CRITICAL),
    PROMISE(MAIL_REFUSED, CRITICAL),
    PROMISE(MAIL_DEFERRED, WARNING),
    PROMISE(RCPT_REFUSED, CRITICAL),
    PROMISE(RCPT_DEFERRED, WARNING),
    PROMISE(DATA_REFUSED, CRITICAL),
    PROMISE(MESSAGE_REFUSED, CRITICAL),
    PROMISE(MESSAGE_DEFERRED, WARNING),
    PROMISE(DSN_NOT_OFFERED, WARNING),
    PROMISE(ARRIVAL_MISSING, CRITICAL),
    PROMISE(ARRIVAL_SLOW, WARNING),
    PROMISE(ARRIVAL_MAILBOX, UNKNOWN),
    PROMISE(NOT_TESTED, OK),
    PROMISE(TIMEOUT, CRITICAL),
};

static void
keeps_promise(void **state)
{
	const struct promise *row = *state;
	enum diagnosis diagnosis;

	assert_true(diagnosis_find(row->code, &diagnosis));
	assert_string_equal(diagnosis_entry(diagnosis)->code, row->code);
	assert_int_equal(diagnosis_entry(diagnosis)->state, row->state);
}

/* Calls `check` for every entry of the table. */
static void
for_each(void (*check)(const struct diagnosis_entry *entry))
{
	for (int i = 0; i < DIAGNOSIS_END; i++)
		check(diagnosis_entry((enum diagnosis)i));
}

static void
is_a_code(const struct diagnosis_entry *entry)
{
	assert_true(isupper((unsigned char)entry->code[0]));
	for (const char *c = entry->code; *c != '\0'; c++)
		assert_true(isupper((unsigned char)*c)
		    || isdigit((unsigned char)*c) || *c == '_');
}

static void
codes_are_upper_case(void **state)
{
	(void)state;
	for_each(is_a_code);
}

static void
codes_are_unique(void **state)
{
	(void)state;
	for (int i = 0; i < DIAGNOSIS_END; i++)
		for (int j = i + 1; j < DIAGNOSIS_END; j++)
			assert_string_not_equal(
			    diagnosis_entry((enum diagnosis)i)->code,
			    diagnosis_entry((enum diagnosis)j)->code);
}

static void
is_printed_safely(const char *text)
{
	assert_true(*text != '\0' && *text != '\n');
	for (const char *c = text; *c != '\0'; c++)
		assert_true(
		    *c == '\n' || (isprint((unsigned char)*c) && *c != '|'));
	assert_true(text[strlen(text) - 1] != '\n');
}

static void
explains_itself(const struct diagnosis_entry *entry)
{
	is_printed_safely(entry->title);
	is_printed_safely(entry->cause);
	is_printed_safely(entry->remedy);
	assert_null(strchr(entry->title, '\n'));
	assert_true(strcmp(entry->title, entry->cause) != 0);
}

static void
texts_are_complete(void **state)
{
	(void)state;
	for_each(explains_itself);
}

/* Logins and messages, which check_mx, and its score, know nothing of. */
static bool
is_of_sending(const struct diagnosis_entry *entry)
{
	return entry >= diagnosis_entry(AUTH_NOT_OFFERED)
	    && entry <= diagnosis_entry(ARRIVAL_MAILBOX);
}

static void
has_fair_penalty(const struct diagnosis_entry *entry)
{
	assert_in_range(entry->penalty, 0, 100);
	/* A low score is the sum of penalties, not one more. */
	if (entry->state == STATE_OK || entry->state == STATE_UNKNOWN
	    || strcmp(entry->code, "SCORE_LOW") == 0 || is_of_sending(entry))
		assert_int_equal(entry->penalty, 0);
	else
		assert_true(entry->penalty > 0);
}

static void
penalties_are_fair(void **state)
{
	(void)state;
	for_each(has_fair_penalty);
}

/* RFC 8460 4.3: the result types of a TLS report. */
static void
is_result_type(const struct diagnosis_entry *entry)
{
	static const char *const types[] = {"starttls-not-supported",
	    "certificate-host-mismatch", "certificate-expired",
	    "certificate-not-trusted", "validation-failure", "tlsa-invalid",
	    "dnssec-invalid", "dane-required", "sts-policy-fetch-error",
	    "sts-policy-invalid", "sts-webpki-invalid"};
	bool found = entry->tlsrpt == NULL;

	for (size_t i = 0; i < UNIT_COUNT(types) && !found; i++)
		found = strcmp(entry->tlsrpt, types[i]) == 0;
	assert_true(found);
}

static void
result_types_exist(void **state)
{
	(void)state;
	for_each(is_result_type);
}

static void
finds_all(void **state)
{
	(void)state;
	for (int i = 0; i < DIAGNOSIS_END; i++) {
		char lower[64];
		enum diagnosis found = DIAGNOSIS_END;
		size_t length =
		    strlen(diagnosis_entry((enum diagnosis)i)->code);

		assert_true(length < sizeof(lower));
		for (size_t c = 0; c <= length; c++)
			lower[c] = (char)tolower(
			    (unsigned char)diagnosis_entry((enum diagnosis)i)
				->code[c]);
		assert_true(diagnosis_find(lower, &found));
		assert_int_equal(found, i);
	}
}

static const struct stranger {
	const char *sentence;
	const char *code;
} strangers[] = {
    {"No code is found by an empty name.", ""},
    {"No code is found by its beginning.", "CERT_EXPIRE"},
    {"No code is found by more than its name.", "CERT_EXPIRED_"},
    {"No code is found with a blank behind it.", "CERT_EXPIRED "},
    {"The list's end is no code.", "DIAGNOSIS_END"},
};

static void
finds_no_stranger(void **state)
{
	const struct stranger *row = *state;
	enum diagnosis diagnosis = TIMEOUT;

	assert_false(diagnosis_find(row->code, &diagnosis));
	assert_int_equal(diagnosis, TIMEOUT);
}

static void
states_have_names(void **state)
{
	static const char *const names[] = {
	    "OK", "WARNING", "CRITICAL", "UNKNOWN"};
	enum state found;

	(void)state;
	for (int i = STATE_OK; i <= STATE_UNKNOWN; i++) {
		assert_string_equal(state_name((enum state)i), names[i]);
		assert_true(state_find(names[i], &found));
		assert_int_equal(found, i);
	}
	assert_true(state_find("warning", &found));
	assert_int_equal(found, STATE_WARNING);
	assert_false(state_find("", &found));
	assert_false(state_find("warn", &found));
	assert_false(state_find("DEPENDENT", &found));
}

static void
states_are_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(STATE_OK, 0);
	assert_int_equal(STATE_WARNING, 1);
	assert_int_equal(STATE_CRITICAL, 2);
	assert_int_equal(STATE_UNKNOWN, 3);
}

static void
states_have_an_order(void **state)
{
	static const enum state worst_first[] = {
	    STATE_CRITICAL, STATE_WARNING, STATE_UNKNOWN, STATE_OK};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(worst_first); i++)
		for (size_t j = i; j < UNIT_COUNT(worst_first); j++) {
			assert_int_equal(
			    state_worse(worst_first[i], worst_first[j]),
			    worst_first[i]);
			assert_int_equal(
			    state_worse(worst_first[j], worst_first[i]),
			    worst_first[i]);
		}
}

int
main(void)
{
	UNIT_TABLE(promises, keeps_promise);
	UNIT_TABLE(strangers, finds_no_stranger);
	unit_add("Codes are upper case.", codes_are_upper_case);
	unit_add("Codes are unique.", codes_are_unique);
	unit_add("Every code has a title, a cause and a remedy, safe to "
		 "print.",
	    texts_are_complete);
	unit_add("Notes, unknowns, logins and messages cost nothing, all "
		 "else does.",
	    penalties_are_fair);
	unit_add("Result types are those of RFC 8460.", result_types_exist);
	unit_add("Every code is found, letter case aside.", finds_all);
	unit_add("States have names.", states_have_names);
	unit_add("States are exit codes.", states_are_exit_codes);
	unit_add("CRITICAL outweighs WARNING outweighs UNKNOWN outweighs OK.",
	    states_have_an_order);
	return unit_run("diagnosis");
}
