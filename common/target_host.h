/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target_host - what the DNS says of the hosts that take mail
 *
 * The addresses of each, whether its name is an alias, its TLSA records, and
 * which of these answers were validated; all looked up side by side. Observed
 * only: what an answer means is for judge to say.
 */
#ifndef TARGET_HOST_H
#define TARGET_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"
#include "domain.h"
#include "dns.h"
#include "tlsa.h"

enum { TARGETS_MAX = 128 }; /* hosts looked up, and addresses tested */

enum target_family { TARGET_ANY_FAMILY, TARGET_ONLY_V4, TARGET_ONLY_V6 };

/* The outcome of a look-up, without its records. */
struct lookup {
	enum dns_status status;
	const char *detail; /* static, never NULL */
	bool made;          /* false: not asked for */
	bool secure;        /* validated, by a resolver that is believed */
};

/* What we know of the resolver's validating (RFC 4035 4.9.3). */
enum resolver {
	RESOLVER_UNKNOWN,
	RESOLVER_DISTANT,   /* its AD bit is not believed */
	RESOLVER_BLIND,     /* it never sets it, not even for the root */
	RESOLVER_VALIDATES, /* so what is insecure is insecurely published */
};

struct target_host {
	char name[DOMAIN_SIZE]; /* lower case, no dot at its end */
	bool from_mx;           /* has a preference */
	unsigned preference;
	bool implicit;   /* the domain itself, for want of an MX record */
	bool is_address; /* the name is an address in text form */
	bool alias;      /* the name is a CNAME */
	char canonical[DOMAIN_SIZE];
	struct lookup v4;
	struct lookup v6;
	bool secure_alias; /* all the way to the address was validated */
	bool secure_name;  /* of an insecure way, that the name is an alias */
	bool secure_mx; /* so was the answer that names it, if there was one */
	bool hidden; /* the system knows it, the DNS did not answer about it */
	enum resolver resolver;
	struct tlsa_set tlsa;
	enum target_family family; /* that was asked for */
};

/* Which servers, and how to find them. Lists end with NULL. */
struct target_query {
	const char *domain;       /* NULL: only `hosts` */
	const char *const *hosts; /* names or addresses; given, MX records are
				     not asked for; may be NULL */
	uint16_t port;
	enum target_family family;
	bool tlsa;                  /* TLSA records too, validated or not */
	enum resolver resolver;     /* as far as it is known already */
	struct dns_servers servers; /* none: resolv.conf, and /etc/hosts for
				       `hosts` */
};

/* Addresses of one host; `address` is the caller's to free(). */
struct address_list {
	size_t count;
	union dns_address *address;
};

/*
 * Looks up all hosts, of which the name and where it is from are filled in,
 * and fills in the rest; lists[i] gets the addresses of hosts[i]. `domain`
 * is what a resolver is asked about to see whether it validates; *resolver
 * what is known of it so far, and then. What is not answered in time has the
 * status DNS_UNANSWERED. False only if out of memory.
 */
bool target_host_look_up(struct target_host *hosts, size_t count,
    const struct target_query *query, const char *domain,
    enum resolver *resolver, struct deadline deadline,
    struct address_list *lists);

/* How a host stands with DANE senders, by its DNS alone (RFC 7672 2.1, 2.2). */
enum dane_standing {
	DANE_STANDS_UNASKED,
	DANE_STANDS_UNKNOWN,  /* our resolver can't tell */
	DANE_STANDS_INSECURE, /* addresses or TLSA are not signed */
	DANE_STANDS_BROKEN,   /* the TLSA look-up fails: senders defer */
	DANE_STANDS_NONE,     /* signed, but no TLSA record */
	DANE_STANDS_UNUSABLE, /* TLS without authentication */
	DANE_STANDS_ON,
};

enum dane_standing target_host_dane(const struct target_host *host);

/* Whether every answer that led to an address of the host was validated. */
bool target_host_is_secure(const struct target_host *host);

/* What one answer shows of the resolver that gave it. */
enum resolver target_host_resolver(const struct dns_answer *answer);

#endif
