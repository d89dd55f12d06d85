/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_sender - who loses mail: which kinds of senders would not deliver */
#include <string.h>

#include "judging.h"
#include "sender.h"
#include "unit.h"

/* How far the dialogue came. */
enum reach {
	NOWHERE, /* its thread did not come back */
	CALLED,  /* no EHLO */
	CLEAR,   /* EHLO accepted */
	HELO,    /* that alone accepted */
	INSIDE,  /* TLS 1.3, its chain looked at */
};

enum { FOUND_MAX = 3 };

/*
 * The server has an IPv4 address unless said otherwise. A letter for each
 * sender, in their order: Works, Fails, no Way, ? for what is not known.
 */
static const struct delivery_case {
	const char *sentence;
	enum reach reach;
	enum diagnosis found[FOUND_MAX + 1]; /* DIAGNOSIS_END last */
	const char *delivery;
	enum diagnosis why; /* of the failures */
} delivery_cases[] = {
    {"A server that is well takes the mail of all.", INSIDE, {DIAGNOSIS_END},
	"WWWW W-", DIAGNOSIS_END},
    {"A certificate that nobody trusts encrypts as well.", INSIDE,
	{CERT_SELF_SIGNED, CERT_EXPIRED, CERT_NAME_MISMATCH, DIAGNOSIS_END},
	"WWWW W-", DIAGNOSIS_END},
    {"An open relay takes all mail.", INSIDE, {RELAY_OPEN, DIAGNOSIS_END},
	"WWWW W-", DIAGNOSIS_END},
    {"Without STARTTLS a plain sender goes on.", CLEAR,
	{STARTTLS_NOT_OFFERED, DIAGNOSIS_END}, "WFWW W-", STARTTLS_NOT_OFFERED},
    {"HELO alone will do for a plain sender.", HELO,
	{EHLO_HELO_ONLY, STARTTLS_NOT_OFFERED, DIAGNOSIS_END}, "WFWW W-",
	STARTTLS_NOT_OFFERED},
    {"After a failed handshake a plain sender goes on.", CLEAR,
	{TLS_HANDSHAKE, DIAGNOSIS_END}, "WFWW W-", TLS_HANDSHAKE},
    {"A server that insists on TLS, and has none, loses all but theirs.", CLEAR,
	{STARTTLS_REQUIRED, DIAGNOSIS_END}, "F?FF F-", STARTTLS_REQUIRED},
    {"One that insists on TLS, and has it, loses none.", INSIDE,
	{STARTTLS_REQUIRED, DIAGNOSIS_END}, "WWWW W-", DIAGNOSIS_END},
    {"TLS that was not tried is not known.", CLEAR, {DIAGNOSIS_END}, "W?WW W-",
	DIAGNOSIS_END},
    {"A closed port stops all.", CALLED, {TCP_REFUSED, DIAGNOSIS_END},
	"FFFF F-", TCP_REFUSED},
    {"What stops all comes before what stops some.", CLEAR,
	{STARTTLS_NOT_OFFERED, SMTP_CLOSED, DIAGNOSIS_END}, "FFFF F-",
	SMTP_CLOSED},
    {"A server that did not come to an end is not known.", NOWHERE,
	{TIMEOUT, DIAGNOSIS_END}, "???? ?-", DIAGNOSIS_END},
    {"One of which nothing was found out is not.", NOWHERE, {DIAGNOSIS_END},
	"???? ?-", DIAGNOSIS_END},
    {"A dialogue without end or fault is not.", CALLED, {DIAGNOSIS_END},
	"???? ?-", DIAGNOSIS_END},
    {"A busy server may take it later.", CALLED, {BANNER_BUSY, DIAGNOSIS_END},
	"???? ?-", DIAGNOSIS_END},
    {"A busy session may go on later.", CLEAR, {SMTP_BUSY, DIAGNOSIS_END},
	"???? ?-", DIAGNOSIS_END},
    {"Our name may be refused for our sake alone.", CALLED,
	{EHLO_NAME_REFUSED, DIAGNOSIS_END}, "???? ?-", DIAGNOSIS_END},
    {"A sender refused may be ours alone.", INSIDE,
	{RELAY_INCONCLUSIVE, DIAGNOSIS_END}, "???? ?-", DIAGNOSIS_END},
    {"Nobody gets TLS from a busy server that does not offer it.", CLEAR,
	{STARTTLS_NOT_OFFERED, SMTP_BUSY, DIAGNOSIS_END}, "?F?? ?-",
	STARTTLS_NOT_OFFERED},
    {"Nor from one that gave relaying no verdict.", CLEAR,
	{STARTTLS_NOT_OFFERED, RELAY_INCONCLUSIVE, DIAGNOSIS_END}, "?F?? ?-",
	STARTTLS_NOT_OFFERED},
};

