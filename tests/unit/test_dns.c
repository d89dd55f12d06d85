/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_dns - DNS messages made by hand, and nameservers as users type them */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "unit.h"

/* RFC 1035 3.2.2, RFC 3596, RFC 4034 3, RFC 6698 7.1. */
enum {
	A = 1,
	CNAME = 5,
	SOA = 6,
	MX = 15,
	TXT = 16,
	AAAA = 28,
	RRSIG = 46,
	TLSA = 52,
};

/* Where the question's name stands in every message. */
enum { QUESTION = 12 };

struct message {
	size_t length;
	unsigned char bytes[65535 + 8];
};

static struct message message;

static void
put(const void *bytes, size_t length)
{
	assert_true(message.length + length <= sizeof(message.bytes));
	memcpy(message.bytes + message.length, bytes, length);
	message.length += length;
}

static void
put8(unsigned value)
{
	unsigned char byte = (unsigned char)value;

	put(&byte, 1);
}

static void
put16(unsigned value)
{
	put8(value >> 8);
	put8(value & 0xff);
}

static void
set16(size_t at, unsigned value)
{
	message.bytes[at] = (unsigned char)(value >> 8);
	message.bytes[at + 1] = (unsigned char)value;
}

static void
put_label(const char *bytes, size_t length)
{
	put8((unsigned)length);
	put(bytes, length);
}

/* "mx1.example.com" as labels, the root as its end. */
static void
put_name(const char *name)
{
	while (*name != '\0') {
		size_t length = strcspn(name, ".");

		put_label(name, length);
		name += length + (name[length] == '.' ? 1 : 0);
	}
	put8(0);
}

/* RFC 1035 4.1.4: the rest of the name stands at `offset`. */
static void
put_pointer(size_t offset)
{
	put16(0xc000 | (unsigned)offset);
}

/* A response to one question, with no records so far. */
static void
start(const char *name, unsigned type, unsigned rcode)
{
	message.length = 0;
	put16(0x1234);
	put16(0x8180 | rcode);
	put16(1);
	put16(0);
	put16(0);
	put16(0);
	put_name(name);
	put16(type);
	put16(1);
}

static size_t length_at;

/* The owner's name is put before this. */
static void
begin_data(unsigned type)
{
	put16(type);
	put16(1);
	put16(0);
	put16(300);
	length_at = message.length;
	put16(0);
}

static void
end_data(void)
{
	set16(length_at, (unsigned)(message.length - length_at - 2));
	set16(6, (unsigned)(message.bytes[6] << 8 | message.bytes[7]) + 1);
}

/* A record of the question's own name. */
static void
begin_record(unsigned type)
{
	put_pointer(QUESTION);
	begin_data(type);
}

static void
add_mx(unsigned preference, const char *host)
{
	begin_record(MX);
	put16(preference);
	put_name(host);
	end_data();
}

static void
add_raw(const char *owner, unsigned type, const void *data, size_t length)
{
	put_name(owner);
	begin_data(type);
	put(data, length);
	end_data();
}

static void
add_cname(const char *owner, const char *target)
{
	put_name(owner);
	begin_data(CNAME);
	put_name(target);
	end_data();
}

static const unsigned char v4[] = {192, 0, 2, 4};
static const unsigned char v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x25};

static struct dns_answer answer;

static void
parse(enum dns_type type)
{
	dns_parse(&answer, message.bytes, message.length, type);
	assert_non_null(answer.detail);
}

static void
assert_unusable(enum dns_type type)
{
	parse(type);
	assert_int_equal(answer.status, DNS_UNUSABLE);
	assert_string_equal(answer.detail, "malformed answer");
	dns_release(&answer);
}

static void
reads_mx(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	add_mx(10, "MX1.Example.COM");
	add_mx(65535, "mx2.example.com");
	parse(DNS_TYPE_MX);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_int_equal(answer.count, 2);
	assert_int_equal(answer.records[0].preference, 10);
	assert_string_equal(answer.records[0].host, "mx1.example.com");
	assert_int_equal(answer.records[1].preference, 65535);
	assert_string_equal(answer.records[1].host, "mx2.example.com");
	assert_false(answer.alias);
	assert_int_equal(answer.left_out, 0);
	dns_release(&answer);
	assert_int_equal(answer.count, 0);
}

