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
#include "target_host.h"

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
	size_t left_out;        /* targets beyond TARGETS_MAX, only counted */
};

/*
 * Finds the targets, looking up side by side; what is not answered in time
 * has the status DNS_UNANSWERED. The set keeps query->domain. False only if
 * out of memory.
 */
bool target_find(struct target_set *set, const struct target_query *query,
    struct deadline deadline);

void target_release(struct target_set *set);

/* Of its address; 0 without one. */
unsigned target_port(const struct target *target);

/* Private, loopback or link-local: not to be reached from the Internet. */
bool target_is_private(const struct target *target);

#endif