/* Neither TLSA records nor a policy: strict senders are plain ones. */
static struct judging *
start(enum reach reach)
{
	struct judging *judging = judging_start();
	struct facts *facts = &judging->facts;

	judging_sign(&judging->host);
	judging_no_policy(&judging->domain.mtasts);
	if (reach == CLEAR || reach == INSIDE)
		facts->ehlo.answer.code = 250;
	if (reach == HELO) {
		facts->ehlo.answer.code = 502;
		facts->ehlo.helo.code = 250;
	}
	facts->handshake.done = reach == INSIDE;
	facts->handshake.chain.verified = reach == INSIDE;
	if (reach == INSIDE)
		facts->handshake.version = 0x0304;
	return judging;
}

static enum delivery
deliver(enum sender sender, const struct judging *judging,
    const struct facts *facts, const struct finding **why)
{
	const struct sender_place place = {
	    &judging->target, facts, &judging->result, &judging->domain.mtasts};

	return sender_delivery(sender, &place, why);
}

static char
letter_of(enum delivery delivery)
{
	static const char letters[] = {
	    [DELIVERY_UNKNOWN] = '?',
	    [DELIVERY_WORKS] = 'W',
	    [DELIVERY_FAILS] = 'F',
	    [DELIVERY_NO_WAY] = '-',
	};

	return letters[delivery];
}

/* "WWWW W-": those of either family, then IPv4 and IPv6. */
static const char *
letters_of(const struct judging *judging, const struct facts *facts)
{
	static char letters[SENDERS + 2];
	char *at = letters;

	for (int i = 0; i < SENDERS; i++) {
		const struct finding *why;

		if (i == SENDER_V4)
			*at++ = ' ';
		*at++ =
		    letter_of(deliver((enum sender)i, judging, facts, &why));
	}
	*at = '\0';
	return letters;
}

static void
delivers(void **state)
{
	const struct delivery_case *row = *state;
	struct judging *judging = start(row->reach);
	const struct facts *facts =
	    row->reach == NOWHERE ? NULL : &judging->facts;

	for (size_t i = 0; row->found[i] != DIAGNOSIS_END; i++)
		result_add(&judging->result, row->found[i], "text");
	assert_string_equal(letters_of(judging, facts), row->delivery);
	for (int i = 0; i < SENDERS; i++) {
		const struct finding *why = &judging->result.finding[0];
		bool fails = deliver((enum sender)i, judging, facts, &why)
		    == DELIVERY_FAILS;

		assert_int_equal(why != NULL, fails);
		if (fails)
			assert_int_equal(why->code, row->why);
	}
}

