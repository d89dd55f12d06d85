/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dns - MX, A, AAAA, PTR, TLSA, TXT and other records over libresolv
 *
 * One call, one question, one answer with its status: "does not exist", "no
 * such record", "the servers failed" and "nobody answered" are four answers.
 * Calls share nothing, so each thread may ask for itself.
 */
#ifndef DNS_H
#define DNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"
#include "domain.h"

enum {
	DNS_NAMESERVERS_MAX = 3, /* what libresolv can ask */
	DNS_RECORDS_MAX = 1024,  /* kept of one answer; the rest is counted */
	DNS_DATA_MAX = 65535,    /* octets of one record */
};

enum dns_type {
	DNS_TYPE_A,
	DNS_TYPE_AAAA,
	DNS_TYPE_MX,
	DNS_TYPE_PTR,
	DNS_TYPE_TLSA,
	DNS_TYPE_TXT,
	DNS_TYPE_CNAME,
	DNS_TYPE_SOA,
};

enum dns_status {
	DNS_ANSWERED,   /* one record or more */
	DNS_NONAME,     /* NXDOMAIN: the name does not exist (RFC 8020) */
	DNS_NORECORD,   /* the name exists, without this type (RFC 2308) */
	DNS_FAILED,     /* SERVFAIL, or an alias that leads nowhere */
	DNS_UNANSWERED, /* no answer before the deadline */
	DNS_UNUSABLE,   /* our resolver: refused, unreachable, malformed */
};

/* IPv4 and IPv6 alike, in the form that connect() takes. */
union dns_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Whom to ask, and how; none means /etc/resolv.conf. */
struct dns_servers {
	size_t count;
	union dns_address server[DNS_NAMESERVERS_MAX];
	bool dnssec;   /* ask for proof: the DO and AD bits (RFC 6840 5.7) */
	bool trust_ad; /* believe an AD bit from wherever it comes */
};

struct dns_record {
	union dns_address address; /* A, AAAA; port 0 */
	unsigned preference;       /* MX */
	char host[DOMAIN_SIZE];    /* MX, PTR, CNAME: lower case, no dot at its
				   end, "" for the root; printable */
	unsigned char *data;       /* TLSA: as on the wire; TXT: its strings
				   joined, any bytes; NULL otherwise */
	size_t length;
};

struct dns_answer {
	enum dns_status status;
	const char *detail; /* "REFUSED", "SERVFAIL", ...; static, never NULL */
	bool alias;         /* the name asked for was a CNAME */
	char canonical[DOMAIN_SIZE]; /* where that led, printable */
	bool secure;     /* DNSSEC-validated, by a resolver that is believed */
	bool believed;   /* it is on this host (RFC 7672 2.2), or trust_ad */
	uint32_t ttl_s;  /* as published, where it is signed (RFC 4034 3.1.4): a
			    cache counts down; else the least of the records */
	size_t count;    /* records kept */
	size_t left_out; /* records beyond DNS_RECORDS_MAX */
	struct dns_record *records; /* dns_release() frees them */
};

/*
 * Reads resolv.conf once. Before many threads do: without memory for the first
 * time, glibc 2.36 would keep a lock for ever.
 */
void dns_prepare(void);

/* ADDR, ADDR:PORT, [ADDR], [ADDR]:PORT; port 53 unless given. */
bool dns_server_parse(const char *string, union dns_address *server);

/*
 * Asks for `name`, without search list, retrying until the deadline (overrun
 * by up to a second, as libresolv counts in seconds). Every answer has to be
 * released, a failed one too.
 */
void dns_query(struct dns_answer *answer, const struct dns_servers *servers,
    const char *name, enum dns_type type, struct deadline deadline);

/*
 * The parser behind it: a whole DNS message as it came from the network.
 * `secure` is then the AD bit, believed or not.
 */
void dns_parse(struct dns_answer *answer, const unsigned char *message,
    size_t length, enum dns_type type);

void dns_release(struct dns_answer *answer);

enum { DNS_REVERSE_SIZE = 80 };

/* "5.2.0.192.in-addr.arpa", or 32 nibbles and "ip6.arpa" (RFC 3596 2.5). */
void dns_reverse_name(
    const union dns_address *address, char out[DNS_REVERSE_SIZE]);

/* There is none, and that is an answer: RFC 8020, RFC 2308. */
bool dns_is_none(enum dns_status status);

/* An answer of whatever kind, even that there is none. */
bool dns_is_answer(enum dns_status status);

/* The same host, whatever the ports. */
bool dns_same_address(const union dns_address *a, const union dns_address *b);

/* "192.0.2.5", "2001:db8::1". */
void dns_address_text(
    const union dns_address *address, char out[INET6_ADDRSTRLEN]);

/* In network order; their number goes to `length`. */
const void *dns_address_octets(
    const union dns_address *address, size_t *length);

socklen_t dns_address_length(const union dns_address *address);

#endif
