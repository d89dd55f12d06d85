/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reverse - the name of an address, and whether that name leads back to it
 *
 * Many receivers refuse mail from a host whose address has no such name; an
 * MX host that also sends needs one (RFC 1912 2.1).
 */
#ifndef REVERSE_H
#define REVERSE_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "dns.h"

enum { REVERSE_NAMES_MAX = 8 };

struct reverse {
	bool asked;
	enum dns_status status; /* of the PTR look-up */
	const char *detail;
	size_t count;
	char name[REVERSE_NAMES_MAX][DOMAIN_SIZE];
	bool confirmed;       /* name[0] leads back to the address */
	bool forward_unknown; /* a name's own look-up failed: no verdict */
};

/*
 * Asks for PTR, then for the address of each name until one leads back; that
 * one is moved to name[0].
 */
void reverse_look_up(struct reverse *reverse, const struct dns_servers *servers,
    const union dns_address *address, struct deadline deadline);

#endif