/* Codes each of which stops somebody, and whom. */
static const struct stop_case {
	const char *sentence;
	const char *delivery;
	enum diagnosis codes[24]; /* DIAGNOSIS_END last */
} stop_cases[] = {
    {"What leaves no way to a server stops all.", "FFFF F-",
	{DNS_NXDOMAIN, DNS_SERVFAIL, DNS_TIMEOUT, DNS_NO_MAIL_HOST, DNS_NULL_MX,
	    DNS_MX_NO_ADDRESS, DNS_MX_IS_ADDRESS, TCP_REFUSED, TCP_TIMEOUT,
	    TCP_UNREACHABLE, TCP_RESET, DIAGNOSIS_END}},
    {"What breaks the dialogue stops all.", "FFFF F-",
	{BANNER_TIMEOUT, BANNER_CLOSED, BANNER_REFUSED, BANNER_NOT_SMTP,
	    EHLO_REFUSED, SMTP_TIMEOUT, SMTP_CLOSED, SMTP_PROTOCOL,
	    SMTP_TOO_LONG, DIAGNOSIS_END}},
    {"What keeps TLS from starting stops those who want it.", "WFWW W-",
	{STARTTLS_NOT_OFFERED, STARTTLS_STRIPPED, STARTTLS_REFUSED,
	    STARTTLS_INJECTION, TLS_HANDSHAKE, TLS_TIMEOUT, TLS_CLOSED,
	    DIAGNOSIS_END}},
    {"What is merely bad stops nobody.", "WWWW W-",
	{DNS_IMPLICIT_MX, DNS_MX_CNAME, DNS_MX_PRIVATE, DNS_PTR_MISSING,
	    DNS_PTR_MISMATCH, BANNER_NO_HOSTNAME, BANNER_UNEXPECTED,
	    BANNER_MASKED, EHLO_MISSING_EXTENSION, EHLO_HELO_ONLY,
	    RESPONSE_SLOW, STARTTLS_COMMAND_INJECTION, TLS_VERSION_OLD_ACCEPTED,
	    TLS_CIPHER_WEAK, TLS_KEY_WEAK, CERT_UNTRUSTED, CERT_INVALID,
	    CERT_PIN_MISMATCH, RELAY_SUSPECT, RELAY_GREYLISTED, RELAY_TRUSTED,
	    NOT_TESTED, SCORE_LOW, DIAGNOSIS_END}},
};

static void
stops(void **state)
{
	const struct stop_case *row = *state;

	for (const enum diagnosis *code = row->codes; *code != DIAGNOSIS_END;
	     code++) {
		struct judging *judging =
		    start(row->delivery[1] == 'W' ? INSIDE : CLEAR);

		result_add(&judging->result, *code, "text");
		if (strcmp(letters_of(judging, &judging->facts), row->delivery)
		    != 0)
			assert_string_equal(
			    letters_of(judging, &judging->facts),
			    diagnosis_entry(*code)->code);
	}
}

/* A sender does not know what --severity forgives. */
static void
minds_no_severity(void **state)
{
	struct judging *judging = start(CALLED);

	(void)state;
	judging->severities.state[TCP_REFUSED] = STATE_OK;
	result_add(&judging->result, TCP_REFUSED, "text");
	assert_string_equal(letters_of(judging, &judging->facts), "FFFF F-");
}

static void
knows_nothing_of_the_untested(void **state)
{
	struct judging *judging = start(CALLED);

	(void)state;
	judging->result.untested = true;
	result_add(&judging->result, TCP_TIMEOUT, "our own way out is blocked");
	assert_string_equal(letters_of(judging, &judging->facts), "???? ?-");
}

static const struct family_case {
	const char *sentence;
	const char *address;       /* NULL: none */
	enum target_family family; /* that was asked for */
	const char *delivery;
} family_cases[] = {
    {"An IPv4 address is for IPv4.", "192.0.2.4", TARGET_ANY_FAMILY, "WWWW W-"},
    {"An IPv6 address is for IPv6.", "2001:db8::4", TARGET_ANY_FAMILY,
	"WWWW -W"},
    {"A host without address is for nobody.", NULL, TARGET_ANY_FAMILY,
	"FFFF FF"},
    {"With -4 nothing is known of IPv6.", NULL, TARGET_ONLY_V4, "???? F?"},
    {"With -6 nothing is known of IPv4.", NULL, TARGET_ONLY_V6, "???? ?F"},
};

