/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fetch - the MTA-STS policy of a domain, over HTTPS as senders fetch it
 *
 * RFC 8461 3.3: from mta-sts.DOMAIN, port 443, the certificate verified for
 * that name (alternative names only), status 200 and no redirect, 64 KB at
 * most. By libcurl, which only programs that call this are linked with.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "dns.h"
#include "tls.h"

enum { FETCH_WHY_SIZE = 256 };

/* How it went; `body` is freed by fetch_release(), also after a failure. */
struct fetch {
	bool done;
	bool ours; /* it failed for want of our own means */
	bool timed_out;
	const char *type;         /* RFC 8460 4.3: of the failure; static */
	char why[FETCH_WHY_SIZE]; /* "HTTP status 404" */
	char media_type[64];      /* as told, printable; "" if it was not */
	char *body;
	size_t length;
};

/*
 * Looks the host up by `servers`, and fetches before the deadline. `policy`
 * names trust anchors and moment.
 */
void fetch_policy(struct fetch *fetch, const char *domain,
    const struct dns_servers *servers, const struct tls_policy *policy,
    struct deadline deadline);

void fetch_release(struct fetch *fetch);

#endif
