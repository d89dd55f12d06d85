/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target - from a domain or from host names to the servers to test
 *
 * A domain leads to its MX hosts (RFC 5321 5.1), each host to its addresses;
 * each address is a target. A host without address is a target too, one that
 * can't be connected to, so that its order and its findings are not lost.
 * Observed only: what an answer means is for judge to say.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"
#include "domain.h"
#include "dns.h"
#include "tlsa.h"

enum {
	TARGETS_MAX = 128, /* tested; further ones are only counted */
};

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
	enum resolver resolver;
	struct tlsa_set tlsa;
	enum target_family family; /* that was asked for */
};

struct target {
	const struct target_host *host;
	bool first;                /* of its host */
	bool connects;             /* has an address */
	union dns_address address; /* port included */
	char address_text[INET6_ADDRSTRLEN];
	unsigned ordinal; /* 1: the first of its family at this host, ... */
};

struct target_set {
	const char *domain; /* NULL without --domain */
	struct lookup mx;
	enum resolver resolver;
	size_t mx_count; /* records, null MX included */
	bool null_mx;    /* "." among them (RFC 7505) */
	size_t host_count;
	struct target_host *hosts;
	size_t count;
	struct target *targets; /* preference, host, IPv4 first, address */
	size_t left_out;        /* targets beyond TARGETS_MAX */
};

/* Which servers, and how to find them. Lists end with NULL. */
struct target_query {
	const char *domain;       /* NULL: only `hosts` */
	const char *const *hosts; /* names or addresses; given, MX records are
				     not asked for; may be NULL */
	uint16_t port;
	enum target_family family;
	bool tlsa;                  /* TLSA records too, validated or not */
	struct dns_servers servers; /* none: resolv.conf, and /etc/hosts for
				       `hosts` */
};

/*
 * Finds the targets, looking up side by side; what is not answered in time
 * has the status DNS_UNANSWERED. A look-up left behind still reads `query`:
 * it and all memory of the set last as long as the process. False only if out
 * of memory.
 */
bool target_find(struct target_set *set, const struct target_query *query,
    struct deadline deadline);

/* Of its address; 0 without one. */
unsigned target_port(const struct target *target);

/* Private, loopback or link-local: not to be reached from the Internet. */
bool target_is_private(const struct target *target);

#endif
