/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lookup - questions to the DNS asked side by side, until a deadline
 *
 * libresolv counts its patience in whole seconds and tries; who has less time
 * asks here: a question that is not answered at the deadline is left behind.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <stddef.h>

#include "deadline.h"
#include "dns.h"

/* A name beyond 253 octets is none, and answered so. */
struct question {
	const char *name;
	enum dns_type type;
};

/*
 * Asks all of them and fills in answers[0..count), each to be released; one
 * that did not come in time has the status DNS_UNANSWERED.
 */
void lookup_all(const struct question *questions, size_t count,
    const struct dns_servers *servers, struct deadline deadline,
    struct dns_answer *answers);

#endif
