/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * domain - domain names as users type them and as DNS wants them
 */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

/* 253 octets in text form (RFC 1035 2.3.4) and the NUL. */
enum { DOMAIN_SIZE = 254 };

/*
 * Turns what a user typed into the name to look up: internationalised labels
 * to A-labels (IDNA 2008), lower case, no trailing dot. False with a reason
 * in `why` ("label longer than 63 octets") if it is no domain name: labels
 * are letters, digits, "_" and, not at their ends, "-", 1 to 63 octets; the
 * last one is no number. An address is none.
 */
bool domain_parse(
    const char *typed, char domain[DOMAIN_SIZE], const char **why);

/*
 * The name of a host as a server says it: letters, digits and hyphens in at
 * least two labels (RFC 5321 2.3.5).
 */
bool domain_is_host(const char *name);

/* Whether the name is an IPv4 or IPv6 address in text form. */
bool domain_is_address(const char *name);

#endif