static void
reads_compressed_mx(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	put_label("mx1", 3);
	put_pointer(QUESTION);
	end_data();
	parse(DNS_TYPE_MX);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_string_equal(answer.records[0].host, "mx1.example.com");
	dns_release(&answer);
}

static void
reads_null_mx(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	add_mx(0, "");
	parse(DNS_TYPE_MX);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.records[0].preference, 0);
	assert_string_equal(answer.records[0].host, "");
	dns_release(&answer);
}

static void
reads_addresses(void **state)
{
	char text[INET6_ADDRSTRLEN];

	(void)state;
	start("mx1.example.com", A, 0);
	add_raw("mx1.example.com", A, v4, sizeof(v4));
	parse(DNS_TYPE_A);
	assert_int_equal(answer.count, 1);
	dns_address_text(&answer.records[0].address, text);
	assert_string_equal(text, "192.0.2.4");
	assert_int_equal(dns_address_length(&answer.records[0].address),
	    sizeof(struct sockaddr_in));
	dns_release(&answer);

	start("mx1.example.com", AAAA, 0);
	add_raw("mx1.example.com", AAAA, v6, sizeof(v6));
	parse(DNS_TYPE_AAAA);
	assert_int_equal(answer.count, 1);
	dns_address_text(&answer.records[0].address, text);
	assert_string_equal(text, "2001:db8::25");
	assert_int_equal(dns_address_length(&answer.records[0].address),
	    sizeof(struct sockaddr_in6));
	dns_release(&answer);
}

/* RFC 4035 3.2.3. */
static void
set_ad_bit(void)
{
	message.bytes[3] |= 0x20;
}

static const unsigned char tlsa[] = {3, 1, 1, 0xab, 0, 0xcd};

static void
reads_tlsa(void **state)
{
	(void)state;
	start("_25._tcp.mx1.example.com", TLSA, 0);
	add_raw("_25._tcp.mx1.example.com", TLSA, tlsa, sizeof(tlsa));
	add_raw("_25._tcp.mx1.example.com", TLSA, tlsa, 2);
	add_raw("_25._tcp.mx1.example.com", TLSA, tlsa, 0);
	parse(DNS_TYPE_TLSA);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_int_equal(answer.count, 3);
	assert_int_equal(answer.records[0].length, sizeof(tlsa));
	assert_memory_equal(answer.records[0].data, tlsa, sizeof(tlsa));
	assert_int_equal(answer.records[1].length, 2);
	assert_int_equal(answer.records[2].length, 0);
	dns_release(&answer);
	assert_null(answer.records);
}

static void
keeps_the_longest_data(void **state)
{
	static unsigned char data[65000];

	(void)state;
	data[sizeof(data) - 1] = 0xff;
	start("example.com", TLSA, 0);
	add_raw("example.com", TLSA, data, sizeof(data));
	parse(DNS_TYPE_TLSA);
	assert_int_equal(answer.records[0].length, sizeof(data));
	assert_memory_equal(answer.records[0].data, data, sizeof(data));
	dns_release(&answer);
}

/* A string literal with the NULs inside it counted. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct txt_case {
	const char *sentence;
	const char *wire; /* each string behind its length */
	size_t wire_length;
	const char *joined; /* NULL: malformed */
	size_t length;
} txt_cases[] = {
    {"A TXT record of one string is read.", BYTES("\5hello"), BYTES("hello")},
    {"Several strings are one, nothing between.", BYTES("\11v=STSv1; \0\4id=1"),
	BYTES("v=STSv1; id=1")},
    {"An empty string is one.", BYTES("\0"), BYTES("")},
    {"Any bytes are kept.", BYTES("\4\0\377\n\033"), BYTES("\0\377\n\033")},
    {"A record without a string is empty.", BYTES(""), BYTES("")},
    {"A string that runs over its record is malformed.", BYTES("\6hello"), NULL,
	0},
    {"So is one that is all length.", BYTES("\1"), NULL, 0},
    {"So is the longest length.", BYTES("\377hello"), NULL, 0},
    {"So is one behind a good one.", BYTES("\5hello\2x"), NULL, 0},
};

