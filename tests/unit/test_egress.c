/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_egress - the host that tells our own fault from a domain's */
#include <string.h>

#include "egress.h"
#include "unit.h"

enum { REASON_MAX = 200 };

static const struct host_case {
	const char *sentence;
	const char *string;
	const char *name;
	uint16_t port; /* 0: none was given */
} host_cases[] = {
    {"A name alone is a host.", "mx.example.net", "mx.example.net", 0},
    {"A name may have a port.", "mx.example.net:2525", "mx.example.net", 2525},
    {"A name is lower case without its dot.", "MX.Example.Net.:25",
	"mx.example.net", 25},
    {"A single label will do.", "gateway:25", "gateway", 25},
    {"A name may be internationalised.", "m\303\274ller.example:25",
	"xn--mller-kva.example", 25},
    {"An IPv4 address is a host.", "192.0.2.1", "192.0.2.1", 0},
    {"An IPv4 address may have a port.", "192.0.2.1:25", "192.0.2.1", 25},
    {"An IPv6 address is a host.", "2001:db8::1", "2001:db8::1", 0},
    {"Without brackets all of it is address.", "2001:db8::1:25",
	"2001:db8::1:25", 0},
    {"Brackets hold an IPv6 address.", "[2001:db8::1]", "2001:db8::1", 0},
    {"Behind brackets stands its port.", "[2001:db8::1]:25", "2001:db8::1", 25},
    {"The shortest address has a port too.", "[::]:25", "::", 25},
    {"A mapped address is IPv6.", "[::ffff:192.0.2.1]:25", "::ffff:192.0.2.1",
	25},
    {"1 is the first port.", "mx.example.net:1", "mx.example.net", 1},
    {"65535 is the last.", "mx.example.net:65535", "mx.example.net", 65535},
};

static void
parses(void **state)
{
	const struct host_case *row = *state;
	struct egress_host host;
	struct text why;

	memset(&host, 0xff, sizeof(host));
	text_init(&why, REASON_MAX);
	assert_true(egress_parse(&host, row->string, &why));
	assert_string_equal(host.name, row->name);
	assert_int_equal(host.port, row->port);
	assert_int_equal(why.length, 0);
	text_release(&why);
}

static const struct refusal_case {
	const char *sentence;
	const char *string;
} refusal_cases[] = {
    {"Nothing is no host.", ""},
    {"A port alone is none.", ":25"},
    {"A colon wants a port.", "mx.example.net:"},
    {"Port 0 is none.", "mx.example.net:0"},
    {"65536 is none.", "mx.example.net:65536"},
    {"A port beyond all measure is none.",
	"mx.example.net:18446744073709551641"},
    {"A name is no port.", "mx.example.net:smtp"},
    {"Letters behind a port are refused.", "mx.example.net:25x"},
    {"A blank behind a port is refused.", "mx.example.net:25 "},
    {"A sign before a port is refused.", "mx.example.net:+25"},
    {"Two ports are refused.", "mx.example.net:25:25"},
    {"Two colons are refused.", "mx.example.net::25"},
    {"A blank in a name is refused.", "mx example.net"},
    {"A path is refused.", "mx.example.net/25"},
    {"An empty label is refused.", "mx..example.net:25"},
    {"An address gone wrong is refused.", "192.0.2.256"},
    {"Invalid UTF-8 is refused.", "m\303.example"},
    {"An open bracket is refused.", "[2001:db8::1"},
    {"An open bracket before a port is refused.", "[2001:db8::1:25"},
    {"A closing bracket alone is refused.", "2001:db8::1]:25"},
    {"Empty brackets are refused.", "[]"},
    {"Empty brackets with a port are refused.", "[]:25"},
    {"A name in brackets is refused.", "[mx.example.net]:25"},
    {"Text behind the bracket is refused.", "[2001:db8::1]25"},
    {"A colon behind the bracket wants a port.", "[2001:db8::1]:"},
    {"Port 0 behind the bracket is none.", "[2001:db8::1]:0"},
    {"Brackets twice are refused.", "[[2001:db8::1]]:25"},
};

static void
refuses(void **state)
{
	const struct refusal_case *row = *state;
	struct egress_host host;
	struct text why;

	text_init(&why, REASON_MAX);
	assert_false(egress_parse(&host, row->string, &why));
	assert_true(why.length > 0);
	text_release(&why);
}

/* However long, and whatever follows. */
static void
refuses_a_long_name(void **state)
{
	static const char *const ends[] = {"", ":25", "]:25"};
	char string[4096];
	struct egress_host host;
	struct text why;

	(void)state;
	for (size_t length = DOMAIN_SIZE; length < sizeof(string) - 8;
	     length += 61)
		for (size_t i = 0; i < UNIT_COUNT(ends); i++) {
			for (size_t j = 0; j < length; j++)
				string[j] = j % 50 == 49 ? '.' : 'x';
			string[0] = ends[i][0] == ']' ? '[' : 'x';
			strcpy(string + length, ends[i]);
			text_init(&why, REASON_MAX);
			assert_false(egress_parse(&host, string, &why));
			assert_true(why.length > 0);
			text_release(&why);
		}
}

int
main(void)
{
	UNIT_TABLE(host_cases, parses);
	UNIT_TABLE(refusal_cases, refuses);
	unit_add(
	    "A name longer than names can be is refused.", refuses_a_long_name);
	return unit_run("egress");
}