static void
minds_the_family(void **state)
{
	const struct family_case *row = *state;
	struct judging *judging = start(INSIDE);

	judging->host.family = row->family;
	if (row->address != NULL) {
		judging_address(&judging->target, row->address, 25);
	} else {
		judging->target.connects = false;
		result_add(&judging->result, DNS_MX_NO_ADDRESS, "text");
	}
	assert_string_equal(
	    letters_of(judging, row->address != NULL ? &judging->facts : NULL),
	    row->delivery);
}

/* What is good enough is for --min-tls to say. */
static const struct version_case {
	const char *sentence;
	int version;
	bool below_minimum;
	const char *delivery;
} version_cases[] = {
    {"TLS 1.2 may be good enough.", 0x0303, false, "WWWW W-"},
    {"TLS 1.2 may be too old.", 0x0303, true, "WFWW W-"},
    {"TLS 1.0 may be good enough.", 0x0301, false, "WWWW W-"},
};

static void
minds_the_version(void **state)
{
	const struct version_case *row = *state;
	struct judging *judging = start(INSIDE);

	judging->facts.handshake.version = row->version;
	if (row->below_minimum)
		result_add(&judging->result, TLS_VERSION_OBSOLETE, "text");
	assert_string_equal(
	    letters_of(judging, &judging->facts), row->delivery);
}

/* How one sender fares. */
static void
assert_delivers(enum sender sender, const struct judging *judging,
    enum delivery delivery, enum diagnosis stop)
{
	const struct finding *why;

	assert_int_equal(
	    letter_of(deliver(sender, judging, &judging->facts, &why)),
	    letter_of(delivery));
	if (delivery == DELIVERY_FAILS)
		assert_int_equal(why->code, stop);
}

static const struct strict_case {
	const char *sentence;
	enum mtasts_mode mode;
	enum reach reach;
	enum diagnosis found[FOUND_MAX + 1]; /* DIAGNOSIS_END last */
	enum delivery delivery;
	enum diagnosis why;
} strict_cases[] = {
    {"A server that meets the policy takes an MTA-STS sender's mail.",
	MTASTS_MODE_ENFORCE, INSIDE, {DIAGNOSIS_END}, DELIVERY_WORKS,
	DIAGNOSIS_END},
    {"One that does not loses it.", MTASTS_MODE_ENFORCE, INSIDE,
	{CERT_EXPIRED, MTASTS_WOULD_FAIL, DIAGNOSIS_END}, DELIVERY_FAILS,
	MTASTS_WOULD_FAIL},
    {"So does one without TLS.", MTASTS_MODE_ENFORCE, CLEAR,
	{STARTTLS_NOT_OFFERED, MTASTS_WOULD_FAIL, DIAGNOSIS_END},
	DELIVERY_FAILS, MTASTS_WOULD_FAIL},
    {"So does one that the policy does not list.", MTASTS_MODE_ENFORCE, INSIDE,
	{MTASTS_MX_NOT_LISTED, DIAGNOSIS_END}, DELIVERY_FAILS,
	MTASTS_MX_NOT_LISTED},
    {"One that refuses all refuses an MTA-STS sender.", MTASTS_MODE_ENFORCE,
	CALLED, {TCP_REFUSED, DIAGNOSIS_END}, DELIVERY_FAILS, TCP_REFUSED},
    {"Whether TLS that was not tried meets the policy is not known.",
	MTASTS_MODE_ENFORCE, CLEAR, {DIAGNOSIS_END}, DELIVERY_UNKNOWN,
	DIAGNOSIS_END},
    {"What a busy server would do is not.", MTASTS_MODE_ENFORCE, CALLED,
	{BANNER_BUSY, DIAGNOSIS_END}, DELIVERY_UNKNOWN, DIAGNOSIS_END},
    {"In testing a server that fails is only reported.", MTASTS_MODE_TESTING,
	INSIDE, {CERT_EXPIRED, MTASTS_WOULD_FAIL, DIAGNOSIS_END},
	DELIVERY_WORKS, DIAGNOSIS_END},
    {"So is one that is not listed.", MTASTS_MODE_TESTING, INSIDE,
	{MTASTS_MX_NOT_LISTED, DIAGNOSIS_END}, DELIVERY_WORKS, DIAGNOSIS_END},
    {"So is one without TLS.", MTASTS_MODE_TESTING, CLEAR,
	{STARTTLS_NOT_OFFERED, MTASTS_WOULD_FAIL, DIAGNOSIS_END},
	DELIVERY_WORKS, DIAGNOSIS_END},
    {"Mode none asks for no TLS.", MTASTS_MODE_NONE, CLEAR,
	{STARTTLS_NOT_OFFERED, DIAGNOSIS_END}, DELIVERY_WORKS, DIAGNOSIS_END},
};