static void
reads_txt(void **state)
{
	const struct txt_case *row = *state;

	start("example.com", TXT, 0);
	add_raw("example.com", TXT, row->wire, row->wire_length);
	if (row->joined == NULL) {
		assert_unusable(DNS_TYPE_TXT);
		return;
	}
	parse(DNS_TYPE_TXT);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.records[0].length, row->length);
	assert_non_null(answer.records[0].data);
	assert_memory_equal(answer.records[0].data, row->joined, row->length);
	dns_release(&answer);
}

/* What is asked for is the alias itself, not where it leads. */
static void
reads_cname(void **state)
{
	(void)state;
	start("www.example.com", CNAME, 0);
	add_cname("www.example.com", "Web.Example.NET");
	add_cname("web.example.net", "host.example.org");
	parse(DNS_TYPE_CNAME);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_int_equal(answer.count, 1);
	assert_string_equal(answer.records[0].host, "web.example.net");
	assert_false(answer.alias);
	dns_release(&answer);
}

static void
reads_soa(void **state)
{
	static const unsigned char numbers[20];

	(void)state;
	start("", SOA, 0);
	put_name("");
	begin_data(SOA);
	put_name("a.root.example");
	put_name("hostmaster.example");
	put(numbers, sizeof(numbers));
	end_data();
	parse(DNS_TYPE_SOA);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_int_equal(answer.count, 1);
	dns_release(&answer);
}

static const struct secure_case {
	const char *sentence;
	unsigned rcode;
	bool ad;
	enum dns_status status;
} secure_cases[] = {
    {"The AD bit says that an answer was validated.", 0, true, DNS_NORECORD},
    {"Without it none was.", 0, false, DNS_NORECORD},
    {"That there is no such name can be validated.", 3, true, DNS_NONAME},
    {"Or not.", 3, false, DNS_NONAME},
};

static void
reads_ad_bit(void **state)
{
	const struct secure_case *row = *state;

	start("example.com", TLSA, row->rcode);
	if (row->ad)
		set_ad_bit();
	parse(DNS_TYPE_TLSA);
	assert_int_equal(answer.status, row->status);
	assert_int_equal(answer.secure, row->ad);
	dns_release(&answer);
}

/* Type covered, algorithm, labels, original TTL, and no more than need be. */
static void
add_rrsig(const char *owner, unsigned covered, unsigned ttl)
{
	put_name(owner);
	begin_data(RRSIG);
	put16(covered);
	put16(0x0d02);
	put16(ttl >> 16);
	put16(ttl & 0xffff);
	for (int i = 0; i < 5; i++)
		put16(0);
	put_name("example.com");
	end_data();
}

/* All records have a TTL of 300, a rest of what was published. */
static const struct ttl_case {
	const char *sentence;
	const char *owner; /* of the signature; NULL: there is none */
	unsigned covered, ttl_s;
	uint32_t expected_s;
} ttl_cases[] = {
    {"Without a signature the TTL is that of the record.", NULL, 0, 0, 300},
    {"A signature tells the TTL as published.", "mx1.example.com", TLSA, 86400,
	86400},
    {"One of another type tells nothing.", "mx1.example.com", MX, 86400, 300},
    {"Nor does one of another name.", "mx2.example.com", TLSA, 86400, 300},
    {"The owner's letter case does not matter there.", "MX1.example.COM", TLSA,
	3600, 3600},
    {"The longest TTL is read.", "mx1.example.com", TLSA, 0x7fffffff,
	0x7fffffff},
};

static void
reads_ttl(void **state)
{
	const struct ttl_case *row = *state;

	start("mx1.example.com", TLSA, 0);
	add_raw("mx1.example.com", TLSA, tlsa, sizeof(tlsa));
	if (row->owner != NULL)
		add_rrsig(row->owner, row->covered, row->ttl_s);
	parse(DNS_TYPE_TLSA);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.ttl_s, row->expected_s);
	dns_release(&answer);
}

/* Too short to have one. */
static void
passes_over_a_short_signature(void **state)
{
	static const unsigned char data[17] = {0, TLSA, 13, 2, 1, 1, 1, 1};

	(void)state;
	start("mx1.example.com", TLSA, 0);
	add_raw("mx1.example.com", TLSA, tlsa, sizeof(tlsa));
	add_raw("mx1.example.com", RRSIG, data, sizeof(data));
	parse(DNS_TYPE_TLSA);
	assert_int_equal(answer.ttl_s, 300);
	dns_release(&answer);
}

