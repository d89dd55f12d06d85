/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_target_host - what the DNS says of a host, and what DANE makes of it */
#include <string.h>

#include "judging.h"
#include "target_host.h"
#include "unit.h"

enum { NO_USAGE = 99 };

/* A look-up: not made, or made with a status, secure or not. */
#define UNMADE                                                                 \
	{                                                                      \
		.made = false                                                  \
	}
#define MADE(how, validated)                                                   \
	{                                                                      \
		.made = true, .status = (how), .detail = "detail",             \
		.secure = (validated)                                          \
	}

static const struct standing_case {
	const char *sentence;
	bool asked;
	enum resolver resolver;
	struct lookup v4, v6;
	bool secure_name;
	enum dns_status tlsa;
	bool secure;    /* the answer with the TLSA records */
	unsigned usage; /* of one record; NO_USAGE: there is none */
	enum dane_standing standing;
} standing_cases[] = {
    {"What nobody asked has no standing.", false, RESOLVER_VALIDATES,
	MADE(DNS_ANSWERED, true), UNMADE, false, DNS_NORECORD, true, NO_USAGE,
	DANE_STANDS_UNASKED},
    {"A distant resolver can't tell.", true, RESOLVER_DISTANT,
	MADE(DNS_ANSWERED, true), UNMADE, false, DNS_ANSWERED, true, 3,
	DANE_STANDS_UNKNOWN},
    {"One that does not validate can't.", true, RESOLVER_BLIND,
	MADE(DNS_ANSWERED, false), UNMADE, false, DNS_ANSWERED, false, 3,
	DANE_STANDS_UNKNOWN},
    {"One of which nothing is known can't.", true, RESOLVER_UNKNOWN,
	MADE(DNS_ANSWERED, false), UNMADE, false, DNS_ANSWERED, false, 3,
	DANE_STANDS_UNKNOWN},
    {"One that refuses can't.", true, RESOLVER_VALIDATES,
	MADE(DNS_ANSWERED, true), UNMADE, false, DNS_UNUSABLE, false, NO_USAGE,
	DANE_STANDS_UNKNOWN},
    {"A usable record is on.", true, RESOLVER_VALIDATES,
	MADE(DNS_ANSWERED, true), MADE(DNS_ANSWERED, true), false, DNS_ANSWERED,
	true, 3, DANE_STANDS_ON},
    {"So is one of usage 2.", true, RESOLVER_VALIDATES,
	MADE(DNS_ANSWERED, true), UNMADE, false, DNS_ANSWERED, true, 2,
	DANE_STANDS_ON},
    {"Usage 1 is unusable.", true, RESOLVER_VALIDATES, MADE(DNS_ANSWERED, true),
	UNMADE, false, DNS_ANSWERED, true, 1, DANE_STANDS_UNUSABLE},
    {"No record is none.", true, RESOLVER_VALIDATES, MADE(DNS_ANSWERED, true),
	UNMADE, false, DNS_NORECORD, true, NO_USAGE, DANE_STANDS_NONE},
    {"No such name is none.", true, RESOLVER_VALIDATES,
	MADE(DNS_ANSWERED, true), UNMADE, false, DNS_NONAME, true, NO_USAGE,
	DANE_STANDS_NONE},
    {"SERVFAIL breaks it.", true, RESOLVER_VALIDATES, MADE(DNS_ANSWERED, true),
	UNMADE, false, DNS_FAILED, false, NO_USAGE, DANE_STANDS_BROKEN},
    {"Silence breaks it.", true, RESOLVER_VALIDATES, MADE(DNS_ANSWERED, true),
	UNMADE, false, DNS_UNANSWERED, false, NO_USAGE, DANE_STANDS_BROKEN},
    {"An unsigned address makes it insecure.", true, RESOLVER_VALIDATES,
	MADE(DNS_ANSWERED, false), UNMADE, false, DNS_ANSWERED, true, 3,
	DANE_STANDS_INSECURE},
    {"So does one of two.", true, RESOLVER_VALIDATES, MADE(DNS_ANSWERED, true),
	MADE(DNS_ANSWERED, false), false, DNS_ANSWERED, true, 3,
	DANE_STANDS_INSECURE},
    {"A family without address does not.", true, RESOLVER_VALIDATES,
	MADE(DNS_ANSWERED, true), MADE(DNS_NORECORD, false), false,
	DNS_ANSWERED, true, 3, DANE_STANDS_ON},
    {"An address of IPv6 alone is one.", true, RESOLVER_VALIDATES,
	MADE(DNS_NORECORD, true), MADE(DNS_ANSWERED, true), false, DNS_ANSWERED,
	true, 3, DANE_STANDS_ON},
    {"Senders don't ask the servers of an unsigned zone, which may fail.", true,
	RESOLVER_VALIDATES, MADE(DNS_ANSWERED, false), UNMADE, false,
	DNS_FAILED, false, NO_USAGE, DANE_STANDS_INSECURE},
    {"A signed alias of an unsigned address has its records.", true,
	RESOLVER_VALIDATES, MADE(DNS_ANSWERED, false), UNMADE, true,
	DNS_ANSWERED, true, 3, DANE_STANDS_ON},
    {"Records that are not signed are insecure.", true, RESOLVER_VALIDATES,
	MADE(DNS_ANSWERED, true), UNMADE, false, DNS_ANSWERED, false, 3,
	DANE_STANDS_INSECURE},
};

static void
stands(void **state)
{
	const struct standing_case *row = *state;
	struct target_host host = {
	    .name = "mx1.example.com",
	    .v4 = row->v4,
	    .v6 = row->v6,
	    .secure_name = row->secure_name,
	};

	if (row->usage != NO_USAGE)
		judging_add_tlsa(&host, row->usage);
	host.resolver = row->resolver;
	host.tlsa.asked = row->asked;
	host.tlsa.status = row->tlsa;
	host.tlsa.secure = row->secure;
	assert_int_equal(target_host_dane(&host), row->standing);
}

/* One usable record among others is enough. */
static void
needs_one_usable_record(void **state)
{
	struct target_host host = {.name = "mx1.example.com"};

	(void)state;
	judging_sign(&host);
	judging_add_tlsa(&host, 0);
	judging_add_tlsa(&host, 1);
	assert_int_equal(target_host_dane(&host), DANE_STANDS_UNUSABLE);
	judging_add_tlsa(&host, 3);
	assert_int_equal(target_host_dane(&host), DANE_STANDS_ON);
}

static const struct resolver_case {
	const char *sentence;
	bool believed, secure;
	enum resolver resolver;
} resolver_cases[] = {
    {"A validated answer shows a resolver that validates.", true, true,
	RESOLVER_VALIDATES},
    {"One that was not tells nothing yet.", true, false,
	RESOLVER_UNKNOWN},
    {"What is not believed shows that it is distant.", false, false,
	RESOLVER_DISTANT},
};

static void
shows_resolver(void **state)
{
	const struct resolver_case *row = *state;
	const struct dns_answer answer = {
	    .detail = "", .believed = row->believed, .secure = row->secure};

	assert_int_equal(target_host_resolver(&answer), row->resolver);
}

int
main(void)
{
	UNIT_TABLE(standing_cases, stands);
	unit_add(
	    "One usable record among others is on.", needs_one_usable_record);
	UNIT_TABLE(resolver_cases, shows_resolver);
	return unit_run("target_host");
}
