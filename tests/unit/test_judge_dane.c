/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_judge_dane - findings about TLSA records and what they vouch for */
#include <string.h>

#include "judge.h"
#include "judging.h"
#include "unit.h"

/* What the DNS says of one host. */
enum records {
	NOT_ASKED,
	BLIND, /* our resolver does not validate */
	NO_RECORD,
	RECORD,
	UNUSABLE,
	UNSIGNED_ADDRESS, /* without records */
	UNSIGNED_ADDRESS_RECORD,
	SERVFAIL,
	NO_RESOLVER, /* ours refuses */
};

static void
publish(struct target_host *host, enum records records)
{
	if (records == NOT_ASKED)
		return;
	judging_sign(host);
	if (records == RECORD || records == UNSIGNED_ADDRESS_RECORD)
		judging_add_tlsa(host, 3);
	if (records == UNUSABLE)
		judging_add_tlsa(host, 1);
	host->v4.secure =
	    records != UNSIGNED_ADDRESS && records != UNSIGNED_ADDRESS_RECORD;
	if (records == BLIND)
		host->resolver = RESOLVER_BLIND;
	if (records == SERVFAIL) {
		host->tlsa.status = DNS_FAILED;
		host->tlsa.detail = "SERVFAIL";
	}
	if (records == NO_RESOLVER) {
		host->tlsa.status = DNS_UNUSABLE;
		host->tlsa.detail = "REFUSED";
	}
}

static const struct host_case {
	const char *sentence;
	enum records records;
	bool unsigned_mx;
	bool wanted;
	const char *codes;
	enum state state; /* of them all */
	const char *text; /* part of the first */
} host_cases[] = {
    {"Nothing asked is nothing told.", NOT_ASKED, false, true, "", STATE_OK,
	NULL},
    {"No record is a note.", NO_RECORD, false, false, "DANE_NONE", STATE_OK,
	"no TLSA records"},
    {"It is for the set to say whether that is a fault.", NO_RECORD, false,
	true, "DANE_NONE", STATE_OK, NULL},
    {"An unsigned address without records is a note.", UNSIGNED_ADDRESS, false,
	false, "DANE_NONE", STATE_OK, "its address is not signed"},
    {"It is a warning where DANE is wanted.", UNSIGNED_ADDRESS, false, true,
	"DANE_INSECURE", STATE_WARNING, "its address is not signed"},
    {"Records behind an unsigned address are a warning.",
	UNSIGNED_ADDRESS_RECORD, false, false, "DANE_INSECURE", STATE_WARNING,
	"its address is not signed"},
    {"An unsigned domain without records is a note.", NO_RECORD, true, false,
	"DANE_NONE", STATE_OK, "the MX records are not signed"},
    {"It is a warning too where DANE is wanted.", NO_RECORD, true, true,
	"DANE_INSECURE", STATE_WARNING, "the MX records are not signed"},
    {"Records under unsigned MX records are a warning.", RECORD, true, false,
	"DANE_INSECURE", STATE_WARNING, "the MX records are not signed"},
    {"A look-up that fails is an outage.", SERVFAIL, false, false, "DANE_BOGUS",
	STATE_CRITICAL, "SERVFAIL"},
    {"Unusable records are a warning.", UNUSABLE, false, false, "DANE_UNUSABLE",
	STATE_WARNING, "1 1 1 0000000000000000... has a usage that SMTP"},
    {"A resolver that does not validate is told of the set.", BLIND, false,
	false, "", STATE_OK, NULL},
    {"Where DANE is wanted the server is not tested.", BLIND, false, true,
	"DANE_UNTRUSTED_RESOLVER", STATE_UNKNOWN, "DANE not tested"},
    {"A resolver that refuses is at fault itself.", NO_RESOLVER, false, true,
	"DNS_RESOLVER", STATE_UNKNOWN, "REFUSED"},
    {"Where DANE is not all it leaves it untested.", NO_RESOLVER, false, false,
	"NOT_TESTED", STATE_OK, "REFUSED"},
    {"Records alone are no finding.", RECORD, false, true, "", STATE_OK, NULL},
};

