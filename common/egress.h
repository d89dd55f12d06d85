/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * egress - is it us? Whether this host gets out to the SMTP port at all
 *
 * Where every server of a domain times out, another host that is known to
 * answer tells a dead domain from our own way out being blocked, as many
 * providers block port 25.
 */
#ifndef EGRESS_H
#define EGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "domain.h"
#include "text.h"
#include "settings.h"
#include "shared.h"

/* HOST[:PORT], an IPv6 address with its port in brackets. */
struct egress_host {
	char name[DOMAIN_SIZE];
	uint16_t port;
};

enum egress {
	EGRESS_OPEN,    /* something answered, be it by refusing */
	EGRESS_BLOCKED, /* it timed out too */
	EGRESS_UNKNOWN, /* `why` tells what else went wrong */
};

/* False with `why` filled in if it is no host, or no port. */
bool egress_parse(
    struct egress_host *host, const char *string, struct text *why);

/*
 * Connects to one address after the other of the host until one answers,
 * says QUIT after its greeting, and tells. The family, the source and the
 * name servers are those of the settings. Runs that share their servers (`shared`
 * not NULL) ask it in turn, and not more than once a minute; then the deadline is
 * that of the look-up alone, and a call has all of --timeout.
 */
enum egress egress_test(const struct egress_host *host, struct shared *shared,
    struct deadline deadline, struct text *why);

#endif
