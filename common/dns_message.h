/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dns_message - an answer's question and records, read from the wire
 *
 * RFC 1035 4.1. Names are expanded by libresolv, of which this needs no more
 * than glibc itself has since 2.34: a library less to load for every check.
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include <arpa/nameser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Points into the bytes given, which have to stay. */
struct dns_message {
	const unsigned char *start;
	const unsigned char *end;
	const unsigned char *answers; /* the answer section */
	const unsigned char *answers_end;
	size_t count;            /* of the records in it */
	int code;                /* ns_r_noerror ... */
	bool authentic;          /* the AD bit is set (RFC 4035 3.2.3) */
	char asked[NS_MAXDNAME]; /* the first question's name */
};

/* A record of the answer section. */
struct dns_resource {
	char owner[NS_MAXDNAME];
	unsigned type;
	uint32_t ttl_s;
	const unsigned char *data;
	size_t length; /* of data, in bytes */
};

/*
 * False if there is no question, a section is not what the header says, an
 * owner's name in the answer section can't be one, or bytes are left over.
 */
bool dns_message_open(
    struct dns_message *message, const unsigned char *bytes, size_t length);

/*
 * The record of the answer section at `*at`, which moves behind it; from
 * message->answers on. False behind the last.
 */
bool dns_message_next(const struct dns_message *message,
    const unsigned char **at, struct dns_resource *resource);

/*
 * The name that fills `size` bytes at `at`, as text with escapes, "" for the
 * root; false if there is none of that size.
 */
bool dns_message_name(const struct dns_message *message,
    const unsigned char *at, size_t size, char out[NS_MAXDNAME]);

/* Numbers of two and four bytes, in network byte order. */
unsigned dns_message_16(const unsigned char *at);
uint32_t dns_message_32(const unsigned char *at);

#endif