static void
minds_the_policy(void **state)
{
	const struct strict_case *row = *state;
	struct judging *judging = start(row->reach);

	judging_policy(&judging->domain.mtasts, row->mode);
	for (size_t i = 0; row->found[i] != DIAGNOSIS_END; i++)
		result_add(&judging->result, row->found[i], "text");
	assert_delivers(SENDER_MTASTS, judging, row->delivery, row->why);
}

/* --no-verify: nothing is known of a chain that nobody looked at. */
static void
wants_a_chain_that_was_looked_at(void **state)
{
	struct judging *judging = start(INSIDE);

	(void)state;
	judging->facts.handshake.chain.verified = false;
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_TESTING);
	assert_delivers(SENDER_MTASTS, judging, DELIVERY_WORKS, DIAGNOSIS_END);
	judging_policy(&judging->domain.mtasts, MTASTS_MODE_ENFORCE);
	assert_delivers(
	    SENDER_MTASTS, judging, DELIVERY_UNKNOWN, DIAGNOSIS_END);
}

/* What the sender goes by; its mail to a server that is well otherwise. */
static const struct policy_case {
	const char *sentence;
	struct mtasts mtasts;
	bool known;
} policy_cases[] = {
    {"Whether there is a policy that nobody asked for is not known.",
	{.asked = false}, false},
    {"Nor is it of one that came too late.", {.late = true}, false},
    {"Nor where the look-up fails.",
	{.asked = true, .record_status = DNS_FAILED}, false},
    {"Nor where we have no means to fetch it.",
	{.asked = true,
	    .record = MTASTS_RECORD_VALID,
	    .tried = true,
	    .fetch_ours = true},
	false},
    {"A sender may have cached a policy that nobody can fetch any more.",
	{.asked = true, .record = MTASTS_RECORD_VALID, .tried = true}, false},
    {"Or one that is invalid now.",
	{.asked = true,
	    .record = MTASTS_RECORD_VALID,
	    .tried = true,
	    .fetched = true},
	false},
    {"A record that is broken announces none.",
	{.asked = true, .record = MTASTS_RECORD_BROKEN}, true},
};

static void
minds_whether_there_is_a_policy(void **state)
{
	const struct policy_case *row = *state;
	struct judging *judging = start(CLEAR);

	result_add(&judging->result, STARTTLS_NOT_OFFERED, "text");
	judging->domain.mtasts = row->mtasts;
	assert_delivers(SENDER_MTASTS, judging,
	    row->known ? DELIVERY_WORKS : DELIVERY_UNKNOWN, DIAGNOSIS_END);
}

/* What the DNS says of a host's TLSA records. */
enum records {
	NOT_ASKED,
	BLIND,     /* our resolver does not validate */
	NO_RECORD, /* in a signed zone */
	RECORD,
	UNUSABLE,
	UNSIGNED_ADDRESS, /* and a record */
	SERVFAIL,
	NO_RESOLVER, /* ours refuses */
};

