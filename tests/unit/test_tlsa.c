/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tlsa - which TLSA records SMTP senders heed, and how they are told */
#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tlsa.h"
#include "unit.h"

static unsigned char data[70];

static const struct usable_case {
	const char *sentence;
	unsigned usage, selector, matching;
	size_t length;
	bool usable;
} usable_cases[] = {
    {"3 1 1 is usable.", 3, 1, 1, 32, true},
    {"3 0 1 is usable.", 3, 0, 1, 32, true},
    {"2 0 1 is usable.", 2, 0, 1, 32, true},
    {"2 1 1 is usable.", 2, 1, 1, 32, true},
    {"3 1 2 is usable.", 3, 1, 2, 64, true},
    {"Usage 0 is not for SMTP.", 0, 1, 1, 32, false},
    {"Usage 1 is not.", 1, 1, 1, 32, false},
    {"Usage 4 is not known.", 4, 1, 1, 32, false},
    {"Usage 255 is not known.", 255, 1, 1, 32, false},
    {"Selector 2 is not known.", 3, 2, 1, 32, false},
    {"Selector 255 is not known.", 3, 255, 1, 32, false},
    {"Matching type 3 is not known.", 3, 1, 3, 32, false},
    {"Matching type 255 is not known.", 3, 1, 255, 32, false},
    {"31 octets are no SHA-256.", 3, 1, 1, 31, false},
    {"33 octets are no SHA-256.", 3, 1, 1, 33, false},
    {"64 octets are no SHA-256.", 3, 1, 1, 64, false},
    {"32 octets are no SHA-512.", 3, 1, 2, 32, false},
    {"65 octets are no SHA-512.", 3, 1, 2, 65, false},
    {"No octet is no SHA-256.", 3, 1, 1, 0, false},
    {"No octet is no certificate.", 3, 0, 0, 0, false},
    {"Nor is nonsense.", 2, 0, 0, 70, false},
    {"No octet is no key.", 3, 1, 0, 0, false},
    {"Nor is a digest.", 3, 1, 0, 32, false},
};

static void
is_usable(void **state)
{
	const struct usable_case *row = *state;
	const struct tlsa record = {
	    .usage = (uint8_t)row->usage,
	    .selector = (uint8_t)row->selector,
	    .matching = (uint8_t)row->matching,
	    .data = data,
	    .length = row->length,
	};

	assert_int_equal(tlsa_is_usable(&record), row->usable);
	assert_int_equal(tlsa_fault(&record) == NULL, row->usable);
}

static const struct text_case {
	const char *sentence;
	unsigned usage;
	size_t length;
	size_t size; /* of the room for it */
	const char *text;
} text_cases[] = {
    {"A record is told by its first octets.", 3, 32, 64,
	"3 1 1 00010203040506ff..."},
    {"Octets that are all are told as such.", 3, 8, 64,
	"3 1 1 00010203040506ff"},
    {"One more is not told.", 3, 9, 64, "3 1 1 00010203040506ff..."},
    {"Fewer octets are told.", 3, 2, 64, "3 1 1 0001"},
    {"No octet is none.", 3, 0, 64, "3 1 1 "},
    {"Numbers are decimal.", 255, 1, 64, "255 1 1 00"},
    {"What is too long ends in dots.", 3, 32, 12, "3 1 1 00..."},
};

static void
is_told(void **state)
{
	const struct text_case *row = *state;
	const struct tlsa record = {
	    .usage = (uint8_t)row->usage,
	    .selector = 1,
	    .matching = 1,
	    .data = data,
	    .length = row->length,
	};
	char text[64];

	tlsa_text(&record, text, row->size);
	assert_string_equal(text, row->text);
}

/* A name server of this host that gives one answer, validated. */
struct name_server {
	int fd;
	struct dns_servers asked_at;
	size_t count; /* of the records, each of them with its length */
	const unsigned char *records;
	pthread_t thread;
};

static void
bind_to_loopback(int fd, union dns_address *address)
{
	struct sockaddr *at = &address->any;
	socklen_t length = sizeof(address->v4);

	address->v4.sin_family = AF_INET;
	address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, at, length), 0);
	assert_int_equal(getsockname(fd, at, &length), 0);
}

enum { HEADER = 12, TYPE_AND_CLASS = 4 };

/* Behind the question; what else was asked for is left out. */
static size_t
answer_with(
    const struct name_server *server, unsigned char *message, size_t end)
{
	static const unsigned char owner[] = {
	    0xc0, HEADER, 0, 52, 0, 1, 0, 0, 0, 60, 0};
	const unsigned char *record = server->records;

	message[2] = 0x81;
	message[3] = 0xa0;
	memset(message + 6, 0, 6);
	message[7] = (unsigned char)server->count;
	for (size_t i = 0; i < server->count; i++) {
		memcpy(message + end, owner, sizeof(owner));
		end += sizeof(owner);
		memcpy(message + end, record, 1 + (size_t)record[0]);
		end += 1 + (size_t)record[0];
		record += 1 + (size_t)record[0];
	}
	return end;
}

static void *
serve(void *argument)
{
	const struct name_server *server = argument;
	unsigned char message[1200] = {0};
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	size_t end = HEADER;

	if (recvfrom(server->fd, message, sizeof(message), 0,
		(struct sockaddr *)&from, &length)
	    < HEADER)
		return NULL;
	while (message[end] != 0)
		end += 1 + (size_t)message[end];
	end = answer_with(server, message, end + 1 + TYPE_AND_CLASS);
	sendto(server->fd, message, end, 0, (struct sockaddr *)&from, length);
	return NULL;
}