/* Where the first TTL stands: behind the name, its type and class. */
static void
takes_the_least_ttl(void **state)
{
	(void)state;
	start("example.com", TLSA, 0);
	begin_record(TLSA);
	set16(message.length - 4, 60);
	put(tlsa, sizeof(tlsa));
	end_data();
	add_raw("example.com", TLSA, tlsa, sizeof(tlsa));
	parse(DNS_TYPE_TLSA);
	assert_int_equal(answer.count, 2);
	assert_int_equal(answer.ttl_s, 60);
	dns_release(&answer);
}

static void
ignores_letter_case(void **state)
{
	(void)state;
	start("mx1.example.com", A, 0);
	add_raw("MX1.eXample.Com", A, v4, sizeof(v4));
	parse(DNS_TYPE_A);
	assert_int_equal(answer.count, 1);
	dns_release(&answer);
}

static void
ignores_strangers(void **state)
{
	(void)state;
	start("mx1.example.com", A, 0);
	add_raw("evil.example.net", A, v4, sizeof(v4));
	add_raw("mx1.example.com", RRSIG, v6, sizeof(v6));
	add_raw("mx1.example.com", AAAA, v6, sizeof(v6));
	parse(DNS_TYPE_A);
	assert_int_equal(answer.status, DNS_NORECORD);
	assert_int_equal(answer.count, 0);
	dns_release(&answer);
}

static void
follows_aliases(void **state)
{
	(void)state;
	start("www.example.com", A, 0);
	add_cname("www.example.com", "Web.Example.NET");
	add_cname("web.example.net", "host.example.org");
	add_raw("host.example.org", A, v4, sizeof(v4));
	parse(DNS_TYPE_A);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_true(answer.alias);
	assert_string_equal(answer.canonical, "host.example.org");
	assert_int_equal(answer.count, 1);
	dns_release(&answer);
}

static void
follows_aliases_in_any_order(void **state)
{
	(void)state;
	start("www.example.com", A, 0);
	add_raw("host.example.org", A, v4, sizeof(v4));
	add_cname("web.example.net", "host.example.org");
	add_cname("www.example.com", "web.example.net");
	parse(DNS_TYPE_A);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_string_equal(answer.canonical, "host.example.org");
	dns_release(&answer);
}

static void
finds_alias_without_record(void **state)
{
	(void)state;
	start("www.example.com", AAAA, 0);
	add_cname("www.example.com", "host.example.org");
	parse(DNS_TYPE_AAAA);
	assert_int_equal(answer.status, DNS_NORECORD);
	assert_true(answer.alias);
	dns_release(&answer);
}

static void
notices_alias_loop(void **state)
{
	(void)state;
	start("a.example.com", A, 0);
	add_cname("a.example.com", "b.example.com");
	add_cname("b.example.com", "a.example.com");
	parse(DNS_TYPE_A);
	assert_int_equal(answer.status, DNS_FAILED);
	assert_contains(answer.detail, "CNAME");
	dns_release(&answer);

	start("a.example.com", A, 0);
	add_cname("a.example.com", "a.example.com");
	parse(DNS_TYPE_A);
	assert_int_equal(answer.status, DNS_FAILED);
	dns_release(&answer);
}

static const struct rcode_case {
	const char *sentence;
	unsigned rcode;
	enum dns_status status;
	const char *detail;
} rcode_cases[] = {
    {"An empty answer is no such record.", 0, DNS_NORECORD, "no such record"},
    {"FORMERR makes the resolver unusable.", 1, DNS_UNUSABLE, "FORMERR"},
    {"SERVFAIL is a failure of the domain's servers.", 2, DNS_FAILED,
	"SERVFAIL"},
    {"NXDOMAIN is no such name.", 3, DNS_NONAME, "NXDOMAIN"},
    {"NOTIMP makes the resolver unusable.", 4, DNS_UNUSABLE, "NOTIMP"},
    {"REFUSED makes the resolver unusable.", 5, DNS_UNUSABLE, "REFUSED"},
    {"An unknown code makes the resolver unusable.", 11, DNS_UNUSABLE,
	"unknown response code"},
};