static void
publish(struct target_host *host, enum records records)
{
	if (records == RECORD || records == UNSIGNED_ADDRESS)
		judging_add_tlsa(host, 3);
	if (records == UNUSABLE)
		judging_add_tlsa(host, 1);
	host->tlsa.asked = records != NOT_ASKED;
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
	enum reach reach;
	enum diagnosis found[FOUND_MAX + 1]; /* DIAGNOSIS_END last */
	enum delivery delivery;
	enum diagnosis why;
} dane_cases[] = {
    {"Without TLSA records a DANE sender delivers in the clear.", NO_RECORD,
	CLEAR, {STARTTLS_NOT_OFFERED, DIAGNOSIS_END}, DELIVERY_WORKS,
	DIAGNOSIS_END},
    {"A certificate that matches takes a DANE sender's mail.", RECORD, INSIDE,
	{DIAGNOSIS_END}, DELIVERY_WORKS, DIAGNOSIS_END},
    {"Whatever others have against it.", RECORD, INSIDE,
	{CERT_EXPIRED, CERT_SELF_SIGNED, CERT_NAME_MISMATCH, DIAGNOSIS_END},
	DELIVERY_WORKS, DIAGNOSIS_END},
    {"One that matches no record loses it.", RECORD, INSIDE,
	{DANE_MISMATCH, DIAGNOSIS_END}, DELIVERY_FAILS, DANE_MISMATCH},
    {"A record and no STARTTLS lose it.", RECORD, CLEAR,
	{STARTTLS_NOT_OFFERED, DIAGNOSIS_END}, DELIVERY_FAILS,
	STARTTLS_NOT_OFFERED},
    {"A record and a failed handshake do.", RECORD, CLEAR,
	{TLS_HANDSHAKE, DIAGNOSIS_END}, DELIVERY_FAILS, TLS_HANDSHAKE},
    {"What a record makes of TLS that was not tried is not known.", RECORD,
	CLEAR, {DIAGNOSIS_END}, DELIVERY_UNKNOWN, DIAGNOSIS_END},
    {"Unusable records ask for TLS alone.", UNUSABLE, INSIDE,
	{DANE_UNUSABLE, CERT_SELF_SIGNED, DIAGNOSIS_END}, DELIVERY_WORKS,
	DIAGNOSIS_END},
    {"But for that they ask.", UNUSABLE, CLEAR,
	{DANE_UNUSABLE, STARTTLS_NOT_OFFERED, DIAGNOSIS_END}, DELIVERY_FAILS,
	STARTTLS_NOT_OFFERED},
    {"Behind an unsigned address nobody looks for records.", UNSIGNED_ADDRESS,
	CLEAR, {DANE_INSECURE, STARTTLS_NOT_OFFERED, DIAGNOSIS_END},
	DELIVERY_WORKS, DIAGNOSIS_END},
    {"A look-up that fails loses it.", SERVFAIL, INSIDE,
	{DANE_BOGUS, DIAGNOSIS_END}, DELIVERY_FAILS, DANE_BOGUS},
    {"Whether there are records that nobody asked for is not known.", NOT_ASKED,
	INSIDE, {DIAGNOSIS_END}, DELIVERY_UNKNOWN, DIAGNOSIS_END},
    {"A resolver that does not validate does not know.", BLIND, INSIDE,
	{DIAGNOSIS_END}, DELIVERY_UNKNOWN, DIAGNOSIS_END},
    {"One that refuses does not.", NO_RESOLVER, INSIDE,
	{DNS_RESOLVER, DIAGNOSIS_END}, DELIVERY_UNKNOWN, DIAGNOSIS_END},
    {"A closed port needs no resolver.", BLIND, CALLED,
	{TCP_REFUSED, DIAGNOSIS_END}, DELIVERY_FAILS, TCP_REFUSED},
};