static void
judges_host(void **state)
{
	const struct host_case *row = *state;
	struct judging *judging = judging_start();

	publish(&judging->host, row->records);
	if (row->unsigned_mx)
		judging->host.secure_mx = false;
	judge_dane(&judging->target, NULL, row->wanted, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	assert_int_equal(result_state(&judging->result), row->state);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
	assert_int_equal(
	    judging->result.untested, row->wanted && row->records == BLIND);
}

/* An address has no TLSA records, so that its certificate proves nothing. */
static void
wants_a_name(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging->host.is_address = true;
	judge_dane(&judging->target, NULL, false, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
	judge_dane(&judging->target, NULL, true, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "NOT_TESTED");
	assert_true(judging->result.untested);
}

/* As that of any other look-up (-t N:STATE). */
static void
lets_the_user_weigh_silence(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging->severities.state[DNS_TIMEOUT] = STATE_WARNING;
	publish(&judging->host, SERVFAIL);
	judging->host.tlsa.status = DNS_UNANSWERED;
	judge_dane(&judging->target, NULL, true, &judging->result);
	assert_int_equal(judging_finding(&judging->result, DANE_BOGUS)->state,
	    STATE_WARNING);
}

/* A letter for each of two records: 'm' matches, '-' does not. */
static const struct chain_case {
	const char *sentence;
	const char *first;  /* the certificate that the server prefers */
	const char *second; /* the other one; NULL: none */
	const char *next;   /* the one to come; NULL: not told of */
	bool both;          /* the other one was looked for */
	const char *codes;
	const char *text; /* part of the first */
} chain_cases[] = {
    {"A certificate that every record matches is fine.", "mm", NULL, NULL, true,
	"", NULL},
    {"One record that matches is enough.", "m-", NULL, NULL, true,
	"DANE_STALE_RECORD", "3 1 1 0000000000000000..."},
    {"None that matches is not.", "--", NULL, NULL, true, "DANE_MISMATCH",
	"no TLSA record matches the certificate"},
    {"A record for each certificate is fine.", "m-", "-m", NULL, true, "",
	NULL},
    {"One certificate without its record is not.", "mm", "--", NULL, true,
	"DANE_MISMATCH", "no TLSA record matches the ECDSA certificate"},
    {"Nor is the preferred one without.", "--", "mm", NULL, true,
	"DANE_MISMATCH", "no TLSA record matches the RSA certificate"},
    {"A record of the next certificate is not stale.", "m-", NULL, "-m", true,
	"", NULL},
    {"Whether a record is stale is not known of half the server.", "m-", NULL,
	NULL, false, "", NULL},
};

static void
see(struct dane_chain *chain, const char *letters, const char *key_type)
{
	if (letters == NULL)
		return;
	chain->seen = true;
	text_print(chain->key_type, sizeof(chain->key_type), "%s", key_type);
	for (size_t i = 0; letters[i] != '\0'; i++) {
		chain->matched[i] = letters[i] == 'm';
		chain->matches = chain->matches || chain->matched[i];
	}
}

static void
judges_chains(void **state)
{
	const struct chain_case *row = *state;
	struct judging *judging = judging_start();
	struct dane *dane = &judging->facts.dane;

	judging_sign(&judging->host);
	judging_add_tlsa(&judging->host, 3);
	judging_add_tlsa(&judging->host, 3);
	dane->both = row->both;
	see(&dane->chain[0], row->first, "RSA");
	see(&dane->chain[1], row->second, "EC");
	see(&dane->next, row->next, "EC");
	judge_dane(&judging->target, &judging->facts, true, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
}

/* 2 x x: what else it wants, the certificate has not. */
static void
tells_a_bad_name_from_a_strange_issuer(void **state)
{
	struct judging *judging = judging_start();
	struct dane_chain *chain = &judging->facts.dane.chain[0];

	(void)state;
	publish(&judging->host, RECORD);
	see(chain, "-", "EC");
	chain->issuer_matches = true;
	judge_dane(&judging->target, &judging->facts, true, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "DANE_MISMATCH");
	assert_contains(
	    judging->result.finding[0].text, "vouches for the issuer");
}

/* One of those that were not kept may match. */
static void
claims_no_mismatch_of_records_left_out(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	publish(&judging->host, RECORD);
	see(&judging->facts.dane.chain[0], "-", "EC");
	judging->host.tlsa.left_out = 1;
	judge_dane(&judging->target, &judging->facts, true, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "NOT_TESTED");
}

static void
is_silent_without_a_certificate(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	publish(&judging->host, RECORD);
	judging->facts.dane.both = true;
	judge_dane(&judging->target, &judging->facts, true, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
}

/* A mismatch counts where unsigned MX records leave it to the sender. */
static void
judges_chains_under_unsigned_mx(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	publish(&judging->host, RECORD);
	judging->host.secure_mx = false;
	see(&judging->facts.dane.chain[0], "-", "EC");
	judge_dane(&judging->target, &judging->facts, true, &judging->result);
	assert_string_equal(
	    judging_codes(&judging->result), "DANE_MISMATCH DANE_INSECURE");
}

/* That nobody heeds a record is no fault of the next one. */
static void
passes_over_unusable_records(void **state)
{
	struct judging *judging = judging_start();

	(void)state;
	judging_sign(&judging->host);
	judging_add_tlsa(&judging->host, 1);
	judging_add_tlsa(&judging->host, 3);
	judging->facts.dane.both = true;
	see(&judging->facts.dane.chain[0], "-m", "EC");
	judge_dane(&judging->target, &judging->facts, true, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
}

enum { HOSTS = 3 };

static const struct set_case {
	const char *sentence;
	enum resolver resolver;
	enum records records[HOSTS];
	const char *codes;
	const char *text; /* part of the first */
} set_cases[] = {
    {"DANE at every host is fine.", RESOLVER_VALIDATES,
	{RECORD, RECORD, RECORD}, "", NULL},
    {"DANE at none is for the hosts to say.", RESOLVER_VALIDATES,
	{NO_RECORD, NO_RECORD, NO_RECORD}, "", NULL},
    {"DANE at some is partial.", RESOLVER_VALIDATES,
	{RECORD, RECORD, NO_RECORD}, "DANE_PARTIAL",
	"1 of 3 MX hosts have no DANE: mx3.example.com"},
    {"A host whose zone is not signed has none.", RESOLVER_VALIDATES,
	{RECORD, UNSIGNED_ADDRESS_RECORD, RECORD}, "DANE_PARTIAL",
	"1 of 3 MX hosts have no DANE: mx2.example.com"},
    {"Two hosts without are counted.", RESOLVER_VALIDATES,
	{NO_RECORD, RECORD, NO_RECORD}, "DANE_PARTIAL",
	"2 of 3 MX hosts have no DANE: "},
    {"A host whose look-up fails has it.", RESOLVER_VALIDATES,
	{SERVFAIL, NO_RECORD, NO_RECORD}, "DANE_PARTIAL", "2 of 3"},
    {"Nothing asked is nothing told.", RESOLVER_UNKNOWN,
	{NOT_ASKED, NOT_ASKED, NOT_ASKED}, "", NULL},
    {"A resolver that does not validate is told.", RESOLVER_BLIND,
	{BLIND, BLIND, BLIND}, "DANE_UNTRUSTED_RESOLVER",
	"does not validate DNSSEC"},
    {"One that is distant is told.", RESOLVER_DISTANT, {BLIND, BLIND, BLIND},
	"DANE_UNTRUSTED_RESOLVER", "not on this host"},
    {"It is told though the first host needs no look-up.", RESOLVER_DISTANT,
	{NOT_ASKED, BLIND, BLIND}, "DANE_UNTRUSTED_RESOLVER",
	"not on this host"},
};

static void
judges_set(void **state)
{
	const struct set_case *row = *state;
	struct judging *judging = judging_start();
	static struct target_host hosts[HOSTS];
	struct target_set set = {.domain = "example.com",
	    .resolver = row->resolver,
	    .host_count = HOSTS,
	    .hosts = hosts};

	memset(hosts, 0, sizeof(hosts));
	for (int i = 0; i < HOSTS; i++) {
		text_print(
		    hosts[i].name, DOMAIN_SIZE, "mx%d.example.com", i + 1);
		publish(&hosts[i], row->records[i]);
	}
	judge_dane_set(&set, &judging->result);
	assert_string_equal(judging_codes(&judging->result), row->codes);
	if (row->text != NULL)
		assert_contains(judging->result.finding[0].text, row->text);
}

static void
judges_an_empty_set(void **state)
{
	struct judging *judging = judging_start();
	struct target_set set = {.domain = "example.com"};

	(void)state;
	judge_dane_set(&set, &judging->result);
	assert_string_equal(judging_codes(&judging->result), "");
}

int
main(void)
{
	UNIT_TABLE(host_cases, judges_host);
	unit_add("DANE wants a host's name.", wants_a_name);
	unit_add("A look-up without answer counts as the user says.",
	    lets_the_user_weigh_silence);
	UNIT_TABLE(chain_cases, judges_chains);
	unit_add("A wrong name is told from a strange issuer.",
	    tells_a_bad_name_from_a_strange_issuer);
	unit_add("Where records were left out there is no verdict.",
	    claims_no_mismatch_of_records_left_out);
	unit_add("Without a certificate there is nothing to match.",
	    is_silent_without_a_certificate);
	unit_add("A mismatch counts under unsigned MX records too.",
	    judges_chains_under_unsigned_mx);
	unit_add("An unusable record beside a good one is not stale.",
	    passes_over_unusable_records);
	UNIT_TABLE(set_cases, judges_set);
	unit_add(
	    "A domain without hosts has nothing to tell.", judges_an_empty_set);
	return unit_run("judge_dane");
}