static void
reads_rcode(void **state)
{
	const struct rcode_case *row = *state;

	start("example.com", MX, row->rcode);
	parse(DNS_TYPE_MX);
	assert_int_equal(answer.status, row->status);
	assert_string_equal(answer.detail, row->detail);
	assert_int_equal(answer.count, 0);
	dns_release(&answer);
}

static const struct length_case {
	const char *sentence;
	unsigned wire;
	enum dns_type type;
	size_t length;
} length_cases[] = {
    {"An A record of three bytes is malformed.", A, DNS_TYPE_A, 3},
    {"An A record of five bytes is malformed.", A, DNS_TYPE_A, 5},
    {"An A record without data is malformed.", A, DNS_TYPE_A, 0},
    {"An AAAA record of four bytes is malformed.", AAAA, DNS_TYPE_AAAA, 4},
    {"An AAAA record of 17 bytes is malformed.", AAAA, DNS_TYPE_AAAA, 17},
    {"An MX record without data is malformed.", MX, DNS_TYPE_MX, 0},
    {"An MX record without a host is malformed.", MX, DNS_TYPE_MX, 2},
};

static void
refuses_length(void **state)
{
	static const unsigned char data[32];
	const struct length_case *row = *state;

	start("example.com", row->wire, 0);
	add_raw("example.com", row->wire, data, row->length);
	assert_unusable(row->type);
}

static void
refuses_one_of_many(void **state)
{
	(void)state;
	start("example.com", A, 0);
	add_raw("example.com", A, v4, sizeof(v4));
	add_raw("example.com", A, v4, 3);
	assert_unusable(DNS_TYPE_A);
}