static void
minds_the_records(void **state)
{
	const struct dane_case *row = *state;
	struct judging *judging = start(row->reach);
	struct dane_chain *chain = &judging->facts.dane.chain[0];

	publish(&judging->host, row->records);
	chain->seen = row->records == RECORD && row->reach == INSIDE;
	for (size_t i = 0; row->found[i] != DIAGNOSIS_END; i++)
		result_add(&judging->result, row->found[i], "text");
	chain->matches =
	    chain->seen && result_find(&judging->result, DANE_MISMATCH) == NULL;
	assert_delivers(SENDER_DANE, judging, row->delivery, row->why);
}

/* The control was accepted: mail is taken, whatever of relaying. */
static void
knows_who_takes_its_own_mail(void **state)
{
	struct judging *judging = start(INSIDE);
	struct relay *relay = &judging->facts.relay;

	(void)state;
	relay->count = relay->planned = 1;
	relay->control.mail.code = relay->control.rcpt.code = 250;
	relay->probe[0].mail.code = 250;
	relay->probe[0].rcpt.code = 556;
	result_add(&judging->result, RELAY_INCONCLUSIVE,
	    "the recipient's own domain is rejected");
	assert_string_equal(letters_of(judging, &judging->facts), "WWWW W-");
}

static const struct set_case {
	const char *sentence;
	enum diagnosis found[3]; /* DIAGNOSIS_END last */
	bool expected;           /* mere notes here */
	enum diagnosis stops;    /* DIAGNOSIS_END: nobody */
} set_cases[] = {
    {"A domain that is well stops nobody.", {DIAGNOSIS_END}, false,
	DIAGNOSIS_END},
    {"One that does not exist stops all.", {DNS_NXDOMAIN, DIAGNOSIS_END}, false,
	DNS_NXDOMAIN},
    {"One that can't be looked up does.", {DNS_SERVFAIL, DIAGNOSIS_END}, false,
	DNS_SERVFAIL},
    {"One that does not answer does.", {DNS_TIMEOUT, DIAGNOSIS_END}, false,
	DNS_TIMEOUT},
    {"One that takes no mail does.", {DNS_NULL_MX, DIAGNOSIS_END}, false,
	DNS_NULL_MX},
    {"One that shall take no mail loses none.", {DNS_NULL_MX, DIAGNOSIS_END},
	true, DIAGNOSIS_END},
    {"A null MX beside others stops some at most.",
	{DNS_NULL_MX_MIXED, DIAGNOSIS_END}, false, DIAGNOSIS_END},
    {"An unusable resolver is ours.", {DNS_RESOLVER, DIAGNOSIS_END}, false,
	DIAGNOSIS_END},
    {"So is a way out that is blocked.", {TCP_EGRESS_BLOCKED, DIAGNOSIS_END},
	false, DIAGNOSIS_END},
    {"An MX host that is missing is not everything.",
	{DNS_MX_MISSING, DNS_MX_UNEXPECTED, DIAGNOSIS_END}, false,
	DIAGNOSIS_END},
};

static void
stops_by_set(void **state)
{
	const struct set_case *row = *state;
	struct judging *judging = judging_start();
	const struct finding *finding;

	for (size_t i = 0; row->found[i] != DIAGNOSIS_END; i++) {
		if (row->expected)
			judging->severities.state[row->found[i]] = STATE_OK;
		result_add(&judging->result, row->found[i], "text");
	}
	finding = sender_stopped_by_set(&judging->result);
	assert_int_equal(finding != NULL, row->stops != DIAGNOSIS_END);
	if (finding != NULL)
		assert_int_equal(finding->code, row->stops);
}