/* What a look-up makes of an answer with these records. */
static void
look_up(struct tlsa_set *set, const unsigned char *records, size_t count)
{
	struct name_server server = {
	    .fd = socket(AF_INET, SOCK_DGRAM, 0),
	    .asked_at = {.count = 1, .dnssec = true},
	    .count = count,
	    .records = records,
	};

	bind_to_loopback(server.fd, &server.asked_at.server[0]);
	assert_int_equal(
	    pthread_create(&server.thread, NULL, serve, &server), 0);
	tlsa_look_up(
	    set, &server.asked_at, "mx1.example.com", 25, deadline_in(30));
	pthread_join(server.thread, NULL);
	close(server.fd);
	assert_int_equal(set->status, DNS_ANSWERED);
	assert_true(set->asked && set->secure);
	assert_string_equal(set->base, "mx1.example.com");
	assert_int_equal(set->ttl_s, 60);
}

/* 3 or 2, 1 and 1, and 32 octets that begin with some that tell them apart. */
#define DIGEST(usage, selector, first)                                         \
	35, (usage), (selector), 1, (first), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  \
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* Resolvers rotate records. */
static void
puts_records_in_order(void **state)
{
	static const unsigned char records[] = {
	    DIGEST(3, 1, 0xbb),
	    DIGEST(1, 1, 0x00), /* unusable */
	    2,
	    3,
	    1, /* not even whole */
	    DIGEST(3, 1, 0xaa),
	    DIGEST(3, 0, 0xcc),
	    DIGEST(2, 1, 0xdd),
	};
	static const char *const order[] = {"2 1 1 dd00000000000000...",
	    "3 0 1 cc00000000000000...", "3 1 1 aa00000000000000...",
	    "3 1 1 bb00000000000000...", "1 1 1 0000000000000000...",
	    "3 1 255 "};
	struct tlsa_set set;

	(void)state;
	look_up(&set, records, UNIT_COUNT(order));
	assert_int_equal(set.count, UNIT_COUNT(order));
	assert_int_equal(set.left_out, 0);
	for (size_t i = 0; i < UNIT_COUNT(order); i++) {
		char text[64];

		tlsa_text(&set.record[i], text, sizeof(text));
		assert_string_equal(text, order[i]);
		assert_int_equal(tlsa_is_usable(&set.record[i]), i < 4);
	}
	tlsa_release(&set);
	assert_int_equal(set.count, 0);
}

/* What gives way to the limit is what nobody heeds. */
static void
keeps_usable_records(void **state)
{
	static unsigned char records[TLSA_MAX * 3 + 36] = {0};
	static const unsigned char usable[] = {DIGEST(3, 1, 1)};
	struct tlsa_set set;

	(void)state;
	for (size_t i = 0; i < TLSA_MAX; i++) {
		records[3 * i] = 2;
		records[3 * i + 1] = 3;
	}
	memcpy(records + (size_t)3 * TLSA_MAX, usable, sizeof(usable));
	look_up(&set, records, TLSA_MAX + 1);
	assert_int_equal(set.count, TLSA_MAX);
	assert_int_equal(set.left_out, 1);
	assert_true(tlsa_is_usable(&set.record[0]));
	assert_false(tlsa_is_usable(&set.record[1]));
	tlsa_release(&set);
}

/*
 * A name too long to have records is not asked for, so that nobody here has
 * to answer: the port is that of nobody.
 */
static void
knows_names_too_long(void **state)
{
	struct dns_servers servers = {.count = 1};
	struct tlsa_set set;
	char base[DOMAIN_SIZE];

	(void)state;
	assert_true(dns_server_parse("127.0.0.1:1", &servers.server[0]));
	for (size_t i = 0; i < sizeof(base); i++)
		base[i] = i % 64 == 63 ? '.' : 'x';
	base[sizeof(base) - 1] = '\0';
	tlsa_look_up(&set, &servers, base, 25, deadline_in(10));
	assert_true(set.asked);
	assert_int_equal(set.status, DNS_NONAME);
	assert_string_equal(set.detail, "name too long");
	assert_string_equal(set.base, base);
	assert_int_equal(set.count, 0);
	tlsa_release(&set);
}

/* "_25._tcp." and 244 octets are 253, which is a name. */
static void
asks_for_the_longest_name(void **state)
{
	struct dns_servers servers = {.count = 1};
	struct tlsa_set set;
	char base[DOMAIN_SIZE];

	(void)state;
	assert_true(dns_server_parse("127.0.0.1:1", &servers.server[0]));
	for (size_t i = 0; i < sizeof(base); i++)
		base[i] = i % 64 == 63 ? '.' : 'x';
	base[244] = '\0';
	tlsa_look_up(&set, &servers, base, 25, deadline_in(10));
	assert_int_equal(set.status, DNS_UNUSABLE);
	assert_false(set.secure);
	tlsa_release(&set);
	base[244] = 'x';
	base[245] = '\0';
	tlsa_look_up(&set, &servers, base, 25, deadline_in(10));
	assert_string_equal(set.detail, "name too long");
	tlsa_release(&set);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)i;
	data[7] = 0xff;
	UNIT_TABLE(usable_cases, is_usable);
	UNIT_TABLE(text_cases, is_told);
	unit_add("Records stand in one order, usable ones first.",
	    puts_records_in_order);
	unit_add("Of too many records the usable ones are kept.",
	    keeps_usable_records);
	unit_add("A name too long for its prefix has no records.",
	    knows_names_too_long);
	unit_add("The longest name that fits is asked for.",
	    asks_for_the_longest_name);
	return unit_run("tlsa");
}
