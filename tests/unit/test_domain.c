/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_domain - domain names as users type them */
#include <string.h>

#include "domain.h"
#include "unit.h"

#define L63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345678"
/* 61 octets, so that four labels with their dots make 253. */
#define L61 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-0123456"

static const struct domain_case {
	const char *sentence;
	const char *typed;
	const char *domain; /* NULL: refused */
	const char *why;    /* or what it holds */
} domain_cases[] = {
    {"A domain stays.", "example.com", "example.com", NULL},
    {"Letters become lower case.", "Example.COM", "example.com", NULL},
    {"The dot at the end goes.", "example.com.", "example.com", NULL},
    {"A single label is a domain.", "localhost", "localhost", NULL},
    {"Digits, hyphens and underscores are allowed.", "_mx-1.9.example.com",
	"_mx-1.9.example.com", NULL},
    {"A label of 63 octets is allowed.", L63 ".com", L63 ".com", NULL},
    {"A name of 253 octets is allowed.", L63 "." L63 "." L63 "." L61,
	L63 "." L63 "." L63 "." L61, NULL},
    {"A name of 253 octets may end in a dot.", L63 "." L63 "." L63 "." L61 ".",
	L63 "." L63 "." L63 "." L61, NULL},
    {"Umlauts become A-labels.", "m\303\274nchen.example",
	"xn--mnchen-3ya.example", NULL},
    {"Upper-case umlauts become the same A-labels.", "M\303\234NCHEN.EXAMPLE",
	"xn--mnchen-3ya.example", NULL},
    {"Decomposed umlauts become the same A-labels.", "mu\314\210nchen.example",
	"xn--mnchen-3ya.example", NULL},
    {"An internationalised domain may end in a dot.", "m\303\274nchen.example.",
	"xn--mnchen-3ya.example", NULL},
    {"Sharp s stays itself, as IDNA 2008 has it.", "stra\303\237e.example",
	"xn--strae-oqa.example", NULL},
    {"An A-label stays.", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example",
	NULL},
    {"Nothing is refused.", "", NULL, "empty"},
    {"A dot alone is refused.", ".", NULL, "empty"},
    {"An empty label in front is refused.", ".example.com", NULL,
	"empty label"},
    {"An empty label in the middle is refused.", "example..com", NULL,
	"empty label"},
    {"Two dots at the end are refused.", "example.com..", NULL, "empty label"},
    {"A label of 64 octets is refused.", L63 "x.com", NULL, "63"},
    {"A name of 254 octets is refused.", L63 "." L63 "." L63 "." L61 "x", NULL,
	"253"},
    {"A blank is refused.", "example .com", NULL, "not a domain name"},
    {"A newline is refused.", "example.com\n", NULL, "not a domain name"},
    {"A bar is refused.", "exam|ple.com", NULL, "not a domain name"},
    {"A mailbox is refused.", "user@example.com", NULL, "not a domain name"},
    {"A URL is refused.", "https://example.com/", NULL, "not a domain name"},
    {"An IPv4 address is refused.", "192.0.2.1", NULL, "address"},
    {"An IPv6 address is refused.", "2001:db8::1", NULL, ""},
    {"An address literal is refused.", "[192.0.2.1]", NULL, ""},
    {"Invalid UTF-8 is refused.", "m\374nchen.example", NULL, ""},
    {"A blank beside an umlaut is refused.", "m\303\274n chen.example", NULL,
	""},
};

static void
parses(void **state)
{
	const struct domain_case *row = *state;
	char domain[DOMAIN_SIZE];
	const char *why = "untouched";

	assert_int_equal(
	    domain_parse(row->typed, domain, &why), row->domain != NULL);
	if (row->domain != NULL)
		assert_string_equal(domain, row->domain);
	else
		assert_contains(why, row->why);
}

static const struct host_case {
	const char *sentence;
	const char *name;
	bool is_host;
} host_cases[] = {
    {"Two labels are a host name.", "example.com", true},
    {"Digits and hyphens are a host name's.", "mx-1.4u.example", true},
    {"One label is no host name.", "localhost", false},
    {"An underscore is no host name's.", "my_mx.example.com", false},
    {"An address is no host name.", "192.0.2.1", false},
    {"An address literal is no host name.", "[192.0.2.1]", false},
    {"Stars are no host name.", "********.**", false},
    {"A dot alone is no host name.", ".", false},
    {"Nothing is no host name.", "", false},
    {"A name of more than 253 octets is no host name.",
	L63 "." L63 "." L63 "." L63, false},
};

static void
knows_host(void **state)
{
	const struct host_case *row = *state;

	assert_int_equal(domain_is_host(row->name), row->is_host);
}

static const struct address_case {
	const char *sentence;
	const char *name;
	bool is_address;
} address_cases[] = {
    {"Four numbers are an address.", "192.0.2.1", true},
    {"IPv6 is an address.", "2001:db8::1", true},
    {"IPv4 mapped into IPv6 is an address.", "::ffff:192.0.2.1", true},
    {"A number above 255 is no address's.", "192.0.2.256", false},
    {"Three numbers are no address.", "192.0.2", false},
    {"Brackets are no part of an address.", "[192.0.2.1]", false},
    {"A name is no address.", "example.com", false},
    {"Nothing is no address.", "", false},
};

static void
knows_address(void **state)
{
	const struct address_case *row = *state;

	assert_int_equal(domain_is_address(row->name), row->is_address);
}

int
main(void)
{
	UNIT_TABLE(domain_cases, parses);
	UNIT_TABLE(host_cases, knows_host);
	UNIT_TABLE(address_cases, knows_address);
	return unit_run("domain");
}