/* The label's byte, and the end of the name, would be the next record's. */
static void
refuses_name_beyond_data(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	put8(1);
	end_data();
	add_raw("", A, v4, sizeof(v4));
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_data_beyond_name(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	put_name("mx1.example.com");
	put16(0xbad);
	end_data();
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_pointer_to_itself(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	put_pointer(message.length);
	end_data();
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_pointer_ring(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	put_pointer(message.length + 2);
	put_pointer(message.length - 2);
	end_data();
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_pointer_outside(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	put_pointer(0x3fff);
	end_data();
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_unknown_label_type(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	put8(0x80);
	put8(0);
	end_data();
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_every_beginning(void **state)
{
	unsigned char *copy;

	(void)state;
	start("example.com", MX, 0);
	add_mx(10, "mx1.example.com");
	add_cname("www.example.com", "example.com");
	add_mx(20, "mx2.example.com");
	for (size_t length = 0; length < message.length; length++) {
		/* Of its own size, so that a sanitizer sees each overrun. */
		copy = malloc(length + 1);
		assert_non_null(copy);
		memcpy(copy, message.bytes, length);
		dns_parse(&answer, copy, length, DNS_TYPE_MX);
		assert_int_equal(answer.status, DNS_UNUSABLE);
		dns_release(&answer);
		free(copy);
	}
}

static void
spoil_every_byte(enum dns_type type)
{
	size_t length = message.length;

	for (size_t at = 0; at < length; at++)
		for (unsigned byte = 0; byte < 256; byte++) {
			unsigned char kept = message.bytes[at];

			message.bytes[at] = (unsigned char)byte;
			parse(type);
			assert_true(answer.count <= 3);
			dns_release(&answer);
			message.bytes[at] = kept;
		}
}

/* Whatever a single wrong byte does, it crashes nothing. */
static void
survives_every_wrong_byte(void **state)
{
	(void)state;
	start("www.example.com", MX, 0);
	add_cname("www.example.com", "example.com");
	put_name("example.com");
	begin_data(MX);
	put16(10);
	put_label("mx1", 3);
	put_pointer(QUESTION + 4);
	end_data();
	spoil_every_byte(DNS_TYPE_MX);

	start("www.example.com", TXT, 0);
	add_cname("www.example.com", "example.com");
	add_raw("example.com", TXT, BYTES("\5hello\5world"));
	add_rrsig("example.com", TXT, 3600);
	spoil_every_byte(DNS_TYPE_TXT);
}

static void
refuses_no_question(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	message.length = QUESTION;
	set16(4, 0);
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_bytes_left_over(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	add_mx(10, "mx1.example.com");
	put8(0);
	assert_unusable(DNS_TYPE_MX);
}

/* An authority section of one record, which is not there. */
static void
refuses_section_that_is_missing(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	add_mx(10, "mx1.example.com");
	set16(8, 1);
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_owner_that_is_no_name(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	add_mx(10, "mx1.example.com");
	put_pointer(message.length);
	begin_data(MX);
	put16(10);
	put_name("mx2.example.com");
	end_data();
	assert_unusable(DNS_TYPE_MX);
}

static void
refuses_too_long(void **state)
{
	(void)state;
	start("example.com", MX, 0);
	message.length = 65536;
	assert_unusable(DNS_TYPE_MX);
}

static void
keeps_a_thousand(void **state)
{
	enum { RECORDS = 1200 };
	char label[8];

	(void)state;
	start("example.com", MX, 0);
	for (unsigned i = 0; i < RECORDS; i++) {
		snprintf(label, sizeof(label), "m%04u", i);
		begin_record(MX);
		put16(i);
		put_label(label, 5);
		put_pointer(QUESTION);
		end_data();
	}
	parse(DNS_TYPE_MX);
	assert_int_equal(answer.status, DNS_ANSWERED);
	assert_int_equal(answer.count, DNS_RECORDS_MAX);
	assert_int_equal(answer.left_out, RECORDS - DNS_RECORDS_MAX);
	assert_string_equal(
	    answer.records[DNS_RECORDS_MAX - 1].host, "m1023.example.com");
	dns_release(&answer);
}

static void
is_printable(const char *name)
{
	assert_true(strlen(name) < DOMAIN_SIZE);
	for (; *name != '\0'; name++)
		assert_in_range((unsigned char)*name, 0x21, 0x7e);
}

static void
disarms_names(void **state)
{
	static const char hostile[] = "\033[2J\n\r\t\0\377\302\233 \"|";

	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	put_label(hostile, sizeof(hostile) - 1);
	put_label("com", 3);
	put8(0);
	end_data();
	parse(DNS_TYPE_MX);
	assert_int_equal(answer.status, DNS_ANSWERED);
	is_printable(answer.records[0].host);
	dns_release(&answer);
}

/* Escaped, 255 bytes of a name become about four times as many. */
static void
bounds_names(void **state)
{
	static const char nuls[62];

	(void)state;
	start("example.com", MX, 0);
	begin_record(MX);
	put16(10);
	for (int i = 0; i < 4; i++)
		put_label(nuls, sizeof(nuls));
	put8(0);
	end_data();
	parse(DNS_TYPE_MX);
	assert_int_equal(answer.status, DNS_ANSWERED);
	is_printable(answer.records[0].host);
	dns_release(&answer);
}

static const struct server_case {
	const char *sentence;
	const char *string;
	const char *address; /* NULL: refused */
	unsigned port;
} server_cases[] = {
    {"An IPv4 address has port 53.", "192.0.2.1", "192.0.2.1", 53},
    {"An IPv4 address may have a port.", "192.0.2.1:5353", "192.0.2.1", 5353},
    {"An IPv6 address has port 53.", "2001:db8::1", "2001:db8::1", 53},
    {"An IPv6 address may stand in brackets.", "[2001:db8::1]", "2001:db8::1",
	53},
    {"In brackets it may have a port.", "[2001:db8::1]:5353", "2001:db8::1",
	5353},
    {"The highest port is 65535.", "192.0.2.1:65535", "192.0.2.1", 65535},
    {"What looks like a port belongs to the IPv6 address.", "2001:db8::1:53",
	"2001:db8::1:53", 53},
    {"Port 0 is refused.", "192.0.2.1:0", NULL, 0},
    {"Port 65536 is refused.", "192.0.2.1:65536", NULL, 0},
    {"An empty port is refused.", "192.0.2.1:", NULL, 0},
    {"An empty port behind brackets is refused.", "[::1]:", NULL, 0},
    {"A port with letters is refused.", "192.0.2.1:53x", NULL, 0},
    {"A name is refused.", "ns.example.com", NULL, 0},
    {"Nothing is refused.", "", NULL, 0},
    {"A port alone is refused.", ":53", NULL, 0},
    {"Empty brackets are refused.", "[]", NULL, 0},
    {"An open bracket is refused.", "[2001:db8::1", NULL, 0},
    {"A byte behind the bracket is refused.", "[2001:db8::1]x", NULL, 0},
    {"IPv4 in brackets is refused.", "[192.0.2.1]:53", NULL, 0},
    {"A short IPv4 address is refused.", "192.0.2", NULL, 0},
    {"A blank behind is refused.", "192.0.2.1 ", NULL, 0},
    {"A very long string is refused.",
	"1111111111111111111111111111111111111111111111111111111111111111:53",
	NULL, 0},
};

static void
parses_server(void **state)
{
	const struct server_case *row = *state;
	char text[INET6_ADDRSTRLEN];
	union dns_address server;

	assert_int_equal(
	    dns_server_parse(row->string, &server), row->address != NULL);
	if (row->address == NULL)
		return;
	dns_address_text(&server, text);
	assert_string_equal(text, row->address);
	assert_int_equal(
	    ntohs(server.any.sa_family == AF_INET6 ? server.v6.sin6_port
						   : server.v4.sin_port),
	    row->port);
}

int
main(void)
{
	UNIT_TABLE(rcode_cases, reads_rcode);
	UNIT_TABLE(length_cases, refuses_length);
	UNIT_TABLE(server_cases, parses_server);
	unit_add("MX records are read, in lower case.", reads_mx);
	unit_add("A compressed host name is read.", reads_compressed_mx);
	unit_add("The root as MX host is an empty name.", reads_null_mx);
	unit_add("Addresses of both families are read.", reads_addresses);
	unit_add("TLSA records are read, however short.", reads_tlsa);
	unit_add("The longest of data is kept.", keeps_the_longest_data);
	UNIT_TABLE(txt_cases, reads_txt);
	unit_add("An alias asked for is read, and not followed.", reads_cname);
	unit_add("That there is an SOA record is read.", reads_soa);
	UNIT_TABLE(secure_cases, reads_ad_bit);
	UNIT_TABLE(ttl_cases, reads_ttl);
	unit_add("A signature that is too short tells nothing.",
	    passes_over_a_short_signature);
	unit_add("Of several TTLs the least counts.", takes_the_least_ttl);
	unit_add(
	    "The owner's letter case does not matter.", ignores_letter_case);
	unit_add(
	    "Records of other names and types are ignored.", ignores_strangers);
	unit_add("A chain of aliases is followed.", follows_aliases);
	unit_add("A chain of aliases may stand in any order.",
	    follows_aliases_in_any_order);
	unit_add("An alias of a name without the record is no such record.",
	    finds_alias_without_record);
	unit_add("Aliases in a circle are noticed.", notices_alias_loop);
	unit_add(
	    "One malformed record spoils the answer.", refuses_one_of_many);
	unit_add("A host name that runs over its record's end is malformed.",
	    refuses_name_beyond_data);
	unit_add("Bytes behind the host name are malformed.",
	    refuses_data_beyond_name);
	unit_add("A compression pointer to itself is malformed.",
	    refuses_pointer_to_itself);
	unit_add("Compression pointers in a ring are malformed.",
	    refuses_pointer_ring);
	unit_add("A compression pointer to the outside is malformed.",
	    refuses_pointer_outside);
	unit_add("A label of an unknown type is malformed.",
	    refuses_unknown_label_type);
	unit_add("A message cut off anywhere is malformed.",
	    refuses_every_beginning);
	unit_add("No single wrong byte does harm.", survives_every_wrong_byte);
	unit_add("A message without the question is malformed.",
	    refuses_no_question);
	unit_add("Bytes behind its last record are malformed.",
	    refuses_bytes_left_over);
	unit_add("So is a section shorter than its header says.",
	    refuses_section_that_is_missing);
	unit_add("So is a record whose owner can't be a name.",
	    refuses_owner_that_is_no_name);
	unit_add("A message longer than DNS can carry is malformed.",
	    refuses_too_long);
	unit_add("Of 1200 records 1024 are kept and the rest counted.",
	    keeps_a_thousand);
	unit_add("Hostile bytes in a host name are disarmed.", disarms_names);
	unit_add("A host name that grows by its escapes is cut.", bounds_names);
	return unit_run("dns");
}