static const struct lack_case {
	const char *sentence;
	bool made;
	enum dns_status status;
	bool lacks, may_miss;
} lack_cases[] = {
    {"A host with an address lacks none.", true, DNS_ANSWERED, false, false},
    {"No record is no address.", true, DNS_NORECORD, true, false},
    {"No name is no address.", true, DNS_NONAME, true, false},
    {"SERVFAIL may hide one.", true, DNS_FAILED, false, true},
    {"So may silence.", true, DNS_UNANSWERED, false, true},
    {"So may our resolver.", true, DNS_UNUSABLE, false, true},
    {"A look-up that was not made did not fail.", false, DNS_NORECORD, false,
	false},
};

static void
lacks_address(void **state)
{
	const struct lack_case *row = *state;
	const struct lookup lookup = {row->status, "detail", .made = row->made};
	struct target_host v4 = {.v4 = lookup}, v6 = {.v6 = lookup};

	v4.v6 = v6.v4 = (struct lookup){DNS_ANSWERED, "detail", .made = true};
	assert_int_equal(sender_lacks_address(SENDER_V4, &v4), row->lacks);
	assert_int_equal(sender_lacks_address(SENDER_V6, &v6), row->lacks);
	assert_false(sender_lacks_address(SENDER_V4, &v6));
	assert_false(sender_lacks_address(SENDER_V6, &v4));
	assert_false(sender_lacks_address(SENDER_PLAIN, &v4));
	assert_false(sender_lacks_address(SENDER_TLS, &v6));
	assert_int_equal(
	    sender_may_miss_address(SENDER_V4, &v4), row->may_miss);
	assert_int_equal(
	    sender_may_miss_address(SENDER_V6, &v6), row->may_miss);
	assert_false(sender_may_miss_address(SENDER_V4, &v6));
	assert_false(sender_may_miss_address(SENDER_V6, &v4));
	assert_false(sender_may_miss_address(SENDER_PLAIN, &v4));
}

/* What users read and programs look for: a promise. */
static const struct name_case {
	const char *sentence;
	enum sender sender;
	const char *name, *key;
} name_cases[] = {
    {"A plain sender has its name.", SENDER_PLAIN, "plain sender", "plain"},
    {"One that requires TLS has.", SENDER_TLS, "TLS-requiring sender",
	"tls_requiring"},
    {"One that heeds MTA-STS has.", SENDER_MTASTS,
	"MTA-STS sender (Google, Microsoft, Yahoo)", "mta_sts"},
    {"One that heeds DANE has.", SENDER_DANE,
	"DANE sender (Postfix, Exim, Exchange Online)", "dane"},
    {"One without IPv6 has.", SENDER_V4, "IPv4-only sender", "ipv4_only"},
    {"One without IPv4 has.", SENDER_V6, "IPv6-only sender", "ipv6_only"},
};

static void
names(void **state)
{
	const struct name_case *row = *state;

	assert_string_equal(sender_name(row->sender), row->name);
	assert_string_equal(sender_key(row->sender), row->key);
}

int
main(void)
{
	UNIT_TABLE(delivery_cases, delivers);
	UNIT_TABLE(stop_cases, stops);
	unit_add("Who loses mail does so whatever --severity says.",
	    minds_no_severity);
	unit_add("Nothing is known of a server that was not tested.",
	    knows_nothing_of_the_untested);
	UNIT_TABLE(family_cases, minds_the_family);
	UNIT_TABLE(version_cases, minds_the_version);
	UNIT_TABLE(strict_cases, minds_the_policy);
	unit_add("Whether a chain not looked at meets the policy is not known.",
	    wants_a_chain_that_was_looked_at);
	UNIT_TABLE(policy_cases, minds_whether_there_is_a_policy);
	UNIT_TABLE(dane_cases, minds_the_records);
	unit_add("A server that takes its own mail takes mail.",
	    knows_who_takes_its_own_mail);
	UNIT_TABLE(set_cases, stops_by_set);
	UNIT_TABLE(lack_cases, lacks_address);
	UNIT_TABLE(name_cases, names);
	return unit_run("sender");
}
